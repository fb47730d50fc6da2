"""What of the stored rows stood on a day: published by then, and not hidden by a code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sqlalchemy as sa

from features import agreements, facts, routes, sources, track_record
from features.agreements import agreements_as_of
from features.routes import routes_as_of
from features.sources import with_published
from features.tables import Records, table_of
from service.store.documents import read_document
from service.store.reading import (
    Condition,
    Stored,
    View,
    in_view,
    read_stored,
    read_text,
    read_whole,
)
from service.store.rows import MODULES, csv_text, joined
from service.store.schema import Code, intakes, row_versions


def read_files(
    connection: sa.Connection, view: View, day: pd.Timestamp | None = None
) -> dict[str, bytes]:
    """Every file of the crisis, without the rows that a code hid by `day`, or hides now."""
    texts = read_texts(connection, view, day) | read_whole(connection, view)
    files = {name: text.encode() for name, text in texts.items()}
    if id_ := texts.get(track_record.FILE):
        files[track_record.FILE] = read_document(connection, id_).contents["parquet"]
    return files


def read_texts(
    connection: sa.Connection, view: View, day: pd.Timestamp | None = None
) -> dict[str, str]:
    """The files that `features.folder.parse_folder` takes, without hidden rows."""
    delays = read_delays(connection, view)
    texts = {}
    for file in MODULES:
        stored = read_stored(connection, view, file)
        if stored.coded:
            entries = set(_standing(stored, delays, day)["entry"])
            stored = stored.where([entry in entries for entry in stored.entries])
        if (text := csv_text(stored.records)) is not None:
            texts[file] = text
    return texts | {facts.FILE: read_text(connection, view, facts.FILE)}


def read_delays(connection: sa.Connection, view: View) -> pd.DataFrame:
    """The sources of a crisis by `source`, from which days of publication are assumed."""
    present = read_stored(connection, view, sources.FILE).present()
    return _typed(present.records).set_index("source")


def known_rows(stored: Stored, delays: pd.DataFrame, day: pd.Timestamp | None) -> pd.DataFrame:
    """The rows of a file that stood at the end of `day`, or that stand now, with their `entry`.

    Dated rows come in the order of publication, `published` filled as in `features.crisis.Crisis`.
    """
    frame = _standing(stored, delays, day)
    if day is not None and "published" in frame:
        frame = frame[frame["published"] <= day]
    elif day is not None and stored.records.file == agreements.FILE:
        frame = agreements_as_of(frame, day)
    elif day is not None and stored.records.file == routes.FILE:
        frame = routes_as_of(frame, day)
    return frame.reset_index(drop=True)


def read_history(
    connection: sa.Connection, view: View, file: str, *where: Condition
) -> pd.DataFrame:
    """All versions of entries beside who recorded them and when, dated rows by publication."""
    names = ("entry", "code", "reason", "warnings", "written")
    columns = [row_versions.c[name] for name in names]
    versions = (
        sa.select(*columns, intakes.c.recorded, intakes.c.author, intakes.c.headers)
        .join(intakes)
        .where(*in_view(view, file), *where)
        .order_by(row_versions.c.entry, row_versions.c.intake)
    )
    rows = connection.execute(versions).all()
    headers = [tuple(row.headers[file]) for row in rows]
    records = joined(file, [row.written for row in rows], headers)
    frame = _typed(records).assign(
        line=np.arange(len(rows)),
        entry=[row.entry for row in rows],
        recorded=[row.recorded for row in rows],
        author=[row.author for row in rows],
        status=[Code(row.code).name.lower() for row in rows],
        reason=[row.reason or "" for row in rows],
        warnings=pd.Series([row.warnings or [] for row in rows], dtype=object),
    )
    return _dated(frame, read_delays(connection, view)).drop(columns="line")


def _standing(stored: Stored, delays: pd.DataFrame, day: pd.Timestamp | None) -> pd.DataFrame:
    """The rows without a code, and without one that hides them.

    A code known by `day` hides all that was published of its subject up to its own publication.
    """
    frame = _typed(stored.records).assign(line=np.array(stored.entries, dtype=np.int64))
    frame = _dated(frame, delays).rename(columns={"line": "entry"})
    if not stored.coded:
        return frame
    coded = frame["entry"].map(dict(zip(stored.entries, stored.codes, strict=True))) != Code.PRESENT
    if "published" not in frame:
        return frame[~coded]
    subject = frame["entry"].map(dict(zip(stored.entries, stored.subjects, strict=True)))
    known = coded if day is None else coded & (frame["published"] <= day)
    until = frame["published"].where(known).groupby(subject).max()
    return frame[~coded & ~(frame["published"] <= subject.map(until))]


def _dated(frame: pd.DataFrame, delays: pd.DataFrame) -> pd.DataFrame:
    return with_published(frame, delays) if "published" in frame else frame


def _typed(records: Records) -> pd.DataFrame:
    """Records in the types of their file; missing where a code stands for the figure."""
    return table_of(records, MODULES[records.file].COLUMNS).frame.drop(columns="line")

"""What of the stored rows stood on a day: published by then, and not hidden by a code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
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
    Marks,
    Stored,
    View,
    in_view,
    newest,
    only,
    published_by,
    read_stored,
    read_text,
    read_whole,
)
from service.store.rows import MODULES, csv_text, joined
from service.store.schema import Code, intakes, row_versions

Entries = npt.NDArray[np.int64]


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
    return known_by(frame, stored.records.file, day).reset_index(drop=True)


def known_by(rows: pd.DataFrame, file: str, day: pd.Timestamp | None) -> pd.DataFrame:
    """The rows of a file that were published by the end of `day`, without what came later."""
    if day is None:
        return rows
    if "published" in rows:
        return rows[rows["published"] <= day]
    if file == agreements.FILE:
        return agreements_as_of(rows, day)
    return routes_as_of(rows, day) if file == routes.FILE else rows


def known_order(
    connection: sa.Connection,
    view: View,
    file: str,
    delays: pd.DataFrame,
    day: pd.Timestamp | None,
    *where: Condition,
) -> Entries:
    """The entries of a dated file that `known_rows` has, in its order, without reading the rows."""
    names = ("code", "subject", "source", "starts", "ends", "published")
    rows = newest(connection, view, file, names, where)
    told = list(zip(*rows, strict=True)) if rows else [()] * 8
    entries, _, codes, subjects, source, *days = told
    dates = dict(zip(("start", "end", "published"), map(_days, days), strict=True))
    frame = pd.DataFrame({"source": pd.array(source, dtype="str"), **dates})
    marks = Marks(entries, codes, subjects)
    standing = _unhidden(frame, marks, delays, day)
    known = standing if day is None else standing[standing["published"] <= day]
    return known["entry"].to_numpy(dtype=np.int64)


def last_day(
    connection: sa.Connection, view: View, file: str, source: str, day: pd.Timestamp
) -> date | None:
    """The last day that rows of a source describe which stood known at the end of `day`.

    Windows that end last are read first, and twice as many days of them while none has stood.
    """
    delays = read_delays(connection, view)
    of_source = [*only(source=source), published_by(day, delays["delay_days"][source])]
    ends, days = row_versions.c.ends, 1
    figures = sa.select(sa.func.max(ends)).where(
        *in_view(view, file), *of_source, row_versions.c.code == Code.PRESENT
    )
    last = connection.scalar(figures)
    while last is not None:
        first = last - timedelta(days=days - 1)
        stored = read_stored(connection, view, file, *of_source, ends.between(first, last))
        if not (known := known_rows(stored, delays, day)).empty:
            found: date = known["end"].max().date()
            return found
        last, days = connection.scalar(figures.where(ends < first)), 2 * days
    return None


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
    return _unhidden(_typed(stored.records), stored, delays, day)


def _unhidden(
    rows: pd.DataFrame, marks: Marks, delays: pd.DataFrame, day: pd.Timestamp | None
) -> pd.DataFrame:
    frame = rows.assign(line=np.array(marks.entries, dtype=np.int64))
    frame = _dated(frame, delays).rename(columns={"line": "entry"})
    if not marks.coded:
        return frame
    coded = frame["entry"].map(dict(zip(marks.entries, marks.codes, strict=True))) != Code.PRESENT
    if "published" not in frame:
        return frame[~coded]
    subject = frame["entry"].map(dict(zip(marks.entries, marks.subjects, strict=True)))
    known = coded if day is None else coded & (frame["published"] <= day)
    until = frame["published"].where(known).groupby(subject).max()
    return frame[~coded & ~(frame["published"] <= subject.map(until))]


def _dated(frame: pd.DataFrame, delays: pd.DataFrame) -> pd.DataFrame:
    return with_published(frame, delays) if "published" in frame else frame


def _days(column: Sequence[date | None]) -> npt.NDArray[np.datetime64]:
    codes, days = pd.factorize(np.array(column, dtype=object))
    return np.append(days.astype("datetime64[us]"), np.datetime64("NaT", "us"))[codes]


def _typed(records: Records) -> pd.DataFrame:
    """Records in the types of their file; missing where a code stands for the figure."""
    return table_of(records, MODULES[records.file].COLUMNS).frame.drop(columns="line")

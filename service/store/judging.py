"""What the linter says of given rows, seen beside the stored rows they belong to."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pandas as pd
import sqlalchemy as sa

from features import areas, attacks, facts, places, reports
from features.errors import Finding
from features.lint import Ground, ground_of, lint_table
from features.tables import table_of
from service.store.checking import EXTRA, Check, Checked, beside
from service.store.reading import Stored, View, read_stored, read_text
from service.store.rows import MODULES
from service.store.schema import row_versions
from service.store.writing import Warnings

MOST_ROWS = 5_000
YEAR = timedelta(days=400)


def judge(connection: sa.Connection, view: View, check: Check, today: pd.Timestamp) -> Warnings:
    """The warnings on given rows, by file and line; none where the places are not sound."""
    found: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    if check.known.tree is None:
        return found
    ground = _ground(connection, view, check, today)
    for checked in check.files:
        table, stored = checked.present, _related(connection, view, checked)
        if stored is not None:
            records = beside(checked.file, stored, checked.given)
            table = table_of(records, (*MODULES[checked.file].COLUMNS, *EXTRA))
        for warning in lint_table(checked.file, table, ground):
            if warning.line:
                found[checked.file, warning.line].append(warning)
    return found


def _ground(connection: sa.Connection, view: View, check: Check, today: pd.Timestamp) -> Ground:
    told = facts.check_facts(facts.parse_facts(read_text(connection, view, facts.FILE)))
    place, area = (check.ground[file].frame for file in (places.FILE, areas.FILE))
    return ground_of(place, area, told.family_size, today)


def _related(connection: sa.Connection, view: View, checked: Checked) -> Stored | None:
    """Stored rows from the year before those given, at their places or for the same windows.

    More than MOST_ROWS are judged by themselves. Places come checked beside all others already.
    """
    frame = checked.present.frame
    if checked.file not in (attacks.FILE, reports.FILE) or not 0 < len(frame) <= MOST_ROWS:
        return None
    starts = [day.date() for day in frame["start"].dropna().unique()]
    at = row_versions.c.place_id.in_(frame["place_id"].unique().tolist())
    recent = row_versions.c.starts.between(min(starts) - YEAR, max(starts))
    if checked.file == attacks.FILE:
        wanted = at & recent
    else:
        wanted = at & recent | row_versions.c.starts.in_(starts)
    return read_stored(connection, view, checked.file, wanted).present()

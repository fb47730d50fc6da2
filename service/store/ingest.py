"""Taking rows into the store: checked, matched with what is there, judged, and stored whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import sqlalchemy as sa

from features import agreements, attacks, facts, reports, routes
from features.errors import Finding, InputError
from features.folder import parse_folder
from features.tables import Records
from service.store.checking import GROUND, Check, Ground, after_this, check_given
from service.store.judging import judge
from service.store.known import read_texts
from service.store.matching import Changes
from service.store.reading import (
    Held,
    View,
    read_held,
    read_stored,
    read_text,
    tells_of,
    view_of,
)
from service.store.rows import Given
from service.store.schema import Code, row_versions
from service.store.store import Store
from service.store.writing import Outcome, Told, record

CHUNK = 5_000
STAND_ALONE = (reports.FILE, attacks.FILE, agreements.FILE)


def ingest(
    store: Store,
    crisis_id: str,
    given: Mapping[str, Records],
    *,
    author: str,
    reason: str = "",
    partial: bool = False,
    today: pd.Timestamp | None = None,
    told: Told | None = None,
) -> Outcome:
    """Store rows given for files of a crisis, by the names of these; rows stored already are one.

    `reason` is for corrections and deletions that tell none of their own. `told` hears (done, all).

    Raises InputError with everything wrong, nothing being stored. With `partial` the rows without
    a finding are stored, unless a header is wrong or they would leave the crisis unsound.
    """
    with store.writing(crisis_id) as connection:
        view = view_of(connection, crisis_id)
        ground = {file: read_stored(connection, view, file).present() for file in GROUND}
        check, rejected = _checked(given, ground, reason, partial)
        changes = Changes()
        for checked in check.files:
            rows = checked.sound_rows(reason)
            stored = _stored_alike(connection, view, checked.file, rows)
            changes.match(checked.file, checked.given.file, rows, stored)
        rejected += changes.findings
        if rejected and not partial:
            raise InputError(rejected)
        warnings = judge(connection, view, check, today or pd.Timestamp.now().normalize())
        origin = ", ".join(records.file for records in given.values())
        done = record(connection, view, changes, warnings, author=author, origin=origin, told=told)
        if done.intake is not None:
            _refuse_unsound(connection, View(crisis_id, done.intake), changes)
    return replace(done, rejected=rejected)


def _checked(
    given: Mapping[str, Records], ground: Ground, reason: str, partial: bool
) -> tuple[Check, list[Finding]]:
    """The given rows and what is wrong; with `partial`, those left when nothing more is."""
    check = check_given(given, ground, reason)
    found = rejected = check.findings
    while partial and found:
        given = _without(given, found)
        check = check_given(given, ground, reason)
        found = check.findings
        rejected = rejected + found
    return check, rejected


def _without(given: Mapping[str, Records], findings: Sequence[Finding]) -> dict[str, Records]:
    """The rows of which nothing was found. Raises InputError when it is not on rows alone."""
    wrong = {(finding.file, finding.line) for finding in findings}
    if wrong - {(records.file, line) for records in given.values() for line in records.lines}:
        raise InputError(findings)
    return {
        file: records.where([(records.file, line) not in wrong for line in records.lines])
        for file, records in given.items()
    }


def _stored_alike(
    connection: sa.Connection, view: View, file: str, rows: Sequence[Given]
) -> list[Held]:
    """The newest versions of all that is stored of the subjects of rows."""
    subjects = list({row.subject for row in rows})
    found: list[Held] = []
    for at in range(0, len(subjects), CHUNK):
        alike = row_versions.c.subject.in_(subjects[at : at + CHUNK])
        found += read_held(connection, view, file, alike)
    return sorted(found, key=lambda held: held.entry)


def _refuse_unsound(connection: sa.Connection, view: View, changes: Changes) -> None:
    """Raise InputError when the crisis could no longer be read as it is in this view.

    The rows given were checked. What remains are rows that rest on ground that was changed, and
    files that a source must have rows in. Lines are those of an export.
    """
    findings: list[Finding] = []
    if any(file not in STAND_ALONE for file, _ in changes.changed) or _brings_routes(changes):
        findings += parse_folder(read_texts(connection, view)).findings
    elif any(row.code != Code.PRESENT for _, row in changes.rows):
        findings += _silenced(connection, view)
    if findings:
        raise InputError([replace(at, file=after_this(at.file)) for at in findings])


def _brings_routes(changes: Changes) -> bool:
    """Whether a route is new: its spells must follow those that are stored."""
    return any(file == routes.FILE for file, _ in changes.added)


def _silenced(connection: sa.Connection, view: View) -> list[Finding]:
    """The reference source or that of the attacks, where it has no row left."""
    told = facts.check_facts(facts.parse_facts(read_text(connection, view, facts.FILE)))
    named = ((reports.FILE, told.reference), (attacks.FILE, told.attack_source))
    return [
        Finding(file, "no row is left of this source, which crisis.toml names", value=source)
        for file, source in named
        if source and not tells_of(connection, view, file, source)
    ]

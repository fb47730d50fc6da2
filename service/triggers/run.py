"""Triggers read and scored, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from features.errors import Finding, InputError
from forecast.trigger import Trigger
from forecast.trigger_file import TriggerFile, read_trigger
from forecast.trigger_record import Line, Record
from service.commands.places import resolve_places
from service.schedules.schedule import Recipient, parse_recipient
from service.triggers.kept import Check

if TYPE_CHECKING:
    from features.crisis import Crisis

DRAWS = 2000


def read_for(path: Path, crisis: Crisis) -> Trigger:
    """The trigger of a file with the id of its place, fit for the crisis.

    Raises InputError with everything wrong in the file, or what in it does not fit the crisis.
    """
    return settled(read_trigger(path), crisis)


def settled(file: TriggerFile, crisis: Crisis) -> Trigger:
    """The same of a file that was read."""
    findings = _wrong_recipients(file)
    try:
        place = _place(file, crisis)
    except InputError as error:
        findings += error.findings
    if findings:
        raise InputError(findings)
    return file.trigger.model_copy(update={"place": place})


def recipients_of(file: TriggerFile) -> list[Recipient]:
    """Who is told of what a trigger says. Raises InputError with all that are none."""
    if findings := _wrong_recipients(file):
        raise InputError(findings)
    return [Recipient.model_validate(parse_recipient(text)) for text in file.trigger.recipients]


def _place(file: TriggerFile, crisis: Crisis) -> str:
    """The id of the place. Raises InputError where the rule could never speak of it."""
    from forecast.trigger_observed import published_arrivals

    trigger, last = file.trigger, pd.Timestamp(crisis.reports["published"].max())
    try:
        [place] = resolve_places(crisis, [trigger.place], last, "place")
    except InputError as error:
        found = [file.finding("place", one.why, trigger.place) for one in error.findings]
        raise InputError(found) from None
    if trigger.kind == "observed" and published_arrivals(crisis, place).empty:
        why = (
            "no source publishes arrivals there, so an observed rule would never speak; name a "
            "place with published figures, or use the kind 'forecast'"
        )
        raise InputError(file.finding("place", why, trigger.place))
    return place


def _wrong_recipients(file: TriggerFile) -> list[Finding]:
    findings, seen = [], set[str]()
    for text in file.trigger.recipients:
        try:
            name = str(Recipient.model_validate(parse_recipient(text)))
            why = "is named twice; take one out" if name in seen else ""
            seen.add(name)
        except ValidationError as error:
            why = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        if why:
            findings.append(file.finding("recipients", why, text))
    return findings


def refuse_other(record: Record, trigger: Trigger, crisis: Crisis, path: Path) -> None:
    """Raise InputError for a record of another crisis, place, threshold or window."""
    why = ""
    if record.crisis != crisis.id:
        why = f"is a record of the crisis {record.crisis!r}, not of {crisis.id!r}"
    elif not record.trigger.same_event(trigger):
        other = record.trigger
        why = f"is a record of more than {other.over:,.0f} at {other.place!r} within "
        why += f"{other.within}, not of this trigger"
    if why:
        raise InputError(Finding(str(path), f"{why}; make one: nuzuh trigger try … --out FILE"))


def scored(
    checks: Sequence[Check], trigger: Trigger, crisis: Crisis, *, draws: int = DRAWS, seed: int = 1
) -> tuple[Line, ...]:
    """The lines of checks with what came by now; none of no checks."""
    from forecast.trigger_replay import with_outcomes

    if not checks:
        return ()
    return with_outcomes(crisis, trigger, [one.line for one in checks], draws=draws, seed=seed)

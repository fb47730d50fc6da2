"""Triggers read, replayed, checked and scored, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from features.errors import Finding, InputError
from forecast.trigger import Trigger
from forecast.trigger_file import TriggerFile, read_trigger
from forecast.trigger_record import Line, Record
from forecast.trigger_states import advance, levels_of
from service.commands.places import resolve_places
from service.schedules.schedule import Recipient, parse_recipient
from service.trigger_store import Check, Keeper, Kept

if TYPE_CHECKING:
    from features.crisis import Crisis
    from forecast.situation import Situation

DRAWS = 2000


def read_for(path: Path, crisis: Crisis) -> Trigger:
    """The trigger of a file with the id of its place, fit for the crisis.

    Raises InputError with everything wrong in the file, or what in it does not fit the crisis.
    """
    return settled(read_trigger(path), crisis)


def settled(file: TriggerFile, crisis: Crisis) -> Trigger:
    """The same of a file that was read."""
    from forecast.trigger_observed import published_arrivals

    trigger, last = file.trigger, pd.Timestamp(crisis.reports["published"].max())
    recipients_of(file)
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
    return trigger.model_copy(update={"place": place})


def recipients_of(file: TriggerFile) -> list[Recipient]:
    """Who is told of an activation. Raises InputError with all that are none."""
    found, findings = [], []
    for text in file.trigger.recipients:
        try:
            found.append(Recipient.model_validate(parse_recipient(text)))
        except ValidationError as error:
            why = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            findings.append(file.finding("recipients", why, text))
    if findings:
        raise InputError(findings)
    return found


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


@dataclass(frozen=True)
class Looked:
    """One trigger that was looked at; not `new` where the day had been noted before."""

    kept: Kept
    trigger: Trigger
    check: Check
    new: bool


def check_all(
    triggers: Keeper, crisis: Crisis, day: pd.Timestamp, *, draws: int = DRAWS, seed: int = 1
) -> tuple[list[Looked], list[Finding]]:
    """Look at every trigger kept, and note what it says; triggers of one window share a forecast.

    One without a record, and of which nobody said why, is not looked at. A day that was noted
    before is told again as it was said. A trigger that cannot be looked at, or
    not on so early a day, is in the findings and keeps none of the others back. Raises as
    `forecast.run`; then nothing is noted.
    """
    from forecast.situation import situate
    from forecast.trigger_replay import line_of

    known, looked, findings = crisis.as_of(day), list[Looked](), list[Finding]()
    situations: dict[tuple[int, str], Situation] = {}
    for name in triggers.names():
        try:
            kept = triggers.get(name)
            if not kept.ready:
                continue
            trigger = settled(kept.file, crisis)
            if kept.history.standing.day == day.date():
                looked.append(Looked(kept, trigger, kept.history.checks[-1], False))
                continue
            _refuse_earlier(kept, day)
            steps, step = ahead = trigger.ahead
            if ahead not in situations:
                situations[ahead] = situate(known, day, steps, step=step, draws=draws, seed=seed)
            line = line_of(known, situations[ahead], trigger)
        except InputError as error:
            findings += error.findings
            continue
        looked.append(Looked(kept, trigger, _checked(kept, trigger, line), True))
    for one in looked:
        if one.new:
            triggers.note(one.kept, one.check)
    return looked, findings


def scored(
    checks: Sequence[Check], trigger: Trigger, crisis: Crisis, *, draws: int = DRAWS, seed: int = 1
) -> tuple[Line, ...]:
    """The lines of checks with what came by now; none of no checks."""
    from forecast.trigger_replay import with_outcomes

    if not checks:
        return ()
    return with_outcomes(crisis, trigger, [one.line for one in checks], draws=draws, seed=seed)


def _checked(kept: Kept, trigger: Trigger, line: Line) -> Check:
    before = kept.history.standing
    stands = advance(before, line.as_of, line.value(trigger), levels_of(trigger))
    return Check(
        line=line,
        state=stands.state,
        activated_on=stands.activated_on,
        held_back=stands.held_back,
    )


def _refuse_earlier(kept: Kept, day: pd.Timestamp) -> None:
    last = kept.history.standing.day
    if last is not None and day.date() < last:
        why = f"lies before the last day noted of {kept.name!r} ({last}); give that or later"
        raise InputError(Finding("--as-of", why, value=f"{day:%Y-%m-%d}"))

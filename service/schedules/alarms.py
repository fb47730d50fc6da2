"""Triggers looked at once a day after rows came, and their activations told at once, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from service.answers import Told
from service.delivery.letter import Letter, letter_id
from service.fresh import stale_sources
from service.jobs.steps import opened_again
from service.outlook.language import language
from service.schedules.clock import AGAIN, GIVEN_UP
from service.schedules.diary import Attempt
from service.schedules.schedule import Recipient
from service.schedules.schema import alarms, trigger_checks, triggers
from service.schedules.sending import Ways, attempted
from service.schedules.words import say
from service.store.schema import Utc, documents
from service.store.store import Store
from service.trigger_book import RECORD, StoredTriggers, crises_with_triggers, read_trigger
from service.trigger_run import check_all, recipients_of, settled
from service.trigger_store import Check, Kept

Ask = Callable[[str, str, Sequence[Any]], None]
CHECK, ALARM = "check", "alarm"


@dataclass(frozen=True)
class Alarm:
    """An activation that a recipient is to be told of, with the last attempt at it."""

    trigger_id: str
    day: date
    recipient: Recipient
    created: datetime
    last: Attempt | None


def look(store: Store, ask: Ask, now: datetime) -> None:
    """Ask for what is due: triggers of crises that changed, and alarms that are still to be sent.

    A day is looked at once; rows that come later that day are looked at on the next.
    """
    for crisis_id in crises_with_triggers(store):
        changed, checked = _changed(store, crisis_id), _checked(store, crisis_id)
        if checked is None or changed > checked:
            day = now.astimezone(UTC).date().isoformat()
            name = f"{CHECK}:{crisis_id}:{day}:{changed.isoformat()}"
            ask(CHECK, name, [crisis_id, day, store.recorded(crisis_id).isoformat()])
    for one in open_alarms(store, now):
        attempts = 0 if one.last is None else one.last.attempt
        if one.last is None or one.last.again is None or one.last.again <= now:
            round_ = (now - one.created) // AGAIN
            name = f"{ALARM}:{one.trigger_id}:{one.day}:{one.recipient}:{attempts}:{round_}"
            ask(ALARM, name, [one.trigger_id, one.day.isoformat(), str(one.recipient)])


def check_stored(url: str, crisis_id: str, day: str, recorded: str, *, told: Told) -> list[str]:
    """Look at the triggers of a crisis in a process of its own, and note what each says.

    Nothing is said from sources that are too old. Returns why a trigger could not be looked at.
    """
    told(0.0, "reading")
    stamp = pd.Timestamp(day)
    with opened_again(url) as store:
        crisis = store.crisis(crisis_id, recorded=datetime.fromisoformat(recorded))
        if stale := stale_sources(crisis.as_of(stamp), stamp.date()):
            return [str(source) for source in stale]
        told(0.1, "forecasting")
        _, findings = check_all(StoredTriggers(store, crisis_id), crisis, stamp)
    return [str(finding) for finding in findings]


def open_alarms(store: Store, now: datetime) -> Iterator[Alarm]:
    """Activations of the last two days that recipients have not been told of."""
    query = sa.select(trigger_checks.c.trigger_id, trigger_checks.c.day, trigger_checks.c.created)
    recent = (trigger_checks.c.created >= now - GIVEN_UP) & trigger_checks.c.activates
    with store.reading() as connection:
        rows = connection.execute(query.where(recent)).all()
    for row in rows:
        kept = read_trigger(store, row.trigger_id)
        last = read_alarms(store, row.trigger_id).get(row.day, {})
        for recipient in recipients_of(kept.file):
            found = last.get(str(recipient))
            if found is None or found.outcome == "later":
                yield Alarm(row.trigger_id, row.day, recipient, row.created, found)


def read_alarms(store: Store, trigger_id: str) -> dict[date, dict[str, Attempt]]:
    """The last attempt at telling each recipient of each activation of a trigger."""
    query = sa.select(alarms).where(alarms.c.trigger_id == trigger_id).order_by(alarms.c.attempt)
    found: dict[date, dict[str, Attempt]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.day, {})[row.recipient] = Attempt(
                "alarm",
                row.recipient,
                row.outcome,
                row.created,
                row.reason,
                row.again,
                row.attempt,
            )
    return found


def raise_alarm(store: Store, ways: Ways, trigger_id: str, day: date, name: str) -> None:
    """Tell a recipient of an activation, unless that is done, and note how it went."""
    for one in open_alarms(store, datetime.now(UTC)):
        if (one.trigger_id, one.day, str(one.recipient)) != (trigger_id, day, name):
            continue
        if one.last is not None and one.last.again and one.last.again > datetime.now(UTC):
            return
        attempts = 1 if one.last is None else one.last.attempt + 1
        letter = write_alarm(store, read_trigger(store, trigger_id), day, one.recipient)
        noted = attempted(ways, letter, one.recipient, attempts)
        values = {key: value for key, value in asdict(noted).items() if key != "event"}
        row = {"trigger_id": trigger_id, "day": day, **values, "attempt": attempts}
        with store.writing(f"alarm {trigger_id}") as connection:
            connection.execute(sa.insert(alarms), row)


def write_alarm(store: Store, kept: Kept, day: date, recipient: Recipient) -> Letter:
    """The letter of an activation: what is likely, how often the trigger was right before."""
    [check] = [one for one in kept.history.checks if one.line.as_of == day]
    crisis = store.crisis(kept.history.crisis)
    trigger = settled(kept.file, crisis)
    code = recipient.language or trigger.language
    place = language(code).place(crisis, trigger.place)
    parts = [_said(check, kept, code, place)]
    if kept.record is None:
        parts.append(say("untested", code, why=language(code).foreign(kept.history.untested)))
    if trigger.note:
        parts.append(language(code).foreign(trigger.note))
    return Letter(
        id=letter_id("trigger", kept.name, f"{day}", str(recipient)),
        event="alarm",
        language=code,
        subject=say("alarm", code, title=language(code).foreign(trigger.title)),
        text="\n\n".join(parts) + "\n",
        about={"trigger": kept.name, "day": f"{day}", "crisis": kept.history.crisis},
    )


def _said(check: Check, kept: Kept, code: str, place: str) -> str:
    trigger, line, told = kept.file.trigger, check.line, language(code)
    if trigger.kind == "observed":
        share = told.percent(line.observed or 0.0)
        return say("highest", code, place=place, share=share, day=line.as_of)
    return say(
        "likely",
        code,
        over=round(trigger.over),
        place=place,
        start=line.start,
        end=line.end,
        chance=told.chance(line.probability),
        level=told.percent(trigger.met_at),
        day=line.as_of,
    )


def _changed(store: Store, crisis_id: str) -> datetime:
    """When rows, triggers or records of triggers last came."""
    of_records = (documents.c.kind == RECORD) & (documents.c.crisis_id == crisis_id)
    of_crisis = triggers.c.crisis_id == crisis_id
    with store.reading() as connection:
        made = connection.scalar(
            sa.select(sa.func.max(documents.c.created, type_=Utc)).where(of_records)
        )
        added = connection.scalar(
            sa.select(sa.func.max(triggers.c.created, type_=Utc)).where(of_crisis)
        )
    times: list[datetime | None] = [store.recorded(crisis_id), made, added]
    return max(time for time in times if time is not None)


def _checked(store: Store, crisis_id: str) -> datetime | None:
    """When a trigger of a crisis was last looked at."""
    query = (
        sa.select(sa.func.max(trigger_checks.c.created, type_=Utc))
        .join(triggers)
        .where(triggers.c.crisis_id == crisis_id)
    )
    with store.reading() as connection:
        return connection.scalar(query)

"""What recipients of a trigger are told: an activation, or what became of the watch; each once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from features.errors import InputError
from service.delivery.letter import Event, Letter, letter_id
from service.outlook.language import Language, language
from service.schedules import words
from service.schedules.clock import GIVEN_UP
from service.schedules.diary import Attempt
from service.schedules.schedule import Recipient
from service.schedules.schema import alarms, trigger_checks, trigger_notices, trigger_steps
from service.schedules.sending import Ways, attempted
from service.schedules.words import say
from service.store.store import Store
from service.triggers.book import read_trigger
from service.triggers.kept import Check, Kept, Step
from service.triggers.run import recipients_of, settled

SUBJECTS = {"blind": "no watch", "watched": "watched again", "retired": "watched no more"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Due:
    """A letter that a recipient is still to get, with the last attempt at it.

    It tells `of` an activation, which is named by its day, or of a step, by its number.
    """

    trigger_id: str
    of: str
    recipient: Recipient
    created: datetime
    last: Attempt | None


def letters_due(store: Store, now: datetime, trigger_id: str | None = None) -> Iterator[Due]:
    """Letters of the last two days that are still to be sent, of all triggers or of one.

    Of steps only the last is told. Nothing else is told of a trigger that is retired. One that
    cannot be read holds up no other.
    """
    for id_ in _recent(store, now) if trigger_id is None else [trigger_id]:
        try:
            kept = read_trigger(store, id_)
            recipients = recipients_of(kept.file)
        except InputError as error:
            log.error("nothing can be told of trigger %s: %s", id_, error)
            continue
        last = read_attempts(store, id_)
        for of, created in _tellable(store, kept, now).items():
            for recipient in recipients:
                found = last.get(of, {}).get(str(recipient))
                if found is None or found.outcome == "later":
                    yield Due(id_, of, recipient, created, found)


def read_attempts(store: Store, trigger_id: str) -> dict[str, dict[str, Attempt]]:
    """The last attempt at each letter of a trigger, by what it tells of and recipient."""
    found: dict[str, dict[str, Attempt]] = {}
    tables: list[tuple[sa.Table, str, Event]] = [
        (alarms, "day", "alarm"),
        (trigger_notices, "step", "notice"),
    ]
    with store.reading() as connection:
        for table, column, event in tables:
            of_trigger = sa.select(table).where(table.c.trigger_id == trigger_id)
            for row in connection.execute(of_trigger.order_by(table.c.attempt)).mappings():
                told = {name: row[name] for name in _ATTEMPT}
                found.setdefault(f"{row[column]}", {})[row["recipient"]] = Attempt(event, **told)
    return found


def tell(store: Store, ways: Ways, trigger_id: str, of: str, name: str) -> None:
    """Send a recipient's letter, unless that is done, and note how it went."""
    now = datetime.now(UTC)
    for one in letters_due(store, now, trigger_id):
        if (one.of, str(one.recipient)) != (of, name):
            continue
        if one.last is not None and one.last.again and one.last.again > now:
            return
        attempts = 1 if one.last is None else one.last.attempt + 1
        letter = write_letter(store, read_trigger(store, trigger_id), of, one.recipient)
        noted = asdict(attempted(ways, letter, one.recipient, attempts))
        row = {"trigger_id": trigger_id, **{key: noted[key] for key in _ATTEMPT}}
        row["attempt"] = attempts
        with store.writing(f"alarm {trigger_id}") as connection:
            connection.execute(*_insert(row, of))


def write_letter(store: Store, kept: Kept, of: str, recipient: Recipient) -> Letter:
    """The letter of an activation or of a step."""
    trigger = kept.file.trigger
    told = language(recipient.language or trigger.language)
    about = {"trigger": kept.name, "crisis": kept.history.crisis}
    if of.isdigit():
        step = kept.history.steps[int(of) - 1]
        subject, parts = SUBJECTS[step.state], _of_step(kept, int(of), told)
        about |= {"day": f"{step.day}", "state": step.state}
    else:
        [check] = [one for one in kept.history.checks if f"{one.line.as_of}" == of]
        subject, parts = "alarm", _of_activation(store, check, kept, told)
        about |= {"day": of}
    return Letter(
        id=letter_id("trigger", kept.name, of, str(recipient)),
        event="notice" if of.isdigit() else "alarm",
        language=told.code,
        subject=say(subject, told.code, title=told.foreign(trigger.title)),
        text="\n\n".join(parts) + "\n",
        about=about,
    )


def because(step: Step, code: str) -> str:
    """Why no watch is kept, in a language."""
    if "stale" in step.why:
        return words.why(step.why, code)
    if "silent" in step.why:
        return say("silent", code)
    if "failed" in step.why:
        return say("unfit", code, text=language(code).foreign(step.why["failed"]))
    return language(code).foreign(str(step.why.get("reason", "")))


_ATTEMPT = ("recipient", "outcome", "created", "reason", "again", "attempt")


def _insert(row: dict[str, Any], of: str) -> tuple[sa.Insert, dict[str, Any]]:
    if of.isdigit():
        return sa.insert(trigger_notices), row | {"step": int(of)}
    return sa.insert(alarms), row | {"day": datetime.fromisoformat(of).date()}


def _recent(store: Store, now: datetime) -> list[str]:
    """Triggers that have had an activation or a step of late."""
    tables = (
        sa.select(trigger_checks.c.trigger_id).where(
            trigger_checks.c.created >= now - GIVEN_UP, trigger_checks.c.activates
        ),
        sa.select(trigger_steps.c.trigger_id).where(trigger_steps.c.created >= now - GIVEN_UP),
    )
    with store.reading() as connection:
        return sorted(connection.scalars(sa.union(*tables)))


def _tellable(store: Store, kept: Kept, now: datetime) -> dict[str, datetime]:
    """When what is still to be told of a trigger was noted."""
    checks, steps = trigger_checks.c, trigger_steps.c
    activations = sa.select(checks.day, checks.created).where(
        checks.trigger_id == kept.name, checks.created >= now - GIVEN_UP, checks.activates
    )
    last = sa.select(steps.step, steps.created).where(
        steps.trigger_id == kept.name,
        steps.created >= now - GIVEN_UP,
        steps.step == len(kept.history.steps),
    )
    with store.reading() as connection:
        found = connection.execute(last).all()
        if not kept.retired:
            found = [*connection.execute(activations), *found]
    return {f"{of}": created for of, created in found}


def _of_step(kept: Kept, number: int, told: Language) -> list[str]:
    step, code = kept.history.steps[number - 1], told.code
    title = told.foreign(kept.file.trigger.title)
    if step.state == "watched":
        blind = kept.history.steps[number - 2]
        return [say("watched", code, title=title, day=step.day, start=blind.day)]
    parts = [say(step.state, code, title=title, day=step.day, why=because(step, code))]
    standing = kept.history.standing
    if standing.day is not None:
        last = say("last look", code, day=standing.day)
        if standing.state == "met" and standing.activated_on is not None:
            last += " " + say("in force", code, day=standing.activated_on)
        parts.append(last)
    return parts


def _of_activation(store: Store, check: Check, kept: Kept, told: Language) -> list[str]:
    """What is likely, and how often the trigger was right before."""
    crisis = store.crisis(kept.history.crisis)
    place = told.place(crisis, settled(kept.file, crisis).place)
    parts = [_said(check, kept, told, place)]
    if kept.record is None:
        parts.append(say("untested", told.code, why=told.foreign(kept.history.untested)))
    if kept.file.trigger.note:
        parts.append(told.foreign(kept.file.trigger.note))
    return parts


def _said(check: Check, kept: Kept, told: Language, place: str) -> str:
    trigger, line = kept.file.trigger, check.line
    if trigger.kind == "observed":
        share = told.percent(line.observed or 0.0)
        return say("highest", told.code, place=place, share=share, day=line.as_of)
    return say(
        "likely",
        told.code,
        over=round(trigger.over),
        place=place,
        start=line.start,
        end=line.end,
        chance=told.chance(line.probability),
        level=told.percent(trigger.met_at),
        day=line.as_of,
    )

"""Triggers in the store: rules, what they said since, and their records, which are documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from forecast.trigger_file import parse_trigger
from forecast.trigger_record import Record
from service.errors import Conflict, NotFound
from service.schedules.schema import trigger_checks, trigger_steps, triggers
from service.store.schema import Utc, contents, documents
from service.store.store import Store
from service.triggers.kept import Check, History, Kept, Step

WRITING = "triggers"
RECORD = "trigger_record"


class StoredTriggers:
    """The triggers of one crisis in the store."""

    def __init__(self, store: Store, crisis: str) -> None:
        self._store, self.crisis = store, crisis

    def names(self) -> list[str]:
        """Ids of the triggers kept."""
        query = sa.select(triggers.c.id).where(triggers.c.crisis_id == self.crisis)
        with self._store.reading() as connection:
            return list(connection.scalars(query.order_by(triggers.c.id)))

    def get(self, name: str) -> Kept:
        """The trigger of an id. Raises NotFound."""
        return read_trigger(self._store, name)

    def note(self, kept: Kept, check: Check) -> None:
        """Add a check to the history of a trigger, unless its day was noted before."""
        of_day = (trigger_checks.c.trigger_id == kept.name) & (
            trigger_checks.c.day == check.line.as_of
        )
        row = {
            "trigger_id": kept.name,
            "day": check.line.as_of,
            "said": check.model_dump(mode="json"),
            "activates": check.standing.activates,
            "created": datetime.now(UTC),
        }
        with self._store.writing(WRITING) as connection:
            if connection.scalar(sa.select(trigger_checks.c.day).where(of_day)) is None:
                connection.execute(sa.insert(trigger_checks), row)

    def enter(self, kept: Kept, step: Step) -> bool:
        """Add a step to the history of a trigger; False where it changes nothing by now."""
        row = step.model_dump(mode="json") | {"day": step.day, "created": datetime.now(UTC)}
        with self._store.writing(WRITING) as connection:
            history = _history(connection, _row(connection, kept.name))
            after = history.with_step(step)
            if after is not history:
                number = {"trigger_id": kept.name, "step": len(after.steps)}
                connection.execute(sa.insert(trigger_steps), row | number)
        return after is not history


def add_trigger(
    store: Store, id_: str, crisis_id: str, rule: str, untested: str, author: str
) -> None:
    """Keep a rule, the text of a TOML file. Raises Conflict when there is one of its id."""
    row = {
        "id": id_,
        "crisis_id": crisis_id,
        "rule": rule,
        "untested": untested,
        "author": author,
        "created": datetime.now(UTC),
    }
    with store.writing(WRITING) as connection:
        if connection.scalar(sa.select(triggers.c.id).where(triggers.c.id == id_)) is not None:
            raise Conflict(f"there is a trigger {id_} already; take another id")
        connection.execute(sa.insert(triggers), row)


def read_trigger(store: Store, id_: str) -> Kept:
    """The trigger of an id, with the newest record of its event. Raises NotFound."""
    with store.reading() as connection:
        row = _row(connection, id_)
        history = _history(connection, row)
    record = _record(store, row.crisis_id, id_)
    return Kept(id_, parse_trigger(row.rule, id_), record, history)


def read_rule(store: Store, id_: str) -> str:
    """The rule of a trigger, as it was written. Raises NotFound."""
    with store.reading() as connection:
        return str(_row(connection, id_).rule)


def retire_trigger(store: Store, id_: str, reason: str, author: str) -> Kept:
    """End the watch of a trigger for good; it can still be read. Raises NotFound.

    One that was retired before stays as it is.
    """
    kept = read_trigger(store, id_)
    today = datetime.now(UTC).date()
    step = Step(state="retired", day=today, author=author, why={"reason": reason})
    StoredTriggers(store, kept.history.crisis).enter(kept, step)
    return read_trigger(store, id_)


def noted(store: Store, crisis_id: str) -> dict[str, datetime]:
    """When each trigger of a crisis was last looked at."""
    query = (
        sa.select(trigger_checks.c.trigger_id, sa.func.max(trigger_checks.c.created, type_=Utc))
        .join(triggers)
        .where(triggers.c.crisis_id == crisis_id)
        .group_by(trigger_checks.c.trigger_id)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def changed(store: Store, crisis_id: str) -> datetime:
    """When rows of a crisis, triggers on it or records of these last came."""
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


def crises_with_triggers(store: Store) -> list[str]:
    """The crises that have triggers."""
    with store.reading() as connection:
        return list(connection.scalars(sa.select(triggers.c.crisis_id).distinct()))


def rule_text(rule: Mapping[str, Any]) -> str:
    """The keys of a rule as the text of a TOML file."""
    lines = [f"{_toml(key)} = {_toml(value)}" for key, value in rule.items()]
    return "\n".join([*lines, ""])


def _toml(value: Any) -> str:
    """A text, number, truth value or list of these: JSON and TOML write them alike."""
    return json.dumps(value, ensure_ascii=False)


def _row(connection: sa.Connection, id_: str) -> Any:
    row = connection.execute(sa.select(triggers).where(triggers.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound("there is no trigger of this id")
    return row


def _history(connection: sa.Connection, row: Any) -> History:
    checks = sa.select(trigger_checks.c.said).where(trigger_checks.c.trigger_id == row.id)
    steps = sa.select(trigger_steps).where(trigger_steps.c.trigger_id == row.id)
    return History(
        crisis=row.crisis_id,
        added=row.created.date(),
        untested=row.untested,
        checks=tuple(
            Check.model_validate_json(json.dumps(said))
            for said in connection.scalars(checks.order_by(trigger_checks.c.day))
        ),
        steps=tuple(
            Step(state=one.state, day=one.day, author=one.author, why=one.why)
            for one in connection.execute(steps.order_by(trigger_steps.c.step))
        ),
    )


def _record(store: Store, crisis_id: str, id_: str) -> Record | None:
    """The newest record of a trigger."""
    query = (
        sa.select(contents.c.content)
        .join(documents, documents.c.id == contents.c.document_id)
        .where(
            documents.c.kind == RECORD,
            documents.c.crisis_id == crisis_id,
            documents.c.request["trigger"].as_string() == id_,
        )
        .order_by(documents.c.created.desc())
        .limit(1)
    )
    with store.reading() as connection:
        content = connection.scalar(query)
    return None if content is None else Record.model_validate_json(content)

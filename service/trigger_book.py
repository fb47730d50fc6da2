"""Triggers in the store: rules, what they said since, and their records, which are documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from forecast.trigger_file import parse_trigger
from forecast.trigger_record import Record
from service.errors import Conflict, NotFound
from service.schedules.schema import trigger_checks, triggers
from service.store.schema import contents, documents
from service.store.store import Store
from service.trigger_store import Check, History, Kept

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
    row = read_row(store, id_)
    file = parse_trigger(row.rule, id_)
    of_trigger = trigger_checks.c.trigger_id == id_
    query = sa.select(trigger_checks.c.said).where(of_trigger).order_by(trigger_checks.c.day)
    with store.reading() as connection:
        checks = [Check.model_validate_json(json.dumps(said)) for said in connection.scalars(query)]
    history = History(
        crisis=row.crisis_id,
        added=row.created.date(),
        untested=row.untested,
        checks=tuple(checks),
    )
    kept = Kept(id_, file, None, history)
    return replace(kept, record=_record(store, row.crisis_id, id_))


def read_row(store: Store, id_: str) -> Any:
    """The row of a trigger. Raises NotFound."""
    with store.reading() as connection:
        row = connection.execute(sa.select(triggers).where(triggers.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound("there is no trigger of this id")
    return row


def crises_with_triggers(store: Store) -> list[str]:
    """The crises that have triggers."""
    with store.reading() as connection:
        return list(connection.scalars(sa.select(triggers.c.crisis_id).distinct()))


def rule_text(rule: str | Mapping[str, Any]) -> str:
    """A rule as the text of a TOML file; keys without a value are left out."""
    if isinstance(rule, str):
        return rule
    told = {key: value for key, value in rule.items() if value is not None}
    lines = [f"{_toml(key)} = {_toml(value)}" for key, value in told.items()]
    return "\n".join([*lines, ""])


def _toml(value: Any) -> str:
    """A text, number, truth value or list of these: JSON and TOML write them alike."""
    return json.dumps(value, ensure_ascii=False)


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

"""What was answered, kept as it was told: forecasts, projections, scenarios, track records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from features.errors import Finding, InputError
from service.store.reading import view_of
from service.store.schema import contents, documents, intakes

HEAD = [column for column in documents.c if column.name != "intake"]


@dataclass(frozen=True)
class Document:
    """An answer and what it stands on.

    `recorded` is the time up to which the store's rows were used, `fingerprint` that of the crisis
    on the day `as_of`, `request` the options; `seed` and `models` make them an answer again.
    `contents` are its bytes by format. The `id` cannot be guessed.
    """

    kind: str
    crisis_id: str
    recorded: datetime
    as_of: date | None
    fingerprint: str
    request: Mapping[str, Any]
    models: Mapping[str, str]
    nuzuh: str
    seed: int | None
    author: str
    contents: Mapping[str, bytes]
    id: str = field(default_factory=lambda: uuid4().hex)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


def insert_document(connection: sa.Connection, document: Document) -> None:
    """Store a document for good, in the transaction of its crisis."""
    view = view_of(connection, document.crisis_id, document.recorded)
    head = {column.name: getattr(document, column.name) for column in HEAD}
    connection.execute(sa.insert(documents), head | {"intake": view.intake})
    for format_, content in document.contents.items():
        row = {"document_id": document.id, "format": format_, "content": content}
        connection.execute(sa.insert(contents), row | {"sha256": _sha256(content)})


def read_document(connection: sa.Connection, id_: str) -> Document:
    """The document of an id. Raises InputError when there is none or its bytes were damaged."""
    query = sa.select(*HEAD, intakes.c.recorded).join(intakes).where(documents.c.id == id_)
    head = connection.execute(query).one_or_none()
    kept = connection.execute(sa.select(contents).where(contents.c.document_id == id_)).all()
    if head is None:
        raise InputError(Finding("document", "the store holds none of this id", value=id_))
    if damaged := [row.format for row in kept if _sha256(row.content) != row.sha256]:
        why = f"is damaged ({', '.join(damaged)}): its hash is not that of when it was stored"
        raise InputError(Finding("document", f"{why}; restore a backup", value=id_))
    return Document(**head._mapping, contents={row.format: row.content for row in kept})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Answers: what is asked of a crisis, made once, kept for good, and made again to check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from features.crisis import Crisis
from features.errors import Finding, InputError
from service.store.documents import Document, insert_document
from service.store.schema import documents
from service.store.store import Store
from service.version import nuzuh_version

if TYPE_CHECKING:
    from forecast.parallel import Executor

Told = Callable[[float, str], None]


@dataclass(frozen=True)
class Made:
    """An answer before it is kept: bytes by format, and the crisis and models they hang on."""

    fingerprint: str
    models: Mapping[str, str]
    contents: Mapping[str, bytes]


@dataclass(frozen=True)
class Source:
    """A crisis of the store as it was recorded at a time: the same rows whenever it is read."""

    store: Store
    crisis_id: str
    recorded: datetime

    def crisis(self, day: date | None) -> Crisis:
        """The crisis on a day, or all of it."""
        as_of = None if day is None else pd.Timestamp(day)
        return self.store.crisis(self.crisis_id, as_of, self.recorded)


class Request(BaseModel, ABC):
    """What is asked; `document` is the kind of document that the answer becomes."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=False, serialize_by_alias=True
    )

    document: ClassVar[str]
    seed: int

    @property
    @abstractmethod
    def day(self) -> date | None:
        """The day that the answer stands on; None where it stands on many."""

    def check(self) -> None:
        """Refuse what no crisis could answer. Raises InputError."""

    @abstractmethod
    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """The answer; `told` hears the share done and the step.

        Raises InputError and TooLittleData as the functions of `forecast` do.
        """


def document_of(source: Source, request: Request, made: Made, author: str) -> Document:
    """The answer as a document of the store, with a new id."""
    return Document(
        kind=request.document,
        crisis_id=source.crisis_id,
        recorded=source.recorded,
        as_of=request.day,
        fingerprint=made.fingerprint,
        request=request.model_dump(mode="json"),
        models=made.models,
        nuzuh=nuzuh_version(),
        seed=request.seed,
        author=author,
        contents=made.contents,
    )


def keep_once(store: Store, document: Document) -> str:
    """Store a document unless the store holds one of its id; the id."""
    held = sa.select(documents.c.id).where(documents.c.id == document.id)
    with store.writing(document.crisis_id) as connection:
        if connection.scalar(held) is None:
            insert_document(connection, document)
    return document.id


def answer(store: Store, crisis_id: str, request: Request, author: str) -> str:
    """Make an answer here and now from what the store holds, and keep it; its id."""
    from forecast.parallel import Serial

    source = Source(store, crisis_id, store.recorded(crisis_id))
    made = request.make(source, Serial(), unheard)
    return store.save(document_of(source, request, made, author))


def replay(store: Store, id_: str) -> dict[str, bytes]:
    """Make a stored answer again from the rows it stood on: the same bytes by format.

    They are the same on one CPU architecture under one lock of the libraries. Raises InputError
    when the document was not made from a request, or its rows are no longer those it stood on.
    """
    from forecast.parallel import Serial
    from service.kinds import DOCUMENTS

    document = store.document(id_)
    if document.kind not in DOCUMENTS or not document.request:
        why = f"is a {document.kind} that was handed in; only what was asked for is made again"
        raise InputError(Finding("document", why, value=id_))
    request = DOCUMENTS[document.kind](**document.request)
    source = Source(store, document.crisis_id, document.recorded)
    made = request.make(source, Serial(), unheard)
    if made.fingerprint != document.fingerprint:
        why = "stands on other rows than the store holds of that time; restore a backup"
        raise InputError(Finding("document", why, value=id_))
    return {format_: made.contents[format_] for format_ in document.contents}


def unheard(share: float, step: str) -> None:
    """Told of progress that nobody follows."""

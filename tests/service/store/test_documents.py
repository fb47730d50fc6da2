"""Documents: kept as they were, by id."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from features.errors import InputError
from service.store.documents import Document
from service.store.schema import contents
from service.store.store import Store

BYTES = {"json": b'{"a": 1}\n', "parquet": bytes(range(256))}


def document(store: Store, kind: str = "projection") -> Document:
    return Document(
        kind=kind,
        crisis_id="made-up",
        recorded=store.recorded("made-up"),
        as_of=date(2017, 5, 1),
        fingerprint="f" * 64,
        request={"horizon": 3, "places": ["N"], "title": "كفر نبودة"},
        models={"pool": "1"},
        nuzuh="0.1.0",
        seed=2**63 - 1,
        author="tester",
        contents=BYTES,
    )


def test_a_document_comes_back_as_it_was_saved(filled: Store) -> None:
    saved = document(filled)
    assert filled.document(filled.save(saved)) == saved


def test_ids_are_never_twice_the_same(filled: Store) -> None:
    assert len({filled.save(document(filled)) for _ in range(5)}) == 5


def test_an_unknown_id_and_an_unknown_kind_are_refused(filled: Store) -> None:
    with pytest.raises(InputError, match="the store holds none of this id"):
        filled.document("0" * 32)
    with pytest.raises(sa.exc.IntegrityError):
        filled.save(document(filled, kind="rumour"))


def test_damaged_bytes_are_never_told(filled: Store) -> None:
    saved = document(filled)
    filled.save(saved)
    with filled.writing("made-up") as connection:
        row = {"document_id": saved.id, "format": "csv", "sha256": "0" * 64, "content": b"x"}
        connection.execute(sa.insert(contents), row)
    with pytest.raises(InputError, match=r"is damaged \(csv\)"):
        filled.document(saved.id)

"""Answers kept for requests that are sent again under the same Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil

import sqlalchemy as sa
from fastapi import Response

from service.errors import Conflict
from service.store.schema import replies
from service.store.store import Store

GIVEN_UP = timedelta(minutes=5)
SOON = 10
WRITING = "access"


def once(
    store: Store, author: str, key: str | None, asked: list[bytes], do: Callable[[], Response]
) -> Response:
    """What `do` answers, or what it answered to the same request under the same key.

    Nothing is kept when it raises. Raises Conflict for another request under the key, and while
    the first is still under way.
    """
    if key is None:
        return do()
    digest = hashlib.sha256(b"\0".join(asked)).hexdigest()
    if (kept := _claim(store, author, key, digest)) is not None:
        return kept
    try:
        told = do()
    except BaseException:
        _release(store, author, key)
        raise
    of_key = (replies.c.author == author) & (replies.c.key == key)
    with store.writing(WRITING) as connection:
        values = {"status": told.status_code, "body": bytes(told.body)}
        connection.execute(sa.update(replies).where(of_key).values(values))
    return told


def _claim(store: Store, author: str, key: str, digest: str) -> Response | None:
    now = datetime.now(UTC)
    of_key = (replies.c.author == author) & (replies.c.key == key)
    with store.writing(WRITING) as connection:
        row = connection.execute(sa.select(replies).where(of_key)).one_or_none()
        if row is not None and row.digest != digest:
            raise Conflict("this Idempotency-Key stands for another request; take a new one")
        if row is not None and row.status is not None:
            headers = {"Idempotent-Replayed": "true"}
            return Response(row.body, row.status, headers, "application/json")
        if row is not None and (left := row.claimed + GIVEN_UP - now) > timedelta(0):
            raise _under_way(ceil(left.total_seconds()))
        if row is None:
            claimed = {"author": author, "key": key, "digest": digest, "claimed": now}
            connection.execute(sa.insert(replies).values(claimed))
        else:
            connection.execute(sa.update(replies).where(of_key).values(claimed=now))
    return None


def _under_way(seconds: int) -> Conflict:
    why = "the request of this Idempotency-Key is still under way, or was cut off; send it again"
    return Conflict(f"{why}, at the latest in {seconds} s", min(seconds, SOON))


def _release(store: Store, author: str, key: str) -> None:
    of_key = (replies.c.author == author) & (replies.c.key == key)
    with store.writing(WRITING) as connection:
        connection.execute(sa.delete(replies).where(of_key, replies.c.status.is_(None)))

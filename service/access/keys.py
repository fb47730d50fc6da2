"""API keys: 256 random bits, kept as their hash; shown once, known by their id ever after.

A key reads `nzh_<id>_<secret>`. Its id is no secret: it is the author of all that the key does.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

import sqlalchemy as sa

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from service.errors import NotFound, Unauthorised
from service.store.schema import api_keys
from service.store.store import Store

SCOPES = ("read", "plan", "publish", "admin")
AUDIENCES = ("public", "partner", "restricted")
WRITING = "access"
SHOWN = [column for column in api_keys.c if column.name != "sha256"]
NONE = "0" * 64
SECRET = re.compile(r"(nzh_[0-9A-Za-z]*)_[0-9A-Za-z]+")


@dataclass(frozen=True)
class Key:
    """A key without its secret. `admin` may do all; every other scope stands for itself.

    `audience` says what its bearer is told of where people are (`service.access.policy`).
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    audience: str
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has a scope."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def oversees(self) -> bool:
        """Whether it may see what all others ask for: an admin who is told all places."""
        return "admin" in self.scopes and self.audience == AUDIENCES[-1]

    def valid(self, now: datetime) -> bool:
        """Whether the key is neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def create_key(
    store: Store,
    name: str,
    scopes: Sequence[str],
    audience: str,
    expires: datetime | None = None,
) -> tuple[Key, str]:
    """A new key and the text its bearer shows, which is never told again.

    Raises InputError for a scope or an audience that there is not, and for an expiry in the past.
    """
    _check(name, scopes, audience, expires)
    key = Key(secrets.token_hex(6), name, tuple(dict.fromkeys(scopes)), audience, _now(), expires)
    shown = f"nzh_{key.id}_{secrets.token_hex(32)}"
    row = {column.name: getattr(key, column.name) for column in SHOWN}
    with store.writing(WRITING) as connection:
        row |= {"scopes": list(key.scopes), "sha256": _hashed(shown)}
        connection.execute(sa.insert(api_keys), row)
    return key, shown


def find_key(store: Store, shown: str, now: datetime | None = None) -> Key:
    """The key of a text. Raises Unauthorised alike for unknown, wrong, expired and revoked ones."""
    parts = shown.split("_")
    id_ = parts[1] if len(parts) == 3 and parts[0] == "nzh" and len(shown) < 200 else ""
    row = None
    if id_.isascii() and id_.isalnum():
        with store.reading() as connection:
            row = connection.execute(sa.select(api_keys).where(api_keys.c.id == id_)).one_or_none()
    same = compare_digest(_hashed(shown), NONE if row is None else row.sha256)
    if row is None or not same or not (key := _key(row)).valid(now or _now()):
        raise Unauthorised("the key is not valid; ask for a new one")
    return key


def masked(text: str) -> str:
    """A text without the secrets of the keys that stand in it."""
    return SECRET.sub(r"\1_…", text)


def list_keys(store: Store) -> list[Key]:
    """All keys, the oldest first."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(*SHOWN).order_by("created", "id")).all()
    return [_key(row) for row in rows]


def revoke_key(store: Store, id_: str) -> Key:
    """The key, revoked from now on, or since it was before. Raises NotFound."""
    of_key = api_keys.c.id == id_
    with store.writing(WRITING) as connection:
        changed = sa.update(api_keys).where(of_key, api_keys.c.revoked.is_(None))
        connection.execute(changed.values(revoked=_now()))
        row = connection.execute(sa.select(*SHOWN).where(of_key)).one_or_none()
    if row is None:
        raise NotFound("there is no key of this id; see: nuzuh key list")
    return _key(row)


def any_key(store: Store) -> bool:
    """Whether a key was ever made."""
    with store.reading() as connection:
        return connection.scalar(sa.select(sa.exists().select_from(api_keys))) is True


def _check(name: str, scopes: Sequence[str], audience: str, expires: datetime | None) -> None:
    findings = [
        Finding(
            "scope", f"no such scope{did_you_mean(one, SCOPES)}; take {listed(SCOPES)}", value=one
        )
        for one in scopes
        if one not in SCOPES
    ]
    if not scopes:
        findings.append(Finding("scope", f"is missing; give one or more of {listed(SCOPES)}"))
    if audience not in AUDIENCES:
        why = f"no such audience{did_you_mean(audience, AUDIENCES)}; take {listed(AUDIENCES)}"
        findings.append(Finding("audience", why, value=audience))
    if not name.strip() or not name.isprintable():
        findings.append(Finding("name", "is blank or cannot be printed; say whose key it is"))
    if expires is not None and expires <= _now():
        findings.append(Finding("expires", "is past; give a later time", value=str(expires)))
    if findings:
        raise InputError(findings)


def _key(row: sa.Row[Any]) -> Key:
    values = {column.name: row._mapping[column.name] for column in SHOWN}
    return Key(**values | {"scopes": tuple(values["scopes"])})


def _hashed(shown: str) -> str:
    return hashlib.sha256(shown.encode(errors="replace")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)

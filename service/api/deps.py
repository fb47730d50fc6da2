"""What routes are given: the service, who asks, the crisis, and what may be told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import sqlalchemy as sa
from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import StringConstraints

from features.errors import InputError, StoreError
from service.access.audit import AuditWriter, Deed
from service.access.disclosure import Disclosure
from service.access.ground import Ground
from service.access.keys import Key, find_key, masked
from service.access.limits import Rates
from service.access.policy import policies
from service.access.stored import read_ground
from service.api.metrics import Metrics
from service.errors import Forbidden, NotFound, StaleSource, Unauthorised
from service.fresh import stale_of, stale_stored
from service.settings import Settings
from service.store.reading import only
from service.store.schema import intakes
from service.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis
    from service.jobs.glance import Glance
    from service.jobs.jobs import Job
    from service.jobs.warm import Warm
    from service.store.known import Entries

ID = r"^[0-9A-Za-z._-]{1,64}$"
IN_ADDRESS = (
    "a key stands in the address, where logs and proxies keep it; revoke it, and send the next in "
    "the header Authorization"
)
ONCE = "Idempotency-Key"
PLAIN = r"^[^\x00-\x1f\x7f]*$"
Id = Annotated[str, Path(pattern=ID)]
Text = Annotated[str, StringConstraints(pattern=PLAIN, max_length=200)]
bearer = HTTPBearer(auto_error=False, description="An API key, `nzh_…`.")


class Jobs(Protocol):
    """What does long work: `service.jobs.jobs.Jobs`, or what stands in for it in a test."""

    def submit(  # noqa: D102
        self,
        kind: str,
        crisis_id: str,
        request: Mapping[str, Any],
        author: str,
        idempotency: str | None = None,
    ) -> str: ...
    def job(self, id_: str) -> Job: ...  # noqa: D102
    def jobs(  # noqa: D102
        self, author: str | None, limit: int, before: str | None = None
    ) -> list[Job]: ...
    def cancel(self, id_: str) -> Job: ...  # noqa: D102
    def glance(self) -> Glance: ...  # noqa: D102
    def unfinished(self, author: str) -> int: ...  # noqa: D102


@dataclass(eq=False)
class Service:
    """All that one app stands on. What it keeps in mind is keyed by when the crisis changed."""

    settings: Settings
    store: Store
    jobs: Jobs
    rates: Rates
    audit: AuditWriter
    metrics: Metrics
    warm: Warm | None
    _ground: Callable[[str, datetime], Ground] = field(init=False)
    _disclosure: Callable[[str, str, datetime], Disclosure] = field(init=False)
    _crisis: Callable[[str, datetime, date], Crisis] = field(init=False)
    _stale: Callable[[str, datetime, date], tuple[StaleSource, ...]] = field(init=False)
    order: Callable[..., Entries] = field(init=False)
    written: Callable[..., tuple[bytes, tuple[StaleSource, ...]]] = field(init=False)
    fresh: Callable[[str, str | None], bool] = field(init=False)

    def __post_init__(self) -> None:
        self._ground = lru_cache(32)(self._read_ground)
        self._disclosure = lru_cache(96)(self._read_disclosure)
        self._crisis = lru_cache(8)(self._read_crisis)
        self._stale = lru_cache(256)(self._read_stale)
        self.order = lru_cache(4)(self._read_order)
        self.written = lru_cache(64)(self._write)
        self.fresh = lru_cache(4096)(self._is_fresh)

    def recorded(self, crisis_id: str) -> datetime:
        """When the latest rows of a crisis came. Raises NotFound."""
        with self.store.reading() as connection:
            found = connection.scalar(sa.select(latest_of(crisis_id)))
        if found is None:
            raise NotFound("the store holds no such crisis; see /v1/crises")
        recorded: datetime = found
        return recorded

    def ground(self, crisis_id: str) -> Ground:
        """The places and facts of a crisis as they stand. Raises NotFound."""
        return self._ground(crisis_id, self.recorded(crisis_id))

    def crisis(self, crisis_id: str, as_of: date, recorded: datetime | None = None) -> Crisis:
        """The crisis as it was known on a day, from rows up to `recorded`. Raises NotFound."""
        return self._crisis(crisis_id, recorded or self.recorded(crisis_id), as_of)

    def stale(
        self, crisis_id: str, day: date, recorded: datetime | None = None
    ) -> tuple[StaleSource, ...]:
        """The leading sources of a crisis past their limits on a day. Raises NotFound."""
        return self._stale(crisis_id, recorded or self.recorded(crisis_id), day)

    def disclosure(
        self, crisis_id: str, audience: str, recorded: datetime | None = None
    ) -> Disclosure:
        """What an audience is told of a crisis, its latest rows being those `recorded` then.

        Raises NotFound, and StoreError when the crisis says wrongly what it is: nothing is told.
        """
        return self._disclosure(crisis_id, audience, recorded or self.recorded(crisis_id))

    def _read_disclosure(self, crisis_id: str, audience: str, recorded: datetime) -> Disclosure:
        ground = self._ground(crisis_id, recorded)
        try:
            return Disclosure(policies(ground.facts.disclosure)[audience], ground)
        except InputError as error:
            raise StoreError(f"nothing of this crisis can be told: {error}") from None

    def _write(
        self,
        id_: str,
        crisis_id: str,
        audience: str,
        recorded: datetime,
        write: Callable[[dict[str, Any]], bytes],
    ) -> tuple[bytes, tuple[StaleSource, ...]]:
        """The JSON of a stored answer as an audience is told it, written; and its stale sources."""
        document = json.loads(self.store.document(id_).contents["json"])
        disclosure = self.disclosure(crisis_id, audience, recorded)
        stale = stale_of(document, disclosure.ground.facts.attack_source)
        head = {"id": id_, "audience": audience, "stale": [one.source for one in stale]}
        return write({**head, **disclosure.document(document)}), tuple(stale)

    def _is_fresh(self, id_: str, attack_source: str | None) -> bool:
        """Whether no source that a stored forecast leads with was stale on its day."""
        return not stale_of(json.loads(self.store.document(id_).contents["json"]), attack_source)

    def _read_ground(self, crisis_id: str, _: datetime) -> Ground:
        with self.store.reading() as connection:
            return read_ground(connection, crisis_id)

    def _read_crisis(self, crisis_id: str, recorded: datetime, as_of: date) -> Crisis:
        import pandas as pd

        return self.store.crisis(crisis_id, pd.Timestamp(as_of), recorded)

    def _read_order(
        self,
        crisis_id: str,
        file: str,
        day: pd.Timestamp | None,
        recorded: datetime,
        **window: Any,
    ) -> Entries:
        """The entries that stood on a day, by publication: the order that pages are cut from."""
        return self.store.order(crisis_id, file, day, recorded, *only(**window))

    def _read_stale(self, crisis_id: str, recorded: datetime, day: date) -> tuple[StaleSource, ...]:
        return tuple(stale_stored(self.store, crisis_id, day, recorded))


def latest_of(crisis_id: str | sa.ColumnElement[str]) -> sa.ScalarSelect[datetime]:
    """When the latest intake of a crisis was recorded, as part of a query."""
    of_crisis = sa.select(intakes.c.recorded).where(intakes.c.crisis_id == crisis_id)
    return of_crisis.order_by(intakes.c.intake.desc()).limit(1).scalar_subquery()


async def only_known(request: Request) -> None:
    """A dependency of all routes: a parameter that the operation does not declare is refused.

    What asks no database is `async`: it needs no thread, and is three times as fast.
    """
    route = request.scope["route"].path
    operation = request.app.openapi()["paths"][route][request.method.lower()]
    if any(masked(part) != part for pair in request.query_params.multi_items() for part in pair):
        raise RequestValidationError([{"loc": ("query",), "msg": IN_ADDRESS}])
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    if unknown := [name for name in request.query_params if name not in known]:
        why = "there is no such parameter"
        raise RequestValidationError([{"loc": ("query", name), "msg": why} for name in unknown])
    if request.method == "POST" and ONCE in request.headers and not _knows_once(operation):
        posts = {path: one.get("post", {}) for path, one in request.app.openapi()["paths"].items()}
        known_by = ", ".join(path for path, one in posts.items() if _knows_once(one))
        why = f"is honoured by none but {known_by}; leave it out"
        raise RequestValidationError([{"loc": ("header", ONCE), "msg": why}])


def _knows_once(operation: Mapping[str, Any]) -> bool:
    return any(one["name"] == ONCE for one in operation.get("parameters", ()))


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


async def service_of(request: Request) -> Service:
    """The service of the app that was asked."""
    found: Service = request.app.state.service
    return found


Svc = Annotated[Service, Depends(service_of)]


def caller(
    request: Request,
    service: Svc,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Key:
    """Whose key it is. Raises Unauthorised, and TooMany past the limits."""
    if shown is None:
        raise Unauthorised("no key was shown; send the header Authorization: Bearer nzh_…")
    try:
        key = find_key(service.store, shown.credentials)
    except Unauthorised:
        service.rates.count_failure(request.client.host if request.client else "unknown")
        raise
    service.rates.count_request(key.id)
    request.state.key_id = key.id
    return key


def needs(scope: str) -> Any:
    """A dependency: the caller's key, which must have a scope. Raises Forbidden."""

    async def allowed(key: Annotated[Key, Depends(caller)]) -> Key:
        if not key.may(scope):
            raise Forbidden(f"this needs a key with the scope {scope}")
        return key

    return Depends(allowed)


Reader = Annotated[Key, needs("read")]
Planner = Annotated[Key, needs("plan")]
Publisher = Annotated[Key, needs("publish")]
Admin = Annotated[Key, needs("admin")]


@dataclass(frozen=True, eq=False)
class Asked:
    """A crisis that a reader asks of, and what the reader may be told of it."""

    service: Service
    key: Key
    crisis_id: str
    request_id: str
    disclosure: Disclosure

    def note(self, action: str, subject: str, **detail: Any) -> None:
        """A line of the audit log: figures of the crisis were told."""
        found = Deed(self.key.id, action, f"{self.crisis_id}/{subject}", self.request_id, detail)
        self.service.audit.note(found)


def asked(request: Request, crisis_id: Id, key: Reader, service: Svc) -> Asked:
    """The crisis of the path. Raises NotFound."""
    disclosure = service.disclosure(crisis_id, key.audience)
    return Asked(service, key, crisis_id, request.state.request_id, disclosure)


OfCrisis = Annotated[Asked, Depends(asked)]


def ages(service: Service) -> list[tuple[str, str, str, int]]:
    """Crisis, source, file and days since the last day told of, for the metrics."""
    from service.store.schema import row_versions as rows

    query = (
        sa.select(rows.c.crisis_id, rows.c.source, rows.c.file, sa.func.max(rows.c.ends))
        .where(rows.c.code == 0, rows.c.source.is_not(None), rows.c.ends.is_not(None))
        .group_by(rows.c.crisis_id, rows.c.source, rows.c.file)
    )
    with service.store.reading() as connection:
        return [(*row[:3], (today() - row[3]).days) for row in connection.execute(query)]

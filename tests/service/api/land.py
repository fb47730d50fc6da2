"""The made-up land behind the API: with a small camp and a small stream that not all may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from starlette.testclient import TestClient

from features.errors import NuzuhError
from forecast.parallel import Serial
from service.access.keys import create_key
from service.answers import Made, Source, answer, document_of, keep_once, unheard
from service.api.app import create_app
from service.errors import NotFound
from service.jobs.glance import Glance
from service.jobs.jobs import Job, validated
from service.projections import ScenarioRequest, compared, fit_of, quick_contents
from service.settings import Settings
from service.store.folders import import_folder
from service.store.store import Store
from tests.folders import with_row, write_crisis

AUDIENCES = ("public", "partner", "restricted")
SMALL = 37
CAMP = 31_337
NOTE = "seen by our man at Camp One"


@dataclass
class DoneAtOnce:
    """Jobs that are done when they are submitted, or never are when `idle`."""

    store: Store
    idle: bool = False
    held: dict[str, Job] = field(default_factory=dict)
    once: dict[tuple[str, str], str] = field(default_factory=dict)

    def submit(
        self,
        kind: str,
        crisis_id: str,
        request: Mapping[str, Any],
        author: str,
        idempotency: str | None = None,
    ) -> str:
        asked = validated(kind, request)
        if idempotency is not None and (author, idempotency) in self.once:
            return self.once[author, idempotency]
        now = datetime.now(UTC)
        dumped = asked.model_dump(mode="json")
        job = Job(
            uuid4().hex, kind, crisis_id, dumped, author, "queued", 0.0, "waiting",
            None, None, now, None, None,
        )  # fmt: skip
        self.held[job.id] = job if self.idle else self._do(job, asked)
        if idempotency is not None:
            self.once[author, idempotency] = job.id
        return job.id

    def _do(self, job: Job, asked: Any) -> Job:
        try:
            result = answer(self.store, job.crisis_id, asked, job.author)
        except NuzuhError as error:
            return replace(job, status="failed", error=str(error))
        return replace(job, status="done", progress=1.0, result=result)

    def job(self, id_: str) -> Job:
        if id_ not in self.held:
            raise NotFound(f"there is no job {id_!r}")
        return self.held[id_]

    def jobs(self, author: str | None, limit: int, before: str | None = None) -> list[Job]:
        found = [job for job in reversed(self.held.values()) if author in (None, job.author)]
        ids = [job.id for job in found]
        first = 0 if before is None else ids.index(before) + 1
        return found[first : first + limit]

    def glance(self) -> Glance:
        return Glance(Counter(job.status for job in self.held.values()))

    def unfinished(self, author: str) -> int:
        held = [job for job in self.held.values() if job.author == author]
        return sum(job.status in ("queued", "running") for job in held)

    def cancel(self, id_: str) -> Job:
        self.held[id_] = replace(self.job(id_), status="cancelled")
        return self.held[id_]


@dataclass
class Land:
    """A store, an app on it, and clients with keys."""

    store: Store
    jobs: DoneAtOnce
    client: TestClient
    keys: dict[str, str]

    def ask(self, method: str, path: str, key: str = "restricted", **options: Any) -> Any:
        """The response to a request under the key of an audience, of `admin`, or under none."""
        headers = dict(options.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        return self.client.request(method, path, headers=headers, **options)

    def get(self, path: str, key: str = "restricted", **options: Any) -> Any:
        return self.ask("GET", path, key, **options)

    def post(self, path: str, key: str = "restricted", **options: Any) -> Any:
        return self.ask("POST", path, key, **options)


def projected(store: Store, request: ScenarioRequest, author: str) -> str:
    """The id of a projection of the land, without the forms that take long to write."""
    source = Source(store, "made-up", store.recorded("made-up"))
    fit = fit_of(request.key("made-up", source.recorded), source, Serial(), unheard)
    contents = quick_contents(fit, compared(fit, request.read()))
    made = Made(fit.fingerprint, dict(fit.what_if.baseline.models), contents)
    return keep_once(store, document_of(source, request, made, author))


def write_land(directory: Path, months: int = 24) -> Path:
    """The made-up land with one small figure, one of a camp, and a note that names it."""
    small = {"place_id": "N02", "source": "Monitor", "persons": str(SMALL), "note": NOTE}
    camp = {"place_id": "N01C", "source": "Monitor", "persons": str(CAMP), "note": ""}
    like = 1 - 1
    add_small, add_camp = with_row(like=like, **small), with_row(like=like, **camp)
    return write_crisis(
        directory, months=months, displacement=lambda text: add_camp(add_small(text))
    )


def new_land(url: str, folder: Path, **settings: Any) -> Land:
    """A land on a database; `close` its store and leave its client at the end."""
    store = Store(url)
    import_folder(store, folder, author="tester")
    keys = {
        audience: create_key(store, audience, ["read", "plan", "publish"], audience)[1]
        for audience in AUDIENCES
    }
    keys["admin"] = create_key(store, "admin", ["admin"], "restricted")[1]
    jobs = DoneAtOnce(store)
    given = {"rate": "100000/minute", "failure_rate": "100000/minute", **settings}
    client = TestClient(create_app(Settings(database=url, **given), store, jobs))
    return Land(store, jobs, client, keys)

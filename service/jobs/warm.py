"""Scenarios answered at once, on fits that a process beside keeps warm."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

from features.errors import NuzuhError
from service.answers import Made, Source, Told, document_of, keep_once, unheard
from service.errors import TookTooLong
from service.jobs.process import Fitter
from service.jobs.steps import opened_again
from service.projections import (
    FitKey,
    ScenarioRequest,
    compared,
    fit_of,
    kept,
    kept_keys,
    quick_contents,
)
from service.store.store import Store

PATIENCE_SECONDS = 0.25
FIT_SECONDS = 120.0
# Whoever asks for what takes longer holds a thread no longer, and submits a job.
PROJECT_SECONDS = 10.0
log = logging.getLogger(__name__)


class Warm:
    """Keeps the last few fits that scenarios were asked of, in one process of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._url = store.engine.url.render_as_string(hide_password=False)
        self._fitter = Fitter()
        self._lock = Lock()
        self._keys: set[FitKey] = set()

    def close(self) -> None:
        """Forget all fits."""
        self._fitter.close()

    def ask(self, crisis_id: str, request: ScenarioRequest, author: str) -> str | None:
        """The id of the projection, kept as `json` and `ledger`; None when the fit is not warm.

        It is being warmed then, and whoever asks submits a job. None, too, when the process is busy
        for longer than a moment, or the projection takes long. Raises InputError for a scenario
        that does not fit the crisis.
        """
        request.check()
        recorded = self._store.recorded(crisis_id)
        key = request.key(crisis_id, recorded)
        if not self._is_warm(key):
            self._warm_beside(key)
            return None
        with self._turn() as mine:
            if not mine:
                return None
            try:
                made = self._do(_project, key, request, seconds=PROJECT_SECONDS)
            except TookTooLong:
                made = None
            if made is None:
                self._keys = set()
        if made is None:
            self._warm_beside(key)
            return None
        source = Source(self._store, crisis_id, recorded)
        return keep_once(self._store, document_of(source, request, made, author))

    def warm(self, key: FitKey) -> None:
        """Fit, unless it is warm. Raises as `forecast.whatif.warm_up`."""
        with self._lock:
            if not self._is_warm(key):
                self._keys = set(self._do(_warm, key, self._url, seconds=FIT_SECONDS))

    def _is_warm(self, key: FitKey) -> bool:
        return self._fitter.alive and key in self._keys

    def _warm_beside(self, key: FitKey) -> None:
        def quietly() -> None:
            try:
                self.warm(key)
            except NuzuhError as error:
                log.warning("no fit kept warm: %s", error)

        if not self._lock.locked():
            Thread(target=quietly, name="warm", daemon=True).start()

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Whether it is this thread's turn within a moment."""
        mine = self._lock.acquire(timeout=PATIENCE_SECONDS)
        try:
            yield mine
        finally:
            if mine:
                self._lock.release()

    def _do(self, *asked: Any, seconds: float) -> Any:
        return self._fitter.do(*asked, told=unheard, seconds=seconds)


def _warm(key: FitKey, url: str, *, told: Told) -> list[FitKey]:
    from forecast.parallel import Serial

    with opened_again(url) as store:
        fit_of(key, Source(store, key.crisis_id, key.recorded), Serial(), told)
    return kept_keys()


def _project(key: FitKey, request: ScenarioRequest, *, told: Told) -> Made | None:
    """The projection, without what takes long to write; None where the fit is not kept."""
    if (fit := kept(key)) is None:
        return None
    contents = quick_contents(fit, compared(fit, request.read()))
    return Made(fit.fingerprint, dict(fit.what_if.baseline.models), contents)

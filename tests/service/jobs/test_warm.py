"""Scenarios on a fit that is kept warm."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from features.errors import InputError
from service.answers import replay
from service.jobs import warm as module
from service.jobs.warm import Warm
from service.projections import ScenarioRequest
from service.store.folders import import_folder
from service.store.store import Store
from tests.folders import write_crisis
from tests.service.jobs.test_jobs import SCENARIO
from tests.service.jobs.workers import until

REQUEST = ScenarioRequest(**SCENARIO)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("warm")
    with Store(f"sqlite:///{folder / 'store.db'}") as opened:
        import_folder(opened, write_crisis(folder / "made-up"), author="tester")
        yield opened


@pytest.fixture(scope="module")
def warm(store: Store) -> Iterator[Warm]:
    found = Warm(store)
    found.warm(REQUEST.key("made-up", store.recorded("made-up")))
    yield found
    found.close()


def test_a_warm_fit_answers_at_once_and_for_good(warm: Warm, store: Store) -> None:
    id_ = warm.ask("made-up", REQUEST, "planner")
    assert id_ is not None
    kept = store.document(id_)
    assert (kept.kind, kept.author, set(kept.contents)) == (
        "projection",
        "planner",
        {"json", "ledger"},
    )
    titles = [each["title"] for each in json.loads(kept.contents["json"])["scenarios"]]
    assert titles == ["More", "Fewer"]
    assert replay(store, id_) == kept.contents


def test_a_cold_fit_is_warmed_for_the_next_who_asks(warm: Warm) -> None:
    other = REQUEST.model_copy(update={"seed": 2})
    assert warm.ask("made-up", other, "planner") is None
    assert until(lambda: warm.ask("made-up", other, "planner"))


def test_what_takes_long_is_left_to_a_job(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROJECT_SECONDS", 0.0)
    assert warm.ask("made-up", REQUEST, "planner") is None
    monkeypatch.undo()
    assert until(lambda: warm.ask("made-up", REQUEST, "planner"))


def test_what_became_known_since_makes_a_fit_cold(warm: Warm, store: Store) -> None:
    key = REQUEST.key("made-up", store.recorded("made-up"))
    assert key in warm._keys
    assert key._replace(recorded=key.recorded.replace(year=2000)) not in warm._keys


def test_a_scenario_that_does_not_fit_is_refused_and_the_fit_stays_warm(warm: Warm) -> None:
    wrong = {"title": "x", "author": "y", "closure": [{"place": "nowhere", "from": 1, "to": 3}]}
    with pytest.raises(InputError, match="nowhere"):
        warm.ask("made-up", REQUEST.model_copy(update={"scenarios": (wrong,)}), "planner")
    assert warm.ask("made-up", REQUEST, "planner") is not None


def test_a_busy_process_sends_whoever_asks_to_the_jobs(
    warm: Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    with warm._lock:
        assert warm.ask("made-up", REQUEST, "planner") is None


def test_a_process_that_died_is_cold_and_comes_back(warm: Warm) -> None:
    warm._fitter.end()
    assert not warm._fitter.alive
    assert warm.ask("made-up", REQUEST, "planner") is None
    assert until(lambda: warm.ask("made-up", REQUEST, "planner"))

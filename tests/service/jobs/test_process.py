"""Processes beside: kept warm, ended at any time, and with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import psutil
import pytest

from features.errors import InputError, NuzuhError, StoreError, TooLittleData
from service.answers import unheard
from service.jobs import process as module
from service.jobs.process import Broke, Ended, Fitter, Fitters, TookTooLong
from tests.conftest import ROOT
from tests.service.jobs import tasks
from tests.service.jobs.workers import until


@pytest.fixture(scope="module")
def fitter() -> Iterator[Fitter]:
    found = Fitter()
    yield found
    found.close()


def asleep(fitter: Fitter, seconds: float = 60.0) -> None:
    fitter.do(tasks.sleep, 60.0, told=unheard, seconds=seconds)


def test_it_stays_and_tells_how_far_it_is(fitter: Fitter) -> None:
    heard: list[tuple[float, str]] = []
    first = fitter.do(tasks.pid, told=lambda *each: heard.append(each), seconds=30)
    assert first == fitter.do(tasks.pid, told=unheard, seconds=30) != os.getpid()
    assert heard == [(0.5, "half")]


@pytest.mark.parametrize(
    ("kind", "error", "why"),
    [
        ("input", InputError, "a.csv:3: is wrong\nb.csv: is, too"),
        ("little", TooLittleData, "too little"),
        ("store", StoreError, "no answer"),
        ("bug", Broke, "ZeroDivisionError: by zero"),
    ],
)
def test_errors_come_back_as_they_were_and_it_stays(
    fitter: Fitter, kind: str, error: type[NuzuhError], why: str
) -> None:
    before = fitter.do(tasks.pid, told=unheard, seconds=30)
    with pytest.raises(error) as caught:
        fitter.do(tasks.wrong, kind, told=unheard, seconds=30)
    assert str(caught.value) == why
    assert fitter.do(tasks.pid, told=unheard, seconds=30) == before


def test_what_takes_too_long_is_ended(fitter: Fitter) -> None:
    fitter.do(tasks.pid, told=unheard, seconds=30)
    with pytest.raises(TookTooLong, match=r"longer than 0\.3 seconds"):
        asleep(fitter, 0.3)
    assert not fitter.alive


def test_what_dies_is_told_and_comes_back(fitter: Fitter) -> None:
    with pytest.raises(Ended, match="is memory short"):
        fitter.do(tasks.die, told=unheard, seconds=30)
    assert fitter.do(tasks.pid, told=unheard, seconds=30)


@pytest.fixture
def soon_idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fitter]:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.2)
    found = Fitter()
    yield found
    found.close()


def test_what_is_idle_ends_and_the_next_task_starts_another(soon_idle: Fitter) -> None:
    before = soon_idle.do(tasks.pid, told=unheard, seconds=30)
    until(lambda: not soon_idle.alive, 10)
    assert soon_idle.do(tasks.pid, told=unheard, seconds=30) != before


def test_a_task_given_while_it_ends_is_done_by_another(
    soon_idle: Fitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has said that it ends, and its process is still there."""
    before = soon_idle.do(tasks.pid, told=unheard, seconds=30)
    pipe, process = soon_idle._pipe, soon_idle._process
    assert pipe is not None
    assert process is not None
    assert pipe.poll(10)
    still = iter([True])
    monkeypatch.setattr(process, "is_alive", lambda: next(still, False))
    assert soon_idle.do(tasks.pid, told=unheard, seconds=30) != before


def test_what_works_is_not_idle(soon_idle: Fitter) -> None:
    soon_idle.do(tasks.sleep, 0.5, told=unheard, seconds=30)


def test_whoever_listens_can_end_it_by_raising(fitter: Fitter) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        fitter.do(tasks.sleep, 60.0, told=refuse, seconds=30)
    assert not fitter.alive


def test_a_job_is_ended_by_its_id_and_its_process_is_lent_again() -> None:
    fitters, caught = Fitters(1), []

    def work() -> None:
        with fitters.lent("a") as fitter, suppress(Ended):
            asleep(fitter)
            caught.append("never")

    thread = Thread(target=work)
    thread.start()
    until(lambda: fitters.busy == {"a"} and fitters._all[0].alive)
    fitters.end("b")
    fitters.end("a")
    thread.join(20)
    assert (thread.is_alive(), caught, fitters.busy) == (False, [], set())
    with fitters.lent("c") as fitter:
        assert fitter.do(tasks.pid, told=unheard, seconds=30)
    fitters.close()


def test_no_job_holds_up_a_task_of_a_queue_apart() -> None:
    fitters = Fitters(1, "check")
    with fitters.lent("job") as busy, fitters.lent("look", "check") as own:
        assert own is not busy
        assert fitters.busy == {"job", "look"}
        assert not own.alive
    with fitters.lent("look", "check") as again:
        assert again is own
    fitters.close()


PARENT = """
from service.answers import unheard
from service.jobs.process import Fitter
from tests.service.jobs import tasks
fitter = Fitter()
print(fitter.do(tasks.pid, told=unheard, seconds=30), flush=True)
fitter.do(tasks.sleep, 60.0, told=unheard, seconds=60)
"""


def test_it_ends_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent:
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.2)
        os.kill(parent.pid, signal.SIGKILL)
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10)

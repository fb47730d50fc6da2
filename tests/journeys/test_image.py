"""What the image and the compose file run, run here: no engine is needed to know that it works."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.databases import new_schema, postgresql

SECONDS = 60


@pytest.fixture(scope="module")
def compose(root: Path) -> dict[str, Any]:
    """The compose file."""
    return yaml.safe_load((root / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """An empty PostgreSQL."""
    with postgresql() as server:
        yield new_schema(server)


def environment(service: Mapping[str, Any], database: str, port: int) -> dict[str, str]:
    """What compose gives a service, at the address of this database and on a free port."""
    given = {name: str(value) for name, value in service["environment"].items()}
    given |= {"NUZUH_DATABASE": database, "NUZUH_PORT": str(port), "OMP_NUM_THREADS": "1"}
    default = re.compile(r"\$\{\w+:-(\w+)\}")
    return os.environ | {name: default.sub(r"\1", value) for name, value in given.items()}


@contextmanager
def running(words: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A command of the image, until it is told to end, as an engine tells it."""
    with subprocess.Popen(
        [sys.executable, "-m", "service", *words], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(SECONDS) == 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def until(found: Callable[[], bool]) -> None:
    """Wait for what must come true."""
    last = time.monotonic() + SECONDS
    while not found():
        assert time.monotonic() < last
        time.sleep(0.2)


def healthy(root: Path, port: int) -> bool:
    """What the image's own health check says."""
    [check] = re.findall(
        r'(?s)HEALTHCHECK.*?CMD \\\n\s+(\[".*?"\])\n', (root / "Dockerfile").read_text()
    )
    _, *words = json.loads(check)
    words[-1] = words[-1].replace(":8000/", f":{port}/")
    return (
        subprocess.run([sys.executable, *words], capture_output=True, check=False).returncode == 0
    )


def test_every_service_of_ours_writes_nowhere_but_where_it_must(compose: dict[str, Any]) -> None:
    for name in ("service", "worker"):
        service = compose["services"][name]
        assert service["read_only"]
        assert service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"]


def test_the_address_beyond_the_machine_is_the_operators_choice(compose: dict[str, Any]) -> None:
    assert compose["services"]["service"]["ports"] == ["127.0.0.1:8000:8000"]


def test_the_commands_of_the_compose_file_make_a_service_and_a_worker(
    root: Path, compose: dict[str, Any], database: str
) -> None:
    services, port = compose["services"], free_port()
    env = environment(services["service"], database, port)
    [make] = re.findall(
        r"docker compose run --rm service (.*)", (root / "compose.yaml").read_text()
    )
    command = [sys.executable, "-m", "service", *shlex.split(make)]
    made = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"nzh_\w+", made.stdout.strip())
    with (
        running(services["service"]["command"], env),
        running(services["worker"]["command"], environment(services["worker"], database, port)),
    ):
        until(lambda: healthy(root, port))


def test_beyond_loopback_nothing_is_served_without_a_key(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'store.db'}"
    service = compose["services"]["service"]
    command = [sys.executable, "-m", "service", *service["command"]]
    env = environment(service, database, free_port())
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 2
    assert "nuzuh key create" in done.stderr

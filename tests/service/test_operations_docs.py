"""docs/operations.md against the code, both ways; and every command in it, carried out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
import yaml

from service.api.metrics import Metrics
from service.api.problems import KINDS, OTHERS
from service.cli import app
from service.settings import PREFIX, Settings
from tests.folders import write_crisis
from tests.journeys.test_image import environment, free_port, running, until
from tests.service.api.land import Land, new_land, write_land

COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    here = tmp_path_factory.mktemp("land")
    made = new_land(f"sqlite:///{here / 'land.db'}", write_land(here / "made-up", months=3))
    with made.client:
        yield made
    made.store.close()


def rows(text: str, head: str) -> dict[str, list[str]]:
    """The cells of the table with this head, by what stands in backticks in the first of them."""
    _, _, below = text.partition(f"| {head} |")
    lines = below.partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {first.strip(" `|"): [one.strip(" |") for one in rest] for first, *rest in cells}


def test_every_setting_is_told_with_its_default_and_no_other(text: str) -> None:
    told = rows(text, "variable")
    assert list(told) == [PREFIX + name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        default, what = told[PREFIX + name.upper()]
        assert what == field.description
        shown = "" if field.default in (None, "") else str(field.default)
        assert name == "database" or default == shown
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", text)) - {"NUZUH_DATABASE_PASSWORD"}
    assert named == set(told)


def test_every_metric_is_told_and_no_other(text: str) -> None:
    told = rows(text, "metric")
    there = {}
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        there[name] = [family.type, family.documentation]
    assert {name: [kind, what] for name, (kind, _, what) in told.items()} == there
    assert set(re.findall(r"nuzuh_[a-z_]+", text)) == set(there)


def test_the_labels_of_metrics_are_told(text: str, land: Land) -> None:
    land.get("/v1/crises")
    shown = land.get("/metrics").text
    for name, (_, labels, _) in rows(text, "metric").items():
        found = re.search(rf"^{name}(?:_count)?\{{(.*)\}} ", shown, re.MULTILINE)
        there = set(re.findall(r"(\w+)=", found[1])) if found else set()
        assert set(labels.replace(",", "").split()) == there, name


def test_every_route_to_watch_is_told_and_no_other(text: str, land: Land) -> None:
    paths = land.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    assert set(rows(text, "route")) == {path for path in paths if not path.startswith("/v1/")}
    operations = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
    assert set(re.findall(r"`((?:GET|POST|DELETE) /v1[^`]*)`", text)) <= operations


def test_every_problem_it_names_there_is(text: str) -> None:
    names = {kind.name for kind in (*KINDS.values(), *OTHERS.values())}
    named = re.findall(r"`([a-z-]+)` \|", text)
    assert {"stale-source", "no-answer", "too-many"} <= set(named)
    assert {name for name in named if "-" in name} <= names


def commands(group: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for word, each in getattr(group, "commands", {}).items():
        yield " ".join((*name, word)), each
        yield from commands(each, (*name, word))


def test_every_command_it_names_there_is_and_those_on_the_store_are_named(text: str) -> None:
    there = dict(commands(typer.main.get_command(app)))
    named = set(re.findall(r"nuzuh ((?:[a-z]+ )?[a-z]+)", " ".join(re.findall(r"`[^`]*`", text))))
    named |= set(re.findall(r"nuzuh ((?:[a-z]+ )?[a-z]+)", " ".join(COMMAND.findall(text))))
    found = {one if one in there else one.split()[0] for one in named}
    assert found <= set(there)
    on_store = {name for name, each in there.items() if "NUZUH_DATABASE" in (each.help or "")}
    assert on_store <= found


def test_a_line_of_the_log_holds_what_is_told(text: str, land: Land) -> None:
    with structlog.testing.capture_logs() as lines:
        land.get("/v1/crises?x=secret-in-query")
    [line] = [one for one in lines if one["event"] == "request"]
    told = set(re.findall(r"`(\w+)`", rows(text, "`event`")["request"][1]))
    given = set(line) - {"event", "log_level"}
    assert told == given | {"request_id"}  # which is bound around the request
    assert "secret-in-query" not in str(line)


def shims(directory: Path) -> Path:
    """A folder with `nuzuh`, as it is installed."""
    directory.mkdir()
    script = directory / "nuzuh"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m service "$@"\n')
    script.chmod(0o755)
    return directory


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Operator:
    """Carries out the commands of the page, one after the other, in a folder of its own."""

    def __init__(self, root: Path, here: Path, stack: ExitStack) -> None:
        self.here, self.stack, self.port = here, stack, free_port()
        self.services = yaml.safe_load((root / "compose.yaml").read_text())["services"]
        self.env: dict[str, str] = dict(os.environ) | {
            "PATH": f"{shims(here / 'bin')}:{os.environ['PATH']}",
            "PYTHONPATH": str(root),
            "NUZUH_DATABASE": f"sqlite:///{here / 'store.db'}",
            "NUZUH_PORT": str(self.port),
        }

    def do(self, line: str) -> None:
        """One command. Raises CalledProcessError, AssertionError."""
        words = shlex.split(line)
        if words == ["nuzuh", "serve"]:
            self.stack.enter_context(running(words[1:], self.env))
            until(lambda: ready(self.port))
        elif words == ["nuzuh", "worker"]:
            with running(words[1:], self.env) as process:
                assert process.stdout is not None
                assert "takes jobs" in process.stdout.readline()
        elif words[:2] == ["docker", "compose"]:
            self.compose(words[2:])
        else:
            self.shell(line.replace(":8000/", f":{self.port}/"), self.env)

    def compose(self, words: list[str]) -> None:
        """What compose would run, here."""
        port, database = free_port(), f"sqlite:///{self.here / 'composed.db'}"
        env = environment(self.services["service"], database, port)
        if words == ["up"]:
            worker = environment(self.services["worker"], database, port)
            with (
                running(self.services["service"]["command"], env),
                running(self.services["worker"]["command"], worker),
            ):
                until(lambda: ready(port))
        else:
            assert words[:3] == ["run", "--rm", "service"]
            self.shell(shlex.join(["nuzuh", *words[3:]]), env | {"PATH": self.env["PATH"]})

    def shell(self, line: str, env: Mapping[str, str]) -> None:
        """A line of the shell; a key that it prints is the one of the lines to come."""
        words = ["bash", "-c", line]
        done = subprocess.run(
            words, cwd=self.here, env=dict(env), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stderr)
        if shown := re.match(r"nzh_([0-9a-f]+)_\w+", done.stdout):
            self.env |= {"KEY": shown[0], "ID": shown[1]}


@pytest.mark.slow
def test_every_command_of_it_is_carried_out(text: str, root: Path, tmp_path: Path) -> None:
    write_crisis(tmp_path / "my-crisis", months=3)
    lines = COMMAND.findall(text)
    assert len(lines) >= 15
    with ExitStack() as stack:
        operator = Operator(root, tmp_path, stack)
        for line in lines:
            if "$KEY" in line:
                operator.do("nuzuh key create another --scope read")
            operator.do(line)
    assert (tmp_path / "restored.db").stat().st_size > 0
    assert (tmp_path / "copy-of-it" / "crisis.toml").is_file()

"""What holds the checkout together: locks, rooms, threads, image, no trace of one machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from features._threads import THREAD_VARIABLES

ROOMS = ("features", "models", "forecast", "service")
LOCKS = ("requirements/core.txt", "requirements/service.txt", "requirements/all.txt")
BUILT = {"build", "demo"}

# Bracketed, so that this file passes its own test.
MACHINE_PATHS = re.compile(rb"(?<![\w./~-])/(?:[w]ork|[r]oot|opt/[p]ypi|opt/[w]heels)\b")
PACKAGE_HOSTS = re.compile(rb"[p]ypi\.org|[p]ythonhosted|[n]pmjs\.|deb\.[d]ebian|conda\.[a]naconda")


def run(*words: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What the command prints; a failing one fails the test with all it said."""
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in THREAD_VARIABLES}


def ours(root: Path) -> Iterator[Path]:
    """Every file of the checkout that a person wrote or a script of ours built."""
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if name not in BUILT | {"__pycache__"}
            and not name.endswith(".egg-info")
            and (name == ".ci" or not name.startswith("."))
        ]
        # In a worktree `.git` is a file, and names where the repository lies.
        yield from (Path(folder, name) for name in names if name != ".git")


def requirements(lock: str) -> dict[str, tuple[str, int]]:
    """Of every package in a lock: its version, and how many hashes it has."""
    entries = re.split(r"\n(?=\S)", lock.strip())
    named = [re.match(r"([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", entry) for entry in entries]
    assert all(named), [entry for entry, name in zip(entries, named, strict=True) if not name]
    return {
        name[1]: (name[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
        for entry, name in zip(entries, named, strict=True)
        if name
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(root: Path, lock: str) -> None:
    found = requirements((root / lock).read_text())
    assert len(found) > 30
    assert [name for name, (_, hashes) in found.items() if not hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_host_and_no_path(root: Path, lock: str) -> None:
    text = (root / lock).read_text()
    assert re.findall(r"://|\bfile:|--(?:index|extra-index|find-links)\S*|(?m:^-e .*)", text) == []


def test_each_lock_holds_the_one_before_it(root: Path) -> None:
    core, service, everything = (requirements((root / lock).read_text()) for lock in LOCKS)
    assert core.items() <= service.items() <= everything.items()
    assert {"fastapi", "distributed"}.isdisjoint(core)
    assert {"pytest", "mypy"}.isdisjoint(service)


def test_locks_hold_what_pyproject_asks_for(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    extras = project["project"]["optional-dependencies"]
    runs = [*asked, *chain.from_iterable(extras[name] for name in ("dask", "pdf", "service"))]
    everything = [*asked, *chain.from_iterable(extras.values())]
    for lock, wanted in zip(LOCKS, (asked, runs, everything), strict=True):
        names = {re.split(r"[<>=~\[; ]", requirement)[0].lower() for requirement in wanted}
        assert names - requirements((root / lock).read_text()).keys() == set()


def test_the_demo_runs_with_the_libraries_of_the_core_alone(root: Path, tmp_path: Path) -> None:
    locks = [requirements((root / lock).read_text()).keys() for lock in LOCKS]
    beyond = {name.replace("-", "_") for name in locks[2] - locks[0]} - {"setuptools"}
    program = (
        "import sys\n"
        f"for name in {sorted(beyond)}: sys.modules[name] = None\n"
        "from service.cli import app\n"
        "app(sys.argv[1:])"
    )
    words = ["outlook", "--crisis", "nw-syria", "--as-of", "2019-05-04", "--draws", "100"]
    out = tmp_path / "outlook.html"
    run(sys.executable, "-c", program, *words, "--format", "html", "--out", str(out), cwd=root)
    assert "North-west Syria" in out.read_text()


def test_each_room_imports_only_those_under_it(root: Path) -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    printed = run(sys.executable, "-c", program, "--no-cache", cwd=root)
    assert "0 broken" in printed


def test_the_import_rule_can_break(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "features" / "__init__.py").write_text("import service\n")
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "features is not allowed to import service" in done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_pins_blas_before_numpy_loads(root: Path, room: str) -> None:
    program = f"""
import json, sys
import {room}
assert "numpy" not in sys.modules
import numpy, scipy.linalg
import threadpoolctl
print(json.dumps([pool["num_threads"] for pool in threadpoolctl.threadpool_info()]))
"""
    threads = json.loads(run(sys.executable, "-c", program, cwd=root, env=clean_environment()))
    assert threads
    assert set(threads) == {1}


def test_threads_that_the_reader_set_stay(root: Path) -> None:
    program = "import os, features; print(os.environ['OPENBLAS_NUM_THREADS'])"
    env = clean_environment() | {"OPENBLAS_NUM_THREADS": "2"}
    assert run(sys.executable, "-c", program, cwd=root, env=env).strip() == "2"


def test_the_command_line_loads_no_science_until_a_command_needs_it(root: Path) -> None:
    program = """
import os, sys
import service.cli
print(sorted({"numpy", "pandas", "scipy", "statsmodels", "altair"} & sys.modules.keys()))
print(os.environ["OMP_NUM_THREADS"])
"""
    printed = run(sys.executable, "-c", program, cwd=root, env=clean_environment())
    assert printed.splitlines() == ["[]", "1"]


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, PACKAGE_HOSTS], ids=["paths", "hosts"])
def test_no_file_names_one_machine(root: Path, pattern: re.Pattern[bytes]) -> None:
    found = {
        f"{path.relative_to(root)}: {match[0].decode()}"
        for path in ours(root)
        for match in pattern.finditer(path.read_bytes())
    }
    assert found == set()


@pytest.mark.parametrize(
    ("before", "after", "is_one"),
    [
        ("cd ", "/main", True),
        ('"', '"', True),
        ("https://example.org", "/paper.pdf", False),
        ("..", "/x", False),
        ("and ", "shops", False),
    ],
)
def test_the_pattern_of_machine_paths(before: str, after: str, is_one: bool) -> None:
    text = before + "/" + "work" + after
    assert bool(MACHINE_PATHS.search(text.encode())) is is_one


def test_image_runs_as_nobody_in_particular_from_the_lock_of_the_service(root: Path) -> None:
    dockerfile = (root / "Dockerfile").read_text()
    stages = re.split(r"(?m)^FROM ", dockerfile)[1:]
    assert len(stages) == 2
    assert all(stage.startswith("${PYTHON_IMAGE}") for stage in stages)
    assert re.search(r"(?m)^ARG PYTHON_IMAGE=python:3\.1[12]\.\d+-slim-\w+$", dockerfile)
    assert re.findall(r"(?m)^USER (\S+)", stages[-1]) == ["10001"]
    assert stages[-1].index("USER 10001") < stages[-1].index("ENTRYPOINT")
    assert "--require-hashes --requirement requirements/service.txt" in dockerfile
    assert '/bin/nuzuh"]' in stages[-1]


def test_make_targets_that_the_texts_name_exist(root: Path) -> None:
    if not (root / "README.md").exists():
        pytest.skip("no README.md yet")
    text = "\n".join((root / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"(?m)(?:`|^ *\$? ?)make ([a-z-]+)", text))
    targets = set(re.findall(r"(?m)^([a-z-]+):", (root / "Makefile").read_text()))
    assert {"demo", "test"} <= named
    assert named - targets == set()


@pytest.mark.slow
def test_the_wheel_holds_every_data_file(root: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in (*ROOMS, "pyproject.toml", "LICENSE"):
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, tree / name)
    offline = ("--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "wheel", "-q", *offline, "--wheel-dir", "out", ".", cwd=tree)
    [wheel] = (tree / "out").glob("nuzuh-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    written = {str(path.relative_to(root)) for room in ROOMS for path in ours(root / room)}
    assert written - packed == set()

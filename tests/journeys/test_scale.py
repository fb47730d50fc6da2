"""The commands of docs/scale.md, run as they stand but for address, months and members."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```\n(\.venv/bin/.*)\n```", PAGE)
SHORTER = {"2018-03": "2019-03", "2019-10": "2019-04", "--nworkers=-1": "--nworkers=2"}
FEWER = ["--members", "ewm_6", "--draws", "100"]


def command(marks: str, port: int = 0) -> list[str]:
    """The words of the one command that holds the marks, at a port of this machine."""
    [line] = [line for line in COMMANDS if marks in line]
    line = line.replace("10.0.0.1", "127.0.0.1").replace("8786", str(port))
    words = [SHORTER.get(word, word) for word in shlex.split(line)]
    return [str(Path(sys.executable).with_name(Path(words[0]).name)), *words[1:]]


def written(words: list[str], root: Path, out: Path) -> dict[str, bytes]:
    words[words.index("--out") + 1] = str(out)
    done = subprocess.run([*words, *FEWER], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_no_command_of_the_page_is_left_out_here():
    assert len(COMMANDS) == PAGE.count("```") // 2 == 4


@pytest.mark.slow
def test_one_machine_and_many_write_the_same(root: Path, tmp_path: Path):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    leading, working = (
        subprocess.Popen(command(marks, port), cwd=root, stderr=subprocess.DEVNULL)
        for marks in ("dask scheduler", "dask worker")
    )
    with leading, working:
        try:
            many = written(command("--executor dask=", port), root, tmp_path / "many")
        finally:
            working.terminate()
            leading.terminate()
    one = written(command("--executor processes"), root, tmp_path / "one")
    assert many == one
    assert len(one) > 5

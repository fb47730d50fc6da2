"""A newcomer's first hour: the demo, then a folder and reports of their own."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.command import nuzuh
from tests.folders import with_cell, write_crisis

DAY = "2018-11-20"


def other_process(root: Path, *words: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "service", *map(str, words)]
    return subprocess.run(command, cwd=root, capture_output=True, check=False)


@pytest.fixture(scope="module")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demo printed, and the folder it wrote."""
    out = tmp_path_factory.mktemp("demo")
    done = other_process(root, "demo", "--out", out)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode(), out


def test_the_demo_prints_the_outlook_of_the_day(demo: tuple[str, Path]) -> None:
    text, _ = demo
    assert text.startswith("North-west Syria: outlook of 4 May 2019\n")
    for words in ("Border belt", "Idleb", "Aleppo", "Hama", "1–4 May 2019 are already past"):
        assert words in " ".join(text.split())
    known, later = text.split("AFTERWARDS")
    assert "171,308" not in known  # ISMI's figure for Dana in May 2019, published in June
    assert "171,308" in later


def test_the_demo_writes_a_page_with_chart_and_map(demo: tuple[str, Path]) -> None:
    _, out = demo
    page = (out / "outlook.html").read_text()
    assert page.count('role="img"') == 3
    assert ">Bab al-Hawa<" in page
    assert sorted(path.name for path in out.iterdir()) == ["forecast.json", "outlook.html"]


def test_the_fingerprint_is_of_the_json_beside_the_page(demo: tuple[str, Path]) -> None:
    text, out = demo
    digest = hashlib.sha256((out / "forecast.json").read_bytes()).hexdigest()
    assert digest in text
    assert digest in (out / "outlook.html").read_text()
    assert json.loads((out / "forecast.json").read_text())["as_of"] == "2019-05-04"


def test_from_a_broken_folder_to_a_forecast_in_every_format(tmp_path: Path) -> None:
    folder = write_crisis(tmp_path / "mine", displacement=with_cell(3, "persons", "12,500"))
    said = nuzuh("crisis", "check", folder)
    assert said.code == 2
    assert "displacement.csv:5: persons '12,500'" in said.err

    write_crisis(folder)
    assert nuzuh("crisis", "check", folder).code == 0
    words = ("forecast", "--crisis", folder, "--as-of", DAY, "--horizon", 2, "--draws", 200)
    table = nuzuh(*words)
    assert table.code == 0
    assert "December 2018" in table.out
    read = pd.read_csv(io.StringIO(nuzuh(*words, "--format", "csv").out))
    out = tmp_path / "forecast.parquet"
    assert nuzuh(*words, "--format", "parquet", "--out", out).code == 0
    stored = pd.read_parquet(out)
    assert stored["value"].tolist() == read["value"].tolist()
    told = json.loads(nuzuh(*words, "--format", "json").out)
    median = told["places"][0]["arrivals"]["periods"][0]["quantiles"]["0.5"]
    focus = (read["location"] == "N") & (read["measure"] == "arrivals") & (read["horizon"] == 1)
    assert read.loc[focus & (read["output_type_id"] == 0.5), "value"].tolist() == [median]


def test_two_processes_give_the_same_bytes(root: Path, tmp_path: Path) -> None:
    folder = write_crisis(tmp_path / "mine")
    words = ("forecast", "--crisis", folder, "--as-of", DAY, "--draws", 200, "--format", "json")
    other = other_process(root, *words)
    assert other.returncode == 0, other.stderr.decode()
    assert other.stdout == nuzuh(*words).raw
    assert other.stdout != nuzuh(*words, "--seed", 2).raw


def test_reports_that_a_source_has_not_published_yet(tmp_path: Path) -> None:
    folder = write_crisis(tmp_path / "mine")
    (tmp_path / "wanted.csv").write_text(
        "start,end,measure,place_id,direction,source\n"
        "2018-11-01,2018-11-30,arrivals,N01,destination,Task Force\n"
        "2018-11-01,2018-11-30,arrivals,assessed,destination,Monitor\n"
    )
    said = nuzuh(
        *("forecast", "--crisis", folder, "--as-of", DAY, "--draws", 200),
        *("--reports", tmp_path / "wanted.csv", "--format", "csv"),
    )
    assert said.code == 0, said.err
    rows = pd.read_csv(io.StringIO(said.out))
    median = rows[rows["output_type_id"] == 0.5].set_index("report_id")["value"]
    assert (median > 0).all()
    assert rows.groupby("report_id")["source"].first().tolist() == ["Task Force", "Monitor"]

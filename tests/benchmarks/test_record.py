"""The page of benchmarks holds what they printed, what they are and where they ran."""

from __future__ import annotations

import re
import sys

import pytest

from benchmarks import _record, against_statsforecast
from benchmarks._measure import alone, peak_gigabytes, timed


def test_the_page_shows_output_under_what_a_module_says_of_itself():
    page = _record.page({"places": "places  s\n   100  1\n"}, "Machine: one.", 2.4)
    assert re.search(r"of \d{4}-\d\d-\d\d, .* 2\s+minutes", page)
    assert "Machine: one.\n\n## places\n\nReading and forecasting" in page
    assert page.endswith("```\nplaces  s\n   100  1\n```\n")


def test_the_machine_is_told_with_its_libraries():
    assert re.match(r"Machine: .+, \d+ cores, \d+ GB, \w+; Python 3\.\d+", _record.machine())
    assert f"numpy {sys.modules['numpy'].__version__}" in _record.machine()


def test_output_is_shown_as_it_comes_and_a_failure_ends_it(tmp_path, monkeypatch, capfd):
    package = tmp_path / "benchmarks"
    package.mkdir()
    (package / "good.py").write_text('"""Good."""\nprint("one")\nprint("two")\n')
    (package / "bad.py").write_text('"""Bad."""\nprint("three")\nraise SystemExit(3)\n')
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(_record, "HERE", package)
    monkeypatch.setattr(_record, "PAGE", tmp_path / "docs" / "benchmarks.md")
    with pytest.raises(SystemExit, match=r"benchmarks\.bad ended with exit code 3"):
        _record.main(["good", "bad"])
    assert "benchmarks.good\none\ntwo\nbenchmarks.bad\nthree\n" in capfd.readouterr().out
    assert not _record.PAGE.exists()
    _record.main(["good"])
    assert "## good\n\nGood.\n\n```\none\ntwo\n```\n" in _record.PAGE.read_text()


def test_memory_is_that_of_the_task_alone():
    held = bytes(300_000_000)
    assert held.count(b"\0") == len(held)
    assert alone(peak_gigabytes) < 0.1
    assert peak_gigabytes() > 0.3
    assert timed(sum, [1, 2])[0] == 3


@pytest.mark.slow
def test_without_statsforecast_the_benchmark_is_skipped_and_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(against_statsforecast, "VENV", tmp_path / "bench")
    monkeypatch.setattr(against_statsforecast, "WANTED", "statsforecast==0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    against_statsforecast.main()
    assert capsys.readouterr().out.startswith("skipped: statsforecast==0 cannot be installed")

"""`nuzuh outlook`: formats, languages, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import nuzuh

DAY = "2018-05-04"


def outlook(folder: Path, *words: object) -> tuple[object, ...]:
    return ("outlook", "--crisis", folder, "--as-of", DAY, "--draws", 100, *words)


def test_text_goes_to_standard_output(folder: Path) -> None:
    said = nuzuh(*outlook(folder, "--since", "2018-04-04"))
    assert said.code == 0, said.err
    assert said.out.startswith("A made-up land: outlook of 4 May 2018\n")
    assert "WHAT CHANGED SINCE 4 APRIL 2018" in said.out
    assert "AFTERWARDS" not in said.out


def test_a_message_tells_its_segments(folder: Path) -> None:
    said = nuzuh(*outlook(folder, "--format", "sms", "--lang", "tr"))
    assert said.code == 0, said.err
    assert len(said.out.strip()) <= 3 * 67
    assert "of UCS-2: " in said.err


def test_a_page_goes_to_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "outlook.html"
    said = nuzuh(*outlook(folder, "--format", "html", "--lang", "ar", "--out", out))
    assert said.code == 0, said.err
    assert 'dir="rtl"' in out.read_text()
    assert said.out == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--lang", "de"), "Invalid value for '--lang'"),
        (("--format", "docx"), "Invalid value for '--format'"),
        (("--format", "pdf"), "--format: 'pdf': is binary and needs a file; add --out"),
        (("--since", "May"), "--since: 'May': is no ISO date"),
        (("--since", DAY), f"--since: '{DAY}': is not before 2018-05-04"),
        (("--since", "2010-01-01"), "--since: '2010-01-01': lies before the first report"),
        (("--as-of", "2018-02-30"), "--as-of: '2018-02-30'"),
        (("--as-of", "2010-01-01"), "nothing was published"),
        (("--place", "Nowhere"), "--place: 'Nowhere': no place or area"),
        (("--scenario", "nowhere.toml"), "scenario: 'nowhere.toml': is no file"),
        (("--draws", "1"), "--draws: '1': is too few"),
        (("--out", "no/such/folder/outlook.txt"), "there is no folder"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, words: tuple[str, ...], why: str) -> None:
    said = nuzuh(*outlook(folder, *words))
    assert said.code == 2
    assert said.out == ""
    assert why in " ".join(said.err.split()), said.err

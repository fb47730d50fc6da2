"""A planning team of three languages: one situation, one set of figures, read by each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import nuzuh
from tests.folders import write_crisis

SINCE, DAY = "2018-10-04", "2018-11-04"


def written(folder: Path, out: Path, format_: str, lang: str) -> bytes:
    said = nuzuh(
        *("outlook", "--crisis", folder, "--as-of", DAY, "--since", SINCE, "--draws", 200),
        *("--format", format_, "--lang", lang, "--out", out / f"outlook.{lang}.{format_}"),
    )
    assert said.code == 0, said.err
    return (out / f"outlook.{lang}.{format_}").read_bytes()


@pytest.mark.slow
def test_an_outlook_in_three_languages(tmp_path: Path) -> None:
    folder = write_crisis(tmp_path / "mine")
    scenarios = folder / "scenarios"
    scenarios.mkdir()
    (scenarios / "calm.toml").write_text('title = "Calm"\n[regimes]\nholds = 1.0\n')
    told = {}
    for lang, title, marks in (
        ("en", "outlook of 4 November 2018", ("What if", "How good we have been")),
        ("tr", "4 Kasım 2018 tarihli öngörü", ("Senaryolar", "Ne kadar isabetliydik")),
        ("ar", "توقعات يوم 4 تشرين الثاني 2018", ("ماذا لو", "ما مدى دقتنا حتى الآن")),
    ):
        page = written(folder, tmp_path, "html", lang).decode()
        assert title in page
        assert all(mark in page for mark in (*marks, "Calm"))
        told[lang] = re.findall(r'<data value="([^"]+)"', page)
        text = written(folder, tmp_path, "txt", lang).decode()
        assert title in text
        assert written(folder, tmp_path, "sms", lang)
    assert told["en"] == told["tr"] == told["ar"]
    digest = re.findall(r"[0-9a-f]{64}", (tmp_path / "outlook.ar.txt").read_text())
    assert digest == re.findall(r"[0-9a-f]{64}", (tmp_path / "outlook.en.html").read_text())

"""The written outlook: nothing it shows may come from later, save where it says so."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from service.outlook import Outlook, headline, make_outlook
from service.outlook_html import outlook_html
from service.outlook_sections import sections
from service.outlook_text import outlook_text
from tests.folders import ROUTES, write_crisis

DAY = pd.Timestamp("2018-05-04")
NOTE = "The gate of this land is shut."


def later_times_seven(crisis: Crisis) -> Crisis:
    """The same crisis with every figure published after the day seven times as high."""
    reports, attacks, agreements = (
        frame.copy() for frame in (crisis.reports, crisis.attacks, crisis.agreements)
    )
    reports.loc[reports["published"] > DAY, "persons"] *= 7
    attacks.loc[attacks["published"] > DAY, "events"] *= 7
    agreements["collapsed"] = agreements["collapsed"].fillna(pd.Timestamp("2018-09-30"))
    return replace(crisis, reports=reports, attacks=attacks, agreements=agreements)


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    return load_crisis(write_crisis(tmp_path_factory.mktemp("sound") / "made-up"))


@pytest.fixture(scope="module")
def outlook(crisis: Crisis) -> Outlook:
    return make_outlook(crisis, DAY, draws=200, notes=(NOTE,))


@pytest.fixture(scope="module")
def text(outlook: Outlook) -> str:
    return outlook_text(outlook)


@pytest.fixture(scope="module")
def page(outlook: Outlook) -> str:
    return outlook_html(outlook)


class Tags(HTMLParser):
    """The tags of a page with their attributes; complains of those never closed."""

    EMPTY = frozenset(["meta", "br", "img", "input", "link", "path", "line", "rect", "circle"])

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def test_text_fits_a_terminal(text: str) -> None:
    assert max(map(len, text.splitlines())) <= 100


def test_text_says_what_the_issue_asks(text: str) -> None:
    flowing = " ".join(text.split())
    for words in (
        "movements as Task Force would publish them",
        "1–4 May 2018 are already past",
        "6 months, May–Oct",
        "persons families",
        "50% interval 80% interval 95% interval",
        "over 50,000 over 100,000 over 250,000",
        "Persons: movements / 1.5 (Monitor 2018).",
        "Families: persons / 5.5 (Task Force 2018).",
        "Air strikes a week (Event Data)",
        "over Task Force (×1)",
        "The border gate is taken as shut",
        NOTE,
    ):
        assert words in flowing, words
    for place in ("North and south", "Border belt", "Marj", "Wadi"):
        assert place in text


def test_headline_agrees_with_the_table(outlook: Outlook) -> None:
    total = outlook.arrivals("N", 1, 1)
    [said] = re.findall(r"About ([\d,]+) arrivals", headline(outlook))
    assert int(said.replace(",", "")) == pytest.approx(total.median, rel=0.05)


def test_only_agreements_in_force_on_the_day(text: str) -> None:
    assert "First truce" not in text  # collapsed half a year before
    assert "Second truce" not in text  # announced later


def test_what_came_later_stands_last_and_apart(text: str, page: str) -> None:
    before, after = text.split("AFTERWARDS")
    assert before.rstrip().endswith("═" * 100)
    assert "Not known on 4 May 2018" in after
    assert "inside the 80% interval" in after
    assert page.index('<aside class="afterwards"') > page.index("</main>")


def test_nothing_before_afterwards_knows_what_came_later(
    crisis: Crisis, outlook: Outlook, text: str, page: str
) -> None:
    changed = make_outlook(later_times_seven(crisis), DAY, draws=200, notes=(NOTE,))
    assert changed.fingerprint() == outlook.fingerprint()
    before, after = text.split("AFTERWARDS")
    changed_before, changed_after = outlook_text(changed).split("AFTERWARDS")
    assert changed_before == before
    assert changed_after != after
    known, later = page.split("<aside")
    changed_known, changed_later = outlook_html(changed).split("<aside")
    assert changed_known == known
    assert changed_later != later


def test_the_same_outlook_gives_the_same_page(outlook: Outlook, page: str) -> None:
    assert outlook_html(outlook) == page


def test_page_is_one_small_file_without_scripts_that_fetches_nothing(page: str) -> None:
    assert len(page.encode()) < 300_000
    tags = Tags(page).tags
    assert {"script", "link", "iframe", "img", "object", "foreignobject"}.isdisjoint(
        tag for tag, _ in tags
    )
    for _, attributes in tags:
        assert {"src", "href", "xlink:href"}.isdisjoint(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in page
    assert "url(" not in page


def test_charts_are_sound_and_have_a_text_alternative(page: str) -> None:
    charts = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    told = [ElementTree.fromstring(chart) for chart in charts]
    drawn = [chart for chart in told if chart.get("aria-hidden") != "true"]
    assert len(drawn) == 3
    for chart in drawn:
        assert chart.get("role") == "img"
        assert len(chart.get("aria-label", "")) > 40
    names = {text for chart in drawn for element in chart.iter() if (text := element.text)}
    assert {"Marj", "Salq", "North Gate", "20 km"} <= names


def test_page_shows_every_figure_that_the_text_shows(outlook: Outlook, page: str) -> None:
    for section in sections(outlook):
        for table in section.tables:
            for row in table.rows:
                assert all(cell.replace("&", "&amp;") in page for cell in row), row


def test_headings_and_tables_are_marked_up_for_screen_readers(page: str) -> None:
    tags = Tags(page).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    heads = [attributes for tag, attributes in tags if tag == "th"]
    assert heads
    assert all(attributes.get("scope") in ("col", "rowgroup") for attributes in heads)
    assert ("html", {"lang": "en"}) in tags


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#1a1a1a", "#eef4fa"),
        ("#404040", "#ffffff"),
        ("#404040", "#fdf3ec"),
        ("#595959", "#ffffff"),
        ("#8a2c06", "#fdf3ec"),
        ("#7a2e0e", "#ffffff"),
    ],
)
def test_text_has_the_contrast_of_wcag_aa(page: str, ink: str, paper: str) -> None:
    assert ink in page
    light, dark = luminance(paper) + 0.05, luminance(ink) + 0.05
    assert light / dark >= 4.5


def test_a_belt_without_coordinates_has_a_table_but_no_map(tmp_path: Path) -> None:
    def without_points(text: str) -> str:
        return text.replace("36.1,36.6", ",").replace("36.15,36.3", ",")

    routes = ROUTES + "N01,N0101,10,,\nN01,N0102,12,,\n"
    folder = write_crisis(tmp_path / "unmapped", places=without_points, routes=routes)
    unmapped = outlook_html(make_outlook(load_crisis(folder), DAY, draws=100))
    assert "Arrivals along the border" in unmapped
    assert "Map of" not in unmapped


def test_a_belt_that_cannot_be_told_apart_is_left_out(tmp_path: Path) -> None:
    def without_districts(text: str) -> str:
        return text.replace("N0101,Marj,N01,admin3", "N0101,Marj,N01,community").replace(
            "N0102,Salq,N01,admin3", "N0102,Salq,N01,community"
        )

    folder = write_crisis(tmp_path / "coarse", places=without_districts)
    coarse = make_outlook(load_crisis(folder), DAY, draws=100)
    assert coarse.belt == []
    assert "border" not in headline(coarse)
    assert "ALONG THE BORDER" not in outlook_text(coarse)

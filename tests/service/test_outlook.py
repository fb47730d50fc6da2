"""The written outlook: nothing it shows may come from later, save where it says so."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from features.errors import InputError
from service.outlook.build import MONTHS, Outlook, build_outlook, warmed
from service.outlook.headline import headline, odds, people, reconciled_month
from service.outlook.language import language
from service.outlook.pictures import belt, belt_caption, past_months
from service.outlook.plaintext import sections
from service.outlook.render import render
from service.outlook.teller import Teller
from tests.folders import ROUTES, write_crisis

DAY = pd.Timestamp("2018-05-04")


def made(crisis: Crisis, draws: int = 200, *, later: bool = False) -> Outlook:
    return build_outlook(crisis, DAY, what_if=warmed(crisis, DAY, draws=draws), later=later)


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
    return made(crisis, later=True)


@pytest.fixture(scope="module")
def text(outlook: Outlook) -> str:
    return render(outlook, "txt", "en").decode()


@pytest.fixture(scope="module")
def page(outlook: Outlook) -> str:
    return render(outlook, "html", "en").decode()


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
        "people not displaced before, movements / 1.5 (Monitor 2018).",
        "Families: persons / 5.5 (Task Force 2018).",
        "Air strikes a week (Event Data)",
        "Hit in 31 March – 27 April 2018: nothing of note told.",
        "over Task Force (×1)",
        "The border gate is taken as shut",
        "No past forecast of this crisis has been scored yet: uncalibrated.",
        "Not to be used after",
    ):
        assert words in flowing, words
    for place in ("North and south", "Border belt", "Marj", "Wadi", "Southern front"):
        assert place in text


def test_headline_agrees_with_the_table(outlook: Outlook) -> None:
    total = outlook.arrivals("N", 1, 1)
    [said] = re.findall(r"About ([\d,]+) arrivals", headline(Teller(outlook, language("en")))[0])
    assert int(said.replace(",", "")) == pytest.approx(total.median, rel=0.05)


def test_each_number_of_the_headline_says_where_it_is_from(outlook: Outlook) -> None:
    teller = Teller(outlook, language("ar"))
    draws, found = outlook.forecast.draws["arrivals"], []
    for sentence in [*headline(teller), *odds(teller)]:
        for data in re.findall(r"<data [^>]*>", sentence.__html__()):
            told = ElementTree.fromstring(f"{data}</data>").attrib
            chosen = draws.sel(place=told["data-place"], period=1).to_numpy()
            statistic = told["data-statistic"]
            if statistic.startswith(">"):
                true = float((chosen > float(statistic[1:])).mean())
            else:
                true = float(np.quantile(chosen, float(statistic)))
            assert float(told["value"]) == pytest.approx(true, rel=1e-4), statistic
            assert (told["data-from"], told["data-to"]) == ("2018-05-01", "2018-05-31")
            found.append(statistic)
    assert len(found) == 9


def telling_of_april(outlook: Outlook) -> Outlook:
    """The same with a report that tells of the month before the first, known on the day."""
    crisis = outlook.forecast.crisis
    flight = crisis.reports[crisis.reports["measure"] == "arrivals"].tail(1)
    april = flight.assign(start=pd.Timestamp("2018-04-20"), end=pd.Timestamp("2018-04-26"))
    known = replace(crisis, reports=pd.concat([crisis.reports, april], ignore_index=True))
    return replace(outlook, forecast=replace(outlook.forecast, crisis=known))


def numbers(text: str) -> list[dict[str, str]]:
    """What each number of a text says of where it is from; none may stand without."""
    bare_text = re.sub(r"<data.*?</data>|2018", "", text)
    assert re.findall(r"\d[\d,]{2,}", bare_text) == []
    return [
        dict(ElementTree.fromstring(f"{each}</data>").attrib)
        for each in re.findall(r"<data [^>]*>", text)
    ]


def test_people_and_families_say_where_they_are_from(outlook: Outlook) -> None:
    movements = float(np.median(outlook.forecast.draws["arrivals"].sel(place="N", period=1)))
    found = numbers(people(Teller(outlook, language("en"))).__html__())
    told = {each["data-measure"]: float(each["value"]) for each in found}
    assert told == {
        "persons": pytest.approx(movements / 1.5, rel=1e-4),
        "families": pytest.approx(movements / 1.5 / 5.5, rel=1e-4),
        "movement_families": pytest.approx(movements / 5.5, rel=1e-4),
    }


def test_nobody_who_flees_anew_is_taken_off_what_is_planned_for(outlook: Outlook) -> None:
    told = people(Teller(outlook, language("en")))
    assert re.search(r"plan for about [\d,]+ families", told)
    once = replace(outlook.forecast.crisis, repeat_factor=1.0)
    single = replace(outlook, forecast=replace(outlook.forecast, crisis=once))
    assert people(Teller(single, language("en"))).startswith("These are about")


def test_every_figure_of_a_card_says_where_it_is_from(outlook: Outlook, page: str) -> None:
    cards = page.partition('<ul class="cards">')[2].partition("</ul>")[0].split("</li>")[:-1]
    assert len(cards) == 4
    for card in cards:
        statistics = [(each["data-measure"], each["data-statistic"]) for each in numbers(card)]
        assert statistics == [
            ("arrivals", "0.5"),
            ("arrivals", "0.1"),
            ("arrivals", "0.9"),
            ("persons", "0.5"),
            ("families", "0.5"),
        ]


def test_only_agreements_in_force_on_the_day(text: str) -> None:
    assert "First truce" not in text  # collapsed half a year before
    assert "Second truce" not in text  # announced later


def test_what_was_hit_is_counted_where_sources_tell_of_it(crisis: Crisis) -> None:
    day = pd.Timestamp("2018-04-07")
    found = build_outlook(crisis, day, what_if=warmed(crisis, day, draws=100))
    rows = crisis.attacks[crisis.attacks["start"] == pd.Timestamp("2018-03-17")]
    assert (rows["target"] == "health").all()
    said = f"Hit in 3–30 March 2018: health facilities {rows['events'].sum():.0f}."
    assert said in " ".join(render(found, "txt", "en").decode().split())


def test_what_came_later_stands_last_and_apart(text: str, page: str) -> None:
    before, after = text.split("AFTERWARDS")
    assert before.rstrip().endswith("═" * 100)
    assert "Not known on 4 May 2018" in after
    assert "inside the 80% interval" in after
    assert page.index('<aside class="afterwards"') > page.index("</main>")


def test_nothing_before_afterwards_knows_what_came_later(
    crisis: Crisis, outlook: Outlook, text: str, page: str
) -> None:
    changed = made(later_times_seven(crisis), later=True)
    assert changed.fingerprint == outlook.fingerprint
    before, after = text.split("AFTERWARDS")
    changed_before, changed_after = render(changed, "txt", "en").decode().split("AFTERWARDS")
    assert changed_before == before
    assert changed_after != after
    known, later = page.split("<aside")
    changed_known, changed_later = render(changed, "html", "en").decode().split("<aside")
    assert changed_known == known
    assert changed_later != later


def test_the_same_outlook_gives_the_same_page(outlook: Outlook, page: str) -> None:
    assert render(outlook, "html", "en").decode() == page


@pytest.mark.parametrize("lang", ["en", "tr", "ar"])
def test_page_is_one_small_file_without_scripts_that_fetches_nothing(
    outlook: Outlook, lang: str
) -> None:
    page = render(outlook, "html", lang).decode()
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
    assert ("html", {"lang": lang, "dir": "rtl" if lang == "ar" else "ltr"}) in tags


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
    for section in sections(Teller(outlook, language("en"))):
        for table in section.tables[:1]:
            for row in table.rows:
                assert all(cell.replace("&", "&amp;") in page for cell in row), row


def test_charts_run_from_the_left_in_a_page_from_the_right(outlook: Outlook) -> None:
    # `text-anchor` follows the direction: labels of an axis would lie across it.
    assert "figure svg { direction: ltr; }" in render(outlook, "html", "ar").decode()


def test_headings_and_tables_are_marked_up_for_screen_readers(page: str) -> None:
    tags = Tags(page).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    heads = [attributes for tag, attributes in tags if tag == "th"]
    assert heads
    assert all(attributes.get("scope") == "col" for attributes in heads)


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_text_has_the_contrast_of_wcag_aa_on_every_paper(page: str) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    inks = set(re.findall(r"[{;\s]color: (#[0-9a-f]{6})\b", style))
    papers = set(re.findall(r"background: (#[0-9a-f]{6})\b", style)) | {"#ffffff"}
    drawn = set(re.findall(r'<text [^>]*fill="(#[0-9a-f]{6})"', page))
    assert len(inks) >= 3
    assert len(papers) == 3
    assert len(drawn) >= 3
    pairs = [(ink, paper) for ink in inks for paper in papers]
    pairs += [(ink, "#ffffff") for ink in drawn]
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


def test_every_letter_of_a_chart_has_a_colour_that_is_judged(page: str) -> None:
    inked = re.compile(r"#[0-9a-f]{6}")
    charts = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    letters = [
        element
        for chart in charts
        for element in ElementTree.fromstring(chart).iter()
        if element.tag.endswith("text")
    ]
    assert len(letters) > 20
    assert all(inked.fullmatch(element.get("fill", "")) for element in letters)
    assert not [element for element in letters if float(element.get("opacity", 1)) < 1]


def test_no_interval_of_a_card_is_cut_after_its_dash(page: str) -> None:
    cards = page.partition('<ul class="cards">')[2].partition("</ul>")[0]
    assert ".whole { white-space: nowrap; }" in page
    whole = re.findall(r'<bdi class="whole">(.*?)</bdi>', cards)
    assert len(whole) == 4
    assert all(re.fullmatch(r"[\d,]+–[\d,]+", re.sub("<[^>]*>", "", each)) for each in whole)


def test_a_map_explains_what_it_shows_and_nothing_else(outlook: Outlook) -> None:
    caption = belt_caption(Teller(outlook, language("en")))
    assert "Brown squares" in caption  # North Gate
    assert "Dashed line" not in caption  # no border is drawn for a made-up land


def test_a_long_belt_has_no_long_map(tmp_path: Path) -> None:
    def far_north(text: str) -> str:
        return text.replace("36.15,36.3", "40.15,36.3")

    found = made(load_crisis(write_crisis(tmp_path / "long", places=far_north)), 100)
    drawn = ElementTree.fromstring(belt(Teller(found, language("en"))))
    assert float(drawn.get("height", "0")) <= float(drawn.get("width", "0"))
    assert "50 km" in {element.text for element in drawn.iter()}


def test_a_reference_source_that_is_silent_is_named_on_the_face(crisis: Crisis) -> None:
    silent = replace(crisis, reports=crisis.reports[crisis.reports["source"] != "Task Force"])
    page = render(made(silent, 100), "html", "en").decode()
    assert "nothing yet of Task Force" in page.partition("<h1>")[0]


def test_a_belt_without_coordinates_has_a_table_but_no_map(tmp_path: Path) -> None:
    def without_points(text: str) -> str:
        return text.replace("36.1,36.6", ",").replace("36.15,36.3", ",")

    routes = ROUTES + "N01,N0101,10,,\nN01,N0102,12,,\n"
    folder = write_crisis(tmp_path / "unmapped", places=without_points, routes=routes)
    unmapped = render(made(load_crisis(folder), 100), "html", "en").decode()
    assert "Arrivals along the border" in unmapped
    assert "Map of" not in unmapped


def test_a_belt_that_cannot_be_told_apart_is_left_out(tmp_path: Path) -> None:
    def without_districts(text: str) -> str:
        return text.replace("N0101,Marj,N01,admin3", "N0101,Marj,N01,community").replace(
            "N0102,Salq,N01,admin3", "N0102,Salq,N01,community"
        )

    folder = write_crisis(tmp_path / "coarse", places=without_districts)
    coarse = made(load_crisis(folder), 100)
    assert coarse.belt == []
    assert len(headline(Teller(coarse, language("en")))) == 1
    assert "ALONG THE BORDER" not in render(coarse, "txt", "en").decode()
    assert "Odds of high months" in render(coarse, "html", "en").decode()


def test_places_asked_for_stand_in_place_of_the_belt(crisis: Crisis) -> None:
    warm = warmed(crisis, DAY, ["N02"], draws=100)
    found = build_outlook(crisis, DAY, what_if=warm, places=["N02"])
    text = render(found, "txt", "en").decode()
    [table] = re.findall(r"ARRIVALS BY PLACE\n.*?\n\n", text, flags=re.DOTALL)
    assert "Wadi" in table
    assert "Salq" not in table


def test_an_outlook_expires_with_what_it_leans_on(outlook: Outlook) -> None:
    # Event Data reached 27 April and may be 30 days old, which comes before the month is over.
    assert outlook.expires == pd.Timestamp("2018-05-27")


def test_an_outlook_on_stale_data_expires_on_its_day(crisis: Crisis) -> None:
    late = pd.Timestamp("2019-06-01")
    found = build_outlook(crisis, late, what_if=warmed(crisis, late, draws=100))
    assert found.expires == late
    told = render(found, "txt", "en").decode()
    assert "Already beyond its use-by on this day." in told
    assert "Not to be used after" not in told


def test_a_month_that_no_report_tells_of_is_neither_compared_with_nor_drawn(
    crisis: Crisis,
) -> None:
    late = pd.Timestamp("2019-06-01")
    found = build_outlook(crisis, late, what_if=warmed(crisis, late, draws=100))
    told = found.known.reports
    last = told.loc[told["measure"] != "stock", "end"].max()
    assert last < pd.Timestamp("2019-05-01")
    teller = Teller(found, language("en"))
    assert reconciled_month(teller, "N", pd.Timestamp("2019-05-01")) is not None
    assert not [sentence for sentence in odds(teller) if sentence.startswith("More than in")]
    assert past_months(teller)["month"].max() <= last


def test_a_month_with_reports_is_compared_with_and_drawn(outlook: Outlook) -> None:
    outlook = telling_of_april(outlook)
    teller = Teller(outlook, language("en"))
    assert outlook.reported(pd.Timestamp("2018-04-01"), pd.Timestamp("2018-04-30"))
    [said] = [each for each in odds(teller) if each.startswith("More than in April 2018")]
    figure, _ = numbers(said.__html__())
    before = reconciled_month(teller, "N", pd.Timestamp("2018-04-01"))
    assert before is not None
    assert float(figure["value"]) == pytest.approx(np.median(before), rel=1e-4)
    assert (figure["data-from"], figure["data-to"]) == ("2018-04-01", "2018-04-30")
    assert past_months(teller)["month"].max() == pd.Timestamp("2018-04-15")


def test_every_table_of_arrivals_tells_every_month(outlook: Outlook) -> None:
    [section] = [
        each
        for each in sections(Teller(outlook, language("en")))
        if each.title == "Expected arrivals"
    ]
    assert {len(table.rows) for table in section.tables} == {MONTHS + 3}


def test_a_warm_forecast_is_not_made_again(crisis: Crisis) -> None:
    warm = warmed(crisis, DAY, draws=100)
    assert build_outlook(crisis, DAY, what_if=warm).forecast is warm.baseline
    assert len(warm.baseline.periods) == MONTHS


@pytest.mark.parametrize(
    ("format_", "lang", "why"),
    [
        ("docx", "en", "--format: 'docx': is no format of outlooks; give html, pdf, txt, sms"),
        ("htm", "en", "did you mean 'html'"),
        ("txt", "de", "--lang: 'de': is no language of outlooks; give en, tr or ar"),
    ],
)
def test_what_there_is_none_of_is_refused(
    outlook: Outlook, format_: str, lang: str, why: str
) -> None:
    with pytest.raises(InputError) as caught:
        render(outlook, format_, lang)
    assert why in str(caught.value)

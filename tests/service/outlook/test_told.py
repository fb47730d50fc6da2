"""What an outlook tells an audience with limits: no place and no figure that it may not see."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which
from typing import Any

import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from features.errors import InputError, NuzuhError
from forecast.scenario_file import scenario_of
from service.access.disclosure import Disclosure
from service.access.ground import Ground
from service.access.policy import DEFAULTS, Policy
from service.access.stored import read_ground
from service.outlook.build import Outlook, build_outlook, warmed
from service.outlook.language import LOCALES, language
from service.outlook.page import html, paper, pdf
from service.outlook.plaintext import sms, text
from service.outlook.teller import Teller
from service.outlook.told import told_to
from service.store.folders import import_folder
from service.store.store import Store
from tests.service.api.land import CAMP, NOTE, SMALL, write_land

DAY = pd.Timestamp("2018-12-15")
POLICIES = {policy.audience: policy for policy in DEFAULTS}
LIMITED = ("public", "partner")
FORMATS = (html, paper, text, lambda teller: sms(teller).text)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ground, Crisis]]:
    folder = write_land(tmp_path_factory.mktemp("land") / "made-up")
    with Store(f"sqlite:///{folder.parent / 'store.db'}") as store:
        import_folder(store, folder, author="tester")
        with store.reading() as connection:
            yield read_ground(connection, "made-up"), store.crisis("made-up")


@pytest.fixture(scope="module")
def outlook(ground: tuple[Ground, Crisis]) -> Outlook:
    crisis = ground[1]
    warm = warmed(crisis, DAY, ["N0101", "N01C"], draws=200)
    since = pd.Timestamp("2018-11-15")
    return build_outlook(crisis, DAY, what_if=warm, places=["N0101", "N01C"], since=since)


@pytest.mark.slow
@pytest.mark.skipif(which("pdftotext") is None, reason="needs pdftotext")
@pytest.mark.parametrize("code", LOCALES)
def test_no_pdf_holds_a_place_or_figure_that_the_public_is_not_told(
    ground: tuple[Ground, Crisis], outlook: Outlook, code: str
) -> None:
    pytest.importorskip("weasyprint")
    disclosure = Disclosure(POLICIES["public"], ground[0])
    page = in_pdf(told_to(outlook, disclosure), code)
    assert "2018" in page
    assert "N01C" in in_pdf(outlook, code) or "Camp One" in in_pdf(outlook, code)
    for name in [*hidden(ground[0], disclosure), NOTE]:
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", page), name
    figures = {str(SMALL), *(f"{CAMP:,}".replace(",", mark) for mark in ",.")}
    assert not figures & set(re.findall(r"(?<![\d.,])\d[\d.,]*\d(?![\d.,])", page))


def in_pdf(outlook: Outlook, code: str) -> str:
    """The text of its PDF."""
    command = ["pdftotext", "-layout", "-", "-"]
    made = pdf(Teller(outlook, language(code)))
    return subprocess.run(command, input=made, capture_output=True, check=True).stdout.decode()


def told(outlook: Outlook, ground: Ground, policy: Policy) -> Outlook:
    return told_to(outlook, Disclosure(policy, ground))


def pages(outlook: Outlook) -> Iterator[str]:
    """It in every language and format; as on paper, for a PDF is that page."""
    for code in LOCALES:
        teller = Teller(outlook, language(code))
        for write in FORMATS:
            found = write(teller)
            page = found.decode() if isinstance(found, bytes) else found
            yield re.sub(r"base64,[^\"]+", "", page)


def hidden(ground: Ground, disclosure: Disclosure) -> set[str]:
    """What only places are called that are not told of."""
    names = {id_: {one for one in found if one} for id_, found in ground.names.items()}
    told_names = {one for id_ in names if disclosure.tells_of(id_) for one in names[id_]}
    every = {one for id_ in names for one in names[id_] if not disclosure.tells_of(id_)}
    return every - told_names


@pytest.mark.parametrize("audience", LIMITED)
def test_no_page_names_what_is_not_told(
    ground: tuple[Ground, Crisis], outlook: Outlook, audience: str
) -> None:
    disclosure = Disclosure(POLICIES[audience], ground[0])
    names = hidden(ground[0], disclosure)
    assert "N01C" in names
    assert any("N01C" in page or "Camp One" in page for page in pages(outlook))
    for page in pages(told_to(outlook, disclosure)):
        for name in [*names, NOTE]:
            assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", page), name
        assert f"{CAMP:,}" not in page


@pytest.mark.parametrize("audience", LIMITED)
def test_every_figure_behind_a_page_is_rounded(
    ground: tuple[Ground, Crisis], outlook: Outlook, audience: str
) -> None:
    policy = POLICIES[audience]
    page = html(Teller(told(outlook, ground[0], policy), language("en"))).decode()
    figure = r'<data value="([\d.e+]+)" data-measure="arrivals"[^>]*data-statistic="0\.\d+"'
    found = re.findall(figure, page)
    assert len(found) > 5
    assert all(float(value) % policy.rounding == 0 for value in found)


@pytest.mark.parametrize("audience", LIMITED)
def test_parts_of_a_change_are_rounded_and_sum(
    ground: tuple[Ground, Crisis], outlook: Outlook, audience: str
) -> None:
    policy = POLICIES[audience]
    changes = told(outlook, ground[0], policy).changes
    assert changes is not None
    assert sum(changes.parts.values()) == changes.now - changes.before
    every = [changes.before, changes.now, *changes.parts.values()]
    assert all(figure % policy.rounding == 0 for figure in every)


def test_a_scenario_that_names_a_hidden_place_is_left_out(
    ground: tuple[Ground, Crisis], outlook: Outlook
) -> None:
    warm = warmed(ground[1], DAY, draws=100)
    given: list[dict[str, Any]] = [
        {"title": "Attacks double", "attacks": [{"multiply": 2.0}]},
        {"title": "Shut", "closure": [{"place": "N01C"}]},
        {"title": "Noted", "note": "By Camp One", "attacks": [{"multiply": 3.0}]},
    ]
    settled = [warm.settle(scenario_of(each, each["title"], {})) for each in given]
    made = build_outlook(ground[1], DAY, what_if=warm, scenarios=settled)
    made = replace(made, left_out=("Of Camp One", "Of nowhere"))
    told_all, told_some = (
        told(made, ground[0], POLICIES[each]) for each in ("restricted", "public")
    )
    assert len(told_all.scenarios.compared) == 3
    assert [one.scenario.title for one, _ in told_some.scenarios.compared] == ["Attacks double"]
    assert told_some.left_out == ("Of nowhere",)
    page = text(Teller(told_some, language("en")))
    assert "Left out, for too little is known by this day: Of nowhere." in page


def test_who_may_see_all_gets_the_same(ground: tuple[Ground, Crisis], outlook: Outlook) -> None:
    assert told(outlook, ground[0], POLICIES["restricted"]) is outlook


def test_the_fingerprint_is_that_of_the_whole_forecast(
    ground: tuple[Ground, Crisis], outlook: Outlook
) -> None:
    assert told(outlook, ground[0], POLICIES["public"]).fingerprint == outlook.fingerprint


def test_what_is_too_small_is_under_the_least_told(
    ground: tuple[Ground, Crisis], outlook: Outlook
) -> None:
    huge = Policy("public", smallest=1_000_000, rounding=2_000_000)
    page = text(Teller(told(outlook, ground[0], huge), language("en")))
    assert "under 1,000,000" in page


def test_a_place_that_slips_through_is_refused(
    ground: tuple[Ground, Crisis], outlook: Outlook
) -> None:
    teller = Teller(told(outlook, ground[0], POLICIES["public"]), language("en"))
    with pytest.raises(NuzuhError, match="not told of"):
        teller.place("N01C")


def test_an_audience_that_may_not_know_of_the_focus_gets_none(
    ground: tuple[Ground, Crisis], outlook: Outlook
) -> None:
    class Nothing(Disclosure):
        def tells_of(self, place_or_area: str) -> bool:
            return False

    with pytest.raises(InputError, match="ground that the crisis"):
        told_to(outlook, Nothing(POLICIES["public"], ground[0]))


@pytest.mark.slow
@pytest.mark.parametrize("audience", LIMITED)
def test_the_bundled_crisis_hides_its_camps_and_its_belt(
    root: Path, tmp_path: Path, audience: str
) -> None:
    from service.commands.outlook import scenarios_of

    crisis, day = load_crisis("nw-syria"), pd.Timestamp("2019-05-04")
    with Store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        import_folder(store, root / "features" / "crises" / "nw-syria", author="tester")
        with store.reading() as connection:
            ground = read_ground(connection, "nw-syria")
    disclosure = Disclosure(POLICIES[audience], ground)
    scenarios = scenarios_of(crisis, "nw-syria", day, None)
    warm = warmed(crisis, day, draws=200)
    whole = build_outlook(crisis, day, what_if=warm, scenarios=scenarios)
    names = hidden(ground, disclosure)
    for page in pages(told_to(whole, disclosure)):
        for name in names:
            assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", page), name

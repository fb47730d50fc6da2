"""The short message: what fits, in the alphabet that a telephone sends."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.crisis import load_crisis
from service.outlook.build import Outlook, build_outlook, warmed
from service.outlook.language import language
from service.outlook.plaintext import GSM, Message, message, sms
from service.outlook.teller import Teller
from tests.folders import write_crisis

DAY = pd.Timestamp("2018-05-04")


def outlook(folder_name: str, tmp: pytest.TempPathFactory, title: str) -> Outlook:
    folder = write_crisis(
        tmp.mktemp(folder_name) / "made-up",
        places=lambda text: text.replace("North and south", title),
    )
    crisis = load_crisis(folder)
    return build_outlook(crisis, DAY, what_if=warmed(crisis, DAY, draws=100))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Outlook:
    return outlook("short", tmp_path_factory, "North and south")


@pytest.mark.parametrize(
    ("lang", "encoding", "most"), [("en", "GSM-7", 1), ("tr", "UCS-2", 3), ("ar", "UCS-2", 3)]
)
def test_it_fits_and_tells_the_first_figure(
    made: Outlook, lang: str, encoding: str, most: int
) -> None:
    teller = Teller(made, language(lang))
    found = sms(teller)
    assert found.encoding == encoding
    assert found.segments <= most
    assert str(teller.middle("N", 1, 1)) in found.text
    assert not set(found.text) & set("\u2066\u2067\u2068\u2069")


def test_what_does_not_fit_is_left_out_from_the_end(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    long = outlook("long", tmp_path_factory, "The whole north and the whole south of the land")
    found = sms(Teller(long, language("en")))
    assert found.segments == 1
    assert "arrivals" in found.text
    assert "nuzuh" not in found.text


def test_validity_comes_before_the_belt(made: Outlook) -> None:
    told = sms(Teller(made, language("en"))).text
    assert told.index("Valid to 27 May.") < told.index("Border belt")


def test_what_is_stale_says_so_before_the_belt_and_is_valid_to_no_day(made: Outlook) -> None:
    fresh = made.forecast.freshness.assign(stale=True)
    stale = replace(made, forecast=replace(made.forecast, freshness=fresh))
    told = sms(Teller(stale, language("en"))).text
    assert told.index("Stale, past its limit") < told.index("Border belt")
    assert "Valid to" not in told


@given(st.text(st.sampled_from(sorted(GSM)), max_size=500))
def test_letters_of_gsm_are_cut_at_160(text: str) -> None:
    found = message(text)
    assert found.encoding == "GSM-7"
    assert (found.segments == 1) == (len(text) <= 160)
    assert found.segments * (160 if found.segments == 1 else 153) >= len(text)


@pytest.mark.parametrize(
    ("text", "segments"), [("ş" * 70, 1), ("ş" * 71, 2), ("ş" * 134, 2), ("ş" * 135, 3)]
)
def test_other_letters_are_cut_at_70(text: str, segments: int) -> None:
    assert message(text) == Message(text, "UCS-2", segments)

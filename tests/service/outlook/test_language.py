"""Numbers, days and names as each language gives them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from features.crisis import Crisis, load_crisis
from features.errors import InputError
from service.outlook.chances import SCALE, in_words, scale
from service.outlook.language import LOCALES, Text, bare, language


@pytest.fixture(scope="module")
def syria() -> Crisis:
    return load_crisis("nw-syria")


@pytest.mark.parametrize(
    ("code", "count", "share", "day", "interval"),
    [
        ("en", "81,000", "82%", "4 May 2019", "41,400–178,000"),
        ("tr", "81.000", "%82", "4 Mayıs 2019", "41.400–178.000"),
        ("ar", "81,000", "82%", "4 أيار 2019", "\u206641,400–178,000\u2069"),
    ],
)
def test_figures_and_days_by_locale(
    code: str, count: str, share: str, day: str, interval: str
) -> None:
    spoken = language(code)
    assert spoken.about(80_893) == count
    assert spoken.percent(0.82) == share
    assert spoken.day(pd.Timestamp("2019-05-04")) == day
    assert spoken.between((41_400, 178_000)) == interval


@given(st.floats(0, 1e9), st.sampled_from(sorted(LOCALES)))
def test_digits_are_those_of_every_other_language(value: float, code: str) -> None:
    told = "".join(filter(str.isdigit, language(code).figure(value)))
    assert told == "".join(filter(str.isdigit, language("en").figure(value)))
    assert told.isascii()


@pytest.mark.parametrize(
    ("code", "place", "name"),
    [
        ("en", "SY02", "Aleppo"),
        ("tr", "SY02", "Halep"),
        ("ar", "SY02", "حلب"),
        ("ar", "SY020200", "الباب"),  # of "the centre of Al Bab" and "Al Bab", the shorter
        ("ar", "SY0502", "السقيلبية"),  # not its other alias, the plain around it
        ("tr", "SY070402", "Derkuş"),
        ("tr", "front-w-aleppo", "Cephe: batı Halep"),
        ("ar", "border_belt", "الشريط الحدودي"),
    ],
)
def test_places_by_catalogue_alias_or_name(syria: Crisis, code: str, place: str, name: str) -> None:
    assert language(code).place(syria, place) == name


def test_every_place_of_the_belt_has_an_arabic_name(syria: Crisis) -> None:
    spoken = language("ar")
    for place in [syria.focus, *syria.border_belt]:
        assert not spoken.place(syria, place).isascii(), place


def test_a_name_without_a_spelling_of_the_script_is_kept_together(syria: Crisis) -> None:
    told = language("ar").place(syria, "SY-elsewhere")
    assert told == "\u2068elsewhere or not located\u2069"
    assert bare(told) == "elsewhere or not located"


def test_a_number_keeps_its_markup_inside_a_sentence_and_text_is_escaped() -> None:
    number = Text("81,000", Markup('<data value="80893">81,000</data>'))
    told = language("en").say("Valid to %(day)s.", day=number)
    assert told == "Valid to 81,000."
    assert told.__html__() == 'Valid to <data value="80893">81,000</data>.'
    assert language("en").say("Valid to %(day)s.", day="<b>").__html__() == "Valid to &lt;b&gt;."


@pytest.mark.parametrize("code", ["de", "EN", ""])
def test_an_unknown_language_is_refused(code: str) -> None:
    with pytest.raises(InputError, match=r"--lang: .*give en, tr or ar"):
        language(code)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "almost no chance"),
        (0.044, "almost no chance"),
        (0.046, "very unlikely"),  # printed as 5%
        (0.194, "very unlikely"),
        (0.196, "unlikely"),
        (0.35, "unlikely"),
        (0.446, "about even"),
        (0.5, "about even"),
        (0.554, "about even"),
        (0.556, "likely"),
        (0.82, "very likely"),
        (0.95, "very likely"),
        (0.956, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_chance_has_one_word(probability: float, word: str) -> None:
    assert in_words(language("en"), probability) == word


@given(st.floats(0, 1))
def test_the_word_is_that_of_the_figure_as_printed(probability: float) -> None:
    printed = int(language("en").percent(probability).rstrip("%"))
    assert in_words(language("en"), probability) == in_words(language("en"), printed / 100)


@given(st.integers(0, 100))
def test_opposite_chances_have_opposite_words(percentage: int) -> None:
    words = [word for _, word in SCALE]
    found, opposite = (
        words.index(in_words(language("en"), each / 100)) for each in (percentage, 100 - percentage)
    )
    assert found + opposite == len(words) - 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_higher_chance_never_has_the_lower_word(one: float, other: float) -> None:
    order = [word for _, word in SCALE]
    low, high = sorted((one, other))
    words = [str(in_words(language("en"), chance)) for chance in (low, high)]
    assert order.index(words[0]) <= order.index(words[1])


def test_the_scale_is_told_whole() -> None:
    told = scale(language("en"))
    assert "about even 45%–55%" in told
    assert all(word in told for _, word in SCALE)

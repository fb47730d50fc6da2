from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spelling import did_you_mean, fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A'zaz", "A\u02bfzāz"),
        ("Al-Habit", "al habit"),
        ("KAFR NABL", "Kafr-Nabl"),
        ("İdlib", "idlib"),
        ("Kırıkhan", "KIRIKHAN"),
        ("كَفْر نَبُودَة", "كفر نبوده"),
        ("إدلب", "ادلب"),
        ("حلـــب", "حلب"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Hama", "Hami"), ("कि", "कु"), ("حلب", "جلب"), ("Marj 1", "Marj 2")]
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("text", ["", " ", "—", "'’ʿ", "\u0640"])
def test_nothing_but_punctuation_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_nearest_word_is_offered_and_a_far_one_is_not() -> None:
    assert did_you_mean("OCHA idp task forse", ["OCHA IDP Task Force", "ISMI"]) == (
        "; did you mean 'OCHA IDP Task Force'?"
    )
    assert did_you_mean("xyz", ["arrivals"]) == ""

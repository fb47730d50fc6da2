"""Forecasts and rows as an audience with limits is told them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.crisis import load_crisis
from forecast.export import forecast_document, to_json
from forecast.run import run
from service.access.disclosure import Disclosure
from service.access.policy import policies
from service.access.stored import read_ground
from service.store.folders import import_folder
from service.store.store import Store
from tests.folders import write_crisis

DAY = pd.Timestamp("2018-12-15")
KEPT_BACK: set[str] = {"low_evidence", "not_known"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    where = tmp_path_factory.mktemp("told")
    opened = Store(f"sqlite:///{where / 'store.db'}")
    import_folder(opened, write_crisis(where / "made-up"), author="tester")
    yield opened
    opened.close()


def told_to(store: Store, audience: str, **changes: Any) -> Disclosure:
    with store.reading() as connection:
        ground = read_ground(connection, "made-up")
    return Disclosure(policies({audience: changes} if changes else {})[audience], ground)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    crisis = load_crisis(write_crisis(tmp_path_factory.mktemp("land") / "made-up"))
    made = run(crisis, DAY, 2, draws=200, places=("N", "border_belt", "N01", "N0101", "N0201"))
    found: dict[str, Any] = json.loads(to_json(forecast_document(made, "0")))
    return found


def keys_of(value: Any) -> set[str]:
    if isinstance(value, list):
        return {key for one in value for key in keys_of(one)}
    if not isinstance(value, dict):
        return set()
    return set(value) | {key for one in value.values() for key in keys_of(one)}


def test_who_is_told_all_is_told_all(store: Store, document: dict[str, Any]) -> None:
    assert told_to(store, "restricted").document(document) == document


def test_no_key_is_left_out_unawares(store: Store, document: dict[str, Any]) -> None:
    """A new key of a forecast must be looked at: harmless, of people, or kept back."""
    coarse = told_to(store, "partner", finest="crossing").document(document)
    missing = keys_of(document) - keys_of(coarse)
    assert missing <= KEPT_BACK | {"status"}, missing


@pytest.mark.parametrize(
    ("audience", "places"),
    [
        ("public", ["N", "N01"]),  # the belt of two places is as fine as they are
        ("partner", ["N", "border_belt", "N01", "N0101", "N0201"]),
    ],
)
def test_places_are_told_as_fine_as_may_be(
    store: Store, document: dict[str, Any], audience: str, places: list[str]
) -> None:
    told = told_to(store, audience).document(document)
    assert [one["location"] for one in told["places"]] == places


def test_a_text_that_names_a_hidden_place_is_left_out(
    store: Store, document: dict[str, Any]
) -> None:
    noted = {**document, "warnings": ["52% are assumed", "few reports of Kafr-Nabuda", "N0101?"]}
    assert told_to(store, "public").document(noted)["warnings"] == ["52% are assumed"]
    assert told_to(store, "partner").document(noted)["warnings"] == noted["warnings"]


@pytest.mark.parametrize("text", ["KAFR NABUDA", "at كفر نبودة today", "(n0201)", "Kafr Nabūda"])
def test_spelling_does_not_help_a_name_through(store: Store, text: str) -> None:
    assert told_to(store, "public").text(text) is None
    assert told_to(store, "restricted").text(text) == text


def test_names_that_a_coarse_place_bears_too_may_be_told(store: Store) -> None:
    assert told_to(store, "public").text("arrivals in Marj") == "arrivals in Marj"


def test_small_distributions_are_withheld_whole(store: Store, document: dict[str, Any]) -> None:
    small = json.loads(json.dumps(document))
    period = small["places"][0]["arrivals"]["periods"][0]
    period["mean"], period["persons"]["mean"] = 30, 20
    told = told_to(store, "public").document(small)["places"][0]["arrivals"]["periods"][0]
    assert told == {"horizon": 1, "status": "withheld"}


def test_a_factor_of_few_reports_is_not_told_and_others_to_two_digits(
    store: Store, document: dict[str, Any]
) -> None:
    row = {"source": "A", "measure": "arrivals", "reports": 4, "factor": 0.5678, "low_80": 0.4321}
    given = {**document, "factors": [row, {**row, "reports": 3}, {**row, "source": "Al-Habit"}]}
    told = told_to(store, "public").document(given)["factors"]
    assert told == [{**row, "factor": 0.57, "low_80": 0.43}]
    assert told_to(store, "restricted").document(given)["factors"] == given["factors"]


def test_persons_come_from_the_rounded_movements(store: Store, document: dict[str, Any]) -> None:
    told = told_to(store, "public").document(document)["places"][0]["arrivals"]["periods"][0]
    assert told["persons"]["mean"] == round(told["mean"] / 1.5)
    assert told["families"]["median"] == round(told["quantiles"]["0.5"] / 1.5 / 5.5)


def test_attacks_move_up_and_stay_as_many(store: Store) -> None:
    attacks = store.rows("made-up", "attacks.csv")
    told = told_to(store, "public").rows("attacks.csv", attacks)
    assert set(told["place_id"]) == {"N02"}
    assert told["events"].sum() == attacks["events"].sum()


def test_areas_are_as_fine_as_the_finest_place_in_them(store: Store) -> None:
    public, partner = told_to(store, "public"), told_to(store, "partner")
    assert public.tells_of("assessed")
    assert not public.tells_of("front-south")
    assert partner.tells_of("front-south")
    assert not any(public.tells_of(unknown) for unknown in ("", "Z", "N0103"))


def test_a_row_that_names_a_hidden_origin_is_left_out(store: Store) -> None:
    reports = store.rows("made-up", "displacement.csv")
    pairs = reports[reports["from_id"] == "N02"]
    assert len(pairs)
    hidden = pairs.assign(from_id="N0201")
    assert len(told_to(store, "public").rows("displacement.csv", pairs)) == len(pairs)
    assert told_to(store, "public").rows("displacement.csv", hidden).empty


def test_an_unknown_column_is_not_told(store: Store, tmp_path: Path) -> None:
    reports = store.rows("made-up", "displacement.csv").assign(gps="36.2,36.6")
    assert "gps" not in told_to(store, "partner").rows("displacement.csv", reports)

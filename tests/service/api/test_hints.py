"""Names of places where ids are asked for: what was meant, of what the key is told of."""

from __future__ import annotations

import pytest

from service.api.hints import MOST_HINTS
from tests.service.api.conftest import DAY
from tests.service.api.land import Land

FORECASTS = "/v1/crises/made-up/forecasts"


def why(land: Land, places: list[str], key: str = "restricted") -> list[str]:
    refused = land.post(FORECASTS, key, json={"as_of": str(DAY), "places": places})
    assert refused.status_code == 422, refused.text
    return [one["why"] for one in refused.json()["errors"]]


@pytest.mark.parametrize(
    ("key", "name", "id_"),
    [("restricted", "Camp One", "N01C"), ("partner", "Kafr nabuda", "N0201")],
)
def test_a_name_for_an_id_is_told_which_was_meant(
    land: Land, key: str, name: str, id_: str
) -> None:
    [told] = why(land, [name], key)
    assert told.startswith(f"there is no such place; did you mean '{id_}' (")


@pytest.mark.parametrize(("key", "name"), [("partner", "Camp One"), ("public", "Kafr Nabuda")])
def test_no_hint_is_given_at_a_place_that_is_not_told_of(land: Land, key: str, name: str) -> None:
    [told] = why(land, [name], key)
    for hidden in ("N01C", "N0201"):
        assert hidden not in told


def test_what_is_like_nothing_is_told_where_to_look(land: Land) -> None:
    assert why(land, ["qqqqqqqq"]) == ["there is no such place; see the places of the crisis"]


def test_many_wrong_places_are_told_with_few_hints(land: Land) -> None:
    told = why(land, [f"Camp On{at}" for at in range(MOST_HINTS + 5)])
    assert sum("did you mean" in one for one in told) == MOST_HINTS
    assert len(told) == MOST_HINTS + 5


def test_filters_hint_as_well(land: Land, forecast: str) -> None:
    for path in (
        "/v1/crises/made-up/reports?place=NO1",
        f"/v1/forecasts/{forecast}?place=NO1",
        f"/v1/forecasts/{forecast}/exceedance?over=10&place=NO1",
    ):
        answer = land.get(path, "public")
        assert answer.status_code == 404
        assert "did you mean 'N01'" in answer.json()["detail"], answer.text
    outlook = land.get(f"/v1/crises/made-up/outlook?as_of={DAY}&place=NO1", "public")
    assert (outlook.status_code, "did you mean 'N01'" in outlook.text) == (422, True)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from features.errors import InputError, TooLittleData
from features.overlap import DAY
from features.panel import FLOWS
from forecast.names import BELT, name_of
from forecast.result import QUANTILES, THRESHOLDS, Forecast
from forecast.run import default_places, predict_reports, run
from tests.folders import replaced
from tests.strategies import (
    camps,
    day,
    made_up,
    panel_of,
    reports_of,
    rows_to_predict,
    without_attacks,
    without_models,
)

AS_OF = day("2018-06-15")
CAMPS_AS_OF = day("2012-12-01")
JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}


def forecast(crisis: Crisis | None = None, horizon: int = 2, **how: object) -> Forecast:
    """A quick forecast of the made-up land, or of another."""
    how = {"draws": 50, **how}
    return run(crisis or made_up(), AS_OF, horizon, **how)  # type: ignore[arg-type]


def draws(found: Forecast, place: str, measure: str = "arrivals") -> np.ndarray:
    return found.draws[measure].sel(place=place).to_numpy()


@pytest.fixture(scope="module")
def small() -> Forecast:
    return forecast(places=["N", BELT, "N01", "N02", "N0101", "N0102", "N0201", "N0202"])


@pytest.fixture(scope="module")
def syria() -> Forecast:
    crisis = load_crisis("nw-syria")
    inside = [at for level in ("admin2", "admin3") for at in crisis.places.at_level(level, "SY07")]
    places = ["SY-NW", BELT, "SY07", "SY02", "SY05", *inside]
    return run(crisis, day("2019-05-04"), 3, places=places, draws=150)


def test_draws_are_of_every_flow_period_and_place(small: Forecast) -> None:
    assert set(small.draws) == set(FLOWS)
    for measure in FLOWS:
        array = small.draws[measure]
        assert array.dims == ("draw", "period", "place")
        assert array.shape == (50, 2, 8)
        whole = array if measure == "arrivals" else array.sel(place=["N", "N01", "N02"])
        assert np.isfinite(whole).all()
        assert (whole >= 0.0).all()
        assert array["period"].to_numpy().tolist() == [1, 2]
    assert small.places == ["N", BELT, "N01", "N02", "N0101", "N0102", "N0201", "N0202"]


@pytest.mark.parametrize("measure", FLOWS)
def test_the_focus_is_the_sum_of_its_cells_in_every_draw(small: Forecast, measure: str) -> None:
    total = draws(small, "N01", measure) + draws(small, "N02", measure)
    np.testing.assert_allclose(draws(small, "N", measure), total)


@pytest.mark.parametrize(
    ("cell", "inside"), [("N01", ["N0101", "N0102"]), ("N02", ["N0201", "N0202"])]
)
def test_sub_districts_add_up_to_their_cell_in_every_draw(
    small: Forecast, cell: str, inside: list[str]
) -> None:
    total = sum(draws(small, place) for place in inside)
    np.testing.assert_allclose(total, draws(small, cell))


def test_the_belt_is_the_sum_of_its_places_in_every_draw(small: Forecast) -> None:
    np.testing.assert_allclose(draws(small, BELT), draws(small, "N0101") + draws(small, "N0102"))


def test_syria_governorates_add_up_to_the_focus_in_every_draw(syria: Forecast) -> None:
    for measure in FLOWS:
        total = sum(draws(syria, cell, measure) for cell in ("SY07", "SY02", "SY05"))
        np.testing.assert_allclose(draws(syria, "SY-NW", measure), total)


def test_syria_sub_districts_add_up_to_idleb_in_every_draw(syria: Forecast) -> None:
    places = syria.crisis.places
    for level in ("admin2", "admin3"):
        total = sum(draws(syria, place) for place in places.at_level(level, "SY07"))
        np.testing.assert_allclose(total, draws(syria, "SY07"))
    for district in places.at_level("admin2", "SY07"):
        inside = sum(draws(syria, place) for place in places.at_level("admin3", district))
        np.testing.assert_allclose(inside, draws(syria, district))


def test_syria_belt_is_never_more_than_the_focus(syria: Forecast) -> None:
    assert (draws(syria, BELT) < draws(syria, "SY-NW")).all()
    assert (draws(syria, BELT) > 0.0).all()


def test_the_fit_of_syria_converges(syria: Forecast) -> None:
    assert not any("converge" in warning for warning in syria.warnings)


def test_syria_is_a_forecast_that_says_what_it_rests_on(syria: Forecast) -> None:
    assert syria.kind == "forecast"
    assert any("publication date" in warning for warning in syria.warnings)
    assert syria.past_days == 4
    assert syria.periods["label"].iloc[0] == "May 2019"
    assert syria.attacks is not None
    assert syria.attacks.through <= day("2019-05-04")


def test_quantiles_rise_with_their_level(small: Forecast) -> None:
    found = small.quantiles("arrivals")
    assert found.dims == ("quantile", "period", "place")
    assert found["quantile"].to_numpy().tolist() == list(QUANTILES)
    assert (np.diff(found.to_numpy(), axis=0) >= 0.0).all()
    assert len(QUANTILES) == 23


def test_totals_are_sums_over_periods_within_each_draw(small: Forecast) -> None:
    np.testing.assert_allclose(
        small.total("arrivals", 2).sel(place="N"), draws(small, "N").sum(axis=1)
    )
    np.testing.assert_allclose(small.total("arrivals", 1).sel(place="N"), draws(small, "N")[:, 0])


def test_departures_and_returns_of_parts_are_modelled_and_add_up() -> None:
    found = forecast(places=["N02", "N0201", "N0202"])
    assert found.modelled == {"N0201", "N0202"}
    for flow in ("departures", "returns"):
        parts = found.draws[flow].sel(place=["N0201", "N0202"]).sum("place")
        np.testing.assert_allclose(parts, found.draws[flow].sel(place="N02"))


def test_an_area_forecast_has_its_name() -> None:
    assert name_of(forecast(places=["assessed"]).crisis, "assessed") == "Assessed communities"


def test_exceedance_is_the_part_of_draws_above(small: Forecast) -> None:
    found = small.exceedance().sel(place="N").to_numpy()
    for index, threshold in enumerate(THRESHOLDS):
        np.testing.assert_allclose(found[index], (draws(small, "N") > threshold).mean(axis=0))
    assert (np.diff(found, axis=0) <= 0.0).all()


def test_the_same_seed_gives_the_same_bytes(small: Forecast) -> None:
    again, other = (forecast(places=small.places, seed=seed) for seed in (1, 2))
    for measure in FLOWS:
        assert (
            again.draws[measure].to_numpy().tobytes() == small.draws[measure].to_numpy().tobytes()
        )
    assert again.intensity.to_numpy().tobytes() == small.intensity.to_numpy().tobytes()
    assert not np.array_equal(draws(other, "N"), draws(small, "N"))


def test_the_places_asked_for_do_not_change_the_draws(small: Forecast) -> None:
    np.testing.assert_array_equal(draws(forecast(places=["N01"]), "N01"), draws(small, "N01"))
    np.testing.assert_array_equal(draws(forecast(places=["N0101"]), "N0101"), draws(small, "N0101"))


def test_by_default_the_focus_the_belt_and_the_cells_in_it() -> None:
    assert forecast().places == ["N", BELT, "N01", "N02"]
    assert default_places(panel_of(replace(made_up(), focus="N01"))) == ["N01", BELT]


@pytest.mark.parametrize(
    ("as_of", "step", "first", "past"),
    [
        ("2018-05-31", "month", "2018-06-01", 0),
        ("2018-06-04", "month", "2018-06-01", 4),
        ("2018-06-15", "week", "2018-06-16", 0),
        ("2018-06-16", "week", "2018-06-16", 1),
    ],
)
def test_the_first_period_holds_the_day_after(as_of: str, step: str, first: str, past: int) -> None:
    found = run(made_up(), day(as_of), 2, step=step, draws=20)
    assert found.periods["start"].iloc[0] == day(first)
    assert found.past_days == past
    assert found.step == step


def test_four_weeks_and_a_month_are_of_one_size() -> None:
    weeks = run(made_up(), day("2018-05-31"), 5, step="week", draws=400)
    month = run(made_up(), day("2018-05-31"), 1, draws=400)
    assert (weeks.periods["start"].iloc[0], weeks.periods["end"].iloc[-1]) == (
        day("2018-05-26"),
        day("2018-06-29"),
    )
    ratio = np.median(weeks.total("arrivals", 5).sel(place="N")) / np.median(draws(month, "N"))
    assert ratio == pytest.approx(35 / 30, rel=0.25)


def test_intensity_is_that_of_the_cells_in_each_period(small: Forecast) -> None:
    assert small.intensity.dims == ("draw", "period", "place")
    assert small.intensity["place"].to_numpy().tolist() == ["N01", "N02"]
    assert (small.intensity >= 0.0).all()
    assert small.intensity.sel(place="N01").std("draw").min() > 0.0


def test_draws_of_more_attacks_are_draws_of_more_arrivals() -> None:
    found = run(made_up(), AS_OF, 3, draws=500)
    ranks = [
        np.argsort(np.argsort(array.sel(place="N01", period=3).to_numpy()))
        for array in (found.draws["arrivals"], found.intensity)
    ]
    assert np.corrcoef(*ranks)[0, 1] > 0.15


def test_a_forecast_says_what_it_stands_on(small: Forecast) -> None:
    assert small.as_of == AS_OF
    assert small.seed == 1
    assert {"flow_state", "attack_paths"} <= set(small.models)
    assert {"Task Force", "Monitor", "Event Data"} == set(small.freshness["source"])
    assert name_of(small.crisis, BELT) == "Border belt"
    assert name_of(small.crisis, "N01") == "Marj"


def test_without_attacks_there_is_a_forecast_and_a_warning() -> None:
    found = forecast(without_attacks())
    assert any("attack data" in warning for warning in found.warnings)
    assert found.attacks is None
    assert np.isfinite(draws(found, "N")).all()
    assert (found.intensity == 0.0).all()
    assert not any("attack data" in warning for warning in forecast().warnings)


def test_flags_of_conflict_alone_drive_a_forecast() -> None:
    flags = made_up().attacks.assign(kind="conflict_flag", events=np.nan, fatalities=1.0)
    found = forecast(replace(made_up(), attacks=flags))
    assert found.attacks is not None
    assert found.attacks.weekly.to_numpy().sum() > 0.0
    assert np.isfinite(draws(found, "N")).all()


def test_camps_abroad_are_forecast_as_cells_of_their_own() -> None:
    found = run(camps(), CAMPS_AS_OF, 2, draws=50)
    assert found.places == ["W", BELT, "ABALA", "MANG", "MBERA"]
    total = sum(draws(found, camp) for camp in ("ABALA", "MANG", "MBERA"))
    np.testing.assert_allclose(draws(found, "W"), total)
    np.testing.assert_allclose(draws(found, BELT), draws(found, "MBERA"))
    small, large = (np.median(draws(found, camp)) for camp in ("MANG", "MBERA"))
    assert small < large


def test_a_day_before_all_reports_is_refused() -> None:
    for call in (
        lambda: run(made_up(), day("2017-01-31"), 2),
        lambda: predict_reports(made_up(), day("2017-01-31"), rows_to_predict([JULY])),
    ):
        with pytest.raises(InputError, match="nothing was published in 'made-up'"):
            call()


def test_too_few_reports_are_refused() -> None:
    with pytest.raises(TooLittleData, match="at least"):
        run(replace(made_up(), reports=made_up().reports.head(2)), AS_OF, 2)


def test_stocks_alone_are_refused() -> None:
    rows = [{**JULY, "persons": 9.0, "measure": "stock", "published": "2018-05-01"}] * 9
    with pytest.raises(TooLittleData):
        run(replace(made_up(), reports=reports_of(rows)), AS_OF, 2)


@pytest.mark.parametrize("place", ["N9", "Marj", ""])
def test_an_unknown_place_is_refused(place: str) -> None:
    with pytest.raises(InputError):
        forecast(places=[place])


def test_a_place_finer_than_sub_districts_is_refused() -> None:
    with pytest.raises(InputError, match="N01X"):
        forecast(places=["N01X"])


@pytest.mark.parametrize("place", ["L-rest", "T", "L"])
def test_a_place_outside_all_cells_is_refused(place: str) -> None:
    with pytest.raises(InputError):
        forecast(places=[place])


def test_an_area_counts_its_places_by_their_shares() -> None:
    found = forecast(places=["assessed", "N01", "N02"])
    total = 0.9 * draws(found, "N01") + 0.4 * draws(found, "N02")
    np.testing.assert_allclose(draws(found, "assessed"), total)


def test_a_belt_that_cannot_be_shared_out_does_not_refuse_the_forecast() -> None:
    belt = replaced('border_belt = ["N0101", "N0102"]', 'border_belt = ["N01C"]')
    assert "N01" in forecast(made_up(crisis=belt)).places


def test_departures_are_not_shared_out_by_where_people_arrive(small: Forecast) -> None:
    part = draws(small, "N0201") / draws(small, "N02")
    left = draws(small, "N0201", "departures") / draws(small, "N02", "departures")
    assert not np.allclose(part, left)


def test_a_focus_that_its_cells_do_not_fill_is_said() -> None:
    reports = made_up().reports
    without = reports[~reports["place_id"].isin(["N02"])].reset_index(drop=True)
    without = pd.concat([without, reports[reports["measure"] != "arrivals"].assign(place_id="N01")])
    found = forecast(replace(made_up(crisis=without_models), reports=without))
    assert found.places == ["N", BELT, "N01"]
    assert any("N02" in warning or "Wadi" in warning for warning in found.warnings)


def test_months_in_which_every_source_says_none_lower_the_forecast() -> None:
    reports = made_up().reports
    silent = (reports["start"] >= day("2018-01-01")) & (reports["measure"] != "stock")
    none = reports.assign(persons=reports["persons"].where(~silent, 0.0))
    calm, before = (
        np.median(draws(forecast(crisis, draws=400), "N"))
        for crisis in (replace(made_up(), reports=none), made_up())
    )
    assert calm < 0.5 * before


def test_predictions_are_on_the_scale_of_their_source() -> None:
    rows = rows_to_predict([{**JULY, "source": source} for source in ("Task Force", "Monitor")])
    rows["place_id"] = ["N01", "assessed"]
    force, monitor = np.median(predict_reports(made_up(), AS_OF, rows, draws=400), axis=0)
    assert monitor < 0.9 * force


def test_predictions_repeat_with_their_seed() -> None:
    rows = rows_to_predict([JULY, {**JULY, "place_id": "N0101", "source": "Monitor"}])
    one, two, three = (
        predict_reports(made_up(), AS_OF, rows, draws=20, seed=seed) for seed in (1, 1, 2)
    )
    assert one.shape == (20, 2)
    assert one.tobytes() == two.tobytes() != three.tobytes()
    assert (one >= 0.0).all()


def test_a_prediction_of_the_headline_is_the_headline() -> None:
    rows = rows_to_predict([JULY])
    predicted = predict_reports(made_up(), AS_OF, rows, draws=3000)[:, 0]
    shown = draws(forecast(draws=3000), "N01")[:, 1]
    for level in (0.1, 0.5, 0.9):
        ratio = np.quantile(predicted, level) / np.quantile(shown, level)
        assert ratio == pytest.approx(1.0, rel=0.12)


def test_a_window_that_is_over_is_predicted() -> None:
    may = rows_to_predict([{"start": day("2018-05-01"), "end": day("2018-05-31")}])
    found = predict_reports(made_up(), AS_OF, may, draws=50)
    assert (found > 0.0).all()


def test_a_window_before_all_reports_is_predicted_or_refused() -> None:
    autumn = rows_to_predict([{"start": day("2016-10-01"), "end": day("2016-10-31")}])
    try:
        found = predict_reports(made_up(), AS_OF, autumn, draws=50)
    except InputError:
        return
    assert (found > 0.0).all()


def test_a_stock_is_not_predicted_as_a_flow() -> None:
    rows = rows_to_predict([{**JULY, "measure": "stock", "direction": "within"}])
    with pytest.raises(InputError):
        predict_reports(made_up(), AS_OF, rows, draws=20)


@pytest.mark.parametrize("start", ["2017-03-01", "2017-06-15", "2018-12-31", "2019-06-30"])
def test_every_day_with_reports_can_be_forecast(start: str) -> None:
    found = run(made_up(), day(start), 3, draws=20)
    assert np.isfinite(found.draws["arrivals"]).all()
    assert found.periods["end"].iloc[-1] > day(start) + 60 * DAY

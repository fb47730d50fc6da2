"""Forecasts of weekly attacks, scored against what came."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from features.crisis import Crisis
from features.overlap import DAY, weeks_between
from forecast.attack_backtest import (
    COLUMNS,
    MEMBERS,
    WEEKS_AHEAD,
    attack_scores,
    predict_attacks,
)
from forecast.attack_counts import fronts_of, weekly_counts
from forecast.scores import crps
from forecast.targets import month_ends
from models.attack_baselines import ATTACK_BASELINES
from models.attack_paths import AttackPaths
from tests.strategies import attacks_of, day, made_up, rewritten_after, without_attacks

AS_OF = day("2018-04-30")
DAYS = month_ends(day("2018-02-28"), AS_OF)
WEEKS = weeks_between(AS_OF + DAY, AS_OF + DAY + 20 * DAY)
FRONTS = fronts_of(made_up())
DRAWS = 60


@cache
def scores() -> pd.DataFrame:
    return attack_scores(made_up(), DAYS, draws=DRAWS, seed=1)


def predicted(crisis: Crisis, seed: int = 1) -> dict[str, np.ndarray]:
    return predict_attacks(crisis, FRONTS, "events", AS_OF, WEEKS, draws=DRAWS, seed=seed)


def test_every_member_is_scored_on_every_week_ahead() -> None:
    assert list(scores().columns) == COLUMNS
    size = scores().groupby(["measure", "as_of", "front", "member"]).size()
    assert (size == WEEKS_AHEAD).all()
    assert len(size) == 2 * len(DAYS) * len(MEMBERS)
    assert set(scores()["member"]) == {AttackPaths.name, *ATTACK_BASELINES}
    assert set(scores()["front"]) == {"front-south"}
    assert scores()["crps"].ge(0.0).all()


def test_week_one_holds_the_day_after_and_what_came_is_known_later() -> None:
    came = weekly_counts(made_up(), FRONTS, "events")
    assert came is not None
    mine = scores().query("measure == 'events' and member == 'last_year'")
    rows = mine[mine["as_of"] == AS_OF].set_index("ahead")["observed"]
    assert WEEKS[0] <= AS_OF + DAY <= WEEKS[0] + 6 * DAY
    assert rows[1] == came.weekly.loc[WEEKS[0], "front-south"]
    assert rows[3] == came.weekly.loc[WEEKS[2], "front-south"]


def test_scores_are_those_of_the_counts_predicted() -> None:
    rows = scores().query("measure == 'events' and ahead <= 3")
    rows = rows[rows["as_of"] == AS_OF]
    for member in ATTACK_BASELINES:
        mine = rows[rows["member"] == member]
        weeks = weeks_between(WEEKS[0], WEEKS[0] + 12 * 7 * DAY)
        drawn = predict_attacks(
            made_up(), {"front-south": ["front-south"]}, "events", AS_OF, weeks, draws=DRAWS, seed=1
        )[member][:, 0, :3]
        observed = mine["observed"].to_numpy(dtype=float)
        assert mine["crps"].to_numpy() == pytest.approx(crps(observed, drawn))
        assert mine["crps_log"].to_numpy() == pytest.approx(
            crps(np.log1p(observed), np.log1p(drawn))
        )
        inside = (np.quantile(drawn, 0.1, axis=0) <= observed) & (
            observed <= np.quantile(drawn, 0.9, axis=0)
        )
        assert mine["covers_80"].tolist() == inside.tolist()


def test_all_members_draw_whole_counts() -> None:
    for counts in predicted(made_up()).values():
        assert counts.shape == (DRAWS, len(FRONTS), len(WEEKS))
        assert (counts == np.rint(counts)).all()
        assert (counts >= 0.0).all()


@settings(max_examples=8, deadline=None)
@given(other=rewritten_after(made_up(), AS_OF))
def test_nothing_published_later_changes_a_forecast(other: Crisis) -> None:
    ours, theirs = predicted(made_up()), predicted(other)
    assert {name: draws.tobytes() for name, draws in ours.items()} == {
        name: draws.tobytes() for name, draws in theirs.items()
    }


def test_what_was_published_before_does_change_it() -> None:
    attacks = made_up().attacks
    known = attacks["published"] <= AS_OF
    more = replace(made_up(), attacks=attacks.assign(events=attacks["events"].where(~known, 900.0)))
    for name, counts in predicted(more).items():
        assert counts.mean() > 5.0 * predicted(made_up())[name].mean()


def test_weeks_not_yet_told_of_are_forecast_on_the_way() -> None:
    """Told of until 23 February, the week that holds 1 May is the tenth; counts rose by a tenth."""
    rows = [
        {"start": start, "end": start + 6 * DAY, "events": np.expm1(2.0 + 0.1 * week)}
        for week, start in enumerate(weeks_between(day("2017-10-07"), day("2018-02-17")))
    ]
    counts = predicted(replace(made_up(), attacks=attacks_of(rows)))["last_value"][:, 0, 0]
    last = 2.0 + 0.1 * (len(rows) - 1)
    assert np.unique(counts).tolist() == np.rint(np.expm1([last - 1.0, last + 1.0])).tolist()


def test_a_row_told_before_its_window_ends_says_nothing_of_weeks_to_come() -> None:
    early = {"start": day("2018-04-01"), "end": day("2018-06-30"), "events": 900.0}
    crisis = replace(made_up(), attacks=attacks_of([{**early, "published": day("2018-04-20")}]))
    assert predicted(crisis)["poisson_month"].shape == (DRAWS, len(FRONTS), len(WEEKS))


def test_seeds_tell_forecasts_apart() -> None:
    first, again, other = predicted(made_up()), predicted(made_up()), predicted(made_up(), seed=2)
    for name, counts in first.items():
        assert (counts == again[name]).all()
        assert (counts != other[name]).any()


def test_months_after_the_last_attack_known_are_left_out() -> None:
    late = month_ends(day("2018-11-30"), day("2019-06-30"))
    found = attack_scores(made_up(), late, draws=DRAWS, seed=1)
    assert found["as_of"].max() == day("2018-11-30")
    assert found["ahead"].max() < WEEKS_AHEAD


def test_before_the_first_attack_known_there_is_no_forecast() -> None:
    early = month_ends(day("2016-11-30"), day("2016-12-31"))
    assert attack_scores(made_up(), early, draws=DRAWS, seed=1).empty


def test_a_source_that_counts_no_deaths_is_scored_on_events_alone() -> None:
    counted = made_up().attacks.assign(fatalities=np.nan)
    found = attack_scores(replace(made_up(), attacks=counted), DAYS, draws=DRAWS, seed=1)
    assert set(found["measure"]) == {"events"}


def test_without_attacks_there_is_no_row() -> None:
    found = attack_scores(without_attacks(), DAYS, draws=DRAWS, seed=1)
    assert found.empty
    assert list(found.columns) == COLUMNS

"""What a trigger says of a past day is what was served then, and nothing later changes it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis
from forecast.parallel import Processes
from forecast.run import run
from forecast.targets import month_ends
from forecast.trigger import Trigger
from forecast.trigger_record import RECONCILED, Line
from forecast.trigger_replay import Replay, days_of, line_on, replay, with_outcomes
from tests.forecast.triggers import trigger_of
from tests.strategies import day, days_between, made_up, reports_of, rewritten_after

DRAWS = 100
DAYS = list(month_ends(day("2018-02-28"), day("2018-04-30")))


def rule(place: str = "N", **changes: object) -> Trigger:
    return trigger_of(place=place, **{"over": 60_000.0, **changes})


def line(crisis: Crisis, on: pd.Timestamp, trigger: Trigger) -> Line:
    return line_on(Replay(crisis, trigger, DRAWS, 1), on)


@pytest.mark.parametrize(
    ("place", "within"), [("N", "1 month"), ("border_belt", "2 months"), ("N01", "3 weeks")]
)
def test_the_chance_is_that_of_the_forecast_served_that_day(place: str, within: str) -> None:
    trigger, on = rule(place, within=within, over=45_000.0), day("2018-03-31")
    steps, step = trigger.ahead
    served = run(made_up().as_of(on), on, steps, step=step, places=[place], draws=DRAWS)
    found = line(made_up(), on, trigger)
    arrivals = served.draws["arrivals"].sel(place=place).sum("period")
    assert found.probability == pytest.approx(float((arrivals > 45_000.0).mean()))
    assert 0.0 < found.probability < 1.0
    assert found.start == served.periods["start"].iloc[0].date()
    assert found.end == served.periods["end"].iloc[-1].date()


@given(st.data())
@settings(max_examples=4)
def test_nothing_published_later_changes_a_line(data: st.DataObject) -> None:
    on = data.draw(days_between("2018-03-01", "2018-06-30"))
    later = data.draw(rewritten_after(made_up(), on))
    trigger = rule("N01")
    assert line(later, on, trigger) == line(made_up(), on, trigger)


def test_what_was_published_before_does_change_it() -> None:
    on, crisis = day("2018-03-31"), made_up()
    known = crisis.reports["published"] <= on
    more = crisis.reports.assign(persons=crisis.reports["persons"].mask(known, 9e5))
    assert line(replace(crisis, reports=more), on, rule()) != line(crisis, on, rule())


def test_a_higher_threshold_is_never_likelier() -> None:
    on = day("2018-03-31")
    chances = [line(made_up(), on, rule(over=over)).probability for over in (3e4, 6e4, 9e4)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1]


@pytest.mark.slow
def test_a_record_is_the_same_on_any_executor() -> None:
    one = replay(made_up(), rule(), DAYS[:2], "0", draws=DRAWS)
    two = replay(made_up(), rule(), DAYS[:2], "0", Processes(2), draws=DRAWS)
    assert one == two
    assert [f"{each.as_of}" for each in one.lines] == ["2018-02-28", "2018-03-31"]


def test_a_published_figure_of_the_reference_is_what_came() -> None:
    came = replay(made_up(), rule("N01"), DAYS, "0", draws=DRAWS).lines[1].came
    rows = made_up().reports
    rows = rows[(rows["source"] == "Task Force") & (rows["place_id"] == "N01")]
    rows = rows[(rows["measure"] == "arrivals") & (rows["start"] == day("2018-04-01"))]
    assert came is not None
    assert (came.by, came.persons) == ("Task Force", rows["persons"].item())
    assert came.chance in (0.0, 1.0)


def test_windows_of_months_are_the_sum_of_published_months() -> None:
    trigger = rule("N01", within="2 months")
    [line_] = replay(made_up(), trigger, DAYS[:1], "0", draws=DRAWS).lines
    rows = made_up().reports
    rows = rows[(rows["source"] == "Task Force") & (rows["place_id"] == "N01")]
    rows = rows[(rows["measure"] == "arrivals")]
    inside = rows[rows["start"].isin([day("2018-03-01"), day("2018-04-01")])]
    assert line_.came is not None
    assert line_.came.persons == inside["persons"].sum()


def test_without_a_published_figure_it_is_reconciled_with_an_interval() -> None:
    came = replay(made_up(), rule("border_belt"), DAYS[:1], "0", draws=DRAWS).lines[0].came
    assert came is not None
    assert came.by == RECONCILED
    assert came.low < came.persons < came.high


def test_what_came_to_all_places_of_a_cell_is_what_came_to_the_cell() -> None:
    """The belt of the made-up land holds every sub-district of N01; a camp has a part of one."""
    reports = made_up().reports
    others = reports[reports["source"] != "Task Force"].reset_index(drop=True)
    crisis, lines = replace(made_up(), reports=others), [line(made_up(), DAYS[0], rule())]
    came = {}
    for place in ("N01", "border_belt", "N0101", "N01C"):
        [told] = with_outcomes(crisis, rule(place), lines, draws=2000, seed=1)
        assert told.came is not None
        came[place] = told.came.persons
    assert came["border_belt"] == pytest.approx(came["N01"], rel=0.05)
    assert 0.0 < came["N01C"] < came["N0101"] < came["N01"]


def test_a_window_that_nobody_told_of_stays_open() -> None:
    lines = [line(made_up(), DAYS[0], rule())]
    told = made_up().reports
    early = replace(made_up(), reports=told[told["end"] < day("2018-03-31")].reset_index(drop=True))
    assert with_outcomes(early, rule(), lines, draws=DRAWS, seed=1)[0].came is None
    last = reports_of([{"start": day("2018-03-01"), "end": day("2018-03-31"), "persons": 5.0}])
    known = replace(early, reports=pd.concat([early.reports, last], ignore_index=True))
    assert with_outcomes(known, rule(), lines, draws=DRAWS, seed=1)[0].came is not None


def test_days_to_look_at_are_month_ends_or_fridays() -> None:
    first, last = pd.Timestamp("2019-01-31"), pd.Timestamp("2019-02-28")
    assert [f"{day:%m-%d}" for day in days_of(first, last, "month")] == ["01-31", "02-28"]
    weekly = days_of(first, last, "week")
    assert (f"{weekly[0]:%m-%d}", f"{weekly[-1]:%m-%d}", len(weekly)) == ("01-04", "02-22", 8)

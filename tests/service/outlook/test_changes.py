"""What moved the figures: parts that sum exactly, each of its own cause alone."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from forecast.export import forecast_rows
from forecast.run import run
from service.outlook.build import warmed
from service.outlook.changes import PARTS, Changes, Last, changes, revisions
from tests.folders import write_crisis

THEN, NOW = pd.Timestamp("2018-04-04"), pd.Timestamp("2018-05-04")


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    return load_crisis(write_crisis(tmp_path_factory.mktemp("sound") / "made-up"))


def moved(crisis: Crisis) -> Changes:
    return changes(crisis, THEN, warmed(crisis, NOW, draws=200))


@pytest.fixture(scope="module")
def found(crisis: Crisis) -> Changes:
    return moved(crisis)


def kept(crisis: Crisis, months: int = 6, more: int = 0) -> Last:
    """The last outlook as it was kept, its means `more` people a month higher than made."""
    rows = forecast_rows(run(crisis, THEN, months, draws=200))
    means = rows[(rows["measure"] == "arrivals") & (rows["output_type"] == "mean")]
    return Last(crisis.as_of(THEN), means.assign(value=means["value"] + more))


def revised(crisis: Crisis) -> Crisis:
    """The newest figure known of the Task Force told anew, thrice as high."""
    old = crisis.reports[
        (crisis.reports["published"] <= THEN) & (crisis.reports["source"] == "Task Force")
    ].tail(2)
    anew = old.assign(persons=old["persons"] * 3, published=pd.Timestamp("2018-04-20"))
    rows = pd.concat([crisis.reports, anew]).sort_values(["published", "start", "end", "line"])
    return replace(crisis, reports=rows.reset_index(drop=True))


def test_the_parts_sum_exactly_to_the_change(found: Changes) -> None:
    assert tuple(found.parts) == PARTS
    assert sum(found.parts.values()) == found.now - found.before


def test_the_ends_are_the_means_of_both_outlooks(crisis: Crisis, found: Changes) -> None:
    def mean(day: pd.Timestamp, months: int, first: int) -> float:
        draws = run(crisis, day, months, draws=200).draws["arrivals"].sel(place="N")
        return float(draws.isel(period=slice(first, first + 3)).sum("period").mean())

    assert (found.start, found.end) == (pd.Timestamp("2018-05-01"), pd.Timestamp("2018-07-31"))
    assert found.before == pytest.approx(mean(THEN, 4, 1), abs=51)
    assert found.now == pytest.approx(mean(NOW, 6, 0), abs=51)


def test_without_revisions_and_record_only_data_and_attacks_move(found: Changes) -> None:
    assert found.revisions == 0
    assert found.reports > 0
    assert (found.parts["revised"], found.parts["model"]) == (0, 0)
    assert found.parts["data"] != 0


def test_a_revision_moves_its_own_part(crisis: Crisis, found: Changes) -> None:
    anew = moved(revised(crisis))
    assert anew.revisions == 2
    assert anew.parts["revised"] > 0
    assert anew.parts["data"] == found.parts["data"]
    assert sum(anew.parts.values()) == anew.now - anew.before


def test_without_new_attacks_the_regime_moves_nothing(crisis: Crisis) -> None:
    quiet = replace(crisis, attacks=crisis.as_of(THEN).attacks)
    assert moved(quiet).parts["regime"] == 0


def test_what_tells_anew_of_what_was_told_is_a_revision(crisis: Crisis) -> None:
    known = revised(crisis).as_of(NOW).reports
    assert known[revisions(known, THEN)]["published"].tolist() == [pd.Timestamp("2018-04-20")] * 2
    assert not revisions(crisis.as_of(NOW).reports, THEN).any()


def test_what_the_same_code_says_again_is_no_change_of_the_model(crisis: Crisis) -> None:
    found = changes(crisis, THEN, warmed(crisis, NOW, draws=200), kept(crisis))
    assert found.code
    assert found.parts["model"] == 0
    assert sum(found.parts.values()) == found.now - found.before


def test_what_changed_code_moved_is_in_the_part_of_the_model(crisis: Crisis) -> None:
    warm = warmed(crisis, NOW, draws=200)
    same, other = (changes(crisis, THEN, warm, kept(crisis, more=more)) for more in (0, 4000))
    assert other.before - same.before == pytest.approx(12_000, abs=100)
    assert other.parts["model"] == same.before - other.before
    assert {**other.parts, "model": 0} == same.parts
    assert sum(other.parts.values()) == other.now - other.before


def test_a_forecast_that_did_not_reach_so_far_says_nothing_of_code(crisis: Crisis) -> None:
    found = changes(crisis, THEN, warmed(crisis, NOW, draws=200), kept(crisis, months=2))
    assert not found.code
    assert found.parts == moved(crisis).parts


def test_rows_that_came_late_are_new_data_and_no_change_of_the_model(crisis: Crisis) -> None:
    last = kept(crisis)
    early = last.crisis.reports.iloc[:-3]
    short = replace(crisis, reports=early.reset_index(drop=True))
    found = changes(crisis, THEN, warmed(crisis, NOW, draws=200), kept(short))
    assert found.code
    assert found.parts["model"] == 0
    assert sum(found.parts.values()) == found.now - found.before

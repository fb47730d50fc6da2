"""What a summary says of scores that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.episodes import LABELS
from forecast.result import THRESHOLDS
from forecast.scores import LEVELS
from forecast.verdict import cells, verdict

MONTHS = pd.date_range("2018-01-31", periods=10, freq="ME")


def scores(**means: float) -> pd.DataFrame:
    """Six reports a month for ten months; a member's scores have the mean given, times 1 to 1.5."""
    parts = []
    for member, mean in means.items():
        count = 60
        rows = pd.DataFrame(
            {
                "report_id": range(1, count + 1),
                "as_of": np.repeat(MONTHS, 6),
                "member": member,
                "horizon": np.tile([1, 2, 3], 20),
                "pooled": True,
                "event": False,
                "episode": np.tile(["calm"] * 5 + ["onset"], 10),
                "published_assumed": np.arange(count) < 30,
            }
        )
        for score in ("wis", "wis_log", "crps", "crps_log"):
            rows[score] = mean * (1.0 + 0.1 * np.tile(np.arange(6), 10)) / 1.25
        for level in LEVELS:
            rows[f"covers_{level}"] = np.arange(count) % 100 < level * count / 100
        for at in THRESHOLDS:
            rows[f"brier_{at}"], rows[f"passes_{at}"] = mean / 10, np.arange(count) < 6
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def test_the_best_single_baseline_is_the_measure():
    found = verdict(scores(mine=0.4, ewm_6=0.5, last_value=0.8))
    pooled = found["mine"]["relative_wis_log"]["pooled"]
    assert pooled == {
        "value": pytest.approx(0.8),
        "low": pytest.approx(0.8),
        "high": pytest.approx(0.8),
        "against": "ewm_6",
        "n": 60,
        "months": 10,
    }
    assert found["last_value"]["relative_wis_log"]["pooled"]["value"] == pytest.approx(1.6)
    to = found["mine"]["relative_wis_log_to"]
    assert {name: cell["value"] for name, cell in to.items()} == pytest.approx(
        {"ewm_6": 0.8, "last_value": 0.5}
    )


def test_a_member_that_is_no_baseline_is_never_the_measure():
    found = verdict(scores(mine=0.4, other=0.1, ewm_6=0.5))
    assert found["mine"]["relative_wis_log"]["pooled"]["against"] == "ewm_6"


def test_without_baselines_only_the_number_is_told():
    assert verdict(scores(mine=0.4))["mine"]["relative_wis_log"]["pooled"] == {"n": 60}


def test_the_best_baseline_is_chosen_in_each_cell():
    rows = scores(mine=0.4, ewm_6=0.5, last_value=0.8)
    rows.loc[(rows["member"] == "last_value") & (rows["horizon"] == 3), "wis_log"] = 0.2
    horizon = verdict(rows)["mine"]["relative_wis_log"]["horizon"]
    assert {at: cell["against"] for at, cell in horizon.items()} == {
        "1": "ewm_6",
        "2": "ewm_6",
        "3": "last_value",
    }
    assert {at: cell["n"] for at, cell in horizon.items()} == {"1": 20, "2": 20, "3": 20}


def test_only_what_both_have_is_compared():
    rows = scores(mine=0.4, ewm_6=0.5)
    rows.loc[(rows["member"] == "ewm_6") & (rows["as_of"] == MONTHS[0]), "wis_log"] = 50.0
    rows = rows[(rows["member"] != "mine") | (rows["as_of"] != MONTHS[0])]
    pooled = verdict(rows)["mine"]["relative_wis_log"]["pooled"]
    assert (pooled["value"], pooled["n"], pooled["months"]) == (pytest.approx(0.8), 54, 9)


def test_a_baseline_with_gaps_is_no_measure_for_what_it_lacks():
    rows = scores(mine=0.4, ewm_6=0.5, last_value=0.1)
    rows = rows[(rows["member"] != "last_value") | (rows["as_of"] != MONTHS[3])]
    pooled = verdict(rows)["mine"]["relative_wis_log"]["pooled"]
    assert (pooled["against"], pooled["n"]) == ("ewm_6", 60)


def test_fewer_than_five_forecasts_say_only_how_many_they_are():
    rows = scores(mine=0.4, ewm_6=0.5)
    rows["episode"] = np.where(rows["report_id"] <= 4, "onset", "calm")
    mine = verdict(rows)["mine"]
    assert mine["relative_wis_log"]["episode"]["onset"] == {"n": 4}
    assert mine["coverage"]["episode"]["onset"] == {"n": 4}
    assert set(mine["relative_wis_log"]["episode"]) == set(LABELS)


def test_nowcasts_and_what_is_outside_the_focus_stand_apart():
    rows = scores(mine=0.4, ewm_6=0.5)
    rows.loc[rows["report_id"] <= 6, "horizon"] = 0
    rows.loc[rows["report_id"].between(7, 18), "pooled"] = False
    found = verdict(rows)["mine"]
    assert found["n"] == 42
    assert found["relative_wis_log"]["apart"]["nowcast"]["n"] == 6
    assert found["relative_wis_log"]["apart"]["outside_focus"]["n"] == 12
    masks = cells(rows)
    inside = masks["pooled"]["all"]
    assert not (inside & masks["apart"]["nowcast"]).any()
    assert not (inside & masks["apart"]["outside_focus"]).any()


def test_dated_reports_and_sources_are_told_apart():
    rows = scores(mine=0.4, ewm_6=0.5)
    rows["event"] = rows["report_id"] <= 12
    relative = verdict(rows)["mine"]["relative_wis_log"]
    assert relative["publication"]["dated"]["n"] == 30
    assert {name: cell["n"] for name, cell in relative["sources"].items()} == {
        "routine": 48,
        "event_triggered": 12,
    }


def test_coverage_says_whether_it_is_inside_its_band():
    rows = scores(mine=0.4, ewm_6=0.5)
    rows["covers_50"] = True
    coverage = verdict(rows)["mine"]["coverage"]["pooled"]
    assert coverage["50"]["value"] == 1.0
    assert not coverage["50"]["inside"]
    assert coverage["80"]["value"] == pytest.approx(0.8)
    assert coverage["80"]["inside"]


def test_brier_scores_stand_beside_the_best_baselines():
    brier = verdict(scores(mine=0.4, ewm_6=0.5, last_value=0.8))["mine"]["brier"]["100000"]
    assert brier == {
        "value": pytest.approx(0.04),
        "n": 60,
        "passed": 6,
        "against": "ewm_6",
        "of_against": pytest.approx(0.05),
    }


def test_scores_of_zero_do_not_make_a_ratio():
    assert verdict(scores(mine=0.4, ewm_6=0.0))["mine"]["relative_wis_log"]["pooled"] == {"n": 60}

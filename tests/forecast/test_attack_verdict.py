"""What a summary says of attack scores that are known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from forecast.attack_backtest import MEMBERS
from forecast.attack_verdict import attack_verdict
from models.attack_paths import AttackPaths

MONTHS = pd.date_range("2018-01-31", periods=10, freq="ME")
MEANS = {AttackPaths.name: 0.4, "last_value": 0.5, "last_year": 0.8, "poisson_month": 1.0}


def scores(means: dict[str, float] = MEANS, front: str = "a", months: int = 10) -> pd.DataFrame:
    """Thirteen weeks a month; members score their mean, twice that from week five on."""
    rows = pd.MultiIndex.from_product(
        [MONTHS[:months], range(1, 14), means], names=["as_of", "ahead", "member"]
    ).to_frame(index=False)
    mean = rows["member"].map(means)
    return rows.assign(
        front=front,
        measure="events",
        crps=10.0 * mean,
        crps_log=mean * np.where(rows["ahead"] > 4, 2.0, 1.0),
        covers_80=rows["ahead"] <= 10,
        covers_95=True,
    )


def test_every_member_stands_against_the_best_single_baseline() -> None:
    found = attack_verdict(scores())["events"]
    assert set(found["members"]) == set(MEMBERS)
    ours = found["members"][AttackPaths.name]["relative_crps_log"]
    same = {"value": pytest.approx(0.8), "low": pytest.approx(0.8), "high": pytest.approx(0.8)}
    assert ours["all"] == {**same, "against": "last_value", "n": 130}
    assert ours["1-4"] == {**same, "against": "last_value", "n": 40}
    assert ours["5-13"]["n"] == 90
    assert found["members"]["last_year"]["relative_crps"]["value"] == pytest.approx(1.6)
    assert found["members"]["last_value"]["relative_crps_log"]["all"]["value"] == pytest.approx(1.0)


def test_means_and_sizes_are_those_of_the_rows() -> None:
    found = attack_verdict(scores())["events"]
    assert (found["n"], found["months"]) == (130, 10)
    ours = found["members"][AttackPaths.name]
    assert ours["crps"] == pytest.approx(4.0)
    assert ours["crps_log"] == pytest.approx(0.4 * (4 + 2 * 9) / 13)
    assert ours["coverage"]["80"]["value"] == pytest.approx(10 / 13)
    band = ours["coverage"]["95"]
    assert (band["value"], 0.9 < band["low"] < 0.95 < band["high"] < 1.0) == (1.0, True)


def test_the_best_baseline_may_differ_by_front() -> None:
    other = {**MEANS, "last_year": 0.1}
    rows = pd.concat([scores(), scores(other, front="b")])
    fronts = attack_verdict(rows)["events"]["fronts"]
    assert {name: cell["against"] for name, cell in fronts.items()} == {
        "a": "last_value",
        "b": "last_year",
    }
    assert fronts["b"]["value"] == pytest.approx(4.0)


def test_few_weeks_or_a_baseline_without_a_fault_give_no_ratio() -> None:
    few = attack_verdict(scores(months=1).query("ahead <= 4"))["events"]
    ours = few["members"][AttackPaths.name]["relative_crps_log"]
    assert ours == {"all": {"n": 4}, "1-4": {"n": 4}, "5-13": {"n": 0}}
    faultless = attack_verdict(scores({**MEANS, "last_value": 0.0}))["events"]
    assert faultless["members"][AttackPaths.name]["relative_crps"] == {"n": 130}
    json.dumps([few, faultless], allow_nan=False)


def test_without_scores_it_says_why() -> None:
    assert attack_verdict(scores().iloc[:0]) == {
        "why": "no week of attacks is known after these month ends"
    }

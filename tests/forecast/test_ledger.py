from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.crisis import Crisis, load_crisis
from features.errors import InputError
from features.overlap import DAY
from forecast.export import LEVELS
from forecast.ledger import entry_of, keep, read_ledger, shipped_ledger
from forecast.ledger_conditions import CANNOT_TELL, DID_NOT, NOT_KNOWN, OCCURRED
from forecast.ledger_score import UNCONDITIONAL, judge
from forecast.scenario_compare import SideBySide, comparison_document, comparison_rows
from forecast.scenario_file import parse_toml
from forecast.whatif import WhatIf, warm_up
from tests.strategies import day, made_up

AS_OF = day("2018-03-15")


@pytest.fixture(scope="module")
def warm() -> WhatIf:
    return warm_up(made_up(), AS_OF, 2, draws=100)


def compared(warm: WhatIf, *texts: str) -> SideBySide:
    scenarios = [parse_toml(f'title = "t{at}"\n{text}') for at, text in enumerate(texts)]
    return SideBySide(warm.baseline, [warm.project(warm.settle(each)) for each in scenarios])


def entry(warm: WhatIf, text: str = "") -> dict[str, Any]:
    [each] = compared(warm, text).compared
    return entry_of(warm, *each, "0")


def test_an_entry_is_kept_once_and_never_overwritten(warm: WhatIf, tmp_path: Path) -> None:
    made = entry(warm, "[[attacks]]\nmultiply = 2")
    path, is_new = keep(tmp_path, made)
    content = path.read_bytes()
    assert is_new
    assert keep(tmp_path, entry(warm, "[[attacks]]\nmultiply = 2")) == (path, False)
    assert path.read_bytes() == content
    assert keep(tmp_path, entry(warm, "[[attacks]]\nmultiply = 3"))[1]
    [one, other] = read_ledger(tmp_path, made_up())
    assert {one["fingerprint"], other["fingerprint"]} >= {made["fingerprint"]}
    assert one["condition"]["attacks"][0]["cell"] == "N01"


def test_what_is_no_entry_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[]")
    with pytest.raises(InputError) as caught:
        read_ledger(tmp_path, made_up())
    assert len(caught.value.findings) == 2
    with pytest.raises(InputError, match="no such folder"):
        read_ledger(tmp_path / "none", made_up())
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        keep(tmp_path / "file" / "x", {"title": "t", "as_of": "d", "fingerprint": "f" * 20})


def test_a_condition_that_came_true_is_scored_and_another_is_not(warm: WhatIf) -> None:
    usual, absurd = entry(warm, "[[attacks]]\nmultiply = 1.01"), entry(warm)
    absurd["condition"] = {
        "attacks": [{"cell": "N01", "start": "2018-04-01", "end": "2018-04-30", "intensity": 900}]
    }
    usual["condition"]["attacks"] = [
        {**each, "intensity": _observed()} for each in usual["condition"]["attacks"]
    ]
    came, did_not = judge([usual, absurd], made_up())
    assert (came.verdict, did_not.verdict) == (OCCURRED, DID_NOT)
    assert came.scored
    assert did_not.rows.empty
    # the task force publishes N01 as arrivals, each month of the horizon
    of_cell = came.rows[came.rows["places"] == ("N01",)]
    assert {"2018-03-01", "2018-04-01"} <= set(of_cell["start"])
    assert (came.rows["wis_log"] > 0.0).all()


def _observed() -> float:
    """Mean weekly strikes in March and April 2018, which drive both cells."""
    rows = made_up().attacks
    inside = (rows["end"] >= day("2018-03-01")) & (rows["start"] <= day("2018-04-30"))
    weeks = rows.loc[inside, "start"].nunique()
    return float(rows.loc[inside, "events"].sum() / weeks)


def test_nothing_assumed_is_judged_as_a_forecast(warm: WhatIf) -> None:
    [one] = judge([entry(warm)], made_up())
    assert one.verdict == UNCONDITIONAL
    np.testing.assert_allclose(one.rows["wis_log"], one.rows["baseline_wis_log"])


@pytest.mark.parametrize(
    ("agreement", "verdict"),
    [
        ({"date": "2018-09-10"}, OCCURRED),
        ({"date": "2017-05-06", "probability": 1.0}, OCCURRED),
        ({"date": "2017-05-06", "place": "N02"}, OCCURRED),
        ({"date": "2018-09-10", "place": "N0101"}, DID_NOT),
        ({"date": "2018-02-01"}, DID_NOT),
        ({"date": "2030-02-01"}, NOT_KNOWN),
    ],
)
def test_an_agreement_near_the_day_and_place_is_the_condition(
    warm: WhatIf, agreement: dict[str, Any], verdict: str
) -> None:
    [one] = judge([{**entry(warm), "condition": {"agreements": [agreement]}}], made_up())
    assert (one.verdict, one.why[0].split(":")[0]) == (verdict, verdict)


def test_one_that_must_hold_did_not_where_it_fell_apart(warm: WhatIf) -> None:
    crisis = made_up()
    fallen = crisis.agreements.assign(collapsed=crisis.agreements["effective"] + 5 * DAY)
    crisis = replace(crisis, agreements=fallen)
    sure = {"date": "2017-05-06", "probability": 1.0}
    for agreement, verdict in ((sure, DID_NOT), ({**sure, "probability": 0.5}, OCCURRED)):
        [one] = judge([{**entry(warm), "condition": {"agreements": [agreement]}}], crisis)
        assert one.verdict == verdict


WINDOW = {"from": "2018-03-16", "to": "2018-04-30"}


@pytest.mark.parametrize(
    ("name", "clause", "verdict"),
    [
        ("territory", {"places": ["N0201"], "date": "2018-04-01"}, CANNOT_TELL),
        ("closure", {"place": "N01", **WINDOW}, DID_NOT),
        ("closure", {"place": "N0101", **WINDOW}, CANNOT_TELL),
        ("closure", {"place": "N01", "from": "2018-04-01", "to": "2031-04-30"}, DID_NOT),
        ("closure", {"between": ["N01", "N02"], **WINDOW}, DID_NOT),
        (
            "closure",
            {"between": ["N01C", "N01"], "from": "2017-07-01", "to": "2017-08-31"},
            OCCURRED,
        ),
        ("closure", {"between": ["N0201", "N01"], **WINDOW}, CANNOT_TELL),
        ("gate", {"people_a_day": 500, **WINDOW}, CANNOT_TELL),
        ("gate", {"people_a_day": 500, "from": "2030-01-01", "to": "2030-02-01"}, NOT_KNOWN),
        ("capacity", {"place": "N01", "people": 10, **WINDOW}, DID_NOT),
        ("capacity", {"place": "N01", "people": 1e8, **WINDOW}, CANNOT_TELL),
        ("capacity", {"place": "N01", "people": 10, "opens": True, **WINDOW}, CANNOT_TELL),
        ("outflow", {"place": "N0202", "people": 10, **WINDOW}, CANNOT_TELL),
        ("outflow", {"place": "N02", "people": 10, "isolated": True, **WINDOW}, CANNOT_TELL),
        ("onward", {"share": 0.2, **WINDOW}, CANNOT_TELL),
    ],
)
def test_other_clauses_are_told_from_data_or_not_at_all(
    warm: WhatIf, name: str, clause: dict[str, Any], verdict: str
) -> None:
    kept = entry(warm)
    [one] = judge([{**kept, "scenario": {name: [clause]}}], made_up())
    assert (one.verdict, len(one.why)) == (verdict, 1)
    assert one.rows.empty == (verdict != OCCURRED)
    [one] = judge([{**kept, "scenario": {name: clause}, "condition": NEVER}], made_up())
    assert one.verdict == DID_NOT


NEVER = {"agreements": [{"date": "2018-02-01"}]}


def reported(**columns: Any) -> Crisis:
    """The made-up land with one report more."""
    crisis = made_up()
    row = crisis.reports.iloc[-1:].assign(
        start=day("2018-03-20"), end=day("2018-04-25"), from_id="", **columns
    )
    return replace(crisis, reports=pd.concat([crisis.reports, row], ignore_index=True))


@pytest.mark.parametrize(
    ("persons", "verdict"), [(37_000, OCCURRED), (50_000, OCCURRED), (90_000, DID_NOT)]
)
def test_a_gate_and_an_outflow_are_held_against_what_was_reported(
    warm: WhatIf, persons: float, verdict: str
) -> None:
    gate = {"people_a_day": 1000, **WINDOW}
    crisis = reported(measure="arrivals", direction="destination", place_id="T", persons=persons)
    [one] = judge([{**entry(warm), "scenario": {"gate": gate}}], crisis)
    assert one.verdict == verdict
    outflow = {"place": "N0201", "people": 37_000, **WINDOW}
    crisis = reported(measure="departures", direction="origin", place_id="N0201", persons=persons)
    [one] = judge([{**entry(warm), "scenario": {"outflow": [outflow]}}], crisis)
    assert one.verdict == verdict


@pytest.mark.parametrize(
    ("event", "verdict"), [("2018-04-05", OCCURRED), ("2017-04-05", DID_NOT), ("", CANNOT_TELL)]
)
def test_lost_ground_is_told_by_events_of_that_kind(warm: WhatIf, event: str, verdict: str) -> None:
    crisis = made_up()
    lost = crisis.attacks.iloc[:1].assign(kind="territory", place_id="N0201")
    if event:
        lost = lost.assign(start=day(event), end=day(event))
        crisis = replace(crisis, attacks=pd.concat([crisis.attacks, lost], ignore_index=True))
    territory = {"places": ["N0201"], "date": "2018-04-01"}
    [one] = judge([{**entry(warm), "scenario": {"territory": [territory]}}], crisis)
    assert one.verdict == verdict


def test_the_plan_of_august_2018_is_the_worked_example() -> None:
    crisis = load_crisis("nw-syria")
    entries = read_ledger(shipped_ledger("nw-syria"), crisis)
    headline, offensive = judge(entries, crisis)
    assert headline.verdict == UNCONDITIONAL
    assert offensive.verdict == DID_NOT
    [row] = headline.rows.to_dict("records")
    assert row["persons"] / row["median"] == pytest.approx(0.196, abs=0.001)
    assert row["wis_log"] == pytest.approx(np.log((900_000 + 1) / (row["persons"] + 1)))
    assert all("docslib" in each["source"] for each in entries)


def test_rows_for_other_programs_hold_every_quantile(warm: WhatIf) -> None:
    found = compared(warm, "[[attacks]]\nmultiply = 2", "")
    rows = comparison_rows(found)
    assert set(rows["quantity"]) == {"baseline", "scenario", "difference"}
    one = rows[
        (rows["scenario"] == "t0")
        & (rows["measure"] == "arrivals")
        & (rows["location"] == "N")
        & (rows["periods"] == 2)
    ]
    assert len(one) == 3 * (len(LEVELS) + 1) + 1
    median = one[(one["output_type_id"] == "0.5")].set_index("quantity")["value"].astype(float)
    assert median["scenario"] > median["baseline"]
    same = rows[(rows["scenario"] == "t1") & (rows["quantity"] == "difference")]
    assert (pd.to_numeric(same["value"]) == 0).all()


def test_the_document_is_a_projection_with_differences(warm: WhatIf) -> None:
    found = comparison_document(compared(warm, "[[attacks]]\nmultiply = 2"), "0")
    assert found["kind"] == "projection"
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    [scenario] = found["scenarios"]
    first = scenario["results"][0]
    assert first["probability_above_baseline"] > 0.9
    assert list(first["difference"]["intervals"]) == ["50", "80", "95"]
    assert scenario["assumptions"]

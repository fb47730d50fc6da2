from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.crisis import load_crisis
from features.errors import InputError
from forecast.export import LEVELS
from forecast.ledger import entry_of, keep, read_ledger, shipped_ledger
from forecast.ledger_score import DID_NOT, NOT_KNOWN, OCCURRED, UNCONDITIONAL, judge
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


def test_agreements_and_what_no_data_tell_of(warm: WhatIf) -> None:
    kept = entry(warm)
    conditions = [
        ({"agreements": [{"date": "2018-09-10"}]}, OCCURRED),
        ({"agreements": [{"date": "2017-05-06"}]}, OCCURRED),
        ({"agreements": [{"date": "2018-02-01"}]}, DID_NOT),
        ({"agreements": [{"date": "2030-02-01"}]}, NOT_KNOWN),
        ({"unchecked": ["gate"]}, NOT_KNOWN),
        ({"unchecked": ["gate"], "agreements": [{"date": "2018-02-01"}]}, DID_NOT),
    ]
    for condition, verdict in conditions:
        [one] = judge([{**kept, "condition": condition}], made_up())
        assert (one.verdict, bool(one.why)) == (verdict, True)


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

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.pool import Pool
from models.subdistricts import cells_of_reports
from tests.models.test_allocation import told
from tests.strategies import day, made_up, panel_of, rows_to_predict

JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}


def wanted(*rows: dict[str, object]) -> pd.DataFrame:
    return rows_to_predict([{**JULY, "place_id": "N0101", **row} for row in rows])


def test_only_whole_arrivals_of_a_sub_district_are_a_part_of_its_cell() -> None:
    rows = wanted(
        {},
        {"from_id": "N02"},
        {"measure": "departures", "direction": "origin"},
        {"place_id": "N01"},
        {"place_id": "N0201"},
    )
    assert cells_of_reports(panel_of(made_up()), rows).tolist() == ["N01", "", "", "", "N02"]


def test_a_sub_district_without_a_past_gets_its_share_and_others_what_they_had() -> None:
    fitted = Pool().fit(panel_of(made_up()))
    whole, rng = wanted({"place_id": "N01"}), np.random.default_rng
    alone = fitted.predict(whole, 400, rng(1))
    both = fitted.predict(pd.concat([whole, wanted({})], ignore_index=True), 400, rng(1))
    assert (both[:, 0].shape, np.isfinite(both).all()) == ((400,), True)
    assert 0.0 < np.median(both[:, 1]) < np.median(both[:, 0])
    assert np.median(alone) > 0.0


def test_a_sub_district_with_four_reports_of_its_own_speaks_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> np.ndarray:
        raise AssertionError("shared out")

    monkeypatch.setattr("models.pool.figures_of", never)
    known, new = (Pool().fit(panel_of(told("N0101", 500.0, months))) for months in (5, 3))
    row = wanted({"source": "Task Force"})
    known.predict(row, 50, np.random.default_rng(1))
    with pytest.raises(AssertionError, match="shared out"):
        new.predict(row, 50, np.random.default_rng(1))

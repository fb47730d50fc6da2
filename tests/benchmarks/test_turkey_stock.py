from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.turkey_stock import by_year, published, weekly


def test_a_year_is_told_from_its_first_count_to_its_last() -> None:
    days = pd.to_datetime(["2018-01-01", "2018-06-01", "2018-12-27", "2019-03-01"])
    found = by_year(pd.Series([100.0, 50.0, 460.0, 1.0], index=days), 2.0)
    assert len(found) == 1
    row = found.iloc[0]
    assert (row["change"], row["a_day"], row["crossings"]) == (360.0, 1.0, 720.0)


def test_the_register_grew_while_the_gate_was_shut(shared: Path) -> None:
    folder = shared / "displacement"
    found = by_year(weekly(folder / "refugees_turkey_derived_weekly_total.csv"), 0.0)
    assert (found["change"] > 0).all()
    assert found["a_day"].is_monotonic_decreasing
    told = by_year(published(folder / "refugees_turkey.csv"), 0.0)
    assert (told["crossings"] == 0.0).all()


def test_published_counts_are_of_the_whole_country(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = ["2018-01-01,Turkey,5", "2018-01-01,Turkey,7", "2018-01-02,Turkey (camps),9"]
    file.write_text("\n".join(["date,place,persons", *rows, "2014-01-01,Turkey,1", ""]))
    assert published(file).tolist() == pytest.approx([6.0])

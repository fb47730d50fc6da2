"""How good we have been: counted from what the record knew on the day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.crisis import load_crisis
from features.track_record import COLUMNS, known_by, no_track_record
from service.outlook.record import HARDEST, Record, past_record

MONTHS = pd.date_range("2018-01-31", periods=18, freq="ME")


def record(ours: float, theirs: float, pit: float = 0.5) -> pd.DataFrame:
    """Four figures a month for eighteen months, of a model and two baselines."""
    rows = [
        {
            "as_of": month,
            "member": member,
            "horizon": 1,
            "residual": np.log(1.5),
            "scale": 0.5,
            "pit": pit,
            "pooled": True,
            "event": False,
            "kind": "forecast",
            "stream": f"stream {stream}",
            "score": score + 0.01 * stream,
            "target_published": month + pd.Timedelta(days=60),
        }
        for month in MONTHS
        for stream in range(4)
        for member, score in (("served", ours), ("ewm_6", theirs), ("last_value", theirs + 1.0))
    ]
    return pd.DataFrame(rows).astype(COLUMNS)


def test_a_better_model_leads() -> None:
    found = past_record(record(ours=0.8, theirs=1.0))
    assert found.best == "ewm_6"
    assert found.skill is not None
    assert found.skill.value == pytest.approx(0.815 / 1.015)
    assert not found.baseline_leads
    assert (found.figures, found.months) == (72, 18)


def test_a_better_baseline_is_said_to_lead() -> None:
    assert past_record(record(ours=1.2, theirs=1.0)).baseline_leads


def test_the_last_outlooks_are_told_the_newest_first() -> None:
    found = past_record(record(ours=0.8, theirs=1.0, pit=0.95)).latest
    assert [one.as_of for one in found] == list(MONTHS[:-7:-1])
    assert {(one.figures, one.inside) for one in found} == {(4, 0)}
    assert found[0].factor == pytest.approx(1.5)


@pytest.mark.parametrize(("pit", "inside"), [(0.5, (50, 80, 95)), (0.85, (80, 95)), (0.999, ())])
def test_coverage_is_counted_from_where_figures_fell(pit: float, inside: tuple[int, ...]) -> None:
    found = past_record(record(0.8, 1.0, pit)).coverage
    assert [level for level, share in found.items() if share.value == 1.0] == list(inside)


def test_figures_that_were_not_out_do_not_count() -> None:
    day = pd.Timestamp("2018-07-15")
    found = past_record(known_by(record(0.8, 1.0), day))
    assert found.months == 4
    assert max(one.as_of for one in found.latest) == pd.Timestamp("2018-04-30")


def test_without_a_record_nothing_is_claimed() -> None:
    found = past_record(no_track_record())
    assert found == Record(best=HARDEST)
    assert not found.baseline_leads


def test_the_bundled_record_is_read_as_of_a_day() -> None:
    crisis = load_crisis("nw-syria")
    early, late = (
        past_record(crisis.as_of(pd.Timestamp(day)).track_record)
        for day in ("2018-12-31", "2019-08-31")
    )
    assert 0 < early.figures < late.figures
    assert all(one.as_of < pd.Timestamp("2018-12-31") for one in early.latest)

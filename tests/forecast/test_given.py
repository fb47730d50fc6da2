from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from forecast.given import allocated, leaving_by, read_given
from models.closures import Closure
from tests.strategies import day, made_up

SITES = ("N0101", "N0102", "N0201", "N0202")
HEAD = "start,end,place_id,persons\n"
ROW = "2018-07-01,2018-07-10,N0201,1000\n"


def read(tmp_path: Path, *rows: str) -> pd.DataFrame:
    file = tmp_path / "given.csv"
    file.write_text(HEAD + "".join(rows))
    return read_given(file, made_up(), day("2018-06-01"), day("2018-08-31"))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2018-07-11,2018-07-12,,5\n", "given.csv:3: place_id '': a total needs an origin"),
        ("2018-07-11,2018-07-12,N0999,5\n", "given.csv:3: place_id 'N0999'"),
        ("2018-07-11,2018-07-12,N0202,-5\n", "given.csv:3: persons '-5': is below 0"),
        ("2018-07-11,2018-07-10,N0202,5\n", "given.csv:3: end '2018-07-10': the window ends"),
        ("2018-07-11,2018-09-10,N0202,5\n", "does not lie within the horizon, 2018-06-01 to"),
        ("2018-07-10,2018-07-12,N0201,5\n", "overlaps that of line 2 from the same place"),
        ("2018-07-11,2018-07-12,L-rest,5\n", "neither coordinates in places.csv nor a route"),
    ],
)
def test_what_is_wrong_is_told_by_row(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, ROW, row)
    assert told in str(error.value)
    assert len(error.value.findings) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_given(tmp_path / "no.csv", made_up(), day("2018-06-01"), day("2018-08-31"))


def test_people_leave_evenly_over_the_days_of_a_window(tmp_path: Path) -> None:
    windows = pd.DataFrame(
        {
            "start": [day("2018-06-01"), day("2018-07-04")],
            "end": [day("2018-07-03"), day("2018-07-31")],
        }
    )
    assert leaving_by(read(tmp_path, ROW), windows)["N0201"].tolist() == [300.0, 700.0]


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(), ("N0101",), ("N0202", "N0101")]))
def test_in_every_draw_all_who_leave_arrive_or_are_trapped(
    seed: int, shut: tuple[str, ...]
) -> None:
    rng = np.random.default_rng(seed)
    days = pd.date_range("2018-07-01", periods=6)
    leaving = pd.DataFrame(rng.gamma(1, 100, size=(6, 2)), columns=["N0201", "N0202"])
    closures = [Closure(place, day("2018-07-03"), day("2018-07-05")) for place in shut]
    step_of = np.array([0, 0, 0, 1, 1, 1])
    liking = rng.gamma(0.3, 10, size=(4, 4)) + 1e-9
    arrived, trapped = allocated(
        made_up(routes=None), leaving, liking, SITES, days, step_of, closures
    )
    total = leaving.to_numpy().reshape(2, 3, 2).sum(axis=(1, 2))
    np.testing.assert_allclose(arrived.sum(axis=2) + trapped, np.tile(total, (4, 1)))
    assert (trapped > 0.0).any() == ("N0202" in shut)


def test_nobody_goes_to_the_place_he_leaves() -> None:
    leaving = pd.DataFrame({"N0201": [100.0]})
    days = pd.date_range("2018-07-01", periods=1)
    arrived, _ = allocated(
        made_up(routes=None), leaving, np.ones((1, 4)), SITES, days, np.array([0])
    )
    assert arrived[0, 0, 2] == 0.0
    assert (arrived[0, 0, [0, 1, 3]] > 0.0).all()

"""Odd crises of camps: one camp, one that opens later, one that closes, none with anybody."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis, load_crisis
from forecast.assumed import Assumed
from forecast.camps import in_camps
from forecast.present import present
from forecast.run import run
from models.closures import Closure
from tests.folders import write_crisis
from tests.strategies import CAMPS_CRISIS, CAMPS_PLACES, CAMPS_SOURCES, day, panel_of

FLAGS = "start,end,place_id,kind,events,fatalities,civilians_killed,source,published\n" + "".join(
    f"2012-{month:02d}-01,2012-{month:02d}-07,ML07,conflict_flag,1,,,Flags,\n"
    for month in range(1, 12)
)
HEAD = "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url,note\n"
CAMPS = ("MBERA", "ABALA", "MANG")
AS_OF = day("2012-10-31")


def land(path: Path, counts: dict[str, dict[int, float]]) -> Crisis:
    """Counts by camp and month, and arrivals as they rise; a month not named was not counted."""
    rows = []
    for camp, told in counts.items():
        months = sorted(told)
        for before, month in zip([None, *months], months, strict=False):
            on = f"2012-{month:02d}-28"
            rows.append(f"{on},{on},stock,{camp},within,,{told[month]},,,Agency,,,")
            if before is not None:
                came = max(told[month] - told[before], 0.0)
                first = f"2012-{before:02d}-29"
                rows.append(f"{first},{on},arrivals,{camp},destination,,{came},,,Agency,,,")
    places = "".join(
        line
        for line in CAMPS_PLACES.splitlines(keepends=True)
        if line.split(",")[0] not in set(CAMPS) - set(counts)
    )
    belt = CAMPS_CRISIS.replace('"MBERA"', f'"{next(iter(counts))}"')
    files = {"crisis": belt, "places": places, "sources": CAMPS_SOURCES, "attacks": FLAGS}
    nothing = {"areas": None, "routes": None, "agreements": None}
    text = HEAD + "\n".join(rows) + "\n"
    return load_crisis(write_crisis(path / "camps", displacement=text, **files, **nothing))


MONTHS = range(2, 11)
ODD = {
    "one camp": {"ABALA": {month: 900.0 * month for month in MONTHS}},
    "opens later": {
        "MBERA": {month: 500.0 * month for month in MONTHS},
        "ABALA": {month: 800.0 * month for month in range(7, 11)},
    },
    "closes": {
        "MBERA": {month: 500.0 * month for month in MONTHS},
        "MANG": {month: 700.0 if month < 6 else 0.0 for month in MONTHS},
    },
    "nobody in one": {
        "MBERA": {month: 500.0 * month for month in MONTHS},
        "ABALA": dict.fromkeys(MONTHS, 0.0),
    },
    "days missing": {
        "MBERA": {2: 100.0, 5: 900.0, 7: 4000.0, 9: 9000.0},
        "ABALA": {3: 0.0, 4: 50.0, 8: 700.0},
        "MANG": {2: 30.0, 3: 35.0, 5: 36.0, 10: 40.0},
    },
}


def outflow(people: float = 3000.0) -> pd.DataFrame:
    row = (day("2012-11-05"), day("2012-12-20"), "ML07", people)
    return pd.DataFrame([row], columns=["start", "end", "place_id", "persons"])


@pytest.mark.parametrize("name", ODD)
def test_all_who_are_given_are_in_some_camp_by_day(tmp_path: Path, name: str) -> None:
    crisis = land(tmp_path, ODD[name])
    made = run(crisis, AS_OF, 2, places=list(ODD[name]), assumed=Assumed(given=outflow()), draws=60)
    table = pd.read_csv(io.BytesIO(present(made)))
    before = sum(one.before for one in made.pressure if one.place != "border_belt")
    last = table[table["date"] == "2012-12-31"].drop_duplicates("place_id")
    assert last.loc[last["place_id"].isin(CAMPS), "mean"].sum() == pytest.approx(
        before + 3000.0, abs=4
    )
    assert table.groupby("place_id")["mean"].apply(lambda one: one.is_monotonic_increasing).all()


def test_newcomers_follow_those_before_them_not_the_road_alone(tmp_path: Path) -> None:
    counts = {
        "MANG": {month: month for month in MONTHS},
        "MBERA": {month: 9e3 * month for month in MONTHS},
    }
    crisis = land(tmp_path, counts)
    made = run(
        crisis, AS_OF, 2, places=["MANG", "MBERA"], assumed=Assumed(given=outflow()), draws=60
    )
    near, far = (made.total("arrivals", 2).sel(place=one).mean() for one in ("MANG", "MBERA"))
    assert far > 3.0 * near


@settings(max_examples=10, deadline=None)
@given(room=st.floats(1.0, 5000.0), shut=st.booleans())
def test_full_and_shut_camps_lose_nobody(
    tmp_path_factory: pytest.TempPathFactory, room: float, shut: bool
) -> None:
    crisis = land(tmp_path_factory.mktemp("odd"), ODD["opens later"])
    closures = (Closure("ABALA", day("2012-11-10"), day("2012-11-20")),) if shut else ()
    assumed = Assumed(closures, {"ABALA": room}, given=outflow())
    made = run(crisis, AS_OF, 2, places=["W", "MBERA", "ABALA"], assumed=assumed, draws=60)
    arrivals = made.draws["arrivals"]
    assert made.trapped is not None
    whole = arrivals.sel(place="W").sum("period").to_numpy() + made.trapped.sum(axis=1)
    np.testing.assert_allclose(whole, 3000.0)
    parts = arrivals.sel(place=["MBERA", "ABALA"]).sum("place")
    np.testing.assert_allclose(parts, arrivals.sel(place="W"))


def test_who_is_in_camps_is_what_was_counted_last(tmp_path: Path) -> None:
    crisis = land(tmp_path, ODD["days missing"])
    panel = panel_of(crisis, "2012-11-15", "2012-12-31")
    found = dict(zip(panel.cells, in_camps(panel), strict=True))
    assert found["MBERA"] == pytest.approx(9000.0, rel=0.05)
    assert found["MANG"] == pytest.approx(40.0, abs=30.0)


def test_nobody_is_taken_to_go_home_where_no_report_tells_of_returns(tmp_path: Path) -> None:
    crisis = land(tmp_path, ODD["one camp"])
    made = run(crisis, AS_OF, 3, places=["W", "ABALA"], draws=60)
    [camp] = [one for one in made.pressure if one.place == "ABALA"]
    assert (np.diff(camp.staying, axis=1) >= -1e-6).all()
    assert any("no report tells of returns" in one for one in made.warnings)

"""Nothing published after the day may move a byte; something published before it must."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis, load_crisis
from features.overlap import DAY
from forecast.result import Forecast
from forecast.run import predict_reports, run
from tests.strategies import (
    attacks_of,
    camps,
    day,
    days_between,
    made_up,
    reports_of,
    rewritten_after,
    rows_to_predict,
    without_attacks,
    without_drivers,
    without_models,
)

AS_OF = day("2019-05-04")
DRAWS = 40
Change = Callable[[Crisis], Crisis]
Bytes = tuple[bytes, ...]

SYRIA_ROWS = {
    "measure": ["arrivals", "departures", "newly_displaced", "returns"],
    "place_id": ["SY07", "idleb-surroundings", "n-hama-s-idleb", "SY02"],
    "direction": ["destination", "origin", "origin", "destination"],
    "from_id": "",
    "source": ["OCHA IDP Task Force", "ISMI", "SIC", "OCHA IDP Task Force"],
    "start": [day("2019-05-01"), day("2019-04-01"), day("2019-05-01"), day("2019-06-01")],
    "end": [day("2019-05-31"), day("2019-04-30"), day("2019-05-20"), day("2019-06-30")],
}


def bytes_of(found: Forecast) -> Bytes:
    """All that a reader sees of a forecast, as bytes."""
    arrays = [*(found.draws[name].to_numpy() for name in sorted(found.draws)), found.intensity]
    tables = [found.periods, found.freshness]
    words = [
        *found.places,
        *found.warnings,
        str(found.past_days),
        str(sorted(found.models.items())),
    ]
    return (
        *(np.asarray(array).tobytes() for array in arrays),
        *(table.to_csv().encode() for table in tables),
        *(word.encode() for word in words),
    )


def of_syria(crisis: Crisis) -> Bytes:
    """Draws of the forecast and of four reports to come, as of 2019-05-04."""
    reports = pd.DataFrame(SYRIA_ROWS)
    return (
        *bytes_of(run(crisis, AS_OF, 2, draws=DRAWS)),
        predict_reports(crisis, AS_OF, reports, draws=DRAWS).tobytes(),
    )


def late(rows: pd.DataFrame) -> pd.Series:
    return rows["published"] > AS_OF


def sevenfold_persons(crisis: Crisis) -> Crisis:
    reports = crisis.reports.copy()
    reports.loc[late(reports), ["persons", "low", "high"]] *= 7.0
    return replace(crisis, reports=reports)


def dropped_reports(crisis: Crisis) -> Crisis:
    odd = np.arange(len(crisis.reports)) % 2 == 1
    reports = crisis.reports[~(late(crisis.reports) & odd)]
    return replace(crisis, reports=reports.reset_index(drop=True))


def added_reports(crisis: Crisis) -> Crisis:
    """Late figures on windows long before, on new streams, and revisions of known figures."""
    known = crisis.reports[~late(crisis.reports)]
    revised = known.tail(60).assign(persons=known["persons"].tail(60) * 7.0)
    old = known.tail(60).assign(
        start=known["start"].tail(60) - 900 * DAY, end=known["end"].tail(60) - 900 * DAY
    )
    elsewhere = known.tail(60).assign(place_id="SY0703", source=crisis.reference)
    parts = [part.assign(published=AS_OF + DAY) for part in (revised, old, elsewhere)]
    return replace(crisis, reports=ordered([crisis.reports, *parts]))


def changed_attacks(crisis: Crisis) -> Crisis:
    attacks = crisis.attacks.copy()
    attacks.loc[late(attacks), ["events", "fatalities", "civilians_killed"]] *= 7.0
    return replace(crisis, attacks=attacks)


def added_attacks(crisis: Crisis) -> Crisis:
    """Attacks told of late, in weeks long before as in weeks to come."""
    known = crisis.attacks[~late(crisis.attacks)]
    back = known.tail(200).assign(published=AS_OF + DAY, events=50.0)
    ahead = back.assign(start=back["start"] + 60 * DAY, end=back["end"] + 60 * DAY)
    return replace(crisis, attacks=ordered([crisis.attacks, back, ahead]))


def changed_agreements(crisis: Crisis) -> Crisis:
    agreements = crisis.agreements.copy()
    hidden = ~(agreements["collapsed"] <= AS_OF)
    agreements.loc[hidden, "collapsed"] = AS_OF + DAY
    agreements.loc[agreements["announced"] > AS_OF, "title"] = "another"
    return replace(crisis, agreements=agreements)


def no_future(crisis: Crisis) -> Crisis:
    """Everything after the day removed, all frames at once."""
    return replace(
        crisis,
        reports=crisis.reports[~late(crisis.reports)].reset_index(drop=True),
        attacks=crisis.attacks[~late(crisis.attacks)].reset_index(drop=True),
        agreements=crisis.agreements[crisis.agreements["announced"] <= AS_OF],
    )


def all_at_once(crisis: Crisis) -> Crisis:
    for change in (
        sevenfold_persons,
        dropped_reports,
        added_reports,
        changed_attacks,
        added_attacks,
        changed_agreements,
    ):
        crisis = change(crisis)
    return crisis


def ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    found = pd.concat(parts, ignore_index=True).astype(parts[0].dtypes.to_dict())
    found["line"] = np.arange(2, len(found) + 2)
    return found.sort_values(["published", "start", "end", "line"], ignore_index=True)


@pytest.fixture(scope="module")
def syria() -> Crisis:
    return load_crisis("nw-syria")


@pytest.fixture(scope="module")
def as_it_was(syria: Crisis) -> Bytes:
    return of_syria(syria)


@pytest.mark.parametrize("change", [all_at_once, no_future])
def test_no_future_of_syria_moves_a_byte(syria: Crisis, as_it_was: Bytes, change: Change) -> None:
    other = change(syria)
    assert not other.reports.equals(syria.reports)
    assert of_syria(other) == as_it_was


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        sevenfold_persons,
        dropped_reports,
        added_reports,
        changed_attacks,
        added_attacks,
        changed_agreements,
    ],
)
def test_no_part_of_the_future_of_syria_moves_a_byte(
    syria: Crisis, as_it_was: Bytes, change: Change
) -> None:
    assert of_syria(change(syria)) == as_it_was


def later_known(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row in ten that was known by the day, sevenfold."""
    known = (~late(rows)).to_numpy() & (np.arange(len(rows)) % 10 == 3)
    return rows.assign(**{column: rows[column].where(~known, 7.0 * rows[column])})


def test_a_leak_would_be_seen(syria: Crisis, as_it_was: Bytes) -> None:
    """The control: the same changes to what was known by then do move the draws."""
    for other in (
        replace(syria, reports=later_known(syria.reports, "persons")),
        replace(syria, attacks=later_known(syria.attacks, "events")),
    ):
        found = of_syria(other)
        assert found[:4] != as_it_was[:4]
        assert found[-1] != as_it_was[-1]


def test_a_day_later_syria_is_another(syria: Crisis, as_it_was: Bytes) -> None:
    """The future that must not leak does hold something: four weeks on it moves the draws."""
    later = run(syria, AS_OF + 28 * DAY, 2, draws=DRAWS)
    assert bytes_of(later)[:4] != as_it_was[:4]


def bytes_at(crisis: Crisis, known_by: pd.Timestamp) -> Bytes:
    month = known_by + DAY
    rows = rows_to_predict(
        [
            {"start": month, "end": month + 30 * DAY},
            {"start": known_by - 40 * DAY, "end": known_by - 10 * DAY, "source": "Monitor"},
        ]
    )
    return (
        *bytes_of(run(crisis, known_by, 2, draws=10)),
        predict_reports(crisis, known_by, rows, draws=10).tobytes(),
    )


CRISES: dict[str, Callable[[], Crisis]] = {
    "named cells": made_up,
    "own cells": lambda: made_up(crisis=without_models),
    "no attacks": without_attacks,
}


@pytest.mark.parametrize("kind", list(CRISES))
@settings(max_examples=5)
@given(data=st.data(), known_by=days_between("2017-03-20", "2018-12-31"))
def test_no_rewritten_future_moves_a_byte(
    kind: str, data: st.DataObject, known_by: pd.Timestamp
) -> None:
    crisis = CRISES[kind]()
    other = data.draw(rewritten_after(crisis, known_by))
    assert bytes_at(other, known_by) == bytes_at(crisis, known_by)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(CRISES))
@settings(max_examples=60)
@given(data=st.data(), known_by=days_between("2017-03-01", "2019-06-30"))
def test_no_rewritten_future_moves_a_byte_at_length(
    kind: str, data: st.DataObject, known_by: pd.Timestamp
) -> None:
    crisis = CRISES[kind]()
    other = data.draw(rewritten_after(crisis, known_by))
    assert bytes_at(other, known_by) == bytes_at(crisis, known_by)


@settings(max_examples=5)
@given(known_by=days_between("2017-06-01", "2018-12-31"))
def test_a_rewritten_past_moves_the_draws(known_by: pd.Timestamp) -> None:
    crisis = made_up()
    reports = crisis.reports.copy()
    known = (reports["published"] <= known_by) & (reports["measure"] != "stock")
    reports.loc[reports.index[known][-1], "persons"] *= 3.0
    moved = bytes_at(replace(crisis, reports=reports), known_by)
    assert moved[:3] != bytes_at(crisis, known_by)[:3]


@pytest.mark.parametrize("change", [without_drivers, without_models])
def test_where_attacks_will_fall_does_not_choose_todays_driver(
    change: Callable[[str], str],
) -> None:
    """The first attack inside N01 is told of only after the day."""
    crisis, known_by = made_up(crisis=change), day("2018-06-15")
    week = {"start": day("2018-08-04"), "end": day("2018-08-10")}
    later = attacks_of([{**week, "events": 9.0, "place_id": "N0101"}])
    other = replace(crisis, attacks=ordered([crisis.attacks, later]))
    assert bytes_at(other, known_by) == bytes_at(crisis, known_by)


def test_a_forecast_carries_nothing_published_later() -> None:
    crisis, known_by = made_up(), day("2017-06-15")
    found = run(crisis, known_by, 2, draws=10).crisis
    assert (found.reports["published"] <= known_by).all()
    assert (found.attacks["published"] <= known_by).all()
    assert (found.agreements["announced"] <= known_by).all()
    assert not (found.agreements["collapsed"] > known_by).any()


def test_no_future_of_the_camps_moves_a_byte() -> None:
    crisis, known_by = camps(), day("2012-09-20")
    reports, attacks = (
        rows.assign(**{figure: rows[figure].where(rows["published"] <= known_by, 7e4)})
        for rows, figure in ((crisis.reports, "persons"), (crisis.attacks, "events"))
    )
    other = replace(crisis, reports=reports, attacks=attacks)
    assert bytes_of(run(other, known_by, 2, draws=10)) == bytes_of(
        run(crisis, known_by, 2, draws=10)
    )


def test_a_late_row_about_a_window_long_past_is_not_seen() -> None:
    crisis, known_by = made_up(), day("2018-06-15")
    early = {"start": day("2017-03-01"), "end": day("2017-03-31"), "persons": 9e5}
    told = {**early, "place_id": "N02", "source": "Monitor"}
    for published, same in [("2018-06-16", True), ("2018-06-15", False)]:
        row = reports_of([{**told, "published": published}])
        other = replace(crisis, reports=ordered([crisis.reports, row]))
        assert (bytes_at(other, known_by)[:3] == bytes_at(crisis, known_by)[:3]) == same

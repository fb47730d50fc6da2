"""Did what a scenario assumed come true? Clause by clause, from what a crisis knows by now.

Attacks: the intensity observed over the window lies within a factor of the one assumed, cell by
cell, both beside the background (`half` of the intensity). An agreement: one was announced within
NEAR_DAYS; where it was assumed to hold for sure, it also stood. Lost ground: an event of the kind
`territory` at the place within NEAR_DAYS. A closed road: routes.csv has it shut on most of the
days; a closed place: nobody was reported to arrive. A gate, an outflow: people reported abroad, or
to have left, are within the factor. A capacity: more than the factor times it arrived, which it
cannot have held. Where no data speak, a clause cannot be told, and nothing is scored on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from features.agreements import LEAST_DAYS
from features.crisis import Crisis
from features.intensity import Intensity, weekly_intensity
from features.overlap import DAY
from features.panel import cells_of, drivers_of, flow_of, usable
from forecast.names import name_of
from forecast.records import records

NEAR_DAYS = 14
SHUT_SHARE = 0.8
COVERED_SHARE = 0.5
OCCURRED = "condition occurred"
DID_NOT = "condition did not occur"
NOT_KNOWN = "not known yet"
CANNOT_TELL = "cannot be told from the data"
Clause = Mapping[str, Any]
Told = tuple[str, str]


def conditions(entry: Mapping[str, Any], crisis: Crisis, tolerance: float) -> Iterator[Told]:
    """What became of each thing that an entry assumed, and why, in words."""
    assumed = entry["condition"]
    for one in assumed.get("attacks", []):
        yield _attacks(one, crisis, tolerance)
    for one in assumed.get("agreements", []):
        yield _agreement(one, crisis)
    for name, came in CLAUSES.items():
        found = entry.get("scenario", {}).get(name, [])
        for clause in found if isinstance(found, list) else [found]:
            yield came(clause, crisis, tolerance)


def _attacks(assumed: Clause, crisis: Crisis, tolerance: float) -> Told:
    cell, (start, end) = assumed["cell"], _window(assumed, "start", "end")
    observed = _observed(crisis, cell)
    if observed is None or observed.through < end - 6 * DAY:
        return NOT_KNOWN, f"{cell}: attacks up to {end:%Y-%m-%d} are not known yet"
    came = _mean(observed, cell, start, end)
    if "like" in assumed:
        wanted = _mean(observed, cell, *_window(assumed["like"], "start", "end"))
    else:
        wanted = float(assumed["intensity"])
    factor = (came + observed.half) / (wanted + observed.half)
    why = (
        f"{cell}: intensity {came:.1f} a week from {start:%Y-%m-%d} to {end:%Y-%m-%d}, assumed "
        f"{wanted:.1f} (×{factor:.2f}; within ×{tolerance:g} counts)"
    )
    return _verdict(1.0 / tolerance <= factor <= tolerance), why


def _observed(crisis: Crisis, cell: str) -> Intensity | None:
    drivers = drivers_of(crisis, cells_of(crisis, usable(crisis.reports)))
    return weekly_intensity(crisis.attacks, crisis, {cell: drivers[cell]})


def _mean(intensity: Intensity, cell: str, start: pd.Timestamp, end: pd.Timestamp) -> float:
    weekly = intensity.weekly[cell]
    inside = (weekly.index >= start - 6 * DAY) & (weekly.index <= end)
    return float(weekly[inside].mean()) if inside.any() else 0.0


def _agreement(assumed: Clause, crisis: Crisis) -> Told:
    day, sure = pd.Timestamp(assumed["date"]), assumed.get("probability") == 1.0
    last, rows = _known_until(crisis), crisis.agreements
    if last < day + (LEAST_DAYS if sure else NEAR_DAYS) * DAY:
        return NOT_KNOWN, f"agreement of {day:%Y-%m-%d}: too early to tell"
    place = assumed.get("place")
    here = np.array([place is None or _touch(crisis, place, at) for at in rows["place_id"]], bool)
    near = rows[((rows["effective"] - day).abs() <= NEAR_DAYS * DAY) & here]
    if near.empty:
        return DID_NOT, f"no agreement within {NEAR_DAYS} days of {day:%Y-%m-%d}"
    stood = int((near["collapsed"].fillna(last) - near["effective"]).dt.days.max())
    held = stood >= LEAST_DAYS
    why = f"agreement near {day:%Y-%m-%d}: {'held' if held else 'fell apart'} ({stood} days)"
    if not sure:
        why += ", of which the scenario allows both"
    return _verdict(held or not sure), why


def _territory(clause: Clause, crisis: Crisis, _: float) -> Told:
    day = pd.Timestamp(clause["date"])
    told = [_lost(place, day, crisis) for place in clause["places"]]
    order = (DID_NOT, NOT_KNOWN, CANNOT_TELL, OCCURRED)
    verdict = next(name for name in order if name in [verdict for verdict, _ in told])
    return verdict, "; ".join(why for _, why in told)


def _lost(place: str, day: pd.Timestamp, crisis: Crisis) -> Told:
    rows, name = crisis.attacks, f"control of {name_of(crisis, place)}"
    rows = rows[rows["source"].isin(rows.loc[rows["kind"] == "territory", "source"])]
    inside = {at: _within(crisis, at, place) for at in rows["place_id"].unique()}
    here = rows[rows["place_id"].map(inside).astype(bool)]
    if here.empty:
        return CANNOT_TELL, f"{name}: no source tells of ground that changes hands there"
    if here["end"].max() < day + NEAR_DAYS * DAY:
        return NOT_KNOWN, f"{name}: events up to {day + NEAR_DAYS * DAY:%Y-%m-%d} are not known yet"
    lost = here[here["kind"] == "territory"]
    near = (lost["start"] <= day + NEAR_DAYS * DAY) & (lost["end"] >= day - NEAR_DAYS * DAY)
    said = "" if near.any() else "no "
    why = f"{name}: {said}ground changed hands within {NEAR_DAYS} days of {day:%Y-%m-%d}"
    return _verdict(bool(near.any())), why


def _closure(clause: Clause, crisis: Crisis, _: float) -> Told:
    if "between" in clause:
        return _way(clause, crisis)
    (start, end), name = _window(clause), name_of(crisis, clause["place"])
    rows = _reports(crisis, clause["place"], "arrivals")
    rows = rows[(rows["start"] >= start) & (rows["end"] <= end)]
    if rows.empty:
        return _unseen(
            crisis, end, f"closure of {name}: no report of arrivals there lies within it"
        )
    people = float(rows["persons"].max())
    why = f"closure of {name}: {people:,.0f} people were reported to arrive within it"
    return _verdict(people == 0.0), why


def _way(clause: Clause, crisis: Crisis) -> Told:
    (start, end), (one, other) = _window(clause), clause["between"]
    name = f"closure between {name_of(crisis, one)} and {name_of(crisis, other)}"
    routes = crisis.routes
    ends = [{row.from_id, row.to_id} == {one, other} for row in records(routes)]
    spells = routes[ends]
    if spells.empty:
        return _unseen(crisis, end, f"{name}: no route between them is known")
    if _known_until(crisis) < end:
        return NOT_KNOWN, f"{name}: not over by what is known"
    days = pd.date_range(start, end)
    opened = np.zeros(len(days), dtype=bool)
    for row in records(spells):
        opened |= np.asarray(~(days < row.open_from) & ~(days > row.open_to))
    shut = 1.0 - float(opened.mean())
    return _verdict(shut >= SHUT_SHARE), f"{name}: shut on {shut:.0%} of the days"


def _gate(clause: Clause, crisis: Crisis, tolerance: float) -> Told:
    start, end = _window(clause)
    tree = crisis.places
    abroad = [*tree.at_level("external"), *tree.at_level("crossing")]
    rows = crisis.reports
    rows = rows[rows["place_id"].isin(abroad) & (rows["measure"] != "stock")]
    rows = rows[(rows["start"] >= start) & (rows["end"] <= end)]
    if rows.empty:
        return _unseen(crisis, end, "gate: nobody reported how many crossed")
    days = ((rows["end"] - rows["start"]).dt.days + 1.0).sum()
    came, wanted = float(rows["persons"].sum() / days), float(clause["people_a_day"])
    why = f"gate: {came:,.0f} people a day were reported, assumed {wanted:,.0f}"
    return _verdict(_alike(came, wanted, tolerance)), why


def _capacity(clause: Clause, crisis: Crisis, tolerance: float) -> Told:
    (start, end), name = _window(clause), f"capacity of {name_of(crisis, clause['place'])}"
    rows = _reports(crisis, clause["place"], "arrivals")
    rows = rows[(rows["start"] >= start) & (rows["end"] <= end)]
    most = tolerance * float(clause["people"])
    if not clause.get("opens") and len(rows) and rows["persons"].max() > most:
        why = f"{name}: {rows['persons'].max():,.0f} people were reported to arrive in one window"
        return DID_NOT, why
    return _unseen(crisis, end, f"{name}: no report tells how many it could take")


def _outflow(clause: Clause, crisis: Crisis, tolerance: float) -> Told:
    (start, end), name = _window(clause), f"outflow from {name_of(crisis, clause['place'])}"
    if clause.get("isolated"):
        return _unseen(crisis, end, f"{name}: nobody reports who could not leave")
    rows = _reports(crisis, clause["place"], "departures")
    near = (rows["start"] >= start - NEAR_DAYS * DAY) & (rows["end"] <= end + NEAR_DAYS * DAY)
    last, first = rows["end"].where(rows["end"] < end, end), rows["start"]
    both = (last - first.where(first > start, start)).dt.days + 1.0
    rows = rows[near & (both >= COVERED_SHARE * ((end - start) / DAY + 1.0))]
    if rows.empty:
        return _unseen(crisis, end, f"{name}: no report of who left there covers its window")
    persons, wanted = rows["persons"], float(clause["people"])
    came = float(persons.iloc[int((persons - wanted).abs().argmin())])
    why = f"{name}: {came:,.0f} people were reported to leave, assumed {wanted:,.0f}"
    return _verdict(_alike(came, wanted, tolerance)), why


def _onward(clause: Clause, crisis: Crisis, _: float) -> Told:
    return _unseen(crisis, _window(clause)[1], "onward: nobody reports who moves on")


CLAUSES: Mapping[str, Callable[[Clause, Crisis, float], Told]] = {
    "territory": _territory,
    "closure": _closure,
    "gate": _gate,
    "capacity": _capacity,
    "outflow": _outflow,
    "onward": _onward,
}


def _unseen(crisis: Crisis, end: pd.Timestamp, why: str) -> Told:
    """Nothing is reported: not yet, or not at all."""
    return (NOT_KNOWN if _known_until(crisis) < end else CANNOT_TELL), why


def _verdict(occurred: bool) -> str:
    return OCCURRED if occurred else DID_NOT


def _alike(came: float, wanted: float, tolerance: float) -> bool:
    return 1.0 / tolerance <= (came + 1.0) / (wanted + 1.0) <= tolerance


def _reports(crisis: Crisis, place: str, flow: str) -> pd.DataFrame:
    """The newest reports of a flow at this very place; of departures also those told by origin."""
    rows = usable(crisis.reports)
    rows = rows[rows["persons"].notna() & (rows["measure"] != "returns")]
    pairs = zip(rows["measure"], rows["direction"], strict=True)
    departures = pd.Series([flow_of(*pair) == 1 for pair in pairs], index=rows.index, dtype=bool)
    if flow == "arrivals":
        return rows[~departures & (rows["place_id"] == place) & (rows["from_id"] == "")]
    own = departures & (rows["place_id"] == place) & (rows["from_id"] == "")
    return rows[own | (rows["from_id"] == place)]


def _window(
    clause: Clause, first: str = "from", last: str = "to"
) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(clause[first]), pd.Timestamp(clause[last])


def _known_until(crisis: Crisis) -> pd.Timestamp:
    """Day of the newest thing published."""
    frames = [frame for frame in (crisis.reports, crisis.attacks) if len(frame)]
    return max(frame["published"].max() for frame in frames)


def _within(crisis: Crisis, inner: str, outer: str) -> bool:
    return any(crisis.places.within(inner, member) for member in crisis.members(outer))


def _touch(crisis: Crisis, one: str, other: str) -> bool:
    """Whether two places or areas share ground."""
    within = crisis.places.within
    pairs = [(a, b) for a in crisis.members(one) for b in crisis.members(other)]
    return any(within(a, b) or within(b, a) for a, b in pairs)

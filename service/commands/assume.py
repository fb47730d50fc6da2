"""What `nuzuh forecast` is told to assume: closures, capacities, a gate, a given total."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import Finding, InputError
from service.commands.places import resolve_places

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis
    from forecast.assumed import Assumed
    from models.closures import Closure

CLOSE, CAPACITY = "--close", "--capacity"


def assumed_of(
    crisis: Crisis,
    as_of: pd.Timestamp,
    steps: pd.DataFrame,
    *,
    close: Sequence[str],
    capacity: Sequence[str],
    gate: float | None,
    onward: float | None,
    given: Path | None,
) -> Assumed:
    """What is assumed, over the `steps` of a forecast. Raises InputError with all that is wrong."""
    from forecast.assumed import Assumed
    from forecast.given import read_given

    findings = _gate_findings(gate, onward)
    closures, limits = [], {}
    for text in close:
        try:
            closures.append(_closure(crisis, text, steps))
        except InputError as error:
            findings += error.findings
    for text in capacity:
        try:
            place, people = _capacity(crisis, as_of, text)
            if place in limits:
                findings.append(Finding(CAPACITY, "is given twice; give one", value=text))
            limits[place] = people
        except InputError as error:
            findings += error.findings
    rows = None
    if given is not None:
        try:
            rows = read_given(given, crisis, steps["start"].iloc[0], steps["end"].iloc[-1])
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return Assumed(tuple(closures), limits, gate, onward, rows)


def _gate_findings(gate: float | None, onward: float | None) -> list[Finding]:
    found = []
    if gate is not None and not 0.0 <= gate < float("inf"):
        found.append(Finding("--gate", "is no number of people a day from 0 on", value=f"{gate:g}"))
    if onward is not None and not 0.0 <= onward <= 1.0:
        found.append(Finding("--onward", "is no share from 0 to 1", value=f"{onward:g}"))
    if onward is not None and gate is None:
        why = "is a share of those who cross, and the gate is taken as it is; give --gate as well"
        found.append(Finding("--onward", why, value=f"{onward:g}"))
    return found


def _closure(crisis: Crisis, text: str, steps: pd.DataFrame) -> Closure:
    import pandas as pd

    from features.cells import read_date
    from models.closures import Closure

    way, start, end = ("", "", *text.rsplit(":", 2))[-3:]
    try:
        first, last = (pd.Timestamp(read_date(day)) for day in (start, end))
    except ValueError as error:
        why = (
            f"is no closure ({error}); write PLACE:FROM:TO, or PLACE/PLACE:FROM:TO for the way "
            "between two, with days as YYYY-MM-DD"
        )
        raise InputError(Finding(CLOSE, why, value=text)) from None
    ends = [_place(crisis, part, CLOSE) for part in way.split("/")]
    if len(ends) > 2 or len(set(ends)) < len(ends):
        why = "shuts one place, or the way between two different ones"
        raise InputError(Finding(CLOSE, why, value=text))
    begin, over = steps["start"].iloc[0], steps["end"].iloc[-1]
    if last < begin or first > over:
        why = (
            f"lies outside the horizon, {begin:%Y-%m-%d} to {over:%Y-%m-%d}, and would change "
            "nothing; choose days in it, or more steps"
        )
        raise InputError(Finding(CLOSE, why, value=text))
    return Closure(ends[0], first, last, ends[1] if len(ends) > 1 else "")


def _capacity(crisis: Crisis, as_of: pd.Timestamp, text: str) -> tuple[str, float]:
    from features.cells import read_number

    name, _, number = text.rpartition("=")
    try:
        people = read_number(number)
    except ValueError as error:
        why = f"is no capacity ({error}); write PLACE=PEOPLE, such as Dana=400000"
        raise InputError(Finding(CAPACITY, why, value=text)) from None
    if people <= 0:
        why = "a capacity of nobody is none; give people above 0"
        raise InputError(Finding(CAPACITY, why, value=text))
    return resolve_places(crisis, [name], as_of, CAPACITY)[0], people


def _place(crisis: Crisis, text: str, option: str) -> str:
    """The place meant by an id, or a name that only one has."""
    from features.ids import Ids

    if text in crisis.places:
        return text
    match crisis.places.resolve(text):
        case [place]:
            return place
        case []:
            names = {str(id_): crisis.places.name(str(id_)) for id_ in crisis.places.frame.index}
            why = Ids("place", "places.csv", names).why_unknown(text)
        case several:
            listed = ", ".join(f"{place} ({crisis.places.level(place)})" for place in several)
            why = f"is the name of {len(several)} places; give the id of one: {listed}"
    raise InputError(Finding(option, why, value=text))

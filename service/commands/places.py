"""Which places `--place` means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from features.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis

OPTION = "--place"


def resolve_places(
    crisis: Crisis, texts: Sequence[str], as_of: pd.Timestamp, option: str = OPTION
) -> list[str]:
    """Ids of the places, areas or border belt meant by id, name or alias, each once.

    Raises InputError for those unknown, those whose name several places share, and those on ground
    that the forecast does not reach.
    """
    findings: list[Finding] = []
    found: dict[str, None] = {}
    for text in texts:
        match _candidates(crisis, text.strip()):
            case []:
                findings.append(Finding(option, _why_unknown(crisis, text), value=text))
            case [place]:
                findings += _unreached(crisis, place, text, as_of, option)
                found[place] = None
            case several:
                findings.append(Finding(option, _why_several(crisis, several), value=text))
    if findings:
        raise InputError(findings)
    return list(found)


def places_by(crisis: Crisis, level: str, as_of: pd.Timestamp) -> list[str]:
    """All places of a level inside the focus. Raises InputError where none is told apart."""
    from features.panel import cells_of, usable
    from forecast.sites import places_at

    known = crisis.as_of(as_of)
    return places_at(known, cells_of(known, usable(known.reports)), level)


def _candidates(crisis: Crisis, text: str) -> list[str]:
    from features.spelling import fold
    from forecast.names import BELT

    if fold(text) == fold(BELT):
        return [BELT]
    areas = crisis.areas["area_id"].unique().tolist()
    if text in crisis.places or text in areas:
        return [text]
    return crisis.places.resolve(text)


def _unreached(
    crisis: Crisis, place: str, text: str, as_of: pd.Timestamp, option: str
) -> list[Finding]:
    from features.overlap import REST, cell_weights
    from features.panel import cells_of, usable
    from forecast.names import BELT

    if place in (BELT, crisis.focus):
        return []
    cells = cells_of(crisis, usable(crisis.as_of(as_of).reports))
    reached = cell_weights(crisis, cells, place)
    if REST not in reached:
        return []
    names = ", ".join(f"{crisis.places.name(cell)} ({cell})" for cell in cells)
    part = "in part " if len(reached) > 1 else ""
    why = f"lies {part}outside what is forecast; name a place in one of: {names}"
    return [Finding(option, why, value=text)]


def _why_unknown(crisis: Crisis, text: str) -> str:
    from features.ids import Ids

    names = {str(id_): crisis.places.name(str(id_)) for id_ in crisis.places.frame.index}
    names |= dict(zip(crisis.areas["area_id"], crisis.areas["name"], strict=True))
    return Ids("place or area", "places.csv or areas.csv", names).why_unknown(text)


def _why_several(crisis: Crisis, places: Sequence[str]) -> str:
    listed = ", ".join(
        f"{place} ({crisis.places.name(place)}, {crisis.places.level(place)})" for place in places
    )
    return f"is the name of {len(places)} places; give the id of one: {listed}"

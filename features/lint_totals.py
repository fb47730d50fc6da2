"""Figures of places that hold one another: parts against their total, people against movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

import pandas as pd

from features.places import Places
from features.tables import Table

SAME = ("start", "end", "measure", "direction", "source")
TOLERANCE = 0.01


def flag_totals(table: Table, tree: Places, areas: Mapping[str, set[str]]) -> None:
    """Totals that their parts pass, or that parts without a gap do not reach.

    A part is a place inside the total's place or area, told by the same source for the same window,
    measure and direction; where it holds other parts, they do not count again. Movements within a
    place may cross its parts, so that the parts may fall short of them.
    """
    why: dict[int, str] = {}
    newest = _newest(table.frame)
    whole = newest[newest["from_id"] == ""]
    several = whole[whole.duplicated(list(SAME), keep=False)]
    for _, rows in several.groupby(list(SAME), sort=False):
        why |= _against_parts(rows, tree, areas)
    why |= _against_pairs(newest, whole)
    table.flag(table.frame.index.isin(list(why)), "persons", lambda row: why[row])


def flag_people(table: Table) -> None:
    """People newly displaced into a place that are more than all arrivals there in the window."""
    newest = _newest(table.frame)
    at = ["start", "end", "place_id", "direction", "from_id", "source"]
    arrivals = newest[newest["measure"] == "arrivals"]
    people = newest[newest["measure"] == "newly_displaced"].reset_index(names="row")
    both = people.merge(arrivals, on=at, suffixes=("", "_moved")).set_index("row")
    more = both.loc[both["persons"] > both["persons_moved"], "persons_moved"]
    table.flag(
        table.frame.index.isin(more.index),
        "persons",
        lambda row: f"newly displaced, yet only {more.loc[row]:g} arrivals in all",
    )


def flag_populations(table: Table) -> None:
    """Places with fewer people than the places right below them."""
    frame = table.frame
    below = frame.groupby("parent_id")["population"].sum()
    parts = frame["place_id"].map(below)
    table.flag(
        parts > frame["population"] * (1 + TOLERANCE),
        "population",
        lambda row: f"the places right below have {parts.iloc[row]:g} in all",
    )


def _newest(frame: pd.DataFrame) -> pd.DataFrame:
    """The newest revision of each report, in the index of the frame."""
    key = [*SAME, "place_id", "from_id"]
    newest = frame.sort_values("published", na_position="first", kind="stable")
    return newest.drop_duplicates(key, keep="last").sort_index()


def _against_parts(
    rows: pd.DataFrame, tree: Places, areas: Mapping[str, set[str]]
) -> dict[int, str]:
    """Row of a total → why its parts do not make it; `rows` are of one source and window."""
    persons = dict(zip(rows["place_id"], rows["persons"], strict=True))
    row_of = dict(zip(rows["place_id"], rows.index, strict=True))
    moved_within = rows["direction"].iloc[0] == "within" and rows["measure"].iloc[0] != "stock"
    why = {}
    for total, parts in _parts(persons.keys(), tree, areas).items():
        members = areas[total] if total in areas else set(tree.children(total))
        gapless = members == set(parts) and not moved_within
        if told := _told(persons[total], [persons[part] for part in parts], gapless):
            why[row_of[total]] = told
    return why


def _parts(told: Set[str], tree: Places, areas: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Total → the outermost of the places told that lie inside it, for totals that have any."""
    wider = [(area, areas[area]) for area in told if area in areas]
    parts: dict[str, list[str]] = defaultdict(list)
    for place in told:
        if place not in tree:
            continue
        above = tree.ancestors(place)
        depth = next((at for at, up in enumerate(above) if up in told), None)
        if depth is not None:
            parts[above[depth]].append(place)
        for area, members in wider:
            holder = set() if depth is None else members.intersection(above[depth:])
            if members.intersection([place, *above]) and not holder:
                parts[area].append(place)
    return parts


def _against_pairs(newest: pd.DataFrame, whole: pd.DataFrame) -> dict[int, str]:
    """Row of a total → why the figures by place of origin do not make it."""
    at = [*SAME, "place_id"]
    pairs = newest[newest["from_id"] != ""].groupby(at)["persons"].agg(list).rename("parts")
    both = whole.join(pairs, on=at, how="inner")
    told = {
        row: _told(figure, parts, gapless=False)
        for row, figure, parts in zip(both.index, both["persons"], both["parts"], strict=True)
    }
    return {row: why for row, why in told.items() if why}


def _told(total: float, parts: Sequence[float], gapless: bool) -> str:
    """Why the parts do not make the total, or an empty text."""
    whole, room = sum(parts), TOLERANCE * total
    if whole > total + room:
        return f"is less than its {len(parts)} parts together ({whole:g})"
    if gapless and whole < total - room:
        return f"is more than its {len(parts)} parts together ({whole:g}), which leave no gap"
    return ""

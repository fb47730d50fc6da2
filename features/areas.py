"""Areas: what a source calls its coverage when it is no place, as places with shares."""

from __future__ import annotations

import numpy as np

from features.cells import Column
from features.ids import Ids
from features.places import Places
from features.tables import Table

FILE = "areas.csv"
KEY = ("area_id", "place_id")
COLUMNS = (
    Column("area_id"),
    Column("name"),
    Column("place_id"),
    Column("share", "number", above=0, most=1),
)


def check_areas(table: Table, places: Ids, tree: Places | None) -> None:
    """Note what is wrong with an `areas.csv`, one row per area and place.

    No area counts anyone twice: none lists a place twice, nor a place and one above it. The second
    is checked when there is a sound `tree`.
    """
    frame = table.frame
    own = {str(area): "is an area; list its places instead" for area in frame["area_id"]}
    Ids("place", places.file, places.names, own, places.complete).flag_unknown(table, "place_id")
    table.flag(
        frame["area_id"].isin(list(places.names)),
        "area_id",
        "is the id of a place already; give the area another id",
    )
    twice = "the area lists this place already in line {line}; take one of them out"
    table.flag_repeated(["area_id", "place_id"], twice)
    _flag_renamed(table)
    if tree is not None:
        _flag_nested(table, tree)


def area_ids(table: Table) -> Ids:
    """The ids of an `areas.csv`, whatever else is wrong with it."""
    names = dict(zip(table.frame["area_id"], table.frame["name"], strict=True))
    names.pop("", None)
    sound = table.readable and ("area_id" in table.cells or not len(table.frame))
    return Ids("area", FILE, names, complete=sound)


def places_and_areas(places: Ids, areas: Ids) -> Ids:
    """The ids that a column may name that takes places and areas alike."""
    return Ids(
        "place or area",
        f"{places.file} or {areas.file}",
        {**places.names, **areas.names},
        complete=places.complete and areas.complete,
    )


def places_only(places: Ids, areas: Ids) -> Ids:
    """The ids that a column may name that takes places but no areas."""
    why = "is an area, and a place is needed here; name a place of places.csv"
    wrong = dict.fromkeys(areas.names, why)
    return Ids(places.kind, places.file, places.names, wrong, complete=places.complete)


def _flag_renamed(table: Table) -> None:
    areas = table.frame.groupby("area_id", sort=False)
    first, line = areas["name"].transform("first"), areas["line"].transform("first")
    table.flag(
        (table.frame["name"] != first) & (first != ""),
        "name",
        lambda row: (
            f"the area is called {first.iloc[row]!r} in line {line.iloc[row]}; "
            "give an area one name"
        ),
    )


def _flag_nested(table: Table, tree: Places) -> None:
    frame = table.frame
    above: dict[int, str] = {}
    for _, rows in frame.groupby("area_id", sort=False):
        lines = dict(zip(rows["place_id"], rows["line"], strict=True))
        for row, place in rows["place_id"].items():
            over = [id_ for id_ in tree.ancestors(place) if id_ in lines] if place in tree else []
            if over:
                above[int(str(row))] = f"{over[0]!r} (line {lines[over[0]]})"
    table.flag(
        np.isin(np.arange(len(frame)), list(above)),
        "place_id",
        lambda row: f"lies in {above[row]} of the same area and would count twice; take one out",
    )

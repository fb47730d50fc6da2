"""The gazetteer and the hand-kept tables → `places.csv` and `areas.csv`."""

from __future__ import annotations

import pandas as pd

from features.crises.builders.csvs import number_text
from features.crises.builders.spellings import LEVELS

COLUMNS = [
    "place_id", "name", "parent_id", "level", "lat", "lon", "population", "capacity", "aliases",
]  # fmt: skip
AREA_COLUMNS = ["area_id", "name", "place_id", "share"]
NORTH_WEST = ("SY02", "SY05", "SY07")
CENTRE = "مركز"
"""Arabic for "centre": the gazetteer sets it before the name of a district's main sub-district."""


def places(
    gazetteer: pd.DataFrame,
    extra: pd.DataFrame,
    aliases: pd.DataFrame,
    populations: pd.DataFrame,
) -> pd.DataFrame:
    """All places with COLUMNS as text, parents before their children.

    `gazetteer` gives the administrative units by P-code; `extra` (columns as here, without the last
    three) what it lacks; `aliases` place_id and `;`-separated aliases; `populations` place_id and
    population.
    """
    rows = pd.concat([extra, _units(gazetteer)], ignore_index=True)
    rows["lat"] = rows["lat"].map(_degrees)
    rows["lon"] = rows["lon"].map(_degrees)
    rows["population"] = rows["place_id"].map(_column(populations, "population")).fillna("")
    rows["capacity"] = ""
    more = rows["place_id"].map(_column(aliases, "aliases")).fillna("")
    arabic = rows["name_ar"].fillna("").map(_arabic)
    rows["aliases"] = [_joined(pair) for pair in zip(more, arabic, strict=True)]
    parents = _column(rows, "parent_id")
    rows["depth"] = [_depth(place, parents) for place in rows["place_id"]]
    return rows.sort_values(["depth", "place_id"])[COLUMNS]


def areas(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each area and place: `table` lists the places of an area in one cell."""
    rows = table.assign(place_id=table["place_ids"].str.split()).explode("place_id")
    return rows.assign(share="1")[AREA_COLUMNS]


def _units(gazetteer: pd.DataFrame) -> pd.DataFrame:
    units = gazetteer[gazetteer["type"].isin(list(LEVELS))]
    codes = units["pcode"].tolist()
    return pd.DataFrame(
        {
            "place_id": codes,
            "name": units["name"].tolist(),
            "parent_id": [_parent(code) for code in codes],
            "level": units["type"].map(LEVELS).tolist(),
            "lat": units["lat"].tolist(),
            "lon": units["lon"].tolist(),
            "name_ar": units["name_ar"].tolist(),
        }
    )


def _parent(pcode: str) -> str:
    """The unit above, by the P-code: two more digits a level."""
    if len(pcode) > len("SY07"):
        return pcode[:-2]
    return "SY-NW" if pcode in NORTH_WEST else "SYR"


def _depth(place: str, parents: dict[str, str]) -> int:
    return 1 + _depth(parents[place], parents) if parents[place] else 0


def _column(table: pd.DataFrame, name: str) -> dict[str, str]:
    return dict(zip(table["place_id"], table[name], strict=True))


def _degrees(text: str) -> str:
    return number_text(float(text), decimals=4) if text else ""


def _arabic(name: str) -> str:
    bare = name.removeprefix(CENTRE).strip()
    return _joined([name.strip(), bare])


def _joined(lists: tuple[str, ...] | list[str]) -> str:
    """The `;`-separated lists as one, each alias once."""
    return ";".join(dict.fromkeys(filter(None, ";".join(lists).split(";"))))

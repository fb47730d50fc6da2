"""Converts a conflict of the agent-based simulator Flee to a crisis folder.

    python -m features.crises.builders.flee --source ../shared/data/flee/mali --out DIR [--id mali]

`--source` holds `input/` and `validation/` as in Flee's repository (or `input_csv/` and
`source_data/` as in FabFlee). The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from features.crises.builders import delays, displacement
from features.crises.builders.csvs import number_text, rows_text
from features.crises.builders.flee import flags, places, routes
from features.crises.builders.flee.counts import TOTAL, arrivals
from features.crises.builders.flee.folder import Conflict, read_conflict
from features.crises.builders.flee.places import ALL_CAMPS, Tree, place_tree, shown, slug
from features.crises.builders.flee.sources import sources_text
from features.crises.builders.nw_syria import write
from features.errors import Finding, InputError

COUNTER, FLAGS = "UNHCR", "Flee"
DELAYS = {COUNTER: 7, FLAGS: 0}
AREA_COLUMNS = ["area_id", "name", "place_id", "share"]
TOML = """\
id = {id}
title = {title}
focus = {focus}
border_belt = [
{camps}
]
family_size = 5
family_size_source = "assumed: Flee states none"
repeat_factor = 1.0
repeat_factor_source = "registered refugees, counted once"

[reference]
source = {counter}
"""


def build(source: Path, crisis_id: str) -> dict[str, str]:
    """Texts of the crisis folder by file name. Raises InputError with every finding."""
    conflict = read_conflict(source)
    tree = place_tree(conflict, crisis_id)
    reports, broken = _reports(conflict, tree)
    attacks = flags.attack_rows(conflict.flags, conflict.start, tree.ids, tree.home, FLAGS)
    texts = {
        "crisis.toml": _toml(conflict, tree, crisis_id, has_attacks=not attacks.empty),
        "places.csv": rows_text(tree.rows, places.COLUMNS),
        "areas.csv": rows_text(_areas(conflict, tree), AREA_COLUMNS),
        "sources.csv": rows_text(_sources(), delays.COLUMNS),
        "attacks.csv": rows_text(attacks, flags.COLUMNS),
        "displacement.csv": rows_text(reports, displacement.COLUMNS),
        "routes.csv": rows_text(_routes(conflict, tree), routes.COLUMNS),
    }
    return texts | {"SOURCES.md": sources_text(conflict, shown(conflict.home), broken)}


def main(arguments: list[str] | None = None) -> int:
    """The command line; 2 and every finding on standard error when the input cannot be used."""
    parser = argparse.ArgumentParser(description="Convert a Flee conflict to a crisis folder.")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--id", help="id of the crisis; by default the name of the source folder")
    given = parser.parse_args(arguments)
    try:
        texts = build(given.source, checked_id(given.id or _plain(given.source.resolve().name)))
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    write(texts, given.out)
    for name, text in texts.items():
        if name.endswith(".csv"):
            print(f"{name}: {text.count(chr(10)) - 1} rows")
    return 0


def checked_id(id_: str) -> str:
    """The id if a crisis may be called so. Raises InputError."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_):
        why = "an id has small letters a–z, digits and single hyphens only, as in mali"
        raise InputError(Finding("--id", why, value=id_))
    return id_


def _plain(name: str) -> str:
    """A folder's name as an id: without accents, in small letters."""
    apart = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return slug(apart)


def _toml(conflict: Conflict, tree: Tree, crisis_id: str, *, has_attacks: bool) -> str:
    text = TOML.format(
        id=_quoted(crisis_id),
        title=_quoted(f"{shown(conflict.home)}: people in camps"),
        focus=_quoted(tree.focus),
        camps="\n".join(f"    {_quoted(camp)}," for camp in tree.camps),
        counter=_quoted(COUNTER),
    )
    return text + (f"\n[drivers]\nattacks = {_quoted(FLAGS)}\n" if has_attacks else "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _reports(conflict: Conflict, tree: Tree) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `displacement.csv`, and the windows left out as a table for the reader."""
    rows, broken = [], []
    for name, counted in _counted(conflict):
        place = ALL_CAMPS if name == TOTAL else tree.ids[name]
        moved = arrivals(counted, conflict.counts.recounted(name))
        stock = pd.DataFrame({"start": counted.index, "end": counted.index, "persons": counted})
        rows.append(_rows(moved[~moved["broken"]], "arrivals", "destination", place))
        rows.append(_rows(stock.assign(note=""), "stock", "within", place))
        broken.append(_left_out(moved[moved["broken"]], shown(name)))
    order = ["start", "end", "measure", "place_id"]
    return pd.concat(rows).sort_values(order), pd.concat(broken)


def _counted(conflict: Conflict) -> Iterator[tuple[str, pd.Series]]:
    yield from conflict.counts.camps.items()
    if not conflict.counts.total.empty:
        yield TOTAL, conflict.counts.total


def _rows(rows: pd.DataFrame, measure: str, direction: str, place: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": rows["start"].dt.strftime("%Y-%m-%d"),
            "end": rows["end"].dt.strftime("%Y-%m-%d"),
            "measure": measure,
            "place_id": place,
            "direction": direction,
            "persons": rows["persons"].map(number_text),
            "source": COUNTER,
            "note": rows["note"],
            "window": "stated",
        }
    ).reindex(columns=displacement.COLUMNS, fill_value="")


def _left_out(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "counted": name,
            "start": rows["start"].dt.strftime("%Y-%m-%d"),
            "end": rows["end"].dt.strftime("%Y-%m-%d"),
            "count before": rows["before"].map(number_text),
            "count after": rows["after"].map(number_text),
        }
    )


def _sources() -> pd.DataFrame:
    rows = [(name, str(days), "assumed", str(3 * days + 30)) for name, days in DELAYS.items()]
    return pd.DataFrame(rows, columns=delays.COLUMNS)


def _areas(conflict: Conflict, tree: Tree) -> pd.DataFrame:
    """The area of the published total, where there is one: every camp that is counted."""
    counted = [] if conflict.counts.total.empty else conflict.counts.camps
    rows = [(ALL_CAMPS, "All camps", tree.ids[name], "1") for name in counted]
    return pd.DataFrame(rows, columns=AREA_COLUMNS)


def _routes(conflict: Conflict, tree: Tree) -> pd.DataFrame:
    country = {place.name: place.country for place in conflict.locations}
    return routes.route_rows(conflict.routes, conflict.closures, country, tree.ids, conflict.start)

"""The collected displacement figures → `displacement.csv`.

Contradictions stay: every published figure is a row of its own, and none is added to another.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from features.crises.builders.csvs import read_rows
from features.crises.builders.spellings import Spellings
from features.errors import Finding, InputError

COLUMNS = [
    "start", "end", "measure", "place_id", "direction", "from_id", "persons", "low", "high",
    "source", "published", "url", "note", "window", "coverage",
]  # fmt: skip
KEY = ["start", "end", "measure", "place_id", "direction", "from_id", "source", "published"]
MEASURES = {"spontaneous_returns": "returns"}
DIRECTIONS = {"total": "within"}
ABROAD = "TUR"
REGISTER = "DGMM"
COVERAGE = r"\b([\d,]+)(?: of [\d,]+)?(?: assessed)? communities"


def reports(
    source: Path, extra: pd.DataFrame, spellings: Spellings, until: pd.Timestamp
) -> tuple[pd.DataFrame, list[str]]:
    """All rows of `displacement.csv` that end by `until`, and a message for each row left out.

    `source` holds idp_flows.csv, idp_od_flows.csv, idp_stock.csv and refugees_turkey.csv; `extra`
    has COLUMNS already.
    Raises InputError for unmapped spellings and for two spellings that would become one row's key.
    """
    collected = pd.concat(
        [
            _flows(source, spellings),
            _pairs(source, spellings),
            _stocks(source, spellings),
            _registered(source),
        ],
        ignore_index=True,
    )
    spellings.check()
    _check_spellings_apart(collected)
    new, messages = _without_known(extra, collected)
    rows = pd.concat([collected[COLUMNS[:-1]], new[COLUMNS[:-1]]], ignore_index=True)
    rows["coverage"] = _coverage(rows["note"])
    rows = rows[rows["end"] <= until.date().isoformat()]
    repeated = rows.duplicated(COLUMNS)
    messages += [f"left out, wholly identical: {_shown(row)}" for row in _dicts(rows[repeated])]
    order = ["start", "end", "source", "measure", "place_id", "direction", "from_id", "published"]
    return rows[~repeated].sort_values([*order, "persons", "url", "note"])[COLUMNS], messages


def _flows(source: Path, spellings: Spellings) -> pd.DataFrame:
    table = read_rows(source / "idp_flows.csv")
    named = table[["place", "admin_level", "pcode"]].itertuples(index=False)
    found = [
        spellings.find("idp_flows.csv", line, place, level, pcode)
        for line, (place, level, pcode) in enumerate(named, start=2)
    ]
    rows = _report_rows(table.rename(columns={"period_start": "start", "period_end": "end"}))
    rows["measure"] = rows["measure"].replace(MEASURES)
    rows["direction"] = table["direction"].replace(DIRECTIONS)
    rows["window"] = table["window"]
    rows["spelling"] = table["admin_level"] + " " + table["place"]
    return _placed(rows, found)


def _pairs(source: Path, spellings: Spellings) -> pd.DataFrame:
    table = read_rows(source / "idp_od_flows.csv")
    rows = _report_rows(table.rename(columns={"period_start": "start", "period_end": "end"}))
    ends = {
        column: [
            spellings.find("idp_od_flows.csv", line, text)
            for line, text in enumerate(table[column], start=2)
        ]
        for column in ("origin", "destination")
    }
    rows["direction"] = "destination"
    rows["spelling"] = table["origin"] + " → " + table["destination"]
    rows = _placed(rows, ends["destination"])
    origins = _placed(rows, ends["origin"])
    return origins.assign(place_id=rows["place_id"], from_id=origins["place_id"])


def _stocks(source: Path, spellings: Spellings) -> pd.DataFrame:
    table = read_rows(source / "idp_stock.csv")
    found = [
        spellings.find("idp_stock.csv", line, text)
        for line, text in enumerate(table["place"], start=2)
    ]
    rows = _report_rows(table.assign(start=table["date"], end=table["date"], measure="stock"))
    rows["direction"] = "within"
    rows["spelling"] = table["place"]
    return _placed(rows, found)


def _registered(source: Path) -> pd.DataFrame:
    """Syrians under temporary protection in all of Türkiye, as its register (DGMM) counted them.

    Other agencies pass its totals on. The series of Flee's authors and the press are left out.
    """
    table = read_rows(source / "refugees_turkey.csv")
    told_by = table["source"].str.removesuffix("/DGMM")
    own = (table["place"] == "Turkey") & table["source"].str.endswith("DGMM")
    by_way = ("via " + told_by).where(told_by != table["source"], "")
    notes = ["; ".join(filter(None, parts)) for parts in zip(by_way, table["note"], strict=True)]
    window = table["date_precision"].map({"stated": "stated", "approximate": "inferred"})
    rows = _report_rows(
        table.assign(
            start=table["date"], end=table["date"], measure="stock", published="", note=notes
        )
    )
    rows = rows.assign(
        source=REGISTER, place_id=ABROAD, direction="within", window=window, spelling="Turkey"
    )
    return rows[own]


def _report_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The columns all three files share; the others blank."""
    shared = ["start", "end", "measure", "persons", "source", "published", "url", "note"]
    return table.reindex(columns=[*COLUMNS, "spelling"]).assign(
        **{name: table[name] for name in shared},
        place_id="", direction="", from_id="", low="", high="", window="stated",
    )  # fmt: skip


def _placed(rows: pd.DataFrame, found: list[tuple[str, str]]) -> pd.DataFrame:
    """Rows with the ids found, and the remark on an inexact one added to the note."""
    notes = [
        "; ".join(filter(None, [note, remark]))
        for note, (_, remark) in zip(rows["note"], found, strict=True)
    ]
    return rows.assign(place_id=[place for place, _ in found], note=notes)


def _check_spellings_apart(rows: pd.DataFrame) -> None:
    spellings = rows.groupby(KEY)["spelling"].unique()
    findings = [
        Finding("spellings.csv", f"{' and '.join(names)} become one key: {key}")
        for key, names in spellings[spellings.map(len) > 1].items()
    ]
    if findings:
        raise InputError(findings)


def _without_known(extra: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    figure = [name for name in [*KEY, "persons"] if name != "published"]
    there = pd.MultiIndex.from_frame(extra[figure]).isin(pd.MultiIndex.from_frame(known[figure]))
    messages = [f"not added, is there already: {_shown(row)}" for row in _dicts(extra[there])]
    return extra[~there], messages


def _coverage(notes: pd.Series) -> pd.Series:
    """Communities assessed, as printed in the note: "113 of 1,183 communities" → "113"."""
    printed = notes.str.extract(COVERAGE, expand=False)
    return printed.str.replace(",", "").fillna("")


def _dicts(rows: pd.DataFrame) -> list[dict[str, str]]:
    return [{name: str(row[name]) for name in COLUMNS if name in row} for _, row in rows.iterrows()]


def _shown(row: dict[str, str]) -> str:
    shown = ("source", "measure", "place_id", "direction", "start", "end", "persons")
    return " ".join(row[name] for name in shown)

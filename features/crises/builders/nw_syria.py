"""Builds the bundled crisis `nw-syria` from the data collected next to the checkout.

    python -m features.crises.builders.nw_syria --source ../shared/data

What cannot be derived (spellings, areas, agreements, the reports of spring 2019 …) is kept by hand
in `nw-syria/` beside this file. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from features.crises.builders import delays, displacement, weekly
from features.crises.builders import places as tree
from features.crises.builders.csvs import markdown_table, number_text, read_rows, rows_text
from features.crises.builders.spellings import Spellings
from features.errors import InputError

TABLES = Path(__file__).with_name("nw-syria")
UNTIL = pd.Timestamp("2019-11-30")
UCDP = "UCDP GED"
EVENTS = Path("attacks", "ucdp_ged_syria_events_2016_2019.csv")
ATTACK_COLUMNS = [
    "start", "end", "place_id", "kind", "events", "fatalities", "civilians_killed", "source",
    "published", "target",
]  # fmt: skip
AGREEMENT_COLUMNS = ["announced", "effective", "collapsed", "kind", "place_id", "title", "url"]
ARTICLE = {"start": "2019-04-25", "end": "2019-05-03", "published": "2019-05-04"}


def build(source: Path, until: pd.Timestamp = UNTIL) -> tuple[dict[str, str], list[str]]:
    """Texts of the crisis folder by file name, and what the builder has to say.

    `source` holds the folders displacement/ and attacks/. Nothing dated after `until` enters; a
    report on a window before it stays, however late it was published. Raises InputError with every
    spelling that has no place, and when an input is missing.
    """
    places = tree.places(
        read_rows(source / "displacement" / "gazetteer.csv"),
        *(_table(name) for name in ("extra_places", "aliases", "populations")),
    )
    reports, messages = displacement.reports(
        source / "displacement",
        _table("extra_reports"),
        Spellings(_table("spellings"), places),
        until,
    )
    events = read_rows(source / EVENTS)
    used = weekly.usable_events(events, until)
    attacks = _attacks(used, pd.to_datetime(events["date_start"]).min(), until)
    sources = delays.sources(reports, attacks["source"].tolist(), _table("assumed_delays"))
    texts = {
        "crisis.toml": (TABLES / "crisis.toml").read_text(encoding="utf-8"),
        "places.csv": rows_text(places, tree.COLUMNS),
        "areas.csv": rows_text(tree.areas(_table("areas")), tree.AREA_COLUMNS),
        "sources.csv": rows_text(sources, delays.COLUMNS),
        "attacks.csv": rows_text(attacks, ATTACK_COLUMNS),
        "displacement.csv": rows_text(reports, displacement.COLUMNS),
        "agreements.csv": rows_text(_agreements(until), AGREEMENT_COLUMNS),
    }
    texts["SOURCES.md"] = _sources_text(
        {
            "reports": _count_by(reports, "source").merge(sources, on="source"),
            "measures": _count_by(reports, "measure"),
            "attacks": _count_by(attacks, "source").merge(sources, on="source"),
            "events": _event_counts(events, used),
            "fronts": _by_front(used),
            "article": _table("article_places"),
        }
    )
    messages += [f"{name}: {text.count(chr(10)) - 1} rows" for name, text in texts.items()
                 if name.endswith(".csv")]  # fmt: skip
    return texts, messages + _unresolved()


def write(texts: dict[str, str], out: Path) -> None:
    """Writes the files of a crisis folder as UTF-8 with Unix line ends."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line; 2 and every finding on standard error when the input cannot be used."""
    parser = argparse.ArgumentParser(description="Build the bundled crisis nw-syria.")
    parser.add_argument("--source", type=Path, default=Path("../shared/data"))
    parser.add_argument("--until", type=pd.Timestamp, default=UNTIL)
    parser.add_argument("--out", type=Path, default=Path("features/crises/nw-syria"))
    given = parser.parse_args(arguments)
    try:
        texts, messages = build(given.source, given.until)
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    write(texts, given.out)
    print("\n".join(messages))
    return 0


def _table(name: str) -> pd.DataFrame:
    return read_rows(TABLES / f"{name}.csv")


def _day(date: pd.Timestamp) -> str:
    return date.date().isoformat()


def _agreements(until: pd.Timestamp) -> pd.DataFrame:
    """What was announced by `until`, without later collapses."""
    rows = _table("agreements")
    rows["collapsed"] = rows["collapsed"].where(rows["collapsed"] <= _day(until), "")
    return rows[rows["announced"] <= _day(until)]


def _attacks(events: pd.DataFrame, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """All rows of `attacks.csv`; `events` as `weekly.usable_events` gives them."""
    counts = weekly.weekly_counts(events, first, until)
    rows = counts.assign(kind="lethal", source=UCDP, published="", target="")
    for date in ("start", "end"):
        rows[date] = rows[date].dt.strftime("%Y-%m-%d")
    for count in weekly.COUNTS:
        rows[count] = rows[count].map(number_text)
    told = pd.concat([_article_attacks(), _table("extra_attacks")], ignore_index=True)
    rows = pd.concat([rows, told[told["end"] <= _day(until)]], ignore_index=True)
    return rows[ATTACK_COLUMNS].sort_values(["start", "end", "source", "place_id", "kind"])


def _article_attacks() -> pd.DataFrame:
    """One attack for each place of the article that could be resolved."""
    named = _table("article_places")
    rows = named.loc[named["place_id"] != "", ["place_id"]]
    blank = {"fatalities": "", "civilians_killed": "", "target": ""}
    return rows.assign(kind="other", events="1", source="AA", **blank, **ARTICLE)


def _unresolved() -> list[str]:
    named = _table("article_places")
    missing = named[named["place_id"] == ""]
    return [
        f"article place not resolved: {name} ({why})"
        for name, why in zip(missing["name"], missing["why"], strict=True)
    ]


def _by_front(events: pd.DataFrame) -> pd.DataFrame:
    areas = tree.areas(_table("areas"))
    fronts = areas[areas["area_id"].str.startswith("front-")]
    located = events.merge(fronts, on="place_id", how="left")
    sums = located.groupby("area_id", dropna=False)[weekly.COUNTS].sum()
    return sums.map(number_text).reset_index(names="front")


def _event_counts(events: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """What became of UCDP's events."""
    north_west = events["admin1_pcode"].isin(weekly.NORTH_WEST)
    counts = {
        "in the release": len(events),
        "left out: dated to more than a month (`date_prec` 5), or later than the last day":
            len(events) - len(used),
        "used": len(used),
        "of these spread over their days": int(weekly.is_spread(used).sum()),
        "of these in `SY-elsewhere`": int((used["place_id"] == weekly.ELSEWHERE).sum()),
        "north-west events without a district, in `SY-elsewhere` (`date_prec` 5 included)":
            int((north_west & (events["admin2_pcode"] == "")).sum()),
    }  # fmt: skip
    return pd.DataFrame({"UCDP events": counts.keys(), "number": counts.values()})


def _sources_text(figures: dict[str, pd.DataFrame]) -> str:
    """SOURCES.md with a table of figures in place of each `<!-- name -->`."""
    text = (TABLES / "SOURCES.md").read_text(encoding="utf-8")
    for name, table in figures.items():
        text = text.replace(f"<!-- {name} -->", markdown_table(table))
    return text


def _count_by(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return rows.groupby(column).size().reset_index(name="rows")


if __name__ == "__main__":
    sys.exit(main())

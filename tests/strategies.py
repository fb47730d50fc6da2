"""Every hypothesis generator of the tests, and the small crises and frames they start from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from features.crisis import Crisis, load_crisis
from features.intensity import Intensity
from features.overlap import DAY, REST
from features.panel import STREAM, Panel, ReportArrays, build_panel
from features.places import Places
from tests.folders import Change, header_only, write_crisis

FIRST = pd.Timestamp("2017-01-01").as_unit("us")
PLACES = ("N", "N01", "N0101", "N0102", "N02", "N0201", "L-rest", "assessed")
FRONTS = ("N0201", "N0202")
SOURCES = ("Task Force", "Monitor")
MEASURES = (
    ("arrivals", "destination"),
    ("newly_displaced", "within"),
    ("newly_displaced", "origin"),
    ("departures", "origin"),
    ("returns", "destination"),
)


def day(text: str) -> pd.Timestamp:
    """A calendar day."""
    return pd.Timestamp(text).as_unit("us")


def with_every_flow(text: str) -> str:
    """An edit of displacement.csv: departures and returns beside the arrivals of the Task Force."""
    rows = []
    for row in text.splitlines():
        rows.append(row)
        if ",arrivals,N01,destination,," in row and "Task Force" in row:
            rows += [
                row.replace("arrivals,N01,destination", "departures,N02,origin"),
                row.replace("arrivals,N01,destination", "returns,N02,destination"),
            ]
    return "\n".join(rows) + "\n"


@cache
def made_up(months: int = 24, **changes: Change) -> Crisis:
    """The made-up land of `tests.folders` with reports of every flow."""
    changes = {"displacement": with_every_flow, **changes}
    with TemporaryDirectory() as folder:
        return load_crisis(write_crisis(Path(folder) / "crisis", months=months, **changes))


def without_models(text: str) -> str:
    """An edit of crisis.toml: no [models] table."""
    return text[: text.index("[models.flow_state]")]


def without_drivers(text: str) -> str:
    """An edit of crisis.toml: cells, but no word on what drives them."""
    return text[: text.index("[models.flow_state.drivers]")]


def without_attack_source(text: str) -> str:
    """An edit of crisis.toml: no source of attacks."""
    return text.replace('[drivers]\nattacks = "Event Data"\n', "")


def without_attacks() -> Crisis:
    """The made-up land where nobody counts attacks."""
    return made_up(crisis=without_attack_source, attacks=header_only)


CAMPS_CRISIS = """\
id = "camps"
title = "Camps abroad"
focus = "W"
border_belt = ["MBERA"]
family_size = 5.0
family_size_source = "agency 2012"
repeat_factor = 1.0
repeat_factor_source = "agency 2012"

[reference]
source = "Agency"

[drivers]
attacks = "Flags"
"""
CAMPS_PLACES = """\
place_id,name,parent_id,level,lat,lon,population,capacity,aliases
W,The Sahel,,region,,,,,
ML,Land at war,W,region,,,,,
ML07,Gao,ML,admin1,16.2,-0.05,,,
ML08,Kidal,ML,admin1,18.4,1.4,,,
MRT,Western neighbour,W,external,,,,,
MBERA,Mbera,MRT,camp,15.8,-5.8,,,
NER,Eastern neighbour,W,external,,,,,
ABALA,Abala,NER,camp,14.9,3.4,,,
MANG,Mangaize,NER,camp,14.6,1.9,,,
"""
CAMPS_SOURCES = """\
source,delay_days,basis,max_age_days
Agency,10,assumed,60
Flags,3,assumed,30
"""


@cache
def camps() -> Crisis:
    """A crisis of the Mali kind: flags of conflict by region, arrivals in camps, no [models]."""
    attacks = ["start,end,place_id,kind,events,fatalities,civilians_killed,source,published"]
    reports = [
        "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url,note"
    ]
    for week in range(52):
        start = day("2012-01-07") + 7 * week * DAY
        for place in ("ML07", "ML08")[: 1 + week % 2]:
            attacks.append(f"{start:%F},{start + 6 * DAY:%F},{place},conflict_flag,1,,,Flags,")
    for month in range(10):
        start = day("2012-02-01") + pd.DateOffset(months=month)
        end = start + pd.DateOffset(months=1) - DAY
        for number, camp in enumerate(["MBERA", "ABALA", "MANG"]):
            persons = 4000 // (number + 1) + 130 * (month * 7 % 5)
            reports.append(
                f"{start:%F},{end:%F},arrivals,{camp},destination,,{persons},,,Agency,,,"
            )
    folder_files: dict[str, Change] = {
        "crisis": CAMPS_CRISIS,
        "places": CAMPS_PLACES,
        "sources": CAMPS_SOURCES,
        "attacks": "\n".join(attacks) + "\n",
        "displacement": "\n".join(reports) + "\n",
        "areas": None,
        "routes": None,
        "agreements": None,
    }
    with TemporaryDirectory() as folder:
        return load_crisis(write_crisis(Path(folder) / "crisis", **folder_files))


def reports_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Report rows as the loader gives them; what a row does not say is filled in.

    A row names its start, end and persons; it is published ten days after its end.
    """
    blank = {
        "measure": "arrivals",
        "place_id": "N01",
        "direction": "destination",
        "from_id": "",
        "source": "Task Force",
    }
    found = pd.DataFrame([{**blank, **row} for row in rows])
    return _as_loaded(found, like=made_up().reports)


def attacks_of(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Attack rows as the loader gives them; a row names its start, end and events."""
    blank = {"place_id": "N0201", "kind": "air_strike", "source": "Event Data", "target": ""}
    found = pd.DataFrame([{**blank, **row} for row in rows])
    return _as_loaded(found, like=made_up().attacks)


def _as_loaded(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    rows = rows.reindex(columns=rows.columns.union(like.columns, sort=False))
    late = pd.to_datetime(rows["end"]) + 10 * DAY
    rows["published"] = pd.to_datetime(rows["published"]).fillna(late)
    rows["published_assumed"] = rows["published_assumed"].astype("boolean").fillna(value=False)
    rows["line"] = np.arange(2, len(rows) + 2)
    for name in like.columns[[str(kind) == "str" for kind in like.dtypes]]:
        rows[name] = rows[name].astype(object).fillna("")
    rows = rows.astype(like.dtypes.to_dict())[list(like.columns)]
    return rows.sort_values(["published", "start", "end", "line"], ignore_index=True)


def panel_of(crisis: Crisis, as_of: str = "2018-06-15", until: str = "2018-08-31") -> Panel:
    """The panel of a day."""
    return build_panel(crisis, day(as_of), day(until))


def days_between(first: str, last: str) -> st.SearchStrategy[pd.Timestamp]:
    """Any day of a span, both ends included."""
    span = (day(last) - day(first)) // DAY
    return st.integers(0, span).map(lambda number: day(first) + number * DAY)


@st.composite
def windows(draw: st.DrawFn, longest: int = 120) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a window within two years."""
    start = FIRST + draw(st.integers(0, 600)) * DAY
    return start, start + draw(st.integers(0, longest - 1)) * DAY


@st.composite
def window_frames(draw: st.DrawFn) -> pd.DataFrame:
    """One to eight windows: start, end."""
    found = draw(st.lists(windows(), min_size=1, max_size=8))
    return pd.DataFrame(found, columns=["start", "end"]).astype("datetime64[us]")


@st.composite
def place_trees(draw: st.DrawFn) -> tuple[Places, list[str]]:
    """A tree of up to twelve places and some of them, none within another, as cells."""
    size = draw(st.integers(2, 12))
    parents = [-1, *(draw(st.integers(-1, place - 1)) for place in range(1, size))]
    frame = pd.DataFrame(
        {
            "place_id": [f"P{place}" for place in range(size)],
            "name": [f"Place {place}" for place in range(size)],
            "parent_id": ["" if parent < 0 else f"P{parent}" for parent in parents],
            "level": "admin1",
            "lat": np.nan,
            "lon": np.nan,
            "population": np.nan,
            "capacity": np.nan,
            "aliases": "",
            "capacity_source": "",
        }
    )
    places = Places(frame)
    cells: list[str] = []
    for place in draw(st.permutations(list(places.frame.index))):
        apart = not any(places.within(place, cell) or places.within(cell, place) for cell in cells)
        if apart and draw(st.booleans()):
            cells.append(place)
    return places, cells


@st.composite
def report_frames(draw: st.DrawFn, least: int = 1, most: int = 12) -> pd.DataFrame:
    """Reports of the made-up land, of any measure, window and size, zeros among them."""
    rows = []
    for _ in range(draw(st.integers(least, most))):
        start, end = draw(windows())
        measure, direction = draw(st.sampled_from(MEASURES))
        rows.append(
            {
                "start": start,
                "end": end,
                "measure": measure,
                "direction": direction,
                "place_id": draw(st.sampled_from(PLACES)),
                "persons": float(draw(st.sampled_from([0, 1, 30, 900, 25_000, 400_000]))),
                "source": draw(st.sampled_from(SOURCES)),
            }
        )
    return reports_of(rows)


@st.composite
def attack_frames(draw: st.DrawFn) -> pd.DataFrame:
    """Attacks of the made-up land in windows of up to three months; events are whole numbers."""
    rows = []
    for _ in range(draw(st.integers(1, 15))):
        start, end = draw(windows(longest=90))
        rows.append(
            {
                "start": start,
                "end": end,
                "place_id": draw(st.sampled_from([*FRONTS, "N01", "L-rest"])),
                "kind": draw(st.sampled_from(["air_strike", "shelling", "battle", "territory"])),
                "events": float(draw(st.integers(0, 60))),
                "source": draw(st.sampled_from(["Event Data", "Event Data", "Task Force"])),
            }
        )
    return attacks_of(rows)


@st.composite
def report_arrays(draw: st.DrawFn) -> ReportArrays:
    """Reports as arrays: what belongs to a stream is the same for all its reports."""
    count, cells, weeks = draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(1, 8))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    streams = draw(st.integers(1, 4))
    stream = numbers.integers(streams, size=count)
    source = numbers.integers(3, size=streams)
    weights = numbers.random((count, cells, weeks)) * (numbers.random((count, cells, weeks)) < 0.5)
    weights[weights.sum(axis=(1, 2)) == 0.0, 0, 0] = 1.0
    return ReportArrays(
        weights=weights,
        flow=numbers.integers(3, size=streams)[stream],
        stream=np.array([f"stream {number}" for number in stream], dtype=object),
        source=np.array([f"source {number}" for number in source[stream]], dtype=object),
        middle=17_000.0 + numbers.integers(900, size=count),
        days=numbers.integers(1, 121, size=count).astype(np.float64),
        part=(numbers.random(streams) < 0.3)[stream],
        event=(numbers.random(3) < 0.3)[source][stream],
        reference=(source == 0)[stream],
    )


@st.composite
def intensities(draw: st.DrawFn) -> Intensity:
    """Weekly intensity of one to four cells over one to eighty weeks, some cells never attacked."""
    cells, weeks = draw(st.integers(1, 4)), draw(st.integers(1, 80))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mean = draw(st.sampled_from([0.0, 0.3, 8.0, 400.0]))
    counts = numbers.poisson(mean * numbers.gamma(0.7, size=(weeks, cells))).astype(np.float64)
    counts[:, draw(st.integers(0, cells - 1))] *= draw(st.booleans())
    index = pd.date_range("2017-01-07", periods=weeks, freq="7D")
    names = [*(f"C{number}" for number in range(cells - 1)), REST]
    return Intensity(
        weekly=pd.DataFrame(counts, index=index, columns=names),
        half=draw(st.sampled_from([1e-6, 0.5, 10.0])),
    )


@st.composite
def rewritten_after(draw: st.DrawFn, crisis: Crisis, known_by: pd.Timestamp) -> Crisis:
    """The crisis with another future: all that was published after a day is changed at will."""
    return replace(
        crisis,
        reports=draw(_rewritten_rows(crisis.reports, known_by, "persons")),
        attacks=draw(_rewritten_rows(crisis.attacks, known_by, "events")),
        agreements=draw(_rewritten_agreements(crisis.agreements, known_by)),
    )


@st.composite
def _rewritten_rows(
    draw: st.DrawFn, rows: pd.DataFrame, known_by: pd.Timestamp, figure: str
) -> pd.DataFrame:
    known, later = rows[rows["published"] <= known_by], rows[rows["published"] > known_by]
    keep = draw(st.sampled_from([0.0, 0.5, 1.0]))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    later = later[numbers.random(len(later)) < keep]
    later = later.assign(**{figure: later[figure] * draw(st.sampled_from([0.0, 1.0, 7.0]))})
    parts = [known, later]
    for back in draw(st.lists(st.integers(-60, 500), max_size=3)):
        added = rows.tail(3).assign(published=known_by + draw(st.integers(1, 90)) * DAY)
        shift = added["end"].max() - (known_by - back * DAY)
        added = added.assign(start=added["start"] - shift, end=added["end"] - shift)
        parts.append(added.assign(line=rows["line"].max() + 1 + np.arange(len(added))))
    found = pd.concat(parts).astype(rows.dtypes.to_dict())
    return found.sort_values(["published", "start", "end", "line"], ignore_index=True)


@st.composite
def _rewritten_agreements(
    draw: st.DrawFn, agreements: pd.DataFrame, known_by: pd.Timestamp
) -> pd.DataFrame:
    known = agreements[agreements["announced"] <= known_by]
    hidden = ~(known["collapsed"] <= known_by)
    other = draw(st.sampled_from([pd.NaT, known_by + DAY, known_by + 90 * DAY]))
    known = known.assign(collapsed=known["collapsed"].mask(hidden, other))
    later = agreements[agreements["announced"] > known_by]
    found = pd.concat([known, later] if draw(st.booleans()) else [known])
    return found.astype(agreements.dtypes.to_dict()).reset_index(drop=True)


def rows_to_predict(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Reports without a figure, as `predict_reports` takes them."""
    return reports_of([{"persons": 0.0, **row} for row in rows])[["start", "end", *STREAM]]


@st.composite
def people_clauses(draw: st.DrawFn) -> str:
    """Clauses on where the people of the made-up land go, as TOML; any mix that is no error."""
    share = st.sampled_from([0.0, 0.2, 1.0])
    days = st.integers(1, 30)
    parts = []
    closed = draw(st.sampled_from(["", "N0101", "N0201", "N02"]))
    if closed:
        first = draw(days)
        parts.append(f'[[closure]]\nplace = "{closed}"\nfrom = {first}\nto = {first + draw(days)}')
    if draw(st.booleans()):
        ends = draw(st.sampled_from(['"N01", "N02"', '"N0201", "N0102"', '"N01C", "N01X"']))
        parts.append(f"[[closure]]\nbetween = [{ends}]\nfrom = {draw(days)}")
    if draw(st.booleans()):
        waiting = draw(st.sampled_from([0, 900]))
        people = draw(st.sampled_from([0, 7, 1e6]))
        parts.append(f"[gate]\npeople_a_day = {people}\nwaiting = {waiting}")
    if draw(st.booleans()):
        opens = "true" if draw(st.booleans()) and not closed else "false"
        people = draw(st.sampled_from([0, 500, 1e7]))
        parts.append(f'[[capacity]]\nplace = "N0102"\npeople = {people}\nopens = {opens}')
    for place in draw(st.lists(st.sampled_from(["N0201", "N02", "T", "N0101"]), max_size=2)):
        shut_in = bool(closed) and place.startswith(closed)
        isolated = "true" if shut_in or draw(st.booleans()) else "false"
        window = f"isolated = {isolated}\nto = {draw(days)}"
        parts.append(f'[[outflow]]\nplace = "{place}"\npeople = 4000\n{window}')
    if draw(st.booleans()):
        parts.append(
            f'[[territory]]\nplaces = ["N0202"]\ndate = {draw(days)}\nleaving = {draw(share)}'
        )
    if draw(st.booleans()):
        parts.append(f"[onward]\nshare = {draw(share)}\nfrom = {draw(days)}")
    return "\n".join(['title = "any"', *parts])

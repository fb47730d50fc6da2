"""A made-up crisis of any number of places, written as a crisis folder.

    write_crisis(folder, places=1000)
    load_crisis(folder)

Four governorates (the cells) hold the sub-districts, so more places make larger governorates.
Attacks and routes grow with the places, about ten and two rows a place. Reports do not: sources
tell of governorates, and of the few sub-districts where most arrive, however many there are.
Their windows overlap and differ in length, they see parts of what happened, and late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from features.overlap import DAY

CELLS = ("C1", "C2", "C3", "C4")
FIRST = pd.Timestamp("2020-01-04")  # a Saturday
WEEKS = 130
MONTHS = pd.date_range(FIRST, periods=28, freq="MS")
LAST = MONTHS[-1] + pd.offsets.MonthEnd(0)
ATTACKS_A_PLACE = 10
HUBS = 15
HUB_SHARE = 0.5
STAY = 0.6
KINDS = {"air_strike": 0.4, "shelling": 0.4, "battle": 0.2}
FACTS = """\
id = "synthetic-{places}"
title = "A made-up land of {places} places"
focus = "L"
border_belt = {belt}
family_size = 5.5
family_size_source = "made up"
repeat_factor = 1.5
repeat_factor_source = "made up"

[reference]
source = "Cluster"

[drivers]
attacks = "Events"

[models.flow_state]
cells = ["C1", "C2", "C3", "C4"]
event_triggered = ["Flash"]
"""
SOURCES = """\
source,delay_days,basis,max_age_days
Cluster,28,measured,75
Monitor,20,measured,60
Flash,3,measured,40
Events,7,assumed,30
"""


@dataclass(frozen=True)
class Land:
    """Sub-districts by cell, weekly attacks (cells, weeks) and daily flows (cells, days)."""

    districts: dict[str, list[str]]
    attacks: np.ndarray
    departures: np.ndarray
    arrivals: np.ndarray
    returns: np.ndarray

    def persons(self, flow: np.ndarray, cell: str, start: pd.Timestamp, end: pd.Timestamp) -> float:
        """Persons of a daily flow of one cell from `start` to `end`."""
        first, last = (start - FIRST).days, (end - FIRST).days
        return float(flow[CELLS.index(cell), max(first, 0) : last + 1].sum())


def write_crisis(folder: Path, places: int, seed: int = 1) -> Path:
    """Write a crisis of so many sub-districts, at least 8; the same seed writes the same bytes."""
    rng = np.random.default_rng(seed)
    land = _land(places, rng)
    belt = [hub for cell in CELLS[:2] for hub in land.districts[cell][:2]]
    folder.mkdir(parents=True, exist_ok=True)
    facts = FACTS.format(places=places, belt=str(belt).replace("'", '"'))
    (folder / "crisis.toml").write_text(facts, encoding="utf-8")
    (folder / "sources.csv").write_text(SOURCES, encoding="utf-8")
    tables = {
        "places": _places(land, rng),
        "areas": _areas(land),
        "attacks": _attacks(land, places, rng),
        "displacement": _reports(land, rng),
        "routes": _routes(land, rng),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    return folder


def _land(places: int, rng: np.random.Generator) -> Land:
    """Attacks come in waves, some of them offensives; people flee them, and later return."""
    districts = {
        cell: [f"{cell}-{number:05d}" for number in range(1, len(part) + 1)]
        for cell, part in zip(CELLS, np.array_split(np.arange(places), len(CELLS)), strict=True)
    }
    walk = np.cumsum(0.4 * rng.standard_normal((len(CELLS), WEEKS)), axis=1)
    calm = np.exp(walk - walk.mean(axis=1, keepdims=True))
    begin = rng.integers(8, WEEKS - 8, size=(len(CELLS), 3))
    offensive = (np.abs(np.arange(WEEKS) - begin[:, :, None]) < 5).any(axis=1)
    attacks = calm / calm.mean() + 4.0 * offensive
    left = 900.0 * (0.3 + attacks) * np.exp(0.3 * rng.standard_normal(attacks.shape))
    mixed = np.full((len(CELLS), len(CELLS)), (1.0 - STAY) / (len(CELLS) - 1))
    np.fill_diagonal(mixed, STAY)
    home = 0.2 * np.roll(left, 12, axis=1)
    daily = [np.repeat(flow, 7, axis=1) / 7.0 for flow in (left, mixed @ left, home)]
    return Land(districts, attacks, *daily)


def _places(land: Land, rng: np.random.Generator) -> pd.DataFrame:
    rows = [("L", "Land", "", "region", np.nan), ("T", "Abroad", "", "external", np.nan)]
    for cell, districts in land.districts.items():
        rows.append((cell, f"Governorate {cell}", "L", "admin1", 1e6))
        people = rng.integers(2_000, 60_000, size=len(districts))
        rows += [
            (district, f"District {district}", cell, "admin3", count)
            for district, count in zip(districts, people, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["place_id", "name", "parent_id", "level", "population"])
    frame["lat"] = (33.0 + 4.0 * rng.random(len(frame))).round(4)
    frame["lon"] = (36.0 + 5.0 * rng.random(len(frame))).round(4)
    return frame.assign(capacity="", aliases="").astype({"population": "Int64"})


def _areas(land: Land) -> pd.DataFrame:
    """What the Monitor assesses: every other sub-district, most of it."""
    chosen = [district for districts in land.districts.values() for district in districts[::2]]
    return pd.DataFrame(
        {"area_id": "assessed", "name": "Assessed districts", "place_id": chosen, "share": 0.8}
    )


def _attacks(land: Land, places: int, rng: np.random.Generator) -> pd.DataFrame:
    """Events drawn over weeks and cells as attacks are, and over the districts of a cell."""
    chance = land.attacks.ravel() / land.attacks.sum()
    drawn = rng.choice(chance.size, size=ATTACKS_A_PLACE * places, p=chance)
    cell, week = np.divmod(drawn, WEEKS)
    districts = list(land.districts.values())
    place = [districts[at][rng.integers(len(districts[at]))] for at in cell]
    kind = rng.choice(list(KINDS), size=len(drawn), p=list(KINDS.values()))
    rows = pd.DataFrame({"start": FIRST + 7 * DAY * week, "place_id": place, "kind": kind})
    rows = rows.groupby(["start", "place_id", "kind"]).size().rename("events").reset_index()
    rows.insert(1, "end", rows["start"] + 6 * DAY)
    dead = rng.poisson(rows["events"])
    return rows.assign(
        fatalities=dead, civilians_killed=dead // 2, source="Events", published="", target=""
    )


def _reports(land: Land, rng: np.random.Generator) -> pd.DataFrame:
    rows = [*_cluster(land), *_monitor(land), *_flash(land, rng)]
    columns = ["start", "end", "measure", "place_id", "direction", "persons", "source", "published"]
    frame = pd.DataFrame(rows, columns=columns)
    noise = np.exp(0.2 * rng.standard_normal(len(frame)))
    frame["persons"] = (frame["persons"] * noise).round().astype(np.int64)
    assumed = (frame["source"] == "Monitor") & (rng.random(len(frame)) < 0.3)
    frame["published"] = frame["published"].mask(assumed)
    blank = dict.fromkeys(["from_id", "low", "high", "url", "note"], "")
    return frame.assign(**blank).drop_duplicates(columns[:5])


def _cluster(land: Land) -> Iterator[tuple[object, ...]]:
    """All flows of every calendar month and cell, and the people there at each quarter's end."""
    told = (
        ("arrivals", "destination", land.arrivals),
        ("departures", "origin", land.departures),
        ("returns", "destination", land.returns),
    )
    for start in MONTHS:
        end = start + pd.offsets.MonthEnd(0)
        for cell in CELLS:
            for measure, direction, flow in told:
                persons = land.persons(flow, cell, start, end)
                yield start, end, measure, cell, direction, persons, "Cluster", end + 28 * DAY
            if end.month % 3 == 0:
                there = land.persons(land.arrivals, cell, FIRST, end)
                yield end, end, "stock", cell, "within", there, "Cluster", end + 28 * DAY


def _monitor(land: Land) -> Iterator[tuple[object, ...]]:
    """Arrivals in what it assesses, from the 21st of a month to the 25th of the next."""
    for month in MONTHS[:-1]:
        start, end = month + 20 * DAY, month + pd.offsets.MonthBegin(1) + 24 * DAY
        persons = 0.4 * sum(land.persons(land.arrivals, cell, start, end) for cell in CELLS)
        yield (
            *(start, end, "arrivals", "assessed", "destination"),
            *(persons, "Monitor", end + 20 * DAY),
        )


def _flash(land: Land, rng: np.random.Generator) -> Iterator[tuple[object, ...]]:
    """Arrivals in one of the first districts of a cell over four days to a month, now and then."""
    for start in pd.date_range(FIRST, LAST - 31 * DAY, freq="9D"):
        end = start + int(rng.integers(4, 30)) * DAY
        cell = CELLS[rng.integers(len(CELLS))]
        hubs = land.districts[cell][:HUBS]
        persons = HUB_SHARE / len(hubs) * land.persons(land.arrivals, cell, start, end)
        place = hubs[rng.integers(len(hubs))]
        yield start, end, "arrivals", place, "destination", persons, "Flash", end + 3 * DAY


def _routes(land: Land, rng: np.random.Generator) -> pd.DataFrame:
    """A chain of the districts of a cell and a way from each to the first; some open late."""
    pairs: list[tuple[str, str]] = []
    for districts in land.districts.values():
        pairs += pairwise(districts)
        pairs += [(district, districts[0]) for district in districts[2:]]
    frame = pd.DataFrame(pairs, columns=["from_id", "to_id"])
    frame["distance_km"] = rng.integers(4, 90, size=len(frame))
    late = rng.random(len(frame)) < 0.05
    return frame.assign(open_from=np.where(late, "2021-01-01", ""), open_to="")

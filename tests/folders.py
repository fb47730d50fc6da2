"""A small, sound, made-up crisis folder, and ways to spoil it.

    write_crisis(tmp_path)                                    # sound
    write_crisis(tmp_path, areas=None)                        # without areas.csv
    write_crisis(tmp_path, displacement=with_cell(1, "persons", "-5"))
    write_crisis(tmp_path, attacks=frame, months=60)          # a frame, a longer history

The land has a north where people arrive (N01, with the camp N01C by the border crossing N01X) and
a south that is attacked (N02). Attacks are counted weekly, Saturday to Friday, by `Event Data`;
arrivals follow them and are reported monthly by the `Task Force` (the reference) and the `Monitor`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from features.crisis import load_crisis
from features.errors import Finding, InputError

Edit = Callable[[str], str]
Change = str | bytes | None | Edit | pd.DataFrame

FIRST_YEAR = 2017
CRISIS = """\
id = "made-up"
title = "A made-up land"
focus = "N"
border_belt = ["N0101", "N0102"]
family_size = 5.5
family_size_source = "Task Force 2018"
repeat_factor = 1.5
repeat_factor_source = "Monitor 2018"

[reference]
source = "Task Force"

[drivers]
attacks = "Event Data"

[models.flow_state]
cells = ["N01", "N02"]

[models.flow_state.drivers]
N01 = ["front-south"]
"""
PLACES = """\
place_id,name,parent_id,level,lat,lon,population,capacity,aliases,capacity_source
L,Land,,region,,,,,,
N,North and south,L,region,35.5,36.5,900000,,,
N01,Marj,N,admin1,36,36.6,600000,,El-Marj;المرج,
N0101,Marj,N01,admin3,36.1,36.6,80000,,,
N0102,Salq,N01,admin3,36.15,36.3,40000,,,
N01C,Camp One,N0101,camp,36.2,36.6,,20000,,Monitor 2018
N01X,North Gate,N0101,crossing,36.3,36.6,,,Bab ash-Shamāl,
N02,Wadi,N,admin1,35.2,36.4,300000,,,
N0201,Kafr Nabuda,N02,admin3,35.3,36.4,15000,,Kafranbude;كفر نبودة,
N0202,Al-Habit,N02,admin3,35.4,36.5,10000,,,
L-rest,Rest of the land,L,region,,,,,,
T,Abroad,,external,38,35,,,,
"""
AREAS = """\
area_id,name,place_id,share
front-south,Southern front,N0201,1
front-south,Southern front,N0202,1
assessed,Assessed communities,N01,0.9
assessed,Assessed communities,N02,0.4
"""
SOURCES = """\
source,delay_days,basis,max_age_days
Task Force,28,measured,75
Monitor,20.5,measured,60
Event Data,7,assumed,30
"""
ROUTES = """\
from_id,to_id,distance_km,open_from,open_to
N02,N01,68,,
N01,N01C,24,,2017-06-30
N01,N01C,24,2017-09-01,
N01C,N01X,3,,
"""
AGREEMENTS = """\
announced,effective,collapsed,kind,place_id,title,url
2017-05-04,2017-05-06,2017-11-01,ceasefire,N,First truce,https://example.org/1
2018-09-17,2018-09-17,,ceasefire,front-south,Second truce,
"""
FILES = {
    "crisis": "crisis.toml",
    "places": "places.csv",
    "areas": "areas.csv",
    "sources": "sources.csv",
    "attacks": "attacks.csv",
    "displacement": "displacement.csv",
    "routes": "routes.csv",
    "agreements": "agreements.csv",
}


def write_crisis(directory: Path, *, months: int = 24, **changes: Change) -> Path:
    """Write the folder and return it; `changes` are named as in FILES.

    A change is the file's new contents, None for no file, a frame, or an edit of the sound text.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if unknown := set(changes) - set(FILES):
        raise KeyError(f"no such file of a crisis folder: {sorted(unknown)}")
    for stem, text in texts(months).items():
        _write(directory / FILES[stem], text, changes.get(stem, text))
    return directory


def texts(months: int = 24) -> dict[str, str]:
    """The contents of the sound files by their names in FILES."""
    return {
        "crisis": CRISIS,
        "places": PLACES,
        "areas": AREAS,
        "sources": SOURCES,
        "attacks": _attacks(months),
        "displacement": _displacement(months),
        "routes": ROUTES,
        "agreements": AGREEMENTS,
    }


def with_cell(row: int, column: str, value: str) -> Edit:
    """An edit that sets one cell; row 0 is the first below the header."""

    def edit(text: str) -> str:
        records = list(csv.reader(io.StringIO(text)))
        records[row + 1][records[0].index(column)] = value
        return as_csv(records)

    return edit


def with_row(*, like: int = 0, **cells: str) -> Edit:
    """An edit that appends a copy of a row with other cells."""

    def edit(text: str) -> str:
        records = list(csv.reader(io.StringIO(text)))
        row = dict(zip(records[0], records[like + 1], strict=True)) | cells
        return as_csv([*records, [row[name] for name in records[0]]])

    return edit


def replaced(old: str, new: str) -> Edit:
    """An edit that replaces the first occurrence of a text that must be there."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def header_only(text: str) -> str:
    """An edit that leaves the header."""
    return text.splitlines(keepends=True)[0]


def as_csv(records: list[list[str]]) -> str:
    """Records as the text of a CSV file."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(records)
    return stream.getvalue()


def attack_intensity(week: int, front: int) -> int:
    """Events of a week on one of two fronts: waves, with an offensive every eleventh week."""
    return round(12 + 8 * math.sin(week / 6 + front)) + (40 if week % 11 == 3 + front else 0)


def _write(path: Path, sound: str, change: Change) -> None:
    if isinstance(change, pd.DataFrame):
        change = change.to_csv(index=False)
    elif callable(change):
        change = change(sound)
    if isinstance(change, str):
        change = change.encode()
    if change is not None:
        path.write_bytes(change)


def _weeks(months: int) -> int:
    return months * 30 // 7


def _attacks(months: int) -> str:
    rows = ["start,end,place_id,kind,events,fatalities,civilians_killed,source,published,target"]
    saturday = date(FIRST_YEAR - 1, 12, 31)
    for week in range(_weeks(months)):
        start = saturday + timedelta(weeks=week)
        for front, place in enumerate(["N0201", "N0202"]):
            events = attack_intensity(week, front)
            rows.append(
                f"{start},{start + timedelta(days=6)},{place},air_strike,{events},{events // 2},"
                f"{events // 5},Event Data,,{'health' if week % 9 == 0 else ''}"
            )
    return "\n".join(rows) + "\n"


def _displacement(months: int) -> str:
    rows = [
        "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url,note,"
        "window,coverage"
    ]
    for month in range(months):
        start = _month(month)
        end = _month(month + 1) - timedelta(days=1)
        week = month * 30 // 7
        moved = 900 * sum(attack_intensity(week + i, j) for i in range(4) for j in (0, 1))
        told = end + timedelta(days=21 + month % 9)
        url = f"https://example.org/{month}"
        rows += [
            f"{start},{end},arrivals,N01,destination,,{moved},,,Task Force,{told},{url},,,",
            f"{start},{end},newly_displaced,N,within,,{moved + 9},,,Task Force,{told},{url},,,",
            f"{start},{end},arrivals,assessed,destination,,{moved * 3 // 5},{moved // 2},{moved},"
            f'Monitor,,,"assessed, not all",inferred,{400 + month}',
            f"{start},{end},arrivals,N01,destination,N02,{moved // 4},,,Monitor,,,,stated,300",
        ]
        if month % 6 == 5:
            rows.append(f"{end},{end},stock,N01C,within,,{15000 + month * 100},,,Monitor,,,,,")
    return "\n".join(rows) + "\n"


def _month(number: int) -> date:
    return date(FIRST_YEAR + number // 12, number % 12 + 1, 1)


def wrong_in(folder: Path) -> list[Finding]:
    """All that is wrong with a crisis folder; nothing when it loads."""
    try:
        load_crisis(folder)
    except InputError as error:
        return error.findings
    return []

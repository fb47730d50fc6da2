"""Scenarios that come with a crisis, and the template of a new one."""

from __future__ import annotations

from pathlib import Path

from features.crisis import CRISES, bundled
from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed

FOLDER = "scenarios"
SUFFIXES = (".toml", ".json")
TEMPLATE = """\
# A scenario: what is assumed instead of what the forecast assumes. What is not named stays.
# Days are dates, or whole numbers of days after --as-of. A window without `from` begins the day
# after --as-of; one without `to` lasts to the end of the horizon.
title = "What if the attacks on the southern front double"
author = "Your name"
note = "Why this is worth asking, and where the assumptions are from."
access = "What it would mean for humanitarian access."

# Attacks: times a factor, so many events a week (set, with kind and place), or as in the past.
[[attacks]]
# kind = "lethal"            # one that the crisis has data on; without it, all
# place = "front-…"          # a place or area; without it, everywhere
from = 1
multiply = 2.0

# [[attacks]]
# place = "front-…"
# replay = { from = 2017-12-16, weeks = 10 }

# Which regime rules, by weights that sum to 1.
# [regimes]
# holds = 0.5
# low_level = 0.3
# offensive = 0.15
# territorial = 0.05

# A ceasefire; without a probability of holding, that of past agreements.
# [[agreement]]
# date = 14
# probability = 0.6

# Ground that changes hands: most leave, few return.
# [[territory]]
# places = ["…"]
# date = 30
# population = 60000         # where places.csv has none
# leaving = 0.8
# returning = 0.1

# A place or crossing that nobody gets in, out or through; with between = ["…", "…"] in place of
# place, the way between two. Who has no other way is trapped.
# [[closure]]
# place = "…"
# from = 1
# to = 60

# People a day who may cross the border from the belt, of those who arrive from then on and of so
# many who were there before (waiting).
# [gate]
# people_a_day = 500
# waiting = 0
# from = 30

# A place that holds so many and no more, 0 for nobody new; with opens = true, a site that is filled
# first.
# [[capacity]]
# place = "…"
# people = 20000

# So many people who leave a place; isolated = true: they want to and cannot.
# [[outflow]]
# place = "…"
# people = 30000
# from = 1
# to = 30
# destinations = ["…"]

# Share of the arrivals elsewhere who move on to the border belt.
# [onward]
# share = 0.2

# What would it take for so many people? Attacks (up to most times), the gate and the outflow are
# varied, each on its own. of = "crossed" counts those who cross the border, else name a place.
# [target]
# people = 100000
# of = "crossed"
# by = 90
# vary = ["attacks", "gate"]
# most = 10
"""


def shipped(crisis: str) -> dict[str, Path]:
    """Scenario files by name that come with a bundled crisis or lie in a crisis folder."""
    folder = (CRISES / crisis if crisis in bundled() else Path(crisis)) / FOLDER
    return files_in(folder) if folder.is_dir() else {}


def files_in(folder: Path) -> dict[str, Path]:
    """Scenario files of a folder by their names without suffix."""
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES}


def find(name: str, crisis: str) -> Path:
    """The file of this path, or the shipped scenario of this name. Raises InputError."""
    known = shipped(crisis)
    if Path(name).is_file():
        return Path(name)
    if name in known:
        return known[name]
    hint = did_you_mean(name, known)
    why = f"is no file, and no scenario of {crisis!r}{hint}; it has: {listed(known) or 'none'}"
    raise InputError(Finding("scenario", why, value=name))

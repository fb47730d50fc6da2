"""The one place where an answer is made fit for the audience that asks for it.

What is told to an audience with limits is built from what is known to be harmless: a column, a key
or a text that is not known is left out. Every format and filter is applied to the outcome, so none
of them can tell more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features import agreements, areas, attacks, places, reports, sources
from features.spelling import fold
from service.access.ground import Ground
from service.access.policy import DEPTH, Policy

COARSENED = (attacks.FILE, agreements.FILE)
PLACE_COLUMNS = ("place_id", "area_id", "from_id", "to_id")
FIGURES = ("persons", "low", "high")
HARMLESS = {
    places.FILE: ("name", "parent_id", "level", "lat", "lon", "population", "capacity", "aliases"),
    areas.FILE: ("name", "share"),
    sources.FILE: ("source", "delay_days", "basis", "max_age_days"),
    attacks.FILE: ("start", "end", "kind", *attacks.COUNTS, "source", "published", "target"),
    reports.FILE: ("start", "end", "measure", "direction", "source", "published", "window"),
    agreements.FILE: ("announced", "effective", "collapsed", "kind", "title", "url"),
}
ALWAYS = ("published_assumed", "entry", "recorded", "status", "coverage")
NUMBERS = frozenset(
    {
        "age_days", "core", "draws", "family_size", "first", "horizon", "last", "max_age_days",
        "months", "not_within_horizon", "onward", "passes", "past_days", "people_a_day", "periods",
        "probability_above_baseline", "repeat_factor", "reports", "rows", "seed", "tail",
    }
)  # fmt: skip
PEOPLE = frozenset({"persons", "people"})
# Beside words, numbers and people, what may be told to be blank: that alone tells nothing.
BLANK = frozenset({"counted_before", "instead"})
PROBABILITIES = frozenset({"exceedance"})
NAMING = ("location", "cell", "place_id")
FEWEST_REPORTS = 4
WORDS = frozenset(
    {
        "as_of", "cell", "direction", "end", "kind", "label", "level", "location", "measure",
        "name", "start", "status", "step",
    }
)  # fmt: skip
# What an author wrote of a scenario; one is told to its author, and to those who are told all.
ASSUMED = ("scenarios", "clauses")
OWN = ("title", "author", "note", "access")
TITLED = ("title", "url")
SUMMARIES = ("mean", "median", "quantiles", "intervals")
OF_DISTRIBUTIONS = (*SUMMARIES, "persons", "families", "exceedance")
_LEFT_OUT = object()


@dataclass(frozen=True, eq=False)
class Disclosure:
    """A policy on the ground of a crisis."""

    policy: Policy
    ground: Ground

    def tells_of(self, place_or_area: str) -> bool:
        """Whether the audience may know figures of a place or area; of none that is unknown."""
        if place_or_area not in self.ground:
            return False
        finest = self.policy.finest
        return finest is None or self.ground.depth(place_or_area) <= self._finest

    def latest(self, day: date | None, today: date) -> date | None:
        """The day to read the store as of: the one asked for, or the last before the embargo."""
        if not self.policy.embargo_days:
            return day
        last = today - timedelta(days=self.policy.embargo_days)
        return last if day is None else min(day, last)

    def embargoed(self, as_of: date | None, today: date) -> bool:
        """Whether what stands on a day is too recent to be told."""
        return as_of is not None and self.latest(as_of, today) != as_of

    def rows(self, file: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a file as the audience is told them, with `status` present or withheld.

        Attacks and agreements move up to the finest place that is told; other rows of a place that
        is not are left out.
        """
        found = frame if "status" in frame else frame.assign(status="present")
        if self.policy.unlimited:
            return found
        if file in COARSENED:
            found = found.assign(place_id=[self._coarse(id_) for id_ in found["place_id"]])
        for column in PLACE_COLUMNS:
            if column in found:
                blank = column == "from_id"
                told = [(blank and not id_) or self.tells_of(id_) for id_ in found[column]]
                found = found[np.array(told, dtype=bool)]
        for column in TITLED:
            if column in found:
                found = found.assign(**{column: found[column].map(self._untold)})
        known = {*PLACE_COLUMNS, *FIGURES, *HARMLESS.get(file, ()), *ALWAYS}
        found = found[[name for name in found if name in known]].reset_index(drop=True)
        return self._figures(found) if "persons" in found else found

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A forecast or a comparison of scenarios, as JSON takes it, as the audience is told it."""
        if self.policy.unlimited:
            return dict(document)
        return self._each(document)

    def text(self, text: str) -> str | None:
        """A text, or None when it names a place that the audience is not told of."""
        return None if self._names_hidden(text) else text

    def _untold(self, text: Any) -> Any:
        return text if not isinstance(text, str) or self.text(text) is not None else ""

    @cached_property
    def _finest(self) -> int:
        return DEPTH[self.policy.finest or "camp"]

    def _coarse(self, id_: str) -> str:
        """The place or area itself, or the nearest place above all of it that is told of."""
        if self.tells_of(id_):
            return id_
        tree = self.ground.places
        members = self.ground.areas.get(id_, (id_,))
        above = [{*tree.ancestors(place)} for place in members if place in tree]
        shared = set.intersection(*above) if len(above) == len(members) else set()
        nearest = tree.ancestors(members[0]) if shared else []
        return next((one for one in nearest if one in shared and self.tells_of(one)), "")

    def _figures(self, frame: pd.DataFrame) -> pd.DataFrame:
        small = frame["persons"].map(self.policy.small).to_numpy(dtype=bool)
        told = {
            name: frame[name].map(self.policy.rounded, na_action="ignore").mask(small, np.nan)
            for name in FIGURES
            if name in frame
        }
        return frame.assign(**told, status=frame["status"].mask(small, "withheld"))

    def _each(self, values: Mapping[str, Any]) -> dict[str, Any]:
        told = {key: self._told(key, value) for key, value in values.items()}
        return {key: value for key, value in told.items() if value is not _LEFT_OUT}

    def _told(self, key: str, value: Any) -> Any:
        if value is None:
            return None if key in WORDS | NUMBERS | PEOPLE | BLANK else _LEFT_OUT
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            return value if key in WORDS or not self._names_hidden(value) else _LEFT_OUT
        if isinstance(value, int | float):
            return self._number(key, value)
        if isinstance(value, Mapping):
            return self._object(key, value)
        told = [self._told(key, one) for one in value]
        return [one for one in told if one is not _LEFT_OUT]

    def _number(self, key: str, value: float) -> Any:
        if key in PEOPLE:
            return None if self.policy.small(value) else self.policy.rounded(value)
        return value if key in NUMBERS else _LEFT_OUT

    def _object(self, key: str, value: Mapping[str, Any]) -> Any:
        if any(name in value and not self.tells_of(value[name]) for name in NAMING):
            return _LEFT_OUT
        if key in ASSUMED:
            return self._each(value) | {name: value[name] for name in OWN if name in value}
        if key in PROBABILITIES or "cell" in value:
            return dict(value)
        if "factor" in value:
            return self._factor(value)
        if "mean" not in value:
            return self._each(value)
        rest = {name: one for name, one in value.items() if name not in OF_DISTRIBUTIONS}
        return {**self._each(rest), **self._distribution(value)}

    def _factor(self, value: Mapping[str, Any]) -> Any:
        """The factor of a source, to two digits: one of few reports would tell of each of them."""
        if value["reports"] < FEWEST_REPORTS or self._names_hidden(value["source"]):
            return _LEFT_OUT
        figures = {
            name: float(f"{one:.2g}") for name, one in value.items() if isinstance(one, float)
        }
        return self._each(value) | figures

    def _distribution(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A distribution of people; persons and families anew from what is told of movements."""
        nothing = not any(_leaves(value))
        if self.policy.small(value["mean"]) or (value["mean"] == 0 and not nothing):
            return {"status": "withheld"}
        told = {name: self._rounded(value[name]) for name in SUMMARIES if name in value}
        if "exceedance" in value:
            told["exceedance"] = dict(value["exceedance"])
        facts = self.ground.facts
        if "persons" in value and "quantiles" in told:
            told["persons"] = _short(told, facts.repeat_factor)
            told["families"] = _short(told, facts.repeat_factor * facts.family_size)
        return told

    def _rounded(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._rounded(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._rounded(one) for one in value]
        return self.policy.rounded(value)

    def _names_hidden(self, text: str) -> bool:
        if self._hidden is None:
            return False
        return any(map(self._hidden.search, _spelled(text)))

    @cached_property
    def _hidden(self) -> re.Pattern[str] | None:
        """What only places that are not told of are called, as whole words."""
        told: set[str] = set()
        hidden: set[str] = set()
        for id_, names in self.ground.names.items():
            spelled = [each for name in names for each in _spelled(name)]
            (told if self.tells_of(id_) else hidden).update(spelled)
        words = sorted(hidden - told - {""}, key=len, reverse=True)
        if not words:
            return None
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")


def _spelled(text: str) -> tuple[str, str]:
    """A text without case and accents, one space between words; hyphens part them, or do not."""
    parted, joined = (re.split(end, text) for end in (r"\W+", r"[^\w'’-]+"))
    return " ".join(filter(None, map(fold, parted))), " ".join(filter(None, map(fold, joined)))


def _leaves(value: Any) -> list[float]:
    if isinstance(value, Mapping):
        return [one for each in value.values() for one in _leaves(each)]
    if isinstance(value, list):
        return [one for each in value for one in _leaves(each)]
    return [value] if isinstance(value, int | float) else []


def _short(told: Mapping[str, Any], divisor: float) -> dict[str, Any]:
    """Mean, median and intervals of movements as told, over a divisor."""
    levels = told["quantiles"]
    ends = {"50": ("0.25", "0.75"), "80": ("0.1", "0.9"), "95": ("0.025", "0.975")}
    return {
        "mean": round(told["mean"] / divisor),
        "median": round(levels["0.5"] / divisor),
        "intervals": {
            level: [round(levels[low] / divisor), round(levels[high] / divisor)]
            for level, (low, high) in ends.items()
        },
    }

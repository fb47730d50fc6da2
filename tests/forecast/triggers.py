"""Triggers and lines to judge them by, small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from forecast.trigger import Trigger
from forecast.trigger_record import Came, Line, Record
from forecast.trigger_states import Standing

SOUND = """\
title = "Half a hundred thousand"
kind = "forecast"
place = "border_belt"
over = 50000
within = "1 month"
probability = 0.5
stand_down = 0.4
suppress_days = 0
cost_miss = 10.0
cost_false_alarm = 2.0
"""
OBSERVED = SOUND.replace('"forecast"', '"observed"').replace(
    "probability = 0.5", 'maximum = "1 year"\nfloor = 5000'
)


def trigger_of(**changes: object) -> Trigger:
    """The sound trigger with other values."""
    sound: dict[str, object] = {
        "title": "Half a hundred thousand",
        "kind": "forecast",
        "place": "border_belt",
        "over": 50_000.0,
        "within": "1 month",
        "probability": 0.5,
        "stand_down": 0.4,
        "suppress_days": 0,
        "cost_miss": 10.0,
        "cost_false_alarm": 2.0,
    }
    found = {key: value for key, value in {**sound, **changes}.items() if value is not None}
    return Trigger.model_validate(found)


def lines_of(said: Sequence[tuple[float, float | None]], first: str = "2018-01-31") -> list[Line]:
    """A line a month end: the probability said, and the persons published later, if any."""
    days = pd.date_range(first, periods=len(said), freq="ME")
    found = []
    for day, (probability, persons) in zip(days, said, strict=True):
        start = (day + pd.Timedelta(days=1)).date()
        end = (day + pd.offsets.MonthEnd(1)).date()
        came = None
        if persons is not None:
            chance = float(persons > 50_000)
            came = Came(persons=persons, low=persons, high=persons, chance=chance, by="Task Force")
        found.append(
            Line(
                as_of=day.date(),
                start=start,
                end=end,
                probability=probability,
                ewm_6=0.5,
                observed=None,
                came=came,
            )
        )
    return found


def record_of(lines: Sequence[Line], trigger: Trigger) -> Record:
    """A record of these lines."""
    return Record(
        crisis="made-up",
        trigger=trigger,
        known_by=date(2019, 1, 1),
        nuzuh="0",
        models={"pool": "1"},
        draws=100,
        seed=1,
        lines=tuple(lines),
    )


def activations(stood: Sequence[Standing]) -> list[date | None]:
    """Days of activation."""
    return [one.day for one in stood if one.activates]

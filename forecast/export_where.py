"""Pressure on places and the border gate, as JSON takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from features.overlap import DAY
from forecast.names import name_of
from forecast.pressure import LEVELS, Pressure
from forecast.result import Forecast
from forecast.summary import summarise


def where_document(forecast: Forecast) -> dict[str, Any]:
    """Keys `assumptions`, `pressure`, `border`, `trapped`; those that say nothing are left out."""
    found: dict[str, Any] = {}
    if forecast.assumptions:
        found["assumptions"] = list(forecast.assumptions)
    found["pressure"] = [_pressure(forecast, one) for one in forecast.pressure]
    if forecast.border is not None:
        border = forecast.border
        found["border"] = {
            "people_a_day": border.gate.people_a_day,
            "source": border.gate.source,
            "crossed": [people(draws) for draws in border.crossed.T],
            "waiting": [people(draws) for draws in border.queue.T],
            "onward": border.onward,
            "stay_abroad": [people(draws) for draws in border.stays.T],
            "registered_before": None
            if border.registered is None
            else vars(border.registered).copy(),
            "registered": None
            if border.stock is None
            else [people(draws) for draws in border.stock.T],
        }
    if forecast.trapped is not None:
        found["trapped"] = [people(draws) for draws in forecast.trapped.T]
    return found


def people(draws: np.ndarray) -> dict[str, Any]:
    """Mean, median and intervals of people, whole."""
    found = summarise(draws)
    return {
        "mean": round(found.mean),
        "median": round(found.median),
        "intervals": {
            str(level): [round(low), round(high)] for level, (low, high) in found.intervals.items()
        },
    }


def _pressure(forecast: Forecast, one: Pressure) -> dict[str, Any]:
    found: dict[str, Any] = {
        "location": one.place,
        "name": name_of(forecast.crisis, one.place),
        "staying": [people(draws) for draws in one.staying.T],
        "counted_before": None if one.stock is None else vars(one.stock).copy(),
    }
    if one.wave is not None:
        found["highest_wave"] = {
            "persons": round(one.wave.persons),
            "start": f"{one.wave.start:%Y-%m-%d}",
            "end": f"{one.wave.end:%Y-%m-%d}",
            "source": one.wave.source,
            "passes": None if one.passes is None else round(one.passes, 4),
        }
    if one.capacity is not None and one.beyond is not None and one.not_full is not None:
        days = {f"{level:g}": one.full_by(level) for level in LEVELS}
        found["capacity"] = {
            "people": round(one.capacity.people),
            "source": one.capacity.source,
            "full_by": {
                level: None if after is None else f"{forecast.as_of + after * DAY:%Y-%m-%d}"
                for level, after in days.items()
            },
            "not_within_horizon": round(one.not_full, 4),
            "beyond": [people(draws) for draws in one.beyond.T],
            "overflow": [
                {"location": site, "name": name_of(forecast.crisis, site), **people(draws)}
                for site, draws in sorted(
                    one.overflow.items(), key=lambda pair: -float(pair[1].mean())
                )
            ],
        }
    return found

"""A scenario beside its baseline, draw by draw: differences are the scenario's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from forecast.export import LEVELS, heading
from forecast.names import name_of
from forecast.result import QUANTILES, Forecast
from forecast.solve import Answer, Tried
from forecast.summary import Summary, summarise
from forecast.whatif import Projection

KIND = "projection"
# Draws differ when they do by half a person or more; less is rounding.
LEAST = 0.5
PEOPLE = ("crossed", "waiting", "trapped")


@dataclass(frozen=True, eq=False)
class Compared:
    """Draws (draws,) of one measure, place and window; periods `first`..`last` count from 1."""

    measure: str
    place: str
    first: int
    last: int
    baseline: np.ndarray
    scenario: np.ndarray

    @cached_property
    def difference(self) -> np.ndarray:
        """Scenario minus baseline, draw by draw."""
        return self.scenario - self.baseline

    @property
    def exceeds(self) -> float:
        """Probability that the scenario is above the baseline."""
        return float((self.difference > LEAST).mean())

    @property
    def differs(self) -> bool:
        """Whether any draw differs."""
        return bool((np.abs(self.difference) > LEAST).any())

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """Baseline, scenario and difference in a few figures."""
        return {name: summarise(getattr(self, name)) for name in QUANTITIES}


QUANTITIES = ("baseline", "scenario", "difference")


@dataclass(frozen=True, eq=False)
class SideBySide:
    """A forecast and the projections of scenarios on it."""

    baseline: Forecast
    projections: Sequence[Projection]

    @cached_property
    def compared(self) -> list[tuple[Projection, list[Compared]]]:
        """Each projection with its figures: every measure and place, by period and summed."""
        return [(each, list(compare(self.baseline, each))) for each in self.projections]


def compare(baseline: Forecast, projection: Projection) -> Iterator[Compared]:
    """Every measure and place: each period, then all of them summed."""
    for measure, draws in projection.draws.items():
        ours = draws.transpose("draw", "period", "place").to_numpy()
        base = baseline.draws[measure].transpose("draw", "period", "place").to_numpy()
        for at, place in enumerate(baseline.places):
            if np.isfinite(base[:, :, at]).all():
                yield from _windows(measure, place, base[:, :, at], ours[:, :, at])
    for name in PEOPLE:
        people = projection.people[name]
        if people.any():
            yield from _windows(name, baseline.places[0], np.zeros_like(people), people)


def _windows(measure: str, place: str, base: np.ndarray, ours: np.ndarray) -> Iterator[Compared]:
    count = base.shape[1]
    for at in range(count):
        yield Compared(measure, place, at + 1, at + 1, base[:, at], ours[:, at])
    if count > 1:
        yield Compared(measure, place, 1, count, base.sum(axis=1), ours.sum(axis=1))


def comparison_rows(found: SideBySide) -> pd.DataFrame:
    """A row a scenario, measure, place, window, quantity and output, for other programs.

    Columns: scenario, kind, as_of, measure, location, target_start, target_end, periods, quantity
    (baseline, scenario, difference), output_type (quantile, mean, probability), output_type_id,
    value.
    """
    baseline = found.baseline
    steps = baseline.periods
    rows = []
    for projection, figures in found.compared:
        for one in figures:
            head = {
                "scenario": projection.scenario.title,
                "kind": KIND,
                "as_of": f"{baseline.as_of:%Y-%m-%d}",
                "measure": one.measure,
                "location": one.place,
                "target_start": f"{steps['start'].iloc[one.first - 1]:%Y-%m-%d}",
                "target_end": f"{steps['end'].iloc[one.last - 1]:%Y-%m-%d}",
                "periods": one.last - one.first + 1,
            }
            for quantity in QUANTITIES:
                draws = getattr(one, quantity)
                values = np.rint(np.quantile(draws, QUANTILES)).astype(int).tolist()
                outputs = [*zip(["quantile"] * len(LEVELS), LEVELS, values, strict=True)]
                outputs.append(("mean", "", round(float(draws.mean()))))
                rows += [{**head, "quantity": quantity, **_output(*told)} for told in outputs]
            exceeds = _output("probability", "above baseline", round(one.exceeds, 4))
            rows.append({**head, "quantity": "scenario", **exceeds})
    return pd.DataFrame(rows)


def _output(type_: str, id_: str, value: float) -> dict[str, Any]:
    return {
        "output_type": type_,
        "output_type_id": id_,
        "value": f"{value:g}" if value < 1 else str(value),
    }


def comparison_document(found: SideBySide, version: str) -> dict[str, Any]:
    """Baseline and scenarios side by side, as JSON takes them. `version` is nuzuh's."""
    baseline = found.baseline
    crisis, draws = baseline.crisis, int(baseline.draws["arrivals"].sizes["draw"])
    head = (baseline.as_of, version, baseline.models, draws, baseline.seed, baseline.warnings)
    steps = baseline.periods
    return {
        "kind": KIND,
        **heading(crisis, *head),
        "scale": f"movements as {crisis.reference} would publish them; repeats counted",
        "periods": [
            {"horizon": at, "label": label, "start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}
            for at, label, start, end in zip(
                steps["horizon"].tolist(), steps["label"], steps["start"], steps["end"], strict=True
            )
        ],
        "scenarios": [_scenario(baseline, *each) for each in found.compared],
    }


def _scenario(
    baseline: Forecast, projection: Projection, figures: Sequence[Compared]
) -> dict[str, Any]:
    scenario = projection.scenario
    return {
        "title": scenario.title,
        "author": scenario.author,
        "note": scenario.note,
        "access": scenario.access,
        "assumptions": list(projection.assumptions),
        "clauses": scenario.document(),
        "results": [
            {
                "measure": one.measure,
                "location": one.place,
                "name": name_of(baseline.crisis, one.place),
                "first": one.first,
                "last": one.last,
                **{name: told(summary) for name, summary in one.summaries.items()},
                "probability_above_baseline": round(one.exceeds, 4),
            }
            for one in figures
        ],
        "answers": [_answer(one) for one in projection.answers],
    }


def _answer(one: Answer) -> dict[str, Any]:
    """What a lever does for the target, as JSON takes it; nothing where it is not enough."""

    def tried(at: Tried) -> dict[str, Any]:
        median = round(at.median)
        return {"value": round(at.value, 3), "chance": round(at.chance, 4), "median": median}

    values = {
        str(chance): None if value is None else round(value, 3)
        for chance, value in one.found.items()
    }
    seen = None if one.seen is None or np.isinf(one.seen) else round(one.seen, 3)
    told_of = {"now": tried(one.now), "most": tried(one.most), "reached_with_chance": values}
    return {"vary": one.lever, **told_of, "highest_known": seen}


def told(summary: Summary) -> dict[str, Any]:
    """A summary in whole people."""
    return {
        "mean": round(summary.mean),
        "median": round(summary.median),
        "intervals": {
            str(level): [round(low), round(high)]
            for level, (low, high) in summary.intervals.items()
        },
    }

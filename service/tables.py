"""Answers as plain tables for a terminal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.names import name_of
from forecast.reconcile import Reconciled
from forecast.records import records
from forecast.result import THRESHOLDS, Forecast
from forecast.summary import INTERVALS, Summary, summarise
from service.numbers import between, chance, day, exact, figure, span
from service.outlook_sections import measure_words
from service.plain import bullet, heading, paragraph, table
from service.where_sections import (
    HEAD,
    border_note,
    capacity_notes,
    place_name,
    pressure_rows,
    trapped_note,
)

LATEST_WINDOWS = 8
MODELLED = (
    "How many leave parts of what is forecast as one, or return to them, is modelled from who "
    "lives there and is attacked, and no report tells of it: low evidence."
)
EVIDENCE = "Low evidence: fewer than four reports known on the day told of the place."
BOUNDS = [f"{level}% interval" for level in INTERVALS]


def forecast_table(forecast: Forecast) -> str:
    """Arrivals by place and period, and the odds of high months."""
    crisis = forecast.crisis
    title = f"{crisis.title}: {forecast.kind} of {day(forecast.as_of)}, by {forecast.step}"
    parts = [heading(title), paragraph(f"Arrivals: {forecast.scale}.{past(forecast)}")]
    parts += [_arrivals(forecast)]
    parts += [_odds(forecast), *_where(forecast)]
    parts += ["\n".join(bullet(f"warning: {text}") for text in forecast.warnings)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _where(forecast: Forecast) -> list[str]:
    """Assumptions, pressure, the gate, who is trapped, and what is modelled."""
    parts = ["\n".join(bullet(f"assumed: {text}") for text in forecast.assumptions)]
    rows = pressure_rows(forecast)
    parts += [table(HEAD, rows)] if rows else []
    parts += [paragraph(note) for note in capacity_notes(forecast)]
    parts += [paragraph(note) for note in (border_note(forecast), trapped_note(forecast)) if note]
    if forecast.modelled and forecast.told_as == "":
        parts.append(paragraph(MODELLED))
    if any(map(forecast.low_evidence, forecast.places)):
        parts.append(paragraph(EVIDENCE))
    return parts


def past(forecast: Forecast) -> str:
    """The sentence on days of the first step that are already over, if any."""
    if not forecast.past_days:
        return ""
    first = forecast.periods.iloc[0]
    gone = span(first["start"], forecast.as_of)
    verb = "is" if forecast.past_days == 1 else "are"
    return f" {gone} {verb} already past; {first['label']} is forecast whole."


def _arrivals(forecast: Forecast) -> str:
    rows = []
    for place in forecast.places:
        draws = forecast.draws["arrivals"].sel(place=place).transpose("draw", "period").to_numpy()
        for at, label in enumerate(forecast.periods["label"]):
            name = forecast_name(forecast, place) if at == 0 else ""
            rows.append([name, label, *figures(summarise(draws[:, at]))])
    return table(["place", forecast.step, "median", *BOUNDS], rows, left=2)


def figures(summary: Summary) -> list[str]:
    """Median and intervals."""
    return [figure(summary.median), *(between(pair) for pair in summary.intervals.values())]


def forecast_name(forecast: Forecast, place: str) -> str:
    """What a reader calls a place of the forecast."""
    return place_name(forecast, place)


def _odds(forecast: Forecast) -> str:
    over = forecast.exceedance()
    rows = [
        [
            forecast_name(forecast, place) if at == 0 else "",
            label,
            *(chance(float(over.sel(place=place).isel(period=at, threshold=k))) for k in range(3)),
        ]
        for place in forecast.places[:2]
        for at, label in enumerate(forecast.periods["label"])
    ]
    return table(
        ["odds of more than", forecast.step, *(exact(level) for level in THRESHOLDS)], rows, left=2
    )


def reports_table(
    crisis: Crisis, as_of: pd.Timestamp, wanted: pd.DataFrame, figures_: np.ndarray
) -> str:
    """The predicted figure of each report."""
    rows = [
        [
            str(number),
            row.source,
            row.measure,
            name_of(crisis, row.place_id),
            span(row.start, row.end),
            *figures(summarise(figures_[:, number - 1]))[:-1],
        ]
        for number, row in enumerate(records(wanted), start=1)
    ]
    title = heading(f"{crisis.title}: what sources would publish, as of {day(as_of)}")
    head = ["", "source", "measure", "place", "window", "median", *BOUNDS[:-1]]
    return f"{title}\n\n{table(head, rows, left=5)}\n"


def reconciled_table(reconciled: Reconciled) -> str:
    """The latest windows of each flow, and the factor of each source."""
    crisis = reconciled.crisis
    title = f"{crisis.title}: flows by {reconciled.step} up to {day(reconciled.as_of)}, reconciled"
    about = (
        f"Movements as {crisis.reference} would publish them, told by all sources together; the "
        f"last {LATEST_WINDOWS} windows (csv and json hold all)."
    )
    parts = [heading(title), paragraph(about)]
    parts += [_windows(reconciled, flow) for flow in reconciled.draws]
    parts += [factors_table(reconciled.sources, crisis.reference)]
    return "\n\n".join(parts) + "\n"


def _windows(reconciled: Reconciled, flow: str) -> str:
    draws = reconciled.draws[flow]
    windows = reconciled.windows.tail(LATEST_WINDOWS)
    rows: list[list[str]] = []
    for cell in draws["cell"].to_numpy():
        for at, window in windows.iterrows():
            found = summarise(draws.sel(cell=cell).isel(window=at).to_numpy())
            name = "" if len(rows) % len(windows) else name_of(reconciled.crisis, str(cell))
            rows.append([name, span(window["start"], window["end"]), *figures(found)])
    return table([flow, reconciled.step, "median", *BOUNDS], rows, left=2)


def factors_table(sources: pd.DataFrame, reference: str) -> str:
    """What each source publishes over the reference source."""
    rows = [
        [
            row.source,
            measure_words(row.measure, row.flow),
            str(row.reports),
            f"×{row.factor:.2f}",
            f"{row.low_80:.2f}–{row.high_80:.2f}",
        ]
        for row in records(sources)
        if row.source != reference
    ]
    head = [f"over {reference}", "measure", "reports", "factor", "80% interval"]
    return table(head, rows, left=2)

"""The charts of an outlook, each one Vega-Lite spec drawn as SVG, with a text alternative."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from forecast.records import records
from forecast.summary import INTERVALS, Summary
from service import charts
from service.belt_map import belt_map, located, signs
from service.outlook.language import bare, mark
from service.outlook.past import shown_afterwards
from service.outlook.sources import MEASURES, baseline_name
from service.outlook.teller import Teller

PAST_MONTHS = 18
FAN_SIZE = (640, 190)
ARRIVING = ("arrivals", "newly_displaced")
MIDDLE_OF_MONTH = timedelta(days=14)
SIGNS = {
    "crossing": mark("Brown squares: crossings, shut to people who flee."),
    "neighbour": mark("Dots: other sub-districts."),
    "border": mark("Dashed line: the border (Natural Earth)."),
}
# Charts of one outlook in one language that page and paper share.
KEPT = 4


@lru_cache(maxsize=KEPT)
def fan(teller: Teller) -> str:
    """Arrivals in the focus: past months, published figures, the forecast, the baseline."""
    drawn = charts.fan(
        _ahead(teller),
        past_months(teller),
        _published(teller),
        _beside(teller),
        teller.outlook.forecast.as_of,
        FAN_SIZE,
    )
    return charts.svg(drawn, _fan_alternative(teller), teller.language)


def fan_caption(teller: Teller) -> str:
    """How to read the fan."""
    language = teller.language
    return language.say(
        "Arrivals a month in %(place)s, movements as %(reference)s would publish them. Black "
        "points: months it had published whole by %(day)s. Grey: past months as all sources "
        "together tell them, to the last that a report tells of. Dashed black: the day of this "
        "outlook. Dashed orange: the best simple baseline, %(baseline)s, with its %(level)s "
        "interval.",
        place=teller.place(teller.outlook.places[0]),
        reference=teller.source(teller.known.reference),
        day=language.day(teller.outlook.forecast.as_of),
        baseline=baseline_name(language, teller.outlook.beside.name),
        level=language.percent(0.8),
    )


@lru_cache(maxsize=KEPT)
def belt(teller: Teller) -> str:
    """The map of the border belt; blank where no place of it has coordinates."""
    outlook, found = teller.outlook, _circled(teller)
    if not found:
        return ""
    most = max(found, key=lambda place: found[place].median)
    text = teller.language.say(
        "Map of the border belt with a circle for each place; the largest is %(place)s, "
        "%(figure)s arrivals. The table beside gives all figures.",
        place=teller.place(most),
        figure=teller.language.figure(found[most].median),
    )
    drawn = belt_map(
        teller.known,
        found,
        lambda place: bare(teller.place(place)),
        lambda kilometres: teller.language.say("%(number)s km", number=kilometres),
        outlook.tells_of,
    )
    return charts.svg(drawn, text, teller.language)


def belt_caption(teller: Teller) -> str:
    """How to read the map: of what it shows."""
    circles = teller.language.say(
        "Expected arrivals in %(month)s. Area of a blue circle: the middle; white and dashed ring: "
        "ends of the %(level)s interval.",
        month=teller.months(1, 1),
        level=teller.language.percent(0.8),
    )
    found = _circled(teller)
    shown = signs(teller.known, list(found), teller.outlook.tells_of) if found else set()
    others = [teller.language.say(text) for sign, text in SIGNS.items() if sign in shown]
    return " ".join([circles, *others])


def _circled(teller: Teller) -> dict[str, Summary]:
    """Arrivals of the first month in each place of the belt that the map has a circle for."""
    outlook = teller.outlook
    every = {place: outlook.arrivals(place, 1, 1) for place in located(teller.known, outlook.belt)}
    return {place: one for place, one in every.items() if one.intervals[80][1] > 0}


def later(teller: Teller) -> str:
    """Figures published later in the intervals forecast for them; blank where there are none."""
    rows, language = shown_afterwards(teller).rows, teller.language
    if rows.empty:
        return ""
    labels: list[str] = []
    for row in records(rows):
        parts = [language.short_span(row.start, row.end), short(teller.place(row.place_id))]
        label = language.listed([*parts, row.source])
        measure = language.say(MEASURES[row.measure])
        labels.append(language.listed([label, measure]) if label in labels else label)
    text = language.say(
        "%(all)s figures published later, %(inside)s of them inside their %(level)s interval.",
        all=len(rows),
        inside=int(rows["inside_80"].sum()),
        level=language.percent(0.8),
    )
    drawn = charts.later_figures(rows.assign(label=[bare(label) for label in labels]), 330)
    return charts.svg(drawn, text, language)


def short(name: str) -> str:
    """A name without what stands behind it in brackets or after a colon."""
    return name.partition(" (")[0].partition(": ")[0]


def _ahead(teller: Teller) -> pd.DataFrame:
    outlook, focus = teller.outlook, teller.outlook.places[0]
    starts = outlook.forecast.periods["start"]
    return _frame(starts, [outlook.arrivals(focus, at, at) for at in range(1, len(starts) + 1)])


def past_months(teller: Teller) -> pd.DataFrame:
    """Past months to the last that a report tells of: what comes after is the model's alone."""
    found, places = teller.outlook.reconciled, teller.known.places
    windows, reported = list(records(found.windows)), teller.outlook.reported
    draws, focus = found.draws["arrivals"], teller.outlook.places[0]
    cells = [cell for cell in draws["cell"].to_numpy() if places.within(str(cell), focus)]
    summed = draws.sel(cell=cells).sum("cell").transpose("draw", "window").to_numpy()
    last = max((at for at, row in enumerate(windows) if reported(row.start, row.end)), default=-1)
    shown = range(max(len(windows) - PAST_MONTHS, 0), last + 1)
    starts = found.windows["start"].iloc[list(shown)]
    return _frame(starts, [teller.outlook.summary(summed[:, at]) for at in shown])


def _beside(teller: Teller) -> pd.DataFrame:
    draws, starts = teller.outlook.beside.arrivals, teller.outlook.forecast.periods["start"]
    if draws is None:
        return _frame(starts.head(0), [])
    values = draws.isel(place=0).transpose("draw", "period").to_numpy()
    return _frame(starts, [teller.outlook.summary(values[:, at]) for at in range(len(starts))])


def _frame(starts: pd.Series, found: list[Summary]) -> pd.DataFrame:
    months = (starts + MIDDLE_OF_MONTH).to_numpy()
    table = pd.DataFrame({"month": months, "median": [each.median for each in found]})
    for level in INTERVALS:
        table[f"low_{level}"] = [each.intervals[level][0] for each in found]
        table[f"high_{level}"] = [each.intervals[level][1] for each in found]
    return table


def _published(teller: Teller) -> pd.DataFrame:
    """Monthly arrivals in the focus that the reference source had published by the day.

    Where it tells of the parts of the focus, the months count of which it told of all those parts.
    """
    rows, focus = teller.known.reports, teller.outlook.places[0]
    rows = rows[
        (rows["source"] == teller.known.reference)
        & rows["place_id"].isin([focus, *teller.outlook.cells])
        & (rows["from_id"] == "")
        & (rows["start"].dt.day == 1)
        & (rows["end"] == rows["start"] + pd.offsets.MonthEnd(0))
        & rows["measure"].isin(ARRIVING)
        & (rows["direction"] != "origin")
    ]
    told = rows.pivot_table(index="start", columns="place_id", values="persons", aggfunc="last")
    parts = told.drop(columns=focus, errors="ignore")
    persons = parts.sum(axis=1, skipna=False)
    if focus in told:
        persons = told[focus].fillna(persons)
    first = teller.outlook.reconciled.windows["start"].tail(PAST_MONTHS).min()
    persons = persons[persons.index >= first].dropna()
    months = (persons.index.to_series() + MIDDLE_OF_MONTH).to_numpy()
    return pd.DataFrame({"month": months, "persons": persons.to_numpy(np.float64)})


def _fan_alternative(teller: Teller) -> str:
    outlook, count = teller.outlook, len(teller.outlook.forecast.periods)
    ends = [(at, outlook.arrivals(outlook.places[0], at, at)) for at in (1, count)]
    parts = [
        teller.language.say(
            "%(month)s: middle %(figure)s, %(level)s interval %(bounds)s",
            month=teller.months(at, at),
            figure=teller.language.figure(found.median),
            level=teller.language.percent(0.8),
            bounds=teller.bounds(found),
        )
        for at, found in ends
    ]
    return teller.language.say(
        "Arrivals by month. %(months)s.", months=teller.language.listed([*parts])
    )

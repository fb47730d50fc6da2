"""The outlook as sections of text and tables, which plain text and HTML render alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from features.crisis import Crisis
from features.panel import drivers_of
from forecast.afterwards import Afterwards
from forecast.disagreement import disagreements
from forecast.names import name_of
from forecast.records import records
from forecast.result import THRESHOLDS
from forecast.summary import INTERVALS, Summary, summarise
from service.numbers import between, chance, day, exact, figure, rounded, span
from service.outlook import Outlook, shown_afterwards
from service.where_sections import (
    HEAD,
    LOW_EVIDENCE,
    border_note,
    capacity_notes,
    place_name,
    pressure_rows,
)

SPANS = (1, 2, 3, 6)
RECENT_COLLAPSE_DAYS = 90
EVENT_WORDS = {
    "lethal": "Events with deaths",
    "air_strike": "Air strikes",
    "shelling": "Shellings",
    "battle": "Battles",
}


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; the first `left` columns are words, the others figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    left: int = 1


@dataclass(frozen=True)
class Section:
    """One part of an outlook."""

    title: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


def arrivals_section(outlook: Outlook) -> Section:
    """Arrivals by place, month by month and summed."""
    known = outlook.known
    head = ["", "middle", *(f"{level}% interval" for level in INTERVALS), "persons", "families"]
    tables = [
        Table(
            head,
            [_arrival_row(outlook, place, *span_) for span_ in _spans(outlook, place)],
            name_of(known, place),
        )
        for place in outlook.places
    ]
    return Section(
        "Expected arrivals",
        tables=tables,
        notes=(
            "Middle: half of the simulated courses lie above, half below. Middles of parts do not "
            "add up to the middle of the whole. Rounded to three digits.",
            f"Persons: movements / {known.repeat_factor:g} ({known.repeat_factor_source}).",
            f"Families: persons / {known.family_size:g} ({known.family_size_source}).",
        ),
    )


def belt_section(outlook: Outlook) -> Section:
    """Arrivals in each place of the border belt."""
    places = sorted(outlook.belt, key=lambda id_: -outlook.arrivals(id_, 1, 1).median)
    month = outlook.forecast.periods["label"].iloc[0]
    last = min(3, len(outlook.forecast.periods))
    head = ["", month, "80% interval", _sum_label(outlook, last), "80% interval"]
    rows = []
    for place in places:
        one, several = outlook.arrivals(place, 1, 1), outlook.arrivals(place, 1, last)
        rows.append(
            [
                place_name(outlook.forecast, place),
                figure(one.median),
                between(one.intervals[80]),
                figure(several.median),
                between(several.intervals[80]),
            ]
        )
    notes = []
    if any(map(outlook.forecast.low_evidence, places)):
        notes = [f"{LOW_EVIDENCE.capitalize()}: fewer than four reports told of the place by then."]
    return Section("Arrivals along the border", tables=[Table(head, rows)], notes=notes)


def pressure_section(outlook: Outlook) -> Section:
    """Who stays in the belt, when places are full, and who waits before the gate."""
    made = outlook.forecast
    text = (
        "People who came since the day and neither went home nor moved on: movements over the "
        f"repeat factor {outlook.known.repeat_factor:g}, less their part of the returns."
    )
    tables = [Table(HEAD, pressure_rows(made))]
    return Section("Pressure on places", (text,), tables, capacity_notes(made))


def odds_section(outlook: Outlook) -> Section:
    """How likely a month passes the thresholds."""
    made = outlook.forecast
    over = made.exceedance()
    ever = made.draws["arrivals"].max("period")
    head = ["", *(f"over {exact(level)}" for level in THRESHOLDS)]
    tables = []
    for place in outlook.places[: 2 if outlook.belt else 1]:
        rows = [
            [label, *(chance(float(p)) for p in over.sel(place=place).isel(period=at).to_numpy())]
            for at, label in enumerate(made.periods["label"])
        ]
        most = ever.sel(place=place).to_numpy()
        any_month = [chance(float((most > level).mean())) for level in THRESHOLDS]
        rows.append([f"in any of the {len(made.periods)} months", *any_month])
        tables.append(Table(head, rows, name_of(outlook.known, place)))
    return Section("Odds of high months", ("Probability that arrivals of a month pass:",), tables)


def attacks_section(outlook: Outlook) -> Section:
    """The attacks that the forecast assumes."""
    made, known = outlook.forecast, outlook.known
    if made.attacks is None:
        return Section("Attacks assumed", ("None: the crisis has no attack data.",))
    recent = made.attacks.weekly.tail(4)
    weeks = f"{span(recent.index[0], made.attacks.through)}"
    columns = [at for at in SPANS if at <= len(made.periods)]
    head = ["", weeks, *(str(made.periods["label"].iloc[at - 1]) for at in columns)]
    rows = []
    for cell in made.intensity["place"].to_numpy():
        draws = made.intensity.sel(place=cell).transpose("draw", "period").to_numpy()
        ahead = [_week_rate(summarise(draws[:, at - 1])) for at in columns]
        rows.append([name_of(known, str(cell)), f"{recent[cell].mean():.1f}", *ahead])
    text = (
        f"{_unit(known)} a week ({known.attack_source}): the last four weeks known, then the "
        "middle of the forecast with its 80% interval."
    )
    return Section("Attacks assumed", (text,), [Table(head, rows)], _driver_notes(outlook))


def sources_section(outlook: Outlook) -> Section:
    """How the sources disagree."""
    known, factors = outlook.known, outlook.reconciled.sources
    rows = [
        [
            row.source,
            measure_words(row.measure, row.flow),
            str(row.reports),
            f"×{row.factor:.2f}",
            f"{row.low_80:.2f}–{row.high_80:.2f}",
        ]
        for row in records(factors)
        if row.source != known.reference
    ]
    first = Table(["", "measure", "reports", "factor", "80% interval"], rows, left=2)
    pairs = [
        [
            span(row.start, row.end),
            f"{row.flow}, {name_of(known, row.place_id)}",
            row.low_source,
            row.high_source,
            exact(row.low),
            exact(row.high),
            f"×{row.ratio:.1f}",
        ]
        for row in records(disagreements(outlook.forecast.crisis, outlook.forecast.as_of))
    ]
    second = Table(
        ["window", "what", "one", "another", "one says", "another says", "ratio"],
        pairs,
        "Figures furthest apart for one window and ground, last 18 months",
        left=4,
    )
    text = (
        f"What each source publishes for the same flight over {known.reference} (×1): the mean "
        "over all its reports known."
    )
    return Section("How the sources disagree", (text,), [first, *([second] if pairs else [])])


def freshness_section(outlook: Outlook) -> Section:
    """How far each source reaches."""
    rows = [
        [row.source, row.what, day(row.through), age(row.age_days), "stale" if row.stale else ""]
        for row in records(outlook.forecast.freshness)
    ]
    head = ["", "what", "reaches", "age", ""]
    return Section("How fresh each source is", tables=[Table(head, rows, left=2)])


def agreements_section(outlook: Outlook) -> Section:
    """Agreements in force on the day, and those that just collapsed."""
    rows, as_of = outlook.known.agreements, outlook.forecast.as_of
    alive = rows[(rows["effective"] <= as_of) & rows["collapsed"].isna()]
    gone = rows[rows["collapsed"] > as_of - pd.Timedelta(days=RECENT_COLLAPSE_DAYS)]
    text = [f"In force since {day(row.effective)}: {row.title}" for row in records(alive)]
    text += [f"Collapsed on {day(row.collapsed)}: {row.title}" for row in records(gone)]
    return Section("Agreements known on the day", notes=text or ["None."])


def reading_section(outlook: Outlook) -> Section:
    """What the reader must know besides: the gate, the method, warnings."""
    made = outlook.forecast
    models = ", ".join(f"{name} {version}" for name, version in made.models.items())
    method = (
        "Method: weekly flows behind all reports, driven by attacks, fitted as of the day; attacks "
        f"simulated; {made.draws['arrivals'].sizes['draw']:,} draws, seed {made.seed} ({models})."
    )
    gate = border_note(made)
    warnings = [f"Warning: {text}" for text in made.warnings]
    return Section("How to read this", notes=[gate, *outlook.notes, method, *warnings])


def afterwards_section(outlook: Outlook) -> Section:
    """What was published later against the forecast of the day."""
    made, every = outlook.forecast, outlook.afterwards
    shown = shown_afterwards(outlook)
    head = ["window", "place", "source", "published", "figure", "80% interval", "within"]
    rows = [
        [
            short_span(row.start, row.end),
            name_of(outlook.known, row.place_id),
            row.source,
            short_day(row.published, row.published_assumed),
            exact(row.persons),
            between((row.low_80, row.high_80)),
            narrowest(row),
        ]
        for row in records(shown.rows)
    ]
    arrivals = every.of("arrivals")
    counts = [
        _count("Of the figures above", shown),
        _count(f"Of all arrival figures for the {len(made.periods)} months", arrivals),
        _count("Of all figures, departures, returns and pairs included", every),
        "*: day of publication assumed from the usual delay of the source.",
        "Figures for the same weeks stand or fall together: read these counts as a few cases, not "
        "as many.",
    ]
    text = (
        f"Not known on {day(made.as_of)}: published later, set against what was forecast on that "
        "day for exactly this source, place and window. Arrivals; windows that end in the first "
        "three months."
    )
    return Section("Afterwards", (text,), [Table(head, rows, left=4)], counts)


def sections(outlook: Outlook) -> list[Section]:
    """All sections but `afterwards`, in the order of reading."""
    makers = (
        arrivals_section,
        belt_section,
        pressure_section,
        odds_section,
        attacks_section,
        sources_section,
        freshness_section,
        agreements_section,
        reading_section,
    )
    of_belt = (belt_section, pressure_section)
    return [maker(outlook) for maker in makers if outlook.belt or maker not in of_belt]


def short_day(value: pd.Timestamp, assumed: bool) -> str:
    """A day of publication without its year; starred where it is assumed."""
    return f"{value.day} {value:%b}{'*' if assumed else ''}"


def narrowest(row: object) -> str:
    """The narrowest interval that holds a later figure."""
    held = [level for level in INTERVALS if getattr(row, f"inside_{level}")]
    return f"{held[0]}%" if held else "none"


def measure_words(measure: str, flow: str) -> str:
    """A measure, with the flow that it observes where that is another."""
    words = measure.replace("_", " ")
    return words if measure == flow else f"{words} ({flow})"


def age(days: int) -> str:
    """1 day, 34 days."""
    return f"{days} day" if days == 1 else f"{days} days"


def short_span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """A window without its year."""
    if start.month == end.month:
        return f"{start.day}–{end.day} {end:%b}"
    return f"{start.day} {start:%b}–{end.day} {end:%b}"


def _spans(outlook: Outlook, place: str) -> list[tuple[int, int]]:
    count = len(outlook.forecast.periods)
    singles = range(1, count + 1) if place == outlook.places[0] else SPANS
    ones = [(at, at) for at in singles if at <= count]
    return ones + [(1, at) for at in SPANS[1:] if at <= count]


def _arrival_row(outlook: Outlook, place: str, first: int, last: int) -> list[str]:
    found = outlook.arrivals(place, first, last)
    persons = found.over(outlook.known.repeat_factor)
    families = persons.over(outlook.known.family_size)
    labels = outlook.forecast.periods["label"]
    label = str(labels.iloc[first - 1]) if first == last else _sum_label(outlook, last)
    bounds = [between(pair) for pair in found.intervals.values()]
    return [label, figure(found.median), *bounds, figure(persons.median), figure(families.median)]


def _sum_label(outlook: Outlook, last: int) -> str:
    periods = outlook.forecast.periods
    start, end = periods["start"].iloc[0], periods["end"].iloc[last - 1]
    if last == 1:
        return str(periods["label"].iloc[0])
    return f"{last} months, {start:%b}–{end:%b}"


def _week_rate(found: Summary) -> str:
    low, high = found.intervals[80]
    return f"{rounded(found.median, 2)} ({rounded(low, 2)}–{rounded(high, 2)})"


def _unit(known: Crisis) -> str:
    kinds = known.attacks.loc[known.attacks["source"] == known.attack_source, "kind"].unique()
    return (
        EVENT_WORDS.get(kinds[0], "Attacks")
        if len(kinds) == 1
        else "Attacks, counted as air strikes,"
    )


def _driver_notes(outlook: Outlook) -> list[str]:
    known = outlook.known
    cells = [str(cell) for cell in outlook.forecast.intensity["place"].to_numpy()]
    drivers = drivers_of(known, cells)
    areas = {cell: "; ".join(name_of(known, area) for area in drivers[cell]) for cell in cells}
    told = ", ".join(f"{name_of(known, cell)} ({areas[cell]})" for cell in cells if areas[cell])
    return [f"Attacks are counted where they drive people into: {told}."]


def _count(what: str, found: Afterwards) -> str:
    of = len(found.rows)
    parts = [f"{found.inside(level)} of {of} inside the {level}% interval" for level in INTERVALS]
    return f"{what}: {', '.join(parts)}."

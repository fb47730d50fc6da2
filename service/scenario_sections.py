"""A comparison of scenarios as sections of text and tables, for a terminal and a page alike."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.names import BELT, name_of
from forecast.result import Forecast
from forecast.scenario_compare import Compared, SideBySide
from forecast.summary import INTERVALS, Summary
from forecast.whatif import Projection
from service.numbers import chance, day, rounded, span
from service.outlook_sections import Section, Table
from service.scenario_answers import answers_section

BOUNDS = [f"{level}% interval" for level in INTERVALS]
LABEL = (
    "A PROJECTION, not a forecast: it says what would follow if the assumptions held, not that "
    "they will. Baseline and scenarios share one fit and all random numbers, so differences are "
    "the scenario's own."
)
PEOPLE = {
    "crossed": "cross the border",
    "waiting": "of them, were in the belt before",
    "trapped": "find no way out",
}


def title(baseline: Forecast) -> str:
    """The title of a comparison."""
    return f"{baseline.crisis.title}: what if, as of {day(baseline.as_of)}"


def basis(baseline: Forecast) -> str:
    """What the figures are."""
    return (
        f"Arrivals are movements as {baseline.crisis.reference} would publish them; who flees "
        "twice counts twice."
    )


def overview(found: SideBySide) -> Section:
    """The total and the belt over the whole horizon, a row a scenario."""
    baseline = found.baseline
    places = [place for place in baseline.places[:2] if place in (baseline.places[0], BELT)]
    tables = []
    for place in places:
        rows: list[list[str]] = []
        for projection, figures in found.compared:
            one = _whole(figures, place)
            told = one.summaries
            if not rows:
                rows.append(["Baseline (the forecast)", *_figures(told["baseline"])[:3], "", ""])
            rows.append(
                [
                    projection.scenario.title,
                    *_figures(told["scenario"])[:3],
                    *_change(one),
                ]
            )
        head = ["arrivals", "median", *BOUNDS[:2], "difference (80%)", "above baseline"]
        tables.append(Table(head, rows, f"{name_of(baseline.crisis, place)}, {_all(baseline)}"))
    return Section("Side by side", (basis(baseline),), [*tables, *_crossed_and_trapped(found)])


def _change(one: Compared) -> tuple[str, str]:
    """The difference and how likely there is one; where no draw differs, that alone."""
    change = one.summaries["difference"]
    if not one.differs:
        return "no change", ""
    return f"{signed(change.median)} ({_between(change, 80)})", chance(one.exceeds)


def _crossed_and_trapped(found: SideBySide) -> list[Table]:
    """Who crosses and who is trapped over the whole horizon, where anybody does."""
    last = len(found.baseline.periods)
    rows = [
        [projection.scenario.title, PEOPLE[one.measure], *_figures(one.summaries["scenario"])]
        for projection, figures in found.compared
        for one in figures
        if one.measure in PEOPLE and (one.first, one.last) == (1, last)
    ]
    if not rows:
        return []
    title = f"Across the border and trapped, {_all(found.baseline)}"
    return [Table(["scenario", "people who", "median", *BOUNDS], rows, title, left=2)]


def scenario_sections(found: SideBySide) -> list[Section]:
    """What the targets would take, then each scenario."""
    answers = [answers_section(projection) for projection, _ in found.compared]
    scenarios = [_scenario_section(found.baseline, *each) for each in found.compared]
    return [*(one for one in answers if one is not None), *scenarios]


def _scenario_section(
    baseline: Forecast, projection: Projection, figures: Sequence[Compared]
) -> Section:
    """One scenario: its assumptions, its arrivals, and how they differ from the baseline."""
    scenario = projection.scenario
    said = [f"Author: {scenario.author or 'not named'}."]
    said += [f"Note: {scenario.note}"] if scenario.note else []
    said += [f"Humanitarian access: {scenario.access}"] if scenario.access else []
    shown = [one for one in figures if one.measure == "arrivals" and _shown(baseline, one)]
    head = ["arrivals", "window", "baseline", "scenario", *BOUNDS]
    levels = [
        [
            *_head(baseline, one),
            _count(one.summaries["baseline"].median),
            *_figures(one.summaries["scenario"]),
        ]
        for one in shown
    ]
    changes = [
        [*_head(baseline, one), *_signed(one.summaries["difference"]), chance(one.exceeds)]
        if one.differs
        else [*_head(baseline, one), "no change", *[""] * (len(BOUNDS) + 1)]
        for one in shown
    ]
    tables = [
        Table(head, levels, "Arrivals", left=2),
        Table(
            ["difference", "window", "median", *BOUNDS, "above baseline"],
            changes,
            "Difference from the baseline, draw by draw",
            left=2,
        ),
    ]
    return Section(
        f"Scenario: {scenario.title}",
        [*said, *(f"Assumed: {text}" for text in projection.assumptions)],
        [*tables, *_people(baseline, figures)],
    )


def _people(baseline: Forecast, figures: Sequence[Compared]) -> list[Table]:
    rows = [
        [PEOPLE[one.measure], _window(baseline, one), *_figures(one.summaries["scenario"])]
        for one in figures
        if one.measure in PEOPLE
    ]
    return [Table(["people who", "window", "median", *BOUNDS], rows, left=2)] if rows else []


def _shown(baseline: Forecast, one: Compared) -> bool:
    """Each month of the total and the belt, and the sum alone of other places."""
    return (
        one.place in (baseline.places[0], BELT)
        or one.last > one.first
        or one.last == len(baseline.periods) == 1
    )


def _head(baseline: Forecast, one: Compared) -> list[str]:
    return [name_of(baseline.crisis, one.place), _window(baseline, one)]


def _window(baseline: Forecast, one: Compared) -> str:
    steps = baseline.periods
    return span(steps["start"].iloc[one.first - 1], steps["end"].iloc[one.last - 1])


def _all(baseline: Forecast) -> str:
    return span(baseline.periods["start"].iloc[0], baseline.periods["end"].iloc[-1])


def _whole(figures: Sequence[Compared], place: str) -> Compared:
    return [one for one in figures if one.measure == "arrivals" and one.place == place][-1]


def _figures(summary: Summary) -> list[str]:
    return [
        _count(summary.median),
        *(f"{_count(low)}–{_count(high)}" for low, high in summary.intervals.values()),
    ]


def _signed(summary: Summary) -> list[str]:
    return [signed(summary.median), *(_between(summary, level) for level in summary.intervals)]


def _between(summary: Summary, level: int) -> str:
    low, high = summary.intervals[level]
    return f"{signed(low)} to {signed(high)}"


def _count(value: float) -> str:
    return f"{rounded(value, 3):,}"


def signed(value: float) -> str:
    """A difference to three digits, with its sign: +12,300, −450, 0."""
    count = rounded(abs(value), 3)
    return "0" if count == 0 else f"{'+' if value > 0 else '−'}{count:,}"

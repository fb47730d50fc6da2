"""The outlook as one page: no scripts, nothing fetched, two to four sheets of A4 when printed."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from markupsafe import Markup

from forecast.names import BELT, name_of
from forecast.records import records
from forecast.summary import INTERVALS, Summary, summarise
from service import charts
from service.belt_map import belt_map, located
from service.numbers import about, between, day, exact, figure, span
from service.outlook import Outlook, basis, headline, shown_afterwards, title
from service.outlook_sections import (
    Section,
    Table,
    afterwards_section,
    agreements_section,
    arrivals_section,
    attacks_section,
    belt_section,
    freshness_section,
    narrowest,
    odds_section,
    pressure_section,
    reading_section,
    short_day,
    short_span,
    sources_section,
)
from service.pages import render
from service.version import nuzuh_version

TEMPLATE = "outlook.html.j2"
PAST_MONTHS = 18
MOST_SMALL_FANS = 3
ARRIVING = ("arrivals", "newly_displaced")


def outlook_html(outlook: Outlook) -> str:
    """The page as text, the same for the same outlook."""
    return render(
        TEMPLATE,
        title=title(outlook),
        headline=headline(outlook),
        basis=basis(outlook),
        as_of=day(outlook.forecast.as_of),
        cards=_cards(outlook),
        fan=Markup(_fan(outlook)),
        fan_caption=_fan_caption(outlook),
        arrivals=arrivals_section(outlook),
        map=Markup(_map(outlook)),
        map_caption=_map_caption(outlook),
        belt=belt_section(outlook) if outlook.belt else None,
        pressure=pressure_section(outlook) if outlook.belt else None,
        odds=odds_section(outlook),
        attacks=attacks_section(outlook),
        sources=sources_section(outlook),
        freshness=freshness_section(outlook),
        agreements=agreements_section(outlook),
        reading=reading_section(outlook),
        afterwards=_afterwards(outlook),
        later=Markup(_later(outlook)),
        fingerprint=outlook.fingerprint(),
        version=nuzuh_version(),
        colours={"middle": charts.MIDDLE, "later": charts.LATER, **charts.FAN},
    )


def _cards(outlook: Outlook) -> list[dict[str, str]]:
    """The figures of the first box: place, window, movements, persons, families."""
    spans = [last for last in (1, 3, 6) if last <= len(outlook.forecast.periods)]
    wanted = [(outlook.places[0], last) for last in spans]
    wanted += [(BELT, 1)] if outlook.belt else []
    return [_card(outlook, place, last) for place, last in wanted]


def _card(outlook: Outlook, place: str, last: int) -> dict[str, str]:
    found = outlook.arrivals(place, 1, last)
    persons = found.over(outlook.known.repeat_factor)
    periods = outlook.forecast.periods
    return {
        "place": name_of(outlook.known, place),
        "window": span(periods["start"].iloc[0], periods["end"].iloc[last - 1]),
        "movements": about(found.median),
        "interval": between(found.intervals[80]),
        "persons": about(persons.median),
        "families": about(persons.over(outlook.known.family_size).median),
    }


def _fan(outlook: Outlook) -> str:
    focus = outlook.places[0]
    cells = [str(cell) for cell in outlook.forecast.intensity["place"].to_numpy()]
    main = _one_fan(outlook, focus, (620, 220))
    others = [place for place in outlook.places if place in cells and place != focus]
    width = round(
        (620 - 84 * (len(others[:MOST_SMALL_FANS]) - 1)) / max(1, len(others[:MOST_SMALL_FANS]))
    )
    small = [_one_fan(outlook, place, (width, 130)) for place in others[:MOST_SMALL_FANS]]
    return charts.svg(charts.fans(main, small), _fan_alternative(outlook))


def _one_fan(outlook: Outlook, place: str, size: tuple[int, int]) -> charts.Layers:
    return charts.fan(
        _ahead(outlook, place),
        _past(outlook, place),
        _published(outlook, place),
        outlook.forecast.as_of,
        title=name_of(outlook.known, place),
        size=size,
    )


def _ahead(outlook: Outlook, place: str) -> pd.DataFrame:
    months = outlook.forecast.periods["start"] + timedelta(days=14)
    found = [outlook.arrivals(place, at, at) for at in range(1, len(months) + 1)]
    return _frame(months, found)


def _past(outlook: Outlook, place: str) -> pd.DataFrame:
    draws, places = outlook.reconciled.draws["arrivals"], outlook.known.places
    cells = [cell for cell in draws["cell"].to_numpy() if places.within(str(cell), place)]
    summed = draws.sel(cell=cells).sum("cell").transpose("draw", "window").to_numpy()
    starts = outlook.reconciled.windows["start"].tail(PAST_MONTHS)
    found = [summarise(summed[:, at]) for at in starts.index]
    return _frame(starts + timedelta(days=14), found)


def _frame(months: pd.Series, found: list[Summary]) -> pd.DataFrame:
    table = pd.DataFrame({"month": months.to_numpy(), "median": [each.median for each in found]})
    for level in INTERVALS:
        table[f"low_{level}"] = [each.intervals[level][0] for each in found]
        table[f"high_{level}"] = [each.intervals[level][1] for each in found]
    return table


def _published(outlook: Outlook, place: str) -> pd.DataFrame:
    """Monthly arrivals of the place that the reference source had published by the day."""
    known = outlook.known
    rows = known.reports[
        (known.reports["source"] == known.reference)
        & (known.reports["place_id"] == place)
        & (known.reports["from_id"] == "")
        & (known.reports["start"].dt.day == 1)
        & (known.reports["end"] == known.reports["start"] + pd.offsets.MonthEnd(0))
    ]
    observed = rows[rows["measure"].isin(ARRIVING) & (rows["direction"] != "origin")]
    newest = observed.drop_duplicates("start", keep="last")
    first = outlook.reconciled.windows["start"].tail(PAST_MONTHS).min()
    newest = newest[newest["start"] >= first]
    return pd.DataFrame(
        {"month": (newest["start"] + timedelta(days=14)).to_numpy(), "persons": newest["persons"]}
    )


def _fan_alternative(outlook: Outlook) -> str:
    first, last = (
        outlook.arrivals(outlook.places[0], at, at) for at in (1, len(outlook.forecast.periods))
    )
    labels = outlook.forecast.periods["label"]
    return (
        f"Arrivals by month. {labels.iloc[0]}: middle {figure(first.median)}, 80% interval "
        f"{between(first.intervals[80])}. {labels.iloc[-1]}: middle {figure(last.median)}, 80% "
        f"interval {between(last.intervals[80])}. The table gives all figures."
    )


def _fan_caption(outlook: Outlook) -> str:
    return (
        f"Arrivals a month, movements as {outlook.known.reference} would publish them. Black "
        f"points: figures it had published by {day(outlook.forecast.as_of)}. Grey: past months as "
        "all sources together tell them, with their 80% interval. Dashed: the day of this outlook. "
        "Scales differ."
    )


def _map(outlook: Outlook) -> str:
    found = {place: outlook.arrivals(place, 1, 1) for place in located(outlook.known, outlook.belt)}
    if not found:
        return ""
    most = max(found, key=lambda place: found[place].median)
    text = (
        f"Map of the border belt with a circle for each place; the largest is "
        f"{name_of(outlook.known, most)}, {figure(found[most].median)} arrivals. The table beside "
        "gives all figures."
    )
    return belt_map(outlook.known, found, text)


def _map_caption(outlook: Outlook) -> str:
    label = outlook.forecast.periods["label"].iloc[0]
    return (
        f"Expected arrivals in {label} by place of the border belt. The area of a blue circle is "
        "the middle; the white and the dashed ring are the ends of the 80% interval. Brown "
        "squares: crossings, shut to people who flee. Dots: other sub-districts. Dashed line: the "
        "border (Natural Earth)."
    )


def _afterwards(outlook: Outlook) -> Section:
    """The section with all three intervals, for which a page has room."""
    section, shown = afterwards_section(outlook), shown_afterwards(outlook)
    head = ["window", "place", "source", "published", "figure", "middle"]
    head += [*(f"{level}% interval" for level in INTERVALS), "within"]
    rows = [
        [
            short_span(row.start, row.end),
            _short(name_of(outlook.known, row.place_id)),
            row.source,
            short_day(row.published, row.published_assumed),
            exact(row.persons),
            figure(row.median),
            *(between((getattr(row, f"low_{k}"), getattr(row, f"high_{k}"))) for k in INTERVALS),
            narrowest(row),
        ]
        for row in records(shown.rows)
    ]
    return Section(section.title, section.text, [Table(head, rows, left=4)], section.notes)


def _later(outlook: Outlook) -> str:
    rows = shown_afterwards(outlook).rows
    if rows.empty:
        return ""
    labels: list[str] = []
    for row in records(rows):
        label = f"{short_span(row.start, row.end)}, {_short(name_of(outlook.known, row.place_id))}"
        label = f"{label}, {row.source}"
        labels.append(f"{label}, {row.measure}" if label in labels else label)
    inside = int(rows["inside_80"].sum())
    text = f"{len(rows)} figures published later, {inside} of them inside their 80% interval."
    return charts.svg(charts.later_figures(rows.assign(label=labels), 330), text)


def _short(name: str) -> str:
    return name.partition(" (")[0].partition(": ")[0]

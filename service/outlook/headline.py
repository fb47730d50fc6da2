"""What a reader must take away, in plain words, every number traceable."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.names import BELT
from forecast.result import THRESHOLDS
from forecast.scenario_compare import LEAST
from service.outlook.chances import in_words
from service.outlook.language import Text
from service.outlook.record import Record
from service.outlook.sources import baseline_name
from service.outlook.teller import Teller, datum, month_before


def title(teller: Teller) -> Text:
    """The title of the outlook."""
    return teller.language.say(
        "%(crisis)s: outlook of %(day)s",
        crisis=teller.language.crisis(teller.known),
        day=teller.language.day(teller.outlook.forecast.as_of),
    )


def headline(teller: Teller) -> list[Text]:
    """How many arrive, and how many of them along the border."""
    focus = teller.outlook.places[0]
    low, high = teller.ends(focus, 1, 1)
    sentences = [
        teller.language.say(
            "About %(middle)s arrivals of people in flight are expected in %(place)s in %(month)s; "
            "in eight of ten cases between %(low)s and %(high)s.",
            middle=teller.middle(focus, 1, 1),
            place=teller.place(focus),
            month=teller.months(1, 1),
            low=low,
            high=high,
        )
    ]
    return [*sentences, _belt(teller)] if teller.outlook.tells_belt else sentences


def odds(teller: Teller) -> list[Text]:
    """How likely the first month passes the thresholds and the month before it, in words."""
    language, focus = teller.language, teller.outlook.places[0]
    draws = teller.outlook.forecast.draws["arrivals"].sel(place=focus, period=1).to_numpy()
    parts = [
        language.say(
            "more than %(level)s %(word)s (%(chance)s)",
            level=language.exact(level),
            **_chance(teller, float((draws > level).mean()), f">{level}"),
        )
        for level in THRESHOLDS
    ]
    found = [
        language.say(
            "Arrivals in %(month)s: %(chances)s.",
            month=teller.months(1, 1),
            chances=language.listed(parts),
        )
    ]
    more = _more_than_before(teller, draws)
    return found if more is None else [*found, more]


def stale(teller: Teller) -> list[Text]:
    """Which sources are too old, where any is."""
    if not teller.outlook.stale:
        return []
    sources = teller.language.listed([*map(teller.source, teller.outlook.stale)])
    return [teller.language.say("Stale, past its limit: %(sources)s.", sources=sources)]


def people(teller: Teller) -> Text:
    """Who of the first month was not displaced before, and how many families need shelter.

    The repeat factor is movements over those of people never displaced before: people who flee
    anew need shelter too, so that it takes nobody off those who arrive.
    """
    outlook, language, focus = teller.outlook, teller.language, teller.outlook.places[0]
    told = teller.people(focus, 1, 1)
    if teller.known.repeat_factor == 1:
        return language.say("These are about %(families)s families.", families=told["families"])
    families = outlook.arrivals(focus, 1, 1).over(teller.known.family_size).median
    everyone = datum(
        families, language.about(families), focus, outlook.window(1, 1), "0.5", "movement_families"
    )
    return language.say(
        "These are movements: plan for about %(everyone)s families, %(families)s of them "
        "(%(persons)s people) not displaced before.",
        **told,
        everyone=everyone,
    )


def leader(teller: Teller) -> Text | None:
    """Where a simple baseline has been better of late, that it is so, and what is served."""
    record: Record = teller.outlook.record
    served = teller.outlook.forecast.calibration.instead
    if served is not None:
        return teller.language.say(
            "The baseline is better at the moment: %(baseline)s is served in place of the model.",
            baseline=baseline_name(teller.language, served),
        )
    if not record.baseline_leads:
        return None
    return teller.language.say(
        "The baseline is better at the moment: over the last scored months %(baseline)s erred "
        "less than what was served.",
        baseline=baseline_name(teller.language, record.best),
    )


def _belt(teller: Teller) -> Text:
    low, high = teller.ends(BELT, 1, 1)
    return teller.language.say(
        "About %(middle)s (%(low)s to %(high)s) of them are expected in the places along the "
        "border.",
        middle=teller.middle(BELT, 1, 1),
        low=low,
        high=high,
    )


def _more_than_before(teller: Teller, draws: np.ndarray) -> Text | None:
    """How likely the first month has more arrivals than the one before it.

    None where no report tells of that month: its level would be the model's alone.
    """
    language, outlook = teller.language, teller.outlook
    start = month_before(outlook.window(1, 1)[0])
    before = reconciled_month(teller, outlook.places[0], start)
    end = start + pd.offsets.MonthEnd(0)
    if before is None or not outlook.reported(start, end):
        return None
    figure = outlook.rounded(float(np.median(before)))
    exceeds = float((draws[:, None] > before + LEAST).mean())
    return language.say(
        "More than in %(before)s (about %(figure)s, all sources together): %(word)s (%(chance)s).",
        before=language.span(start, end),
        figure=datum(figure, language.about(figure), outlook.places[0], (start, end), "0.5"),
        **_chance(teller, exceeds, ">before"),
    )


def reconciled_month(teller: Teller, place: str, start: pd.Timestamp) -> np.ndarray | None:
    """Draws (draws,) of a past month's arrivals in a place, None where it is not reconciled."""
    found = teller.outlook.reconciled
    at = found.windows.index[found.windows["start"] == start]
    if at.empty:
        return None
    draws, places = found.draws["arrivals"], teller.known.places
    cells = [cell for cell in draws["cell"].to_numpy() if places.within(str(cell), place)]
    position = found.windows.index.get_loc(at[0])
    return np.asarray(draws.sel(cell=cells).sum("cell").isel(window=position).to_numpy())


def _chance(teller: Teller, probability: float, statistic: str) -> dict[str, Text]:
    text = teller.language.chance(probability)
    focus = teller.outlook.places[0]
    return {
        "word": in_words(teller.language, probability),
        "chance": teller.quoted(probability, text, focus, 1, 1, statistic),
    }

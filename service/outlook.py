"""What an outlook is written from: one forecast and all that stands beside it.

Every number comes from the draws and from what was known on the day; only `afterwards` came later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from features.crisis import Crisis
from features.panel import build_panel
from forecast.afterwards import Afterwards, afterwards
from forecast.export import forecast_document, to_json
from forecast.names import BELT, name_of
from forecast.reconcile import Reconciled, reconcile
from forecast.result import Forecast
from forecast.run import default_places, run
from forecast.summary import Summary, summarise
from service.numbers import about, day, span
from service.version import nuzuh_version

MONTHS = 6
MONTHS_AFTERWARDS = 3


@dataclass(frozen=True, eq=False)
class Outlook:
    """What an outlook is written from."""

    forecast: Forecast
    reconciled: Reconciled
    known: Crisis
    afterwards: Afterwards
    notes: Sequence[str] = field(default=())

    @property
    def places(self) -> list[str]:
        """The focus, the border belt and the cells; the places of the belt are left out."""
        belt = self.known.border_belt
        cells = [str(cell) for cell in self.forecast.intensity["place"].to_numpy()]
        return [id_ for id_ in self.forecast.places if id_ not in belt or id_ in cells]

    @property
    def belt(self) -> list[str]:
        """The places of the border belt; none where the forecast cannot tell them apart."""
        return list(self.known.border_belt) if BELT in self.forecast.places else []

    @cached_property
    def document(self) -> bytes:
        """The forecast as JSON, of which the fingerprint is."""
        return to_json(forecast_document(self.forecast, nuzuh_version()))

    def fingerprint(self) -> str:
        """SHA-256 of the JSON."""
        return hashlib.sha256(self.document).hexdigest()

    def arrivals(self, place: str, first: int, last: int) -> Summary:
        """Arrivals of a place summed over periods `first`..`last`, both counted."""
        draws = self.forecast.draws["arrivals"].sel(place=place)
        return summarise(draws.isel(period=slice(first - 1, last)).sum("period").to_numpy())


def make_outlook(
    crisis: Crisis,
    as_of: pd.Timestamp,
    *,
    horizon: int = MONTHS,
    draws: int = 2000,
    seed: int = 1,
    notes: Sequence[str] = (),
) -> Outlook:
    """Forecast by month, past months reconciled, and what was published later."""
    first = default_places(build_panel(crisis, as_of, as_of))
    belt = crisis.border_belt if BELT in first else ()
    places = [*first, *(id_ for id_ in belt if id_ not in first)]
    made = run(crisis, as_of, horizon, places=places, draws=draws, seed=seed)
    return Outlook(
        forecast=made,
        reconciled=reconcile(crisis, as_of, step="month", draws=draws, seed=seed),
        known=crisis.as_of(as_of),
        afterwards=afterwards(crisis, as_of, made.periods, draws=draws, seed=seed),
        notes=notes,
    )


def title(outlook: Outlook) -> str:
    """The title of the page."""
    return f"{outlook.known.title}: outlook of {day(outlook.forecast.as_of)}"


def headline(outlook: Outlook) -> str:
    """What a reader must take away, in plain words."""
    made, focus = outlook.forecast, outlook.places[0]
    month = made.periods["label"].iloc[0]
    total = outlook.arrivals(focus, 1, 1)
    low, high = total.intervals[80]
    text = (
        f"About {about(total.median)} arrivals of people in flight are expected in "
        f"{name_of(outlook.known, focus)} in {month}; in eight of ten cases between {about(low)} "
        f"and {about(high)}."
    )
    return f"{text} {_belt_sentence(outlook)}" if outlook.belt else text


def _belt_sentence(outlook: Outlook) -> str:
    found = outlook.arrivals(BELT, 1, 1)
    low, high = found.intervals[80]
    return (
        f"About {about(found.median)} ({about(low)} to {about(high)}) of them are expected in the "
        "places along the border."
    )


def basis(outlook: Outlook) -> str:
    """What the figures are, and that the first month has begun."""
    known, made = outlook.known, outlook.forecast
    text = (
        f"A {made.kind}: the attacks are forecast too. Arrivals are movements as {known.reference} "
        "would publish them; who flees twice counts twice."
    )
    if made.past_days:
        gone, label = span(made.periods["start"].iloc[0], made.as_of), made.periods["label"].iloc[0]
        verb = "is" if made.past_days == 1 else "are"
        text += f" {gone} {verb} already past on this day; {label} is forecast whole."
    return text


def shown_afterwards(outlook: Outlook) -> Afterwards:
    """Later arrival figures of windows in the first three months, on ground that is forecast."""
    made = outlook.forecast
    last = made.periods["end"].iloc[min(MONTHS_AFTERWARDS, len(made.periods)) - 1]
    kept = outlook.afterwards.of("arrivals").until(last).rows
    focus = made.crisis.places
    inside = [
        all(focus.within(member, made.crisis.focus) for member in made.crisis.members(place))
        for place in kept["place_id"]
    ]
    return Afterwards(kept[inside].reset_index(drop=True))

"""What a trigger says on a day, from what was published by then, and what came, as known later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from features.panel import Panel, build_panel
from forecast.parallel import Executor, Progress, Serial
from forecast.records import records
from forecast.run import MODELS, forecast_of
from forecast.seeds import random_state
from forecast.sites import Sites
from forecast.situation import Situation, headline_rows, place_weights, situate, whole_cells
from forecast.targets import month_ends
from forecast.trigger import Trigger
from forecast.trigger_observed import observed_share
from forecast.trigger_record import RECONCILED, Came, Line, Record
from forecast.trigger_vintage import vintage_of, with_attack_delay
from models.allocation import fit_destinations
from models.baselines import BASELINES
from models.campsites import bases_of, camp_shares
from models.flow_state import FittedFlows, FlowState
from models.pool import pooled
from models.simulation import forecast_paths, simulate

Floats = NDArray[np.float64]
EWM = "ewm_6"
INTERVAL = (0.1, 0.5, 0.9)
DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Replay:
    """What the days of one replay share."""

    crisis: Crisis
    trigger: Trigger
    draws: int
    seed: int


def replay(  # noqa: PLR0913  each is an option of the command
    crisis: Crisis,
    trigger: Trigger,
    days: Sequence[pd.Timestamp],
    version: str,
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 1,
    attack_delay: float | None = None,
) -> Record:
    """The record of a trigger on past days. The executor changes no byte.

    With `attack_delay` the lines, not what came, take attacks without a day of publication as known
    so many days after they ended.

    Raises:
        InputError: a day before anything was published, a place that flows cannot tell apart, or a
            delay that changes nothing.
        TooLittleData: too little was published by one of the days.
    """
    known = crisis if attack_delay is None else with_attack_delay(crisis, attack_delay)
    task = Replay(known, trigger, draws, seed)
    lines = (executor or Serial()).map(line_on, task, list(days), progress)
    return Record(
        crisis=crisis.id,
        trigger=trigger,
        known_by=last_published(crisis).date(),
        nuzuh=version,
        models=dict(MODELS),
        draws=draws,
        seed=seed,
        vintage=vintage_of(known, max(days)),
        lines=with_outcomes(crisis, trigger, lines, draws=draws, seed=seed),
    )


def days_of(first: pd.Timestamp, last: pd.Timestamp, every: str) -> pd.DatetimeIndex:
    """Days to look at from the month of `first` to that of `last`: month ends, or Fridays."""
    if every == "month":
        return month_ends(first, last)
    return pd.date_range(first.replace(day=1), last + pd.offsets.MonthEnd(0), freq="W-FRI")


def line_on(task: Replay, day: pd.Timestamp) -> Line:
    """What the trigger says on a day; nothing published later is seen."""
    known = task.crisis.as_of(day)
    horizon, step = task.trigger.ahead
    situation = situate(known, day, horizon, step=step, draws=task.draws, seed=task.seed)
    return line_of(known, situation, task.trigger)


def line_of(crisis: Crisis, situation: Situation, trigger: Trigger) -> Line:
    """What the trigger says of the forecast of a situation, whose steps are those of its window."""
    steps, place = situation.steps, trigger.place
    served = forecast_of(situation, [place]).total("arrivals", len(steps)).to_numpy()
    return Line(
        as_of=situation.as_of.date(),
        start=steps["start"].iloc[0].date(),
        end=steps["end"].iloc[-1].date(),
        probability=float((served > trigger.over).mean()),
        ewm_6=float((_of_baseline(situation, place) > trigger.over).mean()),
        observed=observed_share(crisis, trigger, situation.as_of),
    )


def with_outcomes(
    crisis: Crisis, trigger: Trigger, lines: Sequence[Line], *, draws: int, seed: int
) -> tuple[Line, ...]:
    """The lines with what came, from all that the crisis knows; without it where nobody says yet.

    A figure of the reference source for the very place and window is taken as it stands, else the
    flows as all sources together tell them, on its scale, with their own interval.
    """
    panel = build_panel(crisis, last_published(crisis), pd.Timestamp(max(x.end for x in lines)))
    told_until = panel.reports.loc[panel.arrays.flow == 0, "end"].max()
    windows = pd.DataFrame([(x.start, x.end) for x in lines], columns=["start", "end"])
    windows = windows.astype("datetime64[us]")
    known = (windows["end"] <= told_until).to_numpy()
    figures = np.zeros((draws, len(windows)))
    if known.any():
        figures[:, known] = _reconciled(panel, trigger.place, windows[known], draws, seed)
    return tuple(
        line.model_copy(update={"came": _came(crisis, trigger, window, own) if told else None})
        for line, window, own, told in zip(lines, records(windows), figures.T, known, strict=True)
    )


def last_published(crisis: Crisis) -> pd.Timestamp:
    """The day of the newest report."""
    return pd.Timestamp(crisis.reports["published"].max())


def _of_baseline(situation: Situation, place: str) -> Floats:
    """Arrivals of the window by the baseline alone, (draws,), in the ranks of the served."""
    panel, lead = situation.panel, situation.by_cell["arrivals"]
    flat = lead.reshape(len(lead), -1)
    rows = headline_rows(panel, situation.steps).iloc[: flat.shape[1]]
    rng = random_state(situation.seed, situation.as_of, EWM)
    own = BASELINES[EWM].fit(panel).predict(rows, len(lead), rng)
    figures = pooled([flat, own], [0.0, 1.0]).reshape(lead.shape)
    weights, _ = place_weights(situation, [place])
    return np.asarray(np.einsum("dsc,dpc->d", figures, weights))


def _reconciled(panel: Panel, place: str, windows: pd.DataFrame, draws: int, seed: int) -> Floats:
    """Arrivals of past windows at a place, (draws, windows), as the reference would publish."""
    fitted, rng = FlowState().fit(panel), np.random.default_rng(seed)
    rows = panel.arrays_of(headline_rows(panel, windows))
    simulation = simulate(fitted, forecast_paths(panel, draws, rng), draws, rng, rows)
    count = len(windows) * len(panel.cells)
    by_cell = simulation.reports(rows)[:, :count].reshape(draws, len(windows), -1)
    found = np.zeros((draws, len(windows)))
    for at, held in enumerate(_parts(fitted, place, len(windows), draws, rng)):
        found += by_cell[:, :, at] * held
    return found


def _parts(
    fitted: FittedFlows, place: str, windows: int, draws: int, rng: np.random.Generator
) -> Iterator[Floats | float]:
    """Of each cell the share of its arrivals that a place has, as a whole or (draws, windows).

    Where arrivals go inside a cell changes from window to window, so shares are drawn anew.
    """
    panel = fitted.panel
    sites, whole = Sites(panel), whole_cells(panel, place)
    parts = sites.parts(place)
    for number, cell in enumerate(panel.cells):
        own = parts[sites.cell == number]
        if cell in whole or not own.any():
            yield whole.get(cell, 0.0)
            continue
        alone = bases_of(panel.crisis, cell) == (cell,)
        bases = None if alone else fit_destinations(fitted, cell)
        shares = []
        for _ in range(windows):
            drawn = np.ones((draws, 1)) if bases is None else bases.sample(draws, rng)
            shares.append(camp_shares(fitted, cell, drawn, rng) @ own)
        yield np.stack(shares, axis=1)


def _came(crisis: Crisis, trigger: Trigger, window: pd.Series, figures: Floats) -> Came:
    figure = _published(crisis, trigger.place, window.start, window.end)
    if figure is not None:
        passed = float(figure > trigger.over)
        return Came(persons=figure, low=figure, high=figure, chance=passed, by=crisis.reference)
    low, middle, high = (round(float(x)) for x in np.quantile(figures, INTERVAL))
    chance = float((figures > trigger.over).mean())
    return Came(persons=middle, low=low, high=high, chance=chance, by=RECONCILED)


def _published(crisis: Crisis, place: str, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    """What the reference source published of arrivals at the place, if its windows add up to it."""
    rows = crisis.reports.sort_values(["published", "line"])
    own = (rows["source"] == crisis.reference) & (rows["measure"] == "arrivals")
    own &= (rows["place_id"] == place) & (rows["from_id"] == "")
    own &= (rows["start"] >= start) & (rows["end"] <= end)
    rows = rows[own].drop_duplicates(["start", "end"], keep="last").sort_values("start")
    if rows.empty or rows["start"].iloc[0] != start or rows["end"].iloc[-1] != end:
        return None
    gaps = rows["start"].to_numpy()[1:] - rows["end"].to_numpy()[:-1]
    return float(rows["persons"].sum()) if (gaps == pd.Timedelta(days=1)).all() else None

"""Seconds of a scenario on a warm fit, and how projections of the past did.

    python -m benchmarks.scenarios            # both, a few minutes
    python -m benchmarks.scenarios --speed    # the seconds alone

Speed: 2,000 draws, all sub-districts, six months of the bundled crisis; every shipped scenario ten
times, then ten in one call; and how long it takes to find what a target would take. Validity: at
every month end, and on the eve of the offensive of 2019, the reports later published are predicted
under the attacks that came, by the ratio engine of scenarios on what is served, and by the lead
alone, which `nuzuh backtest --attacks observed` scores; and under the winter offensive of 2017
replayed, known before. Printed is log WIS over the best of last value, expanding mean and EWM(6),
and coverage, that of 80 % with the band that calibrated forecasts keep to; with the attacks that
come with the crisis, and with ACLED's where ../shared is there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads

# isort: split
import numpy as np
import pandas as pd
from pandas.tseries.offsets import MonthEnd

from benchmarks.fit_and_draws import all_places
from features.crisis import Crisis, load_crisis
from features.intensity import log_intensity
from features.panel import Panel, build_panel
from forecast.calibrate import calibration
from forecast.members import observed_paths
from forecast.scenario import Scenario
from forecast.scenario_attacks import AttackChanges
from forecast.scenario_check import settle
from forecast.scenario_file import parse_toml, read_scenario
from forecast.scenario_folder import shipped
from forecast.scenario_ground import Ground
from forecast.scenario_numbers import Numbers
from forecast.scenario_ratio import Ratio
from forecast.scorecard import score_rows
from forecast.seeds import random_state
from forecast.served import served
from forecast.skill import coverage_band
from forecast.targets import KEY, month_ends, targets
from forecast.whatif import WhatIf, lead_stream, warm_up
from models.baselines import BASELINES
from models.pool import Pool
from models.simulation import forecast_paths, simulate
from tests.acled import with_acled

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"
CRISIS = "nw-syria"
AS_OF = pd.Timestamp("2019-05-04")
MONTHS = 6
ROUNDS = 10
AIM, MOST, MOST_OF_TEN = 0.2, 0.5, 3.0
FIRST, LAST = pd.Timestamp("2018-03-31"), pd.Timestamp("2019-10-31")
SIMPLE = ("last_value", "expanding_mean", "ewm_6")
EVE = pd.Timestamp("2019-04-24")
DRAWS = 1000
REPLAY = """
title = "The offensive of the winter of 2017, again"
[[attacks]]
replay = { from = 2017-12-16 }
"""


def main() -> None:
    """Print the seconds, then the scores."""
    crisis = load_crisis(CRISIS)
    speed(crisis)
    if "--speed" not in sys.argv:
        validity(crisis)
        if SHARED.is_dir():
            validity(with_acled(crisis, SHARED))


def speed(crisis: Crisis) -> None:
    """Print the seconds beside their targets."""
    places = all_places(crisis, build_panel(crisis, AS_OF, AS_OF))
    what_if = warm_up(crisis, AS_OF, MONTHS, places=places)
    scenarios = [what_if.settle(read_scenario(path)) for path in shipped(CRISIS).values()]
    seconds = [_seconds(what_if, [each]) for _ in range(ROUNDS) for each in scenarios]
    ten = _seconds(what_if, [scenarios[at % len(scenarios)] for at in range(10)])
    median, late = np.quantile(seconds, [0.5, 0.95])
    shape = what_if.baseline.draws["arrivals"].shape
    print(f"{CRISIS} as of {AS_OF:%Y-%m-%d}, draws, periods, places {shape}, {len(seconds)} runs")
    print(f"{'one, median':<16}{median:7.3f} s  aim under {AIM:g} s")
    print(f"{'one, 95 of 100':<16}{late:7.3f} s  target under {MOST:g} s: {_verdict(late, MOST)}")
    print(f"{'ten in one call':<16}{ten:7.3f} s  target under {MOST_OF_TEN:g} s: "
          f"{_verdict(ten, MOST_OF_TEN)}")  # fmt: skip
    for scenario in scenarios:
        if scenario.target is not None:
            start = time.perf_counter()
            what_if.answers(scenario)
            print(f"{'what it takes':<16}{time.perf_counter() - start:7.3f} s")


def _seconds(what_if: WhatIf, scenarios: list[Scenario]) -> float:
    start = time.perf_counter()
    for each in scenarios:
        what_if.project(each)
    return time.perf_counter() - start


def _verdict(figure: float, most: float) -> str:
    return "met" if figure < most else "MISSED"


def validity(crisis: Crisis) -> None:
    """Print scores under observed attacks: all months, and the offensive of 2019 from its eve."""
    days = [*month_ends(FIRST, LAST), EVE]
    wanted = targets(crisis, pd.DatetimeIndex(days), (1, 2, 3))
    scores = pd.concat(
        [_scores(crisis, pd.Timestamp(day), wanted) for day in wanted["as_of"].unique()]
    )
    pooled = scores[scores["pooled"]]
    print(
        f"\nunder the attacks that {crisis.attack_source} counted: log WIS over the best baseline"
    )
    print(f"{'months':<22}{'member':<16} all   in50 in80 in95    n")
    eve = pooled["as_of"] == EVE
    for title, rows in (("all", pooled[~eve]), (f"as of {EVE:%Y-%m-%d}", pooled[eve])):
        for member in ("ratio", "lead", "served", "replay"):
            print(f"{title:<22}{member:<16}{_line(rows, member)}")


def _scores(crisis: Crisis, day: pd.Timestamp, wanted: pd.DataFrame) -> pd.DataFrame:
    rows = wanted[wanted["as_of"] == day]
    return pd.concat(
        [
            score_rows(rows, name, figures, "projection")
            for name, figures in _predicted(crisis, day, rows[KEY].reset_index(drop=True))
        ]
    )


def _predicted(
    crisis: Crisis, day: pd.Timestamp, reports: pd.DataFrame
) -> Iterator[tuple[str, np.ndarray]]:
    panel = build_panel(crisis.as_of(day), day, _end(day))
    fitted = Pool().fit(panel)
    rng = random_state(1, day, "scenarios")
    paths = forecast_paths(panel, DRAWS, rng)
    stream = lead_stream(fitted, rng)
    found = calibration(panel.crisis.track_record, day)
    figures = served(fitted, found, paths, reports, DRAWS, rng)
    arrays = panel.arrays_of(reports)
    simulation = simulate(fitted.lead.flows, paths, DRAWS, stream, arrays)
    observed = observed_paths(crisis, panel)
    half = panel.intensity.half if panel.intensity else 1.0
    ratio = Ratio(simulation, arrays, figures)
    for name, given in (("ratio", observed), ("replay", _replayed(panel, paths, day))):
        change = log_intensity(given, half) - log_intensity(paths, half)
        yield name, ratio.under(change[:, :, simulation.weeks])
    yield "served", figures
    own = lead_stream(fitted, rng)
    yield "lead", fitted.lead.predict_under(observed, reports, DRAWS, own)
    for name in SIMPLE:
        yield name, BASELINES[name].fit(panel).predict(reports, DRAWS, random_state(1, day, name))


def _end(day: pd.Timestamp) -> pd.Timestamp:
    """Last day of the third month after the one that a day ends, or lies in."""
    return (day + MonthEnd(0)) + MonthEnd(3)


def _replayed(panel: Panel, paths: np.ndarray, day: pd.Timestamp) -> np.ndarray:
    """Attacks as from the middle of December 2017 on, from the next day on."""
    ground = Ground(panel)
    scenario = settle(parse_toml(REPLAY), ground, _end(day))
    return AttackChanges(ground, paths, panel.weeks, Numbers(1, day, DRAWS)).under(scenario)


def _line(rows: pd.DataFrame, member: str) -> str:
    mean = rows.groupby("member")["wis_log"].mean()
    own = rows[rows["member"] == member]
    covered = " ".join(f"{own[f'covers_{level}'].mean():4.2f}" for level in (50, 80, 95))
    band = coverage_band(own["covers_80"].to_numpy(bool), 0.8, own["as_of"].to_numpy())
    held = "in" if band.low <= band.value <= band.high else "out of"
    ratio = mean[member] / mean[list(SIMPLE)].min()
    return f"{ratio:.3f}  {covered}  80: {held} {band.low:.2f}-{band.high:.2f} {len(own):4d}"


if __name__ == "__main__":
    main()

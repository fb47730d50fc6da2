"""How good a trigger would have been: hits and misses, cost, return period, beside doing without.

A line is one day on which it was looked at; its event is that the threshold is passed in the window
ahead, and the alarm is said where the trigger is met. Where it is known with a chance only whether
it was passed, every figure is an expectation over it (`forecast.trigger_sample`): nothing is
rounded to passed or not.

The cost of a line is that of a miss or of a false alarm, nothing else. If the probabilities are
calibrated, the level that makes it least is `false / (false + miss)` (Murphy 1977, Monthly Weather
Review 105(7), for the cost-loss ratio).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from forecast.skill import Estimate
from forecast.trigger import Trigger
from forecast.trigger_record import Line
from forecast.trigger_sample import TAILS, Flags, Sample, estimate
from forecast.trigger_states import MET, Levels, Standing, levels_of, walk

TRIGGER, BASELINE, OBSERVED = "this trigger", "EWM(6)", "observed rule"
FORECAST = "forecast, 50%"
FORECASTS, BASE_RATE = "forecast", "base rate"
ALWAYS, NEVER = "always act", "never act"
LEVELS = tuple(round(0.05 * k, 2) for k in range(1, 20))
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
MONTH_DAYS = 365.25 / 12.0
# Levels of what stands beside a trigger of the other kind: an even chance, half of the level.
EVEN, USUAL_STAND_DOWN = 0.5, 0.5


@dataclass(frozen=True)
class Counts:
    """Expected days by whether the alarm was in force and the threshold was passed."""

    hits: float
    misses: float
    false_alarms: float
    correct_rejections: float


@dataclass(frozen=True)
class Member:
    """One way to raise alarms; `cost` is the mean of a line, `more` how much more than ours."""

    name: str
    counts: Counts
    cost: Estimate
    more: Estimate


@dataclass(frozen=True)
class Bin:
    """Days whose probability fell between two bounds, and the share expected to have passed."""

    low: float
    high: float
    n: int
    mean: float
    passed: Estimate


@dataclass(frozen=True)
class Best:
    """The level of least cost, on these lines and by the ratio of the costs."""

    level: Estimate
    cost: float
    by_ratio: float | None


@dataclass(frozen=True)
class Verdict:
    """All that is said of lines whose outcome is known; estimates have their 90 % intervals.

    `events` are lines passed likelier than not, `spells` runs of them; `expected` is how many there
    were by the chance of each, `unsure` those of which it is not known at nine in ten. `step_days`
    is the median between two looks, None of a single one. Of the `activations` as many as
    `activations_passed` are expected to have had the event in their window. `return_months` is the
    months between activations, its high infinite without any. `lead_days` are of hits likelier than
    not. `caught` is None without an event, `false_share` without an alarm. `base_rate` is the share
    of lines passed, as known afterwards.
    """

    n: int
    events: int
    expected: float
    spells: int
    unsure: int
    step_days: float | None
    months: float
    activations: int
    activations_passed: float
    return_months: Estimate
    lead_days: tuple[int, ...]
    caught: Estimate | None
    false_share: Estimate | None
    base_rate: float
    brier: Mapping[str, Estimate]
    reliability: tuple[Bin, ...]
    members: tuple[Member, ...]
    best: Best | None


def standings(lines: Sequence[Line], trigger: Trigger) -> list[Standing]:
    """Where the trigger would have stood on each day."""
    return walk([(line.as_of, line.value(trigger)) for line in lines], levels_of(trigger))


def verdict(lines: Sequence[Line], stood: Sequence[Standing], trigger: Trigger) -> Verdict | None:
    """What lines and the standings of their days come to; None where no outcome is known yet."""
    known = [(x, state) for x, state in zip(lines, stood, strict=True) if x.came is not None]
    if not known:
        return None
    told, states = [line for line, _ in known], [state for _, state in known]
    sample = Sample(told)
    met = np.array([state.state == MET for state in states])
    activates = np.array([state.activates for state in states])
    likelier = np.array([x.came.passed for x in told if x.came is not None])
    months, count = _months(told), int(activates.sum())
    leads = [x.lead_days(trigger.over) for x, on in zip(told, met, strict=True) if on]
    return Verdict(
        n=len(told),
        events=int(likelier.sum()),
        expected=float(sample.chance.sum()),
        spells=int((np.diff(likelier.astype(int), prepend=0) == 1).sum()),
        unsure=sum(not x.came.sure for x in told if x.came is not None),
        step_days=_step_days(told),
        months=months,
        activations=count,
        activations_passed=float(sample.chance[activates].sum()),
        return_months=_return_period(count, months),
        lead_days=tuple(days for days in leads if days is not None),
        caught=sample.caught(met),
        false_share=sample.false(met),
        base_rate=float(sample.chance.mean()),
        brier=_briers(told, sample),
        reliability=_reliability(told, sample),
        members=tuple(_members(told, met, sample, trigger)),
        best=_best(told, sample, trigger) if trigger.kind == "forecast" else None,
    )


def _members(lines: Sequence[Line], met: Flags, sample: Sample, trigger: Trigger) -> list[Member]:
    """The trigger, then what it must beat."""
    quiet = trigger.suppress_days
    if trigger.kind == "forecast":
        usual, level = Levels(1.0, USUAL_STAND_DOWN, quiet), levels_of(trigger)
        beside = {OBSERVED: _alarm(lines, [x.observed for x in lines], usual)}
    else:
        level = Levels(EVEN, EVEN * USUAL_STAND_DOWN, quiet)
        beside = {FORECAST: _alarm(lines, [x.probability for x in lines], level)}
    alarms = {
        TRIGGER: met,
        BASELINE: _alarm(lines, [x.ewm_6 for x in lines], level),
        **beside,
        ALWAYS: np.ones(len(lines), dtype=bool),
        NEVER: np.zeros(len(lines), dtype=bool),
    }
    ours, our_draws = sample.loss(met, trigger)
    found = []
    for name, alarm in alarms.items():
        cost, draws = sample.loss(alarm, trigger)
        more = estimate(cost - ours, draws - our_draws)
        found.append(Member(name, _counts(alarm, sample), estimate(cost, draws), more))
    return found


def _briers(lines: Sequence[Line], sample: Sample) -> dict[str, Estimate]:
    """Brier scores of what was said, and of the share of lines passed said on each day."""
    said = {
        FORECASTS: np.array([x.probability for x in lines]),
        BASELINE: np.array([x.ewm_6 for x in lines]),
        BASE_RATE: np.full(len(lines), sample.chance.mean()),
    }
    return {name: sample.brier(probability) for name, probability in said.items()}


def _best(lines: Sequence[Line], sample: Sample, trigger: Trigger) -> Best:
    """The level of least expected cost; of several as good the highest, which acts least."""
    values, level = [x.probability for x in lines], levels_of(trigger)
    losses = [sample.loss(_alarm(lines, values, level.at(at)), trigger) for at in LEVELS[::-1]]
    own, drawn = (np.array(part) for part in zip(*losses, strict=True))
    levels = np.array(LEVELS[::-1])
    total = trigger.cost_miss + trigger.cost_false_alarm
    return Best(
        level=estimate(float(levels[own.argmin()]), levels[drawn.argmin(axis=0)]),
        cost=float(own.min()),
        by_ratio=trigger.cost_false_alarm / total if total else None,
    )


def _alarm(lines: Sequence[Line], values: Sequence[float | None], levels: Levels) -> Flags:
    """On which lines these values would have had the alarm in force."""
    days = [line.as_of for line in lines]
    return np.array([one.state == MET for one in walk(zip(days, values, strict=True), levels)])


def _counts(alarm: Flags, sample: Sample) -> Counts:
    chance = sample.chance
    return Counts(
        hits=float(chance[alarm].sum()),
        misses=float(chance[~alarm].sum()),
        false_alarms=float((1.0 - chance)[alarm].sum()),
        correct_rejections=float((1.0 - chance)[~alarm].sum()),
    )


def _reliability(lines: Sequence[Line], sample: Sample) -> tuple[Bin, ...]:
    """Bins that hold a line, their shares with Jeffreys intervals."""
    probability = np.array([x.probability for x in lines])
    number = np.clip(np.searchsorted(BINS, probability, side="right") - 1, 0, len(BINS) - 2)
    found = []
    for at in np.unique(number):
        own = number == at
        mean = float(probability[own].mean())
        found.append(Bin(BINS[at], BINS[at + 1], int(own.sum()), mean, sample.passed(own)))
    return tuple(found)


def _return_period(activations: int, months: float) -> Estimate:
    """Months between activations, with the exact interval of a Poisson count (Garwood 1936)."""
    least = chi2.ppf(TAILS[0], 2 * activations) / 2.0 if activations else 0.0
    most = chi2.ppf(TAILS[1], 2 * activations + 2) / 2.0
    return Estimate(
        value=months / activations if activations else float("inf"),
        low=float(months / most),
        high=float(months / least) if activations else float("inf"),
    )


def _months(lines: Sequence[Line]) -> float:
    """Months that the lines speak of, from the first day to the last, and one step."""
    days = (lines[-1].as_of - lines[0].as_of).days
    step = days / (len(lines) - 1) if len(lines) > 1 else MONTH_DAYS
    return round((days + step) / MONTH_DAYS, 1)


def _step_days(lines: Sequence[Line]) -> float | None:
    """Median days between two looks."""
    days = np.diff([line.as_of.toordinal() for line in lines])
    return float(np.median(days)) if len(days) else None

"""How good a trigger would have been: hits and misses, cost, return period, beside doing without.

A line is one day on which it was looked at; its event is that the threshold is passed in the window
ahead, and the alarm is said where the trigger is met. Counts take the likelier of passed and not
passed; intervals resample the lines in blocks of three months (`forecast.skill`) and draw anew, in
every resample, whether the threshold was passed where that is known with an interval only. Lines of
one window share what came of it, however often it was looked at.

The cost of a line is that of a miss or of a false alarm, nothing else. If the probabilities are
calibrated, the level that makes it least is `false / (false + miss)` (Murphy 1977, Monthly Weather
Review 105(7), for the cost-loss ratio).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

from forecast.skill import RESAMPLES, SURE, Estimate, resampled_months
from forecast.trigger import Trigger
from forecast.trigger_record import Line
from forecast.trigger_states import Levels, Standing, levels_of, walk

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TRIGGER, BASELINE, OBSERVED = "this trigger", "EWM(6)", "observed rule"
FORECAST = "forecast, 50%"
ALWAYS, NEVER = "always act", "never act"
LEVELS = tuple(round(0.05 * k, 2) for k in range(1, 20))
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
TAILS = ((1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0)
MONTH_DAYS = 365.25 / 12.0
# Levels of what stands beside a trigger of the other kind: an even chance, half of the level.
EVEN, USUAL_STAND_DOWN = 0.5, 0.5


@dataclass(frozen=True)
class Counts:
    """Days by whether the alarm was in force and whether the threshold was passed."""

    hits: int
    misses: int
    false_alarms: int
    correct_rejections: int


@dataclass(frozen=True)
class Member:
    """One way to raise alarms; `cost` is the mean of a line, `more` how much more than ours."""

    name: str
    counts: Counts
    cost: Estimate
    more: Estimate


@dataclass(frozen=True)
class Bin:
    """Days whose probability fell between two bounds, and how often the threshold was passed."""

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

    `events` are lines passed, `spells` runs of them, `unsure` lines of which it is not known at
    nine in ten. `return_months` is the months between activations, its high infinite without any.
    `caught` is None without an event, `false_share` without an alarm.
    """

    n: int
    events: int
    spells: int
    unsure: int
    months: float
    activations: int
    return_months: Estimate
    lead_days: tuple[int, ...]
    caught: Estimate | None
    false_share: Estimate | None
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
    sample = _Sample(told)
    met = np.array([state.state == "met" for state in states])
    activations = sum(state.activates for state in states)
    months = _months(told)
    leads = [x.lead_days(trigger.over) for x, on in zip(told, met, strict=True) if on]
    return Verdict(
        n=len(told),
        events=int(sample.passed.sum()),
        spells=int((np.diff(sample.passed.astype(int), prepend=0) == 1).sum()),
        unsure=sum(not x.came.sure for x in told if x.came is not None),
        months=months,
        activations=activations,
        return_months=_return_period(activations, months),
        lead_days=tuple(days for days in leads if days is not None),
        caught=sample.caught(met),
        false_share=sample.false(met),
        brier={
            "forecast": sample.brier(np.array([x.probability for x in told])),
            BASELINE: sample.brier(np.array([x.ewm_6 for x in told])),
        },
        reliability=_reliability(told, sample.passed),
        members=tuple(_members(told, met, sample, trigger)),
        best=_best(told, sample, trigger) if trigger.kind == "forecast" else None,
    )


class _Sample:
    """Lines resampled: `counts` and `drawn`, whether it was passed, are (resamples, lines)."""

    def __init__(self, lines: Sequence[Line]) -> None:
        chance = np.array([x.came.chance for x in lines if x.came is not None])
        months = np.array([x.as_of for x in lines], dtype="datetime64[M]")
        of_month, counts = resampled_months(months, seed=1)
        self.counts = counts[:, of_month]
        self.passed = chance >= 0.5
        self.window = _windows(lines)
        drawn = np.random.default_rng(1).random((RESAMPLES, self.window.max() + 1))
        self.drawn = drawn[:, self.window] < chance

    def loss(self, alarm: Flags, trigger: Trigger) -> tuple[float, Floats]:
        """Mean cost of a line, and that of each resample."""
        miss, false = trigger.cost_miss, trigger.cost_false_alarm
        drawn = np.where(self.drawn, miss * ~alarm, false * alarm)
        own = np.where(self.passed, miss * ~alarm, false * alarm)
        return float(own.mean()), self._means(drawn)

    def brier(self, probability: Floats) -> Estimate:
        """Mean squared error of a probability."""
        off = self._means(np.square(probability - self.drawn))
        return _estimate(float(np.square(probability - self.passed).mean()), off)

    def _means(self, values: Floats) -> Floats:
        """Mean over the lines of each resample."""
        return np.asarray((self.counts * values).sum(axis=1) / self.counts.sum(axis=1))

    def caught(self, alarm: Flags) -> Estimate | None:
        """Share of the events that had an alarm."""
        return self._share(alarm & self.passed, self.passed, self.drawn & alarm, self.drawn)

    def false(self, alarm: Flags) -> Estimate | None:
        """Share of the alarms that had no event."""
        no_event = ~self.drawn & alarm
        return self._share(
            alarm & ~self.passed, alarm, no_event, np.broadcast_to(alarm, no_event.shape)
        )

    def _share(self, part: Flags, of: Flags, drawn: Flags, of_drawn: Flags) -> Estimate | None:
        """Lines of `part` among those `of`; nowhere narrower than as many windows say."""
        if not of.any():
            return None
        hits, n = int(part.sum()), int(of.sum())
        total = (self.counts * of_drawn).sum(axis=1)
        some = total > 0
        found = _estimate(hits / n, (self.counts * drawn).sum(axis=1)[some] / total[some])
        least = _jeffreys(hits, n, len(np.unique(self.window[of])))
        return Estimate(found.value, min(found.low, least.low), max(found.high, least.high))


def _members(lines: Sequence[Line], met: Flags, sample: _Sample, trigger: Trigger) -> list[Member]:
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
        more = _estimate(cost - ours, draws - our_draws)
        found.append(Member(name, _counts(alarm, sample.passed), _estimate(cost, draws), more))
    return found


def _best(lines: Sequence[Line], sample: _Sample, trigger: Trigger) -> Best:
    """The level of least cost; of several as good the highest, which acts least."""
    values, level = [x.probability for x in lines], levels_of(trigger)
    losses = [sample.loss(_alarm(lines, values, level.at(at)), trigger) for at in LEVELS[::-1]]
    own, drawn = (np.array(part) for part in zip(*losses, strict=True))
    levels = np.array(LEVELS[::-1])
    total = trigger.cost_miss + trigger.cost_false_alarm
    return Best(
        level=_estimate(float(levels[own.argmin()]), levels[drawn.argmin(axis=0)]),
        cost=float(own.min()),
        by_ratio=trigger.cost_false_alarm / total if total else None,
    )


def _alarm(lines: Sequence[Line], values: Sequence[float | None], levels: Levels) -> Flags:
    """On which lines these values would have had the alarm in force."""
    days = [line.as_of for line in lines]
    return np.array([one.state == "met" for one in walk(zip(days, values, strict=True), levels)])


def _counts(alarm: Flags, passed: Flags) -> Counts:
    return Counts(
        hits=int((alarm & passed).sum()),
        misses=int((~alarm & passed).sum()),
        false_alarms=int((alarm & ~passed).sum()),
        correct_rejections=int((~alarm & ~passed).sum()),
    )


def _reliability(lines: Sequence[Line], passed: Flags) -> tuple[Bin, ...]:
    """Bins that hold a line, their shares with Jeffreys intervals."""
    probability = np.array([x.probability for x in lines])
    number = np.clip(np.searchsorted(BINS, probability, side="right") - 1, 0, len(BINS) - 2)
    window, found = _windows(lines), []
    for at in np.unique(number):
        own = passed[number == at]
        mean = float(probability[number == at].mean())
        share = _jeffreys(int(own.sum()), len(own), len(np.unique(window[number == at])))
        found.append(Bin(BINS[at], BINS[at + 1], len(own), mean, share))
    return tuple(found)


def _jeffreys(hits: int, n: int, windows: int) -> Estimate:
    """Share of hits with its Jeffreys interval, to the end where all or none are.

    `n` lines of fewer `windows` tell no more than one line a window.
    """
    held = windows / n
    low, high = np.asarray(beta.ppf(TAILS, hits * held + 0.5, (n - hits) * held + 0.5)).tolist()
    return Estimate(hits / n, low if hits else 0.0, high if hits < n else 1.0)


def _windows(lines: Sequence[Line]) -> NDArray[np.int64]:
    """The number of each line's window."""
    starts = np.array([line.start for line in lines], dtype="datetime64[D]")
    return np.unique(starts, return_inverse=True)[1]


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


def _estimate(value: float, draws: Floats) -> Estimate:
    low, high = np.quantile(draws, TAILS)
    return Estimate(value, float(low), float(high))

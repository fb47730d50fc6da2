"""How good past forecasts were, as far as the track record knew on the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.calibrate import FALLBACKS
from forecast.members import SERVED
from forecast.skill import Estimate, coverage_band, relative_skill_interval

TARGET = ["as_of", "stream", "horizon", "target_published", "number"]
LEVELS = (50, 80, 95)
LATEST = 6
RECENT_MONTHS = 12
# The baseline that is hardest to beat where nothing has been scored yet (`docs/models.md`).
HARDEST = "ewm_6"


@dataclass(frozen=True)
class PastMonth:
    """Forecasts of one day: `figures` published since, `factor` the middle one over its median.

    `inside` counts those in their 80 % interval.
    """

    as_of: pd.Timestamp
    figures: int
    inside: int
    factor: float


@dataclass(frozen=True)
class Record:
    """What was served against what came: `figures` scored of forecasts of `months` days.

    `coverage` maps per cent to the share inside and its band; `skill` is the error over that of the
    `best` baseline, `recent` the same over the last twelve days scored. None where nothing was.
    """

    best: str = HARDEST
    figures: int = 0
    months: int = 0
    latest: tuple[PastMonth, ...] = ()
    coverage: Mapping[int, Estimate] = field(default_factory=dict)
    skill: Estimate | None = None
    recent: Estimate | None = None

    @property
    def baseline_leads(self) -> bool:
        """Whether the baseline has been better over the last twelve days scored."""
        return self.recent is not None and self.recent.value > 1.0


def past_record(known: pd.DataFrame) -> Record:
    """The record of forecasts one to three months ahead, of figures inside the focus."""
    rows = known[known["pooled"] & (known["horizon"] > 0) & (known["kind"] == "forecast")]
    keys = ["member", *TARGET[:-1]]
    rows = rows.assign(number=rows.groupby(keys).cumcount())
    score = rows.pivot(index=TARGET, columns="member", values="score")
    if SERVED not in score or not set(FALLBACKS) & set(score):
        return Record()
    score = score.dropna(subset=[SERVED])
    baselines = score[[name for name in FALLBACKS if name in score]].dropna()
    score = score.loc[baselines.index]
    served = rows[rows["member"] == SERVED].set_index(TARGET).loc[score.index]
    days = score.index.get_level_values("as_of")
    last = days.isin(np.sort(days.unique())[-RECENT_MONTHS:])
    best = str(baselines[last].mean().idxmin())
    ours, theirs = score[SERVED].to_numpy(), score[best].to_numpy()
    month = days.to_numpy()
    return Record(
        best=best,
        figures=len(score),
        months=int(days.nunique()),
        latest=_latest(served.reset_index()),
        coverage={
            level: coverage_band(_inside(served, level), level / 100, month) for level in LEVELS
        },
        skill=relative_skill_interval(ours, theirs, month),
        recent=relative_skill_interval(ours[last], theirs[last], month[last]),
    )


def _inside(rows: pd.DataFrame, level: int) -> np.ndarray:
    tail = (1.0 - level / 100) / 2.0
    return rows["pit"].between(tail, 1.0 - tail).to_numpy()


def _latest(rows: pd.DataFrame) -> tuple[PastMonth, ...]:
    groups = sorted(rows.groupby("as_of"), key=lambda pair: str(pair[0]))[-LATEST:]
    return tuple(
        PastMonth(
            as_of=group["as_of"].iloc[0],
            figures=len(group),
            inside=int(_inside(group, 80).sum()),
            factor=float(np.exp(group["residual"].median())),
        )
        for _, group in reversed(groups)
    )

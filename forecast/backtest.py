"""Forecasts of the past, each from what was published by its day, against what came later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.tseries.offsets import MonthEnd

from features.crisis import Crisis
from features.errors import Finding, InputError, NuzuhError, TooLittleData
from features.panel import build_panel
from features.track_record import FILE, write_track_record
from forecast.attack_backtest import attack_scores
from forecast.attack_verdict import GIVEN, attack_verdict
from forecast.calibrate import POOL, calibration
from forecast.members import NAMES, SERVED, members_named, observed_paths, predict
from forecast.parallel import Executor, Progress, Serial
from forecast.scorecard import SCHEMA, forecast_rows, score_rows, track_record
from forecast.seeds import random_state
from forecast.targets import KEY, NOWCAST, month_ends, targets
from forecast.verdict import verdict
from models.base import ReportModel

HORIZONS = (1, 2, 3)
DRAWS = 1000
Scorable = tuple[pd.DataFrame, str, np.ndarray, str]
FAILURES = (NuzuhError, ValueError, ArithmeticError)
ATTACKS = ("forecast", "observed")


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts, the reports they were of, and how they did.

    `forecasts` is hubverse rows with member and report_id, `targets` a row a report and as-of day,
    `scores` a row a forecast, `track_record` what a later forecast may learn from, `failures` a row
    a member and month without a forecast, `attacks` what `attack_scores` gives, no row where
    attacks were given. `draws` holds, by member, persons (draws, targets), NaN where it failed.
    `summary["served"]` is what `summary["members"]` holds of what is served, None where that was
    not asked for.
    """

    forecasts: pd.DataFrame
    targets: pd.DataFrame
    scores: pd.DataFrame
    track_record: pd.DataFrame
    failures: pd.DataFrame
    attacks: pd.DataFrame
    draws: Mapping[str, np.ndarray]
    summary: dict[str, Any]

    def write(self, out_dir: Path) -> None:
        """Write all but the draws. Raises InputError where the folder cannot be written."""
        check_folder(out_dir)
        table = pa.Table.from_pandas(self.forecasts, schema=SCHEMA, preserve_index=False)
        pq.write_table(table.replace_schema_metadata(None), out_dir / "forecasts.parquet")
        write_track_record(out_dir / FILE, self.track_record, self.summary["crisis"])
        self.targets.to_csv(out_dir / "targets.csv", index=False, lineterminator="\n")
        self.scores.to_csv(out_dir / "scores.csv", index=False, lineterminator="\n")
        self.attacks.to_csv(out_dir / "attacks.csv", index=False, lineterminator="\n")
        text = json.dumps(self.summary, indent=1, ensure_ascii=False, allow_nan=False)
        (out_dir / "summary.json").write_text(text + "\n", encoding="utf-8")


def backtest(  # noqa: PLR0913  each is an option of the command
    crisis: Crisis,
    from_: pd.Timestamp,
    to: pd.Timestamp,
    horizons: Sequence[int] = HORIZONS,
    members: Sequence[str] | Mapping[str, ReportModel] = NAMES,
    attacks: str = "forecast",
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 1,
) -> Backtest:
    """Backtest at the ends of the months from that of `from_` to that of `to`.

    `members` are names, or models under names of their own; where the pool is among them, `served`
    is what it gives after calibration on the months before. `attacks` is `forecast`, or `observed`:
    then members that look at attacks are given those that happened, and all is a projection. A
    member that fails in a month is left out there and listed. The executor changes no byte.

    Raises:
        InputError: an unknown member or kind of attacks, or a range without a single target.
        TooLittleData: no member gave a single forecast.
    """
    task = plan(crisis, from_, to, horizons, members, attacks, draws=draws, seed=seed)
    return carry_out(task, executor, progress)


def plan(
    crisis: Crisis,
    from_: pd.Timestamp,
    to: pd.Timestamp,
    horizons: Sequence[int] = HORIZONS,
    members: Sequence[str] | Mapping[str, ReportModel] = NAMES,
    attacks: str = "forecast",
    *,
    draws: int = DRAWS,
    seed: int = 1,
) -> Task:
    """What `backtest` of these arguments would do, nothing of it done yet. Raises as it does."""
    chosen = dict(members) if isinstance(members, Mapping) else members_named(members)
    wanted = _targets(crisis, from_, to, horizons, attacks)
    return Task(crisis, wanted, chosen, attacks == "observed", max(horizons), draws, seed)


def carry_out(
    task: Task, executor: Executor | None = None, progress: Progress | None = None
) -> Backtest:
    """The backtest of a plan, month by month; `progress` is told months (done, all)."""
    return _judge(task, (executor or Serial()).map(predict_month, task, task.days, progress))


@dataclass(frozen=True, eq=False)
class Task:
    """What the months of one backtest share."""

    crisis: Crisis
    targets: pd.DataFrame
    members: Mapping[str, ReportModel]
    observed: bool
    months_ahead: int
    draws: int
    seed: int

    @property
    def days(self) -> list[pd.Timestamp]:
        """The as-of days that have a target."""
        return [pd.Timestamp(day) for day in self.targets["as_of"].unique()]


@dataclass(frozen=True, eq=False)
class Month:
    """Draws (draws, targets of the month) of the members that did not fail, and why others did."""

    day: pd.Timestamp
    draws: Mapping[str, np.ndarray]
    failures: Mapping[str, str]


def predict_month(task: Task, day: pd.Timestamp) -> Month:
    """All members' forecasts of one as-of day, from what was published by then.

    The panel reaches to the end of the last month forecast, whatever is reported then, and no model
    is shown more of a target than its window and stream.
    """
    reports = task.targets.loc[task.targets["as_of"] == day, KEY].reset_index(drop=True)
    failures: dict[str, str] = {}
    draws: dict[str, np.ndarray] = {}
    panel = build_panel(task.crisis.as_of(day), day, day + MonthEnd(task.months_ahead))
    paths = observed_paths(task.crisis, panel) if task.observed else None
    for name, model in task.members.items():
        rng = random_state(task.seed, day, name)
        try:
            figures = predict(model.fit(panel), reports, paths, task.draws, rng)
        except FAILURES as error:
            failures[name] = f"{type(error).__name__}: {error}"
            continue
        if figures.shape == (task.draws, len(reports)) and _sound(figures):
            draws[name] = figures
        else:
            failures[name] = "draws that are missing, negative or not finite"
    return Month(day, draws, failures)


def check_folder(out_dir: Path) -> None:
    """Make a folder that can be written to. Raises InputError where that fails."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot be made a folder: {error.strerror}"
        raise InputError(Finding("--out", why, value=str(out_dir))) from error
    try:
        with TemporaryFile(dir=out_dir):
            pass
    except OSError as error:
        why = f"cannot be written to: {error.strerror}"
        raise InputError(Finding("--out", why, value=str(out_dir))) from error


def _targets(
    crisis: Crisis,
    from_: pd.Timestamp,
    to: pd.Timestamp,
    horizons: Sequence[int],
    attacks: str,
) -> pd.DataFrame:
    if attacks not in ATTACKS:
        why = f"no such kind of attacks; there are: {', '.join(ATTACKS)}"
        raise InputError(Finding("--attacks", why, value=attacks))
    days = month_ends(from_, to)
    if days.empty:
        raise InputError(Finding("--from", f"is after --to ({to:%Y-%m})", value=f"{from_:%Y-%m}"))
    found = targets(crisis, days, horizons)
    if found.empty:
        reports = crisis.reports
        why = (
            f"no report to judge a forecast by: none of a stream with four earlier reports was "
            f"published later; reports of {crisis.id!r} were published from "
            f"{reports['published'].min():%Y-%m-%d} to {reports['published'].max():%Y-%m-%d}"
        )
        raise InputError(Finding("--from … --to", why, value=f"{from_:%Y-%m} … {to:%Y-%m}"))
    return found


def _sound(figures: np.ndarray) -> bool:
    return bool(np.isfinite(figures).all() and (figures >= 0.0).all())


def _judge(task: Task, months: Sequence[Month]) -> Backtest:
    kind = "projection" if task.observed else "forecast"
    draws = {name: _joined(task, months, name) for name in task.members}
    if POOL in draws:
        draws = {SERVED: _served(task, draws, kind), **draws}
    scored = _scorable(task, draws, kind)
    failures = pd.DataFrame(
        [(month.day, *failure) for month in months for failure in month.failures.items()],
        columns=["as_of", "member", "why"],
    )
    if not scored:
        raise TooLittleData(f"no member gave a single forecast; first: {failures['why'].iat[0]}")
    scores = pd.concat([score_rows(*each) for each in scored], ignore_index=True)
    attacks = _attacks(task)
    return Backtest(
        forecasts=pd.concat([forecast_rows(*each) for each in scored], ignore_index=True),
        targets=task.targets,
        scores=scores,
        track_record=track_record(task.targets, scores),
        failures=failures,
        attacks=attacks,
        draws=draws,
        summary={
            **_summary(task, kind, scores, failures),
            "attacks": {"why": GIVEN} if task.observed else attack_verdict(attacks),
        },
    )


def _attacks(task: Task) -> pd.DataFrame:
    """Scores of the attacks forecast at all month ends of the task; none where they were given."""
    days = month_ends(task.days[0], task.days[-1])
    scored = days[:0] if task.observed else days
    return attack_scores(task.crisis, scored, draws=task.draws, seed=task.seed)


def _scorable(task: Task, draws: Mapping[str, np.ndarray], kind: str) -> list[Scorable]:
    """Targets, name, draws and kind of each member, where it gave a forecast."""
    return [
        (task.targets[there], name, figures[:, there], kind)
        for name, figures in draws.items()
        if (there := np.isfinite(figures[0])).any()
    ]


def _served(task: Task, draws: Mapping[str, np.ndarray], kind: str) -> np.ndarray:
    """Draws of what would have been served, (draws, targets), from what was known each day."""
    scores = [score_rows(*each) for each in _scorable(task, draws, kind)]
    if not scores:
        return draws[POOL]
    earlier = task.crisis.track_record
    earlier = earlier[earlier["as_of"] < task.days[0]]
    record = pd.concat([earlier, track_record(task.targets, pd.concat(scores))])
    served = draws[POOL].copy()
    for day in task.days:
        at = (task.targets["as_of"] == day).to_numpy()
        found = calibration(record, day, kind)
        instead = draws[found.instead or POOL][:, at]
        served[:, at] = instead if found.instead else found.apply(instead)
    return served


def _joined(task: Task, months: Sequence[Month], name: str) -> np.ndarray:
    """Draws of one member over all months, (draws, targets), NaN where it failed."""
    joined = np.full((task.draws, len(task.targets)), np.nan)
    for month in months:
        if name in month.draws:
            joined[:, (task.targets["as_of"] == month.day).to_numpy()] = month.draws[name]
    return joined


def _summary(task: Task, kind: str, scores: pd.DataFrame, failures: pd.DataFrame) -> dict[str, Any]:
    members = verdict(scores)
    failed = failures["member"].value_counts()
    for name in task.members:
        members.setdefault(name, {"n": 0})["failed_months"] = int(failed.get(name, 0))
    if POOL in members:
        members[SERVED]["failed_months"] = members[POOL]["failed_months"]
    return {
        "crisis": task.crisis.id,
        "kind": kind,
        "attack_source": task.crisis.attack_source,
        "draws": task.draws,
        "seed": task.seed,
        "targets": _about(task.targets),
        "failures": [
            {"as_of": f"{row.as_of:%Y-%m-%d}", "member": row.member, "why": row.why}
            for row in failures.itertuples()
        ],
        SERVED: members.get(SERVED),
        "members": members,
    }


def _about(wanted: pd.DataFrame) -> dict[str, Any]:
    """How many targets there are, of which kinds, over which days."""
    return {
        "n": len(wanted),
        "reports": int(wanted["line"].nunique()),
        "as_of_days": int(wanted["as_of"].nunique()),
        "first": f"{wanted['as_of'].min():%Y-%m-%d}",
        "last": f"{wanted['as_of'].max():%Y-%m-%d}",
        "horizons": sorted(int(at) for at in wanted["horizon"].unique()),
        "pooled": int((wanted["pooled"] & (wanted["horizon"] > NOWCAST)).sum()),
        "outside_focus": int((~wanted["pooled"]).sum()),
        "nowcast": int((wanted["horizon"] == NOWCAST).sum()),
        "event_triggered": int(wanted["event"].sum()),
        "pseudo_vintage": bool(wanted["published_assumed"].any()),
        "published_assumed": float(wanted["published_assumed"].mean()),
    }

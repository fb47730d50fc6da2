"""Relative log WIS of what is served over the best simple baseline, crisis by crisis.

The bundled crisis; and where ../shared is there, the same with ACLED's weekly counts as attacks,
both once more under observed attacks, and Mali and Burundi as Flee has them. A few minutes.

    python -m benchmarks.skill [MEMBER ...]      # members of nuzuh backtest; three by default
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from features.crises.builders.flee.convert import build
from features.crisis import Crisis, load_crisis
from forecast.backtest import backtest
from tests.acled import with_acled

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"
SIMPLE = ("last_value", "expanding_mean", "ewm_6")
SHOWN = ("served", "flow_state", "attacks_only")
SYRIA = ("2018-03-31", "2019-10-31")


def runs(scratch: Path) -> Iterator[tuple[str, Crisis, tuple[str, str], str]]:
    """Title, crisis, months and kind of attacks of each run."""
    bundled = load_crisis("nw-syria")
    yield "nw-syria, UCDP", bundled, SYRIA, "forecast"
    yield "nw-syria, UCDP", bundled, SYRIA, "observed"
    if not SHARED.is_dir():
        return
    acled = with_acled(bundled, SHARED)
    yield "nw-syria, ACLED", acled, SYRIA, "forecast"
    yield "nw-syria, ACLED", acled, SYRIA, "observed"
    for name, months in (
        ("mali", ("2012-05-31", "2013-06-30")),
        ("burundi", ("2015-08-31", "2016-03-31")),
    ):
        (scratch / name).mkdir()
        for file, text in build(SHARED / "flee" / name, name).items():
            (scratch / name / file).write_text(text, encoding="utf-8")
        yield name, load_crisis(scratch / name), months, "forecast"


def main() -> None:
    """Print a line a run and member."""
    shown = tuple(sys.argv[1:]) or SHOWN
    print("log WIS over the best of last value, expanding mean and EWM(6)")
    print(f"{'crisis':<17}{'attacks':<10}{'member':<17} all   h1    h2    h3   in50 in80 in95    n")
    with tempfile.TemporaryDirectory() as scratch:
        for title, crisis, (first, last), attacks in runs(Path(scratch)):
            days = pd.Timestamp(first), pd.Timestamp(last)
            asked = tuple(dict.fromkeys((*shown, *SIMPLE)))
            scores = backtest(crisis, *days, members=asked, attacks=attacks).scores
            for member in shown:
                print(f"{title:<17}{attacks:<10}{member:<17}{line(scores, member)}", flush=True)


def line(scores: pd.DataFrame, member: str) -> str:
    """Ratios over all horizons and each, coverage, and how many forecasts."""
    pooled = scores[scores["pooled"] & (scores["horizon"] > 0)]
    own = pooled[pooled["member"] == member]
    ratios = [ratio(pooled, member), *(ratio(part, member) for _, part in by_horizon(pooled))]
    covered = [own[f"covers_{level}"].mean() for level in (50, 80, 95)]
    figures = [*(f"{value:.3f}" for value in ratios), *(f"{value:4.2f}" for value in covered)]
    return " ".join(figures) + f" {len(own):4d}"


def by_horizon(scores: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    """Scores of each horizon."""
    return [(int(at), scores[scores["horizon"] == at]) for at in (1, 2, 3)]


def ratio(scores: pd.DataFrame, member: str) -> float:
    """Mean log WIS of a member over that of the best simple baseline, on what both forecast."""
    own = scores.loc[scores["member"] == member, "report_id"]
    scores = scores[scores["report_id"].isin(own)]
    mean = scores.groupby("member")["wis_log"].mean()
    return float(mean[member] / mean[list(SIMPLE)].min())


if __name__ == "__main__":
    main()

"""Fit and forecast of a monthly series: every member beside statsforecast's AutoARIMA and AutoETS.

Both are given the twelve series that the reference source of a made-up crisis publishes by month
and governorate, and forecast the next three months of each. A member fits all twelve as one panel,
with the attacks, and makes 1,000 draws; statsforecast fits one after the other, and makes three
intervals. Of two runs in a row the second counts.

statsforecast needs pandas below 3 and so lives in `.venv-bench`, installed when first needed. Where
that fails, this benchmark says so and is skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import numpy as np
import pandas as pd

from benchmarks._measure import timed
from benchmarks._synthetic import write_crisis
from features.crisis import Crisis, load_crisis
from features.errors import TooLittleData
from features.panel import STREAM, Panel, build_panel
from forecast.members import MEMBERS
from models.base import ReportModel

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv-bench"
WANTED = "statsforecast==2.1.1"
AS_OF = pd.Timestamp("2022-03-31")
STEPS = 3
DRAWS = 1000


def main() -> None:
    """Print a line a model: milliseconds a series, and over those of each of statsforecast's."""
    python = interpreter()
    if python is None:
        return
    crisis = monthly()
    panel = build_panel(crisis, AS_OF, AS_OF + pd.offsets.MonthEnd(STEPS))
    history = panel.reports.pivot(index="start", columns=STREAM, values="persons")
    theirs = seconds_there(python, history)
    print(f"{history.shape[1]} series of {len(history)} months, {STEPS} months ahead; {WANTED}")
    print(f"{'':<20}ms a series" + "".join(f"{f'/ {name}':>13}" for name in theirs))
    for name, seconds in {**theirs, **seconds_here(panel, coming(history))}.items():
        ratios = "".join(f"{seconds / other:13.3f}" for other in theirs.values())
        print(f"{name:<20}{1000 * seconds / history.shape[1]:11.1f}{ratios}")


def interpreter() -> Path | None:
    """A Python that has statsforecast; None, and a line that says why, where there is none."""
    python = VENV / "bin" / "python"
    check = f"import statsforecast as s; assert s.__version__ in {WANTED!r}"
    if python.exists() and not said([python, "-c", check]).returncode:
        return python
    make: list[str | Path] = [sys.executable, "-m", "venv", "--clear", VENV]
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--retries=1", WANTED]
    for words in (make, install):
        done = said(words)
        if done.returncode:
            why = done.stderr.strip().splitlines()[-1:]
            print(f"skipped: {WANTED} cannot be installed into {VENV.name}:", *why)
            return None
    (VENV / ".gitignore").write_text("*\n", encoding="utf-8")
    return python


def said(words: Sequence[str | Path], given: str = "") -> subprocess.CompletedProcess[str]:
    """What a command makes of what it is given."""
    return subprocess.run(words, input=given, capture_output=True, text=True, check=False)


def monthly() -> Crisis:
    """A made-up crisis with the monthly flows of its reference source alone."""
    with tempfile.TemporaryDirectory() as scratch:
        crisis = load_crisis(write_crisis(Path(scratch), places=100))
    reports = crisis.reports
    kept = (reports["source"] == crisis.reference) & (reports["measure"] != "stock")
    return replace(crisis, reports=reports[kept].reset_index(drop=True))


def seconds_there(python: Path, history: pd.DataFrame) -> dict[str, float]:
    """Seconds of each of statsforecast's models for all series."""
    given = {
        "series": dict(enumerate(history.to_numpy().T.tolist())),
        "first": f"{history.index[0]:%Y-%m-%d}",
        "steps": STEPS,
    }
    done = said([python, Path(__file__).with_name("_statsforecast.py")], json.dumps(given))
    done.check_returncode()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def coming(history: pd.DataFrame) -> pd.DataFrame:
    """A row a series and month after the last one known."""
    starts = pd.date_range(history.index[-1], periods=STEPS + 1, freq="MS")[1:]
    names = history.columns.to_list()
    rows = [(start, start + pd.offsets.MonthEnd(0), *name) for start in starts for name in names]
    return pd.DataFrame(rows, columns=["start", "end", *STREAM])


def seconds_here(panel: Panel, asked: pd.DataFrame) -> dict[str, float]:
    """Seconds of each member for all series; NaN for one that has too little to fit."""
    found = {}
    for name, model in MEMBERS.items():
        try:
            runs = [timed(fit_and_draw, model, panel, asked) for _ in range(2)]
            found[name] = runs[-1][1]
        except TooLittleData:
            found[name] = np.nan
    return found


def fit_and_draw(model: ReportModel, panel: Panel, asked: pd.DataFrame) -> np.ndarray:
    """Draws (draws, reports) of a model fitted anew."""
    return model.fit(panel).predict(asked, DRAWS, np.random.default_rng(1))


if __name__ == "__main__":
    main()

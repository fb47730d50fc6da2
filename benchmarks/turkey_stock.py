"""How registered Syrians in Turkey moved against what the border gate is taken to let through.

    python -m benchmarks.turkey_stock [FOLDER]

The crossings are those of the gate of nw-syria (`[models.border]` of its crisis.toml); the counts
are read from FOLDER, without one from ../shared. Registered people also grow by births and by late
registration and shrink by cleaning of the register, returns and naturalisation, so that a change
is no count of crossings: where the register grew faster than the gate lets people through, those
came in none of the ways that this forecast knows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from features.crisis import load_crisis
from forecast.border import gate_of

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data" / "displacement"
WEEKLY, PUBLISHED = "refugees_turkey_derived_weekly_total.csv", "refugees_turkey.csv"
# Counts of late 2015 were edited (SOURCES.md), and for 2016 there are none.
SINCE = "2017-01-01"


def main() -> int:
    """Print the change of each year beside the crossings; 2 where the folder cannot be read."""
    parser = argparse.ArgumentParser(description="Registered Syrians in Turkey and the gate.")
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    folder = parser.parse_args().folder
    try:
        series = {"weekly": weekly(folder / WEEKLY), "published": published(folder / PUBLISHED)}
    except OSError as error:
        print(f"{folder}: cannot be read: {error}", file=sys.stderr)
        return 2
    gate = gate_of(load_crisis("nw-syria"))
    a_day = gate.people_a_day if gate else 0.0
    print(f"{'counts':<11}{'from':<12}{'to':<12}{'change':>10}{'a day':>8}{'crossings':>11}")
    for name, stock in series.items():
        for row in by_year(stock, a_day).itertuples():
            print(
                f"{name:<11}{row.first:%Y-%m-%d}  {row.last:%Y-%m-%d}  {row.change:>+10,.0f}"
                f"{row.a_day:>+8,.0f}{row.crossings:>11,.0f}"
            )
    return 0


def weekly(path: Path) -> pd.Series:
    """The derived weekly totals by day."""
    rows = pd.read_csv(path, parse_dates=["date"])
    return rows.set_index("date")["derived_total"].astype(float).sort_index()


def published(path: Path) -> pd.Series:
    """Published totals of the whole country by day, since 2017; of several the mean."""
    rows = pd.read_csv(path, parse_dates=["date"])
    rows = rows[(rows["place"] == "Turkey") & (rows["date"] >= SINCE)]
    return rows.groupby("date")["persons"].mean().sort_index()


def by_year(stock: pd.Series, a_day: float) -> pd.DataFrame:
    """first, last, change, a_day, crossings of each year with two counts at least."""
    found = []
    for _, counts in stock.groupby(pd.DatetimeIndex(stock.index).year):
        if len(counts) > 1:
            days = (counts.index[-1] - counts.index[0]).days
            change = float(counts.iloc[-1] - counts.iloc[0])
            found.append((counts.index[0], counts.index[-1], change, change / days, a_day * days))
    return pd.DataFrame(found, columns=["first", "last", "change", "a_day", "crossings"])


if __name__ == "__main__":
    raise SystemExit(main())

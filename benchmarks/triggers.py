"""Seconds of triggers on the bundled crisis: a month of a replay, and one check of many.

    python -m benchmarks.triggers

A replay fits and simulates once a month, 2,000 draws; what came is reconciled once for all months.
Triggers of the same window share the forecast of a check, so that twenty should cost hardly more
than one. Reading the crisis is left out.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import features._threads  # noqa: F401  before numpy loads

# isort: split
import pandas as pd

from benchmarks._measure import timed
from features.crisis import Crisis, load_crisis
from forecast.targets import month_ends
from forecast.trigger_replay import replay
from forecast.trigger_verdict import standings, verdict
from service.triggers.folder import Triggers
from service.triggers.look import check_all
from service.triggers.run import read_for

CRISIS = "nw-syria"
FILE = Path(__file__).parents[1] / "docs" / "triggers" / "belt-50000.toml"
FIRST, LAST = pd.Timestamp("2019-02-28"), pd.Timestamp("2019-05-31")
MANY = 20


def main() -> None:
    """Print the seconds."""
    crisis = load_crisis(CRISIS)
    trigger = read_for(FILE, crisis)
    days = list(month_ends(FIRST, LAST))
    record, seconds = timed(replay, crisis, trigger, days, "benchmark")
    print(f"{CRISIS}, {FIRST:%Y-%m} … {LAST:%Y-%m}, {record.draws:,} draws")
    print(f"{'replay, a month':<24}{seconds / len(days):7.2f} s")
    stood = standings(record.lines, trigger)
    print(f"{'verdict on the record':<24}{timed(verdict, record.lines, stood, trigger)[1]:7.2f} s")
    one, many = (checked(crisis, number) for number in (1, MANY))
    print(f"{'check of one trigger':<24}{one:7.2f} s")
    print(f"{f'check of {MANY} triggers':<24}{many:7.2f} s  ratio {many / one:.2f}")


def checked(crisis: Crisis, number: int) -> float:
    """Seconds of a check of so many triggers."""
    with TemporaryDirectory() as folder:
        triggers = Triggers(Path(folder), crisis.id)
        for at in range(number):
            path = Path(folder) / f"t{at}.toml"
            path.write_bytes(FILE.read_bytes())
            triggers.add(path, None, "a benchmark", LAST.date())
        return timed(check_all, triggers, crisis, LAST)[1]


if __name__ == "__main__":
    main()

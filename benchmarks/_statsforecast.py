"""Times statsforecast where it is installed: JSON in, JSON out; knows nothing of nuzuh.

    .venv-bench/bin/python benchmarks/_statsforecast.py < series.json

In: `series` (name → monthly figures), `first` (day of the first) and `steps` to forecast. Out: the
seconds of each model to fit and forecast all series, one after the other, once warm.
"""

from __future__ import annotations

import json
import sys
import time

import pandas as pd
from statsforecast import StatsForecast, models  # type: ignore[import-not-found]

LEVELS = [50, 80, 95]


def main() -> None:
    """See the module."""
    given = json.load(sys.stdin)
    frames = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": pd.date_range(given["first"], periods=len(figures), freq="MS"),
                "y": figures,
            }
        )
        for name, figures in given["series"].items()
    ]
    seconds = {}
    for name in ("AutoARIMA", "AutoETS"):
        model = StatsForecast([getattr(models, name)(season_length=12)], "MS")
        for chosen in (frames[:1], frames):
            start = time.perf_counter()
            model.forecast(df=pd.concat(chosen), h=given["steps"], level=LEVELS)
            seconds[name] = time.perf_counter() - start
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()

"""The forecasts of a backtest that went most wrong."""

from __future__ import annotations

import pandas as pd

from forecast.backtest import Backtest
from forecast.names import name_of
from forecast.records import records
from service.backtest_report import Report
from service.numbers import between, exact, figure, span
from service.outlook_sections import Section, Table

MOST = 10
ENDS = {"0.025": "low_95", "0.1": "low_80", "0.5": "median", "0.9": "high_80", "0.975": "high_95"}


def misses_section(report: Report) -> Section:
    """The worst forecasts of the leading member, each report once."""
    rows = [
        [
            f"{row.as_of:%Y-%m}",
            span(row.start, row.end),
            name_of(report.crisis, row.place_id).partition(" (")[0],
            f"{row.source}, {row.measure.replace('_', ' ')}",
            exact(row.persons),
            figure(row.median),
            between((row.low_80, row.high_80)),
            between((row.low_95, row.high_95)),
            f"{row.wis_log:.2f}",
        ]
        for row in records(worst(report.found, report.leading))
    ]
    head = ["as of", "window", "place", "source", "figure", "middle", "80% interval"]
    text = f"{report.leading}: the highest WIS on log(1 + x), each report at its worst as-of month."
    table = Table([*head, "95% interval", "WIS log"], rows, left=4)
    return Section("Worst misses", (text,), [table])


def worst(found: Backtest, member: str, most: int = MOST) -> pd.DataFrame:
    """Rows of pooled targets with wis_log, median, low_80 … high_95; each report once."""
    scores = found.scores[found.scores["member"] == member].set_index("report_id")["wis_log"]
    targets = found.targets.set_index("report_id").join(scores, how="inner")
    ordered = targets[targets["pooled"]].sort_values("wis_log", ascending=False, kind="stable")
    chosen = ordered.drop_duplicates("line").head(most)
    mine = found.forecasts[
        (found.forecasts["member"] == member) & found.forecasts["output_type_id"].isin(list(ENDS))
    ]
    wide = mine.pivot(index="report_id", columns="output_type_id", values="value")
    return chosen.join(wide.rename(columns=ENDS))

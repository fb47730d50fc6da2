"""Charts of a backtest: skill, coverage, PIT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from forecast.scores import LEVELS
from service import charts
from service.backtest_report import Report, interval
from service.charts import FAN, INK, LATER, MIDDLE

BINS = 10
WIDTH = 540
LABELS = 110
BAND = "#dcdcdc"


def skill_chart(report: Report) -> str:
    """Ratio of the leading member to each baseline with its interval, as SVG; "" without any."""
    cells = report.members[report.leading]["relative_wis_log_to"]
    found = {name: cells[name] for name in report.members if "value" in cells.get(name, {})}
    if not found:
        return ""
    rows = pd.DataFrame([{"name": name, **cell} for name, cell in found.items()])
    y = alt.Y("name:N", sort=None, title=None, axis=_labels())
    title = "WIS on log(1 + x) over that of the baseline"
    scale = alt.Scale(zero=False, nice=True)
    one = alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(color=INK, strokeDash=[4, 3])
    chart = alt.layer(
        one.encode(x=alt.X("at:Q", scale=scale, title=title)),
        alt.Chart(rows)
        .mark_rule(color=FAN[50], strokeWidth=5)
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y),
        alt.Chart(rows)
        .mark_point(filled=True, color=MIDDLE, size=70, opacity=1)
        .encode(x=alt.X("value:Q", scale=scale), y=y),
    )
    text = "; ".join(f"{name} {interval(cell)}" for name, cell in found.items())
    return _drawn(chart, 20 * len(rows), f"{report.leading} over each baseline: {text}.")


def coverage_chart(report: Report) -> str:
    """Hit rates of the leading member in the bands of calibrated forecasts; "" without any."""
    rows = pd.DataFrame(_coverage_rows(report.members[report.leading]["coverage"]))
    if rows.empty:
        return ""
    y = alt.Y("name:N", sort=None, title=None, axis=_labels())
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("value:Q", scale=scale, title="share of figures inside the interval")
    colour = alt.Color(
        "inside:N", scale=alt.Scale(domain=[True, False], range=[MIDDLE, LATER]), legend=None
    )
    chart = alt.layer(
        alt.Chart(rows)
        .mark_bar(color=BAND, height=11)
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y),
        alt.Chart(rows).mark_tick(color=INK, thickness=1.5, height=13).encode(x="nominal:Q", y=y),
        alt.Chart(rows).mark_point(filled=True, size=60, opacity=1).encode(x, y, color=colour),
    )
    outside = int((~rows["inside"]).sum())
    text = f"Coverage of {report.leading}: {outside} of {len(rows)} shares outside their band."
    return _drawn(chart, 16 * len(rows), text)


def pit_chart(report: Report) -> str:
    """Histogram of where figures fell in the pooled forecasts of the leading member, as SVG."""
    scores = report.found.scores
    chosen = (scores["member"] == report.leading) & scores["pooled"] & (scores["horizon"] >= 1)
    counts, edges = np.histogram(scores.loc[chosen, "pit"], bins=BINS, range=(0.0, 1.0))
    share = counts / max(1, counts.sum())
    rows = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": share})
    rows["zero"] = 0.0
    x = alt.X("low:Q", title="where the figure fell in its forecast", scale=alt.Scale(nice=False))
    flat = alt.Chart(pd.DataFrame({"at": [1.0 / BINS]})).mark_rule(color=INK, strokeDash=[4, 3])
    axis = alt.Axis(format=".0%", tickCount=5, minExtent=LABELS, maxExtent=LABELS)
    y = alt.Y("share:Q", title=None, axis=axis, scale=alt.Scale(zero=True))
    bars = alt.Chart(rows).mark_rect(color=FAN[80], stroke="white")
    chart = alt.layer(bars.encode(x, y, x2="high:Q", y2="zero:Q"), flat.encode(y="at:Q"))
    text = f"Share of figures in each tenth of their forecast: {_percents(share)}."
    return _drawn(chart, 150, text)


def _coverage_rows(coverage: Mapping[str, Any]) -> list[dict[str, Any]]:
    cells = {"all": coverage["pooled"]}
    cells |= {f"horizon {at}": cell for at, cell in coverage["horizon"].items()}
    return [
        {"name": f"{level}%, {at}", "nominal": level / 100.0, **cell[str(level)]}
        for level in LEVELS
        for at, cell in cells.items()
        if str(level) in cell
    ]


def _labels() -> alt.Axis:
    return alt.Axis(minExtent=LABELS, maxExtent=LABELS, labelLimit=LABELS, ticks=False)


def _percents(share: np.ndarray) -> str:
    return ", ".join(f"{value:.0%}" for value in share)


def _drawn(chart: charts.Layers, height: int, text: str) -> str:
    sized = chart.properties(width=WIDTH, height=height)
    return charts.svg(charts.styled(sized), text)

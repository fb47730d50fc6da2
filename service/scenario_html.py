"""A comparison of scenarios as one page: no scripts, nothing fetched."""

from __future__ import annotations

import altair as alt
import pandas as pd
from markupsafe import Markup

from forecast.names import BELT, name_of
from forecast.result import Forecast
from forecast.scenario_compare import Compared, SideBySide
from service import charts
from service.pages import render
from service.scenario_sections import LABEL, overview, scenario_sections, title
from service.version import nuzuh_version

TEMPLATE = "scenario.html.j2"
BASELINE = "Baseline (the forecast)"
PALETTE = ["#595959", "#08306b", "#c2410c", "#1b7837", "#762a83", "#b8860b", "#0e7490", "#be185d"]


def scenario_html(found: SideBySide) -> str:
    """The page as text, the same for the same comparison."""
    baseline = found.baseline
    return render(
        TEMPLATE,
        title=title(baseline),
        label=LABEL,
        overview=overview(found),
        chart=Markup(comparing_chart(found)),
        scenarios=scenario_sections(found),
        warnings=baseline.warnings,
        version=nuzuh_version(),
        colours={"later": charts.LATER},
    )


def comparing_chart(found: SideBySide) -> str:
    """Median, 50 and 80 % intervals of arrivals by month, baseline and scenarios, as SVG."""
    rows = pd.DataFrame(_rows(found)).round()  # the same bytes wherever the fit was made
    order = list(dict.fromkeys(rows["scenario"]))
    labels = found.baseline.periods["label"].tolist()
    colour = alt.Color(
        "scenario:N",
        sort=order,
        title=None,
        scale=alt.Scale(
            domain=order, range=[PALETTE[at % len(PALETTE)] for at in range(len(order))]
        ),
        legend=alt.Legend(orient="bottom", columns=2, labelLimit=320),
    )
    x = alt.X("month:N", sort=labels, title=None, axis=alt.Axis(labelAngle=0))
    offset = alt.XOffset("scenario:N", sort=order)
    panels = []
    for place in dict.fromkeys(rows["place"]):
        base = alt.Chart(rows[rows["place"] == place]).encode(x=x, xOffset=offset, color=colour)
        scale = alt.Scale(zero=True)
        axis = alt.Axis(format=",.0f", minExtent=charts.AXIS, maxExtent=charts.AXIS, tickCount=5)
        layers = [
            base.mark_rule(strokeWidth=1.5).encode(
                y=alt.Y("low_80:Q", title=None, scale=scale, axis=axis), y2="high_80:Q"
            ),
            base.mark_rule(strokeWidth=5, opacity=0.55).encode(y="low_50:Q", y2="high_50:Q"),
            base.mark_point(fill="white", size=30, strokeWidth=1.8, opacity=1).encode(y="median:Q"),
        ]
        panels.append(alt.layer(*layers).properties(width=620, height=190, title=place))
    return charts.svg(charts.styled(alt.vconcat(*panels, spacing=16)), _alternative(rows))


def _rows(side_by_side: SideBySide) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    baseline = side_by_side.baseline
    for number, (projection, figures) in enumerate(side_by_side.compared):
        for one in figures:
            if one.measure != "arrivals" or one.first != one.last:
                continue
            if one.place not in (baseline.places[0], BELT):
                continue
            if number == 0:
                found.append(_row(baseline, one, "baseline", BASELINE))
            found.append(_row(baseline, one, "scenario", projection.scenario.title))
    order = {BASELINE: 0}
    return sorted(found, key=lambda row: order.get(str(row["scenario"]), 1))


def _row(baseline: Forecast, one: Compared, quantity: str, name: str) -> dict[str, object]:
    summary = one.summaries[quantity]
    return {
        "place": name_of(baseline.crisis, one.place),
        "month": baseline.periods["label"].iloc[one.first - 1],
        "scenario": name,
        "median": summary.median,
        **{f"low_{level}": low for level, (low, _) in summary.intervals.items()},
        **{f"high_{level}": high for level, (_, high) in summary.intervals.items()},
    }


def _alternative(rows: pd.DataFrame) -> str:
    first = rows[rows["place"] == rows["place"].iloc[0]]
    parts = [
        f"{name}: median from {group['median'].min():,.0f} to {group['median'].max():,.0f} a month"
        for name, group in first.groupby("scenario", sort=False)
    ]
    return f"Arrivals by month. {'; '.join(parts)}. The tables give all figures."

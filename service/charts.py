"""Charts as SVG text: Vega-Lite by altair, drawn by vl-convert, nothing fetched.

Sizes are pixels. Axes have fixed widths, so that the layout does not hang on the fonts of the
machine that draws.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import altair as alt
import pandas as pd
import vl_convert

from service.labels import Label, Spot
from service.numbers import DIGITS, ENGLISH, Numbers

FONT = "'Noto Sans', 'Noto Sans Arabic', Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK, QUIET, RULE = "#1a1a1a", "#595959", "#bdbdbd"
FAN = {95: "#cfe1f2", 80: "#93c0e0", 50: "#4a90c4"}
MIDDLE = "#08306b"
EDGE: dict[str, Any] = {"stroke": "#3f78a8", "strokeWidth": 0.6}
PAST, PAST_LINE = "#dcdcdc", "#6b6b6b"
LATER = "#c2410c"
AXIS = 62
UNDRAWABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")

Layers = alt.LayerChart | alt.FacetChart  # what altair says `layer` gives


def svg(chart: alt.TopLevelMixin, alternative: str, numbers: Numbers = ENGLISH) -> str:
    """The chart as an SVG element with a text alternative; the same chart gives the same text.

    Checking a chart against the schema takes longer than drawing it, and tests draw every one.
    """
    spec = _drawable(chart.to_dict(validate=False))
    major_minor = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known = vl_convert.get_vegalite_versions()
    version = major_minor if major_minor in known else known[-1]
    drawn: str = vl_convert.vegalite_to_svg(
        spec,
        vl_version=version,
        allowed_base_urls=[],
        format_locale=_number_format(numbers),
        time_format_locale=_time_format(numbers),
    )
    start = drawn.index("<svg") + len("<svg")
    described = f' role="img" aria-label="{_escaped(alternative)}"'
    return f"<svg{described}{drawn[start:]}"


def _drawable(value: Any) -> Any:
    """The spec with a blank for every character that vl-convert cannot draw, and may die of."""
    if isinstance(value, str):
        return UNDRAWABLE.sub(" ", value)
    if isinstance(value, dict):
        return {_drawable(key): _drawable(each) for key, each in value.items()}
    return [_drawable(each) for each in value] if isinstance(value, list) else value


def png(drawn: str, scale: float = 3.0) -> bytes:
    """An SVG element as a PNG on white, of so many pixels for each of its own."""
    opened = drawn.index(">") + 1
    paper = f'{drawn[:opened]}<rect width="100%" height="100%" fill="#ffffff"/>{drawn[opened:]}'
    found: bytes = vl_convert.svg_to_png(paper, scale=scale)
    return found


def fan(
    ahead: pd.DataFrame,
    past: pd.DataFrame,
    points: pd.DataFrame,
    beside: pd.DataFrame,
    as_of: pd.Timestamp,
    size: tuple[int, int],
) -> Layers:
    """Past months reconciled, published figures as points, the forecast as a fan, a baseline.

    `ahead`, `past` and `beside` have month (a day in it), median, low_50, high_50, …; `points` have
    month and persons.
    """
    ahead, past, points, beside = (_in_utc(table) for table in (ahead, past, points, beside))
    x = alt.X("month:T", title=None, scale=alt.Scale(type="utc"), axis=_month_axis(past, ahead))
    layers: list[alt.Chart] = [
        alt.Chart(past)
        .mark_area(color=PAST, stroke=PAST_LINE, strokeWidth=0.5)
        .encode(x, _y("low_80"), alt.Y2("high_80:Q")),
        alt.Chart(past).mark_line(color=PAST_LINE, strokeWidth=1.5).encode(x, _y("median")),
    ]
    for level, colour in FAN.items():
        low, high = _y(f"low_{level}"), alt.Y2(f"high_{level}:Q")
        layers.append(alt.Chart(ahead).mark_area(color=colour, **EDGE).encode(x, low, high))
    day = alt.Chart(_in_utc(pd.DataFrame({"month": [as_of]})))
    layers += [
        alt.Chart(ahead).mark_line(color=MIDDLE, strokeWidth=2).encode(x, _y("median")),
        day.mark_rule(color=INK, strokeDash=[3, 3]).encode(x),
        alt.Chart(points)
        .mark_point(filled=True, color=INK, size=34, opacity=1)
        .encode(x, _y("persons")),
    ]
    dashed: dict[str, Any] = {"color": LATER, "strokeDash": [5, 3]}
    layers += [
        alt.Chart(beside).mark_line(strokeWidth=width, **dashed).encode(x, _y(field))
        for field, width in (("median", 1.8), ("low_80", 0.9), ("high_80", 0.9))
    ]
    return styled(alt.layer(*layers).properties(width=size[0], height=size[1]))


def later_figures(rows: pd.DataFrame, width: int) -> alt.LayerChart:
    """Figures published later (diamonds) in the intervals forecast for them, one a row.

    `rows`: label, persons, median, low_50, high_50, …
    """
    y = alt.Y(
        "label:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=330, minExtent=335, maxExtent=335, labelFontSize=11, ticks=False),
    )
    layers: list[alt.Chart] = []
    for level, colour in FAN.items():
        bar = alt.Chart(rows).mark_bar(height=11, color=colour, **EDGE)
        layers.append(bar.encode(_log_x(f"low_{level}"), y, x2=alt.X2(f"high_{level}:Q")))
    layers += [
        alt.Chart(rows).mark_tick(color=MIDDLE, thickness=2, height=11).encode(_log_x("median"), y),
        alt.Chart(rows)
        .mark_point(shape="diamond", filled=True, fill=LATER, stroke="white", size=85, opacity=1)
        .encode(_log_x("persons"), y),
    ]
    return styled(alt.layer(*layers).properties(width=width, height=17 * len(rows)))


def place_map(
    border: pd.DataFrame,
    bar: pd.DataFrame,
    spots: Sequence[Spot],
    labels: Sequence[Label],
    size: tuple[int, int],
) -> alt.LayerChart:
    """A map in pixel coordinates, y upward: border, scale bar, spots of each kind, labels.

    `border` and `bar` have x, y, order; `border` also part, one for each unbroken line.
    """
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, size[0]]), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, size[1]]), axis=None)
    area = alt.Size("area:Q", scale=None, legend=None)
    table = pd.DataFrame([vars(spot) for spot in spots])
    layers: list[alt.Chart] = [
        alt.Chart(border)
        .mark_line(color="#7a5c3e", strokeWidth=2.5, strokeDash=[9, 4])
        .encode(x, y, order="order:Q", detail="part:N"),
        alt.Chart(bar).mark_line(color=INK, strokeWidth=2).encode(x, y, order="order:Q"),
    ]
    for spot_kind, mark in _spot_marks().items():
        chosen = table[table["kind"] == spot_kind]
        if len(chosen):
            layers.append(alt.Chart(chosen).mark_point(**mark).encode(x, y, size=area))
    texts = pd.DataFrame([vars(label) for label in labels])
    for group, rows in texts.groupby(["align", "kind"]):
        align, kind = map(str, cast(tuple[object, object], group))
        style = {"align": align, "baseline": "middle", **_label_styles()[kind]}
        halo = {**style, "stroke": "white", "strokeWidth": 3.5, "strokeJoin": "round"}
        for look in (halo, style):
            layers.append(alt.Chart(rows).mark_text(**look).encode(x, y, text="text:N"))
    return styled(alt.layer(*layers).properties(width=size[0], height=size[1]))


def _spot_marks() -> dict[str, dict[str, Any]]:
    circle: dict[str, Any] = {"shape": "circle", "filled": False}
    return {
        "neighbour": {"shape": "circle", "filled": True, "color": "#9a9a9a", "opacity": 1},
        "high": {**circle, "color": MIDDLE, "strokeWidth": 1, "strokeDash": [3, 2], "opacity": 1},
        "middle": {"shape": "circle", "filled": True, "color": FAN[50], "opacity": 0.75},
        "low": {**circle, "color": "white", "strokeWidth": 1.4, "opacity": 1},
        "crossing": {"shape": "square", "filled": True, "color": "#7a2e0e", "opacity": 1},
    }


def _label_styles() -> dict[str, dict[str, Any]]:
    return {
        "belt": {"fontSize": 12, "fontWeight": "bold", "color": INK},
        "town": {"fontSize": 11, "color": QUIET},
        "crossing": {"fontSize": 10, "color": "#7a2e0e"},
        "country": {"fontSize": 14, "color": QUIET},
    }


def _number_format(numbers: Numbers) -> dict[str, Any]:
    """A locale's numbers as d3 takes them."""
    symbols = numbers.locale.number_symbols[DIGITS]
    marks = {"decimal": symbols["decimal"], "thousands": symbols["group"]}
    return {**marks, "grouping": [3], "currency": ["", ""]}


def _time_format(numbers: Numbers) -> dict[str, Any]:
    """A locale's days and months as d3 takes them."""
    days, months = numbers.locale.days["stand-alone"], numbers.locale.months["stand-alone"]
    sunday_first = (6, *range(6))
    return {
        "dateTime": "%x %X",
        "date": "%Y-%m-%d",
        "time": "%H:%M:%S",
        "periods": ["", ""],
        "days": [days["wide"][day] for day in sunday_first],
        "shortDays": [days["abbreviated"][day] for day in sunday_first],
        "months": [months["wide"][month] for month in range(1, 13)],
        "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
    }


def _in_utc(table: pd.DataFrame) -> pd.DataFrame:
    """The months as instants, so that no time zone of a machine moves them."""
    return table.assign(month=pd.to_datetime(table["month"]).dt.tz_localize("UTC"))


def _month_axis(past: pd.DataFrame, ahead: pd.DataFrame) -> alt.Axis:
    first = min(table["month"].min() for table in (past, ahead) if len(table))
    months = pd.date_range(first, ahead["month"].max(), freq="MS")
    shown = [month for month in months if (month.month - 1) % 3 == 0]
    values = [alt.DateTime(year=month.year, month=month.month, utc=True) for month in shown]
    return alt.Axis(format="%b %Y", values=values, labelFontSize=11, grid=False)


def _y(field: str) -> alt.Y:
    axis = alt.Axis(
        format=",.0f",
        tickCount=5,
        minExtent=AXIS,
        maxExtent=AXIS,
        labelFontSize=11,
        gridColor="#e6e6e6",
    )
    return alt.Y(f"{field}:Q", title=None, axis=axis)


def _log_x(field: str) -> alt.X:
    axis = alt.Axis(format=",.0f", labelFontSize=11, gridColor="#e6e6e6", values=_decades())
    return alt.X(f"{field}:Q", title=None, scale=alt.Scale(type="log", nice=False), axis=axis)


def _decades() -> list[float]:
    return [factor * 10.0**power for power in range(2, 7) for factor in (1, 3)]


def styled(chart: Any) -> Any:
    """The chart in the look of all."""
    return (
        chart.configure(font=FONT, background="transparent", padding=4, aria=False)
        .configure_axis(labelColor=INK, titleColor=INK, domainColor=RULE, tickColor=RULE)
        .configure_view(stroke=None)
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")

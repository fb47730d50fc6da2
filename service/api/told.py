"""A stored forecast as it is told: made fit for the audience first, then filtered, then written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from service.api.answers import csv_bytes, json_bytes
from service.api.hints import meant
from service.errors import NotFound

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("arrivals", "departures", "returns")
FORMATS = ("json", "csv", "hxl", "parquet")
TAGS = {
    "as_of": "#date+forecast",
    "horizon": "#meta+horizon",
    "location": "#adm+code",
    "measure": "#indicator+measure",
    "direction": "#meta+direction",
    "source": "#meta+source",
    "kind": "#meta+kind",
    "target_start": "#date+start",
    "target_end": "#date+end",
    "output_type": "#meta+type",
    "output_type_id": "#meta+quantile",
    "value": "#affected+displaced+num",
    "status": "#status",
    "stale": "#meta+stale",
}


def filtered(
    document: Mapping[str, Any], place: str | None, measure: str | None, horizon: int | None
) -> dict[str, Any]:
    """The document with one place, measure or horizon alone. Raises NotFound when it has it not."""
    places = [one for one in document["places"] if place in (None, one["location"])]
    if not places:
        names = {one["location"]: one.get("name", "") for one in document["places"]}
        raise NotFound(f"the forecast does not tell of this place{meant(str(place), names)}")
    if horizon not in (None, *(step["horizon"] for step in document["periods"])):
        raise NotFound("the forecast does not tell of this horizon")
    told = {**document, "places": [_of_place(one, measure, horizon) for one in places]}
    if horizon is not None:
        told["periods"] = [step for step in document["periods"] if step["horizon"] == horizon]
    if "pressure" in document and place is not None:
        told["pressure"] = [one for one in document["pressure"] if one["location"] == place]
    return told


def projected(
    document: Mapping[str, Any], place: str | None, measure: str | None
) -> dict[str, Any]:
    """The scenarios with the results of one place or measure alone. Raises NotFound for none."""
    every = [one for scenario in document["scenarios"] for one in scenario["results"]]
    names = {one["location"]: one.get("name", "") for one in every}
    if place not in (None, *names):
        raise NotFound(f"the scenarios do not tell of this place{meant(str(place), names)}")
    scenarios = [
        {**scenario, "results": [one for one in scenario["results"] if _of(one, place, measure)]}
        for scenario in document["scenarios"]
    ]
    if every and not any(scenario["results"] for scenario in scenarios):
        raise NotFound("the scenarios do not tell of this measure there")
    return {**document, "scenarios": scenarios}


def written(document: Mapping[str, Any], format_: str) -> bytes:
    """The document as JSON, or its rows in hubverse form as CSV, HXL-tagged CSV or Parquet."""
    if format_ == "json":
        return json_bytes(document)
    frame = hubverse(document)
    if format_ == "parquet":
        return _parquet(frame)
    header = [str(name) for name in frame]
    filled = frame.astype(object).where(frame.notna(), "NA").to_numpy().tolist()
    tags = [[TAGS[name] for name in header]] if format_ == "hxl" else []
    return csv_bytes(header, [*tags, *filled])


def hubverse(document: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of a forecast in hubverse form, columns as in `forecast.export.SCHEMA`.

    A column `status` says which are withheld where the audience has limits, a column `stale` names
    the stale sources where there are any.
    """
    import pandas as pd

    from forecast.export import REFERENCE, SCHEMA

    steps = {step["horizon"]: step for step in document["periods"]}
    rows = [
        {
            "as_of": document["as_of"],
            "horizon": period["horizon"],
            "location": place["location"],
            "measure": measure,
            "direction": place[measure]["direction"],
            "source": REFERENCE,
            "kind": document["kind"],
            "target_start": steps[period["horizon"]]["start"],
            "target_end": steps[period["horizon"]]["end"],
            **output,
        }
        for measure in MEASURES
        for horizon in steps
        for place in document["places"]
        if measure in place
        for period in place[measure]["periods"]
        if period["horizon"] == horizon
        for output in _outputs(period)
    ]
    frame = pd.DataFrame(rows, columns=[*SCHEMA.names, "status"])
    if document["audience"] == "restricted" and (frame["status"] == "present").all():
        frame = frame.drop(columns="status")
    frame["value"] = frame["value"].astype("Int64")
    return frame.assign(stale="; ".join(document["stale"])) if document["stale"] else frame


def exceedance(document: Mapping[str, Any], over: float) -> list[dict[str, Any]]:
    """The probability that a measure passes a threshold, by place and period, from what is told.

    Between two quantiles it is interpolated and lies in [`low`, `high`]; None where withheld.
    """
    return [
        {
            "location": place["location"],
            "measure": measure,
            "horizon": period["horizon"],
            "over": over,
            **_passes(period, over),
        }
        for place in document["places"]
        for measure in MEASURES
        if measure in place
        for period in place[measure]["periods"]
    ]


def _of(result: Mapping[str, Any], place: str | None, measure: str | None) -> bool:
    return place in (None, result["location"]) and measure in (None, result["measure"])


def _of_place(place: Mapping[str, Any], measure: str | None, horizon: int | None) -> dict[str, Any]:
    told = {
        name: value
        for name, value in place.items()
        if name not in MEASURES or measure in (None, name)
    }
    for name in set(told) & set(MEASURES) if horizon is not None else ():
        periods = [one for one in told[name]["periods"] if one["horizon"] == horizon]
        told[name] = {"direction": told[name].get("direction"), "periods": periods, "sums": []}
    return told


def _outputs(period: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the rows of a distribution differ in; one row where it is withheld."""
    if "mean" not in period:
        return [{"output_type": "mean", "value": None, "status": "withheld"}]
    outputs = [("quantile", level, value) for level, value in period["quantiles"].items()]
    return [
        {"output_type": type_, "output_type_id": id_, "value": value, "status": "present"}
        for type_, id_, value in [*outputs, ("mean", None, period["mean"])]
    ]


def _passes(period: Mapping[str, Any], over: float) -> dict[str, Any]:
    if "mean" not in period:
        return {"probability": None, "low": None, "high": None, "status": "withheld"}
    told = period.get("exceedance", {}).get(f"{over:g}" if over % 1 else str(int(over)))
    if told is not None:
        return {"probability": told, "low": told, "high": told, "status": "present"}
    figures = [(float(value), 1 - float(level)) for level, value in period["quantiles"].items()]
    if over < figures[0][0]:
        low, high, share = figures[0][1], 1.0, 0.5
    elif over >= figures[-1][0]:
        low, high, share = 0.0, figures[-1][1], 0.5
    else:
        [(below, high), (above, low)] = next(
            pair for pair in reversed(list(pairwise(figures))) if pair[0][0] <= over < pair[1][0]
        )
        share = (over - below) / (above - below)
    probability = high - share * (high - low)
    rounded = {"probability": probability, "low": low, "high": high}
    return {name: round(value, 4) for name, value in rounded.items()} | {"status": "present"}


def _parquet(frame: pd.DataFrame) -> bytes:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from forecast.export import SCHEMA

    schema = SCHEMA
    for name in ("status", "stale"):
        if name in frame:
            schema = schema.append(pa.field(name, pa.string()))
    for name in ("as_of", "target_start", "target_end"):
        frame[name] = pd.to_datetime(frame[name]).dt.date
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), sink)
    return sink.getvalue()

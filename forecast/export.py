"""Forecasts as other programs read them: hubverse rows (csv, parquet) and JSON.

The rows are hubverse model output (hubverse.io), with FluSight's 23 quantiles and the mean, values
in whole movements. The same forecast gives the same bytes; nothing says when it was made.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.crisis import Crisis
from forecast.export_where import where_document
from forecast.freshness import freshness
from forecast.names import BELT, name_of
from forecast.records import records
from forecast.result import QUANTILES, THRESHOLDS, Forecast
from forecast.run import MODELS
from forecast.situation import DIRECTIONS, MODELLED
from forecast.summary import Summary, summarise
from forecast.wanted import horizon_of

REFERENCE = "reference"
SCHEMA = pa.schema(
    [
        ("as_of", pa.date32()),
        ("horizon", pa.int32()),
        ("location", pa.string()),
        ("measure", pa.string()),
        ("direction", pa.string()),
        ("source", pa.string()),
        ("kind", pa.string()),
        ("target_start", pa.date32()),
        ("target_end", pa.date32()),
        ("output_type", pa.string()),
        ("output_type_id", pa.string()),
        ("value", pa.int64()),
    ]
)
REPORT_SCHEMA = SCHEMA.append(pa.field("report_id", pa.int32()))
LEVELS = [f"{level:g}" for level in QUANTILES]
OUTPUTS = [*(("quantile", level) for level in LEVELS), ("mean", None)]


def forecast_rows(forecast: Forecast) -> pd.DataFrame:
    """Hubverse rows of every measure, period and place that is forecast; columns as in SCHEMA."""
    targets = [
        {
            "horizon": step.horizon,
            "location": place,
            "measure": measure,
            "direction": DIRECTIONS[measure],
            "source": REFERENCE,
            "target_start": step.start,
            "target_end": step.end,
        }
        for measure in forecast.draws
        for step in records(forecast.periods)
        for place in forecast.places
    ]
    stacked = [draws.transpose("draw", ...).to_numpy() for draws in forecast.draws.values()]
    figures = np.concatenate([draws.reshape(len(draws), -1) for draws in stacked], axis=1)
    return _rows(targets, figures, forecast.as_of, forecast.kind, SCHEMA)


def report_rows(
    wanted: pd.DataFrame, figures: np.ndarray, as_of: pd.Timestamp, kind: str
) -> pd.DataFrame:
    """Hubverse rows of predicted reports, `figures` (draws, reports); columns as REPORT_SCHEMA."""
    targets = [
        {
            "horizon": horizon_of(as_of, row.end),
            "location": row.place_id,
            "measure": row.measure,
            "direction": row.direction,
            "source": row.source,
            "target_start": row.start,
            "target_end": row.end,
            "report_id": number,
        }
        for number, row in enumerate(records(wanted), start=1)
    ]
    return _rows(targets, figures, as_of, kind, REPORT_SCHEMA)


def to_csv(rows: pd.DataFrame) -> bytes:
    """CSV text in UTF-8; NA where there is no value, as hubverse has it."""
    return rows.to_csv(index=False, na_rep="NA", lineterminator="\n").encode()


def to_parquet(rows: pd.DataFrame) -> bytes:
    """The rows as a parquet file; dates are dates, counts whole numbers."""
    schema = REPORT_SCHEMA if "report_id" in rows else SCHEMA
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), sink)
    return sink.getvalue()


def to_json(document: Mapping[str, Any]) -> bytes:
    """JSON text in UTF-8, keys in the order given."""
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def forecast_document(forecast: Forecast, version: str) -> dict[str, Any]:
    """Everything a forecast says, as JSON takes it. `version` is nuzuh's."""
    crisis, draws = forecast.crisis, int(forecast.draws["arrivals"].sizes["draw"])
    head = (forecast.as_of, version, forecast.models, draws, forecast.seed, forecast.warnings)
    return {
        "kind": forecast.kind,
        **heading(crisis, *head),
        "step": forecast.step,
        "horizon": len(forecast.periods),
        "past_days": forecast.past_days,
        "scale": forecast.scale,
        "repeat_factor": crisis.repeat_factor,
        "repeat_factor_source": crisis.repeat_factor_source,
        "family_size": crisis.family_size,
        "family_size_source": crisis.family_size_source,
        "periods": [
            {
                "horizon": step.horizon,
                "label": step.label,
                "start": _day(step.start),
                "end": _day(step.end),
            }
            for step in records(forecast.periods)
        ],
        "calibration": asdict(forecast.calibration),
        "factors": factor_rows(forecast.factors),
        "assumed_attacks": _attacks(forecast),
        "places": [_place(forecast, place) for place in forecast.places],
        **where_document(forecast),
    }


def reports_document(
    crisis: Crisis,
    as_of: pd.Timestamp,
    wanted: pd.DataFrame,
    figures: np.ndarray,
    seed: int,
    version: str,
) -> dict[str, Any]:
    """Predicted reports, `figures` (draws, reports), as JSON takes them."""
    head = heading(crisis, as_of, version, MODELS, len(figures), seed, crisis.notes)
    return {"kind": "forecast", **head, "reports": _reports(wanted, figures, as_of)}


def heading(
    crisis: Crisis,
    as_of: pd.Timestamp,
    version: str,
    models: Mapping[str, str],
    draws: int,
    seed: int,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """What every answer carries: crisis, day, models, draws, seed, warnings and sources."""
    return {
        "crisis": {"id": crisis.id, "title": crisis.title, "reference": crisis.reference},
        "as_of": _day(as_of),
        "nuzuh": version,
        "models": dict(models),
        "draws": draws,
        "seed": seed,
        "warnings": list(warnings),
        "sources": _sources(freshness(crisis, as_of)),
    }


def factor_rows(factors: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `forecast.reconcile.Reconciled`, as JSON takes them."""
    return [
        {
            str(key): round(value, 4) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for row in factors.to_dict("records")
    ]


def _sources(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "source": row.source,
            "what": row.what,
            "rows": int(row.rows),
            "data_through": _day(row.through),
            "published": _day(row.published),
            "age_days": int(row.age_days),
            "max_age_days": float(row.max_age_days),
            "stale": bool(row.stale),
        }
        for row in records(table)
    ]


def _reports(
    wanted: pd.DataFrame, figures: np.ndarray, as_of: pd.Timestamp
) -> list[dict[str, Any]]:
    return [
        {
            "report_id": number,
            "start": _day(row.start),
            "end": _day(row.end),
            "measure": row.measure,
            "place_id": row.place_id,
            "direction": row.direction,
            "from_id": row.from_id,
            "source": row.source,
            "horizon": horizon_of(as_of, row.end),
            **_distribution(figures[:, number - 1]),
        }
        for number, row in enumerate(records(wanted), start=1)
    ]


def _rows(
    targets: Sequence[Mapping[str, Any]],
    figures: np.ndarray,
    as_of: pd.Timestamp,
    kind: str,
    schema: Any,
) -> pd.DataFrame:
    values = np.concatenate([np.quantile(figures, QUANTILES, axis=0), figures.mean(axis=0)[None]])
    rows = pd.DataFrame(targets).loc[np.repeat(np.arange(len(targets)), len(OUTPUTS))]
    rows = rows.reset_index(drop=True)
    rows["as_of"], rows["kind"] = as_of, kind
    types = pd.DataFrame(OUTPUTS * len(targets), columns=["output_type", "output_type_id"])
    rows = rows.join(types)
    rows["value"] = np.rint(values.T.ravel()).astype(np.int64)
    return rows[schema.names]


def _place(forecast: Forecast, place: str) -> dict[str, Any]:
    crisis = forecast.crisis
    level = crisis.places.level(place) if place in crisis.places else "area"
    return {
        "location": place,
        "name": name_of(crisis, place),
        "level": "border_belt" if place == BELT else level,
        "reports": forecast.reports_on.get(place),
        "low_evidence": forecast.low_evidence(place),
        "modelled": [name for name in MODELLED if place in forecast.modelled],
        **{measure: _measure(forecast, measure, place) for measure in forecast.draws},
    }


def _measure(forecast: Forecast, measure: str, place: str) -> dict[str, Any]:
    draws = forecast.draws[measure].sel(place=place)
    count = len(forecast.periods)
    each = [_quantity(forecast, measure, draws.isel(period=at).to_numpy()) for at in range(count)]
    sums = [
        _quantity(forecast, measure, draws.isel(period=slice(0, first)).sum("period").to_numpy())
        for first in range(2, count + 1)
    ]
    return {
        "direction": DIRECTIONS[measure],
        "periods": [{"horizon": at, **quantity} for at, quantity in enumerate(each, start=1)],
        "sums": [{"periods": at, **quantity} for at, quantity in enumerate(sums, start=2)],
    }


def _quantity(forecast: Forecast, measure: str, draws: np.ndarray) -> dict[str, Any]:
    found = _distribution(draws)
    if measure == "arrivals":
        movements = summarise(draws)
        persons = movements.over(forecast.crisis.repeat_factor)
        found["exceedance"] = {
            str(level): round(float((draws > level).mean()), 4) for level in THRESHOLDS
        }
        found["persons"] = _short(persons)
        found["families"] = _short(persons.over(forecast.crisis.family_size))
    return found


def _distribution(draws: np.ndarray) -> dict[str, Any]:
    levels = np.rint(np.quantile(draws, QUANTILES)).astype(int).tolist()
    mean = round(float(draws.mean()))
    return {"mean": mean, "quantiles": dict(zip(LEVELS, levels, strict=True))}


def _short(summary: Summary) -> dict[str, Any]:
    intervals = {
        str(level): [round(low), round(high)] for level, (low, high) in summary.intervals.items()
    }
    return {"mean": round(summary.mean), "median": round(summary.median), "intervals": intervals}


def _attacks(forecast: Forecast) -> list[dict[str, Any]]:
    """Weekly intensity assumed, by cell and period, in the unit of the model."""
    levels = [0.1, 0.5, 0.9]
    quantiles = forecast.intensity.quantile(levels, dim="draw").transpose("place", "period", ...)
    return [
        {
            "cell": str(cell),
            "horizon": int(horizon),
            "quantiles": {
                f"{level:g}": round(float(value), 2)
                for level, value in zip(
                    levels, quantiles.sel(place=cell, period=horizon), strict=True
                )
            },
        }
        for cell in quantiles["place"].to_numpy()
        for horizon in quantiles["period"].to_numpy()
    ]


def _day(day: pd.Timestamp) -> str:
    return f"{day:%Y-%m-%d}"

"""Reconciled flows and factors of sources as other programs read them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecast.export import REFERENCE, factor_rows, heading
from forecast.reconcile import Reconciled
from forecast.records import records
from forecast.situation import DIRECTIONS
from forecast.summary import INTERVALS, LEVELS

SCHEMA = pa.schema(
    [
        ("as_of", pa.date32()),
        ("kind", pa.string()),
        ("location", pa.string()),
        ("measure", pa.string()),
        ("direction", pa.string()),
        ("from_id", pa.string()),
        ("source", pa.string()),
        ("target_start", pa.date32()),
        ("target_end", pa.date32()),
        ("reports", pa.int32()),
        ("output_type", pa.string()),
        ("output_type_id", pa.string()),
        ("value", pa.float64()),
    ]
)
FACTORS = {
    "0.5": "factor",
    **{
        f"{bound:g}": f"{side}_{level}"
        for level, bounds in INTERVALS.items()
        for side, bound in zip(("low", "high"), bounds, strict=True)
    },
}


def rows(reconciled: Reconciled) -> pd.DataFrame:
    """One row a figure, columns as in SCHEMA.

    Kind `reconciled`: movements of a window; `factor`: a source's (no location) or a stream's.
    """
    parts = [_flow_rows(reconciled, flow) for flow in reconciled.draws]
    parts += [_factor_rows(reconciled.sources), _factor_rows(reconciled.streams)]
    table = pd.concat(parts, ignore_index=True).reindex(columns=SCHEMA.names)
    return table.assign(
        as_of=reconciled.as_of, output_type="quantile", reports=table["reports"].astype("Int32")
    )


def to_parquet(table: pd.DataFrame) -> bytes:
    """The rows as a parquet file."""
    sink = io.BytesIO()
    arrow = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata(None), sink)
    return sink.getvalue()


def document(reconciled: Reconciled, version: str) -> dict[str, Any]:
    """Everything, as JSON takes it. `version` is nuzuh's."""
    crisis, draws = reconciled.crisis, next(iter(reconciled.draws.values())).sizes["draw"]
    head = (reconciled.as_of, version, reconciled.models, int(draws), reconciled.seed)
    return {
        "kind": "reconciled",
        **heading(crisis, *head, [*crisis.notes, *reconciled.warnings]),
        "step": reconciled.step,
        "scale": f"movements as {crisis.reference} would publish them; repeats counted",
        "flows": {
            flow: {
                str(cell): _series(reconciled, flow, str(cell)) for cell in draws_["cell"].values
            }
            for flow, draws_ in reconciled.draws.items()
        },
        "sources": factor_rows(reconciled.sources),
        "streams": factor_rows(reconciled.streams),
    }


def _flow_rows(reconciled: Reconciled, flow: str) -> pd.DataFrame:
    draws = reconciled.draws[flow].transpose("draw", "window", "cell")
    values = np.rint(np.quantile(draws.to_numpy(), LEVELS, axis=0))
    windows, cells = reconciled.windows, draws["cell"].to_numpy()
    index = pd.MultiIndex.from_product([range(len(windows)), cells, [f"{p:g}" for p in LEVELS]])
    table = index.to_frame(index=False, name=["window", "location", "output_type_id"])
    return table.assign(
        kind="reconciled",
        measure=flow,
        direction=DIRECTIONS[flow],
        source=REFERENCE,
        target_start=windows["start"].to_numpy()[table["window"]],
        target_end=windows["end"].to_numpy()[table["window"]],
        value=values.transpose(1, 2, 0).ravel(),
    ).drop(columns="window")


def _factor_rows(factors: pd.DataFrame) -> pd.DataFrame:
    named = factors.rename(columns={"place_id": "location"})
    found = [
        named.assign(kind="factor", output_type_id=level, value=named[column].round(4))
        for level, column in FACTORS.items()
    ]
    return pd.concat(found).sort_index(kind="stable")


def _series(reconciled: Reconciled, flow: str, cell: str) -> list[dict[str, Any]]:
    draws = reconciled.draws[flow].sel(cell=cell).transpose("draw", "window").to_numpy()
    values = np.rint(np.quantile(draws, LEVELS, axis=0)).astype(int)
    return [
        {
            "start": f"{window.start:%Y-%m-%d}",
            "end": f"{window.end:%Y-%m-%d}",
            "quantiles": dict(zip([f"{p:g}" for p in LEVELS], column, strict=True)),
        }
        for window, column in zip(records(reconciled.windows), values.T.tolist(), strict=True)
    ]

"""How past forecasts did: the file `nuzuh backtest` writes, which a crisis folder may hold."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import Finding, InputError

FILE = "track_record.parquet"
COLUMNS = {
    "as_of": "datetime64[us]",
    "member": "str",
    "horizon": "int64",
    "residual": "float64",
    "scale": "float64",
    "pit": "float64",
    "pooled": "bool",
    "event": "bool",
    "kind": "str",
    "stream": "str",
    "score": "float64",
    "target_published": "datetime64[us]",
}


def no_track_record() -> pd.DataFrame:
    """A record of no forecast."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})


def read_track_record(directory: Path) -> pd.DataFrame:
    """The record of a crisis folder, columns as in `COLUMNS`; of no forecast where there is none.

    Raises InputError where the file is no such record.
    """
    path = directory / FILE
    return parse_track_record(path.read_bytes()) if path.exists() else no_track_record()


def parse_track_record(content: bytes) -> pd.DataFrame:
    """The record in the bytes of its file. Raises InputError where they are no such record."""
    try:
        return pq.read_table(io.BytesIO(content)).to_pandas()[list(COLUMNS)].astype(COLUMNS)
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        why = f"is no track record ({error}); take it out, or write it anew with nuzuh backtest"
        raise InputError(Finding(FILE, why)) from error


def known_by(record: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The forecasts of earlier days whose figure was published by `day`."""
    return record[(record["as_of"] < day) & (record["target_published"] <= day)]

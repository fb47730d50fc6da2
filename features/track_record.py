"""How past forecasts did: the file `nuzuh backtest` writes, which a crisis folder may hold.

It is of one crisis, whose id stands in the metadata of its Parquet schema. A file from before that
was written has none there, and is taken to be of the crisis in whose folder it lies.
"""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import Finding, InputError

FILE = "track_record.parquet"
CRISIS = b"nuzuh.crisis"
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


def read_track_record(directory: Path, crisis_id: str) -> pd.DataFrame:
    """The record in the folder of a crisis, columns as in `COLUMNS`; of no forecast without one.

    Raises InputError where the file is no such record, or that of another crisis.
    """
    path = directory / FILE
    return parse_track_record(path.read_bytes(), crisis_id) if path.exists() else no_track_record()


def parse_track_record(content: bytes, crisis_id: str) -> pd.DataFrame:
    """The record of a crisis in the bytes of its file. Raises InputError as `read_track_record`."""
    try:
        table = pq.read_table(io.BytesIO(content))
        _refuse_other((table.schema.metadata or {}).get(CRISIS), crisis_id)
        return table.to_pandas()[list(COLUMNS)].astype(COLUMNS)
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        why = f"is no track record ({error}); take it out, or write it anew with nuzuh backtest"
        raise InputError(Finding(FILE, why)) from error


def write_track_record(path: Path, record: pd.DataFrame, crisis_id: str) -> None:
    """Write the record of a crisis, with the crisis's id."""
    table = pa.Table.from_pandas(record, preserve_index=False)
    pq.write_table(table.replace_schema_metadata({CRISIS: crisis_id}), path)


def known_by(record: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The forecasts of earlier days whose figure was published by `day`."""
    return record[(record["as_of"] < day) & (record["target_published"] <= day)]


def _refuse_other(marked: bytes | None, crisis_id: str) -> None:
    if marked is not None and (other := marked.decode(errors="replace")) != crisis_id:
        why = (
            f"is of crisis {other!r}, and tells nothing of how forecasts of {crisis_id!r} did; "
            "take it out, then nuzuh backtest can write one of this crisis"
        )
        raise InputError(Finding(FILE, why))

"""Rows of a frame, for code that reads them one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[Any]:
    """Named tuples of the rows, `Index` first; pandas gives their fields no types."""
    return list(frame.itertuples())

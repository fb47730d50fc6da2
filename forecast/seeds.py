"""One generator a forecast, the same wherever and in which order it runs."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pandas as pd


def random_state(seed: int, day: pd.Timestamp, member: str) -> np.random.Generator:
    """Generator of one member and day."""
    key = (day.toordinal(), crc32(member.encode()))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))

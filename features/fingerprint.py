"""One short name for all that a crisis says: two crises with the same one forecast the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pandas as pd

from features.crisis import Crisis
from features.places import Places


def fingerprint(crisis: Crisis) -> str:
    """SHA-256 of the facts and frames of a crisis, in the order of their rows.

    Left out are `notes`, which are for the reader, and `line`, which tells where a row stood.
    """
    digest = hashlib.sha256()
    for part in _parts(crisis):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(crisis: Crisis) -> Iterator[str]:
    for field in fields(crisis):
        if field.name != "notes":
            yield field.name
            yield _text(getattr(crisis, field.name))


def _text(value: Any) -> str:
    if isinstance(value, Places):
        value = value.frame
    if isinstance(value, pd.DataFrame):
        text: str = value.drop(columns="line", errors="ignore").to_csv(lineterminator="\n")
        return text
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)

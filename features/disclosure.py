"""`[disclosure]` of `crisis.toml`: what each audience is told of where people are.

It has a table an audience, `[disclosure.public]` and so on, with any of KEYS; what it leaves out
stays as in DEFAULTS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from features.places import LEVELS
from features.spelling import did_you_mean, listed

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "public": {"finest": "admin1", "smallest": 50, "rounding": 100, "embargo_days": 7},
    "partner": {"finest": "admin3", "smallest": 5, "rounding": 10, "embargo_days": 0},
    "restricted": {"finest": None, "smallest": 0, "rounding": 1, "embargo_days": 0},
}
KEYS = ("finest", "smallest", "rounding", "embargo_days")
MOST = 1_000_000


class Wrong(NamedTuple):
    """What is wrong at a key, written `disclosure.audience.key`."""

    key: str
    why: str
    value: object = None


def read_disclosure(table: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], list[Wrong]]:
    """KEYS by audience, changed by the table where it is sound; and all that is wrong with it."""
    found = {audience: dict(keys) for audience, keys in DEFAULTS.items()}
    wrong: list[Wrong] = []
    for audience, told in table.items():
        if audience not in found:
            why = f"no such audience{did_you_mean(audience, found)}; known are {listed(found)}"
            wrong.append(Wrong(f"disclosure.{audience}", why))
        elif of_keys := _wrong(audience, told):
            wrong += of_keys
        else:
            found[audience] |= told
            wrong += _unsafe(audience, found[audience])
    return found, wrong


def _wrong(audience: str, told: Any) -> list[Wrong]:
    at = f"disclosure.{audience}"
    if not isinstance(told, Mapping):
        return [Wrong(at, f"is no table; write it as [{at}]", told)]
    found = []
    for key, value in told.items():
        if key not in KEYS:
            why = f"no such key{did_you_mean(key, KEYS)}; known are {listed(KEYS)}"
            found.append(Wrong(f"{at}.{key}", why))
        elif key == "finest" and value not in LEVELS:
            found.append(Wrong(f"{at}.{key}", f"is none of {listed(LEVELS)}", value))
        elif key != "finest" and (type(value) is not int or not 0 <= value <= MOST):
            found.append(Wrong(f"{at}.{key}", "is no whole number from 0 on", value))
    return found


def _unsafe(audience: str, keys: Mapping[str, Any]) -> list[Wrong]:
    """Rounding must be coarse enough, or sums would tell what is withheld."""
    smallest, rounding = keys["smallest"], keys["rounding"]
    if rounding >= 1 and (smallest == 0 or rounding % (2 * smallest) == 0):
        return []
    why = "must be a multiple of twice `smallest`, or sums would tell what is withheld"
    return [Wrong(f"disclosure.{audience}.rounding", why, rounding)]

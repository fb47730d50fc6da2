"""What a report's note and address say, set against its figure and its window."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from features.panel import STREAM
from features.tables import Table

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
POINTS, RELATIVE = 2.0, 0.03
FAMILY_RANGE = 1.6
LIKE = 0.25
DAY = pd.Timedelta(days=1)
QUOTED = 120 * DAY
_MONTH = re.compile(
    rf"(?<!on )(?<!since )(?<!than )\b({'|'.join(MONTHS)})[ -](20\d\d)\b", re.IGNORECASE
)
_CHANGE = re.compile(
    r"(?P<sign>[+\N{MINUS SIGN}-])(?P<signed>\d+(?:\.\d+)?) ?%"
    r"|(?P<told>\d+(?:\.\d+)?) ?% \(?(?P<after>increase|decrease)"
    r"|(?P<before>increase|decrease)(?: of| by)? (?P<said>\d+(?:\.\d+)?) ?%"
)
_FAMILIES = re.compile(r"(\d[\d,]*) (?:families|households)\b")


def flag_months(table: Table) -> None:
    """Months with their years in the note or the address, all before the window or long after it.

    A page may quote an earlier window, so that a month of the QUOTED days after it will do.
    """
    frame = table.frame
    last = frame[["end", "published"]].max(axis=1) + QUOTED
    for column in ("note", "url"):
        months = {text: found for text in frame[column].unique() if (found := _months(text))}
        at = frame[column].isin(list(months))
        named = zip(frame.index[at], frame[column][at], frame["start"][at], last[at], strict=True)
        wrong = {
            row: months[text][0]
            for row, text, first, until in named
            if not any(
                first <= month.end_time and month.start_time <= until for month in months[text]
            )
        }
        table.flag(frame.index.isin(list(wrong)), column, _naming(wrong))


def flag_families(table: Table, family_size: float) -> None:
    """Families in the note that, times the family size, are far from the persons of the row."""
    found = table.frame["note"].str.extract(_FAMILIES.pattern, expand=False)
    families = found.str.replace(",", "").astype("float64")
    size = table.frame["persons"] / families
    table.flag(
        ~size.between(family_size / FAMILY_RANGE, family_size * FAMILY_RANGE) & families.notna(),
        "persons",
        lambda row: (
            f"{families.iloc[row]:,.0f} families in the note make {size.iloc[row]:.3g} persons a "
            f"family, where the crisis has {family_size:g}"
        ),
    )


def flag_changes(table: Table) -> None:
    """A change in per cent in the note that two adjoining windows, alike in length, deny."""
    before = _before(table.frame)
    actual = 100 * (table.frame["persons"] / before.where(before > 0) - 1)
    stated = pd.Series([_change(note) for note in table.frame["note"]], dtype="float64")
    off = (stated - actual).abs()
    table.flag(
        off > np.maximum(POINTS, RELATIVE * actual.abs()),
        "persons",
        lambda row: (
            f"is {actual.iloc[row]:+.0f} % on {before.iloc[row]:g} of the window before; the note "
            f"says {stated.iloc[row]:+g} %"
        ),
    )


def _before(frame: pd.DataFrame) -> pd.Series:
    """The newest figure of the same stream for the window right before, or missing.

    Windows differ by a quarter of their days at most: a month is not compared with its quarter.
    """
    days = (frame["end"] - frame["start"]).dt.days + 1
    newest = frame.assign(days=days).sort_values("published", na_position="first", kind="stable")
    newest = newest.drop_duplicates([*STREAM, "end"], keep="last")
    earlier = newest[[*STREAM, "end", "days", "persons"]].assign(end=newest["end"] + DAY)
    wanted = frame[STREAM].assign(end=frame["start"])
    found = wanted.merge(earlier, how="left", on=[*STREAM, "end"])
    return found["persons"].where((found["days"] / days).between(1 - LIKE, 1 + LIKE))


def _change(note: str) -> float:
    """The only change in per cent that a note states, with its sign; missing when not one."""
    found = list(_CHANGE.finditer(note))
    if len(found) != 1:
        return np.nan
    told = found[0].groupdict()
    size = float(told["signed"] or told["told"] or told["said"])
    down = told["sign"] in ("-", "\N{MINUS SIGN}") or "decrease" in (told["after"], told["before"])
    return -size if down else size


def _months(text: str) -> list[pd.Period]:
    return [
        pd.Period(year=int(year), month=MONTHS.index(month.lower()) + 1, freq="M")
        for month, year in _MONTH.findall(text)
    ]


def _naming(wrong: Mapping[int, pd.Period]) -> Callable[[int], str]:
    return lambda row: f"names {wrong[row].strftime('%B %Y')}, which is not the window's month"

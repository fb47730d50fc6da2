"""Arithmetic that looks wrong in rows that can be read: warnings, never errors.

Each slip looked for was seen in a published page: parts that pass their total, a percentage that
does not fit, a month that is not the window's, families against persons, people against movements,
figures a thousand times those of their stream. The source may still be right: the row stays as it
is, and the warning beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features import agreements, attacks, places, reports
from features.errors import Finding
from features.folder import Folder
from features.lint_notes import flag_changes, flag_families, flag_months
from features.lint_totals import flag_people, flag_populations, flag_totals
from features.panel import STREAM
from features.places import Places
from features.tables import Table

ATTACK_STREAM = ("source", "kind", "place_id", "target")
LONGEST_DAYS, LATEST_DAYS = 731, 31
FEWEST_ROWS, FACTOR, BEYOND = 4, 300.0, 10.0


@dataclass(frozen=True)
class Ground:
    """What rows are judged by: `areas` maps those that hold their places whole to these.

    No window that ends after `today` can have been counted.
    """

    places: Places
    areas: Mapping[str, set[str]]
    family_size: float
    today: pd.Timestamp


def lint(folder: Folder, today: pd.Timestamp) -> list[Finding]:
    """The warnings on a sound folder, file by file and line by line."""
    places_, areas_ = folder.places.frame, folder.areas.frame
    ground = ground_of(places_, areas_, folder.facts.family_size, today)
    tables = [folder.places, folder.attacks, folder.reports, folder.agreements]
    return [warning for table in tables for warning in lint_table(table.file, table, ground)]


def ground_of(
    places_: pd.DataFrame, areas_: pd.DataFrame, family_size: float, today: pd.Timestamp
) -> Ground:
    """The ground made of the frames of sound places and areas."""
    shares = areas_.groupby("area_id")
    whole = {str(id_): set(rows["place_id"]) for id_, rows in shares if (rows["share"] == 1).all()}
    return Ground(Places(places_), whole, family_size, today)


def lint_table(file: str, table: Table, ground: Ground) -> list[Finding]:
    """The warnings on rows of `file`, line by line; none where the file holds no figure.

    The table itself is left as it is.
    """
    noted = replace(table, findings=[])
    if file == reports.FILE:
        _lint_reports(noted, ground)
    elif file == attacks.FILE:
        _lint_attacks(noted, ground)
    elif file == places.FILE:
        flag_populations(noted)
    elif file == agreements.FILE:
        _lint_agreements(noted)
    return sorted(noted.findings, key=lambda finding: finding.line or 0)


def _lint_reports(table: Table, ground: Ground) -> None:
    frame = table.frame
    _flag_windows(table, ground.today)
    table.flag(
        frame["persons"] % 1 != 0, "persons", "is no whole number of people; is it in thousands?"
    )
    days = (frame["end"] - frame["start"]).dt.days + 1
    rate = frame["persons"] / days.where(frame["measure"] != "stock", 1)
    _flag_slips(table, STREAM, "persons", rate)
    flag_totals(table, ground.places, ground.areas)
    flag_people(table)
    flag_changes(table)
    flag_families(table, ground.family_size)
    flag_months(table)


def _lint_attacks(table: Table, ground: Ground) -> None:
    frame = table.frame
    _flag_windows(table, ground.today)
    table.flag(
        frame["civilians_killed"] > frame["fatalities"],
        "civilians_killed",
        lambda row: f"is above fatalities ({frame['fatalities'].iloc[row]:g}), which hold them",
    )
    days = (frame["end"] - frame["start"]).dt.days + 1
    _flag_slips(table, ATTACK_STREAM, "events", frame["events"] / days)


def _lint_agreements(table: Table) -> None:
    announced, effective = table.frame["announced"], table.frame["effective"]
    table.flag(
        (effective - announced).dt.days.abs() > 366,
        "effective",
        lambda row: f"lies over a year from announced ({announced.iloc[row]:%Y-%m-%d})",
    )


def _flag_windows(table: Table, today: pd.Timestamp) -> None:
    start, end, published = (table.frame[name] for name in ("start", "end", "published"))
    late, days = (end - published).dt.days, (end - start).dt.days + 1
    table.flag(end > today, "end", f"the window ends after today ({today:%Y-%m-%d})")
    table.flag(
        (late > LATEST_DAYS) & ~(end > today),
        "end",
        lambda row: f"the window ends {late.iloc[row]:.0f} days after it was published",
    )
    table.flag(days > LONGEST_DAYS, "end", lambda row: f"the window is {days.iloc[row]} days long")


def _flag_slips(table: Table, stream: Sequence[str], column: str, rate: pd.Series) -> None:
    """Rates FACTOR times the middle of their stream and BEYOND times the next, or as much below.

    Zero is never too low, and a stream of few rows tells nothing.
    """
    number = table.frame.groupby(list(stream), sort=False).ngroup()
    logs = np.log(rate.where(rate > 0)).sort_values()
    streams = logs.groupby(number.loc[logs.index])
    over, under = logs - streams.shift(1), streams.shift(-1) - logs
    middle = logs - streams.transform("median")
    enough = streams.transform("count") >= FEWEST_ROWS
    high = enough & under.isna() & (over > np.log(BEYOND)) & (middle > np.log(FACTOR))
    low = enough & over.isna() & (under > np.log(BEYOND)) & (middle < -np.log(FACTOR))
    times = np.exp(middle).sort_index()
    table.flag(
        high.sort_index(),
        column,
        lambda row: f"is {times.iloc[row]:,.0f} times the middle of its stream",
    )
    table.flag(
        low.sort_index(),
        column,
        lambda row: f"the middle of its stream is {1 / times.iloc[row]:,.0f} times as much",
    )

"""A crisis: one situation that is forecast, read from its folder and checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from features import facts
from features.agreements import agreements_as_of
from features.errors import Finding, InputError
from features.folder import Folder, left_alone, read_folder
from features.ids import Ids
from features.places import Places
from features.routes import routes_as_of
from features.sources import with_published
from features.spelling import did_you_mean, listed
from features.track_record import known_by, no_track_record, read_track_record

CRISES = Path(__file__).parent / "crises"


@dataclass(frozen=True, eq=False)
class Crisis:
    """One crisis with all its frames; dates are days, persons people, distances km.

    Every frame holds the columns of its file, absent ones included; `sources` is indexed by
    `source`. `reports` and `attacks` have `published` filled, `published_assumed` and their `line`
    besides, and are sorted by (published, start, end, line). `notes` are for the reader,
    `track_record` tells how past forecasts did.
    """

    id: str
    title: str
    focus: str
    border_belt: tuple[str, ...]
    reference: str
    attack_source: str | None
    family_size: float
    family_size_source: str
    repeat_factor: float
    repeat_factor_source: str
    models: Mapping[str, Any]
    places: Places
    areas: pd.DataFrame
    sources: pd.DataFrame
    attacks: pd.DataFrame
    reports: pd.DataFrame
    routes: pd.DataFrame
    agreements: pd.DataFrame
    notes: tuple[str, ...]
    track_record: pd.DataFrame = field(default_factory=no_track_record)

    def as_of(self, day: pd.Timestamp) -> Crisis:
        """The crisis as it was known at the end of `day`.

        Left out are reports and attacks published later, agreements announced later and routes
        opened later, and past forecasts of a figure published later; a collapse or a closure later
        than `day` is hidden.
        """
        return replace(
            self,
            attacks=_published_by(self.attacks, day),
            reports=_published_by(self.reports, day),
            routes=routes_as_of(self.routes, day),
            agreements=agreements_as_of(self.agreements, day),
            track_record=known_by(self.track_record, day),
        )

    def members(self, place_or_area: str) -> dict[str, float]:
        """The places meant, each with its share: the place itself, or what the area lists.

        Raises InputError for an id that is neither.
        """
        if place_or_area in self.places:
            return {place_or_area: 1.0}
        rows = self.areas[self.areas["area_id"] == place_or_area]
        if rows.empty:
            names = dict(zip(self.places.frame.index, self.places.frame["name"], strict=True))
            names |= dict(zip(self.areas["area_id"], self.areas["name"], strict=True))
            where = f"the crisis {self.id!r}"
            why = Ids("place or area", where, names).why_unknown(place_or_area)
            raise InputError(Finding(where, why, value=place_or_area))
        return dict(zip(rows["place_id"].tolist(), rows["share"].tolist(), strict=True))


def load_crisis(name_or_dir: str | Path) -> Crisis:
    """The crisis of a folder, or a bundled one by its name.

    Raises InputError with all findings of all files.
    """
    directory = crisis_folder(name_or_dir)
    crisis = crisis_of(read_folder(directory), left_alone(directory))
    return replace(crisis, track_record=read_track_record(directory, crisis.id))


def crisis_of(folder: Folder, notes: tuple[str, ...] = ()) -> Crisis:
    """The crisis of files that were read and checked, with `notes` of what else is to be known.

    Raises InputError with all findings of all files.
    """
    if folder.findings:
        raise InputError(folder.findings)
    found = folder.facts
    tables = (folder.sources, folder.areas, folder.routes, folder.agreements)
    by_source, areas, routes, agreements = (table.frame.drop(columns="line") for table in tables)
    by_source = by_source.set_index("source")
    return Crisis(
        id=found.id,
        title=found.title,
        focus=found.focus,
        border_belt=found.border_belt,
        reference=found.reference,
        attack_source=found.attack_source,
        family_size=found.family_size,
        family_size_source=found.family_size_source,
        repeat_factor=found.repeat_factor,
        repeat_factor_source=found.repeat_factor_source,
        models=found.models,
        places=Places(folder.places.frame),
        areas=areas,
        sources=by_source,
        attacks=with_published(folder.attacks.frame, by_source),
        reports=with_published(folder.reports.frame, by_source),
        routes=routes,
        agreements=agreements,
        notes=notes,
    )


def crisis_folder(name_or_dir: str | Path) -> Path:
    """The folder meant: of a bundled crisis by its name, or the folder itself.

    Raises InputError for neither.
    """
    if isinstance(name_or_dir, str) and name_or_dir in bundled():
        return CRISES / name_or_dir
    if not Path(name_or_dir).is_dir():
        raise InputError(_no_folder(str(name_or_dir)))
    return Path(name_or_dir)


def bundled() -> list[str]:
    """The names of the crises that come with nuzuh."""
    return sorted(found.parent.name for found in CRISES.glob(f"*/{facts.FILE}"))


def _no_folder(name: str) -> Finding:
    hint = did_you_mean(name, bundled())
    why = f"no such crisis folder, nor a bundled crisis{hint}; bundled are: {listed(bundled())}"
    return Finding(name, why)


def _published_by(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return frame[frame["published"] <= day].reset_index(drop=True)

"""The one place where an outlook is made fit for an audience: what it may not see is taken out.

What is left is written as any other outlook: `Outlook.summary` rounds every figure of people, and
`Teller.place` refuses to name a place that is not told of.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.errors import Finding, InputError
from forecast.analogues import Analogues
from forecast.result import Forecast
from forecast.scenario_compare import SideBySide
from service.access.disclosure import Disclosure
from service.outlook.build import Outlook
from service.outlook.changes import PARTS, Changes

FIGURES = ("persons", "low", "high")
HIDDEN_SOURCE = "—"


def told_to(outlook: Outlook, disclosure: Disclosure) -> Outlook:
    """The outlook as an audience is told it. Raises InputError where not even the focus is told."""
    if disclosure.policy.unlimited:
        return outlook
    if not disclosure.tells_of(outlook.known.focus):
        why = "may not know of the ground that the crisis is about; take another"
        raise InputError(Finding("audience", why, value=disclosure.policy.audience))
    found = replace(
        outlook,
        forecast=_forecast(outlook.forecast, disclosure),
        scenarios=_scenarios(outlook.scenarios, disclosure),
        episodes=_episodes(outlook.episodes, disclosure),
        changes=_changes(outlook.changes, disclosure),
        afterwards=None,
        asked=tuple(place for place in outlook.asked if disclosure.tells_of(place)),
        left_out=tuple(title for title in outlook.left_out if disclosure.text(title) is not None),
        served=outlook.forecast,
        disclosure=disclosure,
    )
    found.__dict__["apart"] = _apart(outlook.apart, disclosure)
    return found


def _forecast(made: Forecast, disclosure: Disclosure) -> Forecast:
    places = list(filter(disclosure.tells_of, made.places))
    cells = [str(cell) for cell in made.intensity["place"].to_numpy()]
    attacks = made.attacks
    told_cells = list(filter(disclosure.tells_of, cells))
    return replace(
        made,
        crisis=_crisis(made.crisis, disclosure),
        draws={measure: draws.sel(place=places) for measure, draws in made.draws.items()},
        intensity=made.intensity.sel(place=told_cells),
        attacks=None if attacks is None else replace(attacks, weekly=attacks.weekly[told_cells]),
        warnings=tuple(text for text in made.warnings if disclosure.text(text) is not None),
        reports_on={id_: count for id_, count in made.reports_on.items() if id_ in places},
        pressure=(),
    )


def _crisis(crisis: Crisis, disclosure: Disclosure) -> Crisis:
    rows, policy = crisis.reports, disclosure.policy
    told = [
        disclosure.tells_of(place) and (not from_ or disclosure.tells_of(from_))
        for place, from_ in zip(rows["place_id"], rows["from_id"], strict=True)
    ]
    rows = rows[np.array(told, dtype=bool) & ~rows["persons"].map(policy.small).to_numpy(bool)]
    rounded = {name: rows[name].map(policy.rounded, na_action="ignore") for name in FIGURES}
    titles = crisis.agreements["title"].map(disclosure.text)
    return replace(
        crisis,
        reports=rows.assign(**rounded).reset_index(drop=True),
        agreements=crisis.agreements[titles.notna()].reset_index(drop=True),
        family_size_source=disclosure.text(crisis.family_size_source) or HIDDEN_SOURCE,
        repeat_factor_source=disclosure.text(crisis.repeat_factor_source) or HIDDEN_SOURCE,
    )


def _scenarios(found: SideBySide, disclosure: Disclosure) -> SideBySide:
    """Those that name no place, anywhere, that is not told of."""
    told = [
        one
        for one in found.projections
        if disclosure.text(one.scenario.model_dump_json()) is not None
    ]
    return replace(found, projections=told)


def _episodes(found: Analogues | None, disclosure: Disclosure) -> Analogues | None:
    """Episodes by the cells that are told of, without the single reports that followed them."""
    if found is None:
        return None
    levels = {cell: level for cell, level in found.levels.items() if disclosure.tells_of(cell)}
    told = [replace(one, arrivals=one.arrivals.head(0)) for one in found.found]
    return replace(found, levels=levels, found=told)


def _changes(found: Changes | None, disclosure: Disclosure) -> Changes | None:
    """Levels rounded and then subtracted, as the parts were."""
    if found is None:
        return None
    steps = np.cumsum([found.before, *(found.parts[part] for part in PARTS)]).tolist()
    levels = [int(disclosure.policy.rounded(level)) for level in steps]
    parts = dict(zip(PARTS, np.diff(levels).tolist(), strict=True))
    noise = max(found.noise, float(disclosure.policy.rounding))
    return replace(found, before=levels[0], now=levels[-1], parts=parts, noise=noise)


def _apart(found: pd.DataFrame, disclosure: Disclosure) -> pd.DataFrame:
    """Figures of two sources on ground that is told of, rounded, the ratio taken from these."""
    policy = disclosure.policy
    told = found[found["place_id"].map(disclosure.tells_of).to_numpy(dtype=bool)]
    low, high = (told[name].map(policy.rounded) for name in ("low", "high"))
    kept = told.assign(low=low, high=high)[(low > 0).to_numpy(bool)]
    return kept.assign(ratio=kept["high"] / kept["low"]).reset_index(drop=True)

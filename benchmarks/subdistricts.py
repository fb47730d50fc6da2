"""How well figures of sub-districts of north-west Syria are foretold, month by month; a minute.

    python -m benchmarks.subdistricts

At each month end, targets are the figures of arrivals in one sub-district that were published
later, start later, last 5 to 35 days and end within three months. All members share one forecast of
what the same source would say of the whole governorate:

    allocation   shares by gravity, belt and memory (`models.allocation`)
    last share   the last known share of the place; that of an equal part where none is known
    served       the pool: the place's own figures where four or more are known, else as allocation

Printed are mean log WIS and mean error of the log median, coverage, and n: there are few, and those
of one month move together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import features._threads  # noqa: F401  before numpy loads

# isort: split
import numpy as np
import pandas as pd
from pandas.tseries.offsets import MonthEnd

from features.crisis import Crisis, load_crisis
from features.panel import STREAM, Panel, build_panel
from forecast.scorecard import whole_quantiles
from forecast.scores import Floats, covered, wis
from forecast.targets import LONGEST, SHORTEST, flow_reports, month_ends
from models.allocation import LEVEL, fit_destinations
from models.flow_state import FittedFlows
from models.listings import ARRIVALS, covered_by
from models.pool import FittedPool, Pool
from models.simulation import forecast_paths

MONTHS = ("2018-01-31", "2019-09-30")
AHEAD = 3
DRAWS = 1000
MEMBERS = ("allocation", "last share", "served")
INTERVALS = (50, 80, 95)


def main() -> None:
    """Print a line a member, for all targets and for places with a figure before or without."""
    crisis = load_crisis("nw-syria")
    days = month_ends(*(pd.Timestamp(day) for day in MONTHS))
    rows = pd.DataFrame([row for day in days for row in scores(crisis, day)])
    reports = rows[["place_id", "start", "end"]].drop_duplicates()
    print(f"{len(reports)} figures of sub-districts, {rows['day'].nunique()} month ends")
    print(f"{'':<12}{'member':<12}{'log WIS':>8}{'error':>8}  in50  in80  in95     n")
    for title, part in (("all", rows), ("seen", rows[rows["seen"]]), ("new", rows[~rows["seen"]])):
        for member in MEMBERS:
            print(f"{title:<12}{member:<12}" + _line(part[part["member"] == member]))


def scores(crisis: Crisis, day: pd.Timestamp) -> Iterator[dict[str, object]]:
    """A row a target and member of one day."""
    wanted = _wanted(crisis, day)
    if wanted.empty:
        return
    fitted = Pool().fit(build_panel(crisis.as_of(day), day, day + MonthEnd(AHEAD)))
    rng = np.random.default_rng(1)
    paths = forecast_paths(fitted.lead.flows.panel, DRAWS, rng)
    keys = ["start", "end", *STREAM]
    whole = wanted[keys].assign(place_id=wanted["cell"])
    both = pd.concat([whole, wanted[keys]], ignore_index=True)
    totals, own = np.split(fitted.predict_along(paths, both, DRAWS, rng), 2, axis=1)
    found = {"served": own, **_by_shares(fitted, wanted, totals, rng)}
    known = set(_told_before(fitted.lead.flows.panel)["place_id"])
    for member in MEMBERS:
        quantiles = whole_quantiles(found[member])
        for at, target in enumerate(wanted.itertuples()):
            yield {
                "day": day,
                "member": member,
                "place_id": target.place_id,
                "start": target.start,
                "end": target.end,
                "seen": target.place_id in known,
                **_score(np.array([target.persons], dtype=np.float64), quantiles[[at]]),
            }


def _wanted(crisis: Crisis, day: pd.Timestamp) -> pd.DataFrame:
    """Targets of a day, with the cell that each place lies in."""
    known = flow_reports(crisis.reports)
    tree = crisis.places
    cells = {
        place: cell
        for cell in crisis.models["flow_state"]["cells"]
        for place in tree.at_level(LEVEL, under=cell)
    }
    kept = known[
        known["place_id"].isin(cells)
        & (known["measure"] == "arrivals")
        & (known["from_id"] == "")
        & (known["first"] > day)
        & (known["start"] > day)
        & known["days"].between(SHORTEST, LONGEST)
        & (known["end"] <= day + MonthEnd(AHEAD))
    ]
    return kept.assign(cell=kept["place_id"].map(cells)).reset_index(drop=True)


def _by_shares(
    fitted: FittedPool, wanted: pd.DataFrame, totals: Floats, rng: np.random.Generator
) -> dict[str, Floats]:
    allocated, last = np.empty_like(totals), np.empty_like(totals)
    for cell, rows in wanted.groupby("cell"):
        destinations = fit_destinations(fitted.lead.flows, str(cell))
        at = np.array([destinations.places.index(place) for place in rows["place_id"]])
        shares = destinations.sample(DRAWS, rng)
        allocated[:, rows.index] = destinations.figures(totals[:, rows.index], at, shares, rng)
        shares = _last_shares(fitted.lead.flows, str(cell), destinations.places)
        last[:, rows.index] = totals[:, rows.index] * shares[at]
    return {"allocation": allocated, "last share": last}


def _last_shares(flows: FittedFlows, cell: str, places: Sequence[str]) -> Floats:
    """The last share told of each place, at most one; an equal part where nothing was told."""
    rows = _told_before(flows.panel)
    rows = rows[rows["place_id"].isin(places)].sort_values("end", kind="stable")
    share = rows["persons"] / covered_by(flows, cell)[rows.index]
    last = share.groupby(rows["place_id"]).last().reindex(list(places))
    return last.clip(upper=1.0).fillna(1.0 / len(places)).to_numpy()


def _told_before(panel: Panel) -> pd.DataFrame:
    """Known reports of all arrivals in a place."""
    return panel.reports[(panel.reports["from_id"] == "") & (panel.arrays.flow == ARRIVALS)]


def _score(observed: Floats, quantiles: Floats) -> dict[str, float]:
    logged = np.log1p(quantiles)
    middle = quantiles.shape[1] // 2
    return {
        "wis": float(wis(np.log1p(observed), logged).total[0]),
        "error": float(abs(np.log1p(observed[0]) - logged[0, middle])),
        **{f"in{level}": float(covered(observed, quantiles, level)[0]) for level in INTERVALS},
    }


def _line(rows: pd.DataFrame) -> str:
    mean = rows[["wis", "error", *(f"in{level}" for level in INTERVALS)]].mean()
    inside = "".join(f"{mean[f'in{level}']:6.2f}" for level in INTERVALS)
    return f"{mean['wis']:8.3f}{mean['error']:8.3f}{inside}{len(rows):6d}"


if __name__ == "__main__":
    main()

"""Figures of sub-districts, as what the same source would say of their cell shared out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.panel import FLOWS, Panel, flow_of
from models.allocation import LEVEL, fit_destinations
from models.flow_state import FittedFlows

Floats = NDArray[np.float64]


def cells_of_reports(panel: Panel, reports: pd.DataFrame) -> pd.Series:
    """The cell whose arrivals each report tells a sub-district's part of, blank for all others."""
    tree = panel.crisis.places
    inside = {place: cell for cell in panel.cells for place in tree.at_level(LEVEL, under=cell)}
    cells = [inside.get(str(place), "") for place in reports["place_id"]]
    arrivals = [
        FLOWS[flow_of(*pair)] == "arrivals"
        for pair in zip(reports["measure"], reports["direction"], strict=True)
    ]
    whole_flow = np.array(arrivals, dtype=bool) & (reports["from_id"] == "").to_numpy()
    found = pd.Series(cells, index=reports.index, dtype=str)
    return found.where(whole_flow & (found != reports["place_id"]).to_numpy(), "")


def figures_of(
    fitted: FittedFlows,
    cells: pd.Series,
    reports: pd.DataFrame,
    totals: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Figures of sub-districts, (draws, reports), given those of their `cells`, alike."""
    found = np.empty_like(totals)
    for cell in dict.fromkeys(cells):
        rows = np.flatnonzero((cells == cell).to_numpy())
        destinations = fit_destinations(fitted, cell)
        at = np.array([destinations.places.index(id_) for id_ in reports["place_id"].iloc[rows]])
        shares = destinations.sample(len(totals), rng)
        found[:, rows] = destinations.figures(totals[:, rows], at, shares, rng)
    return found

"""What reports that name a few places of a cell tell of how all its arrivals were shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.panel import FLOWS, Panel
from models.flow_state import FittedFlows

Floats = NDArray[np.float64]

ARRIVALS = FLOWS.index("arrivals")
LISTING = ["source", "measure", "start", "end"]


@dataclass(frozen=True)
class Listings:
    """The figures of one source and window, one a row; a cell's places are the columns.

    `persons` (listings, places) are zero where nothing is named, `whole` (listings,) is what the
    source says of the cell in that window, else what it would say after the fitted flows, which is
    `covered`. `middle` of the window in days since 1970, `report` (listings,) the first of each.
    """

    persons: Floats
    whole: Floats
    covered: Floats
    middle: Floats
    report: NDArray[np.int64]

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which places are named, (listings, places)."""
        return self.persons > 0.0

    def shares(self, expected: Floats) -> Floats:
        """Whole compositions (listings, places): what is left is shared as `expected` (places,)."""
        total = np.maximum(self.whole, self.persons.sum(axis=1))[:, None]
        told = self.persons / total
        others = np.where(self.named, 0.0, expected)
        held = others.sum(axis=1, keepdims=True)
        left = np.where(held > 0.0, 1.0 - told.sum(axis=1, keepdims=True), 0.0)
        told = told + left * np.divide(others, held, out=np.zeros_like(told), where=held > 0.0)
        return np.asarray(told / told.sum(axis=1, keepdims=True))


def listings_of(fitted: FittedFlows, cell: str, places: Sequence[str]) -> Listings:
    """Listings of the places of a cell among the reports known to the fit.

    A place without a figure of its own counts as the sum over the origins that one is told of: so
    many arrived there at least.
    """
    panel = fitted.panel
    rows = _rows_on(panel, places)
    if rows.empty:
        nothing = np.zeros(0)
        none = np.zeros(0, dtype=np.int64)
        return Listings(np.zeros((0, len(places))), nothing, nothing, nothing, none)
    number = rows.groupby(LISTING).ngroup().to_numpy()
    told = rows.groupby([number, "place", "whole"])["persons"].sum().unstack("whole")
    told = told.reindex(columns=[True, False])
    figure = told[True].fillna(told[False]).unstack("place").fillna(0.0)
    persons = figure.reindex(columns=range(len(places)), fill_value=0.0).to_numpy(np.float64)
    first = rows.groupby(number)["report"].first().to_numpy()
    covered, whole = covered_by(fitted, cell)[first], said_of(panel, cell, first)
    whole = np.where(np.isnan(whole), covered, whole)
    return Listings(persons, whole, covered, panel.arrays.middle[first], first)


def _rows_on(panel: Panel, places: Sequence[str]) -> pd.DataFrame:
    """Arrivals above zero in the places: LISTING, persons, report, place, and whether of all."""
    rows = panel.reports
    place = pd.Index(places).get_indexer(pd.Index(rows["place_id"]))
    rows = rows.assign(report=np.arange(len(rows)), place=place, whole=rows["from_id"] == "")
    kept = (place >= 0) & (rows["persons"] > 0.0) & (panel.arrays.flow == ARRIVALS)
    return rows[kept]


def covered_by(fitted: FittedFlows, cell: str) -> Floats:
    """What the source of each report would tell of the cell in its window, (reports,)."""
    arrays = fitted.panel.arrays
    at = fitted.panel.cells.index(cell)
    flow = arrays.weights[:, at] @ np.exp(fitted.eta_[ARRIVALS, at])
    whole = pd.Series(fitted.bias_[~arrays.part]).groupby(arrays.source[~arrays.part]).mean()
    bias = pd.Series(arrays.source).map(whole).astype(np.float64).fillna(0.0).to_numpy()
    return np.asarray(flow * np.exp(bias))


def said_of(panel: Panel, place: str, like: NDArray[np.int64]) -> Floats:
    """The figure of a place as a whole by the source and window of each report, NaN for none."""
    rows = panel.reports[panel.arrays.flow == ARRIVALS]
    rows = rows[(rows["place_id"] == place) & (rows["from_id"] == "") & (rows["persons"] > 0.0)]
    said = rows.groupby(LISTING)["persons"].max()
    wanted = pd.MultiIndex.from_frame(panel.reports.loc[like, LISTING])
    return said.reindex(wanted).to_numpy(np.float64)

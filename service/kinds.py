"""The kinds of answers that can be asked for, by the name of the job and of the document."""

from __future__ import annotations

from collections.abc import Mapping

from service.answers import Request
from service.backtests import BacktestRequest
from service.forecasts import ForecastRequest
from service.outlooks import OutlookRequest
from service.projections import ScenarioRequest
from service.triggers.asked import TriggerRequest

KINDS: Mapping[str, type[Request]] = {
    "forecast": ForecastRequest,
    "scenario": ScenarioRequest,
    "backtest": BacktestRequest,
    "outlook": OutlookRequest,
    "trigger": TriggerRequest,
}
DOCUMENTS: Mapping[str, type[Request]] = {kind.document: kind for kind in KINDS.values()}

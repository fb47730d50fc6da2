"""Forecasts asked of the store."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from service.answers import Made, Request, Source, Told
from service.commands.checks import MOST_STEPS

if TYPE_CHECKING:
    from features.crisis import Crisis
    from forecast.parallel import Executor
    from forecast.result import Forecast


class ForecastRequest(Request):
    """What is asked of a forecast; the limits are those of the command line."""

    document: ClassVar[str] = "forecast"

    as_of: date
    horizon: int = Field(default=3, ge=1, le=max(MOST_STEPS.values()))
    step: Literal["month", "week"] = "month"
    places: tuple[str, ...] = ()
    draws: int = Field(
        default=2000,
        ge=100,
        le=100_000,
        description="Sample paths. A service takes at most NUZUH_MOST_DRAWS, 10,000 by default.",
    )
    seed: int = Field(default=1, ge=0, le=2**63 - 1)

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        most = MOST_STEPS[self.step]
        if self.horizon > most:
            why = "at most {most} {step}s ahead are told"
            raise PydanticCustomError("horizon", why, {"most": most, "step": self.step})
        return self

    @property
    def day(self) -> date:
        """The day it stands on."""
        return self.as_of

    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """See Request."""
        from features.fingerprint import fingerprint

        told(0.1, "reading the crisis")
        crisis = source.crisis(self.as_of)
        told(0.3, "fitting and simulating")
        [made] = executor.map(_run, crisis, [self])
        told(0.9, "writing")
        return Made(fingerprint(crisis), dict(made.models), _contents(made))


def _run(crisis: Crisis, request: ForecastRequest) -> Forecast:
    import pandas as pd

    from forecast.run import run

    return run(
        crisis,
        pd.Timestamp(request.as_of),
        request.horizon,
        step=request.step,
        places=request.places,
        draws=request.draws,
        seed=request.seed,
    )


def _contents(made: Forecast) -> dict[str, bytes]:
    from forecast import export
    from service.version import nuzuh_version

    document = export.forecast_document(made, nuzuh_version())
    rows = export.to_parquet(export.forecast_rows(made))
    return {"json": export.to_json(document), "parquet": rows}

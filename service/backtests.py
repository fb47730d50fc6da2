"""Backtests asked of the store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from service.answers import Made, Request, Source, Told

if TYPE_CHECKING:
    from features.crisis import Crisis
    from forecast.backtest import Backtest, Task
    from forecast.parallel import Executor

FORMATS = {"summary.json": "json", "track_record.parquet": "parquet"}


def _month(text: str) -> str:
    date.fromisoformat(f"{text}-01")
    return text


Month = Annotated[str, Field(pattern=r"^\d{4}-\d\d$"), AfterValidator(_month)]


class BacktestRequest(Request):
    """What is asked of a backtest; without members, all. `from` and `to` are months."""

    document: ClassVar[str] = "track_record"

    from_: Month = Field(alias="from")
    to: Month
    horizons: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=(1, 2, 3), min_length=1
    )
    members: tuple[str, ...] = ()
    attacks: Literal["forecast", "observed"] = "forecast"
    draws: int = Field(default=1000, ge=100, le=10_000)
    seed: int = Field(default=1, ge=0, le=2**63 - 1)

    @property
    def day(self) -> None:
        """None: it stands on the end of every month."""

    def check(self) -> None:
        """Refuse members that nobody knows. Raises InputError."""
        from forecast.members import members_named

        members_named(self.members)

    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """See Request."""
        from features.fingerprint import fingerprint
        from forecast.backtest import carry_out
        from forecast.run import MODELS

        told(0.0, "reading the crisis")
        crisis = source.crisis(None)
        task = _plan(crisis, self)

        def month(done: int, all_: int) -> None:
            told(0.95 * done / all_, f"month {done} of {all_}")

        found = carry_out(task, executor, month)
        told(0.95, "writing")
        return Made(fingerprint(crisis), MODELS, _contents(self, crisis, found))


def _plan(crisis: Crisis, request: BacktestRequest) -> Task:
    import pandas as pd

    from forecast.backtest import plan
    from forecast.members import MEMBERS, members_named
    from models.baselines import BASELINES

    named = [*request.members, *BASELINES] if request.members else list(MEMBERS)
    return plan(
        crisis,
        pd.Timestamp(request.from_),
        pd.Timestamp(request.to),
        request.horizons,
        members_named(named),
        request.attacks,
        draws=request.draws,
        seed=request.seed,
    )


def _contents(request: BacktestRequest, crisis: Crisis, found: Backtest) -> dict[str, bytes]:
    """Its files by name; the track record and the summary by their formats, as everywhere."""
    import pandas as pd

    from service.backtest_html import backtest_html
    from service.backtest_report import Report

    report = Report(crisis, found, pd.Timestamp(request.from_), pd.Timestamp(request.to))
    with TemporaryDirectory(prefix="nuzuh") as name:
        found.write(Path(name))
        files = {path.name: path.read_bytes() for path in sorted(Path(name).iterdir())}
    contents = {FORMATS.get(name, name): content for name, content in files.items()}
    return contents | {"html": backtest_html(report).encode()}

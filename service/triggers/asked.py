"""Records of triggers asked of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from service.answers import Made, Request, Source, Told
from service.backtests import Month

if TYPE_CHECKING:
    from forecast.parallel import Executor


class TriggerRequest(Request):
    """What a trigger would have said at the end of `every` month or week of `from` to `to`."""

    document: ClassVar[str] = "trigger_record"

    trigger: str = Field(min_length=1, max_length=64)
    rule: str
    from_: Month = Field(alias="from")
    to: Month
    every: Literal["month", "week"] = "month"
    draws: int = Field(default=2000, ge=100, le=10_000)
    seed: int = Field(default=1, ge=0, le=2**63 - 1)

    @property
    def day(self) -> None:
        """None: it stands on many."""

    def check(self) -> None:
        """Read the rule. Raises InputError with everything wrong in it."""
        from features.errors import Finding, InputError
        from forecast.trigger_file import parse_trigger

        parse_trigger(self.rule, self.trigger)
        if self.to < self.from_:
            raise InputError(Finding("from", f"is after {self.to}; swap them", value=self.from_))

    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """See Request."""
        import pandas as pd

        from features.fingerprint import fingerprint
        from forecast.trigger_file import parse_trigger
        from forecast.trigger_replay import days_of, replay
        from service.triggers.run import settled
        from service.version import nuzuh_version

        told(0.0, "reading the crisis")
        crisis = source.crisis(None)
        trigger = settled(parse_trigger(self.rule, self.trigger), crisis)
        days = list(days_of(pd.Timestamp(self.from_), pd.Timestamp(self.to), self.every))

        def day(done: int, all_: int) -> None:
            told(0.95 * done / all_, f"{self.every} {done} of {all_}")

        options = {"draws": self.draws, "seed": self.seed}
        record = replay(crisis, trigger, days, nuzuh_version(), executor, day, **options)
        return Made(fingerprint(crisis), dict(record.models), {"json": record.write()})

"""Checks of what the command line was given; everything wrong is told at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from features.errors import Finding, InputError
from service.commands.options import Format

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis

Given = TypeVar("Given")
Made = TypeVar("Made")
MOST_STEPS = {"month": 24, "week": 53}
DRAWS = (100, 100_000)
MONTHS_AHEAD = {str(at): at for at in range(1, 13)}
MOST_YEARS_LATER = 5


@dataclass
class Checks:
    """Findings so far; `done` raises them all."""

    findings: list[Finding] = field(default_factory=list)

    def done(self) -> None:
        """Raise InputError when anything was found."""
        if self.findings:
            raise InputError(self.findings)

    def found(self, option: str, value: object, why: str) -> None:
        """Note a finding on an option."""
        self.findings.append(Finding(option, why, value=str(value)))

    def day(self, text: str) -> pd.Timestamp:
        """The day of `--as-of`; 1970-01-01 when it cannot be read."""
        import pandas as pd

        from features.cells import read_date

        try:
            return pd.Timestamp(read_date(text))
        except ValueError as error:
            self.found("--as-of", text, str(error))
            return pd.Timestamp(0)

    def month(self, option: str, text: str) -> pd.Timestamp:
        """The last day of a month YYYY-MM; that of January 1970 when it cannot be read."""
        import pandas as pd

        from features.cells import read_date

        try:
            first = read_date(f"{text}-01")
        except ValueError:
            self.found(option, text, "is no month; write YYYY-MM, such as 2019-05")
            first = "1970-01-01"
        return pd.Timestamp(first) + pd.offsets.MonthEnd(0)

    def horizons(self, text: str) -> list[int]:
        """Months ahead, such as 1,2,3; in order, each once."""
        parts = [part.strip() for part in text.split(",")]
        wrong = [part for part in parts if part not in MONTHS_AHEAD]
        if wrong:
            why = f"takes months ahead, 1 to {len(MONTHS_AHEAD)}, such as 1,2,3; not "
            self.found("--horizons", text, why + ", ".join(map(repr, wrong)))
        return sorted({MONTHS_AHEAD[part] for part in parts if part in MONTHS_AHEAD})

    def gathered(self, make: Callable[[Given], Made], given: Given) -> Made | None:
        """What `make` gives, or None with its findings noted."""
        try:
            return make(given)
        except InputError as error:
            self.findings += error.findings
            return None

    def horizon(self, steps: int, step: str = "month") -> None:
        """1 to MOST_STEPS of a step."""
        if steps < 1:
            self.found(
                "--horizon",
                steps,
                "counts the steps ahead and starts at 1, the step that holds the "
                "day after --as-of; give 1 or more",
            )
        elif steps > MOST_STEPS[step]:
            self.found(
                "--horizon",
                steps,
                "is further than a history of a few years can tell; at most "
                f"{MOST_STEPS[step]} {step}s",
            )

    def sampling(self, draws: int, seed: int, high: int = DRAWS[1]) -> None:
        """A number of draws that can carry quantiles, and a seed that can be one."""
        low = DRAWS[0]
        if draws < low:
            self.found("--draws", draws, f"is too few for the outer quantiles; at least {low}")
        elif draws > high:
            self.found("--draws", draws, f"is more than a machine can hold; at most {high}")
        if seed < 0:
            self.found("--seed", seed, "is below zero; give a whole number from 0 up")

    def out(self, path: Path | None, format_: Format, option: str = "--out") -> None:
        """A file of an option that can be written, where one is needed."""
        if path is None:
            if format_ is Format.parquet:
                why = "is binary and needs a file; add --out forecast.parquet"
                self.found("--format", format_.value, why)
            return
        if path.is_dir():
            self.found(option, path, "is a folder; name a file in it")
        elif not path.parent.is_dir():
            self.found(option, path, f"there is no folder {str(path.parent)!r}; make it first")
        elif not os.access(path.parent, os.W_OK):
            self.found(option, path, f"the folder {str(path.parent)!r} cannot be written to")


def refuse_unknown(crisis: Crisis, as_of: pd.Timestamp) -> None:
    """Raise InputError on a day before any report, or five years after the last one known."""
    first = crisis.reports["published"].min()
    if as_of < first:
        why = (
            f"nothing was published in crisis {crisis.id!r} by then; "
            f"the first report came out on {first:%Y-%m-%d}, give that day or a later one"
        )
        raise InputError(Finding("--as-of", why, value=f"{as_of:%Y-%m-%d}"))
    known = crisis.as_of(as_of)
    last = max(frame["end"].max() for frame in (known.reports, known.attacks) if len(frame))
    years = (as_of - last).days / 365.25
    if years > MOST_YEARS_LATER:
        why = (
            f"lies {years:.0f} years after the last figure known in crisis {crisis.id!r} "
            f"({last:%Y-%m-%d}); check the year, or add newer reports"
        )
        raise InputError(Finding("--as-of", why, value=f"{as_of:%Y-%m-%d}"))

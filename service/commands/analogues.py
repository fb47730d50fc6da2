"""`nuzuh analogues`: the nearest past episodes, and what followed them."""

from __future__ import annotations

from typing import Annotated

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import AsOfOption, CrisisOption
from service.emit import emit

MOST = 26


def analogues(
    crisis: CrisisOption,
    as_of: AsOfOption,
    weeks: Annotated[
        int, typer.Option("--weeks", metavar="N", help="Length of an episode, 4 to 26 weeks.")
    ] = 8,
    count: Annotated[
        int, typer.Option("--count", metavar="N", help="How many to show, 1 to 26.")
    ] = 5,
) -> None:
    """Show the past episodes whose attacks were most like those of the last weeks.

    Told is what followed in attacks and in published arrivals, and where the likeness ends. Nothing
    published after --as-of is used.

    Example:

      nuzuh analogues --crisis nw-syria --as-of 2019-05-04
    """
    checks = Checks()
    day = checks.day(as_of)
    if not 4 <= weeks <= MOST:
        checks.found("--weeks", weeks, f"is no number of weeks from 4 to {MOST}")
    if not 1 <= count <= MOST:
        checks.found("--count", count, f"is no number from 1 to {MOST}")
    checks.done()
    from features.crisis import load_crisis
    from forecast.analogues import analogues as found_in
    from service.analogues_text import analogues_text

    situation = load_crisis(crisis)
    refuse_unknown(situation, day)
    emit(analogues_text(found_in(situation, day, weeks=weeks, count=count)).encode(), None)

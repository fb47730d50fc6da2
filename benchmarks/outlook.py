"""Writing outlooks of the bundled crisis: seconds from a forecast that is there, and sizes.

Each language is written in a fresh process, so that imports and the first use of fonts and of the
chart library count. `beside` is what stands beside the forecast: scenarios, record, reconciled past
months, the baseline, past episodes; `changes` comes on top where a last outlook is named.
"""

from __future__ import annotations

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from benchmarks._measure import alone, timed
from features.crisis import load_crisis
from service.commands.outlook import scenarios_of
from service.outlook.build import build_outlook, warmed
from service.outlook.changes import changes
from service.outlook.language import LOCALES
from service.outlook.plaintext import message
from service.outlook.render import render

CRISIS = "nw-syria"
AS_OF, SINCE = pd.Timestamp("2019-05-04"), pd.Timestamp("2019-04-04")
MAILED = ("txt", "html", "pdf")


def row(lang: str) -> str:
    """One language: seconds, then bytes."""
    crisis = load_crisis(CRISIS)
    warm, forecasting = timed(warmed, crisis, AS_OF)
    scenarios = scenarios_of(crisis, CRISIS, AS_OF, None)
    outlook, beside = timed(build_outlook, crisis, AS_OF, what_if=warm, scenarios=scenarios)
    told = {format_: timed(render, outlook, format_, lang) for format_ in MAILED}
    written = [seconds for _, seconds in told.values()]
    sizes = [len(content) for content, _ in told.values()]
    _, since = timed(changes, crisis, SINCE, warm)
    short = message(render(outlook, "sms", lang).decode().rstrip("\n"))
    seconds = [forecasting, beside, *written, beside + sum(written), since]
    return (
        f"{lang:<5}{''.join(f'{each:9.2f}' for each in seconds)}"
        f"{''.join(f'{each:10,}' for each in [*sizes, sum(sizes)])}"
        f"  {len(short.text)} of {short.encoding}, {short.segments}"
    )


def main() -> None:
    """Print a line a language."""
    heads = ("forecast", "beside", *MAILED, "all", "changes")
    print(f"{'':<5}{''.join(f'{head:>9}' for head in heads)}", end="")
    print(f"{''.join(f'{head:>10}' for head in (*MAILED, 'mail'))}  message, segments")
    for lang in LOCALES:
        print(alone(row, lang), flush=True)
    print("seconds (all: beside + txt + html + pdf), then bytes")


if __name__ == "__main__":
    main()

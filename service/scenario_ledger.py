"""What came of the scenarios of a ledger, as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.ledger_score import Judged
from forecast.names import name_of
from forecast.records import records
from service.numbers import day, exact, figure, span
from service.plain import bullet, heading, paragraph, table

RULE = (
    "A scenario is scored only where its condition came true: a projection that was never put to "
    "the test is neither right nor wrong. WIS on log(1 + x), lower is better; of a point figure it "
    "is the error there."
)


def ledger_text(judged: Sequence[Judged], crisis: Crisis) -> str:
    """Every entry with its verdict, and the scores of those that can be judged."""
    parts = [heading(f"{crisis.title}: the ledger of scenarios", "═"), paragraph(RULE)]
    if not judged:
        parts.append("The ledger is empty.")
    for one in judged:
        parts += _entry(one, crisis)
    parts.append(_summary(judged))
    return "\n\n".join(part for part in parts if part) + "\n"


def _entry(one: Judged, crisis: Crisis) -> list[str]:
    entry = one.entry
    head = heading(f"{day(pd.Timestamp(entry['as_of']))}: {entry['title']}")
    said = [f"Author: {entry['author'] or 'not named'}."]
    said += [f"Note: {entry['note']}"] if entry.get("note") else []
    said += list(entry.get("assumptions", []))
    verdict = f"{one.verdict.upper()}."
    if not one.scored and one.verdict in ("condition occurred", "unconditional"):
        verdict += " No figure to judge it by was published later."
    parts = [head, "\n".join(bullet(text) for text in said)]
    parts.append("\n".join([verdict, *(bullet(text) for text in one.why)]))
    return [*parts, _scores(one, crisis)] if one.scored else parts


def _scores(one: Judged, crisis: Crisis) -> str:
    rows = [
        [
            row.measure,
            " + ".join(name_of(crisis, place) for place in row.places),
            span(pd.Timestamp(row.start), pd.Timestamp(row.end)),
            exact(row.persons),
            figure(row.median),
            f"{row.persons / row.median:.0%}" if row.median else "",
            f"{row.wis_log:.3f}",
            "" if np.isnan(row.baseline_wis_log) else f"{row.baseline_wis_log:.3f}",
            {True: "yes", False: "no", None: ""}[row.inside_80],
        ]
        for row in records(one.rows)
    ]
    head = ["measure", "place", "window", "came", "projected", "came/projected", "WIS"]
    return table([*head, "baseline", "in 80%"], rows, left=3)


def _summary(judged: Sequence[Judged]) -> str:
    scored = [one for one in judged if one.scored]
    if not scored:
        return ""
    rows = pd.concat([one.rows for one in scored])
    with_interval = rows["inside_80"].dropna()
    text = f"{len(scored)} of {len(judged)} scenarios scored, {len(rows)} figures; mean WIS "
    text += f"{rows['wis_log'].mean():.3f}"
    if rows["baseline_wis_log"].notna().any():
        text += f" (the forecast without the scenario: {rows['baseline_wis_log'].mean():.3f})"
    if len(with_interval):
        text += f"; {int(with_interval.sum())} of {len(with_interval)} inside their 80% interval"
    return paragraph(text + ".")

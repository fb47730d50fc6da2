"""The nearest past episodes as text."""

from __future__ import annotations

from forecast.analogues import APART, Analogue, Analogues
from forecast.names import name_of
from forecast.records import records
from service.numbers import day, exact, span
from service.plain import bullet, heading, paragraph, table

ABOUT = (
    "Likeness is that of weekly attack intensity alone, by area. That an episode was alike does "
    "not say that what followed will follow again: ground, agreements and the weather differ."
)
MOST_FIGURES = 6


def analogues_text(found: Analogues) -> str:
    """A table of the episodes, then what followed each."""
    title = f"{found.crisis.title}: past episodes like {span(found.start, found.end)}"
    levels = ", ".join(
        f"{name_of(found.crisis, cell)} {level:.1f}" for cell, level in found.levels.items()
    )
    parts = [
        heading(title),
        paragraph(f"As of {day(found.as_of)}. Weekly intensity in those weeks: {levels}. {ABOUT}"),
        _table(found),
    ]
    parts += [_episode(found, one) for one in found.found]
    return "\n\n".join(parts) + "\n"


def _table(found: Analogues) -> str:
    cells = list(found.levels)
    rows = [
        [
            span(one.start, one.end),
            f"×{2.718281828**one.distance:.2f}",
            f"{one.alike_weeks} weeks" + (" (all known)" if one.alike_for_good else ""),
            *(f"×{one.after[cell]:.2f}" for cell in cells),
        ]
        for one in found.found
    ]
    after = [f"then {name_of(found.crisis, cell)}" for cell in cells]
    return table(["episode", "typically off by", "alike back for", *after], rows)


def _episode(found: Analogues, one: Analogue) -> str:
    lines = [span(one.start, one.end) + ":"]
    changes = ", ".join(
        f"{name_of(found.crisis, cell)} ×{factor:.2f}" for cell, factor in one.after.items()
    )
    lines.append(
        bullet(f"attacks in the {one.after_weeks} weeks after, over those of it: {changes}")
    )
    if one.alike_for_good:
        lines.append(bullet(f"the paths stay within ×{APART:g} as far back as is known"))
    else:
        text = f"the likeness ends {one.alike_weeks} weeks back, where the paths part by ×{APART:g}"
        lines.append(bullet(text))
    if one.arrivals.empty:
        lines.append(bullet("no arrivals of the weeks after had been published by then"))
    for row in records(one.arrivals.head(MOST_FIGURES)):
        place = name_of(found.crisis, row.place_id)
        text = f"arrivals, {span(row.start, row.end)}, {place}: {exact(row.persons)} ({row.source})"
        lines.append(bullet(text))
    return "\n".join(lines)

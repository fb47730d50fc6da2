"""A comparison of scenarios as plain text."""

from __future__ import annotations

from forecast.scenario_compare import SideBySide
from service.outlook_sections import Section
from service.plain import bullet, heading, paragraph, table
from service.scenario_sections import LABEL, overview, scenario_sections, title


def scenario_text(found: SideBySide) -> str:
    """Side by side, then each scenario with its assumptions."""
    baseline = found.baseline
    parts = [heading(title(baseline), "═"), paragraph(LABEL)]
    for section in (overview(found), *scenario_sections(found)):
        parts += _section(section)
    parts += ["\n".join(bullet(f"warning: {text}") for text in baseline.warnings)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(section: Section) -> list[str]:
    said = "\n".join(bullet(text) for text in section.text)
    tables = [
        "\n".join([*([each.title] if each.title else []), table(each.head, each.rows, each.left)])
        for each in section.tables
    ]
    return [heading(section.title), said, *tables]

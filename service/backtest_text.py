"""A backtest as plain text for a terminal."""

from __future__ import annotations

from service.backtest_attacks import attack_section
from service.backtest_report import (
    PROJECTION,
    Report,
    basis,
    coverage_section,
    episode_section,
    failure_section,
    headline,
    ratio,
    score_section,
    title,
)
from service.outlook_sections import Section
from service.plain import bullet, heading, paragraph, table


def backtest_text(report: Report) -> str:
    """Headline, scores, episodes, coverage, attacks and failures, at most 100 columns wide."""
    parts = [heading(title(report)), paragraph(headline(report)), paragraph(basis(report))]
    if report.kind == "projection":
        parts.append(paragraph(PROJECTION))
    sections = [score_section(report), episode_section(report, ratio)]
    sections += [coverage_section(report), attack_section(report), failure_section(report)]
    parts += [_plain(section) for section in sections]
    return "\n\n".join(parts) + "\n"


def _plain(section: Section) -> str:
    parts = [heading(section.title), *map(paragraph, section.text)]
    parts += [table(each.head, each.rows, left=each.left) for each in section.tables]
    parts += ["\n".join(map(bullet, section.notes))] if section.notes else []
    return "\n\n".join(parts)

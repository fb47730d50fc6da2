"""A backtest as one page: no scripts, nothing fetched."""

from __future__ import annotations

from markupsafe import Markup

from service import charts
from service.backtest_attacks import attack_section
from service.backtest_charts import coverage_chart, pit_chart, skill_chart
from service.backtest_misses import misses_section
from service.backtest_report import (
    PROJECTION,
    Report,
    basis,
    coverage_section,
    episode_section,
    failure_section,
    headline,
    score_section,
    skill_section,
    stream_section,
    title,
)
from service.pages import render
from service.version import nuzuh_version

TEMPLATE = "backtest.html.j2"


def backtest_html(report: Report) -> str:
    """The page as text, the same for the same backtest."""
    return render(
        TEMPLATE,
        title=title(report),
        kind=report.kind,
        headline=headline(report),
        basis=basis(report),
        projection=PROJECTION if report.kind == "projection" else "",
        leading=report.leading,
        scores=score_section(report),
        skill=skill_section(report),
        skill_chart=Markup(skill_chart(report)),
        coverage=coverage_section(report),
        coverage_chart=Markup(coverage_chart(report)),
        pit=Markup(pit_chart(report)),
        misses=misses_section(report),
        episodes=episode_section(report),
        streams=stream_section(report),
        attacks=attack_section(report),
        failures=failure_section(report),
        version=nuzuh_version(),
        colours={"middle": charts.MIDDLE, "later": charts.LATER},
    )

"""How the forecast of attacks itself held up, as a section of the backtest."""

from __future__ import annotations

from typing import Any

from features.crisis import Crisis
from features.overlap import REST
from forecast.attack_backtest import COVERAGES
from forecast.attack_verdict import AHEAD
from forecast.names import name_of
from models.attack_paths import AttackPaths
from service.backtest_report import Report, interval, ratio
from service.outlook_sections import Section, Table

TITLE = "Attacks, forecast in their own right"


def attack_section(report: Report) -> Section:
    """Weekly events and fatalities: every member against the best baseline, and by front."""
    found = report.found.summary["attacks"]
    if "why" in found:
        return Section(TITLE, (f"Not scored: {found['why']}.",))
    months = max(of["months"] for of in found.values())
    text = (
        f"Weekly events and deaths by front as {report.crisis.attack_source} counts them, 1 to 13 "
        f"weeks after {months} month ends, each from what was published by then. "
        f"{AttackPaths.name} is what drives the forecast of displacement, fitted to these counts."
    )
    tables = [_by_member(found), _by_front(report.crisis, found)]
    return Section(TITLE, (text,), tables, (_measure(found),))


def _by_member(found: dict[str, Any]) -> Table:
    head = ["weekly", "member", "relative (90% interval)", *list(AHEAD)[1:], "CRPS log", "CRPS"]
    rows = [
        [
            measure if at == 0 else "",
            member,
            interval(mine["relative_crps_log"]["all"]),
            *(ratio(mine["relative_crps_log"][weeks]) for weeks in list(AHEAD)[1:]),
            f"{mine['crps_log']:.3f}",
            f"{mine['crps']:.2f}",
            *(f"{mine['coverage'][str(level)]['value']:.2f}" for level in COVERAGES),
        ]
        for measure, of in found.items()
        for at, (member, mine) in enumerate(of["members"].items())
    ]
    return Table([*head, *(f"in {level}%" for level in COVERAGES)], rows, left=2)


def _by_front(crisis: Crisis, found: dict[str, Any]) -> Table:
    fronts = dict.fromkeys(front for of in found.values() for front in of["fronts"])
    rows = [
        [_name(crisis, front), *(interval(of["fronts"].get(front, {})) for of in found.values())]
        for front in fronts
    ]
    return Table([AttackPaths.name, *found], rows)


def _name(crisis: Crisis, front: str) -> str:
    return "elsewhere" if front == REST else name_of(crisis, front).removeprefix("Front: ")


def _measure(found: dict[str, Any]) -> str:
    best = {
        measure: of["members"][AttackPaths.name]["relative_crps_log"]["all"].get("against", "none")
        for measure, of in found.items()
    }
    named = ", ".join(f"{name} ({measure})" for measure, name in best.items())
    return (
        "relative: CRPS on log(1 + x) over that of the best single baseline on the same weeks, "
        f"below 1 is better; 1-4 and 5-13 are weeks ahead. Best: {named}. in 80%: share of weeks "
        "inside the 80% interval."
    )

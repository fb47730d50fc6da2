"""What a backtest says, as sections of text and tables that plain text and HTML render alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.crisis import Crisis
from forecast.backtest import Backtest
from forecast.episodes import FACTOR, LABELS
from forecast.members import SERVED
from forecast.scores import LEVELS
from forecast.verdict import LEAST
from models.baselines import BASELINES
from service.numbers import exact
from service.outlook_sections import Section, Table

COVERAGES = (50, 80, 95)
NONE = "–"
Cell = Mapping[str, Any]
KINDS = {
    "routine": "routine sources",
    "event_triggered": "event-triggered sources",
    "dated": "day of publication known",
    "nowcast": "nowcast (apart)",
    "outside_focus": "outside the focus (apart)",
}
PROJECTION = (
    "This is a projection, not a forecast: members that look at attacks were given those that came "
    "to happen, which nobody knew on the day. It tells how well displacement follows from attacks; "
    "no user would have got these figures, and they are not to be compared with forecasts. Members "
    "that look at no attacks are as they would have been. Figures of displacement were still only "
    "those published by the day."
)


@dataclass(frozen=True, eq=False)
class Report:
    """A backtest with the crisis it was of; `first` and `last` are the months asked for."""

    crisis: Crisis
    found: Backtest
    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def members(self) -> dict[str, Any]:
        """What is known of each member that could be scored, the best first."""
        members = self.found.summary["members"]
        scored = {name: of for name, of in members.items() if "relative_wis_log" in of}
        order = sorted(scored, key=lambda name: _value(scored[name]["relative_wis_log"]["pooled"]))
        return {name: scored[name] for name in order}

    @property
    def leading(self) -> str:
        """The member that the report speaks of: what is served, else the best."""
        return SERVED if SERVED in self.members else next(iter(self.members))

    @property
    def horizons(self) -> list[str]:
        """The horizons that were scored."""
        return list(self.members[self.leading]["relative_wis_log"]["horizon"])

    @property
    def kind(self) -> str:
        """Forecast or projection."""
        return str(self.found.summary["kind"])


def title(report: Report) -> str:
    """What was tested, over which months."""
    months = f"{report.first:%B %Y} to {report.last:%B %Y}"
    return f"{report.crisis.title}: backtest, {months}"


def headline(report: Report) -> str:
    """The one figure, with its interval and its measure."""
    name = report.leading
    cell = report.members[name]["relative_wis_log"]["pooled"]
    who = f"What is served ({name})" if name == SERVED else name
    if "value" not in cell:
        return f"{who}: {cell['n']} {report.kind}s, too few to set against a baseline."
    return (
        f"{who} scores {interval(cell)} of the best single baseline, {cell['against']}: "
        f"WIS on log(1 + x), below 1 is better."
    )


def basis(report: Report) -> str:
    """What was predicted, from what, and how often."""
    about = report.found.summary["targets"]
    dated = 1.0 - about["published_assumed"]
    attacks = report.crisis.attack_source or "none"
    return (
        f"{about['n']} {report.kind}s of {about['reports']} reports, from {about['as_of_days']} "
        f"month ends with something to predict, each from what was published by then; "
        f"{about['pooled']} are pooled, {about['outside_focus']} reach outside the focus and stand "
        f"apart. Attacks: {attacks}. The day of publication is known for {dated:.0%}, assumed from "
        f"the usual delay of the source for the others. {exact(report.found.summary['draws'])} "
        f"draws, seed {report.found.summary['seed']}."
    )


def score_section(report: Report) -> Section:
    """Every member at every horizon."""
    head = ["member", "horizon", "relative", "90% interval", "WIS log", "CRPS"]
    head += [*(f"in {level}%" for level in COVERAGES), "n"]
    rows = [
        row for name, of in report.members.items() for row in _score_rows(name, of, report.horizons)
    ]
    notes = (
        "relative: WIS on log(1 + x) over that of the best single baseline at this horizon, below "
        "1 is better, with its 90% interval from resampled blocks of three as-of months. WIS log: "
        "mean on log(1 + x). CRPS: mean in persons. in 80%: share of figures inside the 80% "
        "interval.",
        _measure(report),
    )
    return Section("Scores", tables=[Table(head, rows, left=2)], notes=notes)


def skill_section(report: Report) -> Section:
    """Each member against each baseline, all horizons pooled."""
    names = [name for name in report.members if name not in BASELINES] or [report.leading]
    baselines = [name for name in report.members if name in BASELINES]
    rows = [
        [base, *(interval(report.members[name]["relative_wis_log_to"][base]) for name in names)]
        for base in baselines
    ]
    text = "WIS on log(1 + x) over that of each baseline, on the same reports, with 90% intervals."
    return Section("Skill against each baseline", (text,), [Table(["against", *names], rows)])


def coverage_section(report: Report) -> Section:
    """Share of figures inside each interval, with the bands of calibrated forecasts."""
    coverage = report.members[report.leading]["coverage"]
    cells = {"all": coverage["pooled"], **coverage["horizon"]}
    rows = [
        [f"{level}%", at, _share(cell, level), _band(cell, level), _verdict(cell, level)]
        for level in LEVELS
        for at, cell in cells.items()
    ]
    text = (
        f"{report.leading}: share of published figures inside each interval. Band: where that "
        "share lies in 90 of 100 cases if the intervals are right, given that figures of one month "
        "move together (blocks of three months)."
    )
    head = ["interval", "horizon", "inside", "band", ""]
    return Section("Coverage", (text,), [Table(head, rows, left=2)])


def episode_section(report: Report, told: Callable[[Cell], str] | None = None) -> Section:
    """Each member by the kind of time a target fell in; `told` writes a cell, with its interval."""
    notes = (
        f"By the target's daily rate against the mean of its stream's last three known reports: "
        f"calm within ×{FACTOR:g} either way, fall below, onset first above, escalation while "
        "above; after-ceasefire is the first full month after one that then held over seven days. "
        "Known only afterwards: no member sees it. The measure is the baseline best in each.",
        _few(),
    )
    return Section(
        "Episodes", tables=_grouped(report, "episode", LABELS, told or interval), notes=notes
    )


def stream_section(report: Report) -> Section:
    """Kinds of streams apart, and what is not pooled."""
    groups = {"sources": ("routine", "event_triggered"), "publication": ("dated",)}
    groups["apart"] = ("nowcast", "outside_focus")
    tables = [
        table
        for group, names in groups.items()
        for table in _grouped(report, group, names, interval)
    ]
    merged = _beside(tables)
    notes = (
        "Event-triggered sources publish because flight is high, so what they publish is no fair "
        "sample of months.",
        _few(),
    )
    return Section("Routine and event-triggered streams", tables=[merged], notes=notes)


def failure_section(report: Report) -> Section:
    """Members that gave no forecast in a month."""
    failures = report.found.summary["failures"]
    if not failures:
        return Section("Failures", ("None: every member gave a forecast in every month.",))
    rows = [[each["as_of"][:7], each["member"], each["why"]] for each in failures]
    text = f"{len(failures)} left out: their member has no forecast that month, and no zeros."
    return Section("Failures", (text,), [Table(["as of", "member", "why"], rows, left=3)])


def ratio(cell: Cell) -> str:
    """The ratio of a cell."""
    return _number(cell.get("value"))


def interval(cell: Cell) -> str:
    """The ratio of a cell with its interval."""
    return f"{ratio(cell)} ({_bounds(cell)})" if "value" in cell else NONE


def never_scored(report: Report) -> list[str]:
    """A warning for each member without a single score."""
    return [
        f"{name} has no score: it failed in {of['failed_months']} months"
        for name, of in report.found.summary["members"].items()
        if "relative_wis_log" not in of
    ]


def _score_rows(name: str, of: Cell, horizons: Iterable[str]) -> list[list[str]]:
    cells = {"all": "pooled", **{at: at for at in horizons}}
    return [
        [
            name if at == "all" else "",
            at,
            ratio(relative),
            _bounds(relative),
            _number(mean.get("wis_log"), 3),
            exact(mean["crps"]) if "crps" in mean else NONE,
            *(_share(coverage, level) for level in COVERAGES),
            str(relative["n"]),
        ]
        for at in cells
        for relative, mean, coverage in [
            tuple(_cell(of[part], at) for part in ("relative_wis_log", "mean", "coverage"))
        ]
    ]


def _cell(part: Cell, at: str) -> Cell:
    found: Cell = part["pooled"] if at == "all" else part["horizon"].get(at, {"n": 0})
    return found


def _measure(report: Report) -> str:
    """Which baseline was the best, pooled and by horizon."""
    relative = report.members[report.leading]["relative_wis_log"]
    cells = {"pooled": relative["pooled"]}
    cells |= {f"horizon {at}": cell for at, cell in relative["horizon"].items()}
    named = [f"{cell['against']} ({at})" for at, cell in cells.items() if "against" in cell]
    return f"Best single baseline: {', '.join(named) or 'none could be told'}."


def _grouped(
    report: Report, group: str, names: Iterable[str], told: Callable[[Cell], str]
) -> list[Table]:
    """One table: a row a member, a column a cell of the group."""
    members = report.members
    sizes = members[report.leading]["relative_wis_log"][group]
    shown = [name for name in names if sizes.get(name, {}).get("n")]
    if not shown:
        return []
    head = [f"{KINDS.get(name, name)}, n={sizes[name]['n']}" for name in shown]
    rows = [
        [member, *(told(of["relative_wis_log"][group][name]) for name in shown)]
        for member, of in members.items()
    ]
    return [Table(["", *head], rows)]


def _beside(tables: list[Table]) -> Table:
    """Tables of the same members as one."""
    head = ["", *(name for table in tables for name in table.head[1:])]
    rows = [
        [row[0], *(cell for table in tables for cell in table.rows[at][1:])]
        for at, row in enumerate(tables[0].rows)
    ]
    return Table(head, rows)


def _few() -> str:
    return f"Fewer than {LEAST} forecasts give no figure; what has none at all is left out."


def _value(cell: Cell) -> float:
    return float(cell.get("value", float("inf")))


def _bounds(cell: Cell) -> str:
    return f"{cell['low']:.2f}–{cell['high']:.2f}" if "low" in cell else NONE


def _number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def _share(cell: Cell, level: int) -> str:
    return _number(cell.get(str(level), {}).get("value"))


def _band(cell: Cell, level: int) -> str:
    return _bounds(cell.get(str(level), {}))


def _verdict(cell: Cell, level: int) -> str:
    found = cell.get(str(level))
    if found is None:
        return f"{cell['n']} only"
    return "inside" if found["inside"] else "outside"

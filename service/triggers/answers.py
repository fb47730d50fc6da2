"""Answers of `nuzuh trigger` on triggers that are kept, as text and as JSON takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from features.crisis import Crisis
from forecast.trigger import Trigger
from forecast.trigger_record import Line, Record
from forecast.trigger_states import Standing
from forecast.trigger_verdict import Verdict, standings, verdict
from service.numbers import chance, exact
from service.plain import bullet, heading, paragraph, table
from service.triggers.kept import Check, Kept, Step
from service.triggers.letters import because
from service.triggers.look import Round
from service.triggers.notes import came_note, few_note, record_notes
from service.triggers.text import lines_table, record_text, rule_text, verdict_text

NONE = "No trigger is kept; make a record with nuzuh trigger try, then nuzuh trigger add.\n"
UNTESTED = "UNTESTED: no record, nobody knows how often it is wrong. Why: "
Scored = tuple[Kept, Trigger, tuple[Line, ...]]


def record_document(record: Record, trigger: Trigger) -> dict[str, Any]:
    """A record with states and verdict for the levels and costs of a trigger."""
    stood = standings(record.lines, trigger)
    document = record.model_dump(mode="json")
    lines = [
        {**line, **_standing(standing)}
        for line, standing in zip(document["lines"], stood, strict=True)
    ]
    found = verdict(record.lines, stood, trigger)
    return {
        **document,
        "trigger": trigger.document(recipients=False),
        "lines": lines,
        "verdict": _plain(found),
        "notes": [*record_notes(record, found), *_few(found)],
    }


def list_text(every: Sequence[Kept]) -> str:
    """A row a trigger."""
    if not every:
        return NONE
    rows = [
        [
            kept.name,
            kept.history.state,
            f"{kept.history.standing.day or 'never'}",
            f"{kept.history.standing.activated_on or ''}",
            "yes" if kept.record is not None else "UNTESTED",
            kept.file.trigger.title,
        ]
        for kept in every
    ]
    head = ["name", "state", "checked", "activated", "record", "title"]
    return "\n\n".join([*_unwatched(every), table(head, rows, left=6)]) + "\n"


def list_document(every: Sequence[Kept]) -> dict[str, Any]:
    """All triggers with where they stand."""
    return {"triggers": [_about(kept, kept.file.trigger) for kept in every]}


def show_text(kept: Kept, trigger: Trigger, crisis: Crisis) -> str:
    """Rule, record and history."""
    if kept.record is not None:
        parts = [record_text(kept.record, trigger, crisis).rstrip()]
    else:
        parts = [heading(trigger.title, "═"), rule_text(trigger, crisis)]
        parts.append(paragraph(UNTESTED + kept.history.untested))
    parts.append(heading(f"Since it was added on {kept.history.added}"))
    parts += [bullet(_step(step)) for step in kept.history.steps]
    checks = kept.history.checks
    if checks:
        lines, stood = [one.line for one in checks], [one.standing for one in checks]
        parts.append(lines_table(lines, stood, trigger))
    else:
        parts.append("Never checked yet: nuzuh trigger check --as-of DAY does.")
    return "\n\n".join(parts) + "\n"


def show_document(kept: Kept, trigger: Trigger) -> dict[str, Any]:
    """The same for other programs."""
    record = None if kept.record is None else record_document(kept.record, trigger)
    checks = [_check(one) for one in kept.history.checks]
    steps = [step.model_dump(mode="json") for step in kept.history.steps]
    return {**_about(kept, trigger), "record": record, "checks": checks, "steps": steps}


def check_text(round_: Round) -> str:
    """A row a trigger looked at, activations and those without a watch first said in words."""
    found = round_.looked
    if not found and not round_.blind:
        return NONE
    alarms = [
        bullet(
            f"ACTIVATION: {one.trigger.title}. {_value(one.check.line, one.trigger)}, met at "
            f"{one.trigger.met_at:.0%}.{'' if one.kept.record else ' This trigger is untested.'}"
        )
        for one in found
        if one.check.standing.activates and one.new
    ]
    rows = [
        [
            one.kept.name,
            f"{one.check.line.start} – {one.check.line.end}",
            _value(one.check.line, one.trigger),
            _state(one.check),
            "" if one.new else "said before",
        ]
        for one in found
    ]
    again = [bullet(f"{kept.name}: watched again.") for kept in round_.seeing]
    text = [table(["trigger", "window", "value", "state", ""], rows, left=5)] if rows else []
    return (
        "\n\n".join([*alarms, *_unwatched([kept for kept, _ in round_.blind]), *again, *text])
        + "\n"
    )


def check_document(found: Round) -> dict[str, Any]:
    """What a scheduler needs: each trigger looked at, whether to send a message, and what failed.

    A message is due where `new` and `activates` are both true, of those `blind`, on which no watch
    is kept, where `new` is true, and of all that are `seeing`, which were blind before.
    """
    checks = [
        {**_about(one.kept, one.trigger), **_check(one.check), "new": one.new}
        for one in found.looked
    ]
    blind = [{**_about(kept, kept.file.trigger), "new": new} for kept, new in found.blind]
    seeing = [_about(kept, kept.file.trigger) for kept in found.seeing]
    refused = [str(finding) for finding in found.findings]
    return {"checks": checks, "blind": blind, "seeing": seeing, "refused": refused}


def score_text(found: Sequence[Scored]) -> str:
    """What came after each activation, and the verdict on all checks of each trigger."""
    if not found:
        return NONE
    parts = []
    for kept, trigger, lines in found:
        stood = [one.standing for one in kept.history.checks]
        parts.append(heading(f"{kept.name}: {trigger.title}"))
        if not lines:
            parts.append("Never checked yet: nothing to score.")
            continue
        told = [_outcome(line, trigger) for line, at in zip(lines, stood, strict=True)
                if at.activates]  # fmt: skip
        parts.append("\n".join(bullet(text) for text in told or ["No activation so far."]))
        parts.append(lines_table(lines, stood, trigger))
        if note := came_note(lines):
            parts.append(bullet(note))
        parts += verdict_text(verdict(lines, stood, trigger), trigger)
    return "\n\n".join(parts) + "\n"


def score_document(found: Sequence[Scored]) -> dict[str, Any]:
    """The same for other programs."""
    triggers = []
    for kept, trigger, lines in found:
        stood = [one.standing for one in kept.history.checks]
        rows = [
            {
                **line.model_dump(mode="json"),
                **_standing(at),
                "lead_days": line.lead_days(trigger.over),
            }
            for line, at in zip(lines, stood, strict=True)
        ]
        known = verdict(lines, stood, trigger) if lines else None
        about = {**_about(kept, trigger), "trigger": trigger.document(recipients=False)}
        notes = [note for note in (came_note(lines), *_few(known)) if note]
        triggers.append({**about, "lines": rows, "verdict": _plain(known), "notes": notes})
    return {"triggers": triggers}


def _unwatched(every: Sequence[Kept]) -> list[str]:
    """A sentence a trigger on which no watch is kept."""
    found = [(kept.name, kept.history.unwatched) for kept in every]
    return [bullet(f"{name}: {_step(step)}") for name, step in found if step is not None]


def _few(found: Verdict | None) -> list[str]:
    note = "" if found is None else few_note(found)
    return [note] if note else []


def _step(step: Step) -> str:
    if step.state == "watched":
        return f"Watched again since {step.day}."
    said = "Retired on" if step.state == "retired" else "BLIND, no watch is kept, since"
    return f"{said} {step.day}: {because(step, 'en')}."


def _outcome(line: Line, trigger: Trigger) -> str:
    text = f"Activation of {line.as_of}: "
    if line.came is None:
        return text + "what came is not known yet."
    verb = "was passed" if line.came.passed else "was not passed"
    sure = "" if line.came.sure else f" (chance that it was: {line.came.chance:.0%})"
    text += f"{exact(trigger.over)} {verb}{sure}; {exact(line.came.persons)} came, {line.came.by}"
    lead = line.lead_days(trigger.over)
    return text + (f"; {lead} days of warning." if lead is not None else ".")


def _value(line: Line, trigger: Trigger) -> str:
    value = line.value(trigger)
    if value is None:
        return "no figures"
    return chance(value) if trigger.kind == "forecast" else f"{value:.2f} of the maximum"


def _state(check: Check) -> str:
    return f"{check.state}, held back" if check.held_back else check.state


def _about(kept: Kept, trigger: Trigger) -> dict[str, Any]:
    history, step = kept.history, kept.history.unwatched
    standing = history.standing
    return {
        "name": kept.name,
        "trigger": trigger.document(),
        "crisis": history.crisis,
        "added": f"{history.added}",
        "tested": kept.record is not None,
        "untested": history.untested,
        "state": history.state,
        "since": None if step is None else f"{step.day}",
        "because": None if step is None else because(step, "en"),
        "checked": None if standing.day is None else f"{standing.day}",
        "activated_on": None if standing.activated_on is None else f"{standing.activated_on}",
    }


def _check(check: Check) -> dict[str, Any]:
    return {**check.line.model_dump(mode="json"), **_standing(check.standing)}


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "state": standing.state,
        "activates": standing.activates,
        "activated_on": None if standing.activated_on is None else f"{standing.activated_on}",
        "held_back": standing.held_back,
    }


def _plain(found: Verdict | None) -> Any:
    """A verdict as JSON takes it; what is infinite is None."""
    return None if found is None else _finite(asdict(found))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if is_dataclass(value) or not isinstance(value, float):
        return value
    return value if math.isfinite(value) else None

"""What a trigger would have said, and how good that was, as text for a planner."""

from __future__ import annotations

from collections.abc import Sequence

from features.crisis import Crisis
from forecast.names import name_of
from forecast.skill import Estimate
from forecast.trigger import Trigger
from forecast.trigger_record import RECONCILED, Line, Record
from forecast.trigger_states import Standing
from forecast.trigger_verdict import BASE_RATE, TRIGGER, Verdict, standings, verdict
from service.numbers import between, chance, exact, figure, span
from service.plain import bullet, heading, paragraph, table
from service.triggers.notes import few_note, record_notes

FEW = 10


def record_text(record: Record, trigger: Trigger, crisis: Crisis) -> str:
    """The whole record of a trigger with its levels and costs."""
    stood = standings(record.lines, trigger)
    parts = [heading(trigger.title, "═"), rule_text(trigger, crisis)]
    found = verdict(record.lines, stood, trigger)
    parts.append("\n".join(bullet(note) for note in record_notes(record, found)))
    parts.append(lines_table(record.lines, stood, trigger))
    parts += verdict_text(found, trigger)
    parts.append(_made(record))
    return "\n\n".join(parts) + "\n"


def rule_text(trigger: Trigger, crisis: Crisis) -> str:
    """The rule in plain words."""
    place = name_of(crisis, trigger.place)
    event = f"more than {exact(trigger.over)} arrivals at {place} within {trigger.within}"
    if trigger.kind == "forecast":
        rule = f"Met when the chance of {event} is {trigger.met_at:.0%} or more; stands down under "
        rule += f"{trigger.stand_down:.0%}."
    else:
        rule = f"Warns of {event}. Met when the arrivals published of the last 30 days reach their "
        rule += f"highest of {trigger.maximum}, and {exact(trigger.least)}; stands down under "
        rule += f"{trigger.stand_down:.0%} of that."
    rule += f" No second activation within {trigger.suppress_days} days. A miss costs "
    rule += f"{trigger.cost_miss:g}, a false alarm {trigger.cost_false_alarm:g}."
    return paragraph(rule)


def lines_table(lines: Sequence[Line], stood: Sequence[Standing], trigger: Trigger) -> str:
    """A row a day: what was said, the state, what came."""
    head = ["as of", "window", "chance", "EWM(6)", "30 d/max", "state", "came", "80%", "passed"]
    rows = [
        [
            f"{line.as_of}",
            _window(line),
            chance(line.probability),
            chance(line.ewm_6),
            "" if line.observed is None else f"{line.observed:.2f}",
            _state(standing),
            *_came(line),
        ]
        for line, standing in zip(lines, stood, strict=True)
    ]
    return table(head, rows, left=2)


def verdict_text(found: Verdict | None, trigger: Trigger) -> list[str]:
    """The sentences and tables on how good it was."""
    if found is None:
        return [paragraph("What came of these windows is not known yet.")]
    if few := few_note(found):
        texts = [_counts(found), _unsure(found), _activations(found), few]
        return ["\n".join(bullet(text) for text in texts if text)]
    parts = ["\n".join(bullet(text) for text in _sentences(found)), _members(found)]
    if found.best is not None:
        parts.append("\n".join(bullet(text) for text in _best(found, trigger)))
    return [*parts, _reliability(found)]


def _sentences(found: Verdict) -> list[str]:
    texts = [_counts(found), _unsure(found), _caught(found), _false(found), _lead(found)]
    return [text for text in [*texts, _returns(found), *_brier(found)] if text]


def _counts(found: Verdict) -> str:
    ours = found.members[0].counts
    spells = f" in {_many(found.spells, 'spell')}" if found.events else ""
    passed = f"after {found.events} of {_many(found.n, 'day')} looked at{spells}"
    parts = (
        f"{_number(ours.hits)} hits, {_number(ours.misses)} misses, "
        f"{_number(ours.false_alarms)} false alarms, "
        f"{_number(ours.correct_rejections)} correct rejections."
    )
    if found.expected == found.events:
        return f"The threshold was passed {passed}: {parts}"
    return (
        f"The threshold was passed {passed} likelier than not, {found.expected:.1f} expected by "
        f"the chance of each; expected are {parts}"
    )


def _unsure(found: Verdict) -> str:
    if not found.unsure:
        return ""
    return (
        f"Of {found.unsure} of the {found.n} nobody knows at nine in ten whether it was passed: no "
        "figure of the very place and window was published. Counts, costs and scores are expected "
        "over both; intervals hold both."
    )


def _caught(found: Verdict) -> str:
    if found.caught is None:
        return f"No event in {found.n} days: nothing is known of how many it would catch."
    many = f"{_number(found.expected)} events in {found.n} days: "
    text = many if found.expected < FEW else ""
    text += f"it caught {found.caught.value:.0%}; the interval runs from "
    text += f"{found.caught.low:.0%} to {found.caught.high:.0%}"
    wide = found.caught.high - found.caught.low > 0.5
    return text + (". We do not know how many it would catch." if wide else ".")


def _false(found: Verdict) -> str:
    if found.false_share is None:
        return "It never raised the alarm."
    share = found.false_share
    return f"Of its alarms {share.value:.0%} were false (from {share.low:.0%} to {share.high:.0%})."


def _lead(found: Verdict) -> str:
    if not found.lead_days:
        return ""
    days = sorted(found.lead_days)
    told = f"{days[0]}" if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return (
        f"Lead time of the hits: {told} days from the day of the line to the one on which the "
        "threshold was passed, arrivals taken as even over the window."
    )


def _activations(found: Verdict) -> str:
    return f"Activations: {found.activations}.{_with_event(found)}"


def _with_event(found: Verdict) -> str:
    if not found.activations:
        return ""
    without = found.activations - found.activations_passed
    return (
        f" With the event in their window {_number(found.activations_passed)}, without "
        f"{_number(without)}."
    )


def _returns(found: Verdict) -> str:
    period = found.return_months
    text = f"Activations: {found.activations} in {found.months:g} months"
    if not found.activations:
        return f"{text}; it is rarer than one in {period.low:.0f} months, at 95 in 100."
    return (
        f"{text}, a return period of {period.value:.0f} months (from {period.low:.0f} to "
        f"{period.high:.0f}).{_with_event(found)}"
    )


def _brier(found: Verdict) -> list[str]:
    each = [f"{name} {_interval(score, 2)}" for name, score in found.brier.items()]
    return [
        f"Brier score, lower is better: {'; '.join(each)}.",
        f"The {BASE_RATE} is {found.base_rate:.0%}, how often it was passed, said on every day. "
        "What does not score lower than it, beyond the intervals, shows no skill.",
    ]


def _members(found: Verdict) -> str:
    head = ["", "hits", "misses", "false", "rejected", "cost a day", "90%", "over ours", "90%"]
    rows = []
    for one in found.members:
        ours = one.name == TRIGGER
        counts = one.counts
        rows.append(
            [
                one.name,
                *(_number(n) for n in (counts.hits, counts.misses, counts.false_alarms)),
                _number(counts.correct_rejections),
                f"{one.cost.value:.2f}",
                f"{one.cost.low:.2f}–{one.cost.high:.2f}",
                "" if ours else f"{one.more.value:+.2f}",
                "" if ours else f"{one.more.low:+.2f} … {one.more.high:+.2f}",
            ]
        )
    return f"{table(head, rows)}\n\n{paragraph(_worth(found))}"


def _worth(found: Verdict) -> str:
    """Whether it is worth more than the cheapest way to do without it."""
    text = "Cost of a day looked at is that of its miss or its false alarm. "
    other = min(found.members[1:], key=lambda one: one.cost.value)
    if other.more.low > 0.0:
        return f"{text}It costs less than the next, {other.name}, beyond the doubt of the interval."
    if other.more.high < 0.0:
        return f"{text}It costs MORE than {other.name}, beyond the doubt of the interval."
    return (
        f"{text}Of the others {other.name} costs least; whether that is more or less than ours we "
        "do not know, for the interval holds 0."
    )


def _best(found: Verdict, trigger: Trigger) -> list[str]:
    best = found.best
    if best is None:
        return []
    level = best.level
    texts = [
        f"On these days a level of {level.value:.2f} would have cost least ({best.cost:.2f}), but "
        f"resampled they say anything from {level.low:.2f} to {level.high:.2f}; yours is "
        f"{trigger.met_at:.2f}."
    ]
    if best.by_ratio is not None:
        texts.append(
            f"If the chances are calibrated, your costs alone put it at {best.by_ratio:.2f}: "
            "false alarm / (false alarm + miss)."
        )
    return texts


def _reliability(found: Verdict) -> str:
    rows = [
        [
            f"{each.low:.0%}–{each.high:.0%}",
            str(each.n),
            f"{each.mean:.0%}",
            f"{each.passed.value:.0%}",
            f"{each.passed.low:.0%}–{each.passed.high:.0%}",
        ]
        for each in found.reliability
    ]
    return table(["chance said", "days", "mean", "passed", "90% interval"], rows)


def _made(record: Record) -> str:
    models = ", ".join(f"{name} {version}" for name, version in record.models.items())
    text = f"nuzuh {record.nuzuh}; {models}; {record.draws} draws, seed {record.seed}."
    return paragraph(text)


def _window(line: Line) -> str:
    whole = span(line.start, line.end)
    return whole if whole[0].isalpha() else f"{line.start:%-d %b} – {line.end:%-d %b}"


def _state(standing: Standing) -> str:
    if standing.activates:
        return "ACTIVATES"
    return "held back" if standing.held_back else standing.state


def _came(line: Line) -> list[str]:
    came = line.came
    if came is None:
        return ["open", "", ""]
    passed = "yes" if came.passed else "no"
    if came.by != RECONCILED:
        return [exact(came.persons), "published", passed]
    return [figure(came.persons), between((came.low, came.high)), passed + "?" * (not came.sure)]


def _interval(found: Estimate, digits: int) -> str:
    return f"{found.value:.{digits}f} ({found.low:.{digits}f}–{found.high:.{digits}f})"


def _number(expected: float) -> str:
    """A count, or how many are expected: 5, 6.5."""
    return f"{expected:.0f}" if expected == round(expected) else f"{expected:.1f}"


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"

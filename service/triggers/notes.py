"""What must be known of a record before its figures are read, in whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.trigger_record import RECONCILED, Line, Record, Vintage
from forecast.trigger_verdict import Verdict
from service.numbers import day

FEW_LOOKS = 12
STEPS = {7: "every week", **dict.fromkeys((28, 29, 30, 31), "every month")}
UNNOTED = (
    "This record does not say whether days of publication were assumed: it was made before that "
    "was noted. Make it anew with nuzuh trigger try."
)
VINTAGE = "Each line says what was said from what had been published by its day."
CAME = (
    "What came is a figure of the reference source where it published one of the very place and "
    "window, else reconciled from all sources as known on {known}, median and 80% interval."
)
SAME_MODEL = (
    "What came, reconciled, is a figure of the same model that made the forecast. Where sources "
    "tell of an area as one and the place is a part of it, as the border belt is, that part is "
    "modelled: an error in it is in the forecast and in what came alike, and is not seen here."
)
HINDSIGHT = (
    "The models were built with these years in sight, the data were not: a record of the future "
    "may be worse."
)


def record_notes(record: Record, found: Verdict | None) -> list[str]:
    """What to know of a record: its vintage, what came, how often it looks, hindsight."""
    looks = "" if found is None else looks_note(found)
    vintage = UNNOTED if record.vintage is None else vintage_note(record.vintage)
    came = CAME.format(known=day(record.known_by))
    notes = [vintage, came, came_note(record.lines), looks, HINDSIGHT]
    return [note for note in notes if note]


def vintage_note(vintage: Vintage) -> str:
    """Whether lines are from what had been published by their day, or from what is taken for it."""
    if not vintage.pseudo:
        return VINTAGE
    text = "Pseudo-vintage: "
    if vintage.attacks:
        some = "" if vintage.attacks == 1.0 else f"{vintage.attacks:.0%} of "
        text += (
            f"{some}the attacks ({vintage.attack_source}) carry no day of publication; they are "
            f"those of a later release, each taken as known {vintage.attack_days:g} days after it "
            "ended. "
        )
    if vintage.reports:
        text += (
            f"{vintage.reports:.0%} of the reports carry none either; it is assumed from the usual "
            "delay of their source. "
        ).replace("none either", "none either" if vintage.attacks else "no day of publication")
    return f"{text}All else is from what had been published by the day of its line."


def came_note(lines: Sequence[Line]) -> str:
    """That what came is modelled, where it is."""
    modelled = any(x.came is not None and x.came.by == RECONCILED for x in lines)
    return SAME_MODEL if modelled else ""


def looks_note(found: Verdict) -> str:
    """That the service looks more often, where it does."""
    if found.step_days is None or found.step_days <= 1.0:
        return ""
    step = STEPS.get(round(found.step_days), f"every {found.step_days:g} days")
    return (
        f"Looked at {step}; the service looks every day: expect activations sooner and more often."
    )


def few_note(found: Verdict) -> str:
    """That it is not known how good it is, where it was hardly looked at."""
    if found.n >= FEW_LOOKS:
        return ""
    looks = "1 look is" if found.n == 1 else f"{found.n} looks are"
    return (
        f"{looks} too few to tell how often it would be right or wrong, what it would cost, or "
        f"which level is best: {FEW_LOOKS} at least."
    )

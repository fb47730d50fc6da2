"""What the figures are, how they came about, and until when they hold."""

from __future__ import annotations

import re

from forecast.calibrate import FALLBACKS
from service.outlook.chances import scale
from service.outlook.gate import gate_note
from service.outlook.language import Language, Text, mark
from service.outlook.sources import baseline_name
from service.outlook.teller import Teller
from service.outlook_sections import Section

KINDS = {"forecast": mark("Forecast"), "projection": mark("Projection")}
# Warnings that a forecast gives in English, as `forecast.run` and `forecast.calibrate` word them;
# one worded otherwise is shown as it is.
WARNINGS = (
    mark("uncalibrated: no past forecast of this crisis has been scored yet"),
    mark(
        "the baseline %(baseline)s has been better over the last scored months and is served in "
        "place of the model"
    ),
    mark("%(source)s had published nothing by then: the level is that of the other sources"),
    mark("no full week of attack data: arrivals are forecast from past reports alone"),
    mark("no report tells of %(places)s: the total leaves it out"),
    mark(
        "no report tells of returns: those shown are a guess, and of people who stay nobody is "
        "taken to go home"
    ),
    mark("the fit did not converge; read the intervals with caution"),
    mark(
        "%(share)s of the reports carry no publication date; it is assumed from their source's "
        "usual delay"
    ),
)
HOLE = re.compile(r"%\\\((\w+)\\\)s")


def basis(teller: Teller) -> list[Text]:
    """What the figures are, and that the first month has begun."""
    language, made = teller.language, teller.outlook.forecast
    found = [
        language.say("A forecast: the attacks are forecast too."),
        language.say(
            "Arrivals are movements as %(reference)s would publish them; who flees twice counts "
            "twice.",
            reference=teller.source(teller.known.reference),
        ),
    ]
    if made.past_days:
        found.append(
            language.counted(
                "%(days)s is already past on this day; %(month)s is forecast whole.",
                "%(days)s are already past on this day; %(month)s is forecast whole.",
                made.past_days,
                days=language.span(made.periods["start"].iloc[0], made.as_of),
                month=teller.months(1, 1),
            )
        )
    return found


def expiry(teller: Teller) -> Text:
    """Until when the outlook is to be used, or that it is too old already."""
    if teller.outlook.stale:
        return teller.language.say("Already beyond its use-by on this day.")
    return teller.language.say(
        "Not to be used after %(day)s.", day=teller.language.day(teller.outlook.expires)
    )


def method(teller: Teller) -> Text:
    """How the forecast came about, in one line."""
    made, language = teller.outlook.forecast, teller.language
    models = ", ".join(f"{name} {version}" for name, version in made.models.items())
    return language.say(
        "Method: weekly flows behind all reports, driven by attacks, fitted as of the day; attacks "
        "simulated; %(draws)s draws, seed %(seed)s (%(models)s). Random numbers depend on the "
        "length of the paths: the third digit differs between horizons.",
        draws=language.exact(made.draws["arrivals"].sizes["draw"]),
        seed=made.seed,
        models=language.foreign(models),
    )


def reading_section(teller: Teller) -> Section:
    """What the reader must know besides: the gate, the words, the method, warnings."""
    notes = [Text(" ".join(gate_note(teller))), scale(teller.language), method(teller)]
    notes += warnings(teller)
    return Section(teller.language.say("How to read this"), notes=notes)


def warnings(teller: Teller) -> list[Text]:
    """What the forecast warns of."""
    language = teller.language
    return [
        language.say("Warning: %(text)s", text=_warning(language, text))
        for text in teller.outlook.forecast.warnings
    ]


def _warning(language: Language, text: str) -> str:
    """A warning in the language, where it is one of those known."""
    for message in WARNINGS:
        pattern = HOLE.sub(r"(?P<\1>.+)", re.escape(message))
        found = re.fullmatch(pattern, text)
        if found:
            return language.say(message, **_values(language, found.groupdict()))
    return language.foreign(text)


def _values(language: Language, found: dict[str, str]) -> dict[str, str]:
    """What fills a warning: shares by locale, baselines by name."""
    told = dict(found)
    if "share" in told:
        told["share"] = language.percent(int(told["share"].rstrip("%")) / 100)
    if told.get("baseline") in FALLBACKS:
        told["baseline"] = baseline_name(language, told["baseline"])
    return told

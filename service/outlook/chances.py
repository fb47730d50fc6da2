"""Words for probabilities: one scale in every language, the figure always beside the word.

The bounds are those of the United States' Intelligence Community Directive 203, which leave no gap
and do not overlap.
"""

from __future__ import annotations

from service.outlook.language import Language, Text, mark

SCALE = (
    (0.05, mark("almost no chance")),
    (0.20, mark("very unlikely")),
    (0.45, mark("unlikely")),
    (0.55, mark("about even")),
    (0.80, mark("likely")),
    (0.95, mark("very likely")),
    (1.01, mark("almost certain")),
)


def in_words(language: Language, probability: float) -> Text:
    """The word for a probability: the first of the scale whose bound lies above it."""
    word = next(word for bound, word in SCALE if probability < bound)
    return language.say(word)


def scale(language: Language) -> Text:
    """The whole scale in one line."""
    lows = (0.0, *(bound for bound, _ in SCALE))
    parts = [
        f"{language.say(word)} {_range(language, low, min(bound, 1.0))}"
        for low, (bound, word) in zip(lows, SCALE, strict=False)
    ]
    return language.say("Words for chances: %(scale)s.", scale=language.listed(parts))


def _range(language: Language, low: float, high: float) -> str:
    return language.ltr(f"{language.percent(low)}–{language.percent(high)}")

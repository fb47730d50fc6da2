"""Words for probabilities: one scale in every language, the figure always beside the word.

The bounds are those of the United States' Intelligence Community Directive 203, laid on whole
percentages, so that they leave no gap, do not overlap, and a chance and its opposite have opposite
words.
"""

from __future__ import annotations

from service.outlook.language import Language, Text, mark

# The last percentage that has the word.
SCALE = (
    (4, mark("almost no chance")),
    (19, mark("very unlikely")),
    (44, mark("unlikely")),
    (55, mark("about even")),
    (80, mark("likely")),
    (95, mark("very likely")),
    (100, mark("almost certain")),
)


def in_words(language: Language, probability: float) -> Text:
    """The word for a probability, chosen on the whole percentage that is printed beside it."""
    word = next(word for last, word in SCALE if round(probability * 100) <= last)
    return language.say(word)


def scale(language: Language) -> Text:
    """The whole scale in one line."""
    firsts = (0, *(last + 1 for last, _ in SCALE[:-1]))
    parts = [
        f"{language.say(word)} {_range(language, first, last)}"
        for first, (last, word) in zip(firsts, SCALE, strict=True)
    ]
    return language.say("Words for chances: %(scale)s.", scale=language.listed(parts))


def _range(language: Language, first: int, last: int) -> str:
    return language.ltr(f"{language.percent(first / 100)}–{language.percent(last / 100)}")

"""Comparing spellings: what two of them share, and what a wrong one may have meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = {
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
    "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
    "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
    "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
    "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
    "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
}
_LETTERS = str.maketrans(_ALIKE)
_MODIFIERS = range(0x02B9, 0x02E0)
_TATWEEL = 0x0640


def fold(text: str) -> str:
    """What is left of a spelling without case, accents, spaces and punctuation, in any script.

    Marks of combining class 0 stay: in Indic scripts they are vowels. Letters that are written
    for one another (final and medial yeh in Arabic, dotted and dotless i in Turkish) become one.
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(filter(_is_letter, apart)).translate(_LETTERS)


def _is_letter(character: str) -> bool:
    if ord(character) in _MODIFIERS or ord(character) == _TATWEEL:
        return False
    if unicodedata.combining(character):
        return False
    return character.isalnum() or unicodedata.category(character).startswith("M")


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The known word that is spelled most alike, or None when all are far off."""
    by_fold = {word.casefold(): word for word in known}
    near = get_close_matches(wrong.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[near[0]] if near else None


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest of the known words, or an empty text."""
    word = nearest(wrong, known)
    return f"; did you mean {word!r}?" if word is not None else ""


def listed(words: Iterable[str]) -> str:
    """The words as a reader would list them: a, b, c."""
    return ", ".join(words)

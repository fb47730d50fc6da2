"""What a language gives an outlook: translated messages, numbers and days, names of places.

Messages are looked up in `service/locale/<code>/LC_MESSAGES/nuzuh.po`, compiled when first asked
for; English is what stands in the code. Placeholders are named, `%(place)s`, and keep the markup of
what fills them, so that a number in a sentence still says in a page where it is from.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache, cached_property
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.spelling import did_you_mean
from forecast.names import BELT, name_of
from service.numbers import END_ISOLATE, ISOLATE, LEAST_CHANCE, MOST_CHANCE, Numbers

LOCALES = {"en": "en", "tr": "tr", "ar": "ar_SY"}
FOLDER = Path(__file__).parents[1] / "locale"
DOMAIN = "nuzuh"
# Letters of the script that a language is told by where a place has many names.
SCRIPTS = {"tr": re.compile("[ğĞşŞıİçÇ]"), "ar": re.compile("[\u0600-\u06ff]")}
# In a text from right to left a foreign name stands behind this; the reader never sees it.
FOREIGN = "\u2068"


class Text(str):
    """A text that also knows its markup."""

    __slots__ = ("markup",)
    markup: Markup

    def __new__(cls, text: str, markup: Markup | None = None) -> Text:
        """The text; its markup is the text escaped where none is given."""
        found = super().__new__(cls, text)
        found.markup = escape(text) if markup is None else markup
        return found

    def __html__(self) -> str:
        return self.markup


def mark(message: str) -> str:
    """A message of a table in the code, marked to be translated where it is said."""
    return message


class Language(Numbers):
    """English, Turkish or Arabic."""

    def __init__(self, code: str, catalogue: NullTranslations | None = None) -> None:
        super().__init__(LOCALES[code])
        self.code = code
        self.catalogue = _catalogue(code) if catalogue is None else catalogue

    @cached_property
    def direction(self) -> str:
        """`ltr` or `rtl`, as HTML has it."""
        return "rtl" if self.rtl else "ltr"

    def say(self, message: str, **values: object) -> Text:
        """The message, its placeholders filled."""
        return _filled(self.catalogue.gettext(message), values)

    def counted(self, one: str, several: str, number: int, **values: object) -> Text:
        """The message in the plural of a number, which fills `%(number)s`."""
        message = self.catalogue.ngettext(one, several, number)
        return _filled(message, {"number": self.exact(number), **values})

    def named(self, context: str, name: str) -> str:
        """A name or title of a crisis: as the catalogue has it under a context, else as it is."""
        found = self.catalogue.pgettext(context, name)
        return self.foreign(name) if found == name else found

    def foreign(self, text: str) -> str:
        """A text in another script, kept together in a language that runs the other way."""
        if not self.rtl or not text or SCRIPTS["ar"].search(text):
            return text
        return f"{FOREIGN}{text}{END_ISOLATE}"

    def chance(self, probability: float) -> str:
        """A probability as a percentage; never 0 or 100, which draws cannot tell."""
        if probability < LEAST_CHANCE:
            return self.say("under %(share)s", share=self.percent(LEAST_CHANCE))
        if probability > MOST_CHANCE:
            return self.say("over %(share)s", share=self.percent(MOST_CHANCE))
        return self.percent(probability)

    def listed(self, parts: Sequence[str]) -> Text:
        """Parts one after the other, in the language's own commas."""
        comma = self.say(", ")
        return Text(comma.join(parts), comma.markup.join(parts))

    def apart(self, parts: Sequence[str]) -> Text:
        """Parts that hold commas of their own one after the other."""
        mark_ = self.say("; ")
        return Text(mark_.join(parts), mark_.markup.join(parts))

    def place(self, crisis: Crisis, place: str) -> str:
        """The name of a place, an area or the border belt in this language.

        That is what the catalogue says, else an alias of the crisis in the language's own script,
        else its first name.
        """
        if place == BELT:
            return self.say("Border belt")
        name = name_of(crisis, place)
        found = self.catalogue.pgettext("place", name)
        if found != name or self.code == "en":
            return found
        return self.foreign(self._alias(crisis, place) or name)

    def crisis(self, crisis: Crisis) -> str:
        """The title of a crisis: as its focus is called where it is named after it."""
        if crisis.title == crisis.places.name(crisis.focus):
            return self.place(crisis, crisis.focus)
        return self.foreign(crisis.title)

    def _alias(self, crisis: Crisis, place: str) -> str | None:
        """The first alias in the script; without a word before it, where another alias is so."""
        if self.code not in SCRIPTS or place not in crisis.places:
            return None
        aliases = str(crisis.places.frame.loc[place, "aliases"]).split(";")
        own = [alias for alias in aliases if SCRIPTS[self.code].search(alias)]
        shorter = [other for other in own if own[0].endswith(f" {other}")]
        return min([*shorter, *own[:1]], key=len, default=None)


@cache
def language(code: str) -> Language:
    """The language of a code. Raises InputError for one that there is none of."""
    if code not in LOCALES:
        why = f"is no language of outlooks{did_you_mean(code, LOCALES)}; give en, tr or ar"
        raise InputError(Finding("--lang", why, value=code))
    return Language(code)


def bare(text: str) -> str:
    """A text without the marks that keep its parts in order, which no reader sees."""
    return text.translate(dict.fromkeys(map(ord, ISOLATE + END_ISOLATE + FOREIGN)))


def catalogue_file(code: str) -> Path:
    """The catalogue of a language."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def _catalogue(code: str) -> NullTranslations:
    if code == "en":
        return NullTranslations()
    with catalogue_file(code).open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[code], domain=DOMAIN)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _filled(message: str, values: dict[str, object]) -> Text:
    if not values:
        return Text(message)
    return Text(message % values, escape(message) % values)

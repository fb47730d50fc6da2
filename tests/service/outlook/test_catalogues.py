"""Every message is marked, translated into every language, and keeps its placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pandas as pd
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment

from features.crisis import Crisis, bundled, load_crisis
from forecast.scenario_folder import shipped
from service.outlook.build import Outlook, build_outlook, warmed
from service.outlook.language import LOCALES, Language, catalogue_file, language
from service.outlook.page import html
from service.outlook.plaintext import sms, text
from service.outlook.teller import Teller
from service.scenario_run import read_all
from tests.folders import write_crisis

SERVICE = Path(__file__).parents[3] / "service"
TEMPLATE = SERVICE / "templates" / "outlook.html.j2"
KEYWORDS = {"say": None, "mark": None, "counted": (1, 2), "_": None, "gettext": None}
TRANSLATED = [code for code in LOCALES if code != "en"]
HOLE = re.compile(r"%\((\w+)\)s")


def messages() -> set[tuple[str, ...]]:
    """What code and template say, each with its plural where it has one."""
    found: set[tuple[str, ...]] = set()
    for file in (SERVICE / "outlook").glob("*.py"):
        found |= extracted("python", file)
    return found | extracted("jinja2.ext:babel_extract", TEMPLATE)


def extracted(method: str, file: Path) -> set[tuple[str, ...]]:
    options = {"trim_blocks": "true", "lstrip_blocks": "true"} if "jinja2" in method else {}
    rows = extract_from_file(method, file, keywords=KEYWORDS, options=options)
    return {one if isinstance(one, tuple) else (one,) for _, one, _, _ in rows}


def catalogue(code: str) -> Catalog:
    with catalogue_file(code).open("rb") as file:
        return read_po(file, locale=LOCALES[code])


def entries(code: str) -> Iterator[tuple[Message, tuple[str, ...], tuple[str, ...]]]:
    """Each message of a catalogue: its English forms, and its translated ones."""
    for message in catalogue(code):
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            told = message.string if isinstance(message.string, tuple) else (message.string,)
            yield message, ids, told


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    have = {ids for message, ids, told in entries(code) if not message.context and all(told)}
    assert messages() - have == set()
    assert have - messages() == set()
    assert not [message.id for message, _, _ in entries(code) if message.fuzzy]


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_translation_has_the_placeholders_of_the_english(code: str) -> None:
    for _, ids, told in entries(code):
        english = set(HOLE.findall(" ".join(ids)))
        for form in told:
            # One and two may be told by a word alone.
            spare = {"number"} if len(ids) > 1 else set()
            assert set(HOLE.findall(form)) | spare == english | spare, ids
            assert HOLE.sub("", form).count("%") == 0, ids


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_language_has_as_many_plural_forms_as_it_says(code: str) -> None:
    found = catalogue(code)
    for _, ids, told in entries(code):
        assert len(told) == (found.num_plurals if len(ids) > 1 else 1), ids


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0 يوم"),
        (1, "يوم واحد"),
        (2, "يومان"),
        (3, "3 أيام"),
        (11, "11 يوماً"),
        (100, "100 يوم"),
        (103, "103 أيام"),
        (124, "124 يوماً"),
    ],
)
def test_arabic_counts_in_six_forms(number: int, told: str) -> None:
    assert language("ar").counted("%(number)s day", "%(number)s days", number) == told


@pytest.mark.parametrize("code", TRANSLATED)
def test_scenarios_and_agreements_of_the_bundled_crisis_are_told_in_every_language(
    code: str,
) -> None:
    known = {(message.context, ids[0]) for message, ids, _ in entries(code) if message.context}
    assert "nw-syria" in bundled()
    files = read_all(list(shipped("nw-syria")), "nw-syria")
    texts = [told for file in files for told in (file.scenario.title, file.scenario.access) if told]
    assert [one for one in texts if ("scenario", one) not in known] == []
    titles = load_crisis("nw-syria").agreements["title"]
    assert [one for one in titles if ("agreement", one) not in known] == []


def test_no_text_of_the_template_is_unmarked() -> None:
    source = TEMPLATE.read_text()
    source = re.sub(r"{% trans %}.*?{% endtrans %}", "", source, flags=re.DOTALL)
    tokens = Environment(autoescape=True).lex(source)
    data = "".join(value for _, kind, value in tokens if kind == "data")
    bare = re.sub(r"<[^>]*>", " ", data)
    assert re.findall(r"[^\W\d_]+", bare) == []


class Dotted(NullTranslations):
    """Messages with their letters as dots, so that what is not marked still shows."""

    def gettext(self, message: str) -> str:
        return re.sub(
            r"%\(\w+\)s|[^\W\d_]", lambda found: found[0] if found[0][0] == "%" else "·", message
        )

    def ngettext(self, one: str, several: str, number: int) -> str:
        return self.gettext(one if number == 1 else several)


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    return load_crisis(write_crisis(tmp_path_factory.mktemp("sound") / "made-up"))


@pytest.fixture(scope="module")
def outlook(crisis: Crisis) -> Outlook:
    day = pd.Timestamp("2018-11-04")
    warm = warmed(crisis, day, draws=100)
    return build_outlook(crisis, day, what_if=warm, since=pd.Timestamp("2018-10-04"), later=True)


def names_of(crisis: Crisis) -> set[str]:
    """Words that are names, sources and months, or keys of a machine."""
    texts = [crisis.title, crisis.repeat_factor_source, crisis.family_size_source]
    texts += [*crisis.places.frame["name"], *crisis.areas["name"], *crisis.sources.index]
    texts += [*crisis.agreements["title"], "nuzuh", "pool", "flow_state", "attack_paths"]
    months = [f"{pd.Timestamp(2018, at, 1):%B %b}" for at in range(1, 13)]
    return set(re.findall(r"[^\W\d_]+", " ".join([*texts, *months])))


@pytest.mark.parametrize("make", ["html", "txt", "sms"])
def test_nothing_is_said_that_is_not_marked(outlook: Outlook, make: str) -> None:
    teller = Teller(outlook, Language("en", Dotted()))
    if make == "html":
        whole = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html(teller).decode(), flags=re.S)
        told = re.sub(r"<[^>]*>", " ", whole)
    else:
        told = text(teller) if make == "txt" else sms(teller).text
    told = told.replace(outlook.fingerprint, "").replace(outlook.fingerprint[:8], "")
    words = set(re.findall(r"[^\W\d_]+", told)) - names_of(outlook.known)
    # Cut by the width of a table.
    whole_words = " ".join(names_of(outlook.known)).casefold()
    assert {word for word in words if word.casefold() not in whole_words} == set()


def test_the_warnings_of_a_forecast_are_among_those_known(outlook: Outlook) -> None:
    told = text(Teller(outlook, language("tr")))
    for warning in outlook.forecast.warnings:
        assert warning not in told
    assert "kalibre edilmemiştir" in told


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_language_tells_the_same_figures(outlook: Outlook, code: str) -> None:
    def digits(lang: str) -> list[str]:
        page = html(Teller(outlook, language(lang))).decode()
        return re.findall(r'<data value="([^"]+)"', page)

    assert digits(code) == digits("en")

"""The outlook on paper: two sheets, small, its letters joined."""

from __future__ import annotations

import builtins
import re
import sys
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from features.crisis import load_crisis
from features.errors import InputError
from service.commands.outlook import scenarios_of
from service.outlook.build import Outlook, build_outlook, warmed
from service.outlook.render import render

DAY = pd.Timestamp("2019-05-04")


@pytest.fixture(scope="module")
def outlook() -> Outlook:
    crisis = load_crisis("nw-syria")
    warm = warmed(crisis, DAY, draws=200)
    scenarios = scenarios_of(crisis, "nw-syria", DAY, None)
    since = pd.Timestamp("2019-04-04")
    return build_outlook(crisis, DAY, what_if=warm, scenarios=scenarios, since=since)


def pango_is_there() -> bool:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


needs_pango = pytest.mark.skipif(not pango_is_there(), reason="needs WeasyPrint and Pango")


@needs_pango
@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "tr", "ar"])
def test_it_has_two_sheets_and_mails_under_500_kb(outlook: Outlook, lang: str) -> None:
    import weasyprint

    from service.outlook.language import language
    from service.outlook.page import paper
    from service.outlook.teller import Teller

    page = paper(Teller(outlook, language(lang)))
    assert len(weasyprint.HTML(string=page).render().pages) == 2
    parts = {format_: render(outlook, format_, lang) for format_ in ("txt", "html", "pdf")}
    assert parts["pdf"].startswith(b"%PDF-")
    assert len(parts["html"]) < 300_000
    assert sum(map(len, parts.values())) < 500_000


@needs_pango
@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "tr", "ar"])
def test_long_titles_and_twelve_places_take_no_third_sheet(outlook: Outlook, lang: str) -> None:
    from service.outlook.language import language
    from service.outlook.page import LARGER, paper, sheets
    from service.outlook.teller import Teller

    long = "and all that follows from it in the months thereafter, as partners told us. " * 4
    changed = {"title": long[:150], "access": long * 2}
    projections = [
        replace(one, scenario=one.scenario.model_copy(update=changed))
        for one in outlook.scenarios.projections
    ]
    asked = tuple((outlook.belt * 2)[:12])
    scenarios = replace(outlook.scenarios, projections=projections)
    crowded = replace(outlook, scenarios=scenarios, asked=asked)
    laid_out, larger = sheets(paper(Teller(crowded, language(lang))))
    assert len(laid_out.pages) == 2
    assert 1.0 < larger < LARGER[-1]


@needs_pango
def test_foreign_texts_have_an_element_of_their_own_on_paper(outlook: Outlook) -> None:
    from service.outlook.language import FOREIGN, language
    from service.outlook.page import html, paper
    from service.outlook.teller import Teller

    teller = Teller(outlook, language("ar"))
    body = re.sub(r"<[^>]*>", "", paper(teller).partition("<body")[2])
    assert FOREIGN not in body
    assert '<bdi dir="ltr">OCHA IDP Task Force</bdi>' in paper(teller)
    assert FOREIGN in html(teller).decode()


@needs_pango
def test_charts_on_paper_are_images_and_there_is_no_annex(outlook: Outlook) -> None:
    from service.outlook.language import language
    from service.outlook.page import paper
    from service.outlook.teller import Teller

    page = paper(Teller(outlook, language("ar")))
    images = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)"', page)
    assert len(images) == 2
    assert "<svg" not in page
    assert 'class="annex"' not in page


@pytest.mark.parametrize(
    ("error", "what"),
    [(ImportError("no weasyprint"), "WeasyPrint"), (OSError("no pango"), "Pango")],
)
def test_without_pango_pdf_alone_is_refused(
    outlook: Outlook, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str
) -> None:
    real = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise error
        return real(name, *given, **more)

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=rf"--format: 'pdf': needs {what}; html.*pip install"):
        render(outlook, "pdf", "en")
    assert render(outlook, "sms", "en")

"""The outlook as a page and as paper, from one template: no scripts, nothing fetched."""

from __future__ import annotations

import base64
import re
from typing import Any

from markupsafe import Markup, escape

from features.errors import Finding, InputError
from forecast.names import BELT
from service import charts
from service.numbers import END_ISOLATE
from service.outlook import arrivals, drivers, past, pictures, reading, sources, whatif
from service.outlook.headline import headline, leader, odds, people, stale, title
from service.outlook.language import FOREIGN
from service.outlook.teller import Teller
from service.pages import render_in
from service.version import nuzuh_version

TEMPLATE = "outlook.html.j2"
SHEETS = 2
A4 = 210, 297
SHEET = "@page {{ size: {}mm {}mm !important }}"
# How much larger than A4 a sheet is laid out before it is printed on A4.
LARGER = (1.0, 1.1, 1.2, 1.35, 1.5)
# A tag, or a foreign text.
ISOLATED = re.compile(f"(<[^>]*>)|{FOREIGN}([^<{END_ISOLATE}]*){END_ISOLATE}")
WHAT_TO_DO = (
    "needs {what}; html, txt and sms do without. Install it: pip install -e '.[pdf]', and on "
    "Debian apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core"
)


def html(teller: Teller) -> bytes:
    """The page for a screen, charts as SVG, with an annex of all figures."""
    return _page(teller, on_paper=False).encode()


def paper(teller: Teller) -> str:
    """The page for paper, charts as PNG, without the annex.

    WeasyPrint lays out each line anew and so loses an isolate that goes over two: an element of its
    own direction holds foreign texts together there.
    """
    head, body, rest = _page(teller, on_paper=True).partition("<body")
    return head + body + ISOLATED.sub(_held, rest)


def pdf(teller: Teller) -> bytes:
    """Two sheets of A4, charts as PNG. Raises InputError where WeasyPrint or Pango is missing."""
    laid_out, larger = sheets(paper(teller))
    written: bytes = laid_out.write_pdf(zoom=1 / larger)
    return written


def sheets(page: str) -> tuple[Any, float]:
    """A page laid out, and on how much larger a sheet than A4: what would need more than two."""
    try:
        from weasyprint import CSS, HTML
    except ImportError:
        raise _lacks("WeasyPrint") from None
    except OSError:
        raise _lacks("Pango") from None
    read = HTML(string=page)
    for larger in LARGER:
        sheet = CSS(string=SHEET.format(*(round(side * larger, 1) for side in A4)))
        laid_out = read.render(stylesheets=[sheet])
        if len(laid_out.pages) <= SHEETS:
            break
    return laid_out, larger


def _held(found: re.Match[str]) -> str:
    return found[1] or f'<bdi dir="ltr">{found[2]}</bdi>'


def _lacks(what: str) -> InputError:
    return InputError(Finding("--format", WHAT_TO_DO.format(what=what), value="pdf"))


def _page(teller: Teller, on_paper: bool) -> str:
    outlook, language = teller.outlook, teller.language
    drawn = {"fan": pictures.fan(teller), "map": pictures.belt(teller) if outlook.belt else ""}
    return render_in(
        language.catalogue,
        TEMPLATE,
        lang=language.code,
        direction=language.direction,
        paper=on_paper,
        title=title(teller),
        tag=language.say(reading.KINDS[outlook.forecast.kind]),
        as_of=language.day(outlook.forecast.as_of),
        data_through=sources.data_through(teller),
        expiry=reading.expiry(teller),
        headline=headline(teller),
        points=[*stale(teller), *odds(teller), people(teller)],
        leader=leader(teller),
        basis=reading.basis(teller),
        cards=_cards(teller),
        fan_caption=pictures.fan_caption(teller),
        map_caption=pictures.belt_caption(teller),
        destinations=arrivals.destinations_section(teller) if outlook.destinations else None,
        odds=arrivals.odds_section(teller),
        scenarios=whatif.scenarios_section(teller) if outlook.scenarios.projections else None,
        drivers=drivers.drivers_section(teller),
        agreements=drivers.agreements_section(teller),
        episodes=drivers.episodes_section(teller),
        record=past.record_section(teller),
        changes=past.changes_section(teller) if outlook.changes else None,
        apart=sources.apart_table(teller, 3),
        freshness=sources.freshness_section(teller),
        reading=reading.reading_section(teller),
        fingerprint=outlook.fingerprint,
        version=nuzuh_version(),
        colours={"middle": charts.MIDDLE, "later": charts.LATER, **charts.FAN},
        percent={level: language.percent(level / 100) for level in charts.FAN},
        annex=None if on_paper else _annex(teller),
        **{name: _png(chart) if on_paper else Markup(chart) for name, chart in drawn.items()},
    )


def _annex(teller: Teller) -> dict[str, Any]:
    """All that a page on a screen has room for besides."""
    outlook = teller.outlook
    sections = [arrivals.arrivals_section(teller)]
    sections += [arrivals.pressure_section(teller)] if outlook.tells_pressure else []
    sections.append(sources.factors_section(teller))
    told: dict[str, Any] = {"sections": sections, "afterwards": None, "later": ""}
    if outlook.afterwards is not None:
        told["afterwards"] = past.afterwards_section(teller)
        told["later"] = Markup(pictures.later(teller))
    return told


def _cards(teller: Teller) -> list[dict[str, Any]]:
    """The figures of the first box: place, window, movements, first-time persons, families."""
    wanted = [(teller.outlook.places[0], last) for last in teller.spans]
    wanted += [(BELT, 1)] if teller.outlook.tells_belt else []
    return [_card(teller, place, last) for place, last in wanted]


def _card(teller: Teller, place: str, last: int) -> dict[str, Any]:
    language = teller.language
    return {
        "place": teller.place(place),
        "window": teller.months(1, last),
        "movements": teller.middle(place, 1, last),
        "interval": language.say(
            "movements (%(level)s: %(bounds)s)",
            level=language.percent(0.8),
            bounds=teller.marked_bounds(place, 1, last),
        ),
        "people": language.say(
            "first-time: %(persons)s (%(families)s families)",
            **teller.people(place, 1, last),
        ),
    }


def _png(chart: str) -> Markup:
    """An SVG as an image in the page: what shapes Arabic on paper does not do so inside an SVG."""
    if not chart:
        return Markup("")
    found = re.search(r'aria-label="([^"]*)"', chart)
    told = Markup(found[1] if found else "")
    width = re.search(r'<svg[^>]* width="([\d.]+)"', chart)
    data = base64.b64encode(charts.png(chart)).decode()
    return Markup('<img src="data:image/png;base64,{}" alt="{}" width="{}">').format(
        data, told, escape(width[1] if width else "640")
    )

"""The outlook as plain text, 100 columns wide, and as one short message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from forecast.names import BELT
from forecast.result import THRESHOLDS
from service.outlook import arrivals, drivers, past, reading, sources, whatif
from service.outlook.chances import in_words
from service.outlook.headline import headline, leader, odds, people, stale, title
from service.outlook.language import bare
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table
from service.plain import WIDTH, bullet, heading, paragraph, table, width_of

LONGEST_WORDS, SHORTEST_WORDS = 60, 12
RIGHT_TO_LEFT = "\u200f"
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_LENGTH, GSM_PART = 160, 153
UCS_LENGTH, UCS_PART = 70, 67
MOST_SEGMENTS = 3


def text(teller: Teller) -> str:
    """The whole outlook; what came later stands last, under its own rule."""
    parts = [heading(title(teller), "═"), paragraph(" ".join(headline(teller)))]
    first = leader(teller)
    parts += [paragraph(first)] if first else []
    parts += ["\n".join(map(bullet, [*stale(teller), *odds(teller), people(teller)]))]
    parts += [paragraph(" ".join([*reading.basis(teller), sources.data_through(teller)]))]
    parts += [paragraph(reading.expiry(teller))]
    parts += [_section(section) for section in sections(teller)]
    fingerprint = teller.language.say("Fingerprint, SHA-256 of forecast.json:")
    parts += [f"{fingerprint}\n{teller.outlook.fingerprint}"]
    if teller.outlook.afterwards is not None:
        parts += [_apart(past.afterwards_section(teller))]
    whole = "\n\n".join(parts) + "\n"
    return _from_the_right(whole) if teller.language.rtl else whole


def sections(teller: Teller) -> list[Section]:
    """All sections but `afterwards`, in the order of reading."""
    outlook = teller.outlook
    found = [arrivals.arrivals_section(teller)]
    found += [arrivals.destinations_section(teller)] if outlook.destinations else []
    found += [arrivals.pressure_section(teller)] if outlook.tells_pressure else []
    found.append(arrivals.odds_section(teller))
    found += [whatif.scenarios_section(teller)] if outlook.scenarios.projections else []
    found += [past.changes_section(teller)] if outlook.changes else []
    makers = (
        drivers.drivers_section,
        drivers.agreements_section,
        drivers.episodes_section,
        past.record_section,
        sources.factors_section,
        sources.freshness_section,
        reading.reading_section,
    )
    return [*found, *(maker(teller) for maker in makers)]


@dataclass(frozen=True)
class Message:
    """A short message: its `encoding`, GSM-7 or UCS-2, and into how many `segments` it is cut."""

    text: str
    encoding: str
    segments: int


def message(text: str) -> Message:
    """A text as a telephone sends it: 160 letters of GSM 03.38 at once, 70 where others occur."""
    plain = set(text) <= GSM
    whole, part = (GSM_LENGTH, GSM_PART) if plain else (UCS_LENGTH, UCS_PART)
    segments = 1 if len(text) <= whole else -(-len(text) // part)
    return Message(text, "GSM-7" if plain else "UCS-2", segments)


def sms(teller: Teller) -> Message:
    """The outlook in one segment of GSM-7, or at most three of UCS-2.

    Told is what fits, the most important first.
    """
    parts = [bare(part) for part in _short_parts(teller)]
    found = message(parts[0])
    for count in range(2, len(parts) + 1):
        longer = message(" ".join(parts[:count]))
        if longer.segments > (1 if longer.encoding == "GSM-7" else MOST_SEGMENTS):
            break
        found = longer
    return found


def _short_parts(teller: Teller) -> list[str]:
    language, outlook = teller.language, teller.outlook
    focus = outlook.places[0]
    low, high = teller.ends(focus, 1, 1)
    start, _ = outlook.window(1, 1)
    parts = [
        language.say(
            "%(place)s, %(month)s: %(middle)s arrivals (%(level)s: %(low)s-%(high)s).",
            place=teller.place(focus),
            month=language.dated(start, "LLL y"),
            middle=teller.middle(focus, 1, 1),
            level=language.percent(0.8),
            low=low,
            high=high,
        )
    ]
    day = language.dated(outlook.expires, "d MMM")
    parts += stale(teller) or [language.say("Valid to %(day)s.", day=day)]
    if outlook.tells_belt:
        middle = teller.middle(BELT, 1, 1)
        parts.append(language.say("Border belt %(middle)s.", middle=middle))
    draws = outlook.forecast.draws["arrivals"].sel(place=focus, period=1).to_numpy()
    exceeds = float((draws > THRESHOLDS[1]).mean())
    parts.append(
        language.say(
            "Over %(level)s: %(word)s (%(chance)s).",
            level=language.exact(THRESHOLDS[1]),
            word=in_words(language, exceeds),
            chance=language.chance(exceeds),
        )
    )
    return [*parts, f"nuzuh {outlook.fingerprint[:8]}"]


def _section(section: Section) -> str:
    parts = [*map(paragraph, section.text), *map(_table, section.tables)]
    parts += ["\n".join(map(bullet, section.notes))] if section.notes else []
    return f"{heading(section.title.upper())}\n" + "\n\n".join(parts)


def _apart(section: Section) -> str:
    """A section between double rules, so that nobody takes it for something known."""
    rule = "═" * WIDTH
    return f"{rule}\n{_section(section)}\n{rule}"


def _table(found: Table) -> str:
    """The table, its title where the head of the first column is free, its words cut to fit."""
    head = list(found.head)
    above = f"{found.title}\n" if found.title and head[0] else ""
    head[0] = head[0] or found.title
    for longest, gap in product(range(LONGEST_WORDS, SHORTEST_WORDS, -1), (2, 1)):
        rows = [_shortened(row, found.left, longest) for row in found.rows]
        body = table(head, rows, found.left, gap)
        if max(map(width_of, body.splitlines())) <= WIDTH:
            break
    return above + body


def _shortened(row: Sequence[str], left: int, longest: int) -> list[str]:
    """The row with the words of its first `left` cells cut."""
    return [
        f"{bare(cell)[: longest - 1].rstrip()}…" if at < left and width_of(cell) > longest else cell
        for at, cell in enumerate(row)
    ]


def _from_the_right(whole: str) -> str:
    """Every line marked as one that runs from the right, whatever it begins with."""
    return "".join(
        f"{RIGHT_TO_LEFT}{line}" if line.strip() else line
        for line in whole.splitlines(keepends=True)
    )

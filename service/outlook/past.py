"""How good the forecasts have been, what changed since the last outlook, and what came later."""

from __future__ import annotations

from typing import Any

from forecast.afterwards import Afterwards
from forecast.records import records
from forecast.skill import Estimate
from forecast.summary import INTERVALS
from service.outlook.changes import PARTS
from service.outlook.language import Language, Text, mark
from service.outlook.record import RECENT_MONTHS
from service.outlook.sources import BASELINES, baseline_name
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table

MONTHS_AFTERWARDS = 3
CAUSES = {
    "data": mark("new data"),
    "revised": mark("revised data"),
    "model": mark("model"),
    "regime": mark("regime"),
}


def record_section(teller: Teller) -> Section:
    """The last outlooks against what came, coverage and relative skill."""
    language, record = teller.language, teller.outlook.record
    title = language.say("How good we have been")
    if record.skill is None or record.recent is None:
        text = language.say("No past forecast of this crisis has been scored yet: uncalibrated.")
        return Section(title, (text,))
    figures = language.counted("%(number)s figure", "%(number)s figures", record.figures)
    texts = [
        language.say(
            "Of %(figures)s published after %(outlooks)s there lay: %(shares)s.",
            figures=figures,
            outlooks=_outlooks(language, record.months),
            shares=language.listed(
                [_coverage(language, *pair) for pair in record.coverage.items()]
            ),
        ),
        language.say(
            "Error over that of the best of %(count)s simple baselines (%(baseline)s): %(skill)s "
            "in all, %(recent)s over the last %(outlooks)s scored; below 1 the model is better.",
            count=len(BASELINES),
            baseline=baseline_name(language, record.best),
            skill=_estimate(language, record.skill),
            recent=_estimate(language, record.recent),
            outlooks=_outlooks(language, min(RECENT_MONTHS, record.months)),
        ),
        _who_leads(teller),
        language.say(
            "Replays by today's code, whose models were built with these months in sight: a record "
            "of the future may be worse."
        ),
    ]
    names = language.listed([baseline_name(language, name) for name in BASELINES])
    note = language.say("The simple baselines: %(names)s.", names=names)
    return Section(title, texts, [latest_table(teller)], (note,))


def latest_table(teller: Teller) -> Table:
    """The last outlooks of which figures have come."""
    language = teller.language
    head = [
        language.say("outlook of"),
        language.say("figures since"),
        language.say("middle one over forecast"),
        language.say("inside %(level)s", level=language.percent(0.8)),
    ]
    rows = [
        [
            language.day(one.as_of),
            language.exact(one.figures),
            language.factor(one.factor),
            language.say("%(inside)s of %(all)s", inside=one.inside, all=one.figures),
        ]
        for one in teller.outlook.record.latest
    ]
    return Table(head, rows)


def changes_section(teller: Teller) -> Section:
    """What moved the figures since the last outlook, in people."""
    language, found = teller.language, teller.outlook.changes
    assert found is not None
    since, now = language.day(found.since), language.day(teller.outlook.forecast.as_of)
    rows = [
        [language.say("outlook of %(day)s", day=since), language.exact(found.before)],
        *([language.say(CAUSES[part]), language.signed(found.parts[part])] for part in PARTS),
        [language.say("outlook of %(day)s", day=now), language.exact(found.now)],
    ]
    head = [
        language.say("mean arrivals, %(window)s", window=language.span(found.start, found.end)),
        language.say("movements"),
    ]
    came = language.say(
        "%(reports)s came since, %(revisions)s revise older ones.",
        reports=language.counted("%(number)s report", "%(number)s reports", found.reports),
        revisions=language.exact(found.revisions),
    )
    note = language.say(
        "Means, which add up. The last outlook made again, one thing changed at a time: days and "
        "reports, revisions, calibration by the track record, attacks known. Parts under "
        "%(noise)s may be chance.",
        noise=language.about(found.noise),
    )
    code = language.say(
        "The model's part covers calibration alone: the last forecast is not kept here, so that "
        "changed code is in no part."
    )
    if found.code:
        code = language.say(
            "The model's part covers calibration and changed code: the last forecast made again "
            "from its own rows, less what it said."
        )
    title = language.say("What changed since %(day)s", day=since)
    return Section(title, (came,), [Table(head, rows)], (note, code))


def afterwards_section(teller: Teller) -> Section:
    """What was published later against the forecast of the day."""
    language, every = teller.language, teller.outlook.afterwards
    assert every is not None
    shown = shown_afterwards(teller)
    head = [
        language.say("window"),
        language.say("place"),
        language.say("source"),
        language.say("published"),
        language.say("figure"),
        teller.interval_head(80),
        language.say("within"),
    ]
    rows = [later_row(teller, row) for row in records(shown.rows)]
    months = len(teller.outlook.forecast.periods)
    counts = [
        _count(language, language.say("Of the figures above"), shown),
        _count(
            language,
            language.counted(
                "Of all arrival figures for the month",
                "Of all arrival figures for the %(number)s months",
                months,
            ),
            every.of("arrivals"),
        ),
        _count(
            language,
            language.say("Of all figures, departures, returns and pairs included"),
            every,
        ),
        language.say("*: day of publication assumed from the usual delay of the source."),
        language.say(
            "Figures for the same weeks stand or fall together: read these counts as a few cases, "
            "not as many."
        ),
    ]
    text = language.say(
        "Not known on %(day)s: published later, set against what was forecast on that day for "
        "exactly this source, place and window. Arrivals; windows that end in the first three "
        "months.",
        day=language.day(teller.outlook.forecast.as_of),
    )
    return Section(language.say("Afterwards"), (text,), [Table(head, rows, left=4)], counts)


def shown_afterwards(teller: Teller) -> Afterwards:
    """Later arrival figures of windows in the first three months, on ground that is forecast."""
    made, every = teller.outlook.forecast, teller.outlook.afterwards
    assert every is not None
    last = made.periods["end"].iloc[min(MONTHS_AFTERWARDS, len(made.periods)) - 1]
    kept = every.of("arrivals").until(last).rows
    places = made.crisis.places
    inside = [
        all(places.within(member, made.crisis.focus) for member in made.crisis.members(place))
        for place in kept["place_id"]
    ]
    return Afterwards(kept[inside].reset_index(drop=True))


def later_row(teller: Teller, row: Any) -> list[str]:
    """A figure published later, beside the interval forecast for it."""
    language = teller.language
    star = "*" if row.published_assumed else ""
    return [
        language.short_span(row.start, row.end),
        teller.place(row.place_id),
        teller.source(row.source),
        f"{language.dated(row.published, 'd MMM')}{star}",
        language.exact(row.persons),
        language.between((row.low_80, row.high_80)),
        _narrowest(language, row),
    ]


def _outlooks(language: Language, count: int) -> Text:
    return language.counted("%(number)s outlook", "%(number)s outlooks", count)


def _who_leads(teller: Teller) -> Text:
    """Whether model or baseline is ahead, and whether that is more than chance."""
    language, recent = teller.language, teller.outlook.record.recent
    assert recent is not None
    if recent.value > 1.0:
        return language.say("The baseline is better at the moment.")
    if recent.high < 1.0:
        return language.say("The model is better at the moment.")
    return language.say("The model is better at the moment, but that may be chance.")


def _coverage(language: Language, level: int, found: Estimate) -> Text:
    share = language.percent(found.value)
    within = language.percent(level / 100)
    return language.say("%(share)s inside the %(level)s interval", share=share, level=within)


def _estimate(language: Language, found: Estimate) -> str:
    low, high = language.decimal(found.low, 2), language.decimal(found.high, 2)
    return f"{language.decimal(found.value, 2)} ({language.ltr(f'{low}–{high}')})"


def _narrowest(language: Language, row: object) -> str:
    """The narrowest interval that holds a later figure."""
    held = [level for level in INTERVALS if getattr(row, f"inside_{level}")]
    return language.percent(held[0] / 100) if held else language.say("none")


def _count(language: Language, what: Text, found: Afterwards) -> Text:
    parts = [
        language.say(
            "%(inside)s of %(all)s inside the %(level)s interval",
            inside=found.inside(level),
            all=len(found.rows),
            level=language.percent(level / 100),
        )
        for level in INTERVALS
    ]
    return Text(f"{what}: {language.listed([*parts])}.")

"""What drives the forecast: attacks by front, what was hit, agreements, and past episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from features.intensity import weekly_intensity
from features.overlap import DAY
from features.panel import drivers_of
from forecast.records import records
from forecast.summary import Summary, summarise
from service.numbers import rounded
from service.outlook.language import Language, Text, mark
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table

SPANS = (1, 2, 3, 6)
RECENT_WEEKS, BEFORE_WEEKS, YEAR_WEEKS = 4, 12, 52
RECENT_COLLAPSE_DAYS = 90
ATTACKS = mark("Attacks")
UNITS = {
    "lethal": mark("Events with deaths"),
    "air_strike": mark("Air strikes"),
    "shelling": mark("Shellings"),
    "battle": mark("Battles"),
}
TARGETS = {
    "health": mark("health facilities"),
    "school": mark("schools"),
    "idp_site": mark("sites of displaced people"),
    "market": mark("markets"),
}


def drivers_section(teller: Teller) -> Section:
    """Attacks by front so far, and those that the forecast assumes."""
    language, made = teller.language, teller.outlook.forecast
    title = language.say("What drives it")
    if made.attacks is None:
        return Section(title, (language.say("The crisis has no attack data."),))
    text = language.say(
        "%(unit)s a week (%(source)s): the last weeks known, and those assumed, the middle with "
        "its %(level)s interval.",
        unit=_unit(teller),
        source=teller.source(_source(teller)),
        level=language.percent(0.8),
    )
    tables = [table for table in (fronts_table(teller), assumed_table(teller)) if table.rows]
    return Section(title, (text,), tables, [*hits(teller), *filter(None, [_counted_where(teller)])])


def fronts_table(teller: Teller) -> Table:
    """Attacks a week at each front of the last weeks known, beside those before."""
    language, known = teller.language, teller.known
    fronts = _fronts(teller)
    found = weekly_intensity(known.attacks, known, fronts, teller.outlook.forecast.as_of)
    if found is None:
        return Table([], [])
    weekly, end = found.weekly, found.through
    starts = [weekly.index[-min(count, len(weekly))] for count in (RECENT_WEEKS, BEFORE_WEEKS)]
    recent = weekly.tail(RECENT_WEEKS).mean()
    before = weekly.iloc[:-RECENT_WEEKS].tail(BEFORE_WEEKS).mean()
    year = weekly.tail(YEAR_WEEKS).mean()
    head = [
        language.span(starts[0], end),
        language.counted("%(number)s week before", "%(number)s weeks before", BEFORE_WEEKS),
        language.say("a year"),
    ]
    rows = [
        [
            teller.place(front),
            *(language.decimal(each[front], 1) for each in (recent, before, year)),
        ]
        for front in fronts
    ]
    return Table(["", *head], rows, language.say("Attacks a week by front"))


def assumed_table(teller: Teller) -> Table:
    """The attacks that the forecast assumes, by where they drive people."""
    made, language = teller.outlook.forecast, teller.language
    assert made.attacks is not None
    recent = made.attacks.weekly.tail(RECENT_WEEKS)
    weeks = language.span(recent.index[0], made.attacks.through)
    columns = [at for at in SPANS if at <= len(made.periods)]
    head = ["", weeks, *(teller.months(at, at) for at in columns)]
    rows = []
    for cell in teller.outlook.cells:
        draws = made.intensity.sel(place=cell).transpose("draw", "period").to_numpy()
        ahead = [_week_rate(language, summarise(draws[:, at - 1])) for at in columns]
        rows.append([teller.place(cell), language.decimal(recent[cell].mean(), 1), *ahead])
    return Table(head, rows, language.say("Attacks assumed"))


def hits(teller: Teller) -> list[Text]:
    """How often attacks hit what should be spared in the last weeks known; blank where untold."""
    known, language = teller.known, teller.language
    made = teller.outlook.forecast
    rows = known.attacks[(known.attacks["target"] != "") & known.attacks["target"].notna()]
    if made.attacks is None or rows.empty:
        return [language.say("What was hit is not told by the sources of this crisis.")]
    first = made.attacks.through - (7 * RECENT_WEEKS - 1) * DAY
    recent = rows[rows["end"] >= first]
    events = recent["events"].fillna(1.0).groupby(recent["target"]).sum()
    parts = [
        f"{language.say(TARGETS[str(target)])} {language.exact(count)}"
        for target, count in events.items()
    ]
    window = language.span(first, made.attacks.through)
    if not parts:
        return [language.say("Hit in %(window)s: nothing of note told.", window=window)]
    return [
        language.say("Hit in %(window)s: %(hits)s.", window=window, hits=language.listed(parts))
    ]


def agreements_section(teller: Teller) -> Section:
    """Agreements in force on the day, and those that just collapsed."""
    rows, as_of = teller.known.agreements, teller.outlook.forecast.as_of
    language = teller.language
    alive = rows[(rows["effective"] <= as_of) & rows["collapsed"].isna()]
    gone = rows[rows["collapsed"] > as_of - RECENT_COLLAPSE_DAYS * DAY]
    text = [
        language.say(
            "In force since %(day)s: %(title)s",
            day=language.day(row.effective),
            title=language.named("agreement", row.title),
        )
        for row in records(alive)
    ]
    text += [
        language.say(
            "Collapsed on %(day)s: %(title)s",
            day=language.day(row.collapsed),
            title=language.named("agreement", row.title),
        )
        for row in records(gone)
    ]
    return Section(
        language.say("Agreements known on the day"), notes=text or [language.say("None.")]
    )


def episodes_section(teller: Teller) -> Section:
    """The nearest past episodes and what followed them."""
    found, language = teller.outlook.episodes, teller.language
    title = language.say("Nearest past episodes")
    if found is None:
        return Section(title, (language.say("Too few weeks of attacks are known to compare."),))
    head = [
        language.say("episode"),
        language.say("typically off by"),
        language.say("alike back for"),
        *(language.say("then %(place)s", place=teller.place(cell)) for cell in found.levels),
    ]
    rows = [
        [
            language.span(one.start, one.end),
            language.factor(float(np.exp(one.distance))),
            language.counted("%(number)s week", "%(number)s weeks", one.alike_weeks),
            *(language.factor(one.after[cell]) for cell in found.levels),
        ]
        for one in found.found
    ]
    text = language.say(
        "Attacks of %(window)s and those most like them; then: attacks in the weeks after, over "
        "those of the episode. That attacks were alike does not say that what followed will follow "
        "again.",
        window=language.span(found.start, found.end),
    )
    return Section(title, (text,), [Table(head, rows)], _followed(teller))


def _followed(teller: Teller) -> list[Text]:
    """Published arrivals of the weeks after each episode: the largest figure of each."""
    language, found = teller.language, teller.outlook.episodes
    notes = []
    for one in found.found if found else ():
        if one.arrivals.empty:
            continue
        row = one.arrivals.sort_values("persons", kind="stable").iloc[-1]
        notes.append(
            language.say(
                "After %(episode)s the largest arrival figure was %(persons)s (%(source)s, "
                "%(place)s, %(window)s).",
                episode=language.span(one.start, one.end),
                persons=language.exact(row["persons"]),
                source=teller.source(row["source"]),
                place=teller.place(row["place_id"]),
                window=language.span(row["start"], row["end"]),
            )
        )
    return notes


def _fronts(teller: Teller) -> Mapping[str, Sequence[str]]:
    """Areas that are fronts by their id, else the cells, each with where its attacks happen."""
    ids = filter(teller.outlook.tells_of, teller.known.areas["area_id"].unique().tolist())
    fronts = {id_: [id_] for id_ in ids if id_.startswith("front-")}
    return fronts or _drivers(teller)


def _drivers(teller: Teller) -> Mapping[str, Sequence[str]]:
    """Which attacks drive people into which cell."""
    outlook = teller.outlook
    whole = outlook.served or outlook.forecast
    found = drivers_of(whole.crisis, [str(cell) for cell in whole.intensity["place"].to_numpy()])
    return {cell: found[cell] for cell in outlook.cells}


def _source(teller: Teller) -> str:
    return teller.known.attack_source or ""


def _unit(teller: Teller) -> Text:
    attacks = teller.known.attacks
    kinds = attacks.loc[attacks["source"] == teller.known.attack_source, "kind"].unique()
    if len(kinds) == 1:
        return teller.language.say(UNITS.get(kinds[0], ATTACKS))
    return teller.language.say("Attacks, counted as air strikes,")


def _counted_where(teller: Teller) -> Text:
    """Which attacks drive people into which cell, as far as readers are told."""
    language = teller.language
    told = [
        f"{teller.place(cell)} ({language.apart([*map(teller.place, places)])})"
        for cell, drivers in _drivers(teller).items()
        if (places := list(filter(teller.outlook.tells_of, drivers)))
    ]
    if not told:
        return Text("")
    return language.say(
        "Attacks are counted where they drive people into: %(places)s.",
        places=language.listed(told),
    )


def _week_rate(language: Language, found: Summary) -> str:
    low, high = found.intervals[80]
    ends = (language.exact(rounded(end, 2)) for end in (low, high))
    return language.ltr(f"{language.exact(rounded(found.median, 2))} ({'–'.join(ends)})")

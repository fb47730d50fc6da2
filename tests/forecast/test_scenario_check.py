from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.crisis import load_crisis
from features.errors import InputError
from features.panel import build_panel
from forecast.scenario import Scenario
from forecast.scenario_check import settle
from forecast.scenario_file import parse_toml, read_draft, read_scenario
from forecast.scenario_folder import shipped
from forecast.scenario_ground import Ground
from forecast.scenario_words import UNCHANGED, assumptions
from tests.strategies import camps, day, made_up, without_attacks

AS_OF, LAST = day("2018-06-15"), day("2018-09-30")


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground(build_panel(made_up(), AS_OF, LAST))


def settled(ground: Ground, text: str) -> Scenario:
    return settle(parse_toml(f'title = "t"\n{text}', "f"), ground, LAST)


def errors(ground: Ground, text: str) -> str:
    with pytest.raises(InputError) as caught:
        settled(ground, text)
    return "\n".join(str(finding) for finding in caught.value.findings)


def test_days_become_dates_and_names_ids(ground: Ground) -> None:
    found = settled(ground, '[[attacks]]\nplace = "Kafr Nabuda"\nfrom = 16\nmultiply = 2')
    [attack] = found.attacks
    assert (attack.place, attack.from_, attack.to) == ("N0201", date(2018, 7, 1), LAST.date())
    assert settled(ground, "[[closure]]\nplace = 'Salq'").closure[0].from_ == date(2018, 6, 16)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[attacks]]\nmultiply = 2\nfrom = 2018-06-15", "f:4: attacks[1].from '2018-06-15': lies"),
        ("[[attacks]]\nmultiply = 2\nto = 400", "f:4: attacks[1].to '2019-07-20': lies outside"),
        ("[[attacks]]\nmultiply = 2\nto = 4000000000", "lies outside the horizon"),
        (
            "[[attacks]]\nmultiply = 2\nfrom = 20\nto = 10",
            "f:5: attacks[1].to '2018-06-25'",
        ),
        ("[[agreement]]\ndate = 0", "f:3: agreement[1].date '2018-06-15': lies outside"),
        (
            '[[attacks]]\nkind = "shelling"\nmultiply = 2',
            "no data on this kind of attack by Event Data, the source that drives the forecast; "
            "it has: air_strike",
        ),
        ('[[attacks]]\nkind = "battle"\nmultiply = 2', "do not drive the forecast; use air_strike"),
        (
            '[[attacks]]\nplace = "Nowhere"\nmultiply = 2',
            "f:3: attacks[1].place 'Nowhere'",
        ),
        (
            '[[attacks]]\nplace = "Marj"\nmultiply = 2',
            "is the name of 2 places",
        ),
        ('[[attacks]]\nplace = "T"\nmultiply = 2', "drive no place that is forecast"),
        ("[[attacks]]\nreplay = { from = 2010-01-01 }", "lies outside what is known of attacks"),
        ("[[attacks]]\nreplay = { from = 2018-05-12, weeks = 9 }", "weeks from 2018-05-12 on are"),
        ('[[territory]]\nplaces = ["L-rest"]\ndate = 5', "population of these places is not in"),
        ('[[closure]]\nplace = "T"', "arrivals there are not forecast"),
        ('[[closure]]\nbetween = ["N02", "Nowhere"]', "f:3: closure[1].between 'Nowhere'"),
        (
            '[[attacks]]\nplace = "N0101"\nkind = "air_strike"\nmultiply = 2',
            "f:5: attacks[1].multiply '2': no such attacks are known by then, and no factor of "
            "nothing is something; say how many a week with set, kind and place",
        ),
        ("[target]\npeople = 5\nof = 'crossed'", "f:2: target.vary[1] 'attacks': nobody crosses"),
        ("[target]\npeople = 5\nplace = 'N'\nvary = ['gate']", "a gate changes who crossed alone"),
        ("[target]\npeople = 5\nplace = 'N'\nvary = ['outflow']", "no outflow to vary; add"),
        (
            "[target]\npeople = 5\nplace = 'N'\nby = 400",
            "f:5: target.by '2019-07-20': lies",
        ),
        ("[target]\npeople = 5\nplace = 'T'", "f:4: target.place 'T': arrivals there are not"),
        ('[[closure]]\nplace = "L-rest"', "arrivals there are not forecast"),
        (
            '[[outflow]]\nplace = "N"\npeople = 1\ndestinations = ["T"]',
            "not forecast",
        ),
        (
            "[[attacks]]\nmultiply = 2\n[[attacks]]\nmultiply = 3",
            "f:4: attacks[2]: contrad",
        ),
        (
            "[regimes]\nholds = 1\n[[attacks]]\nreplay = { from = 2017-05-06 }",
            "regimes and a replay both say",
        ),
        ("[[agreement]]\ndate = 5\n[[agreement]]\ndate = 5", "two agreements begin at once"),
        (
            '[[closure]]\nplace = "N01"\n[[outflow]]\nplace = "N02"\npeople = 5\n'
            'destinations = ["N0101"]',
            "f:4: outflow[1]: contradicts closure[1] (line 2): Marj (N0101) is closed and receives",
        ),
        (
            '[[capacity]]\nplace = "N0101"\npeople = 5\nopens = true\n[[closure]]\nplace = "N0101"',
            "is closed and receives people",
        ),
        (
            '[[closure]]\nplace = "N01"\n[gate]\npeople_a_day = 5',
            "Border belt (border_belt) is closed",
        ),
        (
            '[[outflow]]\nplace = "N02"\npeople = 5\ndestinations = ["N01"]\n'
            '[[closure]]\nbetween = ["N01", "N02"]',
            "f:2: outflow[1]: contradicts closure[1] (line 6): the way they would take is shut",
        ),
        (
            '[[outflow]]\nplace = "N02"\npeople = 5\ndestinations = ["N0201"]\n'
            '[[territory]]\nplaces = ["N0201"]\ndate = 5',
            "Kafr Nabuda (N0201) is lost and receives people",
        ),
        (
            '[[territory]]\nplaces = ["N0201"]\ndate = 5\n'
            '[[territory]]\nplaces = ["N0201", "N0202"]\ndate = 9',
            "f:5: territory[2]: contradicts territory[1] (line 2): control of Kafr Nabuda (N0201)",
        ),
        (
            '[[closure]]\nplace = "N02"\n[[outflow]]\nplace = "N0201"\npeople = 5',
            "f:4: outflow[1]: contradicts closure[1] (line 2): Wadi (N02) is closed, so nobody",
        ),
        (
            '[[capacity]]\nplace = "N0101"\npeople = 5\n'
            '[[capacity]]\nplace = "N0101"\npeople = 9\nfrom = 9',
            "both say how many one place takes in",
        ),
        (
            '[[outflow]]\nplace = "N"\npeople = 5',
            "f:3: outflow[1].place 'N': holds every place that people could go to",
        ),
        (
            '[[outflow]]\nplace = "N01"\npeople = 5\ndestinations = ["N02", "N0101"]',
            "f:5: outflow[1].destinations 'N0101': lies in the place that people leave",
        ),
        (
            '[[outflow]]\nplace = "L-rest"\npeople = 5',
            "f:3: outflow[1].place 'L-rest': has neither coordinates in places.csv nor a route",
        ),
        (
            '[[territory]]\nplaces = ["L-rest"]\ndate = 5\npopulation = 5',
            "f:3: territory[1].places 'L-rest': has neither coordinates",
        ),
        (
            '[[territory]]\nplaces = ["N02", "N0201"]\ndate = 5',
            "f:3: territory[1].places 'N0201': shares ground with N02, and its people would leave",
        ),
        (
            '[[territory]]\nplaces = ["N02"]\ndate = 5\n'
            '[[territory]]\nplaces = ["N0202"]\ndate = 9',
            "f:5: territory[2]: contradicts territory[1] (line 2): control of Al-Habit (N0202)",
        ),
        ('[[capacity]]\nplace = "assessed"\npeople = 5', "holds a part of some places"),
        ('[[capacity]]\nplace = "L"\npeople = 5', "f:3: capacity[1].place 'L': has neither"),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(ground: Ground, text: str, told: str) -> None:
    assert told in errors(ground, text)


def test_who_is_isolated_needs_no_way(ground: Ground) -> None:
    text = '[[outflow]]\nplace = "{}"\npeople = 5\nisolated = true'
    assert all(settled(ground, text.format(place)).outflow for place in ("N", "L-rest"))


def test_everything_is_told_at_once(ground: Ground) -> None:
    text = '[[attacks]]\nkind = "x"\nmultiply = 2\nto = 999\n[[closure]]\nplace = "Nowhere"'
    assert len(errors(ground, text).splitlines()) == 3


def test_the_faults_of_a_draft_are_told_with_what_does_not_fit(
    ground: Ground, tmp_path: Path
) -> None:
    path = tmp_path / "f.toml"
    path.write_text(
        'title = "t"\n[[attacks]]\nmultply = 2\n[[attacks]]\nplace = "Nowhere"\nmultiply = 2\n'
    )
    with pytest.raises(InputError) as caught:
        settle(read_draft(path), ground, LAST)
    assert [(one.line, one.column) for one in caught.value.findings] == [
        (3, "attacks[1].multply"),
        (5, "attacks[2].place"),
    ]


def test_a_crossing_that_no_route_passes_changes_nobodys_way() -> None:
    crisis = load_crisis("nw-syria")
    syria = Ground(build_panel(crisis, day("2019-05-04"), day("2019-05-31")))
    text = 'title = "t"\n[[closure]]\nplace = "SY070301-bab-al-hawa"'
    with pytest.raises(InputError, match="passes this crossing, so closing it"):
        settle(parse_toml(text, "f"), syria, day("2019-05-31"))


def test_windows_apart_do_not_contradict(ground: Ground) -> None:
    text = (
        "[[attacks]]\nmultiply = 2\nto = 10\n[[attacks]]\nmultiply = 3\nfrom = 11\n"
        '[[closure]]\nplace = "N0101"\nto = 10\n[[outflow]]\nplace = "N02"\npeople = 5\nfrom = 11\n'
        'destinations = ["N0101"]'
    )
    assert len(settled(ground, text).attacks) == 2


def test_without_attacks_or_a_belt_that_is_told_apart() -> None:
    peaceful = Ground(build_panel(without_attacks(), AS_OF, LAST))
    assert "no full week of attack data" in errors(peaceful, "[regimes]\nholds = 1")
    land = camps()
    far = Ground(build_panel(land, day("2012-12-01"), day("2013-03-31")))
    assert far.kinds == ["conflict_flag"]


def test_every_shipped_scenario_fits_its_crisis() -> None:
    crisis = load_crisis("nw-syria")
    for text, end in (("2018-02-28", "2018-08-31"), ("2019-05-04", "2019-10-31")):
        syria = Ground(build_panel(crisis, day(text), day(end)))
        for path in shipped("nw-syria").values():
            found = settle(read_scenario(path), syria, day(end))
            assert found.note
            assert assumptions(found, syria)


def test_assumptions_are_told_in_plain_words(ground: Ground) -> None:
    assert assumptions(settled(ground, ""), ground) == (UNCHANGED,)
    found = assumptions(
        settled(
            ground,
            '[[attacks]]\nkind = "air_strike"\nplace = "N0201"\nset = 9\n[[territory]]\n'
            'places = ["N0201"]\ndate = 2018-07-01\n[gate]\npeople_a_day = 500\nto = 2018-07-01',
        ),
        ground,
    )
    assert found == (
        "9 attacks of the kind air_strike a week at Kafr Nabuda from 16 June 2018 to 30 September "
        "2018.",
        "Control of Kafr Nabuda changes on 1 July 2018: about 80% of 15,000 people leave within "
        "four weeks, 10% of the usual returns there remain, and nobody flees there.",
        "The border lets 500 people a day cross from 16 June 2018 to 1 July 2018; who arrives in "
        "the border belt from then on queues. Of those who were there before, none is taken to "
        "cross: nobody publishes how many would.",
    )


def test_a_front_drives_the_cells_that_count_its_attacks(ground: Ground) -> None:
    assert ground.reach("front-south").tolist()[:1] == [1.0]
    assert 0.0 < ground.part(None, "N0201")[0] < 1.0
    assert ground.part(None, "N0201")[0] + ground.part(None, "N0202")[0] == pytest.approx(1.0)

"""Days of publication that were assumed, and attacks that become known later."""

from __future__ import annotations

import pandas as pd
import pytest

from features.errors import InputError
from forecast.trigger_vintage import vintage_of, with_attack_delay
from tests.strategies import day, made_up, without_attacks


def test_attacks_without_a_day_of_publication_come_so_many_days_later() -> None:
    crisis = made_up()
    late = with_attack_delay(crisis, 30)
    assert crisis.attacks["published_assumed"].all()
    known = late.attacks
    assert (known["published"] - known["end"] == pd.Timedelta(days=30)).all()
    assert list(known) == list(crisis.attacks)
    assert known["published"].is_monotonic_increasing
    on = day("2018-03-31")
    assert len(late.as_of(on).attacks) < len(crisis.as_of(on).attacks)
    assert late.reports.equals(crisis.reports)
    assert vintage_of(late, on).attack_days == 30.0
    assert vintage_of(crisis, on).attack_days == crisis.sources["delay_days"]["Event Data"]


def test_a_stated_day_of_publication_is_left_alone() -> None:
    dated = made_up(attacks=_first_row_dated)
    [said] = dated.attacks[~dated.attacks["published_assumed"]].itertuples()
    late = with_attack_delay(dated, 30).attacks
    [same] = late[~late["published_assumed"]].itertuples()
    assert (same.line, same.published) == (said.line, said.published)
    assert 0.0 < vintage_of(dated, day("2018-12-31")).attacks < 1.0


def test_a_delay_that_would_change_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="--attack-delay: '30': changes nothing"):
        with_attack_delay(without_attacks(), 30)


def test_what_was_assumed_is_told_by_share() -> None:
    crisis, on = made_up(), day("2018-03-31")
    found = vintage_of(crisis, on)
    assert (found.attack_source, found.attacks, found.pseudo) == ("Event Data", 1.0, True)
    assert found.reports == crisis.as_of(on).reports["published_assumed"].mean()
    quiet = vintage_of(without_attacks(), on)
    assert (quiet.attack_source, quiet.attacks) == (None, 0.0)


def _first_row_dated(text: str) -> str:
    head, first, *rest = text.splitlines()
    cells = dict(zip(head.split(","), first.split(","), strict=True))
    cells["published"] = cells["end"]
    return "\n".join([head, ",".join(cells.values()), *rest]) + "\n"

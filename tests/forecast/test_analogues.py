from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from features.crisis import Crisis
from features.errors import InputError, TooLittleData
from features.overlap import DAY
from forecast.analogues import AHEAD, Analogues, analogues
from service.analogues_text import analogues_text
from tests.strategies import day, made_up, rewritten_after, without_attacks

AS_OF = day("2018-06-15")


def shown(found: Analogues) -> list[tuple[object, ...]]:
    return [(one.start, one.distance, one.alike_weeks, one.after) for one in found.found]


def test_episodes_are_the_nearest_first_and_do_not_overlap() -> None:
    found = analogues(made_up(), AS_OF, weeks=6, count=4)
    distances = [one.distance for one in found.found]
    assert distances == sorted(distances)
    assert len(distances) == 4
    starts = sorted(one.start for one in found.found)
    assert all(later - one >= 42 * DAY for one, later in pairwise(starts))
    assert all(one.end < found.start for one in found.found)
    assert found.end <= AS_OF


def test_the_waves_of_the_made_up_land_are_found_again() -> None:
    """Its offensives come every eleventh week, so the nearest episode lies such waves back."""
    [nearest] = analogues(made_up(), AS_OF, weeks=8, count=1).found
    back = (analogues(made_up(), AS_OF).start - nearest.start) / (7 * DAY)
    assert back % 11 in (0, 1, 10)


def test_what_followed_is_told_as_far_as_it_is_known() -> None:
    for one in analogues(made_up(), AS_OF, count=3).found:
        assert 4 <= one.after_weeks <= AHEAD
        assert set(one.after) == {"N01", "N02"}
        assert all(np.isfinite(factor) and factor > 0 for factor in one.after.values())
        assert (one.arrivals["start"] > one.end).all()
        assert (one.arrivals["source"] != "").all()


@settings(max_examples=8)
@given(crisis=rewritten_after(made_up(), AS_OF))
def test_nothing_published_later_is_used(crisis: Crisis) -> None:
    assert shown(analogues(crisis, AS_OF)) == shown(analogues(made_up(), AS_OF))


def test_too_little_to_compare() -> None:
    with pytest.raises(TooLittleData, match="weeks of attacks are known by 2017-04-01"):
        analogues(made_up(), day("2017-04-01"), weeks=8)
    with pytest.raises(TooLittleData, match="0 weeks"):
        analogues(without_attacks(), AS_OF)
    with pytest.raises(InputError, match="nothing was published"):
        analogues(made_up(), day("2010-01-01"))


def test_the_text_tells_where_the_likeness_ends() -> None:
    text = analogues_text(analogues(made_up(), AS_OF, count=2))
    assert "past episodes like" in text
    assert text.count("attacks in the") == 2
    assert text.count("the likeness ends") + text.count("as far back as is known") == 2

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from models.closures import Closure
from models.routes import DETOUR, great_circle, reach
from tests.flights import places_at, routes_of
from tests.strategies import day

NOW = day("2018-06-15")
NO_ROUTES = routes_of()
LINE = places_at({"war": (36.0, 37.0), "near": (36.0, 37.1), "far": (36.0, 38.0)})
ROADS = routes_of(
    ("war", "town", 30.0, "", ""),
    ("town", "camp", 40.0, "", ""),
    ("war", "camp", 100.0, "", ""),
    ("camp", "port", 5.0, "", "2018-03-31"),
    ("camp", "port", 6.0, "2018-09-01", ""),
)
ON_ROADS = places_at(dict.fromkeys(["war", "town", "camp", "port"]))


def km(
    places: pd.DataFrame,
    routes: pd.DataFrame,
    ends: list[str],
    *closures: Closure,
    on: pd.Timestamp = NOW,
) -> list[float]:
    """Kilometres from the war, infinite where there is no way."""
    found = reach(places, routes, ["war"], ends, on, closures)
    kept = np.full(found.shape, np.inf)
    kept[found.nonzero()] = found.data
    return kept[0].tolist()


def test_a_degree_on_the_equator() -> None:
    points = places_at({"a": (0.0, 0.0), "b": (0.0, 1.0), "pole": (90.0, 77.0), "lost": None})
    found = great_circle(points.loc[["a"]], points)[0]
    np.testing.assert_allclose(found[:3], [0.0, 111.195, 10007.5], rtol=1e-4)
    assert np.isnan(found[3])


def test_without_routes_the_straight_line_and_a_detour_count() -> None:
    near, far = km(LINE, NO_ROUTES, ["near", "far"])
    np.testing.assert_allclose(near, DETOUR * 9.0, rtol=0.01)
    np.testing.assert_allclose(far / near, 10.0, rtol=1e-3)


def test_the_shortest_open_way_counts() -> None:
    assert km(ON_ROADS, ROADS, ["town", "camp"]) == [30.0, 70.0]


@pytest.mark.parametrize(
    ("on", "port"), [("2018-03-31", 75.0), ("2018-04-01", np.inf), ("2018-09-01", 76.0)]
)
def test_a_route_leads_on_its_open_days(on: str, port: float) -> None:
    assert km(ON_ROADS, ROADS, ["port"], on=day(on)) == [port]


@pytest.mark.parametrize(
    ("closure", "found"),
    [
        (Closure("town", NOW), [np.inf, 100.0]),
        (Closure("camp", NOW), [30.0, np.inf]),
        (Closure("camp", NOW, NOW, "town"), [30.0, 100.0]),
        (Closure("war", NOW), [np.inf, np.inf]),
        (Closure("town", day("2018-06-16")), [30.0, 70.0]),
        (Closure("town", day("2018-06-01"), day("2018-06-14")), [30.0, 70.0]),
    ],
    ids=["a town", "a camp", "a road", "the origin", "not yet", "no more"],
)
def test_a_closure_redirects_to_what_is_reachable(closure: Closure, found: list[float]) -> None:
    assert km(ON_ROADS, ROADS, ["town", "camp"], closure) == found


def test_closures_hold_where_no_road_is_known_too() -> None:
    whole = km(LINE, NO_ROUTES, ["near", "far"])
    assert km(LINE, NO_ROUTES, ["near", "far"], Closure("far", NOW)) == [whole[0], np.inf]
    between = Closure("near", NOW, None, "war")
    assert km(LINE, NO_ROUTES, ["near", "far"], between) == [np.inf, whole[1]]


def test_a_place_is_never_its_own_destination() -> None:
    found = reach(LINE, NO_ROUTES, list(LINE.index), list(LINE.index), NOW)
    assert not found.diagonal().any()
    assert found.nnz == 6


def test_the_nearest_are_kept() -> None:
    points = {"war": (36.0, 37.0)} | {f"p{at}": (36.0, 37.1 + at / 10) for at in range(9)}
    found = reach(places_at(points), NO_ROUTES, ["war"], list(points)[::-1], NOW, nearest=3)
    kept = {list(points)[::-1][at] for at in found.nonzero()[1]}
    assert kept == {"p0", "p1", "p2"}


def test_many_origins_are_as_each_alone() -> None:
    names = [f"p{at}" for at in range(600)]
    numbers = np.random.default_rng(1)
    places = pd.DataFrame(numbers.uniform(30, 40, (600, 2)), names, ["lat", "lon"])
    found = reach(places, NO_ROUTES, names, names[:50], NOW)
    alone = reach(places, NO_ROUTES, [names[-1]], names[:50], NOW)
    np.testing.assert_array_equal(found[[-1]].toarray(), alone.toarray())


def test_a_place_without_position_or_route_is_refused_by_name() -> None:
    places = places_at({"war": (36.0, 37.0), "lost": None, "town": None})
    with pytest.raises(InputError) as caught:
        reach(places, ROADS, ["war"], ["lost", "town"], NOW)
    assert [finding.value for finding in caught.value.findings] == ["lost"]


def test_no_origin_or_no_destination_is_no_way() -> None:
    assert reach(LINE, NO_ROUTES, [], ["near"], NOW).shape == (0, 1)
    assert reach(LINE, NO_ROUTES, ["war"], [], NOW).shape == (1, 0)

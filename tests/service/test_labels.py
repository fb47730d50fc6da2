"""Labels of a map keep clear of spots, of one another and of the margin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.labels import Label, Spot, place_labels

SIZE = (400, 300)


def spot(x: float, y: float, radius: float = 5.0) -> Spot:
    return Spot(x, y, "middle", 3.14159 * radius**2)


def test_a_label_alone_stands_to_the_right() -> None:
    one = spot(200, 150)
    assert place_labels([(one, "Marj", "belt")], [one], SIZE)[0].align == "left"


def test_at_the_right_margin_it_stands_to_the_left() -> None:
    one = spot(390, 150)
    assert place_labels([(one, "Marj", "belt")], [one], SIZE)[0].align == "right"


def test_a_neighbour_to_the_right_moves_it() -> None:
    one, other = spot(200, 150), spot(222, 150, 12.0)
    label = place_labels([(one, "Marj", "belt")], [one, other], SIZE)[0]
    assert (label.align, label.y) != ("left", 150)


def test_two_labels_do_not_lie_on_one_another() -> None:
    one, other = spot(200, 150), spot(204, 154)
    labels = place_labels([(one, "Marj", "belt"), (other, "Salq", "belt")], [one, other], SIZE)
    assert abs(labels[0].y - labels[1].y) > 8 or labels[0].align != labels[1].align


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300)), min_size=1, max_size=12))
def test_every_spot_gets_its_label_and_always_the_same(points: list[tuple[float, float]]) -> None:
    spots = [spot(x, y) for x, y in points]
    wanted = [(each, f"Place {at}", "town") for at, each in enumerate(spots)]
    labels = place_labels(wanted, spots, SIZE)
    assert [label.text for label in labels] == [text for _, text, _ in wanted]
    assert labels == place_labels(wanted, spots, SIZE)
    assert all(isinstance(label, Label) for label in labels)

"""Names stand near their lines' ends, on nothing else, and stay where they are while they can."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from resnet_viewer.charts.chart import Rect
from resnet_viewer.charts.plot_words import FreeGround, Nearness, place_names

SIZE = (400.0, 200.0)


def ground(*lines: tuple[list[float], list[float]]) -> FreeGround:
    made = FreeGround(SIZE)
    made.cover_lines((np.array(x, float), np.array(y, float)) for x, y in lines)
    return made


def test_names_of_lines_that_end_together_do_not_touch_each_other_or_a_line() -> None:
    lines = [([0, 400], [10, 190]), ([0, 400], [100, 192]), ([0, 400], [190, 195])]
    found = place_names([(400, y[1], 70) for _, y in lines], 16, ground(*lines))
    places = [place for place in found if place is not None]
    assert len(places) == 3
    assert not any(one.meets(other) for one, other in combinations(places, 2))
    for place in places:
        assert min(place) >= 0
        assert place.right <= SIZE[0]
        assert place.bottom <= SIZE[1]
        across = np.linspace(place.left, place.right, 20)
        for x, y in lines:
            heights = np.interp(across, x, y)
            assert not np.any((heights > place.top) & (heights < place.bottom))


def test_the_free_ground_right_of_a_growing_line_comes_first() -> None:
    (place,) = place_names([(100, 100, 80)], 16, ground(([0, 100], [50, 100])))
    assert place is not None
    assert place.left >= 100
    assert abs(place.top + place.height / 2 - 100) < 20


def test_a_name_stays_while_its_place_is_free() -> None:
    first = place_names([(100, 100, 80)], 16, ground(([0, 100], [50, 100])))
    again = place_names([(100, 102, 80)], 16, ground(([0, 100], [50, 102])), first)
    assert again == first
    covered = place_names([(300, 101, 80)], 16, ground(([0, 300], [50, 101])), first)
    assert covered != first


def test_a_copy_is_covered_alone() -> None:
    made = ground()
    made.copy().cover(Rect(0, 0, *SIZE))
    assert made.is_free(Rect(0, 0, *SIZE))
    made.cover(Rect(0, 0, 20, 20))
    assert not made.copy().is_free(Rect(0, 0, 20, 20))


def test_where_there_is_no_room_there_is_no_name() -> None:
    lines = [([0, 400], [y, y]) for y in np.arange(0, 200, 8.0)]
    assert place_names([(400, 100, 80)], 16, ground(*lines)) == [None]
    assert place_names([(400, 100, 4000)], 16, ground()) == [None]


def test_lines_beside_the_plot_and_without_numbers_cover_nothing() -> None:
    made = ground(([500, 600], [10, 10]), ([0, 400], [np.nan, np.nan]), ([-200, -100], [5, 5]))
    assert made.is_free(Rect(0, 0, *SIZE))


def test_a_place_nearer_to_another_ones_line_is_not_its_own() -> None:
    lines = [("a", [0, 400], [100, 100]), ("b", [0, 400], [150, 150]), ("a", [0, 400], [128, 128])]
    nearness = Nearness(400.0, [(owner, np.array(x, float), np.array(y, float)) for owner, x, y in lines])
    below_a, above_b = Rect(300, 104, 80, 16), Rect(300, 132, 80, 16)
    assert nearness.is_own("a", below_a, (400.0, 100.0))
    assert not nearness.is_own("a", above_b, (400.0, 100.0))
    assert not nearness.is_own("b", below_a, (400.0, 150.0))
    (place,) = place_names(
        [(400, 100, 80)], 16, ground(*(line[1:] for line in lines)), (), lambda _, place: place.top > 100
    )
    assert place is not None
    assert place.top > 100


def test_a_legend_stands_at_the_right_edge_where_it_is_free() -> None:
    made = ground(([0, 400], [10, 10]))
    frame = made.in_corner(100, 60)
    assert frame is not None
    assert frame.right > 390
    assert 10 < frame.top < 20
    assert made.in_corner(100, 260) is None

"""Pictures of a study: as many as fit, evenly chosen, as large as can be, and words for each."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.shapes import Rect
from resnet_viewer.charts.study_panel import PictureRow, PicturesPanel, Scale
from resnet_viewer.charts.study_pictures import Arranged, PicturesChart, inside_box
from tests import panels


def measure(text: str) -> float:
    return 6.0 * len(text)


def boxes(arranged: Arranged) -> list[Rect]:
    return [tile.box for tile in arranged.tiles] + [words.box for words in arranged.words]


@pytest.mark.parametrize("size", [(120, 90), (300, 200), (700, 300), (1500, 250), (300, 900)], ids=str)
@pytest.mark.parametrize("count", [1, 2, 9, 28, 256])
def test_nothing_lies_on_another_and_all_lies_in_the_room(size: tuple[int, int], count: int) -> None:
    room = Room(*size, measure, 14.0)
    chart = PicturesChart(panels.pictures(count) if count > 1 else _one())
    for arranged in (chart.side_by_side(room, 40.0), chart.one_at_a_time(count // 2, room)):
        every = boxes(arranged)
        for number, box in enumerate(every):
            assert box.left >= -0.01
            assert box.top >= -0.01
            assert box.right <= size[0] + 0.01
            assert box.bottom <= size[1] + 0.01 or size[1] < 100
            for other in every[:number]:
                apart = (
                    box.left >= other.right - 0.01
                    or other.left >= box.right - 0.01
                    or box.top >= other.bottom - 0.01
                    or other.top >= box.bottom - 0.01
                )
                assert apart, (box, other)


def _one() -> PicturesPanel:
    return PicturesPanel(
        "a", Scale("block"), np.array([3.0]), (PictureRow("map", (np.zeros((4, 4, 3), np.uint8),)),)
    )


def test_places_are_evenly_chosen_with_both_ends_where_not_all_have_room() -> None:
    chart = PicturesChart(panels.wide_pictures())
    arranged = chart.side_by_side(Room(420.0, 60.0, measure, 14.0), 60.0)
    assert arranged.places == (0, 4, 8, 12, 16, 20)
    assert chart.side_by_side(Room(5000.0, 60.0, measure, 14.0), 60.0).places == tuple(range(21))
    assert chart.side_by_side(Room(5000.0, 60.0, measure, 14.0), 60.0, most=3).places == (0, 10, 20)


def test_pictures_take_several_bands_where_they_are_larger_so() -> None:
    chart = PicturesChart(panels.wide_pictures())
    wide = chart.side_by_side(Room(600.0, 400.0, measure, 14.0), 40.0)
    assert wide.places == tuple(range(21))
    assert len({tile.box.top for tile in wide.tiles}) > 2
    assert min(tile.box.width for tile in wide.tiles) > 600 / 21 * 2


@pytest.mark.parametrize("rows", [3, 4, 6, 8])
def test_many_rows_make_pictures_smaller_and_not_fewer(rows: int) -> None:
    """Where height is what lacks, one place alone would be no larger."""
    picture = np.zeros((32, 32, 3), np.uint8)
    kinds = tuple(PictureRow(f"kind {row}", (picture,) * 21) for row in range(rows))
    chart = PicturesChart(PicturesPanel("a", Scale("lag"), np.arange(21.0), kinds))
    arranged = chart.side_by_side(Room(500.0, 160.0, measure, 14.0), 60.0, most=8)
    assert len(arranged.places) >= 5
    assert {0, 20} <= set(arranged.places)


def test_one_place_fills_the_room() -> None:
    chart = PicturesChart(panels.pictures(has_slider=True))
    arranged = chart.one_at_a_time(4, Room(600.0, 320.0, measure, 14.0))
    assert [(tile.row, tile.place) for tile in arranged.tiles] == [(0, 4), (1, 4)]
    assert all(tile.box.width > 290 for tile in arranged.tiles)
    high = chart.one_at_a_time(4, Room(300.0, 660.0, measure, 14.0))
    assert high.tiles[0].box.left == high.tiles[1].box.left
    assert [words.text for words in high.words] == ["picture", "map at the last block"]


def test_places_have_their_names_or_their_numbers() -> None:
    chart = PicturesChart(panels.pictures())
    assert [chart.name(place) for place in (0, 1, 2)] == ["0", "conv3_x", "0.25"]
    assert chart.words(0, 2) == "picture · strength: 0.25"
    assert chart.words(1, 0) == "map at the last block · strength: 0 · not made yet"
    assert chart.words(1, 1) == "map at the last block · conv3_x"
    assert chart.nearest(0.3) == 2


def test_a_row_has_a_picture_for_each_place_and_a_panel_without_any_says_so() -> None:
    with pytest.raises(ValueError, match="gradient has 1 pictures for 2 places"):
        PicturesPanel("a", Scale("t"), np.arange(2.0), (PictureRow("gradient", (None,)),))
    empty = PicturesChart(PicturesPanel("a", Scale("t"), np.arange(1.0), (PictureRow("", (None,)),)))
    assert empty.message == "Nothing is measured yet."
    assert empty.side_by_side(Room(100.0, 100.0, measure, 14.0), 40.0).tiles == ()


def test_a_picture_keeps_its_shape_in_its_box() -> None:
    assert inside_box(np.zeros((4, 8, 3), np.uint8), Rect(10, 10, 40, 40)) == Rect(10, 20, 40, 20)

"""Which test pictures come first, what is said of them, and how many a page has."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.chart import Room, shortened_inside
from resnet_viewer.charts.picture_grid import NO_PICTURES, PictureChart, tiles_for
from resnet_viewer.records.confusion import picture_order

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
PREDICTED = np.array([0, 2, 2, 0, 1, 0, 0, 2, 3, 0])
NAMES = ("cat", "dog", "frog")
SURE = np.array([0.9, 0.3, 0.9, 0.9, 0.9, 0.6, 0.9, 0.8, 0.7, 0.9], np.float32)


def test_which_pictures_in_which_order() -> None:
    chart = PictureChart(LABELS, PREDICTED, NAMES)
    assert chart.order.tolist() == picture_order(LABELS, PREDICTED).tolist()
    assert sorted(chart.order[:4].tolist()) == [1, 5, 7, 8]
    assert sorted(PictureChart(LABELS, PREDICTED, NAMES, choice="wrong").order.tolist()) == [1, 5, 7, 8]
    assert sorted(PictureChart(LABELS, PREDICTED, NAMES, choice=(1, 2)).order.tolist()) == [1, 7]
    assert PictureChart(LABELS, PREDICTED, NAMES, SURE, "surest", "surest").order.tolist() == [7, 8, 5, 1]
    assert NO_PICTURES.order.size == 0


def test_the_rule_is_a_sample_where_nobody_knows_how_sure_the_network_was() -> None:
    unknown = PictureChart(LABELS, PREDICTED, NAMES, wished_rule="surest")
    assert unknown.rule == "sample"
    assert unknown.rule_words.startswith("a sample over the classes (seed 0); how sure the network was")
    assert PictureChart(LABELS, PREDICTED, NAMES, SURE, "surest").rule_words == "the surest mistakes first"


def test_words_of_pictures_and_pages() -> None:
    chart = PictureChart(LABELS, PREDICTED, NAMES, SURE)
    assert chart.describe(7) == "test picture 7 · true dog, predicted frog with 80 % · wrong"
    assert chart.describe(8) == "test picture 8 · true frog, predicted no class with 70 % · wrong"
    assert chart.page_words(0, 6) == "1–6 of 10, 4 wrong"
    assert PictureChart(LABELS, PREDICTED, NAMES, choice="wrong").page_words(0, 4) == "1–4 of 4"
    assert PictureChart(LABELS, PREDICTED, NAMES, choice=(0, 2)).page_words(0, 0) == "none of these"
    assert chart.shown_words(10) == "4 of 10 test pictures are wrong (40.0 %) · all are shown"
    rule = "a sample over the classes (seed 0)"
    assert chart.shown_words(3).endswith(f"3 of them are shown, {rule}")
    assert chart.shown_words(4).endswith(f"all wrong ones are shown, {rule}")
    assert chart.shown_words(6).endswith(f"all wrong ones and 2 of the right ones are shown, {rule}")


def test_titles_are_cut_inside_so_that_names_that_begin_alike_stay_apart() -> None:
    names = tuple(f"class_of_own_pictures_{i}" for i in range(3))
    chart = PictureChart(LABELS, PREDICTED, names)
    (one,) = chart.title(1, 31, len, mark="✗ ")
    assert one == "✗ class_…ures_1 / class_…ures_2"
    assert len(one) <= 31
    assert chart.title(1, 14, len, lines=2, mark="✗ ") == ["✗ class…es_1 /", "class_o…ures_2"]
    assert chart.title(0, 99, len, mark="✗ ") == [f"{names[0]} / {names[0]}"], "right ones have no mark"
    assert shortened_inside("short", 5, len) == "short"
    assert shortened_inside("abcdefg", 0, len) == "a…g", "never less than two letters"


@pytest.mark.parametrize("room", [(90, 60), (300, 130), (760, 500)])
@pytest.mark.parametrize("lines", [1, 2])
def test_a_full_page_lies_inside(room: tuple[int, int], lines: int) -> None:
    tiles = tiles_for(Room(*room, len, 12), [56, 48, 40, 32, 24], 50, gap=6, lines=lines)
    assert tiles.columns * (tiles.width + 6) - 6 <= room[0]
    assert tiles.rows == 1 or tiles.rows * tiles.down - 6 <= room[1]
    assert tiles.count == tiles.rows * tiles.columns >= 1


def test_pictures_are_smaller_where_only_so_two_rows_fit() -> None:
    sides = [56, 48, 40]
    assert tiles_for(Room(300, 200, len, 12), sides, 20, gap=6).side == 56
    assert tiles_for(Room(300, 130, len, 12), sides, 20, gap=6).side == 48
    assert tiles_for(Room(300, 70, len, 12), sides, 20, gap=6).side == 56, "two rows fit with none"

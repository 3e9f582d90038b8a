"""One set of numbers for all time axes that are wide enough, with their unit, and none on another."""

from __future__ import annotations

from itertools import pairwise

import pytest

from resnet_viewer.charts.chart import inside
from resnet_viewer.charts.curves import epoch_ticks


def measure(text: str) -> float:
    return 6.5 * len(text)


@pytest.mark.parametrize("epochs", [1, 4, 6, 12, 30, 164])
def test_wide_and_narrow_axes_have_the_same_numbers(epochs: int) -> None:
    wide, narrow = (
        [text for _, text in epoch_ticks((0.0, epochs), width, measure)] for width in (600.0, 400.0)
    )
    assert set(narrow) <= set(wide), "other steps"
    assert len(narrow) >= len(wide) - 1, "only the unit may take a number's room"
    assert wide[-1].startswith("epoch ")


@pytest.mark.parametrize("width", range(60, 500, 40))
@pytest.mark.parametrize("span", [(0.0, 1.0), (0.0, 12.0), (3.31, 3.64), (0.0, 164.0), (5.0, 17.0)])
def test_numbers_lie_inside_and_never_overlap(width: int, span: tuple[float, float]) -> None:
    ticks = epoch_ticks(span, width, measure)
    left, right = span
    edges = []
    for place, text in ticks:
        half = measure(text) / 2
        middle = inside((place - left) / (right - left) * width, half, width, 0.0)
        edges.append((middle - half, middle + half))
    assert edges[0][0] >= -1e-6
    assert edges[-1][1] <= width + 1e-6
    assert all(before[1] < after[0] for before, after in pairwise(edges))


def test_beside_a_plot_the_words_may_stand_out() -> None:
    ticks = epoch_ticks((0.0, 6.0), 600.0, measure, beyond=12.0)
    assert ticks[0] == (0.0, "0")
    assert ticks[-1] == (6.0, "epoch 6")
    assert [inside(x, 30.0, 600.0, 12.0) for x in (0.0, 300.0, 600.0)] == [18.0, 300.0, 582.0]


def test_few_epochs_are_numbered_whole_and_parts_of_one_in_parts() -> None:
    assert [text for _, text in epoch_ticks((0.0, 3.0), 600.0, measure)] == ["0", "1", "2", "epoch 3"]
    assert epoch_ticks((0.0, 1.0), 600.0, measure)[1][1] == "0.2"


def test_a_range_without_length_has_none() -> None:
    assert epoch_ticks((1.0, 1.0), 400.0, measure) == ()

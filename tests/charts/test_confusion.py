"""What the cells of a confusion matrix say, and in which colours, for any ground."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viewer.charts.confusion import ConfusionChart, ramp
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme

LABELS = np.array([0] * 8 + [1] * 4)
PREDICTED = np.array([0] * 8 + [0, 1, 1, 1])


def colours(chart: ConfusionChart, theme: Theme) -> tuple[np.ndarray, np.ndarray]:
    return chart.colours(ground=theme.panel, right=theme.branch, wrong=theme.changed, text=theme.text)


def channels(colour: str) -> np.ndarray:
    return np.array([*bytes.fromhex(colour[1:])], int)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_grow_with_the_share_of_the_row(theme: Theme) -> None:
    cells, is_deep = colours(ConfusionChart.of(LABELS, PREDICTED, ("a", "b")), theme)
    assert tuple(cells[0, 1]) == tuple(channels(theme.panel)), "a cell without pictures is ground"
    assert abs(cells[0, 0] - channels(theme.branch)).sum() < abs(cells[1, 1] - channels(theme.branch)).sum()
    assert tuple(cells[1, 0]) != tuple(cells[0, 1])
    assert not is_deep[0, 1]
    assert (cells[0, 0] == ramp(theme.branch, theme.panel)[255]).all(), "a whole row is the bar's end"


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_counts_stay_readable_on_a_whole_row(theme: Theme) -> None:
    chart = ConfusionChart.of(LABELS, LABELS, ("a", "b"))
    assert colours(chart, theme)[1].tolist() == [[True, False], [False, True]]


def test_words_of_cells_rows_and_errors() -> None:
    chart = ConfusionChart.of(
        np.array([*[0] * 201, 1, 3]), np.array([*[0] * 200, 1, 0, 3]), ("a", "b", "c", "d")
    )
    assert chart.cell_words(0, 0) == ("200", "100 %")
    assert chart.cell_words(0, 1) == ("1", "0.5 %")
    assert chart.describe(0, 1) == "true a, predicted b: 1 of 201 (0 %)"
    assert chart.describe(1, -1) == "true b: 1 of 1 wrong (100 %)"
    assert chart.describe(2, 0) == "true c, predicted a: 0 of 0"
    assert [chart.error_words(i) for i in range(4)] == ["0.5 %", "100.0 %", "–", "0.0 %"]
    assert chart.most_often() == "most often: a taken for b (1), b taken for a (1)"
    assert ConfusionChart.of(LABELS, LABELS, ("a", "b")).most_often() == "every picture is right"


def test_pictures_without_a_class_have_a_column_behind_the_last() -> None:
    chart = ConfusionChart.of(np.array([0, 0, 1]), np.array([0, 2, 1]), ("cat", "dog"))
    assert chart.names == ("cat", "dog", "no class")
    assert chart.counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    nothing = np.zeros(0, np.int64)
    assert ConfusionChart.of(nothing, nothing, ("cat", "dog")).counts.shape == (2, 2)

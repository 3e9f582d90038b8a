"""A study's matrix: one colour for one number, and words for every cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import MatrixPanel, Scale
from tests import panels


def panel(values: list[list[float]], *, is_signed: bool = False) -> MatrixPanel:
    return MatrixPanel("a", Scale("to"), Scale("from"), np.array(values), unit="%", is_signed=is_signed)


def test_a_signed_matrix_has_zero_in_the_middle() -> None:
    chart = MatrixChart(panel([[-1.0, 0.0], [4.0, math.nan]], is_signed=True))
    assert (chart.span.low, chart.span.high) == (-4.0, 4.0)
    assert chart.scale.ends == ("−4", "4")
    places = chart.cells.places[0]
    assert places[0, 1] in (127, 128)
    assert places[1, 0] == 255
    assert chart.cells.is_missing is not None
    assert chart.cells.is_missing[0].tolist() == [[False, False], [False, True]]


def test_another_goes_from_its_lowest_to_its_highest_number() -> None:
    chart = MatrixChart(panel([[13.0, 90.0], [20.0, 50.0]]))
    assert chart.scale.ends == ("13", "90")
    assert chart.cells.places[0].ravel()[[0, 1]].tolist() == [0, 255]


def test_a_matrix_of_one_number_says_it() -> None:
    assert MatrixChart(panel([[7.0, 7.0]])).scale.ends == ("7", "7")


def test_the_words_of_cells() -> None:
    chart = MatrixChart(panel([[-1.5, math.nan], [math.inf, 2.0]]))
    assert chart.words(0, 0) == "from 1 · to 1: −1.5 %"
    assert chart.words(0, 1) == "from 1 · to 2: no number"
    assert chart.written(math.inf) == "∞"
    assert chart.written(-0.25) == "−0.25"
    assert chart.written(math.nan) == ""
    assert [chart.written(value) for value in (1234.0, 2e5, 2e-5)] == ["1230", "2e5", "2e-5"]
    named = MatrixChart(panels.wide_matrix())
    assert named.words(1, 2).startswith("residual branch dropped · class of the picture 3: ")


def test_rows_and_columns_without_names_are_numbered_or_measured() -> None:
    assert MatrixChart(panel([[1.0, 2.0]])).column_names == ("1", "2")
    measured = MatrixPanel("a", Scale("x", least=-1.0, most=1.0), Scale("y"), np.zeros((1, 3)))
    assert MatrixChart(measured).column_names == ("-1", "0", "1")
    way = Scale("", least=0.0, most=1.0)
    shares = MatrixChart(MatrixPanel("a", way, way, np.zeros((32, 5))))
    assert shares.column_names == ("0.00", "0.25", "0.50", "0.75", "1.00")
    assert shares.row_names[:4] == ("0.00", "0.03", "0.06", "0.10"), "no more digits than places need"


def test_too_many_cells_have_no_numbers_and_long_ones_are_no_squares() -> None:
    many = MatrixChart(panel(np.ones((30, 30)).tolist()))
    assert many.fitting(1000.0, len) is not None
    assert many.has_squares
    assert MatrixChart(panel(np.ones((31, 30)).tolist())).fitting(1000.0, len) is None
    assert not MatrixChart(panel(np.ones((2, 7)).tolist())).has_squares


def test_letters_stand_out_of_their_cells() -> None:
    chart = MatrixChart(panels.matrix())
    from resnet_viewer.charts.confusion import contrast_of, lights_of

    ground = lights_of(chart.cells.rgb().astype(float))
    ink = lights_of(np.where(chart.wants_white[..., None], 255.0, np.array([25.0, 28.0, 36.0])))
    assert contrast_of(ground, ink).min() >= 4.0


@pytest.mark.parametrize("values", [np.zeros((0, 0)), np.full((2, 2), np.nan)])
def test_nothing_says_so(values: np.ndarray) -> None:
    chart = MatrixChart(MatrixPanel("a", Scale(""), Scale(""), values))
    assert chart.message == "Nothing is measured yet."


def test_numbers_in_cells_have_as_many_digits_as_fit() -> None:
    chart = MatrixChart(panel([[1.234, -0.5678]]))
    assert chart.fitting(6, len) == [["1.23", "−0.568"]]
    assert chart.fitting(5, len) == [["1.2", "−0.57"]]
    assert chart.fitting(3, len) is None


def field(values: list[list[float]], **how: Any) -> MatrixPanel:
    """Losses over two directions."""
    x, y = Scale("first", least=-1.0, most=1.0), Scale("second", least=-0.5, most=0.5)
    return MatrixPanel("Loss", x, y, np.array(values), is_log=True, has_contours=True, **how)


def test_a_logarithm_gives_each_power_of_ten_as_many_colours() -> None:
    chart = MatrixChart(field([[0.1, 1.0, 10.0], [100.0, 1000.0, math.nan]]))
    assert chart.heights[:, :2].ravel() == pytest.approx([0.0, 0.25, 0.75, 1.0])
    assert chart.scale.ends == ("0.1", "1000")
    assert "logarithmic" in chart.scale.words
    assert chart.cells.is_missing is not None
    assert chart.cells.is_missing[0].tolist() == [[False] * 3, [False, False, True]]


def test_what_lies_beyond_the_clip_has_its_colour_and_the_scale_says_so() -> None:
    chart = MatrixChart(field([[0.01, 1.0, 20.0], [4e5, math.inf, math.nan]], clip=(0.1, 1e3)))
    assert chart.heights.ravel()[:5] == pytest.approx([0.0, 0.25, 0.5753, 1.0, 1.0], abs=1e-4)
    assert chart.scale.ends == ("≤ 0.1", "≥ 1000")
    assert chart.beyond == (1, 2)
    assert (
        chart.beyond_words
        == "2 of 6 above 1000 (up to ∞) drawn as 1000, 1 of 6 below 0.1 (down to 0.01) drawn as 0.1"
    )
    assert chart.beyond_words in chart.scale.words
    within = MatrixChart(field([[1.0, 20.0]], clip=(0.1, 1e3)))
    assert within.scale.ends == ("1", "20")
    assert within.beyond_words == ""


def test_zero_has_the_first_colour_of_a_logarithm() -> None:
    chart = MatrixChart(field([[0.0, 1.0, 100.0]]))
    assert chart.heights.tolist() == [[0.0, 0.0, 1.0]]
    assert chart.scale.ends == ("≤ 1", "100")


def test_panels_share_a_scale() -> None:
    flat, steep = (MatrixChart(field([values], limits=(1.0, 1e4))) for values in ([1.0, 10.0], [10.0, 1e6]))
    assert flat.cells.places[0, 0, 1] == steep.cells.places[0, 0, 0]
    assert flat.scale.ends == ("1", "1e4")
    assert steep.scale.ends == ("1", "≥ 1e4")

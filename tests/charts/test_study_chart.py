"""A study's panel as a chart: every number at its place, whatever it is, and every name where there is room."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from resnet_viewer.charts.chart import Chart, Rect, Room
from resnet_viewer.charts.shapes import Box, Outline
from resnet_viewer.charts.study_chart import chart_of, laid_out, point_words, stroke_of, x_limits
from resnet_viewer.charts.study_panel import Guide, LinesPanel, Scale, Series, best_shape, columns_for
from tests import panels

LINES = [panel for panel in panels.every() if isinstance(panel, LinesPanel)]
SIZES = [(40.0, 30.0), (200.0, 100.0), (420.0, 300.0), (1400.0, 900.0)]


def room(width: float = 600.0, height: float = 400.0) -> Room:
    return Room(width, height, lambda text: 7.0 * len(text), 15.0)


def simple(y: list[float], **scale: object) -> LinesPanel:
    values = np.array(y)
    return LinesPanel(
        "a",
        Scale("x"),
        Scale("y", **scale),
        (Series("b", np.arange(float(len(y))), values),),  # type: ignore[arg-type]
    )


def overlap(one: Rect, other: Rect) -> bool:
    return (
        min(one.right, other.right) - max(one.left, other.left) > 1
        and min(one.bottom, other.bottom) - max(one.top, other.top) > 1
    )


@pytest.mark.parametrize("panel", LINES, ids=lambda panel: panel.title[:20])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_numbers_and_names_stand_apart_and_inside_in_any_room(
    panel: LinesPanel, size: tuple[float, float]
) -> None:
    space = room(*size)
    chart = chart_of(panel, space)
    names = [name.rect for name in chart.names]
    for one in names:
        assert one.left >= 0
        assert one.right <= size[0] + 1
        assert one.top >= 0
        assert one.bottom <= size[1] + 1
        assert not any(overlap(one, other) for other in names if other is not one)
    down = sorted(chart.y.share(tick.place) * size[1] for tick in (*chart.y.numbers, *chart.y.lanes))
    assert all(b - a >= 14 for a, b in pairwise(down)), "numbers lie on each other"
    edges = [
        (chart.x.share(tick.place) * size[0] - 3.5 * len(tick.text), 7.0 * len(tick.text))
        for tick in chart.x.numbers
    ]
    assert all(a[0] + a[1] <= b[0] + 1 for a, b in pairwise(edges)), chart.x.numbers


@pytest.mark.parametrize("panel", LINES, ids=lambda panel: panel.title[:20])
def test_every_number_has_its_place(panel: LinesPanel) -> None:
    made = laid_out(panel, room())
    for series, (x, y) in zip(panel.series, made.places, strict=True):
        is_shown = not made.chart.message
        assert np.array_equal(~np.isnan(y), ~np.isnan(series.y) & is_shown), "what is measured is drawn"
        assert (made.chart.y.low <= y[~np.isnan(y)]).all()
        assert (y[~np.isnan(y)] <= made.chart.y.high).all()
        assert (made.chart.x.low <= x[~np.isnan(x)]).all()
        assert (x[~np.isnan(x)] <= made.chart.x.high).all()


@pytest.mark.parametrize("count", [2, 3, 4])
def test_all_names_are_written_where_the_plot_is_not_tiny(count: int) -> None:
    chart = chart_of(panels.long_names(count), room(420, 220))
    assert len({name.key for name in chart.names}) == count


def test_on_a_linear_axis_numbers_stand_as_they_are() -> None:
    panel = simple([0.0, 5.0, -3.0])
    made = laid_out(panel, room())
    assert made.places[0][1] == pytest.approx([0.0, 5.0, -3.0])
    assert chart_of(panel, room()).curves[0].y == pytest.approx([0.0, 5.0, -3.0])


def test_on_a_logarithm_zero_and_infinity_have_lanes_and_nan_none() -> None:
    panel = simple([1e-3, 0.0, math.nan, 10.0, math.inf, -1.0], is_log=True)
    made = laid_out(panel, room())
    _, y = made.places[0]
    lanes = {tick.text: tick.place for tick in made.chart.y.lanes}
    assert set(lanes) == {"0", "∞ < 0"}
    assert y[[0, 3]] == pytest.approx([-3.0, 1.0])
    assert y[1] == lanes["0"]
    assert y[4] == y[5] == lanes["∞ < 0"]
    assert math.isnan(y[2])
    (curve,) = made.chart.curves
    assert np.isfinite(curve.y).tolist() == [True, False, False, True, False, False], (
        "no line leads to a lane"
    )
    shapes = [shape for dots in made.chart.dots for shape in dots.shapes]
    assert sorted(shapes) == ["dot", "dot", "infinite", "nan", "zero"]


def test_infinity_has_a_lane_beside_a_linear_axis_too() -> None:
    made = laid_out(simple([1.0, math.inf, 3.0, -math.inf]), room())
    (lane,) = made.chart.y.lanes
    assert lane.text == "∞ −∞"
    assert made.places[0][1][[1, 3]].tolist() == [lane.place, lane.place]
    assert lane.place > 3.0


@pytest.mark.parametrize("y", [[5.0], [5.0, 5.0], [0.0], [1e-320, 1e-320], [1e299, -1e299], [1e301]])
@pytest.mark.parametrize("is_log", [False, True])
def test_one_value_and_extreme_ones_have_an_axis(y: list[float], is_log: bool) -> None:
    chart = chart_of(simple(y, is_log=is_log), room())
    assert chart.y.low < chart.y.high
    assert math.isfinite(chart.y.high - chart.y.low)


def test_the_ends_that_an_axis_must_reach_are_reached() -> None:
    panel = simple([13.0, 20.0], least=0.0, most=100.0)
    chart = chart_of(panel, room())
    assert chart.y.low == 0.0
    assert chart.y.high >= 100.0
    assert [tick.text for tick in chart.y.numbers][-1] == "100"


def test_blocks_are_numbered() -> None:
    chart = chart_of(panels.bars(27), room(150))
    numbers = [tick.text for tick in chart.x.numbers]
    assert numbers[0] == "1"
    assert [int(number) for number in numbers] == [round(tick.place) for tick in chart.x.numbers]
    assert len(chart_of(panels.bars(27), room(1200)).x.numbers) == 27


def test_bars_stand_on_zero_side_by_side_and_reach_their_values() -> None:
    panel = panels.bars(5)
    made = laid_out(panel, room())
    boxes = {
        inked.key: [shape.rect for shape in inked.shapes if isinstance(shape, Box)]
        for inked in made.chart.shapes
    }
    everything = [*boxes["series 0"], *boxes["series 1"]]
    assert not any(overlap(a, b) for a in everything for b in everything if a is not b)
    for number, series in enumerate(panel.series):
        tops = [rect.top for rect in boxes[f"series {number}"]]
        heights = (made.chart.y.high - series.y) / (made.chart.y.high - made.chart.y.low) * 400
        assert tops == pytest.approx(heights)
        assert {round(rect.bottom) for rect in boxes[f"series {number}"]} == {400}


def test_steps_change_in_the_middle_between_two_points() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), np.array([5.0, 7.0, math.nan])
    panel = LinesPanel("a", Scale("x"), Scale("y"), (Series("b", x, y, looks="steps"),))
    (curve,) = chart_of(panel, room()).curves
    assert curve.x == pytest.approx([0.5, 1.5, 1.5, 3.0, 3.0, 4.5])
    assert curve.y[:4] == pytest.approx([5, 5, 7, 7])
    assert np.isnan(curve.y[4:]).all()


def test_a_band_ends_at_the_axis() -> None:
    panel = panels.decades()
    low = panel.series[0].low
    assert low is not None
    panel = replace(panel, series=(replace(panel.series[0], low=np.where(np.arange(28) == 2, 0.0, low)),))
    chart = chart_of(panel, room())
    curve = next(curve for curve in chart.curves if curve.key == "series 0")
    assert curve.band is not None
    assert curve.band[0][2] == pytest.approx(next(iter(chart.y.edges)))
    assert np.isnan(curve.band[0][4])


def test_guides_lie_at_their_values() -> None:
    panel = replace(simple([0.0, 10.0]), guides=(Guide("half", 5.0), Guide("there", 0.25, is_upright=True)))
    chart = chart_of(panel, room())
    level, upright = chart.curves[:2]
    assert level.y.tolist() == [5.0, 5.0]
    assert level.x.tolist() == list(x_limits(panel))
    assert upright.x.tolist() == [0.25, 0.25]
    assert {name.text for name in chart.names} == {"half", "there"}


def test_lines_that_would_differ_in_colour_alone_have_marks() -> None:
    panel = panels.decades()
    marks = [(stroke_of(panel, series).mark, series.is_dashed) for series in panel.series]
    assert len(set(marks)) == 3
    assert len({stroke_of(panels.long_names(5), series).mark for series in panels.long_names(5).series}) == 5


def test_a_part_of_x_is_drawn_with_its_own_numbers() -> None:
    panel = panels.many_drops()
    chart = laid_out(panel, room(), (3.0, 6.0)).chart
    assert (chart.x.low, chart.x.high) == (3.0, 6.0)
    assert [tick.text for tick in chart.x.numbers] == ["3", "4", "5", "6"]
    assert all(3.0 <= x <= 6.0 for dots in chart.dots for x in dots.x)


def test_whole_numbers_have_whole_ticks() -> None:
    panel = simple([1.0, 2.0], is_whole=True)
    panel = replace(panel, x=Scale("k", is_whole=True))
    chart = chart_of(panel, room(1400, 900))
    assert all(float(tick.text) == int(float(tick.text)) for tick in (*chart.x.numbers, *chart.y.numbers))


def test_a_long_line_is_thinned_and_loses_no_extreme() -> None:
    y = np.random.default_rng(0).normal(size=50_000)
    y[33_333] = 40.0
    panel = LinesPanel("a", Scale("x"), Scale("y"), (Series("b", np.arange(50_000.0), y),))
    (curve,) = chart_of(panel, room()).curves
    assert len(curve.x) < 3000
    assert curve.y.max() == 40.0


def test_words_of_a_point() -> None:
    panel = panels.many_drops()
    assert point_words(panel, 0, 2) == "branches dropped: 3 · error (%): 14.3 (7.298 to 20.3)"
    told = replace(panel.series[0], words=("block 1 · conv2_x 1: 13 %",))
    assert point_words(replace(panel, series=(told,)), 0, 0) == "block 1 · conv2_x 1: 13 %"
    assert "error (%): ∞" in point_words(
        LinesPanel("a", panel.x, panel.y, (Series("b", np.zeros(1), np.array([math.inf])),)), 0, 0
    )


def test_what_stands_in_an_empty_plot() -> None:
    def message(chart: Chart) -> str:
        assert not chart.curves
        assert not chart.names
        return chart.message

    assert message(chart_of(panels.nothing(), room())) == "Nothing is measured yet."
    assert message(chart_of(panels.bars(message="No shortcuts."), room())) == "No shortcuts."
    assert message(chart_of(LinesPanel("a", Scale(""), Scale(""), ()), room())) == "Nothing is measured yet."


def test_panels_stand_in_as_many_columns_as_suit_the_room() -> None:
    assert [columns_for(count, (1000.0, 600.0), 260.0) for count in (0, 1, 2, 3, 4, 6)] == [1, 1, 2, 2, 2, 3]
    assert columns_for(4, (300.0, 900.0), 260.0) == 1
    assert columns_for(2, (0.0, 0.0), 260.0) == 1
    assert columns_for(2, (900.0, 640.0), 260.0, best_shape(panels.every()[:1])) == 1
    assert columns_for(2, (900.0, 640.0), 260.0, best_shape([panels.landscape(3)] * 2)) == 2


def test_many_dots_lie_under_the_lines_and_let_each_other_through() -> None:
    chart = chart_of(panels.dots(), room())
    (cloud,) = [inked for inked in chart.shapes if inked.key == "series 0"]
    assert len(cloud.shapes) == 1000
    assert cloud.ink.fill_opacity < 1
    assert not [dots for dots in chart.dots if dots.key == "series 0"]


def test_upright_guides_end_below_rows_of_names() -> None:
    panel = replace(panels.long_names(3), guides=(Guide("half", 0.5, is_upright=True),))
    chart = chart_of(panel, room(420, 220))
    upright = next(curve for curve in chart.curves if curve.key == "guide 0")
    top = (1 - chart.y.share(float(upright.y.max()))) * 220
    assert top >= max(name.rect.bottom for name in chart.names) - 1


def test_dots_of_one_block_stand_beside_each_other() -> None:
    x, y = np.array([1.0, 2.0]), np.array([10.0, 20.0])
    alike = (Series("a", x, y, looks="dots"), Series("b", x, y, looks="dots", colour="first"))
    panel = LinesPanel("a", Scale("block"), Scale("y"), alike, is_by_block=True)
    ours, theirs = laid_out(panel, room()).places
    assert (ours[0] < x).all()
    assert (theirs[0] > x).all()
    assert ours[0] + theirs[0] == pytest.approx(2 * x)


@pytest.mark.parametrize("width", [230.0, 480.0, 1200.0])
def test_the_spreads_of_one_block_stand_beside_each_other(width: float) -> None:
    x, y = np.arange(1.0, 28.0), np.full(27, 10.0)
    alike = tuple(Series(name, x, y, y - 2, y + 2, looks="dots", colour="first") for name in ("a", "b"))
    chart = chart_of(LinesPanel("a", Scale("block"), Scale("y"), alike, is_by_block=True), room(width, 200))
    ours, theirs = (
        np.array([[at for at, _ in shape.points] for shape in inked.shapes if isinstance(shape, Outline)])
        for inked in chart.shapes
    )
    assert len(ours) == len(theirs) == 3 * 27
    assert (theirs.min(axis=1) - ours.max(axis=1)).min() > 0.5
    after = ours.reshape(27, 3, 2)[1:].min(axis=(1, 2)) - theirs.reshape(27, 3, 2)[:-1].max(axis=(1, 2))
    assert after.min() > 0.5, "nor do those of the next block"
    beside = float((theirs[::3].min(axis=1) - ours[::3].max(axis=1)).min())
    assert [dots.size <= beside + 1e-9 for dots in chart.dots] == [True, True], "nor do the dots themselves"


@pytest.mark.parametrize("size", [(420.0, 220.0), (900.0, 500.0), (1400.0, 900.0)], ids=str)
def test_names_of_what_ends_nowhere_stand_together(size: tuple[float, float]) -> None:
    x = np.arange(1.0, 10.0)
    bars, dots = (
        Series("worth", x, x[::-1], looks="bars"),
        Series("alone", x, x, looks="dots", colour="first"),
    )
    chart = chart_of(LinesPanel("a", Scale("block"), Scale("y"), (bars, dots), is_by_block=True), room(*size))
    assert len(chart.names) == 2
    one, other = (name.rect for name in chart.names)
    assert one.top == other.top or one.left == other.left, "beside or below each other"
    assert abs(other.top - one.top) <= 16


@pytest.mark.parametrize("size", [(300.0, 160.0), (420.0, 220.0), (900.0, 500.0)], ids=str)
def test_names_stand_at_their_lines_or_together(size: tuple[float, float]) -> None:
    for panel in LINES:
        chart = chart_of(panel, room(*size))
        if chart.legend is not None:
            assert all(chart.legend.holds(name.rect.left, name.rect.top) for name in chart.names)


@pytest.mark.parametrize(
    "ends", [(1.53, 1.6), (2.23, 3.9), (0.0611, 0.0702), (51.0, 95.0), (3.0, 3.0)], ids=str
)
def test_a_logarithmic_axis_between_two_round_numbers_has_others(ends: tuple[float, float]) -> None:
    """Of errors that hardly differ: an axis without a number says nothing."""
    panel = LinesPanel("a", Scale("x", is_log=True), Scale("y"), (Series("b", np.array(ends), np.ones(2)),))
    axis = chart_of(panel, room(240.0, 150.0)).x
    assert len(axis.numbers) >= 2
    for tick in axis.numbers:
        assert 10**tick.place == pytest.approx(float(tick.text))

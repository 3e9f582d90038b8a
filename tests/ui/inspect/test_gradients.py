"""Norms as heights: no value is lost, no curve is hidden, and names stand beside their curves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import Chart, Name, Room
from resnet_viewer.charts.gradient_values import GradientCurves, gradient_chart, series
from resnet_viewer.charts.log_axis import (
    Series,
    heights,
    norm_text,
    ratio_text,
    scale_for,
    ticks,
)
from resnet_viewer.charts.wiring_layout import lay_out
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.gradients import GradientBar, GradientPlot
from tests import fabricated


def curve(*values: float) -> Series:
    count = len(values)
    return Series(
        tuple(f"layer{i}" for i in range(count)),
        ((1,),) * count,
        np.arange(1.0, count + 1),
        np.array(values),
        np.ones(count, dtype=bool),
    )


@given(st.lists(st.floats(), min_size=1, max_size=12), st.floats(20, 900))
def test_every_value_whatever_it_is_lies_inside_the_plot(values: list[float], height: float) -> None:
    points = curve(*values)
    scale = scale_for([points], height)
    y = heights(points, scale)
    assert np.all(np.isfinite(y)), "a value has no place"
    assert np.all((y > scale.bottom) & (y < scale.top))


def test_the_range_holds_both_curves_however_far_apart() -> None:
    low, high = curve(1e-320, 5e-324), curve(1e300, 1.7e308)
    scale = scale_for([low, high], 200)
    assert scale.low < np.log10(5e-324)
    assert scale.high > np.log10(1.7e308)
    assert (scale.zero, scale.odd) == (None, None), "a lane without a value"


def test_zeros_and_non_finite_values_lie_on_lanes_of_their_own() -> None:
    points = curve(1.0, 0.0, float("inf"), float("nan"), -1.0)
    scale = scale_for([points], 200)
    assert scale.zero is not None
    assert scale.odd is not None
    assert scale.odd_label == "∞ nan"
    assert heights(points, scale).tolist() == [0.0, scale.zero, scale.odd, scale.odd, scale.odd]
    assert scale.bottom < scale.zero < scale.low
    assert scale.high < scale.odd < scale.top
    assert [points.lane(i) for i in range(5)] == ["log", "zero", "infinite", "nan", "nan"]


def test_nothing_but_zeros_still_has_a_plot() -> None:
    scale = scale_for([curve(0.0, 0.0)], 200)
    assert scale.zero is not None
    assert ticks(scale, 200, 12)


def test_equal_values_do_not_blow_up_the_axis() -> None:
    scale = scale_for([curve(1.0, 1.001)], 200)
    assert scale.high - scale.low > 2


@pytest.mark.parametrize("height", [30, 160, 600])
@pytest.mark.parametrize(("low", "high"), [(0.3, 3.0), (1e-14, 1.0), (2e-7, 4e-4), (5e-324, 1e308)])
def test_numbers_on_the_axis_are_whole_decades_with_room_between(
    low: float, high: float, height: float
) -> None:
    scale = scale_for([curve(low, high)], height)
    numbers = ticks(scale, height, 12)
    assert numbers, "an axis without a number"
    assert all(text == f"1e{int(y)}" and scale.bottom < y < scale.top for y, text in numbers)
    gaps = np.diff([y for y, _ in numbers]) * height / (scale.top - scale.bottom)
    assert np.all(gaps >= 12)


@pytest.mark.parametrize("height", [42, 48, 60, 200])
@pytest.mark.parametrize("values", [(1e-9, 1e12), (1e-14, 1.0), (2e-7, 4e-4), (0.3, 3.0), (1e-9, 1.0, 0.0)])
def test_a_low_plot_has_three_numbers_that_do_not_touch(values: tuple[float, ...], height: float) -> None:
    scale = scale_for([curve(*values)], height)
    if scale.zero is not None and height < 60:
        return  # its row needs the room of one
    numbers = ticks(scale, height, 13)
    pixels = height / (scale.top - scale.bottom)
    assert len(numbers) >= 3
    assert all(text for _, text in numbers)
    assert np.all(np.diff([y for y, _ in numbers]) * pixels >= 13 - 1e-9)
    assert (numbers[0][0] - scale.bottom) * pixels >= 13 / 2 - 4 - 1e-9, "it lies on the layers' numbers"
    if scale.zero is not None:
        assert (numbers[0][0] - scale.zero) * pixels >= 13 - 1e-9, "it lies on the zeros' name"
    for y, text in numbers:
        assert float(text) == pytest.approx(10.0**y)


@pytest.mark.parametrize(
    ("now", "reference", "text"),
    [
        (1e-14, 1.0, "1.00e-14"),
        (0.5, 1.0, "0.5"),
        (5e-324, 1e308, "4.94e-632"),
        (0.0, 1.0, "0"),
        (1.0, 0.0, "—"),
        (float("nan"), 1.0, "—"),
    ],
)
def test_ratios_survive_any_distance(now: float, reference: float, text: str) -> None:
    assert ratio_text(now, reference) == text


def test_words_never_mistake_a_zero_for_a_small_number() -> None:
    assert norm_text(0.0) == "0 (exactly)"
    assert norm_text(1e-320) == "1e-320"
    assert norm_text(float("nan")) == "nan (not a number)"


def reading(name: str = "resnet18") -> ProbeResult:
    scene = fabricated.scene(spec(name), cut=(2,), decades=8)
    assert scene.now is not None
    return scene.now


def test_a_projection_is_a_point_beside_the_curve() -> None:
    layout = lay_out(blueprint(spec("resnet18")))
    points = series(reading(), layout, "weight")
    aside = [name for name, joined in zip(points.names, points.is_joined, strict=True) if not joined]
    assert aside == ["layer2.0.downsample.0", "layer3.0.downsample.0", "layer4.0.downsample.0"]
    assert np.all(np.diff(points.x[points.is_joined]) == 1)


def test_each_layer_of_a_deep_stem_is_a_point_of_the_curve() -> None:
    layout = lay_out(blueprint(spec("resnet18d")))
    points = series(reading("resnet18d"), layout, "weight")
    assert points.names[:4] == ("conv1.0", "conv1.3", "conv1.6", "layer1.0.conv1")
    assert points.x[points.is_joined].tolist() == list(range(1, 21))
    beside = series(reading("resnet18"), layout, "weight")
    assert (beside.x.min(), beside.x.max()) == (1, 20), "another network lies over the whole strip"
    assert beside.names[0] == "ResNet-18, stem · conv1"


def test_each_quantity_has_its_values_and_places() -> None:
    layout, result = lay_out(blueprint(spec("resnet18"))), reading()
    weight, relative = series(result, layout, "weight"), series(result, layout, "relative")
    assert weight.values[0] == result.layers[0].gradient_norm
    assert relative.values[3] == pytest.approx(weight.values[3] / result.layers[3].weight_norm)
    output = series(result, layout, "output")
    assert output.x.tolist() == [span.right for span in layout.spans]
    assert output.value_of("layer1.1") == result.blocks[1].gradient_norm
    assert output.shapes[2] == (128, 28, 28)


@pytest.fixture
def plot(qtbot: QtBot) -> GradientPlot:
    widget = pg.GraphicsLayoutWidget()
    qtbot.addWidget(widget)
    box = pg.ViewBox(enableMenu=False, enableMouse=False)
    box.disableAutoRange()
    widget.addItem(box)
    widget.resize(700, 260)
    with qtbot.waitExposed(widget):
        widget.show()
    plot = GradientPlot(box, widget.ci, QFont())
    box.setXRange(0, 6, padding=0)
    plot.keep = widget  # type: ignore[attr-defined]
    return plot


def test_a_zero_breaks_the_line_and_has_a_mark(plot: GradientPlot) -> None:
    plot.set_curves(
        GradientCurves(curve(1.0, 0.1, 0.0, 0.1, float("inf")), None, "now"), layers=5, message=""
    )
    line = plot.drawing.lines.lines["now"]
    unit = plot.view.width() / 6
    np.testing.assert_allclose(line.x, unit * np.arange(1, 6))
    assert np.isfinite(line.y).tolist() == [True, True, False, True, False]
    assert Counter(next(dots for dots in plot.chart.dots if dots.key == "now").shapes) == {
        "dot": 3,
        "zero": 1,
        "infinite": 1,
    }
    assert [text for _, text in plot.chart.y.lanes] == ["0", "∞"]


def test_a_lonely_point_of_the_reference_gets_a_dot(plot: GradientPlot) -> None:
    plot.set_curves(
        GradientCurves(None, curve(1.0, 0.1, 0.0, 0.1, 0.0), "", "reference"), layers=5, message=""
    )
    assert len(plot.drawing.dots["reference"]._dots.toList()) == 1


def test_the_view_shows_the_whole_of_both_curves(plot: GradientPlot) -> None:
    now, reference = curve(1e-14, 1e-9, 1e-3), curve(0.5, 2.0, 40.0)
    plot.set_curves(GradientCurves(now, reference, "now", "reference"), layers=3, message="")
    low, high = plot.view.viewRange()[1]
    assert low < -14
    assert high > np.log10(40)
    for points in (now, reference):
        for index in range(3):
            assert 0 < plot.pixel_of(points, index).y() < plot.view.height()


def test_a_stale_curve_is_dimmed_and_the_reference_is_not(plot: GradientPlot) -> None:
    plot.set_curves(GradientCurves(curve(1, 2), curve(2, 3), "now", "reference"), layers=2, message="")
    plot.set_stale(now=True, reference=False)
    assert plot.drawing.opacities["now"] < 0.5
    assert plot.drawing.opacities["reference"] == 1.0


def test_new_numbers_reuse_the_items(plot: GradientPlot) -> None:
    plot.set_curves(GradientCurves(curve(1, 2, 3), None, "now"), layers=3, message="")
    before = list(plot.view.addedItems)
    plot.set_curves(GradientCurves(curve(4, 5, 6), curve(1, 1, 1), "now", "reference"), layers=3, message="")
    assert plot.view.addedItems == before


def test_the_nearest_of_two_points_at_one_x_is_the_one_nearer_in_height(plot: GradientPlot) -> None:
    points = Series(
        ("conv2", "projection"), ((1,), (1,)), np.array([2.0, 2.0]), np.array([1.0, 1e-9]),
        np.array([True, False]),
    )  # fmt: skip
    plot.set_curves(GradientCurves(points, None, "now"), layers=3, message="")
    for index, name in enumerate(points.names):
        assert plot.nearest(2.2, plot.pixel_of(points, index).y()) == name


def named(
    now: Series, reference: Series, size: tuple[float, float], names: tuple[str, str]
) -> tuple[Chart, tuple[Name, ...]]:
    """The chart of two curves, in a plot of that size, and the names that it has."""
    room = Room(*size, lambda text: 7.0 * len(text), 14.0)
    scale = scale_for([now, reference], size[1])
    curves = GradientCurves(now, reference, *names)
    span = (now.x[0] - 1, now.x[-1] + 1)
    chart = gradient_chart(curves, scale, span, 56, room, has_names=True)
    return chart, chart.names


def is_clear(chart: Chart, name: Name, size: tuple[float, float]) -> bool:
    """Whether no point, and no line between two of them, runs through a name."""
    for line in chart.curves:
        x, y = chart.place(size, line.x, line.y)
        at = np.linspace(name.rect.left, name.rect.right, 60)
        heights = np.interp(at, x, np.where(np.isfinite(y), y, -99))
        if np.any((heights > name.rect.top) & (heights < name.rect.bottom)):
            return False
    for dots in chart.dots:
        places = zip(*chart.place(size, dots.x, dots.y), strict=True)
        if any(name.rect.holds(float(x), float(y)) for x, y in places):
            return False
    return True


WORDS = ("now: 8 of 27 shortcuts cut", "reference: all shortcuts open")
FALLING = np.geomspace(1e-14, 1.0, 56)


@pytest.mark.parametrize("height", [120.0, 200.0, 400.0])
def test_names_stand_clear_of_each_other_and_of_the_curves(height: float) -> None:
    size = (1200.0, height)
    reference = 1.0 + 0.8 * np.sin(np.arange(56))
    for values in (FALLING, np.where(FALLING < 1e-5, 0.0, FALLING)):
        chart, names = named(curve(*values), curve(*reference), size, WORDS)
        assert {name.text for name in names} == set(WORDS)
        assert all(is_clear(chart, name, size) for name in names)
        first, second = (QRectF(*name.rect) for name in names)
        assert not first.intersects(second)


def test_a_mark_beside_the_curve_is_kept_clear() -> None:
    size, flat = (900.0, 160.0), curve(*[1e-4] * 20)
    _, (name, *_) = named(flat, curve(*[1.0] * 20), size, ("now", ""))
    x = (name.rect.left + name.rect.width / 2) / size[0] * 21
    chart, _ = named(flat, curve(*[1.0] * 20), size, ("now", ""))
    share = 1 - (name.rect.top + name.rect.height / 2) / size[1]
    log = chart.y.low + share * (chart.y.high - chart.y.low)
    aside = Series(
        (*flat.names, "projection"), (*flat.shapes, (1,)), np.append(flat.x, x),
        np.append(flat.values, 10.0**log), np.append(flat.is_joined, False),
    )  # fmt: skip
    chart, (moved, *_) = named(aside, curve(*[1.0] * 20), size, ("now", ""))
    assert moved.rect != name.rect
    assert is_clear(chart, moved, size)


def test_a_nameless_curve_has_no_name(plot: GradientPlot) -> None:
    curves = GradientCurves(curve(1.0, 0.1), curve(1.0, 0.1), "now = reference")
    plot.set_curves(curves, layers=2, message="")
    assert [name.text for name in plot.chart.names] == ["now = reference"]


def test_names_that_have_no_room_are_their_first_words_or_none() -> None:
    saw = np.tile([1e-14, 1.0], 28)
    _, names = named(curve(*FALLING), curve(*FALLING[::-1]), (300.0, 70.0), WORDS)
    assert {name.text for name in names} <= {"now", "reference"}
    _, names = named(curve(*saw), curve(*saw), (300.0, 40.0), WORDS)
    assert names == ()


def test_a_zero_in_both_shows_two_marks(plot: GradientPlot) -> None:
    both = curve(1.0, 0.0, 0.1)
    plot.set_curves(GradientCurves(both, both, "now", "reference"), layers=3, message="")
    now, reference = (plot.drawing.dots[role]._outlines[0].boundingRect() for role in ("now", "reference"))
    assert reference.adjusted(2, 2, -2, -2).contains(now), "one hides the other"
    assert plot.drawing.dots["reference"].zValue() < plot.drawing.dots["now"].zValue()


def test_a_long_name_is_shortened_to_the_plot(plot: GradientPlot) -> None:
    plot.set_curves(GradientCurves(curve(1.0, 0.1), None, "many words " * 40), layers=2, message="")
    (name,) = plot.chart.names
    assert name.text.endswith("…")
    assert name.rect.width < 0.7 * plot.view.width()


def test_the_bar_shows_a_choice_without_wishing_and_wishes_when_chosen(qtbot: QtBot) -> None:
    bar = GradientBar()
    qtbot.addWidget(bar)
    with qtbot.assertNotEmitted(bar.quantity_chosen), qtbot.assertNotEmitted(bar.gradient_of_chosen):
        bar.show_choice("output", "loss")
    assert (bar.quantity.currentData(), bar.source.currentData()) == ("output", "loss")
    with qtbot.waitSignal(bar.quantity_chosen) as wish:
        bar.quantity.activated.emit(1)
    assert wish.args == ["relative"]
    with qtbot.waitSignal(bar.gradient_of_chosen) as wish:
        bar.source.activated.emit(0)
    assert wish.args == ["score"]


def test_the_bar_says_whose_gradient_the_reading_shows(qtbot: QtBot) -> None:
    bar = GradientBar()
    qtbot.addWidget(bar)
    result = reading()
    loss = replace(result, request=replace(result.request, gradient_of="loss"))
    bar.show_reading(loss, "relative", "horse")
    assert bar.readout.startswith("‖∂loss/∂W‖₂ / ‖W‖₂ · log scale · target horse")
    bar.show_readout("stem · conv1")
    assert bar.readout == "stem · conv1"
    bar.show_readout("")
    assert bar.readout.startswith("‖∂loss/∂W‖₂")


def test_a_mean_is_named_as_what_it_is_and_has_no_loss(qtbot: QtBot) -> None:
    bar = GradientBar()
    qtbot.addWidget(bar)
    now = fabricated.scene().now
    assert now is not None
    bar.show_reading(replace(now, target=BlockTarget(5, 7)), "weight", "block 5, channel 7")
    assert bar.readout.startswith("‖∂mean/∂W‖₂")
    assert bar.source.itemText(0) == "of the mean"
    assert not bar.source.isEnabled()
    bar.show_reading(now, "weight", "horse")
    assert bar.readout.startswith("‖∂score/∂W‖₂")
    assert bar.source.itemText(0) == "of the score"
    assert bar.source.isEnabled()

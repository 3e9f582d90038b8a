"""Every number of a block has its place, whatever it is, and nothing of it is told by colour alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viewer.charts.activations import ActivationChart, ValueScale, activation_chart, scale_for
from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.shapes import Box, Inked, Outline
from resnet_viewer.charts.wiring_layout import lay_out
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.distribution import (
    Distribution,
    Distributions,
    MeasureActivations,
    distribution_of,
    outputs,
)
from resnet_viewer.records.session import ActivationScale
from tests import fabricated

ROOM = Room(460.0, 200.0, lambda text: 7.0 * len(text), 16.0)
ALIKE = Distribution(1000, (0.0, 0.1, 0.5, 1.0, 2.0), 0.25)


def found(
    name: str = "cifar-resnet-20", *, cut: tuple[int, ...] = (), **blocks: Distribution
) -> Distributions:
    """All blocks alike, but for those named `block_3`."""
    setup = fabricated.setup(spec(name))
    state = replace(setup.state, wiring=setup.wiring.with_shortcuts(cut, 0.0))
    assert setup.picture is not None
    empty = Distributions(MeasureActivations(state, setup.picture))
    plan = empty.plan
    told = dict.fromkeys(outputs(plan), ALIKE)
    told |= {plan.blocks[int(key.split("_")[1]) - 1].name: value for key, value in blocks.items()}
    return replace(empty, found=told, is_complete=True)


def chart_of(
    now: Distributions | None, reference: Distributions | None = None, *, wished: ActivationScale = "auto"
) -> ActivationChart:
    shown = now or reference
    assert shown is not None
    return activation_chart(now, reference, lay_out(shown.plan), ROOM, wished=wished)


def drawn(made: ActivationChart, key: str) -> list[Inked]:
    return [inked for inked in made.chart.shapes if inked.key == key]


def height_of(made: ActivationChart, value: float) -> float:
    return (1.0 - made.chart.y.share(made.scale.place(value))) * ROOM.height


@given(st.lists(st.floats(-3e38, 3e38), min_size=5, max_size=5), st.sampled_from(["auto", "linear", "log"]))
def test_every_finite_number_lies_inside_the_plot_in_its_order(
    values: list[float], wished: ActivationScale
) -> None:
    odd = Distribution(10, tuple(sorted(values)), 0.0)
    made = chart_of(found(block_4=odd), wished=wished)
    heights = [height_of(made, value) for value in odd.percentiles]
    assert all(-1e-6 <= height <= ROOM.height for height in heights)
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("unit", [0.0, 1e-5, 1.0])
def test_a_scale_rises_with_the_values_and_is_the_same_on_both_sides_of_zero(unit: float) -> None:
    scale = ValueScale(unit)
    values = [0.0, 1e-9, 1e-6, 1e-5, 2e-5, 1e-3, 1.0, 5.0, 1e6]
    places = [scale.place(value) for value in values]
    assert places == sorted(set(places))
    assert [scale.place(-value) for value in values] == [-place for place in places]


def test_ten_times_a_value_is_one_step_up_the_logarithm() -> None:
    scale = ValueScale(1e-3)
    assert scale.place(1e-3) == 1.0
    assert scale.place(1.0) == pytest.approx(4.0)
    assert [tick.text for tick in scale.numbers(0.0, 4.2, 300.0, 16.0)] == [
        "0",
        "1e-3",
        "1e-2",
        "1e-1",
        "1e0",
    ]


def test_the_scale_is_logarithmic_by_itself_where_one_block_explodes_or_vanishes() -> None:
    huge = Distribution(10, (0.0, 1e3, 1e4, 1e5, 1e6), 0.0)
    assert not chart_of(found()).scale.is_log
    assert chart_of(found(block_4=huge)).scale.is_log
    assert chart_of(
        found(), found(cut=(1,), block_9=replace(ALIKE, percentiles=(0.0,) * 4 + (1e-9,)))
    ).scale.is_log
    assert not chart_of(found(block_4=huge), wished="linear").scale.is_log
    assert chart_of(found(), wished="log").scale.is_log


def test_the_smallest_block_keeps_a_decade_of_its_own() -> None:
    scale = scale_for([ALIKE, replace(ALIKE, percentiles=(0.0, 0.0, 1e-8, 2e-8, 3e-8))], "auto")
    assert scale.place(3e-8) > 1.0


def test_boxes_stand_between_the_quartiles_and_lines_between_the_ends() -> None:
    made = chart_of(found())
    lines, boxes, ticks, zeros = drawn(made, "now")
    box = boxes.shapes[3]
    assert isinstance(box, Box)
    assert box.rect.top == pytest.approx(height_of(made, 1.0))
    assert box.rect.bottom == pytest.approx(height_of(made, 0.1))
    ends = [point[1] for line in lines.shapes[6:8] if isinstance(line, Outline) for point in line.points]
    assert ends == pytest.approx([height_of(made, value) for value in (0.0, 0.1, 1.0, 2.0)])
    tick = ticks.shapes[3]
    assert isinstance(tick, Outline)
    assert tick.points[0][1] == pytest.approx(height_of(made, 0.5))
    bar = zeros.shapes[3]
    assert isinstance(bar, Box)
    lane = made.chart.y.lanes[0]
    assert lane.text == "zeros"
    assert bar.rect.bottom == ROOM.height
    high = (made.chart.y.edges[0] - made.chart.y.low) / (made.chart.y.high - made.chart.y.low) * ROOM.height
    assert bar.rect.height == pytest.approx(0.25 * (high - 2))


def test_now_and_the_reference_stand_side_by_side_and_differ_by_more_than_colour() -> None:
    made = chart_of(found(cut=(3,)), found())
    whiskers, boxes = drawn(made, "now")[:2]
    their_whiskers, their_boxes = drawn(made, "reference")[:2]
    assert (whiskers.ink.dashes, bool(their_whiskers.ink.dashes)) == ((), True)
    assert (bool(boxes.ink.fill), their_boxes.ink.fill) == (True, "")
    for ours, theirs in zip(boxes.shapes, their_boxes.shapes, strict=True):
        assert isinstance(ours, Box)
        assert isinstance(theirs, Box)
        assert theirs.rect.right <= ours.rect.left


def test_one_state_is_drawn_once_and_called_both() -> None:
    made = chart_of(found(), found())
    assert not drawn(made, "reference")
    assert not made.reference
    assert made.chart.names[0].text.startswith("now = reference")


def test_another_network_is_laid_over_the_same_depth() -> None:
    made = chart_of(found("cifar-resnet-56"), found("cifar-resnet-20"))
    layout = lay_out(found("cifar-resnet-56").plan)
    assert len(made.now) == 28
    assert len(made.reference) == 10
    assert made.reference[0].left == pytest.approx(made.now[0].left, abs=1.0)
    assert made.reference[-1].right == pytest.approx(layout.spans[-1].right, abs=1.5)
    beside = made.beside(27)
    assert beside is not None
    assert beside.words.startswith("block 9")
    assert "reference block 9" in made.readout(27)
    assert all(inked.ink.fill == "" for inked in drawn(made, "reference")), (
        "bands of steps, not boxes over boxes"
    )


def test_a_network_of_hundreds_of_blocks_is_one_band_without_a_gap() -> None:
    made = chart_of(found("cifar-resnet-1202"))
    outer = drawn(made, "now")[0]
    rects = [shape.rect for shape in outer.shapes if isinstance(shape, Box)]
    assert len(rects) == 601
    for one, other in pairwise(rects[1:]):
        assert one.right == pytest.approx(other.left)


def test_what_is_not_finite_stands_above_with_its_own_sign_and_is_counted() -> None:
    infinite = distribution_of(np.array([1, 2, np.inf, np.inf], np.float32))
    nothing = distribution_of(np.array([np.nan] * 4, np.float32))
    made = chart_of(found(block_2=infinite, block_5=nothing))
    (dots,) = made.chart.dots
    assert dots.shapes == ("infinite", "nan")
    assert dots.y[0] > made.chart.y.edges[-1]
    assert "2 of 4 infinite" in made.readout(2)
    assert "4 of 4 NaN" in made.readout(5)


def test_what_was_not_computed_and_what_is_still_computed_are_told_apart() -> None:
    whole = found()
    partial = replace(whole, found=dict(list(whole.found.items())[:3]), is_complete=False)
    made = chart_of(partial)
    assert len(drawn(made, "now")[1].shapes) == 3, "a partial answer is drawn as far as it goes"
    assert "computing…" in made.readout(5)
    gone = replace(whole, found={**whole.found, made.now[4].name: None})
    made = chart_of(gone)
    assert "not computed" in made.readout(4)
    assert len(drawn(made, "now")[-1].shapes) == 2, "an empty frame with a stroke"


def test_a_point_of_the_axis_leads_to_its_column() -> None:
    made = chart_of(found())
    for place, column in enumerate(made.now):
        assert made.at((column.left + column.right) / 2) == place
    assert made.at(made.now[-1].right + 0.4) is None

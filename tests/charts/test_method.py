"""A method's map over the picture: where it lies, which colours it takes, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.charts.gradcam import Underlay, overlay, veil
from resnet_viewer.charts.limits import Span
from resnet_viewer.charts.method import MethodSide, method_chart
from resnet_viewer.charts.palette import lookup
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.method import ExplainRequest, Explanation
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.session import View
from tests.fabricated import explanation, setup


def explained(name: str = "saliency", *, seed: int = 0, complete: bool = True) -> Explanation:
    """Invented values; of both signs where the method has both."""
    wish = setup(spec("cifar-resnet-20"))
    return explanation(
        ExplainRequest.of(wish.question(wish.state), name), seed=seed, done=None if complete else 1
    )


GREY = np.full((64, 64, 3), 128, np.uint8)
WHOLE = Underlay(GREY, Box(0, 0, 64, 64))


def test_both_sides_share_one_scale_unless_the_view_has_it_otherwise() -> None:
    now, reference = explained(seed=1), replace(explained(seed=2), map=5 * explained(seed=2).map)
    shared = method_chart(now, reference, view=View())
    assert shared.sides[0].span == shared.sides[1].span
    assert 0 < shared.sides[0].span.high < reference.largest, "a few pixels lie beyond the last colour"
    each = method_chart(now, reference, view=View(cam_scale="own"))
    assert each.sides[0].span.high < each.sides[1].span.high
    assert "each on its own scale" in each.scale.meaning


def test_signed_maps_take_diverging_colours_with_zero_in_the_middle() -> None:
    chart = method_chart(explained("input_x_gradient"), None, view=View())
    assert chart.is_signed
    assert chart.colours == View().map_signed_colours
    span = chart.sides[0].span
    assert span.low == -span.high
    assert not method_chart(explained(), None, view=View()).is_signed
    assert method_chart(explained(), None, view=View()).colours == View().cam_colours


def test_nothing_is_laid_where_a_signed_map_is_zero() -> None:
    values = np.zeros((2, 2), np.float32)
    values[0, 0], values[1, 1] = -1.0, 1.0
    found = replace(explained("input_x_gradient"), map=values)
    laid = MethodSide("now", found, Span(-1.0, 1.0)).over(WHOLE, "CET-D1", 1.0)
    table = lookup("CET-D1")
    assert laid[0, 0].tolist() == table[0].tolist()
    assert laid[-1, -1].tolist() == table[255].tolist()
    assert laid[0, -1].tolist() == [128, 128, 128]
    infinite = overlay(
        GREY, np.array([[np.nan]], np.float32), WHOLE.box, span=Span(-1.0, 1.0), colours="CET-D1"
    )
    assert (infinite == GREY).all()


def test_the_screen_s_veil_mixes_signed_maps_as_the_figure_does() -> None:
    whole = explained("input_x_gradient")
    found = replace(whole, map=whole.map[:4, :4])
    side = method_chart(found, None, view=View()).sides[0]
    table = veil("CET-D1", is_signed=True).astype(np.float64)
    assert table[127, 3] == table[128, 3] == 0
    places = side.heat()
    assert places is not None
    black = np.zeros((256, 256, 3), np.uint8)
    drawn = side.over(Underlay(black, Box(0, 0, 256, 256)), "CET-D1", 1.0)
    assert np.abs(table[places][..., :3] - drawn).max() <= 1


def test_a_map_lies_where_its_cells_look() -> None:
    box = Box(10, 20, 42, 52)
    assert MethodSide("now", explained(), Span(0, 1)).laid(box) == box
    block = explained("layer_cam")
    laid = MethodSide("now", block, Span(0, 1)).laid(Box(0, 0, 32, 32))
    assert laid == Box(-1.5, -1.5, 30.5, 30.5)  # every fourth pixel from 0 on


def test_the_value_under_the_pointer_is_the_cell_s() -> None:
    found = explained()
    side = method_chart(found, None, view=View()).sides[0]
    assert side.value_at(Box(0, 0, 64, 64), 3, 60) == pytest.approx(float(found.map[30, 1]))
    assert side.value_at(Box(0, 0, 64, 64), 64, 60) is None


def test_what_is_said_of_a_map() -> None:
    found = replace(explained(), map=np.array([[0.0, 2.0]], np.float32))
    assert MethodSide("now", found, Span(0, 1)).value == "maximum 2"
    signed = replace(explained("input_x_gradient"), map=np.array([[-0.5, 2.0]], np.float32), delta=-0.25)
    assert MethodSide("now", signed, Span(-2, 2)).value == "−0.5 to 2"
    assert MethodSide("now", signed, Span(-2, 2)).delta == "delta −0.25"
    blank = replace(found, map=np.zeros((2, 2), np.float32))
    assert MethodSide("now", blank, Span(0, 0)).value == "blank"
    assert (MethodSide("now", blank, Span(0, 0)).over(WHOLE, "inferno", 1.0) == GREY).all()
    partial = explained("integrated_gradients", complete=False)
    assert MethodSide("now", partial, Span(0, 1)).progress == "1 of 52 passes"
    empty = replace(partial, map=np.zeros((0, 0), np.float32))
    assert MethodSide("now", empty, Span(0, 1)).value == ""
    assert method_chart(empty, None, view=View()).sides[0].heat() is None

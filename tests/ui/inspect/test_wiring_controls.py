"""The wiring strip's layout, its outlines for a wiring, what lies under a point, and the header's controls."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.shapes import Arc, Box, Outline, Point, Shape
from resnet_viewer.charts.wiring_drawing import StripFrame, draw, ink_of, part_at
from resnet_viewer.charts.wiring_layout import Part, StripLayout, lay_out
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.wiring_panel import WiringControls
from resnet_viewer.ui.inspect.wiring_strip import StripItem, StripState
from resnet_viewer.ui.inspect.wiring_words import gates_text, spoken, tooltip
from resnet_viewer.ui.widgets.theme import DARK


def layout_of(name: str) -> StripLayout:
    return lay_out(blueprint(spec(name)))


def frame_of(layout: StripLayout, width: float = 1300.0) -> StripFrame:
    left, right = layout.limits
    return StripFrame(left, width / (right - left), width, 94.0, 14.0)


@pytest.mark.parametrize(
    ("name", "depth"), [("cifar-resnet-56", 56), ("resnet50", 50), ("plain34", 34), ("cifar-resnet-110", 110)]
)
def test_the_classifier_stands_at_the_networks_depth(name: str, depth: int) -> None:
    layout = layout_of(name)
    assert layout.end == depth
    assert [node.x for span in layout.spans for node in span.boxes] == list(range(2, depth))


def test_a_projection_has_the_x_of_its_arcs_top_and_a_block_that_of_its_output() -> None:
    layout = layout_of("resnet18")
    assert layout.x_by_name["layer2.0.conv1"] == 6.0
    assert layout.x_by_name["layer2.0.downsample.0"] == layout.spans[2].centre == 6.5
    assert layout.x_by_name["layer2.0"] == 7.5


def test_every_layer_of_a_deep_stem_has_its_place() -> None:
    layout = layout_of("resnet26d")
    assert [node.x for node in layout.stem] == [1, 2, 3]
    assert layout.spans[0].boxes[0].x == 4
    assert layout.end == layout.depth == 28, "ResNet-26-D has two layers more than its name says"
    assert layout.x_by_name["stem"] == layout.x_by_name["conv1.6"] == 3
    assert [part.name for part in layout.parts[:4]] == ["conv1.0", "conv1.3", "conv1.6", "layer1.0.conv1"]
    assert layout.limits[0] == 0
    frame = frame_of(layout)
    assert len(draw(layout, frame, Wiring.all_open(8)).of("end")) == 4
    assert part_at(layout, frame, frame.px(2), frame.base) == Part("box", "conv1.3", None)
    assert layout.x_by_name["layer2.0.downsample.1"] == layout.spans[2].centre


@pytest.mark.parametrize("x", [0.9, 17.6])
def test_beside_the_blocks_there_is_no_block(x: float) -> None:
    assert layout_of("resnet18").span_at(x) is None


def test_blocks_in_view_are_those_that_touch_it() -> None:
    layout = layout_of("cifar-resnet-20")
    assert [span.number for span in layout.visible(4.0, 6.0)] == [2, 3]


def test_what_lies_under_a_point() -> None:
    layout = layout_of("resnet18")
    frame = frame_of(layout)
    block, projecting = layout.spans[1], layout.spans[2]

    def at(x: float, y: float) -> Part | None:
        return part_at(layout, frame, frame.px(x), y)

    assert at(4.0, frame.base) == Part("box", "layer1.1.conv1", 2)
    assert at(block.centre, frame.arc_top + 2) == Part("arc", "layer1.1", 2)
    assert at(block.centre, frame.height - 3) == Part("block", "layer1.1", 2)
    assert at(block.centre, frame.base) == Part("block", "layer1.1", 2), "the line is not a shortcut"
    assert at(projecting.centre, frame.arc_top) == Part("projection", "layer2.0.downsample.0", 3)
    assert at(1.0, frame.base) == Part("box", "conv1", None)
    assert at(18.0, frame.base) == Part("box", "fc", None)
    assert at(0.2, frame.base) is None


def test_the_whole_inside_of_a_narrow_arc_is_the_arc() -> None:
    layout = layout_of("cifar-resnet-110")
    frame = frame_of(layout)
    middle = (frame.arc_top + frame.base - frame.half_height) / 2
    part = part_at(layout, frame, frame.px(layout.spans[30].centre), middle)
    assert part == Part("arc", layout.spans[30].name, 31)


def test_a_plain_network_has_no_arc_to_click() -> None:
    layout = layout_of("plain18")
    frame = frame_of(layout)
    assert not any(part.kind == "arc" for part in layout.parts)
    part = part_at(layout, frame, frame.px(layout.spans[0].centre), frame.arc_top)
    assert part == Part("block", "layer1.0", 1)
    assert draw(layout, frame, Wiring.all_open(8)).of("open arc") == []


def test_the_line_goes_on_through_a_block_that_is_left_out() -> None:
    plan = blueprint(spec("plain18"))
    layout = lay_out(plan)
    left_out, dropped = Wiring.all_open(8).with_left_out([2]), Wiring.all_open(8).with_branches([2], 0.0)
    frame = frame_of(layout)
    ours, theirs = draw(layout, frame, left_out), draw(layout, frame, dropped)
    assert len(ours.of("dropped")) == len(theirs.of("dropped")) == 2
    assert len(ours.of("trunk")) == len(theirs.of("trunk")) + 1
    assert (len(ours.of("broken trunk")), len(theirs.of("broken trunk"))) == (0, 2)
    part = Part("block", "layer1.1", 2)
    assert gates_text(plan, left_out, 2) == "left out: its input goes on unchanged"
    assert "left out: its input goes on unchanged" in tooltip(plan, left_out, part, None, None)


def test_each_state_of_a_gate_has_its_own_outline() -> None:
    layout = layout_of("cifar-resnet-20")
    wiring = Wiring.all_open(9).with_shortcuts([2, 3], 0.0).with_shortcuts([5], 0.4)
    wiring = wiring.with_branches([6], 0.0).with_branches([7], 0.25)
    drawing = draw(layout, frame_of(layout), wiring)
    assert len(drawing.of("open arc")) == 6
    assert len(drawing.of("cut arc")) == 4, "two pieces for each of two cut shortcuts"
    assert [label.text for label in drawing.labels] == ["0.4"]
    assert [len(drawing.of(kind)) for kind in ("weak arc", "box", "dropped", "weak box")] == [1, 14, 2, 2]
    for whole, level in zip(drawing.of("weak box"), drawing.of("weak level"), strict=True):
        assert isinstance(whole, Box)
        assert isinstance(level, Box)
        assert level.rect.top == whole.rect.top + 0.75 * whole.rect.height


def test_a_cut_arc_is_open_at_its_top_and_meets_its_block_at_both_ends() -> None:
    layout = layout_of("cifar-resnet-20")
    frame = frame_of(layout)
    span = layout.spans[0]
    before, after = draw(layout, frame, Wiring.all_open(9).with_shortcuts([1], 0.0)).of("cut arc")
    assert isinstance(before, Arc)
    assert isinstance(after, Arc)
    assert before.start == (frame.px(span.left), frame.base)
    assert after.end == (frame.px(span.right), frame.base)
    assert before.end[0] < frame.px(span.centre) - 4 < after.start[0] - 8


def test_six_hundred_blocks_become_runs_of_equal_blocks() -> None:
    layout = layout_of("cifar-resnet-1202")
    drawing = draw(layout, frame_of(layout), Wiring.all_open(600).with_shortcuts(range(101, 201), 0.0))
    assert drawing.is_ribbon
    assert (len(drawing.of("open ribbon")), len(drawing.of("cut ribbon"))) == (2, 1)
    assert drawing.of("open arc") == []


def test_only_blocks_in_view_are_outlined() -> None:
    layout = layout_of("cifar-resnet-1202")
    frame = StripFrame(100.0, 26.0, 1300.0, 94.0, 14.0)
    drawing = draw(layout, frame, Wiring.all_open(600))
    assert 25 <= len(drawing.of("open arc")) <= 27


def strip_image(item: StripItem, ratio: float = 1.0, place: tuple[float, float] = (0.0, 0.0)) -> QImage:
    image = QImage(round(1400 * ratio), round(100 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(DARK.panel)
    with QPainter(image) as painter:
        painter.translate(*place)
        item.paint(painter, QStyleOptionGraphicsItem())
    return image


def colour_near(image: QImage, x: float, y: float, reach: int = 1) -> set[str]:
    return {
        image.pixelColor(round(x) + dx, round(y) + dy).name()
        for dx in range(-reach, reach + 1)
        for dy in range(-reach, reach + 1)
    }


@pytest.fixture
def strip(qtbot: QtBot) -> StripItem:
    item = StripItem(None, DARK, QFont())
    layout = layout_of("cifar-resnet-20")
    item.set_state(StripState(layout, Wiring.all_open(9)))
    left, right = layout.limits
    item.set_frame(left, right, 1300.0, 94.0)
    return item


def test_the_top_of_an_arc_is_orange_while_open_and_crossed_out_when_cut(strip: StripItem) -> None:
    top = strip.centre_of(Part("arc", "layer1.1", 2))
    other = strip.centre_of(Part("arc", "layer1.2", 3))
    assert DARK.shortcut in colour_near(strip_image(strip), top.x(), top.y())
    strip.adjust(wiring=Wiring.all_open(9).with_shortcuts([2], 0.0))
    image = strip_image(strip)
    assert DARK.shortcut not in colour_near(image, top.x(), top.y(), reach=3)
    assert DARK.changed in colour_near(image, top.x(), top.y())
    assert DARK.shortcut in colour_near(image, other.x(), other.y())


def test_the_selected_layers_box_is_filled(strip: StripItem) -> None:
    centre = strip.centre_of(Part("box", "layer1.1.conv1", 2))
    assert DARK.branch_fill in colour_near(strip_image(strip), centre.x(), centre.y())
    strip.adjust(selected="layer1.1.conv1")
    assert colour_near(strip_image(strip), centre.x(), centre.y()) == {DARK.branch}


def test_a_dropped_branch_is_hollow(strip: StripItem) -> None:
    centre = strip.centre_of(Part("box", "layer1.1.conv1", 2))
    strip.adjust(wiring=Wiring.all_open(9).with_branches([2], 0.0))
    assert colour_near(strip_image(strip), centre.x(), centre.y()) == {DARK.panel}


def test_a_sweep_shows_what_it_will_do_and_leaves_the_wiring_alone(strip: StripItem) -> None:
    top = strip.centre_of(Part("arc", "layer1.1", 2))
    strip.adjust(preview=frozenset([2]), preview_strength=0.0)
    assert DARK.shortcut not in colour_near(strip_image(strip), top.x(), top.y())
    strip.adjust(preview=frozenset())
    assert DARK.shortcut in colour_near(strip_image(strip), top.x(), top.y())


def test_words_for_a_part_name_its_gates_and_shapes() -> None:
    plan = blueprint(spec("resnet18"))
    wiring = Wiring.all_open(8).with_shortcuts([3], 0.35).with_branches([3], 0.0)
    said = spoken(plan, wiring, Part("arc", "layer2.0", 3))
    assert said == "shortcut of block 3 · conv3_x 1 · shortcut at 0.35"
    text = tooltip(plan, wiring, Part("projection", "layer2.0.downsample.0", 3), None, None)
    for words in ("projection 1×1, stride 2", "128×64×1×1", "128×28×28", "residual branch dropped"):
        assert words in text


def test_words_for_a_shortcut_tell_a_pooled_projection() -> None:
    plan, wiring = blueprint(spec("resnet18d")), Wiring.all_open(8)
    assert gates_text(plan, wiring, 3) == (
        "shortcut open (average pooling and projection) · residual branch open"
    )
    assert gates_text(blueprint(spec("resnet18")), wiring, 3).startswith("shortcut open (projection)")


@pytest.fixture
def controls(qtbot: QtBot) -> WiringControls:
    widget = WiringControls()
    qtbot.addWidget(widget)
    return widget


def test_showing_a_block_is_no_wish(qtbot: QtBot, controls: WiringControls) -> None:
    block = blueprint(spec("cifar-resnet-20")).blocks[3]
    with qtbot.assertNotEmitted(controls.shortcut_strength_chosen):
        controls.show_block(block, Wiring.all_open(9).with_shortcuts([4], 0.33))
    assert controls.slider.value() == pytest.approx(0.33)


def test_the_slider_wishes_in_steps_for_the_gate_that_is_chosen(
    qtbot: QtBot, controls: WiringControls
) -> None:
    controls.show_block(blueprint(spec("cifar-resnet-20")).blocks[3], Wiring.all_open(9))
    with qtbot.waitSignal(controls.shortcut_strength_chosen) as wish:
        controls.slider.setValue(0.62)
    assert wish.args == [4, 0.6]
    controls.gate.setCurrentIndex(1)
    with qtbot.waitSignal(controls.branch_strength_chosen) as wish:
        controls.slider.setValue(0.0)
    assert wish.args == [4, 0.0]


def test_without_a_block_nothing_can_be_dragged(controls: WiringControls) -> None:
    controls.show_block(None, Wiring.all_open(9))
    assert not controls.slider.isEnabled()
    controls.show_block(blueprint(spec("cifar-plain-20")).blocks[3], Wiring.all_open(9))
    assert controls.slider.isEnabled()
    assert controls.chosen_gate == "branch"
    assert not controls.gate.isEnabled(), "a plain network has no shortcut to choose"
    assert controls.gate.toolTip() == "This block has no shortcut, only a residual branch"


def test_a_toggle_draws_the_blocks_that_changed_and_takes_the_others_from_before(strip: StripItem) -> None:
    before = strip.drawing
    wiring = Wiring.all_open(9).with_shortcuts([2, 7], 0.0).with_branches([4], 0.5)
    strip.adjust(wiring=wiring)
    assert strip.drawing.changed_since(before) == [2, 4, 7]
    alone = draw(before.made_for[0], before.made_for[1], wiring)
    assert strip.drawing.inked() == alone.inked()
    assert strip.drawing.labels == alone.labels


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (60.4, 3.7)])
def test_what_is_drawn_in_part_looks_as_what_is_drawn_whole(
    strip: StripItem, ratio: float, place: tuple[float, float]
) -> None:
    strip_image(strip, ratio, place)
    for wiring in (
        Wiring.all_open(9).with_shortcuts([2, 3], 0.0),
        Wiring.all_open(9).with_shortcuts([3], 0.4).with_branches([4], 0.0),
        Wiring.all_open(9).with_branches([9], 0.5),
    ):
        strip.adjust(wiring=wiring)
        part = strip_image(strip, ratio, place)
        strip.apply_theme(DARK)  # draws all anew
        assert part == strip_image(strip, ratio, place)


def points_of(shape: Shape) -> tuple[Point, ...]:
    assert isinstance(shape, Outline)
    return shape.points


def test_a_cut_is_marked_in_its_gap_in_the_colour_of_what_changed() -> None:
    layout = layout_of("cifar-resnet-20")
    frame = frame_of(layout)
    strokes = draw(layout, frame, Wiring.all_open(9).with_shortcuts([1], 0.0)).of("cut end")
    x, r = frame.px(layout.spans[0].centre), frame.cross_radius
    ends = {point for stroke in strokes for point in points_of(stroke)}
    assert ends == {(x + dx, frame.arc_top + dy) for dx in (-r, r) for dy in (-r, r)}
    projected = layout_of("resnet18")
    assert projected.spans[2].projection is not None
    ticks = draw(projected, frame_of(projected), Wiring.all_open(8).with_shortcuts([3], 0.0)).of("cut end")
    sides = {
        x < frame_of(projected).px(projected.spans[2].centre) for tick in ticks for x, _ in points_of(tick)
    }
    assert sides == {True, False}, "a tick at both sides of a projection's mark"
    weak = draw(layout, frame, Wiring.all_open(9).with_shortcuts([1], 0.4))
    assert not weak.of("cut end")
    assert {ink_of(kind).edge for kind in ("cut arc", "cut end", "cut diamond", "cut ribbon")} == {"changed"}

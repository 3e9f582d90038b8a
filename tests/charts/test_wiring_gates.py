"""How far gate layers are open: on the wiring strip, in words, and which parts of the strip they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.gradient_values import series
from resnet_viewer.charts.shapes import Outline
from resnet_viewer.charts.wiring_drawing import StripFrame, draw, part_at
from resnet_viewer.charts.wiring_layout import Openings, Part, StripLayout, lay_out, opening_text, openings
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.inspect.wiring_strip import StripItem, StripState
from resnet_viewer.ui.inspect.wiring_words import BOX_HINT, DISC_HINT, hint, spoken, tooltip
from resnet_viewer.ui.widgets.theme import DARK
from tests import fabricated

GATE = Part("gate", "layer1.1.gate", 2)


def layout_of(name: str) -> StripLayout:
    return lay_out(blueprint(spec(name)))


def frame_of(layout: StripLayout, height: float = 94.0) -> StripFrame:
    left, right = layout.limits
    return StripFrame(left, 1300.0 / (right - left), 1300.0, height, 14.0)


def opened(result: ProbeResult | None, values: Sequence[float | None]) -> ProbeResult:
    assert result is not None
    blocks = (replace(block, opening=value) for block, value in zip(result.blocks, values, strict=True))
    return replace(result, blocks=tuple(blocks))


def image_of(item: StripItem) -> QImage:
    image = QImage(1300, 94, QImage.Format.Format_RGB32)
    image.fill(DARK.panel)
    with QPainter(image) as painter:
        item.paint(painter, QStyleOptionGraphicsItem())
    return image


def test_a_gate_stands_on_its_arcs_top_and_is_a_part_of_its_own() -> None:
    layout = layout_of("cifar-resnet-20-highway")
    frame = frame_of(layout)
    assert layout.x_by_name["layer1.1.gate"] == layout.spans[1].centre
    assert part_at(layout, frame, frame.px(layout.spans[1].centre), frame.arc_top) == GATE
    assert part_at(layout, frame, frame.px(layout.spans[1].centre) + 15, frame.arc_top + 2) == Part(
        "arc", "layer1.1", 2
    )


def test_a_gate_and_a_projection_on_one_arc_are_told_apart() -> None:
    layout = layout_of("cifar-resnet-20-highway-b")
    frame, span = frame_of(layout), layout.spans[3]
    assert span.projection is not None
    assert span.gate is not None
    assert {span.projection.part, span.gate.part} <= set(layout.parts)
    middle = frame.px(span.centre)
    assert part_at(layout, frame, middle, frame.arc_top) == span.projection.part
    assert part_at(layout, frame, middle, frame.arc_top + 2 * frame.diamond_radius + 1) == span.gate.part


def test_the_number_stands_where_there_is_room_and_no_strength() -> None:
    layout = layout_of("cifar-resnet-20-highway")
    wiring = Wiring.all_open(9).with_shortcuts([5], 0.5)
    found = Openings(now=(0.25,) * 9)
    drawing = draw(layout, frame_of(layout), wiring, openings=found)
    assert len(drawing.of("gate level")) == 9
    assert sorted(label.text for label in drawing.labels) == ["0.5"] + ["25 %"] * 8
    low = draw(layout, frame_of(layout, 72.0), wiring, openings=found)
    assert low.labels == [], "a number, or a strength, would be written over the disc"
    many = layout_of("cifar-resnet-110-highway")
    drawing = draw(many, frame_of(many), Wiring.all_open(54), openings=Openings(now=(0.25,) * 54))
    assert len(drawing.of("gate level")) == 54
    assert drawing.labels == []


def test_narrow_blocks_have_a_profile_over_their_bars() -> None:
    layout = layout_of("cifar-resnet-602-highway")
    frame = frame_of(layout)
    drawing = draw(layout, frame, Wiring.all_open(300), openings=Openings(now=(0.0,) * 100 + (1.0,) * 200))
    (profile,) = drawing.of("gate profile")
    assert isinstance(profile, Outline)
    assert {y for _, y in profile.points} == {frame.arc_top, frame.base - frame.half_height - 3}
    assert drawing.of("gate") == []
    at = frame.px(layout.spans[99].centre)
    assert part_at(layout, frame, at, frame.arc_top) == Part("arc", layout.spans[99].name, 100)


def test_a_disc_is_filled_as_far_as_its_gate_is_open(qtbot: QtBot) -> None:
    layout = layout_of("cifar-resnet-20-highway")
    item = StripItem(None, DARK, QFont())
    item.set_state(StripState(layout, Wiring.all_open(9)))
    item.set_frame(*layout.limits, 1300.0, 94.0)
    centre = item.centre_of(GATE)

    def colours() -> tuple[str, str]:
        image = image_of(item)
        x, y = round(centre.x()), round(centre.y())
        return image.pixelColor(x, y).name(), image.pixelColor(x, y + 4).name()

    assert colours() == (DARK.panel, DARK.panel)
    item.adjust(openings=Openings(now=(0.3,) * 9))
    assert colours() == (DARK.panel, DARK.shortcut)
    item.adjust(openings=Openings(now=(0.3,) * 9, is_stale=True))
    assert colours()[1] not in (DARK.panel, DARK.shortcut), "a stale level is dimmed"


@pytest.mark.parametrize(
    ("opening", "text"), [(0.1234, "12.3 %"), (0.0, "0 %"), (4.56e-5, "0.00456 %"), (0.99999, "> 99.9 %")]
)
def test_an_opening_in_words(opening: float, text: str) -> None:
    assert opening_text(opening) == text


def test_the_gate_and_its_arc_tell_the_opening_now_and_of_the_reference() -> None:
    plan = blueprint(spec("cifar-resnet-20-highway"))
    found = Openings(now=(0.1234,) * 9, reference=(0.5,) * 9)
    wiring = Wiring.all_open(9)
    for part in (GATE, Part("arc", "layer1.1", 2)):
        assert spoken(plan, wiring, part, found).endswith("gate open 12.3 % · reference 50 %")
        assert "gate open 12.3 % · reference 50 %" in tooltip(plan, wiring, part, None, None, found)
    assert "gate" not in spoken(plan, wiring, Part("box", "layer1.1.conv1", 2), found)
    assert "gate layer 1×1" in tooltip(plan, wiring, GATE, None, None, found)


def test_every_part_of_every_kind_of_network_has_a_tooltip() -> None:
    for name in (
        "resnet50v2",
        "cifar-resnet-20-gated-b",
        "vgg16",
        "teaching-mnist",
        "cifar-resnet-20-concat",
    ):
        layout = layout_of(name)
        plan = layout.blueprint
        for part in layout.parts:
            assert tooltip(plan, Wiring.all_open(len(plan.blocks)), part, None, None)


def test_the_hint_explains_the_discs_where_there_are_any() -> None:
    for name, other in (("cifar-resnet-20-highway", DISC_HINT), ("cifar-resnet-20", BOX_HINT)):
        plan, wiring = blueprint(spec(name)), Wiring.all_open(9)
        assert hint(plan, wiring) == f"click an arc to cut its shortcut · {other}"
        assert hint(plan, wiring.with_shortcuts([3], 0.5)) == f"click an arc to cut its shortcut · {other}"
        some, none = wiring.with_shortcuts([3], 0.0), wiring.with_shortcuts(range(1, 10), 0.0)
        assert hint(plan, some) == f"click an arc to cut or restore its shortcut · {other}"
        assert hint(plan, none) == f"click an arc to restore its shortcut · {other}"
    assert hint(blueprint(spec("cifar-plain-20")), Wiring.all_open(9)) == BOX_HINT


def test_a_reference_with_other_blocks_tells_no_opening() -> None:
    scene = fabricated.scene(spec("cifar-resnet-20-highway"))
    other = fabricated.scene(spec("cifar-resnet-32-highway"))
    now = opened(scene.now, [0.25] * 9)
    assert openings(now, opened(scene.reference, [0.5] * 9), is_stale=False).words(2)[1] == "reference 50 %"
    assert openings(now, opened(other.now, [0.5] * 15), is_stale=False).words(2) == ("gate open 25 %",)


def test_a_gates_norm_is_a_point_beside_the_curve() -> None:
    scene = fabricated.scene(spec("cifar-resnet-20-highway"))
    assert scene.now is not None
    curve = series(scene.now, layout_of("cifar-resnet-20-highway"), "weight")
    assert not curve.is_joined[curve.names.index("layer1.1.gate")]
    joined = curve.x[curve.is_joined]
    assert (joined[1:] > joined[:-1]).all(), "the curve never runs back"


def test_the_panel_shows_the_readings_openings(qtbot: QtBot) -> None:
    panel = WiringPanel()
    qtbot.addWidget(panel)
    scene = fabricated.scene(spec("cifar-resnet-20-highway"))
    scene = replace(scene, now=opened(scene.now, [0.25] * 9))
    panel.render_scene(scene)
    state = panel.view.strip.state
    assert state is not None
    assert state.openings.of(2) == 0.25
    panel.render_scene(replace(scene, is_stale=True))
    state = panel.view.strip.state
    assert state is not None
    assert state.openings.is_stale

"""The panel with the strip and the plot: readings become curves, words and places."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QTextDocument
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.wiring_drawing import labels
from resnet_viewer.charts.wiring_layout import Part
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests import fabricated
from tests.ui.inspect.wiring_hands import LEFT, arc, click, drag, ranges, release, selecting, send, wired


def test_a_larger_font_makes_room_for_itself(panel: WiringPanel) -> None:
    view = panel.view
    font = view.font()
    before = view.strip.frame
    font.setPixelSize(22)
    view.setFont(font)
    view.ci.layout.activate()
    after = view.strip.frame
    assert after.text_height > before.text_height
    assert after.base - after.arc_top == pytest.approx(before.base - before.arc_top, abs=1)


def test_the_pointer_reads_out_exact_numbers(qtbot: QtBot, panel: WiringPanel) -> None:
    points, reference = panel.view.plot.shown.now, panel.view.plot.shown.reference
    assert points is not None
    assert reference is not None
    spot = panel.view.plot.pixel_of(points, 4) + panel.view.plot_box.pos()
    with qtbot.waitSignal(panel.hovered):
        send(panel, QEvent.Type.MouseMove, spot.toPoint(), LEFT, False)
    for words in (
        "block 2 · conv2_x 2 · conv2",
        f"now {points.values[4]:.4g}",
        f"reference {reference.values[4]:.4g}",
        "16×16×3×3",
    ):
        assert words in panel.bar.readout
    assert panel.view.lines.pointer == pytest.approx(panel.view.strip.frame.px(5.0), abs=0.01)
    assert panel.view.strip.state.hovered == Part("box", "layer1.1.conv2", 2)


def test_the_selected_layer_has_its_line(panel: WiringPanel) -> None:
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer2.0.conv1"))
    assert panel.view.lines.selected == pytest.approx(panel.view.strip.frame.px(8.0))


def test_the_wish_is_drawn_at_once_and_the_old_reading_is_dimmed(panel: WiringPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(scene)
    assert panel.view.plot.drawing.opacities["now"] == 1.0
    wish = wired(scene, Wiring.all_open(9).with_shortcuts([3, 4], 0.0))
    panel.render_scene(replace(wish, is_stale=True))
    assert panel.view.strip.state.wiring.cut == (3, 4)
    assert "2 of 9 shortcuts cut" in panel.subtitle
    assert panel.view.plot.drawing.opacities["now"] < 0.5
    assert panel.is_updating
    assert panel.view.plot.chart.names[0].text == "now: 1 of 9 shortcuts cut (3)", (
        "a reading keeps its own state"
    )


def test_a_partial_reading_keeps_the_last_whole_curve_of_the_same_network(panel: WiringPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(scene)
    assert scene.now is not None
    partial = replace(scene.now, layers=(), blocks=(), activations={})
    panel.render_scene(replace(scene, now=partial))
    assert panel.view.plot.shown.now is not None
    assert panel.view.plot.drawing.opacities["now"] < 0.5
    other = fabricated.scene(spec("resnet18"))
    panel.render_scene(replace(other, now=None, reference=None))
    assert panel.view.plot.shown.now is None
    assert panel._caption.whole == ""


def test_without_a_reading_the_wiring_can_be_cut_all_the_same(qtbot: QtBot) -> None:
    panel = WiringPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.render_scene(replace(fabricated.scene(), now=None, reference=None))
    with qtbot.waitExposed(panel):
        panel.show()
    with qtbot.waitSignal(panel.shortcut_clicked):
        click(qtbot, panel, arc(5, "layer2.1"))


def test_the_caption_says_what_was_measured_and_in_which_state(panel: WiringPanel) -> None:
    assert "1 of 9 shortcuts cut" in panel._caption.whole
    assert "gradient of the score" in panel._caption.whole


def test_another_quantity_is_another_curve_of_the_same_reading(panel: WiringPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    view = replace(scene.session.view, gradient_quantity="output")
    panel.render_scene(replace(scene, session=scene.session.with_view(view)))
    assert panel.view.plot.shown.now is not None
    assert scene.now is not None
    assert np.array_equal(
        panel.view.plot.shown.now.values, [block.gradient_norm for block in scene.now.blocks]
    )


def test_another_network_is_shown_whole(panel: WiringPanel) -> None:
    panel.view.zoom(0.2, 100)
    panel.render_scene(fabricated.scene(spec("resnet50")))
    assert ranges(panel)[0] == pytest.approx(panel.view.strip.state.layout.limits)


def test_clicking_and_redrawing_stop_at_the_store(qtbot: QtBot, panel: WiringPanel) -> None:
    signals = [
        panel.shortcut_clicked, panel.shortcuts_swept, panel.branch_clicked, panel.strength_chosen,
        panel.branch_strength_chosen, panel.layer_selected, panel.quantity_chosen, panel.gradient_of_chosen,
    ]  # fmt: skip
    wishes: list[object] = []
    for signal in signals:
        signal.connect(lambda *values: wishes.append(values))
    scene = fabricated.scene(cut=(3,))
    weak = Wiring.all_open(9).with_shortcuts([4], 0.3).with_branches([5], 0.6)
    panel.render_scene(selecting(wired(scene, weak), "layer2.0"))
    setup = replace(scene.session.setup, gradient_of="loss")
    panel.render_scene(replace(scene, session=scene.session.with_setup(setup)))
    panel.render_scene(fabricated.scene(spec("plain18")))
    assert wishes == []


@pytest.mark.parametrize(("theme", "other"), [(DARK, LIGHT), (LIGHT, DARK)])
def test_the_theme_reaches_the_plot(panel: WiringPanel, theme: object, other: object) -> None:
    panel.apply_theme(theme)
    image = panel.view.viewport().grab().toImage()
    assert image.pixelColor(3, 3).name() == theme.panel
    colours = {image.pixelColor(x, y).name() for x in range(100, 1000) for y in range(0, image.height(), 2)}
    assert theme.shortcut in colours
    assert theme.changed in colours
    assert other.shortcut not in colours


HOSTILE = "<b>x</b> & y.jpg"


def shown(tip: str) -> str:
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


def test_a_pictures_name_is_never_read_as_markup(panel: WiringPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    assert scene.now is not None
    picture = replace(scene.now.request.picture, name=HOSTILE)
    named = replace(scene.now, request=replace(scene.now.request, picture=picture))
    setup = replace(scene.session.setup, class_names=("<i>deer</i>",) * 10)
    panel.render_scene(replace(scene, now=named, session=scene.session.with_setup(setup)))
    assert HOSTILE in panel._caption.whole
    assert HOSTILE in panel.bar.readout
    assert "<i>deer</i>" in panel.bar.readout
    labels = [panel._caption, panel.bar._readout, panel._subtitle, panel._title, panel.bar._title]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    for label in labels[:3]:
        assert shown(label.toolTip()) == label.text()


def heard(panel: WiringPanel) -> list[str]:
    said: list[str] = []
    panel.hovered.connect(said.append)
    return said


def test_a_resting_pointer_reads_the_new_numbers(panel: WiringPanel) -> None:
    points = panel.view.plot.shown.now
    assert points is not None
    spot = (panel.view.plot.pixel_of(points, 4) + panel.view.plot_box.pos()).toPoint()
    send(panel, QEvent.Type.MouseMove, spot, LEFT, False)
    said = heard(panel)
    panel.render_scene(fabricated.scene(cut=(3, 4), decades=5))
    assert panel.view.plot.shown.now is not points
    new = f"now {panel.view.plot.shown.now.values[4]:.4g}"
    assert new in said[-1]
    assert new in panel.bar.readout
    panel.render_scene(replace(fabricated.scene(spec("resnet18")), now=None, reference=None))
    assert said[-1] == "", "old numbers stay where there are none"


def test_a_pointer_resting_on_an_arc_hears_what_became_of_it(panel: WiringPanel) -> None:
    send(panel, QEvent.Type.MouseMove, panel.view.view_point(arc(5, "layer2.1")), LEFT, False)
    said = heard(panel)
    panel.render_scene(wired(fabricated.scene(cut=(3,)), Wiring.all_open(9).with_shortcuts([5], 0.0)))
    assert said[-1].endswith("shortcut cut")


def test_the_keyboards_part_is_announced_again_only_when_it_changed(panel: WiringPanel) -> None:
    panel.view._focus(arc(5, "layer2.1"))
    said = heard(panel)
    selected = selecting(fabricated.scene(cut=(3,)), "layer2.1")
    panel.render_scene(selected)
    said.clear()
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer2.1"))
    assert said == []
    panel.render_scene(wired(selected, Wiring.all_open(9).with_shortcuts([5], 0.0)))
    assert [text.endswith("shortcut cut") for text in said] == [True]


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_the_invitation_to_release_ends_with_the_sweep(
    qtbot: QtBot, panel: WiringPanel, is_cancelled: bool
) -> None:
    start, stop = panel.view.view_point(arc(4, "layer2.0")), panel.view.view_point(arc(7, "layer3.0"))
    said = heard(panel)
    drag(panel, [start, start + QPoint(12, 0), stop])
    assert said[-1].startswith("release to cut")
    if is_cancelled:
        qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
    else:
        release(panel, stop)
    assert said[-1] == ""


@pytest.mark.parametrize(
    ("part", "title"),
    [
        (arc(5, "layer2.1"), "block 5 · conv3_x 2"),
        (Part("box", "layer2.1.conv1", 5), "block 5 · conv3_x 2"),
        (Part("box", "conv1", None), "stem · conv1"),
    ],
)
def test_a_menu_says_what_it_is_about(panel: WiringPanel, part: Part, title: str) -> None:
    menu = QMenu(panel)
    panel.fill_menu(menu, part)
    assert menu.actions()[0].text() == title
    assert not menu.actions()[0].isEnabled()


def test_the_selected_block_is_that_of_the_selected_layer(qtbot: QtBot, panel: WiringPanel) -> None:
    fresh = WiringPanel()
    qtbot.addWidget(fresh)
    assert fresh.selected_block() is None
    for layer, block in (("layer3.1", 8), ("layer1.2.conv1", 3), ("stem", None)):
        panel.render_scene(selecting(fabricated.scene(cut=(3,)), layer))
        assert panel.selected_block() == block


def test_the_caption_changes_without_moving_the_plot(panel: WiringPanel) -> None:
    before = panel.view.plot_box.geometry()
    panel.render_scene(fabricated.scene(spec("cifar-resnet-56"), cut=tuple(range(1, 28, 2))))
    panel.render_scene(replace(fabricated.scene(), now=None, reference=None))
    assert panel._caption.whole == ""
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert panel.view.plot_box.geometry() == before


def test_a_low_panel_takes_the_captions_second_line_for_the_plot(panel: WiringPanel) -> None:
    line = panel._caption.fontMetrics().height()
    assert panel._caption.height() == 2 * line
    panel.resize(1200, 215)
    assert panel._caption.height() == line
    assert panel.minimumSizeHint().height() <= 250, "it does not fit into the smallest window"


@pytest.mark.parametrize(("width", "points"), [(860, 10), (860, 16), (1400, 16), (1000, 12)])
def test_the_caption_says_the_state_whatever_the_room(panel: WiringPanel, width: int, points: int) -> None:
    font = panel._caption.font()
    font.setPointSize(points)
    panel._caption.setFont(font)
    panel.resize(width, 250)
    panel.render_scene(fabricated.scene(spec("cifar-resnet-56"), cut=tuple(range(20, 28))))
    label = panel._caption
    assert "8 of 27 shortcuts cut (20-27)" in label.text()
    lines = label.wrapText(label.text(), label.width(), label.font())
    assert len(lines) * label.fontMetrics().height() <= label.height(), "elided"
    assert panel._caption.whole.startswith("L2 norm of the gradient of the score")
    assert shown(label.toolTip()) == panel._caption.whole
    assert panel.subtitle.startswith("8 of 27 shortcuts cut (20-27)")


@pytest.mark.parametrize("points", [9, 12, 16, 26])
def test_strip_and_plot_ask_for_the_room_of_their_letters(panel: WiringPanel, points: int) -> None:
    font = panel.font()
    font.setPointSize(points)
    panel.setFont(font)
    QApplication.processEvents()  # the font reaches what is inside
    panel.setFixedHeight(panel.minimumSizeHint().height())
    QApplication.processEvents()
    assert panel.view.height() >= 150, "pixels, whatever the font"
    line = QFontMetrics(font).height()
    assert panel.view.plot_box.height() >= 2.9 * line, "three numbers have room beside the axis"
    assert panel._caption.isVisible()
    assert panel._caption.geometry().top() >= panel.view.geometry().bottom()


@pytest.mark.parametrize(("layer", "is_under_title"), [("conv1", True), ("layer3.0", False)])
def test_no_line_shines_through_the_words_over_the_plot(
    panel: WiringPanel, layer: str, is_under_title: bool
) -> None:
    panel.resize(1400, 320)
    scene = fabricated.scene()
    looked = replace(scene.session.view, layer=layer)
    panel.render_scene(replace(scene, session=replace(scene.session, view=looked)))
    QApplication.processEvents()
    view, title = panel.view, panel.bar._title
    x = round(view.plot_box.geometry().left() + (view.lines.selected or 0.0))
    image, accent = panel.grab().toImage(), QColor(DARK.accent)

    def is_line(down: float) -> bool:
        colour = image.pixelColor(view.mapTo(panel, QPoint(x, round(down))))
        return colour.blue() - colour.red() > 0.2 * (accent.blue() - accent.red())

    assert is_line(view.plot_box.geometry().top() + 12), "the line is there, in the plot"
    assert (title.x() <= x <= title.geometry().right()) == is_under_title
    if is_under_title:
        assert not any(
            is_line(view.bar_rect().top() + down) for down in range(2, round(view.bar_rect().height()) - 2)
        )


def test_one_state_twice_has_one_name(panel: WiringPanel) -> None:
    scene = fabricated.scene()
    panel.render_scene(replace(scene, reference=scene.now))
    assert [name.text for name in panel.view.plot.chart.names] == ["now = reference: all shortcuts open"]
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert [name.text.split(":")[0] for name in panel.view.plot.chart.names] == ["now", "reference"]


@pytest.mark.parametrize("width", [994, 1410])
@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-resnet-110", "resnet50", "resnet101d"])
def test_the_first_block_always_has_its_number(panel: WiringPanel, name: str, width: int) -> None:
    panel.resize(width, 340)
    panel.render_scene(fabricated.scene(spec(name)))
    QApplication.sendPostedEvents()
    state, strip = panel.view.strip.state, panel.view.strip
    assert state is not None
    written = labels(state.layout, strip.frame, QFontMetricsF(panel.view.font()).horizontalAdvance)
    assert "1" in [label.text for label in written]
    numbers = [QRectF(*label.rect) for label in written if label.text.isdigit() or label.text == "stem"]
    assert not any(a.intersects(b.adjusted(1, 0, -1, 0)) for a, b in itertools.combinations(numbers, 2))


@pytest.mark.parametrize("decades", [0.0, 1.0, 3.0, 6.0, 12.0])
@pytest.mark.parametrize("height", [250, 260, 280, 320])
def test_no_number_beside_the_plot_is_covered_by_the_bar_above(
    panel: WiringPanel, qtbot: QtBot, height: int, decades: float
) -> None:
    panel.render_scene(fabricated.scene(cut=(3,), decades=decades))
    panel.resize(1000, height)
    view = panel.view
    qtbot.waitUntil(lambda: view.plot.chart.y.numbers != ())
    plot, axis = view.plot_box.geometry(), view.plot.chart.y
    half = QFontMetricsF(view.font()).tightBoundingRect("1e8").height() / 2
    tops = [plot.top() + (1 - axis.share(tick.place)) * plot.height() - half for tick in axis.numbers]
    assert min(tops) >= view.bar_rect().bottom() - 0.5
    assert panel.bar.geometry().bottom() <= view.bar_rect().bottom() + 0.5

"""The panel with the strip and the plot: clicks, drags and keys become wishes, readings become curves."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.core.catalog import spec
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.panels.circuit import CircuitPanel
from resnet_viewer.ui.panels.wiring_layout import Part
from resnet_viewer.ui.theme import DARK, LIGHT
from tests import fabricated

LEFT = Qt.MouseButton.LeftButton


def selecting(scene: Scene, layer: str) -> Scene:
    return replace(scene, session=scene.session.with_view(replace(scene.session.view, layer=layer)))


def wired(scene: Scene, wiring: Wiring) -> Scene:
    return replace(scene, session=scene.session.with_setup(scene.session.setup.with_wiring(wiring)))


@pytest.fixture
def panel(qtbot: QtBot) -> CircuitPanel:
    panel = CircuitPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.render_scene(fabricated.scene(cut=(3,)))
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def arc(block: int, name: str) -> Part:
    return Part("arc", name, block)


def send(panel: CircuitPanel, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: bool) -> None:
    viewport = panel.view.viewport()
    buttons = button if held else Qt.MouseButton.NoButton
    event = QMouseEvent(
        kind,
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        button if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)


def drag(panel: CircuitPanel, path: list[QPoint], button: Qt.MouseButton = LEFT) -> None:
    send(panel, QEvent.Type.MouseButtonPress, path[0], button, True)
    for at in path[1:]:
        send(panel, QEvent.Type.MouseMove, at, button, True)


def release(panel: CircuitPanel, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
    send(panel, QEvent.Type.MouseButtonRelease, at, button, False)


def click(qtbot: QtBot, panel: CircuitPanel, part: Part) -> None:
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=panel.view.view_point(part))


def wheel(panel: CircuitPanel, at: QPoint, delta: int) -> None:
    viewport = panel.view.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def ranges(panel: CircuitPanel) -> tuple[list[float], list[float]]:
    return panel.view.strip_box.viewRange()[0], panel.view.plot_box.viewRange()[0]


def test_a_click_on_an_arc_wishes_for_its_shortcut_and_changes_nothing(
    qtbot: QtBot, panel: CircuitPanel
) -> None:
    with qtbot.waitSignal(panel.shortcut_clicked) as wish:
        click(qtbot, panel, arc(5, "layer2.1"))
    assert wish.args == [5]
    state = panel.view.strip.state
    assert state is not None
    assert state.wiring.cut == (3,), "the panel must wait for the store"


def test_two_quick_clicks_on_an_arc_are_two_wishes(qtbot: QtBot, panel: CircuitPanel) -> None:
    wishes: list[int] = []
    panel.shortcut_clicked.connect(wishes.append)
    at = panel.view.view_point(arc(5, "layer2.1"))
    click(qtbot, panel, arc(5, "layer2.1"))
    send(panel, QEvent.Type.MouseButtonDblClick, at, LEFT, True)
    release(panel, at)
    assert wishes == [5, 5]


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Part("box", "layer1.1.conv2", 2), "layer1.1.conv2"),
        (Part("box", "conv1", None), "conv1"),
        (Part("block", "layer2.0", 4), "layer2.0"),
    ],
)
def test_a_click_on_a_box_or_a_blocks_ground_selects_its_maps(
    qtbot: QtBot, panel: CircuitPanel, part: Part, name: str
) -> None:
    with qtbot.waitSignal(panel.layer_selected) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        click(qtbot, panel, part)
    assert wish.args == [name]


def test_a_projection_is_selected_on_its_arc(qtbot: QtBot, panel: CircuitPanel) -> None:
    panel.render_scene(fabricated.scene(spec("resnet18")))
    part = Part("projection", "layer2.0.downsample.0", 3)
    with qtbot.waitSignal(panel.layer_selected) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        click(qtbot, panel, part)
    assert wish.args == ["layer2.0.downsample.0"]


def test_the_classifier_has_no_maps_to_select(qtbot: QtBot, panel: CircuitPanel) -> None:
    with qtbot.assertNotEmitted(panel.layer_selected), qtbot.waitSignal(panel.hovered) as said:
        click(qtbot, panel, Part("box", "fc", None))
    assert "no feature maps" in said.args[0]


def test_a_click_in_the_plot_selects_the_nearest_layer(qtbot: QtBot, panel: CircuitPanel) -> None:
    points = panel.view.plot.now
    assert points is not None
    spot = panel.view.plot.pixel_of(points, 6) + panel.view.plot_box.pos()
    with qtbot.waitSignal(panel.layer_selected) as wish:
        qtbot.mouseClick(panel.view.viewport(), LEFT, pos=(spot + QPointF(3, -20)).toPoint())
    assert wish.args == [points.names[6]]


def test_a_sweep_from_an_open_arc_cuts_the_range_and_shows_it_on_the_way(
    qtbot: QtBot, panel: CircuitPanel
) -> None:
    view = panel.view
    start, stop = view.view_point(arc(4, "layer2.0")), view.view_point(arc(7, "layer3.0"))
    with qtbot.assertNotEmitted(panel.shortcuts_swept):
        drag(panel, [start, start + QPoint(12, 0), stop])
    assert view.strip.state is not None
    assert view.strip.state.preview == {4, 5, 6, 7}
    assert view.strip.state.preview_strength == 0.0
    with qtbot.waitSignal(panel.shortcuts_swept) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        release(panel, stop)
    assert wish.args == [(4, 5, 6, 7), 0.0]
    assert view.strip.state.preview == frozenset()


def test_a_sweep_backwards_from_a_cut_arc_restores(qtbot: QtBot, panel: CircuitPanel) -> None:
    start, stop = (
        panel.view.view_point(arc(3, "layer1.2")) + QPoint(20, 2),
        panel.view.view_point(arc(1, "layer1.0")),
    )
    assert panel.view.part_under(QPointF(start)) == arc(3, "layer1.2")
    with qtbot.waitSignal(panel.shortcuts_swept) as wish:
        drag(panel, [start, start - QPoint(30, 0), stop])
        release(panel, stop)
    assert wish.args == [(1, 2, 3), 1.0]


def test_escape_ends_a_sweep_without_a_wish(qtbot: QtBot, panel: CircuitPanel) -> None:
    start, stop = (
        panel.view.view_point(arc(4, "layer2.0")),
        panel.view.view_point(arc(7, "layer3.0")),
    )
    with qtbot.assertNotEmitted(panel.shortcuts_swept), qtbot.assertNotEmitted(panel.shortcut_clicked):
        drag(panel, [start, stop])
        qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
        release(panel, stop)
    assert panel.view.strip.state is not None
    assert panel.view.strip.state.preview == frozenset()


def test_both_axes_are_one_at_every_zoom_and_pan(qtbot: QtBot, panel: CircuitPanel) -> None:
    view = panel.view
    whole = ranges(panel)
    assert whole[0] == pytest.approx(whole[1])
    at = view.view_point(Part("box", "layer2.1.conv1", 5))
    for delta in (240, 120, 360):
        before = view.strip.frame.x(view.strip_point(QPointF(at)).x())
        wheel(panel, at, delta)
        strip, plot = ranges(panel)
        assert strip == pytest.approx(plot)
        assert view.strip.frame.x(view.strip_point(QPointF(at)).x()) == pytest.approx(before), (
            "not at the pointer"
        )
    assert strip[1] - strip[0] < whole[0][1] - whole[0][0]
    drag(panel, [QPoint(600, 250), QPoint(640, 250), QPoint(700, 250)])
    release(panel, QPoint(700, 250))
    panned = ranges(panel)
    assert panned[0] == pytest.approx(panned[1])
    assert panned[0][0] < strip[0]
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert ranges(panel)[0] == pytest.approx(whole[0])


def test_a_box_and_its_point_share_their_x(panel: CircuitPanel) -> None:
    view = panel.view
    view.zoom(0.5, 300)
    points = view.plot.now
    assert points is not None
    for index, name in enumerate(points.names):
        box = view.strip.mapToScene(QPointF(view.strip.frame.px(view.strip.state.layout.x_by_name[name]), 0))
        point = view.plot_box.mapToScene(view.plot.pixel_of(points, index))
        assert box.x() == pytest.approx(point.x(), abs=0.01)


def test_dragging_pans_with_the_middle_button_even_from_an_arc(qtbot: QtBot, panel: CircuitPanel) -> None:
    panel.view.zoom(0.4, 500)
    before = ranges(panel)[0]
    start = QPoint(600, int(panel.view.view_point(arc(5, "layer2.1")).y()))
    with qtbot.assertNotEmitted(panel.shortcuts_swept):
        drag(panel, [start, start + QPoint(20, 0), start + QPoint(60, 0)], Qt.MouseButton.MiddleButton)
        release(panel, start + QPoint(60, 0), Qt.MouseButton.MiddleButton)
    assert ranges(panel)[0][0] < before[0]


def test_zooming_ends_at_the_whole_network(panel: CircuitPanel) -> None:
    limits = panel.view.strip.state.layout.limits
    for _ in range(5):
        wheel(panel, QPoint(900, 60), -600)
    assert ranges(panel)[0] == pytest.approx(limits)


def test_a_double_click_beside_the_parts_fits_everything(panel: CircuitPanel) -> None:
    whole = ranges(panel)[0]
    panel.view.zoom(0.3, 500)
    send(panel, QEvent.Type.MouseButtonDblClick, QPoint(600, 250), LEFT, True)
    release(panel, QPoint(600, 250))
    assert ranges(panel)[0] == pytest.approx(whole)


def test_keys_move_a_focus_and_act_on_it(qtbot: QtBot, panel: CircuitPanel) -> None:
    view = panel.view
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert view.strip.state.focused == Part("box", "conv1", None)
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.strip.state.focused == arc(1, "layer1.0")
    assert "shortcut of block 1" in view.accessibleDescription()
    with qtbot.waitSignal(panel.shortcut_clicked) as wish:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert wish.args == [1]
    qtbot.keyClick(view, Qt.Key.Key_Left)
    with qtbot.waitSignal(panel.layer_selected) as wish:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert wish.args == ["layer1.0.conv2"]
    with qtbot.waitSignal(panel.branch_clicked) as wish:
        qtbot.keyClick(view, Qt.Key.Key_D)
    assert wish.args == [1]


def test_d_without_a_focus_means_the_selected_block(qtbot: QtBot, panel: CircuitPanel) -> None:
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer3.1"))
    with qtbot.waitSignal(panel.branch_clicked) as wish:
        qtbot.keyClick(panel.view, Qt.Key.Key_D)
    assert wish.args == [8]


def test_keys_of_the_window_pass_through(panel: CircuitPanel) -> None:
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        panel.view.keyPressEvent(event)
        assert not event.isAccepted()


def test_the_focus_stays_in_view(qtbot: QtBot, panel: CircuitPanel) -> None:
    view = panel.view
    view.zoom(0.2, 0)
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    for _ in range(20):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    focused = view.strip.state.focused
    assert 0 <= view.strip.frame.px(view.strip.state.layout.spot(focused)) <= view.strip.frame.width


def actions(menu: QMenu) -> dict[str, object]:
    return {action.text(): action for action in menu.actions() if action.text()}


def test_the_menu_of_a_block_holds_every_wish(qtbot: QtBot, panel: CircuitPanel) -> None:
    menu = QMenu(panel)
    panel.fill_menu(menu, arc(3, "layer1.2"))
    found = actions(menu)
    with qtbot.waitSignal(panel.shortcut_clicked) as wish:
        found["Restore shortcut"].trigger()
    assert wish.args == [3]
    with qtbot.waitSignal(panel.branch_clicked) as wish:
        found["Drop residual branch (D)"].trigger()
    assert wish.args == [3]
    with qtbot.waitSignal(panel.shortcuts_swept) as wish:
        found["Cut this and all later shortcuts"].trigger()
    assert wish.args == [(3, 4, 5, 6, 7, 8, 9), 0.0]
    with qtbot.waitSignal(panel.strength_chosen) as wish:
        actions(found["Shortcut strength"].menu())["0.25"].trigger()
    assert wish.args == [3, 0.25]
    with qtbot.waitSignal(panel.layer_selected) as wish:
        actions(found["Show maps of"].menu())["output (layer1.2)"].trigger()
    assert wish.args == ["layer1.2"]
    with qtbot.waitSignal(panel.export_requested):
        found["Export gradient norms…"].trigger()


def test_the_menu_of_a_plain_network_offers_no_shortcut(panel: CircuitPanel) -> None:
    panel.render_scene(fabricated.scene(spec("cifar-plain-20")))
    menu = QMenu(panel)
    panel.fill_menu(menu, Part("block", "layer1.2", 3))
    assert not [text for text in actions(menu) if "shortcut" in text.lower()]


def test_a_right_click_opens_the_menu_of_what_lies_there_and_a_right_drag_pans(
    qtbot: QtBot, panel: CircuitPanel
) -> None:
    right = Qt.MouseButton.RightButton
    at = panel.view.view_point(arc(5, "layer2.1"))
    with qtbot.waitSignal(panel.view.menu_wanted) as wish:
        qtbot.mouseClick(panel.view.viewport(), right, pos=at)
    panel._menu.close()
    assert wish.args[0] == arc(5, "layer2.1")
    panel.view.zoom(0.4, 500)
    before = ranges(panel)[0]
    with qtbot.assertNotEmitted(panel.view.menu_wanted):
        drag(panel, [at, at + QPoint(20, 0), at + QPoint(60, 0)], right)
        release(panel, at + QPoint(60, 0), right)
    assert ranges(panel)[0][0] < before[0]


def test_the_menu_key_opens_the_menu_of_the_focused_part(qtbot: QtBot, panel: CircuitPanel) -> None:
    view = panel.view
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    with qtbot.waitSignal(view.menu_wanted) as wish:
        view.contextMenuEvent(event)
    panel._menu.close()
    assert wish.args[0] == Part("box", "conv1", None)


@pytest.mark.parametrize(("key", "is_ours"), [(Qt.Key.Key_Left, True), (Qt.Key.Key_Space, False)])
def test_the_views_keys_come_before_the_windows_shortcuts(
    panel: CircuitPanel, key: Qt.Key, is_ours: bool
) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(panel.view, event)
    assert event.isAccepted() is is_ours


def test_a_larger_font_makes_room_for_itself(panel: CircuitPanel) -> None:
    view = panel.view
    font = view.font()
    before = view.strip.frame
    font.setPixelSize(22)
    view.setFont(font)
    view.ci.layout.activate()
    after = view.strip.frame
    assert after.text_height > before.text_height
    assert after.base - after.arc_top == pytest.approx(before.base - before.arc_top, abs=1)


def test_the_pointer_reads_out_exact_numbers(qtbot: QtBot, panel: CircuitPanel) -> None:
    points, reference = panel.view.plot.now, panel.view.plot.reference
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


def test_the_selected_layer_has_its_line(panel: CircuitPanel) -> None:
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer2.0.conv1"))
    assert panel.view.lines.selected == pytest.approx(panel.view.strip.frame.px(8.0))


def test_the_wish_is_drawn_at_once_and_the_old_reading_is_dimmed(panel: CircuitPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(scene)
    assert panel.view.plot.opacity == 1.0
    wish = wired(scene, Wiring.all_open(9).with_shortcuts([3, 4], 0.0))
    panel.render_scene(replace(wish, is_stale=True))
    assert panel.view.strip.state.wiring.cut == (3, 4)
    assert "2 of 9 shortcuts cut" in panel.subtitle
    assert panel.view.plot.opacity < 0.5
    assert panel.is_updating
    assert panel.view.plot.names.names[0].text == "now: 1 of 9 shortcuts cut (3)", (
        "a reading keeps its own state"
    )


def test_a_partial_reading_keeps_the_last_whole_curve_of_the_same_network(panel: CircuitPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(scene)
    assert scene.now is not None
    partial = replace(scene.now, layers=(), blocks=(), activations={})
    panel.render_scene(replace(scene, now=partial))
    assert panel.view.plot.now is not None
    assert panel.view.plot.opacity < 0.5
    other = fabricated.scene(spec("resnet18"))
    panel.render_scene(replace(other, now=None, reference=None))
    assert panel.view.plot.now is None
    assert panel.caption_text == ""


def test_without_a_reading_the_wiring_can_be_cut_all_the_same(qtbot: QtBot) -> None:
    panel = CircuitPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.render_scene(replace(fabricated.scene(), now=None, reference=None))
    with qtbot.waitExposed(panel):
        panel.show()
    with qtbot.waitSignal(panel.shortcut_clicked):
        click(qtbot, panel, arc(5, "layer2.1"))


def test_the_caption_says_what_was_measured_and_in_which_state(panel: CircuitPanel) -> None:
    assert "1 of 9 shortcuts cut" in panel.caption_text
    assert "gradient of the score" in panel.caption_text


def test_another_quantity_is_another_curve_of_the_same_reading(panel: CircuitPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    view = replace(scene.session.view, gradient_quantity="output")
    panel.render_scene(replace(scene, session=scene.session.with_view(view)))
    assert panel.view.plot.now is not None
    assert scene.now is not None
    assert np.array_equal(panel.view.plot.now.values, [block.gradient_norm for block in scene.now.blocks])


def test_another_network_is_shown_whole(panel: CircuitPanel) -> None:
    panel.view.zoom(0.2, 100)
    panel.render_scene(fabricated.scene(spec("resnet50")))
    assert ranges(panel)[0] == pytest.approx(panel.view.strip.state.layout.limits)


def test_clicking_and_redrawing_stop_at_the_store(qtbot: QtBot, panel: CircuitPanel) -> None:
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
def test_the_theme_reaches_the_plot(panel: CircuitPanel, theme: object, other: object) -> None:
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


def test_a_pictures_name_is_never_read_as_markup(panel: CircuitPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    assert scene.now is not None
    picture = replace(scene.now.request.picture, name=HOSTILE)
    named = replace(scene.now, request=replace(scene.now.request, picture=picture))
    setup = replace(scene.session.setup, class_names=("<i>deer</i>",) * 10)
    panel.render_scene(replace(scene, now=named, session=scene.session.with_setup(setup)))
    assert HOSTILE in panel.caption_text
    assert HOSTILE in panel.bar.readout
    assert "<i>deer</i>" in panel.bar.readout
    labels = [panel._caption, panel.bar._readout, panel._subtitle, panel._title, panel.bar._title]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    for label in labels[:3]:
        assert shown(label.toolTip()) == label.text()


def heard(panel: CircuitPanel) -> list[str]:
    said: list[str] = []
    panel.hovered.connect(said.append)
    return said


def test_a_resting_pointer_reads_the_new_numbers(panel: CircuitPanel) -> None:
    points = panel.view.plot.now
    assert points is not None
    spot = (panel.view.plot.pixel_of(points, 4) + panel.view.plot_box.pos()).toPoint()
    send(panel, QEvent.Type.MouseMove, spot, LEFT, False)
    said = heard(panel)
    panel.render_scene(fabricated.scene(cut=(3, 4), decades=5))
    assert panel.view.plot.now is not points
    new = f"now {panel.view.plot.now.values[4]:.4g}"
    assert new in said[-1]
    assert new in panel.bar.readout
    panel.render_scene(replace(fabricated.scene(spec("resnet18")), now=None, reference=None))
    assert said[-1] == "", "old numbers stay where there are none"


def test_a_pointer_resting_on_an_arc_hears_what_became_of_it(panel: CircuitPanel) -> None:
    send(panel, QEvent.Type.MouseMove, panel.view.view_point(arc(5, "layer2.1")), LEFT, False)
    said = heard(panel)
    panel.render_scene(wired(fabricated.scene(cut=(3,)), Wiring.all_open(9).with_shortcuts([5], 0.0)))
    assert said[-1].endswith("shortcut cut")


def test_the_keyboards_part_is_announced_again_only_when_it_changed(panel: CircuitPanel) -> None:
    panel.view._focus(arc(5, "layer2.1"))
    said = heard(panel)
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer3.1"))
    assert said == []
    panel.render_scene(wired(fabricated.scene(cut=(3,)), Wiring.all_open(9).with_shortcuts([5], 0.0)))
    assert [text.endswith("shortcut cut") for text in said] == [True]


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_the_invitation_to_release_ends_with_the_sweep(
    qtbot: QtBot, panel: CircuitPanel, is_cancelled: bool
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
def test_a_menu_says_what_it_is_about(panel: CircuitPanel, part: Part, title: str) -> None:
    menu = QMenu(panel)
    panel.fill_menu(menu, part)
    assert menu.actions()[0].text() == title
    assert not menu.actions()[0].isEnabled()


def test_the_selected_block_is_that_of_the_selected_layer(qtbot: QtBot, panel: CircuitPanel) -> None:
    fresh = CircuitPanel()
    qtbot.addWidget(fresh)
    assert fresh.selected_block() is None
    for layer, block in (("layer3.1", 8), ("layer1.2.conv1", 3), ("stem", None)):
        panel.render_scene(selecting(fabricated.scene(cut=(3,)), layer))
        assert panel.selected_block() == block


def test_the_caption_changes_without_moving_the_plot(panel: CircuitPanel) -> None:
    before = panel.view.plot_box.geometry()
    panel.render_scene(fabricated.scene(spec("cifar-resnet-56"), cut=tuple(range(1, 28, 2))))
    panel.render_scene(replace(fabricated.scene(), now=None, reference=None))
    assert panel.caption_text == ""
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert panel.view.plot_box.geometry() == before


def test_a_low_panel_takes_the_captions_second_line_for_the_plot(panel: CircuitPanel) -> None:
    line = panel._caption.fontMetrics().height()
    assert panel._caption.height() == 2 * line
    panel.resize(1200, 215)
    assert panel._caption.height() == line
    assert panel.minimumSizeHint().height() <= 230, "it does not fit into the smallest window"


def test_one_state_twice_has_one_name(panel: CircuitPanel) -> None:
    scene = fabricated.scene()
    panel.render_scene(replace(scene, reference=scene.now))
    assert [name.text for name in panel.view.plot.names.names] == ["now = reference: all shortcuts open"]
    panel.render_scene(fabricated.scene(cut=(3,)))
    assert [name.text.split(":")[0] for name in panel.view.plot.names.names] == ["now", "reference"]


@pytest.mark.parametrize("width", [994, 1410])
@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-resnet-110", "resnet50"])
def test_the_first_block_always_has_its_number(panel: CircuitPanel, name: str, width: int) -> None:
    panel.resize(width, 340)
    panel.render_scene(fabricated.scene(spec(name)))
    QApplication.sendPostedEvents()
    labels = panel.view.strip._labels
    assert "1" in [text for _, text, _ in labels]
    numbers = [rect for rect, text, _ in labels if text.isdigit() or text == "stem"]
    assert not any(a.intersects(b.adjusted(1, 0, -1, 0)) for a, b in itertools.combinations(numbers, 2))

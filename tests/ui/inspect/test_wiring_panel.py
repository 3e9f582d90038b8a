"""The panel with the strip and the plot: clicks, drags and keys become wishes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.wiring_layout import Part
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from tests import fabricated
from tests.ui.inspect.wiring_hands import LEFT, arc, click, drag, ranges, release, selecting, send, wheel


def test_a_click_on_an_arc_wishes_for_its_shortcut_and_changes_nothing(
    qtbot: QtBot, panel: WiringPanel
) -> None:
    with qtbot.waitSignal(panel.shortcut_clicked) as wish:
        click(qtbot, panel, arc(5, "layer2.1"))
    assert wish.args == [5]
    state = panel.view.strip.state
    assert state is not None
    assert state.wiring.cut == (3,), "the panel must wait for the store"


def test_two_quick_clicks_on_an_arc_are_two_wishes(qtbot: QtBot, panel: WiringPanel) -> None:
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
    qtbot: QtBot, panel: WiringPanel, part: Part, name: str
) -> None:
    with qtbot.waitSignal(panel.layer_selected) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        click(qtbot, panel, part)
    assert wish.args == [name]


def test_a_projection_is_selected_on_its_arc(qtbot: QtBot, panel: WiringPanel) -> None:
    panel.render_scene(fabricated.scene(spec("resnet18")))
    part = Part("projection", "layer2.0.downsample.0", 3)
    with qtbot.waitSignal(panel.layer_selected) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        click(qtbot, panel, part)
    assert wish.args == ["layer2.0.downsample.0"]


def test_the_classifier_has_no_maps_to_select(qtbot: QtBot, panel: WiringPanel) -> None:
    with qtbot.assertNotEmitted(panel.layer_selected), qtbot.waitSignal(panel.hovered) as said:
        click(qtbot, panel, Part("box", "fc", None))
    assert "no feature maps" in said.args[0]


def test_a_click_in_the_plot_selects_the_nearest_layer(qtbot: QtBot, panel: WiringPanel) -> None:
    points = panel.view.plot.shown.now
    assert points is not None
    spot = panel.view.plot.pixel_of(points, 6) + panel.view.plot_box.pos()
    with qtbot.waitSignal(panel.layer_selected) as wish:
        qtbot.mouseClick(panel.view.viewport(), LEFT, pos=(spot + QPointF(3, -20)).toPoint())
    assert wish.args == [points.names[6]]


def test_a_sweep_from_an_open_arc_cuts_the_range_and_shows_it_on_the_way(
    qtbot: QtBot, panel: WiringPanel
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


@pytest.mark.parametrize("name", ["resnet18", "cifar-resnet-110"])
@pytest.mark.parametrize("width", [860, 1400])
def test_a_drag_from_anywhere_inside_an_arc_sweeps(
    qtbot: QtBot, panel: WiringPanel, name: str, width: int
) -> None:
    panel.resize(width, 340)
    panel.render_scene(fabricated.scene(spec(name), cut=(1,)))
    view = panel.view
    spans, frame = view.strip.state.layout.spans, view.strip.frame  # type: ignore[union-attr]
    across = frame.px(spans[5].right) - frame.px(spans[3].left)
    for down in (0.0, 0.3, 0.6, 0.95):
        y = frame.arc_top + down * (frame.base - frame.half_height - 3 - frame.arc_top)
        for x in (0.15, 0.5, 0.85):  # where an arc's line is, inside and, high up, beside it
            corner = frame.px(spans[3].left + x * (spans[3].right - spans[3].left)), y
            start = view.mapFromScene(view.strip.mapToScene(QPointF(*corner)))
            stop = start + QPoint(round(across * 0.66), 3)
            before = ranges(panel)
            with qtbot.waitSignal(panel.shortcuts_swept) as wish:
                drag(panel, [start, start + QPoint(6, 0), stop])
                release(panel, stop)
            assert wish.args == [(4, 5, 6), 0.0], (down, x)
            assert ranges(panel) == before, "it panned"


def test_a_drag_beside_the_arcs_pans(qtbot: QtBot, panel: WiringPanel) -> None:
    view = panel.view
    box = view.view_point(Part("box", "layer2.1.conv1", 5))
    above = QPoint(box.x(), view.view_point(arc(5, "layer2.1")).y() - 12)
    inside = QPoint(box.x(), view.view_point(arc(5, "layer2.1")).y() + 12)
    middle = Qt.MouseButton.MiddleButton
    for start, button in ((above, LEFT), (box, LEFT), (box + QPoint(0, 16), LEFT), (inside, middle)):
        view.fit()
        wheel(panel, box, 360)
        left = ranges(panel)[0][0]
        with qtbot.assertNotEmitted(panel.shortcuts_swept), qtbot.assertNotEmitted(panel.shortcut_clicked):
            drag(panel, [start, start + QPoint(30, 0), start + QPoint(80, 0)], button)
            release(panel, start + QPoint(80, 0), button)
        assert ranges(panel)[0][0] < left, start


def test_a_click_inside_an_arc_still_selects_its_block(qtbot: QtBot, panel: WiringPanel) -> None:
    panel.render_scene(fabricated.scene(spec("resnet18")))
    at = panel.view.view_point(arc(5, "layer3.0")) + QPoint(0, 20)
    with qtbot.waitSignal(panel.layer_selected) as wish, qtbot.assertNotEmitted(panel.shortcut_clicked):
        qtbot.mouseClick(panel.view.viewport(), LEFT, pos=at)
    assert wish.args == ["layer3.0"]


def test_a_sweep_backwards_from_a_cut_arc_restores(qtbot: QtBot, panel: WiringPanel) -> None:
    start, stop = (
        panel.view.view_point(arc(3, "layer1.2")) + QPoint(20, 2),
        panel.view.view_point(arc(1, "layer1.0")),
    )
    assert panel.view.part_under(QPointF(start)) == arc(3, "layer1.2")
    with qtbot.waitSignal(panel.shortcuts_swept) as wish:
        drag(panel, [start, start - QPoint(30, 0), stop])
        release(panel, stop)
    assert wish.args == [(1, 2, 3), 1.0]


def test_escape_ends_a_sweep_without_a_wish(qtbot: QtBot, panel: WiringPanel) -> None:
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


def test_both_axes_are_one_at_every_zoom_and_pan(qtbot: QtBot, panel: WiringPanel) -> None:
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


def test_a_box_and_its_point_share_their_x(panel: WiringPanel) -> None:
    view = panel.view
    view.zoom(0.5, 300)
    points = view.plot.shown.now
    assert points is not None
    for index, name in enumerate(points.names):
        box = view.strip.mapToScene(QPointF(view.strip.frame.px(view.strip.state.layout.x_by_name[name]), 0))
        point = view.plot_box.mapToScene(view.plot.pixel_of(points, index))
        assert box.x() == pytest.approx(point.x(), abs=0.01)


def test_dragging_pans_with_the_middle_button_even_from_an_arc(qtbot: QtBot, panel: WiringPanel) -> None:
    panel.view.zoom(0.4, 500)
    before = ranges(panel)[0]
    start = QPoint(600, int(panel.view.view_point(arc(5, "layer2.1")).y()))
    with qtbot.assertNotEmitted(panel.shortcuts_swept):
        drag(panel, [start, start + QPoint(20, 0), start + QPoint(60, 0)], Qt.MouseButton.MiddleButton)
        release(panel, start + QPoint(60, 0), Qt.MouseButton.MiddleButton)
    assert ranges(panel)[0][0] < before[0]


def test_zooming_ends_at_the_whole_network(panel: WiringPanel) -> None:
    limits = panel.view.strip.state.layout.limits
    for _ in range(5):
        wheel(panel, QPoint(900, 60), -600)
    assert ranges(panel)[0] == pytest.approx(limits)


def test_a_double_click_beside_the_parts_fits_everything(panel: WiringPanel) -> None:
    whole = ranges(panel)[0]
    panel.view.zoom(0.3, 500)
    send(panel, QEvent.Type.MouseButtonDblClick, QPoint(600, 250), LEFT, True)
    release(panel, QPoint(600, 250))
    assert ranges(panel)[0] == pytest.approx(whole)


def test_keys_move_a_focus_and_act_on_it(qtbot: QtBot, panel: WiringPanel) -> None:
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


def test_the_selection_goes_where_the_keys_go(qtbot: QtBot, panel: WiringPanel) -> None:
    view = panel.view
    panel.layer_selected.connect(lambda name: panel.render_scene(selecting(fabricated.scene(cut=(3,)), name)))
    panel.render_scene(selecting(fabricated.scene(cut=(3,)), "layer1.1"))
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert view.strip.state.focused == arc(2, "layer1.1"), "getting the focus selects nothing else"
    for _ in range(len(view.strip.state.layout.parts)):
        qtbot.keyClick(view, Qt.Key.Key_Right)
        state = view.strip.state
        if state.focused.kind != "box" or state.focused.block is not None:
            assert panel.selected_block() == state.focused.block
            assert state.selected == state.focused.name
    assert state.focused.name == "fc"
    assert panel.selected_block() == 9, "the classifier has nothing to select, and no key acts on it"


@pytest.mark.parametrize("network", ["cifar-resnet-20", "cifar-plain-20"])
def test_the_focus_goes_where_the_selection_goes(qtbot: QtBot, panel: WiringPanel, network: str) -> None:
    view, scene = panel.view, fabricated.scene(spec(network))
    panel.render_scene(selecting(scene, "layer1.0.conv1"))
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    for name in ("layer2.1.conv2", "layer3.0", "layer2.2.conv1"):
        panel.render_scene(selecting(scene, name))
        assert view.strip.state.focused.block == panel.selected_block()
    panel.render_scene(selecting(scene, "stem"))
    assert view.strip.state.focused == Part("box", "conv1", None)


def test_d_is_the_windows_and_means_the_selected_block(qtbot: QtBot, panel: WiringPanel) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_D, Qt.KeyboardModifier.NoModifier)
    panel.view.keyPressEvent(event)
    assert not event.isAccepted()


def is_on_its_point(panel: WiringPanel) -> bool:
    """Whether every ring is around a point of the layer that is pointed at, and the line runs through it."""
    view = panel.view
    spots = [
        view.plot_box.mapToItem(view.ci, view.plot.pixel_of(points, points.names.index(view._pointed_at)))
        for points in view.plot.shown.there
    ]
    line = view.lines.pointer
    return bool(
        view.lines.rings == spots
        and line is not None
        and abs(line + view.strip_box.geometry().left() - spots[0].x()) < 1
    )


def test_the_rings_stay_on_the_points_through_zoom_size_and_new_curves(
    qtbot: QtBot, panel: WiringPanel
) -> None:
    view = panel.view
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    for _ in range(14):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    if view.strip.state.focused.kind == "arc":
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert is_on_its_point(panel)
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        qtbot.keyClick(view, key)
        assert is_on_its_point(panel)
    view.pan(-30)
    assert is_on_its_point(panel)
    panel.resize(1000, 500)
    qtbot.waitUntil(lambda: is_on_its_point(panel))
    panel.render_scene(fabricated.scene(cut=(1, 2, 3, 4)))
    assert is_on_its_point(panel)
    view.zoom(0.1, 0)
    view.pan(100_000)
    assert view.lines.rings == []
    assert view.lines.pointer is None


def test_the_pointer_tells_what_lies_under_it_after_a_key_zoomed(qtbot: QtBot, panel: WiringPanel) -> None:
    view = panel.view
    at = panel.view.view_point(Part("box", "layer1.1.conv1", 2))
    send(panel, QEvent.Type.MouseMove, QPoint(at.x(), panel.view.height() - 80), LEFT, False)
    assert view._pointed_at == "layer1.1.conv1"
    view.zoom(0.3, 0)
    expected = view.plot_name(QPointF(at.x(), panel.view.height() - 80))
    assert view._pointed_at == expected != "layer1.1.conv1"
    assert is_on_its_point(panel)


def test_keys_of_the_window_pass_through(panel: WiringPanel) -> None:
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_PageDown):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        panel.view.keyPressEvent(event)
        assert not event.isAccepted()


def test_the_focus_stays_in_view(qtbot: QtBot, panel: WiringPanel) -> None:
    view = panel.view
    view.zoom(0.2, 0)
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    for _ in range(20):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    focused = view.strip.state.focused
    assert 0 <= view.strip.frame.px(view.strip.state.layout.spot(focused)) <= view.strip.frame.width


def actions(menu: QMenu) -> dict[str, object]:
    return {action.text(): action for action in menu.actions() if action.text()}


def test_the_menu_of_a_block_holds_every_wish(qtbot: QtBot, panel: WiringPanel) -> None:
    menu = QMenu(panel)
    panel.fill_menu(menu, arc(3, "layer1.2"))
    found = actions(menu)
    with qtbot.waitSignal(panel.shortcut_clicked) as wish:
        found["Restore shortcut"].trigger()
    assert wish.args == [3]
    with qtbot.waitSignal(panel.branch_clicked) as wish:
        found["Drop residual branch"].trigger()
    assert wish.args == [3]
    with qtbot.waitSignal(panel.shortcuts_swept) as wish:
        found["Cut this and all later shortcuts"].trigger()
    assert wish.args == [(3, 4, 5, 6, 7, 8, 9), 0.0]
    with qtbot.waitSignal(panel.strength_chosen) as wish:
        actions(found["Shortcut strength"].menu())["0.25"].trigger()
    assert wish.args == [3, 0.25]
    panel.render_scene(selecting(fabricated.scene(cut=tuple(range(1, 4))), "layer1.2"))
    menu.clear()
    panel.fill_menu(menu, arc(3, "layer1.2"))
    found = actions(menu)
    assert "Drop residual branch (D)" in found, "the key means the selected block"
    assert not found["Cut this and all earlier shortcuts"].isEnabled(), "they are cut"
    with qtbot.waitSignal(panel.layer_selected) as wish:
        actions(found["Show maps of"].menu())["output (layer1.2)"].trigger()
    assert wish.args == ["layer1.2"]
    with qtbot.waitSignal(panel.export_requested):
        found["Export gradient norms…"].trigger()


def test_the_menu_of_a_plain_network_offers_no_shortcut(panel: WiringPanel) -> None:
    panel.render_scene(fabricated.scene(spec("cifar-plain-20")))
    menu = QMenu(panel)
    panel.fill_menu(menu, Part("block", "layer1.2", 3))
    assert not [text for text in actions(menu) if "shortcut" in text.lower()]


def test_a_right_click_opens_the_menu_of_what_lies_there_and_a_right_drag_pans(
    qtbot: QtBot, panel: WiringPanel
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


def test_the_menu_key_opens_the_menu_of_the_focused_part(qtbot: QtBot, panel: WiringPanel) -> None:
    view = panel.view
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    with qtbot.waitSignal(view.menu_wanted) as wish:
        view.contextMenuEvent(event)
    panel._menu.close()
    assert wish.args[0] == Part("box", "conv1", None)


@pytest.mark.parametrize(("key", "is_ours"), [(Qt.Key.Key_Left, True), (Qt.Key.Key_Space, False)])
def test_the_views_keys_come_before_the_windows_shortcuts(
    panel: WiringPanel, key: Qt.Key, is_ours: bool
) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(panel.view, event)
    assert event.isAccepted() is is_ours

"""Messages end with what they are about, and keys and drops find their way, in a whole window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider

from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.session import Session
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.export_dialog import ExportDialog
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated
from tests.ui.windows import INSPECT, TRAIN, Desk, inspect_page


def test_a_remark_about_a_network_goes_with_it_and_so_do_its_actions(desk: Desk) -> None:
    inspect_page(desk.window).loader.choose_network("resnet18")
    bar = desk.window.messages
    desk.qtbot.waitUntil(lambda: bool(bar.sentence))
    assert bar._act is not None
    desk.store.undo()
    assert bar.sentence == ""
    assert bar._act is None


def test_a_remark_stays_while_its_network_is_cut_and_another_picture_is_opened(desk: Desk) -> None:
    inspect_page(desk.window).loader.choose_network("cifar-resnet-32")
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    inspect_page(desk.window).editor.toggle_shortcut(2)
    inspect_page(desk.window).loader.open_paths((Path("good.png"),))
    desk.qtbot.waitUntil(lambda: desk.store.undo_label == "open good.png")
    assert desk.window.messages.sentence == "cifar-resnet-32 is untrained."


def test_an_opening_error_goes_with_the_next_opening_that_succeeds(desk: Desk) -> None:
    inspect_page(desk.window).loader.open_paths((Path("bad.png"),))
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    inspect_page(desk.window).editor.toggle_shortcut(2)
    desk.wait_fresh()
    assert desk.window.messages.sentence, "computing something is no answer to it"
    inspect_page(desk.window).loader.open_paths((Path("good.png"),))
    desk.qtbot.waitUntil(lambda: desk.store.undo_label == "open good.png")
    assert desk.window.messages.sentence == ""


def test_a_failed_probe_is_forgotten_with_the_next_reading_a_fault_is_not(desk: Desk) -> None:
    desk.prober.refusal = "There is no such device; choose cpu."
    inspect_page(desk.window).editor.toggle_shortcut(1)
    desk.qtbot.waitUntil(lambda: bool(desk.window.messages.sentence))
    desk.prober.refusal = ""
    inspect_page(desk.window).editor.toggle_shortcut(2)
    desk.wait_fresh()
    assert desk.window.messages.sentence == ""
    desk.window.messages.show_failure(Failure("Something went wrong inside."))
    inspect_page(desk.window).editor.toggle_shortcut(3)
    desk.wait_fresh()
    assert desk.window.messages.sentence == "Something went wrong inside."


def test_the_disc_is_lit_for_downloads_too(desk: Desk) -> None:
    inspect_page(desk.window).loader.download("resnet18")
    desk.qtbot.waitUntil(lambda: desk.window.status.dot.is_lit)
    desk.window.escape()
    desk.qtbot.waitUntil(lambda: not desk.window.status.dot.is_lit)


def test_d_drops_the_selected_blocks_branch_wherever_the_focus_is(desk: Desk) -> None:
    QTest.keyClick(desk.window, Qt.Key.Key_D)
    assert desk.store.session.setup.wiring.is_open, "the stem has no branch"
    assert "No block is selected" in desk.window.status.texts()[2]
    inspect_page(desk.window).editor.select_layer("layer2.1.conv1")
    for dropped in ((5,), ()):
        QTest.keyClick(desk.window, Qt.Key.Key_D)
        assert desk.store.session.setup.wiring.dropped == dropped


def test_d_drops_the_branch_of_the_block_to_which_the_keys_went(desk: Desk) -> None:
    view = inspect_page(desk.window).panels.wiring.view
    inspect_page(desk.window).editor.select_layer("layer1.1.conv2")
    with desk.qtbot.waitExposed(desk.window):
        desk.window.show()
    desk.window.activateWindow()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    desk.qtbot.waitUntil(lambda: view.strip.state.focused is not None)
    for _ in range(9):
        QTest.keyClick(view, Qt.Key.Key_Right)
    block = inspect_page(desk.window).panels.wiring.selected_block()
    assert block == view.strip.state.focused.block == 5
    assert inspect_page(desk.window).panels.wiring.controls._label.text() == "block 5"
    QTest.keyClick(view, Qt.Key.Key_D)
    assert desk.store.session.setup.wiring.dropped == (5,)
    inspect_page(desk.window).editor.select_layer("layer3.0")
    desk.window.commands["selected_branch"].trigger()
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert desk.store.session.setup.wiring.dropped == (5, 7)
    assert desk.store.session.setup.wiring.cut == (7,), "the focus went with the selection"


def test_space_on_a_slider_is_not_for_the_whole_network(desk: Desk) -> None:
    slider = QSlider(desk.window)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Space)
    assert desk.store.session.setup.wiring.is_open
    QTest.keyClick(slider, Qt.Key.Key_B)
    assert len(desk.store.session.setup.wiring.dropped) == 9


def test_an_address_may_be_dropped_and_gets_its_sentence(desk: Desk) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/cat.png")])
    event = QDragEnterEvent(
        QPoint(9, 9),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    desk.window.dragEnterEvent(event)
    assert event.isAccepted()
    text = QMimeData()
    text.setText("https://example.org/cat.png")
    inspect_page(desk.window).loader.take_mime(text)
    assert "only an address" in desk.window.messages.sentence


def test_a_font_size_reaches_the_controls_at_once(desk: Desk) -> None:
    button = inspect_page(desk.window).bar.network_button
    heights = []
    for points in (9, 16):
        desk.appearance.set_font_size(points)
        assert button.font().pointSize() == points
        heights.append(button.sizeHint().height())
    desk.appearance.set_font_size(0)
    assert heights[1] > heights[0]


def test_the_toolbars_words_give_way_to_icons_where_they_do_not_fit(desk: Desk) -> None:
    toolbar = desk.window.toolbar
    style = inspect_page(desk.window).bar.reference_button.toolButtonStyle
    desk.window.show()
    desk.window.resize(1440, 800)
    desk.qtbot.waitUntil(lambda: style() == Qt.ToolButtonStyle.ToolButtonTextOnly)
    desk.appearance.set_font_size(16)
    desk.qtbot.waitUntil(lambda: style() == Qt.ToolButtonStyle.ToolButtonIconOnly)
    assert toolbar._row.sizeHint().width() <= toolbar.width()
    desk.appearance.set_font_size(0)
    desk.qtbot.waitUntil(lambda: style() == Qt.ToolButtonStyle.ToolButtonTextOnly)


def test_the_toolbar_shortens_names_only_where_icons_do_not_make_room(desk: Desk) -> None:
    toolbar = desk.window.toolbar
    bar = inspect_page(desk.window).bar
    named = bar.reference_button, bar.compare_button, bar.target_button
    buttons = (*named, bar.export_button, bar.open_button)
    bar._title = title = "ResNet-56 (no BN) · Digits, quick from scratch, epoch 5.4 of 12"
    desk.window.show()
    icons = []
    for width in (2600, 1500, 1400, 1300, 1200, 1100):
        toolbar.resize(width, toolbar.height())
        is_icon = [button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly for button in buttons]
        icons.append(sum(is_icon))
        assert bar.network_button.text() == f"{title} ▾" or icons[-1] == len(buttons)
        assert toolbar._row.sizeHint().width() <= width
    assert icons[0] == 0
    assert icons == sorted(icons)
    desk.window.show_page(TRAIN)
    desk.window.show_page(INSPECT)
    toolbar.resize(2600, toolbar.height())
    assert bar.network_button.text() == f"{title} ▾"


def test_a_name_in_undo_is_neither_markup_nor_a_mnemonic(desk: Desk) -> None:
    inspect_page(desk.window).editor.set_pictures(fabricated.picture(name="<b>R&D</b>.png"))
    undo = desk.window.commands["undo"]
    assert undo.text() == "&Undo: open <b>R&&D</b>.png"
    assert "<b>" not in undo.toolTip()


def test_an_unknown_suffix_is_one_sentence_and_nothing_is_written(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "x.jpg")
    inspect_page(desk.window).exports.export_as("gradcam", "png")
    assert "cannot be saved as x.jpg" in desk.window.messages.sentence
    assert desk.files.asked == []


def test_the_dialog_of_a_figure_begins_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[FigureChoice] = []
    monkeypatch.setattr(ExportDialog, "asked", lambda dialog: begun.append(dialog.answer))
    inspect_page(desk.window).exports.export("predictions")
    assert [choice.figure for choice in begun] == ["predictions"]


def test_it_says_starting_until_what_it_starts_with_is_there(desk: Desk) -> None:
    setup = replace(desk.store.session.setup, picture=None)
    desk.store.begin(desk.store.session, Session(setup))
    inspect_page(desk.window).controller._is_starting = True
    inspect_page(desk.window).controller._publish()
    assert desk.window.status.texts()[0] == "starting…"
    inspect_page(desk.window).loader.begun.emit()
    assert desk.window.status.texts()[0] == "open a picture"

"""The tabs of the window: one page in view with its controls and facts, and each page's own keys and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.curves import EMPTY
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train import depth_plot
from resnet_viewer.ui.train.gradient_maps import RunPicture
from tests.ui.windows import INSPECT, TRAIN, Desk, inspect_page, train_page


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    made.window.show()
    yield made
    made.close()


def place(desk: Desk) -> int:
    window = desk.window
    assert window.toolbar.tabs.currentIndex() == window.place
    return window.place


def test_a_tab_shows_its_page_and_its_controls(desk: Desk) -> None:
    window = desk.window
    assert place(desk) == INSPECT
    assert inspect_page(window).bar.network_button.isVisible()
    assert not train_page(window).bar.isVisible()
    window.toolbar.tabs.setCurrentIndex(TRAIN)
    assert place(desk) == TRAIN
    assert train_page(window).bar.isVisible()
    assert not inspect_page(window).bar.network_button.isVisible()
    window.commands["show_inspect"].trigger()
    assert place(desk) == INSPECT
    assert window.focusWidget() is inspect_page(window).panels.wiring.view
    window.commands["show_train"].trigger()
    assert place(desk) == TRAIN


def test_the_tabs_have_keys_and_stand_in_the_menu_and_the_palette(desk: Desk) -> None:
    table = {command.id: (command.menu, command.keys) for command in desk.window.commands.table}
    assert table["show_inspect"] == ("View", "Ctrl+1")
    assert table["show_train"] == ("View", "Ctrl+2")
    offered = {entry.text for entry in desk.window.menus.entries()}
    assert {"View: Train", "Train: Start, or add to the runs at work", "Train: Open runs"} <= offered
    assert "Export runs: Errors: Errors as SVG" in offered


def test_inspects_keys_do_nothing_on_the_other_page(desk: Desk) -> None:
    desk.window.show_page(TRAIN)
    QTest.keyClick(desk.window, Qt.Key.Key_Space)
    QTest.keyClick(desk.window, Qt.Key.Key_B)
    assert desk.store.session.setup.wiring.is_open
    desk.window.show_page(INSPECT)
    QTest.keyClick(desk.window, Qt.Key.Key_Space)
    assert not desk.store.session.setup.wiring.is_open


def test_a_command_of_the_page_in_view_leaves_the_focus_where_it_is(desk: Desk) -> None:
    window = desk.window
    inspect_page(window).bar.open_button.setFocus()
    focused = window.focusWidget()
    assert focused is inspect_page(window).bar.open_button
    window.commands["next_layer"].trigger()
    assert window.focusWidget() is focused


def test_the_status_bar_says_the_facts_of_the_page_in_view(desk: Desk) -> None:
    status, training = desk.window.status, train_page(desk.window)
    assert "ResNet-20" in status.texts()[1]
    desk.window.show_page(TRAIN)
    training.start()
    desk.lab.begin()
    desk.lab.states("done", "cifar-plain-20")
    desk.qtbot.waitUntil(lambda: "1 of 4 runs done" in status.texts()[1])
    assert status.texts()[3] == "Digits (bundled): 1\u00a0437 pictures and 40 to test, 8×8"
    desk.window.show_page(INSPECT)
    assert "ResNet-20" in status.texts()[1]
    assert "invented.png" in status.texts()[3]


def test_the_lab_gets_ready_when_its_page_is_shown(desk: Desk) -> None:
    assert not desk.lab.is_started
    desk.window.show_page(TRAIN)
    assert desk.lab.is_started


def test_each_pages_sizes_are_remembered(desk: Desk, tmp_path: Path) -> None:
    desk.window.show_page(TRAIN)
    splitter = train_page(desk.window).panels.splitters["train_columns"]
    splitter.setSizes([500, 500])
    desk.window.close()
    kept = Settings(tmp_path / "settings").shape("train_columns", 2)
    assert kept is not None
    assert list(kept) == splitter.sizes()


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_bar_fits_the_window(desk: Desk, width: int) -> None:
    desk.window.show_page(TRAIN)
    desk.window.resize(width, 700)
    toolbar = desk.window.toolbar
    desk.qtbot.waitUntil(lambda: toolbar.width() == width)
    assert toolbar._row.sizeHint().width() <= width
    assert train_page(desk.window).bar.export_button.geometry().right() <= width


def test_a_page_too_small_for_its_panels_scrolls_and_squeezes_none(desk: Desk) -> None:
    window, page = desk.window, train_page(desk.window).panels
    bar = page.area.verticalScrollBar()
    window.show_page(TRAIN)
    train_page(window).start()
    desk.lab.begin()
    try:
        desk.appearance.set_font_size(16)
        window.setMinimumSize(0, 0)
        window.resize(1024, 640)
        desk.qtbot.waitUntil(lambda: bar.maximum() > 0)
        for panel in (page.runs, page.pictures, page.errors, page.gradients, page.by_depth):
            least = panel.minimumSizeHint()
            assert panel.width() >= least.width(), panel.title
            assert panel.height() >= least.height(), panel.title
        window.resize(1440, 1400)
        desk.qtbot.waitUntil(lambda: bar.maximum() == 0)
    finally:
        desk.appearance.set_font_size(0)


def test_the_table_of_runs_ends_with_a_whole_row(desk: Desk) -> None:
    window, card = desk.window, train_page(desk.window).panels.runs
    window.show_page(TRAIN)
    train_page(window).plan.choose(replace(train_page(window).plan.present, depths="8, 14, 20, 26"))
    train_page(window).start()
    desk.lab.begin()
    table = card.table
    desk.qtbot.waitUntil(lambda: table.model().rowCount() == 8)
    row = table.verticalHeader().defaultSectionSize()
    card.body.setContentsMargins(0, 0, 0, 0)
    least = card.minimumSizeHint().height()
    for height in (620, 700, 713, 900):
        window.resize(1024, height)
        QApplication.processEvents()
        card.layout().activate()
        view = table.viewport().height()
        assert view >= 8 * row or view % row == 0, "a row is cut"
        assert card.minimumSizeHint().height() == least, "what is left over makes the card higher"


def test_everything_that_takes_keys_has_a_name_and_stands_in_order(desk: Desk) -> None:
    window, page = desk.window, train_page(desk.window).panels
    window.show_page(TRAIN)
    train_page(window).start()
    desk.lab.begin()
    shown = page.gradients.pictures.values
    desk.qtbot.waitUntil(lambda: len(shown()) == 4 and all(picture.isVisible() for picture in shown()))
    for button in (*window.toolbar.findChildren(QToolButton), *page.findChildren(QToolButton)):
        if button.isVisible():
            assert button.toolTip(), button.text()
    order: list[QWidget] = []
    widget: QWidget = window.toolbar.tabs
    while widget not in order:
        order.append(widget)
        widget = widget.nextInFocusChain()
    taking = [found for found in order if found.isVisible() and found.focusPolicy() & Qt.FocusPolicy.TabFocus]
    for found in taking:
        parent = found.parent()
        is_viewport = isinstance(parent, QAbstractScrollArea) and parent.viewport() is found
        assert found.accessibleName() or is_viewport or getattr(found, "text", str)(), found
    places = [taking.index(found) for found in (page.errors.canvas, page.gradients.choice, *shown())]
    places += [taking.index(found) for found in (page.story.text, page.by_depth.canvas)]
    assert places == sorted(places)


def test_the_words_before_the_first_run_are_whole_in_a_large_font(desk: Desk) -> None:
    window, card = desk.window, train_page(desk.window).panels.runs
    window.show_page(TRAIN)
    card.offer_resume(True)
    try:
        desk.appearance.set_font_size(16)
        window.setMinimumSize(0, 0)
        window.resize(1024, 640)
        desk.qtbot.waitUntil(lambda: card._hint.height() >= card._hint.heightForWidth(card._hint.width()))
        assert not card._hint.geometry().intersects(card.resume.geometry())
    finally:
        desk.appearance.set_font_size(0)


def test_a_command_about_inspect_does_nothing_in_train(desk: Desk) -> None:
    inspect_page(desk.window).editor.toggle_shortcut(1)
    desk.window.show_page(TRAIN)
    for name in ("undo", "all_shortcuts", "set_reference", "choose_target", "layers", "next_picture"):
        assert not desk.window.commands[name].isEnabled(), name
    QTest.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.window.commands["undo"].trigger()
    assert place(desk) == TRAIN
    assert not desk.store.session.setup.wiring.is_open
    desk.window.show_page(INSPECT)
    assert not desk.window.commands["reset_reference"].isEnabled(), "nothing is pinned"
    desk.window.commands["undo"].trigger()
    assert desk.store.session.setup.wiring.is_open


def test_a_command_that_opens_something_in_inspect_shows_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(dialogs.OpenPictures, "ask", lambda *_: (tmp_path / "a.png",))
    desk.window.show_page(TRAIN)
    desk.window.commands["open_picture"].trigger()
    assert place(desk) == INSPECT


def test_tab_visits_the_page_as_it_is_seen(desk: Desk) -> None:
    window, page = desk.window, train_page(desk.window).panels
    window.show_page(TRAIN)
    assert window.focusWidget() is page.errors.canvas
    assert window.toolbar.tabs.accessibleName() == "Pages"
    train_page(window).start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        desk.lab.train(key, run, 1)
    maps = page.gradients
    desk.qtbot.waitUntil(lambda: [one.isVisible() for one in maps.pictures.values()] == [True] * 4)
    panels = (page.runs, page.pictures, page.errors, page.gradients, page.story, page.by_depth)
    page.runs.table.setFocus()
    visited: list[int] = []
    seen: list[RunPicture] = []
    while (focused := window.focusWidget()) is not None:
        place = next((place for place, panel in enumerate(panels) if panel.isAncestorOf(focused)), None)
        if place is None:
            break
        visited.append(place)
        seen += [focused] if isinstance(focused, RunPicture) else []
        window.focusNextPrevChild(True)
    assert visited == sorted(visited)
    assert set(visited) == set(range(6))
    assert seen == list(maps.pictures.values())


def test_escape_releases_the_pinned_time(desk: Desk) -> None:
    window, page = desk.window, train_page(desk.window).panels
    window.show_page(TRAIN)
    train_page(window).start()
    desk.lab.begin()
    desk.lab.train("cifar-plain-20", dict(desk.lab.order.runs)["cifar-plain-20"], 2)
    desk.qtbot.waitUntil(lambda: bool(page.errors.scene.logs))
    page.errors._pin(1.0)
    page.runs.table.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert page.errors.pinned is None
    desk.qtbot.waitUntil(lambda: train_page(window).controller.scene.time is None)


def test_every_empty_card_says_what_start_brings(desk: Desk) -> None:
    page = train_page(desk.window).panels
    desk.window.show_page(TRAIN)
    texts = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert page.runs._hint.text() in texts
    said = [
        page.runs._hint.text(), page.pictures.message, page.story.paragraphs[0], page.gradients._empty.text(),
        EMPTY["error"], depth_plot.EMPTY,
    ]  # fmt: skip
    assert all(text.startswith("Press Start: ") and text.endswith(".") for text in said), said


@pytest.mark.parametrize(("letters", "words"), [(44, "Strength ▾"), (14, "▾")])
def test_the_strength_has_a_name(desk: Desk, letters: int, words: str) -> None:
    bar = train_page(desk.window).bar
    bar.label(icons=0 if letters == 44 else 4, letters=letters)
    assert bar.strength_button.text() == words
    assert bar.strength_button.accessibleName() == "Strength of the shortcuts"

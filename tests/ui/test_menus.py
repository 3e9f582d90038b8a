"""The menus: no letter stands for two entries, and the palette finds what they offer."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from resnet_viewer.ui.widgets.picker import Picker
from tests.ui.windows import Desk, train_page


def letters(actions: list[QAction]) -> list[str]:
    """The mnemonics; "&&" stands for "&"."""
    texts = [action.text().partition("\t")[0].replace("&&", "") for action in actions]
    return [text.partition("&")[2][0].lower() for text in texts if "&" in text]


def train(desk: Desk) -> None:
    training = train_page(desk.window)
    training.start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        desk.lab.train(key, run, 2, folder=desk.lab.order.folder)


def test_a_letter_stands_for_one_entry_in_every_menu(desk: Desk) -> None:
    train(desk)
    assert desk.window.menus.entries(), "which fills every menu"
    menus = desk.window.findChildren(QMenu)
    assert len(menus) > 20
    for name, actions in [
        ("the bar", desk.window.menuBar().actions()),
        *((menu.title(), menu.actions()) for menu in menus),
    ]:
        double = [letter for letter, count in Counter(letters(actions)).items() if count > 1]
        assert not double, f"in the menu {name!r} Alt and {double} would open neither"


def test_every_entry_of_the_train_menu_has_a_letter(desk: Desk) -> None:
    menu = next(menu for menu in desk.window.findChildren(QMenu) if menu.title() == "&Train")
    entries = [action for action in menu.actions() if not action.isSeparator()]
    assert len(letters(entries)) == len(entries)


def test_the_palette_finds_what_can_be_done_with_the_selected_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    offered: list[str] = []

    def choose(_title: str, entries: list[tuple[str, str]], *_: object) -> None:
        offered[:] = [text for text, _keys in entries]

    monkeypatch.setattr(Picker, "ask", choose)
    desk.window.show_palette()
    assert {
        "Train: Selected run: Extend",
        "Train: Selected run: Open in Inspect, as it is now",
        "Train: Selected run: Open in Inspect, after epoch: 2",
        "Train: Selected run: Export weights",
        "Train: Runs folder",
        "Train: TensorBoard",
    } <= set(offered)
    assert len(offered) == len(set(offered)), "each comes once"

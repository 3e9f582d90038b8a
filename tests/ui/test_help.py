"""Help: every page is in the menu and readable in the window's colours and letters, and its links lead on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer import paths
from resnet_viewer.ui.help import HELP_PAGES, HelpWindow
from tests.ui.windows import Desk

ALL = sorted(path.stem for path in paths.document().glob("*.md"))


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    made = HelpWindow()
    qtbot.addWidget(made)
    return made


def links(window: HelpWindow) -> list[str]:
    """Where the page in view leads."""
    found = []
    block = window.browser.document().begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            found.append(pieces.fragment().charFormat().anchorHref())
            pieces += 1
        block = block.next()
    return [link for link in found if link]


def test_every_page_is_in_help_and_every_entry_has_its_page() -> None:
    assert sorted(HELP_PAGES) == ALL


def test_every_page_is_opened_from_the_menu_and_found_by_the_palette(desk: Desk, qapp: QApplication) -> None:
    offered = {entry.action: entry.text for entry in desk.window.menus.entries()}
    for name, title in HELP_PAGES.items():
        action = desk.window.commands[f"help_{name}"]
        assert offered[action] == f"Help: {title.replace('&', '')}"
        action.trigger()
        help_window = next(part for part in desk.window.findChildren(HelpWindow))
        assert help_window.isVisible()
        assert not help_window.isModal(), "one reads while one tries"
        assert help_window.browser.source().fileName() == f"{name}.md"
        assert help_window.titles.currentItem().text() == title.replace("&", "")
    assert len(desk.window.findChildren(HelpWindow)) == 1


@pytest.mark.parametrize("name", ALL)
def test_every_link_of_a_page_leads_on(
    name: str, window: HelpWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside: list[str] = []

    def open_url(url: QUrl) -> bool:
        outside.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    window.resize(700, 300)
    window.show_page(name)
    qtbot.waitExposed(window)
    for link in links(window):
        window.show_page(name)
        if link.startswith("https:"):
            window.browser.follow(QUrl(link))
            assert outside[-1] == link
            continue
        window.browser.follow(QUrl(link))
        assert window.browser.document().toPlainText(), f"{link} is empty"
        target, _, heading = link.partition("#")
        assert window.browser.source().fileName() == (target.rpartition("/")[2] or f"{name}.md")
        bar = window.browser.verticalScrollBar()
        assert not heading or bar.value() > 0, f"{link} stays at the top"
    window.show_page(name)
    window.browser.follow(QUrl("networks.md"))
    window.browser.follow(QUrl("training.md"))
    window.back.click()
    assert window.browser.source().fileName() == "networks.md"
    window.forward.click()
    assert window.browser.source().fileName() == "training.md"


def test_a_link_that_nothing_opens_is_copied_and_said(
    window: HelpWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    window.show_page("training")
    with qtbot.waitSignal(window.said) as said:
        window.browser.follow(QUrl("https://docs.ray.io"))
    assert "https://docs.ray.io" in said.args[0]
    assert QGuiApplication.clipboard().text() == "https://docs.ray.io"


def test_pictures_fit_the_page_and_its_colours(desk: Desk, qtbot: QtBot) -> None:
    brightness = {}
    for theme in ("dark", "light"):
        desk.appearance.choose(theme)
        desk.window.help.show_page("window")
        page = desk.window.findChild(HelpWindow).browser
        qtbot.waitUntil(lambda page=page: page.horizontalScrollBar().maximum() == 0)
        for name in ("inspect-dark.png", "train-dark.png", "studies-dark.png"):
            image = page.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name))
            assert isinstance(image, QImage)
            assert not image.isNull(), f"{name} is not there"
            assert image.width() / image.devicePixelRatio() <= page.viewport().width()
            brightness[theme, name] = image.pixelColor(2, image.height() // 2).lightness()
    assert brightness["dark", "train-dark.png"] < 64 < 192 < brightness["light", "train-dark.png"]


def test_the_page_takes_new_letters_and_stays_at_its_place(desk: Desk, qtbot: QtBot) -> None:
    desk.window.help.show_page("training")
    page = desk.window.findChild(HelpWindow).browser
    bar = page.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum() // 2)
    before = page.document().size().height()
    desk.appearance.set_font_size(18)
    qtbot.waitUntil(lambda: page.document().size().height() > 1.3 * before)
    qtbot.waitUntil(lambda: 0.4 < bar.value() / bar.maximum() < 0.6)
    for code in ("resnet-viewer train", "checkpoint.pt"):
        assert page.document().find(code).charFormat().fontPointSize() == pytest.approx(18, abs=0.5)
    titles = desk.window.findChild(HelpWindow).titles
    assert titles.horizontalScrollBar().maximum() == 0, "no title is cut off"

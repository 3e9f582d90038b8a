"""The "?" of a panel: by pointer and keyboard, with drawings in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from resnet_viewer.records.explained import WORDS, Drawing
from resnet_viewer.ui.appearance import palette
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.explanations import ExplainButton, ExplanationDrawing, explain
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme


@pytest.fixture
def button(qtbot: QtBot) -> Iterator[ExplainButton]:
    card = Card("Wiring")
    qtbot.addWidget(card)
    made = explain(card, "shortcut", "gradient norm")
    card.resize(400, 200)
    with qtbot.waitExposed(card):
        card.show()
    yield made
    card.close()  # held until here


def said(button: ExplainButton) -> str:
    assert button.popup is not None
    return " ".join(label.text() for label in button.popup.findChildren(QLabel))


def test_hovering_and_whats_this_tell_the_sentences(button: ExplainButton) -> None:
    for text in (button.toolTip(), button.whatsThis(), button.parentWidget().whatsThis()):
        assert "carries the block&#x27;s input on" in text
        assert "The plot is logarithmic" in text
    assert button.accessibleName() == "Explain shortcut, gradient norm"
    assert WORDS["shortcut"].sentences in button.accessibleDescription()


def test_the_keyboard_opens_and_dismisses_it(button: ExplainButton, qtbot: QtBot) -> None:
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    popup = button.popup
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    assert not popup.area.verticalScrollBar().isVisible(), "all of it has room"
    assert WORDS["shortcut"].sentences in said(button)
    assert WORDS["gradient norm"].sentences in said(button)
    assert popup.accessibleName() == "Explained: shortcut, gradient norm"
    with qtbot.waitSignal(popup.destroyed):
        QTest.keyClick(popup, Qt.Key.Key_Escape)


def test_it_stays_on_the_screen(button: ExplainButton, qtbot: QtBot) -> None:
    screen = button.screen().availableGeometry()
    button.window().move(screen.right() - 60, screen.bottom() - 40)
    button.click()
    assert button.popup is not None
    qtbot.waitUntil(button.popup.isVisible)
    assert screen.contains(button.popup.geometry())
    button.popup.close()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("drawing", [name for name in get_args(Drawing) if name])
def test_every_drawing_can_be_seen_on_its_ground(drawing: Drawing, theme: Theme, qtbot: QtBot) -> None:
    widget = ExplanationDrawing(drawing)
    qtbot.addWidget(widget)
    widget.setPalette(palette(theme))
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(QColor(theme.panel))
    widget.render(image)
    ground = QColor(theme.panel).lightness()
    marked = sum(
        abs(QColor(image.pixel(x, y)).lightness() - ground) > 50
        for x in range(image.width())
        for y in range(image.height())
    )
    assert marked > 150, "too little of it stands out"
    assert QApplication.instance() is not None

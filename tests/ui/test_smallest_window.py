"""At the smallest size, and on a smaller screen, no panel lies on another and no words are cut: what does not fit
scrolls, or goes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.exceptions import TimeoutError as QtBotTimeout

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.session import Session
from resnet_viewer.ui.inspect.feature_maps import MapControls
from resnet_viewer.ui.inspect.predictions import PredictionLine
from resnet_viewer.ui.layout import PanelArea
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import ChoiceBox, FittingParagraph, ShorteningLabel
from tests import fabricated
from tests.ui.windows import TRAIN, Desk, inspect_page, rendered, train_page

pytestmark = pytest.mark.usefixtures("on_screen")

USUAL_LINE = 20
SMALL_SCREEN = QSize(960, 540)
"""1920×1080 pixels at a scale of 2."""


def settled(desk: Desk, page: QWidget) -> list[str]:
    """The faults that stay when everything is laid out."""
    with suppress(QtBotTimeout):
        desk.qtbot.waitUntil(lambda: not faults(page))
    return faults(page)


def place(widget: QWidget, page: QWidget) -> QRect:
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


def seen(page: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in page.findChildren(kind) if widget.isVisibleTo(page)]


def faults(page: QWidget) -> list[str]:
    """What lies over what, and which words are cut."""
    found = []
    cards = seen(page, Card)
    for one, other in combinations(cards, 2):
        if place(one, page).intersects(place(other, page)):
            found.append(f"{one.accessibleName()} lies over {other.accessibleName()}")
    for card in cards:
        frame = place(card, page)
        inside = [
            part for kind in (QLabel, QAbstractButton, ChoiceBox, PredictionLine) for part in seen(card, kind)
        ]
        inside = [
            part for part in inside if part.size().isValid() and part.width() and not part.window().isModal()
        ]
        for part in inside:
            if not frame.contains(place(part, page)):
                found.append(f"{name(part)} leaves {card.accessibleName()}")
            if words_cut(part):
                found.append(f"{name(part)} is cut in {card.accessibleName()}")
        labels = [part for part in inside if isinstance(part, QLabel | PredictionLine)]
        for one, other in combinations(labels, 2):
            nested = one.isAncestorOf(other) or other.isAncestorOf(one)
            if not nested and place(one, page).intersects(place(other, page)) and name(one) and name(other):
                found.append(f"{name(one)} lies over {name(other)}")
    return found


def name(part: QWidget) -> str:
    if isinstance(part, ShorteningLabel):
        return part.shown
    if isinstance(part, QLabel | QAbstractButton):
        return part.text()
    return part.accessibleName()


def words_cut(part: QWidget) -> bool:
    line = part.fontMetrics().height()
    if isinstance(part, PredictionLine):
        return part.height() < line
    if isinstance(part, ShorteningLabel):
        return part.height() < line or part.fontMetrics().horizontalAdvance(part.shown) > part.width()
    if isinstance(part, ChoiceBox):
        has_usual_font = line <= USUAL_LINE  # with larger letters a choice may end with "…"
        is_whole = part.elided() == part.currentText() or not isinstance(part.parent(), MapControls)
        return part.height() < line or (has_usual_font and not is_whole)
    if isinstance(part, QAbstractButton):
        return part.fontMetrics().horizontalAdvance(part.text().replace("&", "")) > part.width()
    if isinstance(part, FittingParagraph):
        return len(part.wrapText(part.text(), part.width(), part.font())) > part.height() // line
    assert isinstance(part, QLabel)
    if not part.text() or part.wordWrap():
        return bool(part.text()) and part.height() < part.heightForWidth(part.width())
    return part.height() < line


def test_a_fault_is_found(desk: Desk) -> None:
    page = inspect_page(desk.window).panels
    assert settled(desk, page) == []
    label, card = QLabel("over the title", page.predictions), page.predictions
    label.setGeometry(QRect(0, 0, 120, card.fontMetrics().height() + 12))
    label.show()
    page.picture.resize(page.picture.size() + QSize(0, 60))
    assert len(faults(page)) >= 2


@pytest.mark.parametrize("points", [0, 11, 16])
@pytest.mark.parametrize("is_screen_small", [False, True])
def test_nothing_is_cut_and_nothing_overlaps_where_the_window_is_smallest(
    desk: Desk, points: int, is_screen_small: bool
) -> None:
    window = desk.window
    desk.appearance.set_font_size(points)
    size = window.minimumSize()
    if is_screen_small:
        window.setMinimumSize(SMALL_SCREEN)
        size = SMALL_SCREEN
    window.resize(size)
    desk.qtbot.waitUntil(lambda: window.size() == size)
    network = spec("cifar-resnet-56")
    desk.store.begin(desk.store.session, Session(fabricated.setup(network, fabricated.picture(400, 300))))
    desk.wait_fresh()
    inspect_page(window).editor.set_shortcuts(tuple(range(20, 28)), 0.0)
    inspect_page(window).editor.select_layer("layer3.0")
    desk.wait_fresh()
    assert settled(desk, inspect_page(window).panels) == []
    inspect_page(window).editor.select_channel(5)
    assert settled(desk, inspect_page(window).panels) == []
    plain = replace(desk.store.session.setup.state, network=spec("cifar-plain-56"))
    inspect_page(window).editor.look(replace(desk.store.session.view, channel=None))
    inspect_page(window).editor.open_everything()
    inspect_page(window).editor.compare_with(plain)
    desk.wait_fresh()
    assert settled(desk, inspect_page(window).panels) == []
    window.show_page(TRAIN)
    assert settled(desk, train_page(window).panels) == []
    train_page(window).start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        desk.lab.train(key, run, 6)
    rendered(desk)
    assert settled(desk, train_page(window).panels) == []


def test_the_page_scrolls_where_its_panels_do_not_fit_and_only_there(desk: Desk) -> None:
    window = desk.window
    window.setMinimumSize(SMALL_SCREEN)
    for place, page in enumerate(window.pages):
        (area,) = page.panels.findChildren(PanelArea)
        window.resize(1440, 900)
        window.show_page(place)
        desk.qtbot.waitUntil(lambda area=area: area.verticalScrollBar().maximum() == 0)
        panels = area.widget()
        window.setMinimumSize(600, 300)
        window.resize(SMALL_SCREEN.width(), 420)
        desk.qtbot.waitUntil(lambda area=area: area.verticalScrollBar().maximum() > 0)
        assert panels.height() >= panels.minimumSizeHint().height()

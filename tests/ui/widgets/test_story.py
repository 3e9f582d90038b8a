"""The text of both pages: names in bold, next steps as links, and every paragraph to be copied."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.widgets.story import Paragraph, StoryCard

TOLD = (
    Paragraph(
        "It is called cat (56 %). A cathedral is not.", ("cat",), (("Cut it", "cut"), ("Drop it", "drop"))
    ),
    Paragraph("<b>Wide</b> & deep, 9 times.", ("wide",)),
)


@pytest.fixture
def card(qtbot: QtBot) -> StoryCard:
    made = StoryCard()
    qtbot.addWidget(made)
    made.resize(260, 300)
    made.tell(TOLD)
    with qtbot.waitExposed(made):
        made.show()
    return made


def chosen(card: StoryCard) -> list[object]:
    found: list[object] = []
    card.chosen.connect(found.append)
    return found


def test_words_stand_letter_by_letter_with_their_next_steps(card: StoryCard) -> None:
    assert card.text.toPlainText().splitlines() == [
        "It is called cat (56 %). A cathedral is not.",
        "→ Cut it",
        "→ Drop it",
        "<b>Wide</b> & deep, 9 times.",
    ]
    assert card.text.toHtml().count("font-weight:700") == 1, "a name in another word is none"


def test_a_link_says_what_stands_behind_it(card: StoryCard) -> None:
    found = chosen(card)
    card.text.anchorClicked.emit(QUrl("0-1"))
    assert found == ["drop"]


def test_links_are_reached_and_followed_by_the_keyboard(card: StoryCard) -> None:
    found = chosen(card)
    card.text.setFocus()
    QTest.keyClick(card.text, Qt.Key.Key_Tab)
    QTest.keyClick(card.text, Qt.Key.Key_Tab)
    QTest.keyClick(card.text, Qt.Key.Key_Return)
    assert found in (["cut"], ["drop"])


def test_every_paragraph_can_be_copied_and_all_of_them(card: StoryCard) -> None:
    clipboard = QGuiApplication.clipboard()
    menu = card.text.menu_at(QPoint(5, 5))
    actions = {action.text(): action for action in menu.actions()}
    assert not actions["Copy the selection"].isEnabled()
    actions["Copy this paragraph"].trigger()
    assert clipboard.text() == TOLD[0].words
    actions["Copy all"].trigger()
    assert clipboard.text() == f"{TOLD[0].words}\n{TOLD[1].words}"
    card.text.selectAll()
    {action.text(): action for action in card.text.menu_at(QPoint(5, 290)).actions()}[
        "Copy this paragraph"
    ].trigger()
    assert clipboard.text() == TOLD[1].words


def test_letters_keep_clear_of_the_scroll_bar(card: StoryCard) -> None:
    card.resize(200, 110)
    bar = card.text.verticalScrollBar()
    assert bar.isVisible()
    assert (
        card.text.viewport().geometry().right() <= bar.geometry().left() - 6
        or bar.mapTo(card.text, QPoint(0, 0)).x() - card.text.viewport().geometry().right() >= 6
    )


def test_nothing_is_touched_while_the_words_are_the_same(card: StoryCard) -> None:
    changes: list[None] = []
    card.text.textChanged.connect(lambda: changes.append(None))
    card.tell(list(TOLD))
    assert not changes
    card.tell(TOLD[:1])
    assert changes


LONG = tuple(
    Paragraph(
        f"Paragraph {number} tells at some length of what was measured, with 3 numbers: 1, 2 and 3.",
        links=((f"Step {number}", number),) if number in (0, 6, 8) else (),
    )
    for number in range(9)
)


def test_links_out_of_sight_stand_in_a_foot_that_stays(card: StoryCard, qtbot: QtBot) -> None:
    assert not card.foot.isVisible(), "all of it is seen"
    card.resize(260, 420)
    card.tell(LONG)
    qtbot.waitUntil(card.foot.isVisible)
    assert [f"Step {number}" in card.steps.text() for number in (0, 6, 8)] == [False, True, True]
    found = chosen(card)
    card.steps.linkActivated.emit("6-0")
    assert found == [6]
    before = card.foot.geometry()
    for _ in range(20):
        card.more.linkActivated.emit("more")
        if card.text.is_at_end:
            break
    assert card.text.is_at_end
    assert "top" in card.more.text()
    assert card.foot.geometry() == before
    card.more.linkActivated.emit("more")
    assert card.text.verticalScrollBar().value() == 0
    card.tell(TOLD)
    qtbot.waitUntil(lambda: not card.foot.isVisible())


@pytest.mark.parametrize("height", range(180, 240, 7))
def test_what_is_seen_ends_with_a_whole_line(card: StoryCard, qtbot: QtBot, height: int) -> None:
    card.resize(260, height)
    card.tell(LONG)
    qtbot.waitUntil(card.foot.isVisible)
    QGuiApplication.sendPostedEvents()
    view = card.text.viewport()
    end = card.text.line_end(view.height())
    assert 0 < end <= view.height()
    shown = view.grab().toImage()
    below = {
        shown.pixelColor(x, y).name() for x in range(view.width()) for y in range(round(end), view.height())
    }
    assert len(below) <= 1, "a line was cut"


def test_scrolling_on_skips_no_line(card: StoryCard, qtbot: QtBot) -> None:
    card.resize(260, 200)
    card.tell(LONG)
    qtbot.waitUntil(card.foot.isVisible)
    QGuiApplication.sendPostedEvents()
    end = card.text.line_end(card.text.viewport().height())
    card.scroll_on()
    assert card.text.verticalScrollBar().value() <= round(end)


def test_a_link_in_a_narrow_foot_keeps_its_key_word(card: StoryCard, qtbot: QtBot) -> None:
    whole, brief = "Drop the branch of block 15 instead", "Drop branch 15"
    told = (*LONG[1:6], Paragraph("There is more.", links=((whole, 1),), briefs=(brief,)))
    card.tell(told)
    for width, shown in ((500, whole), (260, brief)):
        card.resize(width, 150)
        qtbot.waitUntil(lambda shown=shown: f"→ {shown}<" in card.steps.text())
        assert whole in card.steps.toolTip()
    found = chosen(card)
    card.steps.linkActivated.emit("5-0")
    assert found == [1]

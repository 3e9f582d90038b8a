"""Sentences that conclude, and name what can be done next: a text that is read, followed and copied, never edited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QPoint, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser, QWidget

from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.theme import DARK, Theme

_BESIDE_BAR = 8
"""Pixels between the letters and the scroll bar."""
_BELOW = 9
"""Pixels below a paragraph."""


@dataclass(frozen=True)
class Paragraph:
    """Sentences that belong together. `strong` are names in them that weigh most; each of `links` is the words of
    something to do next, and what `StoryCard.chosen` says where it is chosen.
    """

    words: str
    strong: tuple[str, ...] = ()
    links: tuple[tuple[str, object], ...] = ()


class StoryText(QTextBrowser):
    """Paragraphs, and what can be copied of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paragraphs: tuple[Paragraph, ...] = ()
        self.setObjectName("story")  # the style sheet knows it
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportMargins(0, 0, _BESIDE_BAR, 0)
        self.document().setDocumentMargin(0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def write(self) -> None:
        """Put the paragraphs into the document, in the colours of now, and stay where it was scrolled to."""
        bar = self.verticalScrollBar()
        place = bar.value()
        self.setHtml("".join(map(_html, range(len(self.paragraphs)), self.paragraphs)))
        bar.setValue(min(place, bar.maximum()))

    def paragraph_at(self, where: QPoint) -> Paragraph | None:
        """The one under a point of the viewport; below the last it is the last."""
        number = self.cursorForPosition(where).blockNumber()
        return self.paragraphs[number] if number < len(self.paragraphs) else None

    def menu_at(self, where: QPoint) -> QMenu:
        """What can be copied there."""
        menu = QMenu(self)
        selected = self.textCursor().selectedText().replace("\u2029", "\n")
        menu.addAction("Copy the selection", lambda: _copy(selected)).setEnabled(bool(selected))
        if (paragraph := self.paragraph_at(where)) is not None:
            menu.addAction("Copy this paragraph", lambda: _copy(paragraph.words))
        menu.addAction("Copy all", self.copy_all).setEnabled(bool(self.paragraphs))
        return menu

    @Slot()
    def copy_all(self) -> None:
        """Every paragraph, a line each."""
        _copy("\n".join(paragraph.words for paragraph in self.paragraphs))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


class StoryCard(Card):
    """The text in a card; it changes only when its words do."""

    grows_letters = True
    chosen = Signal(object)
    """What stands behind the link that was followed."""

    def __init__(self, title: str = "What you see", parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.text = StoryText()
        self.text.setAccessibleName(title)
        self.text.anchorClicked.connect(self._choose)
        self.body.addWidget(self.text, 1)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(paragraph.words for paragraph in self.text.paragraphs)

    def tell(self, paragraphs: Sequence[Paragraph]) -> None:
        """Say this; nothing is touched while it is the same."""
        if tuple(paragraphs) != self.text.paragraphs:
            self.text.paragraphs = tuple(paragraphs)
            self.text.write()

    def apply_theme(self, theme: Theme) -> None:
        self.text.write()

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics()
        return QSize(
            max(160, 22 * letters.averageCharWidth() + 2 * DARK.padding), max(90, 5 * letters.height())
        )

    @Slot(QUrl)
    def _choose(self, link: QUrl) -> None:
        number, place = (int(part) for part in link.toString().split("-"))
        self.chosen.emit(self.text.paragraphs[number].links[place][1])


def _html(number: int, paragraph: Paragraph) -> str:
    words = escape(paragraph.words)
    for name in sorted(set(paragraph.strong), key=len, reverse=True):
        shown = re.escape(escape(name))
        words = re.sub(rf"(?<![\w-]){shown}(?![\w-])", lambda found: f"<b>{found[0]}</b>", words)
    links = "".join(
        f'<br>→ <a style="text-decoration: none" href="{number}-{place}">{escape(text)}</a>'
        for place, (text, _) in enumerate(paragraph.links)
    )
    return f'<p style="margin: 0 0 {_BELOW}px 0">{words}{links}</p>'


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)

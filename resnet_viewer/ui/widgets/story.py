"""Sentences that conclude, and name what can be done next: a text that is read, followed and copied, never edited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

from PySide6.QtCore import QPoint, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QTextBrowser, QWidget

from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

_BESIDE_BAR = 8
"""Pixels between the letters and the scroll bar."""
_BY_KEYS = Qt.TextInteractionFlag.LinksAccessibleByKeyboard
_BELOW = 9
"""Pixels below a paragraph."""
_LINES_A_STEP = 5
"""The foot may have a line for each so many that the whole has."""


@dataclass(frozen=True)
class Paragraph:
    """Sentences that belong together. `strong` are names in them that weigh most; each of `links` is the words of
    something to do next, and what `StoryCard.chosen` says where it is chosen; `briefs` are fewer words for these, for a
    narrow foot, empty for none.
    """

    words: str
    strong: tuple[str, ...] = ()
    links: tuple[tuple[str, object], ...] = ()
    briefs: tuple[str, ...] = ()


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
        self._end = 0
        """So far down, in pixels, letters are seen: to the end of a line."""
        self.verticalScrollBar().valueChanged.connect(self._end_at_a_line)
        self.verticalScrollBar().rangeChanged.connect(self._end_at_a_line)

    def write(self) -> None:
        """Put the paragraphs into the document, in the colours of now, and stay where it was scrolled to."""
        bar = self.verticalScrollBar()
        place = bar.value()
        self.setHtml("".join(map(_html, range(len(self.paragraphs)), self.paragraphs)))
        bar.setValue(min(place, bar.maximum()))
        self._end_at_a_line()

    @property
    def is_at_end(self) -> bool:
        """Nothing stands below what is seen."""
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum()

    def link_bottoms(self) -> dict[str, float]:
        """Pixels from the beginning of the text to the lower edge of each link's line, by its address."""
        found = {}
        for block, top in self._blocks():
            parts = block.begin()
            while not parts.atEnd():
                part = parts.fragment()
                if href := part.charFormat().anchorHref():
                    line = block.layout().lineForTextPosition(part.position() - block.position())
                    found[href] = top + line.y() + line.height()
                parts += 1
        return found

    def _blocks(self) -> Iterator[tuple[QTextBlock, float]]:
        """Each with its upper edge."""
        block = self.document().begin()
        while block.isValid():
            yield block, self.document().documentLayout().blockBoundingRect(block).top()
            block = block.next()

    def line_end(self, height: float) -> float:
        """Where the last line ends that is whole in a viewport so high, as it is scrolled now."""
        place = self.verticalScrollBar().value()
        lines = (
            top + line.y() + line.height() - place
            for block, top in self._blocks()
            for line in (block.layout().lineAt(number) for number in range(block.layout().lineCount()))
        )
        return max((end for end in lines if 0 < end <= height), default=height)

    @Slot()
    def _end_at_a_line(self) -> None:
        height = self.viewport().height()
        end = height if self.is_at_end else ceil(self.line_end(height))
        if end != self._end:
            self._end = end
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._end_at_a_line()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self.viewport()) as painter:  # over the line that is not whole
            below = self.viewport().rect().adjusted(0, self._end, 0, 0)
            painter.fillRect(below, QColor(theme_of(self).panel))

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
    """The text in a card; it changes only when its words do.

    Where it is longer than its place, a foot holds what can be done next and is not seen without scrolling, and says
    that there is more.
    """

    grows_letters = True
    chosen = Signal(object)
    """What stands behind the link that was followed."""

    def __init__(self, title: str = "What you see", parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.text = StoryText()
        self.text.setAccessibleName(title)
        self.text.anchorClicked.connect(self._choose)
        self.more, self.steps = QLabel(), QLabel()
        """A link that scrolls on, and links of the text that are out of sight at its beginning."""
        for label in (self.more, self.steps):
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse | _BY_KEYS)
        self.more.setToolTip("There is more: scroll on, or back to the beginning")
        self.more.linkActivated.connect(self.scroll_on)
        self.steps.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.steps.linkActivated.connect(self._follow)
        self.foot = QWidget()
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(DARK.gap)
        row.addWidget(self.steps, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignBottom)
        self.foot.hide()
        self.body.addWidget(self.text, 1)
        self.body.addWidget(self.foot)
        self.text.verticalScrollBar().valueChanged.connect(self._tell_more)
        self.text.verticalScrollBar().rangeChanged.connect(self._fit_foot)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(paragraph.words for paragraph in self.text.paragraphs)

    def tell(self, paragraphs: Sequence[Paragraph]) -> None:
        """Say this; nothing is touched while it is the same."""
        if tuple(paragraphs) != self.text.paragraphs:
            self.text.paragraphs = tuple(paragraphs)
            self.text.write()
            self._fit_foot()

    def apply_theme(self, theme: Theme) -> None:
        self.text.write()
        self._fit_foot()

    def fit_letters(self) -> None:
        super().fit_letters()
        self._fit_foot()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_foot()

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics()
        return QSize(
            max(160, 22 * letters.averageCharWidth() + 2 * DARK.padding), max(90, 5 * letters.height())
        )

    @Slot()
    def _fit_foot(self) -> None:
        """As many lines as there are links out of sight, as far as they leave the text most of the room."""
        room, line = self.body.geometry().height(), self.fontMetrics().height()
        is_long = self.text.document().size().height() > room
        if is_long:
            bottoms, hidden = self.text.link_bottoms(), []
            most = max(1, room // (_LINES_A_STEP * line))
            for count in range(1, most + 1):
                left = room - self.body.spacing() - max(count * line, self.more.sizeHint().height())
                hidden = [href for href, bottom in bottoms.items() if bottom > left]
                if len(hidden) <= count:
                    break
            width = self.body.geometry().width() - self.more.sizeHint().width() - DARK.gap
            shown = hidden[:most]
            self.steps.setText("<br>".join(self._step_html(href, width) for href in shown))
            self.steps.setToolTip(tooltip_text("\n".join(self._link(href)[0] for href in shown)))
            self.steps.setFixedHeight(max(1, min(len(hidden), most)) * line)
        self.foot.setVisible(is_long)
        self._tell_more()

    def _step_html(self, href: str, width: int) -> str:
        paragraph, place = self._place(href)
        wordings = (paragraph.links[place][0], *filter(None, paragraph.briefs[place : place + 1]))
        words = fitting(tuple(f"→ {words}" for words in wordings), width, self)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, width)
        return _anchor(href, shown)

    @Slot()
    def _tell_more(self) -> None:
        self.more.setText(_anchor("more", "top ▴" if self.text.is_at_end else "more ▾"))

    @Slot()
    def scroll_on(self) -> None:
        """By what was read; from the end to the beginning."""
        bar = self.text.verticalScrollBar()
        seen = round(self.text.line_end(self.text.viewport().height()))
        bar.setValue(0 if self.text.is_at_end else bar.value() + seen)

    def _link(self, href: str) -> tuple[str, object]:
        paragraph, place = self._place(href)
        return paragraph.links[place]

    def _place(self, href: str) -> tuple[Paragraph, int]:
        """The paragraph of a link, and which of its links that is."""
        number, place = (int(part) for part in href.split("-"))
        return self.text.paragraphs[number], place

    @Slot(QUrl)
    def _choose(self, link: QUrl) -> None:
        self._follow(link.toString())

    @Slot(str)
    def _follow(self, href: str) -> None:
        self.chosen.emit(self._link(href)[1])


def _html(number: int, paragraph: Paragraph) -> str:
    words = escape(paragraph.words)
    for name in sorted(set(paragraph.strong), key=len, reverse=True):
        shown = re.escape(escape(name))
        words = re.sub(rf"(?<![\w-]){shown}(?![\w-])", lambda found: f"<b>{found[0]}</b>", words)
    links = "".join(
        f"<br>→ {_anchor(f'{number}-{place}', text)}" for place, (text, _) in enumerate(paragraph.links)
    )
    return f'<p style="margin: 0 0 {_BELOW}px 0">{words}{links}</p>'


def _anchor(href: str, words: str) -> str:
    return f'<a style="text-decoration: none" href="{href}">{escape(words)}</a>'


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)

"""The pages about the program, which travel with it, in a window of their own: they need no network and no browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QDesktopServices,
    QFontInfo,
    QGuiApplication,
    QImage,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextImageFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer import paths
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.commands import Commands, Entry
from resnet_viewer.ui.widgets.picker import Picker
from resnet_viewer.ui.widgets.theme import DARK

HELP_PAGES = {
    "window": "&The window",
    "words": "&Words on the screen",
    "installation": "&Installation",
    "networks": "&Networks",
    "training": "Trainin&g",
    "studies": "&Studies",
    "gallery": "Galler&y",
    "methods": "M&ethods",
    "files": "&Files and weights",
    "command-line": "C&ommand line",
    "python": "&Python",
    "measured": "&Measured",
}
"""Every page by its file's name without ".md", as the Help menu offers it."""
_MARKDOWN = QTextDocument.ResourceType.MarkdownResource


def anchor(heading: str) -> str:
    """What a link to a heading ends with, as everybody writes it for Markdown.

    Example:
        >>> anchor("Where `pip install` is refused")
        'where-pip-install-is-refused'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class HelpBrowser(QTextBrowser):
    """One page at a time, in the window's colours and letters. Links to pages are followed, others opened outside."""

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._renewal = QTimer(self, singleShot=True, interval=50)
        self._renewal.timeout.connect(self._renew)
        self._share = 0.0
        self.setOpenLinks(False)
        # so that pictures know their room before the page is laid out
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.document().setDocumentMargin(DARK.padding)
        self.anchorClicked.connect(self.follow)
        self.sourceChanged.connect(self._dress)

    def open(self, name: str) -> None:
        """Show a page of HELP_PAGES."""
        self.setSource(QUrl.fromLocalFile(str(paths.document(f"{name}.md"))), _MARKDOWN)

    @Slot(QUrl)
    def follow(self, link: QUrl) -> None:
        """Go where a link of this page leads."""
        url = self.source().resolved(link)
        if url.isLocalFile() and url.path().endswith(".md"):
            self.setSource(url, _MARKDOWN)
            if url.hasFragment():
                self.scrollToAnchor(url.fragment())
        elif not QDesktopServices.openUrl(url):
            QGuiApplication.clipboard().setText(url.toString())
            self.said.emit(f"Nothing here opens {url.toString()}; the address was copied.")

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A picture as wide as there is room, of two the one that fits the window's colours; else as it is."""
        url = self.source().resolved(name)
        if kind == QTextDocument.ResourceType.ImageResource.value:
            is_light = self.palette().color(QPalette.ColorRole.Base).lightness() > 127
            path = Path(url.toLocalFile())
            picture = QImage(
                str(path.with_name(path.name.replace("-dark.", "-light.")) if is_light else path)
            )
            ratio = self.devicePixelRatioF()
            room = round((self.viewport().width() - 2 * self.document().documentMargin()) * ratio)
            if 0 < room < picture.width():  # Qt leaves pixels out where it draws one smaller
                picture = picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
            picture.setDevicePixelRatio(ratio)
            return picture
        return super().loadResource(kind, url)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._begin_renewal()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._begin_renewal()
        super().resizeEvent(event)

    def _begin_renewal(self) -> None:
        """Before the text moves: where the reader is, once for all that changes within a moment."""
        if not self._renewal.isActive():
            bar = self.verticalScrollBar()
            self._share = bar.value() / max(1, bar.maximum())
            self._renewal.start()

    @Slot()
    def _renew(self) -> None:
        """Colours, letters and the pictures' widths are in the document: read it again, and stay at the place."""
        if self.source().isEmpty():
            return
        self.reload()
        self.document().size()  # lays it out, and the bar learns how far it goes
        bar = self.verticalScrollBar()
        bar.setValue(round(self._share * bar.maximum()))

    @Slot()
    def _dress(self) -> None:
        """What Markdown leaves to the reader: places of headings, widths of pictures, the look of code and tables."""
        cursor = QTextCursor(self.document())
        for block in self._blocks():
            if block.blockFormat().headingLevel():
                place = QTextCharFormat()
                place.setAnchor(True)
                place.setAnchorNames([anchor(block.text())])
                cursor.setPosition(block.position())
                cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
                cursor.mergeCharFormat(place)
                space = QTextBlockFormat()
                space.setTopMargin(DARK.padding)
                cursor.mergeBlockFormat(space)
            elif block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence):
                look = QTextBlockFormat()
                look.setBackground(self.palette().alternateBase())
                look.setNonBreakableLines(False)
                cursor.setPosition(block.position())
                cursor.mergeBlockFormat(look)
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                pieces += 1
                cursor.setPosition(piece.position())
                cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
                self._dress_piece(cursor, piece.charFormat())
        for table in self.document().rootFrame().childFrames():
            if isinstance(table, QTextTable):
                self._dress_table(table)
        self._renewal.stop()

    def _blocks(self) -> Iterator[QTextBlock]:
        block = self.document().begin()
        while block.isValid():
            yield block
            block = block.next()

    def _dress_piece(self, cursor: QTextCursor, look: QTextCharFormat) -> None:
        if look.isImageFormat():
            picture = QTextImageFormat(look.toImageFormat())
            picture.setMaximumWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
            cursor.mergeCharFormat(picture)
        elif look.fontFamilies():  # code: the system's fixed font has a size of its own
            size = QTextCharFormat()
            size.setFontPointSize(QFontInfo(self.font()).pointSizeF())
            cursor.mergeCharFormat(size)

    def _dress_table(self, table: QTextTable) -> None:
        look = table.format()
        look.setBorderCollapse(True)
        look.setBorder(1)
        look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        look.setBorderBrush(self.palette().mid())
        look.setCellPadding(5)
        look.setTopMargin(DARK.gap)
        look.setBottomMargin(DARK.gap)
        table.setFormat(look)


class HelpWindow(QDialog):
    """The pages beside the list of them; not modal, so that one reads while one tries."""

    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("ResNet Viewer: Help")
        self.titles = QListWidget()
        self.titles.addItems([title.replace("&", "") for title in HELP_PAGES.values()])
        self.titles.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        self.titles.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.browser = HelpBrowser()
        self.back, self.forward, close = QPushButton("&Back"), QPushButton("&Forward"), QPushButton("&Close")
        self.titles.currentRowChanged.connect(self._choose)
        self.browser.sourceChanged.connect(self._select)
        self.browser.said.connect(self.said)
        self.back.clicked.connect(self.browser.backward)
        self.forward.clicked.connect(self.browser.forward)
        self.browser.backwardAvailable.connect(self.back.setEnabled)
        self.browser.forwardAvailable.connect(self.forward.setEnabled)
        close.clicked.connect(self.close)
        for button in (self.back, self.forward, close):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back)
        buttons.addWidget(self.forward)
        buttons.addStretch()
        buttons.addWidget(close)
        reading = QVBoxLayout()
        reading.addWidget(self.browser)
        reading.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.addWidget(self.titles)
        layout.addLayout(reading, 1)
        letters = self.fontMetrics()
        room = self.screen().availableSize() * 0.9
        self.resize(QSize(letters.averageCharWidth() * 170, letters.height() * 44).boundedTo(room))

    def show_page(self, name: str) -> None:
        """Show a page of HELP_PAGES, and the window with it."""
        self.show()  # first, so that the page has its room
        self.browser.open(name)
        self.raise_()
        self.activateWindow()
        self.browser.setFocus()

    @Slot(int)
    def _choose(self, row: int) -> None:
        if row >= 0:
            self.browser.open(list(HELP_PAGES)[row])

    @Slot(QUrl)
    def _select(self, url: QUrl) -> None:
        name = url.fileName().removesuffix(".md")
        self.titles.blockSignals(True)
        self.titles.setCurrentRow(list(HELP_PAGES).index(name) if name in HELP_PAGES else -1)
        self.titles.blockSignals(False)


@dataclass(frozen=True)
class Facts:
    """What the window tells about the program."""

    info: Callable[[], str]
    """Versions, devices and folders, as `--info` prints them."""
    log_file: Path


class Help:
    """What the Help menu does."""

    def __init__(self, window: QWidget, facts: Facts, say: Callable[[str], object]) -> None:
        self._window, self._facts, self._say = window, facts, say
        self._pages: HelpWindow | None = None

    def run_command(self, entries: Sequence[Entry]) -> None:
        """The command palette."""
        texts = [(entry.text, entry.keys) for entry in entries]
        chosen = Picker.ask("Run a command", texts, self._window)
        if chosen is not None:
            entries[chosen].action.trigger()

    def show_shortcuts(self, commands: Commands) -> None:
        """Every command with its keys."""
        dialogs.show_until_closed(dialogs.ShortcutSheet(commands.table, self._window))

    def show_page(self, name: str) -> None:
        """A page about the program, in the window that is kept for them."""
        if self._pages is None:
            self._pages = HelpWindow(self._window)
            self._pages.said.connect(self._say)
        self._pages.show_page(name)

    def show_about(self) -> None:
        """Versions, licences, the paper."""
        dialogs.show_until_closed(dialogs.About(self._facts.info(), self._window))

    def show_log(self) -> None:
        """The log file, in whatever opens text here."""
        path = self._facts.log_file
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            QGuiApplication.clipboard().setText(str(path))
            self._say(f"The log is {path}; its path was copied.")

    def copy_report(self) -> None:
        """Versions and the end of the log, to paste into a report; nothing is sent by itself."""
        try:
            log_end = self._facts.log_file.read_text(encoding="utf-8", errors="replace")[-8000:]
        except OSError:
            log_end = "(no log)"
        QGuiApplication.clipboard().setText(f"{self._facts.info()}\n\n{log_end}")
        self._say("Copied versions and the end of the log; paste them into your report.")

"""Messages that do not stand in the way: an error, a remark with choices, the progress of a download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.ui.status import StatusBar
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.work.worker import Failure

Topic = str
"""What a message is about, in a word of the page's: when that is over, the message goes. One without a topic, "", stays
until it is dismissed."""
Choice = tuple[str, Callable[[], object]]
"""A button's or menu entry's text, and what it does."""


class MessageBar(QFrame):
    """One sentence over the panels; a new one replaces it. Hidden until there is something to say."""

    dismissed = Signal(str)
    """The user has read what was said about this topic, and wants it away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._sentence = plain_label()
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._choice = QPushButton()
        self._menu = QMenu(self)
        self._details = QPushButton("Details")
        self._copy = QPushButton("Copy")
        self._dismiss = QPushButton("Dismiss")
        self._dismiss.setAccessibleName("Dismiss the message")
        self._text = DetailsWindow(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._sentence, 1)
        for button in (self._choice, self._details, self._copy, self._dismiss):
            layout.addWidget(button)
        self._act: Callable[[], object] | None = None
        self._topic: Topic = ""
        self._network: NetworkSpec | None = None
        self._shown: tuple[NetworkSpec, Preprocessing] | None = None
        self._choice.clicked.connect(self._choose)
        self._details.clicked.connect(self._text.show)
        self._copy.clicked.connect(self._copy_details)
        self._dismiss.clicked.connect(self._take_away)
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says, or nothing while it is hidden."""
        return "" if self.isHidden() else self._sentence.text()

    def end(self, topic: Topic) -> None:
        """What is said about this topic is over: it goes, and what it offers with it."""
        if topic and topic == self._topic:
            self._leave()

    def end_unless_about(self, network: NetworkSpec, preprocessing: Preprocessing) -> None:
        """A remark about another network, or about how this one's pictures were prepared before, is over."""
        before, self._shown = self._shown, (network, preprocessing)
        is_prepared_anew = before is not None and before[0] == network and before[1] != preprocessing
        if self._topic == "network" and (self._network != network or is_prepared_anew):
            self._leave()

    @Slot(object)
    def show_failure(self, failure: Failure, topic: Topic = "") -> None:
        """Say what went wrong, with details to read and copy."""
        self._say("error", failure.sentence, topic)
        self._text.show_text(f"{failure.sentence}\n\n{failure.details}".strip())
        self._details.setVisible(bool(failure.details))
        self._copy.show()

    def show_remark(
        self,
        sentence: str,
        button: str = "",
        choices: Sequence[Choice] = (),
        network: NetworkSpec | None = None,
        topic: Topic = "",
    ) -> None:
        """Say something that is no error; several choices become a menu under the button.

        A remark about a network is over when another one is shown.
        """
        self._say("remark", sentence, topic if network is None else "network")
        self._network = network
        if not choices:
            return
        self._choice.setText(button)
        self._choice.show()
        if len(choices) == 1:
            self._act = choices[0][1]
            return
        self._menu.clear()
        for text, act in choices:
            self._menu.addAction(text).triggered.connect(lambda _checked=False, act=act: act())
        self._act = self._open_menu

    def _say(self, kind: Literal["error", "remark"], sentence: str, topic: Topic) -> None:
        self._topic, self._network = topic, None
        self._menu.close()
        self.setProperty("kind", kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._sentence.setText(sentence)
        self.setAccessibleName(sentence)
        self._act = None
        for part in (self._choice, self._details, self._copy, self._text):
            part.hide()
        self.show()

    @Slot()
    def _take_away(self) -> None:
        topic = self._topic
        self._leave()
        self.dismissed.emit(topic)

    @Slot()
    def _leave(self) -> None:
        self._topic, self._network, self._act = "", None, None
        self._menu.close()
        self._menu.clear()
        self._text.hide()
        self.hide()

    @Slot()
    def _choose(self) -> None:
        if self._act is not None:
            act = self._act
            if act != self._open_menu:
                self._leave()
            act()

    def _open_menu(self) -> None:
        self._menu.popup(self._choice.mapToGlobal(self._choice.rect().bottomLeft()))

    @Slot()
    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._text.text())


class DetailsWindow(QDialog):
    """Text to read and copy, in a window of its own that blocks nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Details")
        self.resize(720, 360)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)

    def show_text(self, text: str) -> None:
        """Replace the text; shows nothing by itself."""
        self._text.setPlainText(text)

    def text(self) -> str:
        """What there is to copy."""
        return self._text.toPlainText()


class ProgressBar(QFrame):
    """How far a download or the reading of pictures is, and a way to end it."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._label = plain_label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        cancel = QPushButton("Cancel (Esc)")
        cancel.clicked.connect(self.cancelled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.addWidget(self._label)
        layout.addWidget(self._bar, 1)
        layout.addWidget(cancel)
        self._what, self._is_counting = "", False
        self.hide()

    @Slot(str)
    def begin(self, what: str) -> None:
        """Show it for a new download."""
        self._begin(what, is_counting=False)

    @Slot(str)
    def begin_counting(self, what: str) -> None:
        """Show it for pictures that are read."""
        self._begin(what, is_counting=True)

    def _begin(self, what: str, *, is_counting: bool) -> None:
        self._what, self._is_counting = what, is_counting
        self._label.setText(f"{what}…")
        self._bar.setRange(0, 0)
        self.show()

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """Bytes or pictures so far."""
        done = self._amount(progress.done)
        unit = "pictures" if self._is_counting else "MB"
        if progress.total:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * min(progress.done / progress.total, 1)))
            self._label.setText(f"{self._what}: {done} of {self._amount(progress.total)} {unit}")
        else:
            self._label.setText(f"{self._what}: {done} {unit}")

    def _amount(self, count: int) -> str:
        return str(count) if self._is_counting else f"{count / 1e6:.1f}"


class Messages:
    """Where a page says something; the window shows them over its pages and under them."""

    def __init__(self) -> None:
        self.bar, self.progress, self.status = MessageBar(), ProgressBar(), StatusBar()

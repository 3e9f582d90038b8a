"""The status bar: what is at work, the facts of the page in view, what is under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from resnet_viewer.ui.page import PageFacts
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, readout_wordings
from resnet_viewer.ui.widgets.labels import muted, plain_label, tooltip_text
from resnet_viewer.ui.widgets.theme import theme_of

BUSY_AFTER_MS = 150
"""Shorter work shows no sign: a flicker with every toggle tells nothing."""
SAID_FOR_MS = 6000
_LEAST_HOVER = 46
"""Letters' widths that what is under the pointer keeps: a short name and two numbers."""


class BusyDot(QWidget):
    """A small disc while something is computed. Its place is kept when it is not lit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(14, 14)
        self.is_lit = False

    def light(self, is_lit: bool) -> None:
        """Show or hide the disc."""
        self.is_lit = is_lit
        self.setToolTip("working…" if is_lit else "")
        self.setAccessibleName("working" if is_lit else "idle")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.is_lit:
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QColor(theme_of(self).shortcut))
                painter.setBrush(QColor(theme_of(self).shortcut))
                painter.drawEllipse(3, 3, 8, 8)


class StatusBar(QStatusBar):
    """Facts, left to right. The text under the pointer takes the room that is left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setMinimumWidth(1)  # what does not fit is shortened, and never widens the window
        self.dot = BusyDot()
        self._work, self._subject, self._data = (muted(plain_label(text)) for text in ("starting…", "", ""))
        self._hover = ShorteningLabel(readout_wordings)
        self.setContentsMargins(10, 0, 10, 0)
        self.addWidget(self.dot)
        self.addWidget(self._work)
        self.addWidget(self._subject)
        self.addWidget(self._hover, 1)
        self.addPermanentWidget(self._data)
        self._delay = QTimer(self, singleShot=True, interval=BUSY_AFTER_MS)
        self._delay.timeout.connect(self._light)
        self._facts = PageFacts("starting…")
        self._said = ""
        self._rest = QTimer(self, singleShot=True, interval=SAID_FOR_MS)
        self._rest.timeout.connect(self._forget_said)

    def texts(self) -> tuple[str, str, str, str]:
        """Work, subject, what is pointed at, and data, as shown."""
        return self._work.text(), self._subject.text(), self._hover.text(), self._data.text()

    def show_facts(self, facts: PageFacts) -> None:
        """The facts of the page in view."""
        if facts.about != self._facts.about:
            self._forget_said()
        self._facts = facts
        self._fit()

    def forget_words(self) -> None:
        """Another page comes into view: what was pointed at or done on this one is over."""
        self._rest.stop()
        self._said = ""
        self.show_hover("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_facts"):
            QTimer.singleShot(0, self, self._fit)  # when the children have the font too

    @Slot()
    def _fit(self) -> None:
        """The whole facts where they fit, else names alone; the tooltips have the whole."""
        facts = self._facts
        self._work.setText(facts.work)
        self._subject.setText(f"   {facts.subject.whole}")
        self._data.setText(facts.data.whole)
        self._subject.setToolTip(tooltip_text(facts.subject.tip))
        self._data.setToolTip(tooltip_text(facts.data.tip))
        parts = (self.dot, self._work, self._subject, self._data)
        least = _LEAST_HOVER * self.fontMetrics().averageCharWidth()
        if sum(part.sizeHint().width() for part in parts) + least > self.width():
            self._subject.setText(f"   {facts.subject.short}")
            self._data.setText(facts.data.short)

    @Slot(str)
    def show_hover(self, text: str) -> None:
        """What is under the pointer; an empty text clears it."""
        self._hover.setText(text or self._said)
        self._hover.setToolTip(tooltip_text(text or self._said))

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Something that has just been done; stays for a moment, also where the pointer leaves something."""
        self._said = sentence
        self._rest.start()
        self.show_hover("")

    @Slot()
    def _forget_said(self) -> None:
        said, self._said = self._said, ""
        if self._hover.text() == said:
            self.show_hover("")

    @Slot(bool)
    def show_busy(self, is_busy: bool) -> None:
        """Light the disc when the work takes longer than a moment."""
        if is_busy:
            if not self.dot.is_lit and not self._delay.isActive():
                self._delay.start()
        else:
            self._delay.stop()
            self.dot.light(False)

    @Slot()
    def _light(self) -> None:
        self.dot.light(True)

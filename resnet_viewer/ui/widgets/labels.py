"""Labels and tooltips for words that come from outside: a file, class or weight name is never read as markup.

Qt guesses: a label or tooltip whose text looks like HTML is drawn as HTML.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy
from superqt import QElidingLabel


def plain_label(text: str = "") -> QLabel:
    """A label that shows its text letter by letter."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    return label


class OneLineLabel(QLabel):
    """Words on one line, as wide as they are where there is room; "…" ends them where there is none."""

    _LEAST = 8
    """Letters that stay at least."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @property
    def shown(self) -> str:
        """As much as fits."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())

    @property
    def least_width(self) -> int:
        """Pixels under which it says nothing any more; a layout takes them only where all else has given way."""
        return min(self.sizeHint().width(), self._LEAST * self.fontMetrics().averageCharWidth())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self.rect(), place, self.shown)


class TitleLabel(OneLineLabel):
    """The same in bold."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        font = self.font()
        font.setBold(True)
        self.setFont(font)


def plain_eliding_label(text: str = "") -> QElidingLabel:
    """The same on one line, as wide as its place allows; "…" ends what does not fit.

    `text()` gives the whole text. Put the whole into the tooltip with `tooltip_text`.
    """
    label = QElidingLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    label.setText(text)
    return label


def tooltip_text(text: str) -> str:
    """`text` for `setToolTip`, shown letter by letter and wrapped where it is long; empty for empty.

    Escaping alone is not enough: Qt takes "a &amp; b" for plain text and shows the entity.

    Example:
        >>> tooltip_text("<b>x</b> & y.jpg")
        '<qt>&lt;b&gt;x&lt;/b&gt; &amp; y.jpg</qt>'
    """
    return f"<qt>{escape(text, quote=False).replace(chr(10), '<br>')}</qt>" if text else ""


class Paragraph(QElidingLabel):
    """A plain label that is always `lines` lines high, however much it says; "…" ends what does not fit.

    Of no lines, it is as high as its place.
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self.setTextFormat(Qt.TextFormat.PlainText)
        vertical = QSizePolicy.Policy.Fixed if lines else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Ignored, vertical)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWordWrap(True)
        self._measure()

    def set_lines(self, lines: int) -> None:
        """Be higher or lower."""
        if lines != self._lines:
            self._lines = lines
            self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def _measure(self) -> None:
        if self._lines:
            self.setFixedHeight(self._lines * self.fontMetrics().height())
        else:
            self.setMinimumHeight(self.fontMetrics().height())
        self.setText(self.text())


def shortened(name: str, most: int = 40) -> str:
    """A name of at most `most` characters; a longer one keeps its beginning and its end.

    Example:
        >>> shortened("a_very_long_name.pth", 12)
        'a_ver…me.pth'
    """
    if len(name) <= most:
        return name
    head = (most - 1) // 2
    return f"{name[:head]}…{name[-(most - 1 - head) :]}"

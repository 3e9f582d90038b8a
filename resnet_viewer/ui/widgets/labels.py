"""Labels and tooltips for words that come from outside: a file, class or weight name is never read as markup.

Qt guesses: a label or tooltip whose text looks like HTML is drawn as HTML.
"""

from __future__ import annotations

from html import escape
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton

Label = TypeVar("Label", bound=QLabel)


def plain_label(text: str = "") -> QLabel:
    """A label that shows its text letter by letter."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    return label


def tool_button(words: str, name: str = "", tip: str = "") -> QToolButton:
    """A button with words or a sign on it. `name` and `tip` say what it is and does where the words do not."""
    button = QToolButton()
    button.setText(words)
    button.setAccessibleName(name or words)
    button.setToolTip(tip or name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def muted(label: Label) -> Label:
    """The same with quiet letters, in every theme."""
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
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
        words = self.fontMetrics().elidedText(self.shown, Qt.TextElideMode.ElideRight, self.width())
        with QPainter(self) as painter:
            painter.drawText(self.rect(), self.alignment(), words)


class TitleLabel(OneLineLabel):
    """The same in bold."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        font = self.font()
        font.setBold(True)
        self.setFont(font)


def tooltip_text(text: str) -> str:
    """`text` for `setToolTip`, shown letter by letter and wrapped where it is long; empty for empty.

    Escaping alone is not enough: Qt takes "a &amp; b" for plain text and shows the entity.

    Example:
        >>> tooltip_text("<b>x</b> & y.jpg")
        '<qt>&lt;b&gt;x&lt;/b&gt; &amp; y.jpg</qt>'
    """
    return f"<qt>{escape(text, quote=False).replace(chr(10), '<br>')}</qt>" if text else ""


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

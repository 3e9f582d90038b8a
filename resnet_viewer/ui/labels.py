"""Labels and tooltips for words that come from outside: a file, class or weight name is never read as markup.

Qt guesses: a label or tooltip whose text looks like HTML is drawn as HTML.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy
from superqt import QElidingLabel


def plain_label(text: str = "") -> QLabel:
    """A label that shows its text letter by letter."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    return label


def plain_eliding_label(text: str = "", *, lines: int = 1) -> QElidingLabel:
    """The same, as wide as its place allows and `lines` lines high, whatever it says; "…" ends what does not fit.

    `text()` gives the whole text. Put the whole into the tooltip with `tooltip_text`.
    """
    label = QElidingLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    if lines > 1:
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        label.setWordWrap(True)
        label.setFixedHeight(lines * label.fontMetrics().height())
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

"""A label that changes its words before it would cut a number."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.ui.labels import tooltip_text


class FittingLabel(QWidget):
    """One line in several wordings, the longest first: shows the first one that fits, else the last.

    Words are drawn letter by letter, never as markup. The label takes the width that it is given.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wordings: tuple[str, ...] = ("",)
        self._tip = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """The whole of what it has to say: the longest wording."""
        return self._wordings[0]

    @property
    def shown(self) -> str:
        """The wording that fits."""
        return fitting(self._wordings, self.width(), self)

    def set_wordings(self, *wordings: str, tip: str = "") -> None:
        """Say it in one of these ways, the longest first; `tip` is the tooltip."""
        if (wordings, tip) != (self._wordings, self._tip):
            self._wordings, self._tip = wordings, tip
            self.setToolTip(tooltip_text(tip))
            self.setAccessibleName(wordings[0])
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._wordings[0]) + 2, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.shown)


def fitting(wordings: tuple[str, ...], width: float, widget: QWidget) -> str:
    """The first wording that `widget`'s font writes in `width` pixels, else the last."""
    metrics = widget.fontMetrics()
    return next((words for words in wordings if metrics.horizontalAdvance(words) <= width), wordings[-1])

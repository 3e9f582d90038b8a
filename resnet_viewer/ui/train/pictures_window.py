"""Test pictures or confusion matrix in a window of their own: what is pointed at stands below, Escape closes it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.labels import plain_eliding_label
from resnet_viewer.ui.widgets.theme import Theme

_SIZE = QSize(760, 640)


class PicturesWindow(QWidget):
    """Around a panel, which it owns; deleted when it is closed."""

    def __init__(self, panel: QWidget, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._words = plain_eliding_label()
        layout = QVBoxLayout(self)
        layout.addWidget(panel, 1)
        layout.addWidget(self._words)
        self.resize(_SIZE)

    @property
    def words(self) -> str:
        """What is pointed at."""
        return str(self._words.text())

    @Slot(str)
    def say(self, words: str) -> None:
        """Tell what is pointed at."""
        self._words.setText(words)

    @Slot(str)
    def name(self, title: str) -> None:
        """Be called like what is shown."""
        self.setWindowTitle(f"{title} – ResNet Viewer")

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        colour_text(self._words, theme.muted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

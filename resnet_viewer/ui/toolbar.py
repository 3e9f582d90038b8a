"""The row at the top: the tabs, and the bar of the page in view."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTabBar, QToolBar, QWidget

from resnet_viewer.ui.page import Page, PageBar
from resnet_viewer.ui.widgets.theme import Theme


class Toolbar(QToolBar):
    """Shows which page is in view, and what is done on it."""

    page_chosen = Signal(int)
    """By its place among the tabs."""

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._row = QWidget()
        self._row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self._row)
        layout.setContentsMargins(14, 0, 14, 0)
        layout.setSpacing(10)
        layout.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        line = QFrame()
        line.setObjectName("separator")
        line.setFixedSize(1, 26)
        layout.addWidget(line)
        self._bars: list[PageBar] = [page.bar for page in pages]
        for page in pages:
            self.tabs.addTab(page.title)
            layout.addWidget(page.bar, 1)
            page.bar.hide()
            page.bar.needs_room.connect(self._fit)
        self._bars[0].show()
        self.addWidget(self._row)
        self.tabs.currentChanged.connect(self.page_chosen)

    def show_page(self, place: int) -> None:
        """The tab of the page in view, and its bar."""
        self.tabs.setCurrentIndex(place)
        for index, bar in enumerate(self._bars):
            bar.setVisible(index == place)
        self._fit()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        for bar in self._bars:
            bar.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_row"):
            QTimer.singleShot(0, self, self._fit)  # when the children have the font too

    @Slot()
    def _fit(self) -> None:
        """Give the bar in view the first of its shapes that fits, else its last."""
        bar = self._bars[max(0, self.tabs.currentIndex())]
        for icons, letters in bar.shapes:
            bar.label(icons=icons, letters=letters)
            bar.updateGeometry()  # the row asks for its size at once, not when the event loop comes round
            if self._row.sizeHint().width() <= self.width():
                return

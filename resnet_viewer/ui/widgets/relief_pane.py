"""A relief with what is said of it, and the button that makes a surface of it where OpenGL works."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QImageWriter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.media.files import WriteError, write_whole
from resnet_viewer.ui.dialogs import SaveAs
from resnet_viewer.ui.widgets.labels import OneLineLabel, muted, tool_button, tooltip_text
from resnet_viewer.ui.widgets.relief import ReliefCells
from resnet_viewer.ui.widgets.surface import HELP, NoSurfaceError, Surface
from resnet_viewer.ui.widgets.theme import DARK, Theme

TIP = "Show the numbers as heights that can be turned; the exported figure keeps the contours"


class ReliefPane(QWidget):
    """Contours, or a surface; below it, in one line, what lies beyond the scale, or why there is no surface."""

    hovered = Signal(str)
    opened = Signal(object)
    """The Wiring of a cell."""

    def __init__(self, chart: ReliefChart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = ReliefCells(chart)
        self.surface: Surface | None = None
        """While it is wished for."""
        self.refusal = ""
        """Why there is none, since it was last asked for."""
        self._is_in_scroll = False
        self.note = muted(OneLineLabel(""))
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addWidget(self.cells, 1)
        whole.addWidget(self.note)
        self.buttons = QWidget()
        """For the panel's head."""
        self.buttons.setObjectName("relief_buttons")
        self.button = tool_button("Surface", "", TIP)
        self.button.setCheckable(True)
        self.saving = tool_button("Save view…", "", "Save the surface as it is seen, as a PNG file")
        head = QHBoxLayout(self.buttons)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(DARK.gap // 2)
        head.addWidget(self.saving)
        head.addWidget(self.button)
        self.cells.hovered.connect(self.hovered)
        self.cells.opened.connect(self.opened)
        self.button.toggled.connect(self._toggle)
        self.saving.clicked.connect(self._save)
        self._show()

    def show_chart(self, chart: ReliefChart) -> None:
        """Another one; a surface is seen from where it was."""
        self.cells.show_chart(chart)
        if self.surface is not None and chart.matrix.panel.is_relief:
            self.surface.show_chart(chart)
        elif self.surface is not None:
            self._lose("")
        self._show()

    @property
    def is_in_scroll(self) -> bool:
        """The wheel alone scrolls what it stands in; with Ctrl it comes nearer to a surface."""
        return self._is_in_scroll

    @is_in_scroll.setter
    def is_in_scroll(self, is_so: bool) -> None:
        self._is_in_scroll = is_so
        if self.surface is not None:
            self.surface.is_in_scroll = is_so

    @Slot(bool)
    def _toggle(self, is_wished: bool) -> None:
        if not is_wished:
            self._lose("")
            return
        try:
            self.surface = Surface(self.cells.chart)
        except NoSurfaceError as error:
            self._lose(str(error))
            return
        self.refusal = ""
        self.surface.is_in_scroll = self._is_in_scroll
        self.surface.lost.connect(self._lose, Qt.ConnectionType.QueuedConnection)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self.surface, 1)
        self._show()
        self.surface.setFocus()
        self.hovered.emit(HELP)

    @Slot(str)
    def _lose(self, why: str) -> None:
        """Back to the contours."""
        self.refusal = why
        gone, self.surface = self.surface, None
        if gone is not None:
            gone.hide()  # which gives back what it holds
            gone.deleteLater()
        with QSignalBlocker(self.button):
            self.button.setChecked(False)
        self._show()
        if why:
            self.hovered.emit(why)

    def _show(self) -> None:
        matrix = self.cells.chart.matrix
        self.cells.setVisible(self.surface is None)
        self.button.setVisible(matrix.panel.is_relief)
        self.button.setToolTip(tooltip_text(self.refusal or TIP))
        self.saving.setVisible(self.surface is not None)
        words = self.refusal if matrix.panel.is_relief and self.refusal else matrix.beyond_words
        self.note.setText(words)
        self.note.setToolTip(tooltip_text(words))
        self.note.setVisible(bool(words))

    @Slot()
    def _save(self) -> None:
        """Ask where, then write the view as it is at that moment."""
        if self.surface is None:
            return
        image, buffer = self.surface.picture(), QBuffer()
        path = SaveAs.ask("Save the view", Path("surface.png"), self)
        if path is None:
            return
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        try:
            write_whole(path, bytes(buffer.data().data()))
        except WriteError as error:
            self.hovered.emit(str(error))
            return
        self.hovered.emit(f"{path.name} holds the view.")

    def apply_theme(self, theme: Theme) -> None:
        """Colours around the plot are the theme's."""
        self.cells.update()
        if self.surface is not None:
            self.surface.apply_theme(theme)

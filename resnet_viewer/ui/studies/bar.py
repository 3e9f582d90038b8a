"""The Studies page's controls in the toolbar: start, cancel, resume, report, export."""

from __future__ import annotations

import qtawesome
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QWidget

from resnet_viewer.ui.page import LETTERS, WORDS_FROM, PageBar
from resnet_viewer.ui.studies.scene import StudyScene
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import Theme


class StudiesBar(PageBar):
    """Renders what can be done now; its buttons are connected by who knows what there is."""

    shapes = tuple(
        (icons, letters) for icons in (0, 4) for letters in LETTERS if icons or letters >= WORDS_FROM
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start_button = self.button("Start")
        self.start_button.setObjectName("primary")
        self.cancel_button = self.button("Cancel")
        self.cancel_button.setToolTip("Cancel the study; the points measured so far stay (Shift+F8)")
        self.resume_button = self.button("Resume")
        self.resume_button.setToolTip("Measure the points that are missing in the result that is chosen")
        self.report_button = self.button("Report…")
        self.report_button.setToolTip("Make every study that applies, and write one page and one PDF of them")
        self.export_button = self.menu_button("Export")
        self.export_button.setToolTip("Export the figure or its numbers")
        self.lay_out(
            self.start_button,
            self.cancel_button,
            self.resume_button,
            None,
            self.report_button,
            self.export_button,
        )
        self._scene, self._refusal = StudyScene(), ""
        self._icons: dict[str, QIcon] = {}
        self._render()

    def render_studies(self, scene: StudyScene, refusal: str) -> None:
        """What can be done now; `refusal` is why no study can be started, "" where one can."""
        before = self.sizeHint()
        self._scene, self._refusal = scene, refusal
        self._render()
        if self.sizeHint() != before:
            self.needs_room.emit()

    def label(self, *, icons: int, letters: int) -> None:
        """Whole words, or icons where there is no room."""
        style = Qt.ToolButtonStyle
        look = style.ToolButtonIconOnly if icons else style.ToolButtonTextOnly
        for button in (self.cancel_button, self.resume_button, self.report_button, self.export_button):
            button.setToolButtonStyle(look)
        self._render()

    def _render(self) -> None:
        scene = self._scene
        title = scene.info.title if scene.info is not None else ""
        told = f"Make the study “{title}” (F8)" if title else "There is no study"
        self.start_button.setToolTip(tooltip_text(self._refusal or told))
        self.start_button.setEnabled(scene.live is None and not self._refusal and bool(title))
        self.cancel_button.setEnabled(scene.live is not None and not scene.live.is_ending)
        self.resume_button.setEnabled(scene.can_resume(scene.chosen))
        self.report_button.setEnabled(scene.live is None and bool(title))
        self.export_button.setEnabled(any(result.rows for result in scene.shown))

    def apply_theme(self, theme: Theme) -> None:
        self._icons = {
            name: qtawesome.icon(f"mdi6.{name}", color=theme.text, color_disabled=theme.faint)
            for name in ("close", "play", "file-chart-outline", "export-variant")
        }
        self.cancel_button.setIcon(self._icons["close"])
        self.resume_button.setIcon(self._icons["play"])
        self.report_button.setIcon(self._icons["file-chart-outline"])
        self.export_button.setIcon(self._icons["export-variant"])

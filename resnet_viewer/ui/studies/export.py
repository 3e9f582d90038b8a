"""The export of the Studies page's figure: of the results that are shown, as they are at that moment."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.records.figure_list import FigureChoice, FigureName
from resnet_viewer.records.requests import StudyPictures, WriteStudyFiles
from resnet_viewer.records.study import StudyResult
from resnet_viewer.ui.figure_export import FigureExport, Outbox
from resnet_viewer.ui.menus import add_entry
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.studies.controller import StudyController

NOTHING = "There is nothing to draw yet; start a study first, or tick a result."


class StudyExport(FigureExport):
    """One figure, which shows what is ticked."""

    def __init__(
        self, controller: StudyController, outbox: Outbox, settings: Settings, window: QWidget
    ) -> None:
        super().__init__(FigureChoice("study", height=6.4), outbox, settings, window)
        self._controller = controller

    def fill(self, menu: QMenu) -> None:
        super().fill(menu)
        add_entry(menu, "Export the figure…", self.ask)
        add_entry(menu, "All files of the result…", self.export_all)

    def refusal(self, figure: FigureName) -> str:
        return "" if self._drawn else NOTHING

    def source(self, figure: FigureName) -> StudyPictures:
        return StudyPictures(self._drawn)

    def stem(self, choice: FigureChoice) -> str:
        first = self._drawn[0].order
        beside = "" if len(self._drawn) == 1 else f"-and-{len(self._drawn) - 1}-more"
        return f"{first.study}-{first.state.network.name}{beside}"

    def export_all(self) -> None:
        """Ask for a folder, then write the figure as every kind of file, the numbers, and what repeats the study."""
        if not self._can_draw("study"):
            return
        found = QFileDialog.getExistingDirectory(
            self._window, "Folder for the files of the result", str(self._folder or "")
        )
        if found:
            self._folder = Path(found)
            self._outbox.save(WriteStudyFiles(StudyPictures(self._drawn), self._folder))

    @property
    def _drawn(self) -> tuple[StudyResult, ...]:
        """Those that are shown and have a point."""
        return tuple(result for result in self._controller.scene.shown if result.rows)

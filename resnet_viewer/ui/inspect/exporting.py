"""Saving and copying figures, tables and weights: drawn and written on the files worker, and said here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.figure_list import FigureChoice, FigureName, figure_of
from resnet_viewer.records.requests import (
    NO_CHANNEL,
    CopyFigure,
    Rendered,
    RunPictures,
    WriteAllRunFigures,
    WriteFigure,
    WriteLayers,
    WriteWeights,
    Written,
)
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure

NOT_YET = "There is no full reading to export yet; open a picture and wait until it is computed."


class Exporting(QObject):
    """Asks for files and clipboard pictures, of every page, and says what became of them."""

    said = Signal(str)
    failed = Signal(object)
    began = Signal()
    """Something is asked for; what was said about an earlier failure is over."""

    def __init__(self, files: Askers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files

    def can_export(self, scene: Scene, figure: FigureName) -> bool:
        """There is a full reading, or the figure shows none, and the channel that it is of; else says so."""
        has_reading = scene.now is not None and scene.now.is_complete
        if figure_of(figure).needs != "nothing" and not has_reading:
            self.failed.emit(Failure(NOT_YET))
            return False
        if figure == "channel" and scene.session.view.channel is None:
            self.failed.emit(Failure(NO_CHANNEL))
            return False
        return True

    def write(self, source: Scene | RunPictures, choice: FigureChoice, path: Path) -> None:
        """Write the figure; the caller has asked about an existing file."""
        self.save(WriteFigure(source, choice, path))

    @Slot(object, object)
    def write_layers(self, plan: Blueprint, path: Path) -> None:
        """Write a table of layers; the caller has asked about an existing file."""
        self.save(WriteLayers(plan, path))

    def save(self, request: WriteFigure | WriteLayers | WriteAllRunFigures | WriteWeights) -> None:
        """Write a file, or several; the caller has asked about an existing one."""
        self.began.emit()
        self._files.ask(request, self._say_written, self.failed)

    def copy(self, source: Scene | RunPictures, choice: FigureChoice) -> None:
        """Put the figure on the clipboard, as a picture and as SVG."""
        self.began.emit()
        self.said.emit(f"Copying the figure: {figure_of(choice.figure).title}…")
        self._files.ask(CopyFigure(source, choice), self._take_copy, self.failed)

    @Slot(object)
    def _say_written(self, written: Written) -> None:
        self.said.emit(f"Saved {written.path}. {written.remark}".rstrip())

    @Slot(object)
    def _take_copy(self, rendered: Rendered) -> None:
        mime = QMimeData()
        mime.setImageData(QImage.fromData(QByteArray(rendered.png)))
        mime.setData("image/svg+xml", QByteArray(rendered.svg))
        QGuiApplication.clipboard().setMimeData(mime)
        self.said.emit(f"Copied the figure, as a picture and as SVG. {rendered.remark}".rstrip())

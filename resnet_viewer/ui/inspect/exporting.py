"""Saving and copying figures of what is on screen; drawn and written on the files worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.figure_list import FigureChoice, FigureName, figure_of
from resnet_viewer.records.requests import (
    NO_CHANNEL,
    CopyFigure,
    Rendered,
    WriteFigure,
    WriteLayers,
    Written,
)
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.work.worker import Failure, Worker

NOT_YET = "There is no full reading to export yet; open a picture and wait until it is computed."


class Exporting(QObject):
    """Asks for files and clipboard pictures, one at a time, and says what became of them."""

    said = Signal(str)
    failed = Signal(object)

    def __init__(self, files: Worker, tickets: Iterator[int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._tickets = tickets
        files.replied.connect(self._take)

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

    def write(self, scene: Scene, choice: FigureChoice, path: Path) -> None:
        """Write the figure; the caller has asked about an existing file."""
        self._ask(WriteFigure(scene, choice, path))

    @Slot(object, object)
    def write_layers(self, plan: Blueprint, path: Path) -> None:
        """Write a table of layers; the caller has asked about an existing file."""
        self._ask(WriteLayers(plan, path))

    def copy(self, scene: Scene, choice: FigureChoice) -> None:
        """Put the figure on the clipboard, as a picture and as SVG."""
        if self.can_export(scene, choice.figure):
            self.said.emit(f"Copying the figure: {figure_of(choice.figure).title}…")
            self._ask(CopyFigure(scene, choice))

    def _ask(self, request: object) -> None:
        self._files.ask(next(self._tickets), request)

    @Slot(int, object)
    def _take(self, _ticket: int, reply: object) -> None:
        match reply:
            case Written(path=path, remark=remark):
                self.said.emit(f"Saved {path}. {remark}".rstrip())
            case Rendered(png=png, svg=svg, remark=remark):
                mime = QMimeData()
                mime.setImageData(QImage.fromData(QByteArray(png)))
                mime.setData("image/svg+xml", QByteArray(svg))
                QGuiApplication.clipboard().setMimeData(mime)
                self.said.emit(f"Copied the figure, as a picture and as SVG. {remark}".rstrip())
            case _:
                pass  # pictures and networks are others' answers

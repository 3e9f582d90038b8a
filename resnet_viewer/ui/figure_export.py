"""Having files written and figures copied: what a page's export menu, its keys and its panels ask for."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QMenu, QWidget

from resnet_viewer.records.figure_list import (
    SUFFIXES,
    FigureChoice,
    FigureName,
    Suffix,
    figure_of,
    figures_of,
)
from resnet_viewer.records.requests import (
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
from resnet_viewer.ui import export_dialog
from resnet_viewer.ui.menus import add_entry
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure


class Outbox(QObject):
    """Asks for files and clipboard pictures, for every page, and says what became of them."""

    said = Signal(str)
    failed = Signal(object)
    began = Signal()
    """Something is asked for; what was said about an earlier failure is over."""

    def __init__(self, files: Askers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files

    @Slot(object)
    def save(self, request: WriteFigure | WriteLayers | WriteAllRunFigures | WriteWeights) -> None:
        """Write a file, or several; the caller has asked about an existing one."""
        self.began.emit()
        self._files.ask(request, self._say_written, self.failed)

    def copy(self, source: Scene | RunPictures, choice: FigureChoice) -> None:
        """Put the figure on the clipboard, as a picture and as SVG."""
        self.began.emit()
        self.said.emit(f"Copying the figure: {figure_of(choice.figure).title}…")
        self._files.ask(CopyFigure(source, choice), self._take_copy, self.failed)

    def refuse(self, sentence: str) -> None:
        """Nothing is asked for, and why."""
        self.failed.emit(Failure(sentence))

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


class FigureExport(QObject):
    """The export of a page's figures: which, as which kind of file, how large, and where to.

    The last choice and the last folder are where the next one begins.
    """

    def __init__(self, first: FigureChoice, outbox: Outbox, settings: Settings, window: QWidget) -> None:
        """`first` is a figure of the page, exported as it is the first time."""
        super().__init__(window)
        self._page = figure_of(first.figure).page
        self._outbox, self._settings, self._window = outbox, settings, window
        self._choice = settings.export(self._page, first)
        self._folder: Path | None = None

    @abstractmethod
    def refusal(self, figure: FigureName) -> str:
        """Why there is nothing to draw it from yet, in a sentence; else ""."""

    @abstractmethod
    def source(self, figure: FigureName) -> Scene | RunPictures:
        """What it is drawn from, as that is now."""

    @abstractmethod
    def stem(self, choice: FigureChoice) -> str:
        """Of the file's name."""

    def starting_from(self, figure: FigureName) -> FigureChoice:
        """The last choice, for this figure."""
        return replace(self._choice, figure=figure)

    def kept(self, choice: FigureChoice) -> FigureChoice:
        """What is remembered of a choice."""
        return choice

    def fill(self, menu: QMenu) -> None:
        """Every figure in every format. What cannot be drawn yet is refused in a sentence when it is asked for."""
        for figure in figures_of(self._page):
            part = menu.addMenu(figure.title)
            for suffix in SUFFIXES:
                act = partial(self.export_as, figure.name, suffix)
                add_entry(part, f"{figure.title} as {suffix.upper()}…", act)
            part.addSeparator()
            add_entry(part, "Size and resolution…", partial(self.export, figure.name))
        menu.addSeparator()

    @Slot()
    def ask(self) -> None:
        """Ask what and how, beginning with the last figure, then where to."""
        self.export(self._choice.figure)

    @Slot(str)
    def export(self, figure: FigureName) -> None:
        """The same, beginning with that figure."""
        if self._can_draw(figure):
            start, figures = self.starting_from(figure), figures_of(self._page)
            choice = export_dialog.ExportDialog(start, self._window, figures=figures).asked()
            if choice is not None:
                self._save(choice)

    def export_as(self, figure: FigureName, suffix: Suffix) -> None:
        """A menu's entry: ask only where to."""
        self._save(replace(self.starting_from(figure), suffix=suffix))

    @Slot(str)
    def copy(self, figure: FigureName | None) -> None:
        """Put that figure, or the one chosen last, on the clipboard, as it was exported last."""
        choice = self.starting_from(figure) if figure else self._choice
        if self._can_draw(choice.figure):
            self._outbox.copy(self.source(choice.figure), choice)

    def _can_draw(self, figure: FigureName) -> bool:
        if sentence := self.refusal(figure):
            self._outbox.refuse(sentence)
        return not sentence

    def _save(self, choice: FigureChoice) -> None:
        if not self._can_draw(choice.figure):
            return
        self._choice = self.kept(choice)
        self._settings.set_export(self._page, self._choice)
        source = self.source(choice.figure)  # as it is now, not when the file is named
        suggestion = (self._folder or Path.home()) / f"{self.stem(choice)}.{choice.suffix}"
        try:
            asked = export_dialog.ask_path(choice, suggestion, self._window)
        except export_dialog.SuffixError as refusal:
            self._outbox.refuse(str(refusal))
            return
        if asked is not None:
            choice, path = asked
            self._folder = path.parent
            self._outbox.save(WriteFigure(source, choice, path))

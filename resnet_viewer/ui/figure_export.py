"""Having files written and figures copied: what a page's export menu, its keys and its panels ask for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
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
from resnet_viewer.records.question import Request
from resnet_viewer.records.requests import (
    CopyFigure,
    FigureSource,
    Rendered,
    WriteAllRunFigures,
    WriteFigure,
    WriteLayers,
    WriteStudyFiles,
    WriteWeights,
    Written,
)
from resnet_viewer.records.story_words import counted, joined
from resnet_viewer.ui import export_dialog
from resnet_viewer.ui.menus import add_entry
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure

_TOLD = 3
"""So many failures are told in full."""


class _Errand(QObject):
    """A file or a copy that was asked for: what is heard of it comes with its name."""

    replied = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, path: Path | None, parent: QObject) -> None:
        super().__init__(parent)
        self.path = path

    @Slot(object)
    def take(self, reply: object) -> None:
        """It is done."""
        self.replied.emit(self, reply)

    @Slot(object)
    def fail(self, failure: object) -> None:
        """It is not, and will not be."""
        self.failed.emit(self, failure)


class Outbox(QObject):
    """Asks for files and clipboard pictures, for every page, and says what became of them.

    What failed is told until it is asked for again or the message is dismissed, also where something else fails.
    """

    said = Signal(str)
    failed = Signal(object)
    """All that failed and was not mended, as one Failure."""
    mended = Signal()
    """Nothing is left of what failed."""
    kept_open = Signal(str)
    """The window was to close, and waits for what is still being saved."""

    def __init__(self, files: Askers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._errands: list[_Errand] = []
        self._lost: dict[Path | None, Failure] = {}
        self._refused = ""
        self._close: Callable[[], object] | None = None

    @Slot(object)
    def save(
        self, request: WriteFigure | WriteLayers | WriteAllRunFigures | WriteStudyFiles | WriteWeights
    ) -> None:
        """Write a file, or several; the caller has asked about an existing one."""
        if isinstance(request, WriteAllRunFigures | WriteStudyFiles):
            self._send(request, request.folder, f"Saving every figure in {request.folder.name}…")
        else:
            self._send(request, request.path, f"Saving {request.path.name}…")

    def copy(self, source: FigureSource, choice: FigureChoice) -> None:
        """Put the figure on the clipboard, as a picture and as SVG."""
        said = f"Copying the figure: {figure_of(choice.figure).title}…"
        self._send(CopyFigure(source, choice), None, said)

    def refuse(self, sentence: str) -> None:
        """Nothing is asked for, and why."""
        self._refused = sentence
        self.failed.emit(self._all_lost(Failure(sentence)))

    def withdraw(self, sentence: str) -> None:
        """That was why nothing was asked for, and is not so any more."""
        if sentence == self._refused:
            self._tell_lost()

    @Slot()
    def forget_lost(self) -> None:
        """What failed was read and dismissed."""
        self._lost.clear()
        self._refused = ""

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether nothing is being saved; else the window is closed by `close` as soon as that is done."""
        names = [errand.path.name for errand in self._errands if errand.path is not None]
        if not names or self._close is not None:  # asked twice: what is not saved is given up
            self._close = None
            return True
        self._close = close
        self.kept_open.emit(f"{joined(names)} {'is' if len(names) == 1 else 'are'} still being saved.")
        return False

    @Slot()
    def stay_open(self) -> None:
        """The window is not to close any more."""
        self._close = None

    def _send(self, request: Request, path: Path | None, said: str) -> None:
        if self._lost.pop(path, None) is not None or not self._lost:  # else a refusal is over
            self._tell_lost()
        self.said.emit(said)
        errand = _Errand(path, self)
        self._errands.append(errand)
        errand.replied.connect(self._take)
        errand.failed.connect(self._fail)
        self._files.ask(request, errand.take, errand.fail)

    @Slot(object, object)
    def _take(self, errand: _Errand, reply: Written | Rendered) -> None:
        if self._lost.pop(errand.path, None) is not None:
            self._tell_lost()
        if isinstance(reply, Written):
            self.said.emit(f"Saved {reply.path}. {reply.remark}".rstrip())
        else:
            mime = QMimeData()
            mime.setImageData(QImage.fromData(QByteArray(reply.png)))
            mime.setData("image/svg+xml", QByteArray(reply.svg))
            QGuiApplication.clipboard().setMimeData(mime)
            self.said.emit(f"Copied the figure, as a picture and as SVG. {reply.remark}".rstrip())
        self._end(errand)

    @Slot(object, object)
    def _fail(self, errand: _Errand, failure: Failure) -> None:
        self._lost[errand.path] = failure
        self._close = None
        self._tell_lost()
        self._end(errand)

    def _end(self, errand: _Errand) -> None:
        self._errands.remove(errand)
        errand.deleteLater()
        if self._close is not None and not self._errands:
            close, self._close = self._close, None
            close()

    def _tell_lost(self) -> None:
        self._refused = ""
        if self._lost:
            self.failed.emit(self._all_lost())
        else:
            self.mended.emit()

    def _all_lost(self, *more: Failure) -> Failure:
        failures = [*more, *reversed(self._lost.values())]
        sentences = list(dict.fromkeys(failure.sentence for failure in failures))
        if (untold := len(sentences) - _TOLD) > 0:
            sentences[_TOLD:] = [f"So did {counted(untold, 'other export')}."]
        details = "\n\n".join(failure.details for failure in failures if failure.details)
        return Failure(" ".join(sentences), details)


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
        self._refused: tuple[FigureName, str] | None = None
        """Which figure could not be drawn when it was last asked for, and why."""

    @abstractmethod
    def refusal(self, figure: FigureName) -> str:
        """Why there is nothing to draw it from yet, in a sentence; else ""."""

    @abstractmethod
    def source(self, figure: FigureName) -> FigureSource:
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

    @Slot()
    def look_again(self) -> None:
        """What it is drawn from is another: a sentence that is not true any more goes."""
        if self._refused is not None and self.refusal(self._refused[0]) != self._refused[1]:
            self._outbox.withdraw(self._refused[1])
            self._refused = None

    def _can_draw(self, figure: FigureName) -> bool:
        if sentence := self.refusal(figure):
            self._refused = figure, sentence
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

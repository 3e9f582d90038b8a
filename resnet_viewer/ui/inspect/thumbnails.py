"""Small pictures of files, made behind the window as far as they are in view, and a bounded number of them kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from resnet_viewer.records.requests import MakeThumbnails, Thumbnail
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure

SIDE = 128
"""Pixels of the longer side."""
KEPT = 600
"""Thumbnails, of at most 64 kB each."""


class Thumbnails(QObject):
    """What several places want of it they say by `want`, each for itself: what nobody wants any more is not made."""

    made = Signal(Path)

    def __init__(self, files: Askers, parent: QObject | None = None) -> None:
        """`files` are of low priority."""
        super().__init__(parent)
        self._files = files
        self._found: OrderedDict[Path, QImage | str] = OrderedDict()
        self._wanted: dict[str, tuple[Path, ...]] = {}
        self._asked: tuple[Path, ...] = ()

    def image(self, path: Path) -> QImage | None:
        """None as long as it is not made, and of a file that is no picture."""
        found = self._found.get(path)
        return found if isinstance(found, QImage) else None

    def problem(self, path: Path) -> str:
        """Why a file cannot be read, in a sentence; empty where it can, or that is not known yet."""
        found = self._found.get(path)
        return found if isinstance(found, str) else ""

    def want(self, place: str, paths: Sequence[Path]) -> None:
        """Make those of `paths` that are missing; what this place wanted before, it wants no more."""
        self._wanted[place] = tuple(paths[:KEPT])
        wanted = dict.fromkeys(path for paths in self._wanted.values() for path in paths)
        for path in wanted:
            if path in self._found:
                self._found.move_to_end(path)
        missing = tuple(path for path in wanted if path not in self._found)
        if missing != self._asked:
            self._asked = missing
            if missing:
                self._files.ask(MakeThumbnails(missing, SIDE), self._take, self._fail)

    def forget_problems(self) -> None:
        """What could not be read is tried again: its folder has changed."""
        for path in [path for path, found in self._found.items() if isinstance(found, str)]:
            del self._found[path]

    @Slot(object)
    def _take(self, thumbnail: Thumbnail) -> None:
        pixels = thumbnail.pixels
        self._found[thumbnail.path] = thumbnail.problem if pixels is None else image_of_rgb(pixels)
        self._asked = tuple(path for path in self._asked if path != thumbnail.path)
        while len(self._found) > KEPT:
            self._found.popitem(last=False)
        self.made.emit(thumbnail.path)

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        """Of a file that cannot be read its thumbnail says why; this is a fault, which the log has in full."""
        self._asked = ()

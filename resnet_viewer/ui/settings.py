"""What is remembered between two starts: the window's shape, appearance, recent files, inputs."""

from __future__ import annotations

import atexit
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

from PySide6.QtCore import QSettings

from resnet_viewer.media.reading import ReadError, opened
from resnet_viewer.records.checking import decoded_text
from resnet_viewer.records.figure_list import FIGURE_DPI, FIGURE_INCHES, FigureChoice, PageName, figure_of
from resnet_viewer.records.test_set import CROPS, TestSet, TestSetKind

T = TypeVar("T")
ThemeChoice = Literal["system", "light", "dark"]
TrainingKey = Literal["plan", "recipes", "folder", "earlier", "folders"]
RECENT = 12
FONT_SIZES = (8, 9, 10, 11, 12, 14, 16)
"""In points."""
MOST_BYTES = 4_000_000
"""Of the file; two hundred saved recipes take a tenth of it."""
LONGEST_PATH = 4096
log = logging.getLogger(__name__)


class Settings:
    """Typed access to one ini file, every value of which is a text.

    A value is checked where it is read. What does not fit is the default, and stays in the file until something is
    chosen in its place: it may be a newer version's. The log says so, once for each.
    """

    def __init__(self, folder: Path | None) -> None:
        """`folder` is None for settings that last as long as the program; so do those whose file cannot be one."""
        path = (folder or _fresh_folder()) / "settings.ini"
        if (reason := _no_settings(path)) is not None:
            log.warning("the settings are the default ones, and are not kept: %s", reason)
            path = _fresh_folder() / path.name
        self._store = QSettings(str(path), QSettings.Format.IniFormat)
        self._told: set[str] = set()
        if self._store.status() != QSettings.Status.NoError:
            log.warning("what is no setting in %s is passed over", path)

    def theme(self) -> ThemeChoice:
        """The chosen appearance; "system" by default."""
        return self._read("appearance/theme", _theme, "system")

    def set_theme(self, theme: ThemeChoice) -> None:
        """Remember the appearance."""
        self._store.setValue("appearance/theme", theme)

    def font_size(self) -> int:
        """Points, or 0 for the system's."""
        return self._read("appearance/font_size", _font_size, 0)

    def set_font_size(self, points: int) -> None:
        """Remember the font size."""
        self._store.setValue("appearance/font_size", str(points))

    def shape(self, key: str, count: int) -> tuple[int, ...] | None:
        """So many whole numbers of pixels, the window's place or a splitter's shares; None where there are none."""

        def read(text: str) -> tuple[int, ...]:
            found = tuple(map(int, text.split(" ")))
            if len(found) != count or max(map(abs, found)) > 1_000_000:
                raise ValueError(f"these are no {count} numbers of pixels")
            return found

        return self._read(f"window/{key}", read, None)

    def set_shape(self, key: str, numbers: Iterable[int]) -> None:
        """Remember them."""
        self._store.setValue(f"window/{key}", " ".join(map(str, numbers)))

    def forget_layout(self) -> None:
        """The window's shape, back to the default."""
        self._store.remove("window")

    def panels_with_large_letters(self, page: str) -> tuple[str, ...] | None:
        """The names of a page's panels that are shown with large letters; None where none were chosen."""
        none: tuple[str, ...] | None = None
        return self._read(f"letters/{page}", lambda text: decoded_text(tuple[str, ...], text), none)

    def set_panels_with_large_letters(self, page: str, names: Iterable[str]) -> None:
        """Remember them."""
        self._store.setValue(f"letters/{page}", json.dumps(list(names)))

    def recent(self, kind: Literal["pictures", "weights"]) -> tuple[Path, ...]:
        """Recently opened files that are still there, newest first."""
        none: tuple[str, ...] = ()
        names = self._read(f"recent/{kind}", lambda text: decoded_text(tuple[str, ...], text), none)
        return tuple(path for path in map(Path, names) if _is_there(path))[:RECENT]

    def add_recent(self, kind: Literal["pictures", "weights"], path: Path) -> None:
        """Put a file at the top of its list."""
        others = (old for old in self.recent(kind) if old != path)
        self._set_recent(kind, (path, *others))

    def clear_recent(self, kind: Literal["pictures", "weights"]) -> None:
        """Empty a list."""
        self._set_recent(kind, ())

    def _set_recent(self, kind: str, paths: Iterable[Path]) -> None:
        names = [str(path) for path in paths][:RECENT]
        self._store.setValue(f"recent/{kind}", json.dumps(names))

    def training(self, key: TrainingKey, read: Callable[[str], T], default: T) -> T:
        """What the Train tab was set to: its plan, the saved recipes, the last runs, earlier ones, where it writes.

        `read` raises a ValueError for what does not fit.
        """
        return self._read(f"training/{key}", read, default)

    def set_training(self, key: TrainingKey, text: str) -> None:
        """Remember it."""
        self._store.setValue(f"training/{key}", text)

    def study(self, key: str, read: Callable[[str], T], default: T) -> T:
        """What the Studies tab was set to: "last" is the name of a study, "options/NAME" are the options of one.

        `read` raises a ValueError for what does not fit.
        """
        return self._read(f"studies/{key}", read, default)

    def set_study(self, key: str, text: str) -> None:
        """Remember it."""
        self._store.setValue(f"studies/{key}", text)

    def test_set(self) -> TestSet | None:
        """What errors were measured on; None for nothing."""

        def read(text: str) -> TestSet | None:
            found = decoded_text(_KeptTestSet, text)
            if found.kind is None:
                return None
            folder = None if found.folder is None else path_of(found.folder)
            return TestSet(found.kind, folder, found.sample, found.seed)

        usual: TestSet | None = CROPS
        return self._read("inspect/test_set", read, usual)

    def set_test_set(self, test_set: TestSet | None) -> None:
        """Remember it."""
        kept = _KeptTestSet(None)
        if test_set is not None:
            folder = None if test_set.folder is None else str(test_set.folder)
            kept = _KeptTestSet(test_set.kind, folder, test_set.sample, test_set.seed)
        self._store.setValue("inspect/test_set", json.dumps(asdict(kept)))

    def asks_to_close(self) -> bool:
        """Whether closing while runs train is asked about."""
        return self._read("training/asks_to_close", lambda text: decoded_text(bool, text), True)

    def set_asks_to_close(self, is_asked: bool) -> None:
        """Remember it."""
        self._store.setValue("training/asks_to_close", json.dumps(is_asked))

    def export(self, page: PageName, default: FigureChoice) -> FigureChoice:
        """How the page's last figure was exported."""

        def read(text: str) -> FigureChoice:
            choice = decoded_text(FigureChoice, text)
            if figure_of(choice.figure).page != page:
                raise ValueError(f"{choice.figure} is no figure of this page")
            for number, (least, most) in (
                (choice.width, FIGURE_INCHES),
                (choice.height, FIGURE_INCHES),
                (choice.dpi, FIGURE_DPI),
            ):
                if not least <= number <= most:
                    raise ValueError(f"{number} is not from {least} to {most}")
            return choice

        return self._read(f"export/{page}", read, default)

    def set_export(self, page: PageName, choice: FigureChoice) -> None:
        """Remember it."""
        self._store.setValue(f"export/{page}", json.dumps(asdict(choice)))

    def shows_folder(self) -> bool:
        """Whether the pictures of the folder stand in a row below the one on the screen."""
        return self._read("inspect/shows_folder", lambda text: decoded_text(bool, text), True)

    def set_shows_folder(self, is_shown: bool) -> None:
        """Remember it."""
        self._store.setValue("inspect/shows_folder", json.dumps(is_shown))

    def save(self) -> None:
        """Write the file now."""
        self._store.sync()

    def _read(self, key: str, read: Callable[[str], T], default: T) -> T:
        found: object = None
        try:
            found = self._store.value(key)
            if found is None or found == "":
                return default
            if not isinstance(found, str):
                raise TypeError(f"this is a {type(found).__name__} in place of a text")
            return read(found)
        except (ValueError, TypeError, RecursionError, OverflowError) as error:
            if key not in self._told:
                self._told.add(key)
                log.warning("the setting %s is the default one, not %.60r: %.120s", key, found, error)
            return default


@dataclass(frozen=True)
class _KeptTestSet:
    """A TestSet as text; without a kind there is none."""

    kind: TestSetKind | None
    folder: str | None = None
    sample: int | None = None
    seed: int = 0


def path_of(text: str) -> Path:
    """The path that a text is.

    Raises:
        ValueError: no system call takes it.
    """
    if "\0" in text or len(text) > LONGEST_PATH:
        raise ValueError("this is no path")
    return Path(text)


def _theme(text: str) -> ThemeChoice:
    for choice in ("system", "light", "dark"):
        if text == choice:
            return choice
    raise ValueError("there is no such appearance")


def _font_size(text: str) -> int:
    points = int(text)
    if points not in (0, *FONT_SIZES):
        raise ValueError("there is no such size")
    return points


def _no_settings(path: Path) -> str | None:
    """Why the file cannot be the settings: Qt would wait for ever for a pipe, and read whatever size there is."""
    for part in (path, path.with_name(f"{path.name}.lock")):
        try:
            with opened(part, most_bytes=MOST_BYTES, wanted="a settings file"):
                pass
        except ReadError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                return str(error)
    return None


def _fresh_folder() -> Path:
    """For settings that last as long as the program."""
    folder = Path(tempfile.mkdtemp(prefix="resnet-viewer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no system call takes
        return False

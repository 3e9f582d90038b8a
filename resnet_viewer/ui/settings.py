"""What is remembered between two starts: the window's shape, appearance, recent files, inputs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QByteArray, QSettings

from resnet_viewer.records.typed_json import decoded
from resnet_viewer.ui.requests import RUN_FIGURES, FigureChoice

ThemeChoice = Literal["system", "light", "dark"]
TrainingKey = Literal["plan", "recipes", "folder", "folders"]
RECENT = 12


class Settings:
    """Typed access to one ini file. Whatever cannot be read is as if it had never been written."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "settings.ini"
        self._store = QSettings(str(self.path), QSettings.Format.IniFormat)

    def theme(self) -> ThemeChoice:
        """The chosen appearance; "system" by default."""
        found = self._store.value("appearance/theme", "system", type=str)
        return found if found in ("system", "light", "dark") else "system"

    def set_theme(self, theme: ThemeChoice) -> None:
        """Remember the appearance."""
        self._store.setValue("appearance/theme", theme)

    def font_size(self) -> int:
        """Points, or 0 for the system's."""
        return int(cast(int, self._store.value("appearance/font_size", 0, type=int)))

    def set_font_size(self, points: int) -> None:
        """Remember the font size."""
        self._store.setValue("appearance/font_size", points)

    def blob(self, key: str) -> QByteArray | None:
        """A geometry or splitter state, or None."""
        found = self._store.value(f"window/{key}", QByteArray(), type=QByteArray)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None

    def set_blob(self, key: str, value: QByteArray) -> None:
        """Remember a geometry or splitter state."""
        self._store.setValue(f"window/{key}", value)

    def forget_layout(self) -> None:
        """The window's shape, back to the default."""
        self._store.remove("window")

    def recent(self, kind: Literal["pictures", "weights"]) -> tuple[Path, ...]:
        """Recently opened files that are still there, newest first."""
        found = self._store.value(f"recent/{kind}", "", type=str)
        names = _strings(str(found))
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

    def training(self, key: TrainingKey) -> str:
        """What the Train tab was set to: its plan, the saved recipes, the folder of the last runs, where it writes;
        "" for nothing."""
        return str(self._store.value(f"training/{key}", "", type=str))

    def set_training(self, key: TrainingKey, text: str) -> None:
        """Remember it."""
        self._store.setValue(f"training/{key}", text)

    def asks_to_close(self) -> bool:
        """Whether closing while runs train is asked about."""
        return bool(self._store.value("training/asks_to_close", True, type=bool))

    def set_asks_to_close(self, is_asked: bool) -> None:
        """Remember it."""
        self._store.setValue("training/asks_to_close", is_asked)

    def export(self, page: Literal["inspect", "train"], default: FigureChoice) -> FigureChoice:
        """How the page's last figure was exported."""
        try:
            found = json.loads(str(self._store.value(f"export/{page}", "", type=str)))
            choice = decoded(FigureChoice, found)
        except (ValueError, RecursionError):
            return default
        return choice if (choice.figure in RUN_FIGURES) == (page == "train") else default

    def set_export(self, page: Literal["inspect", "train"], choice: FigureChoice) -> None:
        """Remember it."""
        self._store.setValue(f"export/{page}", json.dumps(asdict(choice)))

    def save(self) -> None:
        """Write the file now."""
        self._store.sync()


def _strings(text: str) -> tuple[str, ...]:
    try:
        found = json.loads(text)
    except ValueError:
        return ()
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False

"""Where training writes: the folder of new runs, and of TensorBoard's files where they are wished for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
)

from resnet_viewer.media.files import WriteError, make_folder
from resnet_viewer.records.checking import decoded_text
from resnet_viewer.records.data import data_title
from resnet_viewer.records.run_plan import PlanError
from resnet_viewer.records.training import RunSpec
from resnet_viewer.ui.settings import Settings, path_of
from resnet_viewer.ui.widgets.form import FolderLine, Form, on_change
from resnet_viewer.ui.widgets.labels import plain_label, tooltip_text

MOST = 10
_NAMED = 3
"""Networks that are named; of more, their number is told."""
WAY_BACK = "The earlier runs are in Train > Earlier runs."


@dataclass(frozen=True)
class _Start:
    folder: str
    data: str
    networks: tuple[str, ...]
    """Their titles."""

    @property
    def words(self) -> str:
        """ "Digits · Plain-20, ResNet-20 · 21 Nov 2026, 18:09"."""
        first = ", ".join(self.networks[:_NAMED])
        more = f" and {len(self.networks) - _NAMED} more" if len(self.networks) > _NAMED else ""
        name = Path(self.folder).name
        try:
            when = f"{datetime.strptime(name[:17], '%Y-%m-%d-%H%M%S'):%d %b %Y, %H:%M}"
        except ValueError:  # made on the command line, or renamed
            when = name
        return f"{data_title(self.data).partition(' (')[0]} · {first}{more} · {when}"


class Earlier:
    """Remembers what is started and opened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def note(self, folder: Path, data: str, runs: Iterable[RunSpec]) -> None:
        """These runs are in the folder now."""
        titles = tuple(dict.fromkeys(run.network.title for run in runs))
        rest = [start for start in self._starts() if start.folder != str(folder)]
        kept = [_Start(str(folder), data, titles), *rest][: MOST + 1]
        self._settings.set_training("earlier", json.dumps([asdict(start) for start in kept]))

    def fill(self, menu: QMenu, open_runs: Callable[[Path], None], *, shown: Path | None) -> None:
        """An entry for each start whose folder is still there, but for the one that is shown."""
        found = [start for start in self._starts() if Path(start.folder) != shown and _is_there(start)]
        for start in found[:MOST]:
            action = menu.addAction(start.words.replace("&", "&&"))
            action.setToolTip(tooltip_text(start.folder))
            action.triggered.connect(partial(_open, open_runs, Path(start.folder)))
        menu.setToolTipsVisible(True)
        if not found:
            menu.addAction("None yet").setEnabled(False)

    def _starts(self) -> tuple[_Start, ...]:
        return self._settings.training("earlier", lambda text: decoded_text(tuple[_Start, ...], text), ())


def _open(open_runs: Callable[[Path], None], folder: Path, _is_checked: bool = False) -> None:
    open_runs(folder)


def _is_there(start: _Start) -> bool:
    try:
        return Path(start.folder).is_dir()
    except (OSError, ValueError):  # a name that no system call takes
        return False


Which = Literal["runs", "logs"]


@dataclass(frozen=True)
class Folders:
    """Empty for the usual ones."""

    runs: str = ""
    logs: str = ""
    has_logs: bool = False
    """TensorBoard's files are written."""


class RunFolders(QObject):
    """Asks where training writes, remembers and tells."""

    def __init__(self, window: QWidget, settings: Settings, usual: Callable[[], Path]) -> None:
        super().__init__(window)
        self._window, self._settings, self._usual = window, settings, usual
        self._chosen = settings.training("folders", folders_of, Folders())

    @property
    def chosen(self) -> Folders:
        """What the user chose."""
        return self._chosen

    @property
    def runs_dir(self) -> Path:
        """New runs get a folder each in it."""
        return Path(self._chosen.runs) if self._chosen.runs else self._usual()

    @property
    def usual_logs(self) -> Path:
        """Beside the usual folder of runs, so that a look into that finds runs alone."""
        return self._usual().with_name("tensorboard")

    def logs_of(self, folder: Path) -> Path | None:
        """Where TensorBoard's files of an order's runs go; None where none are wished for."""
        if not self._chosen.has_logs:
            return None
        return (Path(self._chosen.logs) if self._chosen.logs else self.usual_logs) / folder.name

    def new_folder(self, data_name: str) -> Path:
        """Make the folders of a new order, which nothing else has, and return that of its runs.

        Raises:
            PlanError: one cannot be made, or not be written in.
        """
        letters = "".join(c if c.isalnum() or c in "-_" else "-" for c in data_name.lower())
        name = f"{datetime.now():%Y-%m-%d-%H%M%S}-{letters[:40]}"
        number, folder = 1, self.runs_dir / name
        while folder.exists():
            number += 1
            folder = self.runs_dir / f"{name}-{number}"
        self._require_writable(folder)
        return folder

    def _require_writable(self, folder: Path) -> None:
        logs = self.logs_of(folder)
        wished = [(folder, "The runs", "Runs folder")]
        if logs is not None:
            wished.append((logs, "TensorBoard's files", "TensorBoard"))
        for path, what, entry in wished:
            try:
                make_folder(path)
            except WriteError as error:
                raise PlanError(
                    f"{what} cannot be written in {path.parent} ({_reason(error)}); choose another folder with "
                    f"{entry}… in the Train menu."
                ) from error

    def ask(self, first: Which) -> None:
        """Ask where new runs go, and whether and where TensorBoard's files are written; `first` gets the keys."""
        found = FoldersDialog(self._chosen, self._usual(), self.usual_logs, first, self._window).asked()
        if found is not None:
            self._chosen = found
            self._settings.set_training("folders", json.dumps(asdict(found)))


class FolderRow(FolderLine):
    """A folder's path, with buttons to choose it and to have the usual one."""

    def __init__(self, name: str, chosen: str, usual: Path) -> None:
        super().__init__(name, chosen or str(usual))
        self._usual = usual
        self.field.setMinimumWidth(360)
        self.reset = QPushButton("The usual one")
        self.reset.setAccessibleName(f"The usual {name.lower()}")
        self.reset.clicked.connect(lambda: self.field.setText(str(usual)))
        self.parts.addWidget(self.reset)

    @property
    def chosen(self) -> str:
        """The path; empty for the usual one."""
        text = self.field.text().strip()
        return "" if not text or Path(text) == self._usual else str(Path(text).expanduser().absolute())


class FoldersDialog(Form[Folders]):
    """Folders that cannot be written in are not taken."""

    def __init__(
        self, folders: Folders, runs: Path, logs: Path, first: Which, parent: QWidget | None = None
    ) -> None:
        """`runs` and `logs` are the usual ones."""
        super().__init__("Where training writes", parent)
        head = QLabel("&Runs folder: every start makes a folder of its own in it")
        self.runs = FolderRow("Folder of new runs", folders.runs, runs)
        self.has_logs = QCheckBox("Write &TensorBoard's files too")
        self.has_logs.setChecked(folders.has_logs)
        self.logs = FolderRow("Folder of TensorBoard's files", folders.logs, logs)
        self._command = plain_label()
        self._command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._command.setWordWrap(True)
        head.setBuddy(self.runs.field)
        for row in (head, self.runs, self.has_logs, self.logs, self._command):
            self.rows.addRow(row)
        on_change((self.has_logs, self.logs.field), self._follow)
        self._follow()
        (self.runs.field if first == "runs" else self.has_logs).setFocus()

    @property
    def answer(self) -> Folders:
        return Folders(self.runs.chosen, self.logs.chosen, self.has_logs.isChecked())

    @Slot()
    def _follow(self) -> None:
        is_on = self.has_logs.isChecked()
        self.logs.setEnabled(is_on)
        self._command.setText(
            f"See them with: tensorboard --logdir {self.logs.field.text().strip()}" if is_on else " "
        )

    def accept(self) -> None:
        folders = self.answer
        try:
            for path in (folders.runs, folders.logs if folders.has_logs else ""):
                if path:
                    make_folder(Path(path))
        except WriteError as refusal:
            self.say(str(refusal))
        else:
            super().accept()


def _reason(error: WriteError) -> str:
    cause = error.__cause__
    return (
        (cause.strerror or type(cause).__name__).lower() if isinstance(cause, OSError) else "no reason given"
    )


def folders_of(text: str) -> Folders:
    """What was kept.

    Raises:
        ValueError: it is none, or names no path.
    """
    found = decoded_text(Folders, text)
    for path in (found.runs, found.logs):
        path_of(path)
    return found

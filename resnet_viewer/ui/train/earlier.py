"""The folders of earlier starts, newest first: one click opens them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu

from resnet_viewer.records.training import RunSpec
from resnet_viewer.records.typed_json import decoded_text
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.bar import data_words
from resnet_viewer.ui.widgets.labels import tooltip_text

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
        return f"{data_words(self.data).partition(' (')[0]} · {first}{more} · {when}"


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

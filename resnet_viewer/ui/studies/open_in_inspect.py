"""Puts the state that a point was measured in on the screen in Inspect, as one edit that can be undone.

Where the network on the screen is another one, the study's is opened too: its weight file is read first, and must hold
what it held when the study was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from resnet_viewer.charts.study_panel import LinesPanel, MatrixPanel, Panel
from resnet_viewer.records.captions import plain
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.requests import OpenedNetwork, OpenNetwork
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.studies.scene import gates_words, network_words
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure


def states_of(panels: Iterable[Panel]) -> set[Wiring]:
    """The gates of every point."""
    found: list[Wiring | None] = []
    for panel in panels:
        if isinstance(panel, MatrixPanel):
            found += (state for row in panel.states for state in row)
        elif isinstance(panel, LinesPanel):
            found += (state for series in panel.series for state in series.states)
    return {state for state in found if state is not None}


class OpenPoint(QObject):
    """One wish at a time; a newer one replaces it."""

    failed = Signal(object)
    said = Signal(str)
    opened = Signal()
    """The state that was wished for is in Inspect."""

    def __init__(self, files: Askers, store: Store, editor: Editor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files, self._store, self._editor = files, store, editor
        self._asked = -1
        self._wish: tuple[NetworkState, str] | None = None

    def open(self, state: NetworkState, wiring: Wiring, study: str) -> None:
        """The state of a study's network with these gates; `study` is its title."""
        wished = replace(state, wiring=wiring)
        now = self._store.session.setup.state
        self._files.cancel(self._asked)
        self._wish = None
        if replace(now, wiring=wiring) == wished:
            self._editor.rewire(wiring, f"{gates_words(wished)}, as in “{study}”")
            self._tell(wished)
            return
        self._wish = wished, study
        weights = state.network.weights
        found = Path(weights.name) if weights.source == "file" else state.network
        self._asked = self._files.ask(OpenNetwork(found), self._take, self.failed)

    @Slot(object)
    def _take(self, found: OpenedNetwork) -> None:
        assert self._wish is not None
        (wished, _), self._wish = self._wish, None
        before, now = wished.network.weights, found.spec.weights
        if before.source == "file" and before.digest and before.digest != now.digest:
            self.failed.emit(
                Failure(
                    f"{plain(before.file_name)} holds other weights than when the study was made; open it in Inspect, "
                    "and make the study again."
                )
            )
            return
        self._editor.set_network(wished, wished.class_names or found.class_names)
        self._tell(wished)

    def _tell(self, state: NetworkState) -> None:
        self.opened.emit()  # first: what is said on one page is over on the next
        self.said.emit(f"{network_words(state)}: {gates_words(state)}.")

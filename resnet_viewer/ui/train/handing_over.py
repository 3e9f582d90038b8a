"""Opens a run's weights in Inspect, with its twin as the reference where that is wished.

The twin is the run of the same depth, data and seed with shortcuts where this one has none, or without where it has
some. It is opened first and pinned, then the run itself; the picture stays. The weights themselves tell how far
shortcuts were open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from resnet_viewer.records.lab import Published
from resnet_viewer.ui.editing import Editing
from resnet_viewer.ui.opening import Opening
from resnet_viewer.ui.requests import OpenedNetwork
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.run_log import LabScene, RunLog
from resnet_viewer.ui.worker import Failure


@dataclass(frozen=True)
class _Step:
    """A run to open; its weights are on their way while `path` is None."""

    key: str
    path: Path | None
    is_reference: bool


def twin_of(scene: LabScene, log: RunLog) -> RunLog | None:
    """The run that differs from this one by its shortcuts alone."""
    mine = log.run.network
    for other in scene.logs:
        theirs = other.run.network
        is_alike = replace(theirs, name=mine.name, shortcut=mine.shortcut) == mine
        if is_alike and theirs.has_shortcuts != mine.has_shortcuts and other.run.data == log.run.data:
            return other
    return None


class HandingOver(QObject):
    """One wish at a time; a newer one replaces it."""

    failed = Signal(object)
    opened = Signal()
    """The run that was wished for is in Inspect."""

    def __init__(
        self, controller: TrainController, opening: Opening, editing: Editing, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller, self._opening, self._editing = controller, opening, editing
        self._steps: list[_Step] = []
        self._awaited: Path | None = None
        controller.published.connect(self._take)
        opening.network_opened.connect(self._note_opened)
        opening.failed.connect(self._give_up)

    def open(self, log: RunLog, epoch: int | None = None, *, with_twin: bool = False) -> None:
        """The weights as they are now, or as they were after so many epochs: 0 is before training."""
        wished = [(log, False)]
        if with_twin and (twin := twin_of(self._controller.scene, log)) is not None:
            wished.insert(0, (twin, True))
        steps = []
        for run, is_reference in wished:
            if epoch is None and self._is_live(run):
                steps.append(_Step(run.key, None, is_reference))
                continue
            kept = epoch if epoch in run.states else max(run.states, default=None)
            if kept is None:
                has_ended = run.state in ("diverged", "failed", "stopped")
                why = "it ended before it had any" if has_ended else "wait until it runs"
                self.failed.emit(Failure(f"There are no weights of {run.title} yet; {why}."))
                return
            steps.append(_Step(run.key, run.states[kept], is_reference))
        self._steps, self._awaited = steps, None
        for step in steps:
            if step.path is None:
                self._controller.publish(step.key)
        self._go_on()

    def can_open(self, log: RunLog) -> bool:
        """There are weights of the run, or will be when they are asked for."""
        return self._is_live(log) or bool(log.states)

    def _is_live(self, log: RunLog) -> bool:
        return log.state in ("running", "paused") and self._controller.is_busy

    def _go_on(self) -> None:
        """Open the next one, as soon as its weights are there."""
        if self._steps and self._awaited is None and self._steps[0].path is not None:
            self._awaited = self._steps[0].path
            self._opening.open_weights(self._awaited)

    @Slot(object)
    def _take(self, published: Published) -> None:
        self._steps = [
            replace(step, path=published.path) if step.key == published.key and step.path is None else step
            for step in self._steps
        ]
        self._go_on()

    @Slot(object)
    def _note_opened(self, opened: OpenedNetwork) -> None:
        if self._awaited is None or Path(opened.spec.weights.name) != self._awaited:
            return
        step = self._steps.pop(0)
        self._awaited = None
        if step.is_reference:
            self._editing.set_reference()
        if self._steps:
            self._go_on()
        else:
            self.opened.emit()

    @Slot(object)
    def _give_up(self, _failure: object) -> None:
        self._steps, self._awaited = [], None

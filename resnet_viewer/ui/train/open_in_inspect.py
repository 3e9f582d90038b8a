"""Opens a run's weights in Inspect on a test picture of its own data, with its twin as the reference where wished.

The twin is the run of the same depth, data, recipe and seed with shortcuts where this one has none, or without where it
has some. It is opened first and pinned, then the run itself, then the picture. Without the twin a reference that is
another network is dropped, so that nothing is compared unasked. The weights themselves tell how far shortcuts were
open. Errors are measured on the test pictures of the run from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.lab import Published
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.requests import OpenedNetwork, OpenNetwork, WriteWeights
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.run_plan import settings_of
from resnet_viewer.records.story_groups import are_twins
from resnet_viewer.records.training import RunSpec
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure

WEIGHTS = "weights.safetensors"
"""What a run leaves in its folder at its end."""


class WeightsExport(QObject):
    """Writes a run's weights where the user wants them; what became of it is said as of every file."""

    def __init__(self, window: QWidget, controller: TrainController, outbox: Outbox) -> None:
        super().__init__(window)
        self._window, self._controller, self._outbox = window, controller, outbox
        self._folder: Path | None = None
        self._awaited: dict[str, Path] = {}
        """By the runs' keys: where weights go that are on their way."""
        controller.published.connect(self._take)

    def can_export(self, log: RunLog) -> bool:
        """There are weights of the run, or will be when they are asked for."""
        return self._controller.is_live(log) or self._left(log) is not None

    def export(self, log: RunLog | None) -> None:
        """Ask where to."""
        if log is None:
            self._outbox.refuse("No run is selected; choose one in the table of runs first.")
            return
        if not self.can_export(log):
            self._outbox.refuse(f"There are no weights of {log.title} to export yet; wait until it trains.")
            return
        at = f"step-{log.steps}" if self._controller.is_live(log) else f"epoch-{len(log.epochs)}"
        suggestion = (self._folder or Path.home()) / f"{log.key}-{at}.safetensors"
        path = dialogs.SaveAs.ask(f"Export the weights of {log.title}", suggestion, self._window)
        if path is None:
            return
        if path.suffix.lower() != ".safetensors":
            path = path.with_name(f"{path.name}.safetensors")
        self._folder = path.parent
        if self._controller.is_live(log):
            self._awaited[log.key] = path
            self._controller.publish(log.key)
        elif (left := self._left(log)) is not None:
            self._write(log, left, path)
        else:
            self._outbox.refuse(f"The weights of {log.title} are not in its folder any more.")

    @Slot(object)
    def _take(self, published: Published) -> None:
        path = self._awaited.pop(published.key, None)
        if path is not None and (log := self._controller.scene.log(published.key)) is not None:
            self._write(log, published.path, path)

    def _write(self, log: RunLog, source: Path, path: Path) -> None:
        data = self._controller.scene.data
        report = log.reporting(data.class_names if data is not None else ())
        self._outbox.save(WriteWeights(source, report, path, self._controller.is_live(log)))

    def _left(self, log: RunLog) -> Path | None:
        """The weights of the run's end."""
        path = self._controller.folder_of(log) / WEIGHTS
        return path if log.state not in ("waiting", "running") and path.is_file() else None


@dataclass(frozen=True)
class _Wish:
    key: str
    epoch: int | None
    with_twin: bool
    picture: int
    """Among the test pictures."""


@dataclass(frozen=True)
class _Step:
    """A run to open; its weights are on their way while `path` is None."""

    key: str
    path: Path | None
    is_reference: bool


def twin_of(scene: LabScene, log: RunLog) -> RunLog | None:
    """The run that differs from this one by its shortcuts alone, whatever was done to them on the way, and whatever
    the recipe does that needs them.
    """
    mine = _for_twins(log.run)
    for other in scene.logs:
        theirs = _for_twins(other.run)
        if are_twins(theirs.network, mine.network) and replace(theirs, network=mine.network) == mine:
            return other
    return None


def _for_twins(run: RunSpec) -> RunSpec:
    settings = settings_of(run)
    return replace(settings, recipe=settings.recipe.for_plain)


def tested_picture(scene: LabScene, log: RunLog, index: int) -> Picture | None:
    """One of the pictures that the run is tested on; None while the data are not read."""
    data = scene.data
    if data is None or not 0 <= index < len(data.test_labels):
        return None
    pixels = data.test_pictures[index].transpose(1, 2, 0)  # (C, S, S) -> (S, S, C)
    colours = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels.copy()
    true = class_name(int(data.test_labels[index]), data.class_names)
    title = NAMED[log.run.data].title if log.run.data in NAMED else log.run.data
    return Picture.of(colours, name=f"{title}, test picture {index}, true class {true}")


class OpenInInspect(QObject):
    """Opens runs: one wish at a time; a newer one replaces it."""

    failed = Signal(object)
    said = Signal(str)
    opened = Signal()
    """The run that was wished for is in Inspect."""

    def __init__(
        self, controller: TrainController, files: Askers, loader: Loader, editor: Editor, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller, self._files = controller, files
        self._loader, self._editor = loader, editor
        self._wish: _Wish | None = None
        self._steps: list[_Step] = []
        self._asked: int | None = None
        """Ticket of the weights that are being opened."""
        controller.published.connect(self._take)
        controller.refused.connect(self._note_refused)
        controller.busy_changed.connect(self._note_busy)

    def open(
        self, log: RunLog, epoch: int | None = None, *, with_twin: bool = False, picture: int = 0
    ) -> None:
        """The weights as they are now, or as they were after so many epochs: 0 is before training."""
        twin = twin_of(self._controller.scene, log) if with_twin else None
        steps = []
        for run in (log,) if twin is None else (twin, log):
            if epoch is None and self._controller.is_live(run):
                steps.append(_Step(run.key, None, run is twin))
                continue
            found = self._kept(run, epoch)
            if found is None:
                has_ended = run.state in ("diverged", "failed", "stopped")
                why = "it ended before it had any" if has_ended else "wait until it runs"
                self.failed.emit(Failure(f"There are no weights of {run.title} yet; {why}."))
                return
            steps.append(_Step(run.key, found, run is twin))
        self._give_up()
        self._wish, self._steps = _Wish(log.key, epoch, with_twin, picture), steps
        for wished in steps:
            if wished.path is None:
                self._controller.publish(wished.key)
        self._go_on()

    def open_picture(self, log: RunLog, picture: int) -> None:
        """A test picture in the run as it is now; where Inspect holds just these weights, they stay as they are."""
        found = None if self._controller.is_live(log) else self._kept(log, None)
        if found is not None and self._loader.weights_path == found:
            self._show_picture(log, picture)
            self.opened.emit()
        else:
            self.open(log, picture=picture)

    def can_open(self, log: RunLog) -> bool:
        """There are weights of the run, or will be when they are asked for."""
        return self._controller.is_live(log) or self._kept(log, None) is not None

    def _kept(self, log: RunLog, epoch: int | None) -> Path | None:
        """The file of an epoch, else of the newest weights; what a run left at its end counts."""
        if epoch is not None and epoch in log.states:
            return log.states[epoch]
        newest = max(log.states, default=None)
        if log.state in ("stopped", "diverged") and log.ended is not None:
            last = self._controller.folder_of(log) / WEIGHTS
            if (newest is None or newest * log.steps_per_epoch < log.steps) and last.is_file():
                return last
        return None if newest is None else log.states[newest]

    def _go_on(self) -> None:
        """Open the next one, as soon as its weights are there."""
        if self._steps and self._asked is None and (path := self._steps[0].path) is not None:
            self._asked = self._files.ask(OpenNetwork(path), self._note_opened, self._fail)

    @Slot(object)
    def _take(self, published: Published) -> None:
        self._steps = [
            replace(step, path=published.path) if step.key == published.key and step.path is None else step
            for step in self._steps
        ]
        self._go_on()

    @Slot(object)
    def _note_opened(self, opened: OpenedNetwork) -> None:
        self._asked = None
        self._loader.show_network(opened)
        step = self._steps.pop(0)
        if step.is_reference:
            self._editor.set_reference()
        if self._steps:
            self._go_on()
        else:
            self._finish(opened)

    def _finish(self, opened: OpenedNetwork) -> None:
        wish, self._wish = self._wish, None
        assert wish is not None
        if (log := self._controller.scene.log(wish.key)) is not None:
            self._show_picture(log, wish.picture)
            self._editor.take_run_set(self._controller.folder_of(log))
        title = f"{opened.spec.title}, {opened.spec.weights.title}"
        reference, was_dropped = self._loader.reference_title, False
        if not wish.with_twin:
            was_dropped = self._editor.drop_other_reference()
        self.opened.emit()  # first: what is said on one page is over on the next
        if wish.with_twin:
            self.said.emit(f"The reference is {reference}; {title} is open.")
        elif was_dropped:
            self.said.emit(f"The reference is no longer {reference}; {title} is open.")
        else:
            self.said.emit(f"{title} is open.")

    def _show_picture(self, log: RunLog, index: int) -> None:
        if (picture := tested_picture(self._controller.scene, log, index)) is not None:
            self._loader.show_picture(picture)

    @Slot(str)
    def _note_refused(self, key: str) -> None:
        """What was asked of this run is refused, and why is said already."""
        if any(step.key == key and step.path is None for step in self._steps):
            self._give_up()

    @Slot(bool)
    def _note_busy(self, is_busy: bool) -> None:
        """The lab has ended: what it was to publish is what it has left."""
        wish = self._wish
        if is_busy or wish is None or all(step.path is not None for step in self._steps):
            return
        self._give_up()
        if (log := self._controller.scene.log(wish.key)) is not None:
            self.open(log, wish.epoch, with_twin=wish.with_twin, picture=wish.picture)

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._give_up()
        self._loader.failed.emit(failure)

    def _give_up(self) -> None:
        if self._asked is not None:
            self._files.cancel(self._asked)
        self._wish, self._steps, self._asked = None, [], None

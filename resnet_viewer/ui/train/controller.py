"""Between the lab and the Train tab: sends orders and messages, grows the logs by what is reported, tells the page.

The order of events: `begin` sends an order; the lab says `DataRead`, `Began` for each run, then steps, epochs and
states as they come; every report is taken at once, and the page hears of it some fifteen times a second at most.
When the lab is idle again, what is to go on with a run first sends an order with that run, to go on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from resnet_viewer.charts.run_names import variants
from resnet_viewer.media.lending import taken
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import (
    AddRuns,
    Began,
    Continue,
    DataLent,
    DataRead,
    Extend,
    OfRun,
    OpenShortcuts,
    Order,
    Pause,
    Publish,
    Published,
    Runs,
    RunState,
    StateChanged,
    Stop,
)
from resnet_viewer.records.pace import Pace
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.training import RunSpec
from resnet_viewer.ui.work.process_worker import ProcessWorker
from resnet_viewer.ui.work.worker import Failure


@dataclass(frozen=True)
class Ways:
    """Nothing here may take long, or import torch."""

    runs_of: Callable[[RunPlan], Runs]
    """Raises UserError with one sentence."""
    runs_dir: Callable[[], Path]
    """Where new folders are made."""
    remark: Callable[[str], str]
    """What it costs to have a named data set: "download 170 MB", "" where it is here."""
    has_runs: Callable[[Path], bool]
    """Whether earlier runs can be gone on with from a folder."""
    threads: int = 0
    device: str = ""
    """Where a recipe names none; "" is the best there is."""

    @property
    def threads_words(self) -> str:
        """ "7 threads"; "" where nobody has counted them."""
        words = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return words if self.threads else ""


TOLD_EVERY_MS = 66


class TrainController(QObject):
    """Owns the logs of the runs."""

    scene_changed = Signal(object)
    failed = Signal(object)
    refused = Signal(str)
    """The key of a run of which something was asked that it cannot do; why is in `failed`."""
    published = Signal(object)
    """A `Published`: the weights that were asked for are in a file."""
    progressed = Signal(object)
    """A `Progress`, while the data are read."""
    data_read = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self,
        worker: ProcessWorker,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._clock, self._pace = clock, Pace()
        self._worker = worker
        self._logs: dict[str, RunLog] = {}
        self._removed: dict[str, RunSpec] = {}
        self._at_hand: set[str] = set()
        """Keys of the runs that the lab knows: those of the order in flight, and what was added to it."""
        self._order: Order | None = None
        self._scene = LabScene(pace=self._pace, clock=clock)
        self._ticket = 0
        self._timer = QTimer(self, singleShot=True, interval=TOLD_EVERY_MS)
        self._timer.timeout.connect(self._tell)
        worker.replied.connect(self._take)
        worker.failed.connect(self._fail)
        worker.busy_changed.connect(self._note_busy)

    @property
    def scene(self) -> LabScene:
        """The runs as they are now, whether or not that was told."""
        return self._scene

    @property
    def order(self) -> Order | None:
        """What was asked last: its data, folder and device are those of all runs."""
        return self._order

    @property
    def is_busy(self) -> bool:
        """An order is in flight."""
        return self._worker.is_busy

    @property
    def known(self) -> dict[str, RunSpec]:
        """The runs of the folder by key, also those that were taken out of the list."""
        return self._removed | {log.key: log.run for log in self._logs.values()}

    def is_live(self, log: RunLog) -> bool:
        """Whether the run's weights of now can be published."""
        return log.state in ("running", "paused") and self.is_busy

    def folder_of(self, log: RunLog) -> Path:
        """Where the run's files are."""
        return (self._order.folder if self._order is not None else Path()) / log.key

    def get_ready(self) -> None:
        """An order may come soon."""
        self._worker.start()

    def begin(self, order: Order, data_name: str) -> None:
        """Train these runs, instead of those before."""
        self._logs, self._removed = {}, {}
        self._pace = Pace()
        self._scene = LabScene(
            version=self._scene.version,
            data_name=data_name,
            pace=self._pace,
            clock=self._clock,
            selected=_looked_at_first(order.runs),
        )
        self._send(order)

    def add(self, runs: Runs) -> None:
        """Train these beside the others."""
        if self._order is None or not runs:
            return
        for key, _ in runs:
            self._removed.pop(key, None)
        if self._worker.is_busy:
            self._expect(runs, is_new=not self._order.is_resumed)
        self._put_to_work(runs)

    def _put_to_work(self, runs: Runs) -> None:
        """Beside those at work, else by themselves in the same folder."""
        if self._order is None or not runs:
            return
        if self._worker.is_busy:
            self._at_hand |= {key for key, _ in runs}
            self._worker.tell(AddRuns(runs))
        else:
            self._send(replace(self._order, runs=runs, is_resumed=True, is_shown=False))

    def pause(self, key: str = "") -> None:
        """No further step, of one run or of all."""
        self._worker.tell(Pause(key))

    def go_on(self, key: str = "") -> None:
        """After a pause, or after a stop."""
        self._wake(key)
        self._worker.tell(Continue(key))

    def stop(self, key: str = "") -> None:
        """End a run, or all, after the step at hand."""
        if self._worker.is_busy:
            self._worker.tell(Stop(key))

    def cancel(self) -> None:
        """End the order now, whatever it is at."""
        self._worker.stop()

    def extend(self, epochs: int, key: str = "") -> None:
        """Make a run longer, or all."""
        self._wake(key, "done")
        self._worker.tell(Extend(epochs, key))

    def open_shortcuts(self, strength: float, key: str = "") -> None:
        """From the next step on."""
        self._worker.tell(OpenShortcuts(strength, key))

    def publish(self, key: str) -> None:
        """Ask for the run's weights as they are now."""
        self._worker.tell(Publish(key))

    @Slot(str)
    def select(self, key: str) -> None:
        """Choose a run everywhere."""
        if key != self._scene.selected:
            self._change(selected=key)

    @Slot(object)
    def point(self, moment: float | None) -> None:
        """Epochs under the pointer of a plot, or None."""
        if moment != self._scene.time:
            self._change(time=moment)

    def remove(self, key: str) -> None:
        """Take a run out of the list; its files stay."""
        if (log := self._logs.pop(key, None)) is not None:
            self._removed[key] = log.run
            self.stop(key)
            self._name_siblings()
            self._change(selected="" if self._scene.selected == key else self._scene.selected)

    def _wake(self, key: str, *states: RunState) -> None:
        """Let runs have turns again that were stopped, or are in one of these states and unknown to the lab at work."""
        known = self._at_hand if self._worker.is_busy else set()
        runs = tuple(
            (log.key, log.run)
            for log in self._logs.values()
            if key in ("", log.key)
            and (log.state in ("stopped", "failed") or (log.state in states and log.key not in known))
        )
        self._put_to_work(runs)

    def _send(self, order: Order) -> None:
        self._order, self._at_hand = order, {key for key, _ in order.runs}
        self._expect(order.runs, is_new=not order.is_resumed)
        self._ticket += 1
        self._worker.ask(self._ticket, order)

    def _expect(self, runs: Iterable[tuple[str, RunSpec]], *, is_new: bool) -> None:
        """Runs that are not `is_new` may have been begun by an earlier start."""
        for key, run in runs:
            self._logs.setdefault(key, RunLog(key, run, is_read=is_new))
        self._name_siblings()
        self._change()

    def _name_siblings(self) -> None:
        """Sort, and note what tells runs of the same network apart."""
        logs = list(self._logs.values())
        for log, told in zip(logs, variants([log.run for log in logs]), strict=True):
            log.variant, log.has_siblings = told
        self._logs = {log.key: log for log in sorted(logs, key=_rank)}

    def _change(self, **fields: object) -> None:
        self._scene = replace(
            self._scene,
            logs=tuple(self._logs.values()),
            arrived=self._scene.depths if self._logs else (),
            version=self._scene.version + 1,
            is_busy=self._worker.is_busy,
            **fields,  # type: ignore[arg-type]
        )
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        self.scene_changed.emit(self._scene)

    @Slot(int, object)
    def _take(self, ticket: int, reply: object) -> None:
        if ticket != self._ticket:
            return
        if isinstance(reply, Progress):
            self.progressed.emit(reply)
        elif isinstance(reply, DataLent):
            self._pace.take(reply.read, now=self._clock())
            self._take_data(reply)
        elif isinstance(reply, DataRead):
            self._pace.take(reply, now=self._clock())
            self._change(data=reply)
            self.data_read.emit()
        elif isinstance(reply, OfRun):
            self._grow(reply)

    def _take_data(self, data: DataLent) -> None:
        """Training goes on where its test pictures cannot be shown."""
        try:
            self._change(data=taken(data))
        except UserError as error:
            self.failed.emit(Failure(str(error)))
        self.data_read.emit()

    def _grow(self, report: OfRun) -> None:
        self._pace.take(report, now=self._clock())  # also of a run that was taken out of the list
        log = self._logs.get(report.key)
        if log is None:
            if report.key in self._removed or not isinstance(report, Began):
                return
            log = self._logs[report.key] = RunLog(report.key, report.run)
            self._name_siblings()
        refusal = ""
        if isinstance(report, StateChanged) and report.state in ("failed", log.state):
            refusal = report.sentence
        log.take(report)
        self._change()
        if refusal:
            self.failed.emit(Failure(refusal))
            self.refused.emit(log.key)
        if isinstance(report, Published):
            self.published.emit(report)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: object) -> None:
        if ticket != self._ticket:
            return
        assert isinstance(failure, Failure)
        self._end_runs("failed", failure.sentence)
        self._change()
        self.data_read.emit()
        self.failed.emit(failure)

    def _end_runs(self, state: RunState, sentence: str = "") -> None:
        """Those at work, as the lab no longer is."""
        for log in self._logs.values():
            if log.is_at_work:
                log.state, log.sentence = state, sentence or log.sentence
                self._pace.take(StateChanged(log.key, state), now=self._clock())

    @Slot(bool)
    def _note_busy(self, is_busy: bool) -> None:
        if not is_busy:
            self._end_runs("stopped")
            self.data_read.emit()
        self._change()
        self._tell()
        self.busy_changed.emit(is_busy)


def _looked_at_first(runs: Runs) -> str:
    """The key of the deepest plain network, else of the deepest: what happens to it is what the runs are about."""
    networks = {key: run.network for key, run in runs}
    return max(networks, key=lambda key: (not networks[key].has_shortcuts, networks[key].depth), default="")


def _rank(log: RunLog) -> tuple[int, bool, str, int]:
    """By depth, plain beside residual."""
    network = log.run.network
    return network.depth, network.has_shortcuts, log.group_title, network.seed

"""Between the process that studies and the Studies tab: sends orders and questions, keeps the results, tells the page.

The order of events: what a study would cost is asked as often as something changes, and only the newest question is
answered; `begin` sends an order; pictures are read, then the result so far comes after every point, ten times a second
at most, and the page hears of it four times a second; the process ends it, or is told to. A result that is not complete
is read from its folder once more, for its last points may have reached the disk alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.report import EstimateReport, LeftOut, Reported, ReportOrder, ReportStep
from resnet_viewer.records.study import (
    Basis,
    Estimate,
    EstimateStudy,
    KeptStudies,
    RemoveStudy,
    StudyInfo,
    StudyOrder,
    StudyResult,
)
from resnet_viewer.ui.studies.scene import Live, StudyScene
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.process_worker import ProcessWorker
from resnet_viewer.ui.work.worker import Failure

TOLD_EVERY_MS, GROWN_EVERY_MS = 66, 250
"""What was wished is told soon, what was measured seldom enough that drawing it leaves the machine to the study."""


class StudyController(QObject):
    """Owns the results."""

    scene_changed = Signal(object)
    estimated = Signal(object)
    """An Estimate, or the Failure that says why there is none."""
    failed = Signal(object)
    ended = Signal(object)
    """The StudyResult of a study that has come to its end, complete or not."""
    busy_changed = Signal(bool)
    report_estimated = Signal(object)
    """An Estimate, or LeftOut, of one study of a report that is thought about; or the Failure to estimate any."""
    report_ended = Signal(object)
    """The Reported; None where it was cancelled or failed."""

    def __init__(
        self,
        worker: ProcessWorker,
        files: Askers,
        studies: Sequence[StudyInfo],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._worker, self._files = worker, files
        self._scene = StudyScene(studies[0] if studies else None)
        self._results: dict[Path, StudyResult] = {}
        self._tickets = 0
        self._at_work = self._asked = 0
        """Tickets of the order and of the question in flight; 0 for none."""
        self._before: tuple[frozenset[Path], Path | None] = frozenset(), None
        """What was ticked and selected when the study at work was begun."""
        self._estimate: Estimate | None = None
        self._report: ReportOrder | None = None
        """At work."""
        self._reported: Reported | None = None
        self._report_asked = 0
        """The ticket of the question what a report's studies cost."""
        self._report_costs: dict[str, Estimate] = {}
        """By the studies' names."""
        self._has_looked = False
        self._touched: set[str] = set()
        """Names of the studies of which something was ticked or begun; of others the newest result is shown."""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell)
        worker.replied.connect(self._take)
        worker.failed.connect(self._fail)
        worker.ended.connect(self._end)

    @property
    def scene(self) -> StudyScene:
        """As it is now, whether or not that was told."""
        return self._scene

    @property
    def is_busy(self) -> bool:
        """A study is at work."""
        return self._scene.live is not None

    def get_ready(self, folder: Path) -> None:
        """Orders may come soon; what earlier starts have left in `folder` is read."""
        self._worker.start()
        if not self._has_looked:
            self._has_looked = True
            self._files.ask(KeptStudies(folder), self._take_kept, self.failed)

    def choose(self, info: StudyInfo) -> None:
        """Another study."""
        if info is not self._scene.info:
            self._change(info=info, selected=None)
            self._show_newest()

    def estimate(self, order: StudyOrder) -> None:
        """Ask what it would cost; a question that waits is given up for this one."""
        self._asked = self._ask(EstimateStudy(order))

    def forget_estimate(self) -> None:
        """Nobody wants to know any more."""
        self._asked = 0

    def begin(self, order: StudyOrder) -> None:
        """Measure, from the beginning or where it was left; its result is what is shown."""
        known = self._results.get(order.folder) if order.is_resumed else None
        self._results[order.folder] = known or StudyResult(order, Basis(), 0)
        rows, seconds = (len(known.rows), known.seconds) if known is not None else (0, 0.0)
        estimate = self._estimate
        if estimate is not None and not _is_same(estimate.order, order):
            estimate = None
        self._asked = 0
        self._touch()
        self._before = self._scene.ticked, self._scene.selected
        self._change(
            live=Live(order.folder, rows, seconds, estimate=estimate),
            ticked=self._scene.ticked - {result.order.folder for result in self._scene.of_study}
            | {order.folder},
            selected=order.folder,
        )
        self._at_work = self._ask(order)
        self.busy_changed.emit(True)

    def estimate_report(self, orders: tuple[StudyOrder, ...]) -> None:
        """Ask what each of them would cost."""
        self._report_asked, self._report_costs = self._ask(EstimateReport(orders)), {}

    def forget_report_estimates(self) -> None:
        """Nobody wants to know any more."""
        if self._report_asked:
            self._worker.cancel(self._report_asked)
        self._report_asked = 0

    def begin_report(self, order: ReportOrder) -> None:
        """Make its studies one after the other, then write it."""
        self.forget_report_estimates()
        self._asked, self._report, self._reported = 0, order, None
        self._at_work = self._ask(order)
        self._take_step(ReportStep(order.studies[0], 1, len(order.studies)))
        self.busy_changed.emit(True)

    def _take_step(self, step: ReportStep) -> None:
        """A report is at this study."""
        self._drop_empty()
        order = step.study
        known = self._results.setdefault(order.folder, StudyResult(order, Basis(), 0))
        is_ending = self._scene.live is not None and self._scene.live.is_ending
        estimate = self._report_costs.get(order.study)
        if estimate is not None and not _is_same(estimate.order, order):
            estimate = None
        live = Live(
            order.folder, len(known.rows), known.seconds, estimate=estimate, is_ending=is_ending, step=step
        )
        self._change(live=live)
        self._show_newest()

    def _drop_empty(self) -> None:
        """Results of which no point was measured, and none will be."""
        for folder in [folder for folder, result in self._results.items() if not result.rows]:
            del self._results[folder]

    def _end_report(self) -> None:
        order, reported = self._report, self._reported
        assert order is not None
        self._at_work, self._report, self._reported = 0, None, None
        self._drop_empty()
        self._change(live=None)
        self._show_newest()
        self._tell()
        for study in order.studies:
            result = self._results.get(study.folder)
            if result is not None and not result.is_complete:
                self._files.ask(KeptStudies(study.folder), self._take_kept, self._note_nothing)
        self.busy_changed.emit(False)
        self.report_ended.emit(reported)

    def cancel(self) -> None:
        """End the study at work after the step at hand; its points are kept."""
        if (live := self._scene.live) is not None and not live.is_ending:
            self._change(live=replace(live, is_ending=True))
            self._worker.cancel(self._at_work)

    def tick(self, folder: Path, is_ticked: bool) -> None:
        """Lay a result over the others, or take it away."""
        self._touch()
        ticked = self._scene.ticked | {folder} if is_ticked else self._scene.ticked - {folder}
        self._change(ticked=ticked)

    def show_alone(self, folder: Path) -> None:
        """Only this one of its study."""
        self._touch()
        of_study = {result.order.folder for result in self._scene.of_study}
        self._change(ticked=self._scene.ticked - of_study | {folder}, selected=folder)

    def select(self, folder: Path | None) -> None:
        """The result that is meant where one is asked for."""
        if folder != self._scene.selected:
            self._change(selected=folder)

    def remove(self, result: StudyResult) -> None:
        """Delete the files of a result that is not at work."""
        if not self._scene.is_live(result):
            self._files.ask(RemoveStudy(result.order.folder), self._forget, self.failed)

    def open_folder(self, folder: Path) -> None:
        """Show the studies that are kept in a folder, which may be one's own."""
        self._files.ask(KeptStudies(folder), self._take_opened, self.failed)

    def _ask(self, request: StudyOrder | EstimateStudy | ReportOrder | EstimateReport) -> int:
        self._tickets += 1
        self._worker.ask(self._tickets, request)
        return self._tickets

    def _change(self, within: int = TOLD_EVERY_MS, **fields: object) -> None:
        """The page hears of it within so many milliseconds."""
        newest = sorted(self._results.values(), key=lambda result: result.order.folder.name, reverse=True)
        self._scene = replace(
            self._scene,
            results=tuple(newest),
            **fields,  # type: ignore[arg-type]
        )
        if not self._timer.isActive() or self._timer.remainingTime() > within:
            self._timer.start(within)

    @Slot()
    def _tell(self) -> None:
        self.scene_changed.emit(self._scene)

    @Slot(int, object)
    def _take(self, ticket: int, reply: object) -> None:
        if ticket == self._report_asked:
            if isinstance(reply, Estimate):
                self._report_costs[reply.order.study] = reply
            if isinstance(reply, Estimate | LeftOut):
                self.report_estimated.emit(reply)
        elif isinstance(reply, Estimate):
            self._estimate = reply
            if ticket == self._asked:
                self.estimated.emit(reply)
        elif ticket == self._at_work and (live := self._scene.live) is not None:
            if isinstance(reply, Progress):
                self._change(GROWN_EVERY_MS, live=replace(live, reading=reply))
            elif isinstance(reply, StudyResult):
                self._results[live.folder] = reply
                self._change(GROWN_EVERY_MS)
            elif isinstance(reply, ReportStep):
                self._take_step(reply)
            elif isinstance(reply, Reported):
                self._reported = reply

    @Slot(int, object)
    def _fail(self, ticket: int, failure: Failure) -> None:
        if ticket == self._report_asked:
            self.report_estimated.emit(failure)
        elif ticket == self._asked:
            self.estimated.emit(failure)
        elif ticket == self._at_work:
            self.failed.emit(failure)

    @Slot(int)
    def _end(self, ticket: int) -> None:
        if ticket == self._report_asked:
            self._report_asked = 0
        if ticket == self._asked:
            self._asked = 0
        if ticket != self._at_work or (live := self._scene.live) is None:
            return
        if self._report is not None:
            self._end_report()
            return
        self._at_work = 0
        result = self._results[live.folder]
        if not result.rows:
            del self._results[live.folder]
            ticked, selected = self._before
            others = {
                folder for folder, other in self._results.items() if other.order.study == result.order.study
            }
            if self._scene.ticked.isdisjoint(others):  # nobody has ticked another meanwhile
                self._change(ticked=self._scene.ticked | ticked & others, selected=selected)
        self._change(live=None)
        self._tell()
        if not (result.points and result.is_complete):
            self._files.ask(KeptStudies(live.folder), self._take_kept, self._note_nothing)
        self.busy_changed.emit(False)
        self.ended.emit(result)

    @Slot(object)
    def _note_nothing(self, _failure: Failure) -> None:
        """Where it was ended before its first point, nothing is kept."""

    @Slot(object)
    def _take_kept(self, result: StudyResult) -> None:
        folder = result.order.folder
        if self._scene.live is not None and self._scene.live.folder == folder:
            return  # what comes from the process is newer
        self._results[folder] = result
        self._change()
        self._show_newest()

    @Slot(object)
    def _take_opened(self, result: StudyResult) -> None:
        self._touch()
        self._take_kept(result)
        self._change(ticked=self._scene.ticked | {result.order.folder})

    @Slot(object)
    def _forget(self, request: RemoveStudy) -> None:
        self._results.pop(request.folder, None)
        self._change(ticked=self._scene.ticked - {request.folder})
        self._show_newest()

    def _touch(self) -> None:
        """What is shown of the chosen study is the user's from now on."""
        if self._scene.info is not None:
            self._touched.add(self._scene.info.name)

    def _show_newest(self) -> None:
        """Of the chosen study, where nobody chose otherwise."""
        info, of_study = self._scene.info, self._scene.of_study
        if info is None or not of_study:
            return
        newest = of_study[0].order.folder
        if info.name not in self._touched:
            others = {result.order.folder for result in of_study}
            self._change(ticked=self._scene.ticked - others | {newest})


def _is_same(one: StudyOrder, other: StudyOrder) -> bool:
    """They measure the same, wherever that is kept."""
    return replace(one, folder=other.folder, is_resumed=other.is_resumed) == other

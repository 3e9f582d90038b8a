"""From what is wanted to what is shown.

The order of events: the store changes; the change takes the next ticket; panels get a Scene at once, with the
old readings marked stale, or with remembered ones; what is not remembered is asked of the worker, which answers
it or, when busy, keeps it until something newer replaces it. A reply is shown if, and only if, its ticket is
not older than the one on screen, so an undo while busy never shows the undone state.

What takes longer is a question of its own, asked with `find`: the worker looks into it while nothing else is asked,
and what it finds stands in the Scene until the session's questions are others. What is measured on the test set does
not depend on the picture, and stays until the session would measure something else.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtCore import QObject, Signal, Slot

from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.question import Finding, Request
from resnet_viewer.records.requests import PackReadings, Pair
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.seen import Seen
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import SetReading
from resnet_viewer.ui.inspect.answers import Answers
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.work.asking import Asker
from resnet_viewer.ui.work.worker import Failure, Worker


@dataclass
class _Readings:
    """The questions of one ticket, and what came back so far."""

    now_question: ProbeRequest | None = None
    reference_question: ProbeRequest | None = None
    now: ProbeResult | None = None
    reference: ProbeResult | None = None

    @property
    def is_whole(self) -> bool:
        return self.now is not None and self.now.is_complete and self.reference is not None

    def take(self, result: Finding) -> bool:
        """Put a reading where its question is; False where nobody here asked it or it brings nothing."""
        assert isinstance(result, ProbeResult)
        taken = False
        if result.request == self.now_question and (result.is_complete or self.now is None):
            self.now = result
            taken = True
        if result.request == self.reference_question and result.is_complete:
            self.reference = result
            taken = True
        return taken


def _questions(session: Session) -> tuple[ProbeRequest | None, ProbeRequest | None]:
    return session.now_question(), session.reference_question()


class Controller(QObject):
    """Keeps the Scene in step with the Session."""

    scene_changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        store: Store,
        worker: Worker,
        answers: Answers | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._worker = worker
        self._answers = answers if answers is not None else Answers()
        self._newest = 0
        self._shown_ticket = 0
        self._shown = _Readings()
        self._alone: list[ProbeResult | None] = [None, None]
        """Now and the reference as they are shown, of one picture of a batch."""
        self._asked: dict[int, _Readings] = {}
        self._sought: dict[Hashable, int] = {}
        """Questions of low priority that were asked for the present session, and their tickets."""
        self._findings: dict[Hashable, Finding] = {}
        self._seen = Seen()
        self._is_starting = store.session.setup.picture is None
        self._scene = Scene(store.session, is_starting=self._is_starting)
        store.changed.connect(self._follow)
        worker.replied.connect(self._receive)
        worker.failed.connect(self._fail)

    @property
    def scene(self) -> Scene:
        """What is on screen."""
        return self._scene

    @Slot()
    def end_start(self) -> None:
        """What the window starts with is there, or will not come."""
        self._is_starting = False
        self._publish()

    def find(self, question: Request, failed: Asker, progressed: Asker | None = None) -> None:
        """Look into something with low priority: what is found is in the Scene under its question, a `Finding`.

        What was found before is there at once. A newer question of its class makes one that is not answered yet
        pointless, and so does another question of the session: who still wants to know asks again. Only what the
        session measures on its test set goes on while that is the same.
        """
        if (known := self._answers.get(question)) is not None:
            self._sought[question] = -1
            self._take_finding(known)
        else:
            self._sought[question] = self._worker.low.ask(
                question, self._take_finding, failed, progressed=progressed
            )

    def recall(self, question: Request) -> bool:
        """Have what was found before in the Scene; False where that is nothing."""
        if (known := self._answers.get(question)) is None:
            return False
        self._take_finding(known)
        return True

    def seeks(self, question: Request) -> bool:
        """Whether it was asked about the present session, and not given up."""
        return question in self._sought

    def give_up(self, question: Request) -> None:
        """Find no more; what was found so far stays."""
        self._worker.low.cancel(self._sought.pop(question, -1))

    @Slot(object)
    def _take_finding(self, finding: Finding) -> None:
        if finding.is_complete:
            self._answers.put(finding)
            if isinstance(finding, SetReading):
                self._seen = self._seen.with_set(finding)
        self._findings[finding.request] = finding
        self._publish()

    @Slot(object)
    def _remember(self, packed: ProbeResult) -> None:
        self._answers.put(packed)

    @Slot(object, object)
    def _follow(self, old: Session, new: Session) -> None:
        is_same = _questions(old) == _questions(new)
        measured, measures = old.measure_question(), new.measure_question()
        for question in tuple(self._sought):
            if question != measures and (question == measured or not is_same):
                self._worker.low.cancel(self._sought.pop(question))
        if not is_same or measured != measures:
            self._findings = {
                question: found
                for question, found in self._findings.items()
                if question == measures or (is_same and question != measured)
            }
        if is_same:
            self._publish()
        else:
            self._take_ticket(new)

    def _take_ticket(self, session: Session) -> None:
        self._newest += 1
        now_question, reference_question = _questions(session)
        readings = _Readings(now_question, reference_question)
        for question in {now_question, reference_question} - {None}:
            if question is not None and (known := self._answers.get(question)) is not None:
                readings.take(known)
        if now_question is None or readings.is_whole:
            self._worker.forget_waiting()
            self._asked.clear()
            self._show(self._newest, readings)
            return
        self._asked[self._newest] = readings
        wants_now = readings.now is None
        wants_reference = readings.reference is None and reference_question != now_question
        self._worker.ask(
            self._newest,
            Pair(now_question if wants_now else None, reference_question if wants_reference else None),
        )
        self._publish()  # while the worker computes

    @Slot(int, object)
    def _receive(self, ticket: int, result: object) -> None:
        assert isinstance(result, ProbeResult)
        if result.is_complete:
            self._answers.put(result)
            self._seen = self._seen.with_reading(result)
            self._worker.low.ask(PackReadings(), self._remember, self.failed)
        newest = self._asked.get(self._newest)
        if ticket != self._newest and newest is not None and newest.take(result) and newest.is_whole:
            self._worker.forget_waiting()  # what is wanted now was asked before, and has just been answered
            self._show(self._newest, newest)
            return
        readings = self._asked.get(ticket)
        if ticket < self._shown_ticket or readings is None or not readings.take(result):
            return
        if not result.is_complete and self._covers_screen():
            return  # a full reading that is a little older tells more than logits alone
        if self._fits(readings.now):
            self._show(ticket, readings)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: object) -> None:
        assert isinstance(failure, Failure)
        self._asked.pop(ticket, None)
        if ticket == self._newest:
            self.failed.emit(failure)

    def _show(self, ticket: int, readings: _Readings) -> None:
        self._shown_ticket = ticket
        self._shown = readings
        self._asked = {t: asked for t, asked in self._asked.items() if t >= ticket}
        self._publish()

    def _publish(self) -> None:
        now, reference = self._shown.now, self._shown.reference
        now = now if self._fits(now) else None
        if reference is not None and not _is_of(reference, self._store.session.reference):
            reference = None
        is_stale = self._shown_ticket != self._newest
        is_starting = self._is_starting and self._store.session.setup.picture is None
        findings = MappingProxyType(dict(self._findings))
        now, reference = self._of_batch(0, now), self._of_batch(1, reference)
        self._scene = Scene(self._store.session, now, reference, is_stale, is_starting, findings, self._seen)
        self.scene_changed.emit(self._scene)

    def _of_batch(self, which: int, whole: ProbeResult | None) -> ProbeResult | None:
        """What is shown of the chosen picture; the same object for as long as that is the same."""
        place, known = self._store.session.view.of_batch, self._alone[which]
        if whole is None or known is None or known.whole is not whole or known.alone(place) is not known:
            self._alone[which] = known = None if whole is None else whole.alone(place)
        return known

    def _covers_screen(self) -> bool:
        now = self._shown.now
        return now is not None and now.is_complete and self._fits(now)

    def _fits(self, result: ProbeResult | None) -> bool:
        """Readings of another network than now's cannot be drawn on its strip."""
        return result is not None and _is_of(result, self._store.session.setup.state)


def _is_of(result: ProbeResult, state: NetworkState) -> bool:
    """Whether a reading is of the same network with the same side of its input."""
    found = result.request.state
    return found.network == state.network and found.preprocessing.crop == state.preprocessing.crop

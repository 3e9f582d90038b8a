"""What is heard of a request goes to who asked it, and work of low priority goes on between questions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QObject, QThread, Signal, Slot
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.question import Request
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure, Worker


@dataclass(frozen=True)
class Ask(Request):
    """Answered by its own word."""

    word: str


@dataclass(frozen=True)
class Long(Request):
    """Work of low priority, in so many steps."""

    steps: int
    name: str = ""


class Other(Long):
    """Of another kind."""


class Silent(Request):
    """Work whose steps mostly have nothing to say."""


class Service:
    """Notes every step of what it does."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.threads: set[QThread] = set()
        self.is_held = False
        self.reached = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)

    def _wait(self) -> None:
        self.reached.release()
        if self.is_held:
            assert self.allowed.acquire(timeout=60)

    def answer(self, request: object) -> Iterator[object]:
        self.threads.add(QThread.currentThread())
        match request:
            case Long(steps, name):
                try:
                    for step in range(steps):
                        self._wait()
                        self.done.append(f"{name}{step}")
                        yield Progress(step + 1, steps)
                    if name == "refused":
                        raise UserError("This is refused; try another.")
                    yield f"{name} found"
                finally:
                    self.done.append(f"{name} ended")
            case Silent():
                yield from (None, None, "said", None)
            case Ask(word):
                self._wait()
                self.done.append(word)
                if word == "refuse":
                    raise UserError("This is refused; try another.")
                yield word


class Asker(QObject):
    """One who asks, and what it hears."""

    heard = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.failures: list[str] = []
        self.progress: list[int] = []

    @Slot(object)
    def take(self, answer: object) -> None:
        self.answers.append(answer)
        self.heard.emit()

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        self.failures.append(failure.sentence)

    @Slot(object)
    def follow(self, progress: Progress) -> None:
        self.progress.append(progress.done)


class Room:
    """A worker and those who ask it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.service = qtbot, Service()
        self.worker = Worker(lambda: self.service, name="test-asking")
        self.high = Askers(self.worker)

    def hold(self) -> None:
        self.service.is_held = True

    def reach(self) -> None:
        """Until the work is at its next place where the test holds it, with the event loop alive."""
        self.qtbot.waitUntil(lambda: self.service.reached.acquire(blocking=False))

    def look_into(self, question: Long, asker: Asker) -> int:
        return self.worker.low.ask(question, asker.take, asker.fail, progressed=asker.follow)

    def let_go(self) -> None:
        self.service.is_held = False
        self.service.allowed.release(1000)


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    made = Room(qtbot)
    yield made
    made.let_go()
    made.worker.close()


def test_each_hears_its_own_answer_or_its_own_failure_and_nothing_else(room: Room) -> None:
    askers = [Asker() for _ in range(4)]
    for asker, word in zip(askers, ("a", "refuse", "b", "a"), strict=True):
        room.high.ask(Ask(word), asker.take, asker.fail)
    room.qtbot.waitUntil(lambda: bool(askers[-1].answers))
    assert [asker.answers for asker in askers] == [["a"], [], ["b"], ["a"]]
    assert [len(asker.failures) for asker in askers] == [0, 1, 0, 0]


def test_an_asker_that_has_died_hears_nothing_and_nobody_minds(room: Room) -> None:
    room.hold()
    dead, alive = Asker(), Asker()
    answers = dead.answers
    room.high.ask(Ask("a"), dead.take, dead.fail)
    room.high.ask(Ask("refuse"), dead.take, dead.fail)
    room.high.ask(Ask("b"), alive.take, alive.fail)
    with room.qtbot.waitSignal(dead.destroyed):
        dead.deleteLater()
    room.let_go()
    room.qtbot.waitUntil(lambda: bool(alive.answers))
    assert not answers
    assert not room.high._asked


def test_what_is_cancelled_is_not_heard_of_any_more(room: Room) -> None:
    room.hold()
    asker, other = Asker(), Asker()
    at_work = room.high.ask(Ask("a"), asker.take, asker.fail)
    waiting = room.high.ask(Ask("b"), asker.take, asker.fail)
    room.high.ask(Ask("c"), other.take, other.fail)
    room.reach()
    for ticket in (at_work, waiting, 99):
        room.high.cancel(ticket)
    room.let_go()
    room.qtbot.waitUntil(lambda: other.answers == ["c"])
    assert not asker.answers
    assert room.service.done == ["a", "c"]


def test_low_priority_goes_on_only_while_nothing_else_is_asked(room: Room) -> None:
    room.hold()
    asker, other = Asker(), Asker()
    room.look_into(Long(6, "low"), asker)
    room.service.allowed.release(2)
    for _ in range(3):
        room.reach()
    for word in "abc":
        room.high.ask(Ask(word), other.take, other.fail)
    room.let_go()
    room.qtbot.waitUntil(lambda: asker.answers == ["low found"])
    assert other.answers == ["a", "b", "c"]
    order = room.service.done
    assert order[:6] == ["low0", "low1", "low2", "a", "b", "c"], "they waited for more than the step at hand"
    assert order[6:] == ["low3", "low4", "low5", "low ended"]
    assert asker.progress == [1, 2, 3, 4, 5, 6]
    assert room.service.threads == {room.worker._thread}


def test_what_was_asked_before_comes_before_the_first_step(room: Room) -> None:
    room.hold()
    asker = Asker()
    room.high.ask(Ask("a"), asker.take, asker.fail)
    room.reach()
    room.look_into(Long(1, "low"), asker)
    room.high.ask(Ask("b"), asker.take, asker.fail)
    room.let_go()
    room.qtbot.waitUntil(lambda: len(asker.answers) == 3)
    assert room.service.done == ["a", "b", "low0", "low ended"]


@pytest.mark.parametrize("how", ["cancel", "stop", "stop all", "close"])
def test_it_can_be_ended_and_puts_everything_back(
    room: Room, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.hold()
    asker = Asker()
    ticket = room.look_into(Long(1000, "low"), asker)
    room.service.allowed.release(2)
    for _ in range(3):
        room.reach()
    if how == "cancel":
        room.worker.low.cancel(ticket)
    elif how == "stop":
        room.worker.low.stop()
    elif how == "stop all":
        room.worker.stop()
    else:  # which stops before it waits for the thread
        stop = room.worker.stop
        monkeypatch.setattr(room.worker, "stop", lambda: (stop(), room.let_go()))
        room.worker.close()
    heard = list(asker.progress)
    room.let_go()
    room.qtbot.waitUntil(lambda: "low ended" in room.service.done)
    assert room.service.done[-1] == "low ended"
    assert len(room.service.done) < 1000
    assert asker.progress == heard, "something was heard after the end"
    assert not asker.answers
    if how != "close":
        room.look_into(Long(1, "next"), asker)
        room.qtbot.waitUntil(lambda: asker.answers == ["next found"])


def test_a_newer_question_of_its_kind_replaces_it_also_at_work(room: Room) -> None:
    room.hold()
    older, newer, other = Asker(), Asker(), Asker()
    room.look_into(Long(1000, "older"), older)
    room.reach()
    room.look_into(Other(1, "other"), other)
    room.look_into(Long(1, "between"), older)
    room.look_into(Long(1, "newer"), newer)
    room.let_go()
    room.qtbot.waitUntil(lambda: bool(newer.answers) and bool(other.answers))
    assert not older.answers
    assert room.service.done == ["older0", "older ended", "other0", "newer0", "other ended", "newer ended"]


def test_work_of_low_priority_takes_turns_so_that_short_work_never_waits_for_long(room: Room) -> None:
    room.hold()
    long, short = Asker(), Asker()
    room.look_into(Long(6, "long"), long)
    room.reach()
    room.look_into(Other(2, "short"), short)
    room.let_go()
    room.qtbot.waitUntil(lambda: bool(long.answers) and bool(short.answers))
    assert room.service.done[:7] == ["long0", "short0", "long1", "short1", "long2", "long3", "short ended"]
    assert long.progress == [1, 2, 3, 4, 5, 6]


def test_one_of_several_at_work_is_cancelled_and_the_others_go_on(room: Room) -> None:
    room.hold()
    first, second = Asker(), Asker()
    room.look_into(Long(3, "first"), first)
    cancelled = room.look_into(Other(1000, "second"), second)
    room.reach()
    room.worker.low.cancel(cancelled)
    room.let_go()
    room.qtbot.waitUntil(lambda: bool(first.answers))
    assert first.answers == ["first found"]
    assert not second.answers
    assert len(room.service.done) < 10
    assert not room.worker._low._lane.stopped, "a ticket stays behind"


def test_a_step_with_nothing_to_say_is_not_heard(room: Room) -> None:
    asker = Asker()
    room.worker.low.ask(Silent(), asker.take, asker.fail, progressed=asker.follow)
    room.qtbot.waitUntil(lambda: bool(asker.answers))
    assert asker.answers == ["said"]
    assert not asker.progress


def test_its_failure_is_its_askers(room: Room) -> None:
    asker, other = Asker(), Asker()
    room.look_into(Long(1, "refused"), asker)
    room.look_into(Other(1, "other"), other)
    room.qtbot.waitUntil(lambda: bool(other.answers))
    assert asker.failures == ["This is refused; try another."]
    assert not other.failures


def test_what_is_stopped_is_let_go_of_though_its_turn_never_comes(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each would keep what it was asked about for as long as somebody clicks without a rest."""
    monkeypatch.setattr("resnet_viewer.ui.work.worker.REST_MS", 3_600_000)
    asker = Asker()
    room.worker.ask(1, Ask("a"))
    room.qtbot.waitUntil(lambda: "a" in room.service.done and not room.worker.is_busy)
    for number in range(20):
        room.look_into(Long(3, f"low{number}"), asker)
    room.qtbot.waitUntil(lambda: len(room.worker._low._in_flight) == 1)
    assert room.service.done == ["a"], "none of them was worked on"

"""The worker, steered by events that the test holds; no sleeping."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.question import Request
from resnet_viewer.ui.work.worker import Failure, Worker


class Newest(str, Request, newest_only=True):
    """A question that a newer one makes pointless."""


class Work:
    """Answers with the request, step by step, as the test allows."""

    def __init__(self) -> None:
        self.made_on = QThread.currentThread().objectName()
        self.begun: list[object] = []
        self.closed: list[object] = []
        self.started = threading.Semaphore(0)
        self.allowed = threading.Semaphore(0)

    def answer(self, request: object) -> Iterator[object]:
        self.begun.append(request)
        self.started.release()
        try:
            if request == "refuse":
                raise UserError("This is refused; try another.")
            if request == "break":
                raise KeyError("inner")
            for step in range(2):
                assert self.allowed.acquire(timeout=60)
                yield (request, step)
        finally:
            self.closed.append(request)


class Ear(QObject):
    """Hears what a worker says, and on which thread."""

    heard = Signal()

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.replies: list[tuple[int, object]] = []
        self.failures: list[tuple[int, Failure]] = []
        self.busy: list[bool] = []
        self.threads: set[QThread] = set()
        worker.replied.connect(self.hear)
        worker.failed.connect(self.hear_failure)
        worker.busy_changed.connect(self.hear_busy)

    @Slot(int, object)
    def hear(self, ticket: int, reply: object) -> None:
        self.threads.add(QThread.currentThread())
        self.replies.append((ticket, reply))
        self.heard.emit()

    @Slot(int, object)
    def hear_failure(self, ticket: int, failure: Failure) -> None:
        self.failures.append((ticket, failure))

    @Slot(bool)
    def hear_busy(self, busy: bool) -> None:
        self.busy.append(busy)


class Bench:
    """A worker, what it runs, and what it says."""

    def __init__(self, qtbot: QtBot) -> None:
        self.made: list[Work] = []
        self.worker = Worker(self._make, name="test-work")
        self.ear = Ear(self.worker)
        self.qtbot = qtbot
        self.worker.start()
        qtbot.waitUntil(lambda: bool(self.made))

    def _make(self) -> Work:
        self.made.append(Work())
        return self.made[0]

    @property
    def work(self) -> Work:
        return self.made[0]

    def wait_idle(self) -> None:
        self.qtbot.waitUntil(lambda: bool(self.ear.busy) and not self.ear.busy[-1])


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.work.allowed.release(100)
    made.worker.close()


def test_it_is_made_on_its_own_thread_and_replies_on_ours(bench: Bench) -> None:
    bench.work.allowed.release(2)
    bench.worker.ask(0, "a")
    bench.wait_idle()
    assert bench.work.made_on == "test-work"
    assert bench.ear.replies == [(0, ("a", 0)), (0, ("a", 1))]
    assert bench.ear.threads == {QThread.currentThread()}
    assert bench.ear.busy == [True, False]


def test_the_end_of_work_is_told_on_our_thread_too(bench: Bench) -> None:
    threads: set[int] = set()

    def note(_ticket: int) -> None:
        threads.add(threading.get_ident())

    for told in (bench.worker.ended, bench.worker._low.ended):
        told.connect(note, Qt.ConnectionType.DirectConnection)
    bench.work.allowed.release(4)
    bench.worker.ask(0, "a")
    bench.worker._low.ask(0, "b")
    bench.wait_idle()
    bench.qtbot.waitUntil(lambda: not bench.worker._low.is_busy)
    assert threads == {threading.get_ident()}


def test_only_the_newest_of_those_that_wait_is_answered(bench: Bench) -> None:
    bench.worker.ask(0, "a")
    assert bench.work.started.acquire(timeout=60)
    for ticket, letter in enumerate("bcde", 1):
        bench.worker.ask(ticket, Newest(letter))
    bench.work.allowed.release(4)
    bench.wait_idle()
    assert bench.work.begun == ["a", "e"]
    assert [ticket for ticket, _ in bench.ear.replies] == [0, 0, 4, 4]


def test_what_waits_can_be_forgotten(bench: Bench) -> None:
    bench.worker.ask(0, "a")
    assert bench.work.started.acquire(timeout=60)
    bench.worker.ask(1, "b")
    bench.worker.forget_waiting()
    bench.work.allowed.release(4)
    bench.wait_idle()
    assert bench.work.begun == ["a"]


def test_a_stop_ends_the_work_at_its_next_yield_and_the_next_question_is_answered(bench: Bench) -> None:
    bench.worker.ask(0, "a")
    assert bench.work.started.acquire(timeout=60)
    bench.worker.stop()
    bench.work.allowed.release(3)
    bench.worker.ask(1, "b")
    bench.wait_idle()
    assert bench.work.closed == ["a", "b"]
    assert [ticket for ticket, _ in bench.ear.replies] == [1, 1]


def test_a_refusal_is_its_own_sentence(bench: Bench) -> None:
    bench.worker.ask(0, "refuse")
    bench.wait_idle()
    [(ticket, failure)] = bench.ear.failures
    assert ticket == 0
    assert failure.sentence == "This is refused; try another."


def test_a_fault_is_logged_and_the_thread_lives_on(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.work.allowed.release(2)
    bench.worker.ask(0, "break")
    bench.wait_idle()
    bench.worker.ask(1, "a")
    bench.qtbot.waitUntil(lambda: len(bench.ear.replies) == 2)
    assert "KeyError" in bench.ear.failures[0][1].details
    assert "KeyError" in caplog.text


def test_closing_waits_for_the_thread_and_silences_it(bench: Bench) -> None:
    bench.worker.ask(0, "a")
    assert bench.work.started.acquire(timeout=60)
    bench.work.allowed.release(1)
    bench.worker.close()
    bench.worker.ask(1, "b")
    assert bench.work.closed == ["a"]
    assert bench.ear.replies == []
    assert bench.worker._thread.isFinished()


def test_a_factory_that_fails_is_told_with_the_first_question(qtbot: QtBot) -> None:
    def fail() -> Work:
        raise UserError("torch is missing; install it.")

    worker = Worker(fail, name="test-broken")
    ear = Ear(worker)
    worker.ask(0, "a")
    qtbot.waitUntil(lambda: bool(ear.failures))
    worker.close()
    assert ear.failures[0][1].sentence == "torch is missing; install it."


def test_a_request_says_itself_whether_a_newer_one_of_its_kind_makes_it_pointless(bench: Bench) -> None:
    bench.worker.ask(0, "a")
    assert bench.work.started.acquire(timeout=60)
    ended: list[int] = []
    bench.worker.ended.connect(ended.append)
    for ticket, request in enumerate((Newest("b"), "c", "c", Newest("d")), 1):
        bench.worker.ask(ticket, request)
    assert ended == [1]
    bench.work.allowed.release(8)
    bench.wait_idle()
    assert bench.work.begun == ["a", "c", "c", "d"]


def test_one_that_waits_and_one_at_work_can_be_cancelled(bench: Bench) -> None:
    for ticket, letter in enumerate("abc"):
        bench.worker.ask(ticket, letter)
    assert bench.work.started.acquire(timeout=60)
    bench.worker.cancel(1)
    bench.worker.cancel(0)
    bench.work.allowed.release(6)
    bench.wait_idle()
    assert bench.work.closed == ["a", "c"]
    assert [ticket for ticket, _ in bench.ear.replies] == [2, 2]


def test_a_worker_that_was_never_asked_has_no_thread_and_can_be_closed(qtbot: QtBot) -> None:
    worker = Worker(Work, name="test-idle")
    assert not worker._thread.isRunning()
    worker.close()
    worker.start()
    worker.ask(0, "a")
    assert not worker._thread.isRunning()

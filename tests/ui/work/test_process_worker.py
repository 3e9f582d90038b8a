"""The process worker: replies, messages, stops, deaths, and what is left behind. The work is in process_fakes."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.work import process_worker
from resnet_viewer.ui.work.process_worker import ProcessWorker, ended_how
from tests.ui.process_fakes import Fake
from tests.ui.work.test_worker import Ear

DIRECT = Qt.ConnectionType.DirectConnection
pytestmark = pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="the ends of processes are seen by pidfd"
)


class Bench:
    """A process worker and what it says."""

    def __init__(self, qtbot: QtBot, note: Path, **options: Any) -> None:
        self.note = note
        self.worker = ProcessWorker(partial(Fake, note), name="test-process", **options)
        self.ear = Ear(self.worker)
        self.qtbot = qtbot

    def ask(self, ticket: int, request: object) -> None:
        self.worker.ask(ticket, request)

    def wait_begun(self, ticket: int) -> None:
        self.qtbot.waitUntil(lambda: (ticket, "begun") in self.ear.replies)

    def wait_idle(self) -> None:
        self.qtbot.waitUntil(lambda: bool(self.ear.busy) and not self.worker.is_busy)

    def heard(self, ticket: int) -> list[object]:
        return [
            reply for number, reply in self.ear.replies if number == ticket and not isinstance(reply, str)
        ]


def ends(pid: int, seconds: float = 10) -> bool:
    """Whether the process ends within that time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a bench; all are closed, however the test ends."""
    made: list[Bench] = []

    def make_one(note: str = "note", **options: float) -> Bench:
        made.append(Bench(qtbot, tmp_path / note, **options))
        return made[-1]

    yield make_one
    for bench in made:
        bench.worker.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    return make()


def test_it_answers_from_a_process_without_qt_that_stands_back(bench: Bench) -> None:
    bench.ask(0, "facts")
    bench.wait_idle()
    [facts] = bench.heard(0)
    assert isinstance(facts, dict)
    assert facts["pid"] == bench.worker.pid != os.getpid()
    assert facts["nice"] == os.nice(0) + 5
    assert facts["imported"] == []
    assert bench.ear.busy == [True, False]


def test_replies_come_in_order_and_one_process_answers_many_questions(bench: Bench) -> None:
    bench.ask(0, ("count", 1000))
    bench.wait_idle()
    first = bench.worker.pid
    bench.ask(1, ("count", 3))
    bench.wait_idle()
    assert bench.heard(0) == list(range(1000))
    assert bench.heard(1) == [0, 1, 2]
    assert bench.worker.pid == first


def test_large_arrays_come_whole(bench: Bench) -> None:
    bench.ask(0, ("arrays", 64))
    bench.wait_idle()
    [array] = bench.heard(0)
    assert isinstance(array, np.ndarray)
    assert array.nbytes == 64 << 20
    assert array.sum() == len(array) * (len(array) - 1) / 2


def test_work_hears_what_it_is_told_in_order(bench: Bench) -> None:
    bench.ask(0, ("listen", 3))
    for message in ("a", "b", "c"):
        bench.worker.tell(message)
    bench.wait_idle()
    assert bench.heard(0) == [("a", "b", "c")]


def test_what_is_told_while_nothing_works_is_not_kept_for_later(bench: Bench) -> None:
    bench.worker.tell("before")
    bench.ask(0, ("count", 1))
    bench.wait_idle()
    bench.worker.tell("between")
    bench.ask(1, ("listen", 1))
    bench.worker.tell("now")
    bench.wait_idle()
    assert bench.heard(1) == [("now",)]


def test_only_the_newest_of_those_that_wait_is_answered(bench: Bench) -> None:
    bench.ask(0, ("listen", 1))
    for ticket in range(1, 4):
        bench.ask(ticket, ("count", 1))
    bench.worker.tell("go on")
    bench.wait_idle()
    assert [ticket for ticket, reply in bench.ear.replies if reply == "begun"] == [0, 3]


def test_a_stop_closes_the_work_and_keeps_the_process(bench: Bench) -> None:
    bench.ask(0, "forever")
    bench.wait_begun(0)
    pid = bench.worker.pid
    bench.worker.stop()
    bench.ask(1, ("count", 2))
    count = len(bench.heard(0))
    bench.wait_idle()
    assert bench.note.read_text() == "forever closed\ncount closed\n"
    assert len(bench.heard(0)) == count, "nothing is heard of what was stopped"
    assert bench.heard(1) == [0, 1]
    assert bench.worker.pid == pid


def test_a_stop_kills_work_that_does_not_come_to_its_next_yield(make: Callable[..., Bench]) -> None:
    bench = make(grace=0.05)
    bench.ask(0, "stuck")
    bench.wait_begun(0)
    pid = bench.worker.pid
    assert pid is not None
    bench.worker.stop()
    bench.ask(1, ("count", 2))
    bench.wait_idle()
    assert ends(pid, 0)
    assert bench.ear.failures == []
    assert bench.heard(1) == [0, 1]


def test_a_refusal_is_its_own_sentence(bench: Bench) -> None:
    bench.ask(0, "refuse")
    bench.wait_idle()
    [(ticket, failure)] = bench.ear.failures
    assert ticket == 0
    assert failure.sentence == "This is refused; try another."


def test_a_fault_is_logged_here_and_the_process_lives_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.ask(0, "fault")
    bench.wait_idle()
    bench.ask(1, ("count", 1))
    bench.wait_idle()
    assert "KeyError" in bench.ear.failures[0][1].details
    assert "KeyError" in caplog.text
    assert bench.heard(1) == [0]


def test_a_reply_that_no_pipe_takes_is_a_fault(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.ask(0, "unsayable")
    bench.wait_idle()
    assert bench.ear.failures
    assert "pickle" in caplog.text
    assert bench.note.read_text() == "unsayable closed\n"


def test_a_reply_that_the_window_cannot_read_fails_and_ends_the_process_in_order(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.ask(0, "unreadable")
    pid = bench.worker.pid
    assert pid is not None
    bench.wait_idle()
    assert [failure.sentence for _, failure in bench.ear.failures] == [
        "The process that worked on this sent what this window cannot read, which happens when the program was updated "
        "meanwhile: start the program again, then continue."
    ]
    assert "Can't get attribute" in caplog.text
    assert ends(pid, 0)
    assert bench.note.read_text() == "unreadable closed\n", "what was trained is saved"
    bench.ask(1, ("count", 1))
    bench.wait_idle()
    assert bench.heard(1) == [0]


def test_closing_leaves_no_process_although_its_reader_could_not_begin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_worker._Child, "run", lambda _: None)
    bench.ask(0, "stuck")
    pid = bench.worker.pid
    assert pid is not None
    bench.worker.close()
    assert ends(pid, 0)


def test_an_idle_process_is_ended_at_once(make: Callable[..., Bench]) -> None:
    bench = make(grace=60.0)
    bench.ask(0, ("count", 1))
    bench.wait_idle()
    pid = bench.worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # it could not end by itself
    bench.worker.close()
    assert ends(pid, 0)


def test_a_process_that_dies_fails_with_a_sentence_and_the_next_question_starts_another(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.ask(0, "die")
    bench.wait_idle()
    [(ticket, failure)] = bench.ear.failures
    assert ticket == 0
    assert failure.sentence == (
        "The process that worked on this was killed, which is what a system does when memory runs out; "
        "press Continue to go on."
    )
    assert "was killed" in caplog.text
    bench.ask(1, ("count", 2))
    bench.wait_idle()
    assert bench.heard(1) == [0, 1]


def test_what_to_do_then_is_as_its_owner_says(
    make: Callable[..., Bench], caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(advice="press Resume")
    bench.ask(0, "die")
    bench.wait_idle()
    [(_, failure)] = bench.ear.failures
    assert failure.sentence.endswith("when memory runs out; press Resume.")
    assert "was killed" in caplog.text


def test_a_process_that_died_while_idle_is_replaced_unnoticed(bench: Bench) -> None:
    bench.ask(0, ("count", 1))
    bench.wait_idle()
    pid = bench.worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ends(pid)
    bench.ask(1, ("count", 1))
    bench.wait_idle()
    assert bench.heard(1) == [0]
    assert bench.ear.failures == []


def test_closing_ends_the_work_in_order_and_leaves_no_process(make: Callable[..., Bench]) -> None:
    bench = make()
    bench.ask(0, "forever")
    bench.wait_begun(0)
    pid, count = bench.worker.pid, len(bench.ear.replies)
    assert pid is not None
    bench.worker.close()
    bench.ask(1, ("count", 1))
    assert ends(pid, 0)
    assert bench.note.read_text() == "forever closed\n"
    assert len(bench.ear.replies) == count, "nothing is emitted after closing"
    assert bench.worker.pid is None


def test_closing_kills_what_does_not_end(make: Callable[..., Bench]) -> None:
    bench = make(grace=0.05)
    bench.ask(0, "stuck")
    bench.wait_begun(0)
    pid = bench.worker.pid
    assert pid is not None
    started = time.monotonic()
    bench.worker.close()
    assert ends(pid, 0)
    assert time.monotonic() - started < 2


def test_a_window_that_does_not_listen_holds_the_work_up_and_lets_it_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_worker, "_UNHANDLED", 4)
    bench.ask(0, "forever")
    child = bench.worker._child
    assert child is not None
    came: list[int] = []
    child.came.connect(lambda *_: came.append(len(came) + 1 - len(bench.ear.replies)), DIRECT)
    bench.wait_begun(0)
    deadline = time.monotonic() + 20
    while child._room._value and time.monotonic() < deadline:
        pass  # the window is stalled, by this loop
    assert child._room._value == 0
    bench.qtbot.waitUntil(lambda: len(bench.heard(0)) > 300)
    assert bench.heard(0)[:300] == list(range(1, 301)), "nothing was lost"
    assert max(came) <= 5, "nothing is taken beyond what the window may have unhandled"


def test_a_factory_that_fails_is_told_with_the_first_question(make: Callable[..., Bench]) -> None:
    bench = make("refuses")
    bench.worker.start()
    bench.ask(0, ("count", 1))
    bench.wait_idle()
    assert [failure.sentence for _, failure in bench.ear.failures] == ["torch is missing; install it."]


def test_a_factory_that_no_pipe_takes_is_told(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    worker = ProcessWorker(lambda: Fake(), name="test-unsayable")
    ear = Ear(worker)
    worker.ask(0, ("count", 1))
    qtbot.waitUntil(lambda: bool(ear.failures))
    assert "could not be started" in ear.failures[0][1].sentence
    assert "could not be started" in caplog.text
    worker.close()


def test_a_worker_that_was_never_asked_has_no_process_and_can_be_closed(qtbot: QtBot) -> None:
    worker = ProcessWorker(Fake, name="test-idle")
    assert worker.pid is None
    worker.close()
    worker.start()
    worker.ask(0, "facts")
    assert worker.pid is None


def test_the_process_ends_with_a_window_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "note"
    os.mkfifo(note)
    program = f"from tests.ui.process_fakes import window_that_works; window_that_works({str(note)!r})"
    window = subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    )
    pid = int(note.read_text())  # waits for the writer
    assert not ends(pid, 0)
    window.kill()
    window.wait(10)
    assert ends(pid, 20), "stuck work must not outlive its window"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "could not be started"),
        (-11, "ended by the signal SIGSEGV"),
        (1, "ended by itself (exit status 1)"),
    ],
)
def test_the_end_of_a_process_in_words(status: int | None, words: str) -> None:
    assert ended_how(status) == words

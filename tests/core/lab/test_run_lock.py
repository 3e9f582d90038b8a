"""Two processes do not train one run: the second is refused, also after the first was paused, and not after its end."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_lock import LOCK, RunLock, RunLockedError, require_free
from resnet_viewer.records.lab import Continue, Extend, Idle, Pause, RunEnded, StateChanged, Stop
from tests.core.lab.lab_orders import RESIDUAL, STEPS, Found, order, states, step_done, steps_of

KEY = "cifar-resnet-8"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_viewer.core.lab.run_lock._PATIENCE", 0.0)
    monkeypatch.setattr("resnet_viewer.core.lab.run_lock._PATIENCE_AT_FIRST", 0.0)


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lock of the folder until it is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    source = (
        "import pathlib, sys; from resnet_viewer.core.lab.run_lock import RunLock\n"
        "lock = RunLock(pathlib.Path(sys.argv[1])); lock.take(); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", source, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def refused(found: Found) -> bool:
    (last,) = [report for report in found if isinstance(report, StateChanged) and report.sentence]
    return last.state == "failed" and "is being trained by another process" in last.sentence


def test_a_run_at_work_elsewhere_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / KEY
    with held_elsewhere(folder) as process:
        with pytest.raises(RunLockedError, match=r"cifar-resnet-8 is being trained by another process: wait"):
            require_free(folder)
        assert refused(list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True))))
        assert [path.name for path in folder.iterdir()] == [LOCK]
        process.kill()
        process.wait()
        require_free(folder)
    assert list(folder.iterdir()) == []


def test_an_order_waits_for_a_process_that_has_lost_its_window_and_saves_its_runs(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets go of one run after the other; who looks whether it has is what lets it go here."""
    monkeypatch.setattr("resnet_viewer.core.lab.run_lock._PATIENCE_AT_FIRST", 60.0)
    other, looks = RunLock(tmp_path / KEY), itertools.count(1)
    (tmp_path / KEY).mkdir()
    other.take()
    poll = filelock.FileLock._acquire

    def look(lock: filelock.FileLock) -> None:
        if next(looks) == 3:
            other.release()
        poll(lock)

    monkeypatch.setattr(filelock.FileLock, "_acquire", look)
    assert states(list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True))), KEY)[-1] == "done"
    assert next(looks) > 3


@pytest.mark.parametrize("ending", ["at its end", "stopped", "closed", "failed"])
def test_the_lock_is_held_while_a_run_is_at_work_and_not_longer(
    ending: str,
    tmp_path: Path,
    eager: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lab = Lab()
    work = lab.answer(order(tmp_path, RESIDUAL))
    next(report for report in work if step_done(1)(report))
    lab.tell(Pause())
    next(report for report in work if isinstance(report, Idle))
    with pytest.raises(RunLockedError):
        require_free(tmp_path / KEY)
    assert refused(list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True))))
    lab.tell(Continue())
    next(report for report in work if step_done(3)(report))
    with pytest.raises(RunLockedError):
        require_free(tmp_path / KEY)
    match ending:
        case "stopped":
            lab.tell(Stop())
            list(work)
        case "closed":
            work.close()  # type: ignore[attr-defined]
        case "failed":
            monkeypatch.setattr("resnet_viewer.core.lab.training.Training._step", lambda *_: 1 / 0)
            list(work)
            assert "failed" in caplog.text
            monkeypatch.undo()
        case _:
            list(work)
    assert not (tmp_path / KEY / LOCK).exists()
    again = list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True)))
    assert states(again, KEY)[-1] == "done"


def test_a_run_that_is_done_is_free_until_it_is_extended(tmp_path: Path, eager: None) -> None:
    lab = Lab()
    steps: list[int] = []
    for report in lab.answer(order(tmp_path, RESIDUAL)):
        if isinstance(report, RunEnded) and len(steps) == 2 * STEPS:
            require_free(tmp_path / KEY)
            lab.tell(Extend(1))
        steps += steps_of([report], KEY)
        if step_done(2 * STEPS)(report):
            with pytest.raises(RunLockedError):
                require_free(tmp_path / KEY)
    assert steps == list(range(3 * STEPS))


def test_a_run_that_another_process_goes_on_with_is_not_extended_here(tmp_path: Path, eager: None) -> None:
    lab, found = Lab(), []
    work = lab.answer(order(tmp_path, RESIDUAL))
    for report in work:
        found.append(report)
        if isinstance(report, RunEnded):
            break
    with held_elsewhere(tmp_path / KEY):
        lab.tell(Extend(1, KEY))
        found += list(work)
    (said,) = [report for report in found if isinstance(report, StateChanged) and report.sentence]
    assert said.state == "done"
    assert "is being trained by another process" in said.sentence


def test_a_disk_without_locks_is_logged_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", unsupported)
    assert states(list(Lab().answer(order(tmp_path, RESIDUAL))), KEY)[-1] == "done"
    assert "cannot be locked" in caplog.text
    lock = RunLock(tmp_path)
    lock.take()
    lock.release()

"""A signal ends a training with everything saved; a second one need not wait; nobody listening is no reason to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.verbs import stopping
from resnet_viewer.verbs.stopping import stoppable

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process otherwise")


def started(out: Path, *more: str, **streams: int) -> subprocess.Popen[str]:
    flags = ["--data", "digits", "--batch", "256", "--device", "cpu", "--threads", "1", "--out", str(out)]
    flags += ["--depth", "8", "--kind", "residual", *more]
    return subprocess.Popen([sys.executable, "-m", "resnet_viewer", "train", *flags], text=True, **streams)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("signals", "status"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGINT, signal.SIGINT], 130),
        pytest.param([signal.SIGTERM], 143, marks=POSIX),
        pytest.param([getattr(signal, "SIGHUP", 1)], 129, marks=POSIX),
    ],
)
def test_a_signal_ends_with_a_sentence_and_a_checkpoint(
    signals: list[signal.Signals], status: int, tmp_path: Path
) -> None:
    with started(tmp_path, "--epochs", "500", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            first = next(line for line in process.stderr if "epoch 2/500" in line)
            for number in signals:
                process.send_signal(number)
            *_, last = process.stderr
            assert process.wait() == status, first
        finally:
            process.kill()
    assert last.strip().endswith(
        "Stopped; what was learned so far is in --out, and --resume goes on with it."
    )
    folder = tmp_path / "cifar-resnet-8"
    assert read(folder / "checkpoint.pt").at >= 10
    assert json.loads((folder / "report.json").read_text())["state"] == "stopped"


@pytest.mark.heavy
@POSIX
def test_whoever_stops_reading_does_not_stop_the_training(tmp_path: Path) -> None:
    """As `head -1` does with stdout, and a closed terminal with both."""
    with started(tmp_path, "--epochs", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        assert process.wait() == 0
    assert (tmp_path / "cifar-resnet-8" / "weights.safetensors").exists()
    assert (tmp_path / "curves.svg").exists()


def test_the_first_signal_tells_its_echo_is_dropped_and_a_later_one_acts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert threading.current_thread() is threading.main_thread()
    now, told = [10.0], []
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    usual = signal.getsignal(signal.SIGINT)
    with stoppable(lambda: told.append("stop")) as wanted:
        assert not wanted
        for now[0] in (10.0, 10.001):
            signal.raise_signal(signal.SIGINT)
        assert (told, wanted.status) == (["stop"], 130)
        now[0] = 11.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert told == ["stop"]
    assert signal.getsignal(signal.SIGINT) is usual


def test_what_is_ignored_stays_ignored() -> None:
    """As by `nohup`, or in a script's background."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stoppable(lambda: pytest.fail("it was heeded")) as wanted:
            signal.raise_signal(signal.SIGINT)
        assert not wanted
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)

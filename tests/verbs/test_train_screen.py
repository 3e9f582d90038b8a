"""What `train` shows while it works, and that results are told whatever happens to the figures."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import run_files
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import Advanced, Began, DataRead, EpochEnded, Idle, StateChanged
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import EpochReport, RunSpec, StepReport
from resnet_viewer.verbs import train_screen
from resnet_viewer.verbs.train_screen import TrainScreen, duration, wrapped

RUN = RunSpec(spec("cifar-plain-8"), "digits", 4, Recipe("invented", batch=100))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_are_told_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_bar_goes_as_far_as_the_runs_will(tmp_path: Path) -> None:
    steps = tuple(StepReport(0, step, 10, 1.0, 50.0) for step in range(4))
    with closing(TrainScreen(tmp_path)) as screen:
        screen.show(Progress(3, 7))
        assert screen.steps == (3, 7)
        screen.show(DataRead(1000, np.zeros((500, 1, 8, 8), np.uint8), np.zeros(500, np.int64), ("a", "b")))
        screen.show(Began("a", RUN, 10))
        screen.show(Began("b", RUN, 10, steps=steps))
        assert screen.steps == (4, 80)
        screen.show(Advanced("a", steps, (), 100.0 / 3))
        assert screen.steps == (8, 80)
        assert "left, a: loss 1.000, error 50.0 %" in screen._bar.postfix
        screen.show(StateChanged("a", "diverged", "Plain-8 diverged."))
        assert screen.steps == (8, 44), "what will not be trained is not waited for"
        screen.show(EpochEnded("b", EpochReport(3, 0.1, 1.0, 50.0, 40.0, 1.0), np.zeros(500, np.int64), None))
        assert screen._bar.postfix.endswith("b: measuring its errors")


def test_without_a_terminal_a_line_comes_now_and_then_and_no_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr(train_screen.time, "monotonic", lambda: now[0])
    with closing(TrainScreen(tmp_path)) as screen:
        screen.show(Began("a", RUN, 10))
        for now[0] in (100.0, 130.0, 159.0, 161.0, 162.0, 230.0):
            screen.show(Idle())
    assert capsys.readouterr().err == "0 of 40 steps\n" * 2


@pytest.mark.parametrize("width", [25, 60, 200])
def test_on_a_terminal_lines_break_between_words_and_numbers_keep_their_units(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            return 1

    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((width, 24)))
    line = "cifar-resnet-20: training error 0.12 %, test error 1.50 %, 3 min 20 s of training, in runs/cifar"
    lines = wrapped(line, Terminal()).splitlines()
    assert " ".join(part.strip() for part in lines) == line
    assert max(map(len, lines)) < width
    assert not any(part.strip().startswith(("%", "s ", "min")) for part in lines)
    assert all(part.startswith("  ") for part in lines[1:])
    assert wrapped(line, io.StringIO()) == line


def test_results_are_told_where_a_figure_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(*_: object, **__: object) -> Iterator[tuple[str, bytes]]:
        yield from ((name, b"drawn") for name in ("curves.svg", "loss.svg", "by-depth.csv"))

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".svg":
            raise refusal(path, OSError(errno.ENOSPC, "no space"))
        write_whole(path, data)

    from resnet_viewer.media.files import refusal, write_whole

    monkeypatch.setattr(run_files, "drawn", drawn)
    monkeypatch.setattr("resnet_viewer.verbs.train.write_whole", full)
    words = ["train", "--data", "digits", "--depth", "8", "--epochs", "1", "--batch", "512", "--threads", "1"]
    assert main([*words, "--device", "cpu", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert [line.split()[0] for line in said.out.splitlines()[-3:]] == [
        "network", "cifar-plain-8", "cifar-resnet-8",
    ]  # fmt: skip
    assert said.err.splitlines()[-3].startswith("Trained in ")
    assert said.err.splitlines()[-2] == "Drawing figures …"
    assert said.err.splitlines()[-1] == (
        "Cannot write curves.svg: the disk is full: make room or choose a folder on another disk. Not written either: "
        "loss.svg."
    )
    assert (tmp_path / "by-depth.csv").read_bytes() == b"drawn"
    assert (tmp_path / "cifar-resnet-8" / "weights.safetensors").exists()

"""What `train` shows while it works, and that results are told whatever happens to the figures."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.catalog import spec
from resnet_viewer.figures import run_files
from resnet_viewer.records.lab import Advanced, Began, DataRead, StateChanged
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import RunSpec, StepReport
from resnet_viewer.verbs.train_screen import TrainScreen, duration

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
    with TrainScreen(tmp_path) as screen:
        screen.show(DataRead(1000, np.zeros((500, 1, 8, 8), np.uint8), np.zeros(500, np.int64), ("a", "b")))
        screen.show(Began("a", RUN, 10))
        screen.show(Began("b", RUN, 10, steps=steps))
        bar = screen._bar
        assert (bar.n, bar.total) == (4, 80)
        screen.show(Advanced("a", steps, (), 100.0 / 3))
        assert (bar.n, bar.total) == (8, 80)
        assert "left, a: loss 1.000, error 50.0 %" in bar.postfix
        screen.show(StateChanged("a", "diverged", "Plain-8 diverged."))
        assert (bar.n, bar.total) == (8, 44), "what will not be trained is not waited for"


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
    assert said.err.splitlines()[-2].startswith("Trained in ")
    assert said.err.splitlines()[-1] == (
        "Cannot write curves.svg: the disk is full: make room or choose a folder on another disk. Not written either: "
        "loss.svg."
    )
    assert (tmp_path / "by-depth.csv").read_bytes() == b"drawn"
    assert (tmp_path / "cifar-resnet-8" / "weights.safetensors").exists()

"""A run that was closed on the way continues from its checkpoint; one that cannot be used is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import ResumeError
from resnet_viewer.core.lab.training import Trained, train
from resnet_viewer.records.training import EpochReport, RunSpec
from tests.core.lab.small_training import DATA, RUN, finished, pictures, same


@pytest.fixture(scope="module")
def uninterrupted() -> Trained:
    return finished()


@pytest.mark.parametrize("reports_read", [1, 5, 7, 9, 10, 14])
def test_a_run_closed_on_the_way_continues_to_the_same_weights(
    reports_read: int, tmp_path: Path, uninterrupted: Trained
) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    begun = train(RUN, DATA, checkpoint=checkpoint)
    for _ in range(reports_read):
        next(begun)
    begun.close()
    *reports, last = train(RUN, DATA, checkpoint=checkpoint)
    assert isinstance(last, Trained)
    assert same(last.state, uninterrupted.state)
    again = sum(isinstance(report, EpochReport) for report in reports)
    assert again == 3 - reports_read // 5, "a finished epoch is not run again"
    assert [replace(epoch, seconds=0.0) for epoch in last.report.epochs] == [
        replace(epoch, seconds=0.0) for epoch in uninterrupted.report.epochs
    ]
    assert last.report.test_error == uninterrupted.report.test_error


def test_a_finished_run_is_not_run_again(tmp_path: Path, uninterrupted: Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    finished(checkpoint=checkpoint)
    reports = list(train(RUN, DATA, checkpoint=checkpoint))
    assert [type(report) for report in reports] == [Trained]
    assert isinstance(reports[0], Trained)
    assert same(reports[0].state, uninterrupted.state)


def test_a_run_does_not_go_on_with_other_pictures(tmp_path: Path, uninterrupted: Trained) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    finished(checkpoint=checkpoint)
    more = Data(pictures(len(DATA.train) + RUN.recipe.batch, 0), DATA.test)
    with pytest.raises(ResumeError, match="has changed since this run began: an epoch had"):
        next(train(RUN, more, checkpoint=checkpoint))


def _changed(run: RunSpec, change: dict[str, Any]) -> RunSpec:
    recipe = {key: value for key, value in change.items() if key in ("rate", "batch")}
    others = {key: value for key, value in change.items() if key not in recipe}
    network = replace(run.network, seed=others.pop("seed", run.network.seed))
    return replace(run, recipe=replace(run.recipe, **recipe), network=network, **others)


@pytest.mark.parametrize(
    ("change", "named"),
    [({"rate": 0.2}, "rate"), ({"seed": 4}, "seed"), ({"batch": 4, "data": "x"}, "batch, data")],
)
def test_a_checkpoint_of_another_run_is_refused(change: dict[str, Any], named: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    short = replace(RUN, epochs=1)
    finished(short, checkpoint=checkpoint)
    whole = checkpoint.read_bytes()
    with pytest.raises(ResumeError, match=rf"other settings \({named}\);"):
        next(train(_changed(short, change), DATA, checkpoint=checkpoint))
    assert checkpoint.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    checkpoint.write_bytes(content)
    with pytest.raises(ResumeError, match=r"as a checkpoint") as caught:
        next(train(RUN, DATA, checkpoint=checkpoint))
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    begun = train(RUN, DATA, checkpoint=checkpoint)
    for _ in range(5):
        next(begun)
    whole = checkpoint.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises((OSError, ValueError), match=r"(?i)space|full"):
        list(begun)
    assert checkpoint.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [checkpoint]


@pytest.mark.parametrize(("share", "at"), [(64, [4, 8, 12, 16]), (1, [4, 16])])
def test_a_growing_checkpoint_is_written_ever_more_seldom_and_at_the_end(
    share: int, at: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short run loses no whole epoch when it is killed; of all steps one in 64 is enough for another."""
    written: list[int] = []
    write = training.checkpoints.write

    def noted(path: Path, found: training.Checkpoint) -> None:
        written.append(found.at)
        write(path, found)

    monkeypatch.setattr(training, "_SAVED_SHARE", share)
    monkeypatch.setattr(training.checkpoints, "write", noted)
    finished(replace(RUN, epochs=4), checkpoint=tmp_path / "run.pt")
    assert written == at

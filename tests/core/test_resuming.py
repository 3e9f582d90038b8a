"""A run that is asked for again goes on, longer where that is asked for, and as if it had been extended at work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.checkpoints import ResumeError, read
from resnet_viewer.core.lab import Lab
from resnet_viewer.core.resuming import found_in, require_resumable
from resnet_viewer.core.run_files import CHECKPOINT, read_run, write_spec
from resnet_viewer.records.lab import Extend, RunEnded, Stop
from resnet_viewer.records.training import Extension
from tests.core.lab_orders import RESIDUAL, STEPS, order, states, step_done, steps_of, told

KEY = "cifar-resnet-8"
LONGER = replace(RESIDUAL, epochs=4)


def alike(one: Path, other: Path) -> bool:
    """The same weights, by the same run."""
    ours, theirs = (read(folder / KEY / CHECKPOINT) for folder in (one, other))
    same = all(torch.equal(value, theirs.network[name]) for name, value in ours.network.items())
    return same and ours.steps == theirs.steps and read_run(one / KEY) == read_run(other / KEY)


def test_a_run_that_is_done_becomes_longer_as_by_extend(tmp_path: Path, eager: None) -> None:
    told(order(tmp_path / "extended", RESIDUAL), lambda report: isinstance(report, RunEnded), Extend(2))
    list(Lab().answer(order(tmp_path / "asked", RESIDUAL)))
    found = list(Lab().answer(order(tmp_path / "asked", LONGER, is_resumed=True)))
    assert steps_of(found, KEY) == list(range(2 * STEPS, 4 * STEPS))
    assert read_run(tmp_path / "asked" / KEY) == replace(RESIDUAL, extensions=(Extension(2 * STEPS, 4),))
    assert alike(tmp_path / "extended", tmp_path / "asked")

    again = list(Lab().answer(order(tmp_path / "asked", LONGER, is_resumed=True)))
    assert steps_of(again, KEY) == []
    assert read_run(tmp_path / "asked" / KEY).extensions == (Extension(2 * STEPS, 4),), (
        "it is not extended twice"
    )


def test_a_run_stopped_on_the_way_becomes_longer_where_it_stopped(tmp_path: Path, eager: None) -> None:
    told(order(tmp_path / "asked", RESIDUAL), step_done(6), Stop())
    at = read(tmp_path / "asked" / KEY / CHECKPOINT).at
    first = Lab().answer(order(tmp_path / "asked", LONGER, is_resumed=True))
    next(report for report in first if step_done(at + 1)(report))
    first.close()  # type: ignore[attr-defined]
    found = list(Lab().answer(order(tmp_path / "asked", LONGER, is_resumed=True)))
    assert states(found, KEY)[-1] == "done"
    run = read_run(tmp_path / "asked" / KEY)
    assert run == replace(RESIDUAL, extensions=(Extension(at, 4),))
    list(Lab().answer(order(tmp_path / "whole", run)))
    assert alike(tmp_path / "whole", tmp_path / "asked")


def test_what_was_not_reached_is_taken_into_a_longer_extension(tmp_path: Path) -> None:
    """Killed after it was extended, and before its next checkpoint."""
    list(Lab().answer(order(tmp_path, RESIDUAL)))
    write_spec(tmp_path / KEY, RESIDUAL.extended(2 * STEPS + 3, 1))
    run, _ = found_in(tmp_path / KEY, replace(RESIDUAL, epochs=6))
    assert (run.length, run.extensions) == (6, (Extension(2 * STEPS, 6),))


def test_fewer_epochs_are_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / KEY
    folder.mkdir()
    write_spec(folder, RESIDUAL.extended(3, 2))
    for epochs in (1, 2, 3):
        with pytest.raises(
            ResumeError, match=r"was already asked for in 4 epochs: give as many or more, or name"
        ):
            require_resumable(folder, replace(RESIDUAL, epochs=epochs))
    require_resumable(folder, replace(RESIDUAL, epochs=4))
    require_resumable(folder, replace(RESIDUAL, epochs=5))
    found, _ = found_in(folder, RESIDUAL)
    assert found.length == 4, "a window that does not know of the extension goes on all the same"


def test_what_differs_is_named(tmp_path: Path) -> None:
    write_spec(tmp_path, RESIDUAL)
    network = RESIDUAL.network
    for other, words in (
        (replace(network, seed=7), "seed"),
        (replace(network, classes=3), "network's classes"),
    ):
        with pytest.raises(ResumeError, match=rf"other settings \({words}\); name another"):
            require_resumable(tmp_path, replace(RESIDUAL, network=other))


def test_a_run_that_diverged_stays_as_long_as_it_was(tmp_path: Path) -> None:
    wild = replace(RESIDUAL, epochs=20, recipe=replace(RESIDUAL.recipe, rate=1e6, schedule="constant"))
    list(Lab().answer(order(tmp_path, wild)))
    again = list(Lab().answer(order(tmp_path, replace(wild, epochs=30), is_resumed=True)))
    assert states(again, KEY)[-1] == "diverged"
    assert read_run(tmp_path / KEY) == wild

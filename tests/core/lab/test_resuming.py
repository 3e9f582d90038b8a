"""A run that is asked for again goes on, longer where that is asked for, and as if it had been extended at work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.named_data import read_data
from resnet_viewer.core.lab.checkpoints import ResumeError, read
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.resuming import found_in, require_resumable, threads_of
from resnet_viewer.core.lab.run_files import CHECKPOINT, read_run, write_spec
from resnet_viewer.core.weights.cards import card_of
from resnet_viewer.core.weights.weight_files import metadata
from resnet_viewer.records.lab import Extend, RunEnded, StateChanged, Stop
from resnet_viewer.records.training import Extension
from tests.core.data.folders_written import write_folder
from tests.core.lab.lab_orders import RESIDUAL, STEPS, Found, ended, order, states, step_done, steps_of, told

KEY = "cifar-resnet-8"


@pytest.fixture
def restored_threads() -> Iterator[None]:
    """Whatever a test does, the others run on as many as before."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


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


def said(found: Found) -> list[str]:
    return [report.sentence for report in found if isinstance(report, StateChanged) and report.sentence]


def test_threads_are_written_down_and_taken_again(
    tmp_path: Path, eager: None, restored_threads: None
) -> None:
    told(order(tmp_path, RESIDUAL), step_done(2), Stop())
    assert read_run(tmp_path / KEY).threads == 1
    torch.set_num_threads(2)
    going = Lab().answer(order(tmp_path, RESIDUAL, threads=0, is_resumed=True))
    first = [next(report for report in going if step_done(0)(report))]
    assert torch.get_num_threads() == 1
    going.close()  # type: ignore[attr-defined]
    other = list(Lab().answer(order(tmp_path, RESIDUAL, threads=2, is_resumed=True)))
    assert first
    assert said(other) == [
        "ResNet-8 was trained with 1 thread and goes on with 2: what it learns is not the same bit for bit."
    ]
    assert read_run(tmp_path / KEY).threads == ended(other, KEY).report.spec.threads == 2
    assert said(list(Lab().answer(order(tmp_path, RESIDUAL, is_resumed=True)))) == [], "it is done"


def test_as_many_threads_as_there_are_no_cores_for_are_not_taken(tmp_path: Path) -> None:
    for name, threads in (("a", 1), ("b", 1), ("many", 100_000), ("unknown", 0)):
        (tmp_path / name).mkdir()
        write_spec(tmp_path / name, replace(RESIDUAL, threads=threads))
    assert threads_of([tmp_path / "a", tmp_path / "b", tmp_path / "unknown", tmp_path / "nowhere"]) == 1
    assert threads_of([tmp_path / "a", tmp_path / "many"]) == threads_of([tmp_path / "many"]) == 0


def test_a_folders_own_normalisation_goes_with_the_run_and_its_weights(tmp_path: Path, eager: None) -> None:
    write_folder(tmp_path / "shapes", each=20)
    network = replace(RESIDUAL.network, classes=2, channels=3)
    run = replace(RESIDUAL, network=network, mean=(), std=(), recipe=replace(RESIDUAL.recipe, batch=8))
    asked = order(tmp_path / "out", run, data=str(tmp_path / "shapes"))
    told(asked, step_done(1), Stop())
    known = read_run(tmp_path / "out" / KEY)
    *_, data = read_data(str(tmp_path / "shapes"), 8)
    assert isinstance(data, Data)
    assert ((known.mean, known.std), known.data_digest) == (data.normalisation, data.digest)
    card = card_of(metadata(tmp_path / "out" / KEY / "weights.safetensors"))
    assert card.preprocessing is not None
    assert (card.preprocessing.mean, card.preprocessing.std) == (known.mean, known.std)
    again = list(Lab().answer(replace(asked, is_resumed=True)))
    assert states(again, KEY)[-1] == "done"

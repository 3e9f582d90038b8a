"""A run that loses what it has learned is told with its numbers; one that almost does is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import EpochReport, Intervention
from tests.records.story_runs import text, told


def run(
    *errors: float, name: str = "cifar-resnet-56", rates: tuple[float, ...] = (), **more: Any
) -> StoryRun:
    made = told(name, *errors, epochs=len(errors), **more)
    rates = rates or (0.1,) * len(errors)
    pairs = enumerate(zip(errors, rates, strict=True))
    epochs = tuple(EpochReport(i, rate, 1.0, error, 3.0, 2.0) for i, (error, rate) in pairs)
    return replace(made, epochs=epochs)


def said_of(*runs: StoryRun) -> str:
    return "\n".join(line for line in text([*runs]).splitlines() if "had learned" in line)


def test_a_collapse_is_told_with_its_epochs_errors_and_rates() -> None:
    rates = (0.042, 0.083, 0.096, 0.087, 0.05)
    assert said_of(run(57.9, 9.6, 36.9, 69.7, 0.8, rates=rates)) == (
        "ResNet-56 lost what it had learned: its running training error rose from 9.6 % in epoch 2 to 69.7 % in epoch "
        "4, while the learning rate was 0.083 to 0.096; in epoch 5 it is 0.8 %. Such a loss is no degradation in the "
        "sense of He et al. (2015): it depends on the seed and on how long the steps are; another seed, or a lower "
        "learning rate, shows whether it comes again."
    )
    assert "while the learning rate was 0.1. Such" in said_of(run(57.9, 9.6, 69.7)), (
        "where it stands it is not told twice"
    )


@pytest.mark.parametrize(
    ("errors", "is_told"),
    [
        ((57.9, 19.9, 40.0, 1.0), True),
        ((57.9, 19.9, 39.9, 1.0), False),
        ((57.9, 20.0, 69.7, 1.0), False),
        ((57.9, 9.0, 15.0, 28.9, 9.0), False),
        ((57.9, 9.0, 15.0, 29.1, 9.0), True),
        ((90.0, 60.0, 85.0, 19.0), False),
        ((9.0,), False),
    ],
)
def test_it_was_below_a_fifth_and_rises_by_more_than_twenty_points(
    errors: tuple[float, ...], is_told: bool
) -> None:
    assert bool(said_of(run(*errors))) is is_told


def test_what_cutting_shortcuts_does_is_no_accident() -> None:
    cut = {"interventions": (Intervention(60, 0.0),)}
    assert not said_of(run(57.9, 9.6, 69.7, run=cut))
    assert said_of(run(57.9, 9.6, 69.7, name="cifar-plain-56", run=cut)), "there was none to cut"


def test_of_many_the_worst_are_told_with_numbers() -> None:
    runs = [run(57.9, 9.6, 40.0 + seed, seed=seed) for seed in range(5)]
    named = [replace(one, title=f"{one.title} seed {one.run.network.seed}") for one in runs]
    said = said_of(*named)
    assert said.count("lost what it had learned") == 3
    assert said.index("seed 4 lost") < said.index("seed 3 lost") < said.index("seed 2 lost")
    assert "So did two other runs: ResNet-56 seed 1 and ResNet-56 seed 0." in said
    assert said.count("Such a loss") == 1

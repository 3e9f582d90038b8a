"""What is said about interventions: once for all runs, with errors only where there are enough steps to tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import Intervention
from tests.records.story_runs import text, told

WIDTH = 10
BEFORE, AFTER = [3.0] * WIDTH, [71.0] * WIDTH


def cut(
    *made: tuple[int, float], errors: list[float], name: str = "cifar-resnet-56", **more: Any
) -> StoryRun:
    interventions = tuple(Intervention(step, strength) for step, strength in made)
    run = {"interventions": interventions}
    return told(name, 3, 71, 60, run=run, errors=np.array(errors), steps=WIDTH, **more)


def said_of(*runs: StoryRun) -> str:
    return "\n".join(line for line in text([*runs]).splitlines() if "hortcuts of" in line)


def test_an_intervention_is_told_with_the_errors_around_it() -> None:
    assert said_of(cut((20, 0.0), errors=[90.0] * 10 + BEFORE + AFTER)) == (
        "At epoch 2.0 the shortcuts of ResNet-56 were cut; the training error was 3.0 % over the epoch before, and "
        "71.0 % over the epoch after."
    )
    twice = said_of(cut((20, 0.0), (25, 0.5), errors=[90.0] * 10 + BEFORE + [71.0] * 5 + [9.0] * 5))
    assert "71.0 % over the five steps after. At epoch 2.5" in twice
    assert (
        "were set to strength 0.5; the training error was 71.0 % over the five steps before, and 9.0 % over the five "
        "steps after."
    ) in twice


def test_errors_are_told_only_where_half_an_epoch_stands_on_either_side() -> None:
    bare = "At epoch 1.0 the shortcuts of ResNet-56 were cut."
    assert said_of(cut((10, 0.0), errors=BEFORE + [71.0] * 4)) == bare
    assert "over the five steps after" in said_of(cut((10, 0.0), errors=BEFORE + [71.0] * 5))
    assert said_of(cut((4, 0.0), errors=[3.0] * 4 + AFTER)) == bare.replace("1.0", "0.4")
    tiny = told(
        "cifar-resnet-8", 3, 3, 3, 9, 9, 9, epochs=6, steps=1, run={"interventions": (Intervention(3, 0.0),)}
    )
    assert said_of(tiny) == "At epoch 3.0 the shortcuts of ResNet-8 were cut.", "three steps of an epoch each"


def test_a_strength_that_is_what_it_was_is_no_intervention() -> None:
    errors = BEFORE + AFTER
    assert not said_of(cut((10, 1.0), errors=errors))
    assert said_of(cut((5, 0.0), (15, 0.0), errors=errors)).count("were") == 1
    assert "The training error of ResNet-56 is 60.0 %." in text([cut((10, 1.0), errors=errors)]), "untouched"


def test_interventions_that_changed_nothing_or_are_to_come_are_not_told() -> None:
    assert not said_of(cut((20, 0.0), errors=BEFORE * 2))
    assert "strength 0.9" not in said_of(cut((10, 0.9), (10, 0.0), errors=BEFORE + AFTER))
    assert not said_of(cut((5, 0.0), errors=BEFORE + AFTER, name="cifar-plain-56"))
    assert "cut from the first step on" in said_of(cut((0, 0.0), errors=BEFORE))


def test_of_many_interventions_the_last_are_told() -> None:
    made = [(step, step / 10) for step in range(2, 8)]
    said = said_of(*(cut(*made, errors=[3.0] * 12, name=f"cifar-resnet-{n}") for n in (20, 56)))
    assert said.startswith(
        "The shortcuts of ResNet-20 and ResNet-56 were set six times; the last three times are told here."
    )
    assert said.count("set to strength") == 3


def test_what_was_done_to_several_runs_at_once_is_told_once_with_what_it_did_to_each() -> None:
    errors = [9.0] * 10 + [2.0] * 10
    runs = [
        cut((10, 0.0), errors=errors, name="cifar-resnet-20"),
        cut((11, 0.0), errors=[8.0] * 11 + [50.0] * 9),
    ]
    assert said_of(*runs) == (
        "At epoch 1.0 the shortcuts of ResNet-20 and ResNet-56 were cut; on the training pictures ResNet-20 erred "
        "on 9.0 % over the epoch before and on 2.0 % over the nine steps after, ResNet-56 on 8.0 % and on 50.0 %."
    ), "runs in turn are told a step apart, and compared over as many steps"


def test_where_a_step_is_much_of_an_epoch_each_run_has_its_own_time() -> None:
    runs = [
        told(name, *[3.0] * 12, epochs=12, steps=1, run={"interventions": (Intervention(step, 0.0),)})
        for name, step in (("cifar-resnet-8", 9), ("cifar-resnet-20", 8), ("cifar-resnet-56", 8))
    ]
    assert said_of(*runs) == (
        "At epoch 8.0 the shortcuts of ResNet-20 and ResNet-56 were cut. "
        "At epoch 9.0 the shortcuts of ResNet-8 were cut."
    )


def test_several_seeds_are_one_with_a_range() -> None:
    runs = [
        cut((10, 0.0), errors=[seed + 1.0] * 10 + [60.0 + seed] * 10, seed=seed, name=name)
        for name in ("cifar-resnet-20", "cifar-resnet-56")
        for seed in range(3)
    ]
    assert said_of(*runs[:3]) == (
        "At epoch 1.0 the shortcuts of ResNet-20 (three runs) were cut; the training error was 1.0 to 3.0 % over the "
        "epoch before, and 60.0 to 62.0 % over the epoch after."
    )
    assert said_of(*runs).endswith(
        "ResNet-20 erred on 1.0 to 3.0 % over the epoch before and on 60.0 to 62.0 % over the epoch after, ResNet-56 "
        "on 1.0 to 3.0 % and on 60.0 to 62.0 %."
    )

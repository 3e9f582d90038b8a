"""What the story says of recipes that do something to branches and shortcuts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viewer.records.recipe import RECIPES, ShortcutSchedule
from resnet_viewer.records.story_groups import StoryRun, groups_of
from resnet_viewer.records.training import NOT_COMPUTED, Intervention
from tests.records.story_runs import NAMES, text, told

WIDTH = 10
FADING = ShortcutSchedule(2, 4)


def fading(
    schedule: ShortcutSchedule, errors: list[float], name: str = "cifar-resnet-56", **more: Any
) -> StoryRun:
    recipe = replace(RECIPES["quick"], shortcuts=schedule).named
    run = {"recipe": recipe, **more.pop("run", {})}
    return told(name, 3, 71, 60, run=run, errors=np.array(errors), steps=WIDTH, epochs=6, **more)


def said_of(*runs: StoryRun) -> str:
    return "\n".join(line for line in text([*runs]).splitlines() if "hortcuts of" in line)


def test_a_schedule_is_told_with_how_far_it_has_come() -> None:
    what = "The recipe weakens the shortcuts of ResNet-56 from strength 1 to 0 between epochs 2 and 4"
    assert said_of(fading(FADING, [50.0] * 20)) == f"{what}."
    assert said_of(fading(FADING, [50.0] * 25)) == f"{what}; it is 0.75 now."
    over = [90.0] * 10 + [3.0] * 10 + [20.0] * 20 + [71.0] * 10 + [99.0] * 5
    assert said_of(fading(FADING, over)) == (
        f"{what}; the training error was 3.0 % over the epoch before, and 71.0 % over the epoch after. What is left "
        "since then is a plain network."
    )
    half = ShortcutSchedule(2, 4, 1, 0.5)
    assert said_of(fading(half, over)).endswith("71.0 % over the epoch after."), "what is left is not plain"
    restored = said_of(fading(FADING, over, run={"interventions": (Intervention(52, 1.0),)}))
    assert "What is left" not in restored, "and what was left is not any more"
    rising = ShortcutSchedule(2, 4, 0, 1)
    assert "The recipe opens the shortcuts of ResNet-56 from strength 0 to 1" in said_of(fading(rising, over))


def test_runs_that_have_come_as_far_are_told_together() -> None:
    over = [3.0] * 40 + [9.0] * 10
    both = said_of(fading(FADING, over), fading(FADING, over, name="cifar-resnet-20"))
    assert "The recipe weakens the shortcuts of ResNet-56 and ResNet-20 from" in both
    assert both.endswith("What is left since then are plain networks.")
    apart = said_of(fading(FADING, over), fading(FADING, over[:30], name="cifar-resnet-20"))
    assert apart.count("The recipe weakens") == 2


def test_an_intervention_ends_the_schedule_in_words_too() -> None:
    ended = fading(FADING, [3.0] * 50, run={"interventions": (Intervention(25, 1.0),)})
    said = said_of(ended)
    assert "between epochs 2 and 4; what was done to them at epoch 2.5 ended that." in said
    assert "At epoch 2.5 the shortcuts of ResNet-56 were restored" in said


def test_runs_whose_shortcuts_faded_are_not_compared_as_residual_networks() -> None:
    runs = [told(name, 80, 50, 20) for name in NAMES]
    assert len(groups_of(runs)[0].measured) == 4
    faded = [*runs[:3], fading(FADING, [3.0] * 60)]
    assert [network.network.title for group in groups_of(faded) for network in group.measured] == [
        "Plain-20", "ResNet-20", "Plain-56",
    ]  # fmt: skip


def test_stochastic_depth_is_told_with_what_its_errors_are_of() -> None:
    deep = replace(RECIPES["quick"], survival=0.5).named
    said = text([told("cifar-resnet-56", 80, 50, 20, run={"recipe": deep})])
    assert (
        "In a step of ResNet-56 each residual branch is computed by chance, the last one with probability 0.5: running "
        "training errors are of the networks that were drawn, test errors of the whole one."
    ) in said
    assert "by chance" not in text([told("cifar-resnet-56", 80, 50, 20)])


def test_layers_that_were_not_computed_are_missing_not_lost() -> None:
    norms = np.array([[0.1, NOT_COMPUTED, NOT_COMPUTED, 1.0]])
    run = told("cifar-resnet-56", 80, 50, 20, record_times=np.zeros(1), norms=norms)
    said = text([run], 0.0)
    assert (
        "span 1.0 decades (smallest 1.0e-01, in layer 1 of 4) and are missing in two layers that were not computed in "
        "that step (stochastic depth)."
    ) in said
    assert "not finite" not in said


@pytest.mark.parametrize(
    ("step", "words"), [(0, "of ResNet-56 span"), (30, "of ResNet-56 (shortcuts at strength 0.45)")]
)
def test_gradients_are_told_with_how_far_the_schedule_had_come(step: int, words: str) -> None:
    run = fading(FADING, [3.0] * 60, record_times=np.array([step / WIDTH]), norms=np.array([[0.1, 0.2]]))
    assert words in text([run])

"""What is said about depth where the numbers bear it out, and where they say the opposite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resnet_viewer.records.recipe import RECIPES, recipe_for
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import Extension, Intervention
from tests.records.story_runs import four, question, text, told


def bare(runs: list[StoryRun]) -> list[StoryRun]:
    """Without batch normalisation."""
    return [
        replace(told, run=replace(told.run, network=replace(told.run.network, is_normalised=False)))
        for told in runs
    ]


def test_degradation_that_shortcuts_turn_round_is_the_headline() -> None:
    assert text(four(0.0, 0.0, 67.5, 1.1), pictures=1437).splitlines()[0] == (
        "The deeper plain network errs far more than the shallower, on the very pictures that it trains on: Plain-56 "
        "errs on 67.5 % of them, Plain-20 on 0.0 %. He et al. (2015) call that degradation. It is no "
        "overfitting, which would show on new pictures alone. Shortcuts turn it round: ResNet-56 errs on 1.1 % instead "
        "of its twin's 67.5 % (ResNet-20 0.0 %)."
    )


def test_sizes_are_weighed() -> None:
    """What is left with shortcuts is told, and called nothing, where it is a tenth of the degradation."""
    assert "errs more than the shallower, on the very" in text(four(1.0, 1.0, 9.0, 1.0)), (
        "8 points are not far"
    )
    assert "Shortcuts turn it round: ResNet-56 errs on 6.0 %" in text(four(0.0, 0.0, 60.0, 6.0))
    assert "Shortcuts turn it round in part: ResNet-56 errs on 6.1 % instead" in text(
        four(0.0, 0.0, 60.0, 6.1)
    )
    assert "turn it round: ResNet-56 errs on 2.0 %" in text(four(9.0, 6.0, 60.0, 2.0))
    assert (
        "Shortcuts do not turn it round here: ResNet-56 errs on 60.0 %, Plain-56 on 50.0 % (ResNet-20 1.0 %)."
    ) in text(four(1.0, 1.0, 50.0, 60.0))


def test_without_a_residual_twin_nothing_is_turned_round() -> None:
    runs = [*four(0, 0, 50, 0)[:3], told("cifar-resnet-44", 80, 50, 0.2)]
    assert "new pictures alone. With shortcuts: ResNet-44 0.2 %, ResNet-20 0.0 %." in text(runs)
    assert "ortcuts" not in text([runs[0], runs[2]])


def test_degradation_is_denied_where_the_deeper_plain_network_errs_no_more() -> None:
    alike = text(four(0.1, 0.0, 0.6, 0.2))
    assert alike.startswith(
        "The deeper plain network errs no more than the shallower on the training pictures: Plain-56 errs on 0.6 % of "
        "them, Plain-20 on 0.1 %. No degradation, as He et al. (2015) call it, shows here. With shortcuts: "
        "ResNet-56 0.2 %, ResNet-20 0.0 %."
    )
    less = text(four(9.0, 4.0, 5.0, 8.0))
    assert "The deeper plain network errs less than the shallower" in less
    assert "call that" not in alike + less


def test_a_difference_that_chance_makes_is_none() -> None:
    runs = four(5.0, 0.0, 12.0, 0.0)
    assert "errs more than the shallower" in text(runs, pictures=1437)
    few = text(runs, pictures=96)
    assert "errs no more than the shallower" in few
    assert "Chance alone makes such a difference on 96 pictures." in few
    assert "chance" not in text(four(5.0, 0.0, 5.5, 0.0), pictures=96).lower()


def test_nothing_is_said_about_depth_after_a_few_steps() -> None:
    two = four(0.0, 0.0, 33.3, 0.0, steps=1)
    said = text(two, pictures=96)
    assert said.startswith(
        "Too little training to tell what depth does: each network has taken only three steps. The training errors: "
        "Plain-56 33.3 %, Plain-20 0.0 %, ResNet-56 0.0 %, ResNet-20 0.0 %."
    )
    assert "degradation" not in said
    assert "each network has taken only 99 steps" in text(four(0.0, 0.0, 33.3, 0.0, steps=33))
    assert "call that degradation" in text(four(0.0, 0.0, 33.3, 0.0, steps=34))
    assert "No degradation" in text(four(0.0, 0.0, 0.2, 0.0, steps=1)), "all have learned all"


@pytest.mark.parametrize(
    ("errors", "is_settled"),
    [
        ((70.0, 66.0, 69.0), True),
        ((70.0, 60.0, 59.0), False),
        ((2.0, 1.5, 1.1), True),
        ((4.0, 2.5, 1.1), False),
    ],
)
def test_nothing_is_said_while_an_error_still_falls(errors: tuple[float, ...], is_settled: bool) -> None:
    runs = [
        told("cifar-plain-20", *errors, epochs=9),
        told("cifar-plain-56", 99.0, 99.0, 99.0, 98.9, epochs=9),
    ]
    said = text(runs)
    assert said.startswith(
        "So far, after 3 of 9 epochs, the deeper plain network errs far more"
        if is_settled
        else "Too early to tell what depth does: the training errors still change. So far, after 3 of 9 epochs, "
        "the running training errors are: Plain-56 99.0 %, Plain-20"
    )
    assert ("if it lasts to the end of training." in said) == is_settled
    assert "unning training errors" in said
    stopped = text([replace(run, state="stopped") for run in runs])
    assert (
        is_settled
        or "Too little training to tell what depth does: the training errors still changed." in stopped
    )


def test_while_few_steps_are_taken_it_is_too_early() -> None:
    assert text([told("cifar-plain-20", 70, 20), told("cifar-plain-56", 88)]).startswith(
        "Too early to tell what depth does: each network has taken 40 of 120 steps. So far, after 1 of 3 epochs, the "
        "running training errors are: Plain-56 88.0 %, Plain-20 70.0 %."
    )


def test_one_network_alone_has_one_error() -> None:
    assert text([told("cifar-resnet-56", 60, 20)]).startswith(
        "So far, after 2 of 3 epochs, the training error of ResNet-56 is 20.0 %. This is a running training error, the "
        "mean over an epoch in which the weights move."
    )


def test_without_batch_normalisation_nothing_is_called_degradation() -> None:
    said = text(bare(four(77.9, 0.1, 89.4, 0.2)))
    assert said.startswith(
        "Without batch normalisation the deeper plain network errs far more than the shallower, on the very pictures "
        "that it trains on: Plain-56 (no BN) errs on 89.4 % of them, Plain-20 (no BN) on 77.9 %. That is not the "
        "degradation of He et al. (2015), whose plain networks have batch normalisation; these have none, and without "
        "it gradients may vanish or explode: look at them."
    )
    assert "call that" not in said
    assert "degradation" not in text(bare(four(0.1, 0.1, 0.1, 0.2)))


def test_the_errors_of_the_last_weights_count_once_all_are_done() -> None:
    runs = [told("cifar-plain-20", 9, 5, 3, final=0.1), told("cifar-plain-56", 90, 80, 70, final=66.6)]
    assert "Plain-56 errs on 66.6 % of them, Plain-20 on 0.1 %" in text(runs)
    assert "running" not in text(runs)
    going = [told("cifar-plain-20", 9, 5, 3, final=0.1), told("cifar-plain-56", 90, 80)]
    assert "Plain-56 80.0 %, Plain-20 5.0 %" in text(going)


def test_runs_that_were_all_stopped_are_compared_where_they_stand() -> None:
    runs = [
        told("cifar-plain-20", 2, 2, 2, epochs=5, state="stopped"),
        told("cifar-plain-56", 88, 88, 88, epochs=5, state="stopped"),
    ]
    said = text(runs)
    assert said.startswith("So far, after 3 of 5 epochs, the deeper plain network errs far more")
    assert "if it lasts to the end" in said
    assert "Plain-20 and Plain-56 were stopped at epoch 3.0 of 5." in said


def test_a_plain_network_to_which_nothing_was_done_is_compared() -> None:
    """A message to every run reaches plain networks, too, and does nothing there."""
    plain = told("cifar-plain-56", 80, 70, 60, run={"interventions": (Intervention(2, 0.0),)})
    assert "Plain-56 errs on 60.0 % of them" in text([told("cifar-plain-20", 9, 5, 1), plain])


def test_a_run_that_was_stopped_does_not_hold_the_others_back() -> None:
    said = text([*four(1, 1, 50, 1), told("cifar-plain-44", 90, state="stopped")])
    assert "Plain-56 errs on 50.0 % of them, Plain-20 on 1.0 %" in said
    assert "Not compared here, because they ended before their time: Plain-44." in said


def test_one_depth_of_plain_networks_cannot_show_degradation() -> None:
    said = text([told("cifar-plain-20", 9, 5, 3), told("cifar-resnet-20", 9, 5, 1.5)])
    assert (
        "ResNet-20 errs less than Plain-20: on the training pictures ResNet-20 errs on 1.5 % and Plain-20 on 3.0 %."
    ) in said
    assert "Degradation shows between two depths of plain networks; here is one." in said
    alone = text([told("cifar-resnet-20", 9, 5, 1.5)])
    assert alone.startswith("The training error of ResNet-20 is 1.5 %.")
    assert "degradation" not in alone.lower()


def test_depths_of_residual_networks_alone() -> None:
    runs = [told("cifar-resnet-20", 9, 5, 3), told("cifar-resnet-56", 9, 5, 1.5)]
    assert text(runs).startswith(
        "With shortcuts the deeper network errs less than the shallower on the training pictures: ResNet-56 1.5 %, "
        "ResNet-20 3.0 %."
    )


def test_three_depths_are_compared_at_their_ends() -> None:
    said = text([*four(1, 1, 50, 1), told("cifar-plain-32", 60, 40, 9)])
    assert "The deepest plain network errs far more than the shallowest" in said
    assert "Plain-56 errs on 50.0 % of them, Plain-32 on 9.0 %, Plain-20 on 1.0 %" in said


def test_seeds_that_agree_and_seeds_that_do_not() -> None:
    agreed = [*four(0.1, 0, 52.0, 0), *four(0.3, 0, 60.1, 0, seed=1)]
    said = text(agreed)
    assert "errs far more than the shallower in both seeds, on the very pictures" in said
    assert "Plain-56 errs on 52.0 to 60.1 % of them, Plain-20 on 0.1 to 0.3 %" in said
    assert "ResNet-56 errs on 0.0 % instead of its twin's 52.0 to 60.1 %" in said
    mixed = text([*agreed, *four(0.2, 0, 0.4, 0, seed=2)])
    assert "errs more than the shallower in 2 of three seeds" in mixed
    assert "Shortcuts do not turn it round in every seed" in mixed


def test_runs_that_differ_in_more_than_depth_and_shortcuts_are_not_compared() -> None:
    adam = told("cifar-plain-56", 80, 70, 60, run={"recipe": RECIPES["adam"]})
    said = text([told("cifar-plain-20", 9, 5, 1), adam])
    assert "more than" not in said
    assert "Recipe quick: the training error of Plain-20 is 1.0 %." in said
    assert "more than" not in text(
        [told("cifar-plain-20", 9, 5, 1), *bare([told("cifar-plain-56", 80, 70, 60)])]
    )


def test_what_is_compared_is_told_apart_by_what_differs() -> None:
    quick, adam = (told("cifar-plain-20", 9, 5, 1, run={"recipe": RECIPES[n]}) for n in ("quick", "adam"))
    assert "Recipe adam: the training error" in text([quick, adam])
    longer = told("cifar-resnet-20", 9, 5, 1, 1, epochs=4)
    assert "Four epochs: the training error" in text([quick, longer])
    fashion = told("cifar-resnet-20", 9, 5, 1, run={"data": "fashion-mnist"})
    assert "On Fashion-MNIST: the training error" in text([quick, fashion])
    hot = told("cifar-plain-32", 9, 5, 1, run={"recipe": replace(RECIPES["quick"], rate=0.2)})
    assert "SGD, momentum 0.9 (Nesterov), rate 0.2, one cycle" in text([quick, hot])


def test_the_papers_warm_up_makes_no_other_recipe() -> None:
    runs = [
        told(f"cifar-plain-{depth}", 60, 40, error, run={"recipe": recipe_for("paper", depth)})
        for depth, error in ((20, 8.0), (110, 30.0))
    ]
    assert "one recipe (paper)" in question(runs)
    assert "the deeper plain network errs far more" in text(runs).lower()


def test_a_second_depth_that_diverged_is_a_depth_all_the_same() -> None:
    broken: dict[str, Any] = {"state": "diverged"}
    assert "here is one" not in text([told("cifar-plain-20", 9, 5, 3), told("cifar-plain-56", **broken)])


def test_test_errors_are_listed_after_what_weighs_more() -> None:
    said = text([told("cifar-plain-20", 9, 5, 1, test=2.2), told("cifar-resnet-20", 9, 5, 1, test=1.1)])
    assert said.splitlines()[-1] == "Errors on the test set: Plain-20 2.2 %, ResNet-20 1.1 %."


def test_a_run_that_was_made_longer_has_its_new_length_and_is_compared_with_its_likes() -> None:
    longer = [
        told(name, *errors, epochs=3, run={"extensions": (Extension(step, 4),)})
        for name, errors, step in (("cifar-plain-20", (3, 3, 3), 8), ("cifar-plain-56", (70, 70, 70), 10))
    ]
    said = text(longer)
    assert question(longer).endswith("seed 0, 4 epochs.")
    assert said.startswith("So far, after 3 of 4 epochs, the deeper plain network errs far more")
    assert "more than" not in text([longer[0], told("cifar-plain-56", 90, 80, 70)])


def test_only_twins_are_compared_and_depths_of_one_kind() -> None:
    """A pre-activation network, or one of another option, differs from the others by more than shortcuts or depth."""
    other = told("cifar-resnet-56-preact", 80, 50, 0.2)
    said = text([*four(0, 0, 50, 0)[:3], other])
    assert "turn it round" not in said
    assert "ResNet-56 pre-activation errs" not in said.replace("(", "").replace(")", "")
    assert "errs less than" not in text(
        [told("cifar-plain-20", 9, 5, 3), told("cifar-resnet-20-preact", 9, 5, 1)]
    )
    options = [told("cifar-resnet-20-b", 9, 5, 3), told("cifar-resnet-56-c", 9, 5, 1)]
    assert "errs less than the shallower" not in text(options)
    residual = text([told("cifar-resnet-20", 9, 5, 3), told("cifar-resnet-56", 9, 5, 1), *options])
    assert (
        "the deeper network errs less than the shallower on the training pictures: ResNet-56 1.0 %"
        in residual
    )

"""Each claim of a story where the numbers bear it out, and where they say the opposite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from resnet_viewer.core.catalog import spec
from resnet_viewer.records.recipe import RECIPES, recipe_for
from resnet_viewer.records.story import EMPTY, story
from resnet_viewer.records.story_depth import verdict
from resnet_viewer.records.story_run import StoryRun
from resnet_viewer.records.story_words import counted, joined, percent, sentence, thousands
from resnet_viewer.records.training import EpochReport, Extension, Intervention, RunSpec

STEPS = 4


def told(
    name: str,
    *train_errors: float,
    test: float = 3.0,
    epochs: int = 3,
    seed: int = 0,
    final: float | None = None,
    **more: Any,
) -> StoryRun:
    """A run whose epochs ended with these training errors; done where there are as many as `epochs`."""
    network = replace(spec(name), seed=seed, channels=1, input_size=8)
    run = replace(RunSpec(network, "digits", epochs), **more.pop("run", {}))
    is_done = len(train_errors) == epochs
    given: dict[str, Any] = {
        "state": "done" if is_done else "running",
        "final_train_error": train_errors[-1] if is_done and final is None else final,
        "errors": np.repeat(np.array(train_errors), STEPS),
    } | more
    reports = tuple(EpochReport(i, 0.1, 1.0, error, test, 2.0) for i, error in enumerate(train_errors))
    return StoryRun(network.title, run, steps_per_epoch=STEPS, epochs=reports, **given)


def four(
    plain_20: float, resnet_20: float, plain_56: float, resnet_56: float, seed: int = 0
) -> list[StoryRun]:
    names = ("cifar-plain-20", "cifar-resnet-20", "cifar-plain-56", "cifar-resnet-56")
    errors = (plain_20, resnet_20, plain_56, resnet_56)
    return [told(name, 80, 50, error, seed=seed) for name, error in zip(names, errors, strict=True)]


def text(runs: list[StoryRun], time: float | None = None, pictures: int = 0) -> str:
    return "\n".join(story(runs, time, pictures=pictures)).replace("\u00a0", " ")


def test_without_runs_it_says_what_it_will_say() -> None:
    assert story([]) == (EMPTY,)


def test_the_setting_is_told_first() -> None:
    first = text(four(1, 1, 50, 1), pictures=1437).splitlines()[0]
    assert first == (
        "Four networks, one recipe (quick), seed 0, 3 epochs on 1 437 training pictures of Digits."
    )


def test_seeds_recipes_and_folders_are_told_as_they_are() -> None:
    runs = [*four(1, 1, 50, 1), *four(1, 1, 50, 1, seed=4)]
    assert text(runs).startswith(
        "Eight runs of four networks, one recipe (quick), seeds 0 and 4, 3 epochs on Digits."
    )
    other = told("cifar-resnet-20", 5, 2, 1, run={"recipe": RECIPES["adam"], "data": "my flowers"})
    assert "two recipes (quick and adam)" in text([told("cifar-plain-20", 5, 2, 1), other])
    assert "Digits and my flowers" in text([told("cifar-plain-20", 5, 2, 1), other])
    edited = told("cifar-resnet-20", 5, 2, 1, run={"recipe": replace(RECIPES["quick"], rate=0.2)})
    assert "two recipes by the name of quick" in text([told("cifar-plain-20", 5, 2, 1), edited])


def test_the_papers_warm_up_makes_no_other_recipe() -> None:
    runs = [
        told(f"cifar-plain-{depth}", 60, 40, error, run={"recipe": recipe_for("paper", depth)})
        for depth, error in ((20, 8.0), (110, 30.0))
    ]
    said = text(runs)
    assert "one recipe (paper)" in said
    assert "the deeper plain network errs more" in said.lower()


def test_degradation_is_claimed_where_it_was_measured() -> None:
    said = text(four(0.1, 0.0, 55.7, 0.2))
    assert (
        "The deeper plain network errs more than the shallower on the very pictures that it trains on: "
        "Plain-56 55.7 %, Plain-20 0.1 %. He et al. (2015) call that degradation. With shortcuts the deeper network "
        "and the shallower err alike (within a percentage point): ResNet-56 0.2 %, ResNet-20 0.0 %. "
        "ResNet-56 errs less than Plain-56 on the training pictures."
    ) in said
    assert "so far" not in said.lower()


def test_degradation_is_denied_where_the_deeper_plain_network_errs_alike_or_less() -> None:
    alike = text(four(0.1, 0.0, 0.6, 0.2))
    assert "The deeper plain network and the shallower err alike on the training pictures" in alike
    assert "The degradation of He et al. (2015) is not seen here." in alike
    assert "ResNet-56 errs like Plain-56" in alike
    less = text(four(9.0, 4.0, 5.0, 8.0))
    assert "The deeper plain network errs less than the shallower" in less
    assert "is not seen here." in less
    assert "With shortcuts the deeper network errs more than the shallower: ResNet-56 8.0 %" in less
    assert "ResNet-56 errs more than Plain-56" in less
    assert "call that" not in alike + less


def test_where_shortcuts_do_not_help_that_is_told_too() -> None:
    said = text(four(1.0, 1.0, 50.0, 60.0))
    assert "With shortcuts the deeper network errs more than the shallower, too: ResNet-56 60.0 %" in said
    assert "ResNet-56 errs more than Plain-56" in said
    assert "With shortcuts the deeper network errs less" in text(four(1.0, 6.0, 50.0, 2.0))


def test_the_errors_of_the_last_weights_count_once_all_are_done() -> None:
    runs = [told("cifar-plain-20", 9, 5, 3, final=0.1), told("cifar-plain-56", 90, 80, 70, final=66.6)]
    assert "Plain-56 66.6 %, Plain-20 0.1 %" in text(runs)
    going = [told("cifar-plain-20", 9, 5, 3, final=0.1), told("cifar-plain-56", 90, 80)]
    assert "Plain-56 80.0 %, Plain-20 5.0 %" in text(going)


def test_while_it_runs_all_are_taken_after_as_many_epochs_and_nothing_is_final() -> None:
    said = text([told("cifar-plain-20", 70, 20), told("cifar-plain-56", 88)])
    assert "So far 1 to 2 of them are done." in said
    assert "So far, after one epoch, the deeper plain network errs more" in said
    assert "Plain-56 88.0 %, Plain-20 70.0 %" in said
    assert "call that degradation, if it lasts to the end of training." in said
    alike = text([told("cifar-plain-20", 88), told("cifar-plain-56", 88)])
    assert "is not seen here, or not yet." in alike
    assert text([told("cifar-plain-20"), told("cifar-plain-56")]).endswith("No epoch is finished yet.")


def test_runs_that_were_all_stopped_are_compared_where_they_stand() -> None:
    runs = [told("cifar-plain-20", 70, 20, state="stopped"), told("cifar-plain-56", 88, 80, state="stopped")]
    said = text(runs)
    assert "\nAfter two epochs, the deeper plain network errs more" in said
    assert "if it lasts to the end" in said
    assert "Plain-20 and Plain-56 were stopped at epoch 2.0 of 3." in said


def test_a_plain_network_to_which_nothing_was_done_is_compared() -> None:
    """A message to every run reaches plain networks, too, and does nothing there."""
    plain = told("cifar-plain-56", 80, 70, 60, run={"interventions": (Intervention(2, 0.0),)})
    assert "Plain-56 60.0 %, Plain-20 1.0 %" in text([told("cifar-plain-20", 9, 5, 1), plain])


def test_a_run_that_was_stopped_does_not_hold_the_others_back() -> None:
    said = text([*four(1, 1, 50, 1), told("cifar-plain-44", 90, state="stopped")])
    assert "Plain-56 50.0 %, Plain-20 1.0 %" in said
    assert "Not compared here, because they ended before their time: Plain-44." in said


def test_one_depth_of_plain_networks_cannot_show_degradation() -> None:
    said = text([told("cifar-plain-20", 9, 5, 3), told("cifar-resnet-20", 9, 5, 1.5)])
    assert "The training error is 3.0 % for Plain-20 and 1.5 % for ResNet-20." in said
    assert "ResNet-20 errs less than Plain-20" in said
    assert "Degradation shows between two depths of plain networks; here is one." in said
    assert "degradation" not in text([told("cifar-resnet-20", 9, 5, 1.5)]).lower()


def test_three_depths_are_compared_at_their_ends() -> None:
    runs = [*four(1, 1, 50, 1), told("cifar-plain-32", 60, 40, 9)]
    assert "The deepest plain network errs more than the shallowest" in text(runs)
    assert "Plain-56 50.0 %, Plain-32 9.0 %, Plain-20 1.0 %" in text(runs)


def test_seeds_that_agree_and_seeds_that_do_not() -> None:
    agreed = [*four(0.1, 0, 52.0, 0), *four(0.3, 0, 60.1, 0, seed=1)]
    said = text(agreed)
    assert "errs more than the shallower on the very pictures that it trains on in both seeds: " in said
    assert "Plain-56 52.0 to 60.1 %, Plain-20 0.1 to 0.3 %" in said
    mixed = text([*agreed, *four(0.2, 0, 0.4, 0, seed=2)])
    assert "errs more in 2 and alike in 1 of three seeds on the training pictures" in mixed
    assert "The degradation of He et al. (2015) is seen in 2 of three seeds." in mixed
    assert "Beside Plain-56, ResNet-56 errs alike in 1 and less in 2 of three seeds" in mixed


def test_runs_that_differ_in_more_than_depth_and_shortcuts_are_not_compared() -> None:
    adam = told("cifar-plain-56", 80, 70, 60, run={"recipe": RECIPES["adam"]})
    said = text([told("cifar-plain-20", 9, 5, 1), adam])
    assert "errs more" not in said
    assert "Recipe quick: the training error is 1.0 % for Plain-20." in said
    bare = told("cifar-plain-56", 80, 70, 60)
    bare = replace(bare, run=replace(bare.run, network=replace(bare.run.network, is_normalised=False)))
    assert "errs more" not in text([told("cifar-plain-20", 9, 5, 1), bare])


def test_test_errors_are_listed() -> None:
    said = text([told("cifar-plain-20", 9, 5, 1, test=2.2), told("cifar-resnet-20", 9, 5, 1, test=1.1)])
    assert "On the test set: Plain-20 2.2 %, ResNet-20 1.1 %." in said


def recorded(name: str, *norms: list[float], **more: Any) -> StoryRun:
    """With a gradient record after every second step of the first epochs."""
    times = (np.arange(len(norms)) * 2 + 1) / STEPS
    return told(name, 80, 50, 20, record_times=times, norms=np.array(norms), **more)


def test_decades_are_those_at_the_pointer() -> None:
    plain = recorded("cifar-plain-56", [1e-1, 1e-3, 1.0], [1e-1, 2e-1, 1.0])
    residual = recorded("cifar-resnet-56", [0.1, 0.2, 0.4], [0.1, 0.2, 0.5])
    said = text([plain, residual], 0.3)
    assert (
        "At the pointer (epoch 0.3) the gradient norms over the layers of Plain-56 span 3.0 decades (smallest "
        "1.0e-03, in layer 2 of 3), those of ResNet-56 span 0.6 decades (smallest 1.0e-01, in layer 1 of 3)."
    ) in said
    newest = text([plain, residual])
    assert "In the newest record the gradient norms over the layers of Plain-56 span 1.0 decades" in newest


def test_no_gradients_are_told_where_there_is_none() -> None:
    plain = recorded("cifar-plain-56", [1e-1, 1e-3, 1.0])
    assert "gradient norms" not in text([plain], 0.1)  # before the first record
    assert "gradient norms" not in text([plain], 3.5)  # after the last step
    assert "gradient norms" in text([plain], 0.25)  # at the record itself
    assert "gradient norms" in text([plain], 3.0)
    assert "gradient norms" not in text([told("cifar-plain-56", 80, 50, 20)])


def test_zeros_and_what_is_not_finite_are_told() -> None:
    mixed = text([recorded("cifar-plain-56", [0.0, 0.1, 1.0, np.nan])])
    assert (
        "span 1.0 decades (smallest 1.0e-01, in layer 2 of 4), are zero in one layer and are not finite in one layer."
    ) in mixed
    assert "of Plain-56 are zero in three layers." in text([recorded("cifar-plain-56", [0.0, 0.0, 0.0])])


def test_the_papers_word_on_vanishing_gradients_belongs_to_batch_normalised_plain_networks() -> None:
    plain = recorded("cifar-plain-56", [0.1, 0.2])
    assert "hold it unlikely that vanishing gradients" in text([plain])
    assert "as Plain-56 is." in text([plain])
    bare = replace(plain, run=replace(plain.run, network=replace(plain.run.network, is_normalised=False)))
    assert "unlikely" not in text([bare])
    assert "unlikely" not in text([recorded("cifar-resnet-56", [0.1, 0.2])])


def cut(*made: tuple[int, float], errors: list[float], **more: Any) -> StoryRun:
    interventions = tuple(Intervention(step, strength) for step, strength in made)
    run = {"interventions": interventions, **more.pop("run", {})}
    return told("cifar-resnet-56", 3, 71, 60, run=run, errors=np.array(errors), **more)


def test_an_intervention_is_told_with_the_errors_around_it() -> None:
    errors = [9.0, 9.0, 2.0, 4.0, 2.0, 4.0, 70.0, 72.0, 70.0, 72.0, 20.0, 20.0]
    assert (
        "At epoch 1.5 the shortcuts of ResNet-56 were cut; its training error was 3.0 % over the epoch before, and "
        "71.0 % over the epoch after."
    ) in text([cut((6, 0.0), errors=errors)])
    twice = text([cut((6, 0.0), (8, 0.5), errors=errors)])
    assert "71.0 % over the two steps after." in twice
    assert "At epoch 2.0 the shortcuts of ResNet-56 were set to strength 0.5" in twice
    assert "were restored" in text([cut((6, 1.0), errors=errors)])


def test_interventions_that_changed_nothing_or_are_to_come_are_not_told() -> None:
    assert "shortcuts of" not in text([cut((12, 0.0), errors=[3.0] * 12)])
    assert "strength 0.9" not in text([cut((6, 0.9), (6, 0.0), errors=[3.0] * 12)])
    plain = told("cifar-plain-56", 80, 50, 20, run={"interventions": (Intervention(2, 0.0),)})
    assert "shortcuts of" not in text([plain])
    assert "The training error is 20.0 % for Plain-56." in text([plain])
    assert "from the first step on" in text([cut((0, 0.0), errors=[3.0] * 12)])


def test_of_many_interventions_the_last_are_told() -> None:
    made = [(step, step / 10) for step in range(2, 8)]
    said = text([cut(*made, errors=[3.0] * 12)])
    assert "The shortcuts of ResNet-56 were set six times; the last three times are told here." in said
    assert said.count("were set to strength") == 3


def test_a_run_with_cut_shortcuts_is_not_compared_and_its_gradients_say_so() -> None:
    touched = cut(
        (6, 0.0), errors=[3.0] * 12, record_times=np.array([0.5, 2.0]), norms=np.array([[1, 2], [1, 9.0]])
    )
    said = text([*four(1, 1, 50, 1)[:3], touched])
    assert "because their shortcuts were changed on the way: ResNet-56." in said
    assert "ResNet-56 errs" not in said
    assert "ResNet-56 (shortcuts cut) span 1.0 decades" in said
    assert "ResNet-56 span 0.3 decades" in text([touched], 1.0)


def test_runs_that_broke_are_told_and_not_compared() -> None:
    broken = told("cifar-plain-56", 88, state="failed", sentence="The disk is full.")
    said = text([*four(1, 1, 50, 1)[:2], broken])
    assert said.endswith("\nPlain-56 failed at epoch 1.0 of 3. The disk is full.")
    assert "errs more" not in said
    assert "failed" not in text(four(1, 1, 50, 1))
    whole = replace(broken, sentence="Plain-56 could not go on: the disk is full.")
    assert text([whole]).endswith("\nPlain-56 could not go on: the disk is full.")
    diverged = text([*four(1, 1, 50, 1)[:2], replace(broken, state="diverged")])
    assert diverged.endswith("\nPlain-56 diverged at epoch 1.0 of 3: its loss is not a finite number.")
    assert "errs more" not in diverged


def test_what_happened_to_several_runs_is_told_once() -> None:
    def all_of(state: str, sentence: str) -> str:
        runs = [told(n, 88, state=state, sentence=sentence) for n in ("cifar-plain-20", "cifar-resnet-20")]
        late = told("cifar-plain-56", 88, 70, state=state, sentence=sentence)
        return text([*runs, late]).splitlines()[-1]

    assert all_of("failed", "The disk is full.") == (
        "Plain-20 and ResNet-20 failed at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3. The disk is full."
    )
    assert all_of("diverged", "") == (
        "Plain-20 and ResNet-20 diverged at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3: their losses are not finite "
        "numbers."
    )
    assert all_of("stopped", "") == (
        "Plain-20 and ResNet-20 were stopped at epoch 1.0 of 3, Plain-56 at epoch 2.0 of 3."
    )
    names = ("Plain-20", "Plain-56")
    runs = [
        told(f"cifar-{name.lower()}", 88, state="failed", sentence=f"No memory for {name}: take less.")
        for name in names
    ]
    assert text(runs).endswith(
        "\nPlain-20 and Plain-56 failed at epoch 1.0 of 3. No memory for Plain-20 and Plain-56: take less."
    )
    folders = [
        told(name, state="failed", sentence=f"Cannot write in the folder /runs/today/{name}: choose another.")
        for name in ("cifar-plain-20", "cifar-plain-56")
    ]
    assert text(folders).splitlines()[-1] == (
        "Plain-20 and Plain-56 failed before the first step. Cannot write in the folder /runs/today: choose another."
    )
    unbegun = told("cifar-plain-20", state="stopped", sentence="Plain-20 had not begun.")
    assert text([unbegun]).endswith("Plain-20 was stopped before the first step.")


def test_what_was_done_to_several_runs_at_once_is_told_once_and_in_order() -> None:
    errors = np.array([9.0] * 4 + [2.0] * 4 + [70.0] * 4)
    made = {"run": {"interventions": (Intervention(4, 0.0), Intervention(6, 1.0))}, "errors": errors}
    runs = [told(name, 3, 71, 60, **made) for name in ("cifar-resnet-20", "cifar-resnet-56")]
    assert text(runs).splitlines()[-1] == (
        "At epoch 1.0 the shortcuts of ResNet-20 and ResNet-56 were cut; their training errors were 9.0 % and 9.0 % "
        "over the epoch before, and 2.0 % and 2.0 % over the two steps after. At epoch 1.5 the shortcuts of "
        "ResNet-20 and ResNet-56 were restored; their training errors were 2.0 % and 2.0 % over the two steps "
        "before, and 36.0 % and 36.0 % over the epoch after."
    ), "the steps before are those since the last intervention"


def test_runs_of_one_title_are_told_apart_by_their_recipe() -> None:
    norms = {"record_times": np.array([0.5]), "norms": np.array([[1.0, 2.0]])}
    runs = [
        told("cifar-plain-20", 9, 5, 1, run={"recipe": RECIPES[name]}, **norms) for name in ("quick", "adam")
    ]
    assert "the layers of Plain-20 (quick) span" in text(runs)


def test_what_is_compared_is_told_apart_by_what_differs() -> None:
    quick, adam = (told("cifar-plain-20", 9, 5, 1, run={"recipe": RECIPES[n]}) for n in ("quick", "adam"))
    assert "Recipe adam: the training error" in text([quick, adam])
    longer = told("cifar-resnet-20", 9, 5, 1, 1, epochs=4)
    assert "Four epochs: the training error" in text([quick, longer])
    fashion = told("cifar-resnet-20", 9, 5, 1, run={"data": "fashion-mnist"})
    assert "On Fashion-MNIST: the training error" in text([quick, fashion])
    hot = told("cifar-plain-32", 9, 5, 1, run={"recipe": replace(RECIPES["quick"], rate=0.2)})
    assert "SGD, momentum 0.9 (Nesterov), rate 0.2, one cycle" in text([quick, hot])


def test_a_second_depth_that_diverged_is_a_depth_all_the_same() -> None:
    broken = told("cifar-plain-56", state="diverged", errors=np.array([90.0]))
    assert "here is one" not in text([told("cifar-plain-20", 9, 5, 3), broken])


def test_words() -> None:
    assert (counted(1, "seed"), counted(4, "network"), counted(13, "run")) == (
        "one seed",
        "four networks",
        "13 runs",
    )
    assert thousands(1437) == "1\u00a0437"
    assert (joined([]), joined(["a"]), joined(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert percent(51.96, 52.04) == "52.0\u00a0%"
    assert sentence("so it is") == "So it is."
    assert [verdict(*pair) for pair in ((2.0, 1.0), (1.9, 1.0), (1.0, 2.0))] == ["more", "alike", "less"]


def test_a_run_that_was_made_longer_has_its_new_length_and_is_compared_with_its_likes() -> None:
    longer = [
        told(name, *errors, epochs=3, run={"extensions": (Extension(step, 4),)})
        for name, errors, step in (("cifar-plain-20", (9, 5, 3), 8), ("cifar-plain-56", (90, 80, 70), 10))
    ]
    said = text(longer)
    assert "seed 0, 4 epochs on" in said
    assert "So far, after three epochs, the deeper plain network errs more" not in said  # nothing more comes
    assert "if it lasts to the end" in said
    assert "Plain-56 70.0 %, Plain-20 3.0 %" in said
    assert "errs more" not in text([longer[0], told("cifar-plain-56", 90, 80, 70)])

from dataclasses import replace

from resnet_viewer.charts.run_names import (
    end_words,
    epochs_done,
    groups,
    recipe_words,
    run_names,
    run_strokes,
    so_far_words,
)
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import Extension, Intervention
from tests.figures.runs import going, report


def test_a_name_says_no_more_than_is_needed_to_tell_the_runs_apart() -> None:
    plain, residual = report("cifar-plain-8"), report()
    assert run_names([plain, residual]) == ["Plain-8", "ResNet-8"]
    assert run_names([plain, residual, report(seed=1)]) == [
        "Plain-8",
        "ResNet-8 seed 0",
        "ResNet-8 seed 1",
    ]
    adam = replace(residual, spec=replace(residual.spec, recipe=RECIPES["adam"]))
    assert run_names([residual, adam]) == [
        "ResNet-8 quick", "ResNet-8 adam"
    ]  # fmt: skip
    cut = report(interventions=(Intervention(6, 0.0), Intervention(8, 1.0)))
    assert run_names([residual, cut]) == ["ResNet-8", "ResNet-8 · shortcuts cut at epoch 1.5 …"]
    stopped = report(state="stopped", more_steps=2)
    assert run_names([residual, stopped]) == ["ResNet-8", "ResNet-8 · stopped after 3.5 epochs"]
    assert run_names([residual, residual]) == ["ResNet-8", "ResNet-8 (2)"]


def test_seeds_of_one_network_are_a_group_and_what_ended_early_is_none() -> None:
    runs = [
        report(seed=0),
        report("cifar-plain-8"),
        report(seed=1),
        report(seed=2, state="diverged", epochs=1),
    ]
    together = groups(runs)
    assert [[run.spec.network.seed for run in group.runs] for group in together] == [[0, 1], [0], [2]]
    assert [group.label for group in together] == [
        "ResNet-8 · 2 seeds", "Plain-8", "ResNet-8 seed 2 · diverged after 1 epoch"
    ]  # fmt: skip
    marks = [group.stroke.mark for group in together]
    assert marks == ["", "", "o"], "the first of a depth and kind has no marker"


def test_a_run_that_is_added_changes_no_other_ones_colour() -> None:
    specs = [run.spec for run in (report("cifar-plain-20"), report("cifar-resnet-8"))]
    strokes = run_strokes(specs)
    added = run_strokes([*specs, report("cifar-plain-8").spec, report("cifar-plain-14").spec])
    assert added[:2] == strokes
    assert [stroke.colour for stroke in added] == ["depth 0", "depth 1", "depth 1", "depth 2"]


def test_words_for_what_was_done_and_how_far_it_came() -> None:
    assert [strength_words(s) for s in (0.0, 1.0, 0.5)] == [
        "shortcuts cut", "shortcuts restored", "shortcuts open by 0.5"
    ]  # fmt: skip
    assert epochs_done(report(more_steps=1)) == 3.25
    assert epochs_done(report(with_steps=False)) == 3
    assert end_words(report()) == ""
    unfinished = going(report(epochs=1, more_steps=2))
    assert so_far_words([report("cifar-plain-8"), unfinished]) == "so far: ResNet-8 1.5 of 3 epochs"
    longer = replace(unfinished, spec=replace(unfinished.spec, extensions=(Extension(2, 9),)))
    assert so_far_words([longer]) == "so far: ResNet-8 1.5 of 9 epochs"
    assert so_far_words([report(state="stopped")]) == "", "a stopped run does not go on"
    assert recipe_words([report(seed=1), report()]).endswith(" · seeds 0, 1")

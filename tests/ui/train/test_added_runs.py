"""Runs that join others: the same is known by its settings, another gets a key and a title that say what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.charts.run_names import variants
from resnet_viewer.records.recipe import RECIPES, ShortcutSchedule
from resnet_viewer.records.run_plan import MOST_RUNS, Course, PlanError, RunPlan, to_add
from resnet_viewer.records.training import RunSpec
from resnet_viewer.services.run_plans import runs_of

PLAN = RunPlan(depths="8", is_residual=False)
ADAM = replace(PLAN, course=Course(RECIPES["adam"]))
THERE = dict(runs_of(PLAN))
KEY = "cifar-plain-8"


def keys(plan: RunPlan, known: dict[str, RunSpec] | None = None) -> list[str]:
    there = THERE if known is None else known
    return [key for key, _ in to_add(runs_of(plan), there, there)]


def test_the_same_run_is_known_whatever_its_key_and_whatever_was_done_to_it() -> None:
    two = replace(PLAN, course=Course(seeds=2))
    assert keys(two) == ["cifar-plain-8-seed-1"], "seed 0 is there already"
    changed = {"other": THERE[KEY].intervened(5, 0.0).extended(6, 4)}
    with pytest.raises(PlanError, match="are there already"):
        keys(PLAN, changed)


def test_the_same_network_with_another_recipe_is_another_run() -> None:
    assert keys(ADAM) == ["cifar-plain-8-adam"]
    assert keys(replace(PLAN, course=Course(epochs=24))) == ["cifar-plain-8-24-epochs"]
    both = replace(PLAN, course=Course(RECIPES["adam"], epochs=24, precision="bfloat16"))
    assert keys(both) == ["cifar-plain-8-adam-24-epochs-bfloat16"]
    faster = replace(PLAN, course=Course(replace(RECIPES["quick"], rate=0.2)))
    assert keys(faster) == ["cifar-plain-8-2"]
    assert keys(replace(PLAN, endings=("-nobn",))) == ["cifar-plain-8-nobn"]


DEEP = replace(RECIPES["quick"], survival=0.5).named
FADING = replace(RECIPES["quick"], shortcuts=ShortcutSchedule(2, 10)).named
SLOWER = replace(RECIPES["quick"], shortcuts=ShortcutSchedule(0, 11.5)).named
RESIDUAL = RunPlan(depths="8", is_plain=False)


def test_a_recipe_that_does_something_to_branches_or_shortcuts_has_it_in_keys_and_names() -> None:
    known = dict(runs_of(RESIDUAL))
    wanted = {
        "cifar-resnet-8-survival-0.5": DEEP,
        "cifar-resnet-8-shortcuts-1-to-0-epochs-2-10": FADING,
        "cifar-resnet-8-shortcuts-1-to-0-epochs-0-11.5": SLOWER,
    }
    for key, recipe in wanted.items():
        known |= dict(to_add(runs_of(replace(RESIDUAL, course=Course(recipe))), known, known))
        assert [*known][-1] == key
    runs = [*known.values()]
    assert told(*runs[:3]) == ["", "survival 0.5", "shortcuts 1 → 0"]
    assert told(*runs) == ["", "survival 0.5", "shortcuts 2..10=1..0", "shortcuts 0..11.5=1..0"]
    adam = replace(RECIPES["adam"], survival=0.5).named
    (other,) = (run for _, run in runs_of(replace(RESIDUAL, course=Course(adam))))
    assert told(runs[0], other) == ["quick", "adam, survival 0.5"]
    whole = {"cifar-resnet-8": runs[2]}
    (key,) = (key for key, _ in to_add(runs_of(RESIDUAL), whole, whole))
    assert key == "cifar-resnet-8-shortcuts-whole"


def test_what_was_taken_out_of_the_list_comes_back_under_its_key() -> None:
    known = THERE | {"cifar-plain-8-adam": runs_of(ADAM)[0][1]}
    assert [key for key, _ in to_add(runs_of(ADAM), known, {KEY})] == ["cifar-plain-8-adam"]
    assert keys(replace(ADAM, course=Course(replace(RECIPES["adam"], rate=0.01))), known) == [
        "cifar-plain-8-adam-2"
    ]


def test_added_runs_count_with_those_that_are_there() -> None:
    many = {f"{n}": replace(THERE[KEY], epochs=100 + n) for n in range(MOST_RUNS)}
    with pytest.raises(PlanError, match=f"That would be {MOST_RUNS + 1} runs"):
        keys(PLAN, many)


def told(*runs: RunSpec) -> list[str]:
    return [variant for variant, _ in variants(runs)]


def test_what_differs_is_told_and_seeds_are_not() -> None:
    quick, adam = THERE[KEY], runs_of(ADAM)[0][1]
    other = replace(quick, network=replace(quick.network, seed=1))
    assert variants([quick, other, adam]) == [("quick", True), ("quick", True), ("adam", False)]
    assert told(quick, other) == ["", ""]
    assert told(quick, adam) == ["quick", "adam"]
    faster = replace(quick, recipe=replace(quick.recipe, rate=0.2))
    assert told(quick, faster, adam) == ["quick, rate 0.05", "quick, rate 0.2", "adam"]
    assert told(quick, replace(quick, epochs=24)) == ["12 epochs", "24 epochs"]
    deeper = runs_of(replace(PLAN, depths="14"))[0][1]
    assert told(adam, deeper) == ["", ""]

"""Plans and recipes as JSON: what is written is read back, and what is no recipe is refused in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.records.recipe import RECIPES, Recipe
from resnet_viewer.records.run_plan import (
    Course,
    PlanError,
    RunPlan,
    course_json,
    course_of,
    plan_json,
    plan_of,
    plan_with,
)

MINE = Course(Recipe("mine", "adam", "constant", rate=0.002, batch=64), 5, 3, 2, "cpu", 7, "bfloat16")


def test_a_plan_is_read_back_as_it_was() -> None:
    plan = RunPlan("mnist", "20", True, False, ("-nobn", "-normal=0.1"), "cifar-resnet-44", MINE)
    assert plan_of(plan_json(plan)) == plan
    assert course_of(course_json(MINE)) == MINE


@pytest.mark.parametrize(
    ("before", "after", "match"),
    [
        ("{", "[", "no JSON"),
        ('"adam"', '"lion"', r"recipe\.optimizer cannot be 'lion'; correct it"),
        ('"epochs": 5', '"epochs": "five"', "epochs cannot be 'five'"),
        ('"epochs": 5', '"epochs": true', "epochs cannot be 'True'"),
        ('"epochs": 5', '"weeks": 5', "weeks is not known"),
        ('"epochs": 5', '"epochs": 0', "epochs cannot be 0; it goes from 1 to 10000"),
        ('"batch": 64', '"batch": -64', "batch must be a whole number from 1 to"),
        ('"rate": 0.002', '"rate": NaN', "rate must be a number above 0, not nan"),
        ('"rate": 0.002', '"rate": null', "rate must be a number above 0, not nan"),
        ('"rate": 0.002', '"rate": 1e6', "rate cannot be 1000000.0; it goes from 1e-06 to 10"),
        ('"rate": 0.002', f'"rate": 1{"0" * 400}', "rate cannot be '1000"),
        ('"seed": 3', f'"seed": 1{"0" * 30}', "seed cannot be 1000"),
        ('"name": "mine",', "", r"recipe\.name is missing"),
        ('"recipe": {', '"other": {', "no recipe of ResNet Viewer"),
        ('"resnet-viewer"', '"other-program"', "no recipe of ResNet Viewer"),
    ],
)
def test_what_is_no_recipe_is_refused(before: str, after: str, match: str) -> None:
    with pytest.raises(PlanError, match=match):
        course_of(course_json(MINE).replace(before, after, 1))


@pytest.mark.parametrize("endings", ["5", "null", '"-nobn"', "[5]"])
def test_a_plan_with_endings_that_are_none_is_refused(endings: str) -> None:
    text = plan_json(RunPlan())
    assert '"endings": []' in text
    with pytest.raises(PlanError, match="endings"):
        plan_of(text.replace('"endings": []', f'"endings": {endings}'))


def test_a_name_without_end_is_refused() -> None:
    mine = replace(MINE, recipe=replace(MINE.recipe, name="x" * 61))
    with pytest.raises(PlanError, match="more than 60 letters"):
        course_of(course_json(mine))


def test_a_text_nested_too_deeply_is_refused() -> None:
    with pytest.raises(PlanError, match="no JSON"):
        plan_of("[" * 100_000)


def test_whole_numbers_will_do_for_rates() -> None:
    assert course_of(course_json(MINE).replace('"rate": 0.002', '"rate": 1')).recipe.rate == 1.0


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (RunPlan(), "Depths 20, 56 · plain and residual"),
        (RunPlan(depths="20", is_plain=False, endings=("-nobn",)), "Depth 20 · residual · no BN"),
        (RunPlan(depths="20", is_plain=False, endings=("-fixup",)), "Depth 20 · residual · Fixup"),
        (
            RunPlan(depths="20", is_plain=False, endings=("-b", "-nobn", "-normal=0.1")),
            "Depth 20 · residual · option B · no BN · σ = 0.1",
        ),
        (RunPlan(is_plain=False, is_residual=False, networks="teaching-mnist"), "teaching-mnist"),
        (RunPlan(depths=" "), "No networks"),
    ],
)
def test_a_button_says_which_networks(plan: RunPlan, words: str) -> None:
    assert plan.networks_words == words


def test_the_first_plan_shows_the_whole_story() -> None:
    assert RunPlan().course == Course(RECIPES["quick"], epochs=12, seed=0, seeds=1)
    assert replace(RunPlan(), data="digits") == RunPlan()


def test_a_file_that_names_a_built_in_recipe_and_holds_another_has_another_name() -> None:
    course = Course(replace(RECIPES["quick"], rate=0.1))
    for text in (course_json(course), plan_json(RunPlan(course=course))):
        found = plan_with(RunPlan(), text).course.recipe
        assert (found.name, found.rate) == ("quick, changed", 0.1)


def test_a_file_holds_a_recipe_or_a_whole_plan() -> None:
    here, course = RunPlan(depths="32"), Course(epochs=3)
    assert plan_with(here, course_json(course)) == replace(here, course=course)
    assert plan_with(RunPlan(), plan_json(here)) == here
    for text in ("{}", "[]", '{"course": 1}'):
        with pytest.raises(PlanError):
            plan_with(here, text)

"""Saved recipes outlive one that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course, course_json
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.plan import SavedRecipes


def named(name: str) -> Course:
    return Course(replace(RECIPES["quick"], name=name))


def test_a_recipe_that_cannot_be_read_costs_none_of_the_others(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    newer = course_json(named("newer")).replace('"epochs"', '"eras"')
    settings.set_training("recipes", json.dumps([course_json(named("mine")), newer]))
    saved = SavedRecipes(settings)
    assert list(saved.all()) == ["mine"]
    saved.save(named("other"))
    saved.forget("mine")
    assert list(saved.all()) == ["other"]
    assert newer in json.loads(settings.training("recipes", str, "")), "a newer version will read it"


@pytest.mark.parametrize("text", ["{", "5", "[5]", '"text"', "null"])
def test_damaged_settings_hold_no_recipe(text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(tmp_path)
    settings.set_training("recipes", text)
    assert SavedRecipes(settings).all() == {}
    assert "training/recipes" in caplog.text or text == "[5]"

"""What a start would train, also by what is dropped, and the recipes of this user: kept in the settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from resnet_viewer.records.data import data_title
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES
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
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.recipe_dialog import recipe_text
from resnet_viewer.ui.work.worker import Failure

WELCOME = "a folder of pictures by class, a folder of runs, or a recipe"


class Plan(QObject):
    """The plan of the next start; who chose a built-in recipe last time has it as it is in this version."""

    changed = Signal(object)
    """To this RunPlan."""
    failed = Signal(object)
    said = Signal(str)

    def __init__(
        self, settings: Settings, runs_of: Callable[[RunPlan], object], parent: QObject | None = None
    ) -> None:
        """`runs_of` raises UserError for a plan that cannot be trained."""
        super().__init__(parent)
        self._settings, self._runs_of = settings, runs_of
        self.saved = SavedRecipes(settings)
        kept = settings.training("plan", plan_of, RunPlan())
        recipe = kept.course.recipe
        course = replace(kept.course, recipe=RECIPES.get(recipe.name, recipe))
        self.present = replace(kept, course=course)
        """What a start would train now."""

    def choose(self, plan: RunPlan) -> None:
        """Train this from the next start on."""
        self.present = plan
        self._settings.set_training("plan", plan_json(plan))
        self.changed.emit(plan)

    def follow(self, course: Course) -> None:
        """The same runs on the same data, with another recipe, length, or seeds."""
        self.choose(replace(self.present, course=course))

    def take(self, path: Path) -> None:
        """A folder of pictures, or a recipe's file; looks at names and small files only."""
        try:
            if path.is_dir():
                folder = replace(self.present, data=str(path))
                self._take(folder, f"The next start trains on {data_title(folder.data)}.")
            elif path.suffix.lower() == ".json":
                plan = plan_with(self.present, recipe_text(path))
                if self._take(plan, f"The next start follows {path.name}."):
                    self.saved.save(plan.course)
            else:
                raise PlanError(
                    f"{path.name} is nothing to train with: give {WELCOME}; pictures and weights are opened in Inspect."
                )
        except UserError as refusal:
            self.failed.emit(Failure(str(refusal)))

    def _take(self, plan: RunPlan, sentence: str) -> bool:
        """Train this from the next start on, unless it cannot be trained."""
        if refusal := self.refusal(plan):
            self.failed.emit(Failure(refusal))
            return False
        self.choose(plan)
        self.said.emit(sentence)
        return True

    def refusal(self, plan: RunPlan) -> str:
        """Why a plan cannot be trained; "" where it can."""
        try:
            self._runs_of(plan)
        except UserError as refused:
            return str(refused)
        return ""


class SavedRecipes:
    """By name, in the settings. One that cannot be read, such as a newer version's, stays there and is not listed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def all(self) -> dict[str, Course]:
        """Those that can be read, in the order of their names."""
        found = [course for text in self._texts() if (course := _readable(text)) is not None]
        return {course.recipe.name: course for course in sorted(found, key=lambda c: c.recipe.name)}

    def save(self, course: Course) -> None:
        """Under its recipe's name; a built-in recipe is there already."""
        if course.recipe not in RECIPES.values():
            self._write(self.all() | {course.recipe.name: course})

    def forget(self, name: str) -> None:
        """Take it out."""
        self._write({key: course for key, course in self.all().items() if key != name})

    def _write(self, courses: dict[str, Course]) -> None:
        kept = [text for text in self._texts() if _readable(text) is None]
        texts = kept + [course_json(course) for course in courses.values()]
        self._settings.set_training("recipes", json.dumps(texts))

    def _texts(self) -> list[str]:
        return self._settings.training("recipes", _listed, [])


def _listed(text: str) -> list[str]:
    """The texts of a list; what else is in it is none of ours."""
    found = json.loads(text)
    if not isinstance(found, list):
        raise ValueError("this is no list")
    return [item for item in found if isinstance(item, str)]


def _readable(text: str) -> Course | None:
    try:
        return course_of(text)
    except PlanError:
        return None

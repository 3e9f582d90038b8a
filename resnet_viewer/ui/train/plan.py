"""What a start would train, and the recipes of this user: kept in the settings, and shown by whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

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
)
from resnet_viewer.ui.settings import Settings


class Plan(QObject):
    """The plan of the next start; who chose a built-in recipe last time has it as it is in this version."""

    changed = Signal(object)
    """To this RunPlan."""

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

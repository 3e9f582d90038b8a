"""The Train page's menus of data and recipes, filled when they open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from resnet_viewer.records.data import NAMED
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course, PlanError, RunPlan, course_json, course_of
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.bar import data_words

ABOUT = {
    "quick": "a short run on a laptop",
    "paper": "He et al. 2015, section 4.2",
    "adam": "as teaching examples in Keras",
}


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


def fill_data_menu(
    menu: QMenu,
    plan: RunPlan,
    choose: Callable[[RunPlan], object],
    choose_folder: Callable[[], object],
    remark: Callable[[str], str],
) -> None:
    """Every named data set; `remark` says what it costs to have it, "" where it is here."""
    menu.clear()
    group = QActionGroup(menu)
    for name in NAMED:
        said = remark(name)
        _radio(
            menu,
            group,
            f"{data_words(name)}{f' · {said}' if said else ''}",
            plan.data == name,
            partial(choose, replace(plan, data=name)),
        )
    menu.addSeparator()
    if plan.data not in NAMED:
        _radio(menu, group, data_words(plan.data), True, partial(choose, plan))
    menu.addAction("Folder of pictures…").triggered.connect(lambda _checked=False: choose_folder())


def fill_recipe_menu(
    menu: QMenu,
    plan: RunPlan,
    choose: Callable[[RunPlan], object],
    edit: Callable[[], object],
    saved: SavedRecipes,
) -> None:
    """The built-in recipes, those of this user, and the way to another."""
    menu.clear()
    for part in menu.findChildren(QMenu):
        part.deleteLater()
    group = QActionGroup(menu)
    present = plan.course.recipe
    for name, recipe in RECIPES.items():
        act = partial(choose, replace(plan, course=replace(plan.course, recipe=recipe)))
        _radio(menu, group, f"{name.capitalize()}: {ABOUT[name]}", present == recipe, act)
    own = saved.all()
    if own:
        menu.addSeparator()
    for name, course in own.items():
        _radio(menu, group, name, present == course.recipe, partial(choose, replace(plan, course=course)))
    menu.addSeparator()
    menu.addAction("Edit…").triggered.connect(lambda _checked=False: edit())
    if own:
        forget = menu.addMenu("Forget a recipe")
        for name in own:
            forget.addAction(name.replace("&", "&&")).triggered.connect(
                lambda _checked=False, name=name: saved.forget(name)
            )


def _radio(menu: QMenu, group: QActionGroup, text: str, is_chosen: bool, act: Callable[[], object]) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(is_chosen)
    group.addAction(action)
    action.triggered.connect(lambda _checked=False: act())

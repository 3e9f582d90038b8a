"""What the Train tab is set to: which networks are trained on what, how, and how long; kept and exchanged as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES, Optimizer, Recipe, Schedule
from resnet_viewer.records.training import Precision

MOST_EPOCHS, MOST_SEEDS, MOST_RUNS = 10_000, 20, 24
_CHOICES: dict[str, tuple[str, ...]] = {
    "optimizer": Optimizer.__args__,  # type: ignore[attr-defined]
    "schedule": Schedule.__args__,  # type: ignore[attr-defined]
    "precision": Precision.__args__,  # type: ignore[attr-defined]
}
BOUNDS: dict[str, tuple[float, float]] = {
    "epochs": (1, MOST_EPOCHS),
    "batch": (1, 65_536),
    "rate": (1e-6, 10.0),
    "warm_up": (0.0, 1.0),
    "momentum": (0.0, 0.9999),
    "weight_decay": (0.0, 1.0),
    "seed": (0, 2**31 - 1),
    "seeds": (1, MOST_SEEDS),
    "record_every": (0, 10_000),
}
"""The least and the most that each number of a recipe may be."""


class PlanError(UserError):
    """A plan or recipe cannot be read, or asks for something that there is not."""


@dataclass(frozen=True)
class Course:
    """A recipe and how long, how often and where it is followed; saved by the recipe's name."""

    recipe: Recipe = RECIPES["quick"]
    epochs: int = 12
    seed: int = 0
    seeds: int = 1
    """How often each network is trained, with `seed`, `seed + 1` …"""
    device: str = ""
    """"" is the best there is."""
    record_every: int = 0
    """Steps between two gradient records; 0 chooses by the length of an epoch."""
    precision: Precision = "float32"


@dataclass(frozen=True)
class RunPlan:
    """The networks of every depth, plain and residual, with these endings of their names; and others by name."""

    data: str = "digits"
    """A name of `records.data.NAMED`, or an image folder."""
    depths: str = "20, 56"
    is_plain: bool = True
    is_residual: bool = True
    endings: tuple[str, ...] = ()
    """Such as "-nobn": of every network; "-b" and "-c" of the residual ones alone."""
    networks: str = ""
    """More networks by name, with commas."""
    course: Course = Course()

    @property
    def networks_words(self) -> str:
        """On a button: "Depths 20, 56 · plain and residual"."""
        kinds = " and ".join(
            word for word, is_on in (("plain", self.is_plain), ("residual", self.is_residual)) if is_on
        )
        parts = []
        if kinds and self.depths.strip():
            depths = ", ".join(self.depths.replace(",", " ").split())
            parts.append(f"{'Depths' if ',' in depths else 'Depth'} {depths} · {kinds}")
        parts += [ending.removeprefix("-") for ending in self.endings] if parts else []
        if names := self.networks.replace(",", " ").split():
            parts.append(", ".join(names))
        return " · ".join(parts) or "No networks"


def course_json(course: Course) -> str:
    """A course as text to keep or to pass on."""
    return json.dumps({"resnet-viewer": "recipe", **asdict(course)}, indent=2, allow_nan=False)


def course_of(text: str) -> Course:
    """What `course_json` wrote.

    Raises:
        PlanError: it is none.

    Example:
        >>> course_of(course_json(Course(epochs=3))).epochs
        3
    """
    found = _object(text)
    recipe = found.pop("recipe", None)
    if found.pop("resnet-viewer", None) != "recipe" or not isinstance(recipe, dict):
        raise PlanError("This is no recipe of ResNet Viewer; choose a file that was exported here.")
    if "name" not in recipe:
        raise PlanError("The recipe has no name; give it one.")
    return Course(recipe=Recipe(**_checked(Recipe, recipe)), **_checked(Course, found))


def plan_json(plan: RunPlan) -> str:
    """A plan as text to keep."""
    return json.dumps(asdict(plan) | {"course": course_json(plan.course)})


def plan_of(text: str) -> RunPlan:
    """What `plan_json` wrote.

    Raises:
        PlanError: it is none.
    """
    found = _object(text)
    course = found.pop("course", "")
    endings = found.pop("endings", ())
    is_list = isinstance(endings, list | tuple)
    if not isinstance(course, str) or not is_list or not all(isinstance(ending, str) for ending in endings):
        raise PlanError("The plan cannot be read; choose data, networks and recipe anew.")
    return RunPlan(**_checked(RunPlan, found), endings=tuple(endings), course=course_of(course))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError("This is no JSON file; choose a recipe that was exported here.") from error
    if not isinstance(found, dict):
        raise PlanError("This is no recipe of ResNet Viewer; choose a file that was exported here.")
    return found


def _checked(kind: type, found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with their types; an integer will do for a number with a point."""
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    checked: dict[str, Any] = {}
    for name, value in found.items():
        if name not in names:
            raise PlanError(f"The recipe has an unknown entry {name[:40]!r}; remove it.")
        choices = _CHOICES.get(name)
        wanted = str if choices else hints[name]
        if wanted is float and type(value) is int and abs(value) < 2**53:
            value = float(value)
        if type(value) is not wanted or (choices and value not in choices):
            raise PlanError(f"The recipe's entry {name!r} cannot be {str(value)[:40]!r}; correct it.")
        least, most = BOUNDS.get(name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not least <= value <= most:
            raise PlanError(
                f"The recipe's entry {name!r} cannot be {str(value)[:40]}; it goes from {least:g} to {most:g}."
            )
        checked[name] = value
    return checked

"""What the Train tab is set to: which networks are trained on what, how, and how long; kept and exchanged as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from resnet_viewer.records.data import Augmentation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES, Recipe
from resnet_viewer.records.training import Precision
from resnet_viewer.records.typed_json import DecodeError, decoded

T = TypeVar("T")

MOST_EPOCHS, MOST_SEEDS, MOST_RUNS = 10_000, 20, 24
LONGEST_NAME = 60
"""Letters of a recipe's name."""
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
    """Steps between two gradient records; 0 chooses by the number of steps."""
    precision: Precision = "float32"
    augment: Augmentation | None = None
    """None is what is usual for the data."""


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
        parts += [_ending_words(ending) for ending in self.endings] if parts else []
        if names := self.networks.replace(",", " ").split():
            parts.append(", ".join(names))
        return " · ".join(parts) or "No networks"


def _ending_words(ending: str) -> str:
    """As in the networks' titles: "no BN"."""
    name, _, value = ending.partition("=")
    known = {"-nobn": "no BN", "-xavier": "Xavier", "-normal": f"σ = {value}"}
    return known.get(name) or f"option {name.removeprefix('-').upper()}"


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
    if found.pop("resnet-viewer", None) != "recipe" or "recipe" not in found:
        raise PlanError("This is no recipe of ResNet Viewer; choose a file that was exported here.")
    course = _bounded(_read(Course, found))
    return replace(course, recipe=course.recipe.named)


def plan_json(plan: RunPlan) -> str:
    """A plan as text to keep."""
    return json.dumps(asdict(plan), allow_nan=False)


def plan_of(text: str) -> RunPlan:
    """What `plan_json` wrote.

    Raises:
        PlanError: it is none.
    """
    plan = _read(RunPlan, _object(text))
    _bounded(plan.course)
    return plan


def plan_with(plan: RunPlan, text: str) -> RunPlan:
    """`plan` with the recipe that `text` holds, or the whole plan that it holds.

    Raises:
        PlanError: it is neither.
    """
    if "course" in _object(text):
        found = plan_of(text)
        return replace(found, course=replace(found.course, recipe=found.course.recipe.named))
    return replace(plan, course=course_of(text))


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError("This is no JSON file; choose a recipe that was exported here.") from error
    if not isinstance(found, dict):
        raise PlanError("This is no recipe of ResNet Viewer; choose a file that was exported here.")
    return found


def _read(kind: type[T], found: dict[str, object]) -> T:
    try:
        return decoded(kind, found)
    except DecodeError as error:
        raise PlanError(f"In the recipe, {str(error).removeprefix('.')}; correct it.") from error


def _bounded(course: Course) -> Course:
    """The course, no number of which is too small or too large, and whose name can be read."""
    if len(course.recipe.name) > LONGEST_NAME:
        raise PlanError(f"In the recipe, name has more than {LONGEST_NAME} letters; shorten it.")
    numbers = asdict(course.recipe) | asdict(course)
    for name, (least, most) in BOUNDS.items():
        if not least <= numbers[name] <= most:
            raise PlanError(
                f"In the recipe, {name} cannot be {str(numbers[name])[:40]}; it goes from {least:g} to {most:g}."
            )
    return course

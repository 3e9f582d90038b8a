"""What the Train tab is set to: which networks are trained on what, how, and how long; kept and exchanged as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from resnet_viewer.records.checking import DecodeError, decoded
from resnet_viewer.records.data import Augmentation, data_title
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Runs
from resnet_viewer.records.recipe import RECIPES, Recipe, ShortcutSchedule
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.training import Precision, RunSpec

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
    "survival": (0.01, 1.0),
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
    """Such as "-nobn": of every network; "-b", "-c", "-skipinit" and "-fixup" of the residual ones alone."""
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
    known = {
        "-nobn": "no BN",
        "-xavier": "Xavier",
        "-normal": f"σ = {value}",
        "-skipinit": "SkipInit",
        "-fixup": "Fixup",
    }
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


_LONGEST = 30
"""Letters of a recipe's name in a key."""


def settings_of(run: RunSpec) -> RunSpec:
    """What fixes a run before anything is done to it; how often its gradients are noted changes nothing.

    Nor do mean and deviation, which the data decide when they are read.
    """
    return replace(run, mean=(), std=(), interventions=(), extensions=(), record_every=0)


def require_data(theirs: str, wished: str, *, is_busy: bool) -> None:
    """Runs that stand together are trained on the same data.

    Raises:
        PlanError: these are not.
    """
    if theirs != wished:
        whose = "at work" if is_busy else "on the screen"
        way = "stop them before you start" if is_busy else "press Start again for"
        raise PlanError(
            f"The runs {whose} are trained on {data_title(theirs)}; {way} others on {data_title(wished)}."
        )


def remark_on(new: Runs, scene: LabScene) -> str:
    """What one should know about runs that are added; "" for nothing."""
    known = [log for log in scene.logs if log.run.network.has_shortcuts]
    is_cut = bool(known) and all(log.strength < 1 for log in known)
    if is_cut and any(run.network.has_shortcuts for _, run in new):
        return "The added runs begin with their shortcuts whole; those of the others stay as they are."
    return ""


def to_add(runs: Runs, known: Mapping[str, RunSpec], shown: Collection[str]) -> Runs:
    """Those of `runs` that are not shown yet, whatever their keys are.

    `known` are the runs of the folder by key, also those that were taken out of the list; such a one comes back under
    its own key. A run whose key is another's gets one that says what differs.

    Raises:
        PlanError: there are none, or too many.
    """
    keys = {settings_of(run): key for key, run in known.items()}
    taken, new = dict(known), []
    for key, run in runs:
        same = keys.get(settings_of(run))
        if same is None:
            free = _free(key, run, taken)
            taken[free] = run
            new.append((free, run))
        elif same not in shown:
            new.append((same, run))
    if not new:
        raise PlanError(
            "All these runs are there already; choose other depths, kinds, seeds, or another recipe."
        )
    if (total := len(shown) + len(new)) > MOST_RUNS:
        raise PlanError(
            f"That would be {total} runs; train at most {MOST_RUNS} side by side: remove some from the list, or "
            "choose fewer."
        )
    return tuple(new)


def _free(key: str, run: RunSpec, taken: Mapping[str, RunSpec]) -> str:
    if key not in taken:
        return key
    other = taken[key]
    parts = [key]
    mine, theirs = run.recipe, other.recipe
    if mine.for_plain.name != theirs.for_plain.name:
        parts.append(
            "-".join("".join(c if c.isalnum() else " " for c in mine.for_plain.name.lower()).split())[
                :_LONGEST
            ]
        )
    if mine.survival != theirs.survival:
        parts.append(f"survival-{mine.survival:g}")
    if mine.shortcuts != theirs.shortcuts:
        parts.append(_schedule_key(mine.shortcuts))
    if run.epochs != other.epochs:
        parts.append(f"{run.epochs}-epochs")
    if run.precision != other.precision:
        parts.append(run.precision)
    name = "-".join(parts)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def _schedule_key(schedule: ShortcutSchedule | None) -> str:
    if schedule is None:
        return "shortcuts-whole"
    return f"shortcuts-{schedule.first:g}-to-{schedule.last:g}-epochs-{schedule.begin:g}-{schedule.end:g}"

"""What a training run is, and what it reports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from resnet_viewer.records.checking import ArgumentError, require_number, require_ranges, require_types, whole
from resnet_viewer.records.data import Augmentation
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_MEAN, CIFAR10_STD, Channels
from resnet_viewer.records.recipe import CHANGED, NEEDS_SHORTCUTS, RECIPES, Recipe

Precision = Literal["float32", "bfloat16"]

_LARGEST = 2**53
"""Of a number of steps or epochs."""


@dataclass(frozen=True)
class Intervention:
    """From step `step` (from 0, over the whole run) on, every shortcut is open by `strength`: 0 is cut, 1 is whole.

    It ends what the recipe had planned for the shortcuts.

    Raises:
        ArgumentError: it is no step, or no strength.
    """

    step: int
    strength: float

    def __post_init__(self) -> None:
        whole("step", self.step, 0, _LARGEST)
        require_number("strength", self.strength, lambda share: 0 <= share <= 1, "a number from 0 to 1")


def in_force(made: Iterable[Intervention], recipe: Recipe | None = None) -> tuple[Intervention, ...]:
    """Those that change something, by step; of several at one step the last.

    Where the `recipe` has a schedule of the shortcuts, the first one ends it, and so changes something.

    Example:
        >>> in_force((Intervention(3, 1.0), Intervention(5, 0.0), Intervention(5, 0.5)))
        (Intervention(step=5, strength=0.5),)
    """
    last = {known.step: known for known in made}
    before = 1.0 if recipe is None or recipe.shortcuts is None else None
    kept: list[Intervention] = []
    for _, known in sorted(last.items()):
        if known.strength != (kept[-1].strength if kept else before):
            kept.append(known)
    return tuple(kept)


@dataclass(frozen=True)
class Extension:
    """At step `step` the run was made `epochs` long; from there on the recipe's schedule runs to the new end.

    Raises:
        ArgumentError: it is no step, or no number of epochs.
    """

    step: int
    epochs: int

    def __post_init__(self) -> None:
        whole("step", self.step, 0, _LARGEST)
        whole("epochs", self.epochs, 1, _LARGEST)


@dataclass(frozen=True)
class RunSpec:
    """Everything that fixes a training run: the same spec gives the same weights on one machine's processor.

    The network's seed draws the weights, the order and the augmentation. Without `mean` and `std` the run takes those
    of its training pictures, and has them from its beginning on.

    Raises:
        ArgumentError: a field is of another type, none of its choices, or out of its range.
    """

    network: NetworkSpec
    data: str
    epochs: int
    recipe: Recipe = RECIPES["quick"]
    mean: Channels = CIFAR10_MEAN
    std: Channels = CIFAR10_STD
    augment: Augmentation = "crop+flip"
    record_every: int = 0
    """Steps between two gradient records; 0 is chosen by the number of steps when the run begins."""
    interventions: tuple[Intervention, ...] = ()
    """Made before the run began, by step; those of a run that is repeated, too."""
    extensions: tuple[Extension, ...] = ()
    precision: Precision = "float32"
    """Of the passes; the weights are float32 always. "bfloat16" is torch's automatic mixture of both. On NVIDIA's GPUs
    torch rounds the factors of float32 convolutions to TF32, unless it is told otherwise.
    """
    data_digest: str = field(default="", compare=False)
    """Of the pictures, labels, split and classes that it is trained on; "" where nobody has written it down."""
    threads: int = field(default=0, compare=False)
    """The processor's, in whose order torch sums; 0 on a GPU, and where nobody has written it down."""

    def __post_init__(self) -> None:
        require_types(self)
        require_ranges(self, **dict.fromkeys(("epochs", "record_every", "threads"), (0, _LARGEST)))
        if len(self.mean) != len(self.std):
            raise ArgumentError("std", f"as many numbers as mean, {len(self.mean)}", self.std)
        for mean, std in zip(self.mean, self.std, strict=True):
            require_number("mean", mean, lambda value: True, "finite numbers")
            require_number("std", std, lambda value: value > 0, "finite numbers above 0")

    @staticmethod
    def upgraded(fields: Mapping[str, object]) -> Mapping[str, object]:
        """Of runs written when one could only choose between everything and nothing, and when quick was quicker.

        A recipe stays what it was: it only loses a name that says something else now.
        """
        found = dict(fields)
        if isinstance(was := found.get("is_augmented"), bool):
            del found["is_augmented"]
            found.setdefault("augment", "crop+flip" if was else "none")
        recipe = found.get("recipe")
        if isinstance(recipe, Mapping):
            known = RECIPES.get(str(recipe.get("name")))
            if known is not None and recipe.get("rate", known.rate) != known.rate:
                found["recipe"] = {**recipe, "name": f"{known.name}{CHANGED}"}
        return found

    @property
    def is_augmented(self) -> bool:
        """Whether training pictures are changed at random."""
        return self.augment != "none"

    @property
    def length(self) -> int:
        """In epochs, with every extension."""
        return self.extensions[-1].epochs if self.extensions else self.epochs

    def epochs_at(self, step: int) -> int:
        """How many epochs the schedule of step `step` (from 0, over the whole run) runs over."""
        made = [extension.epochs for extension in self.extensions if extension.step <= step]
        return made[-1] if made else self.epochs

    def strength_at(self, step: int, steps_per_epoch: int) -> float:
        """How far every shortcut is open at step `step`: as the newest intervention wants it, before the first one as
        the recipe does. Where nobody knows yet how many steps an epoch has, a schedule has not begun.
        """
        made = [intervention.strength for intervention in self.interventions if intervention.step <= step]
        if made or self.recipe.shortcuts is None:
            return made[-1] if made else 1.0
        return self.recipe.shortcuts.strength(step + 1 if steps_per_epoch else 0, steps_per_epoch or 1)

    def intervened(self, step: int, strength: float) -> RunSpec:
        """The run whose shortcuts are open by `strength` from step `step` on, whatever its recipe wants of them."""
        made = (*self.interventions, Intervention(step, strength))
        return replace(self, interventions=in_force(made, self.recipe))

    def schedule_turns(self, steps_per_epoch: int) -> tuple[float, ...]:
        """When the schedule of the shortcuts begins and ends, in epochs, as far as the run comes before an intervention
        ends it; nothing where nobody knows yet how many steps an epoch has.
        """
        schedule = self.recipe.shortcuts
        if schedule is None or not steps_per_epoch:
            return ()
        until = min([float(self.length), *(made.step / steps_per_epoch for made in self.interventions)])
        if schedule.begin >= until:
            return ()
        return (schedule.begin, schedule.end) if schedule.end <= until else (schedule.begin,)

    @property
    def touches_shortcuts(self) -> bool:
        """Whether its shortcuts, where it has any, are ever anything but whole."""
        made = in_force(self.interventions, self.recipe)
        return self.network.has_shortcuts and bool(made or self.recipe.shortcuts)

    def extended(self, step: int, epochs: int) -> RunSpec:
        """The run made `epochs` epochs longer at step `step`; what it was to become at a later one is taken in."""
        made = [known for known in self.extensions if known.step < step]
        return replace(self, extensions=(*made, Extension(step, self.length + epochs)))


def shortcut_refusal(run: RunSpec) -> str:
    """Why what is to be done to a run's shortcuts, or needs them, cannot be done, in a sentence; "" where it can."""
    recipe, title = run.recipe, run.network.title
    schedule = recipe.shortcuts
    if not run.network.has_shortcuts:
        if run.interventions or schedule:
            return f"{title} has no shortcuts to open or close: choose a residual network for that."
        if recipe.survival < 1:
            return (
                f"{title} has no shortcuts that carry on where a residual branch is not computed: train a residual "
                "network with stochastic depth, or take a survival of 1."
            )
    if schedule is not None and schedule.begin >= run.length:
        return (
            f"The shortcuts of {title} are to change after epoch {schedule.begin:g}, and its last epoch is "
            f"{run.length}: let them change earlier, or train longer."
        )
    if recipe.survival < 1 and any(made.strength == 0 for made in run.interventions):
        return f"The shortcuts of {title} cannot be cut: {NEEDS_SHORTCUTS}"
    return ""


NOT_COMPUTED = -math.inf
"""In place of the norm of a gradient that there is not: neither zero nor, as of one that is lost, not a number."""


@dataclass(frozen=True)
class GradientRecord:
    """Every weighted layer at one step, in the order of the forward pass, from the training's own backward pass.

    `norms` are L2 norms of the loss's gradient for the weights, `NOT_COMPUTED` where a layer was not computed in that
    step (`records.stochastic_depth`), so that it has none. `updates` say how long the step was beside the
    weight: ‖Δw‖ / ‖w‖, not a number where the weight is all zeros. `dead` has one number a block, from 0 to 1: the
    share of the channels of the block's output that are zero everywhere in every picture of the batch.
    """

    step: int
    """From 0, over the whole run."""
    norms: tuple[float, ...]
    updates: tuple[float, ...]
    dead: tuple[float, ...] = ()

    @property
    def norms_told(self) -> tuple[float | None, ...]:
        """The norms as they are written into tables: None where there is none."""
        return tuple(None if norm == NOT_COMPUTED else float(norm) for norm in self.norms)


@dataclass(frozen=True)
class StepReport:
    """One optimiser step; `loss` and `error` (percent) are means over the epoch so far.

    `step` counts from 0 within the epoch of `steps` steps. `batch_loss` and `batch_error` are those of this step's
    batch alone, before the step; `rate` is the learning rate that it took.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    error: float
    gradients: GradientRecord | None = None
    batch_loss: float = 0.0
    batch_error: float = 0.0
    rate: float = 0.0

    @property
    def at(self) -> int:
        """The step, from 0, over the whole run."""
        return self.epoch * self.steps + self.step


@dataclass(frozen=True)
class EpochReport:
    """One finished epoch.

    `train_loss` and `train_error` are means over the epoch while the weights moved, on augmented pictures;
    `test_error` was measured after it. Errors in percent.
    """

    epoch: int
    rate: float
    train_loss: float
    train_error: float
    test_error: float
    seconds: float


@dataclass(frozen=True)
class PictureCounts:
    """What a run was trained and tested on; `left_out` files could not be read as pictures."""

    train: int
    test: int
    left_out: int = 0


@dataclass(frozen=True)
class RunReport:
    """A run that has ended.

    Errors in percent, of its last weights, on the training pictures as they are and on the test set, the shortcuts as
    far open as they were at the last step; not a number where the run ended before its time. Steps and gradient records
    of long runs are `records.columns`.
    """

    spec: RunSpec
    epochs: tuple[EpochReport, ...]
    train_error: float
    test_error: float
    class_names: tuple[str, ...]
    gradients: Sequence[GradientRecord] = ()
    steps: Sequence[StepReport] = ()
    state: Literal["done", "stopped", "diverged"] = "done"
    pictures: PictureCounts | None = None

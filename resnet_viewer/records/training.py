"""What a training run is, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_MEAN, CIFAR10_STD, Channels
from resnet_viewer.records.recipe import RECIPES, Recipe


@dataclass(frozen=True)
class RunSpec:
    """Everything that fixes a training run: the same spec on the same machine gives the same weights.

    `is_augmented`: pictures are padded by 4, cropped at random and flipped, as in He et al. 2015, section 4.2. The
    network's seed draws the weights, the order and the augmentation.
    """

    network: NetworkSpec
    data: str
    epochs: int
    recipe: Recipe = RECIPES["quick"]
    mean: Channels = CIFAR10_MEAN
    std: Channels = CIFAR10_STD
    is_augmented: bool = True
    record_every: int = 10
    """Steps between two gradient records."""


@dataclass(frozen=True)
class GradientRecord:
    """Every weighted layer at one step, in the order of the forward pass, from the training's own backward pass.

    `norms` are L2 norms of the loss's gradient for the weights, `updates` how long the step was beside the weight:
    ‖Δw‖ / ‖w‖, not a number where the weight is all zeros.
    """

    step: int
    """From 0, over the whole run."""
    norms: tuple[float, ...]
    updates: tuple[float, ...]


@dataclass(frozen=True)
class StepReport:
    """One optimiser step; `loss` and `error` (percent) are means over the epoch so far."""

    epoch: int
    step: int
    steps: int
    loss: float
    error: float
    gradients: GradientRecord | None = None


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
class RunReport:
    """A finished run: errors in percent of the final weights, on the training pictures as they are and the test set."""

    spec: RunSpec
    epochs: tuple[EpochReport, ...]
    train_error: float
    test_error: float
    class_names: tuple[str, ...]
    gradients: tuple[GradientRecord, ...] = ()

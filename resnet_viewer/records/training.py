"""What a training run is, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_MEAN, CIFAR10_STD, Channels


@dataclass(frozen=True)
class RunSpec:
    """Everything that fixes a training run: the same spec on the same machine gives the same weights.

    The rate follows one cycle (Smith & Topin 2017): a linear rise to `rate` over the first `warm_up` share of all
    steps, then a linear fall to zero. Pictures are padded by 4, cropped at random and flipped, as in He et al.
    2015, section 4.2. The spec's seed draws the weights, the order and the augmentation.
    """

    network: NetworkSpec
    data: str
    epochs: int
    batch: int = 128
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warm_up: float = 0.2
    mean: Channels = CIFAR10_MEAN
    std: Channels = CIFAR10_STD

    def rate_at(self, step: int, steps: int) -> float:
        """Learning rate of step `step` (from 0) of `steps`."""
        rise = max(1.0, self.warm_up * steps)
        return self.rate * min(1.0, (step + 1) / rise, (steps - step) / max(1.0, steps - rise))


@dataclass(frozen=True)
class StepReport:
    """One optimiser step; `loss` and `error` (percent) are means over the epoch so far."""

    epoch: int
    step: int
    steps: int
    loss: float
    error: float


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

"""The data sets that can be named: what their pictures are like, and how they are prepared and augmented."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.preprocessing import CIFAR10_MEAN, CIFAR10_STD, MNIST_MEAN, MNIST_STD, Channels


@dataclass(frozen=True)
class DataKind:
    """A data set's pictures: `side` pixels square, values from 0 to 1 before the normalisation.

    `is_augmented`: padded by 4 pixels, cropped at random and flipped, as in He et al. 2015, section 4.2; digits and
    clothes are not, because a mirrored digit is none and 8 pixels leave nothing to crop.
    """

    title: str
    classes: int
    channels: int
    side: int
    mean: Channels
    std: Channels
    is_augmented: bool


NAMED: dict[str, DataKind] = {
    "digits": DataKind("Digits", 10, 1, 8, (0.3057,), (0.3759,), is_augmented=False),
    "mnist": DataKind("MNIST", 10, 1, 28, MNIST_MEAN, MNIST_STD, is_augmented=False),
    "fashion-mnist": DataKind("Fashion-MNIST", 10, 1, 28, (0.2860,), (0.3530,), is_augmented=False),
    "cifar10": DataKind("CIFAR-10", 10, 3, 32, CIFAR10_MEAN, CIFAR10_STD, is_augmented=True),
    "cifar100": DataKind(
        "CIFAR-100", 100, 3, 32, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762), is_augmented=True
    ),
}
"""By the names that `--data` takes. "digits" travels with the program; the others are torchvision's.

Means and deviations are those of the training pictures.
"""

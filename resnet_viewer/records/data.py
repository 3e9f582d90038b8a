"""The data sets that can be named: what their pictures are like, and how they are prepared and augmented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import CIFAR10_MEAN, CIFAR10_STD, MNIST_MEAN, MNIST_STD, Channels

Augmentation = Literal["none", "crop", "crop+flip"]
"""What is done to training pictures at random: padded by 4 and cropped, and mirrored (He et al. 2015, section 4.2)."""
AUGMENTATION_WORDS: dict[Augmentation, str] = {
    "none": "not augmented",
    "crop": "padded by 4 pixels and cropped at random",
    "crop+flip": "padded by 4 pixels, cropped and mirrored at random",
}


@dataclass(frozen=True)
class DataKind:
    """A data set's pictures: `side` pixels square, values from 0 to 1 before the normalisation.

    `augment` is what is done where nothing else is asked for: nothing to digits and clothes, because a mirrored digit
    is none and 8 pixels leave nothing to crop. No `mean` and `std`: those of the training pictures, once these are
    read.
    """

    title: str
    classes: int
    channels: int
    side: int
    mean: Channels
    std: Channels
    augment: Augmentation = "crop+flip"
    may_flip: bool = True
    """Whether a mirrored picture is still one of its class."""


NAMED: dict[str, DataKind] = {
    "digits": DataKind("Digits", 10, 1, 8, (0.3057,), (0.3759,), "none", may_flip=False),
    "mnist": DataKind("MNIST", 10, 1, 28, MNIST_MEAN, MNIST_STD, "none", may_flip=False),
    "fashion-mnist": DataKind("Fashion-MNIST", 10, 1, 28, (0.2860,), (0.3530,), "none"),
    "cifar10": DataKind("CIFAR-10", 10, 3, 32, CIFAR10_MEAN, CIFAR10_STD),
    "cifar100": DataKind("CIFAR-100", 100, 3, 32, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}
"""By the names that `--data` takes. "digits" travels with the program; the others are torchvision's.

Means and deviations are those of the training pictures.
"""


def augmentation(wanted: Augmentation | None, kind: DataKind) -> Augmentation:
    """What is done to such pictures: what is wanted, or, where nothing is, what is usual.

    Raises:
        UserError: they are to be mirrored, and are none then.
    """
    if wanted == "crop+flip" and not kind.may_flip:
        raise UserError(f"A mirrored digit is none: augment {kind.title} by crop, or not at all.")
    return wanted or kind.augment


def data_title(data: str) -> str:
    """A data set's name as people write it; a folder's own name."""
    kind = NAMED.get(data)
    if kind is None:
        return data.replace("\\", "/").rstrip("/").rpartition("/")[2] or data
    return f"{kind.title} (bundled)" if data == "digits" else kind.title

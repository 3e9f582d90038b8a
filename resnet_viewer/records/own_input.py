"""What the user says about a network's input because its weights do not, or tell it wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from resnet_viewer.records.checking import require_number, require_types, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import (
    CIFAR10_PREPROCESSING,
    IMAGENET_PREPROCESSING,
    KERAS_V2_PREPROCESSING,
    LARGEST_FLOAT,
    LARGEST_SIDE,
    MNIST_PREPROCESSING,
    Channels,
    Preprocessing,
)

_NUMBERS: dict[str, tuple[Callable[[float], bool], str]] = {
    "mean": (lambda value: abs(value) <= LARGEST_FLOAT, "finite numbers"),
    "std": (lambda value: 0 < value <= LARGEST_FLOAT, "finite numbers above 0"),
}


@dataclass(frozen=True)
class OwnInput:
    """Normalisation, sizes in pixels, and a file of class names; None keeps what the weights tell or is usual.

    Raises:
        UserError: one is of another type or out of range, or only one of mean and std is given.
    """

    mean: Channels | None = None
    std: Channels | None = None
    resize: int | None = None
    crop: int | None = None
    classes: Path | None = None

    def __post_init__(self) -> None:
        require_types(self)
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            holds, words = _NUMBERS[name]
            for number in numbers or ():
                require_number(name, number, holds, words)
        for name, side in (("resize", self.resize), ("crop", self.crop)):
            if side is not None:
                whole(name, side, 1, LARGEST_SIDE)
        if (self.mean is None) != (self.std is None):
            raise UserError("A normalisation is a mean and a standard deviation; give both --mean and --std.")

    @property
    def has_preprocessing(self) -> bool:
        """Something is said about how pictures are prepared."""
        return any(value is not None for value in (self.mean, self.resize, self.crop))

    def applied(self, usual: Preprocessing, network: NetworkSpec) -> Preprocessing:
        """`usual` with what is said in its place.

        Raises:
            UserError: mean and std are not one number a channel, or the crop is larger than the resized picture.
        """
        used = usual
        if self.mean is not None and self.std is not None:
            channels = network.channels
            if len(self.mean) != channels or len(self.std) != channels:
                raise UserError(
                    f"{network.title} takes {channels} channels; give --mean and --std that many numbers."
                )
            used = replace(used, mean=self.mean, std=self.std)
        used = replace(used, resize=self.resize or used.resize, crop=self.crop or used.crop)
        if used.crop > used.resize:
            raise UserError(
                f"A crop of {used.crop} pixels is larger than the picture resized to {used.resize}; "
                "give --resize too."
            )
        return used


def usual_preprocessing(spec: NetworkSpec) -> Preprocessing:
    """What networks of this family are usually fed through; an assumption where the weights do not tell.

    A network for another side or number of channels than its family's gets its pictures in that side, and without
    normalisation.
    """
    usual = KERAS_V2_PREPROCESSING if spec.family == "keras-v2" else _USUAL[spec.data]
    if spec.input_size != usual.crop:
        resize = round(spec.input_size * usual.resize / usual.crop)
        usual = replace(usual, resize=resize, crop=spec.input_size)
    if spec.channels == len(usual.mean):
        return usual
    return replace(usual, mean=(0.0,) * spec.channels, std=(1.0,) * spec.channels)


_USUAL = {
    "ImageNet": IMAGENET_PREPROCESSING,
    "CIFAR-10": CIFAR10_PREPROCESSING,
    "MNIST": MNIST_PREPROCESSING,
}

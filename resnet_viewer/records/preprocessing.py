"""What is done to a picture before a network sees it, and which part of the picture that leaves in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.checking import ArgumentError, require_choice, require_number, require_types, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec

Interpolation = Literal["bilinear", "bicubic"]
Channels = tuple[float, ...]
"""One number for each colour channel, of values between 0 and 1."""

IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)
CIFAR10_MEAN: Channels = (0.4914, 0.4822, 0.4465)
CIFAR10_STD: Channels = (0.2470, 0.2435, 0.2616)
MNIST_MEAN: Channels = (0.1307,)
MNIST_STD: Channels = (0.3081,)

LARGEST_FLOAT = float(np.finfo(np.float32).max)
"""Of float32, in which networks compute."""
LARGEST_SIDE = 4096
"""Pixels, of what a file may ask to resize or crop to."""


@dataclass(frozen=True)
class Preprocessing:
    """Resize the shorter side to `resize` pixels, cut a centred square of `crop`, scale to 0…1, normalise.

    A picture that already has the wanted size is not resampled. This is torchvision's `ImageClassification`
    preset; mean 0 and standard deviation 1 mean no normalisation.
    """

    resize: int
    crop: int
    mean: Channels
    std: Channels
    interpolation: Interpolation = "bilinear"

    @property
    def normalisation(self) -> str:
        """The normalisation's name where it is a known one, else "own"."""
        known = {
            (IMAGENET_MEAN, IMAGENET_STD): "ImageNet",
            (CIFAR10_MEAN, CIFAR10_STD): "CIFAR-10",
            (MNIST_MEAN, MNIST_STD): "MNIST",
            ((0.5,) * len(self.mean), (0.5,) * len(self.std)): "−1 to 1",
            ((0.0,) * len(self.mean), (1.0,) * len(self.std)): "none",
        }
        return known.get((self.mean, self.std), "own")

    @classmethod
    def checked(
        cls, *, resize: object, crop: object, mean: object, std: object, interpolation: object = "bilinear"
    ) -> Preprocessing:
        """A preprocessing of values that a file holds, whatever they are.

        Raises:
            UserError: the sizes are not whole numbers from 1 to `LARGEST_SIDE`, mean and std are not equally many
                finite float32 numbers with std above zero, or the interpolation is unknown.
        """
        if not (_is_side(resize) and _is_side(crop)):
            raise ArgumentError("resize and crop", f"pixels from 1 to {LARGEST_SIDE}", (resize, crop))
        if not (_are_numbers(mean) and _are_numbers(std) and len(mean) == len(std) > 0 and min(std) > 0):
            raise ArgumentError("mean and std", "equally many finite numbers, std above 0", (mean, std))
        require_choice("interpolation", interpolation, Interpolation)
        means, stds = tuple(map(float, mean)), tuple(map(float, std))
        return cls(resize, crop, means, stds, "bicubic" if interpolation == "bicubic" else "bilinear")


def _is_side(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value <= LARGEST_SIDE


def _are_numbers(value: object) -> TypeGuard[Sequence[float]]:
    return isinstance(value, list | tuple) and all(
        type(number) in (int, float) and abs(number) <= LARGEST_FLOAT for number in value
    )


IMAGENET_PREPROCESSING = Preprocessing(256, 224, IMAGENET_MEAN, IMAGENET_STD)
KERAS_V2_PREPROCESSING = Preprocessing(256, 224, (0.5,) * 3, (0.5,) * 3)
"""-1 to 1, as Keras's V2 networks were trained."""
CIFAR10_PREPROCESSING = Preprocessing(32, 32, CIFAR10_MEAN, CIFAR10_STD)
MNIST_PREPROCESSING = Preprocessing(28, 28, MNIST_MEAN, MNIST_STD)

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
DIGITS = tuple("0123456789")
FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A rectangle in a picture's own pixels; edges may be fractional or, for a tiny picture, outside it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top


def resized(width: int, height: int, preprocessing: Preprocessing) -> tuple[int, int]:
    """Width and height after the resize: the shorter side is `resize`, the longer one truncated."""
    short, long = sorted((width, height))
    scaled = (preprocessing.resize, int(preprocessing.resize * long / short))
    return scaled if width <= height else (scaled[1], scaled[0])


def crop_corner(width: int, height: int, crop: int) -> tuple[int, int]:
    """Left and top of the centred crop; negative where the picture is smaller (then black pads it)."""
    return _crop_start(width, crop), _crop_start(height, crop)


def _crop_start(length: int, crop: int) -> int:
    """torchvision rounds half to even where it cuts, and pads the smaller half first where it pads."""
    return round((length - crop) / 2.0) if length >= crop else -((crop - length) // 2)


def visible_box(width: int, height: int, preprocessing: Preprocessing) -> Box:
    """The part of a `width` × `height` picture that the network sees, in the picture's own pixels.

    What the network was given, stretched over this box, lies where it belongs on the original picture; where one of
    its maps does, `charts.gradcam.tiles_over` says.
    """
    new_width, new_height = resized(width, height, preprocessing)
    left, top = crop_corner(new_width, new_height, preprocessing.crop)
    x_scale, y_scale = width / new_width, height / new_height
    return Box(
        left * x_scale,
        top * y_scale,
        (left + preprocessing.crop) * x_scale,
        (top + preprocessing.crop) * y_scale,
    )


def denormalised(network_input: NDArray[np.float32], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """What the network sees, as a picture: (C, H, W) normalised values -> (H, W, 3) bytes.

    The inverse of the normalisation, `value · std + mean`, rounded and clipped to 0…255; a single
    channel is shown grey.

    Raises:
        ValueError: the input has neither 1 nor 3 channels, or another number than the preprocessing.
    """
    channels = len(network_input)
    if channels not in (1, 3) or channels != len(preprocessing.mean):
        raise ValueError(f"{channels} channels cannot be shown as a picture of {len(preprocessing.mean)}")
    mean = np.array(preprocessing.mean)[:, None, None]
    std = np.array(preprocessing.std)[:, None, None]
    values = np.clip(np.rint((network_input * std + mean) * 255.0), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(values, (3, *values.shape[1:])).transpose(1, 2, 0))


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

"""From a picture to what the network sees, as torchvision's `ImageClassification` preset does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from resnet_viewer import paths
from resnet_viewer.core.weights import catalog, class_names, published, weight_files
from resnet_viewer.core.weights.cards import Card, card_of, remembered
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing, crop_corner, resized, usual_preprocessing

_LARGEST_RESIZED = 64_000_000
"""Pixels. A strip of 1 × 100 000 pixels would grow to gigabytes before its centre is cut out."""

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def prepare(picture: Picture, preprocessing: Preprocessing) -> Tensor:
    """Resize, cut the centre, scale to 0…1, normalise: (H, W, 3) bytes -> (1, C, crop, crop) float32.

    Bit for bit what torchvision's preset makes of the same picture. C is the number of means, 3 or, for a
    network of grey pictures, 1.

    Raises:
        ValueError: the preprocessing is for neither 1 nor 3 channels.

    Example:
        >>> usual = Preprocessing(32, 32, (0.5,) * 3, (0.5,) * 3)
        >>> prepare(Picture.of(np.zeros((48, 64, 3), np.uint8), name="black"), usual).shape
        torch.Size([1, 3, 32, 32])
    """
    return scaled(squared(picture, preprocessing)[None], preprocessing)


def squared(picture: Picture, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Resize, cut the centre: (H, W, 3) bytes -> (crop, crop, C) bytes.

    Raises:
        ValueError: the preprocessing is for neither 1 nor 3 channels.
    """
    image = Image.fromarray(picture.pixels)
    if len(preprocessing.mean) == 1:
        image = image.convert("L")
    elif len(preprocessing.mean) != 3:
        raise ValueError(f"pictures have 1 or 3 channels, the preprocessing {len(preprocessing.mean)}")
    side = preprocessing.crop
    return np.array(cut(image, preprocessing)).reshape(side, side, len(preprocessing.mean))


def scaled(pixels: NDArray[np.uint8], preprocessing: Preprocessing) -> Tensor:
    """Scale to 0…1, normalise: (N, S, S, C) bytes -> (N, C, S, S) float32, each picture as if it were alone."""
    planes = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())
    values = planes.to(torch.float32).div(255)
    mean, std = (torch.tensor(v, dtype=torch.float32) for v in (preprocessing.mean, preprocessing.std))
    return values.sub(mean[:, None, None]).div(std[:, None, None])  # (N, C, S, S)


def default_for(spec: NetworkSpec) -> tuple[Preprocessing, tuple[str, ...]]:
    """Preprocessing and class names for a spec's weights; the names are empty where none are known.

    For a file: what was chosen for it before, else what its card tells, else what is usual in its family, which is
    an assumption.
    """
    told = told_of(spec)
    names = told.class_names if len(told.class_names) == spec.classes else ()
    if not names and (spec.weights.source != "none" or spec.data != "ImageNet"):  # ImageNet's cost an import
        names = class_names.usual(spec)
    return _of_side(told.preprocessing, spec) or usual_preprocessing(spec), names


def _of_side(told: Preprocessing | None, spec: NetworkSpec) -> Preprocessing | None:
    """What the weights tell, for a network that is built for pictures of another side."""
    if told is None or spec.input_size == catalog.spec(spec.name).input_size:
        return told
    return replace(told, resize=round(told.resize * spec.input_size / told.crop), crop=spec.input_size)


def told_of(spec: NetworkSpec) -> Card:
    """What is known about a spec's weights; a preprocessing for another number of channels is not for them."""
    told = _source_tells(spec)
    fits = told.preprocessing is None or len(told.preprocessing.mean) == spec.channels
    return told if fits else replace(told, preprocessing=None)


def _source_tells(spec: NetworkSpec) -> Card:
    ref = spec.weights
    match ref.source:
        case "none":
            return Card()
        case "torchvision":
            weights = published.look_up(spec.name, ref.name)
            return Card(spec.name, weights.preprocessing, weights.class_names)
        case "bundled":
            path = paths.bundled_weights(ref.name)
        case "file":
            path = Path(ref.name)
    card = card_of(weight_files.metadata(path)) if path.is_file() else Card()
    return card.with_choices(remembered(ref.digest)) if ref.digest else card


def cut(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The centred square, black where the resized picture is smaller than it."""
    crop, resample = preprocessing.crop, _FILTERS[preprocessing.interpolation]
    width, height = resized(*image.size, preprocessing)
    left, top = crop_corner(width, height, crop)
    if width * height > _LARGEST_RESIZED:
        x, y = max(left, 0), max(top, 0)
        right, bottom = min(left + crop, width), min(top + crop, height)
        x_scale, y_scale = image.width / width, image.height / height
        box = (x * x_scale, y * y_scale, right * x_scale, bottom * y_scale)
        image = image.resize((right - x, bottom - y), resample, box)
        left, top = left - x, top - y
    elif image.size != (width, height):
        image = image.resize((width, height), resample)
    return image.crop((left, top, left + crop, top + crop))

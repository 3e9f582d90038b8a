"""Preprocessing against torchvision's own preset, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from resnet_viewer.core import preprocessing as core
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import (
    CIFAR10_CLASSES,
    CIFAR10_PREPROCESSING,
    IMAGENET_PREPROCESSING,
    Preprocessing,
    denormalised,
)
from tests import fabricated

SIZES = [
    (333, 500),
    (500, 333),
    (10, 7),
    (7, 10),
    (32, 32),
    (224, 224),
    (256, 256),
    (257, 1023),
    (1, 90),
    (640, 33),
]
PREPROCESSINGS = {
    "imagenet": IMAGENET_PREPROCESSING,
    "v2": Preprocessing(232, 224, IMAGENET_PREPROCESSING.mean, IMAGENET_PREPROCESSING.std),
    "cifar": CIFAR10_PREPROCESSING,
    "bicubic": Preprocessing(48, 32, (0.5,) * 3, (0.25,) * 3, "bicubic"),
    "padded by an odd number": Preprocessing(29, 32, (0.5,) * 3, (0.25,) * 3),
    "unnormalised": Preprocessing(40, 37, (0.0,) * 3, (1.0,) * 3),
}


def _theirs(picture: Picture, wanted: Preprocessing) -> torch.Tensor:
    preset = ImageClassification(
        crop_size=wanted.crop,
        resize_size=wanted.resize,
        mean=wanted.mean,
        std=wanted.std,
        interpolation=InterpolationMode(wanted.interpolation),
    )
    return preset(Image.fromarray(picture.pixels))[None]


@pytest.mark.parametrize("name", PREPROCESSINGS)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_equals_torchvisions_preset_bit_for_bit(width: int, height: int, name: str) -> None:
    picture, wanted = fabricated.picture(width, height, seed=width), PREPROCESSINGS[name]
    assert torch.equal(core.prepare(picture, wanted), _theirs(picture, wanted))


def test_an_extreme_strip_is_cut_before_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = fabricated.picture(400, 6)
    monkeypatch.setattr(core, "_LARGEST_RESIZED", 1000)
    for wanted in (CIFAR10_PREPROCESSING, PREPROCESSINGS["padded by an odd number"]):
        difference = (core.prepare(picture, wanted) - _theirs(picture, wanted)).abs().max()
        assert difference <= 1 / 255 / min(wanted.std) + 1e-6, "more than one grey level off"


def test_a_picture_of_the_right_size_is_not_resampled() -> None:
    picture = fabricated.picture(32, 32)
    bare = Preprocessing(32, 32, (0.0,) * 3, (1.0,) * 3)
    values = core.prepare(picture, bare)[0].numpy().transpose(1, 2, 0)
    assert np.array_equal(np.rint(values * 255).astype(np.uint8), picture.pixels)


def test_a_network_of_one_channel_gets_grey() -> None:
    picture = fabricated.picture(40, 40)
    grey = core.prepare(picture, Preprocessing(40, 40, (0.0,), (1.0,)))
    expected = np.asarray(Image.fromarray(picture.pixels).convert("L"), np.float32) / 255
    assert grey.shape == (1, 1, 40, 40)
    assert np.array_equal(grey[0, 0].numpy(), expected)


def test_other_channel_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="1 or 3 channels"):
        core.prepare(fabricated.picture(), Preprocessing(32, 32, (0.0,) * 4, (1.0,) * 4))


def test_what_the_network_sees_is_the_picture_again() -> None:
    picture = fabricated.picture(32, 32)
    seen = denormalised(core.prepare(picture, CIFAR10_PREPROCESSING)[0].numpy(), CIFAR10_PREPROCESSING)
    assert seen.dtype == np.uint8
    assert np.array_equal(seen, picture.pixels)


def test_one_channel_is_shown_grey_and_two_are_refused() -> None:
    half = Preprocessing(2, 2, (0.5,), (0.5,))
    seen = denormalised(np.array([[[-1.0, 0.0], [1.0, 9.0]]], np.float32), half)
    assert seen[..., 0].tolist() == seen[..., 2].tolist() == [[0, 128], [255, 255]]
    with pytest.raises(ValueError, match="2 channels"):
        denormalised(np.zeros((2, 2, 2), np.float32), half)


def test_untrained_networks_are_fed_as_their_family_usually_is() -> None:
    assert core.default_for(spec("cifar-plain-20")) == (CIFAR10_PREPROCESSING, CIFAR10_CLASSES)
    assert core.default_for(spec("cifar-resnet-20", classes=100)) == (CIFAR10_PREPROCESSING, ())
    assert core.default_for(spec("resnet18", classes=7)) == (IMAGENET_PREPROCESSING, ())

"""Batches of invented pictures; augmentation traced pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.data.datasets import (
    Data,
    PictureSet,
    augmented_batches,
    batches,
    normalised,
    settled,
)
from tests.core.lab.lab_apart import digits_run

MEAN, STD = (0.5, 0.25, 0.125), (0.25, 0.5, 1.0)
PLAIN = {"mean": (0.0,) * 3, "std": (1.0,) * 3}


def asymmetric(count: int, side: int = 12) -> PictureSet:
    """Pictures whose every pixel has another value, none of them black."""
    generator = torch.Generator().manual_seed(3)
    pixels = torch.stack([torch.randperm(side * side, generator=generator) for _ in range(count * 3)]) + 1
    images = pixels.to(torch.uint8).reshape(count, 3, side, side)
    return PictureSet(images, torch.arange(count), tuple(map(str, range(count))))


def test_normalisation_by_hand() -> None:
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 1, 1, 3).expand(2, 3, 4, 3)
    found = normalised(images, MEAN, STD)
    x = torch.tensor([0.0, 0.2, 1.0])
    for channel in range(3):
        expected = ((x - MEAN[channel]) / STD[channel]).expand(2, 4, 3)
        torch.testing.assert_close(found[:, channel], expected)
    assert found.dtype == torch.float32


def test_batches_are_in_order_and_whole() -> None:
    pictures = asymmetric(7)
    found = list(batches(pictures, 3, mean=MEAN, std=STD))
    assert [len(labels) for _, labels in found] == [3, 3, 1]
    assert torch.cat([labels for _, labels in found]).tolist() == list(range(7))
    torch.testing.assert_close(
        torch.cat([images for images, _ in found]), normalised(pictures.images, MEAN, STD)
    )


def shift_of(found: Tensor, original: Tensor, padding: int) -> tuple[int, int, bool] | None:
    """The crop's top, left and flip, by trying all of them on the padded picture."""
    side = original.shape[-1]
    padded = np.pad(original.numpy(), ((0, 0), (padding,) * 2, (padding,) * 2))
    for top in range(2 * padding + 1):
        for left in range(2 * padding + 1):
            crop = padded[:, top : top + side, left : left + side]
            for flipped in (False, True):
                if np.array_equal(crop[:, :, ::-1] if flipped else crop, found.numpy()):
                    return top, left, flipped
    return None


def test_augmented_pictures_are_shifts_and_mirror_images_of_their_own_picture() -> None:
    pictures = asymmetric(120)
    shifts: list[tuple[int, int, bool]] = []
    for images, labels in augmented_batches(pictures, 40, seed=5, padding=2, **PLAIN):
        bytes_again = (images * 255).round().to(torch.uint8)
        for image, label in zip(bytes_again, labels.tolist(), strict=True):
            found = shift_of(image, pictures.images[label], 2)
            assert found is not None, f"picture {label} is no crop of its own"
            shifts.append(found)
    assert len(shifts) == 120
    assert {top for top, _, _ in shifts} == {left for _, left, _ in shifts} == set(range(5))
    assert 40 < sum(flipped for _, _, flipped in shifts) < 80
    assert abs(np.corrcoef([s[0] for s in shifts], [s[1] for s in shifts])[0, 1]) < 0.3


def test_an_epoch_sees_every_picture_once_and_leaves_out_a_batch_that_is_not_full() -> None:
    pictures = asymmetric(10)
    labels = [
        label for _, found in augmented_batches(pictures, 4, seed=1, **PLAIN) for label in found.tolist()
    ]
    assert len(labels) == len(set(labels)) == 8
    assert labels != sorted(labels)
    only = list(augmented_batches(pictures, 64, seed=1, **PLAIN))
    assert [sorted(found.tolist()) for _, found in only] == [list(range(10))]


def test_the_seed_decides_everything_and_the_process_is_left_alone() -> None:
    pictures = asymmetric(8)
    before = torch.get_rng_state()

    def epoch(seed: int) -> Tensor:
        return torch.cat([images for images, _ in augmented_batches(pictures, 4, seed=seed, **PLAIN)])

    assert torch.equal(epoch(1), epoch(1))
    assert not torch.equal(epoch(1), epoch(2))
    assert torch.equal(torch.get_rng_state(), before)


def data_of(*, train: int = 7, test: int = 3) -> Data:
    return Data(asymmetric(train), asymmetric(test))


def test_another_pixel_label_class_or_split_has_another_digest() -> None:
    data = data_of()
    assert data.digest == data_of().digest
    train, test = data.train, data.test
    images, labels = train.images.clone(), train.labels.clone()
    images[3, 1, 2, 5] += 1
    labels[0] = 1
    others = [
        replace(data, train=replace(train, images=images)),
        replace(data, train=replace(train, labels=labels)),
        replace(data, train=replace(train, classes=("other", *train.classes[1:]))),
        Data(test, train),
        data_of(train=8),
    ]
    assert len({data.digest, *(other.digest for other in others)}) == 6


def test_the_normalisation_is_that_of_the_training_pictures() -> None:
    data = data_of(train=1003)
    mean, std = data.normalisation
    pixels = data.train.images.double() / 255
    np.testing.assert_allclose(mean, pixels.mean((0, 2, 3)), atol=6e-5)
    np.testing.assert_allclose(std, pixels.std((0, 2, 3), correction=0), atol=6e-5)
    black = PictureSet(torch.zeros(4, 1, 2, 2, dtype=torch.uint8), torch.arange(4), ("a",) * 4)
    assert Data(black, black).normalisation == ((0.0,), (0.0039,)), "it can be divided by"
    run = digits_run("cifar-resnet-8")
    assert settled(run, data) == run
    assert settled(replace(run, mean=(), std=()), data).mean == mean


def test_cropped_pictures_are_not_mirrored_and_the_crops_are_the_same() -> None:
    pictures = asymmetric(30)
    ((images, labels),) = augmented_batches(pictures, 30, seed=5, padding=2, is_flipped=False, **PLAIN)
    shifts = [
        shift_of((image * 255).round().to(torch.uint8), pictures.images[label], 2)
        for image, label in zip(images, labels.tolist(), strict=True)
    ]
    assert all(shift is not None and not shift[2] for shift in shifts)
    assert len(set(shifts)) > 5

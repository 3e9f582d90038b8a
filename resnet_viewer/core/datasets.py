"""Labelled pictures in memory, as bytes: in batches, augmented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

import torch
from torch import Tensor

from resnet_viewer.records.preprocessing import Channels
from resnet_viewer.records.training import PictureCounts

LARGEST_ON_DEVICE = 4 << 30
"""Bytes of pictures that are kept on a GPU."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """`images` is (N, C, S, S), uint8; `labels` (N,), int64, indices into `classes`."""

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.labels.shape[0])


@dataclass(frozen=True, eq=False)
class Data:
    """A training and a test set with the same classes."""

    train: PictureSet
    test: PictureSet
    remark: str = field(default="", kw_only=True)
    """What one should know about how it was made, in a sentence or two."""
    left_out: int = field(default=0, kw_only=True)
    """Files that could not be read as pictures."""

    @property
    def counts(self) -> PictureCounts:
        """For the record of what a run was trained on."""
        return PictureCounts(len(self.train), len(self.test), self.left_out)


def on_device(data: Data, device: str) -> Data:
    """The same, its pictures and labels on a device where they are small enough to stay there as bytes."""
    if sum(part.images.nbytes for part in (data.train, data.test)) > LARGEST_ON_DEVICE:
        return data
    train, test = (
        PictureSet(part.images.to(device), part.labels.to(device), part.classes)
        for part in (data.train, data.test)
    )
    return replace(data, train=train, test=test)


def batches(
    pictures: PictureSet, size: int, *, mean: Channels, std: Channels
) -> Iterator[tuple[Tensor, Tensor]]:
    """Normalised (N, 3, S, S) float batches with their labels, in order, not augmented."""
    for start in range(0, len(pictures), size):
        chosen = slice(start, start + size)
        yield normalised(pictures.images[chosen], mean, std), pictures.labels[chosen]


def shuffled(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The indices of an epoch's batches. A last one that is not full is left out, unless it is the only one."""
    order = torch.randperm(count, generator=generator)
    full = count - count % size if count > size else count
    for start in range(0, full, size):
        yield order[start : min(start + size, full)]


def shuffled_batches(
    pictures: PictureSet, size: int, *, mean: Channels, std: Channels, seed: int, skip: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled epoch of the pictures as they are, on their device, without its first `skip` batches."""
    order = shuffled(len(pictures), size, torch.Generator().manual_seed(seed))
    for chosen in islice(order, skip, None):
        there = chosen.to(pictures.images.device, non_blocking=True)
        yield normalised(pictures.images[there], mean, std), pictures.labels[there]


def augmented_batches(
    pictures: PictureSet,
    size: int,
    *,
    mean: Channels,
    std: Channels,
    seed: int,
    padding: int = 4,
    skip: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled epoch: each picture padded with black, cropped at random and flipped half of the time.

    Everything random comes from `seed`. A last batch that is not full is left out, unless it is the only one, and so
    are the first `skip`: the others are what they are without that.
    """
    generator = torch.Generator().manual_seed(seed)
    device = pictures.images.device
    side = pictures.images.shape[-1]
    for number, chosen in enumerate(shuffled(len(pictures), size, generator)):
        count = len(chosen)
        tops = torch.randint(0, 2 * padding + 1, (count, 1), generator=generator)
        lefts = torch.randint(0, 2 * padding + 1, (count, 1), generator=generator)
        flipped = torch.rand(count, 1, generator=generator) < 0.5
        if number < skip:
            continue
        rows = tops + torch.arange(side)  # (N, S)
        columns = lefts + torch.where(flipped, torch.arange(side).flip(0), torch.arange(side))  # (N, S)
        places = (torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :])
        there = chosen.to(device, non_blocking=True)
        padded = torch.nn.functional.pad(pictures.images[there], (padding,) * 4)
        picked = padded.permute(0, 2, 3, 1)[tuple(place.to(device, non_blocking=True) for place in places)]
        yield normalised(picked.permute(0, 3, 1, 2), mean, std), pictures.labels[there]


def normalised(images: Tensor, mean: Channels, std: Channels) -> Tensor:
    """(N, C, H, W) bytes to floats in channels-last memory: `(x / 255 − mean) / std`."""
    scale = torch.tensor(std).mul(255.0).reciprocal()[:, None, None]
    shift = (torch.tensor(mean) / torch.tensor(std))[:, None, None]
    floats = images.contiguous(memory_format=torch.channels_last).float()
    return floats * scale.to(images.device, non_blocking=True) - shift.to(images.device, non_blocking=True)

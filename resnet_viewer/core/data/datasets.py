"""Labelled pictures in memory, as bytes: in batches, augmented."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import torch
from torch import Tensor

from resnet_viewer.core.lab.device_habits import moved, room
from resnet_viewer.records.preprocessing import Channels
from resnet_viewer.records.training import PictureCounts, RunSpec

LARGEST_ON_DEVICE = 4 << 30
"""Bytes of pictures that are kept on a GPU."""
_COUNTED = 1000
"""Pictures whose values are counted together."""


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

    @cached_property
    def digest(self) -> str:
        """Another one for other pixels, labels, classes, or pictures on the other side of the split."""
        found = hashlib.blake2b(repr(self.train.classes).encode(), digest_size=16)
        for part in (self.train, self.test):
            found.update(repr(tuple(part.images.shape)).encode())
            for tensor in (part.images, part.labels):
                found.update(tensor.cpu().contiguous().numpy().data)
        return found.hexdigest()

    @cached_property
    def normalisation(self) -> tuple[Channels, Channels]:
        """Mean and standard deviation of each channel of the training pictures, from 0 to 1, to four places."""
        levels = torch.arange(256, dtype=torch.float64) / 255
        means, deviations = [], []
        for channel in self.train.images.cpu().unbind(1):
            counts = torch.zeros(256, dtype=torch.int64)
            for start in range(0, len(channel), _COUNTED):  # counting makes eight bytes of each
                counts += torch.bincount(channel[start : start + _COUNTED].flatten(), minlength=256)
            shares = counts / channel.numel()
            mean = (shares * levels).sum()
            means.append(round(mean.item(), 4))
            deviation = (shares * (levels - mean) ** 2).sum().sqrt().item()
            deviations.append(round(max(deviation, 1 / 255), 4))  # pictures may all be of one colour
        return tuple(means), tuple(deviations)


def settled(run: RunSpec, data: Data) -> RunSpec:
    """The run with the mean and deviation of its training pictures, where it names none."""
    mean, std = (run.mean, run.std) if run.mean and run.std else data.normalisation
    return replace(run, mean=mean, std=std)


def on_device(data: Data, device: str) -> Data:
    """The same, its pictures and labels on a device where they are small enough to stay there as bytes.

    What takes more than half of the room that a GPU has left stays where it is.
    """
    there = torch.device(device)
    free = None if data.train.images.device.type == there.type else room(there)
    largest = LARGEST_ON_DEVICE if free is None else min(LARGEST_ON_DEVICE, free // 2)
    if sum(part.images.nbytes for part in (data.train, data.test)) > largest:
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
        there = moved(chosen, pictures.images.device)
        yield normalised(pictures.images[there], mean, std), pictures.labels[there]


def augmented_batches(
    pictures: PictureSet,
    size: int,
    *,
    mean: Channels,
    std: Channels,
    seed: int,
    padding: int = 4,
    is_flipped: bool = True,
    skip: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled epoch: each picture padded with black, cropped at random and, if wanted, flipped half of the time.

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
        flipped = torch.rand(count, 1, generator=generator) < (0.5 if is_flipped else 0.0)
        if number < skip:
            continue
        rows = tops + torch.arange(side)  # (N, S)
        columns = lefts + torch.where(flipped, torch.arange(side).flip(0), torch.arange(side))  # (N, S)
        places = (torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :])
        there = moved(chosen, device)
        padded = torch.nn.functional.pad(pictures.images[there], (padding,) * 4)
        picked = padded.permute(0, 2, 3, 1)[tuple(moved(place, device) for place in places)]
        yield normalised(picked.permute(0, 3, 1, 2), mean, std), pictures.labels[there]


def normalised(images: Tensor, mean: Channels, std: Channels) -> Tensor:
    """(N, C, H, W) bytes to floats in channels-last memory: `(x / 255 − mean) / std`."""
    scale = torch.tensor(std).mul(255.0).reciprocal()[:, None, None]
    shift = (torch.tensor(mean) / torch.tensor(std))[:, None, None]
    floats = images.contiguous(memory_format=torch.channels_last).float()
    return floats * moved(scale, images.device) - moved(shift, images.device)

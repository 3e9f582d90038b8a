"""Labelled pictures in memory, as bytes: from image folders, in batches, augmented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from resnet_viewer.core.device_habits import moved, room
from resnet_viewer.core.picture_folders import (
    DatasetError,
    class_names_of,
    has_parts,
    labelled_files,
)
from resnet_viewer.media.pictures import PictureError, read
from resnet_viewer.records.preprocessing import Channels, Preprocessing, crop_corner, resized
from resnet_viewer.records.progress import Progress

LARGEST_ON_DEVICE = 4 << 30
"""Bytes of pictures that are kept on a GPU."""
TEST_SHARE = 0.2
"""Of pictures that nobody has split."""


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
    """What one should know about how it was made, in a sentence."""


def load(folder: Path, size: int, *, seed: int = 0, channels: int = 3) -> Iterator[Progress | Data]:
    """Decode `train/<class>/` and `test/<class>/`, or `<class>/` alone: yields progress in pictures, then the `Data`.

    Pictures of another size are resized and cropped to `size` pixels a side; `channels` is 3, or 1 for grey. Where
    there is no test set, `seed` draws a fifth of each class for it.

    Raises:
        DatasetError: there is no such folder, or it is not laid out like that.
    """
    class_names_of(folder)
    if not has_parts(folder):
        for found in read_folder(folder, size, channels=channels):
            yield split(found, folder.name, seed) if isinstance(found, PictureSet) else found
        return
    sets: dict[str, PictureSet] = {}
    for part in ("train", "test"):
        for found in read_folder(folder / part, size, channels=channels):
            if isinstance(found, PictureSet):
                sets[part] = found
            else:
                yield found
    yield Data(sets["train"], sets["test"])


def split(pictures: PictureSet, name: str, seed: int) -> Data:
    """A fifth of every class, rounded, at least one, as the test set; the rest to train on.

    Raises:
        DatasetError: a class has but one picture.
    """
    generator = torch.Generator().manual_seed(seed)
    tests, trains = [], []
    for label, title in enumerate(pictures.classes):
        members = (pictures.labels == label).nonzero()[:, 0]
        if len(members) < 2:
            raise DatasetError(
                f"{name} holds {len(members)} picture{'s' * (len(members) != 1)} of {title}; each class needs two or "
                "more, to train on and to test."
            )
        members = members[torch.randperm(len(members), generator=generator)]
        count = max(1, round(TEST_SHARE * len(members)))
        tests.append(members[:count])
        trains.append(members[count:])
    train, test = (torch.cat(chosen).sort().values for chosen in (trains, tests))
    return Data(
        *(PictureSet(pictures.images[i], pictures.labels[i], pictures.classes) for i in (train, test)),
        remark=f"{name} has no test set of its own: a fifth of each class, drawn with seed {seed}, is kept for testing "
        f"({len(test)} of {len(pictures)} pictures).",
    )


def read_folder(folder: Path, size: int, *, channels: int = 3) -> Iterator[Progress | PictureSet]:
    """Decode `<folder>/<class>/*` to `size` × `size` in 3 channels, or 1 for grey; yields progress, then the set."""
    classes, files = labelled_files(folder)
    geometry = Preprocessing(size, size, (0.0,) * 3, (1.0,) * 3)
    images = torch.empty((len(files), channels, size, size), dtype=torch.uint8)
    for index, (path, _) in enumerate(files):
        try:
            fitted = _fitted(read(path).pixels, geometry)
        except PictureError as error:
            raise DatasetError(f"{path} cannot be read as a picture; mend or remove it.") from error
        if channels == 1:
            fitted = np.asarray(Image.fromarray(fitted).convert("L"))[..., None]
        images[index] = torch.from_numpy(fitted.copy()).permute(2, 0, 1)
        if index % 500 == 0:
            yield Progress(index, len(files))
    yield PictureSet(images, torch.tensor([label for _, label in files]), classes)


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
    return Data(train, test, remark=data.remark)


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


def _fitted(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], geometry: Preprocessing
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    height, width = pixels.shape[:2]
    if (width, height) == (geometry.crop, geometry.crop):
        return pixels
    new_size = resized(width, height, geometry)
    left, top = crop_corner(*new_size, geometry.crop)
    picture = Image.fromarray(pixels).resize(new_size, Image.Resampling.BILINEAR)
    return np.array(picture.crop((left, top, left + geometry.crop, top + geometry.crop)))

"""Folders of pictures as training and test data: split by their names, decoded, what cannot be read left out.

The split is drawn from the files' names before one of them is read, so that a picture which cannot be read, or can be
read again, moves no other from one side to the other.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from resnet_viewer.core.data.datasets import Data, PictureSet
from resnet_viewer.core.data.picture_folders import (
    DatasetError,
    LeftOut,
    class_names_of,
    has_parts,
    labelled_files,
    listed,
)
from resnet_viewer.core.preprocessing import cut
from resnet_viewer.media.pictures import PictureError, read
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.preprocessing import Preprocessing

_KEPT_FREE = 1 << 30
"""Bytes: the least that training takes beside its pictures."""
_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def require_memory(count: int, side: int, channels: int, name: str) -> None:
    """Nothing where so many pictures fit into memory as bytes.

    Raises:
        UserError: they do not.
    """
    needed, free = count * side * side * channels, free_bytes()
    if free is not None and needed > free - _KEPT_FREE:
        raise UserError(
            f"The {count} pictures of {name} take {needed / 1e9:.1f} GB of memory at {side}×{side} pixels, and this "
            f"computer has {max(0, free - _KEPT_FREE) / 1e9:.1f} GB for them: choose a smaller side, or give fewer "
            "pictures."
        )


def free_bytes() -> int | None:
    """Memory that could be taken now without swapping, as far as the system says; None where it does not."""
    if sys.platform == "win32":
        return _free_on_windows()
    found = [free for free in (_free_on_linux(), _free_in_group()) if free is not None]
    if found:
        return min(found)
    with suppress(ValueError, OSError):  # all there is, where nobody says what is free
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _free_on_linux() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _free_in_group() -> int | None:
    """What a container has left of its limit; the files that it has read can be forgotten."""
    with suppress(OSError, ValueError):  # no such group, or no limit, which is the word "max"
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
        rows = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
        return max(0, most - used + int(rows.get("file", 0)) - int(rows.get("shmem", 0)))
    return None


if sys.platform == "win32":

    class _MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            *((name, ctypes.c_uint64) for name in ("total", "free", "b", "c", "d", "e", "f")),
        )

    def _free_on_windows() -> int | None:
        status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
        found = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.free) if found else None


TEST_SHARE = 0.2
"""Of pictures that nobody has split."""
_TOLD_EVERY = 100
"""Pictures between two signs of progress, at which reading can be stopped."""
Files = Sequence[tuple[Path, int]]
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def load(folder: Path, size: int, *, seed: int = 0, channels: int = 3) -> Iterator[Progress | Data]:
    """Decode `train/<class>/` and `test/<class>/`, or `<class>/` alone: yields progress in pictures, then the `Data`.

    Pictures of another size are resized and cropped to `size` pixels a side; `channels` is 3, or 1 for grey. Where
    there is no test set, `seed` draws a fifth of each class for it. What cannot be read as a picture is left out, up
    to one in ten, and the data say so.

    Raises:
        DatasetError: there is no such folder, it is not laid out like that, or too much of it cannot be read.
        UserError: the pictures do not fit into memory.
    """
    classes = class_names_of(folder)
    remarks = []
    train: Files
    test: Files
    if has_parts(folder):
        train, test = (labelled_files(folder / part)[1] for part in ("train", "test"))
    else:
        train, test = split(labelled_files(folder)[1], classes, folder.name, seed)
        remarks.append(
            f"{folder.name} has no test set of its own: a fifth of each class, drawn with seed {seed}, is kept for "
            f"testing ({len(test)} of {len(train) + len(test)} pictures)."
        )
    require_memory(len(train) + len(test), size, channels, folder.name)
    reading = _Reading(folder, size, channels, len(train) + len(test))
    sets = []
    for files in (train, test):
        for found in reading.decoded(files, classes):
            if isinstance(found, PictureSet):
                sets.append(found)
            else:
                yield found
    if untested := [name for label, name in enumerate(classes) if not (sets[1].labels == label).any()]:
        are = "is no test picture" if len(untested) == 1 else "are no test pictures"
        remarks.append(f"There {are} of {listed(untested)}: the test error says nothing of such pictures.")
    if reading.left_out:
        remarks.append(reading.left_out.remark())
    if reading.in_question:
        remarks.append(
            f"{reading.in_question} of the pictures have 16 bits a pixel, use no more than 12 of them and are dark: "
            "say in their files which is meant (PNG's sBIT, TIFF's MaxSampleValue)."
        )
    yield Data(*sets, remark=" ".join(remarks), left_out=len(reading.left_out))


def split(files: Files, classes: Sequence[str], name: str, seed: int) -> tuple[Files, Files]:
    """To train on and to test: a fifth of every class, rounded, at least one, is for testing.

    Raises:
        DatasetError: a class has but one picture.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.tensor([label for _, label in files])
    tests: set[int] = set()
    for label, title in enumerate(classes):
        members = (labels == label).nonzero()[:, 0]
        if len(members) < 2:
            raise DatasetError(
                f"{name} holds {len(members)} picture{'s' * (len(members) != 1)} of {title}; each class needs two or "
                "more, to train on and to test."
            )
        members = members[torch.randperm(len(members), generator=generator)]
        tests.update(members[: max(1, round(TEST_SHARE * len(members)))].tolist())
    return (
        [file for i, file in enumerate(files) if i not in tests],
        [file for i, file in enumerate(files) if i in tests],
    )


class _Reading:
    """Pictures of one folder, `count` in all, as they are decoded to `size` × `size`."""

    def __init__(self, folder: Path, size: int, channels: int, count: int) -> None:
        self.left_out = LeftOut(folder, count)
        self.in_question = 0
        """Pictures of 16 bits that may have 12."""
        self._folder, self._count, self._done = folder, count, 0
        self._geometry = Preprocessing(size, size, (0.0,) * 3, (1.0,) * 3)
        self._shape = channels, size, size

    def decoded(self, files: Files, classes: tuple[str, ...]) -> Iterator[Progress | PictureSet]:
        """Progress over all of the folder's pictures, then the set of those files that can be read."""
        images = torch.empty((len(files), *self._shape), dtype=torch.uint8)
        labels: list[int] = []
        for path, label in files:
            if self._done % _TOLD_EVERY == 0:
                yield Progress(self._done, self._count)
            self._done += 1
            pixels = self._read(path)
            if pixels is not None:
                images[len(labels)] = torch.from_numpy(pixels)
                labels.append(label)
        for label in sorted({label for _, label in files} - set(labels)):
            raise DatasetError(
                f"No picture of {classes[label]} in {self._folder} can be read, {self.left_out.names()} among them; "
                "mend them, or remove that class."
            )
        yield PictureSet(images[: len(labels)], torch.tensor(labels), classes)

    def _read(self, path: Path) -> Pixels | None:
        """(C, S, S), or None where it cannot be read."""
        try:
            picture = read(path)
            self.in_question += picture.may_have_twelve_bits
            fitted = np.array(cut(Image.fromarray(picture.pixels), self._geometry))
        except PictureError as error:
            self.left_out.add(path, error)
            return None
        if self._shape[0] == 1:
            fitted = np.asarray(Image.fromarray(fitted).convert("L"))[..., None]
        return fitted.transpose(2, 0, 1).copy()  # (S, S, C) -> (C, S, S)

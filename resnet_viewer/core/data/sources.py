"""Which data a name or a folder stands for, and which networks can be trained on them, told without torch.

MNIST's file format, idx, is read here: labelled pictures of one channel, packed with gzip or not. Four files make a
data set, under the names that their publishers gave them; torchvision unpacks them below `MNIST/raw` and
`FashionMNIST/raw`, Debian leaves them packed below `/usr/share/datasets/fashion-mnist`.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.media.reading import opened
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec

IDX = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}


CIFAR: dict[str, Literal["CIFAR10", "CIFAR100"]] = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}


CIFAR_FOLDERS = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}
"""By the names of `records.data.NAMED`: the folders and classes of torchvision."""


def files_in(folder: Path, name: str) -> Path | None:
    """The folder below `folder`, or itself, that holds the files of a data set, or None: nothing is read but names."""
    if name in IDX:
        places = (folder / IDX[name] / "raw", folder / "raw", folder)
        return next((place for place in places if has_idx(place)), None)
    base = CIFAR_FOLDERS[name]
    return next((place for place in (folder / base, folder) if place.name == base and place.is_dir()), None)


def name_in(folder: Path) -> str | None:
    """Which named data set a folder holds as torchvision or Debian leaves it, or None.

    Raises:
        DatasetError: there are idx files, of another data set or damaged.
    """
    for name in CIFAR:
        if files_in(folder, name) is not None:
            return name
    for name in IDX:
        if (found := files_in(folder, name)) is not None:
            return idx_name(found)
    return None


_SMALL = ("cifar", "mnist-teaching", "keras-teaching")
"""Families for pictures of any size; the others halve their maps five times."""


def named_kind(data: str) -> DataKind | None:
    """What a data set's pictures are like: one that is named, or whose files a folder holds; None for pictures.

    Raises:
        DatasetError: a folder holds the files of a data set, and they are damaged.
    """
    name = data if data in NAMED else name_in(Path(data))
    return None if name is None else NAMED[name]


def fitted(spec: NetworkSpec, kind: DataKind | None) -> NetworkSpec:
    """The network for a data set's pictures and classes; with None, which is a folder of pictures, it is as it was.

    Raises:
        UserError: it is none for them.

    Example:
        >>> fitted(catalog.spec("cifar-resnet-8"), NAMED["digits"]).input_size  # doctest: +SKIP
        8
    """
    if not spec.has_classifier:
        raise UserError(f"{spec.title} has no classifier to train; choose another network.")
    if kind is None:
        return spec
    if spec.family not in _SMALL:
        raise UserError(
            f"{spec.title} is made for pictures of {spec.input_size} pixels; train it on a folder of pictures, "
            f"not on {kind.title}."
        )
    return replace(spec, classes=kind.classes, channels=kind.channels, input_size=kind.side)


PARTS = ("train", "t10k")
_SIDE = 28
_CLASSES = 10
_MOST = 16 + 60_000 * _SIDE * _SIDE
"""Bytes of the largest file: what is packed may not unpack to more."""
_UNSIGNED_BYTES = 8
_BEGINNINGS = {
    "mnist": (7, 2, 1, 0, 4, 1, 4, 9, 5, 9),
    "fashion-mnist": (9, 2, 1, 1, 6, 1, 4, 6, 5, 7),
}
"""The first test labels, by which the sets are told from each other: their files have the same names."""
Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
Labels = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def file_in(folder: Path, part: str, what: str) -> Path | None:
    """The file of the "images" or "labels" of a part, unpacked before packed, or None."""
    number = {"images": 3, "labels": 1}[what]
    names = [f"{part}-{what}{mark}idx{number}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def has_idx(folder: Path) -> bool:
    """All four files are in the folder."""
    return all(file_in(folder, part, what) for part in PARTS for what in ("images", "labels"))


def idx_name(folder: Path) -> str:
    """Which data set it is: "mnist" or "fashion-mnist".

    Raises:
        DatasetError: neither.
    """
    labels = tuple(_labels(folder, "t10k")[:10].tolist())
    found = next((name for name, beginning in _BEGINNINGS.items() if labels == beginning), None)
    if found is None:
        raise DatasetError(
            f"{folder} holds idx files of neither MNIST nor Fashion-MNIST; give one of these, or an image folder."
        )
    return found


def idx_part(folder: Path, part: str) -> tuple[Bytes, Labels]:
    """Pictures (N, 28, 28) and labels (N,) of one of the `PARTS`.

    Raises:
        DatasetError: a file is missing or damaged.
    """
    images, labels = _read(folder, part, "images"), _labels(folder, part)
    if images.shape != (len(labels), _SIDE, _SIDE):
        raise DatasetError(
            f"{folder} holds {len(labels)} labels for pictures of {images.shape}; get its files again."
        )
    return images, labels


def _labels(folder: Path, part: str) -> Labels:
    labels = _read(folder, part, "labels")
    if labels.ndim != 1 or not len(labels) or int(labels.max()) >= _CLASSES:
        raise _damaged(file_in(folder, part, "labels") or folder)
    return labels.astype(np.int64)


def _read(folder: Path, part: str, what: str) -> Bytes:
    """One file's array of bytes: magic number, sizes, values, all big-endian."""
    path = file_in(folder, part, what)
    if path is None:
        raise DatasetError(f"{folder} lacks the {what} of {part}; get its files again.")
    with opened(path, most_bytes=_MOST, wanted="a file of a data set", refused=DatasetError) as (file, size):
        try:
            content = gzip.GzipFile(fileobj=file).read(_MOST + 1) if path.suffix == ".gz" else file.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise _damaged(path) from error
    if len(content) < 4 or content[:3] != bytes((0, 0, _UNSIGNED_BYTES)) or len(content) > _MOST:
        raise _damaged(path)
    start = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist()) if len(content) >= start else ()
    if not shape or len(content) - start != np.prod(shape):
        raise _damaged(path)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _damaged(path: Path) -> DatasetError:
    return DatasetError(f"{path} is damaged, or no file of a data set; get it again.")

"""MNIST's file format, idx: labelled pictures of one channel, packed with gzip or not.

Four files make a data set, under the names that their publishers gave them; torchvision unpacks them below
`MNIST/raw` and `FashionMNIST/raw`, Debian leaves them packed below `/usr/share/datasets/fashion-mnist`.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.media.reading import opened
from resnet_viewer.records.preprocessing import DIGITS, FASHION_CLASSES

if TYPE_CHECKING:
    from resnet_viewer.core.data.datasets import Data

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


def file_in(folder: Path, part: str, what: str) -> Path | None:
    """The file of the "images" or "labels" of a part, unpacked before packed, or None."""
    number = {"images": 3, "labels": 1}[what]
    names = [f"{part}-{what}{mark}idx{number}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def is_there(folder: Path) -> bool:
    """All four files are in the folder."""
    return all(file_in(folder, part, what) for part in PARTS for what in ("images", "labels"))


def name_of(folder: Path) -> str:
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


def load(folder: Path) -> Data:
    """Both parts, as bytes.

    Raises:
        DatasetError: a file is missing, damaged, or of another set.
    """
    import torch  # not before: the window asks which set a folder holds, and must not wait for this

    from resnet_viewer.core.data.datasets import Data, PictureSet

    classes = {"mnist": DIGITS, "fashion-mnist": FASHION_CLASSES}[name_of(folder)]
    sets = []
    for part in PARTS:
        images, labels = _read(folder, part, "images"), _labels(folder, part)
        if images.shape != (len(labels), _SIDE, _SIDE):
            raise DatasetError(
                f"{folder} holds {len(labels)} labels for pictures of {images.shape}; get its files again."
            )
        sets.append(PictureSet(torch.from_numpy(images)[:, None], torch.from_numpy(labels), classes))
    return Data(*sets)


def _labels(folder: Path, part: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
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

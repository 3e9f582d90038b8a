"""Every kind of data set behind one call: by name, as its publisher's files in a folder, or as folders of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.data.folder_data import load
from resnet_viewer.core.data.named_data import load_from, read_named
from resnet_viewer.core.picture_folders import class_names_of
from resnet_viewer.core.set_files import name_in
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.progress import Progress


def read_data(name: str, size: int, seed: int = 0, *, channels: int = 3) -> Iterator[Progress | Data]:
    """Read a data set into memory: progress, then the `Data`.

    `name` is one of `records.data.NAMED`, which is downloaded where it is not here yet, or a folder: with MNIST's,
    Fashion-MNIST's or CIFAR's own files, with `train/<class>/` and `test/<class>/`, or with `<class>/` alone, of which
    `seed` draws the test pictures. `size` and `channels` (3, or 1 for grey) are those that folders of pictures are
    brought to. Closing the generator leaves nothing unfinished behind.

    Raises:
        DatasetError: there is none, it cannot be downloaded, or it is damaged.
        TooLargeError: a folder's pictures do not fit into memory.

    Example:
        >>> *_, data = read_data("digits", 8)
    """
    if name in NAMED:
        yield from read_named(name)
    elif (known := name_in(Path(name))) is not None:
        yield load_from(Path(name), known)
    else:
        yield from load(Path(name), size, seed=seed, channels=channels)


def describe_data(name: str, size: int, *, channels: int = 3) -> DataKind:
    """What the pictures of a data set are like, before one of them is read; arguments as for `read_data`.

    The means and deviations of pictures in folders are known once they are read: `Data.normalisation`.

    Raises:
        DatasetError: there is no such folder, or nothing in it.
    """
    known = name if name in NAMED else name_in(Path(name))
    if known is not None:
        return NAMED[known]
    classes = class_names_of(Path(name))
    return DataKind(Path(name).resolve().name, len(classes), channels, size, (), ())

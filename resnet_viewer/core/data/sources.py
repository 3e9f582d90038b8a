"""Which data a name or a folder stands for, and which networks can be trained on them, told without torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from resnet_viewer.core.data import idx_files
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
        return next((place for place in places if idx_files.is_there(place)), None)
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
            return idx_files.name_of(found)
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

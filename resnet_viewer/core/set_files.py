"""Which published data set a folder holds, told by the names of its files: torch is not needed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from resnet_viewer.core.data import idx_files

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

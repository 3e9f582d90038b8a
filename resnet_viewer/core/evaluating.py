"""Which classes folders of pictures stand for, and which class a network in training gives each picture of a set."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from resnet_viewer.core.data.datasets import PictureSet, batches
from resnet_viewer.core.data.picture_folders import DatasetError, listed
from resnet_viewer.core.lab.device_habits import moved
from resnet_viewer.core.network import Network
from resnet_viewer.core.not_finite import highest
from resnet_viewer.records.preprocessing import Channels

_AT_ONCE = 256
"""Pictures of a batch."""


@dataclass(frozen=True)
class Labelling:
    """Which class each of several folders stands for, and how that is known."""

    folders: tuple[str, ...]
    classes: tuple[int, ...]
    """In the order of the folders."""
    taken_by: Literal["name", "order"]

    @property
    def remark(self) -> str:
        """What one should know about it; empty where the folders are named after the classes."""
        if self.taken_by == "name":
            return ""
        return (
            f"The folders {listed(self.folders)} are not all named after classes: in sorted order they were taken for "
            f"classes 0 to {len(self.folders) - 1}."
        )


def labelling(folders: Sequence[str], class_names: Sequence[str], classes: int) -> Labelling:
    """The classes of folders by their names, of which there may be fewer; else, of as many as `classes`, in order.

    Capital and small letters, underscores, hyphens and spaces are not told apart where that leaves one class. Of names
    such as "n01440764 tench" the number does alone.

    Raises:
        DatasetError: neither; or a folder that has a class's name would be taken for another one.

    Example:
        >>> labelling(["CAT", "hot_dog"], ["cat", "dog", "hot dog"], 3).classes
        (0, 2)
    """
    found = [_class_named(name, class_names) for name in folders]
    named = [index for index in found if index is not None]
    if folders and len(named) == len(folders) == len(set(named)):
        return Labelling(tuple(folders), tuple(named), "name")
    if len(folders) == classes and all(index in (None, place) for place, index in enumerate(found)):
        return Labelling(tuple(folders), tuple(range(classes)), "order")
    known = f" ({listed(class_names)})" if class_names else ""
    unknown = [name for name, index in zip(folders, found, strict=True) if index is None]
    are = "is" if len(unknown) == 1 else "are"
    why = f"{listed(unknown)} {are} no name of one" if unknown else "two are one class"
    raise DatasetError(
        f"Which of the network's {classes} classes{known} the {len(folders)} folders ({listed(folders)}) hold cannot "
        f"be told: {why}. Name the folders after the classes, or name the classes with --classes."
    )


def _class_named(folder: str, class_names: Sequence[str]) -> int | None:
    """The one class that a folder can mean; None where there is none, or more than one."""
    exact = [index for index, name in enumerate(class_names) if name == folder]
    if len(exact) == 1:
        return exact[0]
    means: dict[str, set[int]] = defaultdict(set)
    for index, name in enumerate(class_names):
        means[_plain(name)].add(index)
        if number := re.match(r"n\d{8}\b", name):
            means[number.group()].add(index)
    meant = means[_plain(folder)]
    return next(iter(meant)) if len(meant) == 1 else None


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.casefold())).strip()


class Predicted(NamedTuple):
    """Of N pictures, on the CPU."""

    classes: Tensor
    """(N,), int64, the highest of each; see `not_finite.highest` for one that has none."""
    confidence: Tensor
    """(N,), float32, its probability; 0 where there is none."""


def predictions(
    network: Network,
    pictures: PictureSet,
    *,
    mean: Channels,
    std: Channels,
    device: torch.device,
) -> Generator[None, None, Predicted]:
    """Yields after every batch, then returns what each picture is taken for.

    In evaluation mode and float32, not augmented; the modes of training are put back.
    """
    was_training = network.training
    found, sure = [], []
    try:
        for images, _ in batches(pictures, _AT_ONCE, mean=mean, std=std):
            network.eval()
            with torch.no_grad():
                logits = network(moved(images, device))
                found.append(highest(logits))
                sure.append(logits.float().softmax(1).amax(1).nan_to_num(0.0))
            yield
    finally:
        network.train(was_training)
    return Predicted(torch.cat(found).cpu(), torch.cat(sure).cpu())


def error_percent(predicted: Tensor, pictures: PictureSet) -> float:
    """The share of wrong predictions."""
    return 100.0 * int((predicted != pictures.labels.cpu()).sum()) / len(pictures)

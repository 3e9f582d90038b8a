"""Which networks can be trained on which data, and how they are built for them, told by names: torch is not needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from resnet_viewer.core.set_files import name_in
from resnet_viewer.records.data import NAMED, DataKind
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec

_SMALL = ("cifar", "mnist-teaching", "keras-teaching")
"""Families for pictures of any size; the others halve their maps five times."""


class UntrainableError(UserError):
    """A network is not for such data."""


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
        UntrainableError: it is none for them.

    Example:
        >>> fitted(catalog.spec("cifar-resnet-8"), NAMED["digits"]).input_size  # doctest: +SKIP
        8
    """
    if not spec.has_classifier:
        raise UntrainableError(f"{spec.title} has no classifier to train; choose another network.")
    if kind is None:
        return spec
    if spec.family not in _SMALL:
        raise UntrainableError(
            f"{spec.title} is made for pictures of {spec.input_size} pixels; train it on a folder of pictures, "
            f"not on {kind.title}."
        )
    return replace(spec, classes=kind.classes, channels=kind.channels, input_size=kind.side)

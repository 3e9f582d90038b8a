"""Data sets by name: the digits that travel with the program, and torchvision's, downloaded when asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from resnet_viewer import paths
from resnet_viewer.core.datasets import Data, DatasetError, PictureSet
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, DIGITS

_TEST_SHARE = 0.2


def load_named(name: str, *, cache: Path | None = None) -> Data:
    """A data set of `records.data.NAMED`; torchvision's are kept in `cache` (by default this user's cache folder).

    Raises:
        DatasetError: it is not here and cannot be downloaded.
    """
    return _digits() if name == "digits" else _torchvisions(name, cache or paths.cache_dir() / "datasets")


def _digits() -> Data:
    """The 1 797 digits, values 0 to 16 stretched to 0 to 255; a fifth, drawn once and for all, is the test set."""
    with np.load(paths.asset("data", "digits.npz"), allow_pickle=False) as file:
        pictures, labels = file["pictures"], file["labels"]
    images = torch.from_numpy(np.rint(pictures * (255 / 16)).astype(np.uint8))[:, None]
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    test = round(_TEST_SHARE * len(images))
    return Data(
        *(
            PictureSet(images[chosen], torch.from_numpy(labels.astype(np.int64))[chosen], DIGITS)
            for chosen in (order[test:], order[:test])
        )
    )


def _torchvisions(name: str, root: Path) -> Data:
    from torchvision import datasets  # costs as much as torch itself: only when asked for

    make = {
        "mnist": datasets.MNIST,
        "fashion-mnist": datasets.FashionMNIST,
        "cifar10": datasets.CIFAR10,
        "cifar100": datasets.CIFAR100,
    }[name]
    try:
        parts = [make(str(root), train=is_train, download=True) for is_train in (True, False)]
    except (OSError, RuntimeError) as error:
        raise DatasetError(
            f"{NAMED[name].title} could not be downloaded ({error}); connect to the network or give an image folder "
            "to --data."
        ) from error
    classes = {"cifar10": CIFAR10_CLASSES, "mnist": DIGITS}.get(name) or tuple(parts[0].classes)
    train, test = (PictureSet(_planes(part.data), torch.as_tensor(part.targets), classes) for part in parts)
    return Data(train, test)


def _planes(data: Tensor | np.ndarray) -> Tensor:
    """(N, H, W) or (N, H, W, C) bytes -> (N, C, H, W)."""
    images = torch.as_tensor(data)
    return images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2).contiguous()

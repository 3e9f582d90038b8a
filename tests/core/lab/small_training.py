"""A few invented pictures and a small run that the tests of training share."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from resnet_viewer.core.data.datasets import Data, PictureSet
from resnet_viewer.core.lab.training import Trained, train
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import RunSpec

SIDE = 8


def pictures(count: int, seed: int) -> PictureSet:
    """Two classes, reddish and bluish, with noise: crops and mirroring leave them as they are."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 60, (count, 3, SIDE, SIDE), generator=generator)
    labels = torch.arange(count) % 2
    images[labels == 0, 0] += 150
    images[labels == 1, 2] += 150
    return PictureSet(images.to(torch.uint8), labels, ("reddish", "bluish"))


DATA = Data(pictures(32, 1), pictures(16, 2))
RUN = RunSpec(
    spec("cifar-resnet-8", classes=2),
    "invented",
    epochs=3,
    recipe=Recipe("invented", batch=8, rate=0.05),
    record_every=10,
)


def finished(run: RunSpec = RUN, **options: Path) -> Trained:
    *_, last = train(run, DATA, **options)
    assert isinstance(last, Trained)
    return last


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(value, other[name]) for name, value in one.items())

"""Which class a network gives each picture of a set, and how many of them are wrong."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from resnet_viewer.core.datasets import PictureSet, batches
from resnet_viewer.core.device_habits import moved
from resnet_viewer.core.network import Network
from resnet_viewer.records.preprocessing import Channels

_AT_ONCE = 256
"""Pictures of a batch."""


def predictions(
    network: Network,
    pictures: PictureSet,
    *,
    mean: Channels,
    std: Channels,
    device: torch.device,
) -> Generator[None, None, Tensor]:
    """Yields after every batch, then returns (N,), the highest class of each picture, on the CPU.

    In evaluation mode and float32, not augmented; the modes of training are put back.
    """
    was_training = network.training
    found = []
    try:
        for images, _ in batches(pictures, _AT_ONCE, mean=mean, std=std):
            network.eval()
            with torch.no_grad():
                found.append(network(moved(images, device)).argmax(1))
            yield
    finally:
        network.train(was_training)
    return torch.cat(found).cpu()


def error_percent(predicted: Tensor, pictures: PictureSet) -> float:
    """The share of wrong predictions."""
    return 100.0 * int((predicted != pictures.labels.cpu()).sum()) / len(pictures)

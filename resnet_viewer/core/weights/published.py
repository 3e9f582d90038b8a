"""Weights that torchvision publishes. Importing it costs as much as torch, so that waits until one is looked up."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch.hub

from resnet_viewer.core.published_files import FILES
from resnet_viewer.media.downloads import download
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.progress import Progress


@dataclass(frozen=True)
class Published:
    """Where published weights are and what belongs to them. `sha256_prefix` is in hexadecimal."""

    url: str
    sha256_prefix: str
    preprocessing: Preprocessing
    class_names: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where torch itself would keep the file."""
        return cache() / self.url.rsplit("/", 1)[-1]


def names(spec: NetworkSpec) -> tuple[str, ...]:
    """Which weights there are for this network, torchvision's default first."""
    return _members(spec.name) if spec.classes in (0, 1000) and spec.channels == 3 else ()


def _members(network: str) -> tuple[str, ...]:
    return tuple(file.member for file in FILES.get(network, ()))


@lru_cache(maxsize=16)
def look_up(network: str, member: str) -> Published:
    """What torchvision says about one of its weights (`"resnet50"`, `"IMAGENET1K_V2"`).

    Raises:
        KeyError: there are no such weights.
    """
    if member not in _members(network):
        raise KeyError(member)
    from torchvision.models import get_model_weights

    weights = get_model_weights(network)[member]
    preset = weights.transforms()
    found = re.search(r"-([0-9a-f]{8,})\.pth$", weights.url)
    return Published(
        weights.url,
        found[1] if found else "",
        Preprocessing(
            preset.resize_size[0],
            preset.crop_size[0],
            tuple(preset.mean),
            tuple(preset.std),
            "bicubic" if preset.interpolation.value == "bicubic" else "bilinear",
        ),
        tuple(weights.meta["categories"]),
    )


def cache() -> Path:
    """The folder in which torch keeps what it downloads."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def cached(spec: NetworkSpec) -> tuple[str, ...]:
    """Those of `names` whose file is on this computer."""
    if not names(spec) or not any(cache().glob(f"{spec.name}-*.pth")):
        return ()
    return tuple(name for name in names(spec) if look_up(spec.name, name).path.is_file())


def fetch(network: str, member: str) -> Generator[Progress, None, None]:
    """Download into torch's cache; closing the generator cancels.

    Raises:
        DownloadError: it did not arrive whole.
    """
    wanted = look_up(network, member)
    yield from download(wanted.url, wanted.path, sha256_prefix=wanted.sha256_prefix or None)

"""Weights that torchvision publishes. It costs as much as torch: that is imported when one is looked up."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing


@dataclass(frozen=True)
class PublishedFile:
    """A weight file by torchvision's name for it; `megabytes` are of its download."""

    member: str
    file: str
    megabytes: int


_V1, _V2 = "IMAGENET1K_V1", "IMAGENET1K_V2"


def _files(network: str, *found: tuple[str, str, int]) -> tuple[PublishedFile, ...]:
    return tuple(PublishedFile(member, f"{network}-{ending}.pth", size) for member, ending, size in found)


FILES: dict[str, tuple[PublishedFile, ...]] = {
    "resnet18": _files("resnet18", (_V1, "f37072fd", 45)),
    "resnet34": _files("resnet34", (_V1, "b627a593", 83)),
    "resnet50": _files("resnet50", (_V2, "11ad3fa6", 98), (_V1, "0676ba61", 98)),
    "resnet101": _files("resnet101", (_V2, "cd907fc2", 171), (_V1, "63fe2227", 171)),
    "resnet152": _files("resnet152", (_V2, "f82ba261", 230), (_V1, "394f9c45", 230)),
    "wide_resnet50_2": _files("wide_resnet50_2", (_V2, "9ba9bcbe", 263), (_V1, "95faca4d", 132)),
    "wide_resnet101_2": _files("wide_resnet101_2", (_V2, "d733dc28", 485), (_V1, "32ee1156", 243)),
    "resnext50_32x4d": _files("resnext50_32x4d", (_V2, "1a0047aa", 96), (_V1, "7cdf4587", 96)),
    "resnext101_32x8d": _files("resnext101_32x8d", (_V2, "110c445d", 340), (_V1, "8ba56ff5", 340)),
    "resnext101_64x4d": _files("resnext101_64x4d", (_V1, "173b62eb", 319)),
    "vgg16": _files("vgg16", (_V1, "397923af", 528)),
    "vgg16_bn": _files("vgg16_bn", (_V1, "6c64b313", 528)),
    "vgg19": _files("vgg19", (_V1, "dcbb9e9d", 548)),
    "vgg19_bn": _files("vgg19_bn", (_V1, "c79401a0", 548)),
    "alexnet": _files("alexnet", (_V1, "owt-7be5be79", 233)),
}
"""torchvision's default first."""


def torch_cache() -> Path:
    """The folder in which torch keeps what it downloads, as `torch.hub.get_dir` finds it."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(caches, "torch"))  # noqa: PTH118 - as torch joins it
    return Path(home).expanduser() / "hub" / "checkpoints"


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
    import torch.hub

    return Path(torch.hub.get_dir()) / "checkpoints"


def cached(spec: NetworkSpec) -> tuple[str, ...]:
    """Those of `names` whose file is on this computer."""
    if not names(spec) or not any(cache().glob(f"{spec.name}-*.pth")):
        return ()
    return tuple(name for name in names(spec) if look_up(spec.name, name).path.is_file())

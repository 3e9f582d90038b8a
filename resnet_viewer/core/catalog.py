"""Names of networks, and the specs they stand for."""

from __future__ import annotations

import re

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import BlockKind, NetworkSpec

_IMAGENET: dict[int, tuple[BlockKind, tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
"""Table 1 of He et al. 2015."""

_CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)
"""Table 6 of He et al. 2015; any other depth of the form 6n+2 can be named too."""


FIRST_NETWORK = "cifar-resnet-56"
"""Opened where neither a network nor a weight file is named."""


class UnknownNetworkError(UserError):
    """No network has that name; the message says which names there are."""


def names() -> tuple[str, ...]:
    """Every network that the menus and `resnet-viewer networks` list."""
    imagenet = [f"{kind}{depth}" for kind in ("resnet", "plain") for depth in _IMAGENET]
    cifar = [f"cifar-{kind}-{depth}" for kind in ("resnet", "plain") for depth in _CIFAR_DEPTHS]
    return (*cifar, *imagenet)


def spec(name: str, *, classes: int | None = None) -> NetworkSpec:
    """The spec of a named network, without weights.

    `resnet18` … `resnet152` and `plain18` … `plain152` are He et al.'s ImageNet networks with torchvision's
    stride placement; `cifar-resnet-N` and `cifar-plain-N` with N = 6n+2 are their CIFAR networks.

    Raises:
        UnknownNetworkError: the name is none of these.

    Example:
        >>> spec("cifar-resnet-56").block_count
        27
    """
    if found := re.fullmatch(r"cifar-(resnet|plain)-([0-9]{1,4})", name):
        depth = int(found[2])
        if depth < 8 or (depth - 2) % 6:
            raise UnknownNetworkError(
                f"{name}: the depth of a CIFAR network is 6n + 2 (8, 14, 20, 32, 44, 56, 110 …), not {depth}."
            )
        return NetworkSpec(
            name=name,
            family="cifar",
            depth=depth,
            block="basic",
            shortcut="padding" if found[1] == "resnet" else "none",
            stem="cifar",
            stages=((depth - 2) // 6,) * 3,
            widths=(16, 32, 64),
            classes=classes or 10,
            input_size=32,
        )
    if (found := re.fullmatch(r"(resnet|plain)([0-9]{1,4})", name)) and int(found[2]) in _IMAGENET:
        block, stages = _IMAGENET[int(found[2])]
        return NetworkSpec(
            name=name,
            family="imagenet",
            depth=int(found[2]),
            block=block,
            shortcut="projection" if found[1] == "resnet" else "none",
            stem="imagenet",
            stages=stages,
            widths=(64, 128, 256, 512),
            classes=classes or 1000,
            input_size=224,
        )
    raise UnknownNetworkError(
        f"There is no network called {name}. The names are {', '.join(names())}; "
        "`resnet-viewer networks` describes them."
    )

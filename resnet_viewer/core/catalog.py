"""Names of networks, and the specs they stand for."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import OPTIONS, BlockKind, NetworkSpec, ShortcutKind

_STAGES: dict[int, tuple[BlockKind, tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
"""Table 1 of He et al. 2015."""

_WIDER: dict[str, tuple[int, int, int]] = {
    "wide_resnet50_2": (50, 2, 1),
    "wide_resnet101_2": (101, 2, 1),
    "resnext50_32x4d": (50, 2, 32),
    "resnext101_32x8d": (101, 4, 32),
    "resnext101_64x4d": (101, 4, 64),
}
"""Depth, widening and groups of torchvision's wide and grouped bottleneck networks."""

_CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)
"""Table 6 of He et al. 2015; any other depth of the form 6n+2 can be named too."""

_PAPER = "-paper"
_BY_LETTER: dict[str, ShortcutKind] = {letter.lower(): kind for kind, letter in OPTIONS.items()}

FIRST_NETWORK = "cifar-resnet-56"
"""Opened where neither a network nor a weight file is named."""


class UnknownNetworkError(UserError):
    """No network has that name; the message says which names there are."""


def names() -> tuple[str, ...]:
    """The networks that the menus list."""
    residual = [f"resnet{depth}" for depth in _STAGES]
    plain = [f"plain{depth}" for depth in _STAGES]
    cifar = [f"cifar-{kind}-{depth}" for kind in ("resnet", "plain") for depth in _CIFAR_DEPTHS]
    return (*cifar, *residual, *_WIDER, *plain)


def variants() -> tuple[str, ...]:
    """The same networks with other shortcuts or another placement of the stride, as `spec` takes them."""
    imagenet = [f"resnet{depth}-{letter}" for depth in _STAGES for letter in "ac"]
    paper = [f"resnet{depth}{_PAPER}" for depth, (block, _) in _STAGES.items() if block == "bottleneck"]
    cifar = [f"cifar-resnet-{depth}-{letter}" for depth in _CIFAR_DEPTHS for letter in "bc"]
    return (*cifar, *imagenet, *paper)


def spec(name: str, *, classes: int | None = None) -> NetworkSpec:
    """The spec of a named network, without weights.

    `resnet18` … `resnet152` and `plain18` … `plain152` are He et al.'s ImageNet networks with torchvision's
    stride placement, `wide_resnet50_2` … and `resnext50_32x4d` … torchvision's wider ones; `cifar-resnet-N` and
    `cifar-plain-N` with N = 6n+2 are the paper's CIFAR networks. A residual network's name may end with `-a`, `-b` or
    `-c`, the paper's option for its shortcuts (without it: B for ImageNet, A for CIFAR), and a bottleneck network's
    with `-paper`, for the paper's placement of the stride.

    Raises:
        UnknownNetworkError: the name is none of these.

    Example:
        >>> spec("cifar-resnet-56").block_count
        27
    """
    found = re.fullmatch(rf"(.*?)(?:-([abc]))?({_PAPER})?", name, re.DOTALL)
    assert found is not None
    base, letter, paper = found.groups()
    made = _cifar(base, classes or 10) or _imagenet(base, classes or 1000)
    if made is None or (letter and not made.has_shortcuts) or (paper and made.block == "basic"):
        near = get_close_matches(name[:40], (*names(), *variants()), n=3)
        like = (
            f"did you mean {' or '.join(near)}? "
            if near
            else "names are such as resnet50 and cifar-resnet-56; "
        )
        raise UnknownNetworkError(
            f"There is no network called {name[:40]}; {like}`resnet-viewer networks` lists all."
        )
    if letter and made.shortcut != _BY_LETTER[letter]:
        made = replace(made, name=f"{made.name}-{letter}", shortcut=_BY_LETTER[letter])
    return replace(made, name=f"{made.name}{_PAPER}", strides_first=True) if paper else made


def _cifar(name: str, classes: int) -> NetworkSpec | None:
    found = re.fullmatch(r"cifar-(resnet|plain)-([0-9]{1,4})", name)
    if found is None:
        return None
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
        classes=classes,
        input_size=32,
    )


def _imagenet(name: str, classes: int) -> NetworkSpec | None:
    found = re.fullmatch(r"(resnet|plain)([0-9]{1,4})", name)
    depth, widening, groups = _WIDER.get(name) or (int(found[2]) if found else 0, 1, 1)
    if depth not in _STAGES:
        return None
    block, stages = _STAGES[depth]
    return NetworkSpec(
        name=name,
        family="imagenet",
        depth=depth,
        block=block,
        shortcut="none" if name.startswith("plain") else "projection",
        stem="imagenet",
        stages=stages,
        widths=(64, 128, 256, 512),
        classes=classes,
        input_size=224,
        widening=widening,
        groups=groups,
    )

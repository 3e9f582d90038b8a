"""Names of networks, and the specs they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from resnet_viewer.core.weights.name_endings import VALUE, ended
from resnet_viewer.records.checking import ArgumentError, shown, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import FORMS, MOST_CLASSES, BlockKind, NetworkSpec

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

_TIMM_WIDER: dict[str, tuple[int, int, int]] = {
    "resnext101_32x4d": (101, 2, 32),
    "resnext101_32x16d": (101, 8, 32),
    "resnext101_32x32d": (101, 16, 32),
}

_TIMM_STAGES: dict[int, tuple[BlockKind, tuple[int, ...]]] = {
    10: ("basic", (1, 1, 1, 1)),
    14: ("bottleneck", (1, 1, 1, 1)),
    26: ("bottleneck", (2, 2, 2, 2)),
    200: ("bottleneck", (3, 24, 36, 3)),
}
_TIMM = (
    "resnet10t", "resnet14t", "resnet18d", "resnet26", "resnet26d", "resnet26t", "resnet34d", "resnet50c",
    "resnet50d", "resnet50s", "resnet50t", "resnet101c", "resnet101d", "resnet101s", "resnet152c", "resnet152d",
    "resnet152s", "resnet200", "resnet200d", "resnext50d_32x4d", "resnext101_32x4d", "resnext101_32x16d",
    "resnext101_32x32d",
)  # fmt: skip
"""timm's, beside torchvision's: other depths and widths, deep stems, pooled projections."""

_VGG: dict[int, tuple[int, ...]] = {16: (1, 2, 3, 3, 3), 19: (1, 2, 4, 4, 4)}
"""Configurations D and E of Simonyan & Zisserman 2015, Table 1, without the first convolution."""

_CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)
"""Table 6 of He et al. 2015; any other depth of the form 6n+2 can be named too."""
_BOTTLENECK_DEPTHS = (164, 1001)
"""Of He et al. 2016, of the form 9n+2."""

DEEPEST = 9_999
"""The most layers that a name may ask for."""

FIRST_NETWORK = "cifar-resnet-56"
"""Opened where neither a network nor a weight file is named."""


class UnknownNetworkError(UserError):
    """No network has that name; the message says which names there are."""


def names() -> tuple[str, ...]:
    """The networks that the menus list."""
    residual = [f"resnet{depth}" for depth in _STAGES]
    plain = [f"plain{depth}" for depth in _STAGES]
    cifar = [f"cifar-{kind}-{depth}" for kind in ("resnet", "plain") for depth in _CIFAR_DEPTHS]
    second = [f"resnet{depth}v2" for depth in (50, 101, 152)]
    chains = [f"vgg{depth}{bn}" for depth in _VGG for bn in ("", "_bn")]
    teaching = ["teaching-keras", "teaching-mnist", "teaching-mnist-concat"]
    return (*cifar, *residual, *_WIDER, *plain, *second, *chains, "alexnet", *teaching)


def variants() -> tuple[str, ...]:
    """The same networks with other shortcuts, merges, orders, stems, or another placement of the stride."""
    imagenet = [f"resnet{depth}-{letter}" for depth in _STAGES for letter in "ac"]
    paper = [f"resnet{depth}-paper" for depth, (block, _) in _STAGES.items() if block == "bottleneck"]
    cifar = [f"cifar-resnet-{depth}-{letter}" for depth in _CIFAR_DEPTHS for letter in "bc"]
    merged = ("scaled", "highway", "gated", "dropout", "concat")
    ordered = ("bnafter", "relubefore", "relupre", "preact")
    other = [f"cifar-resnet-{depth}-{end}" for depth in (20, 56, 110) for end in (*merged, *ordered)]
    deep = [
        f"cifar-resnet-{depth}-bottleneck{end}" for depth in _BOTTLENECK_DEPTHS for end in ("", "-preact")
    ]
    bare = [
        f"cifar-{kind}-{depth}-{end}"
        for kind in ("resnet", "plain")
        for depth in (20, 56)
        for end in ("nobn", "xavier", "normal", "nobn-xavier")
    ]
    return (*cifar, *other, *deep, *bare, *imagenet, *paper, *_TIMM)


def spec(name: str, *, classes: int | None = None) -> NetworkSpec:
    """The spec of a named network, without weights.

    `resnet10` … `resnet200` and `plain18` … `plain152` are He et al.'s ImageNet networks with torchvision's
    stride placement, `wide_resnet50_2` … and `resnext50_32x4d` … torchvision's wider ones, `resnet50d` …
    timm's with a deep stem (c, d, e, s, t: `records.network.FORMS`), `resnet50v2` … Keras's;
    `cifar-resnet-N` and `cifar-plain-N` with N = 6n+2 (9n+2 with `-bottleneck`) are the paper's CIFAR networks;
    `vgg16`, `vgg19_bn` …, `alexnet`, `teaching-keras` and `teaching-mnist` stand beside them. A name may have the
    endings of `name_endings.ENDINGS` that fit its family, such as `-c` or `-highway=-3`.

    Raises:
        UserError: the name is none of these, or no name at all, or there cannot be so many classes.

    Example:
        >>> spec("cifar-resnet-56").block_count
        27
    """
    if not isinstance(name, str):
        raise ArgumentError("name", "a network's name, such as 'resnet50' or 'cifar-resnet-56'", name)
    if classes is not None:
        classes = whole("classes", classes, 0, MOST_CLASSES)
    found = re.fullmatch(
        rf"(teaching-[a-z]+|cifar-[a-z]+-[0-9]+|[a-z0-9_]+)((?:-[a-z]+(?:={VALUE})?)*)", name
    )
    if found is not None:
        base, endings = found.groups()
        is_bottleneck = "-bottleneck" in endings
        for family in _FAMILIES:
            made = family(base, classes, is_bottleneck)
            if made is not None and (complete := ended(made, endings)) is not None:
                return complete
    near = get_close_matches(name[:40], (*names(), *variants()), n=3)
    like = (
        f"did you mean {' or '.join(near)}? " if near else "names are such as resnet50 and cifar-resnet-56; "
    )
    raise UnknownNetworkError(
        f"There is no network called {shown(name)[1:-1]}; {like}`resnet-viewer networks` lists all."
    )


def listed(written: str, *, most: int) -> tuple[NetworkSpec, ...]:
    """The specs of names that are separated by commas.

    Raises:
        UserError: a name is unknown, or there are none or more than `most`.

    Example:
        >>> [spec.depth for spec in listed("vgg19, plain34", most=8)]
        [19, 34]
    """
    found = [name.strip() for name in written.split(",") if name.strip()]
    if not 1 <= len(found) <= most:
        raise UserError(f"Name 1 to {most} networks, with commas between them, not {len(found)}.")
    return tuple(spec(name) for name in found)


def _cifar(name: str, classes: int | None, is_bottleneck: bool) -> NetworkSpec | None:
    found = re.fullmatch(r"cifar-(resnet|plain)-([0-9]+)", name)
    if found is None:
        return None
    step = 9 if is_bottleneck else 6
    kind = "a bottleneck CIFAR network" if is_bottleneck else "a CIFAR network"
    deepest = (DEEPEST - 2) // step * step + 2
    if len(digits := found[2].lstrip("0")) > len(str(deepest)) or int(digits or "0") > deepest:
        raise UnknownNetworkError(
            f"{name[:40]} is too deep: the depth of {kind} is {step}n + 2, {deepest} at most."
        )
    depth = int(found[2])
    if depth < step + 2 or (depth - 2) % step:
        below = max(1, (depth - 2) // step)
        examples = " or ".join(str(step * n + 2) for n in (below, below + 1))
        raise UnknownNetworkError(
            f"{name}: the depth of {kind} is {step}n + 2, not {depth}; the nearest are {examples}."
        )
    is_residual = found[1] == "resnet"
    return NetworkSpec(
        name=name,
        family="cifar",
        depth=depth,
        block="bottleneck" if is_bottleneck else "basic",
        shortcut=("projection" if is_bottleneck else "padding") if is_residual else "none",
        stages=((depth - 2) // step,) * 3,
        widths=(16, 32, 64),
        classes=10 if classes is None else classes,
        input_size=32,
    )


def _imagenet(name: str, classes: int | None, _: bool) -> NetworkSpec | None:
    lettered = re.fullmatch(r"((?:wide_)?resne(?:xt|t)[0-9]+)([cdest])(|_[0-9x]+d?)", name)
    usual, letter = (lettered[1] + lettered[3], lettered[2]) if lettered else (name, "")
    stem_widths, pools = _FORMS[letter]
    found = re.fullmatch(r"(resnet|plain)([0-9]{1,4})(v2)?", usual)
    depth, widening, groups = (_WIDER | _TIMM_WIDER).get(usual) or (int(found[2]) if found else 0, 1, 1)
    is_second = found is not None and found[3] is not None
    known = _STAGES | _TIMM_STAGES
    if depth not in known or (is_second and (name.startswith("plain") or depth < 50 or depth not in _STAGES)):
        return None
    block, stages = known[depth]
    return NetworkSpec(
        name=name,
        family="keras-v2" if is_second else "imagenet",
        depth=depth,
        block=block,
        shortcut="none" if name.startswith("plain") else "projection",
        stages=stages,
        widths=(64, 128, 256, 512),
        classes=1000 if classes is None else classes,
        input_size=224,
        widening=widening,
        groups=groups,
        stem_widths=stem_widths,
        pools_projections=pools,
    )


def _chain(name: str, classes: int | None, _: bool) -> NetworkSpec | None:
    found = re.fullmatch(r"vgg(16|19)(_bn)?|alexnet", name)
    if found is None:
        return None
    is_alexnet = name == "alexnet"
    return NetworkSpec(
        name=name,
        family="alexnet" if is_alexnet else "vgg",
        depth=8 if is_alexnet else int(found[1]),
        block="basic",
        shortcut="none",
        stages=(1, 1, 1, 1) if is_alexnet else _VGG[int(found[1])],
        widths=(64, 192, 384, 256, 256) if is_alexnet else (64, 128, 256, 512, 512),
        classes=1000 if classes is None else classes,
        input_size=224,
        is_normalised=found[2] is not None,
    )


def _teaching(name: str, classes: int | None, _: bool) -> NetworkSpec | None:
    if name not in ("teaching-keras", "teaching-mnist"):
        return None
    is_keras = name == "teaching-keras"
    return NetworkSpec(
        name=name,
        family="keras-teaching" if is_keras else "mnist-teaching",
        depth=8,
        block="basic",
        shortcut="projection everywhere",
        stages=(1, 1, 1),
        widths=(32, 64, 128),
        classes=10 if classes is None else classes,
        input_size=32 if is_keras else 28,
        channels=3 if is_keras else 1,
    )


_FORMS = {"": ((), False)} | {letter: parts for parts, letter in FORMS.items()}

_FAMILIES: tuple[Callable[[str, int | None, bool], NetworkSpec | None], ...] = (
    _cifar,
    _imagenet,
    _chain,
    _teaching,
)

"""Names of networks, and the specs they stand for; the endings of a name, which say how it departs from the usual."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from resnet_viewer import paths
from resnet_viewer.records.checking import ArgumentError, shown, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import FORMS, MOST_CLASSES, OPTIONS, BlockKind, NetworkSpec

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
    unnormalised = [f"cifar-resnet-{depth}-{end}" for depth in (20, 56, 110) for end in ("skipinit", "fixup")]
    return (*cifar, *other, *deep, *bare, *unnormalised, *imagenet, *paper, *_TIMM)


def spec(name: str, *, classes: int | None = None) -> NetworkSpec:
    """The spec of a named network, without weights.

    `resnet10` … `resnet200` and `plain18` … `plain152` are He et al.'s ImageNet networks with torchvision's
    stride placement, `wide_resnet50_2` … and `resnext50_32x4d` … torchvision's wider ones, `resnet50d` …
    timm's with a deep stem (c, d, e, s, t: `records.network.FORMS`), `resnet50v2` … Keras's;
    `cifar-resnet-N` and `cifar-plain-N` with N = 6n+2 (9n+2 with `-bottleneck`) are the paper's CIFAR networks;
    `vgg16`, `vgg19_bn` …, `alexnet`, `teaching-keras` and `teaching-mnist` stand beside them. A name may have the
    endings of `ENDINGS` that fit its family, such as `-c` or `-highway=-3`.

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


def has_bundled(network: NetworkSpec) -> bool:
    """Whether weights travel with the program that fit a network's classes and channels."""
    if not paths.bundled_weights(network.name).is_file():
        return False
    usual = spec(network.name)
    return network.classes in (0, usual.classes) and network.channels == usual.channels


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


VALUE = r"-?[0-9.]+(?:[eE][-+]?[0-9]+)?"
"""How a number may be written behind an ending."""


@dataclass(frozen=True)
class Ending:
    """One ending: the fields of a spec that it sets, which networks take it, and what it says in words.

    With `number` it may be given a value, `-highway=-3`, which sets that field.
    """

    fields: Mapping[str, Any]
    fits: Callable[[NetworkSpec], bool]
    words: str
    number: str = ""


def _is_cifar(spec: NetworkSpec) -> bool:
    return spec.family == "cifar"


def _is_residual_cifar(spec: NetworkSpec) -> bool:
    return _is_cifar(spec) and spec.has_shortcuts


def _has_options(spec: NetworkSpec) -> bool:
    return spec.family in ("cifar", "imagenet") and spec.has_shortcuts


def _has_padding(spec: NetworkSpec) -> bool:
    return _has_options(spec) and not spec.pools_projections


def _is_imagenet_bottleneck(spec: NetworkSpec) -> bool:
    return spec.family == "imagenet" and spec.block == "bottleneck"


def _is_free(spec: NetworkSpec) -> bool:
    return _is_cifar(spec) or (spec.family == "imagenet" and not spec.has_shortcuts)


def _concatenates(spec: NetworkSpec) -> bool:
    return spec.family == "mnist-teaching" or (_is_residual_cifar(spec) and spec.block == "basic")


def _adds_branches(spec: NetworkSpec) -> bool:
    """Whether its branches are added to shortcuts, and nothing is normalised after that."""
    return _is_residual_cifar(spec) and spec.merge == "addition" and spec.order != "bn after addition"


def _has_fixup(spec: NetworkSpec) -> bool:
    return _adds_branches(spec) and spec.order in ("original", "full pre-activation")


_TABLE_1 = "He et al. 2016, Table 1"
_TABLE_2 = "He et al. 2016, Table 2"

ENDINGS: dict[str, Ending] = {
    "bottleneck": Ending({"block": "bottleneck"}, _is_cifar, "CIFAR blocks of 1×1, 3×3, 1×1, depth 9n+2"),
    **{
        letter.lower(): Ending(
            {"shortcut": kind},
            _has_padding if letter == "A" else _has_options,
            f"shortcut option {letter} of He et al. 2015",
        )
        for kind, letter in OPTIONS.items()
    },
    "paper": Ending(
        {"strides_first": True},
        _is_imagenet_bottleneck,
        "a bottleneck's stride in its first 1×1, as in the paper",
    ),
    "scaled": Ending({"merge": "scaling"}, _is_residual_cifar, f"both paths halved ({_TABLE_1})"),
    "highway": Ending(
        {"merge": "highway"},
        _is_residual_cifar,
        "highway gates, y = g·F + (1−g)·x; =B for their first bias",
        "gate_bias",
    ),
    "gated": Ending(
        {"merge": "shortcut gating"},
        _is_residual_cifar,
        f"gates on the shortcut alone ({_TABLE_1}); =B for their first bias",
        "gate_bias",
    ),
    "dropout": Ending({"merge": "dropout"}, _is_residual_cifar, f"dropout on the shortcut ({_TABLE_1})"),
    "concat": Ending(
        {"merge": "concatenation"}, _concatenates, "concatenation instead of addition (Huang et al. 2017)"
    ),
    "bnafter": Ending({"order": "bn after addition"}, _is_cifar, f"BN after addition ({_TABLE_2})"),
    "relubefore": Ending({"order": "relu before addition"}, _is_cifar, f"ReLU before addition ({_TABLE_2})"),
    "relupre": Ending(
        {"order": "relu-only pre-activation"}, _is_cifar, f"ReLU-only pre-activation ({_TABLE_2})"
    ),
    "preact": Ending(
        {"order": "full pre-activation"},
        _is_cifar,
        f"full pre-activation ({_TABLE_2}); its projections carry a bias, which the authors' have not",
    ),
    "nobn": Ending({"is_normalised": False}, _is_free, "no batch normalisation"),
    "xavier": Ending({"initialisation": "xavier"}, _is_free, "Xavier initialisation"),
    "normal": Ending(
        {"initialisation": "normal"},
        _is_free,
        "a fixed standard deviation; =S for another than 0.01",
        "deviation",
    ),
    "skipinit": Ending(
        {"initialisation": "skipinit", "is_normalised": False},
        _adds_branches,
        "SkipInit (De & Smith 2020): no BN, a learned multiplier ends each branch, 0 at first",
    ),
    "fixup": Ending(
        {"initialisation": "fixup", "is_normalised": False},
        _has_fixup,
        "Fixup (Zhang et al. 2019): no BN, branches drawn small, scalar biases and multipliers",
    ),
}
"""In the order in which a name has them."""


def of_plain(endings: Iterable[str]) -> tuple[str, ...]:
    """What of a residual network's endings its plain twin has: no options of shortcuts; without batch normalisation
    where multipliers of branches stand for it.

    Example:
        >>> of_plain(["-c", "-skipinit"]), of_plain(["-nobn", "-xavier"])
        (('-nobn',), ('-nobn', '-xavier'))
    """
    usual = {"-a": "", "-b": "", "-c": "", "-skipinit": "-nobn", "-fixup": "-nobn"}
    return tuple(dict.fromkeys(found for ending in endings if (found := usual.get(ending, ending))))


def written(name: str, number: float | None = None) -> str:
    """An ending as names have it: a number in one spelling, and none where it is the usual one.

    Example:
        >>> written("normal", 5e-2), written("normal", 1e-2)
        ('normal=0.05', 'normal')
    """
    if number is None or number == getattr(NetworkSpec, ENDINGS[name].number):
        return name
    return f"{name}={Decimal(repr(number + 0.0)).normalize():f}"


def ended(spec: NetworkSpec, text: str) -> NetworkSpec | None:
    """The spec with endings such as `-c-nobn`, its name in their usual order; None where they do not fit it.

    Two that set one field to different things do not go together; one that another one says too is left out.
    """
    given: dict[str, float | None] = {}
    for name, value in re.findall(rf"-([a-z]+)(?:=({VALUE}))?", text):
        number = _number(value)
        if name not in ENDINGS or name in given or (value and number is None):
            return None
        given[name] = number
    for name, ending in ENDINGS.items():
        if name not in given:
            continue
        fields = dict(ending.fields)
        number = given[name]
        if number is not None:
            if not ending.number or (ending.number == "deviation" and number <= 0):
                return None
            fields[ending.number] = number
        usual = all(getattr(spec, field) == value for field, value in fields.items())
        if not ending.fits(spec) or _clashes(ending, given):
            return None
        usual = usual or any(fields.items() < ENDINGS[other].fields.items() for other in given)
        if not usual or name == "bottleneck":
            spec = replace(spec, name=f"{spec.name}-{written(name, number)}", **fields)
    return spec


def _clashes(ending: Ending, given: Mapping[str, object]) -> bool:
    """Whether another given ending sets one of this one's fields to something else."""
    own = ending.fields
    others = (ENDINGS[name].fields for name in given if ENDINGS[name] is not ending)
    return any(other[field] != own[field] for other in others for field in own.keys() & other.keys())


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

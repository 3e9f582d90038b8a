"""The endings of a network's name: how it departs from its family's usual network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from resnet_viewer.records.network import OPTIONS, NetworkSpec

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
}
"""In the order in which a name has them."""


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

    Two that set the same field do not go together.
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
        if not usual or name == "bottleneck":
            spec = replace(spec, name=f"{spec.name}-{written(name, number)}", **fields)
    return spec


def _clashes(ending: Ending, given: Mapping[str, object]) -> bool:
    """Whether another given ending sets one of this one's fields."""
    others = [ENDINGS[name] for name in given if ENDINGS[name] is not ending]
    return any(set(other.fields) & set(ending.fields) for other in others)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

"""The layers and blocks behind a gradient record's numbers, and what is said of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from resnet_viewer.charts.curves import time_words
from resnet_viewer.charts.log_axis import norm_text
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec


@dataclass(frozen=True)
class Layers:
    """The weighted layers of a network as its records list them."""

    names: tuple[str, ...]
    places: tuple[str, ...]
    """In the words of the screen: "block 2 · conv2_x 2 · conv1"."""
    shapes: tuple[tuple[int, ...], ...]
    is_joined: tuple[bool, ...]
    """False for projections and gate layers, which stand beside the curve."""


@lru_cache(maxsize=64)
def layers_of(network: NetworkSpec, count: int) -> Layers:
    """Names and shapes of the `count` layers of a record; numbers alone where the network has others."""
    plan = blueprint(network)
    layers = plan.layers
    if len(layers) != count:
        return Layers(("",) * count, ("",) * count, ((),) * count, (True,) * count)
    return Layers(
        tuple(layer.name for layer in layers),
        tuple(plan.describe(layer.name) for layer in layers),
        tuple(layer.weight_shape for layer in layers),
        tuple(layer.kind not in ("projection", "gate") for layer in layers),
    )


@lru_cache(maxsize=64)
def block_labels(network: NetworkSpec, count: int) -> tuple[str, ...]:
    """The `count` blocks of a record in words: "block 21 · conv4_x 3"."""
    blocks = blueprint(network).blocks
    if len(blocks) != count:
        return tuple(f"block {i + 1}" for i in range(count))
    return tuple(block.label for block in blocks)


def layer_label(network: NetworkSpec, index: int, count: int) -> str:
    """One of `count` layers, from 0, in words: "layer 4, block 2, conv2_x 2, conv1"."""
    place = layers_of(network, count).places[index].replace(" · ", ", ")
    return f"layer {index + 1}, {place}" if place else f"layer {index + 1}"


def told(title: str, place: str, time: float, value: str) -> str:
    """For the status line: "Plain-56 · layer 4, block 2, conv2_x 2, conv1 · epoch 4.3 · 0.02104"."""
    return " · ".join((title, place, time_words(time), value))


def share_text(share: float) -> str:
    """A share of dead channels to read: "12.5 % of the channels dead"."""
    return f"{100 * share:.1f} % of the channels dead" if share == share else norm_text(share)

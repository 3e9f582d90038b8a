"""From a spec to its blueprint. A new family is a layout and an entry here."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.layouts.chains import alexnet, vgg
from resnet_viewer.records.layouts.keras_v2 import keras_v2
from resnet_viewer.records.layouts.residual import residual
from resnet_viewer.records.layouts.teaching import keras_teaching, mnist_teaching
from resnet_viewer.records.network import Family, NetworkSpec

LAYOUTS: dict[Family, Callable[[NetworkSpec, int], Blueprint]] = {
    "imagenet": residual,
    "cifar": residual,
    "keras-v2": keras_v2,
    "vgg": vgg,
    "alexnet": alexnet,
    "keras-teaching": keras_teaching,
    "mnist-teaching": mnist_teaching,
}


@lru_cache(maxsize=64)
def blueprint(spec: NetworkSpec, size: int | None = None) -> Blueprint:
    """Lay out `spec` for square pictures of `size` pixels (its own input size by default).

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> blueprint(spec("cifar-resnet-56")).parameters
        853018
    """
    return LAYOUTS[spec.family](spec, size or spec.input_size)

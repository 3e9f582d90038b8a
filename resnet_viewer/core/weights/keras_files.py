"""Keras's six ResNets from their HDF5 files, under our names and in our layout.

Three layouts are read: `save_weights` before Keras 3 and `model.save` (a group a layer, the latter inside
`model_weights`), and Keras 3's `.weights.h5`. Nothing in them is executed: a file's `model_config` is not looked at.
Data that an HDF5 file takes from elsewhere, compresses or claims without having is refused before it is read.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from itertools import count

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_viewer.core.pickle_scan import PickleRefusedError

ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError, MemoryError)
"""Everything that h5py was seen to raise for damaged files."""

_MOST_OBJECTS = 20_000
"""Links in a file. Keras's ResNet-152 has 1 500."""
_DEEPEST = 8
_KINDS = (np.dtype("<f2"), np.dtype("<f4"), np.dtype("<f8"))
_VARIABLES = {
    "kernel": "kernel", "bias": "bias", "gamma": "gamma", "beta": "beta",
    "moving_mean": "mean", "moving_variance": "variance",
}  # fmt: skip
_POSITIONS = {
    "conv": ("kernel", "bias"),
    "predictions": ("kernel", "bias"),
    "bn": ("gamma", "beta", "mean", "variance"),
}
"""What Keras 3's numbers `vars/0` … stand for, by the layer's last word."""
_EPSILON_EXCESS = 1e-8
"""Keras's 1.001e-5 under the root, less our 1e-5: it goes into the variance."""
_DEPTHS = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}
_MEAN = tuple(value / 255 for value in (123.68, 116.779, 103.939))
_STD = (1 / 255,) * 3
"""Of Keras's "caffe" preprocessing: red, green and blue in our order."""

Array = NDArray[np.float64]
_Layers = dict[str, dict[str, Array]]


def parsed(data: bytes) -> tuple[dict[str, Tensor], dict[str, str], str]:
    """Tensors under our names, a card as our own files have it, and the name of the network.

    In the first networks a convolution's bias is subtracted from the mean of the normalisation after it, where it
    does the same, and the stem takes red first; both change no logit beyond rounding.

    Raises:
        PickleRefusedError: it is none of Keras's ResNets, or its data is not simply in it.
    """
    with h5py.File(io.BytesIO(data), "r") as file:
        layers = {name: dict(variables) for name, variables in _layers(file, len(data))}
    network = _network(tuple(layers))
    tensors = dict(_second(layers) if network.endswith("v2") else _first(layers))
    state = {name: torch.from_numpy(array.astype(np.float32)) for name, array in tensors.items()}
    return state, _card(network), network


def metadata(data: bytes) -> dict[str, str]:
    """The card alone, from the layers' names."""
    with h5py.File(io.BytesIO(data), "r") as opened:
        return _card(_network(tuple(name for name, _ in _groups(opened))))


def _card(network: str) -> dict[str, str]:
    is_second = network.endswith("v2")
    mean, std = ((0.5,) * 3, (0.5,) * 3) if is_second else (_MEAN, _STD)
    return {
        "network": network, "mean": json.dumps(mean), "std": json.dumps(std), "input_size": "224", "resize": "256",
    }  # fmt: skip


def _network(layers: tuple[str, ...]) -> str:
    blocks = {
        found.groups() for name in layers if (found := re.match(r"conv([2-5])_block(\d+)_1_conv$", name))
    }
    stages = tuple(sum(stage == str(number) for stage, _ in blocks) for number in range(2, 6))
    if "conv1_conv" not in layers or stages not in _DEPTHS:
        raise PickleRefusedError(
            "it is none of Keras's ResNets: of .h5 files ResNet50, 101 and 152 and their V2 are read"
        )
    return f"resnet{_DEPTHS[stages]}" + ("v2" if "post_bn" in layers else "-paper")


def _first(layers: _Layers) -> Iterator[tuple[str, Array]]:
    for name in [name for name in layers if name.endswith("_conv")]:
        ours, norm = _ours(name), name.removesuffix("conv") + "bn"
        kernel = _convolution(layers[name])
        yield f"{ours}.weight", kernel[:, ::-1] if name == "conv1_conv" else kernel
        bias = layers[name].get("bias", np.zeros(len(kernel)))
        yield from _normalisation(_ours(norm), layers[norm], bias=bias, excess=_EPSILON_EXCESS)
    yield from _classifier(layers)


def _second(layers: _Layers) -> Iterator[tuple[str, Array]]:
    for name, variables in layers.items():
        if name.endswith("_conv"):
            yield f"{_ours(name)}.weight", _convolution(variables)
            if "bias" in variables:
                yield f"{_ours(name)}.bias", variables["bias"]
        elif name.endswith("_bn"):
            yield from _normalisation(_ours(name, is_second=True), variables)
    yield from _classifier(layers)


def _ours(name: str, *, is_second: bool = False) -> str:
    """Our name of a layer of Keras's: `conv2_block1_0_conv` is `layer1.0.downsample.0`."""
    fixed = {"conv1_conv": "conv1", "conv1_bn": "bn1", "post_bn": "bn"}
    if name in fixed:
        return fixed[name]
    found = re.fullmatch(r"conv([2-5])_block(\d+)_(preact|[0-3])_(conv|bn)", name)
    if found is None:
        raise PickleRefusedError(f"it holds a layer that none of Keras's ResNets has ({name})")
    stage, block, part, kind = found.groups()
    owner = f"layer{int(stage) - 1}.{int(block) - 1}"
    if part == "0":
        return f"{owner}.downsample.{0 if kind == 'conv' else 1}"
    number = 1 if part == "preact" else int(part) + (is_second and kind == "bn")
    return f"{owner}.{kind}{number}"


def _convolution(variables: dict[str, Array]) -> Array:
    return variables["kernel"].transpose(3, 2, 0, 1)  # (H, W, inputs, outputs) -> (outputs, inputs, H, W)


def _normalisation(
    name: str, variables: dict[str, Array], *, bias: Array | float = 0.0, excess: float = 0.0
) -> Iterator[tuple[str, Array]]:
    yield f"{name}.weight", variables["gamma"]
    yield f"{name}.bias", variables["beta"]
    yield f"{name}.running_mean", variables["mean"] - bias
    yield f"{name}.running_var", variables["variance"] + excess


def _classifier(layers: _Layers) -> Iterator[tuple[str, Array]]:
    if "predictions" in layers:
        yield "fc.weight", layers["predictions"]["kernel"].T
        yield "fc.bias", layers["predictions"]["bias"]


def _layers(file: h5py.File, size: int) -> Iterator[tuple[str, Iterator[tuple[str, Array]]]]:
    """Name and variables of every layer that has any; `size` is the file's, in bytes."""
    left, seen = size, count(1)
    for name, group in _groups(file):
        found: dict[str, Array] = {}
        for path, dataset in _datasets(group, seen):
            left -= _checked(dataset)
            if left < 0:
                raise PickleRefusedError("it claims to hold more than its size")
            found[_variable(name, path)] = dataset[()].astype(np.float64)
        if found:
            yield name, iter(found.items())


def _groups(file: h5py.File) -> Iterator[tuple[str, h5py.Group]]:
    """The layers' groups under the names that Keras gave them."""
    whole = _child(file, "model_weights") or file
    layers = _child(whole, "layers")
    if len(layers or whole) > _MOST_OBJECTS:
        raise PickleRefusedError("it holds more than the layers of a network")
    for key in layers or whole:
        group = _child(layers or whole, key)
        if group is None:
            continue
        if layers is None:
            yield str(key), group
        elif (inner := _child(group, "vars")) is not None and len(inner):
            if not isinstance(name := _text(inner, "name"), str):
                raise PickleRefusedError("it was written by an early Keras 3, without its layers' names")
            yield name, inner


def _child(group: h5py.Group, key: str) -> h5py.Group | None:
    """A group that lies in this file; None where there is none of that name."""
    if not isinstance(group.get(key, getlink=True), h5py.HardLink):
        return None
    found = group[key]
    return found if isinstance(found, h5py.Group) else None


def _text(group: h5py.Group, name: str) -> object:
    """An attribute that is a single value; None where there is none."""
    if name not in group.attrs or group.attrs.get_id(name).shape != ():
        return None
    return group.attrs[name]


def _datasets(group: h5py.Group, seen: Iterator[int]) -> Iterator[tuple[str, h5py.Dataset]]:
    """Everything below a group; hard links can make circles, so depth and number are limited.

    `seen` counts what is looked at in the whole file.
    """
    waiting = [("", group, 0)]
    while waiting:
        path, at, depth = waiting.pop()
        for key in at:
            if next(seen) > _MOST_OBJECTS or depth > _DEEPEST:
                raise PickleRefusedError("it is damaged, or not a file of weights")
            if not isinstance(at.get(key, getlink=True), h5py.HardLink):
                raise PickleRefusedError("it points at data in other places")
            below = at[key]
            if isinstance(below, h5py.Dataset):
                yield f"{path}/{key}", below
            elif isinstance(below, h5py.Group):
                waiting.append((f"{path}/{key}", below, depth + 1))


def _checked(dataset: h5py.Dataset) -> int:
    """Bytes of a dataset that is simply in the file."""
    if dataset.external or dataset.is_virtual:
        raise PickleRefusedError("it points at data in other places")
    if dataset.dtype not in _KINDS:
        raise PickleRefusedError(f"it holds {dataset.dtype} where weights are floating point")
    if dataset.id.get_create_plist().get_nfilters():
        raise PickleRefusedError("it holds compressed data, which Keras never writes")
    nbytes: int = math.prod(dataset.shape) * dataset.dtype.itemsize  # dataset.size goes round at 2^64
    if nbytes != dataset.id.get_storage_size():
        raise PickleRefusedError("it claims to hold more than its size")
    return nbytes


def _variable(layer: str, path: str) -> str:
    """What a dataset is to its layer: by its name, or in Keras 3 by its number."""
    last = path.rpartition("/")[2].partition(":")[0]
    if last in _VARIABLES:
        return _VARIABLES[last]
    positions = _POSITIONS.get(layer.rpartition("_")[2], ())
    if last.isdecimal() and int(last) < len(positions):
        return positions[int(last)]
    raise PickleRefusedError(f"it holds a variable that none of Keras's ResNets has ({layer}{path})")

"""Do we compute what Keras computes? Its six ResNets through their files, and the teaching networks built by hand.

Random weights, nothing is downloaded. Keras is no dependency of ours; in an environment that has it:

    KERAS_BACKEND=torch python -m benchmarks.keras_agreement [ResNet50 …]
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_viewer.core.network import build
from resnet_viewer.core.preprocessing import default_for
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.catalog import spec

TOLERANCE = 1e-4
"""Of the largest logit."""
SIX = ("ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2")


def main(names: tuple[str, ...]) -> int:
    """Print one line a network and a kind of file; 1 where one differs by more than the tolerance."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import keras
    except ImportError as error:
        print(f"skipped: Keras cannot be imported here ({error})")
        return 0
    worst = 0.0
    for what, difference in _compared(keras, names):
        worst = max(worst, difference)
        print(f"{what:<40} {difference:.2e}", flush=True)
    print(f"largest difference {worst:.2e} of the largest logit, allowed {TOLERANCE:g}")
    return int(worst > TOLERANCE)


def _compared(keras: Any, names: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """What was compared, and the largest difference of two logits relative to the largest logit."""
    for name, model in (
        ("teaching-keras", _teaching(keras)),
        ("teaching-mnist", _mnist(keras, concatenates=False)),
        ("teaching-mnist-concat", _mnist(keras, concatenates=True)),
    ):
        yield f"{name}, copied over", _copied(keras, model, name)
    for name in names:
        family = keras.applications.resnet_v2 if name.endswith("V2") else keras.applications.resnet
        model = getattr(family, name)(weights=None, classifier_activation=None)
        rng = _randomise(model)
        pictures = rng.integers(0, 256, (1, 224, 224, 3)).astype(np.float32)
        wanted = _logits(keras, model, family.preprocess_input(pictures.copy()))
        for ending in (".weights.h5", ".h5"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{name}{ending}"
                (model.save_weights if ending == ".weights.h5" else model.save)(path)
                found = weights.identify(path).spec
                network = build(found, weights.resolve(found))
                used = default_for(found)[0]
            mean, std = (torch.tensor(values)[:, None, None] for values in (used.mean, used.std))
            with torch.no_grad():
                ours = network((_channels_first(pictures) / 255 - mean) / std).numpy()
            yield f"{name}{ending} as {found.name}", _difference(ours, wanted)


def _teaching(keras: Any) -> Any:
    """The network of `teaching-keras`, layer by layer in Keras."""
    layers = keras.layers
    shape = x = keras.Input((32, 32, 3))
    x = layers.Conv2D(64, 7, strides=2, padding="same", name="conv1")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="bn1")(x))
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for number, (width, stride) in enumerate(((32, 1), (64, 2), (128, 2)), 1):
        block = f"layer{number}_0"
        y = layers.Conv2D(width, 3, strides=stride, padding="same", name=f"{block}_conv1")(x)
        y = layers.ReLU()(layers.BatchNormalization(name=f"{block}_bn1")(y))
        y = layers.Conv2D(width, 3, padding="same", name=f"{block}_conv2")(y)
        y = layers.BatchNormalization(name=f"{block}_bn2")(y)
        x = layers.Add()([layers.Conv2D(width, 1, strides=stride, name=f"{block}_downsample_0")(x), y])
    x = layers.Dense(10, name="fc")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(shape, x)


def _mnist(keras: Any, *, concatenates: bool) -> Any:
    """The network of `teaching-mnist`, layer by layer in Keras, padded on both sides as PyTorch does."""
    layers = keras.layers
    merge = layers.Concatenate if concatenates else layers.Add
    shape = x = keras.Input((28, 28, 1))
    x = layers.ReLU()(layers.Conv2D(32, 7, strides=2, name="conv1")(layers.ZeroPadding2D(3)(x)))
    x = layers.ZeroPadding2D(1)(x)  # as good as minus infinity: no value lies below zero after the ReLU
    x = layers.MaxPooling2D(3, strides=2)(x)
    for number, (width, stride) in enumerate(((32, 1), (64, 2), (128, 2)), 1):
        block = f"layer{number}_0"
        y = x
        for part, step in ((1, stride), (2, 1)):
            y = layers.ZeroPadding2D(1)(y)
            y = layers.Conv2D(width, 3, strides=step, use_bias=False, name=f"{block}_conv{part}")(y)
            y = layers.BatchNormalization(epsilon=1e-5, name=f"{block}_bn{part}")(y)
            y = layers.ReLU()(y) if part == 1 else y
        carried = layers.Conv2D(width, 1, strides=stride, name=f"{block}_downsample_0")(x)
        x = layers.ReLU()(merge()([carried, y]))
    return keras.Model(shape, layers.Dense(10, name="fc")(layers.GlobalAveragePooling2D()(x)))


def _copied(keras: Any, model: Any, name: str) -> float:
    """The difference between a model of Keras's and our network of that name with the same weights."""
    rng = _randomise(model)
    network = build(spec(name))
    state = network.state_dict()
    parts = {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }
    for layer in model.layers:
        for variable in layer.variables:
            array = np.array(keras.ops.convert_to_numpy(variable))
            if variable.name == "kernel":
                array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
            if variable.name in ("kernel", "bias", *parts):
                owner = layer.name.replace("_", ".")
                part = {"kernel": "weight"}.get(variable.name) or parts.get(variable.name, variable.name)
                state[f"{owner}.{part}"].copy_(torch.from_numpy(array.copy()))
    pictures = rng.normal(size=(4, *model.input_shape[1:])).astype(np.float32)
    with torch.no_grad():
        ours = network(_channels_first(pictures)).numpy()
    return _difference(ours, _logits(keras, model, pictures))


def _randomise(model: Any) -> np.random.Generator:
    """Weights that keep the signal's size, normalisations that do something."""
    rng = np.random.default_rng(0)
    for variable in model.variables:
        end = variable.path.rpartition("/")[2]
        if end == "gamma":
            scale = 0.3 if "_3_bn" in variable.path else 1.0
            variable.assign(scale * rng.uniform(0.5, 1.5, variable.shape))
        elif end == "moving_variance":
            variable.assign(rng.uniform(0.2, 2.0, variable.shape))
        elif end in ("bias", "beta", "moving_mean"):
            variable.assign(rng.normal(0, 0.1, variable.shape))
    return rng


def _logits(keras: Any, model: Any, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.no_grad():
        return np.asarray(keras.ops.convert_to_numpy(model(pictures, training=False)))


def _channels_first(pictures: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()  # (N, H, W, C) -> (N, C, H, W)


def _difference(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or SIX))

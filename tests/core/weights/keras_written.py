"""Keras's ResNets written by hand: their layers, their files in three layouts, and what they compute."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Array = NDArray[np.float32]
Layers = dict[str, dict[str, Array]]

STAGES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
EPSILON = 1.001e-5
_NUMBERED = {"bias": 1, "kernel": 0, "gamma": 0, "beta": 1, "moving_mean": 2, "moving_variance": 3}


def layers(
    depth: int, *, is_second: bool = False, widths: tuple[int, ...] = (8, 16, 24, 32), classes: int = 5
) -> Layers:
    """Random ones under Keras's names; the stem has 64 channels, as always. Without `classes` there is no top."""
    rng = np.random.default_rng(depth)
    found: Layers = {}

    def conv(name: str, inputs: int, outputs: int, kernel: int = 1, *, has_bias: bool = True) -> None:
        size = (kernel, kernel, inputs, outputs)
        found[name] = {"kernel": rng.normal(0, (1 / (inputs * kernel**2)) ** 0.5, size).astype(np.float32)}
        if has_bias:
            found[name]["bias"] = rng.normal(0, 0.3, outputs).astype(np.float32)

    def norm(name: str, channels: int) -> None:
        found[name] = {
            "gamma": rng.uniform(0.5, 1.0, channels).astype(np.float32),
            "beta": rng.normal(0, 0.3, channels).astype(np.float32),
            "moving_mean": rng.normal(0, 0.3, channels).astype(np.float32),
            "moving_variance": rng.uniform(0.0, 2.0, channels).astype(np.float32),
        }

    conv("conv1_conv", 3, 64, 7)
    if not is_second:
        norm("conv1_bn", 64)
    inputs = 64
    for stage, (count, width) in enumerate(zip(STAGES[depth], widths, strict=True), 2):
        for block in range(1, count + 1):
            name = f"conv{stage}_block{block}"
            if is_second:
                norm(f"{name}_preact_bn", inputs)
            if block == 1:
                conv(f"{name}_0_conv", inputs, 4 * width)
                if not is_second:
                    norm(f"{name}_0_bn", 4 * width)
            conv(f"{name}_1_conv", inputs, width, has_bias=not is_second)
            norm(f"{name}_1_bn", width)
            conv(f"{name}_2_conv", width, width, 3, has_bias=not is_second)
            norm(f"{name}_2_bn", width)
            conv(f"{name}_3_conv", width, 4 * width)
            if not is_second:
                norm(f"{name}_3_bn", 4 * width)
            inputs = 4 * width
    if is_second:
        norm("post_bn", inputs)
    if classes:
        found["predictions"] = {
            "kernel": rng.normal(0, inputs**-0.5, (inputs, classes)).astype(np.float32),
            "bias": rng.normal(0, 0.3, classes).astype(np.float32),
        }
    return found


def write(path: Path, content: Mapping[str, Mapping[str, Array]], layout: str) -> Path:
    """As `save_weights` of Keras 2 ("weights"), `model.save` ("model") or Keras 3's `.weights.h5` ("new")."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if layout == "model" else file
        root.attrs["layer_names"] = [name.encode() for name in content]
        root.create_group("pool1_pad")
        if layout == "new":
            file.create_group("vars")
        for number, (name, variables) in enumerate(content.items()):
            if layout == "new":
                group = file.create_group(f"layers/layer_{number}/vars")
                group.attrs["name"] = name
                for variable, array in variables.items():
                    group[str(_NUMBERED[variable])] = array
            else:
                for variable, array in variables.items():
                    root[f"{name}/{name}/{variable}" + (":0" if layout == "weights" else "")] = array
    return path


def logits(of: Layers, pictures: Tensor) -> Tensor:
    """What Keras computes: (N, 3, H, W) preprocessed as Keras does -> (N, classes), in float64."""
    weights = {
        name: {part: torch.from_numpy(array).double() for part, array in parts.items()}
        for name, parts in of.items()
    }

    def conv(name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        kernel = weights[name]["kernel"].permute(3, 2, 0, 1)
        return functional.conv2d(x, kernel, weights[name].get("bias"), stride, padding)

    def norm(name: str, x: Tensor) -> Tensor:
        w = weights[name]
        return functional.batch_norm(
            x, w["moving_mean"], w["moving_variance"], w["gamma"], w["beta"], eps=EPSILON
        )

    is_second = "post_bn" in of
    x = conv("conv1_conv", pictures.double(), 2, 3)
    x = x if is_second else norm("conv1_bn", x).relu()
    x = functional.max_pool2d(functional.pad(x, (1, 1, 1, 1)), 3, 2)
    count = {
        stage: sum(name.startswith(f"conv{stage}_") and "1_conv" in name for name in of)
        for stage in range(2, 6)
    }
    for stage in range(2, 6):
        for block in range(1, count[stage] + 1):
            name = f"conv{stage}_block{block}"
            if is_second:
                stride = 2 if block == count[stage] and stage < 5 else 1
                opened = norm(f"{name}_preact_bn", x).relu()
                x = conv(f"{name}_0_conv", opened, stride) if block == 1 else x[:, :, ::stride, ::stride]
                y = norm(f"{name}_1_bn", conv(f"{name}_1_conv", opened)).relu()
                y = norm(f"{name}_2_bn", conv(f"{name}_2_conv", y, stride, 1)).relu()
                x = x + conv(f"{name}_3_conv", y)
            else:
                stride = 2 if block == 1 and stage > 2 else 1
                y = norm(f"{name}_1_bn", conv(f"{name}_1_conv", x, stride)).relu()
                y = norm(f"{name}_2_bn", conv(f"{name}_2_conv", y, 1, 1)).relu()
                y = norm(f"{name}_3_bn", conv(f"{name}_3_conv", y))
                x = norm(f"{name}_0_bn", conv(f"{name}_0_conv", x, stride)) if block == 1 else x
                x = (x + y).relu()
    x = norm("post_bn", x).relu() if is_second else x
    return x.mean((2, 3)) @ weights["predictions"]["kernel"] + weights["predictions"]["bias"]

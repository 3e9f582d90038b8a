"""A CIFAR ResNet of He et al. 2015 without modules, hooks or gates: functions over a state dict.

It shares nothing with the networks that it is compared with but their weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional


def cifar_logits(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """(N, 3, 32, 32) -> (N, classes); option A shortcuts; batch normalisation as in evaluation."""
    x = functional.relu(_normalised(state, "bn1", functional.conv2d(x, state["conv1.weight"], padding=1)))
    for stage in (1, 2, 3):
        index = 0
        while (name := f"layer{stage}.{index}") + ".conv1.weight" in state:
            stride = 2 if stage > 1 and index == 0 else 1
            y = functional.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = functional.relu(_normalised(state, f"{name}.bn1", y))
            y = _normalised(
                state, f"{name}.bn2", functional.conv2d(y, state[f"{name}.conv2.weight"], padding=1)
            )
            if stride == 2:
                half = (y.shape[1] - x.shape[1]) // 2
                x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
            x = functional.relu(y + x)
            index += 1
    return functional.linear(
        torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1), state["fc.weight"], state["fc.bias"]
    )


def _normalised(state: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return functional.batch_norm(
        x,
        state[f"{name}.running_mean"],
        state[f"{name}.running_var"],
        state[f"{name}.weight"],
        state[f"{name}.bias"],
    )

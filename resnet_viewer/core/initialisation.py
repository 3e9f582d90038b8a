"""The weights that an untrained network begins with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_viewer.records.network import NetworkSpec


def initialise(network: nn.Module, spec: NetworkSpec, generator: torch.Generator) -> None:
    """Draw every weight of `network` from `generator`.

    Convolutions by `spec.initialisation`: "he" is normal with variance 2/(outputs · kernel²) (He et al. 2015b, in its
    fan-out form, as torchvision), "xavier" uniform with variance 2/(inputs + outputs)/kernel² (Glorot & Bengio 2010),
    "normal" has a standard deviation of `spec.deviation`. Linear layers are PyTorch's uniform ones, ±1/√inputs;
    the other biases are 0, but for gates, which begin with `spec.gate_bias`.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            _draw(module.weight, spec, generator)
            if module.bias is not None:
                nn.init.constant_(module.bias, spec.gate_bias if name.endswith(".gate") else 0.0)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def _draw(weight: Tensor, spec: NetworkSpec, generator: torch.Generator) -> None:
    match spec.initialisation:
        case "he":
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=generator)
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "normal":
            nn.init.normal_(weight, 0.0, spec.deviation, generator=generator)

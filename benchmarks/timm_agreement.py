"""Do we compute what timm computes? Its ResNets with random weights, saved and opened again by their files alone.

Nothing is downloaded. timm is no dependency of ours; in an environment that has it:

    python -m benchmarks.timm_agreement [resnet26d …]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from resnet_viewer.core.network import build
from resnet_viewer.core.weights import sources as weights

TOLERANCE = 1e-5
"""Of the largest logit."""
USUAL = (
    "resnet26d", "resnet50d", "resnet50c", "resnet50s", "resnet26t", "resnet101d", "resnet10t", "resnet18d",
    "resnet34d", "resnet18", "resnet26", "resnet50", "resnext50_32x4d", "resnext50d_32x4d", "wide_resnet50_2",
)  # fmt: skip
SIDES = (224, 97)
"""Pixels; with the second one every pooling has rows and columns that fill no window."""


def main(names: tuple[str, ...]) -> int:
    """Print one line a network and a kind of file; 1 where one is taken for another or differs by too much."""
    try:
        import timm
    except ImportError as error:
        print(f"skipped: timm cannot be imported here ({error})")
        return 0
    agrees = True
    for name, file, found, difference in _compared(timm, names):
        agrees = agrees and difference <= TOLERANCE and found == name
        print(f"{file:<32} as {found:<20} {difference:.2e}", flush=True)
    print(f"{'all agree' if agrees else 'not all agree'}: the network itself, within {TOLERANCE:g}")
    return int(not agrees)


def _compared(timm: Any, names: tuple[str, ...]) -> Iterator[tuple[str, str, str, float]]:
    """Network, file, as what it is opened, and the largest difference of two logits relative to the largest logit."""
    for name in names:
        generator = torch.Generator().manual_seed(0)
        model = timm.create_model(name, pretrained=False, num_classes=100).eval()
        _randomise(model, generator)
        pictures = [torch.randn(1, 3, side, side, generator=generator) for side in SIDES]
        with torch.no_grad():
            wanted = [model(picture) for picture in pictures]
        for ending in (".safetensors", ".pth"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"weights{ending}"
                (save_file if ending == ".safetensors" else torch.save)(model.state_dict(), path)
                found = weights.identify(path).spec
                network = build(found, weights.resolve(found))
            with torch.no_grad():
                differences = [
                    _difference(network(picture), theirs)
                    for picture, theirs in zip(pictures, wanted, strict=True)
                ]
            yield name, f"{name}{ending}", found.name, max(differences)


def _randomise(model: nn.Module, generator: torch.Generator) -> None:
    """Normalisations that do something, branches that keep the signal's size."""
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.running_var.shape if module.running_var is not None else ()
            scale = 0.3 if name.endswith(("bn3", "downsample.2")) else 1.0
            module.weight.data = scale * (0.5 + torch.rand(shape, generator=generator))
            module.bias.data = 0.1 * torch.randn(shape, generator=generator)
            module.running_mean = 0.1 * torch.randn(shape, generator=generator)
            module.running_var = 0.2 + 1.8 * torch.rand(shape, generator=generator)


def _difference(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).abs().max() / theirs.abs().max())


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or USUAL))

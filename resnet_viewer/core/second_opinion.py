"""What captum, which shares no code with our one pass, finds in the same network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from resnet_viewer.core.probing import Probe
from resnet_viewer.records.probe import BlockReading
from resnet_viewer.records.target import BlockTarget, Target


def cam_differences(
    probe: Probe, images: Tensor, blocks: Sequence[BlockReading], target: Target
) -> dict[int, float]:
    """How far Grad-CAM of the first, the middle and the last block that has a map lies from captum's `LayerGradCam`.
    Each costs a forward and a backward pass.

    By the blocks' numbers: the largest difference at any place of the first picture, divided by captum's highest value.
    `images` are (1, C, H, W), `blocks` what `probe` read of them for `target`, under the wiring that the network still
    has. Empty where no block has a map.
    """
    from captum.attr import LayerGradCam

    def score(given: Tensor) -> Tensor:
        seen = probe.look(given)
        if not isinstance(target, BlockTarget):
            return seen.logits[:, target]
        output = seen.kept[blocks[target.block - 1].name]
        return (output if target.channel is None else output[:, [target.channel]]).flatten(1).mean(1)

    shown = [block for block in blocks if block.cam_states[0] == "shown"]
    chosen = {block.number: block for block in (shown[0], shown[len(shown) // 2], shown[-1])} if shown else {}
    differences = {}
    for number, block in chosen.items():
        method = LayerGradCam(score, probe.network.blocks[number - 1])
        theirs = method.attribute(images, relu_attributions=True).detach().cpu().numpy()[0, 0]
        differences[number] = float(np.abs(theirs - block.cam[0]).max() / np.abs(theirs).max())
    return differences

"""Maps at a block's output, all from its activation A and the score's gradient G there: (N, C, H, W) each.

Each function returns (N, H, W). Grad-CAM's own is `core.probing.grad_cam`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from resnet_viewer.core.methods.asked import Asked, Found, Work, gradient_of, seen
from resnet_viewer.core.probing import cam_state, grad_cam
from resnet_viewer.records.captions import CAM_REASONS
from resnet_viewer.records.method import HiResCamOptions
from resnet_viewer.records.target import BlockTarget


def layer_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """LayerCAM, `ReLU(Σ_c ReLU(G_c) · A_c)` (Jiang et al. 2021), before its outer ReLU."""
    return (gradient.clamp(min=0) * activation).sum(1)


def hires_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """HiResCAM, `Σ_c G_c · A_c` (Draelos and Carin 2020).

    Behind the last block of a network that ends with a mean and a linear layer its sum is the score without its bias.
    """
    return (gradient * activation).sum(1)


def grad_cam_plus_plus(activation: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM++, `ReLU(Σ_c w_c · A_c)`, before its ReLU, with `w_c = Σ_hw α_c · ReLU(G_c)` and
    `α_c = G_c² / (2 G_c² + Σ_hw A_c · G_c³)` (Chattopadhay et al. 2018, for the exponential of the score; its value,
    one factor for the whole map, is left out of the weights, as in other implementations).

    α is 0 where its denominator is. In float64: cubes of small gradients underflow in float32.
    """
    a, g = activation.cpu().double(), gradient.cpu().double()  # MPS has no float64
    square, cube = g.square(), (a * g**3).sum((2, 3), keepdim=True)
    denominator = 2 * square + cube
    alpha = torch.where(denominator == 0, 0.0, square / denominator)
    weights = (alpha * g.clamp(min=0)).sum((2, 3), keepdim=True)  # (N, C, 1, 1)
    return (weights * a).sum(1).to(activation)


_MAPS = {
    "grad_cam": grad_cam,
    "layer_cam": layer_cam,
    "hires_cam": hires_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
}


def at_block(asked: Asked, images: Tensor) -> tuple[Tensor, Tensor]:
    """A step: the activation of the question's block and the score's gradient there, both (1, C, H, W)."""
    number = asked.request.block
    assert number is not None
    kept: list[Tensor] = []
    with asked.step(1) as scored, seen(scored.network.blocks[number - 1], kept):
        score = scored(images).sum()
        activation = kept[0]
        return activation.detach(), gradient_of(score, activation).detach()


def block_map(asked: Asked, images: Tensor, options: object) -> Work:
    """The map of a method at the question's block; what cannot be negative in it goes through a ReLU."""
    activation, gradient = at_block(asked, images)
    yield None
    raw = _MAPS[asked.request.method](activation, gradient)
    if isinstance(options, HiResCamOptions) and not options.relu_attributions:
        return Found(
            raw[:, None], note=_why_blank(asked, "" if bool(raw.any()) else "zero", activation, gradient)
        )
    lowest, highest = (float(value) for value in raw.aminmax())
    state = cam_state(lowest, highest, activation[0], gradient[0])
    reason = CAM_REASONS[state]
    if state == "underflow" and not bool(
        (gradient.clamp(min=0) * activation).any()
    ):  # what other methods may count on
        reason = "no gradient is positive where the block is active"
    note = _why_blank(asked, reason, activation, gradient)
    return Found(raw[:, None].clamp(min=0), note=note)


def _why_blank(asked: Asked, reason: str, activation: Tensor, gradient: Tensor) -> str:
    """In a sentence; empty without a reason."""
    if not reason:
        return ""
    target, block = asked.target, asked.request.block
    if isinstance(target, BlockTarget) and block is not None and block > target.block:
        return f"The map is blank: block {block} lies behind the target, in block {target.block}."
    if reason == "zero":
        reason = CAM_REASONS["zero activation" if bool(gradient.any()) else "zero gradient"]
    return f"The map is blank: {reason}."

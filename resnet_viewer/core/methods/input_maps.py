"""captum's methods of gradients, at the network's input: (1, C, H, W) each.

Those that are one pass are captum's own `attribute`. Those that are sums over passes are summed here, a pass a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.core.methods.asked import Asked, Draws, Found, Scored, Work, put, silent
from resnet_viewer.core.methods.block_maps import at_block
from resnet_viewer.core.probing import grad_cam
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import (
    DeepLiftOptions,
    GradientShapOptions,
    GuidedGradCamOptions,
    IntegratedGradientsOptions,
    SaliencyOptions,
)


def saliency(asked: Asked, images: Tensor, options: SaliencyOptions) -> Work:
    """The gradient (Simonyan et al. 2014), or its magnitude."""
    found = asked.gradients(images)
    yield None
    return Found(found.abs() if options.abs else found)


def input_x_gradient(asked: Asked, images: Tensor, options: object) -> Work:
    """The gradient times the picture (Shrikumar et al. 2016)."""
    found = asked.gradients(images)
    yield None
    return Found(images * found)


def guided_backprop(asked: Asked, images: Tensor, options: object) -> Work:
    """The gradient whose negative part stops at every ReLU (Springenberg et al. 2015)."""
    found = _guided(asked, images)
    yield None
    return Found(found)


def deconvolution(asked: Asked, images: Tensor, options: object) -> Work:
    """The gradient as if a ReLU's own one were a ReLU (Zeiler and Fergus 2014)."""
    from captum.attr import Deconvolution

    with asked.step(1) as scored, alone(scored), silent():
        found: Tensor = Deconvolution(scored).attribute(_leaf(images), target=0)
    yield None
    return Found(found.detach())


def guided_grad_cam(asked: Asked, images: Tensor, options: GuidedGradCamOptions) -> Work:
    """Guided backpropagation times Grad-CAM at the block, enlarged to the input (Selvaraju et al. 2017)."""
    cam = grad_cam(*at_block(asked, images)).clamp(min=0)[:, None]
    yield None
    guided = _guided(asked, images)
    yield None
    return Found(guided * F.interpolate(cam, guided.shape[2:], mode=options.interpolate_mode))


def _guided(asked: Asked, images: Tensor) -> Tensor:
    from captum.attr import GuidedBackprop

    with asked.step(1) as scored, alone(scored), silent():
        found: Tensor = GuidedBackprop(scored).attribute(_leaf(images), target=0)
    return found.detach()


def integrated_gradients(asked: Asked, images: Tensor, options: IntegratedGradientsOptions) -> Work:
    """`(x − x′) · Σ_k w_k · ∂score/∂x (x′ + α_k (x − x′))` (Sundararajan et al. 2017), some points a step.

    On the way it is the integral from the baseline as far as it was taken.
    """
    from captum.attr._utils.approximation_methods import approximation_parameters

    widths_of, places_of = approximation_parameters(options.quadrature)
    widths, places = (torch.tensor(each(options.n_steps)).float() for each in (widths_of, places_of))
    baseline = asked.baseline(options.baselines, images).expand_as(images)
    factor = images - baseline if options.multiply_by_inputs else torch.ones_like(images)
    total = torch.zeros_like(images)
    for start in range(0, options.n_steps, asked.batch):
        width, place = (
            each[start : start + asked.batch, None, None, None].to(images) for each in (widths, places)
        )
        gradients = asked.gradients(baseline + place * (images - baseline))
        total = total + (width * gradients).sum(0, keepdim=True)
        yield factor * total
    score, other = asked.scores(torch.cat([images, baseline])).tolist()
    yield factor * total
    found = factor * total
    delta = float(found.sum()) - (score - other) if options.multiply_by_inputs else None
    return Found(found, delta, score=score, baseline_score=other)


def gradient_shap(asked: Asked, images: Tensor, options: GradientShapOptions) -> Work:
    """The mean of `(x − x′) · ∂score/∂x (x′ + c (x − x′))` over drawn baselines x′, noisy pictures x and numbers c from
    0 to 1 (Lundberg and Lee 2017), a sample in two steps. Its delta is the mean of the samples'.
    """
    draws, random = Draws(options.seed), np.random.RandomState(options.seed)
    with draws.turn():
        if options.baselines == "noise":
            baselines = torch.randn(_NOISES, *images.shape[1:]).to(images)
        else:
            baselines = asked.baseline(options.baselines, images).expand_as(images)
    chosen = random.choice(len(baselines), options.n_samples)
    places = torch.tensor(random.uniform(0.0, 1.0, options.n_samples)).to(images)
    total, missing = torch.zeros_like(images), 0.0
    for done, (choice, place) in enumerate(zip(chosen, places, strict=True), 1):
        baseline, shown = baselines[choice : choice + 1], images
        if options.stdevs:
            with draws.turn():
                shown = images + torch.normal(0, torch.full(images.shape, float(options.stdevs))).to(images)
        gradients = asked.gradients(place * shown + (1.0 - place) * baseline)
        yield total / max(done - 1, 1)
        part = (shown - baseline) * gradients if options.multiply_by_inputs else gradients
        total = total + part
        score, other = asked.scores(torch.cat([shown, baseline])).tolist()
        missing += float(part.sum()) - (score - other)
        yield total / done
    delta = missing / options.n_samples if options.multiply_by_inputs else None
    return Found(total / options.n_samples, delta)


_NOISES = 20
"""Baselines, as in captum's example."""


def deep_lift(asked: Asked, images: Tensor, options: DeepLiftOptions) -> Work:
    """DeepLIFT's rescale rule (Shrikumar et al. 2017): captum's, whose delta tells what it misses."""
    from captum.attr import DeepLift

    baseline = asked.baseline(options.baselines, images).expand_as(images).contiguous()
    with asked.step(2) as scored, alone(scored), silent():
        method = DeepLift(scored, multiply_by_inputs=options.multiply_by_inputs, eps=options.eps)
        try:
            found: Tensor = method.attribute(_leaf(images), baseline, target=0).detach()
        except RuntimeError as error:
            if "more than once" not in str(error):
                raise
            raise UserError(
                f"DeepLIFT needs every ReLU and pooling to be run once, and one of this {scored.network.spec.title} is "
                "run more often; put a module of its own in each place."
            ) from error
    yield found
    score, other = asked.scores(torch.cat([images, baseline])).tolist()
    yield found
    delta = float(found.sum()) - (score - other) if options.multiply_by_inputs else None
    return Found(found, delta, score=score, baseline_score=other)


def _leaf(images: Tensor) -> Tensor:
    """As captum wants it: gradients are kept for it, and what is done to it is not done to the picture."""
    return images.detach().clone().requires_grad_()


class _Pooled(nn.Module):
    """Maximum pooling that captum has no rule for."""

    def __init__(self, pooling: nn.MaxPool2d) -> None:
        super().__init__()
        self.function = pooling.forward

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W')"""
        pooled: Tensor = self.function(x)
        return pooled


@contextmanager
def alone(scored: Scored) -> Iterator[None]:
    """Inside the with-block every activation has an input of its own, as captum's hooks on inputs need it: where one
    stands before a block's two paths part, its gradient would be taken for that of both, and one behind another would
    not be heeded by that. What captum leaves on modules that no gradient reached is taken away at the end.

    Maximum pooling passes its gradient on, as captum does it behind a ReLU; captum's rule, which would be heeded
    elsewhere, counts a maximum that several windows share once.
    """
    with ExitStack() as undo:
        for home in [*scored.modules()]:
            for name, module in [*home.named_children()]:
                if isinstance(module, nn.MaxPool2d):
                    put(home, name, _Pooled(module), undo)
                elif isinstance(module, _ACTIVATIONS):
                    undo.callback(module.register_forward_pre_hook(_cloned).remove)
                    undo.callback(_forget, module)
        yield


def _forget(module: nn.Module) -> None:
    for name in ("input", "output"):
        vars(module).pop(name, None)


_ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.ELU, nn.LeakyReLU, nn.Softplus)


def _cloned(module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(each.clone() for each in given)

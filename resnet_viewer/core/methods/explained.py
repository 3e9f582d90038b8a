"""What a method makes of a picture, answered in steps."""

from __future__ import annotations

import time
from collections.abc import Generator

import torch
from torch import Tensor

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.methods import block_maps, input_maps, perturbations, relevance
from resnet_viewer.core.methods.asked import Asked, Draws, Found, Method, Work, imported
from resnet_viewer.core.probing import frozen
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import (
    METHODS,
    ExplainRequest,
    Explanation,
    MethodName,
    NoiseTunnelOptions,
    is_signed,
    passes_of,
    refusal,
)
from resnet_viewer.records.receptive_field import samplings
from resnet_viewer.records.target import BlockTarget

TOLD_EVERY = 0.1
"""Seconds between two partial answers, each of which is drawn."""


def noise_tunnel(asked: Asked, images: Tensor, options: NoiseTunnelOptions) -> Work:
    """Another method's values of noisy copies: their mean (SmoothGrad, Smilkov et al. 2017), the mean of their squares
    (Hooker et al. 2019), or their variance (VarGrad, Adebayo et al. 2018). Its delta is the mean of the copies'.

    The noise is what captum draws with `nt_samples_batch_size=1` after `torch.manual_seed(seed)`.
    """
    draws = Draws(options.seed)
    total = squares = images.new_zeros(1, 1, 1, 1)  # which takes the method's own count of channels
    deltas: list[float] = []
    found = Found(total)
    for done in range(options.nt_samples):
        with draws.turn():
            noise = torch.normal(0, torch.full(images.shape, float(options.stdevs)))
        work = _METHODS[options.over](asked, images + noise.to(images), asked.request.over)
        while True:
            try:
                next(work)
            except StopIteration as end:
                found = end.value
                break
            yield _smoothed(total, squares, done, options) if done else None
        total, squares = total + found.values, squares + found.values.square()
        deltas += [] if found.delta is None else [found.delta]
    delta = sum(deltas) / len(deltas) if deltas and options.nt_type == "smoothgrad" else None
    return Found(_smoothed(total, squares, options.nt_samples, options), delta, found.note)


def _smoothed(total: Tensor, squares: Tensor, count: int, options: NoiseTunnelOptions) -> Tensor:
    mean, square = total / count, squares / count
    match options.nt_type:
        case "smoothgrad":
            return mean
        case "smoothgrad_sq":
            return square
        case "vargrad":
            return square - mean * mean


_METHODS: dict[MethodName, Method] = {
    "grad_cam": block_maps.block_map,
    "layer_cam": block_maps.block_map,
    "hires_cam": block_maps.block_map,
    "grad_cam_plus_plus": block_maps.block_map,
    "saliency": input_maps.saliency,
    "input_x_gradient": input_maps.input_x_gradient,
    "guided_backprop": input_maps.guided_backprop,
    "guided_grad_cam": input_maps.guided_grad_cam,
    "deconvolution": input_maps.deconvolution,
    "integrated_gradients": input_maps.integrated_gradients,
    "noise_tunnel": noise_tunnel,
    "occlusion": perturbations.occlusion,
    "feature_ablation": perturbations.feature_ablation,
    "gradient_shap": input_maps.gradient_shap,
    "deep_lift": input_maps.deep_lift,
    "lrp": relevance.lrp,
    "kernel_shap": perturbations.kernel_shap,
    "lime": perturbations.lime,
}
assert [*_METHODS] == [info.name for info in METHODS]


def at_work(asked: Asked, images: Tensor) -> Work:
    """The question's method at work on a picture (1, C, H, W) as the network sees it."""
    request = asked.request
    if request.info.place == "input":
        if _is_severed(asked):
            return Found(torch.zeros_like(images), note=_SEVERED)
        yield from imported("captum.attr")
    return (yield from _METHODS[request.method](asked, images, request.options))


def explained(
    engine: ProbeEngine, request: ExplainRequest, *, told_every: float = TOLD_EVERY
) -> Generator[Explanation | None]:
    """Yield partial answers, one in `told_every` seconds at most, then the complete one; None after every other step.

    A step is at most one pass of a small batch, forward and back. Between two yields the network is as others left it.

    Raises:
        UserError: the method does not apply, a module has no rule in it, or the network has no such target.
    """
    if said := refusal(request):
        raise UserError(said)
    target, images = engine.asked(request.question)
    asked = Asked(request, engine.live, target, device=engine.device)
    yield None
    work = at_work(asked, images)
    said_at = time.perf_counter()
    while True:
        try:
            values = next(work)
        except StopIteration as end:
            yield _answer(asked, end.value.values, images, found=end.value)
            return
        if time.perf_counter() - said_at < told_every:
            yield None
            continue
        yield _answer(asked, values, images)
        said_at = time.perf_counter()


def explanation(engine: ProbeEngine, request: ExplainRequest) -> Explanation:
    """The complete answer; raises as `explained`."""
    *_, found = explained(engine, request)
    assert found is not None
    return found


_SEVERED = "No open path leads from the picture to what was asked about, so that nothing in it counts."


def _is_severed(asked: Asked) -> bool:
    state, plan = asked.request.state, asked.request.plan
    number = asked.target.block if isinstance(asked.target, BlockTarget) else len(plan.blocks)
    where = samplings(state.network, state.preprocessing.crop, state.wiring)
    return not where[plan.blocks[number - 1].name].field


def _answer(
    asked: Asked, values: Tensor | None, images: Tensor, *, found: Found | None = None
) -> Explanation:
    request = asked.request
    if values is None:
        values = images.new_zeros(1, 1, 0, 0)
    notes = [] if found is None else [request.info.note, found.note, _not_finite(values)]
    return Explanation(
        request=request,
        map=frozen(reduced(request, values)),
        target=asked.target,
        passes=passes_of(request),
        passes_done=passes_of(request) if found is not None else min(asked.done, passes_of(request)),
        is_complete=found is not None,
        delta=None if found is None else found.delta,
        score=None if found is None else found.score,
        baseline_score=None if found is None else found.baseline_score,
        note=" ".join(filter(None, notes)),
        seconds=asked.seconds,
        device=asked.device,
    )


def reduced(request: ExplainRequest, values: Tensor) -> Tensor:
    """One number a place, as `ExplainRequest.reduction` says it: (1, C, H, W) -> (H, W)."""
    inner = request.inner or request.method
    if inner == "saliency" and not is_signed(inner, request.over or request.options):
        return values[0].amax(0)
    return values[0].sum(0)


def _not_finite(values: Tensor) -> str:
    return "" if bool(values.isfinite().all()) else "Some of its values are not finite."

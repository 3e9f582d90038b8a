"""Every method against captum called plainly on torchvision's network with the same weights, open and cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import (
    LRP,
    Deconvolution,
    DeepLift,
    FeatureAblation,
    GradientShap,
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    KernelShap,
    LayerGradCam,
    Lime,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn

from resnet_viewer.core.methods.explained import explained, explanation
from resnet_viewer.records.method import (
    METHODS,
    DeepLiftOptions,
    ExplainRequest,
    Explanation,
    FeatureAblationOptions,
    GradientShapOptions,
    GuidedGradCamOptions,
    IntegratedGradientsOptions,
    LimeOptions,
    LrpOptions,
    NoiseTunnelOptions,
    OcclusionOptions,
    SaliencyOptions,
    SuperpixelOptions,
    passes_of,
)
from resnet_viewer.records.study import Options
from tests.core.methods.stock import CLASS, INPUT, SIDE, blocks_of, difference, engine, question, shown, stock

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""captum tells that it sets hooks."""

BLACK = ((0 - torch.tensor(INPUT.mean)) / torch.tensor(INPUT.std))[None, :, None, None].expand(
    1, 3, SIDE, SIDE
)


def seeded(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)  # captum draws from there


def largest(values: Tensor) -> Tensor:
    return values[0].amax(0)


def summed(values: Tensor) -> Tensor:
    return values[0].sum(0)


def first(values: Tensor) -> Tensor:
    return values[0, 0]


def tunnel(method: type, **own: Any) -> Callable[[nn.Module, Tensor], Tensor]:
    def attribute(network: nn.Module, x: Tensor) -> Tensor:
        seeded(4)
        return NoiseTunnel(method(network)).attribute(
            x.detach(), target=CLASS, nt_samples=3, nt_samples_batch_size=1, stdevs=0.5, **own
        )

    return attribute


def guided_tunnel(network: nn.Module, x: Tensor) -> Tensor:
    seeded(4)
    return NoiseTunnel(GuidedGradCam(network, blocks_of(network)[4])).attribute(
        x.detach(), target=CLASS, nt_samples=3, nt_samples_batch_size=1, stdevs=0.5
    )


def noise_shap(network: nn.Module, x: Tensor) -> Tensor:
    seeded(7)
    baselines = torch.randn(20, 3, SIDE, SIDE)
    seeded(7)
    return GradientShap(network).attribute(x, baselines, n_samples=4, target=CLASS)


def squares(grid: int) -> Tensor:
    lines = torch.tensor([place * grid // SIDE for place in range(SIDE)])
    return (lines[:, None] * grid + lines)[None, None]


def superpixels() -> Tensor:
    from skimage.segmentation import slic

    from tests.core.methods.stock import picture

    labels = slic(picture().pixels, n_segments=6)
    return torch.from_numpy(labels - labels.min())[None, None]


def shap(network: nn.Module, x: Tensor) -> Tensor:
    pytest.importorskip("sklearn")
    pytest.importorskip("skimage")
    seeded(5)
    return KernelShap(network).attribute(x.detach(), target=CLASS, feature_mask=superpixels(), n_samples=20)


def lime(network: nn.Module, x: Tensor) -> Tensor:
    pytest.importorskip("sklearn")
    pytest.importorskip("skimage")
    seeded(5)
    return Lime(network).attribute(x.detach(), target=CLASS, feature_mask=superpixels(), n_samples=20)


Case = tuple[str, Options | None, Callable[[Any, Tensor], Tensor], Callable[[Tensor], Tensor]]
CASES: dict[str, Case] = {
    "Grad-CAM": (
        "grad_cam", None,
        lambda net, x: LayerGradCam(net, blocks_of(net)[4]).attribute(x, target=CLASS, relu_attributions=True), first,
    ),
    "saliency": ("saliency", None, lambda net, x: Saliency(net).attribute(x, target=CLASS), largest),
    "signed saliency": (
        "saliency", SaliencyOptions(abs=False),
        lambda net, x: Saliency(net).attribute(x, target=CLASS, abs=False), summed,
    ),
    "input × gradient": (
        "input_x_gradient", None, lambda net, x: InputXGradient(net).attribute(x, target=CLASS), summed,
    ),
    "guided": ("guided_backprop", None, lambda net, x: GuidedBackprop(net).attribute(x, target=CLASS), summed),
    "deconvolution": ("deconvolution", None, lambda net, x: Deconvolution(net).attribute(x, target=CLASS), summed),
    "guided Grad-CAM": (
        "guided_grad_cam", GuidedGradCamOptions("bilinear"),
        lambda net, x: GuidedGradCam(net, blocks_of(net)[4]).attribute(
            x, target=CLASS, interpolate_mode="bilinear"
        ), summed,
    ),
    "integrated gradients": (
        "integrated_gradients", IntegratedGradientsOptions(n_steps=9),
        lambda net, x: IntegratedGradients(net).attribute(x, target=CLASS, n_steps=9), summed,
    ),
    "integrated gradients from black": (
        "integrated_gradients", IntegratedGradientsOptions(7, "riemann_trapezoid", "black"),
        lambda net, x: IntegratedGradients(net).attribute(
            x, BLACK, target=CLASS, n_steps=7, method="riemann_trapezoid"
        ), summed,
    ),
    "mean gradients": (
        "integrated_gradients", IntegratedGradientsOptions(n_steps=5, multiply_by_inputs=False),
        lambda net, x: IntegratedGradients(net, multiply_by_inputs=False).attribute(x, target=CLASS, n_steps=5), summed,
    ),
    "SmoothGrad": (
        "noise_tunnel", NoiseTunnelOptions(nt_samples=3, stdevs=0.5, seed=4), tunnel(Saliency), largest,
    ),
    "SmoothGrad²": (
        "noise_tunnel",
        NoiseTunnelOptions(over="input_x_gradient", nt_type="smoothgrad_sq", nt_samples=3, stdevs=0.5, seed=4),
        tunnel(InputXGradient, nt_type="smoothgrad_sq"), summed,
    ),
    "VarGrad": (
        "noise_tunnel",
        NoiseTunnelOptions(over="guided_backprop", nt_type="vargrad", nt_samples=3, stdevs=0.5, seed=4),
        tunnel(GuidedBackprop, nt_type="vargrad"), summed,
    ),
    "SmoothGrad of occlusion": (
        "noise_tunnel", NoiseTunnelOptions(over="occlusion", nt_samples=3, stdevs=0.5, seed=4),
        tunnel(Occlusion, sliding_window_shapes=(3, 8, 8), strides=(3, 4, 4)), first,
    ),
    "SmoothGrad of guided Grad-CAM": (
        "noise_tunnel", NoiseTunnelOptions(over="guided_grad_cam", nt_samples=3, stdevs=0.5, seed=4),
        guided_tunnel, summed,
    ),
    "occlusion": (
        "occlusion", OcclusionOptions(20, 12),
        lambda net, x: Occlusion(net).attribute(x, (3, 20, 20), (3, 12, 12), target=CLASS), first,
    ),
    "occlusion with black": (
        "occlusion", OcclusionOptions(32, 32, "black"),
        lambda net, x: Occlusion(net).attribute(x, (3, 32, 32), (3, 32, 32), BLACK, target=CLASS), first,
    ),
    "ablation": (
        "feature_ablation", FeatureAblationOptions(3),
        lambda net, x: FeatureAblation(net).attribute(x, target=CLASS, feature_mask=squares(3)), first,
    ),
    "gradient SHAP": ("gradient_shap", GradientShapOptions(n_samples=4, seed=7), noise_shap, summed),
    "DeepLIFT": ("deep_lift", None, lambda net, x: DeepLift(net).attribute(x, target=CLASS), summed),
    "DeepLIFT from black": (
        "deep_lift", DeepLiftOptions("black", multiply_by_inputs=False),
        lambda net, x: DeepLift(net, multiply_by_inputs=False).attribute(x, BLACK, target=CLASS), summed,
    ),
    "relevance": ("lrp", LrpOptions(), lambda net, x: LRP(net).attribute(x, target=CLASS), summed),
    "kernel SHAP": ("kernel_shap", SuperpixelOptions(20, 6, seed=5), shap, first),
    "LIME": ("lime", LimeOptions(20, 6, seed=5), lime, first),
}  # fmt: skip
assert {case[0] for case in CASES.values()} >= {info.name for info in METHODS if info.captum}


@pytest.mark.parametrize("cut", [(), (2, 3, 7)], ids=["open", "cut"])
@pytest.mark.parametrize("case", CASES)
def test_it_is_captums(case: str, cut: tuple[int, ...]) -> None:
    """Bit for bit where captum's passes have as many pictures as ours; else sums come out in another order, and a ReLU
    at its kink may open by the last bit: to a thousandth of all magnitudes.
    """
    name, options, theirs, reduced = CASES[case]
    expected = theirs(stock(cut), shown())
    over = options.over if isinstance(options, NoiseTunnelOptions) else None
    needs_block = "guided_grad_cam" in (name, over) or name == "grad_cam"
    asked = ExplainRequest.of(question(cut), name, options, block=5 if needs_block else None)
    found = explanation(engine(), asked)
    assert difference(found.map, reduced(expected)) < 1e-3
    assert found.is_complete
    assert found.passes_done == found.passes == passes_of(asked)
    assert not found.map.flags.writeable


DELTAS: dict[str, Callable[[Any, Tensor], Any]] = {
    "integrated_gradients": lambda net, x: IntegratedGradients(net).attribute(
        x, target=CLASS, return_convergence_delta=True
    ),
    "deep_lift": lambda net, x: DeepLift(net).attribute(
        x, torch.zeros_like(x), target=CLASS, return_convergence_delta=True
    ),
    "lrp": lambda net, x: LRP(net).attribute(x, target=CLASS, return_convergence_delta=True),
}


@pytest.mark.parametrize("name", DELTAS)
def test_the_delta_is_captums_and_what_the_sum_misses(name: str) -> None:
    _, expected = DELTAS[name](stock(), shown())
    found = explanation(engine(), ExplainRequest.of(question(), name))
    assert found.delta is not None
    assert found.score is not None
    scale = abs(found.score) + float(np.abs(found.map).sum()) * 1e-3
    assert abs(found.delta - float(expected)) < 1e-4 * scale
    sign = -1 if name == "lrp" else 1  # captum subtracts the other way round there
    total = float(found.map.astype(np.float64).sum())
    assert abs(total - (found.score - (found.baseline_score or 0.0)) - sign * found.delta) < 1e-4 * scale


def test_integrated_gradients_explain_the_whole_difference() -> None:
    """Completeness (Sundararajan et al. 2017, proposition 1), the better the more steps."""
    few, many = (
        explanation(
            engine(), ExplainRequest.of(question(), "integrated_gradients", IntegratedGradientsOptions(n))
        )
        for n in (5, 60)
    )
    assert few.delta is not None
    assert many.delta is not None
    assert many.score is not None
    assert many.baseline_score is not None
    assert abs(many.delta) < min(abs(few.delta), 0.05 * abs(many.score - many.baseline_score))


def test_relevance_is_the_gradient_times_the_input() -> None:
    """Ancona et al. 2018: so it is with the epsilon rule in a network of ReLUs, additions included."""
    for cut in ((), (1, 4)):
        relevance, product = (
            explanation(engine(), ExplainRequest.of(question(cut), name))
            for name in ("lrp", "input_x_gradient")
        )
        assert difference(relevance.map, torch.from_numpy(product.map.copy())) < 1e-4


def test_it_goes_on_in_small_steps_and_tells_how_far_it_is() -> None:
    asked = ExplainRequest.of(question(), "integrated_gradients", IntegratedGradientsOptions(40))
    told: list[Explanation] = [found for found in explained(engine(), asked, told_every=0.0) if found]
    done = [found.passes_done for found in told]
    assert done == sorted(done)
    assert len(done) > 3
    assert done[-1] == told[-1].passes == 42
    assert [found.is_complete for found in told] == [False] * (len(told) - 1) + [True]
    assert told[0].map.shape == (SIDE, SIDE)
    assert told[0].delta is None

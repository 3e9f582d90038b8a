"""Attribution methods: what each is called, asks and costs; the question that one answers, and the answer.

Names and defaults of options are captum's where it has them. What differs in size only, how many pictures go through
the network at once, is none of them: no step may be long, so it is chosen where the work is done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from resnet_viewer.records import papers
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.checking import ArgumentError, listed, require_types
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.probe import Array, NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.question import Request
from resnet_viewer.records.receptive_field import samplings
from resnet_viewer.records.study import Options, option
from resnet_viewer.records.target import Target

LayerMethod = Literal["grad_cam", "layer_cam", "hires_cam", "grad_cam_plus_plus"]
"""Maps at the output of a block."""
Noised = Literal[
    "saliency", "input_x_gradient", "guided_backprop", "deconvolution", "guided_grad_cam", "integrated_gradients",
    "occlusion", "feature_ablation", "gradient_shap", "deep_lift", "lrp",
]  # fmt: skip
"""Maps at the network's input that a noise tunnel goes over."""
MethodName = Literal[LayerMethod, Noised, "noise_tunnel", "kernel_shap", "lime"]
Baseline = Literal["zero", "black", "white"]
"""What a pixel is compared with: 0 after normalisation (the mean colour), black, or white."""
Place = Literal["block", "input"]


@dataclass(frozen=True)
class NoOptions(Options):
    """Nothing can be chosen."""


@dataclass(frozen=True)
class HiResCamOptions(Options):
    """Of HiResCAM."""

    relu_attributions: bool = option(False, "Positive part only", "As captum's layer methods do it.")


@dataclass(frozen=True)
class SaliencyOptions(Options):
    """Of Saliency."""

    abs: bool = option(
        True, "Absolute values", "The largest |gradient| of the channels; else the sum of the signed ones."
    )


@dataclass(frozen=True)
class GuidedGradCamOptions(Options):
    """Of GuidedGradCam."""

    interpolate_mode: Literal["nearest", "bilinear", "bicubic", "area"] = option(
        "nearest", "Interpolation", "How Grad-CAM is enlarged to the input."
    )


_BASELINE = "Baseline", "What pixels are compared with; zero is the normalisation's mean colour."


def _seed() -> Any:
    return option(0, "Seed", "Of all that is drawn at random.", least=0, most=LARGEST_SEED)


@dataclass(frozen=True)
class IntegratedGradientsOptions(Options):
    """Of IntegratedGradients."""

    n_steps: int = option(
        50, "Steps", "Points on the line from the baseline to the picture.", least=2, most=1000
    )
    quadrature: Literal[
        "gausslegendre", "riemann_trapezoid", "riemann_left", "riemann_right", "riemann_middle"
    ] = option("gausslegendre", "Quadrature", "Captum calls it method.")
    baselines: Baseline = option("zero", *_BASELINE)
    multiply_by_inputs: bool = option(
        True, "Times the difference", "Of picture and baseline; else the mean gradient alone."
    )


@dataclass(frozen=True)
class NoiseTunnelOptions(Options):
    """Of NoiseTunnel. The options of the method that it goes over are its own, `ExplainRequest.over`."""

    over: Noised = option("saliency", "Over", "The method that is asked about noisy copies of the picture.")
    nt_type: Literal["smoothgrad", "smoothgrad_sq", "vargrad"] = option(
        "smoothgrad", "Kind", "The mean, the mean of squares, or the variance."
    )
    nt_samples: int = option(5, "Samples", "Noisy copies.", least=1, most=1000)
    stdevs: float = option(
        1.0, "Deviation", "Of the noise, in units of the normalised picture.", least=0.0, most=10.0
    )
    seed: int = _seed()


@dataclass(frozen=True)
class OcclusionOptions(Options):
    """Of Occlusion."""

    sliding_window_shapes: int = option(
        0,
        "Window",
        "Side in pixels of the network's input; 0 is an eighth of the input's.",
        least=0,
        most=4096,
    )
    strides: int = option(0, "Stride", "In pixels; 0 is half the window.", least=0, most=4096)
    baselines: Baseline = option("zero", *_BASELINE)


@dataclass(frozen=True)
class FeatureAblationOptions(Options):
    """Of FeatureAblation: the feature mask is a grid of squares."""

    grid: int = option(8, "Grid", "Squares a side; each is a feature.", least=1, most=64)
    baselines: Baseline = option("zero", *_BASELINE)


@dataclass(frozen=True)
class GradientShapOptions(Options):
    """Of GradientShap."""

    baselines: Literal["noise", Baseline] = option(
        "noise", "Baselines", "Twenty pictures of normal noise, as in captum's example, or one colour."
    )
    n_samples: int = option(5, "Samples", "Points between a baseline and the picture.", least=1, most=1000)
    stdevs: float = option(0.0, "Deviation", "Of noise that is added to the picture.", least=0.0, most=10.0)
    multiply_by_inputs: bool = option(True, "Times the difference", "Of picture and baseline.")
    seed: int = _seed()


@dataclass(frozen=True)
class DeepLiftOptions(Options):
    """Of DeepLift."""

    baselines: Baseline = option("zero", *_BASELINE)
    multiply_by_inputs: bool = option(True, "Times the difference", "Of picture and baseline.")
    eps: float = option(
        1e-10, "Epsilon", "Below such a difference the gradient is taken.", least=1e-20, most=1.0
    )


@dataclass(frozen=True)
class LrpOptions(Options):
    """Of LRP. Normalisation, pooling and additions go by the epsilon rule always."""

    rule: Literal["epsilon", "gamma", "alpha1_beta0"] = option(
        "epsilon",
        "Rule",
        "Of convolutions and linear layers; gamma favours positive weights, alpha1_beta0 has no others.",
    )
    epsilon: float = option(1e-9, "Epsilon", "Of the epsilon rule.", least=1e-20, most=1.0)
    gamma: float = option(0.25, "Gamma", "Of the gamma rule.", least=0.0, most=100.0)


@dataclass(frozen=True)
class SuperpixelOptions(Options):
    """Of KernelShap and Lime: features are the superpixels that SLIC finds in what the network sees."""

    n_samples: int = option(
        25, "Samples", "Pictures with some superpixels at the baseline.", least=2, most=10_000
    )
    n_segments: int = option(20, "Superpixels", "About so many.", least=2, most=400)
    baselines: Baseline = option("zero", *_BASELINE)
    seed: int = _seed()


@dataclass(frozen=True)
class LimeOptions(SuperpixelOptions):
    """Of Lime."""

    alpha: float = option(0.01, "Alpha", "Of the Lasso that is fitted.", least=0.0, most=100.0)


class Cost(NamedTuple):
    """What a method costs, in passes of one picture through the whole network."""

    forward: int
    backward: int

    @property
    def words(self) -> str:
        """ "52 forward and 50 backward passes", "2 forward and 1 backward pass", "226 forward passes"."""
        count = self.backward or self.forward
        told = (
            f"{self.forward} forward and {self.backward} backward"
            if self.backward
            else f"{self.forward} forward"
        )
        return f"{told} pass{'es' if count > 1 else ''}"


@dataclass(frozen=True)
class MethodInfo:
    """A method's entry."""

    name: MethodName
    title: str
    """ "Integrated gradients"."""
    captum: str
    """Its class's name in captum; empty where captum has none."""
    paper: papers.Paper
    explains: str
    """What its map shows, in a sentence."""
    options: type[Options] = NoOptions
    place: Place = "input"
    """Where its map lies: at a block's output, or at the network's input."""
    needs_block: bool = False
    """Whether the question names a block."""
    note: str = ""
    """What one should know before one believes it, in a sentence; empty where that is nothing."""
    extra: str = ""
    """The extra that it needs: "explain"; empty for none."""


_IGNORES_TARGET = (
    "It is much like an edge detector, whatever the class and the later layers (Adebayo et al. 2018)."
)

METHODS: tuple[MethodInfo, ...] = (
    MethodInfo(
        "grad_cam", "Grad-CAM", "LayerGradCam",
        papers.SELVARAJU_2017,
        "Channels of the block, each weighted by its mean gradient; what is positive of the sum.",
        place="block", needs_block=True,
    ),
    MethodInfo(
        "layer_cam", "LayerCAM", "",
        papers.JIANG_2021,
        "Channels of the block, each cell weighted by its own positive gradient.",
        place="block", needs_block=True,
    ),
    MethodInfo(
        "hires_cam", "HiResCAM", "",
        papers.DRAELOS_2020,
        "Channels of the block, each cell times its own gradient, summed.",
        HiResCamOptions, place="block", needs_block=True,
    ),
    MethodInfo(
        "grad_cam_plus_plus", "Grad-CAM++", "",
        papers.CHATTOPADHAY_2018,
        "Channels of the block, each weighted by its positive gradients, by second order shared out among cells.",
        place="block", needs_block=True,
    ),
    MethodInfo(
        "saliency", "Saliency", "Saliency",
        papers.SIMONYAN_2014,
        "The gradient of the target for each pixel.",
        SaliencyOptions,
    ),
    MethodInfo(
        "input_x_gradient", "Input × gradient", "InputXGradient",
        papers.SHRIKUMAR_2016,
        "The gradient for each pixel, times the normalised pixel.",
    ),
    MethodInfo(
        "guided_backprop", "Guided backpropagation", "GuidedBackprop",
        papers.SPRINGENBERG_2015,
        "The gradient, of which every ReLU lets only what is positive pass.",
        note=_IGNORES_TARGET,
    ),
    MethodInfo(
        "guided_grad_cam", "Guided Grad-CAM", "GuidedGradCam",
        papers.SELVARAJU_2017,
        "Guided backpropagation times the block's enlarged Grad-CAM.",
        GuidedGradCamOptions, needs_block=True,
        note=_IGNORES_TARGET,
    ),
    MethodInfo(
        "deconvolution", "Deconvolution", "Deconvolution",
        papers.ZEILER_2014,
        "The gradient as if every ReLU stood in the backward pass instead of the forward one.",
        note=_IGNORES_TARGET,
    ),
    MethodInfo(
        "integrated_gradients", "Integrated gradients", "IntegratedGradients",
        papers.SUNDARARAJAN_2017,
        "The mean gradient on the line from a baseline to the picture, times their difference.",
        IntegratedGradientsOptions,
    ),
    MethodInfo(
        "noise_tunnel", "Noise tunnel (SmoothGrad, VarGrad)", "NoiseTunnel",
        papers.SMILKOV_2017,
        "Another method's maps of noisy copies of the picture: their mean, mean square or variance.",
        NoiseTunnelOptions,
    ),
    MethodInfo(
        "occlusion", "Occlusion", "Occlusion",
        papers.ZEILER_2014,
        "By how much the target falls when a window is put to the baseline.",
        OcclusionOptions,
    ),
    MethodInfo(
        "feature_ablation", "Ablation of squares", "FeatureAblation",
        papers.KOKHLIKYAN_2020,
        "By how much the target falls when one square of a grid is put to the baseline.",
        FeatureAblationOptions,
    ),
    MethodInfo(
        "gradient_shap", "Gradient SHAP", "GradientShap",
        papers.LUNDBERG_2017,
        "The mean gradient at random points between random baselines and the picture, times their difference.",
        GradientShapOptions,
    ),
    MethodInfo(
        "deep_lift", "DeepLIFT", "DeepLift",
        papers.SHRIKUMAR_2017,
        "The difference from a baseline, passed back by what each non-linearity made of it (rescale rule).",
        DeepLiftOptions,
    ),
    MethodInfo(
        "lrp", "Layer-wise relevance", "LRP",
        papers.BACH_2015,
        "The target shared out backwards, at every layer and addition by what each input gave.",
        LrpOptions,
        note="Biases and normalisation take relevance in: what is missing in the sum is the convergence delta.",
    ),
    MethodInfo(
        "kernel_shap", "Kernel SHAP", "KernelShap",
        papers.LUNDBERG_2017,
        "Shapley values of superpixels, by a weighted linear fit to the target with some of them at the baseline.",
        SuperpixelOptions, extra="explain",
    ),
    MethodInfo(
        "lime", "LIME", "Lime",
        papers.RIBEIRO_2016,
        "Weights of superpixels in a sparse linear fit to the target with some of them at the baseline.",
        LimeOptions, extra="explain",
    ),
)  # fmt: skip
"""In the order of the menu."""
_BY_NAME: dict[str, MethodInfo] = {method.name: method for method in METHODS}
NOISED: tuple[Noised, ...] = get_args(Noised)
assert {*_BY_NAME} >= {*NOISED, *get_args(LayerMethod)}
assert len(_BY_NAME) == len(METHODS)


def method_of(name: str) -> MethodInfo:
    """The entry of that name.

    Raises:
        ArgumentError: there is none; the sentence names the nearest.
    """
    if (found := _BY_NAME.get(name)) is not None:
        return found
    near = get_close_matches(str(name).lower().replace("-", "_"), _BY_NAME, n=1, cutoff=0.6)
    raise ArgumentError("method", f"{near[0]} (the nearest)" if near else listed(_BY_NAME), name)


def options_of(method: str, given: Mapping[str, object]) -> tuple[Options, Options | None]:
    """A method's options by their names, and those of the method that a noise tunnel goes over: what is none of the
    tunnel's own is its.

    Raises:
        ArgumentError: there is no such method or option, or a value is not as it must be.
    """
    info = method_of(method)
    own = {field.name for field in fields(info.options)}
    options = info.options(**{name: value for name, value in given.items() if name in own})
    inner = method_of(options.over) if isinstance(options, NoiseTunnelOptions) else None
    known = option_names(method, inner and inner.name)
    if unknown := next((name for name in given if name not in known), None):
        titles = info.title if inner is None else f"{info.title} and {inner.title}"
        near = get_close_matches(unknown, known, n=1)
        wanted = f"{near[0]} (the nearest)" if near else listed(sorted(known)) if known else "left out"
        raise ArgumentError(f"an option of {titles}", wanted, unknown)
    others = {name: value for name, value in given.items() if name not in own}
    return options, None if inner is None else inner.options(**others)


def option_names(method: str, over: object = None) -> frozenset[str]:
    """What options of a method may be called, also those of the method that a noise tunnel goes over.

    Raises:
        ArgumentError: there is no such method.
    """
    info = method_of(method)
    kinds = [info.options]
    if info.options is NoiseTunnelOptions:
        kinds.append(method_of(str(over or NoiseTunnelOptions.over)).options)
    return frozenset(field.name for kind in kinds for field in fields(kind))


def missing_extra(method: str) -> str:
    """Why a method cannot run on this computer, in one sentence; empty where it can."""
    entry = method_of(method)
    if entry.extra and not all(find_spec(module) for module in ("sklearn", "skimage")):
        return (
            f"{entry.title} needs scikit-learn and scikit-image: install resnet-viewer with the extra "
            f"“{entry.extra}”."
        )
    return ""


def refusal(request: ExplainRequest) -> str:
    """Why a method does not apply, as far as that is known before it is begun, in one sentence; empty where it does."""
    for method in (request.inner, request.method):
        if method is None:
            continue
        if said := missing_extra(method):
            return said
        gated = [block.number for block in request.plan.blocks if block.gate is not None]
        if gated and method in ("deep_lift", "lrp"):
            return (
                f"{method_of(method).title} has no rule for the product in a gated block, and "
                f"{request.state.network.title} has {len(gated)} of them; choose another method."
            )
    return ""


def is_signed(method: str, options: Options, over: Options | None = None) -> bool:
    """Whether a map has negative values that mean something."""
    match method:
        case "grad_cam" | "layer_cam" | "grad_cam_plus_plus":
            return False
        case "hires_cam":
            assert isinstance(options, HiResCamOptions)
            return not options.relu_attributions
        case "saliency":
            assert isinstance(options, SaliencyOptions)
            return not options.abs
        case "noise_tunnel":
            assert isinstance(options, NoiseTunnelOptions)
            inner = over or method_of(options.over).options()
            return options.nt_type == "smoothgrad" and is_signed(options.over, inner)
    return True


@dataclass(frozen=True)
class ExplainRequest(Request, newest_only=True):
    """Of low priority: what a method makes of one picture. Answered by Explanations, the last one complete.

    `question` says which state, picture and target. `options` are of the method's own class, `block` is the one that
    the method looks at, None for those that look at none. `over` are the options of the method that a noise tunnel goes
    over. Made by `about`, or `of`, so that one question is one value.

    Raises:
        ArgumentError: there is no such method or block, or the options are another one's.
    """

    question: ProbeRequest
    method: MethodName
    options: Options
    block: int | None = None
    over: Options | None = None

    def __post_init__(self) -> None:
        require_types(self)
        info = method_of(self.method)
        if type(self.options) is not info.options:
            raise ArgumentError("options", f"a {info.options.__name__}", self.options)
        blocks = self.question.state.network.block_count
        needs = info.needs_block or self.inner == "guided_grad_cam"
        if needs != (self.block is not None) or not 1 <= (self.block or 1) <= blocks:
            raise ArgumentError(
                "block", f"one from 1 to {blocks}" if needs else f"left out for {info.title}", self.block
            )
        inner = None if self.inner is None else method_of(self.inner).options
        if type(self.over) is not (type(None) if inner is None else inner):
            wanted = "left out" if inner is None else f"a {inner.__name__}"
            raise ArgumentError("over", wanted, self.over)

    @property
    def info(self) -> MethodInfo:
        """The method's entry."""
        return method_of(self.method)

    @property
    def inner(self) -> Noised | None:
        """The method that a noise tunnel goes over."""
        return self.options.over if isinstance(self.options, NoiseTunnelOptions) else None

    @property
    def title(self) -> str:
        """ "Saliency"; "SmoothGrad over guided backpropagation"."""
        if not isinstance(self.options, NoiseTunnelOptions):
            return self.info.title
        inner = method_of(self.options.over).title
        return f"{_TUNNELS[self.options.nt_type]} over {inner[:1].lower()}{inner[1:]}"

    @property
    def options_words(self) -> str:
        """Options, those of the method that a noise tunnel goes over behind its own: "n_steps 50, baselines zero"."""
        parts = []
        for options in filter(None, (self.options, self.over)):
            for each in fields(options):
                if each.name not in ("over", "nt_type"):
                    value = getattr(options, each.name)
                    parts.append(f"{each.name} {f'{value:g}' if isinstance(value, float) else value}")
        return ", ".join(parts)

    @property
    def reduction(self) -> str:
        """Where the map lies, and how one number a place was made of one a channel, as in a caption."""
        if self.info.place == "block":
            return "at the block's output"
        match self.inner or self.method:
            case "saliency" if not is_signed("saliency", self.over or self.options):
                return "at the network's input, the largest of its channels"
            case "occlusion" | "feature_ablation" | "kernel_shap" | "lime":
                return "at the network's input, all channels together"
        return "at the network's input, the sum over its channels"

    @property
    def state(self) -> NetworkState:
        """The network with its wiring."""
        return self.question.state

    @property
    def plan(self) -> Blueprint:
        """Of the network, at its input's size."""
        return blueprint(self.state.network, self.state.preprocessing.crop)

    @staticmethod
    def of(
        question: ProbeRequest,
        method: str,
        options: Options | None = None,
        *,
        block: int | None = None,
        over: Options | None = None,
    ) -> ExplainRequest:
        """The question about the first picture of a probe's; what is not said is usual, the block the last one.

        Raises:
            ArgumentError: as the class.
        """
        info = method_of(method)
        options = info.options() if options is None else options
        inner = options.over if isinstance(options, NoiseTunnelOptions) else None
        needs_block = info.needs_block or inner == "guided_grad_cam"
        return ExplainRequest(
            replace(question, others=(), gradient_of="score"),
            info.name,
            options,
            (block or question.state.network.block_count) if needs_block else None,
            None if inner is None else over or method_of(inner).options(),
        )

    @staticmethod
    def about(
        result: ProbeResult,
        method: str,
        options: Options | None = None,
        *,
        block: int | None = None,
        over: Options | None = None,
    ) -> ExplainRequest:
        """The question about the picture that a reading shows, and about its target.

        Raises:
            ArgumentError: as the class.
        """
        question = replace(result.request, picture=result.picture, target=result.target)
        return ExplainRequest.of(question, method, options, block=block, over=over)


@dataclass(frozen=True)
class ExplainPair(Request, newest_only=True):
    """Of low priority: now, and then the reference. Answered by the Explanations of both."""

    now: ExplainRequest
    reference: ExplainRequest | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a method has found so far."""

    request: ExplainRequest
    map: Array = field(repr=False)
    """(H, W), read-only: of the block's output, or of the network's input. Of an incomplete one as far as it is known;
    (0, 0) where nothing is yet."""
    target: Target
    """What was asked about."""
    passes: int
    """That it takes in all: one is a picture through the whole network, forward, and back where gradients are taken."""
    passes_done: int
    is_complete: bool
    delta: float | None = None
    """captum's convergence delta, for methods that have one: what the map's sum misses."""
    score: float | None = None
    """Of the target; None where the method does not look."""
    baseline_score: float | None = None
    """The same for the baseline, with which `score` adds up to the map's sum but for `delta`."""
    note: str = ""
    """What one should know about it, in sentences; empty where that is nothing."""
    seconds: float = 0.0
    device: str = "cpu"

    def __repr__(self) -> str:
        """ "<ResNet-56, 1 of 27 shortcuts cut (15): Saliency of cat.jpg, 32 × 32>"."""
        asked = self.request
        network, (height, width) = asked.state.network, self.map.shape
        gates = asked.state.wiring.describe(has_shortcuts=network.has_shortcuts, longest=16)
        part = "" if self.is_complete else f", {self.passes_done} of {self.passes} passes"
        return f"<{network.title}, {gates}: {asked.title} of {asked.question.picture.name}, {height} × {width}{part}>"

    @property
    def is_signed(self) -> bool:
        """Whether negative values mean something: then the scale diverges."""
        return is_signed(self.request.method, self.request.options, self.request.over)

    @property
    def sampling(self) -> Sampling:
        """Where the map's cells look in the network's input."""
        asked = self.request
        if asked.info.place == "input" or asked.block is None:
            return Sampling()
        where = samplings(asked.state.network, asked.state.preprocessing.crop, asked.state.wiring)
        return where[asked.plan.blocks[asked.block - 1].name]

    def table(self) -> list[dict[str, float]]:
        """For each cell of the map a dictionary: `row`, `column`, `value`, and `y` and `x`, the pixel of the network's
        input that it looks at, from 0 at the pixels' centres.
        """
        stride, offset = self.sampling.stride, self.sampling.offset
        return [
            {"row": i, "column": j, "value": float(value), "y": stride * i + offset, "x": stride * j + offset}
            for (i, j), value in np.ndenumerate(self.map)
        ]

    @property
    def is_empty(self) -> bool:
        """Nothing to be shown yet."""
        return not self.map.size

    @property
    def largest(self) -> float:
        """The largest magnitude of a finite value; 0 where there is none."""
        finite = self.map[np.isfinite(self.map)]
        return float(np.abs(finite).max()) if finite.size else 0.0

    @property
    def nbytes(self) -> int:
        """Memory that it keeps alive, in bytes."""
        return self.map.nbytes + self.request.question.picture.pixels.nbytes


_TUNNELS = {"smoothgrad": "SmoothGrad", "smoothgrad_sq": "SmoothGrad²", "vargrad": "VarGrad"}


# What it costs


def window_of(options: OcclusionOptions, side: int) -> tuple[int, int]:
    """Side and stride of the sliding window in an input of `side` pixels, which it is no larger than."""
    window = min(options.sliding_window_shapes or max(1, side // 8), side)
    return window, min(options.strides or max(1, window // 2), window)


def _windows(options: OcclusionOptions, side: int) -> int:
    window, stride = window_of(options, side)
    return (1 + math.ceil((side - window) / stride)) ** 2


def _cost(method: str, options: Any, over: Options | None, side: int) -> Cost:
    match method:
        case "guided_grad_cam":
            return Cost(2, 2)
        case "integrated_gradients":
            return Cost(options.n_steps + 2, options.n_steps)
        case "noise_tunnel":
            inner = _cost(options.over, over or method_of(options.over).options(), None, side)
            return Cost(options.nt_samples * inner.forward, options.nt_samples * inner.backward)
        case "occlusion":
            return Cost(_windows(options, side) + 1, 0)
        case "feature_ablation":
            return Cost(min(options.grid, side) ** 2 + 1, 0)
        case "gradient_shap":
            return Cost(3 * options.n_samples, options.n_samples)
        case "deep_lift":
            return Cost(4, 2)
        case "lrp":
            return Cost(2, 1)
        case "kernel_shap" | "lime":
            return Cost(options.n_samples, 0)
    return Cost(1, 1)


def cost_of(request: ExplainRequest) -> Cost:
    """What the answer costs, before it is begun."""
    return _cost(request.method, request.options, request.over, request.state.preprocessing.crop)


def passes_of(request: ExplainRequest) -> int:
    """The passes of an answer, as `Explanation.passes` counts them."""
    return cost_of(request).forward


# What the user chose


@dataclass(frozen=True)
class MethodChoice:
    """By which method the picture is explained, and how; options that are None are the usual ones."""

    method: MethodName = "grad_cam"
    options: Options | None = None
    over: Options | None = None
    """Of the method that a noise tunnel goes over."""

    @property
    def info(self) -> MethodInfo:
        """The method's entry."""
        return method_of(self.method)

    @property
    def is_grad_cam(self) -> bool:
        """A reading has that already."""
        return self.method == "grad_cam"

    def about(self, result: ProbeResult, block: int) -> ExplainRequest:
        """The question about the picture of a reading; `block` counts for methods that look at one."""
        return ExplainRequest.about(result, self.method, self.options, block=block, over=self.over)


GRAD_CAM = MethodChoice()

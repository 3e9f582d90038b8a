"""One forward and one backward pass of the score: every block's reading at once.

The order of events: a `Probe` puts its recorders into a network; `look` runs the forward pass and keeps what they
saw; `read` takes the gradients from the kept graph. When the probe is closed the network is as before: no recorder, no
`.grad`, no changed mode, no moved running statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.module import _global_forward_hooks
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize

from resnet_viewer.core.network import Network, ReplacedError
from resnet_viewer.core.network import found as found_module
from resnet_viewer.records.blueprint import BlockSpec, Blueprint
from resnet_viewer.records.checking import require_choice, shown, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.probe import Array, BlockReading, CamState, GradientOf, LayerReading
from resnet_viewer.records.target import BlockTarget, question_problem

_ROW = 256
"""Values whose squares are summed in float32 before float64 takes over: the error of a norm stays below 1e-7."""
_SAFE = 1e-24
"""From this sum of squares on, those that underflow in float32 change nothing: a million are below 1e-32 together."""


def norms(tensors: Sequence[Tensor | None]) -> list[float]:
    """L2 norm of each tensor, accumulated in float64; None counts as zero.

    Squares of float32 values underflow to a false zero near 1e-23; here the smallest float32 survives.
    """
    there = [tensor for tensor in tensors if tensor is not None]
    if any(tensor.is_cuda for tensor in there):
        found = iter(torch.stack(torch._foreach_norm(there, 2, dtype=torch.float64)).tolist())
    else:
        if any(tensor.is_mps for tensor in there):  # which has no float64; all at once, to wait for it once
            flat = torch.cat([tensor.detach().reshape(-1) for tensor in there]).cpu()
            there = [*torch.split_with_sizes(flat, [tensor.numel() for tensor in there])]
        with np.errstate(over="ignore", invalid="ignore"):
            found = iter([_norm(tensor) for tensor in there])
    return [0.0 if tensor is None else next(found) for tensor in tensors]


def _norm(tensor: Tensor) -> float:
    """By rows, because widening every value to float64 costs a third more on a deep network of small layers and twice
    as much on a wide one; where float32 may have lost something, widened after all.
    """
    if not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last):
        tensor = tensor.permute(0, 2, 3, 1)
    if tensor.dtype == torch.float32:
        values = tensor.numpy(force=True).reshape(-1)
        rest = values.size % _ROW
        rows = values[: values.size - rest].reshape(-1, _ROW)
        square = float(np.vecdot(rows, rows).sum(dtype=np.float64))
        if rest:
            last = values[-rest:].astype(np.float64)
            square += float(last.dot(last))
        if _SAFE < square < math.inf:
            return math.sqrt(square)
    return float(torch.linalg.vector_norm(tensor.cpu(), dtype=torch.float64))


Cams = tuple[Array, tuple[CamState, ...]]
"""One block's maps after the ReLU, (N, H, W), read-only, and the state of each picture's map."""

_TOGETHER = 262_144
"""Values of one product. Many small maps are multiplied together, which halves the time; large ones one by one."""


def grad_cams(activations: Sequence[Tensor], gradients: Sequence[Tensor | None]) -> Iterator[Cams]:
    """Grad-CAM, `ReLU(Σ_c mean_hw(∂score/∂A_c) · A_c)` (Selvaraju et al. 2017, equations 1 and 2), block by block.

    Each activation and its gradient are (N, C, H, W) with one N; a gradient of None counts as zero.
    """
    pairs = [
        (activation, torch.zeros_like(activation) if gradient is None else gradient)
        for activation, gradient in zip(activations, gradients, strict=True)
    ]
    for shape, alike in groupby(pairs, key=lambda pair: pair[0].shape):
        blocks = list(alike)
        count = max(1, _TOGETHER // shape.numel())
        for start in range(0, len(blocks), count):
            yield from _cams(blocks[start : start + count])


def _cams(blocks: Sequence[tuple[Tensor, Tensor]]) -> Iterator[Cams]:
    """The maps of blocks of one shape."""
    pictures = len(blocks[0][0])
    with torch.inference_mode():
        activations, gradients = (
            torch.cat(tensors) if len(tensors) > 1 else tensors[0] for tensors in zip(*blocks, strict=True)
        )
        raw = grad_cam(activations, gradients)  # (blocks · N, H, W)
        lowest, highest = (values.tolist() for values in raw.flatten(1).aminmax(dim=1))
        maps: Array = raw.clamp(min=0).cpu().numpy()
    maps.flags.writeable = False
    for start in range(0, len(maps), pictures):
        states = tuple(
            cam_state(lowest[n], highest[n], activations[n], gradients[n])
            for n in range(start, start + pictures)
        )
        yield maps[start : start + pictures], states


def grad_cam(activation: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM before its ReLU: `Σ_c mean_hw(gradient_c) · activation_c`; both (N, C, H, W), the result (N, H, W)."""
    count, _, height, width = activation.shape
    weights = gradient.flatten(2).mean(2, keepdim=True).mT  # (N, C, H, W) -> (N, 1, C)
    return torch.bmm(weights, activation.flatten(2)).view(count, height, width)


def cam_state(lowest: float, highest: float, activation: Tensor, gradient: Tensor) -> CamState:
    """Why a map, between `lowest` and `highest` before the ReLU, is blank after it; or "shown".

    An extreme is not a number where any value is not. `activation` and `gradient` are the picture's, (C, H, W).
    """
    if 0 < highest < math.inf:
        return "shown"
    if -math.inf < lowest < 0 and highest <= 0:
        return "all negative"
    if not (math.isfinite(highest) and math.isfinite(lowest)):
        return "not finite"  # before the gradient: 0 · NaN is not 0
    if not bool(gradient.any()):
        return "zero gradient"
    return "underflow" if bool(activation.any()) else "zero activation"


class TargetError(UserError):
    """The network has no such class or block, or it has no such gradient; the message says which there is."""


@dataclass(frozen=True, eq=False)
class Look:
    """A forward pass with its graph. `kept` maps the names of `Blueprint.map_names` to (N, C, H, W) in the graph."""

    logits: Tensor
    """(N, classes), in the graph; without a classifier the features that the network ends with."""
    kept: dict[str, Tensor] = field(repr=False)
    weights: Sequence[Tensor] = field(repr=False)
    """What the layers computed with, in the order of `Blueprint.layers`: their parameters, or what is made of them."""

    def activations(self) -> dict[str, Array]:
        """What was kept as read-only arrays; on the CPU they share the tensors' memory."""
        return {name: frozen(tensor) for name, tensor in self.kept.items()}


@dataclass(frozen=True, eq=False)
class Reading:
    """What the gradients told: an entry for each weighted layer and each block, in the order of the forward pass."""

    layers: tuple[LayerReading, ...]
    blocks: tuple[BlockReading, ...]


class Probe:
    """A network made ready for looking: recorders in place, evaluation mode, every weight in the graph. A with-block.

    Costs a few milliseconds to open on a deep network, so whoever asks often keeps it open; while it is open the
    weights must not change and nobody else may run the network.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> from resnet_viewer.core.network import build
        >>> with Probe(build(spec("cifar-resnet-20"))) as probe:
        ...     seen = probe.look(torch.zeros(1, 3, 32, 32))
        ...     len(probe.read(seen, targets=[3]).layers)
        20
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._plan = blueprint(network.spec)
        self._layers = [_layer(network, layer.name) for layer in self._plan.layers]
        self._has_own_weights = all("weight" in layer._parameters for layer in self._layers)
        """Not so where weights are made anew in every pass: by pruning, or a parametrization."""
        self._watched = _watched(network, self._plan)
        self._weights = self._present_weights()
        self._weight_norms: list[float] = []
        self._kept: dict[str, Tensor] | None = None
        self._restore = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:  # a failure on the way leaves nothing behind
            undo.callback(_set_training, [module for module in self.network.modules() if module.training])
            self.network.eval()
            wanted = {id(source) for layer in self._layers for source in _sources(layer)}
            for parameter in self.network.parameters():
                needed = id(parameter) in wanted
                if parameter.requires_grad != needed:
                    undo.callback(parameter.requires_grad_, not needed)
                    parameter.requires_grad_(needed)
            for name, module in self._watched.items():
                undo.callback(self._record(module, name))
            with torch.no_grad():
                self._weight_norms = norms(self._weights)
            self._restore = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Put everything back."""
        self._restore.close()

    def look(self, images: Tensor) -> Look:
        """Run the network on (N, C, H, W) and keep its activations. A layer behind a closed gate is not run."""
        kept: dict[str, Tensor] = {}
        self._kept = kept
        try:
            with torch.enable_grad(), nullcontext() if self._has_own_weights else parametrize.cached():
                logits = self.network(images)
                weights = self._weights if self._has_own_weights else self._present_weights()
        finally:
            self._kept = None
        return Look(logits, kept, weights)

    def read(
        self, seen: Look, targets: Sequence[int] | BlockTarget, gradient_of: GradientOf = "score"
    ) -> Reading:
        """Gradient norms and Grad-CAM for one target class a picture, or for a block's mean. Frees the graph: read a
        look once.

        The score is the sum of the targets' logits, or of the pictures' means, the loss the mean cross-entropy. With
        `gradient_of` "loss" the norms are the loss's, at the price of a second backward pass; Grad-CAM is the
        score's always.

        Raises:
            UserError: a target is not a class or block of the network, there is not one a picture, there is no such
                gradient, or it is the loss of a mean.
        """
        require_choice("gradient_of", gradient_of, GradientOf)
        if isinstance(targets, BlockTarget) and (
            problem := question_problem(targets, self.network.spec, gradient_of)
        ):
            raise TargetError(problem)
        outputs = [seen.kept[block.name] for block in self._plan.blocks]
        with torch.enable_grad():
            if isinstance(targets, BlockTarget):
                score, index = _mean(outputs[targets.block - 1], targets.channel), None
            else:
                index = _index(seen.logits, targets)
                score = seen.logits.gather(1, index[:, None]).sum()
            if gradient_of == "score" or index is None:
                found = _gradients(score, [*seen.weights, *outputs])
                cam_gradients = found[len(seen.weights) :]
            else:
                cam_gradients = _gradients(score, outputs, keep_graph=True)
                found = _gradients(F.cross_entropy(seen.logits, index), [*seen.weights, *outputs])
        values = norms(found)
        with torch.no_grad():
            own_norms = self._weight_norms if self._has_own_weights else norms(seen.weights)
        layers = tuple(
            LayerReading(layer.name, layer.kind, tuple(weight.shape), value, own)
            for layer, weight, value, own in zip(
                self._plan.layers, seen.weights, values, own_norms, strict=False
            )
        )
        cams = grad_cams(outputs, cam_gradients)
        blocks = tuple(
            BlockReading(block.number, block.name, value, cam, states, _opening(block, seen))
            for block, value, (cam, states) in zip(
                self._plan.blocks, values[len(layers) :], cams, strict=True
            )
        )
        return Reading(layers, blocks)

    def _present_weights(self) -> list[Tensor]:
        weights = [layer.weight for layer in self._layers]
        return [weight for weight in weights if isinstance(weight, Tensor)]

    def _record(self, module: nn.Module, name: str) -> Callable[[], None]:
        """Keep what `module` puts out from now on; gives the way back.

        By a `forward` of its own: PyTorch's forward hooks cost 2 % of a ResNet-56's passes. Where there are
        some, which may put out something else, by the last of them.
        """
        if module._forward_hooks or _global_forward_hooks:

            def hook(module: nn.Module, given: object, output: Tensor) -> None:
                if self._kept is not None:
                    self._kept[name] = output

            return module.register_forward_hook(hook).remove
        own, forward = vars(module).get("forward"), module.forward

        def recording(x: Tensor) -> Tensor:
            output: Tensor = forward(x)
            if self._kept is not None:
                self._kept[name] = output
            return output

        module.forward = recording
        return partial(setattr, module, "forward", own) if own else partial(delattr, module, "forward")


def require_readable(network: Network) -> None:
    """Refuse a network whose tensors hold nothing to compute with in float32 and to take gradients of.

    Raises:
        ReplacedError: one is of another type, without values, or an inference tensor; or a module is TorchScript.
    """
    for name, module in network.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            raise ReplacedError(
                f"{name} of this {network.spec.title} is TorchScript, which cannot be probed: put a usual module there."
            )
    for name, tensor in chain(network.named_parameters(), network.named_buffers()):
        at = f"{name} of this {network.spec.title}"
        if is_lazy(tensor):
            raise ReplacedError(f"{at} has no values yet: run the network once on a picture.")
        if tensor.is_meta:
            raise ReplacedError(f"{at} lies on the meta device and has no values: give it some.")
        if tensor.is_inference():
            raise ReplacedError(
                f"{at} was made under torch.inference_mode and takes no gradients: make it outside."
            )
        if tensor.is_floating_point() and tensor.dtype != torch.float32:
            kind = str(tensor.dtype).removeprefix("torch.")
            raise ReplacedError(
                f"{at} is {kind}, but a probe computes in float32: call float() on the network."
            )


def require_laid_out(seen: Look, images: Tensor, spec: NetworkSpec) -> None:
    """Refuse what a network showed of itself where it is not what its spec lays out for such images.

    Raises:
        ReplacedError: maps or logits of other shapes, or a block that was not run.
    """
    plan = blueprint(spec, images.shape[-1])
    for block in plan.blocks:
        if block.name not in seen.kept:
            raise ReplacedError(
                f"{block.name} of this {spec.title} is not run any more: it cannot be probed. Put back what ran it."
            )
    for name, maps in seen.kept.items():
        if (shape := tuple(maps.shape[1:])) != plan.shape_of(name):
            ours, theirs = ("×".join(map(str, sizes)) for sizes in (shape, plan.shape_of(name)))
            raise ReplacedError(
                f"{name} of this {spec.title} puts out {ours} values where a {spec.title} has {theirs}: build the "
                "network that it has become by its own name, or put the module back."
            )
    if spec.has_classifier and seen.logits.shape[1:] != (spec.classes,):
        count = " × ".join(map(str, seen.logits.shape[1:]))
        raise ReplacedError(
            f"This {spec.title} ends with {count} numbers, not with the {spec.classes} of its classifier."
        )


def _layer(network: Network, name: str) -> nn.Module:
    """The layer of that name.

    Raises:
        ReplacedError: nothing with a weight stands there.
    """
    module = found_module(network, name, network.spec)
    if not isinstance(getattr(module, "weight", None), Tensor):
        raise ReplacedError(
            f"{name} of this {network.spec.title} was replaced by a {type(module).__name__}, which has no weight of "
            "its own: it cannot be probed."
        )
    return module


def _watched(network: Network, plan: Blueprint) -> dict[str, nn.Module]:
    """What puts out the maps of `Blueprint.map_names`.

    Raises:
        ReplacedError: a module is not there, or stands in two places.
    """
    names: dict[int, str] = {}
    watched = {}
    for name in plan.map_names():
        module = found_module(network, plan.stem_end if name == "stem" else name, plan.spec)
        if (other := names.setdefault(id(module), name)) != name:
            raise ReplacedError(
                f"{other} and {name} of this {plan.spec.title} are one module, whose maps cannot be told apart."
            )
        watched[name] = module
    return watched


def _sources(layer: nn.Module) -> list[Tensor]:
    """The parameters that a layer's weight is, or is made of."""
    if (weight := layer._parameters.get("weight")) is not None:
        return [weight]
    return [parameter for name, parameter in layer.named_parameters() if name != "bias"]


def _index(logits: Tensor, targets: Sequence[int]) -> Tensor:
    count, classes = logits.shape
    try:
        found = [whole("targets", target, 0, classes - 1) for target in targets]
    except (TypeError, UserError):
        found = []
    if len(found) != count:
        raise UserError(
            f"{count} targets between 0 and {classes - 1} are needed, one a picture, not {shown(targets)}."
        )
    return torch.tensor(found, device=logits.device)


def _mean(output: Tensor, channel: int | None) -> Tensor:
    """Sum over the pictures of the mean of one channel, or of all: (N, C, H, W) -> a number."""
    chosen = output if channel is None else output[:, channel]
    return chosen.flatten(1).mean(1).sum()


def _opening(block: BlockSpec, seen: Look) -> float | None:
    gate = None if block.gate is None else seen.kept.get(block.gate.name)
    return None if gate is None else float(torch.sigmoid(gate.detach()).mean())


def frozen(tensor: Tensor) -> Array:
    """A tensor as a read-only array; on the CPU it shares the tensor's memory."""
    array: Array = tensor.numpy(force=True)
    array.flags.writeable = False
    return array


def _set_training(modules: Sequence[nn.Module]) -> None:
    for module in modules:
        module.training = True


def _gradients(of: Tensor, inputs: Sequence[Tensor], *, keep_graph: bool = False) -> Sequence[Tensor | None]:
    """Gradients for each input, None where `of` does not depend on it."""
    asked = [each for each in inputs if each.requires_grad]
    given = iter(torch.autograd.grad(of, asked, retain_graph=keep_graph, allow_unused=True))
    return [next(given) if each.requires_grad else None for each in inputs]

"""One forward and one backward pass of the score: every block's reading at once.

The order of events: a `Probe` puts its recorders into a network; `look` runs the forward pass and keeps what they
saw; `read` takes the gradients from the kept graph. When the probe is closed the network is as before: no recorder, no
`.grad`, no changed mode, no moved running statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_viewer.core.cams import grad_cams
from resnet_viewer.core.network import Network
from resnet_viewer.core.norms import norms
from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.checking import require_choice, shown, whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import Array, BlockReading, GradientOf, LayerReading
from resnet_viewer.records.target import BlockTarget, question_problem


class TargetError(UserError):
    """The network has no such class or block, or it has no such gradient; the message says which there is."""


@dataclass(frozen=True, eq=False)
class Look:
    """A forward pass with its graph. `kept` maps the names of `Blueprint.map_names` to (N, C, H, W) in the graph."""

    logits: Tensor
    """(N, classes), in the graph; without a classifier the features that the network ends with."""
    kept: dict[str, Tensor] = field(repr=False)

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
        >>> from resnet_viewer.core.catalog import spec
        >>> from resnet_viewer.core.network import build
        >>> with Probe(build(spec("cifar-resnet-20"))) as probe:
        ...     seen = probe.look(torch.zeros(1, 3, 32, 32))
        ...     len(probe.read(seen, targets=[3]).layers)
        20
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._plan = blueprint(network.spec)
        self._weights = [network.get_parameter(f"{layer.name}.weight") for layer in self._plan.layers]
        self._weight_norms: list[float] = []
        self._kept: dict[str, Tensor] | None = None
        self._restore = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:  # a failure on the way leaves nothing behind
            undo.callback(_set_training, [module for module in self.network.modules() if module.training])
            self.network.eval()
            wanted = {id(weight) for weight in self._weights}
            for parameter in self.network.parameters():
                needed = id(parameter) in wanted
                if parameter.requires_grad != needed:
                    undo.callback(parameter.requires_grad_, not needed)
                    parameter.requires_grad_(needed)
            for name in self._plan.map_names():
                undo.callback(self._record(self.network.get_submodule(name), name))
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
            with torch.enable_grad():
                logits = self.network(images)
        finally:
            self._kept = None
        return Look(logits, kept)

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
                found = _gradients(score, [*self._weights, *outputs])
                cam_gradients = found[len(self._weights) :]
            else:
                cam_gradients = _gradients(score, outputs, keep_graph=True)
                found = _gradients(F.cross_entropy(seen.logits, index), [*self._weights, *outputs])
        values = norms(found)
        layers = tuple(
            LayerReading(layer.name, layer.kind, layer.weight_shape, value, own)
            for layer, value, own in zip(self._plan.layers, values, self._weight_norms, strict=False)
        )
        cams = grad_cams(outputs, cam_gradients)
        blocks = tuple(
            BlockReading(block.number, block.name, value, cam, states, _opening(block, seen))
            for block, value, (cam, states) in zip(
                self._plan.blocks, values[len(layers) :], cams, strict=True
            )
        )
        return Reading(layers, blocks)

    def _record(self, module: nn.Module, name: str) -> Callable[[], None]:
        """Keep what `module` puts out from now on; gives the way back.

        By a `forward` of its own: PyTorch's forward hooks cost 2 % of a ResNet-56's passes.
        """
        own, forward = vars(module).get("forward"), module.forward

        def recording(x: Tensor) -> Tensor:
            output: Tensor = forward(x)
            if self._kept is not None:
                self._kept[name] = output
            return output

        module.forward = recording
        return partial(setattr, module, "forward", own) if own else partial(delattr, module, "forward")


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
    return torch.autograd.grad(of, inputs, retain_graph=keep_graph, allow_unused=True)

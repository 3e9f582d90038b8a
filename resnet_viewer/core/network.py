"""A live network made from its blueprint: stem, gated blocks, head, under the names of its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial, reduce

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _global_forward_hooks, _global_forward_pre_hooks
from torch.nn.parameter import is_lazy

from resnet_viewer.core.blocks import Block, Chain
from resnet_viewer.core.steps import Bias, Multiplier, flow, is_named, make, register, run
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.layers import Steps
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.wiring import Wiring


def initialise(
    network: nn.Module, spec: NetworkSpec, generator: torch.Generator, *, prefix: str = ""
) -> None:
    """Draw every weight of `network`, or of its module at the path `prefix`, from `generator`.

    Convolutions by `spec.initialisation`: "he" is normal with variance 2/(outputs · kernel²) (He et al. 2015b, in its
    fan-out form, as torchvision), "xavier" uniform with variance 2/(inputs + outputs)/kernel² (Glorot & Bengio 2010),
    "normal" has a standard deviation of `spec.deviation`, "skipinit" is "he" (De & Smith 2020). Linear layers are
    PyTorch's uniform ones, ±1/√inputs; the other biases are 0, but for gates, which begin with `spec.gate_bias`.
    "fixup" is "he" times L^(-1/(2m - 2)) in branches, with L of them of m layers each, and 0 in the last layer of each
    and in the classifier (Zhang, Dauphin & Ma 2019, section 3).
    """
    has_fixup = spec.initialisation == "fixup"
    layers = 3 if spec.block == "bottleneck" else 2
    for name, module in network.named_modules(prefix=prefix):
        if isinstance(module, nn.Conv2d):
            _draw(module.weight, spec, generator)
            if has_fixup and name.startswith("layer") and name.rpartition(".")[2].startswith("conv"):
                factor = (
                    0.0 if name.endswith(f".conv{layers}") else spec.block_count ** (-1 / (2 * layers - 2))
                )
                with torch.no_grad():
                    module.weight.mul_(factor)
            if module.bias is not None:
                nn.init.constant_(module.bias, spec.gate_bias if name.endswith(".gate") else 0.0)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, Multiplier | Bias):
            nn.init.constant_(next(module.parameters()), module.start)
        elif isinstance(module, nn.Linear):
            bound = 0.0 if has_fixup else module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def _draw(weight: Tensor, spec: NetworkSpec, generator: torch.Generator) -> None:
    match spec.initialisation:
        case "he" | "skipinit" | "fixup":
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=generator)
        case "xavier":
            nn.init.xavier_uniform_(weight, generator=generator)
        case "normal":
            nn.init.normal_(weight, 0.0, spec.deviation, generator=generator)


Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a forward pass: of some blocks, whose numbers it has, or the stem or the head."""

    blocks: tuple[int, ...]
    run: Step


def _one_after_the_other(steps: Sequence[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]
    kept = tuple(steps)
    return lambda x: reduce(lambda value, step: step(value), kept, x)


def _blocks_at(name: str, numbers: Mapping[str, int]) -> tuple[int, ...]:
    """The block of that name, or those below it."""
    if (number := numbers.get(name)) is not None:
        return (number,)
    return tuple(number for path, number in numbers.items() if path.startswith(f"{name}."))


def _is_as_made(module: nn.Module, forward: Callable[..., Tensor]) -> bool:
    """Whether calling it is running this forward and nothing else: no other one, no hooks."""
    has_hooks = (
        module._forward_hooks
        or module._forward_pre_hooks
        or _global_forward_hooks
        or _global_forward_pre_hooks
    )
    return type(module).forward is forward and "forward" not in vars(module) and not has_hooks


class ReplacedError(UserError):
    """Modules of a network were replaced by ones that do not do what is asked; the message names them."""


class Network(nn.Module):
    """A residual network, or one without shortcuts, whose gates can be set at any time.

    Its modules lie under torchvision's names; stages (`layer1`), deep stems (`conv1`), projections (`downsample`), and
    `features` and `classifier` of VGG and AlexNet are `nn.Sequential`. What is registered there when a pass comes by is
    run: a module that was replaced, too.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        plan = blueprint(spec)
        self.spec = spec
        blocks = tuple(map(Block, plan.blocks))
        for home in {block.spec.name.rpartition(".")[0] for block in blocks if block.outside}:
            register(self, home, Chain())
        self._register(plan.stem_steps)
        for block in blocks:
            self._register(block.outside)
            register(self, block.spec.name, block)
        self._register(plan.head_steps)
        stages = dict.fromkeys(block.spec.name.split(".")[0] for block in blocks)
        self._flow = tuple(dict.fromkeys((*flow(plan.stem_steps), *stages, *flow(plan.head_steps))))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes), the logits; without a classifier (N, C') or (N, C', H', W'), the features."""
        return run(self, self._flow, x)

    def parts(self) -> tuple[Part, ...]:
        """What a pass runs, divided between blocks: one part after the other is the forward pass, bit for bit.

        Stem and head are parts of their own. A stage that was replaced, or that has hooks, is one part; so is the whole
        network where that is true of it.
        """
        numbers = {block.name: block.number for block in blueprint(self.spec).blocks}
        if not _is_as_made(self, Network.forward):
            return (Part(tuple(numbers.values()), self),)
        found: list[Part] = []
        waiting: list[Step] = []  # of no block: they go to the block that follows, or are stem or head
        for names, step in self._pieces():
            blocks = tuple(number for name in names for number in _blocks_at(name, numbers))
            if blocks and not found and waiting:
                found.append(Part((), _one_after_the_other(waiting)))
                waiting = []
            waiting.append(step)
            if blocks:
                found.append(Part(blocks, _one_after_the_other(waiting)))
                waiting = []
        return (*found, Part((), _one_after_the_other(waiting))) if waiting else tuple(found)

    def _pieces(self) -> Iterator[tuple[tuple[str, ...], Step]]:
        """The steps of `_flow`, stages taken apart: the paths of the modules that are run, and how."""
        for step in self._flow:
            if not isinstance(step, str):
                yield (), step
                continue
            module = self.get_submodule(step)
            if type(module) is Chain and _is_as_made(module, Chain.forward):
                for names in module.groups():
                    yield tuple(f"{step}.{name}" for name in names), partial(module.through, names)
            elif type(module) is nn.Sequential and _is_as_made(module, nn.Sequential.forward):
                for name, child in module.named_children():
                    yield (f"{step}.{name}",), child
            else:
                yield (step,), module

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        """What stands in the blocks' places, in forward order: a `Block` wherever none was replaced. `blocks[n - 1]` is
        block n.

        Raises:
            ReplacedError: a block was taken out.
        """
        return tuple(found(self, block.name, self.spec) for block in blueprint(self.spec).blocks)

    @property
    def wiring(self) -> Wiring:
        """The gates as they stand; a block that was replaced by one without gates is open."""
        blocks = self.blocks
        return Wiring(
            tuple(block.shortcut_strength if isinstance(block, Block) else 1.0 for block in blocks),
            tuple(block.branch_strength if isinstance(block, Block) else 1.0 for block in blocks),
            tuple(n for n, block in enumerate(blocks, 1) if isinstance(block, Block) and block.is_left_out),
        )

    def set_wiring(self, wiring: Wiring) -> None:
        """Set every gate, and leave out what is left out.

        Raises:
            UserError: it is none, or one for another number of blocks, or leaves out a block that cannot be.
            ReplacedError: a gate is to be set where a block was replaced by one without gates; nothing is changed.
        """
        if not isinstance(wiring, Wiring):
            raise ArgumentError("wiring", "a Wiring", wiring)
        blocks = self.blocks
        if wiring.block_count != len(blocks):
            raise UserError(
                f"A wiring of {wiring.block_count} blocks does not fit a network of {len(blocks)}."
            )
        gates = list(zip(blocks, wiring.shortcuts, wiring.branches, strict=True))
        for number, (block, shortcut, branch) in enumerate(gates, 1):
            is_open = (shortcut, branch) == (1.0, 1.0) and number not in wiring.left_out
            if not isinstance(block, Block) and not is_open:
                label = blueprint(self.spec).blocks[number - 1].label
                raise ReplacedError(
                    f"{label} of this {self.spec.title} was replaced by a {type(block).__name__}, which has no gates: "
                    "it can be neither cut nor dropped nor left out."
                )
        for number in wiring.left_out:
            self._require_leaving_out(blocks[number - 1])
        for number, (block, shortcut, branch) in enumerate(gates, 1):
            if isinstance(block, Block):
                block.shortcut_strength, block.branch_strength = shortcut, branch
                block.is_left_out = number in wiring.left_out

    def _require_leaving_out(self, block: nn.Module) -> None:
        assert isinstance(block, Block), "one that was replaced is refused before"
        if block.spec.stays:
            raise UserError(block.spec.stays)
        path = block.spec.name.rpartition(".")[0]
        home = self.get_submodule(path)
        if block.outside and not isinstance(home, Chain):
            raise ReplacedError(
                f"{path} of this {self.spec.title} was replaced by a {type(home).__name__}, which runs the layers of "
                f"{block.spec.label} whatever its gates say: it cannot be left out."
            )

    def _register(self, steps: Steps) -> None:
        for step in steps:
            if is_named(step):
                register(self, step.name, make(step))


def spec_now(network: Network) -> NetworkSpec:
    """The network's spec with as many classes as its classifier has now, which may have been replaced.

    Raises:
        ReplacedError: there is no such module any more.
    """
    if (classifier := blueprint(network.spec).classifier) is None:
        return network.spec
    weight = getattr(found(network, classifier.name, network.spec), "weight", None)
    if not isinstance(weight, Tensor) or is_lazy(weight):
        return network.spec
    return replace(network.spec, classes=len(weight))


def found(network: nn.Module, name: str, spec: NetworkSpec) -> nn.Module:
    """The module of that name.

    Raises:
        ReplacedError: there is none any more.
    """
    try:
        return network.get_submodule(name)
    except AttributeError as error:
        raise ReplacedError(f"This {spec.title} has no {name} any more.") from error


@contextmanager
def wired(network: Network, wiring: Wiring) -> Iterator[Network]:
    """The network with these gates inside the with-block, with its old ones after it."""
    before = network.wiring
    network.set_wiring(wiring)
    try:
        yield network
    finally:
        network.set_wiring(before)


@torch.inference_mode(mode=False)  # whose tensors take no gradients ever after
def build(spec: NetworkSpec, state: Mapping[str, Tensor] | None = None) -> Network:
    """Make the network that a spec describes, in evaluation mode, on the CPU.

    Without `state` (a state dict in the blueprint's names) its weights are drawn from the spec's seed, as `initialise`
    says. The process-wide random state is left alone.

    Raises:
        ArgumentError: there is no spec.
        RuntimeError: `state` does not fit.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> build(spec("resnet18"))(torch.zeros(1, 3, 224, 224)).shape
        torch.Size([1, 1000])
    """
    if not isinstance(spec, NetworkSpec):
        raise ArgumentError("spec", "a NetworkSpec, which core.weights.catalog.spec gives by name", spec)
    with torch.device("meta"):
        network = Network(spec)
    # not `to_empty`: what it calls for a meta tensor imports sympy, 2 to 5 seconds in a new process
    network._apply(lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu"))  # type: ignore[no-untyped-call]
    if state:
        network.load_state_dict(dict(state))
    else:
        initialise(network, spec, torch.Generator().manual_seed(spec.seed))
    return network.eval()

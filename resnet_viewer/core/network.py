"""A live network made from its blueprint: stem, gated blocks, head, under the names of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from resnet_viewer.core.blocks import Block
from resnet_viewer.core.initialisation import initialise
from resnet_viewer.core.steps import Function, make
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.layers import Step, Steps
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.wiring import Wiring


class Run(nn.Module):
    """Steps one after the other, which the network registers under the names of their weights."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.specs = steps
        self.steps = tuple(map(make, steps))

    def parts(self) -> Iterator[tuple[Step, Function]]:
        """Every step beside what runs it."""
        return zip(self.specs, self.steps, strict=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> what the last step puts out."""
        for step in self.steps:
            x = step(x)
        return x


class Network(nn.Module):
    """A residual network, or one without shortcuts, whose gates can be set at any time."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        plan = blueprint(spec)
        self.spec = spec
        self.stem = self._register(Run(plan.stem_steps))
        self.blocks = tuple(self._register_block(Block(block)) for block in plan.blocks)
        """In forward order; `blocks[n - 1]` is block n."""
        self.head = self._register(Run(plan.head_steps))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, classes), the logits; without a classifier (N, C') or (N, C', H', W'), the features."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        found: Tensor = self.head(x)
        return found

    @property
    def wiring(self) -> Wiring:
        """The gates as they stand."""
        return Wiring(
            tuple(block.shortcut_strength for block in self.blocks),
            tuple(block.branch_strength for block in self.blocks),
        )

    def set_wiring(self, wiring: Wiring) -> None:
        """Set every gate.

        Raises:
            UserError: it is none, or one for another number of blocks.
        """
        if not isinstance(wiring, Wiring):
            raise ArgumentError("wiring", "a Wiring", wiring)
        if wiring.block_count != len(self.blocks):
            raise UserError(
                f"A wiring of {wiring.block_count} blocks does not fit a network of {len(self.blocks)}."
            )
        for block, shortcut, branch in zip(self.blocks, wiring.shortcuts, wiring.branches, strict=True):
            block.shortcut_strength, block.branch_strength = shortcut, branch

    def _register(self, part: Run) -> Run:
        for step, function in part.parts():
            if isinstance(function, nn.Module) and (name := getattr(step, "name", None)):
                _place(self, name, function)
        return part

    def _register_block(self, block: Block) -> Block:
        _place(self, block.spec.name, block)
        for step, function in block.parts():
            if isinstance(function, nn.Module) and (name := getattr(step, "name", None)):
                _place(self, name, function)
        return block


@contextmanager
def wired(network: Network, wiring: Wiring) -> Iterator[Network]:
    """The network with these gates inside the with-block, with its old ones after it."""
    before = network.wiring
    network.set_wiring(wiring)
    try:
        yield network
    finally:
        network.set_wiring(before)


def build(spec: NetworkSpec, state: Mapping[str, Tensor] | None = None) -> Network:
    """Make the network that a spec describes, in evaluation mode, on the CPU.

    Without `state` (a state dict in the blueprint's names) its weights are drawn from the spec's seed, as `initialise`
    says. The process-wide random state is left alone.

    Raises:
        ArgumentError: there is no spec.
        RuntimeError: `state` does not fit.

    Example:
        >>> from resnet_viewer.core.catalog import spec
        >>> build(spec("resnet18"))(torch.zeros(1, 3, 224, 224)).shape
        torch.Size([1, 1000])
    """
    if not isinstance(spec, NetworkSpec):
        raise ArgumentError("spec", "a NetworkSpec, which core.catalog.spec gives by name", spec)
    with torch.device("meta"):
        network = Network(spec)
    # not `to_empty`: what it calls for a meta tensor imports sympy, 2 to 5 seconds in a new process
    network._apply(lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu"))  # type: ignore[no-untyped-call]
    if state:
        network.load_state_dict(dict(state))
    else:
        initialise(network, spec, torch.Generator().manual_seed(spec.seed))
    return network.eval()


def _place(root: nn.Module, path: str, module: nn.Module) -> None:
    """Register a module under a dotted path, with empty modules on the way."""
    *way, name = path.split(".")
    for part in way:
        if part not in root._modules:
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    root.add_module(name, module)

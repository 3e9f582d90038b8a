"""Residual blocks with gates: `y = f(s · shortcut(x) + r · residual(x))`.

No operation works in place, so that what a recorder keeps stays true. The gates are plain numbers outside the state
dict: setting one rebuilds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from resnet_viewer.core.steps import flow, is_named, make, register, run
from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.layers import NamedStep, output_side

GradientPath = Literal["both", "shortcut", "branch"]
"""Through which of a block's paths a gradient goes back."""


class Block(nn.Module):
    """A block as its spec lays it out: residual branch, shortcut, how they are merged, and what follows.

    `shortcut_strength` (s) and `branch_strength` (r) lie between 0 and 1; what stands at 0 is not computed. One that
    `is_left_out` hands its input on as it is, and computes nothing. The modules
    of its steps are its children, by the rest of their names: `conv1`, `bn1`, `relu1`, `downsample`. As in torchvision
    `downsample` is None where the shortcut has no module; what is put there is run. Steps whose names lie outside the
    block's, VGG's and AlexNet's, are run by the `Chain` around it.
    """

    downsample: nn.Module | None
    gradient_path: GradientPath = "both"
    """What the block puts out is the same whichever this is. What comes before both paths, what follows their merge,
    and a gate layer belong to either."""

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        self.spec = spec
        self.shortcut_strength = 1.0
        self.branch_strength = 1.0
        self.is_left_out = False
        self.has_shortcut = spec.shortcut != "none"
        inside = f"{spec.name}."
        for step in spec.steps:
            if is_named(step) and step.name.startswith(inside):
                register(self, step.name.removeprefix(inside), make(step))
        if spec.gate is not None:
            self.sigmoid = nn.Sigmoid()
        if self.has_shortcut and "downsample" not in self._modules:
            self.register_module("downsample", None)
        self._before = flow(spec.before, inside)
        self._branch = flow(spec.branch, inside)
        self._after = flow(spec.after, inside)
        own = flow(spec.carry, inside)
        self._padding = tuple(step for step in own if not isinstance(step, str))
        self._carry = tuple(step for step in own if isinstance(step, str) and step != "downsample")

    @property
    def outside(self) -> tuple[NamedStep, ...]:
        """The steps that are not its children, in order: all come before the merge."""
        steps = (step for step in self.spec.steps if is_named(step))
        return tuple(step for step in steps if not step.name.startswith(f"{self.spec.name}."))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'). With both gates closed what is merged is zero."""
        if self.is_left_out:
            return x
        residual, shortcut = self.paths(x)
        if self.gradient_path == "shortcut" and residual is not None:
            residual = residual.detach()
        elif self.gradient_path == "branch" and shortcut is not None:
            shortcut = shortcut.detach()
        return run(self, self._after, self._merged(x, residual, shortcut))

    def paths(self, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """What residual branch and shortcut bring to their merge, before their strengths; None of what is closed or
        not there.
        """
        entered = run(self, self._before, x)
        residual = run(self, self._branch, entered) if self.branch_strength else None
        shortcut = None
        if self.has_shortcut and self.shortcut_strength:
            shortcut = self.carried(entered if self.spec.carries_preactivation else x)
        if self.spec.gate is not None:
            residual, shortcut = self._gated(x, residual, shortcut)
        return residual, shortcut

    def carried(self, x: Tensor) -> Tensor:
        """What the shortcut makes of (N, C, H, W), before its gate."""
        downsample = self._modules["downsample"]
        x = run(self, self._padding, x) if downsample is None else downsample(x)
        return run(self, self._carry, x)

    def nothing(self, x: Tensor) -> Tensor:
        """Zeros in the shape of what is merged, for the block's input: a leaf, so that no gradient passes, but the one
        that arrives can be read.
        """
        steps = (*self.spec.before, *self.spec.branch)
        height, width = (output_side(steps, x.shape[axis]) for axis in (2, 3))
        channels = self.spec.output_shape[0]
        return _zeros(x, channels, height, width)

    def _gated(
        self, x: Tensor, residual: Tensor | None, shortcut: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Both paths behind the learned gate g(x): (1 − g) for the shortcut, g for the branch of a highway."""
        is_highway = self.spec.merge == "highway"
        if shortcut is None and not (is_highway and residual is not None):
            return residual, shortcut
        gate = run(self, ("gate", "sigmoid"), x)  # (N, C', H', W')
        if is_highway and residual is not None:
            residual = gate * residual
        return residual, None if shortcut is None else (1 - gate) * shortcut

    def _merged(self, x: Tensor, residual: Tensor | None, shortcut: Tensor | None) -> Tensor:
        if self.spec.merge == "concatenation":
            channels = self.spec.output_shape[0]
            known = residual if residual is not None else shortcut
            if known is not None and self.has_shortcut:
                left, right = (
                    weighed(shortcut, self.shortcut_strength),
                    weighed(residual, self.branch_strength),
                )
                if left is None or right is None:
                    missing = channels - known.shape[1]
                    nothing = known.new_zeros(known.shape[0], missing, known.shape[2], known.shape[3])
                    left, right = nothing if left is None else left, nothing if right is None else right
                return torch.cat([left, right], dim=1)
        if residual is None and shortcut is None:
            return self.nothing(x) if not self.outside else _zeros(x, x.shape[1], x.shape[2], x.shape[3])
        return merge(
            shortcut,
            residual,
            shortcut_strength=self.shortcut_strength,
            branch_strength=self.branch_strength,
        )


class Chain(nn.Sequential):
    """Modules one after the other, among them blocks whose layers stand before them: VGG's and AlexNet's `features`.

    The layers before a block whose branch is closed, or that is left out, are not run.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  the name is PyTorch's
        """(N, C, H, W) -> (N, C', H', W')"""
        return self.through(tuple(self._modules), input)

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Its modules' names in order, a block's layers together with it: what can be run alone by `through`."""
        found: list[tuple[str, ...]] = []
        loose: list[str] = []
        for name, module in self._modules.items():
            loose.append(name)
            if isinstance(module, Block):
                first = _first_outside(module)
                start = loose.index(first) if first in loose else len(loose) - 1
                found += [(alone,) for alone in loose[:start]]
                found.append(tuple(loose[start:]))
                loose = []
        return (*found, *((alone,) for alone in loose))

    def through(self, names: Sequence[str], x: Tensor) -> Tensor:
        """Run some of the modules, among them all of the layers of each block that is among them."""
        modules = [(name, self._modules[name]) for name in names]
        closed: dict[str, tuple[Block, bool]] = {}
        for _, block in modules:
            if isinstance(block, Block) and (block.is_left_out or not block.branch_strength):
                outside = [step.name.rpartition(".")[2] for step in block.outside]
                is_dropped = not block.is_left_out
                closed.update((name, (block, is_dropped and name == outside[0])) for name in outside)
        for name, module in modules:
            if name not in closed:
                assert module is not None
                x = module(x)
            elif closed[name][1]:
                x = closed[name][0].nothing(x)
        return x


def _first_outside(block: Block) -> str | None:
    return next((step.name.rpartition(".")[2] for step in block.outside), None)


def merge(
    shortcut: Tensor | None, residual: Tensor | None, *, shortcut_strength: float, branch_strength: float
) -> Tensor:
    """`s · shortcut + r · residual` without a wasted pass: a factor of 1 is not multiplied, a missing term not added.

    Both tensors have one shape. At s = r = 1 this is one addition, as in the stock network.

    Raises:
        ValueError: both are missing.
    """
    residual = weighed(residual, branch_strength)
    if residual is None:
        shortcut = weighed(shortcut, shortcut_strength)
        if shortcut is None:
            raise ValueError("a block needs its shortcut or its residual branch")
        return shortcut
    return residual if shortcut is None else torch.add(residual, shortcut, alpha=shortcut_strength)


def _zeros(x: Tensor, channels: int, height: int, width: int) -> Tensor:
    return x.new_zeros(x.shape[0], channels, height, width, requires_grad=torch.is_grad_enabled())


def weighed(x: Tensor | None, strength: float) -> Tensor | None:
    """`strength · x`; a factor of 1 is not multiplied."""
    return x if x is None or strength == 1.0 else x * strength

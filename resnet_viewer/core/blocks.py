"""Residual blocks with gates: `y = f(s · shortcut(x) + r · residual(x))`.

No operation works in place, so that what a recorder keeps stays true. The gates are plain numbers outside the state
dict: setting one rebuilds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from resnet_viewer.core.steps import Function, make, run
from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.layers import Step, output_side


class Block(nn.Module):
    """A block as its spec lays it out: residual branch, shortcut, how they are merged, and what follows.

    `shortcut_strength` (s) and `branch_strength` (r) lie between 0 and 1; what stands at 0 is not computed. The block
    does not register its steps: the network does, under the names that their specs give.
    """

    def __init__(self, spec: BlockSpec) -> None:
        super().__init__()
        self.spec = spec
        self.shortcut_strength = 1.0
        self.branch_strength = 1.0
        self.has_shortcut = spec.shortcut != "none"
        self.before = tuple(map(make, spec.before))
        self.branch = tuple(map(make, spec.branch))
        self.after = tuple(map(make, spec.after))
        self.gating = () if spec.gate is None else (make(spec.gate),)
        self.carry = tuple(map(make, spec.carry))

    def parts(self) -> Iterator[tuple[Step, Function]]:
        """Every step beside what runs it, in the order of `spec.steps`."""
        made = (*self.before, *self.branch, *self.after, *self.gating, *self.carry)
        return zip(self.spec.steps, made, strict=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', H', W'). With both gates closed what is merged is zero."""
        opening = x
        for step in self.before:
            opening = step(opening)
        residual = shortcut = None
        if self.branch_strength:
            residual = opening
            for step in self.branch:
                residual = step(residual)
        if self.has_shortcut and self.shortcut_strength:
            shortcut = opening if self.spec.carries_preactivation else x
            for step in self.carry:
                shortcut = step(shortcut)
        if self.gating:
            residual, shortcut = self._gated(x, residual, shortcut)
        y = self._merged(x, residual, shortcut)
        for step in self.after:
            y = step(y)
        return y

    def _gated(
        self, x: Tensor, residual: Tensor | None, shortcut: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Both paths behind the learned gate g(x): (1 − g) for the shortcut, g for the branch of a highway."""
        is_highway = self.spec.merge == "highway"
        if shortcut is None and not (is_highway and residual is not None):
            return residual, shortcut
        gate = torch.sigmoid(run(self.gating, x))  # (N, C', H', W')
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
                    nothing = known.new_zeros(len(known), channels - known.shape[1], *known.shape[2:])
                    left, right = nothing if left is None else left, nothing if right is None else right
                return torch.cat([left, right], dim=1)
        if residual is None and shortcut is None:
            return self._nothing(x)
        return merge(
            shortcut,
            residual,
            shortcut_strength=self.shortcut_strength,
            branch_strength=self.branch_strength,
        )

    def _nothing(self, x: Tensor) -> Tensor:
        """Zeros in the shape of the sum, a leaf: no gradient passes, but the one that arrives can be read."""
        sides = (output_side((*self.spec.before, *self.spec.branch), side) for side in x.shape[2:])
        return x.new_zeros(len(x), self.spec.output_shape[0], *sides, requires_grad=torch.is_grad_enabled())


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


def weighed(x: Tensor | None, strength: float) -> Tensor | None:
    """`strength · x`; a factor of 1 is not multiplied."""
    return x if x is None or strength == 1.0 else x * strength

"""How far each block's shortcut and residual branch are open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Wiring:
    """The gates of a network: `y = f(s · shortcut(x) + r · residual(x))` with s and r between 0 and 1.

    `shortcuts[n - 1]` and `branches[n - 1]` belong to block n. A plain network has no shortcuts; its
    `shortcuts` stay 1 and mean nothing.

    Raises:
        ValueError: a strength lies outside 0 to 1, or the lengths differ.
    """

    shortcuts: tuple[float, ...]
    branches: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.shortcuts) != len(self.branches):
            raise ValueError("a wiring needs one shortcut and one branch strength for each block")
        if not all(0.0 <= strength <= 1.0 for strength in (*self.shortcuts, *self.branches)):
            raise ValueError("a strength must lie between 0 and 1")

    @classmethod
    def all_open(cls, blocks: int) -> Wiring:
        """Every gate of a network with that many blocks at 1."""
        return cls((1.0,) * blocks, (1.0,) * blocks)

    @property
    def block_count(self) -> int:
        """How many blocks it is for."""
        return len(self.shortcuts)

    @property
    def is_open(self) -> bool:
        """Every gate at 1."""
        return self == Wiring.all_open(self.block_count)

    @property
    def cut(self) -> tuple[int, ...]:
        """Numbers of the blocks whose shortcut is cut (strength 0)."""
        return tuple(n for n, strength in enumerate(self.shortcuts, 1) if strength == 0.0)

    @property
    def dropped(self) -> tuple[int, ...]:
        """Numbers of the blocks whose residual branch is dropped (strength 0)."""
        return tuple(n for n, strength in enumerate(self.branches, 1) if strength == 0.0)

    @property
    def weakened(self) -> dict[int, float]:
        """Blocks whose shortcut is neither cut nor fully open, with its strength."""
        return {n: s for n, s in enumerate(self.shortcuts, 1) if 0.0 < s < 1.0}

    @property
    def weakened_branches(self) -> dict[int, float]:
        """Blocks whose residual branch is neither dropped nor fully open, with its strength."""
        return {n: s for n, s in enumerate(self.branches, 1) if 0.0 < s < 1.0}

    def with_shortcuts(self, blocks: Iterable[int], strength: float) -> Wiring:
        """The wiring with these blocks' shortcuts at `strength`.

        Raises:
            ValueError: a block number is not in the network, or the strength is out of range.
        """
        return replace(self, shortcuts=_replaced(self.shortcuts, blocks, strength))

    def with_branches(self, blocks: Iterable[int], strength: float) -> Wiring:
        """The wiring with these blocks' residual branches at `strength`; raises as `with_shortcuts`."""
        return replace(self, branches=_replaced(self.branches, blocks, strength))

    def toggled_shortcut(self, block: int) -> Wiring:
        """Cut what is fully or partly open, restore what is cut; raises as `with_shortcuts`."""
        return self.with_shortcuts([block], 1.0 if block in self.cut else 0.0)

    def toggled_branch(self, block: int) -> Wiring:
        """Drop what is fully or partly open, restore what is dropped; raises as `with_shortcuts`."""
        return self.with_branches([block], 1.0 if block in self.dropped else 0.0)

    def describe(self, *, has_shortcuts: bool = True) -> str:
        """The gates in words: "8 of 27 shortcuts cut, 1 of 27 residual branches dropped", "all shortcuts open".

        Of a plain network (`has_shortcuts` False) only the branches are told; "no shortcuts" where all are open.
        """
        parts: list[str] = []
        if has_shortcuts and self.cut:
            parts.append(f"{len(self.cut)} of {self.block_count} shortcuts cut")
        if has_shortcuts and self.weakened:
            parts.append(f"{_counted(len(self.weakened), 'shortcut')} weakened")
        if self.dropped:
            parts.append(f"{len(self.dropped)} of {self.block_count} residual branches dropped")
        if self.weakened_branches:
            parts.append(
                f"{_counted(len(self.weakened_branches), 'residual branch', 'residual branches')} weakened"
            )
        if parts:
            return ", ".join(parts)
        return "all shortcuts open" if has_shortcuts else "no shortcuts"


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _replaced(strengths: tuple[float, ...], blocks: Iterable[int], strength: float) -> tuple[float, ...]:
    chosen = set(blocks)
    if outside := [n for n in sorted(chosen) if not 1 <= n <= len(strengths)]:
        raise ValueError(f"there is no block {outside[0]}: this network has blocks 1 to {len(strengths)}")
    return tuple(strength if n in chosen else old for n, old in enumerate(strengths, 1))

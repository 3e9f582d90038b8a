"""How far each block's shortcut and residual branch are open, and which blocks are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeGuard

from resnet_viewer.records.checking import ArgumentError, whole
from resnet_viewer.records.errors import UserError

Closed = Literal["cut", "dropped"]
"""What a closed gate is called: of a shortcut, or of a branch."""


@dataclass(frozen=True)
class Wiring:
    """The gates of a network: `y = f(s · shortcut(x) + r · residual(x))` with s and r between 0 and 1.

    `shortcuts[n - 1]` and `branches[n - 1]` belong to block n. A plain network has no shortcuts; its
    `shortcuts` stay 1 and mean nothing.

    Raises:
        UserError: a strength is no number from 0 to 1, the lengths differ, a block that is left out is not there, or
            its branch is not open.
    """

    shortcuts: tuple[float, ...]
    branches: tuple[float, ...]
    left_out: tuple[int, ...] = ()
    """Numbers of the blocks without a shortcut that hand their input on unchanged, sorted."""

    def __post_init__(self) -> None:
        if len(self.shortcuts) != len(self.branches):
            raise UserError(
                f"A wiring needs one shortcut and one branch strength for each block, not {len(self.shortcuts)} and "
                f"{len(self.branches)}."
            )
        for strength in (*self.shortcuts, *self.branches):
            if not (type(strength) is float and 0.0 <= strength <= 1.0) and not _is_strength(strength):
                raise ArgumentError("A strength", "a number between 0 and 1", strength)
        if self.left_out:
            chosen = tuple(sorted(_block_numbers(self.left_out, self.block_count)))
            object.__setattr__(self, "left_out", chosen)
            if closed := [number for number in chosen if self.branches[number - 1] != 1.0]:
                raise UserError(
                    f"Block {closed[0]} is left out, with all that is in it: its residual branch cannot be dropped or "
                    "weakened as well."
                )

    @classmethod
    def all_open(cls, blocks: int) -> Wiring:
        """Every gate of a network with that many blocks at 1."""
        return cls((1.0,) * blocks, (1.0,) * blocks)

    @classmethod
    def evenly(cls, blocks: int, strength: float) -> Wiring:
        """Every shortcut at `strength`, every residual branch open; raises as `with_shortcuts`."""
        return cls((strength,) * blocks, (1.0,) * blocks)

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
    def branches_run(self) -> tuple[float, ...]:
        """How far each block's branch is open; 0 where the block is left out, whose branch is not run either."""
        return tuple(0.0 if n in self.left_out else s for n, s in enumerate(self.branches, 1))

    @property
    def weakened(self) -> dict[int, float]:
        """Blocks whose shortcut is neither cut nor fully open, with its strength."""
        return {n: s for n, s in enumerate(self.shortcuts, 1) if 0.0 < s < 1.0}

    @property
    def weakened_branches(self) -> dict[int, float]:
        """Blocks whose residual branch is neither dropped nor fully open, with its strength."""
        return {n: s for n, s in enumerate(self.branches, 1) if 0.0 < s < 1.0}

    @cached_property
    def only_closed(self) -> tuple[int, Closed] | None:
        """The one gate that is closed, by its block, while every other is open; None where there is no such."""
        counts = self.shortcuts.count(1.0), self.branches.count(1.0)
        if sum(counts) != 2 * self.block_count - 1 or self.left_out:
            return None
        kind: Closed = "cut" if counts[0] < counts[1] else "dropped"
        closed = self.cut if kind == "cut" else self.dropped
        return (closed[0], kind) if closed else None

    def with_shortcuts(self, blocks: Iterable[int], strength: float) -> Wiring:
        """The wiring with these blocks' shortcuts at `strength`.

        Raises:
            UserError: a block number is not in the network, or the strength is out of range.
        """
        return replace(self, shortcuts=_replaced(self.shortcuts, blocks, strength))

    def with_branches(self, blocks: Iterable[int], strength: float) -> Wiring:
        """The wiring with these blocks' residual branches at `strength`, none of them left out; raises as
        `with_shortcuts`.
        """
        chosen = _block_numbers(blocks, self.block_count)
        kept = tuple(number for number in self.left_out if number not in chosen)
        return replace(self, branches=_replaced(self.branches, chosen, strength), left_out=kept)

    def with_left_out(self, blocks: Iterable[int]) -> Wiring:
        """The wiring with these blocks left out, too. Whether a network's blocks can be, `BlockSpec.stays` says.

        Raises:
            UserError: a block number is not in the network.
        """
        chosen = _block_numbers(blocks, self.block_count)
        return replace(self.with_branches(chosen, 1.0), left_out=tuple(sorted(chosen.union(self.left_out))))

    def toggled_shortcut(self, block: int) -> Wiring:
        """Cut what is fully or partly open, restore what is cut; raises as `with_shortcuts`."""
        return self.with_shortcuts([block], 1.0 if block in self.cut else 0.0)

    def toggled_branch(self, block: int) -> Wiring:
        """Drop what is fully or partly open, restore what is dropped or left out; raises as `with_shortcuts`."""
        return self.with_branches([block], 1.0 if block in (*self.dropped, *self.left_out) else 0.0)

    def describe(self, *, has_shortcuts: bool = True, longest: int = 0) -> str:
        """The gates in words: "8 of 27 shortcuts cut, 1 of 27 residual branches dropped", "all shortcuts open".

        Of a plain network (`has_shortcuts` False) only the branches are told; "no shortcuts" where all are open.
        With `longest` the blocks are named too, in up to that many characters for each kind of gate:
        "8 of 27 shortcuts cut (20-27)", "1 shortcut weakened (4=0.5)"; "…" ends a longer list.
        """
        parts: list[str] = []
        if has_shortcuts:
            parts += self._gates(self.cut, self.weakened, ("shortcut", "shortcuts", "cut"), longest)
        branches = ("residual branch", "residual branches", "dropped")
        parts += self._gates(self.dropped, self.weakened_branches, branches, longest)
        parts += self._gates(self.left_out, {}, ("block", "blocks", "left out"), longest)
        return ", ".join(parts) or ("all shortcuts open" if has_shortcuts else "no shortcuts")

    def _gates(
        self, closed: tuple[int, ...], weak: dict[int, float], words: tuple[str, str, str], longest: int
    ) -> list[str]:
        one, many, verb = words
        parts = []
        if closed:
            is_every = len(closed) == self.block_count
            which = "" if is_every else _bracketed(number_ranges(closed), longest)
            parts.append(f"{len(closed)} of {self.block_count} {many} {verb}{which}")
        if weak:
            counted = f"{len(weak)} {one if len(weak) == 1 else many}"
            parts.append(f"{counted} weakened{_bracketed(strengths(weak), longest)}")
        return parts


def number_ranges(numbers: Iterable[int]) -> str:
    """Block numbers as the command line writes them: "3,5-9"; empty for none."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def strengths(weakened: dict[int, float]) -> str:
    """Partly open gates as the command line writes them: "4=0.5,7=0.25"."""
    return ",".join(f"{number}={strength!r}" for number, strength in sorted(weakened.items()))


def _is_strength(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0


def _bracketed(blocks: str, longest: int) -> str:
    """ " (3,5-9)", whole entries only; empty where nothing may be named."""
    if len(blocks) <= longest:
        return f" ({blocks})"
    whole = blocks[: blocks.rfind(",", 0, longest + 1) + 1]
    return f" ({whole}…)" if whole else ""


def _replaced(strengths: tuple[float, ...], blocks: Iterable[int], strength: float) -> tuple[float, ...]:
    chosen = _block_numbers(blocks, len(strengths))
    if not _is_strength(strength):
        raise ArgumentError("strength", "a number between 0 and 1", strength)
    return tuple(strength if n in chosen else old for n, old in enumerate(strengths, 1))


def _block_numbers(blocks: Iterable[int], count: int) -> set[int]:
    """Those of a list, each once.

    Raises:
        UserError: it is no list of numbers from 1 to `count`.
    """
    given: object = blocks
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentError("blocks", "a list of block numbers, such as [3, 5]", blocks)
    chosen = set()
    for number in blocks:
        found = whole("blocks", number, -(2**63), 2**63)
        if not 1 <= found <= count:
            raise UserError(f"There is no block {found}: this network has blocks 1 to {count}.")
        chosen.add(found)
    return chosen

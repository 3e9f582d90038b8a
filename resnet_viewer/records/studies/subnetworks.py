"""The study "All sub-networks": every choice of a small network's blocks, and which of them need each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records import notation
from resnet_viewer.records.blueprint import BlockSpec, Blueprint
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.games import Game
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted, joined, number_word, percent, sentence, thousands
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option, without_error
from resnet_viewer.records.wiring import Wiring, number_ranges

MOST_BLOCKS = 12
"""4 096 sub-networks: some minutes of a small network, on a few hundred pictures."""
_NEAR = 10.0
"""So many points more error than the whole network's are still told as close to it."""
_LARGEST = 1000.0
"""Percent: no error comes near to it."""


@dataclass(frozen=True)
class SubnetworksOptions(Options):
    """Which blocks are kept and dropped in turn."""

    blocks: str = option(
        "all",
        "Blocks",
        f"those that are kept and dropped in turn, such as 1-6,9; at most {MOST_BLOCKS}. The others stay as they are.",
    )


def players(state: NetworkState, plan: Blueprint, options: SubnetworksOptions) -> tuple[int, ...]:
    """The blocks that are kept and dropped in turn: of those that were asked for all that do anything, and whose input
    can go on without them.

    Raises:
        UserError: the options' blocks are badly written, or not there.
    """
    chosen = notation.blocks(options.blocks, len(plan.blocks))
    return tuple(
        block.number
        for block in plan.blocks
        if block.number in chosen
        and state.wiring.branches_run[block.number - 1] > 0
        and (block.shortcut != "none" or not block.stays)
    )


def masks(state: NetworkState, plan: Blueprint, options: SubnetworksOptions) -> Iterator[str]:
    """All sub-networks, the whole one first: for each block "1" where it is kept, else "0".

    The last blocks change fastest, so that each next sub-network begins as the one before it: what the blocks before
    the first that changes give is the same.
    """
    taking_turns = players(state, plan, options)
    whole = list(_mask(state.wiring))
    for place in range(2 ** len(taking_turns) - 1, -1, -1):
        for bit, block in enumerate(reversed(taking_turns)):
            whole[block - 1] = str(place >> bit & 1)
        yield "".join(whole)


def wiring_of(mask: str, wiring: Wiring, blocks: Sequence[BlockSpec]) -> Wiring:
    """The wiring with the blocks of that sub-network alone: of the others that it has the branch is dropped, or where
    there is no shortcut the block is left out.
    """
    gone = [
        block
        for block, now, before in zip(blocks, mask, _mask(wiring), strict=True)
        if now == "0" and before == "1"
    ]
    left_out = [block.number for block in gone if block.shortcut == "none"]
    dropped = [block.number for block in gone if block.shortcut != "none"]
    found = wiring.with_branches(dropped, 0.0) if dropped else wiring
    return found.with_left_out(left_out) if left_out else found


def _mask(wiring: Wiring) -> str:
    return "".join("1" if strength > 0 else "0" for strength in wiring.branches_run)


@dataclass(frozen=True, eq=False)
class Found:
    """What the rows of a result say about its sub-networks."""

    result: StudyResult

    @cached_property
    def plan(self) -> Blueprint:
        """The network's blueprint."""
        state = self.result.order.state
        return blueprint(state.network, state.preprocessing.crop)

    @cached_property
    def players(self) -> tuple[int, ...]:
        """Numbers of the blocks that take turns."""
        options = self.result.order.options
        assert isinstance(options, SubnetworksOptions)
        return players(self.result.order.state, self.plan, options)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Those that are sub-networks of these blocks: a file may hold others."""
        whole = _mask(self.start)
        turns = [number in self.players for number in range(1, len(whole) + 1)]

        def is_one(mask: object) -> bool:
            return (
                isinstance(mask, str)
                and len(mask) == len(whole)
                and all(
                    now == before or (takes_turns and now in "01")
                    for now, before, takes_turns in zip(mask, whole, turns, strict=True)
                )
            )

        return tuple(
            row for row in self.result.rows if is_one(row.get("mask")) and _is_number(row.get("error"))
        )

    def kept(self, row: Row) -> tuple[int, ...]:
        """Of the blocks that take turns, those of that sub-network."""
        mask = str(row["mask"])
        return tuple(number for number in self.players if mask[number - 1] == "1")

    def dropped(self, row: Row) -> tuple[int, ...]:
        """Those that it is without."""
        mask = str(row["mask"])
        return tuple(number for number in self.players if mask[number - 1] == "0")

    def wiring(self, row: Row) -> Wiring:
        """The gates that it was measured with."""
        return wiring_of(str(row["mask"]), self.result.order.state.wiring, self.plan.blocks)

    def without(self, *numbers: int) -> Wiring:
        """The gates of the network without these blocks."""
        mask = "".join("0" if n in numbers else old for n, old in enumerate(_mask(self.start), 1))
        return wiring_of(mask, self.start, self.plan.blocks)

    @property
    def start(self) -> Wiring:
        """The gates of the network as it begins."""
        return self.result.order.state.wiring

    def by_size(self) -> dict[int, list[Row]]:
        """Sub-networks by how many of the blocks they keep, each size's by error, lowest first."""
        found: dict[int, list[Row]] = {}
        for row in self.rows:
            found.setdefault(len(self.kept(row)), []).append(row)
        return {size: sorted(found[size], key=error_of) for size in sorted(found)}

    @cached_property
    def game(self) -> Game | None:
        """The right pictures in percent, 100 − error, by which of the blocks are kept; None before all are measured."""
        return self._game("error")

    @cached_property
    def halves(self) -> tuple[Game, Game] | None:
        """The same on the first and the second half of the pictures."""
        first, second = self._game("error_first"), self._game("error_second")
        return None if first is None or second is None else (first, second)

    def _game(self, column: str) -> Game | None:
        values: NDArray[np.float64] = np.full(2 ** len(self.players), np.nan)
        for row in self.rows:
            if _is_number(error := row.get(column)):
                place = sum(1 << self.players.index(number) for number in self.kept(row))
                values[place] = 100.0 - error
        return Game(values) if np.isfinite(values).all() else None

    @cached_property
    def doubt(self) -> float | None:
        """Standard error of an interaction of two blocks, in points, that comes from the choice of the pictures: half
        the root of the mean square of the differences between the two halves of the pictures. None where not known.
        """
        if self.halves is None or len(self.players) < 2:
            return None
        first, second = self.halves
        return float(np.sqrt(np.nanmean((first.pairs - second.pairs) ** 2)) / 2)

    @cached_property
    def chance(self) -> NDArray[np.float64] | None:
        """(n + 1,), what the choice of the pictures alone adds to the strength of each order, about; None where not
        known. Of two halves' interactions the difference is twice as uncertain as an interaction of all pictures.
        """
        if self.halves is None or self.game is None:
            return None
        first, second = self.halves
        differences = np.abs(first.interactions - second.interactions) / 2
        return np.bincount(self.game.sizes, differences, len(self.players) + 1).astype(np.float64)


def error_of(row: Row) -> float:
    """A row's error, in percent."""
    error = row["error"]
    assert isinstance(error, int | float)
    return float(error)


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it can be an error in percent; a damaged file holds others."""
    return isinstance(value, int | float) and abs(value) <= _LARGEST


def refusal(state: NetworkState, plan: Blueprint, options: SubnetworksOptions) -> str:
    """Why there are no sub-networks, or too many."""
    if reason := without_error(state.network):
        return reason
    title = state.network.title
    try:
        count = len(players(state, plan, options))
    except UserError as problem:
        return str(problem)
    if count == 0:
        return (
            f"None of these blocks of {title} can be dropped: either they are already, or they have no shortcut that "
            "carries their input on; choose other blocks."
        )
    if count > MOST_BLOCKS:
        return (
            f"{title} has {count} blocks to choose from, which make {thousands(2**count)} sub-networks: name at most "
            f"{MOST_BLOCKS} of them, such as blocks 1-{MOST_BLOCKS}, or take a smaller network."
        )
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """What the sub-networks say; of an incomplete result only how far it is."""
    found = Found(result)
    rows = found.rows
    measure, title = result.basis.measure, result.order.state.network.title
    if not rows:
        return ()
    if found.game is None:
        best = min(rows, key=error_of)
        return (
            f"{thousands(len(rows))} of {thousands(result.points)} sub-networks of {title} are measured so far; the "
            f"best ({without_words(found.dropped(best))}) has {percent(error_of(best))} {measure}. Interactions need "
            "all.",
        )
    errors = 100 - found.game.values
    said = [
        f"{title} has {thousands(len(rows))} sub-networks of its {blocks_words(found)}: {measure} is "
        f"{percent(errors[-1])} with all of them, {percent(errors[0])} with none, and "
        f"{percent(float(np.median(errors)))} in the median.",
        *_best(found),
    ]
    if len(found.players) > 1:
        said += [_orders(found, found.game), _pairs(found, found.game)]
    said.append(_worth(found, found.game))
    return tuple(map(sentence, said))


def blocks_words(found: Found) -> str:
    """ "nine blocks", "blocks 1-6, 9"."""
    if len(found.players) == len(found.plan.blocks):
        return counted(len(found.players), "block")
    noun = "block" if len(found.players) == 1 else "blocks"
    return f"{noun} {number_ranges(found.players).replace(',', ', ')}"


def without_words(numbers: Sequence[int]) -> str:
    """ "the whole network", "without block 3", "without blocks 3, 5-7"."""
    if not numbers:
        return "the whole network"
    noun = "block" if len(numbers) == 1 else "blocks"
    return f"without {noun} {number_ranges(numbers).replace(',', ', ')}"


def _best(found: Found) -> list[str]:
    """How much can go, if it is the right blocks that go."""
    sizes = found.by_size()
    count = len(found.players)
    whole = error_of(sizes[count][0])
    said = []
    better = [row for size in range(count) for row in sizes[size] if error_of(row) < whole]
    if better:
        best = min(better, key=error_of)
        verb = "does" if len(better) == 1 else "do"
        said.append(
            f"{number_word(len(better))} of them {verb} better than the whole network on these pictures, by "
            f"{_points(whole - error_of(best))} at most ({without_words(found.dropped(best))})."
        )
    lowest = [sizes[count - gone][0] for gone in range(1, min(3, count) + 1)]
    told = [f"{percent(error_of(row))} ({without_words(found.dropped(row))})" for row in lowest]
    said.append(
        f"The best with {joined([number_word(n + 1) for n in range(len(told))])} fewer: {', '.join(told)}."
    )
    near = [size for size, rows in sizes.items() if error_of(rows[0]) <= whole + _NEAR]
    if (fewest := min(near)) < count:
        row = sizes[fewest][0]
        said.append(
            f"With {fewest} of {count} it still is within {_NEAR:.0f} points of the whole network: "
            f"{_kept_words(found, row)} kept, {percent(error_of(row))}."
        )
    else:
        said.append(f"No sub-network is within {_NEAR:.0f} points of the whole network.")
    return said


def _kept_words(found: Found, row: Row) -> str:
    kept = found.kept(row)
    if not kept:
        return "none"
    return f"block{'' if len(kept) == 1 else 's'} {number_ranges(kept).replace(',', ', ')}"


def _orders(found: Found, game: Game) -> str:
    """Which orders of interactions are large, and whether that is more than any game would have."""
    count = len(found.players)
    peak = 1 + int(game.strength[1:].argmax())
    shares = _shares(game)
    said = (
        f"Interactions (Harsanyi's dividends of the right pictures) sum to the most at order {peak} of {count}: "
        f"{thousands(game.strength[peak])} points over {thousands(game.counts[peak])} choices of {peak}"
    )
    if game.unrelated[peak] > 0:
        times = game.strength[peak] / game.unrelated[peak]
        said += f", {times:.2f} times what the same errors would give if they were dealt out by chance"
    if found.chance is not None:
        chance = found.chance[peak]
        part = f"about {thousands(chance)} of it" if chance < game.strength[peak] else "about as much"
        said += f"; the choice of the pictures alone makes {part}"
    if shares is None:
        return said
    return (
        f"{said}. Of how the sub-networks differ, single blocks explain {shares[1]:.0f} %, pairs {shares[2]:.0f} %, "
        f"more together {100 - shares[1] - shares[2]:.0f} %"
    )


def _shares(game: Game) -> NDArray[np.float64] | None:
    """Percent of the variance by order; None where all values are the same."""
    total = float(game.variance.sum())
    if total <= 0:
        return None
    found: NDArray[np.float64] = 100 * game.variance / total
    return found


def _pairs(found: Found, game: Game) -> str:
    """Which two need each other most, and which stand in for each other."""
    flat = [
        (float(game.pairs[i, j]), found.players[j], found.players[i]) for i, j in _below(len(found.players))
    ]
    highest, lowest = max(flat), min(flat)
    doubt = found.doubt
    known = "" if doubt is None else f" (to ±{2 * doubt:.1f}, from the two halves of the pictures)"
    least = 0.0 if doubt is None else 2 * doubt
    told = []
    if highest[0] > least:
        told.append(
            f"blocks {highest[1]} and {highest[2]} need each other most: where one is kept the other adds "
            f"{_points(highest[0])} more, over all that may be kept beside them{known}"
        )
        known = ""
    if lowest[0] < -least:
        told.append(
            f"blocks {lowest[1]} and {lowest[2]} stand in for each other most: where one is kept the other adds "
            f"{_points(-lowest[0])} less{known}"
        )
    if told:
        return "; ".join(told)
    return f"no two blocks need each other, or stand in for each other, by more than is known{known}"


def _below(count: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(count) for j in range(i))


def _worth(found: Found, game: Game) -> str:
    total = game.values[-1] - game.values[0]
    most, least = int(game.worth.argmax()), int(game.worth.argmin())
    between = f"of the {_points(total)} between the whole network and none of the blocks"
    if game.worth[most] - game.worth[least] < 0.05:  # alike as it is written
        whose = "each of the blocks" if len(found.players) > 1 else f"block {found.players[0]}"
        return f"{between} {whose} is worth {game.worth[most]:.1f} (Shapley's value)"
    return (
        f"{between}, block {found.players[most]} is worth {game.worth[most]:.1f} (Shapley's value), the most, and "
        f"block {found.players[least]} {game.worth[least]:.1f}, the least"
    )


def _points(points: float) -> str:
    return f"{points:.1f} points"


INFO = StudyInfo(
    name="subnetworks",
    title="All sub-networks",
    question="Which blocks need each other?",
    papers=(),
    options=SubnetworksOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "Every choice of residual branches is kept, the others dropped (a block without a shortcut is left out), and "
        "the pictures are counted that are right. From these: what a block is worth (Shapley 1953), what some are "
        "worth only together (Harsanyi 1963), and which two need each other (the interaction index of Grabisch and "
        "Roubens 1999)."
    ),
)

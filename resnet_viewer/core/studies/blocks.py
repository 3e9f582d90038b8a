"""The points of the study "Blocks, one at a time": lesions, cuts, blocks left out, several at once, and swaps.

The order of events: the network as it begins; then each part by itself, in which the point whose first changed block
lies last comes first, so that what is kept before that block serves all points that follow. What is drawn several times
goes round by round, each with one draw of every number, so that what is there of it at any time stands for all of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from math import comb

from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.studies.blocks import (
    BlocksOptions,
    Kind,
    kendall_tau,
    levels,
    swap_levels,
    targets,
)
from resnet_viewer.records.study import Options, Value
from resnet_viewer.records.wiring import Wiring, number_ranges

_TRIES = 20
"""Draws of an order for each one that is wanted, before there are taken to be no others."""


def plan(bench: Bench, options: Options) -> StudyPlan:
    """Every point that the options ask for and the network allows."""
    assert isinstance(options, BlocksOptions)
    made = _Points(bench, options)
    return StudyPlan([*made.begun(), *made.singly(), *made.several(), *made.swaps()])


class _Points:
    """Makes the points of one bench."""

    def __init__(self, bench: Bench, options: BlocksOptions) -> None:
        self._bench, self._options = bench, options
        self._wiring = bench.state.wiring
        self._count = len(bench.plan.blocks)
        self._targets = targets(bench.state, bench.plan)
        self._before: tuple[Wiring | None, tuple[int, ...]] = (None, ())
        """The gates and the order of the point before."""

    def begun(self) -> Iterator[Point]:
        """The network as it begins."""
        yield self._point("as it begins", "base", self._wiring)

    def singly(self) -> Iterator[Point]:
        """Each branch dropped or block left out, then each shortcut cut; the last block first."""
        if self._options.lesions:
            for block in reversed(self._targets.drop):
                wiring = self._wiring.with_branches([block], 0.0)
                yield self._point(f"drop {block}", "drop", wiring, block=block)
            for block in reversed(self._targets.leave_out):
                wiring = self._wiring.with_left_out([block])
                yield self._point(f"leave out {block}", "leave out", wiring, block=block)
        if self._options.cuts:
            for block in reversed(self._targets.cut):
                wiring = self._wiring.with_shortcuts([block], 0.0)
                yield self._point(f"cut {block}", "cut", wiring, block=block)

    def several(self) -> Iterator[Point]:
        """Several branches dropped, or blocks left out, at once."""
        if not self._options.several:
            return
        blocks, is_drop = self._targets.several, bool(self._targets.drop)
        kind: Kind = "drops" if is_drop else "leave outs"
        drawn = {count: self._subsets(kind, blocks, count) for count in levels(len(blocks))}
        for draw in range(self._options.draws):
            this = {count: sets[draw] for count, sets in drawn.items() if draw < len(sets)}
            for count, chosen in sorted(this.items(), key=lambda each: each[1], reverse=True):
                wiring = (
                    self._wiring.with_branches(chosen, 0.0) if is_drop else self._wiring.with_left_out(chosen)
                )
                yield self._point(
                    f"{kind} {count}, draw {draw + 1}",
                    kind,
                    wiring,
                    count=count,
                    draw=draw + 1,
                    draws=len(drawn[count]),
                    blocks=number_ranges(chosen),
                )

    def swaps(self) -> Iterator[Point]:
        """Random pairs of blocks of equal shape that changed places, 1, 2, 4 … of them."""
        if not self._options.swaps:
            return
        pairs = [pair for group in self._bench.plan.alike for pair in combinations(group, 2)]
        drawn = {count: self._orders(pairs, count) for count in swap_levels(self._bench.plan)}
        for draw in range(self._options.draws):
            this = {count: orders[draw] for count, orders in drawn.items() if draw < len(orders)}
            for count, order in sorted(this.items(), key=lambda each: _first_moved(each[1]), reverse=True):
                yield self._point(
                    f"swaps {count}, draw {draw + 1}",
                    "swaps",
                    self._wiring,
                    order,
                    count=count,
                    draw=draw + 1,
                    draws=len(drawn[count]),
                    tau=kendall_tau(order),
                    order=",".join(map(str, order)),
                )

    def _point(
        self,
        name: str,
        kind: Kind,
        wiring: Wiring,
        order: tuple[int, ...] = (),
        /,
        **facts: Value,
    ) -> Point:
        before, before_order = self._before
        passes = self._bench.cost(wiring, order=order, after=before, after_order=before_order)
        self._before = wiring, order
        return Point(name, passes, partial(self._measured, wiring, order, {"kind": kind, **facts}))

    def _measured(self, wiring: Wiring, order: tuple[int, ...], facts: dict[str, Value]) -> Work:
        side = yield from self._bench.side(wiring, order=order)
        assert side.error is not None
        assert side.interval is not None
        low, high = side.interval
        found = {"error": side.error, "low": low, "high": high, "wrong": int(side.wrong.sum())}
        return {**facts, **found, "right": side.mean_right}

    def _subsets(self, kind: Kind, blocks: Sequence[int], count: int) -> list[tuple[int, ...]]:
        """So many different sets of `count` blocks, each sorted; all where there are no more."""
        wanted = min(self._options.draws, comb(len(blocks), count))
        if wanted == comb(len(blocks), count):
            return list(combinations(blocks, count))
        chance = random.Random(f"{self._options.seed} {kind} {count}")
        found: dict[tuple[int, ...], None] = {}
        while len(found) < wanted:
            found[tuple(sorted(chance.sample(blocks, count)))] = None
        return list(found)

    def _orders(self, pairs: Sequence[tuple[int, int]], count: int) -> list[tuple[int, ...]]:
        """So many different orders of all blocks after `count` swaps, none of them the usual one."""
        chance = random.Random(f"{self._options.seed} swaps {count}")
        usual = tuple(range(1, self._count + 1))

        def swapped(chosen: Sequence[tuple[int, int]]) -> tuple[int, ...]:
            order = list(usual)
            for one, other in chosen:
                order[one - 1], order[other - 1] = order[other - 1], order[one - 1]
            return tuple(order)

        if count == 1:
            wanted = min(self._options.draws, len(pairs))
            return [swapped([pair]) for pair in chance.sample(pairs, wanted)]
        tries = (swapped(chance.choices(pairs, k=count)) for _ in range(_TRIES * self._options.draws))
        different = dict.fromkeys(order for order in tries if order != usual)
        return list(different)[: self._options.draws]


def _first_moved(order: Sequence[int]) -> int:
    """The first place at which another block stands."""
    return next(place for place, number in enumerate(order, 1) if place != number)

"""What studies measure with: a live network, the pictures of a test set, and activations kept between states.

The order of events: the network as it begins is measured; then states come one after the other, a part of a batch's
pass each step, from the last kept activation that came through the same. What is kept is bounded; where that
is not enough for the inputs of all blocks, it is kept before those that save most (`core.meter.kept_places`). Batches
are the meter's and `evaluate`'s, so that all of them find the same, bit for bit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.data.folder_data import free_bytes
from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import Kept, Runner, Tally, View, batch_size, cost_from, gated, pass_cost
from resnet_viewer.core.network import Network
from resnet_viewer.core.preprocessing import scaled
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import Options, Row
from resnet_viewer.records.test_set import CROPS, Integers, SetPictures, SetSide
from resnet_viewer.records.wiring import Wiring

Work = Generator[None, None, Row]
"""Yields where it can be stopped, a few milliseconds of work apart; returns what it measured."""


class Point(NamedTuple):
    """One measurement: its name in files, and what makes it."""

    name: str
    passes: float
    """What it costs, about, in whole forward passes of one picture, right after the point before it."""
    measure: Callable[[], Work]


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """The points of a study in the order in which they are best measured; the same order gives the same points."""

    points: Sequence[Point]


KEPT_BYTES = 2 << 30
"""The most memory for activations that are kept: nearly all of a ResNet-56 for 2 000 pictures."""
_TIMED = 4
"""Batches that an estimate takes the time of."""
_KEPT_SHARE = 4
"""Of what is free one part in so many is taken at most: a study runs beside a window, and other studies."""


def kept_bytes_now() -> int:
    """Memory for activations that are kept, by what is free now. How much it is changes how long a study takes, and
    no number.
    """
    free = free_bytes()
    return KEPT_BYTES if free is None else min(KEPT_BYTES, free // _KEPT_SHARE)


class Bench:
    """A network and the pictures of a test set, for the points of one study. Lives on one thread.

    `view` are the pictures; None for a study that needs none.
    """

    def __init__(
        self,
        network: Network,
        state: NetworkState,
        *,
        device: str,
        view: View | None = None,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.network, self.state, self.device = network, state, device
        self.plan = blueprint(state.network, state.preprocessing.crop)
        self._view = view
        self._kept = Kept(kept_bytes)
        self._base: SetSide | None = None
        self._passes = self._saved = 0.0
        if view is not None:
            self._kept.begin((CROPS, state.network, state.preprocessing), len(view.pixels))

    @property
    def pictures(self) -> SetPictures:
        """Names and labels of the N pictures."""
        assert self._view is not None, "the study needs a test set"
        return self._view.pictures

    def __len__(self) -> int:
        """How many pictures there are; 0 for a study that needs none."""
        return 0 if self._view is None else len(self._view.pixels)

    @property
    def labels(self) -> Integers | None:
        """(N,), the true classes; None where they are not known."""
        return self.pictures.labels

    @property
    def passes(self) -> float:
        """Whole forward passes of one picture that were run, by what they cost."""
        return self._passes

    @property
    def saved(self) -> float:
        """Passes that kept activations saved."""
        return self._saved

    @property
    def kept_bytes(self) -> int:
        """Memory of the activations that are kept."""
        return self._kept.nbytes

    @property
    def digest(self) -> str:
        """SHA-256 of the pictures as the network sees them, and of their labels; "" without any."""
        if self._view is None:
            return ""
        found = hashlib.sha256(self._view.pixels.data)
        if self.labels is not None:
            found.update(self.labels.data)
        return found.hexdigest()

    def seconds_a_pass(self) -> Generator[None, None, float]:
        """How long a whole pass of one picture takes now, in the quickest of a few batches: one alone may have waited
        for whoever else is at work here. Yields after each part of one.
        """
        size = batch_size(self.state, self.device)
        if self._view is not None:
            pixels = self._view.pixels[:size]
        else:
            channels, height, width = self.plan.input_shape
            pixels = np.zeros((size, height, width, channels), np.uint8)
        times, parts = [], self.network.parts()
        for _ in range(_TIMED):  # the first one allocates
            spent = 0.0
            x = scaled(pixels, self.state.preprocessing).to(self.device)
            for part in parts:
                begun = time.perf_counter()
                with torch.no_grad(), exact(), gated(part, self.network.blocks, self.state.wiring):
                    x = part.run(x)
                if part is parts[-1]:
                    x.cpu()  # which waits for a GPU
                spent += time.perf_counter() - begun
                yield
            times.append(spent)
        return min(times) / len(pixels)

    def cost(
        self,
        wiring: Wiring,
        *,
        order: tuple[int, ...] = (),
        after: Wiring | None = None,
        after_order: tuple[int, ...] = (),
    ) -> float:
        """How many whole passes of one picture it comes to, about, to take all of them through these gates right after
        those of `after` (None: after nothing), each in its order: it begins at the last kept block before whose input
        none differs, and what is closed is not computed. After nothing, and without true classes, the network as it
        begins is measured first.
        """
        start = 0
        base = self.state.wiring
        if (
            after is None
            and self._view is not None
            and self.labels is None
            and not self._is_base(wiring, order)
        ):
            return self.cost(base) + self.cost(wiring, order=order, after=base)
        if after is not None:
            both = zip(_run(wiring, order), _run(after, after_order), strict=True)
            differing = (place for place, (ours, theirs) in enumerate(both, 1) if ours != theirs)
            first = next(differing, len(self.plan.blocks))
            start = max((place for place in self._kept.places if place <= first), default=0)
        return len(self) * cost_from(self.plan, wiring, start) / pass_cost(self.plan)

    def count(self, passes: float) -> None:
        """Passes of one picture that a study ran by itself: a backward pass costs as much as two forward ones."""
        self._passes += passes

    def side(self, wiring: Wiring, *, order: tuple[int, ...] = ()) -> Generator[None, None, SetSide]:
        """What every picture is taken for with these gates; yields after each part of a batch's pass.

        With `order` the blocks are run in that order: the numbers of all of them, where those of one group of
        `plan.alike` have changed places. Where true classes are not known it is held against what the network as it
        begins takes the pictures for, and `right` is the probability of that class. Only what lies behind the first
        block that differs from the state measured before is run: of states that differ in one block each it is best to
        begin with the last block.

        Raises:
            UserError: the gates or the order do not fit the network.
        """
        is_base = self._is_base(wiring, order)
        if self.labels is None and self._base is None and not is_base:
            self._base = yield from self.side(self.state.wiring)
        assert self._view is not None
        truth = self.labels
        if truth is None and not is_base:
            assert self._base is not None
            truth = self._base.predicted
        tally = Tally(len(self._view.pixels), self.state.network.classes, truth)
        runner = Runner(
            lambda _: self.network,
            replace(self.state, wiring=wiring),
            self._view.pixels,
            tally,
            device=self.device,
            kept=self._kept,
            order=order,
        )
        yield from self._run(runner)
        if truth is not None:
            return tally.side(truth)
        side = tally.side(tally.predicted)
        self._base = replace(side, right=side.probability)
        return self._base

    def through(self, network: Network, tally: Tally) -> Generator[None]:
        """Take every picture through another network of the same kind, such as a copy with other weights, with the
        gates of the session, and into the `tally`; yields after each part of a batch's pass.
        """
        assert self._view is not None
        yield from self._run(
            Runner(lambda _: network, self.state, self._view.pixels, tally, device=self.device)
        )

    def _run(self, runner: Runner) -> Generator[None]:
        whole = pass_cost(self.plan)
        try:
            while not runner.is_done:
                yield from runner.batch()
        finally:
            self._passes += runner.ran / whole
            self._saved += runner.saved / whole

    def _is_base(self, wiring: Wiring, order: tuple[int, ...]) -> bool:
        """Whether that is the network as it begins."""
        return wiring == self.state.wiring and order in ((), tuple(range(1, len(self.plan.blocks) + 1)))

    def inputs(self, start: int, stop: int) -> Tensor:
        """The pictures from place `start` to before `stop` as the network sees them, (n, C, S, S) on the device."""
        assert self._view is not None
        return scaled(self._view.pixels[start:stop], self.state.preprocessing).to(self.device)

    def picture(self, place: int) -> Picture:
        """The picture at that place as the network sees it, (S, S, 3), grey ones too."""
        assert self._view is not None
        pixels = self._view.pixels[place]
        return Picture.of(
            np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))),
            name=self.pictures.names[place],
        )

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The pictures as the network sees them, (n, C, S, S) on the device, and their classes, (n,): the true ones, or
        those that the network as it begins gives (then `side` was run before).
        """
        assert self._view is not None
        truth = self.labels
        if truth is None:
            assert self._base is not None, "the network as it begins is measured first"
            truth = self._base.predicted
        for start in range(0, len(self._view.pixels), size):
            classes = torch.from_numpy(np.array(truth[start : start + size]))
            yield self.inputs(start, start + size), classes.to(self.device)


def _run(wiring: Wiring, order: tuple[int, ...]) -> Iterator[tuple[int, float, float, bool]]:
    """The blocks as they are run: the number and the gates of each, and whether it is left out."""
    for number in order or range(1, wiring.block_count + 1):
        gates = wiring.shortcuts[number - 1], wiring.branches[number - 1]
        yield number, *gates, number in wiring.left_out


def plan_of(name: str) -> Callable[[Bench, Options], StudyPlan]:
    """What makes the points of the study of that name."""
    made: Callable[[Bench, Options], StudyPlan] = import_module(f"resnet_viewer.core.studies.{name}").plan
    return made

"""The error meter's engine: what two states of networks take many pictures for, a block of a batch at a time.

The order of events: pictures are drawn, read and cut once; then the reference and now take turns, a batch each, and
every part of a batch's pass ends with a yield, so that a toggle waits for one block's batch and not for a pass. On the
way activations are kept before some of the blocks, as many as fit: the next state of the same network starts from the
last of them that its gates leave as they are. Batches never change, so what starts there is bit for bit a whole pass.

It runs the engine's live networks, on their thread: gates are set for one step and put back after it.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viewer.core.blocks import Block
from resnet_viewer.core.data.picture_folders import DatasetError, LeftOut, listed, without_pictures
from resnet_viewer.core.data.test_sets import Drawn, Prepared, draw, prepared
from resnet_viewer.core.engine import exact, require_channels
from resnet_viewer.core.evaluating import Labelling, labelling
from resnet_viewer.core.network import Network, Part, ReplacedError, wired
from resnet_viewer.core.not_finite import highest
from resnet_viewer.core.preprocessing import scaled
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import wiring_words
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.layers import LayerSpec, layers_of
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.test_set import (
    NOT_SEEN,
    THUMBNAIL,
    Integers,
    MeasureSet,
    SetPictures,
    SetReading,
    SetSide,
    Shares,
    TestSet,
)
from resnet_viewer.records.wiring import Wiring

KEPT_BYTES = 512 * 2**20
"""Of activations."""
PIXELS_BYTES = 256 * 2**20
"""Of pictures that were read and cut, with their thumbnails, of all test sets together."""
SIDES_KEPT = 256
"""States whose predictions are remembered; of 300 pictures each is 7 kB."""
TOLD_EVERY = 0.1
"""Seconds between two partial readings, or two signs of progress: nobody reads faster, and each is painted."""
_STEP_MACS, _STEP_MACS_ELSEWHERE = 40e6, 10e9
"""Multiply-accumulates of one block's batch: some milliseconds on a core of a processor, and on whatever else there is.
Larger batches were slower on a processor: maps leave its cache."""
_LARGEST_BATCH = 256
_CHUNK = 1024
"""Pictures, about, that an evaluation reads before they go through the network: as many as make whole batches, which
are the meter's then."""
_MACS_OF_A_VALUE = 16
"""What a value that a layer puts out costs beside its products: it is normalised, added, and goes through memory."""

Live = Callable[[NetworkSpec], Network]
"""Gives the live network of a spec, in evaluation mode; not always the same one."""


class Meter:
    """Answers `MeasureSet`s, and keeps what makes the next answer cheap.

    Between two yields everything is as it was before: no gate, no mode, no hook is left behind.
    """

    def __init__(
        self, live: Live, *, device: str, kept_bytes: int = KEPT_BYTES, told_every: float = TOLD_EVERY
    ) -> None:
        self._live, self._device, self._told_every = live, device, told_every
        self._kept = Kept(kept_bytes)
        self._prepared: OrderedDict[tuple[TestSet, _Geometry], tuple[Drawn, Prepared]] = OrderedDict()
        self._sides: OrderedDict[tuple[TestSet, NetworkState], Tally] = OrderedDict()

    def answer(self, question: MeasureSet) -> Generator[Progress | SetReading | None]:
        """Yield Progress while pictures are read, then partial readings, ten a second at most, then the complete one;
        None after every other step.

        Raises:
            UserError: the pictures cannot be had, or are too many, or a network takes none or has no classes.
        """
        now, reference = question.now, question.reference
        for state in {now: None, reference: None}:
            require_channels(state)
            if not state.network.has_classifier:
                raise UserError(f"{state.network.title} has no classifier, so there is no error to measure.")
        clock = Clock(self._told_every)
        for done, total in self._prepare(question):
            yield Progress(done, total or None) if clock.has_struck() else None
        views = {state: View.of(*self._found(question.test_set, state), state) for state in (now, reference)}
        runners = [self._runner(question, state, views[state]) for state in dict.fromkeys((reference, now))]
        pictures = views[now].pictures
        tallies = {runner.state: runner.tally for runner in runners}
        while waiting := [runner for runner in runners if not runner.is_done]:
            for _ in min(waiting, key=lambda runner: runner.done).batch():
                yield None
            if clock.has_struck() and any(not runner.is_done for runner in runners):
                yield self._reading(question, pictures, tallies, is_complete=False)
        for state, tally in tallies.items():
            self._sides[question.test_set, state] = tally
        while len(self._sides) > SIDES_KEPT:
            self._sides.popitem(last=False)
        yield self._reading(question, pictures, tallies, is_complete=True)

    def _prepare(self, question: MeasureSet) -> Generator[tuple[int, int]]:
        """Have the test set's pictures as both networks see them; yields how many were read, and of how many."""
        wanted = {
            _geometry(state.preprocessing): state.preprocessing
            for state in (question.now, question.reference)
        }
        for geometry in wanted:
            if (key := (question.test_set, geometry)) in self._prepared:
                self._prepared.move_to_end(key)
        if all((question.test_set, geometry) in self._prepared for geometry in wanted):
            return
        drawn = yield from told(draw(question.test_set), lambda _: (0, 0))
        for preprocessing in wanted.values():
            _require_room(len(drawn), preprocessing)
        reading = prepared(drawn, tuple(wanted.values()))
        found = yield from told(reading, lambda done: (done, len(drawn)))
        for geometry, each in zip(wanted, found, strict=True):
            self._prepared[question.test_set, geometry] = drawn, each
        self._kept.clear()  # files may be others than they were when they were read before
        for test_set, state in [*self._sides]:
            if test_set == question.test_set and _geometry(state.preprocessing) in wanted:
                del self._sides[test_set, state]
        while len(self._prepared) > len(wanted) and self._pixels_bytes > PIXELS_BYTES:
            self._prepared.popitem(last=False)

    @property
    def _pixels_bytes(self) -> int:
        return sum(each.nbytes for _, each in self._prepared.values())

    def _found(self, test_set: TestSet, state: NetworkState) -> tuple[Drawn, Prepared]:
        return self._prepared[test_set, _geometry(state.preprocessing)]

    def _runner(self, question: MeasureSet, state: NetworkState, view: View) -> Runner:
        if (known := self._sides.get((question.test_set, state))) is not None:
            self._sides.move_to_end((question.test_set, state))
            return Runner(self._live, state, view.pixels, known, device=self._device)
        kept = None
        if state.network == question.now.network and state.preprocessing == question.now.preprocessing:
            self._kept.begin((question.test_set, state.network, state.preprocessing), len(view.pixels))
            kept = self._kept
        tally = Tally(len(view.pixels), state.network.classes, view.pictures.labels)
        return Runner(self._live, state, view.pixels, tally, device=self._device, kept=kept)

    def _reading(
        self,
        question: MeasureSet,
        pictures: SetPictures,
        tallies: Mapping[NetworkState, Tally],
        *,
        is_complete: bool,
    ) -> SetReading:
        now, reference = tallies[question.now], tallies[question.reference]
        if pictures.labels is not None:
            sides = now.side(now.labels), reference.side(reference.labels)
        elif question.now.has_classes_of(question.reference):
            sides = now.side(reference.predicted), reference.side(None)
        else:
            sides = now.side(None), reference.side(None)
        return SetReading(question, pictures, *sides, is_complete, self._kept.nbytes, len(self._kept.places))


class Seen(NamedTuple):
    """How far an evaluation is."""

    pictures: int
    wrong: int
    left_out: int
    total: int


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What an evaluation found: the error of one state over a folder of pictures."""

    reading: SetReading
    """Both of its sides are that state."""
    taken: Labelling
    left_out: str
    """Which pictures, in a sentence; empty where there are none."""
    in_question: int = 0
    """Pictures of 16 bits that may have 12."""

    @property
    def error(self) -> float:
        """Of all pictures that could be read, in percent."""
        found = self.reading.now.error
        assert found is not None
        return found

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the error, in percent."""
        found = self.reading.now.interval
        assert found is not None
        return found

    @property
    def mean_right(self) -> float:
        """The mean probability of the true class, from 0 to 1."""
        found = self.reading.now.mean_right
        assert found is not None
        return found

    def table(self) -> list[dict[str, Any]]:
        """For each picture a dictionary, in the order of the names: `picture` (its path from the folder on), `path`,
        `true`, `predicted` (classes by name, or by number where they have none), `probability` (of the predicted class)
        and `probability_of_true`, from 0 to 1.
        """
        return self.reading.table(has_reference=False)

    @property
    def sentence(self) -> str:
        """ "ResNet-56, all shortcuts open: 16.80 % of 10 000 pictures wrong (95 % interval 16.08 to 17.55 %)"."""
        state = self.reading.request.now
        untrained = ", untrained" if state.network.weights.is_untrained else ""
        low, high = self.interval
        return (
            f"{state.network.title}{untrained}, {wiring_words(state.network, state.wiring)}: {self.error:.2f} % of "
            f"{thousands(len(self.reading.pictures))} pictures wrong (95 % interval {low:.2f} to {high:.2f} %)"
        )

    def __repr__(self) -> str:
        return f"<{self.sentence}>"

    @property
    def not_finite(self) -> int:
        """Pictures whose logits are not finite."""
        side = self.reading.now
        return int((side.predicted == self.reading.request.now.network.classes).sum())


def evaluated(
    live: Live,
    state: NetworkState,
    test_set: TestSet,
    *,
    device: str,
    wants_twelve_bits: bool = False,
) -> Generator[Seen, None, Evaluation]:
    """The error of one state over a folder of labelled pictures, as the meter measures it, however many there are.

    Pictures are read some at a time and forgotten. They come in the order of their names at the end. Yields after every
    batch and while pictures are read.

    Raises:
        DatasetError: there are no pictures, their classes are not the network's, or too many cannot be read.
        UserError: the network takes no such pictures.
    """
    require_channels(state)
    drawing = draw(test_set, wants_twelve_bits=wants_twelve_bits)
    drawn = yield from told(drawing, lambda _: Seen(0, 0, 0, 0))
    if drawn.kinds is None:
        raise without_pictures(drawn.folder)
    taken = _labelling(drawn, state)
    left_out = LeftOut(drawn.folder, len(drawn))
    chunks: list[tuple[SetPictures, Tally]] = []
    in_question = 0
    seen = wrong = 0
    size = batch_size(state, device)
    chunk = max(size, _CHUNK // size * size)
    for start in range(0, len(drawn), chunk):
        part = drawn.part(range(start, min(start + chunk, len(drawn))))
        reading = prepared(part, (state.preprocessing,), has_thumbnails=False, left_out=left_out)
        (found,) = yield from told(reading, partial(_same, Seen(seen, wrong, len(left_out), len(drawn))))
        view = View.of(part, found, state)
        tally = Tally(len(view.pixels), state.network.classes, view.pictures.labels)
        runner = Runner(live, state, view.pixels, tally, device=device)
        while not runner.is_done:
            for _ in runner.batch():
                pass
            yield Seen(seen + runner.done, wrong + tally.wrong, len(left_out), len(drawn))
        seen, wrong = seen + runner.done, wrong + tally.wrong
        chunks.append((found.pictures, tally))
        in_question += found.in_question
    reading_of_all = _joined(MeasureSet(test_set, state, state), drawn, chunks, left_out)
    return Evaluation(reading_of_all, taken, left_out.remark(), in_question)


def _joined(
    question: MeasureSet, drawn: Drawn, chunks: Sequence[tuple[SetPictures, Tally]], left_out: LeftOut
) -> SetReading:
    """The chunks as one reading, its pictures in the order of their names."""
    names = [name for pictures, _ in chunks for name in pictures.names]
    order = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
    found_paths = [path for pictures, _ in chunks for path in pictures.paths]
    tallies = [tally for _, tally in chunks]
    labels, predicted, probability, right = (
        np.concatenate(arrays)[order]
        for arrays in zip(*((t.labels, t.predicted, t.probability, t.right) for t in tallies), strict=True)
    )
    side = SetSide(predicted, probability, right, labels, _spread(tallies))
    pictures = SetPictures(
        tuple(names[place] for place in order),
        tuple(found_paths[place] for place in order),
        labels,
        question.now.class_names,
        total=drawn.total,
        left_out=tuple(name for pictures, _ in chunks for name in pictures.left_out),
        remark=" ".join(filter(None, (drawn.remark, left_out.remark()))),
    )
    return SetReading(question, pictures, side, side)


_T = TypeVar("_T")
_U = TypeVar("_U")
_R = TypeVar("_R")


def told(work: Generator[_T, None, _R], word: Callable[[_T], _U]) -> Generator[_U, None, _R]:
    """The same work, whose yields are told in another way."""
    while True:
        try:
            found = next(work)
        except StopIteration as end:
            result: _R = end.value
            return result
        yield word(found)


def _same(word: _T, _: object) -> _T:
    return word


class Clock:
    """Strikes when some time has gone by since it last did, or since it was made."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, time.perf_counter()

    def has_struck(self) -> bool:
        now = time.perf_counter()
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


class _Geometry(NamedTuple):
    """What a preprocessing does to a picture before it is scaled and normalised."""

    resize: int
    crop: int
    interpolation: str
    channels: int


def _geometry(preprocessing: Preprocessing) -> _Geometry:
    return _Geometry(
        preprocessing.resize, preprocessing.crop, preprocessing.interpolation, len(preprocessing.mean)
    )


def _require_room(count: int, preprocessing: Preprocessing) -> None:
    each = preprocessing.crop**2 * len(preprocessing.mean) + THUMBNAIL**2 * 3
    if count * each > PIXELS_BYTES:
        raise UserError(
            f"{thousands(count)} pictures of {preprocessing.crop} pixels a side are more than the meter keeps "
            f"({PIXELS_BYTES // 2**20} MB): take a sample of {thousands(PIXELS_BYTES // each)} at most, or let "
            "`resnet-viewer evaluate` go through all of them."
        )


@dataclass(frozen=True, eq=False)
class View:
    """A prepared test set as one state sees it: its pictures with the labels among this network's classes."""

    pictures: SetPictures
    pixels: NDArray[np.uint8]

    @staticmethod
    def of(drawn: Drawn, found: Prepared, state: NetworkState) -> View:
        labels, remark = None, found.pictures.remark
        if found.kinds is not None:
            try:
                taken = _labelling(drawn, state)
            except DatasetError:
                remark = f"{remark} {_unlabelled(drawn, state)}".strip()
            else:
                labels = np.array(taken.classes, np.int64)[found.kinds]
                labels.flags.writeable = False
                remark = f"{remark} {taken.remark}".strip()
        pictures = replace(found.pictures, labels=labels, class_names=state.class_names, remark=remark)
        return View(pictures, found.pixels)


def _labelling(drawn: Drawn, state: NetworkState) -> Labelling:
    """Which of the network's classes the set's are; of a data set's own all, or none.

    Raises:
        DatasetError: they are not the network's.
    """
    ours, theirs = drawn.classes, state.class_names
    if drawn.labelled == "by folder":
        return labelling(ours, theirs, state.network.classes)
    is_named_alike = not theirs or [*map(str.casefold, ours)] == [*map(str.casefold, theirs)]
    if len(ours) != state.network.classes or not is_named_alike:
        raise DatasetError(_unlabelled(drawn, state))
    return Labelling(ours, tuple(range(len(ours))), "name")


def _unlabelled(drawn: Drawn, state: NetworkState) -> str:
    return (
        f"The set's classes ({listed(drawn.classes)}) are not all among the {state.network.classes} of "
        f"{state.network.title}: its pictures are taken as unlabelled."
    )


class Tally:
    """What one state takes N pictures for, as far as they went through it."""

    def __init__(self, count: int, classes: int, labels: Integers | None) -> None:
        self.labels = labels
        self.predicted: Integers = np.full(count, NOT_SEEN, np.int64)
        self.probability: Shares = np.zeros(count, np.float32)
        self.right: Shares | None = None if labels is None else np.zeros(count, np.float32)
        self.low, self.high = np.full(classes, np.inf), np.full(classes, -np.inf)

    @property
    def wrong(self) -> int:
        """Pictures with another class than their label; 0 without labels."""
        if self.labels is None:
            return 0
        return int(((self.predicted != NOT_SEEN) & (self.predicted != self.labels)).sum())

    def add(self, start: int, logits: Tensor) -> None:
        """The pictures from place `start` on: (n, classes)."""
        stop = start + len(logits)
        shares = logits.detach().cpu().double().softmax(1).nan_to_num(0.0).numpy()  # MPS has no float64
        predicted = highest(logits).cpu().numpy()
        self.predicted[start:stop] = predicted
        known = np.pad(shares, ((0, 0), (0, 1)))  # (n, classes + 1): the class after the last has none
        self.probability[start:stop] = known[np.arange(len(known)), predicted]
        if self.labels is not None and self.right is not None:
            self.right[start:stop] = known[np.arange(len(known)), self.labels[start:stop]]
        self.low, self.high = np.minimum(self.low, shares.min(0)), np.maximum(self.high, shares.max(0))

    def side(self, truth: Integers | None) -> SetSide:
        """As a value."""
        right = None if self.right is None else _copy(self.right)
        compared = None if truth is None else _copy(truth)
        return SetSide(_copy(self.predicted), _copy(self.probability), right, compared, _spread([self]))


_Kind = TypeVar("_Kind", bound=np.generic)


def _copy(array: NDArray[_Kind]) -> NDArray[_Kind]:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _spread(tallies: Sequence[Tally]) -> float | None:
    """The largest difference of one class's probability between two pictures of all; None before two were seen."""
    if sum(int((tally.predicted != NOT_SEEN).sum()) for tally in tallies) < 2:
        return None
    low = np.min([tally.low for tally in tallies], axis=0)
    high = np.max([tally.high for tally in tallies], axis=0)
    return float((high - low).max())


class Runner:
    """Takes a test set's pictures through one state, a batch at a time; its blocks in another `order`, where that has
    their numbers.
    """

    def __init__(
        self,
        live: Live,
        state: NetworkState,
        pixels: NDArray[np.uint8],
        tally: Tally,
        *,
        device: str,
        kept: Kept | None = None,
        order: tuple[int, ...] = (),
    ) -> None:
        self.state, self.tally, self.done = state, tally, 0
        self.ran = self.saved = 0.0
        """Multiply-accumulates, about: of what was run, and of what needed not be because of what is kept. In neither
        is what the gates close.
        """
        self._live, self._pixels, self._device, self._kept = live, pixels, device, kept
        self._order = order
        self._size = batch_size(state, device)
        self._network: Network | None = None
        self._parts: tuple[Part, ...] = ()
        self._costs: tuple[float, ...] = ()
        self._prefixes: tuple[_Prefix | None, ...] = ()
        self._blocks: tuple[nn.Module, ...] = ()
        if not (tally.predicted == NOT_SEEN).any():  # known from before
            self.done = len(pixels)

    @property
    def is_done(self) -> bool:
        """All pictures went through."""
        return self.done >= len(self._pixels)

    def batch(self) -> Generator[None]:
        """The next batch, from the last kept block before whose input no gate differs; yields after each part."""
        self._follow()
        number, start = self.done // self._size, self.done
        stop = min(start + self._size, len(self._pixels))
        at, x = (0, None) if self._kept is None else self._kept.last(number, self._prefixes)
        if x is None:
            x = scaled(self._pixels[start:stop], self.state.preprocessing).to(self._device)
        self.saved += (stop - start) * sum(self._costs[:at])
        while at < len(self._parts):
            x = self._step(at, x)
            self.ran += (stop - start) * self._costs[at]
            at += 1
            if self._kept is not None and at < len(self._parts):
                self._kept.keep(number, self._prefixes[at], x)
            if at == len(self._parts):
                self._take(start, stop, x)
            yield

    def _take(self, start: int, stop: int, logits: Tensor) -> None:
        spec = self.state.network
        if logits.shape != (stop - start, spec.classes):
            found = " × ".join(map(str, logits.shape[1:]))
            raise ReplacedError(
                f"This {spec.title} ends with {found} numbers, not with the {spec.classes} of its classifier."
            )
        self.tally.add(start, logits)
        self.done = stop

    def _step(self, at: int, x: Tensor) -> Tensor:
        self._follow()
        with torch.no_grad(), exact(), gated(self._parts[at], self._blocks, self.state.wiring):
            return self._parts[at].run(x)

    def _follow(self) -> None:
        """The engine may have let a network go and made it anew meanwhile."""
        network = self._live(self.state.network)
        if network is not self._network:
            with wired(network, self.state.wiring):  # which refuses what cannot be
                pass
            plan = blueprint(self.state.network, self.state.preprocessing.crop)
            self._network, self._blocks = network, network.blocks
            self._parts = _in_order(network.parts(), self._order, plan)
            self._costs = _costs_of(self._parts, plan, self.state.wiring)
            self._prefixes = _prefixes(self._parts, self.state.wiring)


@contextmanager
def gated(part: Part, blocks: Sequence[nn.Module], wiring: Wiring) -> Iterator[None]:
    """The gates of a part's blocks as the wiring says, inside the with-block."""
    before = []
    for number in part.blocks:
        block = blocks[number - 1]
        if isinstance(block, Block):
            before.append((block, block.shortcut_strength, block.branch_strength, block.is_left_out))
            block.shortcut_strength = wiring.shortcuts[number - 1]
            block.branch_strength = wiring.branches[number - 1]
            block.is_left_out = number in wiring.left_out
    try:
        yield
    finally:
        for block, shortcut, branch, is_left_out in before:
            block.shortcut_strength, block.branch_strength = shortcut, branch
            block.is_left_out = is_left_out


def batch_size(state: NetworkState, device: str) -> int:
    """Pictures that go through a network together: as many as keep its longest block short."""
    plan = blueprint(state.network, state.preprocessing.crop)
    longest = max(_costs(plan))
    macs = _STEP_MACS if device == "cpu" else _STEP_MACS_ELSEWHERE
    return min(_LARGEST_BATCH, max(1, round(macs / longest)))


def _costs(plan: Blueprint) -> list[float]:
    """What each block costs for one picture, about, in multiply-accumulates."""
    return [_cost(block.layers) for block in plan.blocks]


def _cost(layers: Iterable[LayerSpec]) -> float:
    return float(sum(layer.macs + _MACS_OF_A_VALUE * math.prod(layer.output_shape) for layer in layers))


def pass_cost(plan: Blueprint) -> float:
    """What a whole pass of one picture costs, about, in multiply-accumulates."""
    return _cost(plan.layers)


def cost_from(plan: Blueprint, wiring: Wiring, start: int) -> float:
    """What one picture costs with these gates from the input of block `start` on, of 0 from the beginning: what is
    closed or left out is not computed.
    """
    found = _cost(plan.head) + (_cost(plan.stem_layers) if start == 0 else 0.0)
    return found + sum(_costs_with(plan, wiring)[max(start, 1) - 1 :])


def _costs_with(plan: Blueprint, wiring: Wiring) -> list[float]:
    """What each block costs with these gates."""
    found = []
    for block in plan.blocks:
        closed = (
            *(block.branch_layers if wiring.branches[block.number - 1] == 0 else ()),
            *(layers_of(block.carry) if wiring.shortcuts[block.number - 1] == 0 else ()),
        )
        is_run = block.number not in wiring.left_out
        found.append(_cost(block.layers) - _cost(closed) if is_run else 0.0)
    return found


def _costs_of(parts: Sequence[Part], plan: Blueprint, wiring: Wiring) -> tuple[float, ...]:
    """The same of each part: together that of a whole pass with these gates."""
    blocks = _costs_with(plan, wiring)
    found = [sum(blocks[number - 1] for number in part.blocks) for part in parts]
    found[0] += _cost(plan.stem_layers)
    found[-1] += _cost(plan.head)
    return tuple(found)


def _in_order(parts: tuple[Part, ...], order: tuple[int, ...], plan: Blueprint) -> tuple[Part, ...]:
    """The parts with their blocks in that order; as they are where that is empty.

    Raises:
        UserError: it is no order of all blocks, or blocks of different shapes change places.
    """
    usual = tuple(block.number for block in plan.blocks)
    if order in ((), usual):
        return parts
    if tuple(sorted(order)) != usual:
        raise UserError(f"An order of the blocks names each of the blocks 1 to {len(usual)} once.")
    group = {number: group for group in plan.alike for number in group}
    for place, number in zip(usual, order, strict=True):
        if place != number and number not in group.get(place, ()):
            raise UserError(
                f"{plan.blocks[number - 1].label} cannot stand in the place of {plan.blocks[place - 1].label}: what "
                "they take and give has different shapes."
            )
    if any(len(part.blocks) > 1 for part in parts):
        raise ReplacedError(
            f"The blocks of this {plan.spec.title} cannot be told apart, so none changes places."
        )
    by_number = {part.blocks[0]: part for part in parts if part.blocks}
    standing = iter(order)
    return tuple(by_number[next(standing)] if part.blocks else part for part in parts)


_Prefix = tuple[tuple[object, ...], ...]
"""All blocks before one as they were run: each one's number, its gates, and whether it is left out."""


def _prefixes(parts: Sequence[Part], wiring: Wiring) -> tuple[_Prefix | None, ...]:
    """What the input of each part has come through; None for parts without a block."""
    gates = tuple(
        (number, wiring.shortcuts[number - 1], wiring.branches[number - 1], number in wiring.left_out)
        for part in parts
        for number in part.blocks
    )
    before = accumulate((len(part.blocks) for part in parts), initial=0)
    return tuple(gates[:count] if part.blocks else None for count, part in zip(before, parts, strict=False))


class Kept:
    """Activations before some blocks of one network, for every batch, with the gates that they came through."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._of: Hashable = None
        self.places: frozenset[int] = frozenset()
        """Before which of the blocks, counted from 1 as they are run, they are kept."""
        self.nbytes = 0
        self._found: dict[tuple[int, int], tuple[_Prefix, Tensor]] = {}
        """By the batch's number and the place."""

    def clear(self) -> None:
        """Forget them."""
        self._of, self.nbytes, self._found = None, 0, {}

    def begin(self, key: tuple[TestSet, NetworkSpec, Preprocessing], count: int) -> None:
        """From now on those of this network and test set, `count` pictures, alone."""
        if key == self._of:
            return
        self._of, self.nbytes, self._found = key, 0, {}
        plan = blueprint(key[1], key[2].crop)
        sizes = [count * 4 * math.prod(block.input_shape) for block in plan.blocks]
        stem = _cost(plan.stem_layers)
        places = kept_places(_costs(plan), sizes, self._most_bytes, stem)
        self.places = frozenset(place + 1 for place in places)

    def last(self, batch: int, prefixes: Sequence[_Prefix | None]) -> tuple[int, Tensor | None]:
        """The last part before which something is kept that came through the same, and that; else 0 and None."""
        for at in range(len(prefixes) - 1, -1, -1):
            prefix = prefixes[at]
            if prefix is None:
                continue
            known = self._found.get((batch, len(prefix) + 1))
            if known is not None and known[0] == prefix:
                return at, known[1]
        return 0, None

    def keep(self, batch: int, prefix: _Prefix | None, x: Tensor) -> None:
        """What goes into a part, in place of what was kept there, where it is one of the places and fits."""
        if prefix is None or len(prefix) + 1 not in self.places:
            return
        key = batch, len(prefix) + 1
        old = self._found.pop(key, None)
        self.nbytes -= 0 if old is None else old[1].nbytes
        if self.nbytes + x.nbytes <= self._most_bytes:
            self._found[key] = prefix, x
            self.nbytes += x.nbytes


def kept_places(
    costs: Sequence[float], sizes: Sequence[int], most_bytes: int, stem: float = 0.0
) -> tuple[int, ...]:
    """The blocks, from 0, before which activations are best kept, where any block is as likely to be the first changed.

    `costs` are the blocks', `stem` that of what comes before them, `sizes` those of their inputs in bytes. A change of
    block j costs what lies behind the last place p ≤ j; over all j what is saved is Σ (next place − p) · (cost of
    everything before p). By dynamic programming over the places in order this is made the most of, where each size is
    rounded up to a small part of the bound.

    Example:
        >>> kept_places([1.0, 1.0, 1.0, 1.0], [1, 1, 1, 1], 1)
        (2,)
    """
    count = len(costs)
    if sum(sizes) <= most_bytes:
        return tuple(range(count))
    unit = max(1, math.ceil(most_bytes / min(1024, max(128, 65_536 // count))))
    room = most_bytes // unit
    units = [
        0,
        *(-(-size // unit) for size in sizes),
    ]  # place 0 is the network's input, place p the input of block p − 1
    first_saved = np.array([0, *range(count)])
    saves = np.array([0.0, *(stem + np.cumsum([0.0, *costs[:-1]]))])
    best = np.zeros((count + 1, room + 1))  # by the last place and the units there are
    way = np.zeros((count + 1, room + 1), np.int64)
    for place in range(1, count + 1):
        until = (first_saved[place] - first_saved[:place]) * saves[:place]
        size = min(units[place], room + 1)
        options = best[:place, : room + 1 - size] + until[:, None]
        best[place, :size] = -np.inf
        if size <= room:
            way[place, size:], best[place, size:] = options.argmax(0), options.max(0)
    last = int((best[:, room] + (count - first_saved) * saves).argmax())
    chosen, left = [], room
    while last:
        chosen.append(last - 1)
        last, left = int(way[last, left]), left - units[last]
    return tuple(reversed(chosen))

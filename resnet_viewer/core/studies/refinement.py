"""Measures what every block adds to its shortcut, and what can be read after it, in one pass that all points share.

The order of events for a batch: one forward pass keeps what goes into every block and comes out of it, one backward
pass brings the gradient of the loss to every block's input; then, block by block, the two ways are computed once more
and held against each other.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_viewer.core.blocks import Block, weighed
from resnet_viewer.core.engine import exact
from resnet_viewer.core.meter import batch_size
from resnet_viewer.core.network import Part, ReplacedError, wired
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.records.blueprint import BlockSpec
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.studies.refinement import RefinementOptions, blocks_of
from resnet_viewer.records.study import Row
from resnet_viewer.records.test_set import wilson

_PASSES = 4
"""That a picture costs: one forward, one backward as much as two, and both ways of every block again."""
_LEAST_OF_A_CLASS = 4
"""Pictures in the mean, half of which a classifier is fitted to."""
_RIDGES = 10.0 ** np.arange(-1.0, 6.5, 0.5)
"""Strengths of the ridge that are tried, of features with a deviation of 1."""
BAND = 10.0, 90.0
"""Percentiles of the pictures, between which a band lies."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def plan(bench: Bench, options: RefinementOptions) -> StudyPlan:
    """A point for each block that adds to a shortcut. The first one that is measured costs the pass, others nothing.

    Raises:
        ReplacedError: such a block was replaced.
    """
    blocks = blocks_of(bench.plan)
    for block in blocks:
        if not isinstance(bench.network.blocks[block.number - 1], Block):
            raise _replaced(bench, block.number)
    passes = (_PASSES + (bench.labels is None)) * len(bench) / len(blocks)
    found = _Found(bench, options, blocks)
    return StudyPlan(
        [Point(f"block {block.number}", passes, partial(_measured, found, block)) for block in blocks]
    )


def _replaced(bench: Bench, number: int) -> ReplacedError:
    return ReplacedError(
        f"Block {number} of this {bench.network.spec.title}, or what runs it, was replaced, so that its shortcut and "
        "its branch cannot be told apart: put back what was there."
    )


def _measured(found: _Found, block: BlockSpec) -> Work:
    rows = yield from found.rows()
    return rows[block.number]


class _Seen(NamedTuple):
    """What a batch of n pictures was at a block."""

    entered: Tensor
    """(n, C, H, W)"""
    left: Tensor
    """(n, C', H', W')"""
    gradient: Tensor | None
    """Of the loss at what entered, for each picture times a number of its own above 0; None where none arrives."""


class _Found:
    """The rows of all blocks, measured when they are first asked for."""

    def __init__(self, bench: Bench, options: RefinementOptions, blocks: Sequence[BlockSpec]) -> None:
        self._bench, self._options, self._blocks = bench, options, blocks
        self._rows: dict[int, Row] = {}

    def rows(self) -> Generator[None, None, Mapping[int, Row]]:
        """By the blocks' numbers; yields after every block of every batch."""
        if self._rows:
            return self._rows
        bench = self._bench
        if bench.labels is None:
            yield from bench.side(bench.state.wiring)
        gathered = {block.number: _Gathered(block) for block in self._blocks}
        ends = {
            block.number: stage.blocks[-1].number for stage in bench.plan.stages for block in stage.blocks
        }
        last, head = bench.plan.blocks[-1], bench.network.parts()[-1]
        classes = []
        for pictures, truth in bench.batches(batch_size(bench.state, bench.device)):
            seen = _pass(bench, pictures, truth)
            bench.count(_PASSES * len(pictures))
            classes.append(truth.cpu())
            yield
            for number, each in gathered.items():
                each.add_ways(seen[number], *_ways(bench, number, seen[number].entered))
                each.add_output(seen[number].left, seen[ends[number]].left)
                if each.block.output_shape == last.output_shape and not head.blocks:
                    each.read.append(_answers(head, seen[number].left))
                yield
        truth = torch.cat(classes)
        halves = _halves(len(truth), self._options.seed)
        for number, each in gathered.items():
            reading = _reading(each.features, truth, halves) if self._options.reading else {}
            self._rows[number] = {**each.row(truth), **reading}
            yield
        return self._rows


class _Gathered:
    """What was found at a block so far."""

    def __init__(self, block: BlockSpec) -> None:
        self.block = block
        self.read: list[Tensor] = []
        """The classes that the network's own classifier gives."""
        self._features: list[Tensor] = []
        self._cosines: list[Tensor] = []
        self._ratios: list[Tensor] = []
        self._count = 0
        channels = block.output_shape[0]
        self._sums = torch.zeros(channels, dtype=torch.float64)
        self._squares = torch.zeros(channels, dtype=torch.float64)

    @property
    def features(self) -> Floats:
        """(N, C'), each map's mean over places."""
        found: Floats = torch.cat(self._features).numpy()
        return found

    def add_ways(self, seen: _Seen, carried: Tensor | None, added: Tensor | None) -> None:
        """What a batch's shortcuts carried, and what was added to them."""
        none = torch.full((len(seen.entered),), torch.nan, dtype=torch.float64)
        sizes = torch.zeros_like(none) if added is None else _norms(added)
        self._ratios.append(none if carried is None else sizes / _norms(carried))
        gradient = seen.gradient
        if added is None or gradient is None or added.shape != gradient.shape:
            self._cosines.append(none)
            return
        products = (_flat(added) * _flat(gradient)).sum(1)
        self._cosines.append(products / (sizes * _norms(gradient)))

    def add_output(self, left: Tensor, end: Tensor) -> None:
        """What a batch's blocks put out, and what the last blocks of their stage did."""
        values = left.cpu().double()
        self._features.append(values.mean((2, 3)))
        missing = end.cpu().double() - values
        self._count += missing[:, 0].numel()
        self._sums += missing.sum((0, 2, 3))
        self._squares += missing.square().sum((0, 2, 3))

    def row(self, truth: Tensor) -> Row:
        """What is known of it for N pictures of these classes, (N,)."""
        means, squares = self._sums / self._count, self._squares / self._count
        mean = float(means.mean())
        found: dict[str, float | int | str | None] = {
            "block": self.block.number,
            "described": self.block.label,
            "pictures": len(truth),
            **_spread("cosine", torch.cat(self._cosines)),
            **_spread("ratio", torch.cat(self._ratios)),
            "to_end": _finite(mean),
            "to_end_deviation": _finite(float((squares.mean() - mean**2).clamp(min=0).sqrt())),
            "to_end_bias": _finite(float(means.square().mean().sqrt())),
        }
        if self.read:
            wrong = int((torch.cat(self.read) != truth).sum())
            found |= _share("own", wrong, len(truth))
        return found


def _flat(values: Tensor) -> Tensor:
    return values.detach().cpu().double().flatten(1)


def _norms(values: Tensor) -> Tensor:
    """(n,), in float64."""
    found: Tensor = _flat(values).norm(dim=1)
    return found


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _spread(name: str, values: Tensor) -> dict[str, float | int | None]:
    """The mean over the pictures that have one, its standard error, and the middle 80 % of them."""
    known = values[torch.isfinite(values)].numpy()
    if not len(known):
        return {
            name: None,
            f"{name}_error": None,
            f"{name}_low": None,
            f"{name}_high": None,
            f"{name}_pictures": 0,
        }
    low, high = np.percentile(known, BAND)
    error = float(known.std(ddof=1) / len(known) ** 0.5) if len(known) > 1 else None
    return {
        name: float(known.mean()),
        f"{name}_error": error,
        f"{name}_low": float(low),
        f"{name}_high": float(high),
        f"{name}_pictures": len(known),
    }


def _share(name: str, wrong: int, count: int) -> dict[str, float]:
    """In percent, with its 95 % interval."""
    low, high = wilson(wrong, count)
    return {name: 100 * wrong / count, f"{name}_low": 100 * low, f"{name}_high": 100 * high}


def _pass(bench: Bench, pictures: Tensor, truth: Tensor) -> Mapping[int, _Seen]:
    """What (n, C, S, S) pictures of these classes, (n,), are at every block, by its number."""
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    with (
        wired(bench.network, bench.state.wiring),
        torch.enable_grad(),
        exact(),
        _listening(bench.network.blocks, kept),
    ):
        logits = bench.network(pictures.requires_grad_())
        entered = [x for x, _ in kept.values()]
        gradients: Sequence[Tensor | None] = [None] * len(entered)
        if logits.requires_grad:
            gradients = torch.autograd.grad(logits, entered, descent(logits, truth), allow_unused=True)
    for block in bench.plan.blocks:
        if block.number not in kept:
            raise _replaced(bench, block.number)
    return {
        number: _Seen(x.detach(), y.detach(), gradient)
        for (number, (x, y)), gradient in zip(kept.items(), gradients, strict=True)
    }


def descent(logits: Tensor, truth: Tensor) -> Tensor:
    """The gradient of each picture's cross entropy at its logits, (n, classes), over its largest value: of a picture
    that the network is sure of it would be lost on the way back. Cosines do not change.
    """
    gradient = logits.detach().double().cpu().softmax(1)
    own = truth.cpu()[:, None]
    gradient.scatter_(1, own, 0.0)
    gradient.scatter_(1, own, -gradient.sum(1, keepdim=True))  # not p − 1, which is 0 for p near 1
    largest = gradient.abs().amax(1, keepdim=True)
    return (gradient / largest.clamp(min=torch.finfo(torch.float64).tiny)).to(logits)


@contextmanager
def _listening(blocks: Sequence[nn.Module], kept: dict[int, tuple[Tensor, Tensor]]) -> Iterator[None]:
    handles = []
    try:
        for number, block in enumerate(blocks, 1):

            def hook(module: nn.Module, given: tuple[Tensor], output: Tensor, number: int = number) -> None:
                kept[number] = given[0], output

            handles.append(block.register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _ways(bench: Bench, number: int, x: Tensor) -> tuple[Tensor | None, Tensor | None]:
    """What a block's shortcut carries of (n, C, H, W), and what its branch adds to it, weighed by their gates."""
    block = bench.network.blocks[number - 1]
    assert isinstance(block, Block), "the others are refused"
    with wired(bench.network, bench.state.wiring), torch.no_grad(), exact():
        branch, shortcut = block.paths(x)
        return weighed(shortcut, block.shortcut_strength), weighed(branch, block.branch_strength)


def _answers(head: Part, x: Tensor) -> Tensor:
    """(n,), the classes that what follows the last block gives for (n, C, H, W)."""
    with torch.no_grad(), exact():
        answers: Tensor = head.run(x).argmax(1).cpu()
    return answers


def _halves(count: int, seed: int) -> tuple[Integers, Integers]:
    """The places of the pictures of both halves."""
    places = random.Random(f"{seed} halves").sample(range(count), count)
    return np.array(places[: count // 2], np.int64), np.array(places[count // 2 :], np.int64)


def _reading(
    features: Floats, truth: Tensor, halves: tuple[Integers, Integers]
) -> dict[str, float | str | None]:
    """The share of pictures, in percent, that linear classifiers of the other half take for another class."""
    classes, index = np.unique(truth.numpy(), return_inverse=True)
    if len(classes) < 2 or len(truth) < _LEAST_OF_A_CLASS * len(classes):
        return {
            "unread": f"The classes of the {thousands(len(truth))} pictures number {len(classes)}: to fit linear "
            f"classifiers takes two or more, and {_LEAST_OF_A_CLASS} pictures for each in the mean."
        }
    if not np.isfinite(features).all():
        return {"unread": "Some of its maps are not finite: no linear classifier can be fitted to them."}
    wrong = 0
    for fitted, read in (halves, halves[::-1]):
        answers = linear_reading(features[fitted], index[fitted], features[read], len(classes))
        wrong += int((answers != index[read]).sum())
    return {**_share("read", wrong, len(truth))}


def linear_reading(fitted: Floats, classes: Integers, read: Floats, count: int) -> Integers:
    """The classes, (m,), that a ridge regression on (n, C) features of these classes, (n,), gives for (m, C).

    Features are centred and divided by their deviation; each of the `count` classes is regressed on as 1 or 0, and the
    largest answer is the class. Of the ridge's strengths that is taken whose squared error is least where each picture
    is left out in turn, which needs no second fit: the residual over 1 less the picture's own weight.
    """
    mean, deviation = fitted.mean(0), fitted.std(0)
    scale = np.where(deviation > 0, deviation, 1.0)
    x = (fitted - mean) / scale
    targets = np.eye(count)[classes]
    centre = targets.mean(0)
    left, sizes, right = np.linalg.svd(x, full_matrices=False)
    turned = left.T @ (targets - centre)  # (rank, count)

    def left_out(ridge: float) -> float:
        kept = sizes**2 / (sizes**2 + ridge)
        own = 1 / len(x) + (left**2 * kept).sum(1)
        residual = targets - centre - left @ (kept[:, None] * turned)
        return float(((residual / (1 - own)[:, None]) ** 2).sum())

    ridge = min(_RIDGES, key=left_out)
    weights = right.T @ ((sizes / (sizes**2 + ridge))[:, None] * turned)
    answers: Integers = ((read - mean) / scale @ weights + centre).argmax(1)
    return answers

"""The study "Iterative refinement": what each block adds to its shortcut, and what can be read after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from resnet_viewer.records.blueprint import BlockSpec, Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.papers import GREFF_2017, JASTRZEBSKI_2018
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted, joined, number_word, percent, signed
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, number, option, require_numbers

_CERTAIN = 2.0
"""Standard errors from which on a mean cosine is told from 0."""
_CLEAR = 0.05
"""A cosine that is seen in a chart from −1 to 1."""
_UNBIASED = 0.5
"""Of its spread: up to here an error's mean is called close to zero."""
_NAMED = 6
"""Blocks that are named one by one."""
_EARLIER = 7
"""Blocks before the end of the network at which its own classifier is read for the sentence, where widths allow."""


@dataclass(frozen=True)
class RefinementOptions(Options):
    """Whether classifiers are fitted, and on which halves of the pictures."""

    reading: bool = option(
        True, "Linear classifiers", "Fit one after every block: what could be read off its averaged maps."
    )
    seed: int = option(0, "Seed", "Which pictures are in which half of two.", least=0, most=LARGEST_SEED)


_MEASURED = (
    *(f"{what}{end}" for what in ("cosine", "ratio") for end in ("", "_low", "_high", "_pictures")),
    "cosine_error",
    "to_end",
    "to_end_deviation",
    "to_end_bias",
)
"""Of every block, null where there is no such number."""
_READ = ("read", "read_low", "read_high", "own", "own_low", "own_high")
"""Where something was read."""


def blocks_of(plan: Blueprint) -> tuple[BlockSpec, ...]:
    """The blocks that add something to a shortcut."""
    return tuple(
        block for block in plan.blocks if block.shortcut != "none" and block.merge != "concatenation"
    )


def rows_by_block(result: StudyResult) -> dict[int, Row]:
    """What was measured, by block, in their order.

    Raises:
        ValueError: a row is none of this study.
    """
    count, found = result.order.state.network.block_count, {}
    for row in result.rows:
        require_numbers(row, "block", *_MEASURED)
        require_numbers(row, *(name for name in _READ if name in row))
        if (block := row["block"]) not in range(1, count + 1):
            raise ValueError(f"{row.get('point')}: there is no such block")
        found[int(block)] = row  # type: ignore[arg-type]  # it is among them
    return dict(sorted(found.items()))


def stages_of(result: StudyResult) -> dict[str, tuple[int, ...]]:
    """The numbers of the measured blocks by stage: "conv2_x"."""
    state, rows = result.order.state, rows_by_block(result)
    plan = blueprint(state.network, state.preprocessing.crop)
    found = {
        f"conv{stage.number}_x": tuple(block.number for block in stage.blocks if block.number in rows)
        for stage in plan.stages
    }
    return {name: blocks for name, blocks in found.items() if blocks}


def refusal(state: NetworkState, plan: Blueprint, options: RefinementOptions) -> str:
    """Why there is nothing that is refined."""
    title = state.network.title
    if not blocks_of(plan):
        return (
            f"No block of {title} adds what its branch computes to what a shortcut carries, so there is nothing that "
            "it refines: choose a residual network."
        )
    if not state.network.has_classifier:
        return f"{title} has no classifier, so there is no loss to go down: choose a network with classes."
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """Whether branches go down the loss, how large they are, how far estimates are from their stage's end, and what can
    be read after each block; of an incomplete result how far it is, and no verdict.
    """
    rows = rows_by_block(result)
    if not rows:
        return ()
    if not result.is_complete:
        return (f"{len(rows)} of {result.points} blocks are measured so far.",)
    stages = stages_of(result)
    why_not = _unjudged(result.order.state)
    told = (_cosine_words(result, rows), _ratio_words(rows, stages), _estimate_words(rows, stages))
    said = [
        f"{measured}. {verdict}." if verdict and not why_not else f"{measured}."
        for measured, verdict in told
        if measured
    ]
    return tuple(filter(None, (*said, _reading_words(result, rows), why_not)))


def _unjudged(state: NetworkState) -> str:
    """Why the papers say nothing of such a network; "" where they do."""
    if state.network.weights.is_untrained:
        return "The papers measure trained networks, so they do not say what these untrained weights should show."
    if not state.wiring.is_open:
        return "Some of its gates are not open, which the papers do not measure."
    return ""


def _cosine_words(result: StudyResult, rows: Mapping[int, Row]) -> tuple[str, str]:
    """What is measured, and whether it agrees: a branch points against the gradient of the loss (Jastrzębski)."""
    found = {block: number(row, "cosine") for block, row in rows.items()}
    found = {block: value for block, value in found.items() if math.isfinite(value)}
    if not found:
        return (
            "No block that keeps its input's shape adds anything where a gradient arrives, so there is no cosine",
            "",
        )
    last = max(found)
    early = [value for block, value in found.items() if block <= len(rows) / 2]
    against = [
        block for block, value in found.items() if value + _CERTAIN * number(rows[block], "cosine_error") < 0
    ]
    clear = [block for block in against if found[block] <= -_CLEAR]
    of_class = "" if result.basis.has_labels else ", of the class that the network gives,"
    said = (
        f"What block {last} adds is at a cosine of {signed(found[last])} to the gradient of the loss{of_class} at its "
        f"input" + (f"; in the first half of the network the mean is {signed(fmean(early))}" if early else "")
    )
    counts = f"{len(against)} of {len(found)} blocks point against the gradient by more than chance"
    counts += f", {_those(clear)} by {_CLEAR:g} or more" if against else ""
    if last in against and 2 * len(against) >= len(found):
        verdict = (
            "This agrees with Jastrzębski et al. (2018), whose blocks go down the loss, the last ones most"
        )
    elif last in against:
        verdict = "This agrees with Jastrzębski et al. (2018) for the last blocks alone, not for most of them"
    else:
        verdict = "This does not agree with Jastrzębski et al. (2018), whose last blocks go down the loss"
    return f"{said}. {counts}", verdict


def _those(blocks: Sequence[int]) -> str:
    if not blocks or len(blocks) > _NAMED:
        return number_word(len(blocks)) if blocks else "none"
    return f"block {blocks[0]}" if len(blocks) == 1 else f"blocks {joined([str(block) for block in blocks])}"


def _ratio_words(rows: Mapping[int, Row], stages: Mapping[str, Sequence[int]]) -> tuple[str, str]:
    """How large what is added is."""
    told, falling = [], 0
    for name, blocks in stages.items():
        found = [ratio for block in blocks if math.isfinite(ratio := number(rows[block], "ratio"))]
        if len(found) > 1:
            told.append(f"from {found[0]:.2f} to {found[-1]:.2f} in {name}")
            falling += found[-1] < found[0]
    if not told:
        return "", ""
    said = (
        f"From the first block of a stage to its last, the size of what is added goes {joined(told)} times what the "
        "shortcut carries"
    )
    if falling == len(told):
        return said, "This agrees with Jastrzębski et al. (2018): the first blocks of a stage change most"
    some = "in no stage" if not falling else f"in {falling} of {len(told)} stages"
    return said, f"Jastrzębski et al. (2018) see the first blocks change most; here it falls {some}"


def _estimate_words(rows: Mapping[int, Row], stages: Mapping[str, Sequence[int]]) -> tuple[str, str]:
    """Greff's: every block of a stage estimates what its end gives, without bias, better and better."""
    told, is_falling, bias = [], True, 0.0
    for name, blocks in stages.items():
        spreads = [number(rows[block], "to_end_deviation") for block in blocks]
        if len(blocks) < 2 or not all(map(math.isfinite, spreads)):
            continue
        told.append(f"from {spreads[0]:.2f} to {spreads[-2]:.2f} in {name}")
        is_falling &= all(later <= earlier for earlier, later in pairwise(spreads))
        shares = [
            abs(number(rows[block], "to_end")) / spread
            for block, spread in zip(blocks, spreads, strict=True)
            if spread
        ]
        bias = max(bias, *shares, 0.0)
    if not told:
        return "", ""
    said = (
        f"What a block still lacks to the end of its stage spreads {joined(told)}, from the first block to the last "
        f"but one; its mean is at most {bias:.2f} of its spread"
    )
    if bias <= _UNBIASED and is_falling:
        return said, "This agrees with Greff et al. (2017): the mean is close to zero, and the spread falls"
    but = [
        "" if bias <= _UNBIASED else "the mean is not close to zero",
        "" if is_falling else "the spread does not fall from block to block",
    ]
    return (
        said,
        f"This does not agree with Greff et al. (2017), because {joined([part for part in but if part])}",
    )


def _reading_words(result: StudyResult, rows: Mapping[int, Row]) -> str:
    """What can be read after each block, and what the network's own classifier makes of it."""
    first, last = min(rows), max(rows)
    measure, own = result.basis.measure, number(rows[last], "own")
    said = []
    begin, end = number(rows[first], "read"), number(rows[last], "read")
    if math.isfinite(begin) and math.isfinite(end):
        low, high = number(rows[last], "read_low"), number(rows[last], "read_high")
        interval = f" (95 % interval {percent(low, high)})" if math.isfinite(low + high) else ""
        said.append(
            f"A linear classifier on the averaged maps has {percent(begin)} {measure} after block {first} and "
            f"{percent(end)} after block {last}{interval}"
            + (f"; the network itself {percent(own)}." if math.isfinite(own) else ".")
        )
    elif reason := rows[last].get("unread"):
        said.append(str(reason))
    readable = [block for block, row in rows.items() if math.isfinite(number(row, "own")) and block < last]
    if readable and math.isfinite(own):
        early = max(readable[0], last - _EARLIER)
        error = number(rows[early], "own")
        before = counted(last - early, "block")
        said.append(
            f"Its own classifier, read {before} earlier, has {percent(error)}: "
            + (
                "however little each of the last blocks adds, they cannot go."
                if error > own + 5
                else "here the last blocks hardly matter to it."
            )
        )
    return " ".join(said)


INFO = StudyInfo(
    name="refinement",
    title="Iterative refinement",
    question="Does each block refine what it is given?",
    papers=(JASTRZEBSKI_2018, GREFF_2017.at("Figure 3")),
    options=RefinementOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "For every block: the cosine of what its branch adds with the gradient of the loss at the block's input, where "
        "shapes are alike; the norm of what is added over that of what the shortcut carries; the end of its stage less "
        "its output; and the error of a linear classifier on its maps, averaged over places, and of the network's own "
        "classifier where it fits. Linear classifiers are ridge regressions on one half of the pictures, read on the "
        "other, both ways round."
    ),
)

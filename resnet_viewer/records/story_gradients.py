"""What the gradient records of training runs show, in sentences.

A gradient *vanishes* on its way back where the first layer's norm is three decades or more below the last layer's. It
*explodes* where the first is as far above the last, or where the largest norm is three decades or more above the
largest at the start, and 10 or more. Without batch normalisation the signal may be lost on the way forward: a gradient
is *faint* where no layer's norm reaches 1e-5 in the run's first record, and *large* where none is below 10. He et al.
(2015, section 4.1) argue vanishing unlikely to cause degradation, because their plain networks are batch-normalised;
of those that are not nothing of the kind is said, but what their records show.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10

import numpy as np

from resnet_viewer.records.story_groups import Floats, StoryRun
from resnet_viewer.records.story_interventions import STRENGTHS
from resnet_viewer.records.story_words import counted, joined

FAR = 3.0
"""Decades between the first and the last layer from which on a gradient vanishes or explodes."""
FAINT, LARGE = 1e-5, 10.0
_WHAT = "a layer learns from its gradient, which comes back to it from the last layer; a decade is a factor of ten"


def gradient_sentences(runs: Sequence[StoryRun], time: float | None) -> list[str]:
    """Of the deepest run of each kind, at the pointer and at the start."""
    found = [(told, row) for told in _deepest(runs) if (row := _row_at(told, time)) is not None]
    spread = [(told, row) for told, row in found if _way_back(told, row) == ""]
    said = [_way_back(told, row) for told, row in found if (told, row) not in spread]
    when = "in the newest record" if time is None else f"at the pointer (epoch {time:.1f})"
    if said:
        said[0] = f"{when}, {said[0]}"
    if spread:
        spans = [f"{_titled(told, row)} {_span_words(told, row)}" for told, row in spread]
        said.append(f"{when} the gradient norms over the layers of {', those of '.join(spans)}")
    for told, row in spread:
        if not told.run.network.has_shortcuts and told.run.network.is_normalised and told.norms[row].any():
            said.append(
                f"those of {told.title} do not vanish: after every convolution batch normalisation gives each channel "
                "a spread again, so that no signal dies out on its way"
            )
            said.append(
                "He et al. (2015) argue it unlikely that plain networks with batch normalisation owe their degradation "
                "to vanishing gradients"
            )
    if said:
        said.insert(0, _WHAT)
    return said


def decades_back(norms: Floats) -> float:
    """How many decades the first layer's norm is below the last layer's; negative above, infinite for a zero.

    Not a number where one of them is not finite, or the last is zero.
    """
    first, last = float(norms[0]), float(norms[-1])
    if not isfinite(first) or not isfinite(last) or last == 0:
        return float("nan")
    return log10(last / first) if first else float("inf")


def _way_back(told: StoryRun, row: int) -> str:
    """That the gradient vanishes or explodes, with its numbers; empty where it does neither."""
    norms, start = told.norms[row], told.norms[0]
    far, title, were = decades_back(norms), _titled(told, row), "it was"
    ends = f"{norms[-1]:.1e} in the last layer, {_ends_words(norms)} in the first"
    most, most_then = (float(np.max(some, where=np.isfinite(some), initial=0.0)) for some in (norms, start))
    if most >= max(LARGE, 10**FAR * most_then) and row:
        then = "" if told.run.network.is_normalised else _start_words(start)
        then = f"it was {then or f'{most_then:.1e} at most'}"
        return f"the gradient of {title} explodes: {most:.1e} in its largest layer; at the start {then}"
    if far >= FAR:
        less = f", {far:.1f} decades less" if isfinite(far) else ""
        words = f"the gradient of {title} vanishes on its way back: {ends}{less}"
    elif far <= -FAR:
        words = f"the gradient of {title} explodes on its way back: {ends}, {-far:.1f} decades more"
    elif told.run.network.is_normalised or not _start_words(start):
        return ""
    else:
        words = f"the gradient norms over the layers of {title} {_span_words(told, row, has_start=False)}"
        were = "they were"
    if row and isfinite(start[0]) and isfinite(start[-1]):
        at_start = "" if told.run.network.is_normalised else _start_words(start)
        then = f"{were} {at_start}" if at_start else f"they were {start[-1]:.1e} and {start[0]:.1e}"
        words += f"; at the start {then}"
    return words


def _ends_words(norms: Floats) -> str:
    return f"{norms[0]:.1e}" if norms[0] else "zero"


def _start_words(start: Floats) -> str:
    """Where the very first gradient is faint, or large, in all layers."""
    if start.max() < FAINT:
        return f"faint in every layer, {start.max():.1e} at most"
    if start.min() >= LARGE:
        return f"large in every layer, {start.min():.1e} at least"
    return ""


def _titled(told: StoryRun, row: int) -> str:
    """The run's title, and how its shortcuts stood at a record where that was not whole."""
    step = round(told.record_times[row] * told.steps_per_epoch)
    strengths = [made.strength for made in told.interventions if made.step <= step]
    if not strengths or strengths[-1] == 1:
        return told.title
    return f"{told.title} (shortcuts {STRENGTHS.get(strengths[-1], f'at strength {strengths[-1]:.2g}')})"


def _span_words(told: StoryRun, row: int, *, has_start: bool = True) -> str:
    """ "span 2.6 decades (smallest 3.1e-03, in layer 1 of 56; at the start 3.1)"; zeros and no numbers beside it."""
    norms = told.norms[row]
    usable = np.isfinite(norms) & (norms > 0)
    parts = []
    if usable.any():
        lowest = int(np.where(usable, norms, np.inf).argmin())
        start = _span(told.norms[0])
        then = f"; at the start {start:.1f} decades" if has_start and row and isfinite(start) else ""
        parts.append(
            f"span {_span(norms):.1f} decades (smallest {norms[lowest]:.1e}, in layer {lowest + 1} of "
            f"{norms.size}{then})"
        )
    zeros, others = int((norms == 0).sum()), int((~np.isfinite(norms)).sum())
    if zeros:
        parts.append(f"are zero in {counted(zeros, 'layer')}")
    if others:
        parts.append(f"are not finite in {counted(others, 'layer')}")
    return joined(parts)


def _span(norms: Floats) -> float:
    """Decades from the smallest to the largest; not a number where there is none."""
    usable = norms[np.isfinite(norms) & (norms > 0)]
    return float(np.log10(usable.max()) - np.log10(usable.min())) if len(usable) else float("nan")


def _deepest(runs: Sequence[StoryRun]) -> list[StoryRun]:
    """The deepest of each kind: plain and residual, with and without batch normalisation; of equal ones the first."""
    chosen: dict[tuple[bool, bool], StoryRun] = {}
    for told in sorted(runs, key=lambda told: -told.run.network.depth):
        if len(told.norms):
            network = told.run.network
            chosen.setdefault((not network.is_normalised, network.has_shortcuts), told)
    return [told for _, told in sorted(chosen.items(), key=lambda one: one[0])]


def _row_at(told: StoryRun, time: float | None) -> int | None:
    """The record at or last before `time`; None where the run has not come that far."""
    times = told.record_times
    if time is None:
        return len(times) - 1
    row = int(np.searchsorted(times, time, side="right")) - 1
    reached = len(told.errors) / told.steps_per_epoch
    return row if row >= 0 and time <= max(reached, times[-1]) else None

"""Which classes are worth showing when one prediction is compared with another."""

from __future__ import annotations

import numpy as np

from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.target import BlockTarget

NO_CLASSIFIER = "no classifier: this network ends with its features"
"""In place of predictions."""


def top_classes(now: ProbeResult | None, reference: ProbeResult | None, *, count: int = 5) -> tuple[int, ...]:
    """The reference's `count` highest classes in their order, plus now's highest where it is another one.

    Without a reference (or with one that has other classes), now's own highest classes. Of equal classes the
    lower index comes first; probabilities that are no numbers come last. The first picture of a batch counts.
    """
    if now is not None and reference is not None and now.logits.shape[-1] != reference.logits.shape[-1]:
        reference = None
    leading = reference if reference is not None else now
    if leading is None:
        return ()
    chosen = _ranked(leading)[:count]
    if now is not None and (highest := _ranked(now)[:1]) and highest[0] not in chosen:
        chosen += highest
    return chosen


def shown_classes(now: ProbeResult | None, reference: ProbeResult | None) -> tuple[int, ...]:
    """`top_classes` and, where it is none of them, the target whose score was explained."""
    chosen = top_classes(now, reference)
    asked = now if now is not None else reference
    if asked is None or isinstance(asked.target, BlockTarget) or asked.target in chosen:
        return chosen
    return (*chosen, asked.target) if 0 <= asked.target < asked.probabilities.shape[-1] else chosen


def scale_end(*probabilities: float | None) -> float:
    """The probability at the end of the bars: 1, or the highest one where all stay below a tenth."""
    finite = [value for value in probabilities if value is not None and np.isfinite(value)]
    highest = max(finite, default=0.0)
    return highest if 0 < highest < 0.1 else 1.0


def percent(probability: float) -> str:
    """A probability in words: "8.1 %", "97 %", "99.7 %", "< 0.1 %", "> 99.9 %", "NaN"."""
    share = 100.0 * probability
    if not np.isfinite(share):
        return "NaN"
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    has_decimal = 0 < share < 9.95 or 99.5 <= share < 100
    return f"{share:.1f} %" if has_decimal else f"{share:.0f} %"


def overflow_words(reading: ProbeResult | None) -> str:
    """The sentence about a reading without one number among its logits; empty where there are some.

    Example: an untrained ResNet-1202, whose shortcuts add up a thousand branches that no normalisation has measured.
    """
    if reading is None or not reading.logits.size or np.isfinite(reading.logits).any():
        return ""
    network = reading.request.state.network
    if network.weights.source == "none":
        why = "its normalisations are untrained and have seen no data: open trained weights."
    else:
        why = "the picture, its normalisation or the gates drive them beyond what float32 holds."
    return f"The values of {network.title} overflow, and its logits are not numbers, because {why}"


def _ranked(result: ProbeResult) -> tuple[int, ...]:
    values = np.asarray(result.probabilities[0], dtype=np.float64)
    falling = np.where(np.isnan(values), -np.inf, values)
    return tuple(int(index) for index in np.argsort(-falling, kind="stable"))

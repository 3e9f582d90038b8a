"""Which classes are worth showing when one prediction is compared with another."""

from __future__ import annotations

import numpy as np

from resnet_viewer.records.probe import ProbeResult


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


def percent(probability: float) -> str:
    """A probability in words: "8.1 %", "97 %", "< 0.1 %", "NaN"."""
    share = 100.0 * probability
    if not np.isfinite(share):
        return "NaN"
    if 0 < share < 0.1:
        return "< 0.1 %"
    return f"{share:.1f} %" if share < 10 and share != 0 else f"{share:.0f} %"


def _ranked(result: ProbeResult) -> tuple[int, ...]:
    values = np.asarray(result.probabilities[0], dtype=np.float64)
    falling = np.where(np.isnan(values), -np.inf, values)
    return tuple(int(index) for index in np.argsort(-falling, kind="stable"))

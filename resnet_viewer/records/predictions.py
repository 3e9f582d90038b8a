"""Which classes are worth showing when one prediction is compared with another."""

from __future__ import annotations

import numpy as np

from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.probe import NotFinite, ProbeResult
from resnet_viewer.records.target import BlockTarget

NO_CLASSIFIER = "no classifier: this network ends with its features"
"""In place of predictions."""


def top_classes(now: ProbeResult | None, reference: ProbeResult | None, *, count: int = 5) -> tuple[int, ...]:
    """The reference's `count` highest classes in their order, plus now's highest where it is another one.

    Without a reference (or with one that has other classes, or no highest one), now's own highest classes. Of equal
    classes the lower index comes first. The first picture of a batch counts.
    """
    if now is not None:
        reference = comparable(now, reference)
    if reference is not None and not has_highest_class(reference):
        reference = None
    leading = reference if reference is not None else now
    if leading is None:
        return ()
    chosen = _ranked(leading)[:count]
    if now is not None and (highest := _ranked(now)[:1]) and highest[0] not in chosen:
        chosen += highest
    return chosen


def comparable(now: ProbeResult, reference: ProbeResult | None) -> ProbeResult | None:
    """The reference, where its classes are now's; None where it has others."""
    if reference is None or reference.probabilities.shape[-1] != now.probabilities.shape[-1]:
        return None
    return reference if reference.request.state.has_classes_of(now.request.state) else None


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


def has_highest_class(reading: ProbeResult) -> bool:
    """Whether the first picture's probabilities are numbers, so that one class is the highest. Where a logit is NaN or
    +∞ none is, and neither in a network without classes.
    """
    return bool(reading.probabilities.size and np.isfinite(reading.probabilities[0]).all())


def not_finite_words(reading: ProbeResult | None) -> str:
    """The sentence about a reading of a network that puts out what is not finite; empty for any other.

    Example: an untrained ResNet-1202, whose shortcuts add up a thousand branches that no normalisation has measured.
    """
    if reading is None:
        return ""
    network, found = reading.request.state.network, reading.not_finite
    has_classes = bool(reading.probabilities.size)
    if found is None and (not has_classes or has_highest_class(reading)):
        return ""
    where = "" if found is None else f" from {_where_words(reading, found)} on"
    consequence = "no class is the highest" if has_classes else "neither are the features that it ends with"
    return f"The values of {network.title} are not finite{where}, and {consequence}: {_why(network, found)}"


def _where_words(reading: ProbeResult, found: NotFinite) -> str:
    if not found.layer:
        return "its input"
    state = reading.request.state
    for block in blueprint(state.network, state.preprocessing.crop).blocks:
        if found.layer == block.name:
            return f"the end of {block.label}"
        if found.layer.startswith(f"{block.name}."):
            return f"{found.layer} ({block.label})"
    return found.layer


def _why(network: NetworkSpec, found: NotFinite | None) -> str:
    """The cause, as the end of a sentence."""
    if found is not None and found.tensor:
        where = "" if found.channel is None else f" in channel {found.channel}"
        whose = found.tensor.removeprefix(f"{found.layer}.")
        owner = f"its {whose}" if whose != found.tensor else found.tensor
        if not np.isfinite(found.value):
            return f"{owner} is not finite itself{where}."
        if found.misfit == "negative variance":
            return f"{owner} is {found.value:.3g}{where}, and a variance is never negative."
        return f"{owner} reaches {found.value:.3g}{where}, and float32 ends at 3.4e38."
    if found is not None and found.misfit == "input":
        return "the picture's normalisation drives it beyond what float32 holds."
    if network.weights.source == "none":
        return "its normalisations are untrained and have seen no data; open trained weights."
    return "they grow from layer to layer, beyond what float32 holds."


def _ranked(result: ProbeResult) -> tuple[int, ...]:
    """The first picture's classes, highest first; none where none is the highest."""
    if not has_highest_class(result):
        return ()
    values = np.asarray(result.probabilities[0], dtype=np.float64)
    return tuple(int(index) for index in np.argsort(-values, kind="stable"))

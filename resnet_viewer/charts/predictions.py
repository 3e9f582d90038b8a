"""The predictions as bars: which classes in which order, now beside the reference, and the words in their place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resnet_viewer.records import captions
from resnet_viewer.records.predictions import (
    NO_CLASSIFIER,
    comparable,
    has_highest_class,
    not_finite_words,
    percent,
    scale_end,
    shown_classes,
)
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.story_words import thousands

LEADING = 5
"""So many classes are the reference's highest, or now's own."""


@dataclass(frozen=True)
class PredictionRow:
    """One class; probabilities between 0 and 1, None where there is no reading."""

    index: int
    name: str
    now: float | None
    reference: float | None
    is_target: bool
    is_new: bool
    """It is now's highest class and not among the reference's."""
    is_highest: tuple[bool, bool] = (False, False)
    """Whether it is now's highest class, and the reference's."""
    untrained: tuple[bool, bool] = (False, False)
    """Whether now's number and the reference's are those of untrained weights, and mean nothing."""
    others: int = 0
    """So many classes it is the sum of; 0 for a class of its own."""

    @property
    def words(self) -> str:
        """Everything that the row shows, as a tooltip and for screen readers."""
        now, reference = (" (untrained)" if is_untrained else "" for is_untrained in self.untrained)
        parts = [
            f"{self.name}, together" if self.others else f"{self.name} (class {self.index})",
            f"now {words_of(self.now)}{now}",
            f"reference {words_of(self.reference)}{reference}",
        ]
        if self.is_target:
            parts.append("target of the gradients and of Grad-CAM")
        if self.is_new:
            parts.append("now's highest class, not among the reference's five")
        elif any(self.is_highest):
            sides = zip(("now's", "the reference's"), self.is_highest, strict=True)
            parts.append(f"{' and '.join(side for side, is_there in sides if is_there)} highest class")
        return " · ".join(parts)


@dataclass(frozen=True)
class PredictionChart:
    """Two bars a class, now's above the reference's; hollow where `untrained`. `end` is where the bars end."""

    rows: tuple[PredictionRow, ...] = ()
    end: float = 1.0
    untrained: tuple[bool, bool] = (False, False)
    message: tuple[str, ...] = ()
    """In place of bars that there cannot be, in ever fewer words."""
    rest: PredictionRow | None = None
    """All classes without a row, so that the numbers add up to 100 %; None where every class has one."""

    @property
    def legend(self) -> str:
        """What stands over the numbers, with those of untrained weights called so."""
        now, reference = ("untrained " if is_untrained else "" for is_untrained in self.untrained)
        return "untrained: now · reference" if now and reference else f"{now}now · {reference}reference"


def prediction_chart(
    now: ProbeResult | None, reference: ProbeResult | None, class_names: tuple[str, ...] = ()
) -> PredictionChart:
    """The reference's highest classes, now's highest and the target; without rows where nothing is known."""
    asked = now or reference
    if lost := not_finite_words(now):
        return PredictionChart(message=(lost, f"{lost.partition(': ')[0]}.", "not finite"))
    if asked is None or not asked.probabilities.size:
        return PredictionChart(message=() if asked is None else (NO_CLASSIFIER,))
    reference = comparable(asked, reference)
    highest, usual = (
        None if side is None or not has_highest_class(side) else int(side.probabilities[0].argmax())
        for side in (now, reference)
    )
    untrained = now is not None and now.is_untrained, reference is not None and reference.is_untrained
    rows = tuple(
        PredictionRow(
            index,
            captions.class_name(index, class_names),
            _probability(now, index),
            _probability(reference, index),
            index == asked.target,
            reference is not None and place >= LEADING and index == highest,
            (index == highest, index == usual),
            untrained,
        )
        for place, index in enumerate(shown_classes(now, reference))
    )
    end = scale_end(*(value for row in rows for value in (row.now, row.reference)))
    return PredictionChart(rows, end, untrained, rest=_rest(rows, now, reference))


def _rest(
    rows: tuple[PredictionRow, ...], now: ProbeResult | None, reference: ProbeResult | None
) -> PredictionRow | None:
    """The sum of the classes that have no row."""
    sums, count = [], 0
    for side in (now, reference):
        left = None if side is None else np.delete(side.probabilities[0], [row.index for row in rows])
        sums.append(None if left is None else float(left.sum(dtype=np.float64)))
        count = count if left is None else len(left)
    if not count:
        return None
    name = "1 other" if count == 1 else f"{thousands(count)} others"
    return PredictionRow(-1, name, sums[0], sums[1], is_target=False, is_new=False, others=count)


def _probability(result: ProbeResult | None, index: int) -> float | None:
    return None if result is None else float(result.probabilities[0, index])


def words_of(probability: float | None) -> str:
    """A probability as it is written beside its bar; a dash where there is no reading."""
    return "–" if probability is None else percent(probability)

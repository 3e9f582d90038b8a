"""Runs that lost in the middle of training what they had learned, in sentences.

That is said of a run whose running training error was below `LEARNED` percent after an epoch, and after a later one
more than `LOST` points above that, nothing having been done to its shortcuts. It is about one run: what happens to a
learning rate that a network does not bear depends on the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.story_words import counted, joined, percent

LEARNED, LOST = 20.0, 20.0
"""Percent of the running training error, and percentage points by which it rises."""
_TOLD = 3
"""So many are told with their numbers, those that lost most; of the others the names are."""


@dataclass(frozen=True)
class _Collapse:
    told: StoryRun
    before: int
    """The epoch, from 0, of the lowest running training error before it rose, and that of the highest since."""
    after: int

    @property
    def rise(self) -> float:
        """In percentage points."""
        epochs = self.told.epochs
        return epochs[self.after].train_error - epochs[self.before].train_error


def collapse_sentences(runs: Sequence[StoryRun]) -> list[str]:
    """What was lost when, at which learning rates, and where the run is now."""
    found = [one for told in runs if told.is_untouched and (one := _collapse(told)) is not None]
    found.sort(key=lambda one: -one.rise)
    said = [_sentence(one) for one in found[:_TOLD]]
    if others := found[_TOLD:]:
        said.append(
            f"so did {counted(len(others), 'other run')}: {joined([one.told.title for one in others])}"
        )
    if found:
        said.append(
            "such a loss is no degradation in the sense of He et al. (2015): it depends on the seed and on how long "
            "the steps are; another seed, or a lower learning rate, shows whether it comes again"
        )
    return said


def _collapse(told: StoryRun) -> _Collapse | None:
    """The largest rise of a run, where it is one."""
    errors = np.array([epoch.train_error for epoch in told.epochs])
    if len(errors) < 2:
        return None
    lowest = np.minimum.accumulate(errors)
    rises = np.where(lowest < LEARNED, errors - lowest, 0.0)
    after = int(rises.argmax())
    if not rises[after] > LOST:
        return None
    return _Collapse(told, int(errors[:after].argmin()), after)


def _sentence(found: _Collapse) -> str:
    epochs, before, after = found.told.epochs, found.before, found.after
    rates = [epoch.rate for epoch in epochs[before : after + 1]]
    low, high = f"{min(rates):.2g}", f"{max(rates):.2g}"
    last = ""
    if len(epochs) > after + 1:
        last = f"; in epoch {len(epochs)} it is {percent(epochs[-1].train_error)}"
    return (
        f"{found.told.title} lost what it had learned: its running training error rose from "
        f"{percent(epochs[before].train_error)} in epoch {before + 1} to {percent(epochs[after].train_error)} in epoch "
        f"{after + 1}, while the learning rate was {low if low == high else f'{low} to {high}'}{last}"
    )

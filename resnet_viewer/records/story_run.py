"""What a story takes from one training run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from resnet_viewer.records.lab import RunState
from resnet_viewer.records.training import EpochReport, Intervention, RunSpec

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def _nothing() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class StoryRun:
    """What a story takes from one run. Errors in percent, times in epochs."""

    title: str
    """"Plain-56"; where several seeds are there, the seed beside it."""
    run: RunSpec
    state: RunState
    steps_per_epoch: int
    epochs: tuple[EpochReport, ...] = ()
    sentence: str = ""
    """Why it ended before its time."""
    final_train_error: float | None = None
    """Of its last weights on the training pictures as they are; None while it has not ended."""
    errors: Floats = field(default_factory=_nothing)
    """(n,) the training error of each step's batch."""
    record_times: Floats = field(default_factory=_nothing)
    """(m,) when the gradients were recorded: at the beginning of those steps."""
    norms: Floats = field(default_factory=lambda: np.empty((0, 0)))
    """(m, L) the gradient norms then, layers in the forward pass's order."""
    is_read: bool = True
    """What an earlier start has done of it is known."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes, unless it is made longer."""
        return self.state in ("done", "stopped", "diverged", "failed")

    @property
    def is_whole(self) -> bool:
        """Whether all of its epochs are done."""
        return self.state == "done" and len(self.epochs) >= self.length

    @property
    def length(self) -> int:
        """Epochs that it will have, with every extension."""
        return self.run.length

    @property
    def is_untouched(self) -> bool:
        """Whether its shortcuts were left as they are from the start."""
        return not self.interventions

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Those that change how far the shortcuts are open; of several at one step the last."""
        if not self.run.network.has_shortcuts:
            return ()
        changes, strength = [], 1.0
        for made in {made.step: made for made in self.run.interventions}.values():
            if made.strength != strength:
                changes.append(made)
                strength = made.strength
        return tuple(changes)

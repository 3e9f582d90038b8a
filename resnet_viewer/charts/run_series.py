"""What a run's steps and epochs say, as arrays over time: times in epochs, errors in percent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.training import RunReport

CurveQuantity = Literal["error", "loss", "rate"]
Numbers = NDArray[np.float64]
_POINTS = 1500
"""More than a printed line shows; a long run's steps are thinned to these."""


def has_steps(run: RunReport) -> bool:
    """Whether the report has each step's batch: older ones have only the mean over the epoch so far."""
    return any(step.batch_loss or step.batch_error or step.rate for step in run.steps)


def training_curve(run: RunReport, quantity: CurveQuantity) -> tuple[Numbers, Numbers]:
    """Times and values while the weights moved.

    Errors and losses of the steps' batches, as a running mean over the last epoch's worth of steps (fewer at the
    start); the rate of every step. Of a report without steps the means of its epochs.
    """
    if has_steps(run):
        times = np.array([(step.at + 1) / step.steps for step in run.steps])
        if quantity == "rate":
            return times, np.array([step.rate for step in run.steps])
        values = np.array(
            [step.batch_error if quantity == "error" else step.batch_loss for step in run.steps]
        )
        return times, running_mean(values, run.steps[-1].steps)
    ends = np.array([float(epoch.epoch + 1) for epoch in run.epochs])
    field = {"error": "train_error", "loss": "train_loss", "rate": "rate"}[quantity]
    return ends, np.array([float(getattr(epoch, field)) for epoch in run.epochs])


def errors_after_epochs(run: RunReport) -> tuple[Numbers, Numbers]:
    """The ends of the epochs, and the test error measured there."""
    ends = np.array([float(epoch.epoch + 1) for epoch in run.epochs])
    return ends, np.array([epoch.test_error for epoch in run.epochs])


def running_mean(values: Numbers, length: int) -> Numbers:
    """The mean of each value and those before it, `length` together at most.

    Example:
        >>> running_mean(np.array([1.0, 3.0, 5.0]), 2)
        array([1., 2., 4.])
    """
    if not len(values):
        return values
    length = max(1, min(length, len(values)))
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges ends with what is no number
        start = np.cumsum(values[: length - 1]) / np.arange(1, length)
        rest = np.lib.stride_tricks.sliding_window_view(values, length).mean(axis=1)
    return np.concatenate([start, rest])


def thinned(times: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """At most some 1500 points of a curve, the last among them."""
    if len(times) <= _POINTS:
        return times, values
    kept = np.unique(np.linspace(0, len(times) - 1, _POINTS).round().astype(int))
    return times[kept], values[kept]


def over_seeds(curves: Sequence[tuple[Numbers, Numbers]]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Times, mean, lowest and highest of several curves, as far as all of them go."""
    length = min(len(times) for times, _ in curves)
    values = np.stack([values[:length] for _, values in curves])
    return curves[0][0][:length], values.mean(axis=0), values.min(axis=0), values.max(axis=0)

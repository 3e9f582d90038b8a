"""What is asked of the degradation lab, what can be said to it while it works, and what it reports.

Every run has a key, the name of its folder (`cifar-plain-56`, and `cifar-plain-56-seed-1` for any seed but 0). In a
message an empty key means every run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.training import (
    EpochReport,
    GradientRecord,
    Intervention,
    RunReport,
    RunSpec,
    StepReport,
)

RunState = Literal["waiting", "running", "paused", "done", "stopped", "diverged", "failed"]
Pictures = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Confidences = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def key_of(network: NetworkSpec) -> str:
    """The key of a network's run: the same in whatever company, so that more seeds find those that are there.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> key_of(spec("cifar-plain-56")), key_of(replace(spec("cifar-plain-56"), seed=1))
        ('cifar-plain-56', 'cifar-plain-56-seed-1')
    """
    return f"{network.name}-seed-{network.seed}" if network.seed else network.name


Runs = tuple[tuple[str, RunSpec], ...]
"""With their keys."""


@dataclass(frozen=True)
class Order:
    """Train `runs` side by side, each in `folder / key`: in turn on one device, on several GPUs at the same time.

    `data` is a name of `records.data.NAMED` or a folder that `core.data.named_data.read_data` knows; `device` "" is the
    best there is, and "cuda" every GPU; `threads` 0 is as many as runs that go on had, or as torch takes by itself;
    TensorBoard's event files go to `log_dir / key`.
    `is_resumed`: runs that are already in the folder go on where they stopped; `is_shown`: those that are not done do
    not, so that they can be looked at.
    """

    runs: Runs
    data: str
    folder: Path
    device: str = ""
    threads: int = 0
    log_dir: Path | None = None
    is_resumed: bool = False
    is_shown: bool = False
    side_by_side: int = 0
    """How many advance in turn on each device, the others waiting for the first free place; 0: all."""
    keeps_states: bool = True
    """The weights after epochs are kept, too; else those at the end alone."""


# what can be said to a lab at work


@dataclass(frozen=True)
class Pause:
    """No further step until `Continue`."""

    key: str = ""


@dataclass(frozen=True)
class Continue:
    """Go on after a pause."""

    key: str = ""


@dataclass(frozen=True)
class Stop:
    """End the run after the step at hand; what it has learned so far is kept, and it can be resumed."""

    key: str = ""


@dataclass(frozen=True)
class Extend:
    """Make the run `epochs` epochs longer; one that is done goes on."""

    epochs: int
    key: str = ""


@dataclass(frozen=True)
class OpenShortcuts:
    """From the next step on every shortcut is open by `strength`: 0 is cut, 1 is whole."""

    strength: float
    key: str = ""


@dataclass(frozen=True)
class AddRuns:
    """Train these too, beside the others."""

    runs: Runs


@dataclass(frozen=True)
class Publish:
    """Write the run's weights as they are now, and say where: `Published`."""

    key: str


ToRun = Pause | Continue | Stop | Extend | OpenShortcuts | Publish
Message = ToRun | AddRuns

# what it reports, beside `records.progress.Progress` while the data are read


@dataclass(frozen=True, eq=False)
class DataRead:
    """The data are in memory: how many there are to train on, and the test pictures, (N, C, S, S), with labels (N,).

    `remark` says what one should know about how they were made, in a sentence or two, or nothing; `left_out` files
    could not be read as pictures.
    """

    count: int
    test_pictures: Pictures
    test_labels: Numbers
    class_names: tuple[str, ...]
    remark: str = ""
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class DataLent:
    """`DataRead` on its way to another process: its test pictures lie in the file `path`, as `media.lending` says."""

    read: DataRead
    path: Path
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Began:
    """A run is there. What an earlier one in its folder had already done comes with it.

    `states` are the weights kept so far, with the epochs that were done, 0 before the first; `predicted` is as in
    `EpochEnded`. A run that is whole has nothing left to do but to say its errors. One that is not read says nothing of
    what was done before: its folder is refused, and it fails.
    """

    key: str
    run: RunSpec
    steps_per_epoch: int
    steps: Sequence[StepReport] = ()
    gradients: Sequence[GradientRecord] = ()
    epochs: tuple[EpochReport, ...] = ()
    states: tuple[tuple[int, Path], ...] = ()
    predicted: Numbers | None = field(default=None, compare=False)
    is_whole: bool = False
    is_read: bool = True


@dataclass(frozen=True)
class Advanced:
    """What a run's last steps did, oldest first; sent some ten times a second."""

    key: str
    steps: tuple[StepReport, ...]
    gradients: tuple[GradientRecord, ...]
    pictures_per_second: float
    """Of this run's steps alone, while it had the device; not a number for those of an earlier run."""


@dataclass(frozen=True, eq=False)
class EpochEnded:
    """After an epoch: its report, the class that each test picture was given (N,), and the state where it was kept."""

    key: str
    epoch: EpochReport
    predicted: Numbers
    state: Path | None
    confidence: Confidences | None = field(default=None, compare=False)
    """The probability of each of those classes, (N,), from 0 to 1."""


@dataclass(frozen=True)
class StateKept:
    """The run's weights after so many epochs are in this file; after none, they are those that it began with."""

    key: str
    epochs_done: int
    path: Path


@dataclass(frozen=True)
class StateChanged:
    """A run began to wait, to run, to pause …; `sentence` says why where it ended before its time."""

    key: str
    state: RunState
    sentence: str = ""


@dataclass(frozen=True)
class Intervened:
    """The shortcuts were opened or closed, or the run made longer; `run` is what it is now, with all of it."""

    key: str
    run: RunSpec
    intervention: Intervention | None


@dataclass(frozen=True)
class Published:
    """The run's weights after `step` steps are in this file, which says which network it is."""

    key: str
    step: int
    path: Path


@dataclass(frozen=True)
class RunEnded:
    """A run has ended, with all its epochs or before them; its files are written."""

    key: str
    report: RunReport


@dataclass(frozen=True)
class Idle:
    """Nothing is new; a chance to be told something."""


OfRun = Began | Advanced | EpochEnded | StateKept | StateChanged | Intervened | Published | RunEnded
"""Reports that are about one run."""
LabReport = DataRead | OfRun | Idle

_PIECE = 500
"""Steps: few enough to be read, and drawn, within some milliseconds."""


def in_pieces(report: Progress | LabReport) -> Iterator[Progress | LabReport]:
    """The same for a reader that must not be held up: what an earlier run did comes piece by piece, and not again.

    Example:
        >>> began = Began("a", run, 5, steps=(step,) * 600)  # doctest: +SKIP
        >>> [len(piece.steps) for piece in in_pieces(began)]  # doctest: +SKIP
        [0, 500, 100]
    """
    match report:
        case Began():
            yield replace(report, steps=(), gradients=())
            records = list(report.gradients)
            for first in range(0, len(report.steps), _PIECE):
                steps = tuple(report.steps[first : first + _PIECE])
                count = sum(record.step <= steps[-1].at for record in records)
                yield Advanced(report.key, steps, tuple(records[:count]), math.nan)
                del records[:count]
        case RunEnded():
            yield replace(report, report=replace(report.report, steps=(), gradients=()))
        case _:
            yield report

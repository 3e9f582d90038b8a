"""Where the runs of a lab have their turns: a bench for each device, all of them working at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager

import torch

from resnet_viewer.core.data.datasets import Data, on_device
from resnet_viewer.core.lab.device_habits import entered
from resnet_viewer.core.lab.lab_run import LabRun
from resnet_viewer.records.lab import LabReport


class Bench:
    """A device, the data on it, and the runs at work there, which take turns.

    What is begun is done by `hands`, or without them at once; the lab, in one thread, says what, and takes the
    reports. While the bench is busy its runs are its own: nobody else looks at them.
    """

    def __init__(self, device: str, data: Data, hands: Executor | None = None) -> None:
        self.device = device
        self.data = data
        self.runs: list[LabRun] = []
        """Those that have a place here, paused ones too; the lab alone changes the list."""
        self._hands = hands
        self._task: Future[list[LabReport]] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something was begun whose reports were not taken."""
        return self._task is not None

    def begin(self, work: Iterable[LabReport]) -> None:
        """Do all of it."""
        if self._hands is not None:
            self._task = self._hands.submit(list, work)
        else:
            self._task = Future()
            self._task.set_result(list(work))

    def reports(self) -> Iterator[LabReport]:
        """What came of it, once; nothing while it is not done."""
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            yield from task.result()

    def tidy(self) -> None:
        """Runs that have ended, or wait again, give their place away."""
        self.runs = [run for run in self.runs if run.state in ("running", "paused")]

    def next_run(self) -> LabRun | None:
        """The running one that has come least far."""
        return min(
            (run for run in self.runs if run.state == "running"), key=lambda run: run.turns, default=None
        )

    def rest(self) -> None:
        """Wait until what was begun is done."""
        if self._task is not None:
            wait([self._task])


def wait_for_one(benches: Sequence[Bench], seconds: float) -> None:
    """Until one of the busy benches is done, or the time is over."""
    wait([bench._task for bench in benches if bench._task is not None], seconds, FIRST_COMPLETED)


@contextmanager
def benches(devices: Sequence[str], data: Data) -> Iterator[list[Bench]]:
    """A bench for each device; several have a thread each, which ends with the with-block."""
    with ExitStack() as stack:
        made = []
        for device in devices:
            hands = None
            if len(devices) > 1:
                hands = ThreadPoolExecutor(1, f"lab on {device}", entered, (torch.device(device),))
                stack.enter_context(hands)
            made.append(Bench(device, on_device(data, device), hands))
        yield made

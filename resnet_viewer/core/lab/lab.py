"""The degradation lab: several runs trained side by side, steered while they work.

What happens: the data are read once; each run begins, or is found again, in a folder of its own; then each is given
to the device that has fewest, where they have turns, the one that has come least far first, so that their curves grow
together. Several devices work at the same time, each in a thread; a message is obeyed when all stand between two
turns, so that whatever is not a turn is done by the one thread that answers.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import chain

import torch

from resnet_viewer.core.data.datasets import Data, on_device
from resnet_viewer.core.data.named_data import read_data
from resnet_viewer.core.lab.device_habits import devices_for, entered, give_memory_back, is_out_of_memory
from resnet_viewer.core.lab.event_logs import EventLogs
from resnet_viewer.core.lab.lab_run import LabRun
from resnet_viewer.core.lab.resuming import threads_of
from resnet_viewer.core.lab.run_lock import at_first
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import (
    AddRuns,
    Continue,
    DataRead,
    Extend,
    Idle,
    LabReport,
    Message,
    OpenShortcuts,
    Order,
    Pause,
    Publish,
    RunState,
    Stop,
    ToRun,
)
from resnet_viewer.records.training import RunSpec


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


_PULSE = 0.05
"""Seconds of silence after which `Idle` is reported."""
_ENDED: tuple[RunState, ...] = ("done", "stopped", "diverged", "failed")
_log = logging.getLogger(__name__)


class Lab:
    """Answers orders one after the other; one thread works, any may tell.

    `commit` and `command` go into the cards of the weights.

    Example:
        >>> lab = Lab()
        >>> for report in lab.answer(order):  # doctest: +SKIP
        ...     lab.tell(Stop())
    """

    def __init__(self, *, commit: str | None = None, command: str = "") -> None:
        self._commit, self._command = commit, command
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._runs: dict[str, LabRun] = {}
        self._data: tuple[tuple[str, int, int], Data] | None = None
        self._benches: list[Bench] = []
        self._is_leaving = False
        self._threads = 0

    def tell(self, message: Message) -> None:
        """Say something to the runs at work; it takes effect before the next step."""
        self._inbox.put(message)

    def read(self, name: str, side: int, channels: int = 3) -> Iterator[Progress]:
        """Read a data set into memory, pictures of a folder `side` pixels large; once for several orders.

        Raises:
            DatasetError: there is none, or it cannot be used.
        """
        if self._data is not None and self._data[0] == (name, side, channels):
            return
        for found in read_data(name, side, channels=channels):
            if isinstance(found, Data):
                self._data = (name, side, channels), found
            else:
                yield found

    @property
    def data(self) -> Data:
        """What was read last.

        Raises:
            LookupError: nothing yet.
        """
        if self._data is None:
            raise LookupError("no data were read")
        return self._data[1]

    def answer(self, order: Order) -> Iterator[Progress | LabReport]:
        """Train the order's runs until each of them has ended. Closing it saves them where they are.

        A run that fails does not hold up the others: `StateChanged` says what happened.

        Raises:
            UserError: the data cannot be read, or there is no such device.
        """
        with (
            contextlib.closing(EventLogs(order.log_dir)) as logs,
            contextlib.closing(self._work(order)) as work,
        ):
            try:
                for report in work:
                    logs.take(report)
                    yield report
            finally:
                self._inbox = queue.SimpleQueue()  # what was told to these runs is not for the next order's

    def _work(self, order: Order) -> Generator[Progress | LabReport, None, None]:
        known = threads_of(order.folder / key for key, _ in order.runs) if order.is_resumed else 0
        if threads := order.threads or known:
            torch.set_num_threads(threads)
        devices = devices_for(order.device)
        self._threads = torch.get_num_threads() if "cpu" in devices else 0
        first = order.runs[0][1].network if order.runs else None
        yield from self.read(order.data, first.input_size if first else 0, first.channels if first else 3)
        data = self.data
        yield DataRead(
            len(data.train),
            data.test.images.numpy(),
            data.test.labels.numpy(),
            data.train.classes,
            data.remark,
            data.left_out,
        )
        with benches(devices, data) as self._benches:
            try:
                yield from self._add(order, order.runs, is_resumed=order.is_resumed, until=at_first())
                for run in self._in("waiting") if order.is_shown else ():
                    if not run.is_whole:
                        yield from self._guarded(run, run.stop())
                yield from self._turns(order)
            finally:
                self._leave()
                for device in devices:
                    give_memory_back(torch.device(device))

    def _turns(self, order: Order) -> Iterator[LabReport]:
        """Until all runs have ended."""
        spoken = time.monotonic()
        while True:
            for report in chain(self._obeyed(order), self._turn(order)):
                yield report
                spoken = time.monotonic()
            is_busy = any(bench.is_busy for bench in self._benches)
            if not is_busy and not self._in("running") and self._inbox.empty():
                if not self._in("paused", "waiting"):
                    return
                with contextlib.suppress(queue.Empty):
                    message = self._inbox.get(timeout=_PULSE)
                    yield from self._heeded(order, message)
                    spoken = time.monotonic()
            if time.monotonic() - spoken >= _PULSE:
                yield Idle()
                spoken = time.monotonic()

    def _turn(self, order: Order) -> Iterator[LabReport]:
        """Give every bench that has nothing to do a run to begin, or a turn of one; report what is done."""
        for bench in self._benches:
            if not bench.is_busy and (work := self._next(order, bench)) is not None:
                bench.begin(work)
        wait_for_one(self._benches, _PULSE)
        for bench in self._benches:
            yield from bench.reports()

    def _next(self, order: Order, bench: Bench) -> Iterator[LabReport] | None:
        """What a bench is to do: begin with a run that waits, where it has a place for it, or give one a turn."""
        bench.tidy()
        has_room = not order.side_by_side or len(bench.runs) < order.side_by_side
        if has_room and len(bench.runs) == min(len(other.runs) for other in self._benches):
            taken = {run.key for other in self._benches for run in other.runs}
            if (run := next((run for run in self._in("waiting") if run.key not in taken), None)) is not None:
                run.turns = min((other.turns for other in bench.runs), default=0.0)
                bench.runs.append(run)
                return self._guarded(run, run.start(bench.data, bench.device))
        run = bench.next_run()
        return None if run is None else self._guarded(run, run.turn(self._is_called))

    def _is_called(self) -> bool:
        """Whether turns are to end: there is something to obey, or to leave."""
        return self._is_leaving or not self._inbox.empty()

    def _leave(self) -> None:
        """Save every run where it is, and forget them."""
        self._is_leaving = True
        for bench in self._benches:
            bench.rest()
        for run in self._runs.values():
            try:
                run.leave()
            except UserError as error:
                _log.warning("%s was left unsaved: %s", run.key, error)
            except Exception:  # the others are saved all the same
                _log.exception("%s was left unsaved", run.key)
        self._runs, self._benches, self._is_leaving = {}, [], False

    def _obeyed(self, order: Order) -> Iterator[LabReport]:
        """Do what was told, once every run stands between two steps."""
        if self._inbox.empty():
            return
        for bench in self._benches:
            bench.rest()
            yield from bench.reports()
        while not self._inbox.empty():
            yield from self._heeded(order, self._inbox.get())

    def _heeded(self, order: Order, message: Message) -> Iterator[LabReport]:
        if isinstance(message, AddRuns):
            yield from self._add(order, message.runs, is_resumed=order.is_resumed)
            return
        for run in list(self._runs.values()):
            if message.key in ("", run.key):
                yield from self._guarded(run, self._told(run, message))

    def _told(self, run: LabRun, message: ToRun) -> Iterator[LabReport]:
        """What a run does when it is told so, or why it does not; one that goes on again need not catch up."""
        if isinstance(message, Continue):
            beside = next((bench.next_run() for bench in self._benches if run in bench.runs), None)
            run.turns = max(run.turns, beside.turns if beside else 0.0)
        try:
            yield from _obey(run, message)
        except UserError as error:
            # a word to all is not for every run
            if message.key or isinstance(error, WriteError) or _needs_shortcuts(run, message):
                yield run.become(run.state, str(error))

    def _add(
        self,
        order: Order,
        runs: Iterable[tuple[str, RunSpec]],
        *,
        is_resumed: bool,
        until: float | None = None,
    ) -> Iterator[LabReport]:
        for key, spec in runs:
            known = self._runs.get(key)
            if known is not None and known.state not in _ENDED:
                continue
            run = LabRun(
                key,
                spec,
                order.folder / key,
                commit=self._commit,
                command=self._command,
                keeps_states=order.keeps_states,
            )
            self._runs[key] = run
            goes_on = is_resumed or known is not None
            work = run.begin(self.data, is_resumed=goes_on, threads=self._threads, until=until)
            yield from self._guarded(run, work)

    def _guarded(self, run: LabRun, work: Iterator[LabReport]) -> Iterator[LabReport]:
        """What the run reports, and at the end that it failed, if it did."""
        lacked = False
        try:
            yield from work
            return
        except UserError as error:
            sentence = str(error)
        except Exception as error:
            title, lacked = run.run.network.title, is_out_of_memory(error)
            if lacked:
                sentence = (
                    f"There is not enough memory to train {title}: take a smaller batch, or train fewer networks side "
                    "by side."
                )
            else:
                _log.exception("%s failed", run.key)
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                sentence = f"{title} could not go on: {reason}."
        yield from run.fail(sentence)  # after the error, which holds what the run had on the device
        for bench in self._benches if lacked else ():
            if run in bench.runs:
                give_memory_back(torch.device(bench.device))

    def _in(self, *states: RunState) -> list[LabRun]:
        return [run for run in self._runs.values() if run.state in states]


def _needs_shortcuts(run: LabRun, message: ToRun) -> bool:
    """Whether a message to cut shortcuts came to a run that would have them cut, but for its recipe."""
    return isinstance(message, OpenShortcuts) and run.run.recipe.survival < 1


def _obey(run: LabRun, message: ToRun) -> Iterator[LabReport]:
    """What a message to one run does; nothing where it has nothing to say to a run in that state.

    Raises:
        UserError: it cannot be done.
    """
    is_open = run.state not in _ENDED
    match message:
        case Pause() if run.state in ("running", "waiting"):
            yield from run.pause()
        case Continue() if run.state == "paused":
            yield from run.go_on()
        case Stop() if is_open:
            yield from run.stop()
        case Extend() if is_open or run.state == "done":
            yield from run.extend(message.epochs)
        case OpenShortcuts() if is_open:
            yield from run.open_shortcuts(message.strength)
        case Publish():
            yield from run.publish()
        case Extend() | OpenShortcuts():
            raise UserError(f"{run.run.network.title} has ended: add it again to go on with it.")

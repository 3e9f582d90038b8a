"""What the error meter costs: a toggle of the last and of the middle block beside a full evaluation, in turns.

`python -m benchmarks.meter`. The pictures are those that the window begins with, decoded and cut once for all. Each
turn measures a state that was never seen: the last (middle) block's shortcut at a strength of its own, by a meter that
keeps activations and has seen everything open, and the same state as the last one by one that keeps nothing. That both
find the same, bit for bit, is checked in every round. `--worker` drives the full evaluation once more, as the window
does, on a worker's thread with an event loop, and prints the share of time that is lost between its steps.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import replace

import numpy as np
import torch
from PySide6.QtCore import QCoreApplication, QObject, Slot

from benchmarks.alternating import Verdict, alternate, judged, parser, report
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.meter import KEPT_BYTES, Meter, batch_size
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.test_set import MeasureSet, SetReading, TestSet
from resnet_viewer.ui.work.worker import Worker

LIMITS = {"cifar-resnet-56": {"last": 0.1, "middle": 0.6}}
LOST_LIMIT = 0.1
"""Of the time on the worker's thread."""


class Course:
    """Meters over one live network, each with its own kept activations, and a state for every turn."""

    def __init__(self, name: str, sample: int, kept_bytes: int) -> None:
        engine = ProbeEngine(device="cpu")
        self.state = open_network(name, None).state
        self.pictures = TestSet(sample=sample)
        self.meters = {
            "full": Meter(engine.live, device="cpu", kept_bytes=0),
            "last": Meter(engine.live, device="cpu", kept_bytes=kept_bytes),
            "middle": Meter(engine.live, device="cpu", kept_bytes=kept_bytes),
        }
        self.found: dict[str, SetReading] = {}
        self.turns = dict.fromkeys(self.meters, 0)
        self.is_bit_equal = True
        for meter in self.meters.values():
            self.ask(meter, self.state)

    def ask(self, meter: Meter, now: NetworkState) -> SetReading:
        """Measure to the end."""
        *_, found = meter.answer(MeasureSet(self.pictures, now, self.state))
        assert isinstance(found, SetReading)
        return found

    def turn(self, task: str) -> None:
        """The next state of a task; "full" and "last" have the same ones."""
        self.turns[task] += 1
        self.found[task] = self.ask(self.meters[task], self.next_state(task, self.turns[task]))
        if self.turns["full"] == self.turns["last"]:
            self.is_bit_equal &= self._agree()

    def next_state(self, task: str, number: int) -> NetworkState:
        """Its block's shortcut open by a strength that no other turn has."""
        count = self.state.network.block_count
        block = (count + 1) // 2 if task == "middle" else count
        return replace(self.state, wiring=self.state.wiring.with_shortcuts([block], 1 / (1 + number)))

    def _agree(self) -> bool:
        """Whether the newest turns of "full" and "last" found the same."""
        full, last = self.found["full"].now, self.found["last"].now
        return bool(
            np.array_equal(full.predicted, last.predicted)
            and np.array_equal(full.probability, last.probability)
            and full.spread == last.spread
        )


class Waiter(QObject):
    """Hears a worker's readings, and ends the event loop with the last one."""

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__()
        self.application, self.partial = application, 0

    @Slot(object)
    def take(self, found: SetReading) -> None:
        """One of them."""
        self.partial += 1
        if found.is_complete:
            self.application.quit()

    @Slot(object)
    def fail(self, failure: object) -> None:
        """It cannot be."""
        print(failure, file=sys.stderr)
        self.application.exit(1)


class Stopwatch:
    """Answers as a meter does, and adds up the time inside its steps."""

    def __init__(self, meter: Meter) -> None:
        self.meter, self.inside = meter, 0.0
        self.computed: list[float] = []
        """Of each step the processor's seconds, which other programs disturb less."""

    def answer(self, request: object):  # type: ignore[no-untyped-def]  # a generator, as the worker wants it
        """The meter's own steps."""
        assert isinstance(request, MeasureSet)
        work = self.meter.answer(request)
        while True:
            begun, computed = time.perf_counter(), time.thread_time()
            try:
                found = next(work)
            except StopIteration:
                return
            finally:
                self.inside += time.perf_counter() - begun
            self.computed.append(time.thread_time() - computed)
            yield found


def lost(course: Course) -> dict[str, object]:
    """Time between the steps of a full evaluation on a worker's thread, beside the time in them."""
    application = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    watch = Stopwatch(course.meters["full"])
    worker = Worker(lambda: watch, name="benchmark")
    waiter = Waiter(application)
    worker.start()
    question = MeasureSet(course.pictures, course.next_state("full", 1000), course.state)
    begun = time.perf_counter()
    worker.low.ask(question, waiter.take, waiter.fail)
    application.exec()
    seconds = time.perf_counter() - begun
    worker.close()
    return {
        "seconds": seconds,
        "steps": len(watch.computed),
        "a step, median thread ms": 1000 * statistics.median(watch.computed),
        "a step, 99th percentile thread ms": 1000 * statistics.quantiles(watch.computed, n=100)[98],
        "a step, longest thread ms": 1000 * max(watch.computed),
        "readings told": waiter.partial,
        "share lost between steps": 1 - watch.inside / seconds,
    }


def main() -> int:
    """Print the tables; the exit status is 1 where a limit is broken."""
    made = parser(__doc__, networks=("cifar-resnet-56",), rounds=7)
    made.add_argument("--sample", type=int, default=300, help="pictures (default 300)")
    made.add_argument(
        "--kept",
        type=int,
        default=KEPT_BYTES >> 20,
        metavar="MB",
        help="of activations (default %(default)s); a tenth of it for a tenth of the pictures keeps the same blocks",
    )
    made.add_argument("--worker", action="store_true", help="measure what is lost between steps, too")
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    verdicts: dict[str, Verdict] = {}
    for name in chosen.networks:
        course = Course(name, chosen.sample, chosen.kept << 20)

        def full(course: Course = course) -> None:
            course.turn("full")

        def last(course: Course = course) -> None:
            course.turn("last")

        def middle(course: Course = course) -> None:
            course.turn("middle")

        times = alternate({"full": full, "last": last, "middle": middle}, rounds=chosen.rounds, warm_up=1)
        reading = course.found["middle"]
        notes = [
            f"batches of {batch_size(course.state, 'cpu')}; {reading.kept_blocks} of "
            f"{course.state.network.block_count} blocks kept, {reading.kept_bytes / 2**20:.0f} MB",
            f"bit-equal to full passes: {course.is_bit_equal}",
        ]
        if chosen.worker:
            between = lost(course)
            notes += [f"{key}: {value:.4g}" for key, value in between.items()]
        for task in ("last", "middle"):
            limit = LIMITS.get(name, {}).get(task, 1.0)
            verdict = judged(times, base="full", ours=task, limit=limit)
            verdict["notes"] = notes
            verdict["within limit"] = bool(verdict["within limit"]) and course.is_bit_equal
            verdicts[f"{name}, {chosen.sample} pictures: {task} block"] = verdict
    return report(verdicts, as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())

"""What kept activations save in the study of blocks: every block dropped and every shortcut cut, with them and without.

`python -m benchmarks.block_study`; the limit is 0.55. The pictures are noise, as many as `--pictures` says. Each point
is measured by both in turns, the one that keeps going first every second time; that both find the same, picture by
picture to the last bit of every probability, is checked for each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import TypeVar

import numpy as np
import torch

from benchmarks.alternating import Times, Verdict, judged, keep_memory_mapped, parser, report
from resnet_viewer.core.meter import View, batch_size
from resnet_viewer.core.network import build
from resnet_viewer.core.studies.bench import KEPT_BYTES, Bench
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records.studies.blocks import targets
from resnet_viewer.records.test_set import SetPictures, SetSide
from resnet_viewer.records.wiring import Wiring

LIMIT = 0.55
_Found = TypeVar("_Found")


def end_of(work: Generator[None, None, _Found]) -> _Found:
    """What it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: _Found = end.value
            return found


class Course:
    """Two benches over one network and the same pictures, one of which keeps nothing."""

    def __init__(self, name: str, count: int, kept_bytes: int) -> None:
        opened = open_network(name, None)
        state, network = opened.state, build(opened.spec, resolve(opened.spec))
        side, channels = state.preprocessing.crop, opened.spec.channels
        chance = np.random.default_rng(0)
        pixels = chance.integers(0, 256, (count, side, side, channels)).astype(np.uint8)
        labels = chance.integers(0, opened.spec.classes, count)
        pictures = SetPictures(tuple(map(str, range(count))), (None,) * count, labels, total=count)
        view = View(pictures, pixels)
        self.state = state
        self.benches = {
            "kept": Bench(network, state, device="cpu", view=view, kept_bytes=kept_bytes),
            "not": Bench(network, state, device="cpu", view=view, kept_bytes=0),
        }
        self.found: dict[str, list[SetSide]] = {task: [] for task in self.benches}

    def wirings(self) -> list[Wiring]:
        """As the study takes them: each branch dropped, then each shortcut cut, the last block first."""
        wiring, can = self.state.wiring, targets(self.state, self.benches["kept"].plan)
        dropped = [wiring.with_branches([block], 0.0) for block in reversed(can.drop)]
        left_out = [wiring.with_left_out([block]) for block in reversed(can.leave_out)]
        cut = [wiring.with_shortcuts([block], 0.0) for block in reversed(can.cut)]
        return [wiring, *dropped, *left_out, *cut]

    def round(self, times: dict[str, Times]) -> None:
        """All points by both."""
        spent = {task: [0.0, 0.0] for task in self.benches}
        for place, wiring in enumerate(self.wirings()):
            turns = [*self.benches.items()]
            for task, bench in turns[:: 1 if place % 2 else -1]:
                wall, thread = time.perf_counter(), time.thread_time()
                self.found[task].append(end_of(bench.side(wiring)))
                spent[task][0] += time.perf_counter() - wall
                spent[task][1] += time.thread_time() - thread
        for task, (wall, thread) in spent.items():
            times[task].wall.append(wall)
            times[task].thread.append(thread)

    def agree(self) -> bool:
        """Whether both found the same, bit for bit."""
        return all(
            np.array_equal(one.predicted, other.predicted)
            and np.array_equal(one.probability, other.probability)
            and one.error == other.error
            for one, other in zip(self.found["kept"], self.found["not"], strict=True)
        )


def main() -> int:
    """Print the tables; the exit status is 1 where the limit is broken or an error differs."""
    made = parser(__doc__, networks=("cifar-resnet-56",), rounds=1)
    made.add_argument("--pictures", type=int, default=2000, help="how many (default %(default)s)")
    made.add_argument(
        "--kept",
        type=int,
        default=KEPT_BYTES >> 20,
        metavar="MB",
        help="of activations (default %(default)s)",
    )
    chosen = made.parse_args()
    torch.set_num_threads(chosen.threads)
    keep_memory_mapped()
    verdicts: dict[str, Verdict] = {}
    for name in chosen.networks:
        course = Course(name, chosen.pictures, chosen.kept << 20)
        times = {task: Times() for task in course.benches}
        for _ in range(chosen.rounds):
            course.round(times)
        verdict = judged(times, base="not", ours="kept", limit=LIMIT)
        kept, errors = course.benches["kept"], [side.error for side in course.found["kept"]]
        verdict["notes"] = [
            f"{len(errors) // chosen.rounds} states, batches of {batch_size(course.state, 'cpu')}, "
            f"{kept.kept_bytes / 2**20:.0f} MB kept",
            f"by what was computed: {kept.passes / (kept.passes + kept.saved):.3f}",
            f"equal, bit for bit: {course.agree()}; {len(set(errors))} different errors",
        ]
        verdict["within limit"] = bool(verdict["within limit"]) and course.agree()
        verdicts[f"{name}, {chosen.pictures} pictures: every block, dropped and cut"] = verdict
    return report(verdicts, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())

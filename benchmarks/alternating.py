"""Times several things in turns within one run, so that a noisy machine troubles all of them alike.

Wall time is what a user waits; thread time is the processor time of the calling thread alone, which other programs
disturb less. With `--threads 1` it holds all the work; with more it leaves out torch's other threads.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Times:
    """Seconds of each round."""

    wall: list[float] = field(default_factory=list)
    thread: list[float] = field(default_factory=list)

    def row(self, base: Times) -> dict[str, float]:
        """Milliseconds (median, minimum) and ratios to `base`.

        A ratio of medians is the median of the rounds' own ratios: neighbours in time meet the same disturbance.
        """
        row: dict[str, float] = {}
        for kind in ("wall", "thread"):
            mine, theirs = getattr(self, kind), getattr(base, kind)
            row[f"{kind} ms"] = 1000 * statistics.median(mine)
            row[f"{kind} min ms"] = 1000 * min(mine)
            row[f"{kind} ratio"] = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
            row[f"{kind} min ratio"] = min(mine) / min(theirs)
        return row


def keep_memory_mapped() -> None:
    """From now on freed memory stays with this process, where the C library is glibc.

    Else it goes back to the system and comes again by page faults, which fall on whoever comes next in turn: 0.4 to
    3 ms of the 22 ms of a ResNet-56's passes were seen, at random.
    """
    trim_threshold, mmap_threshold, gigabyte = -1, -3, 1 << 30
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, gigabyte)
        library.mallopt(mmap_threshold, gigabyte)


def alternate(
    tasks: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 2
) -> dict[str, Times]:
    """Run every task once a round, in an order that turns by one each round; garbage waits until the round is over."""
    keep_memory_mapped()
    for task in [*tasks.values()] * warm_up:
        task()
    names = list(tasks)
    found = {name: Times() for name in names}
    for index in range(rounds):
        start = index % len(names)
        gc.collect()
        gc.disable()
        try:
            for name in names[start:] + names[:start]:
                wall, thread = time.perf_counter(), time.thread_time()
                tasks[name]()
                found[name].thread.append(time.thread_time() - thread)
                found[name].wall.append(time.perf_counter() - wall)
        finally:
            gc.enable()
    return found


def parser(description: str | None, *, networks: tuple[str, ...], rounds: int) -> argparse.ArgumentParser:
    """The options that the timing benchmarks share."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--networks", nargs="+", default=list(networks), metavar="NAME")
    made.add_argument("--rounds", type=int, default=rounds, help=f"rounds of turns (default {rounds})")
    made.add_argument("--threads", type=int, default=1, help="torch threads (default 1)")
    made.add_argument("--json", action="store_true", help="print JSON alone")
    return made


Verdict = dict[str, object]


def judged(times: Mapping[str, Times], *, base: str, ours: str, limit: float) -> Verdict:
    """Rows for every task, and whether `ours` keeps the limit on its ratio to `base`.

    The ratio that counts is the smaller one of the two thread-time ratios (medians, minima): noise only adds.
    """
    rows = {name: found.row(times[base]) for name, found in times.items()}
    ratio = min(rows[ours]["thread ratio"], rows[ours]["thread min ratio"])
    return {"rows": rows, "ratio": ratio, "limit": limit, "within limit": ratio <= limit}


def table(title: str, verdict: Verdict) -> str:
    """A verdict as text."""
    rows = verdict["rows"]
    assert isinstance(rows, dict)
    columns = list(next(iter(rows.values())))
    width = max(map(len, rows))
    lines = [title, " " * width + "".join(f"{column:>18}" for column in columns)]
    for name, row in rows.items():
        lines.append(f"{name:<{width}}" + "".join(f"{row[column]:>18.3f}" for column in columns))
    word = "within" if verdict["within limit"] else "OVER"
    lines.append(f"ratio {verdict['ratio']:.3f}: {word} the limit of {verdict['limit']}")
    return "\n".join([*lines, *map(str, verdict.get("notes", []))]) + "\n"  # type: ignore[call-overload]


def report(verdicts: Mapping[str, Verdict], *, as_json: bool) -> int:
    """Print all; the exit status is 1 where a limit is broken."""
    if as_json:
        print(json.dumps(verdicts, indent=1))
    else:
        for title, verdict in verdicts.items():
            print(table(title, verdict))
    return 0 if all(verdict["within limit"] for verdict in verdicts.values()) else 1

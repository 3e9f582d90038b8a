"""Whether memory stays flat: 500 pictures opened, 500 toggles, then 200 toggles with the error meter at work.

`python -m benchmarks.memory` (Linux). Each step asks for now and for the reference as the window does, and puts both
into the same cache that the window keeps, here of a smaller size, so that it is full early and what grows after
that is a leak; the meter measures the test set that the window begins with, and is given up now and then. Prints the
resident memory at the start, after 100 and after the last of each, and the growth in between.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.meter import Meter
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.test_set import SetReading
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.answers import Answers

LIMIT_MIB = 32.0
"""Growth between step 100 and the last one that is taken for noise of the allocator."""


def main() -> int:
    """Print the table; the exit status is 1 where memory grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", default="cifar-resnet-56")
    parser.add_argument("--steps", type=int, default=500, help="pictures, and toggles (default 500)")
    parser.add_argument("--metered", type=int, default=200, help="toggles with the meter (default 200)")
    parser.add_argument("--side", type=int, default=512, help="of the pictures in pixels (default 512)")
    parser.add_argument("--cache", type=int, default=64, metavar="MIB", help="size of the cache (default 64)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    engine = ProbeEngine(device="cpu", weights=lambda _: {})
    answers = Answers(max_bytes=chosen.cache * 2**20)
    found: dict[str, float] = {"start": resident_mib()}
    early = min(100, chosen.steps)
    meter = Meter(engine.live, device="cpu")
    for kind, sessions in (
        ("pictures", pictures(chosen)),
        ("toggles", toggles(chosen, chosen.steps)),
        ("metered", toggles(chosen, chosen.metered)),
    ):
        count = 0
        for count, session in enumerate(sessions, 1):
            ask(engine, answers, session)
            if kind == "metered":
                measure(meter, answers, session, is_given_up=count % 5 == 0)
            if count == early:
                gc.collect()
                found[f"after {count} {kind}"] = resident_mib()
        if count > early:
            gc.collect()
            found[f"after {count} {kind}"] = resident_mib()
            found[f"growth over {kind}"] = found[f"after {count} {kind}"] - found[f"after {early} {kind}"]
    grown = [value for name, value in found.items() if name.startswith("growth")]
    is_flat = max(grown, default=0.0) <= LIMIT_MIB
    if chosen.json:
        print(json.dumps({**found, "limit": LIMIT_MIB, "within limit": is_flat}, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:<24}{value:>9.1f} MiB")
        print(f"growth {'within' if is_flat else 'OVER'} the limit of {LIMIT_MIB:.0f} MiB")
    return 0 if is_flat else 1


def ask(engine: ProbeEngine, answers: Answers, session: Session) -> None:
    """Now and the reference: remembered, or computed and put into the cache."""
    for question in (session.now_question(), session.reference_question()):
        assert question is not None
        if answers.get(question) is None:
            *_, whole = engine.answer(question)
            answers.put(whole)


def measure(meter: Meter, answers: Answers, session: Session, *, is_given_up: bool) -> None:
    """The error of now and of the reference: remembered, or measured; or begun and given up after some steps."""
    question = session.measure_question()
    assert question is not None
    if answers.get(question) is not None:
        return
    with closing(meter.answer(question)) as steps:
        for found in islice(steps, 100 if is_given_up else None):
            if isinstance(found, SetReading) and found.is_complete:
                answers.put(found)


def pictures(chosen: argparse.Namespace) -> Iterator[Session]:
    """A new picture each step, everything open."""
    random = np.random.default_rng(0)
    for step in range(chosen.steps):
        pixels = random.integers(0, 256, (chosen.side, chosen.side, 3), dtype=np.uint8)
        yield session_of(chosen, Picture.of(pixels, name=f"picture {step}"))


def toggles(chosen: argparse.Namespace, count: int) -> Iterator[Session]:
    """One picture; a shortcut is toggled each step, chosen at random, so that states hardly ever repeat."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (chosen.side, chosen.side, 3), dtype=np.uint8)
    session = session_of(chosen, Picture.of(pixels, name="toggled"))
    for _ in range(count):
        setup = session.setup
        wiring = setup.wiring.toggled_shortcut(int(random.integers(1, setup.wiring.block_count + 1)))
        session = replace(session, setup=setup.with_wiring(wiring))
        yield session


def session_of(chosen: argparse.Namespace, picture: Picture) -> Session:
    """The network with everything open, looking at a picture."""
    network = spec(chosen.network)
    wiring = Wiring.all_open(network.block_count)
    return Session(Setup(NetworkState(network, usual_preprocessing(network), wiring), picture))


def resident_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())

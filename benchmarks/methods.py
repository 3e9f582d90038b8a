"""The longest step of every attribution method, for which a toggle waits at most, in bare passes forward and back.

Processor time of the one thread that computes, so that a loaded machine measures what an idle one does:
`uv run --extra explain python -m benchmarks.methods`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.methods.explained import explained
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.media import pictures
from resnet_viewer.paths import asset
from resnet_viewer.records.method import METHODS, ExplainRequest, cost_of, refusal
from resnet_viewer.records.probe import ProbeRequest


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the thread."""
    started = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - started)


def forward_and_back(network: nn.Module, images: Tensor) -> None:
    """The gradient of a class's score for the picture."""
    given = images.clone().requires_grad_()
    torch.autograd.grad(network(given)[0, 0], given)


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=["cifar-resnet-56", "resnet50"])
    torch.set_num_threads(1)
    picture = pictures.read(asset("pictures/cat.jpg"))
    for name in parser.parse_args().networks:
        state = open_network(name, None).state
        engine = ProbeEngine(device="cpu")
        question = ProbeRequest(state, picture, 0)
        _, images = engine.asked(question)
        network = engine.live(state.network)

        bare = partial(forward_and_back, network, images)
        bare()
        unit = statistics.median(timed(bare) for _ in range(7))
        print(f"{state.network.title}: a bare pass forward and back for the picture, {unit:.1f} ms")
        for info in METHODS:
            request = ExplainRequest.of(question, info.name)
            if said := refusal(request):
                print(f"  {info.name}: {said}")
                continue
            work = explained(engine, request)
            for _ in range(4 if not info.extra else 1000):  # imports, which are waited for in steps
                next(work, None)
            work.close()
            steps: list[float] = []
            work = explained(engine, request)
            while True:
                started = time.thread_time()
                if next(work, work) is work:
                    break
                steps.append(1e3 * (time.thread_time() - started))
            print(
                f"  {info.name:22} {cost_of(request).words:42} {len(steps):4} steps, longest {max(steps):7.1f} ms, "
                f"{max(steps) / unit:5.2f} passes"
            )


if __name__ == "__main__":
    main()

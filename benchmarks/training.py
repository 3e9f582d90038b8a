"""What the lab's training costs beyond a bare PyTorch loop; the limit is 1.05.

`python -m benchmarks.training`. Both train the same network (built twice from one seed) on the same pictures, batch
and precision, by the same optimizer. Bare is the loop that people write: draw a batch from normalised pictures that
lie on the device, forward, loss, backward, `torch.optim.SGD`'s step. Ours also reports loss and error of every step
and records every tenth: gradient norms, update ratios and dead channels of all layers. A round is twenty steps of
each, so that every round holds two records.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch.nn import functional

from benchmarks.alternating import alternate, judged, parser, report
from resnet_viewer.core.data.datasets import Data, PictureSet, normalised, on_device
from resnet_viewer.core.data.named_data import digits
from resnet_viewer.core.lab.training import Training
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.training import RunSpec, StepReport

LIMIT = 1.05
STEPS = 20
"""Of each in a round."""
CASES = ("digits/cifar-resnet-20", "digits/cifar-resnet-56", "cifar10/cifar-resnet-20")
RECIPE = RECIPES["quick"]
RANDOM = 2560
"""Different pictures, where they are random."""
STEPS_AT_MOST = 400
"""In a run: fewer than an epoch's."""


def main() -> int:
    """Time every case; the exit status is 1 where the limit is broken."""
    options = parser(__doc__, networks=CASES, rounds=12)
    options.add_argument("--device", default="cpu")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    verdicts = {}
    for case in chosen.networks:
        name, network = case.split("/")
        data = on_device(pictures(name), chosen.device)
        run = run_of(name, network)
        tasks = {"bare": bare(run, data, chosen.device), "ours": ours(run, data, chosen.device)}
        times = alternate(tasks, rounds=chosen.rounds)
        verdicts[case] = judged(times, base="bare", ours="ours", limit=LIMIT)
    return report(verdicts, as_json=chosen.json)


def pictures(name: str) -> Data:
    """The digits, or random pictures of a data set's form, again and again: no epoch ends while times are taken."""
    if name == "digits":
        known = digits().train
    else:
        kind = NAMED[name]
        generator = torch.Generator().manual_seed(0)
        shape = (RANDOM, kind.channels, kind.side, kind.side)
        images = torch.randint(0, 256, shape, generator=generator).to(torch.uint8)
        labels = torch.randint(0, kind.classes, (RANDOM,), generator=generator)
        known = PictureSet(images, labels, tuple(map(str, range(kind.classes))))
    times = math.ceil(STEPS_AT_MOST * RECIPE.batch / len(known))
    long = PictureSet(known.images.repeat(times, 1, 1, 1), known.labels.repeat(times), known.classes)
    return Data(long, known)


def run_of(name: str, network: str) -> RunSpec:
    """A run without an end, not augmented."""
    kind = NAMED[name]
    fitted = replace(spec(network), input_size=kind.side, channels=kind.channels)
    constant = replace(RECIPE, schedule="constant", rate=0.01)
    return RunSpec(fitted, name, 10**6, constant, kind.mean, kind.std, augment="none")


def bare(run: RunSpec, data: Data, device: str) -> Callable[[], object]:
    """The loop as people write it."""
    network = build(run.network).to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": run.recipe.weight_decay}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr=run.recipe.rate, momentum=run.recipe.momentum, nesterov=True)
    images = normalised(data.test.images, run.mean, run.std)
    labels = data.test.labels

    def batches() -> Iterator[torch.Tensor]:
        while True:
            order = torch.randperm(len(labels), device=device)
            yield from order.split(run.recipe.batch)[: len(labels) // run.recipe.batch]

    stream = batches()

    def steps() -> None:
        for _ in range(STEPS):
            chosen = next(stream)
            loss = functional.cross_entropy(network(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()

    return steps


def ours(run: RunSpec, data: Data, device: str) -> Callable[[], object]:
    """The lab's own training, without what it does once an epoch."""
    work = Training(run, data, device=device).work()

    def steps() -> None:
        done = 0
        while done < STEPS:
            done += sum(isinstance(found, StepReport) for found in next(work))

    return steps


if __name__ == "__main__":
    sys.exit(main())

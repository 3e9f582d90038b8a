"""Studies that outgrow one machine: their points shared among tasks on Ray, on a cluster or this machine's processors.

The order of events: what a study needs before its first point is read here, where its folder is; each task reads the
same, measures a run of points that stand beside each other, so that they share what is kept, and sends each at once. A
task that loses its worker begins again elsewhere; what it sent is known. Every machine needs the weight file and the
folder of pictures under the same path. The runs of a study that trains are tasks of `core.lab.cluster`.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from resnet_viewer.core.cluster import (
    LOCAL,
    LOST_AT_MOST,
    ClusterError,
    Ended,
    as_task,
    connected,
    followed,
    has_gpus,
    news,
    ray_module,
    require_data,
)
from resnet_viewer.core.lab.cluster import train_on_ray
from resnet_viewer.core.studies.bench import kept_bytes_now
from resnet_viewer.core.studies.files import Measured, Underway
from resnet_viewer.core.studies.running import Elsewhere, Studies
from resnet_viewer.core.studies.training import trained
from resnet_viewer.records.study import StudyOrder
from resnet_viewer.records.study_list import study_of


def on_ray(address: str = LOCAL) -> Elsewhere:
    """What `Studies.answer` takes to have its points measured by the cluster at that address.

    Measuring so raises:
        ClusterError: Ray is not installed, nothing answers at the address, or a task has failed; the points that were
            measured are kept.

    Example:
        >>> work = Studies().answer(order, elsewhere=on_ray("local"))  # doctest: +SKIP
    """
    ray_module("A study")
    return partial(_measured, address)


def _measured(address: str, order: StudyOrder, names: Sequence[str]) -> Generator[Measured | Underway | None]:
    if not names:
        return
    if study_of(order.study).trains:
        yield from trained(order, names, partial(train_on_ray, address=address))
        return
    ray = ray_module("A study")
    with connected(ray, address):
        on_gpu, queue = has_gpus(ray, order.device), news()
        alone = _alone(order, on_gpu=on_gpu)
        task = as_task(ray, measure_some, threads=alone.threads, has_gpu=on_gpu)
        parts = slices(names, _places(ray, alone, on_gpu=on_gpu))
        tasks = {task.remote(alone, part, queue): f"{part[0]} to {part[-1]}" for part in parts}
        with closing(followed(ray, tasks, queue)) as heard:
            for found in heard:
                if isinstance(found, Ended):
                    raise ClusterError(_failure(found))
                assert found is None or isinstance(found, Measured)
                yield found


def measure_some(order: StudyOrder, names: Sequence[str], queue: Any) -> None:
    """On a worker: these points of the order, each into the queue as soon as it is measured.

    Raises:
        UserError: this machine does not have what the order names.
    """
    if order.test_set is not None and order.test_set.folder is not None:
        require_data(order.test_set.folder)
    neighbours = max(1, (os.cpu_count() or 1) // max(1, order.threads))  # which keep activations, too
    with closing(Studies(kept_bytes=kept_bytes_now() // neighbours).part(order, names)) as work:
        for found in work:
            if found is not None:
                queue.put(found)


def slices(names: Sequence[str], count: int) -> list[Sequence[str]]:
    """Names that stand beside each other, in so many parts of nearly the same length; fewer where there are fewer.

    Example:
        >>> slices("abcde", 2)
        ['abc', 'de']
    """
    parts = np.array_split(np.arange(len(names)), min(count, len(names)))
    return [names[part[0] : part[-1] + 1] for part in parts]


def _alone(order: StudyOrder, *, on_gpu: bool) -> StudyOrder:
    """As a task takes it. Without a GPU of Ray's it takes none that a machine may have besides."""
    test_set = order.test_set
    if test_set is not None and test_set.folder is not None:
        test_set = replace(test_set, folder=test_set.folder.absolute())
    device = order.device or ("" if on_gpu else "cpu")
    return replace(order, test_set=test_set, device=device, threads=order.threads or 1)


def _places(ray: Any, order: StudyOrder, *, on_gpu: bool) -> int:
    """Tasks that the cluster runs at the same time."""
    there = ray.cluster_resources()
    return max(1, int(there["GPU"] if on_gpu else there.get("CPU", 1) // order.threads))


def _failure(ended: Ended) -> str:
    why = f"it has lost {LOST_AT_MOST + 1} workers" if ended.failure is None else ended.failure.sentence
    return f"The points {ended.key} could not be measured: {why.rstrip('.')}. What was measured is kept: resume it."

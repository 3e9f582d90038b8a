"""Sweeps that outgrow one machine: a task a run on Ray, on a cluster or on this machine's processors.

Every machine needs the order's folder under the same path: a run that loses its worker is started again elsewhere, and
goes on from the checkpoint in that folder.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

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
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.resuming import threads_of
from resnet_viewer.core.lab.run_files import prepare
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import DataRead, Idle, LabReport, Order, StateChanged

_LOST = (
    f"has lost {LOST_AT_MOST + 1} workers, perhaps because their memory ran out: what it has learned is kept, resume "
    "it where there is more."
)


def train_on_ray(
    order: Order, address: str = LOCAL, *, commit: str | None = None, command: str = ""
) -> Iterator[Progress | LabReport]:
    """What `Lab(commit=commit, command=command).answer` does, with a Ray task for each run.

    It has a GPU of its own where the cluster has any and the order wants one, else `order.threads` processors, where
    that is 0 as many as it had before, or one; so many advance at a time as find a place, whatever `order.side_by_side`
    says. Reports come as from a lab; a run that has lost its worker begins again, with what it had done. Closing lets
    the runs save themselves.

    Raises:
        ClusterError: Ray is not installed, or nothing answers at the address.
        UserError: a run is in the folder already, and is not to be resumed.

    Example:
        >>> for report in train_on_ray(order, "local"):  # doctest: +SKIP
        ...     print(report)
    """
    ray = ray_module("Training")
    for key, _ in order.runs:
        prepare(order.folder / key, is_resumed=order.is_resumed)
    with connected(ray, address):
        yield from _reports(ray, order, commit, command)


def _reports(ray: Any, order: Order, commit: str | None, command: str) -> Iterator[Progress | LabReport]:
    """What the tasks report, from their start to their end, on the cluster that this process is connected to."""
    queue, on_gpu = news(), has_gpus(ray, order.device)
    alone = {key: _alone(order, key, has_gpus=on_gpu) for key, _ in order.runs}
    tasks = {
        _task(ray, one, has_gpus=on_gpu).remote(one, queue, commit, command): key
        for key, one in alone.items()
    }
    has_data = False
    with contextlib.closing(followed(ray, tasks, queue)) as heard:
        for report in heard:
            match report:
                case None:
                    yield Idle()
                case Ended(key, failure):
                    sentence = f"{key} {_LOST}" if failure is None else failure.sentence
                    yield StateChanged(key, "failed", sentence)
                case DataRead() if has_data:
                    pass
                case _:
                    has_data = has_data or isinstance(report, DataRead)
                    yield cast("LabReport", report)


def _task(ray: Any, order: Order, *, has_gpus: bool) -> Any:
    return as_task(ray, train_one, threads=order.threads, has_gpu=has_gpus)


def _alone(order: Order, key: str, *, has_gpus: bool) -> Order:
    """The order of one of the runs, which goes on from whatever an earlier worker has left.

    Without a GPU of Ray's it takes none that a machine may have besides: all its tasks would take the same.
    """
    data = order.data if order.data in NAMED else str(Path(order.data).absolute())
    log_dir = None if order.log_dir is None else order.log_dir.absolute()
    return replace(
        order,
        runs=tuple(run for run in order.runs if run[0] == key),
        data=data,
        folder=order.folder.absolute(),
        device=order.device or ("" if has_gpus else "cpu"),
        log_dir=log_dir,
        threads=order.threads or threads_of([order.folder / key]) or 1,
        is_resumed=True,
    )


def train_one(order: Order, news: Any, commit: str | None, command: str) -> None:
    """On a worker: the order's only run, whose reports go into the queue `news`.

    Raises:
        ClusterError: this machine does not have what the order names.
    """
    _require_shared(order)
    with contextlib.closing(Lab(commit=commit, command=command).answer(order)) as work:  # type: ignore[type-var]
        for report in work:
            if not isinstance(report, (Idle, Progress)):
                news.put(report)


def _require_shared(order: Order) -> None:
    host = socket.gethostname()
    for key, _ in order.runs:
        if not (order.folder / key).is_dir():  # whoever gave the order has made it
            raise ClusterError(
                f"{key} has no folder {order.folder / key} on {host}, one of the cluster's machines: all of them need "
                "the folder of the runs under the same path, for example on a network drive."
            )
    if order.data not in NAMED:
        require_data(Path(order.data))

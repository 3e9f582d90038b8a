"""Sweeps that outgrow one machine: a task a run on Ray, on a cluster or on this machine's processors.

Ray is the optional extra `cluster`. Every machine needs this package, the data (named ones are downloaded there), and
the order's folder under the same path: a run that loses its worker is started again elsewhere, and goes on from the
checkpoint in that folder.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.resuming import threads_of
from resnet_viewer.core.lab.run_files import prepare
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.errors import Progress, UserError, failure_of
from resnet_viewer.records.lab import DataRead, Idle, LabReport, Order, StateChanged

LOCAL = "local"
"""The address of a cluster that is begun on this machine, for this user alone, and ended with the work."""
_LOST_AT_MOST = 3
"""Workers that a run may lose before it is given up."""
_UNREAD = 1000
"""Reports that wait for whoever reads; beyond them the runs are held up."""
_PULSE = 0.2
"""Seconds of silence after which `Idle` is reported."""
_LAST_WILL = 10.0
"""Seconds that runs have to save themselves when nobody wants them any more."""
_LONGEST_KNOCK = 10.0
"""Seconds in which a cluster must answer."""
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a connection by HTTP/2 begins, which gRPC and so Ray speaks: the preface, and settings that are empty."""
_SETTINGS_AT, _SETTINGS = 3, b"\x04"
"""Where a frame of HTTP/2 says its kind, and that of settings, with which every server begins."""
_log = logging.getLogger(__name__)


class ClusterError(UserError):
    """Ray is not here, or there is no such cluster; the message says what to do."""


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
    ray = _ray()
    for key, _ in order.runs:
        prepare(order.folder / key, is_resumed=order.is_resumed)
    with _connected(ray, address):
        yield from _reports(ray, order, commit, command)


def _reports(ray: Any, order: Order, commit: str | None, command: str) -> Iterator[Progress | LabReport]:
    """What the tasks report, from their start to their end, on the cluster that this process is connected to."""
    pending: dict[Any, str] = {}
    try:
        from ray.util.queue import Empty, Queue

        news = Queue(_UNREAD, actor_options={"num_cpus": 0})
        has_gpus = ray.cluster_resources().get("GPU", 0) >= 1 and _wants_gpu(order)
        alone = {key: _alone(order, key, has_gpus=has_gpus) for key, _ in order.runs}
        pending = {
            _task(ray, one, has_gpus=has_gpus).remote(one, news, commit, command): key
            for key, one in alone.items()
        }
        has_data = False
        while True:
            ended, _ = ray.wait(list(pending), num_returns=len(pending), timeout=0) if pending else ([], [])
            try:  # what a task that has ended had to say is there by now
                while True:
                    report = news.get(timeout=_PULSE)
                    if not isinstance(report, DataRead) or not has_data:
                        yield report
                    has_data = has_data or isinstance(report, DataRead)
            except Empty:
                yield Idle()
            for task in ended:
                yield from _failed(ray, task, pending.pop(task))
            if not pending:
                return
    finally:
        for task in pending:
            with contextlib.suppress(Exception):  # it may have ended meanwhile
                ray.cancel(task, force=False)
        if pending:
            ray.wait(list(pending), num_returns=len(pending), timeout=_LAST_WILL)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what Ray will do anyway, and warns of
    os.environ.setdefault("RAY_TQDM_PATCH_PRINT", "0")  # Ray puts a print of its own in the place of Python's
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            "Training on a cluster needs Ray, which is not installed: "
            'get it with `pip install "resnet-viewer[cluster]"`.'
        ) from error
    return ray


@contextlib.contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """This process connected to the cluster at `address`, as it may have been before, when it stays so.

    Raises:
        ClusterError: nothing answers at the address, or not to us.
    """
    if ray.is_initialized():
        yield
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    with contextlib.ExitStack() as afterwards:
        try:
            if address == "auto":
                address = os.environ.get("RAY_ADDRESS") or address
            if address == LOCAL:
                folder = afterwards.enter_context(_closed(ray))
                afterwards.callback(ray.shutdown)
                ray.init(address=LOCAL, include_dashboard=False, _temp_dir=folder, **quiet)
            else:
                _knock(address)
                afterwards.callback(ray.shutdown)
                ray.init(address=address, **quiet)
        except ClusterError:
            raise
        except Exception as error:  # Ray raises bare ones, too
            raise _refusal(address, error) from error
        yield


def _refusal(address: str, error: Exception) -> ClusterError:
    if "AuthenticationError" in f"{type(error).__name__} {error.__cause__}":  # Ray gives the cause as text
        return ClusterError(
            f"The Ray cluster at {address} lets in only those who have its token: set RAY_AUTH_MODE=token, and "
            "RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the token or its file."
        )
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    if address == LOCAL:
        return ClusterError(f"Ray could not begin a cluster on this machine: {reason}.")
    return ClusterError(
        f"There is no Ray cluster at {address} ({reason}): start one with `ray start --head`, or take {LOCAL}."
    )


@contextlib.contextmanager
def _closed(ray: Any) -> Iterator[str]:
    """Settings of Ray's under which what it starts is open to this process and its children alone; a folder for it.

    By itself Ray listens on every network interface, and makes its folders writable for everybody. Here its servers
    listen on 127.0.0.1 and answer to a token that is written nowhere, and its folder lies in one of this user's own.
    """
    from ray import _raylet
    from ray._private import ray_constants

    kept: Any = _raylet  # its stubs lack what follows
    if not hasattr(kept, "AuthenticationTokenLoader"):
        raise ClusterError(
            f"Ray {ray.__version__} would let everybody use a cluster that is begun here: get Ray 2.52 or a newer one."
        )

    def read_again() -> None:  # Ray keeps what it has read of the environment
        kept.Config.initialize("")
        kept.AuthenticationTokenLoader.instance().reset_cache()

    settings = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # WORKAROUND: without, Ray turns 127.0.0.1 into the machine's address
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }
    before = {name: os.environ.get(name) for name in settings}
    reaches_out = ray_constants.ENABLE_RAY_CLUSTER
    # where Ray has its own, whose sockets cannot have long paths
    parent = os.environ.get("RAY_TMPDIR") or ("/tmp" if Path("/tmp").is_dir() else None)
    with tempfile.TemporaryDirectory(
        prefix="resnet-viewer-", dir=parent, ignore_cleanup_errors=True
    ) as folder:
        try:
            os.environ.update(settings)
            ray_constants.ENABLE_RAY_CLUSTER = False
            read_again()
            yield str(Path(folder, "ray"))
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            ray_constants.ENABLE_RAY_CLUSTER = reaches_out
            read_again()


def _knock(address: str) -> None:
    """See that a cluster answers, where Ray itself would try for minutes.

    Raises:
        OSError: nothing answers, or something that is no cluster.
        ValueError: this is no address.
    """
    from ray._private import services

    scheme, _, place = address.rpartition("://")
    if scheme not in ("", "ray") or (scheme and ":" not in place):
        return  # Ray alone knows where this is
    if place != "auto" and not re.fullmatch(r".+:\d{1,5}", place):
        raise ValueError("an address is HOST:PORT")
    # the address that Ray finds for "auto", and will take for 127.0.0.1
    found = place if scheme else services.canonicalize_bootstrap_address(address) or place
    host, _, port = found.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=_LONGEST_KNOCK) as wire:
        if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
            return
        wire.sendall(_GREETING)
        with wire.makefile("rb") as answer:
            kind = answer.read(_SETTINGS_AT + 1)[_SETTINGS_AT:]
        if kind != _SETTINGS:
            raise ConnectionError(f"what answers at {found} is not Ray")


def _wants_gpu(order: Order) -> bool:
    return not order.device or order.device.startswith("cuda")


def _task(ray: Any, order: Order, *, has_gpus: bool) -> Any:
    """What one run needs of a machine; a GPU given by Ray is the only one that its process sees."""
    needs = {"num_gpus": 1, "num_cpus": 1} if has_gpus else {"num_cpus": order.threads}
    return ray.remote(**needs, max_retries=_LOST_AT_MOST, retry_exceptions=False)(train_one)


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
    if order.data not in NAMED and not Path(order.data).is_dir():
        raise ClusterError(
            f"There are no pictures in {order.data} on {host}, one of the cluster's machines: all of them need the "
            "data under the same path, for example on a network drive."
        )


def _failed(ray: Any, task: Any, key: str) -> Iterator[StateChanged]:
    """What is to be said of a task that has ended otherwise than by its own reports."""
    try:
        ray.get(task)
    except ray.exceptions.RayTaskError as error:
        failure = failure_of(error.cause if isinstance(error.cause, Exception) else error)
        _log.info("%s failed on its worker\n%s", key, failure.details)
        yield StateChanged(key, "failed", failure.sentence)
    except ray.exceptions.RayError as error:
        _log.info("%s was lost: %s", key, error)
        yield StateChanged(
            key,
            "failed",
            f"{key} has lost {_LOST_AT_MOST + 1} workers, perhaps because their memory ran out: what it has learned "
            "is kept, resume it where there is more.",
        )

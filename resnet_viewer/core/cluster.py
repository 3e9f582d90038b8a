"""Work that outgrows one machine: connected to Ray, on a cluster or on this machine's processors, its tasks followed.

Ray is the optional extra `cluster`. Every machine needs this package, and what the work names under the same path.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from resnet_viewer.records.errors import Failure, UserError, failure_of

LOCAL = "local"
"""The address of a cluster that is begun on this machine, for this user alone, and ended with the work."""
LOST_AT_MOST = 3
"""Workers that a task may lose before it is given up."""
_UNREAD = 1000
"""Reports that wait for whoever reads; beyond them the tasks are held up."""
_PULSE = 0.2
"""Seconds of silence after which that is told."""
_LAST_WILL = 10.0
"""Seconds that tasks have to put everything in order when nobody wants them any more."""
_LONGEST_KNOCK = 10.0
"""Seconds in which a cluster must answer."""
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a connection by HTTP/2 begins, which gRPC and so Ray speaks: the preface, and settings that are empty."""
_SETTINGS_AT, _SETTINGS = 3, b"\x04"
"""Where a frame of HTTP/2 says its kind, and that of settings, with which every server begins."""
_log = logging.getLogger(__name__)


class ClusterError(UserError):
    """Ray is not here, or there is no such cluster; the message says what to do."""


class Ended(NamedTuple):
    """A task that has ended otherwise than by itself."""

    key: str
    failure: Failure | None
    """None: it has lost too many workers."""


def followed(ray: Any, tasks: Mapping[Any, str], news: Any) -> Generator[object | None]:
    """What tasks, by their keys, put into the queue `news`, until all have ended; None while they are silent, and an
    Ended for each that failed. Closing lets them put everything in order.
    """
    from ray.util.queue import Empty

    pending = dict(tasks)
    try:
        while True:
            ended, _ = ray.wait(list(pending), num_returns=len(pending), timeout=0) if pending else ([], [])
            try:  # what a task that has ended had to say is there by now
                while True:
                    yield news.get(timeout=_PULSE)
            except Empty:
                yield None
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


def _failed(ray: Any, task: Any, key: str) -> Iterator[Ended]:
    try:
        ray.get(task)
    except ray.exceptions.RayTaskError as error:
        failure = failure_of(error.cause if isinstance(error.cause, Exception) else error)
        _log.info("%s failed on its worker\n%s", key, failure.details)
        yield Ended(key, failure)
    except ray.exceptions.RayError as error:
        _log.info("%s was lost: %s", key, error)
        yield Ended(key, None)


def news() -> Any:
    """A queue for `followed`, on the cluster that this process is connected to."""
    from ray.util.queue import Queue

    return Queue(_UNREAD, actor_options={"num_cpus": 0})


def as_task(ray: Any, function: Any, *, threads: int, has_gpu: bool) -> Any:
    """The function as a task that has a GPU of its own, the only one that its process sees, or so many processors."""
    needs = {"num_gpus": 1, "num_cpus": 1} if has_gpu else {"num_cpus": threads}
    return ray.remote(**needs, max_retries=LOST_AT_MOST, retry_exceptions=False)(function)


def has_gpus(ray: Any, device: str) -> bool:
    """Whether the cluster has any, and work on that device (as in an order) wants one."""
    return ray.cluster_resources().get("GPU", 0) >= 1 and wants_gpu(device)


def wants_gpu(device: str) -> bool:
    """Whether work on that device, as in an order, takes a GPU of Ray's where there is one."""
    return not device or device.startswith("cuda")


def require_data(folder: Path) -> None:
    """Nothing where this machine, a worker, has the pictures.

    Raises:
        ClusterError: it has not.
    """
    if not folder.is_dir():
        raise ClusterError(
            f"There are no pictures in {folder} on {socket.gethostname()}, one of the cluster's machines: all of them "
            "need the data under the same path, for example on a network drive."
        )


def ray_module(work: str) -> Any:
    """Ray itself, which reports nothing to anybody; `work` is what needs it: "Training".

    Raises:
        ClusterError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what Ray will do anyway, and warns of
    os.environ.setdefault("RAY_TQDM_PATCH_PRINT", "0")  # Ray puts a print of its own in the place of Python's
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            f"{work} on a cluster needs Ray, which is not installed: "
            'get it with `pip install "resnet-viewer[cluster]"`.'
        ) from error
    return ray


@contextlib.contextmanager
def connected(ray: Any, address: str) -> Iterator[None]:
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

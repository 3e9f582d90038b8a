"""Training on Ray: without it, at a wrong address, and on a cluster of this machine that loses a worker."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from resnet_viewer.core.cluster import ClusterError, connected, wants_gpu
from resnet_viewer.core.lab.cluster import _alone, _task, train_on_ray, train_one
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import RunFileError, write_spec
from resnet_viewer.core.lab.run_lock import LOCK
from resnet_viewer.records.lab import Began, DataRead, EpochEnded, Order, RunEnded, StateChanged
from tests.core.lab.test_event_logs import DIGITS_RUN

HAS_RAY = importlib.util.find_spec("ray") is not None
LISTENS = "0A"
"""The state of a socket that listens, in /proc/net/tcp."""
VISITOR = """
import sys
import ray
from resnet_viewer.core.cluster import ClusterError, connected
try:
    with connected(ray, sys.argv[1]):
        print(ray.get(ray.remote(num_cpus=0)(lambda: "let in").remote()))
except ClusterError as error:
    print(error)
"""
"""A process of somebody else's, who has found the address."""


def order(folder: Path) -> Order:
    runs = tuple(
        (f"seed-{seed}", replace(DIGITS_RUN, epochs=12, network=replace(DIGITS_RUN.network, seed=seed)))
        for seed in range(2)
    )
    return Order(runs, "digits", folder, device="cpu", threads=1)


def test_without_ray_one_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r'`pip install "resnet-viewer\[cluster\]"`'):
        next(train_on_ray(order(tmp_path), "local"))


@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:1", "127.0.0.1:ray", ":6379", "127.0.0.1:99999", "nowhere", "", "ray://127.0.0.1:1"],
)
def test_where_no_cluster_answers_one_sentence_says_what_to_do(address: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=f"There is no Ray cluster at {address}.*`ray start --head`"):
        next(train_on_ray(order(tmp_path), address))


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of something that listens, reads and answers, and is not Ray."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                except OSError:  # closed
                    return
                with wire:
                    wire.recv(1024)
                    wire.sendall(b"HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
@pytest.mark.parametrize("found_by", ["file", "environment", "ray://"])
@pytest.mark.parametrize("is_dead", [True, False])
def test_an_address_that_was_left_behind_is_knocked_at(
    found_by: str, *, is_dead: bool, stranger: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a cluster that has ended, and whose port may be another's by now: Ray itself tries for five minutes."""
    left = f"localhost:{1 if is_dead else stranger}"
    monkeypatch.setattr("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False)  # this machine is 127.0.0.1
    monkeypatch.setattr(
        "ray._private.services.find_gcs_addresses", frozenset
    )  # nor does Ray run here meanwhile
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if found_by == "file":
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text(left)
    else:
        monkeypatch.setenv("RAY_ADDRESS", left if found_by == "environment" else f"ray://{left}")
    told = "refused" if is_dead else "is not Ray"
    with pytest.raises(ClusterError, match=f"There is no Ray cluster at .*{told}.*`ray start --head`"):
        next(train_on_ray(order(tmp_path / "runs"), "auto"))


@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_where_auto_finds_nothing_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", frozenset)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ClusterError, match=r"There is no Ray cluster at auto.*`ray start --head`"):
        next(train_on_ray(order(tmp_path / "runs"), "auto"))


@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_where_ray_cannot_begin_one_sentence_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def init(**given: object) -> None:
        raise Exception("The current node timed out during startup. Look\nelsewhere.")  # as Ray does

    monkeypatch.setattr("ray.init", init)
    with pytest.raises(
        ClusterError, match=r"could not begin a cluster on this machine: The current node timed out"
    ):
        next(train_on_ray(order(tmp_path / "runs"), "local"))
    assert "RAY_AUTH_TOKEN" not in os.environ


def family_of(process: int) -> set[int]:
    """A process, its children and theirs."""
    parents: dict[int, int] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has just ended
                continue
    family = {process}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def listening(processes: set[int]) -> set[str]:
    """The addresses at which processes listen, as the kernel writes them in hexadecimal, without the ports."""
    sockets: set[str] = set()
    for process in processes:
        try:
            sockets |= {str(file.readlink()) for file in Path(f"/proc/{process}/fd").iterdir()}
        except OSError:
            continue
    rows = [
        row.split()
        for name in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in sockets}


def visit(address: str, **environment: str) -> str:
    """How a process fares that comes to a cluster with nothing but what it is given."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "HOME")
        if name in os.environ
    }
    kept |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_NUM_REDIS_GET_RETRIES": "1"}  # 127.0.0.1; one try
    done = subprocess.run(
        [sys.executable, "-c", VISITOR, address],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.heavy
@pytest.mark.cluster
@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_a_cluster_that_is_begun_here_is_open_to_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # whatever is usual here
    with connected(ray, "local"):
        ray.get(ray.remote(num_cpus=0)(lambda: None).remote())  # a worker listens, too
        address = ray.get_runtime_context().gcs_address
        host, _, port = address.partition(":")
        assert host == "127.0.0.1"
        with socket.create_connection((host, int(port))):
            pass
        with pytest.raises(ConnectionRefusedError):  # as at every other address of this machine
            socket.create_connection(("127.0.0.2", int(port)))
        everywhere = listening(family_of(os.getpid()))
        assert everywhere == {"0100007F", "0000000000000000FFFF00000100007F"}, (
            "127.0.0.1, and the same in IPv6"
        )
        folder = Path(ray._private.worker._global_node.get_session_dir_path()).parents[1]
        assert folder.stat().st_mode & 0o077 == 0, "sockets, logs and code lie in a folder of this user's own"
        token = os.environ["RAY_AUTH_TOKEN"]
        assert visit(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token) == "let in"
        refused = f"The Ray cluster at {address} lets in only those who have its token"
        assert visit(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64).startswith(refused)
        assert visit(address).startswith(refused)
        assert visit(address, RAY_AUTH_MODE="token", HOME=str(tmp_path)).startswith(refused)
        names = [Path(f"/proc/{process}/cmdline").read_text() for process in family_of(os.getpid())]
        assert not [name for name in names if token in name], (
            "everybody may read what a process was called with"
        )
    assert os.environ["RAY_AUTH_MODE"] == "disabled"
    assert not {"RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"} & os.environ.keys()
    assert not folder.exists()
    assert not (Path.home() / ".ray").exists()


@pytest.mark.parametrize(
    ("device", "gpus", "needs", "given"),
    [
        ("", True, {"num_gpus": 1, "num_cpus": 1}, ""),
        ("cuda", True, {"num_gpus": 1, "num_cpus": 1}, "cuda"),
        ("cpu", True, {"num_cpus": 3}, "cpu"),
        ("mps", True, {"num_cpus": 3}, "mps"),
        ("", False, {"num_cpus": 3}, "cpu"),
        ("cuda", False, {"num_cpus": 3}, "cuda"),
    ],
)
def test_a_run_has_a_gpu_of_its_own_where_there_are_any_and_it_wants_one(
    device: str, gpus: bool, needs: dict[str, int], given: str, tmp_path: Path
) -> None:
    wanted = replace(order(tmp_path), device=device, threads=3)
    asked: dict[str, int] = {}

    def remote(**options: int) -> Callable[[object], object]:
        asked.update(options)
        return lambda function: function

    has_gpus = gpus and wants_gpu(wanted.device)
    assert _task(SimpleNamespace(remote=remote), wanted, has_gpus=has_gpus) is train_one
    assert {name: count for name, count in asked.items() if name.startswith("num")} == needs
    alone = _alone(wanted, "seed-1", has_gpus=has_gpus)
    assert (alone.device, [key for key, _ in alone.runs]) == (given, ["seed-1"])


def test_a_run_that_goes_on_has_as_many_threads_as_it_had(tmp_path: Path) -> None:
    wanted = replace(order(tmp_path), threads=0)
    key, run = wanted.runs[0]
    assert _alone(wanted, key, has_gpus=False).threads == 1
    (tmp_path / key).mkdir()
    write_spec(tmp_path / key, replace(run, threads=os.cpu_count() or 1))
    assert _alone(wanted, key, has_gpus=False).threads == os.cpu_count()
    assert _alone(replace(wanted, threads=7), key, has_gpus=False).threads == 7


def test_a_machine_that_lacks_the_folder_or_the_data_says_so(tmp_path: Path) -> None:
    wanted = _alone(order(tmp_path / "out"), "seed-0", has_gpus=False)
    host = re.escape(socket.gethostname())
    with pytest.raises(ClusterError, match=f"no folder .*seed-0 on {host}.*under the same path"):
        train_one(wanted, None, None, "")
    (tmp_path / "out" / "seed-0").mkdir(parents=True)
    with pytest.raises(ClusterError, match=f"no pictures in .*elsewhere on {host}.*under the same path"):
        train_one(replace(wanted, data=str(tmp_path / "elsewhere")), None, None, "")


def worker_of(folder: Path) -> int:
    """The process that trains the run of a folder: it has the folder's lock open. 0 where it has just ended."""
    lock = str(folder / LOCK)
    for path in Path("/proc").iterdir():
        try:
            if path.name.isdecimal() and lock in {str(file.readlink()) for file in (path / "fd").iterdir()}:
                return int(path.name)
        except OSError:
            continue
    return 0


@pytest.mark.heavy
@pytest.mark.cluster
@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="finds the worker in /proc")
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_a_run_whose_worker_is_killed_goes_on_and_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    wanted = order(tmp_path / "ray")
    reports = []
    killed = 0
    for report in train_on_ray(wanted, "local"):
        reports.append(report)
        if isinstance(report, EpochEnded) and report.epoch.epoch >= 1 and not killed:
            killed = worker_of(wanted.folder / report.key)
            if killed:
                os.kill(killed, signal.SIGKILL)
    assert killed
    assert len([report for report in reports if isinstance(report, DataRead)]) == 1
    assert not [report for report in reports if isinstance(report, StateChanged) and report.sentence]
    assert sorted(report.key for report in reports if isinstance(report, RunEnded)) == ["seed-0", "seed-1"]
    began = [report for report in reports if isinstance(report, Began)]
    assert len(began) == 3, "one run has begun twice"
    assert any(report.steps for report in began), "and gone on where it was"
    with pytest.raises(RunFileError, match="already holds a run"):
        next(train_on_ray(wanted, "local"))
    threads = torch.get_num_threads()
    list(Lab().answer(replace(wanted, folder=tmp_path / "here")))
    torch.set_num_threads(threads)
    for key, _ in wanted.runs:
        ours, theirs = (
            load_file(tmp_path / place / key / "weights.safetensors") for place in ("here", "ray")
        )
        for name, value in ours.items():
            assert torch.equal(value, theirs[name]), f"{key}: {name} differs"

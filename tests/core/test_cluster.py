"""Training on Ray: without it, at a wrong address, and on a cluster of this machine that loses a worker."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from resnet_viewer.core.cluster import ClusterError, _alone, _task, _wants_gpu, train_on_ray, train_one
from resnet_viewer.core.lab import Lab
from resnet_viewer.core.run_files import RunFileError, write_spec
from resnet_viewer.core.run_lock import LOCK
from resnet_viewer.records.lab import Began, DataRead, EpochEnded, Order, RunEnded, StateChanged
from tests.core.test_event_logs import DIGITS_RUN

HAS_RAY = importlib.util.find_spec("ray") is not None


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
@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:ray", "auto"])
def test_where_no_cluster_answers_one_sentence_says_what_to_do(address: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=f"There is no Ray cluster at {address}.*`ray start --head`"):
        next(train_on_ray(order(tmp_path), address))


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

    has_gpus = gpus and _wants_gpu(wanted)
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

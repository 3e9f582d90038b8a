"""Studies on Ray: without it, and on a cluster of this machine that loses a worker; the numbers are the same."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resnet_viewer.core.cluster import ClusterError
from resnet_viewer.core.studies import cluster
from resnet_viewer.core.studies.cluster import measure_some, on_ray, slices
from resnet_viewer.core.studies.files import STUDY, Measured, read_study
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.records.study import StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from tests.core.studies import trial

pytestmark = pytest.mark.usefixtures("trial_study")
HAS_RAY = importlib.util.find_spec("ray") is not None


class Doomed:
    """A queue that kills the process of whoever puts the third point into it, once."""

    def __init__(self, queue: Any, grave: Path) -> None:
        self._queue, self._grave, self._count = queue, grave, 0

    def put(self, found: Measured) -> None:
        self._queue.put(found)
        self._count += 1
        if self._count == 3 and not self._grave.exists():
            self._grave.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def measured_by_a_worker(order: StudyOrder, names: Sequence[str], queue: Any) -> None:
    """A worker that knows the small study for tests, and dies once."""
    trial.register()
    measure_some(order, names, Doomed(queue, order.folder / "grave"))


def failing(order: StudyOrder, names: Sequence[str], queue: Any) -> None:
    """A worker that does not know the study."""
    measure_some(order, names, queue)


def test_without_ray_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        ClusterError, match=r'A study on a cluster needs Ray.*`pip install "resnet-viewer\[cluster\]"`'
    ):
        on_ray("local")


@pytest.mark.parametrize(
    ("count", "wanted"), [(1, ["abcde"]), (2, ["abc", "de"]), (5, list("abcde")), (9, list("abcde"))]
)
def test_points_that_stand_beside_each_other_stay_together(count: int, wanted: list[str]) -> None:
    assert slices("abcde", count) == wanted


def test_a_machine_that_lacks_the_pictures_says_so(tmp_path: Path) -> None:
    order = trial.order_in(tmp_path / "out", test_set=TestSet("folder", tmp_path / "elsewhere"))
    host = re.escape(socket.gethostname())
    with pytest.raises(ClusterError, match=f"no pictures in .*elsewhere on {host}.*under the same path"):
        measure_some(order, ["block 1, 0"], None)


@pytest.mark.heavy
@pytest.mark.cluster
@pytest.mark.skipif(not HAS_RAY, reason='needs Ray: pip install "resnet-viewer[cluster]"')
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as POSIX does")
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_points_are_those_of_one_process_also_where_a_worker_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    order = trial.order_in(tmp_path / "ray", strength=0.5)
    monkeypatch.setattr(cluster, "measure_some", failing)
    with pytest.raises(
        ClusterError, match=r"The points block 9, 0 to .* could not be measured: .*resume it\."
    ):
        list(Studies().answer(order, elsewhere=on_ray("local")))
    assert not (order.folder / STUDY).exists(), "nothing was measured, so nothing stays"
    monkeypatch.setattr(cluster, "measure_some", measured_by_a_worker)
    *_, found = Studies().answer(replace(order, is_resumed=True), elsewhere=on_ray("local"))
    assert isinstance(found, StudyResult)
    assert (order.folder / "grave").exists(), "a worker was lost"
    *_, alone = Studies().answer(replace(order, folder=tmp_path / "here"))
    assert isinstance(alone, StudyResult)
    assert found.rows == alone.rows == read_study(order.folder).rows
    assert found.is_complete

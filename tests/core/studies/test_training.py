"""Studies that train: rows are those of their runs, which are resumed to the step, and are the lab's as any."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from resnet_viewer.core.lab.cluster import train_one
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.planned import planned
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.core.lab.run_lock import RunLock, RunLockedError
from resnet_viewer.core.meter import evaluated
from resnet_viewer.core.network import build
from resnet_viewer.core.studies.cluster import on_ray
from resnet_viewer.core.studies.files import POINTS, STUDY, StudyFileError, read_study, remove_study
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.core.studies.training import PlannedRun, TrainingPlan, first_state, training_plan
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records import study_list
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Extend, Order, StateChanged
from resnet_viewer.records.run_plan import Course
from resnet_viewer.records.studies.merges import KINDS, MergesOptions
from resnet_viewer.records.study import Estimate, Options, StudyInfo, StudyOrder, StudyResult, option
from resnet_viewer.records.study_command import command_of
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.services.order_files import has_runs, read_order
from tests.core.data.test_test_sets import end_of


@dataclass(frozen=True)
class ToyOptions(Options):
    """Of the study for these tests."""

    epochs: int = option(1, "Epochs", least=1)
    rate: float = option(0.05, "Rate")


def runs(options: ToyOptions) -> TrainingPlan:
    """A plain network and a residual one with halved shortcuts, of eight layers."""
    made = []
    for name in ("cifar-plain-8", "cifar-resnet-8"):
        run = planned(spec(name), "digits", Course(epochs=options.epochs))
        run = replace(run, recipe=replace(run.recipe, name="toy", rate=options.rate, schedule="constant"))
        run = run.intervened(0, 0.5) if run.network.has_shortcuts else run
        made.append(PlannedRun(name, run, {"kind": name.split("-")[1]}))
    return TrainingPlan("digits", tuple(made))


TOY = StudyInfo("toy", "Toy", "Which?", (), ToyOptions, lambda *_: "", lambda result: (), needs="runs")


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study is one of those that there are."""
    module = ModuleType("resnet_viewer.core.studies.toy")
    module.runs = runs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(study_list._BY_NAME, "toy", TOY)


def order_in(folder: Path, options: Options | None = None, study: str = "toy") -> StudyOrder:
    chosen = options or ToyOptions()
    return StudyOrder(study, first_state(study, chosen), chosen, None, folder, device="cpu", threads=1)


def results(order: StudyOrder) -> Iterator[StudyResult]:
    for found in Studies(told_every=0.0).answer(order):
        if isinstance(found, StudyResult):
            yield found


def without_time(result: StudyResult) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in result.rows]


@pytest.mark.parametrize(
    ("study", "options", "kinds"),
    [
        ("toy", ToyOptions(), ["plain", "resnet"]),
        pytest.param(
            "merges",
            MergesOptions(tables="2", depth=8, epochs=1, seeds=1),
            ["original", *(kind.name for kind in KINDS if kind.table == 2)],
            marks=pytest.mark.heavy,
        ),
    ],
    ids=["toy", "merges"],
)
def test_every_row_is_what_an_evaluation_of_the_run_s_weights_finds(
    tmp_path: Path, study: str, options: Options, kinds: list[str]
) -> None:
    order = order_in(tmp_path / "out", options, study)
    *_, found = results(order)
    assert [row["kind"] for row in found.rows] == kinds
    assert len({row["error"] for row in found.rows}) > 1
    assert found.basis.pictures == 359
    for row in found.rows:
        path = order.runs_folder / str(row["point"]) / "weights.safetensors"
        opened = open_network(None, str(path))
        network = build(opened.spec, resolve(opened.spec))
        side = end_of(
            evaluated(lambda _, n=network: n, opened.state, TestSet("digits", sample=None), device="cpu")
        )
        assert row["error"] == pytest.approx(side.error, abs=0.3), "at most a picture at a tie"
        assert not (path.parent / "states").exists(), "a study keeps the weights at the end alone"
    told = json.loads((order.folder / STUDY).read_text())
    assert len(told["sha256"]["runs"]) == 64
    assert (told["test_set"], told["sha256"]["weights"]) == (None, "")


@pytest.mark.usefixtures("eager")
def test_it_goes_on_to_the_step_and_ends_with_the_same(tmp_path: Path) -> None:
    *told, whole = results(order_in(tmp_path / "whole", ToyOptions(epochs=2)))
    shares = [result.done for result in told]
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 1}) > 10, "it moves by steps, not by points alone"
    assert whole.is_complete
    assert whole.underway == 0

    order = order_in(tmp_path / "parts", ToyOptions(epochs=2))
    with closing(Studies(told_every=0.0).answer(order)) as work:
        for found in work:
            if isinstance(found, StudyResult) and found.done > 0.4:
                break
    assert not read_study(order.folder).rows
    at = json.loads((order.runs_folder / "cifar-plain-8" / "run.json").read_text())
    assert at["run"]["epochs"] == 2
    assert read_study(order.folder).points == 2, "it is kept before its first point, too"
    first, *_, found = results(replace(order, is_resumed=True))
    assert first.done == 0
    assert without_time(found) == without_time(whole) == without_time(read_study(order.folder))
    steps = (order.runs_folder / "cifar-plain-8" / "steps.csv").read_text()
    assert steps == (tmp_path / "whole" / "runs" / "cifar-plain-8" / "steps.csv").read_text()


def test_a_run_that_had_ended_before_its_point_was_kept_is_not_trained_again(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    *_, whole = results(order)
    lines = (order.folder / POINTS).read_bytes().splitlines(keepends=True)
    (order.folder / POINTS).write_bytes(lines[0])
    before = (order.runs_folder / "cifar-resnet-8" / "weights.safetensors").stat().st_mtime_ns
    *_, found = results(replace(order, is_resumed=True))
    assert found.rows == whole.rows
    assert (order.runs_folder / "cifar-resnet-8" / "weights.safetensors").stat().st_mtime_ns == before


def test_an_estimate_counts_the_passes_that_are_then_run(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out", ToyOptions(epochs=2))
    *_, cost = Studies().estimate(order)
    assert isinstance(cost, Estimate)
    # two networks that cost alike but for the shortcuts, which have no weights: 11 steps of 128 an epoch
    each = 3 * 128 * 11 * 2 + 2 * 359 + 1438
    assert cost.points == 2
    assert cost.passes == pytest.approx(2 * each)
    assert cost.seconds > 0
    assert not order.folder.exists()
    *_, found = results(order)
    assert found.passes == pytest.approx(cost.passes)
    *_, cost = Studies().estimate(replace(order, is_resumed=True))
    assert isinstance(cost, Estimate)
    assert (cost.points, cost.seconds) == (0, 0)


def test_nothing_is_downloaded_to_say_what_it_would_cost(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out", MergesOptions(data="cifar10", depth=8), "merges")
    with pytest.raises(UserError, match="CIFAR-10 is not on this computer"):
        list(Studies().estimate(order))


def test_a_run_that_diverges_has_no_error_and_says_so(tmp_path: Path) -> None:
    *_, found = results(order_in(tmp_path / "out", ToyOptions(rate=1e12)))
    assert [row["state"] for row in found.rows] == ["diverged"] * 2
    assert [row["error"] for row in found.rows] == [None] * 2
    assert read_study(tmp_path / "out").rows == found.rows


def test_the_network_of_the_session_has_no_part_in_it(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    elsewhere = replace(order, state=open_network("resnet18", "none").state, test_set=TestSet("crops"))
    *_, cost = Studies().estimate(elsewhere)
    assert isinstance(cost, Estimate)
    assert cost.order == elsewhere, "the window asks by what it has asked"
    *_, found = results(elsewhere)
    assert found.order.state == order.state
    assert found.order.test_set is None
    *_, again = results(replace(order, is_resumed=True))
    assert again.rows == found.rows


def test_without_a_folder_nothing_stays(tmp_path: Path) -> None:
    *_, found = Studies().alone(order_in(tmp_path / "out"))
    assert isinstance(found, StudyResult)
    assert found.is_complete
    assert not found.order.folder.exists()
    assert not list(tmp_path.iterdir())


def test_its_runs_are_the_train_tab_s_and_one_that_was_changed_there_is_refused(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    list(results(order))
    assert has_runs(order.runs_folder)
    runs_there = read_order(order.runs_folder)
    assert [key for key, _ in runs_there.runs] == ["cifar-plain-8", "cifar-resnet-8"]
    lab = Lab()
    for report in lab.answer(replace(runs_there, device="cpu")):
        if isinstance(report, StateChanged) and (report.key, report.state) == ("cifar-plain-8", "waiting"):
            lab.tell(Extend(1, "cifar-plain-8"))
    assert read_run(order.runs_folder / "cifar-plain-8").length == 2
    *_, kept = results(replace(order, is_resumed=True))
    assert kept.is_complete, "its points are kept, whatever is done to the runs afterwards"
    (order.folder / POINTS).write_bytes(b"")
    with pytest.raises(
        UserError, match=r"cifar-plain-8 is not the one of this study any more.*remove its folder"
    ):
        list(results(replace(order, is_resumed=True)))
    shutil.rmtree(order.runs_folder / "cifar-plain-8")
    *_, found = results(replace(order, is_resumed=True))
    assert without_time(found) == without_time(kept)


def test_other_runs_under_the_same_names_are_another_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_in(tmp_path / "out")
    list(results(order))
    changed = replace(training_plan("toy", ToyOptions()), runs=runs(ToyOptions(rate=0.01)).runs)
    monkeypatch.setattr(sys.modules["resnet_viewer.core.studies.toy"], "runs", lambda _: changed)
    with pytest.raises(StudyFileError, match="its runs were other ones"):
        list(results(replace(order, is_resumed=True)))


def test_removing_takes_the_runs_along_unless_one_is_at_work(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    list(results(order))
    lock = RunLock(order.runs_folder / "cifar-plain-8")
    lock.take()
    with pytest.raises(RunLockedError, match="is being trained by another process"):
        remove_study(order.folder)
    assert read_study(order.folder).is_complete
    lock.release()
    remove_study(order.folder)
    assert not order.folder.exists()


def test_seeds_and_strengths_are_those_of_the_runs() -> None:
    plan = training_plan("merges", MergesOptions(depth=20, epochs=3, seeds=2))
    assert len({each.key for each in plan.runs}) == len(plan.runs) == 2 * len(KINDS)
    assert [each.run.network.seed for each in plan.runs] == [0] * len(KINDS) + [1] * len(KINDS)
    for each in plan.runs:
        is_half = each.facts["kind"] == "half shortcut"
        assert {each.run.strength_at(step, 11) for step in range(50)} == {0.5 if is_half else 1.0}
        assert each.run.epochs == 3
    networks = {each.facts["kind"]: each.run.network for each in plan.runs}
    assert not networks["no shortcut"].has_shortcuts
    assert (networks["exclusive 0"].merge, networks["exclusive 0"].gate_bias) == ("highway", 0)
    assert (networks["shortcut gate -6"].merge, networks["shortcut gate -6"].gate_bias) == (
        "shortcut gating",
        -6,
    )
    assert networks["full"].order == "full pre-activation"
    assert all(np.isfinite(each.run.recipe.rate) for each in plan.runs)


def test_the_command_names_neither_network_nor_test_set(tmp_path: Path) -> None:
    order = order_in(tmp_path / "tables", MergesOptions(data="cifar10", depth=20), "merges")
    assert command_of(order) == "resnet-viewer study merges --data cifar10 --depth 20 --out tables"


def test_an_order_of_the_lab_keeps_states_unless_it_is_told_not_to(tmp_path: Path) -> None:
    (_, run), *_ = [(each.key, each.run) for each in runs(ToyOptions()).runs]
    for keeps in (True, False):
        order = Order((("a", run),), "digits", tmp_path / str(keeps), "cpu", 1, keeps_states=keeps)
        list(Lab().answer(order))
        assert (order.folder / "a" / "states").exists() == keeps


def trained_by_a_worker(order: Order, news: object, commit: str | None, command: str) -> None:
    """A worker that knows the study for these tests, and dies once in the midst of a run."""
    train_one(order, Doomed(news, order.folder.parent / "grave"), commit, command)


class Doomed:
    """A queue that kills the process of whoever puts the fifth report into it, once."""

    def __init__(self, queue: Any, grave: Path) -> None:
        self._queue, self._grave, self._count = queue, grave, 0

    def put(self, found: object) -> None:
        self._queue.put(found)
        self._count += 1
        if self._count == 5 and not self._grave.exists():
            self._grave.touch()
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.heavy
@pytest.mark.cluster
@pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason='needs Ray: pip install "resnet-viewer[cluster]"'
)
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as POSIX does")
@pytest.mark.filterwarnings("default")  # Ray's own are not ours to mend
def test_runs_on_ray_are_those_of_one_process_also_where_a_worker_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setattr("resnet_viewer.core.lab.cluster.train_one", trained_by_a_worker)
    order = order_in(tmp_path / "ray")
    found = None
    for step in Studies().answer(order, elsewhere=on_ray("local")):
        found = step if isinstance(step, StudyResult) else found
    assert (order.folder / "grave").exists(), "a worker was lost"
    assert found is not None
    *_, here = results(order_in(tmp_path / "here"))
    assert without_time(found) == without_time(here) == without_time(read_study(order.folder))

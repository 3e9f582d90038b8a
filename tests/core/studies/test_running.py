"""Studies from their order to their results: kept, resumed, refused, estimated, and the same as an evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viewer.core.meter import evaluated
from resnet_viewer.core.network import build
from resnet_viewer.core.studies import running
from resnet_viewer.core.studies.files import POINTS, STUDY, StudyFileError, read_study
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import Estimate, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from tests.core.data.test_test_sets import end_of
from tests.core.studies.trial import order_in

pytestmark = pytest.mark.usefixtures("trial_study")


def answered(order: StudyOrder, **options: float) -> StudyResult:
    *_, found = Studies(**options).answer(order)  # type: ignore[arg-type]
    assert isinstance(found, StudyResult)
    return found


def cut(order: StudyOrder) -> NetworkState:
    return replace(order.state, wiring=order.state.wiring.with_shortcuts([1], 0.0))


def test_points_are_kept_as_they_come_and_the_last_result_holds_all(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    steps = list(Studies(told_every=0.0, command="resnet-viewer study trial").answer(order_in(folder)))
    results = [step for step in steps if isinstance(step, StudyResult)]
    assert [len(result.rows) for result in results] == [*range(10), 9]
    assert any(isinstance(step, Progress) for step in steps)
    last = results[-1]
    assert last.is_complete
    assert [row["point"] for row in last.rows] == [f"block {n}, 0" for n in range(9, 0, -1)]
    assert all(row["not finite"] is None for row in last.rows), "JSON has no such number"
    assert last.basis.measure == "disagreement with the intact network"
    # nine states, each without a branch, and the intact one
    assert last.passes + last.saved == pytest.approx(10 * 9, rel=0.02)
    assert last.saved > 30
    lines = (folder / POINTS).read_text().splitlines()
    assert [json.loads(line)["point"] for line in lines] == [row["point"] for row in last.rows]
    told = json.loads((folder / STUDY).read_text())
    assert told["command"] == "resnet-viewer study trial"
    assert len(told["sha256"]["weights"]) == len(told["sha256"]["pictures"]) == 64
    assert {"resnet-viewer", "torch", "numpy", "python"} <= told["versions"].keys()
    again = read_study(folder)
    assert again.rows == last.rows
    assert (again.points, again.basis, again.is_complete) == (9, last.basis, True)
    assert again.passes == last.passes
    assert again.order.state == last.order.state
    assert again.order.options == last.order.options


def test_without_labels_and_with_them_errors_are_those_of_an_evaluation(tmp_path: Path) -> None:
    opened = open_network("cifar-resnet-20")
    rng = np.random.default_rng(0)
    for name in opened.class_names[:3]:
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(3):
            pixels = rng.integers(0, 255, (32, 32, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{number}.png")
    pictures = TestSet("folder", tmp_path / "set", sample=None)
    found = answered(order_in(tmp_path / "out", test_set=pictures, strength=0.5))
    assert found.basis.has_labels
    assert found.basis.measure == "error"
    network = build(opened.spec, resolve(opened.spec))
    for row in found.rows:
        wiring = opened.state.wiring.with_branches([row["block"]], 0.5)  # type: ignore[list-item]
        state = replace(opened.state, wiring=wiring)
        assert row["error"] == end_of(evaluated(lambda _: network, state, pictures, device="cpu")).error


def test_it_goes_on_with_the_points_that_are_missing(tmp_path: Path) -> None:
    whole = answered(order_in(tmp_path / "whole"))
    order = order_in(tmp_path / "parts")
    with closing(Studies(told_every=0.0).answer(order)) as work:
        for step in work:
            if isinstance(step, StudyResult) and len(step.rows) == 4:
                break
    points = order.folder / POINTS
    kept = points.read_bytes()
    assert kept.count(b"\n") == 4
    points.write_bytes(kept + b'{"point": "block 5, 0", "err')  # as a kill leaves it
    steps = [
        step
        for step in Studies(told_every=0.0).answer(replace(order, is_resumed=True))
        if isinstance(step, StudyResult)
    ]
    assert [len(step.rows) for step in steps] == [4, 5, 6, 7, 8, 9, 9]
    assert points.read_bytes().startswith(kept)
    assert steps[-1].rows == whole.rows == read_study(order.folder).rows
    # a complete one goes on with nothing
    assert [
        len(step.rows)
        for step in Studies().answer(replace(order, is_resumed=True))
        if isinstance(step, StudyResult)
    ] == [9]


def test_a_folder_that_holds_a_study_is_refused_unless_it_is_to_go_on(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    answered(order)
    with pytest.raises(StudyFileError, match=r"already holds a study \(study.json\): add --resume"):
        answered(order)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda order: replace(order, study="idle"), "it is the study trial"),
        (lambda order: replace(order, options=replace(order.options, repeats=2)), "its repeats is 1"),
        (lambda order: replace(order, test_set=TestSet("crops", sample=11)), "its pictures are others"),
        (
            lambda order: replace(order, state=open_network("cifar-plain-20").state),
            "it is of ResNet-20 (bundled)",
        ),
        (
            lambda order: replace(
                order, state=replace(order.state, wiring=order.state.wiring.with_shortcuts([1], 0.0))
            ),
            "its wiring, preprocessing or class names are others",
        ),
    ],
)
def test_another_study_in_the_folder_is_one_sentence(
    tmp_path: Path, other: Callable[[StudyOrder], StudyOrder], words: str
) -> None:
    order = order_in(tmp_path / "out")
    answered(order)
    before = (order.folder / POINTS).read_bytes()
    with pytest.raises(StudyFileError) as refused:
        answered(replace(other(order), is_resumed=True))
    assert words in str(refused.value)
    assert str(refused.value).endswith("Name another folder.")
    assert (order.folder / POINTS).read_bytes() == before


def test_other_numbers_or_pictures_under_the_same_names_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        Image.new("RGB", (32, 32), "red").save(tmp_path / f"{name}.png")
    order = order_in(tmp_path / "out", test_set=TestSet("folder", tmp_path))
    answered(order)
    Image.new("RGB", (32, 32), "blue").save(tmp_path / "a.png")
    with pytest.raises(StudyFileError, match="its pictures were other ones"):
        answered(replace(order, is_resumed=True))
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    network = build(order.state.network, resolve(order.state.network))
    with torch.no_grad():
        network.fc.bias[0] += 1
    with pytest.raises(StudyFileError, match="its weights were other ones"):
        list(Studies(network).answer(replace(order, is_resumed=True)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda order: replace(order, study="blcoks"), "study must be .*, not 'blcoks'"),
        (lambda order: replace(order, test_set=None), "needs pictures: choose a test set"),
        (
            lambda order: replace(order, state=open_network("cifar-resnet-164").state),
            "has more than 50 blocks",
        ),
        (
            lambda order: replace(order, test_set=TestSet("folder", Path("nowhere"))),
            "nowhere is not a folder",
        ),
        (lambda order: replace(order, device="cuda:7"), "no cuda:7 device"),
    ],
)
def test_what_cannot_be_studied_is_one_sentence_and_leaves_no_folder(
    tmp_path: Path, change: Callable[[StudyOrder], StudyOrder], words: str
) -> None:
    order = change(order_in(tmp_path / "out"))
    for work in (Studies().answer(order), Studies().estimate(order)):
        with pytest.raises(UserError, match=words):
            list(work)
    assert not order.folder.exists()


def test_too_many_pictures_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PIXELS_BYTES", 9 * 32 * 32 * 3)
    with pytest.raises(UserError, match="take a sample of 9 at most"):
        answered(order_in(tmp_path / "out"))


def test_folders_of_other_classes_are_unlabelled_and_that_is_said_first(tmp_path: Path) -> None:
    for name in ("church", "tench"):
        (tmp_path / "set" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32), "red").save(tmp_path / "set" / name / "1.png")
    work = Studies().answer(order_in(tmp_path / "out", test_set=TestSet("folder", tmp_path / "set")))
    first = next(step for step in work if isinstance(step, StudyResult))
    assert not first.rows
    assert "(church and tench) are not all among the 10 of ResNet-20" in first.basis.remark
    work.close()


def test_stopped_at_any_step_it_puts_everything_back(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    network = build(order.state.network, resolve(order.state.network))
    threads = torch.get_num_threads()
    for stop in (0, 1, 5, 30):
        work = Studies(network).answer(replace(order, is_resumed=True, threads=threads + 1))
        for _ in range(stop):
            next(work)
        work.close()
        assert network.wiring.is_open
        assert torch.get_num_threads() == threads
        assert torch.is_grad_enabled()
    assert answered(replace(order, is_resumed=True)).is_complete, "the folder's lock was let go"


def test_stopped_before_its_first_point_it_leaves_nothing_but_what_was_there(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out")
    for found in (work := Studies(told_every=0.0).answer(order)):
        if isinstance(found, StudyResult):
            break
    assert (order.folder / STUDY).exists()
    work.close()
    assert not order.folder.exists()
    order.folder.mkdir()
    (order.folder / "notes.txt").write_text("mine")
    for found in (work := Studies(told_every=0.0).answer(order)):
        if isinstance(found, StudyResult):
            break
    work.close()
    assert [path.name for path in order.folder.iterdir()] == ["notes.txt"]


def test_an_estimate_counts_points_and_passes_and_what_it_read_is_used(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out", which="every second")
    studies = Studies(told_every=0.0)
    *early, found = studies.estimate(order)
    assert isinstance(found, Estimate)
    assert (found.order, found.points, found.passes) == (order, 5, 50)
    assert 0 < found.seconds < 60
    assert any(isinstance(step, Progress) for step in early)
    assert not order.folder.exists()
    steps = list(studies.answer(order))
    assert not any(isinstance(step, Progress) for step in steps)


def test_an_estimate_of_what_is_resumed_counts_what_is_missing(tmp_path: Path) -> None:
    order = replace(order_in(tmp_path / "out"), is_resumed=True)
    for found in (work := Studies(told_every=0.0).answer(order)):
        if isinstance(found, StudyResult) and len(found.rows) == 4:
            break
    work.close()
    (*_, left), (*_, whole) = Studies().estimate(order), Studies().estimate(replace(order, is_resumed=False))
    assert isinstance(left, Estimate)
    assert isinstance(whole, Estimate)
    assert (left.points, whole.points) == (5, 9)
    assert left.passes == pytest.approx(whole.passes * 5 / 9)
    answered(order)
    *_, nothing = Studies().estimate(order)
    assert isinstance(nothing, Estimate)
    assert (nothing.points, nothing.passes, nothing.seconds) == (0, 0, 0)


def test_a_study_without_pictures(tmp_path: Path) -> None:
    order = order_in(tmp_path / "out", study="idle", test_set=None)
    found = answered(order)
    assert [row["error"] for row in found.rows] == [9.0 - n for n in range(9)]
    assert read_study(order.folder).order.test_set is None
    *_, cost = Studies().estimate(order)
    assert isinstance(cost, Estimate)
    assert cost.passes == 0

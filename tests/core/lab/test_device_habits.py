"""Training on GPUs that are not there: every tensor on its device, few waits, the processor's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch

from resnet_viewer.core.data import datasets
from resnet_viewer.core.data.datasets import Data, PictureSet, on_device
from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.device_habits import drawing, is_out_of_memory
from resnet_viewer.core.lab.run_files import CHECKPOINT
from resnet_viewer.core.lab.training import Trained, Training, train
from resnet_viewer.records.data import Augmentation
from resnet_viewer.records.lab import Publish, Published
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.training import Intervention, RunReport, RunSpec
from tests.core.far_devices import Far, FarTensor
from tests.core.lab.lab_apart import digits_run
from tests.core.lab.lab_orders import PLAIN, RESIDUAL, ended, order, states, step_done, told

DEVICES = ("cuda:0", "mps:0")
RUN = replace(digits_run("cifar-resnet-8", 1), record_every=3)


@pytest.fixture(params=DEVICES)
def far(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    monkeypatch.setattr(datasets, "room", lambda device: None)
    with Far(request.param) as device:
        yield device


def pictures(count: int, side: int = 8) -> PictureSet:
    generator = torch.Generator().manual_seed(count)
    images = torch.randint(0, 256, (count, 1, side, side), dtype=torch.uint8, generator=generator)
    return PictureSet(images, torch.arange(count) % 10, tuple("0123456789"))


DATA = Data(pictures(100), pictures(30))


def report_of(run: RunSpec, device: str, checkpoint: Path | None = None) -> RunReport:
    *_, trained = train(run, DATA, checkpoint=checkpoint, device=device)
    assert isinstance(trained, Trained)
    return trained.report


@pytest.mark.parametrize(("recipe", "augment"), [("quick", "crop+flip"), ("adam", "none")])
@pytest.mark.parametrize("name", ["cifar-resnet-8", "cifar-plain-8", "cifar-resnet-8-b"])
def test_a_run_is_that_of_the_processor(name: str, augment: Augmentation, recipe: str, far: Far) -> None:
    run = digits_run(name, 1, batch=20)
    run = replace(run, recipe=replace(RECIPES[recipe], batch=20, rate=0.01), augment=augment)
    if run.network.has_shortcuts:
        run = replace(run, interventions=(Intervention(2, 0.0), Intervention(3, 0.5)))
    there, here = report_of(run, str(far.device)), report_of(run, "cpu")
    assert [step.batch_loss for step in there.steps] == pytest.approx(
        [step.batch_loss for step in here.steps], rel=1e-3
    )
    for one, other in zip(there.gradients, here.gradients, strict=True):
        assert one.norms == pytest.approx(other.norms, rel=1e-2)
        assert one.updates == pytest.approx(other.updates, rel=1e-2, nan_ok=True)
        assert one.dead == pytest.approx(other.dead)
    assert there.test_error == pytest.approx(here.test_error, abs=100 / 30 + 1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_step_waits_for_the_device_only_where_numbers_are_read(
    far: Far, optimizer: Literal["sgd", "adam"]
) -> None:
    run = replace(RUN, recipe=replace(RUN.recipe, batch=4, optimizer=optimizer), record_every=7)
    live = Training(run, DATA, device=str(far.device))
    waits = []
    for _ in live.work():
        waits.append(far.waits)
        if live.at == 24:
            break
    spent = [after - before for before, after in zip([0, *waits], waits, strict=False)]
    recorded = {step for step in range(24) if step % run.record_every == 0}
    assert [spent[step] for step in sorted(recorded)] == [2] * 4, "norms, and dead channels"
    others = {step: spent[step] for step in range(24) if step not in recorded}
    assert others.pop(training._HELD - 1) == 1, "the numbers of all held steps together"
    assert set(others.values()) == {0}


def test_pictures_that_are_too_many_for_the_device_come_batch_by_batch(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "LARGEST_ON_DEVICE", 0)
    assert on_device(DATA, str(far.device)) is DATA
    here, there = (report_of(RUN, device) for device in ("cpu", str(far.device)))
    assert [s.batch_loss for s in there.steps] == pytest.approx([s.batch_loss for s in here.steps], rel=1e-3)


def test_pictures_leave_half_of_a_devices_room_to_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(part.images.nbytes for part in (DATA.train, DATA.test))
    with Far("cuda:0"):
        monkeypatch.setattr(datasets, "room", lambda device: 2 * size - 1)
        assert on_device(DATA, "cuda:0") is DATA
        monkeypatch.setattr(datasets, "room", lambda device: 2 * size)
        there = on_device(DATA, "cuda:0")
        assert isinstance(there.train.images, FarTensor)
        monkeypatch.setattr(datasets, "room", lambda device: 0)
        assert on_device(there, "cuda:0").train.images is there.train.images, "what is there stays"


@pytest.mark.parametrize("recipe", ["quick", "adam"])
def test_a_run_goes_on_from_one_device_to_the_other(far: Far, tmp_path: Path, recipe: str) -> None:
    run = replace(RUN, epochs=2, recipe=replace(RECIPES[recipe], batch=20, rate=0.01))
    whole = report_of(run, "cpu")
    for number, (first, then) in enumerate(((str(far.device), "cpu"), ("cpu", str(far.device)))):
        path = tmp_path / str(number)
        live = Training(run, DATA, checkpoint=path, device=first)
        for _ in live.work():
            if live.at == 7:
                break
        live.save()
        found = read(path)
        assert found.at == 7
        assert {str(value.device) for value in found.network.values()} == {"cpu"}
        steps = report_of(run, then, path).steps
        assert len(steps) == len(whole.steps) == 10
        assert [s.batch_loss for s in steps] == pytest.approx([s.batch_loss for s in whole.steps], rel=1e-2)


def test_a_whole_lab_trains_there(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eager: None
) -> None:
    monkeypatch.setattr("resnet_viewer.core.lab.lab.devices_for", lambda wanted: (str(far.device),))
    monkeypatch.setattr("resnet_viewer.core.lab.lab.give_memory_back", lambda device: None)
    found = told(order(tmp_path, PLAIN, RESIDUAL), step_done(4, "cifar-resnet-8"), Publish("cifar-resnet-8"))
    for run in (PLAIN, RESIDUAL):
        key = run.network.name
        assert states(found, key) == ["waiting", "running", "done"]
        assert len(ended(found, key).report.steps) == 10
        assert read(tmp_path / key / CHECKPOINT).at == 10
    assert [report for report in found if isinstance(report, Published)]


def test_a_checkpoint_written_on_a_gpu_is_read_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda storage: "cuda:1")
        report_of(RUN, "cpu", path)
    with pytest.raises(RuntimeError, match="Attempting to deserialize"):
        torch.load(path, weights_only=True)
    assert {str(value.device) for value in read(path).network.values()} == {"cpu"}


def test_a_network_draws_by_its_own_seed_and_leaves_the_generator_as_it_was() -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with drawing(torch.device("cpu"), 5):
        drawn = torch.rand(4)
    assert torch.equal(drawn, torch.rand(4, generator=torch.Generator().manual_seed(5)))
    with pytest.raises(ValueError, match="went wrong"), drawing(torch.device("cpu"), 5):
        raise ValueError("went wrong")
    assert torch.equal(torch.get_rng_state(), state)


def test_drawing_on_a_gpu_seeds_that_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may be drawing from another one's generator."""
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    monkeypatch.setattr(torch.cuda, "default_generators", generators)
    before = [generator.get_state() for generator in (*generators, torch.default_generator)]
    with drawing(torch.device("cuda:1"), 5):
        assert generators[1].initial_seed() == 5
        assert torch.equal(generators[0].get_state(), before[0])
        assert torch.equal(torch.get_rng_state(), before[2])
    assert torch.equal(generators[1].get_state(), before[1])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB, other allocations: 6 MB)"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_known_whoever_says_it(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected

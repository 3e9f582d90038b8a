"""Training on a few invented pictures: it learns, repeats itself, records, and ends as it should."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viewer.core.data.datasets import Data, PictureSet
from resnet_viewer.core.data.folder_data import load
from resnet_viewer.core.evaluating import error_percent, predictions
from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import ResumeError
from resnet_viewer.core.lab.training import Trained, Training, train
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.training import EpochReport, Intervention, StepReport
from tests.core.lab.small_training import DATA, RUN, SIDE, finished, same


@pytest.fixture(scope="module")
def uninterrupted() -> Trained:
    return finished()


def percent(network: Network, pictures: PictureSet) -> float:
    work = predictions(network, pictures, mean=RUN.mean, std=RUN.std, device=torch.device("cpu"))
    try:
        while True:
            next(work)
    except StopIteration as end:
        return error_percent(end.value.classes, pictures)


def test_the_loss_falls_on_a_folder_of_jpegs(tmp_path: Path) -> None:
    for part, found in (("train", DATA.train), ("test", DATA.test)):
        for number, (image, label) in enumerate(zip(found.images, found.labels.tolist(), strict=True)):
            place = tmp_path / part / found.classes[label]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(place / f"{number}.jpg", quality=95)
    *_, data = load(tmp_path, SIDE)
    assert isinstance(data, Data)
    *reports, last = train(replace(RUN, epochs=6), data)
    epochs = [report for report in reports if isinstance(report, EpochReport)]
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert isinstance(last, Trained)
    assert last.report.test_error < 20.0
    assert last.report.class_names == ("bluish", "reddish")
    assert last.report.pictures == data.counts


def test_every_step_and_epoch_is_reported() -> None:
    *reports, last = train(RUN, DATA)
    kinds = [type(report) for report in reports]
    assert kinds == [*[StepReport] * 4, EpochReport] * 3
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert [(step.epoch, step.step, step.steps) for step in steps] == [
        (e, s, 4) for e in range(3) for s in range(4)
    ]
    assert all(0 <= step.error <= 100 for step in steps)
    epochs = tuple(report for report in reports if isinstance(report, EpochReport))
    assert isinstance(last, Trained)
    assert last.report.epochs == epochs
    assert [epoch.rate for epoch in epochs] == [RUN.recipe.rate_at(4 * epoch + 3, 12) for epoch in range(3)]
    assert epochs[0].train_loss == steps[3].loss


def test_the_same_seed_gives_the_same_weights_and_another_others(uninterrupted: Trained) -> None:
    assert same(finished().state, uninterrupted.state)
    other = finished(replace(RUN, network=replace(RUN.network, seed=1)))
    assert not torch.equal(other.state["conv1.weight"], uninterrupted.state["conv1.weight"])


def test_every_epoch_is_shuffled_and_augmented_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    original = training.augmented_batches

    def noted(*given: object, seed: int, **options: object) -> object:
        seeds.append(seed)
        return original(*given, seed=seed, **options)

    monkeypatch.setattr(training, "augmented_batches", noted)
    finished()
    finished(replace(RUN, network=replace(RUN.network, seed=1)))
    assert len(set(seeds)) == len(seeds) == 6


def test_one_step_is_nesterovs_sgd_written_out() -> None:
    run = replace(RUN, epochs=1, recipe=Recipe("invented", batch=32, rate=0.1, weight_decay=0.01))
    torch.manual_seed(99)
    result = finished(run)
    network = build(run.network).to(memory_format=torch.channels_last).train()
    ((images, labels),) = list(training.augmented_batches(DATA.train, 32, mean=run.mean, std=run.std, seed=0))
    torch.nn.functional.cross_entropy(network(images), labels).backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None
        gradient = weight.grad + (0.01 * weight.detach() if weight.ndim > 1 else 0)
        stepped = weight.detach() - run.recipe.rate_at(0, 1) * (gradient + 0.9 * gradient)
        torch.testing.assert_close(result.state[name], stepped, rtol=1e-5, atol=1e-6)


def test_the_error_is_that_counted_one_by_one_and_the_mode_is_kept() -> None:
    network = build(RUN.network).train()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    found = percent(network, DATA.test)
    assert all(module.training for module in network.modules())
    assert same(network.state_dict(), state), "measuring moved the running statistics"
    network.eval()
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (RUN.mean, RUN.std))
    wrong = 0
    for image, label in zip(DATA.test.images, DATA.test.labels.tolist(), strict=True):
        x = torch.from_numpy((image.numpy() / np.float32(255) - mean) / std)[None]
        wrong += int(network(x).argmax()) != label
    assert found == 100.0 * wrong / 16


def test_the_result_lies_on_the_processor_and_fits_the_network(uninterrupted: Trained) -> None:
    network = build(RUN.network, uninterrupted.state)
    assert percent(network, DATA.test) == uninterrupted.report.test_error
    assert percent(network, DATA.train) == uninterrupted.report.train_error


def test_gradient_records_are_the_training_passes_own(tmp_path: Path) -> None:
    run = replace(RUN, epochs=2, record_every=3)
    reports = [report for report in train(run, DATA) if isinstance(report, StepReport)]
    records = [report.gradients for report in reports if report.gradients is not None]
    assert [record.step for record in records] == [0, 3, 6]
    network = build(run.network).train()
    batches = training.augmented_batches(DATA.train, 8, mean=run.mean, std=run.std, seed=0)
    images, labels = next(iter(batches))
    torch.nn.functional.cross_entropy(network(images), labels).backward()
    weights = [network.get_parameter(f"{layer.name}.weight") for layer in blueprint(run.network).layers]
    expected = [float(weight.grad.double().norm()) for weight in weights if weight.grad is not None]
    assert records[0].norms == pytest.approx(expected, rel=1e-4)
    decay = run.recipe.weight_decay
    first = weights[0].detach()
    assert weights[0].grad is not None
    moved = run.recipe.rate_at(0, 8) * 1.9 * (weights[0].grad + decay * first)
    assert records[0].updates[0] == pytest.approx(float(moved.norm() / first.norm()), rel=1e-3)


def test_records_do_not_change_the_training_and_outlive_a_stop(
    tmp_path: Path, uninterrupted: Trained
) -> None:
    assert same(finished(replace(RUN, record_every=1)).state, uninterrupted.state)
    checkpoint = tmp_path / "run.checkpoint"
    stopped = train(RUN, DATA, checkpoint=checkpoint)
    for report in stopped:
        if isinstance(report, EpochReport):
            stopped.close()  # type: ignore[attr-defined]
            break
    resumed = finished(checkpoint=checkpoint)
    assert resumed.report.gradients == uninterrupted.report.gradients


@pytest.fixture
def _waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a device whose numbers are waited for."""
    monkeypatch.setattr(training, "is_awaited", lambda device: True)


@pytest.mark.usefixtures("_waiting")
def test_numbers_that_are_read_later_are_the_same(tmp_path: Path) -> None:
    run = replace(RUN, record_every=3)
    late = Training(run, DATA)
    sizes = [len(reports) for reports in late.work() if reports and isinstance(reports[0], StepReport)]
    assert sizes == [4, 4, 4], "an epoch's steps are told together"
    whole = finished(run)
    again = late.trained("done")
    assert same(again.state, whole.state)
    assert (again.report.steps, again.report.gradients) == (whole.report.steps, whole.report.gradients)

    checkpoint = tmp_path / "run.checkpoint"
    begun = Training(run, DATA, checkpoint=checkpoint)
    work = begun.work()
    for _ in range(6):
        next(work)
    begun.save()
    resumed = Training(run, DATA, checkpoint=checkpoint)
    assert (resumed.at, len(resumed.steps)) == (begun.at, begun.at)
    assert same(_last(resumed.work())[0].state, whole.state)


def _last(work: Iterator[tuple[Any, ...]]) -> tuple[Any, ...]:
    *_, last = work
    return last


@pytest.mark.usefixtures("_waiting")
def test_a_divergence_that_is_seen_late_ends_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = training.F.cross_entropy, iter(range(100))
    monkeypatch.setattr(
        training.F, "cross_entropy", lambda *given: real(*given) * (math.nan if next(calls) == 5 else 1.0)
    )
    found = Training(RUN, DATA)
    (last,) = _last(found.work())
    assert (last.report.state, len(last.report.steps), found.at) == ("diverged", 6, 5)
    assert math.isnan(last.report.test_error)
    drawn = build(RUN.network).state_dict()
    assert same(last.state, drawn), "its weights are no numbers: those that it began with are kept"
    assert last.at == 0


def test_dropout_draws_from_the_step_and_leaves_torchs_random_numbers_alone(tmp_path: Path) -> None:
    run = replace(RUN, network=spec("cifar-resnet-8-dropout", classes=2), epochs=2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one = finished(run)
    assert torch.equal(torch.get_rng_state(), before)
    checkpoint = tmp_path / "run.checkpoint"
    begun = train(run, DATA, checkpoint=checkpoint)
    for _ in range(2):
        next(begun)
    begun.close()  # type: ignore[attr-defined]
    torch.manual_seed(6)
    assert same(finished(run, checkpoint=checkpoint).state, one.state)


def test_a_step_is_not_taken_twice_and_a_cut_is_not_in_the_weights(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.checkpoint"
    cut = replace(RUN, interventions=(Intervention(3, 0.0), Intervention(6, 0.5)))
    whole = finished(cut)
    begun = train(cut, DATA, checkpoint=checkpoint)
    for _ in range(5):
        next(begun)
    begun.close()  # type: ignore[attr-defined]
    reports = list(train(RUN, DATA, checkpoint=checkpoint))
    last = reports[-1]
    assert isinstance(last, Trained)
    assert last.report.spec == cut, "what was done to a run is in its checkpoint"
    assert same(last.state, whole.state)
    assert list(last.state) == list(build(RUN.network).state_dict())
    late = replace(cut, interventions=(Intervention(2, 0.0), *cut.interventions))
    with pytest.raises(ResumeError, match=r"other settings \(interventions\)"):
        next(train(late, DATA, checkpoint=checkpoint))


def test_shortcuts_of_a_plain_network_cannot_be_set() -> None:
    plain = replace(RUN, network=spec("cifar-plain-8", classes=2)).intervened(0, 0.0)
    with pytest.raises(UserError, match="Plain-8 has no shortcuts to open or close"):
        next(train(plain, DATA))


def test_an_extended_run_follows_the_schedule_to_its_new_end() -> None:
    longer = RUN.extended(4, 2)
    steps = [report for report in train(longer, DATA) if isinstance(report, StepReport)]
    assert [step.rate for step in steps] == [RUN.recipe.rate_at(at, 12 if at < 4 else 20) for at in range(20)]


def test_mixed_precision_trains_float32_weights() -> None:
    mixed = finished(replace(RUN, epochs=6, precision="bfloat16"))
    assert {value.dtype for value in mixed.state.values()} == {torch.float32, torch.int64}
    assert mixed.report.test_error < 20.0
    assert mixed.report.steps[0].batch_loss != finished(replace(RUN, epochs=6)).report.steps[0].batch_loss


def test_pictures_that_a_network_halves_to_nothing_are_refused() -> None:
    deep = replace(RUN, network=spec("vgg16", classes=2))
    with pytest.raises(UserError, match=r"VGG-16 halves its maps too often for the 8×8 pixels of invented"):
        next(train(deep, DATA))

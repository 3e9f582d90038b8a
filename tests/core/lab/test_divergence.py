"""A run that diverges is stopped, marked and kept: with weights that can be opened, and what is said is true."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from resnet_viewer.core.lab import training
from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_checks import is_finite
from resnet_viewer.core.lab.run_files import CHECKPOINT, FILES
from resnet_viewer.core.lab.training import Training
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.core.weights.weight_files import metadata
from resnet_viewer.records.lab import StateChanged, StateKept, Stop
from resnet_viewer.records.training import RunSpec
from tests.core.lab.lab_orders import RESIDUAL, STEPS, Found, ended, order, states, step_done, told

KEY = "cifar-resnet-8"


def wild(rate: float) -> RunSpec:
    return replace(RESIDUAL, epochs=20, recipe=replace(RESIDUAL.recipe, rate=rate, schedule="constant"))


def sentence(found: Found) -> str:
    (said,) = [report.sentence for report in found if isinstance(report, StateChanged) and report.sentence]
    return said


def test_every_run_has_a_state_from_before_its_first_step(tmp_path: Path) -> None:
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    (kept,) = [report for report in found if isinstance(report, StateKept)]
    assert (kept.key, kept.epochs_done, kept.path.name) == (KEY, 0, "epoch-0000.safetensors")
    drawn = build(RESIDUAL.network).state_dict()
    for name, value in load_file(kept.path).items():
        assert torch.equal(value, drawn[name].to(value.dtype)), name
    again = list(Lab().answer(order(tmp_path, replace(RESIDUAL, epochs=3), is_resumed=True)))
    assert not [report for report in again if isinstance(report, StateKept)], (
        "they are the beginning's, not these"
    )


@pytest.mark.parametrize(
    ("run", "at", "kept"),
    [
        (wild(1e30), 1, "the weights that it began with are kept"),
        (wild(50.0), 0, "its last finite weights"),
        (
            replace(wild(5.0), network=replace(RESIDUAL.network, is_normalised=False)),
            0,
            "its last finite weights",
        ),
    ],
)
def test_a_run_that_diverges_at_once_leaves_everything_a_run_leaves(
    run: RunSpec, at: int, kept: str, tmp_path: Path
) -> None:
    found = list(Lab().answer(order(tmp_path, run)))
    report = ended(found, KEY).report
    assert report.state == "diverged"
    assert kept in sentence(found)
    assert not at or f"diverged at step {at}:" in sentence(found)
    folder = tmp_path / KEY
    assert {path.name for path in folder.iterdir()} == {*FILES, "states"}
    again = list(Lab().answer(order(tmp_path, replace(run, epochs=run.epochs + 1), is_resumed=True)))
    said = [
        report.sentence for report in again if isinstance(report, StateChanged) and report.state == "waiting"
    ]
    assert said == [f"{run.network.title} has diverged; it is not made longer."]
    assert len((folder / "steps.csv").read_text().splitlines()) == len(report.steps) + 1
    assert len((folder / "gradient-records.csv").read_text().splitlines()) == len(report.gradients) + 1
    assert json.loads((folder / "report.json").read_text())["state"] == "diverged"
    weights = [folder / "weights.safetensors", *(folder / "states").iterdir()]
    assert len(weights) >= 2
    for path in weights:
        assert is_finite(load_file(path)), f"{path} cannot be shown"
        assert identify(path, KEY).spec.channels == 1
    step = int(metadata(weights[0])["step"])
    said = sentence(found)
    assert (f"after {step} steps" in said) or step in (0, len(report.steps) - 1)

    again = list(Lab().answer(order(tmp_path, run, is_resumed=True)))
    assert (sentence(again), states(again, KEY)[-1]) == (said, "diverged")
    assert int(metadata(weights[0])["step"]) == step, "the weights are still those"


def test_a_deep_plain_network_without_normalisation_keeps_finite_weights(tmp_path: Path) -> None:
    network = replace(spec("cifar-resnet-32-nobn"), input_size=8, channels=1)
    found = list(Lab().answer(order(tmp_path, replace(wild(1.0), network=network, epochs=2))))
    assert ended(found, network.name).report.state == "diverged"
    assert is_finite(load_file(tmp_path / network.name / "weights.safetensors"))


def spoil_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """The update of that step, from 1, makes a weight infinite."""
    step = Training._step

    def spoilt(self: Training, *batch: torch.Tensor) -> object:
        reports = step(self, *batch)
        if self.at == steps:
            with torch.no_grad():
                next(self._network.parameters()).fill_(float("inf"))
        return reports

    monkeypatch.setattr(Training, "_step", spoilt)


def test_weights_that_are_lost_in_the_last_step_of_an_epoch_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_after(monkeypatch, 2 * STEPS)
    found = list(Lab().answer(order(tmp_path, RESIDUAL)))
    report = ended(found, KEY).report
    assert (report.state, len(report.steps), len(report.epochs)) == ("diverged", 2 * STEPS, 1)
    assert sentence(found) == (
        "ResNet-8 diverged at step 9: its weights or running statistics are not finite any more; its last "
        "finite weights that were saved, those after 5 steps, are kept."
    )
    assert metadata(tmp_path / KEY / "weights.safetensors")["step"] == "5"
    assert json.loads((tmp_path / KEY / "card.json").read_text())["weights_after_steps"] == 5
    assert sorted(path.name for path in (tmp_path / KEY / "states").iterdir()) == [
        "epoch-0000.safetensors", "epoch-0001.safetensors",
    ]  # fmt: skip


def test_lost_weights_do_not_replace_a_checkpoint(
    tmp_path: Path, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_after(monkeypatch, STEPS + 2)
    told(order(tmp_path, RESIDUAL), step_done(STEPS + 1), Stop())
    assert is_finite(read(tmp_path / KEY / CHECKPOINT).network)
    assert training.SAVE_EVERY > 1

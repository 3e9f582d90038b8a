"""Weights exported from a run are the run's, and say what they are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.lab.run_files import write_state
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.core.weights.weight_files import metadata, read, save_safetensors
from resnet_viewer.services.run_weights import write_weights
from tests.core.lab.lab_apart import RUN
from tests.core.lab.test_run_files import CLASSES, REPORT

STATE = build(RUN.network).state_dict()


def test_weights_of_a_run_at_work_get_a_card(tmp_path: Path) -> None:
    write_state(tmp_path / "step.safetensors", RUN, STATE, CLASSES, 3, steps_per_epoch=10)
    out = tmp_path / "mine.safetensors"
    write_weights(tmp_path / "step.safetensors", REPORT, out, is_live=True)
    content = read(out).content
    assert isinstance(content, dict)
    before = read(tmp_path / "step.safetensors").content
    assert isinstance(before, dict)
    assert all(torch.equal(content[name], value) for name, value in before.items())
    assert identify(out).spec.name == RUN.network.name
    said = metadata(out)
    assert said["step"] == "3"
    card = json.loads(said["card"])
    assert card == json.loads((tmp_path / "mine.card.json").read_bytes())
    assert (card["network"], card["state"], card["steps"]) == (RUN.network.name, "in training", 3)
    assert card["test_error_percent"] is None, "what was not measured is nothing, and no number"
    write_weights(tmp_path / "step.safetensors", replace(REPORT, state="stopped"), out)
    assert json.loads(metadata(out)["card"])["state"] == "stopped"


def test_what_a_run_left_keeps_its_card(tmp_path: Path) -> None:
    source, out = tmp_path / "weights.safetensors", tmp_path / "out.safetensors"
    save_safetensors(source, STATE, metadata={"network": RUN.network.name, "card": '{"commit": "abc"}'})
    write_weights(source, REPORT, out)
    assert out.read_bytes() == source.read_bytes()
    assert json.loads((tmp_path / "out.card.json").read_bytes()) == {"commit": "abc"}


def test_a_card_that_is_no_strict_json_becomes_a_file_that_is(tmp_path: Path) -> None:
    told = {"card": '{"test_error_percent": NaN, "recipe": {"rate": Infinity}}'}
    save_safetensors(tmp_path / "weights.safetensors", STATE, metadata=told)
    write_weights(tmp_path / "weights.safetensors", REPORT, tmp_path / "mine.safetensors")
    written = (tmp_path / "mine.card.json").read_bytes()
    assert json.loads(written) == {"test_error_percent": None, "recipe": {"rate": None}}


@pytest.mark.parametrize("card", ["", "no JSON", "[1]", "[" * 100_000])
def test_a_card_that_is_none_and_a_step_that_is_none_are_made_anew(card: str, tmp_path: Path) -> None:
    told = {"card": card, "step": "9" * 5000}
    save_safetensors(tmp_path / "weights.safetensors", STATE, metadata=told)
    write_weights(tmp_path / "weights.safetensors", REPORT, out := tmp_path / "mine.safetensors")
    found = json.loads((tmp_path / "mine.card.json").read_bytes())
    assert (found["network"], found["steps"]) == (RUN.network.name, 3)
    assert json.loads(metadata(out)["card"]) == found

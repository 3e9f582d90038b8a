"""A run that is killed, twice and without warning, ends with the weights of one that was not."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.lab.checkpoints import read
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import CHECKPOINT, read_run
from resnet_viewer.records.lab import Order
from tests.core.lab.lab_apart import KEY, RUN

LAST = 5 * RUN.epochs
"""Far behind the steps at which it is killed: on a loaded machine it trains on until the kill arrives."""
ROOT = Path(__file__).parents[3]


def _killed_after(step: int, folder: Path, *told: str) -> None:
    """Start the lab, and kill it when it says that this step is done."""
    command = [sys.executable, "-m", "tests.core.lab.lab_apart", str(folder), *told]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                assert line.strip() != "done", "the run ended before it was killed: take earlier steps"
                if line.startswith("step") and int(line.split()[1]) >= step:
                    return
        finally:
            process.kill()  # SIGKILL: nothing is put in order


@pytest.mark.heavy
def test_killed_twice_it_ends_with_the_same_weights(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    _killed_after(6, killed, "2=0.0")
    first = read(killed / KEY / CHECKPOINT)
    assert 3 <= first.at < LAST
    _killed_after(10, killed)
    second = read(killed / KEY / CHECKPOINT)
    assert first.at < second.at < LAST, "it went on after its last step"
    list(Lab().answer(Order(((KEY, RUN),), "digits", killed, "cpu", threads=1, is_resumed=True)))

    run = read_run(killed / KEY)
    (made,) = run.interventions
    assert made.strength == 0.0
    assert 3 <= made.step <= first.at
    assert replace(run, interventions=()) == RUN
    list(Lab().answer(Order(((KEY, run),), "digits", whole, "cpu", threads=1)))

    one, other = (read(folder / KEY / CHECKPOINT) for folder in (killed, whole))
    assert one.at == other.at == LAST
    assert all(torch.equal(value, other.network[name]) for name, value in one.network.items())
    assert one.steps == other.steps
    assert one.gradients == other.gradients
    names = ("log.csv", "steps.csv", "gradient-records.csv")
    texts = [[(folder / KEY / name).read_text() for name in names] for folder in (killed, whole)]
    assert texts[0][1:] == texts[1][1:]
    weights = [(folder / KEY / "weights.safetensors").stat().st_size for folder in (killed, whole)]
    assert weights[0] > 0

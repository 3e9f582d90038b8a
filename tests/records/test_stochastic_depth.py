"""Which branches survive a step: the paper's formula, over many draws, by the run's seed and the step alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.stochastic_depth import chances, not_computed, survivors
from resnet_viewer.records.training import RunSpec

RUN = RunSpec(spec("cifar-resnet-56"), "digits", 12, replace(RECIPES["quick"], survival=0.5))


def test_chances_fall_linearly_from_the_first_block_to_the_last() -> None:
    found = chances(0.5, 54)
    assert found[-1] == 0.5
    assert found[0] == pytest.approx(1 - 0.5 / 54)
    assert sum(found) == pytest.approx((3 * 54 - 1) / 4), (
        "equation 5 of the paper: 3L/4 at P = 0.5, a quarter less"
    )
    assert set(chances(1.0, 54)) == {1.0}


def test_branches_survive_as_often_as_they_should() -> None:
    steps = 4000
    drawn = np.array([survivors(RUN, step) for step in range(steps)])
    expected = np.array(chances(0.5, 27))
    deviation = np.sqrt(expected * (1 - expected) / steps)
    assert (np.abs(drawn.mean(0) - expected) < 4.5 * deviation).all()
    together = np.corrcoef(drawn.T) - np.eye(27)
    assert np.abs(together).max() < 5 / np.sqrt(steps), "blocks are drawn independently of each other"
    following = [np.corrcoef(drawn[:-1, block], drawn[1:, block])[0, 1] for block in range(27)]
    assert np.abs(following).max() < 5 / np.sqrt(steps), "and so are steps"


def test_a_draw_depends_on_seed_and_step_alone() -> None:
    alike = replace(RUN, epochs=30, record_every=3, data="mnist")
    assert all((survivors(RUN, step) == survivors(alike, step)).all() for step in range(20))
    other = replace(RUN, network=replace(RUN.network, seed=1))
    assert any((survivors(RUN, step) != survivors(other, step)).any() for step in range(20))
    assert survivors(replace(RUN, recipe=RECIPES["quick"]), 0).all()


def test_layers_of_branches_that_were_not_drawn_have_no_gradient() -> None:
    run = replace(RUN, network=spec("cifar-resnet-20-b-highway"))
    names = [layer.name for layer in blueprint(run.network).layers]
    for step in (3, 50, 7):
        row, kept = not_computed(run, step), survivors(run, step)
        assert not kept.all(), "a step in which all are drawn tells nothing"
        wanted = {
            f"{block.name}.{part}"
            for block, is_drawn in zip(blueprint(run.network).blocks, kept, strict=True)
            for part in ("conv1", "conv2")
            if not is_drawn
        }
        assert {name for name, is_missing in zip(names, row, strict=True) if is_missing} == wanted

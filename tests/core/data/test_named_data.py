"""Data sets by name: the digits that travel with the program."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_viewer.core.data.named_data import digits
from resnet_viewer.core.lab.training import Trained, train
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.recipe import RECIPES, Recipe
from resnet_viewer.records.training import RunSpec


def test_the_digits_are_split_once_and_for_all() -> None:
    data, again = digits(), digits()
    assert (len(data.train), len(data.test)) == (1438, 359)
    assert torch.equal(data.test.images, again.test.images)
    assert data.train.images.shape[1:] == (1, 8, 8)
    assert data.train.classes == tuple("0123456789")
    assert sorted(data.test.labels.unique().tolist()) == list(range(10))
    assert int(data.train.images.max()) == 255
    seen = {image.numpy().tobytes() for image in data.train.images}
    shared = sum(image.numpy().tobytes() in seen for image in data.test.images)
    assert shared < 3, "two people may draw alike, but the sets are apart"


def test_the_digits_statistics_are_those_that_normalise_them() -> None:
    values = digits().train.images.float() / 255
    assert float(values.mean()) == pytest.approx(NAMED["digits"].mean[0], abs=1e-4)
    assert float(values.std()) == pytest.approx(NAMED["digits"].std[0], abs=1e-4)


def _digits_network(name: str) -> NetworkSpec:
    return replace(spec(name), channels=1, input_size=8)


@pytest.mark.parametrize("recipe", [RECIPES["quick"], RECIPES["adam"]])
def test_a_small_network_learns_the_digits(recipe: Recipe) -> None:
    kind = NAMED["digits"]
    run = RunSpec(_digits_network("cifar-resnet-8"), "digits", 4, recipe, kind.mean, kind.std, augment="none")
    *_, last = train(run, digits())
    assert isinstance(last, Trained)
    assert last.report.test_error < 15

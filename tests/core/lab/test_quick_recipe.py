"""The quick recipe on the digits: a deep residual network keeps what it has learned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from resnet_viewer.core.data.named_data import digits
from resnet_viewer.core.lab.training import Training
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course, RunPlan
from resnet_viewer.services.run_plans import runs_of

EPOCHS = 5
"""The rate is at its highest in the third; what is lost is lost by then, or soon after."""


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.heavy
def test_a_deep_residual_network_keeps_what_it_has_learned(one_thread: None) -> None:
    """The Train tab's ResNet-56, which lost it at twice the rate: 14.5, 61.1, 66.6 % from the second epoch on."""
    plan = RunPlan(depths="56", is_plain=False, course=Course(RECIPES["quick"], seed=1, record_every=1000))
    ((_, run),) = runs_of(plan)
    training = Training(run, digits())
    for _ in training.work():
        if len(training.epochs) == EPOCHS:
            break
    errors = [epoch.train_error for epoch in training.epochs]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 5

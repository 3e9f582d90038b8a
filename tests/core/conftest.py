"""Tests of core run on one torch thread: tiny networks are faster so, and sums come out in one order."""

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is reported at once."""
    monkeypatch.setattr("resnet_viewer.core.lab.lab_run._TOLD_EVERY", 0.0)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are read some at a time, as on a GPU."""
    monkeypatch.setattr("resnet_viewer.core.lab.training.is_awaited", lambda device: True)

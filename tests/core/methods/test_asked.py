"""What methods work with between and within their steps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.methods.asked import Draws, imported


def test_a_long_import_is_waited_for_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slowly_imported.py").write_text("import time\ntime.sleep(0.2)\nvalue = 3\n")
    (tmp_path / "badly_imported.py").write_text("raise RuntimeError('not today')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(list(imported("slowly_imported"))) > 1
    assert sys.modules["slowly_imported"].value == 3
    assert not list(imported("slowly_imported")), "it is there"
    with pytest.raises(RuntimeError, match="not today"):
        list(imported("badly_imported"))


def test_draws_are_those_of_the_seed_whatever_is_drawn_between() -> None:
    torch.manual_seed(5)
    expected = torch.randn(3), torch.rand(4)
    torch.manual_seed(1)
    draws, before = Draws(5), torch.get_rng_state()
    with draws.turn():
        first = torch.randn(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    with draws.turn():
        second = torch.rand(4)
    assert torch.equal(first, expected[0])
    assert torch.equal(second, expected[1])

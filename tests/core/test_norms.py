"""Norms against float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core.probing import norms

CHUNK = 65_536


def drawn(*shape: int, scale: float = 1.0, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * scale


def in_float64(tensor: Tensor) -> float:
    return float(np.sqrt((tensor.numpy().astype(np.float64) ** 2).sum()))


@pytest.mark.parametrize("count", [0, 1, 3, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_norm_is_that_of_float64(count: int, scale: float) -> None:
    tensor = drawn(count, scale=scale)
    assert norms([tensor]) == pytest.approx([in_float64(tensor)], rel=1e-7)


@pytest.mark.parametrize("count", [1000, CHUNK + 1000])
def test_values_whose_squares_underflow_in_float32_are_not_taken_for_zero(count: int) -> None:
    tiny = torch.full((count,), 1e-30)
    assert not tiny.square().any(), "in float32 this norm is a false zero"
    assert norms([tiny]) == pytest.approx([1e-30 * count**0.5], rel=1e-6)


@pytest.mark.parametrize("count", [1000, CHUNK + 1000])
def test_the_smallest_float32_survives(count: int) -> None:
    smallest = torch.zeros(count)
    smallest[-1] = 2.0**-149
    assert norms([smallest]) == [2.0**-149]


@pytest.mark.parametrize("count", [10, CHUNK + 10])
@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (np.inf, np.inf), (-np.inf, np.inf)])
def test_zeros_and_infinities_are_what_they_are(count: int, value: float, expected: float) -> None:
    tensor = torch.zeros(count)
    tensor[count // 2] = value
    assert norms([tensor]) == [expected]


@pytest.mark.parametrize("count", [10, CHUNK + 10])
def test_not_a_number_is_not_lost(count: int) -> None:
    tensor = torch.zeros(count)
    tensor[-1] = np.nan
    assert np.isnan(norms([tensor])[0])


def test_what_is_missing_counts_as_zero_and_the_order_is_kept() -> None:
    wide, narrow = drawn(CHUNK + 1, seed=1), drawn(7, seed=2)
    found = norms([None, wide, None, narrow, wide[:2], None])
    expected = [0.0, in_float64(wide), 0.0, in_float64(narrow), in_float64(wide[:2]), 0.0]
    assert found == pytest.approx(expected, rel=1e-7)
    assert norms([]) == []
    assert norms([None]) == [0.0]


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (4, 64, 20, 20)])
def test_memory_layout_does_not_change_a_norm(shape: tuple[int, ...]) -> None:
    plain = drawn(*shape)
    layouts = [
        plain,
        plain.contiguous(memory_format=torch.channels_last),
        plain.transpose(1, 3),
        drawn(*shape).expand(2, *shape)[0],
    ]
    assert norms(layouts) == pytest.approx([in_float64(plain)] * 4, rel=1e-7)
    strided = drawn(2 * CHUNK + 6)[::2]
    assert norms([strided]) == pytest.approx([in_float64(strided)], rel=1e-7)


def test_norms_leave_no_graph_and_keep_their_inputs() -> None:
    weight = torch.nn.Parameter(drawn(3, 4))
    copy = weight.detach().clone()
    norms([weight])
    assert torch.equal(weight, copy)
    assert weight.grad is None

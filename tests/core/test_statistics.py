"""Norms, class activation maps and the reasons for a blank one, against float64 and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core.statistics import cam_state, grad_cam, norms

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


def test_grad_cam_by_hand() -> None:
    activation = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[10.0, 0.0], [0.0, 10.0]]]])  # (1, 2, 2, 2)
    gradient = torch.tensor([[[[4.0, 0.0], [0.0, 0.0]], [[-2.0, -2.0], [0.0, 0.0]]]])  # means 1 and -1
    assert grad_cam(activation, gradient).tolist() == [[[-9.0, 2.0], [3.0, -6.0]]]


def test_grad_cam_of_a_batch_is_that_of_each_picture() -> None:
    activation, gradient = drawn(3, 5, 4, 6, seed=1), drawn(3, 5, 4, 6, seed=2)
    together = grad_cam(activation, gradient)
    a, g = activation.double().numpy(), gradient.double().numpy()
    for n in range(3):
        expected = sum(g[n, c].mean() * a[n, c] for c in range(5))
        np.testing.assert_allclose(together[n].numpy(), expected, rtol=1e-4, atol=1e-5)


ONES = torch.ones(2, 2, 2)


@pytest.mark.parametrize(
    ("raw", "activation", "gradient", "state"),
    [
        ([[-1.0, 2.0]], ONES, ONES, "shown"),
        ([[0.0, 0.0]], ONES, None, "zero gradient"),
        ([[0.0, 0.0]], ONES, 0 * ONES, "zero gradient"),
        ([[0.0, 0.0]], 0 * ONES, ONES, "zero activation"),
        ([[-1.0, 0.0]], ONES, ONES, "all negative"),
        ([[-1.0, -2.0]], ONES, ONES, "all negative"),
        ([[0.0, 0.0]], ONES, 1e-30 * ONES, "underflow"),
        ([[np.nan, 1.0]], ONES, ONES, "not finite"),
        ([[np.inf, 1.0]], ONES, ONES, "not finite"),
        ([[-np.inf, -1.0]], ONES, ONES, "not finite"),
        ([[-np.inf, 1.0]], ONES, ONES, "shown"),  # finite after the ReLU
        ([[np.nan, np.nan]], ONES, np.nan * ONES, "not finite"),
    ],
)
def test_a_blank_map_says_why(
    raw: list[list[float]], activation: Tensor, gradient: Tensor | None, state: str
) -> None:
    assert cam_state(np.array(raw, np.float32), activation, gradient) == state

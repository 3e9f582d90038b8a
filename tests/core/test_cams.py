"""Class activation maps and the reasons for a blank one, by hand; captum's word is in test_probing.py."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core.probing import cam_state, grad_cam, grad_cams


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


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
        ([-1.0, 2.0], ONES, ONES, "shown"),
        ([0.0, 0.0], ONES, 0 * ONES, "zero gradient"),
        ([0.0, 0.0], 0 * ONES, ONES, "zero activation"),
        ([-1.0, 0.0], ONES, ONES, "all negative"),
        ([-1.0, -2.0], ONES, ONES, "all negative"),
        ([0.0, 0.0], ONES, 1e-30 * ONES, "underflow"),
        ([np.nan, 1.0], ONES, ONES, "not finite"),
        ([np.inf, 1.0], ONES, ONES, "not finite"),
        ([-np.inf, -1.0], ONES, ONES, "not finite"),
        ([-np.inf, 1.0], ONES, ONES, "shown"),  # finite after the ReLU
        ([np.nan, np.nan], ONES, np.nan * ONES, "not finite"),
    ],
)
def test_a_blank_map_says_why(raw: list[float], activation: Tensor, gradient: Tensor, state: str) -> None:
    lowest, highest = (float(value) for value in torch.tensor(raw).aminmax())
    assert cam_state(lowest, highest, activation, gradient) == state


def test_all_blocks_at_once_are_what_each_is_alone() -> None:
    shapes = (
        [(2, 16, 32, 32)] * 20 + [(2, 32, 8, 8)] * 3 + [(2, 300, 33, 33), (2, 300, 33, 33), (2, 16, 32, 32)]
    )
    activations = [drawn(*shape, seed=index) for index, shape in enumerate(shapes)]
    gradients: list[Tensor | None] = [drawn(*shape, seed=100 + index) for index, shape in enumerate(shapes)]
    gradients[3] = None
    found = list(grad_cams(activations, gradients))
    assert len(found) == len(shapes)
    for activation, gradient, (maps, states) in zip(activations, gradients, found, strict=True):
        if gradient is None:
            assert not maps.any()
            assert states == ("zero gradient",) * 2
            continue
        alone = grad_cam(activation, gradient).clamp(min=0).numpy()
        np.testing.assert_allclose(maps, alone, rtol=1e-5, atol=1e-6)
        assert states == ("shown", "shown")
        assert not maps.flags.writeable

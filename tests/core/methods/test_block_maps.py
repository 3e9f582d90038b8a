"""Maps at a block's output against the formulae written out, with hooks on torchvision's network, weights alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core.methods.explained import explanation
from resnet_viewer.records.method import ExplainRequest, HiResCamOptions
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.study import Options
from resnet_viewer.records.target import BlockTarget
from tests.core.methods.stock import CLASS, blocks_of, difference, engine, question, shown, stock


def held(cut: tuple[int, ...], block: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Activation and gradient of a block of torchvision's network, (C, H, W) in float64, and the score."""
    network = stock(cut)
    kept: list[Tensor] = []
    blocks_of(network)[block - 1].register_forward_hook(lambda _m, _g, output: kept.append(output))
    score = network(shown())[0, CLASS]
    (gradient,) = torch.autograd.grad(score, kept[0])
    return kept[0][0].detach().double().numpy(), gradient[0].double().numpy(), float(score.detach())


def grad_cam(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.maximum(sum(g[c].mean() * a[c] for c in range(len(a))), 0)


def layer_cam(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.maximum(sum(np.maximum(g[c], 0) * a[c] for c in range(len(a))), 0)


def hires_cam(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.asarray(sum(g[c] * a[c] for c in range(len(a))))


def positive_hires_cam(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.maximum(hires_cam(a, g), 0)


def grad_cam_plus_plus(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    found = np.zeros(a.shape[1:])
    for c in range(len(a)):
        weight, cubes = 0.0, float((a[c] * g[c] ** 3).sum())
        for cell in np.ndindex(a.shape[1:]):
            below = 2 * g[c][cell] ** 2 + cubes
            if below:
                weight += g[c][cell] ** 2 / below * max(g[c][cell], 0)
        found += weight * a[c]
    return np.maximum(found, 0)


FORMULAE: list[tuple[str, Options | None, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = [
    ("grad_cam", None, grad_cam),
    ("layer_cam", None, layer_cam),
    ("hires_cam", None, hires_cam),
    ("hires_cam", HiResCamOptions(relu_attributions=True), positive_hires_cam),
    ("grad_cam_plus_plus", None, grad_cam_plus_plus),
]


@pytest.mark.parametrize("cut", [(), (3, 6)], ids=["open", "cut"])
@pytest.mark.parametrize("block", [1, 4, 7])
@pytest.mark.parametrize(
    ("name", "options", "formula"), FORMULAE, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_map_is_its_formula(
    name: str, options: Options | None, formula: Callable[..., np.ndarray], block: int, cut: tuple[int, ...]
) -> None:
    activation, gradient, _ = held(cut, block)
    expected = formula(activation, gradient)
    found = explanation(engine(), ExplainRequest.of(question(cut), name, options, block=block))
    assert difference(found.map, torch.from_numpy(expected)) < 1e-4
    assert found.is_signed or expected.min() >= 0
    assert found.map.min() >= 0 or found.is_signed


def test_grad_cam_is_that_of_the_reading() -> None:
    ours, asked = engine(), question((2,))
    *_, reading = ours.answer(asked)
    assert isinstance(reading, ProbeResult)
    for block in reading.blocks:
        found = explanation(ours, ExplainRequest.about(reading, "grad_cam", block=block.number))
        np.testing.assert_allclose(
            found.map, block.cam[0], rtol=1e-5, atol=1e-7
        )  # sums of many blocks at once


def test_hires_cam_of_the_last_block_adds_up_to_the_score() -> None:
    """Draelos and Carin 2020: the classifier sees the mean of that block's output alone."""
    found = explanation(engine(), ExplainRequest.of(question(), "hires_cam"))
    _, _, score = held((), 8)
    bias = float(stock().fc.bias[CLASS].detach())
    assert float(found.map.sum()) == pytest.approx(score - bias, rel=1e-4)


def test_a_blank_map_says_why() -> None:
    behind = ExplainRequest.of(question(target=BlockTarget(3, 1)), "layer_cam", block=5)
    found = explanation(engine(), behind)
    assert not found.map.any()
    assert "block 5 lies behind the target, in block 3" in found.note
    before = explanation(engine(), ExplainRequest.of(question(target=BlockTarget(3)), "layer_cam", block=2))
    assert before.map.any()
    assert not before.note
    dead = explanation(engine(), ExplainRequest.of(question(target=BlockTarget(3, 1)), "hires_cam", block=2))
    assert dead.note == "The map is blank: all gradients are zero."

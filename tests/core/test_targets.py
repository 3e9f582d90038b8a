"""Gradients of a mean in the middle of a network, with and without a classifier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viewer.core.engine import ProbeEngine, TargetError
from resnet_viewer.core.network import build
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.probe import NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.target import BlockTarget
from tests.core.invented import images, tiny
from tests.fabricated import setup


@pytest.mark.parametrize("channel", [None, 5])
def test_the_gradient_of_a_mean_is_autograds(channel: int | None) -> None:
    network = tiny("cifar-resnet-14")
    pictures = images(2)
    with Probe(network) as probe:
        reading = probe.read(probe.look(pictures), BlockTarget(4, channel))
    x = network.relu(network.bn1(network.conv1(pictures)))
    for block in network.blocks[:4]:
        x = block(x)
    mean = (x if channel is None else x[:, channel]).flatten(1).mean(1).sum()
    weights = {layer.name: network.get_parameter(f"{layer.name}.weight") for layer in reading.layers}
    gradients = torch.autograd.grad(mean, list(weights.values()), allow_unused=True)
    for layer, gradient in zip(reading.layers, gradients, strict=True):
        expected = 0.0 if gradient is None else float(gradient.double().norm())
        assert layer.gradient_norm == pytest.approx(expected, rel=1e-5), layer.name
    assert reading.layers[-1].gradient_norm == 0.0, "the classifier comes after the block"
    assert reading.blocks[3].cam_states[0] in ("shown", "all negative")
    assert reading.blocks[4].cam_states == ("zero gradient",) * 2


def test_grad_cam_of_a_channels_mean_at_its_own_block_is_the_channel() -> None:
    """The channel's weight is 1/(H·W) at every place, that of the others 0."""
    network = tiny("cifar-resnet-8")
    with Probe(network) as probe:
        seen = probe.look(images())
        reading = probe.read(seen, BlockTarget(2, 7))
        map_ = seen.kept[network.blocks[1].spec.name][0, 7].detach().numpy()
    np.testing.assert_allclose(reading.blocks[1].cam[0], map_ / map_.size, rtol=1e-5)


def _request(**changes: object) -> ProbeRequest:
    base = setup()
    question = base.question(base.state)
    assert question is not None
    return replace(question, **changes)  # type: ignore[arg-type]


def _answer(request: ProbeRequest) -> ProbeResult:
    engine = ProbeEngine(device="cpu", weights=lambda _spec: {})
    try:
        *_, found = engine.answer(request)
    finally:
        engine.close()
    return found


@pytest.mark.parametrize("pooling", ["average", "maximum", "none"])
@pytest.mark.parametrize(
    "name", ["cifar-resnet-8", "cifar-resnet-8-preact", "vgg16", "alexnet", "teaching-keras"]
)
def test_a_network_without_a_classifier_asks_about_its_last_block(name: str, pooling: str) -> None:
    described = replace(spec(name, classes=0), top_pooling=pooling)
    if described.family in ("vgg", "alexnet"):
        described = replace(described, widths=(8,) * 5, input_size=64)
    state = _request().state
    side = replace(state.preprocessing, resize=described.input_size, crop=described.input_size)
    request = _request(state=NetworkState(described, side, state.wiring.all_open(described.block_count)))
    found = _answer(replace(request, target=request.state))
    assert found.target == BlockTarget(described.block_count)
    assert found.logits.shape == found.probabilities.shape == (1, 0)
    assert all(layer.gradient_norm > 0 for layer in found.layers)
    assert found.blocks[-1].gradient_norm > 0
    with torch.no_grad():
        features = build(described)(torch.zeros(1, 3, described.input_size, described.input_size))
    assert features.ndim == (4 if pooling == "none" else 2)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (BlockTarget(99), "no block 99.*blocks 1 to"),
        (BlockTarget(1, 16), "Block 1 has no channel 16; give one of 0 to 15"),
        (10, "no class 10; give one of 0 to 9"),
    ],
)
def test_a_target_that_is_not_there_is_refused(target: int | BlockTarget, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        _answer(_request(target=target))


def test_a_mean_has_no_loss() -> None:
    with pytest.raises(TargetError, match="block 1, mean has no loss"):
        _answer(_request(target=BlockTarget(1), gradient_of="loss"))

"""Every network of the catalog, small: laid out as it runs, and probed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights.catalog import names, spec, variants
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from tests.core.invented import forward_order, images, random_state


def reduced(name: str) -> NetworkSpec:
    """The same kind of network with at most two blocks a stage and few channels, for small pictures."""
    whole = spec(name)
    if whole.family in ("vgg", "alexnet"):
        widths = tuple(8 + 2 * index for index in range(len(whole.widths)))
        return replace(
            whole, widths=widths, stages=tuple(min(2, n) for n in whole.stages), classes=7, input_size=64
        )
    widening = whole.widening if whole.groups == 1 else whole.groups // 8 or 1
    return replace(
        whole,
        stages=tuple(min(2, n) for n in whole.stages),
        widths=tuple(8 * 2**index for index in range(len(whole.widths))),
        groups=min(whole.groups, 4),
        widening=min(widening, 4),
        classes=7,
        input_size=min(whole.input_size, 64),
    )


@pytest.mark.parametrize("name", [*names(), *variants()])
def test_every_network_can_be_built_and_probed(name: str) -> None:
    small = reduced(name)
    plan = blueprint(small)
    network = build(small)
    assert list(plan.state_shapes.items()) == [(k, tuple(v.shape)) for k, v in network.state_dict().items()]
    assert plan.parameters == sum(parameter.numel() for parameter in network.parameters())
    pictures = torch.randn(
        1, small.channels, small.input_size, small.input_size, generator=torch.Generator().manual_seed(1)
    )
    with Probe(network) as probe:
        seen = probe.look(pictures)
        reading = probe.read(seen, [3])
    assert seen.logits.shape == (1, 7)
    assert [layer.name for layer in reading.layers] == [layer.name for layer in plan.layers]
    assert all(np.isfinite(layer.gradient_norm) for layer in reading.layers)
    begins_at_zero = small.initialisation == "fixup"  # with its classifier, so no gradient comes through
    assert (reading.layers[0].gradient_norm == 0) is begins_at_zero
    for part, tensor in seen.kept.items():
        assert tuple(tensor.shape[1:]) == plan.shape_of(part), part
    assert set(seen.kept) == set(plan.map_names())


@pytest.mark.parametrize("name", ["vgg19", "vgg16_bn", "alexnet"])
def test_chains_equal_torchvision_bit_for_bit(name: str) -> None:
    from torchvision import models

    with torch.device("meta"):
        theirs = getattr(models, name)(weights=None, num_classes=5).eval()
        network = Network(spec(name, classes=5))
    assert list(network.state_dict()) == list(theirs.state_dict())
    state = random_state(theirs.state_dict())
    for chain in (theirs, network):
        chain.load_state_dict(state, assign=True)
    pictures = images(1, 64)
    with torch.no_grad():
        assert torch.equal(network.eval()(pictures), theirs(pictures))


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("resnet50v2", 25.613),
        ("resnet101v2", 44.675),
        ("resnet152v2", 60.380),
        ("cifar-resnet-164-bottleneck-preact", 1.7),
        ("cifar-resnet-1001-bottleneck-preact", 10.2),
        ("vgg19", 143.667),
        ("alexnet", 61.101),
    ],
)
def test_parameters_are_those_of_the_papers_and_of_keras(name: str, millions: float) -> None:
    """Keras's count of V2 holds the running statistics too, two for each of the normalised channels."""
    plan = blueprint(spec(name))
    statistics = sum(np.prod(shape) for key, shape in plan.state_shapes.items() if ".running_" in key)
    counted = plan.parameters + (statistics if name.endswith("v2") else 0)
    assert counted / 1e6 == pytest.approx(millions, rel=0.02 if "-" in name else 1e-4)


@pytest.mark.parametrize(
    "name", ["resnet50v2", "cifar-resnet-20-preact", "teaching-mnist-concat", "cifar-resnet-20"]
)
def test_the_blueprint_is_in_the_order_of_the_forward_pass(name: str) -> None:
    small = reduced(name)
    ran = forward_order(build(small), torch.zeros(1, small.channels, small.input_size, small.input_size))
    late = [layer.name for layer in blueprint(small).layers if layer.kind == "projection"]
    assert [name for name, *_ in ran if name not in late] == [
        layer.name for layer in blueprint(small).layers if layer.name not in late
    ]

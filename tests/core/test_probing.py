"""One probe against captum, autograd, finite differences; and nothing left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from resnet_viewer.core import probing
from resnet_viewer.core.network import Network
from resnet_viewer.core.probing import Look, Probe, Reading, grad_cam
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import GradientOf
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import images, tiny

STATES = {
    "open": Wiring.all_open(9),
    "some cut, some weakened": Wiring((1, 0, 1, 0.5, 0, 1, 1, 0.25, 1), (1, 1, 0.5, 1, 1, 0, 1, 1, 1)),
}


def probed(
    network: Network, pictures: Tensor, targets: list[int], gradient_of: GradientOf = "score"
) -> tuple[Look, Reading]:
    with Probe(network) as probe:
        seen = probe.look(pictures)
        return seen, probe.read(seen, targets, gradient_of)


def autograd_norms(network: Network, total: Tensor) -> dict[str, float]:
    """Float64 norm of the gradient for each layer's weight, through `.backward()`."""
    network.zero_grad()
    total.backward()
    found = {}
    for layer in blueprint(network.spec).layers:
        grad = network.get_parameter(f"{layer.name}.weight").grad
        found[layer.name] = 0.0 if grad is None else float(np.linalg.norm(grad.double().numpy().ravel()))
    network.zero_grad()
    return found


@pytest.mark.parametrize("state", STATES)
def test_every_blocks_cam_equals_captums(state: str) -> None:
    from captum.attr import LayerGradCam

    network = tiny("cifar-resnet-20", seed=1)
    network.set_wiring(STATES[state])
    pictures = images(1, seed=3)
    _, reading = probed(network, pictures, [4])
    assert [block.number for block in reading.blocks] == list(range(1, 10))
    for block, module in zip(reading.blocks, network.blocks, strict=True):
        captum = LayerGradCam(network, module)
        for relu_attributions in (True, False):
            theirs = captum.attribute(pictures, target=4, relu_attributions=relu_attributions)
            expected = np.maximum(theirs.detach().numpy()[:, 0], 0)
            tolerance = 1e-6 * float(np.abs(theirs.detach().numpy()).max())
            np.testing.assert_allclose(block.cam, expected, rtol=1e-5, atol=tolerance)
    assert any(block.cam.any() for block in reading.blocks)


def test_cam_before_the_relu_equals_captums() -> None:
    from captum.attr import LayerGradCam

    network = tiny()
    pictures = images(2, seed=3)
    with Probe(network) as probe:
        seen = probe.look(pictures)
        output = seen.kept["layer2.0"]
        (gradient,) = torch.autograd.grad(seen.logits[:, 7].sum(), [output])
        ours = grad_cam(output, gradient).detach()
    theirs = LayerGradCam(network, network.blocks[1]).attribute(pictures, target=7)
    assert bool((theirs < 0).any()), "without negative values this says nothing"
    torch.testing.assert_close(ours, theirs.detach()[:, 0], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-plain-20", "resnet18"])
@pytest.mark.parametrize("gradient_of", ["score", "loss"])
def test_gradient_norms_equal_autograds_on_every_weight(name: str, gradient_of: GradientOf) -> None:
    network = tiny(name, seed=2)
    if name == "cifar-resnet-20":
        network.set_wiring(STATES["some cut, some weakened"])
    pictures = images(2, seed=4)
    seen, reading = probed(network, pictures, [1, 3], gradient_of)
    logits = network(pictures)
    assert torch.equal(logits, seen.logits)
    total = (
        logits[0, 1] + logits[1, 3]
        if gradient_of == "score"
        else (cross_entropy(logits[:1], torch.tensor([1])) + cross_entropy(logits[1:], torch.tensor([3]))) / 2
    )
    expected = autograd_norms(network, total)
    assert [layer.name for layer in reading.layers] == list(expected)
    found = {layer.name: layer.gradient_norm for layer in reading.layers}
    assert found == pytest.approx(expected, rel=1e-5)
    dropped = [layer for layer in reading.layers if layer.name.startswith("layer2.2")]
    if name == "cifar-resnet-20":
        assert [layer.gradient_norm for layer in dropped] == [0.0, 0.0], "block 6's branch is dropped"


def test_weight_norms_and_relative_norms() -> None:
    network = tiny()
    with torch.no_grad():
        network.fc.weight.zero_()
    _, reading = probed(network, images(), [0])
    for layer in reading.layers[:-1]:
        own = float(np.linalg.norm(network.get_parameter(f"{layer.name}.weight").detach().double().numpy()))
        assert layer.weight_norm == pytest.approx(own, rel=1e-7)
        assert layer.relative_norm == pytest.approx(layer.gradient_norm / own)
    assert reading.layers[-1].weight_norm == 0.0
    assert np.isnan(reading.layers[-1].relative_norm)


@pytest.mark.parametrize("gradient_of", ["score", "loss"])
def test_first_layers_gradient_equals_finite_differences(gradient_of: GradientOf) -> None:
    network = tiny(seed=5).double()
    pictures = images(1, 12, seed=6).double()
    _, reading = probed(network, pictures, [2], gradient_of)
    weight = network.conv1.weight
    step = 1e-6
    slopes = []

    def value() -> float:
        logits = network(pictures)
        if gradient_of == "score":
            return logits[0, 2].item()
        return cross_entropy(logits, torch.tensor([2])).item()

    with torch.no_grad():
        flat = weight.view(-1)
        for index in range(len(flat)):
            middle = flat[index].item()
            flat[index] = middle + step
            above = value()
            flat[index] = middle - step
            below = value()
            flat[index] = middle
            slopes.append((above - below) / (2 * step))
    assert reading.layers[0].gradient_norm == pytest.approx(float(np.linalg.norm(slopes)), rel=1e-5)


@pytest.mark.parametrize("gradient_of", ["score", "loss"])
def test_gradient_norm_at_every_blocks_output(gradient_of: GradientOf) -> None:
    network = tiny("cifar-resnet-14", seed=7)
    pictures = images(2, seed=8)
    _, reading = probed(network, pictures, [5, 6], gradient_of)
    outputs: list[Tensor] = []
    hooks = [b.register_forward_hook(lambda _m, _i, output: outputs.append(output)) for b in network.blocks]
    logits = network(pictures)
    for hook in hooks:
        hook.remove()
    score = logits[0, 5] + logits[1, 6]
    total = score if gradient_of == "score" else cross_entropy(logits, torch.tensor([5, 6]))
    gradients = torch.autograd.grad(total, outputs)
    expected = [float(np.linalg.norm(gradient.double().numpy().ravel())) for gradient in gradients]
    assert [block.gradient_norm for block in reading.blocks] == pytest.approx(expected, rel=1e-5)


def test_cam_stays_with_the_score_where_the_norms_are_the_losss() -> None:
    network = tiny("cifar-resnet-14", seed=9)
    _, of_score = probed(network, images(), [3], "score")
    _, of_loss = probed(network, images(), [3], "loss")
    for one, other in zip(of_score.blocks, of_loss.blocks, strict=True):
        np.testing.assert_allclose(one.cam, other.cam, rtol=1e-6, atol=1e-9)
        assert one.gradient_norm != pytest.approx(other.gradient_norm)


def test_a_batch_is_summed_for_the_score_and_gives_each_picture_its_own_cam() -> None:
    network = tiny(seed=10)
    pictures = images(3, seed=11)
    _, together = probed(network, pictures, [1, 1, 8])
    singles = [
        probed(network, picture[None], [target])[1]
        for picture, target in zip(pictures, [1, 1, 8], strict=True)
    ]
    for index, block in enumerate(together.blocks):
        assert block.cam.shape[0] == len(block.cam_states) == 3
        for n, single in enumerate(singles):
            np.testing.assert_allclose(block.cam[n], single.blocks[index].cam[0], rtol=1e-4, atol=1e-6)
            assert block.cam_states[n] == single.blocks[index].cam_states[0]


@pytest.mark.parametrize(
    ("targets", "count"), [([10], 1), ([-1], 1), ([0, 1], 1), ([0], 2), ([], 1), ([0, 10], 2)]
)
def test_targets_that_are_no_classes_are_refused(targets: list[int], count: int) -> None:
    with Probe(tiny()) as probe:
        seen = probe.look(images(count))
        with pytest.raises(ValueError, match=f"{count} targets between 0 and 9 are needed, one a picture"):
            probe.read(seen, targets)


def test_everything_on_the_map_is_kept_and_is_what_the_modules_gave() -> None:
    network = tiny("cifar-resnet-14")
    plan = blueprint(network.spec)
    expected: dict[str, Tensor] = {}
    names = {name: plan.stem_end if name == "stem" else name for name in plan.map_names()}
    for name, module in names.items():
        network.get_submodule(module).register_forward_hook(
            lambda _m, _i, output, name=name: expected.update({name: output.clone()})
        )
    with Probe(network) as probe:
        found = probe.look(images(2)).activations()
    assert list(found) == list(plan.map_names())
    for name, array in found.items():
        assert array.shape == (2, *plan.shape_of(name)), name
        assert np.array_equal(array, expected[name].detach().numpy()), name
        assert not array.flags.writeable, name
    conv = found["layer1.0.conv1"]
    assert conv.min() < 0, "a convolution's maps are those before the ReLU"


def test_a_layer_behind_a_closed_gate_is_not_kept() -> None:
    network = tiny("resnet18")
    network.set_wiring(Wiring.all_open(8).with_shortcuts([3], 0.0).with_branches([4], 0.0))
    seen, reading = probed(network, images(1, 64), [0])
    missing = set(blueprint(network.spec).map_names()) - set(seen.activations())
    assert missing == {"layer2.0.downsample.0", "layer2.1.conv1", "layer2.1.conv2"}
    silent = {layer.name for layer in reading.layers if layer.gradient_norm == 0.0}
    assert silent == missing


@pytest.mark.parametrize(
    ("name", "block"), [("cifar-resnet-14", 1), ("cifar-resnet-14", 4), ("cifar-resnet-14", 6)]
)
def test_a_block_with_both_gates_closed_stops_every_gradient_before_it(name: str, block: int) -> None:
    network = tiny(name)
    network.set_wiring(Wiring.all_open(6).with_shortcuts([block], 0.0).with_branches([block], 0.0))
    seen, reading = probed(network, images(), [0])
    assert not seen.activations()[reading.blocks[block - 1].name].any()
    for earlier in reading.blocks[: block - 1]:
        assert earlier.gradient_norm == 0.0
        assert earlier.cam_states == ("zero gradient",)
        assert not earlier.cam.any()
    assert reading.blocks[block - 1].cam_states == ("zero activation",)
    assert reading.layers[0].gradient_norm == 0.0
    assert reading.blocks[block - 1].gradient_norm > 0.0


def test_a_plain_network_whose_branch_is_dropped_is_read_too() -> None:
    network = tiny("cifar-plain-8")
    network.set_wiring(Wiring.all_open(3).with_branches([2], 0.0))
    _, reading = probed(network, images(), [0], "loss")
    assert reading.layers[0].gradient_norm == 0.0
    assert reading.layers[-1].gradient_norm > 0.0, "block 3 still has its own shift"
    assert reading.blocks[0].cam_states == ("zero gradient",)


def traces(network: Network) -> dict[str, Any]:
    """Everything that a probe could leave behind."""
    return {
        "hooks": {
            name: [len(vars(module)[kind]) for kind in sorted(vars(module)) if kind.endswith("_hooks")]
            for name, module in network.named_modules()
        },
        "own forwards": {name: vars(module).get("forward") for name, module in network.named_modules()},
        "training": {name: module.training for name, module in network.named_modules()},
        "requires_grad": {name: p.requires_grad for name, p in network.named_parameters()},
        "grads": {
            name: None if p.grad is None else p.grad.tolist() for name, p in network.named_parameters()
        },
        "state": {name: value.tolist() for name, value in network.state_dict().items()},
        "wiring": network.wiring,
        "random": torch.get_rng_state().tolist(),
        "grad mode": torch.is_grad_enabled(),
    }


def used_before() -> Network:
    """In the middle of something else: mixed modes, a frozen weight, gradients, its owner's hook and forward."""
    network = tiny(seed=12)
    network.set_wiring(Wiring((1.0, 0.0, 0.5), (1.0, 1.0, 0.5)))
    network.train()
    network.blocks[1].eval()
    network.blocks[2].bn1.eval()
    network.conv1.weight.requires_grad_(False)
    network.fc.bias.requires_grad_(False)
    network.fc.weight.grad = torch.full_like(network.fc.weight, 0.5)
    network.blocks[0].register_forward_hook(lambda _m, _i, _o: None)
    wrapped = network.blocks[1].forward
    network.blocks[1].forward = lambda x: wrapped(x)  # type: ignore[method-assign]
    return network


@pytest.mark.parametrize("gradient_of", ["score", "loss"])
def test_a_probe_leaves_no_trace(gradient_of: GradientOf) -> None:
    network = used_before()
    before = traces(network)
    probed(network, images(2), [0, 1], gradient_of)
    with torch.no_grad():
        probed(network, images(2), [0, 1], gradient_of)
    assert traces(network) == before


class StoppedError(Exception):
    """Raised on purpose."""


def stop(*_: object, **__: object) -> None:
    raise StoppedError


@pytest.mark.parametrize("place", ["body", "look", "opening", "recording"])
def test_an_exception_leaves_no_trace_either(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = used_before()
    if place == "look":
        network.blocks[2].conv2.register_forward_pre_hook(stop)
    if place == "opening":
        monkeypatch.setattr(probing, "norms", stop)
    if place == "recording":
        places = iter(range(5))
        record = Probe._record
        monkeypatch.setattr(
            Probe, "_record", lambda *it: record(*it) if next(places, None) is not None else stop()
        )
    before = traces(network)

    def go() -> None:
        with Probe(network) as probe:
            probe.look(images())
            if place == "body":
                raise StoppedError

    with pytest.raises(StoppedError):
        go()
    assert traces(network) == before


def test_a_closed_probe_can_be_opened_again() -> None:
    network = used_before()
    before = traces(network)
    probe = Probe(network)
    readings = []
    for _ in range(2):
        with probe:
            assert not network.training
            readings.append(probe.read(probe.look(images()), [0]))
        assert traces(network) == before
    first, second = readings
    assert [layer.gradient_norm for layer in first.layers] == [layer.gradient_norm for layer in second.layers]
    probe.close()
    assert traces(network) == before, "closing twice changes nothing"


def test_a_failed_look_keeps_nothing_for_the_next_one() -> None:
    network = tiny()
    with Probe(network) as probe:
        with pytest.raises(RuntimeError):
            probe.look(torch.zeros(1, 5, 32, 32))
        seen = probe.look(images())
        assert len(probe.read(seen, [0]).layers) == 8


def test_a_network_run_by_itself_while_a_probe_is_open_keeps_no_activations_alive() -> None:
    import gc
    import weakref

    network = tiny()
    outputs: list[weakref.ref[Tensor]] = []
    network.blocks[0].register_forward_hook(lambda _m, _i, output: outputs.append(weakref.ref(output)))
    with Probe(network) as probe, torch.no_grad():
        network(images())
        seen = probe.look(images(seed=1))
        before = seen.activations()["layer1.0"]
        network(images(seed=2))
        gc.collect()
        assert outputs[0]() is None
        assert outputs[2]() is None
        assert np.array_equal(seen.activations()["layer1.0"], before), "a look keeps what it saw"


def test_readings_of_one_look_are_unchanged_by_the_next() -> None:
    network = tiny()
    with Probe(network) as probe:
        seen = probe.look(images(seed=1))
        reading = probe.read(seen, [0])
        arrays = {**seen.activations(), **{f"cam {block.number}": block.cam for block in reading.blocks}}
        copies = {name: array.copy() for name, array in arrays.items()}
        for seed in range(2, 5):
            probe.read(probe.look(images(seed=seed)), [1])
    assert all(np.array_equal(array, copies[name]) for name, array in arrays.items())
    assert all(not block.cam.flags.writeable for block in reading.blocks)


def test_values_that_are_not_finite_are_shown_as_what_they_are() -> None:
    network = tiny()
    with torch.no_grad():
        network.get_parameter("layer2.0.conv1.weight")[0, 0, 0, 0] = float("nan")
    _, reading = probed(network, images(), [0])
    norms = {layer.name: layer.gradient_norm for layer in reading.layers}
    assert np.isnan(norms["layer3.0.conv1"])
    assert {block.cam_states for block in reading.blocks[1:]} == {("not finite",)}

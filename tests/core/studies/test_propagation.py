"""Signal propagation against plain hooks on the live network, and a backward pass through all of it at once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.network import Network, build
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.propagation import noise_of, plan
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.propagation import QUANTITIES, PropagationOptions
from resnet_viewer.records.study import Row
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import end_of

OPTIONS = PropagationOptions(normalisation="as it is", draws=1, pictures=3, seed=5)


def bench_of(network: NetworkSpec) -> Bench:
    side = 16 if network.family == "cifar" else 64
    preprocessing = replace(usual_preprocessing(network), crop=side, resize=side)
    count = len(blueprint(network).blocks)
    state = NetworkState(network, preprocessing, Wiring.all_open(count))
    return Bench(build(network), state, device="cpu")


def measured(bench: Bench, options: PropagationOptions = OPTIONS) -> list[Row]:
    return [end_of(point.measure()) for point in plan(bench, options).points]


def numbers(row: Row, quantity: str) -> tuple[float, ...]:
    found = row[quantity]
    assert isinstance(found, tuple)
    return found


def moments(maps: Tensor) -> tuple[float, float]:
    """One channel after the other."""
    channels = [maps[:, channel].detach().numpy().astype(np.float64) for channel in range(maps.shape[1])]
    return float(np.mean([each.var() for each in channels])), float(
        np.mean([each.mean() ** 2 for each in channels])
    )


def hooked(network: Network, branch: str, bench: Bench) -> dict[str, list[float]]:
    """By PyTorch's hooks: `branch` is the last module of a branch, the shortcut is `downsample` or the input."""
    kept: dict[str, Tensor] = {}
    seen: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    names = [block.name for block in bench.plan.blocks]

    def keep(name: str) -> None:
        module = network.get_submodule(name)

        def hook(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
            kept[name], kept[f"{name} input"] = output, given[0]
            output.retain_grad()

        module.register_forward_hook(hook)

    for name in names:
        keep(name)
        keep(f"{name}.{branch}")
        if getattr(network.get_submodule(name), "downsample", None) is not None:
            keep(f"{name}.downsample")
    chance = noise_of(5)
    side = bench.state.preprocessing.crop
    x = torch.randn(3, 3, side, side, generator=chance)
    network.train()(x)
    last = kept[names[-1]]
    noise = torch.randn(last.shape, generator=chance)
    last.backward(noise / noise.flatten(1).norm(dim=1)[:, None, None, None])
    for name, block in zip(names, bench.plan.blocks, strict=True):
        shortcut = kept.get(f"{name}.downsample", kept[f"{name} input"])
        gradient = kept[name].grad
        assert gradient is not None
        for whose, maps in (
            ("shortcut", shortcut),
            ("branch", kept[f"{name}.{branch}"]),
            ("output", kept[name]),
        ):
            variance, mean = moments(maps)
            seen[f"{whose}_variance"].append(variance)
            seen[f"{whose}_mean"].append(mean)
        is_alike = shortcut.shape == kept[name].shape
        seen["change_variance"].append(moments(kept[name] - shortcut)[0] if is_alike else -1.0)
        seen["gradient"].append(float(gradient.norm()) / math.sqrt(3))
        own = [network.get_parameter(f"{layer.name}.weight").grad for layer in block.branch_layers]
        seen["weight_gradient"].append(
            math.sqrt(sum(float((each**2).sum()) for each in own if each is not None)) / 3
        )
    return seen


@pytest.mark.parametrize(
    ("name", "branch"),
    [
        ("cifar-resnet-14-c", "bn2"),
        ("cifar-resnet-14-b-preact", "conv2"),
        ("cifar-resnet-14-b-bnafter", "conv2"),
        ("cifar-resnet-14-b-relubefore", "relu2"),
        ("cifar-resnet-14-b-relupre", "bn2"),
        ("cifar-resnet-14-c-nobn", "conv2"),
        ("cifar-resnet-14-c-nobn-xavier", "conv2"),
        ("cifar-resnet-14-c-skipinit", "scale"),
        ("cifar-resnet-14-c-fixup", "bias2b"),
        ("cifar-resnet-20-b-bottleneck", "bn3"),
        ("resnet18", "bn2"),
        ("resnet26d", "bn3"),
    ],
)
def test_it_is_what_hooks_find(name: str, branch: str) -> None:
    bench = bench_of(spec(name))
    (row,) = measured(bench)
    expected = hooked(build(replace(spec(name), seed=5)), branch, bench)
    for quantity in QUANTITIES:
        if quantity == "branch_mean" and branch.startswith("bn"):
            assert row[quantity] == (0.0,) * len(bench.plan.blocks), (
                "what normalisation centres is not rounding"
            )
            continue
        assert row[quantity] == pytest.approx(expected[quantity], rel=2e-4, abs=1e-9), quantity


@pytest.mark.parametrize(
    "name", ["cifar-plain-14", "cifar-plain-14-nobn", "vgg16", "alexnet", "teaching-keras"]
)
def test_networks_without_shortcuts_have_outputs_alone(name: str) -> None:
    described = replace(spec(name), classes=0)  # whose layers are most of some of them
    bench = bench_of(described)
    (row,) = measured(bench)
    network = build(replace(described, seed=5)).train()
    outputs = []
    for block in bench.plan.blocks:
        network.get_submodule(block.name).register_forward_hook(
            lambda m, given, output: outputs.append(output)
        )
    side = bench.state.preprocessing.crop
    with torch.no_grad():
        network(torch.randn(3, 3, side, side, generator=noise_of(5)))
    assert row["output_variance"] == pytest.approx([moments(output)[0] for output in outputs], rel=1e-4)
    assert (min(numbers(row, "shortcut_variance")) < 0) is not described.has_shortcuts
    assert min(numbers(row, "gradient")) > 0


@pytest.mark.parametrize("ending", ["-scaled", "-highway", "-gated", "-dropout", "-concat"])
def test_shortcut_and_branch_come_together_to_the_output_in_every_merge(ending: str) -> None:
    """Seen from the merge: what is measured of its two sides is what it puts together."""
    bench = bench_of(spec(f"cifar-resnet-8{ending}"))
    row, again = (measured(bench)[0] for _ in range(2))
    assert row == again, "dropout drops the same"
    network = build(replace(spec(f"cifar-resnet-8{ending}"), seed=5)).train()
    block = network.blocks[0]
    seen: list[Tensor] = []
    network.get_submodule("layer1.0").register_forward_hook(
        lambda m, given, output: seen.extend([*given, output])
    )
    with torch.no_grad(), torch.random.fork_rng():
        network(torch.randn(3, 3, 16, 16, generator=noise_of(5)))
        x, output = seen
        if ending == "-concat":
            assert numbers(row, "shortcut_variance")[0] == pytest.approx(moments(output[:, :16])[0], rel=1e-4)
            assert numbers(row, "output_variance")[0] == pytest.approx(moments(output)[0], rel=1e-4)
            return
        branch = nn.Sequential(block.conv1, block.bn1, block.relu1, block.conv2, block.bn2)(x)  # type: ignore[arg-type]
        gate = torch.sigmoid(block.gate(x)) if ending in ("-highway", "-gated") else torch.zeros(1)  # type: ignore[operator]
        expected = {
            "-scaled": (0.5 * x, 0.5 * branch),
            "-highway": ((1 - gate) * x, gate * branch),
            "-gated": ((1 - gate) * x, branch),
        }
        if ending == "-dropout":
            variance = moments(x)
            double = 2 * (variance[0] + variance[1]) - variance[1]
            assert numbers(row, "shortcut_variance")[0] == pytest.approx(double, rel=0.05), (
                "half of it doubled"
            )
            return
        if ending in expected:
            for whose, maps in zip(("shortcut", "branch"), expected[ending], strict=True):
                assert row[f"{whose}_variance"][0] == pytest.approx(moments(maps)[0], rel=1e-4)


def test_what_single_precision_does_not_hold_is_measured_in_double_precision() -> None:
    deep = replace(spec("cifar-resnet-20-nobn-normal=400"), input_size=16)
    (row,) = measured(bench_of(deep))
    assert row["is_double"] is True
    variances = numbers(row, "shortcut_variance")
    assert variances[-1] > 1e60
    network = build(replace(deep, seed=5)).to(torch.float64)
    seen: list[Tensor] = []
    network.get_submodule("layer3.2").register_forward_pre_hook(lambda module, given: seen.extend(given))
    noise = torch.randn(3, 3, 16, 16, generator=noise_of(5))
    with torch.no_grad():
        network(noise.double())
    assert variances[-1] == pytest.approx(float(seen[0].var((0, 2, 3), correction=0).mean()), rel=1e-5)
    (usual,) = measured(bench_of(spec("cifar-resnet-8-nobn")))
    assert usual["is_double"] is False


def test_noise_does_not_repeat_the_numbers_that_weights_are_made_of() -> None:
    weights = build(replace(spec("cifar-resnet-8"), seed=5)).get_parameter("conv1.weight").detach().flatten()
    noise = torch.randn(3, 3, 16, 16, generator=noise_of(5)).flatten()[: len(weights)]
    assert abs(float(torch.corrcoef(torch.stack([weights, noise]))[0, 1])) < 0.2


def test_gates_of_the_session_count_and_what_is_closed_has_no_number() -> None:
    bench = bench_of(spec("cifar-resnet-8"))
    wiring = bench.state.wiring.with_shortcuts([1], 0.5).with_branches([2], 0.0).with_shortcuts([3], 0.0)
    gated = Bench(bench.network, replace(bench.state, wiring=wiring), device="cpu")
    (row,), (opened,) = measured(gated), measured(bench)
    shortcuts, branches = numbers(row, "shortcut_variance"), numbers(row, "branch_variance")
    assert shortcuts[0] == pytest.approx(numbers(opened, "shortcut_variance")[0] / 4, rel=1e-5)
    assert (branches[1], shortcuts[2]) == (-1, -1)
    assert numbers(row, "weight_gradient")[1] == 0


def test_nothing_of_the_session_is_touched_and_draws_differ() -> None:
    bench = bench_of(spec("cifar-resnet-8-dropout"))
    before = {name: tensor.clone() for name, tensor in bench.network.state_dict().items()}
    state = torch.random.get_rng_state()
    options = replace(OPTIONS, draws=2, gradient_of="loss", normalisation="both", depths="8,14")
    rows = measured(bench, options)
    assert [row["network"] for row in rows[::2]] == [
        "ResNet-8 (shortcut dropout) with BN", "ResNet-8 (shortcut dropout, no BN)",
        "ResNet-14 (shortcut dropout) with BN", "ResNet-14 (shortcut dropout, no BN)",
    ]  # fmt: skip
    assert [row["seed"] for row in rows] == [5, 6] * 4
    assert rows[0]["shortcut_variance"] != rows[1]["shortcut_variance"]
    assert torch.equal(state, torch.random.get_rng_state())
    assert not bench.network.training
    for name, tensor in bench.network.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert bench.passes == pytest.approx(sum(point.passes for point in plan(bench, options).points))


def test_it_can_be_stopped_after_every_block() -> None:
    bench = bench_of(spec("cifar-resnet-8"))
    state = torch.random.get_rng_state()
    (point,) = plan(bench, OPTIONS).points
    steps = len(list(point.measure()))
    assert steps == 1 + 5 + 4, "the drawing; stem, blocks and head; blocks and stem on the way back"
    for stopped in range(steps):
        work = point.measure()
        for _ in range(stopped + 1):
            next(work)
        work.close()
        assert torch.equal(state, torch.random.get_rng_state())

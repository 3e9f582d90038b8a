"""Maps beside random ones against plain loops: curves pixel by pixel, weights drawn anew by hand, and what is left."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from resnet_viewer.core.methods.measures import spearman
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.trust import (
    blurred,
    draw_anew,
    enlarged,
    is_blank,
    places_in_order,
    plan,
    random_map,
    random_maps,
)
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.receptive_field import samplings
from resnet_viewer.records.studies.trust import TrustOptions, portions
from resnet_viewer.records.study import Row
from tests.core.data.test_test_sets import end_of
from tests.core.studies.test_bench import bench_of

OPTIONS = TrustOptions(pictures=2, random_maps=2, steps=8, squares=6, neighbours=2, seed=3)


def measured(bench: Bench, options: TrustOptions = OPTIONS) -> dict[str, Row]:
    return {point.name: end_of(point.measure()) for point in plan(bench, options).points}


def chosen(bench: Bench, number: int, seed: int = 3) -> Tensor:
    place = random.Random(f"{seed} pictures").sample(range(len(bench)), 2)[number - 1]
    return bench.inputs(place, place + 1)


def cam_by_hand(network: Network, image: Tensor, target: int, block: nn.Module) -> np.ndarray:
    """Grad-CAM of a block, by hooks."""
    kept: list[Tensor] = []
    handle = block.register_forward_hook(lambda _module, _given, output: kept.append(output))
    score = network(image)[0, target]
    handle.remove()
    (gradient,) = torch.autograd.grad(score, kept[0])
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * kept[0]).sum(1)[0].clamp(min=0).detach().double().numpy()


def test_curves_are_those_of_a_plain_loop_that_changes_one_pixel_after_the_other() -> None:
    bench, network = bench_of("cifar-resnet-8")
    row = measured(bench)["picture 1, curves"]
    image = chosen(bench, 1)
    target = int(network(image)[0].argmax())
    assert row["class"] == target
    cam = cam_by_hand(network, image, target, network.layer3[0])
    side = image.shape[-1]
    where = samplings(bench.state.network, side, bench.state.wiring)["layer3.0"]
    large = [[_interpolated(cam, where, y, x) for x in range(side)] for y in range(side)]
    order = sorted(((y, x) for y in range(side) for x in range(side)), key=lambda at: -large[at[0]][at[1]])
    preprocessing = bench.state.preprocessing
    mean, std = (torch.tensor(each)[:, None, None] for each in (preprocessing.mean, preprocessing.std))
    blur, dark = blurred(image)[0], -mean / std
    for curve, start, end in (
        ("insertion", blur, image[0]),
        ("deletion", image[0], dark.expand_as(image[0])),
        ("fading", image[0], blur),
    ):
        changed, probabilities = start.clone(), []
        for count in range(side * side + 1):
            if count % (side * side // 8) == 0:
                with torch.no_grad():
                    probabilities.append(float(network(changed[None]).softmax(1)[0, target]))
            if count < side * side:
                y, x = order[count]
                changed[:, y, x] = end[:, y, x]
        assert row[curve] == pytest.approx(probabilities, abs=2e-3), curve
        area = sum((one + other) / 2 for one, other in pairwise(probabilities)) / 8
        assert row[f"{curve}_area"] == pytest.approx(area, abs=1e-3)
        random_areas = row[f"{curve}_areas_random"]
        assert isinstance(random_areas, tuple)
        assert len(random_areas) == 2
        assert row[f"{curve}_area_random"] == pytest.approx(np.mean(random_areas), abs=1e-4)


def _interpolated(values: np.ndarray, where: Sampling, y: int, x: int) -> float:
    """Bilinear between the cells whose pixels lie around, the outermost beyond."""
    found = 0.0
    at = [min(max((place - where.offset) / where.stride, 0), values.shape[0] - 1) for place in (y, x)]
    (top, left) = (int(place) for place in at)
    for row, share_down in ((top, 1 - (at[0] - top)), (top + 1, at[0] - top)):
        for column, share_across in ((left, 1 - (at[1] - left)), (left + 1, at[1] - left)):
            if share_down * share_across > 0:
                found += share_down * share_across * values[row, column]
    return found


@pytest.mark.parametrize("side", [28, 32, 64])
def test_the_blurred_picture_is_torchvisions(side: int) -> None:
    image = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    length = 2 * round(3 * side / 8) + 1
    wanted = gaussian_blur(image, [length, length], [side / 8, side / 8])
    assert torch.allclose(blurred(image), wanted, atol=1e-5)


def test_maps_of_weights_drawn_anew_are_those_of_a_loop_by_hand() -> None:
    bench, network = bench_of("cifar-resnet-8")
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    options = replace(OPTIONS, pictures=1)
    row = measured(bench, options)["picture 1, weights drawn anew"]
    (place,) = random.Random("3 pictures").sample(range(len(bench)), 1)
    image = bench.inputs(place, place + 1)
    target = int(network(image)[0].argmax())
    original = cam_by_hand(network, image, target, network.layer3[0])
    chance = random.Random("3 picture 1, weights drawn anew")
    chance.getrandbits(63)  # of the random maps
    other = build(bench.state.network, state)
    names = [["fc"], ["layer3.0"], ["layer2.0"], ["layer1.0"], ["conv1", "bn1"]]
    ranks, blank = [], []
    for step, paths in enumerate(names):
        for path in paths:
            fresh = build(replace(bench.state.network, seed=0))  # of the same shapes
            fresh_module = fresh.get_submodule(path)
            draw_anew(fresh_module, path, bench.state.network, chance)
            other.get_submodule(path).load_state_dict(fresh_module.state_dict())
        cam = cam_by_hand(other, image, target, other.layer3[0])
        blank += [step] if is_blank(cam) else []
        ranks.append(0.0 if is_blank(cam) else spearman(original, cam))
    assert row["rank"] == pytest.approx(ranks, abs=2e-3)
    assert row["blank_steps"] == tuple(blank)
    assert row["magnitude"] == row["rank"], "no value is negative"
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, state[name]), f"{name} of the session's network was changed"


def test_what_is_drawn_anew_follows_the_networks_own_initialisation() -> None:
    network = build(spec("cifar-resnet-8-fixup"))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(3.0)
    for portion in portions(blueprint(network.spec), "block"):
        for name in portion.modules:
            draw_anew(network.get_submodule(name), name, network.spec, random.Random(name))
    fresh = build(network.spec)
    for name, parameter in network.named_parameters():
        wanted = fresh.get_parameter(name).detach()
        assert float(parameter.detach().abs().mean()) == pytest.approx(float(wanted.abs().mean()), rel=0.1), (
            name
        )


def test_what_is_drawn_anew_is_as_an_untrained_network_has_it() -> None:
    for name in ("cifar-resnet-8", "cifar-resnet-8-highway"):
        network = build(spec(name))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.add_(3)  # type: ignore[union-attr]
        before = network.layer1[0].conv1.weight.detach().clone()  # type: ignore[union-attr]
        draw_anew(network.layer1[0], "layer1.0", network.spec, random.Random(1))
        block = network.layer1[0]
        assert float(block.bn1.running_mean.abs().max()) == 0  # type: ignore[union-attr]
        weight = block.conv1.weight.detach()  # type: ignore[union-attr]
        assert not torch.equal(weight, before)
        assert float(weight.std()) == pytest.approx(float(before.std()), rel=0.1)
        if "highway" in name:
            assert block.gate.bias.tolist()[0] == network.spec.gate_bias  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name",
    [
        "cifar-resnet-8",
        "cifar-resnet-20-preact",
        "resnet50",
        "vgg16_bn",
        "alexnet",
        "cifar-resnet-8-fixup",
        "cifar-resnet-8-skipinit",
    ],
)
@pytest.mark.parametrize("anew", ["block", "stage"])
def test_every_weight_is_drawn_anew_in_one_portion(name: str, anew: str) -> None:
    described = spec(name)
    with torch.device("meta"):
        network = Network(described)
    homes: dict[str, list[str]] = {}
    for portion in portions(blueprint(described), anew):
        for module in portion.modules:
            for path, _ in network.get_submodule(module).named_parameters(prefix=module):
                homes.setdefault(path, []).append(portion.name)
    assert homes.keys() == dict(network.named_parameters()).keys()
    assert all(len(found) == 1 for found in homes.values())
    assert next(iter(portions(blueprint(described), anew))).name == "classifier"


def test_a_random_map_has_the_values_and_the_smoothness_of_the_map_and_nothing_of_its_places() -> None:
    y, x = np.mgrid[:16, :16]
    values = np.exp(-((y - 4) ** 2 + (x - 10) ** 2) / 20)
    alike, near = [], []
    for seed in range(40):
        drawn = random_map(values, np.random.default_rng(seed))
        assert np.sort(drawn.ravel()).tolist() == np.sort(values.ravel()).tolist()
        alike.append(spearman(values, drawn))
        near.append(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1])
    assert abs(float(np.mean(alike))) < 0.15
    assert float(np.mean(near)) > 0.8, "neighbours are as alike as in the map, where it is 0.96"
    rough = random_map(np.random.default_rng(0).normal(size=(16, 16)), np.random.default_rng(1))
    assert abs(np.corrcoef(rough[:, :-1].ravel(), rough[:, 1:].ravel())[0, 1]) < 0.3


def test_many_random_maps_are_many_steps_and_one_draw_after_the_other() -> None:
    values = np.random.default_rng(0).normal(size=(6, 6))
    work, chance = random_maps(values, 3, np.random.default_rng(1)), np.random.default_rng(1)
    assert [next(work) for _ in range(3)] == [None] * 3
    with pytest.raises(StopIteration) as end:
        next(work)
    for found in end.value.value:
        assert found.tolist() == random_map(values, chance).tolist()


def test_equal_pixels_come_in_an_order_of_their_own() -> None:
    importance = np.zeros((8, 8))
    importance[5, 5] = 1
    turns = places_in_order(importance, np.random.default_rng(0))
    assert turns[5, 5] == 0
    assert sorted(turns.ravel()) == list(range(64))
    assert abs(spearman(turns.astype(float), np.arange(64.0).reshape(8, 8))) < 0.4


def test_a_map_is_enlarged_between_the_pixels_that_its_cells_look_at() -> None:
    found = enlarged(np.array([[0.0, 1.0], [2.0, 3.0]]), Sampling(4, 1.5), 8)
    assert found[0, 0] == 0
    assert found[7, 7] == 3
    assert found[1, 1:6].tolist() == pytest.approx([0, 0.125, 0.375, 0.625, 0.875])


@pytest.mark.parametrize(
    "method", ["saliency", "integrated_gradients", "occlusion", "lrp", "guided_grad_cam"]
)
def test_every_method_is_held_against_random_maps_and_leaves_no_trace(method: str) -> None:
    bench, network = bench_of("cifar-resnet-8")
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    options = replace(OPTIONS, pictures=1, method=method, steps=2)  # type: ignore[arg-type]
    rows = measured(bench, options)
    assert [row["is_blank"] for row in rows.values()] == [False] * 3
    assert rows == measured(bench, options), "chance depends on the seed and the point alone"
    other = measured(bench, replace(options, seed=4))
    assert other["picture 1, curves"]["insertion"] != rows["picture 1, curves"]["insertion"]
    changes = rows["picture 1, changes"]
    assert 0 <= changes["untold"] <= 1 + 1e-6  # type: ignore[operator]
    assert changes["infidelity"] == pytest.approx(changes["untold"] * changes["infidelity_of_nothing"])  # type: ignore[operator]
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_what_a_point_comes_to_is_what_was_planned() -> None:
    bench, _ = bench_of("cifar-resnet-8")
    for point in plan(bench, OPTIONS).points:
        before = bench.passes
        end_of(point.measure())
        assert bench.passes - before == pytest.approx(point.passes)


def test_it_can_be_stopped_anywhere_and_nothing_is_half_done() -> None:
    bench, network = bench_of("cifar-resnet-8")
    wiring = bench.state.wiring.with_shortcuts([2], 0.0)
    bench = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for point in plan(bench, replace(OPTIONS, pictures=1)).points:
        for _ in point.measure():
            assert network.wiring.is_open
            assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_a_blank_map_is_held_against_nothing() -> None:
    bench, network = bench_of("cifar-resnet-8")
    wiring = bench.state.wiring.with_shortcuts([3], 0.0).with_branches([3], 0.0)
    bench = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    for row in measured(bench).values():
        assert row["is_blank"] is True
        assert row.keys() == {"measure", "number", "picture", "class", "is_blank"}

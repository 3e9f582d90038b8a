"""Single paths: all of them together are the gradient, each is what autograd gives of a network written out by hand."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from resnet_viewer.core.blocks import Block
from resnet_viewer.core.network import Network, ReplacedError, wired
from resnet_viewer.core.studies.bench import plan_of
from resnet_viewer.core.studies.paths import Pass, _row, drawn, log10_means, log10_norms
from resnet_viewer.records.studies.paths import PathsOptions, Ways, ways
from resnet_viewer.records.study import Row
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import end_of
from tests.core.invented import images, tiny
from tests.core.studies.test_bench import bench_of

SIX = Ways((1, 2, 3, 4, 5, 6), (), ())
SUBSETS = [chosen for count in range(7) for chosen in combinations(range(1, 7), count)]
CLASSES = torch.tensor([3, 0, 7])


def along(passed: Pass, branches: tuple[int, ...]) -> Tensor:
    gradient, powers = end_of(passed.back(branches))
    return gradient.double() * torch.exp2(powers.double())[:, None, None, None]


def passed_through(network: Network, x: Tensor, wiring: Wiring | None = None, found: Ways = SIX) -> Pass:
    passed = Pass(network, wiring or Wiring.all_open(6), found, "score")
    for _ in passed.forward(x, CLASSES):
        assert all(block.gradient_path == "both" for block in network.blocks if isinstance(block, Block))
    return passed


def whole_gradient(network: Network, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(x).gather(1, CLASSES[:, None]).sum(), x)
    return gradient.double()


@pytest.mark.parametrize(
    "ending", ["", "-c", "-preact", "-highway", "-gated", "-concat", "-scaled", "-nobn", "-b-fixup"]
)
def test_the_gradients_of_all_paths_add_up_to_the_gradient(ending: str) -> None:
    network, x = tiny(f"cifar-resnet-14{ending}"), images(3)
    passed = passed_through(network, x)
    total = sum(along(passed, chosen) for chosen in SUBSETS)
    assert isinstance(total, Tensor)
    expected = whole_gradient(network, x)
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


def test_with_gates_half_open_a_path_has_their_product() -> None:
    network, x = tiny("cifar-resnet-14"), images(3)
    wiring = Wiring((0.5, 1.0, 0.0, 1.0, 0.25, 1.0), (1.0, 0.5, 1.0, 0.0, 1.0, 1.0))
    found = Ways((1, 2, 5, 6), (3,), ())
    passed = passed_through(network, x, wiring, found)
    chosen = [one for count in range(5) for one in combinations(found.choices, count)]
    total = sum(along(passed, one) for one in chosen)
    assert isinstance(total, Tensor)
    with wired(network, wiring):
        expected = whole_gradient(network, x)
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))
    assert network.wiring.is_open


def by_hand(network: Network, x: Tensor, branches: tuple[int, ...]) -> Tensor:
    """By one backward pass through the network written out; each block's other way is held fast."""
    x = x.clone().requires_grad_()
    y = network.get_submodule("relu")(network.get_submodule("bn1")(network.get_submodule("conv1")(x)))
    for number, block in enumerate(network.blocks, 1):
        assert isinstance(block, Block)
        get = block.get_submodule
        residual = get("bn2")(get("conv2")(get("relu1")(get("bn1")(get("conv1")(y)))))
        shortcut = y
        if y.shape != residual.shape:
            side = residual.shape[1] // 4
            kept = y[:, :, ::2, ::2]
            shortcut = torch.cat(
                [torch.zeros_like(kept)[:, :side], kept, torch.zeros_like(kept)[:, :side]], 1
            )
        y = residual + shortcut.detach() if number in branches else residual.detach() + shortcut
        y = y.relu()
    score = network.get_submodule("fc")(y.mean((2, 3))).gather(1, CLASSES[:, None]).sum()
    (gradient,) = torch.autograd.grad(score, x)
    return gradient.double()


@pytest.mark.parametrize("branches", [(), (2,), (1, 4), (3, 4, 5), (1, 2, 3, 4, 5, 6)])
def test_a_path_is_what_autograd_gives_of_the_network_written_out(branches: tuple[int, ...]) -> None:
    network, x = tiny("cifar-resnet-14"), images(3)
    expected = by_hand(network, x, branches)
    assert expected.any()
    torch.testing.assert_close(
        along(passed_through(network, x), branches),
        expected,
        rtol=1e-4,
        atol=1e-6 * float(expected.abs().max()),
    )


def measured(name: str = "cifar-resnet-14", **options: object) -> dict[str, Row]:
    bench, _ = bench_of(name)
    plan = plan_of("paths")(bench, PathsOptions(**options))  # type: ignore[arg-type]
    return {point.name: end_of(point.measure()) for point in plan.points}


def test_with_as_many_samples_as_there_are_paths_the_means_are_those_of_all() -> None:
    rows = measured(samples=20, pictures=3)
    assert list(rows) == [f"length {n}" for n in range(7)]
    bench, network = bench_of()
    x, labels = bench.inputs(0, 3), bench.labels
    assert labels is not None
    for length in range(7):
        magnitudes = []
        for branches in combinations(range(1, 7), length):
            for place in range(3):
                one = _path_gradient(network, x[place : place + 1], int(labels[place]), branches)
                magnitudes.append(float(one.norm()))
        row = rows[f"length {length}"]
        assert (row["length"], row["paths"], row["pictures"]) == (length, math.comb(6, length), 3)
        assert row["gradient"] == pytest.approx(np.mean(magnitudes), rel=1e-4)
        assert row["share_of_paths"] == pytest.approx(math.comb(6, length) / 64)


def _path_gradient(network: Network, x: Tensor, target: int, branches: tuple[int, ...]) -> Tensor:
    """By blocks that hold one of their ways fast, in one usual backward pass."""
    x = x.clone().requires_grad_()
    blocks = [block for block in network.blocks if isinstance(block, Block)]
    try:
        for block in blocks:
            block.gradient_path = "branch" if block.spec.number in branches else "shortcut"
        (gradient,) = torch.autograd.grad(network(x)[0, target], x)
    finally:
        for block in blocks:
            block.gradient_path = "both"
    return gradient.double()


def test_drawn_paths_differ_come_from_the_seed_and_are_all_where_there_are_few() -> None:
    many = Ways(tuple(range(1, 28)), (), ())
    paths = drawn(many, 5, 30, "0 length 5")
    assert len(set(paths)) == 30
    assert all(len(set(path)) == 5 for path in paths)
    assert paths == drawn(many, 5, 30, "0 length 5")
    assert paths != drawn(many, 5, 30, "1 length 5")
    assert drawn(SIX, 2, 15, "0") == tuple(combinations(range(1, 7), 2))
    assert len(drawn(SIX, 2, 14, "0")) == 14
    assert drawn(Ways((1, 3), (2,), ()), 1, 9, "0") == ((),)


def test_a_gradient_far_below_float32_is_measured() -> None:
    network, x = tiny("cifar-resnet-14"), images(3)
    every = (1, 2, 3, 4, 5, 6)
    with torch.no_grad():
        for block in network.blocks:
            block.get_parameter("bn2.weight").mul_(2.0**-60)
    gradient, powers = end_of(passed_through(network, x).back(every))
    exact = by_hand(deepcopy(network).double(), x.double(), every)
    assert bool((exact.flatten(1).norm(dim=1) < 1e-100).all()), "float32 ends near 1e-45"
    assert not by_hand(network, x, every).any(), "as it does in a usual backward pass"
    assert log10_norms(gradient, powers) == pytest.approx(
        exact.flatten(1).norm(dim=1).log10().numpy(), abs=1e-4
    )


def test_the_mean_of_logarithms_neither_under_nor_overflows() -> None:
    logs = np.array([[-400.0, -400.0 + math.log10(3)], [-math.inf, -math.inf], [0.0, -math.inf]])
    assert log10_means(logs) == pytest.approx([-400 + math.log10(2), -math.inf, math.log10(0.5)])


def test_a_gradient_beyond_every_number_is_told_by_its_logarithm_alone() -> None:
    row = _row(SIX, 1, np.array([[400.0, 400.0], [0.0, 0.0]]))
    assert row["log10_gradient"] == pytest.approx(400 - math.log10(2))
    assert (row["gradient"], row["gradient_high"], row["gradients"]) == (None, None, None)
    assert (row["gradient_low"], _row(SIX, 1, np.zeros((2, 1)))["gradients"]) == (1.0, (1.0, 1.0))


def test_the_loss_has_its_own_gradient_and_unlabelled_pictures_their_highest_class() -> None:
    bench, network = bench_of(is_labelled=False)
    options = PathsOptions(samples=64, pictures=2, gradient_of="loss")
    (point, *_) = plan_of("paths")(bench, options).points
    row = end_of(point.measure())
    x = bench.inputs(0, 2).requires_grad_()
    for block in network.blocks:
        assert isinstance(block, Block)
        block.gradient_path = "shortcut"
    logits = network(x)
    (gradient,) = torch.autograd.grad(cross_entropy(logits, logits.argmax(1), reduction="sum"), x)
    assert row["gradient"] == pytest.approx(float(gradient.flatten(1).norm(dim=1).mean()), rel=1e-4)


def test_what_is_given_up_halfway_leaves_nothing_behind_and_passes_are_counted() -> None:
    bench, network = bench_of()
    bench.state = replace(bench.state, wiring=bench.state.wiring.with_shortcuts([2], 0.0))
    points = plan_of("paths")(bench, PathsOptions(samples=3, pictures=4)).points
    assert [point.name for point in points] == [f"length {n}" for n in range(1, 7)]
    work = points[2].measure()
    for _ in range(12):
        next(work)
        assert network.wiring.is_open
        assert torch.is_grad_enabled()
    work.close()
    assert all(parameter.grad is None for parameter in network.parameters())
    before = bench.passes
    row = end_of(points[2].measure())
    assert row["paths"] == 3
    assert bench.passes - before == pytest.approx(points[2].passes)


def test_what_was_replaced_is_refused_before_anything_starts() -> None:
    bench, network = bench_of()
    network.layer2[0] = torch.nn.Identity()
    with pytest.raises(ReplacedError, match="Block 3 of this ResNet-14"):
        plan_of("paths")(bench, PathsOptions())


def test_which_blocks_have_two_ways() -> None:
    bench, _ = bench_of()
    wiring = Wiring((1.0, 0.0, 0.5, 1.0, 0.0, 1.0), (1.0, 1.0, 0.5, 0.0, 0.0, 1.0))
    assert ways(replace(bench.state, wiring=wiring), bench.plan) == Ways((1, 3, 6), (2,), (5,))

"""Iterative refinement against autograd, lesions, and least squares done by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viewer.core.network import ReplacedError
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.refinement import _halves, _reading, descent, linear_reading, plan
from resnet_viewer.records.studies.refinement import RefinementOptions
from resnet_viewer.records.study import Row
from tests.core.data.test_test_sets import end_of
from tests.core.studies.test_bench import bench_of

OPTIONS = RefinementOptions()


def measured(bench: Bench, options: RefinementOptions = OPTIONS) -> list[Row]:
    return [end_of(point.measure()) for point in plan(bench, options).points]


def by_hand(network: nn.Module, x: Tensor, truth: int) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Of a ResNet-8 for one picture, written out: what enters each block, is carried, added, and comes out."""
    found = []
    x = functional.relu(network.bn1(network.conv1(x)))  # type: ignore[operator]  # modules by their names
    for stage in (network.layer1, network.layer2, network.layer3):
        block = stage[0]  # type: ignore[index]
        x.retain_grad()
        added = block.bn2(block.conv2(functional.relu(block.bn1(block.conv1(x)))))
        carried = x
        if added.shape != x.shape:
            border = (added.shape[1] - x.shape[1]) // 2
            carried = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, border, border))
        out = functional.relu(added + carried)
        found.append((x, carried, added, out))
        x = out
    logits = network.fc(x.mean((2, 3)))  # type: ignore[operator]
    functional.cross_entropy(logits, torch.tensor([truth])).backward()
    return found


def test_cosines_and_sizes_are_those_of_autograd_by_hand() -> None:
    bench, network = bench_of("cifar-resnet-8")
    rows = measured(bench)
    assert [row["block"] for row in rows] == [1, 2, 3]
    cosines: list[list[float]] = [[], [], []]
    sizes: list[list[float]] = [[], [], []]
    assert bench.labels is not None
    for picture in range(len(bench)):
        x = bench.inputs(picture, picture + 1).requires_grad_()
        seen = by_hand(network, x, int(bench.labels[picture]))
        for place, (entered, carried, added, _) in enumerate(seen):
            sizes[place].append(float(added.detach().norm() / carried.detach().norm()))
            assert entered.grad is not None
            if entered.shape == added.shape:
                cosines[place].append(
                    float(
                        functional.cosine_similarity(added.detach().flatten(), entered.grad.flatten(), dim=0)
                    )
                )
    network.zero_grad()
    for row, values in zip(rows, sizes, strict=True):
        assert row["ratio"] == pytest.approx(np.mean(values), rel=1e-4)
        assert row["ratio_low"] == pytest.approx(np.percentile(values, 10), rel=1e-4)
    assert rows[0]["cosine"] == pytest.approx(np.mean(cosines[0]), abs=1e-5)
    assert rows[0]["cosine_high"] == pytest.approx(np.percentile(cosines[0], 90), abs=1e-5)
    assert rows[0]["cosine_error"] == pytest.approx(np.std(cosines[0], ddof=1) / len(bench) ** 0.5, abs=1e-5)
    assert rows[1]["cosine"] is rows[2]["cosine"] is None, "their shapes change"
    assert rows[1]["cosine_pictures"] == 0


def test_what_is_lacking_to_the_end_of_a_stage_is_the_difference_of_outputs() -> None:
    bench, network = bench_of("cifar-resnet-14")
    rows = measured(bench)
    outputs: list[Tensor] = []
    handles = [
        block.register_forward_hook(lambda module, given, output: outputs.append(output) and None)
        for block in network.blocks
    ]
    with torch.no_grad():
        network(bench.inputs(0, len(bench)))
    for handle in handles:
        handle.remove()
    for place, row in enumerate(rows):
        missing = (outputs[place // 2 * 2 + 1] - outputs[place]).double()
        assert row["to_end"] == pytest.approx(float(missing.mean()), abs=1e-6)
        assert row["to_end_deviation"] == pytest.approx(float(missing.std(correction=0)), abs=1e-6)
        channels = missing.mean((0, 2, 3))
        assert row["to_end_bias"] == pytest.approx(float(channels.square().mean().sqrt()), abs=1e-6)
    assert rows[1]["to_end_deviation"] == rows[5]["to_end_deviation"] == 0


@pytest.mark.parametrize("name", ["cifar-resnet-14", "cifar-resnet-20-preact"])
def test_read_early_the_own_classifier_says_what_the_network_says_with_all_later_branches_dropped(
    name: str,
) -> None:
    bench, _ = bench_of(name)
    count = len(bench.plan.blocks)
    rows = measured(bench, RefinementOptions(reading=False))
    readable = [row for row in rows if "own" in row]
    assert [row["block"] for row in readable] == [
        block.number
        for block in bench.plan.blocks
        if block.output_shape == bench.plan.blocks[-1].output_shape
    ]
    for row in readable:
        later = range(int(row["block"]) + 1, count + 1)  # type: ignore[arg-type]  # a number
        wiring = bench.state.wiring.with_branches(later, 0.0)
        side = end_of(bench.side(wiring))
        assert row["own"] == pytest.approx(100 * float(np.mean(side.predicted != bench.labels)))
    assert "read" not in rows[0]


def test_gates_count() -> None:
    bench, network = bench_of("cifar-resnet-14")
    wiring = bench.state.wiring.with_branches([1], 0.0).with_branches([3], 0.5).with_shortcuts([2], 0.0)
    opened = measured(bench)
    rows = measured(Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view))
    assert (rows[0]["ratio"], rows[0]["cosine"]) == (0.0, None), "nothing is added"
    assert rows[1]["ratio"] is None, "nothing is carried"
    assert rows[1]["cosine"] is not None
    assert 0 < rows[2]["ratio"] != opened[2]["ratio"]  # type: ignore[operator]  # a number
    assert network.wiring.is_open


def test_a_picture_that_the_network_is_sure_of_has_a_direction_too() -> None:
    logits = torch.tensor([[60.0, 0.0, -10.0], [1.0, 2.0, 0.5]])
    truth = torch.tensor([0, 2])
    found = descent(logits, truth)
    exact = torch.tensor([[60.0, 0.0, -10.0], [1.0, 2.0, 0.5]], dtype=torch.float64).requires_grad_()
    others = torch.logsumexp(exact[0, 1:], 0) - exact[0, 0]  # −log p to first order in what is left
    (gradient,) = torch.autograd.grad(others.exp(), exact)
    assert found[0].double() == pytest.approx(gradient[0] / gradient[0].abs().max(), rel=1e-6)
    whole = logits[1:].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(functional.cross_entropy(whole, truth[1:]), whole)
    assert found[1] == pytest.approx(gradient[0] / gradient.abs().max(), rel=1e-5)


def test_linear_classifiers_are_ridge_regressions_whose_strength_is_best_with_each_picture_left_out() -> None:
    generator = np.random.default_rng(0)
    classes = generator.integers(0, 3, 40)
    centres = generator.normal(size=(3, 6))
    features = centres[classes] + 1.5 * generator.normal(size=(40, 6))
    new = centres[[0, 1, 2, 0]] + generator.normal(size=(4, 6))
    x = (features - features.mean(0)) / features.std(0)
    targets = np.eye(3)[classes]

    def solved(x: np.ndarray, targets: np.ndarray, ridge: float) -> np.ndarray:
        """Weights, and what is answered at 0, which is not shrunk."""
        wide = np.hstack([x, np.ones((len(x), 1))])
        shrunk = ridge * np.diag([1.0] * x.shape[1] + [0.0])
        solution: np.ndarray = np.linalg.solve(wide.T @ wide + shrunk, wide.T @ targets)
        return solution

    def left_out(ridge: float) -> float:
        total = 0.0
        for place in range(len(x)):
            kept = np.arange(len(x)) != place
            answer = np.append(x[place], 1) @ solved(x[kept], targets[kept], ridge)
            total += float(((answer - targets[place]) ** 2).sum())
        return total

    best = min(10.0 ** np.arange(-1.0, 6.5, 0.5), key=left_out)
    answers = np.hstack([(new - features.mean(0)) / features.std(0), np.ones((4, 1))]) @ solved(
        x, targets, best
    )
    assert linear_reading(features, classes, new, 3).tolist() == answers.argmax(1).tolist()


def test_every_picture_is_read_by_a_classifier_of_the_other_half() -> None:
    truth = torch.arange(40) % 2
    features = np.stack([truth.numpy(), np.arange(40) / 40], 1).astype(np.float64)
    halves = _halves(40, 0)
    assert sorted(np.concatenate(halves).tolist()) == list(range(40))
    assert halves[0].tolist() != _halves(40, 1)[0].tolist()
    assert _reading(features, truth, halves)["read"] == 0
    turned = features.copy()
    turned[halves[0], 0] = 1 - turned[halves[0], 0]
    found = _reading(turned, truth, halves)
    assert (found["read"], found["read_high"]) == (100, 100), "what one half says is untrue of the other"
    few = _reading(features[:7], truth[:7], _halves(7, 0))
    assert str(few["unread"]).startswith("The classes of the 7 pictures number 2:")
    turned[3] = np.nan
    assert "not finite" in str(_reading(turned, truth, halves)["unread"])


def test_without_true_classes_it_is_held_against_what_the_network_says() -> None:
    bench, _ = bench_of("cifar-resnet-8", is_labelled=False)
    assert plan(bench, OPTIONS).points[0].passes == pytest.approx(5 * 20 / 3), "it is asked first"
    rows = measured(bench)
    assert rows[-1]["own"] == 0
    assert rows[0]["cosine_pictures"] == 20
    assert bench.passes == pytest.approx(5 * 20)


def test_it_can_be_stopped_between_steps_and_leaves_no_trace() -> None:
    bench, network = bench_of("cifar-resnet-14")
    work = plan(bench, OPTIONS).points[-1].measure()
    for _ in range(5):
        next(work)
        assert not any(module._forward_hooks for module in network.modules())
        assert torch.is_grad_enabled()
    work.close()
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.wiring.is_open


def test_all_points_share_one_pass_and_each_is_the_same_alone() -> None:
    bench, _ = bench_of("cifar-resnet-14")
    rows = measured(bench)
    assert bench.passes == pytest.approx(4 * len(bench))
    assert sum(point.passes for point in plan(bench, OPTIONS).points) == pytest.approx(4 * len(bench))
    assert end_of(plan(bench, OPTIONS).points[3].measure()) == rows[3]


def test_a_block_that_was_replaced_cannot_be_told_apart() -> None:
    bench, network = bench_of("cifar-resnet-14")
    network.layer2[0] = nn.Identity()  # type: ignore[operator,index]
    with pytest.raises(ReplacedError, match="Block 3 of this ResNet-14, or what runs it, was replaced"):
        plan(bench, OPTIONS)


def test_a_stage_that_passes_its_blocks_by_is_refused() -> None:
    bench, network = bench_of("cifar-resnet-14")
    network.layer1.forward = lambda x: x  # type: ignore[method-assign,union-attr,operator]  # a user's own
    with pytest.raises(ReplacedError, match="Block 1 of this ResNet-14, or what runs it"):
        measured(bench)

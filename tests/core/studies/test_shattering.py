"""Shattered gradients against a plain loop, and against noise that is really drawn."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from resnet_viewer.core.network import Network
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.shattering import along, plan
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.shattering import (
    ShatteringOptions,
    Statistics,
    autocorrelation,
    noise,
    pairs,
    sights,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import end_of
from tests.core.studies.test_bench import bench_of


def measured(bench: Bench, options: ShatteringOptions) -> list[Row]:
    return [end_of(point.measure()) for point in plan(bench, options).points]


def looped(vectors: torch.Tensor, farthest: int) -> list[float]:
    """The definition, one pair after the other."""
    centred = vectors.double() - vectors.double().mean(0)
    total = sum(float(vector @ vector) for vector in centred)
    return [
        sum(float(centred[t] @ centred[t + lag]) for t in range(len(centred) - lag)) / total
        for lag in range(farthest + 1)
    ]


def one_by_one(
    network: Network, places: list[torch.Tensor], *, is_whole: bool
) -> tuple[int, list[torch.Tensor]]:
    """The gradient at each point for itself: of its own score, or of all scores as training computes them."""
    leaves = [place.clone().requires_grad_() for place in places]
    if not is_whole:
        target = int(network(leaves[0]).argmax())
        scores = [network(leaf)[0, target] for leaf in leaves]
        return target, [
            torch.autograd.grad(score, leaf)[0] for score, leaf in zip(scores, leaves, strict=True)
        ]
    logits = copy.deepcopy(network).train()(torch.cat(leaves))
    target = int(logits[0].argmax())
    total = logits[:, target].sum()
    return target, [torch.autograd.grad(total, leaf, retain_graph=True)[0] for leaf in leaves]


@pytest.mark.parametrize("statistics", ["the line's", "training's"])
def test_it_is_what_a_plain_loop_finds_with_the_gates_of_the_session(statistics: Statistics) -> None:
    bench, network = bench_of("cifar-resnet-8")
    state = replace(bench.state, wiring=bench.state.wiring.with_shortcuts([2], 0.0))
    bench = Bench(network, state, device="cpu", view=bench._view)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    row = measured(bench, ShatteringOptions(lines=2, points=16, lags=5, seed=3, statistics=statistics))[1]
    assert row["statistics"] == statistics
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module.training for module in network.modules())
    first, last = random.Random("3 line 2").sample(range(len(bench)), 2)
    assert (row["from"], row["to"]) == (bench.pictures.names[first], bench.pictures.names[last])
    start, end = bench.inputs(first, first + 1), bench.inputs(last, last + 1)
    network.set_wiring(state.wiring)
    places = [start + (end - start) * step / 15 for step in range(16)]
    target, found = one_by_one(network, places, is_whole=statistics == "the line's")
    gradients = [gradient.flatten() for gradient in found]
    assert row["class"] == target
    assert row["autocorrelation"] == pytest.approx(looped(torch.stack(gradients), 5), abs=1e-4)
    assert row["lag_1"] == row["autocorrelation"][1]  # type: ignore[index]  # a tuple
    way = (end - start).flatten()
    slopes = [float(gradient @ way / way.norm()) for gradient in gradients]
    assert row["slope"] == pytest.approx(slopes, rel=1e-3, abs=1e-5 * max(map(abs, slopes)))


def test_the_first_line_alone_is_kept_to_be_looked_at() -> None:
    bench, network = bench_of("cifar-resnet-8")
    options = ShatteringOptions(lines=2, points=40, statistics="training's")
    first, second = measured(bench, options)
    assert "gradients" not in second
    order = StudyOrder("shattering", bench.state, options, TestSet("digits"), Path("somewhere"))
    seen = sights(StudyResult(order, Basis(20, 20), 2, (second, first)))
    assert seen is not None
    assert (len(seen.shares), seen.shares[0], seen.shares[-1]) == (32, 0, 1)
    ends = [bench.pictures.names.index(name) for name in seen.ends]
    assert bench._view is not None
    for planes, place in ((seen.start, ends[0]), (seen.end, ends[1])):
        assert (255 * planes).transpose(1, 2, 0) == pytest.approx(bench._view.pixels[place], abs=0.2)
    start, end = (bench.inputs(place, place + 1) for place in ends)
    for place in (0, 13, 31):
        share = round(seen.shares[place] * 39) / 39
        leaf = (start + (end - start) * share).requires_grad_()
        (gradient,) = torch.autograd.grad(network(leaf)[0, first["class"]], leaf)
        largest = float(np.quantile(gradient.abs().numpy(), 0.99))
        assert seen.largest[place] == pytest.approx(largest, rel=2e-3)
        cut = np.clip((gradient[0] / largest).numpy(), -1, 1)
        assert seen.gradients[place] == pytest.approx(cut, abs=0.6 / 127)
    assert len(first["gradients"]) <= 100_000  # type: ignore[arg-type]  # a tuple


def test_any_two_places_of_the_first_line_are_held_against_each_other() -> None:
    bench, network = bench_of("cifar-resnet-8")
    options = ShatteringOptions(lines=1, points=20, statistics="training's")
    (row,) = measured(bench, options)
    places = [bench.pictures.names.index(str(row[name])) for name in ("from", "to")]
    start, end = (bench.inputs(place, place + 1) for place in places)
    line = [start + (end - start) * step / 19 for step in range(20)]
    _, gradients = one_by_one(network, line, is_whole=False)
    order = StudyOrder("shattering", bench.state, options, TestSet("digits"), Path("somewhere"))
    found = pairs(StudyResult(order, Basis(20, 20), 1, (row,)))
    rows = torch.cat(gradients).flatten(1)
    exact = (rows - rows.mean(0)).double()
    exact = exact / exact.norm(dim=1, keepdim=True)
    assert found == pytest.approx((exact @ exact.T).numpy(), abs=1e-3)


def test_a_line_too_long_to_go_through_at_once_says_how_many_points_do() -> None:
    _, network = bench_of("cifar-resnet-8")
    described = spec("resnet50")
    large = Bench(
        network, NetworkState(described, usual_preprocessing(described), Wiring.all_open(16)), device="cpu"
    )
    options = ShatteringOptions(ends="noise", points=1024)
    with pytest.raises(
        UserError, match=r"its 1024 points go through ResNet-50 at once, in about \d+\.\d GB"
    ) as refused:
        plan(large, options)
    fewer = int(str(refused.value).partition(": take ")[2].split()[0])
    assert fewer > 16
    plan(large, replace(options, points=fewer))
    with pytest.raises(UserError, match=f"take {fewer} points"):
        plan(large, replace(options, points=fewer + 1))
    assert len(plan(large, replace(options, statistics="training's")).points) == 8


def test_noise_has_the_autocorrelation_of_noise_that_is_drawn() -> None:
    generator = np.random.default_rng(0)
    steps = generator.normal(size=(32, 20_000))
    for kind, drawn in (("white", steps), ("brown", steps.cumsum(0))):
        assert noise(kind, 32, 8) == pytest.approx(autocorrelation(drawn @ drawn.T, 8), abs=0.01)


def test_lines_between_noise_need_no_pictures_and_the_seed_alone_chooses_them() -> None:
    bench, network = bench_of("cifar-resnet-8")
    options = ShatteringOptions(ends="noise", lines=2, points=16, lags=3)
    rows, again = measured(bench, options), measured(bench, options)
    assert rows == again
    assert rows[0]["slope"] != rows[1]["slope"]
    assert measured(bench, replace(options, seed=1))[0]["slope"] != rows[0]["slope"]
    assert rows[0]["from"] == "noise"
    assert network.wiring.is_open
    assert all(parameter.grad is None for parameter in network.parameters())
    with pytest.raises(UserError, match="A line needs two pictures"):
        plan(Bench(network, bench.state, device="cpu"), ShatteringOptions())


@pytest.mark.parametrize("is_whole", [True, False])
def test_it_can_be_stopped_between_steps_and_leaves_no_trace(is_whole: bool) -> None:
    bench, network = bench_of("cifar-resnet-8")
    work = along(bench, bench.inputs(0, 1), bench.inputs(1, 2), 64, is_whole=is_whole)
    for _ in range(7 if is_whole else 2):
        next(work)
        assert network.wiring.is_open
        assert not any(module.training for module in network.modules())
        assert torch.is_grad_enabled()
    work.close()
    assert bench.passes <= 1 + 3 * 64


def test_a_network_through_which_nothing_comes_has_no_numbers() -> None:
    bench, network = bench_of("cifar-resnet-8")
    wiring = bench.state.wiring.with_shortcuts([2], 0.0).with_branches([2], 0.0)
    bench = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    (row,) = measured(bench, ShatteringOptions(lines=1, points=16))
    assert row["autocorrelation"] is row["lag_1"] is row["slope"] is None

"""Shattered gradients against a plain loop, and against noise that is really drawn."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.shattering import along, plan
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.shattering import ShatteringOptions, autocorrelation, noise
from resnet_viewer.records.study import Row
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


def test_it_is_what_a_plain_loop_finds_with_the_gates_of_the_session() -> None:
    bench, network = bench_of("cifar-resnet-8")
    state = replace(bench.state, wiring=bench.state.wiring.with_shortcuts([2], 0.0))
    bench = Bench(network, state, device="cpu", view=bench._view)
    row = measured(bench, ShatteringOptions(lines=2, points=16, lags=5, seed=3))[1]
    first, last = random.Random("3 line 2").sample(range(len(bench)), 2)
    assert (row["from"], row["to"]) == (bench.pictures.names[first], bench.pictures.names[last])
    start, end = bench.inputs(first, first + 1), bench.inputs(last, last + 1)
    network.set_wiring(state.wiring)
    gradients = []
    for step in range(16):
        place = (start + (end - start) * step / 15).requires_grad_()
        score = network(place)[0]
        if step == 0:
            target = int(score.argmax())
        gradients.append(torch.autograd.grad(score[target], place)[0].flatten())
    assert row["class"] == target
    assert row["autocorrelation"] == pytest.approx(looped(torch.stack(gradients), 5), abs=1e-4)
    assert row["lag_1"] == row["autocorrelation"][1]  # type: ignore[index]  # a tuple
    way = (end - start).flatten()
    slopes = [float(gradient @ way / way.norm()) for gradient in gradients]
    assert row["slope"] == pytest.approx(slopes, rel=1e-3, abs=1e-5 * max(map(abs, slopes)))


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


def test_it_can_be_stopped_between_batches_and_leaves_no_trace() -> None:
    bench, network = bench_of("cifar-resnet-8")
    work = along(bench, bench.inputs(0, 1), bench.inputs(1, 2), 64)
    next(work)
    next(work)
    assert network.wiring.is_open
    work.close()
    assert 0 < bench.passes <= 1 + 3 * 64


def test_a_network_through_which_nothing_comes_has_no_numbers() -> None:
    bench, network = bench_of("cifar-resnet-8")
    wiring = bench.state.wiring.with_shortcuts([2], 0.0).with_branches([2], 0.0)
    bench = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    (row,) = measured(bench, ShatteringOptions(lines=1, points=16))
    assert row["autocorrelation"] is row["lag_1"] is row["slope"] is None

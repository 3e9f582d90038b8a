"""Deviations of layers' outputs, against activations taken one after the other by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.network import wired
from resnet_viewer.core.studies.bench import plan_of
from resnet_viewer.core.studies.responses import moments_of, together
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.blocks import BlocksOptions
from resnet_viewer.records.studies.responses import ResponsesOptions
from resnet_viewer.records.study import Estimate, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import end_of
from tests.core.studies.test_bench import bench_of


def test_each_layer_deviates_as_its_normalised_output_of_one_pass_does() -> None:
    bench, network = bench_of()
    bench.state = replace(bench.state, wiring=bench.state.wiring.with_branches([3], 0.0))
    points = plan_of("responses")(bench, ResponsesOptions(pictures=17)).points
    names = [point.name for point in points]
    assert names == ["conv1", *(f"layer{s}.{b}.conv{c}" for s, b, c in _convolutions() if (s, b) != (2, 0))]
    rows = {point.name: end_of(point.measure()) for point in reversed(points)}
    assert bench.passes == pytest.approx(17), "all points share one pass"
    network.eval()
    for name in names:
        outputs = []
        handle = network.get_submodule(name.replace("conv", "bn")).register_forward_hook(
            lambda module, given, output, kept=outputs: kept.append(output.double())
        )
        with wired(network, bench.state.wiring), torch.no_grad():
            network(bench.inputs(0, 17))
        handle.remove()
        assert rows[name]["deviation"] == pytest.approx(float(outputs[0].std(correction=0)), rel=1e-5)
        assert rows[name]["mean"] == pytest.approx(float(outputs[0].mean()), abs=1e-5)
        assert rows[name]["is_added"] == name.endswith("conv2")


def test_layers_respond_in_a_network_without_classes_too(tmp_path: Path) -> None:
    described = replace(spec("cifar-resnet-8"), classes=0)
    state = NetworkState(described, usual_preprocessing(described), Wiring.all_open(3))
    test_set = TestSet("digits", sample=4)
    order = StudyOrder(
        "responses", state, ResponsesOptions(pictures=4), test_set, tmp_path / "out", device="cpu"
    )
    studies = Studies()
    *_, cost = studies.estimate(order)
    assert isinstance(cost, Estimate)
    assert cost.passes == pytest.approx(4)
    *_, found = studies.answer(order)
    assert isinstance(found, StudyResult)
    assert len(found.rows) == 7
    with pytest.raises(UserError, match="has no classifier"):
        list(Studies().answer(replace(order, study="blocks", options=BlocksOptions())))


def _convolutions() -> list[tuple[int, int, int]]:
    return [(stage, block, conv) for stage in (1, 2, 3) for block in (0, 1) for conv in (1, 2)]


def test_moments_of_parts_are_those_of_the_whole() -> None:
    values = 1e4 + torch.randn(1000, generator=torch.Generator().manual_seed(0))
    whole = moments_of(values)
    parts = together(together((0, 0.0, 0.0), moments_of(values[:300])), moments_of(values[300:]))
    assert parts == pytest.approx(whole, rel=1e-9)
    assert (whole[2] / 1000) ** 0.5 == pytest.approx(float(values.double().std(correction=0)), rel=1e-9)


def test_nothing_is_left_behind_between_steps() -> None:
    bench, network = bench_of()
    (point, *_) = plan_of("responses")(bench, ResponsesOptions()).points
    for _ in point.measure():
        assert not any(module._forward_hooks for module in network.modules())
        assert network.wiring.is_open
        assert torch.is_grad_enabled()


def test_what_is_not_finite_is_no_number() -> None:
    bench, network = bench_of()
    with torch.no_grad():
        network.get_parameter("layer2.0.conv1.weight")[0] = torch.inf
    rows = [end_of(point.measure()) for point in plan_of("responses")(bench, ResponsesOptions()).points]
    assert rows[0]["deviation"] is not None
    assert rows[-1]["deviation"] is None

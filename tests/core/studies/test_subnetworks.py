"""All sub-networks: each has the error of an evaluation, and each block is run as seldom as a tree's walk allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.meter import View, _costs_of, evaluated
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.subnetworks import plan
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.core.weights.sources import resolve
from resnet_viewer.records.preprocessing import DIGITS
from resnet_viewer.records.studies.subnetworks import SubnetworksOptions, wiring_of
from resnet_viewer.records.study import Row
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import drawn, end_of, read
from tests.core.studies.test_bench import PICTURES, bench_of


def measured(bench: Bench, blocks: str = "all") -> dict[str, Row]:
    points = plan(bench, SubnetworksOptions(blocks)).points
    found = {point.name: end_of(point.measure()) for point in points}
    assert len(found) == len(points)
    return found


def bundled(test_set: TestSet, class_names: tuple[str, ...] = ()) -> tuple[Bench, Network]:
    """The bundled ResNet-20, which does not take all pictures for one class as a random network does."""
    opened = open_network("cifar-resnet-20")
    network = build(opened.spec, resolve(opened.spec))
    state = replace(opened.state, class_names=class_names or opened.class_names)
    view = View.of(drawn(test_set), read(test_set, state.preprocessing), state)
    return Bench(network, state, device="cpu", view=view), network


def test_every_sub_network_has_the_error_of_an_evaluation() -> None:
    bench, network = bundled(PICTURES, DIGITS)
    rows = measured(bench, "3,5,9")
    masks = [
        "111111111",
        "111111110",
        "111101111",
        "111101110",
        "110111111",
        "110111110",
        "110101111",
        "110101110",
    ]
    assert [*rows] == masks
    assert len({row["error"] for row in rows.values()}) > 2, "nearly all alike: the pictures tell nothing"
    for mask, row in rows.items():
        dropped = [number for number, kept in enumerate(mask, 1) if kept == "0"]
        state = replace(bench.state, wiring=bench.state.wiring.with_branches(dropped, 0.0))
        evaluation = end_of(evaluated(lambda _: network, state, PICTURES, device="cpu"))
        assert row["error"] == evaluation.error
        assert row["right"] == pytest.approx(evaluation.mean_right)
        halves = row["error_first"], row["error_second"]
        assert sum(halves) / 2 == pytest.approx(row["error"])  # type: ignore[arg-type]  # numbers
        assert (row["mask"], row["blocks"]) == (mask, mask.count("1"))
    assert rows[masks[-1]]["kept"] == "1-2,4,6-8"
    assert network.wiring.is_open


def test_block_k_is_run_two_to_the_k_times() -> None:
    bench, network = bench_of()
    opened, none = Wiring.all_open(6), Wiring.all_open(6).with_branches(range(1, 7), 0.0)
    stem, *blocks = _costs_of(network.parts(), bench.plan, opened)
    _, *dropped = _costs_of(network.parts(), bench.plan, none)
    measured(bench)
    half = [
        (cost + less) / 2 for cost, less in zip(blocks, dropped, strict=True)
    ]  # of its runs it is whole in half
    ran = stem + sum(cost * 2**number for number, cost in enumerate(half[:-1], 1)) + half[-1] * 2**6
    assert bench.passes == pytest.approx(20 * ran / (stem + sum(blocks)))
    assert bench.passes + bench.saved == pytest.approx(20 * 64 * (stem + sum(half)) / (stem + sum(blocks)))


def test_a_plain_networks_blocks_are_left_out_where_shapes_allow() -> None:
    bench, network = bench_of("cifar-plain-14")
    rows = measured(bench)
    assert len(rows) == 16
    assert all((mask[2], mask[4]) == ("1", "1") for mask in rows)  # they make other shapes
    for mask in ("111111", "011111", "001110"):
        left_out = [number for number, kept in enumerate(mask, 1) if kept == "0"]
        state = replace(bench.state, wiring=bench.state.wiring.with_left_out(left_out))
        evaluation = end_of(evaluated(lambda _: network, state, PICTURES, device="cpu"))
        assert (rows[mask]["error"], rows[mask]["right"]) == (
            evaluation.error,
            pytest.approx(evaluation.mean_right),
        )


def test_gates_of_the_session_and_blocks_that_were_not_named_stay() -> None:
    bench, network = bench_of()
    wiring = bench.state.wiring.with_branches([2], 0.0).with_shortcuts([5], 0.5).with_branches([6], 0.5)
    bench = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    rows = measured(bench, "1-3,6")
    assert [*rows] == ["101111", "101110", "100111", "100110", "001111", "001110", "000111", "000110"]
    gates = wiring_of("100110", wiring, bench.plan.blocks)
    assert gates.branches == (1, 0, 0, 1, 1, 0)
    assert gates.shortcuts == wiring.shortcuts
    state = replace(bench.state, wiring=gates)
    evaluation = end_of(evaluated(lambda _: network, state, PICTURES, device="cpu"))
    assert rows["100110"]["error"] == evaluation.error


def test_without_labels_it_is_disagreement_and_the_whole_network_has_none() -> None:
    bench, _ = bundled(TestSet(sample=20))
    rows = measured(bench, "1,9")
    assert rows["1" * 9]["error"] == 0.0
    assert rows["0" + "1" * 8]["error"] != 0.0


def test_points_cost_what_lies_behind_the_first_block_that_changes() -> None:
    bench, network = bench_of()
    wirings = [Wiring.all_open(6), *(Wiring.all_open(6).with_branches([n], 0.5) for n in (6, 3, 1))]
    before = None
    for wiring in wirings:
        passes = bench.passes
        end_of(bench.side(wiring))
        assert bench.cost(wiring, after=before) == pytest.approx(bench.passes - passes)
        before = wiring
    dropped = bench.cost(Wiring.all_open(6).with_branches(range(1, 7), 0.0))
    assert 0 < dropped < 0.2 * bench.cost(Wiring.all_open(6)), "the branches are nearly everything"
    plain, _ = bench_of("cifar-plain-14")
    whole = plain.cost(Wiring.all_open(6))
    costs = _costs_of(network.parts(), plain.plan, Wiring.all_open(6))
    assert whole - plain.cost(Wiring.all_open(6).with_left_out([1])) == pytest.approx(
        20 * costs[1] / sum(costs)
    )

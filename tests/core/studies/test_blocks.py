"""The study of blocks: its points find what `evaluate` and a loop written by hand find, and none leans on another."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viewer.core.meter import View, evaluated
from resnet_viewer.core.network import Network
from resnet_viewer.core.preprocessing import scaled
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.blocks import plan
from resnet_viewer.records import notation
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.blocks import BlocksOptions, kendall_tau, levels, swap_levels
from resnet_viewer.records.study import Row
from resnet_viewer.records.test_set import TestSet
from tests.core.data.test_test_sets import drawn, end_of, read
from tests.core.invented import tiny
from tests.core.studies.test_bench import bench_of
from tests.core.test_meter import shades, state_of

__all__ = ["shades"]


def rows_of(bench: Bench, **options: object) -> dict[str, Row]:
    """Every point measured in the plan's order, by name."""
    points = plan(bench, BlocksOptions(**options)).points  # type: ignore[arg-type]
    assert len({point.name for point in points}) == len(points)
    return {point.name: end_of(point.measure()) for point in points}


def on_folder(network: Network, folder: Path) -> tuple[Bench, NetworkState, TestSet]:
    state, test_set = state_of(network.spec.name), TestSet("folder", folder, None)
    view = View.of(drawn(test_set), read(test_set, state.preprocessing), state)
    return Bench(network, state, device="cpu", view=view), state, test_set


def test_each_point_is_what_evaluate_says_picture_by_picture(shades: Path) -> None:
    network = tiny("cifar-resnet-14")
    bench, state, test_set = on_folder(network, shades)
    rows = rows_of(bench, several=False, swaps=False)
    assert len(rows) == 1 + 6 + 6
    for name, row in rows.items():
        wiring = state.wiring
        if name != "as it begins":
            deed, number = name.split()
            change = wiring.with_branches if deed == "drop" else wiring.with_shortcuts
            wiring = change([int(number)], 0.0)
        now = replace(state, wiring=wiring)
        theirs = end_of(evaluated(lambda _: network, now, test_set, device="cpu"))
        assert (row["error"], row["low"], row["high"]) == (theirs.error, *theirs.interval), name
        assert row["right"] == pytest.approx(theirs.mean_right, rel=1e-12)
        ours = dict(zip(bench.pictures.names, end_of(bench.side(wiring)).predicted.tolist(), strict=True))
        told = {each["picture"]: int(str(each["predicted"])) for each in theirs.table()}
        assert ours == told, name
    assert len({row["error"] for row in rows.values()}) > 3, "states that do not differ prove nothing"


def by_hand(network: Network, bench: Bench, row: Row) -> float:
    """The error by modules that were put aside or moved, in one batch."""
    edited = copy.deepcopy(network)
    if row["kind"] == "swaps":
        stages = [name for name, _ in edited.named_children() if name.startswith("layer")]
        blocks = [block for stage in stages for block in edited.get_submodule(stage).children()]
        order = [int(number) for number in str(row["order"]).split(",")]
        standing = iter(order)
        for stage in stages:
            home = edited.get_submodule(stage)
            for name in [*home._modules]:
                home._modules[name] = blocks[next(standing) - 1]
    else:
        numbers = [row["block"]] if "block" in row else notation.blocks(str(row.get("blocks", "")), 99)
        for number in numbers:
            block = edited.blocks[int(number) - 1]  # type: ignore[arg-type]
            home, _, name = bench.plan.blocks[int(number) - 1].name.rpartition(".")  # type: ignore[arg-type]
            edited.get_submodule(home)._modules[name] = Half(block, str(row["kind"]))
    assert bench._view is not None
    with torch.no_grad():
        predicted = edited(scaled(bench._view.pixels, bench.state.preprocessing)).argmax(1).numpy()
    return 100.0 * float((predicted != bench.labels).mean())


class Half(nn.Module):
    """A block without one of its paths, as He et al. write it."""

    def __init__(self, block: nn.Module, kind: str) -> None:
        super().__init__()
        self.block, self.kind = block, kind

    def forward(self, x: Tensor) -> Tensor:
        b = self.block
        if self.kind.startswith("leave out"):
            return x
        if self.kind.startswith("drop"):
            outputs = b.conv2.weight.shape[0]
            added = outputs - x.shape[1]
            kept = x if not added else nn.functional.pad(
                x[:, :, ::2, ::2], (0, 0, 0, 0, added // 2, added // 2)
            )  # fmt: skip
            return kept.relu()
        return b.bn2(b.conv2(b.bn1(b.conv1(x)).relu())).relu()


@pytest.mark.parametrize("name", ["cifar-resnet-14", "cifar-plain-20"])
def test_every_kind_of_point_is_what_a_loop_by_hand_finds(name: str) -> None:
    bench, network = bench_of(name)
    rows = rows_of(bench, draws=2)
    kinds = {row["kind"] for row in rows.values()}
    has_shortcuts = network.spec.has_shortcuts
    assert kinds == {
        "base",
        "swaps",
        *(("drop", "cut", "drops") if has_shortcuts else ("leave out", "leave outs")),
    }
    for row in rows.values():
        assert row["error"] == pytest.approx(by_hand(network, bench, row)), row
    assert network.wiring.is_open


def test_no_point_leans_on_another() -> None:
    bench, _ = bench_of()
    rows = rows_of(bench, draws=2)
    again, network = bench_of()
    points = [*plan(again, BlocksOptions(draws=2)).points]
    assert [point.name for point in points] == [*rows]
    for point in reversed(points):
        given_up = point.measure()
        next(given_up)
        assert network.wiring.is_open, "left behind"
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
        given_up.close()
        assert end_of(point.measure()) == rows[point.name]


def test_what_is_kept_saves_half_of_the_passes_of_single_blocks() -> None:
    bench, _ = bench_of("cifar-resnet-56")
    rows = rows_of(bench, several=False, swaps=False)
    assert len(rows) == 55
    assert bench.passes / (bench.passes + bench.saved) < 0.55


def test_what_it_comes_to_is_known_before() -> None:
    bench, _ = bench_of("cifar-resnet-20")
    points = plan(bench, BlocksOptions(draws=3)).points
    for point in points:
        before = bench.passes
        end_of(point.measure())
        assert bench.passes - before == pytest.approx(point.passes), point.name


def test_draws_follow_from_the_seed_and_are_different_sets() -> None:
    bench, _ = bench_of("cifar-resnet-20")

    def drawn_by(**options: int) -> Mapping[str, object]:
        chosen = BlocksOptions(lesions=False, cuts=False, **options)  # type: ignore[arg-type]
        points = plan(bench, chosen).points
        return {point.name: point.measure.args[1:] + point.measure.args[:1] for point in points}  # type: ignore[attr-defined]

    assert drawn_by(seed=3) == drawn_by(seed=3)
    assert drawn_by(seed=3) != drawn_by(seed=4)
    more, fewer = drawn_by(draws=6), drawn_by(draws=3)
    for count in levels(9):
        sets = [facts for name, facts in more.items() if name.startswith(f"drops {count},")]
        wirings = [facts[-1] for facts in sets]  # type: ignore[index]
        assert len(set(wirings)) == len(wirings) == min(6, len([*itertools.combinations(range(9), count)]))
        assert all(len(wiring.dropped) == count for wiring in wirings)
    assert [name for name in fewer if name.startswith("drops 9,")] == ["drops 9, draw 1"], "all there is"
    assert swap_levels(bench.plan) == (1, 2, 4)
    for name, facts in more.items():
        if name.startswith("swaps"):
            order = facts[0]  # type: ignore[index]
            assert sorted(order) == list(range(1, 10)) != list(order)


def test_a_gate_that_is_closed_is_not_closed_again() -> None:
    bench, network = bench_of()
    wiring = bench.state.wiring.with_branches([2], 0.0).with_shortcuts([3], 0.0)
    begun = Bench(network, replace(bench.state, wiring=wiring), device="cpu", view=bench._view)
    names = [point.name for point in plan(begun, BlocksOptions(several=False, swaps=False)).points]
    assert names[1:] == [f"drop {n}" for n in (6, 5, 4, 3, 1)] + [f"cut {n}" for n in (6, 5, 4, 2, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_kendalls_tau_is_that_of_its_definition(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(12).tolist()
    pairs = [*itertools.combinations(range(12), 2)]
    concordant = sum(order[i] < order[j] for i, j in pairs)
    assert kendall_tau(order) == pytest.approx((2 * concordant - len(pairs)) / len(pairs))
    assert kendall_tau(range(5)) == 1.0
    assert kendall_tau([3, 2, 1]) == -1.0

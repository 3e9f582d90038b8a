"""The landscape against plain torch at nine places, its directions by hand, and a path against numpy's SVD."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core.lab.run_files import RunFileError, state_path, write_spec, write_state
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.preprocessing import scaled
from resnet_viewer.core.studies.bench import Bench
from resnet_viewer.core.studies.landscape import (
    cross_entropies,
    moved,
    plan,
    random_direction,
    states_of,
    trail,
)
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.landscape import LandscapeOptions, grids, number, places_in_order
from resnet_viewer.records.study import Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.training import RunSpec
from tests.core.data.test_test_sets import end_of
from tests.core.invented import tiny
from tests.core.studies.test_bench import bench_of

RESNET = "cifar-resnet-8"
EPOCHS = (0, 1, 2, 4)


def rows_of(bench: Bench, options: LandscapeOptions, count: int | None = None) -> dict[str, Row]:
    """What the first so many points measure, by their names."""
    return {point.name: end_of(point.measure()) for point in plan(bench, options).points[:count]}


def plainly(
    bench: Bench, network: Network, state: Mapping[str, Tensor], labels: list[int]
) -> tuple[float, float]:
    """Loss and error of a state dict, by nothing of the study's."""
    other = copy.deepcopy(network)
    other.load_state_dict(dict(state))
    other.set_wiring(bench.state.wiring)
    assert bench._view is not None
    with torch.no_grad():
        logits = other.eval()(scaled(bench._view.pixels, bench.state.preprocessing))
    truth = torch.tensor(labels)
    loss = torch.nn.functional.cross_entropy(logits.double(), truth)
    return float(loss), 100 * float((logits.argmax(1) != truth).double().mean())


def run_in(folder: Path, *, lies_on_line: bool = False) -> Network:
    """A run that keeps four states, the last of which is the network that is returned."""
    network, generator = tiny(RESNET), torch.Generator().manual_seed(1)
    run = RunSpec(spec(RESNET), "digits", 4)
    write_spec(folder, run)
    last = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    (folder / "states").mkdir()
    for place, epochs in enumerate(EPOCHS):
        state = dict(last)
        if epochs != EPOCHS[-1]:
            for name, tensor in last.items():
                if tensor.is_floating_point() and not name.endswith("running_var"):
                    noise = torch.randn(tensor.shape, generator=generator)
                    away = 1.0 if lies_on_line else noise
                    state[name] = tensor + 0.05 * (4 - place) * tensor.abs().mean() * away
        write_state(state_path(folder, epochs), run, state, tuple("0123456789"), epochs, steps_per_epoch=1)
    return network


def test_nine_places_are_what_plain_torch_finds_with_the_gates_of_the_session() -> None:
    bench, network = bench_of(RESNET)
    state = replace(bench.state, wiring=bench.state.wiring.with_shortcuts([2], 0.5))
    bench = Bench(network, state, device="cpu", view=bench._view)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    rows = rows_of(bench, LandscapeOptions(places="5", reach=0.8, seed=3), 9)
    first, second = (end_of(random_direction(moved(network), 3, which)) for which in (1, 2))
    labels = bench.labels
    assert labels is not None
    places = [(x, y) for x in (-0.8, 0.0, 0.8) for y in (-0.8, 0.0, 0.8)]
    assert sorted((row["x"], row["y"]) for row in rows.values()) == places, "the coarsest grid comes first"
    for row in rows.values():
        x, y = number(row, "x"), number(row, "y")
        there = dict(before)
        for name in first:
            there[name] = before[name] + x * first[name] + y * second[name]
        loss, error = plainly(bench, network, there, labels.tolist())
        assert row["loss"] == pytest.approx(loss, rel=1e-4)
        assert row["error"] == pytest.approx(error)
        assert row["not_finite"] == 0
    assert next(iter(rows.values()))["x"] == 0.0, "the network itself is measured first of all"
    assert len({row["loss"] for row in rows.values()}) == 9
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), "the network itself is never moved"
    assert network.wiring.is_open
    assert all(parameter.grad is None for parameter in network.parameters())
    assert bench.passes == pytest.approx(9 * len(bench))


def test_a_direction_has_the_length_of_every_filter_and_moves_no_bias_and_no_normalisation() -> None:
    network = tiny(RESNET)
    first, again, second, seeded = (
        end_of(random_direction(moved(network), *chosen)) for chosen in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    kinds = {
        name: type(module)
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear)
    }
    assert first.keys() == {f"{name}.weight" for name in kinds}
    for name, weight in moved(network).items():
        for filter_, moves in zip(weight, first[name], strict=True):
            assert float(moves.norm()) == pytest.approx(float(filter_.detach().norm()), rel=1e-5)
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], second[name])
        assert not torch.equal(first[name], seeded[name])
    plain = end_of(random_direction(moved(tiny("cifar-plain-8", seed=5)), 0, 1))
    one, other = first["layer1.0.conv1.weight"][0].flatten(), plain["layer1.0.conv1.weight"][0].flatten()
    assert float(torch.nn.functional.cosine_similarity(one, other, dim=0)) == pytest.approx(1, abs=1e-5), (
        "twins are moved alike, each by its own filters' lengths"
    )


def test_normalisation_is_moved_where_it_is_wished_for_each_layer_by_a_vector_as_long_as_itself() -> None:
    bench, network = bench_of(RESNET)
    weights = moved(network, has_normalisation=True)
    assert weights.keys() == dict(network.named_parameters()).keys()
    direction = end_of(random_direction(weights, 0, 1))
    scales = direction["layer1.0.bn1.weight"]
    own = network.get_parameter("layer1.0.bn1.weight").detach()
    assert float(scales.norm()) == pytest.approx(float(own.norm()), rel=1e-5)
    assert torch.equal(
        direction["conv1.weight"], end_of(random_direction(moved(network), 0, 1))["conv1.weight"]
    )
    options = LandscapeOptions(places="5", shape="line", has_normalisation=True)
    _, row = rows_of(bench, options, 2).values()
    there = dict(network.state_dict())
    for name in direction:
        there[name] = there[name] - direction[name]
    assert bench.labels is not None
    loss, _ = plainly(bench, network, there, bench.labels.tolist())
    assert (row["x"], row["loss"]) == (-1.0, pytest.approx(loss, rel=1e-4))


def test_a_filter_of_zeros_stays() -> None:
    network = tiny(RESNET)
    with torch.no_grad():
        network.get_parameter("conv1.weight")[3] = 0.0
    direction = end_of(random_direction(moved(network), 0, 1))["conv1.weight"]
    assert not direction[3].any()
    assert direction[2].any()
    assert direction.isfinite().all()


def test_without_true_classes_the_loss_is_that_of_the_classes_that_the_network_gives() -> None:
    bench, network = bench_of(RESNET, is_labelled=False)
    assert bench.labels is None
    points = plan(bench, LandscapeOptions(places="5", shape="line")).points
    assert [point.passes for point in points[:2]] == [2 * len(bench), len(bench)]
    row = end_of(points[1].measure())  # whichever comes first, as when it is resumed
    assert bench._view is not None
    with torch.no_grad():
        own = network(scaled(bench._view.pixels, bench.state.preprocessing)).argmax(1).tolist()
    direction = end_of(random_direction(moved(network), 0, 1))
    there = dict(network.state_dict())
    for name in direction:
        there[name] = there[name] + number(row, "x") * direction[name]
    loss, error = plainly(bench, network, there, own)
    assert (row["loss"], row["error"]) == (pytest.approx(loss, rel=1e-4), pytest.approx(error))
    assert row["y"] == 0.0
    assert row["x"] == -1.0
    assert bench.passes == pytest.approx(2 * len(bench))


def test_losses_beyond_all_numbers_are_kept_as_what_they_are() -> None:
    inf, nan = math.inf, math.nan
    logits = torch.tensor(
        [[1.0, 3.0], [inf, 0.0], [inf, 0.0], [-inf, 0.0], [-inf, 0.0], [nan, 0.0], [-inf, -inf], [0.0, 2e38]]
    )
    labels = np.array([0, 1, 0, 0, 1, 1, 0, 0])
    found = cross_entropies(logits, labels)
    wanted = [math.log1p(math.exp(2)), inf, nan, inf, 0.0, nan, nan, float(np.float32(2e38))]
    assert found == pytest.approx(wanted, nan_ok=True)
    assert np.isnan(cross_entropies(torch.zeros(1, 2), np.array([2]))), "a class that there is not"
    bench, _ = bench_of(RESNET)
    rows = rows_of(bench, LandscapeOptions(places="5", reach=1000.0), 3)
    centre, corner, _ = rows.values()
    assert isinstance(centre["loss"], float)
    with torch.no_grad():
        bench.network.get_parameter("conv1.weight").mul_(1e30)
        bench.network.get_parameter("layer1.0.conv1.weight").mul_(1e30)
    (_, beyond) = rows_of(bench, LandscapeOptions(places="5", reach=1000.0), 2).values()
    assert beyond["loss"] in ("inf", "nan")
    assert beyond["not_finite"] == len(bench)
    assert number(corner, "loss") > number(centre, "loss")


def test_a_coarse_picture_is_there_first_and_each_finer_one_is_whole() -> None:
    options = LandscapeOptions(places="9")
    assert [*map(tuple, grids(options))] == [(4, 4), (4, 2), (2, 2), (2, 1), (1, 1)]
    assert [*map(tuple, grids(LandscapeOptions(places="5", shape="line")))] == [
        (1, 8),
        (1, 4),
        (1, 2),
        (1, 1),
    ]
    order = places_in_order(options)
    assert order[0] == (4, 4)
    assert len(order) == len(set(order)) == 81
    counts = [9, 15, 25, 45, 81]
    for grid, count in zip(grids(options), counts, strict=True):
        whole = {(r, c) for r in range(0, 9, grid.row_step) for c in range(0, 9, grid.column_step)}
        assert set(order[:count]) == whole


def test_it_yields_often_and_can_be_stopped_anywhere() -> None:
    bench, network = bench_of(RESNET)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    work = plan(bench, LandscapeOptions(places="5")).points[1].measure()
    for _ in range(25):
        next(work)
        assert network.wiring.is_open
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
    work.close()
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert 0 <= bench.passes < len(bench)


def test_the_path_of_a_run_is_what_numpys_svd_finds(tmp_path: Path) -> None:
    network = run_in(tmp_path)
    states = states_of(tmp_path, network)
    assert tuple(states) == EPOCHS
    weights = moved(network)
    found = end_of(trail([*states.values()], weights))

    from safetensors.torch import load_file

    files = [load_file(path) for path in states.values()]
    matrix = np.array(
        [np.concatenate([file[name].double().numpy().ravel() for name in weights]) for file in files]
    )
    left, sizes, right = np.linalg.svd(matrix - matrix.mean(0), full_matrices=False)
    assert found.shares == pytest.approx((sizes**2 / (sizes**2).sum())[:2], rel=1e-5)
    for number_, direction in enumerate(found.directions):
        ours = np.concatenate([direction[name].double().numpy().ravel() for name in weights])
        assert direction.keys() == weights.keys()
        assert abs(ours @ right[number_]) == pytest.approx(1, abs=1e-5)
        assert found.places[:, number_] == pytest.approx((matrix - matrix[-1]) @ ours, abs=1e-4)
    assert found.places[-1] == pytest.approx([0, 0], abs=1e-9)
    assert (found.places[0] <= 0).all()
    assert left.shape == (4, 4)


def test_the_plane_of_a_run_holds_its_path_and_the_network(tmp_path: Path) -> None:
    network = run_in(tmp_path)
    bench = Bench(network, bench_of(RESNET)[0].state, device="cpu", view=bench_of(RESNET)[0]._view)
    options = LandscapeOptions(places="5", run=str(tmp_path))
    rows = rows_of(bench, options)
    path = rows["path"]
    assert path["epochs"] == EPOCHS
    labels = bench.labels
    assert labels is not None
    assert rows["centre"]["loss"] == pytest.approx(
        plainly(bench, network, network.state_dict(), labels.tolist())[0]
    )
    for axis in ("x", "y"):
        line = path[f"path_{axis}"]
        assert isinstance(line, tuple)
        ends = [number(row, axis) for row in rows.values() if row["kind"] == "place"]
        assert min(ends) < min(line) < max(line) < max(ends)
        extent = max(line) - min(line)
        assert max(ends) - min(ends) == pytest.approx(1.3 * extent)
    # a corner, by hand
    made = end_of(trail([*states_of(tmp_path, network).values()], moved(network)))
    corner, there = rows["place 4, 0"], dict(network.state_dict())
    for name in moved(network):
        for axis, direction in zip("xy", made.directions, strict=True):
            there[name] = there[name] + number(corner, axis) * direction[name]
    assert corner["loss"] == pytest.approx(plainly(bench, network, there, labels.tolist())[0], rel=1e-4)


def test_between_points_nothing_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    network = run_in(folder)
    known, _ = bench_of(RESNET)
    bench = Bench(network, known.state, device="cpu", view=known._view)
    options = LandscapeOptions(places="5", run=str(folder))
    points = {point.name: point for point in plan(bench, options).points}
    before = end_of(points["place 0, 0"].measure())
    folder.rename(tmp_path / "gone")
    assert end_of(points["place 0, 0"].measure()) == before
    assert end_of(points["place 4, 4"].measure())["loss"] != before["loss"]
    assert end_of(points["path"].measure())["epochs"] == EPOCHS


def test_stopped_and_resumed_it_ends_with_the_same(tmp_path: Path) -> None:
    state = open_network("cifar-resnet-20").state

    def answered(folder: Path, *, is_resumed: bool = False) -> Iterator[StudyResult]:
        options = LandscapeOptions(places="5", shape="line")
        order = StudyOrder(
            "landscape", state, options, TestSet("crops", sample=4), folder, "cpu", 1, is_resumed=is_resumed
        )
        with closing(Studies(told_every=0.0).answer(order)) as work:
            yield from (step for step in work if isinstance(step, StudyResult))

    (*_, whole) = answered(tmp_path / "whole")
    with closing(answered(tmp_path / "parts")) as steps:
        stopped = next(step for step in steps if len(step.rows) == 4)
    (*_, resumed) = answered(tmp_path / "parts", is_resumed=True)
    assert whole.is_complete
    assert resumed.rows[:4] == stopped.rows == whole.rows[:4]
    assert resumed.rows == whole.rows


def test_an_earlier_state_of_the_run_has_the_path_up_to_it(tmp_path: Path) -> None:
    run_in(tmp_path)
    from safetensors.torch import load_file

    earlier = build(spec(RESNET), load_file(state_path(tmp_path, 2)))
    assert tuple(states_of(tmp_path, earlier)) == (0, 1, 2)


def test_what_is_no_run_of_this_network_is_refused_in_a_sentence(tmp_path: Path) -> None:
    bench, _ = bench_of(RESNET)
    with pytest.raises(RunFileError, match="holds no run"):
        plan(bench, LandscapeOptions(run=str(tmp_path)))
    folder = tmp_path / "run"
    folder.mkdir()
    network = run_in(folder)
    with pytest.raises(UserError, match=r"None of the 4 states that the run in .* keeps is this network"):
        states_of(folder, tiny(RESNET, seed=9))
    with pytest.raises(UserError, match=r"is of ResNet-8.*, not of Plain-8"):
        states_of(folder, tiny("cifar-plain-8"))
    from safetensors.torch import load_file

    begun = build(spec(RESNET), load_file(state_path(folder, 1)))
    with pytest.raises(UserError, match=r"needs 3 states at least, and in .* there are 2"):
        states_of(folder, begun)
    state_path(folder, 1).write_bytes(b"no state")
    with pytest.raises(UserError, match="cannot be read as those of a run"):
        end_of(trail([*states_of(folder, network).values()], moved(network)))
    state_path(folder, 4).write_bytes(b"no state")
    with pytest.raises(UserError, match="cannot be read as those of a run"):
        plan(Bench(network, bench.state, device="cpu", view=bench._view), LandscapeOptions(run=str(folder)))


def test_states_on_one_line_span_no_plane(tmp_path: Path) -> None:
    network = run_in(tmp_path, lies_on_line=True)
    with pytest.raises(UserError, match="lie on one line"):
        end_of(trail([*states_of(tmp_path, network).values()], moved(network)))


def test_states_with_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    network = run_in(tmp_path)
    from safetensors.torch import load_file, save_file

    state = load_file(state_path(tmp_path, 1))
    state["conv1.weight"][0] = torch.nan
    save_file(state, state_path(tmp_path, 1))
    with pytest.raises(UserError, match="not finite"):
        end_of(trail([*states_of(tmp_path, network).values()], moved(network)))

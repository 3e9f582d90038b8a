"""Weakened shortcuts: what is measured is what plain passes find, and gradients what autograd gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_viewer.core.network import Network, wired
from resnet_viewer.core.studies.bench import Bench, Point, plan_of
from resnet_viewer.core.studies.strength import gradient_norms
from resnet_viewer.records.studies.strength import StrengthOptions
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import end_of
from tests.core.studies.test_bench import bench_of, plain


def planned(bench: Bench, **options: object) -> dict[str, Point]:
    plan = plan_of("strength")(bench, StrengthOptions(**options))  # type: ignore[arg-type]
    return {point.name: point for point in plan.points}


def by_hand(
    network: Network, wiring: Wiring, bench: Bench, count: int, gradient_of: str
) -> tuple[float, float]:
    """Means of the norms of the first convolution's and the classifier's gradients, by usual backward passes."""
    assert bench.labels is not None
    norms = []
    for place in range(count):
        network.zero_grad()
        with wired(network, wiring):
            logits = network(bench.inputs(place, place + 1))[0]
        label = int(bench.labels[place])
        (logits[label] if gradient_of == "score" else -logits.log_softmax(0)[label]).backward()
        found = (network.get_parameter(f"{name}.weight").grad for name in ("conv1", "fc"))
        norms.append([float(grad.double().norm()) for grad in found if grad is not None])
    network.zero_grad()
    first, last = torch.tensor(norms).mean(0).tolist()
    return first, last


def test_points_are_named_by_whose_shortcuts_and_their_strength() -> None:
    bench, _ = bench_of()
    assert [*planned(bench, steps=2)] == [
        *("conv4_x=1", "conv4_x=0.5", "conv4_x=0"),
        *("conv3_x=1", "conv3_x=0.5", "conv3_x=0"),
        *("conv2_x=1", "conv2_x=0.5", "conv2_x=0"),
        *("all=1", "all=0.5", "all=0"),
    ]
    assert [*planned(bench, shortcuts="all", steps=20)][:3] == ["all=1", "all=0.95", "all=0.9"]
    assert [*planned(bench, shortcuts="one block", block=5, steps=1)] == ["block 5=1", "block 5=0"]
    assert len(planned(bench, shortcuts="each stage", steps=4)) == 15


def test_what_it_comes_to_is_known_before() -> None:
    bench, _ = bench_of()
    for point in planned(bench, steps=2, pictures=2).values():
        before = bench.passes
        end_of(point.measure())
        assert bench.passes - before == pytest.approx(point.passes), point.name


def test_the_first_point_also_counts_the_network_as_it_begins_where_it_is_not_that() -> None:
    bench, _ = bench_of(is_labelled=False)
    bench.state = replace(bench.state, wiring=bench.state.wiring.with_shortcuts([5], 0.0))
    points = planned(bench, steps=2, pictures=2)
    assert points["conv4_x=1"].passes > 20
    for point in points.values():
        before = bench.passes
        end_of(point.measure())
        assert bench.passes - before == pytest.approx(point.passes), point.name


@pytest.mark.parametrize("gradient_of", ["score", "loss"])
@pytest.mark.parametrize(
    ("name", "blocks", "strength"),
    [("all", range(1, 7), 0.5), ("conv3_x", (3, 4), 0.0), ("conv2_x", (), 1.0)],
)
def test_a_point_is_what_plain_passes_find(
    name: str, blocks: tuple[int, ...], strength: float, gradient_of: str
) -> None:
    bench, network = bench_of()
    bench.state = replace(bench.state, wiring=bench.state.wiring.with_branches([2], 0.5))
    points = planned(bench, steps=2, pictures=3, gradient_of=gradient_of)
    for other in ("conv4_x=0", "conv3_x=0.5"):  # what these leave behind changes nothing
        end_of(points[other].measure())
    row = end_of(points[f"{name}={strength:g}"].measure())
    wiring = bench.state.wiring.with_shortcuts(blocks, strength)
    assert bench.labels is not None
    wrong = sum(a != b for a, b in zip(plain(bench, network, wiring), bench.labels.tolist(), strict=True))
    with wired(network, wiring), torch.no_grad():
        shares = network(bench.inputs(0, 20)).softmax(1)
    assert (row["shortcuts"], row["strength"], row["gradient_pictures"]) == (name, strength, 3)
    assert row["error"] == pytest.approx(5 * wrong)
    assert row["right"] == pytest.approx(float(shares[range(20), bench.labels.tolist()].mean()), rel=1e-4)
    expected = by_hand(network, wiring, bench, 3, gradient_of)
    assert (row["first_gradient"], row["last_gradient"]) == pytest.approx(expected, rel=1e-4)


def test_unlabelled_pictures_are_held_against_the_network_as_it_begins() -> None:
    bench, network = bench_of(is_labelled=False)
    points = planned(bench, shortcuts="all", steps=2, pictures=2)
    row = end_of(points["all=0.5"].measure())
    base = plain(bench, network, bench.state.wiring)
    wiring = Wiring.evenly(6, 0.5)
    differ = sum(a != b for a, b in zip(plain(bench, network, wiring), base, strict=True))
    assert row["error"] == pytest.approx(5 * differ)
    with wired(network, wiring), torch.no_grad():
        shares = network(bench.inputs(0, 20)).softmax(1)
    assert row["right"] == pytest.approx(float(shares[range(20), base].mean()), rel=1e-4)
    assert end_of(points["all=1"].measure())["error"] == 0.0


def test_a_gradient_that_float32_loses_on_its_way_is_no_false_zero() -> None:
    bench, network = bench_of()
    with torch.no_grad():
        for block in network.blocks:
            block.get_parameter("bn2.weight").mul_(2.0**-28)
    image, wiring = bench.inputs(0, 1), Wiring.evenly(6, 0.0)
    with wired(network, wiring):
        network.zero_grad()
        network(image)[0, 3].backward()
        grad = network.get_parameter("conv1.weight").grad
        assert grad is not None
        assert not grad.any(), "a usual pass finds nothing"
        network.zero_grad()
        exact = network.double()
        exact(image.double())[0, 3].backward()
        grad = exact.get_parameter("conv1.weight").grad
        assert grad is not None
        expected = float(grad.norm())
    network.zero_grad()
    network.float()
    assert 0 < expected < 1e-45
    first, last = gradient_norms(bench, wiring, image, 3, "score")
    assert first == pytest.approx(expected, rel=1e-3)
    assert last > 0


def test_what_is_given_up_leaves_nothing_behind() -> None:
    bench, network = bench_of()
    work = planned(bench, shortcuts="all", steps=1, pictures=4)["all=0"].measure()
    forwards = {module: vars(module).get("forward") for module in network.modules()}
    steps = 0
    for _ in work:
        steps += 1
        assert network.wiring.is_open
        assert {module: vars(module).get("forward") for module in network.modules()} == forwards
        assert torch.is_grad_enabled()
    assert steps > 4
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_picture_without_a_highest_class_has_no_gradient() -> None:
    bench, network = bench_of(is_labelled=False)
    with torch.no_grad():
        network.get_parameter("fc.weight")[0] = torch.nan
    row = end_of(planned(bench, shortcuts="all", steps=1)["all=1"].measure())
    assert (row["gradient_pictures"], row["first_gradient"], row["last_gradient"]) == (0, None, None)
    assert row["right"] == 0.0

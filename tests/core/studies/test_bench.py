"""The bench: states that share what they can find what plain passes find, and what was shared is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_viewer.core.meter import View, _costs_of
from resnet_viewer.core.network import Network, wired
from resnet_viewer.core.preprocessing import scaled
from resnet_viewer.core.studies.bench import Bench, kept_bytes_now
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import DIGITS, usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.test_set import SetSide, TestSet
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import drawn, end_of, read
from tests.core.invented import tiny

PICTURES = TestSet("digits", sample=20)


def bench_of(
    name: str = "cifar-resnet-14", *, is_labelled: bool = True, kept_bytes: int = 1 << 28
) -> tuple[Bench, Network]:
    network = tiny(name)
    described = spec(name)
    names = DIGITS if is_labelled else tuple("abcdefghij")
    state = NetworkState(
        described, usual_preprocessing(described), Wiring.all_open(described.block_count), names
    )
    view = View.of(drawn(PICTURES), read(PICTURES, state.preprocessing), state)
    return Bench(network, state, device="cpu", view=view, kept_bytes=kept_bytes), network


def plain(bench: Bench, network: Network, wiring: Wiring) -> list[int]:
    """What the network takes the pictures for in one batch, computed by nothing of the bench's."""
    assert bench._view is not None
    with wired(network, wiring), torch.no_grad():
        logits: torch.Tensor = network(scaled(bench._view.pixels, bench.state.preprocessing))
        return logits.argmax(1).tolist()


def found(bench: Bench, wiring: Wiring, order: tuple[int, ...] = ()) -> SetSide:
    return end_of(bench.side(wiring, order=order))


def test_states_that_share_activations_are_those_of_plain_passes_and_what_was_saved_is_counted() -> None:
    bench, network = bench_of()
    bare, _ = bench_of(kept_bytes=0)
    wirings = [
        bench.state.wiring,
        *(bench.state.wiring.with_branches([n], 0.0) for n in range(6, 0, -1)),
    ]
    for wiring in wirings:
        side = found(bench, wiring)
        assert side.predicted.tolist() == plain(bench, network, wiring)
        assert side.probability.tolist() == found(bare, wiring).probability.tolist()
    costs = _costs_of(network.parts(), bench.plan, bench.state.wiring)
    opened = sum(sum(_costs_of(network.parts(), bench.plan, wiring)) for wiring in wirings) / sum(costs)
    assert 6 < opened < 6.5, "six branches, which are nearly a network's passes, are not run"
    assert (bare.passes, bare.saved) == (pytest.approx(20 * opened), 0)
    assert bench.passes + bench.saved == pytest.approx(20 * opened)
    # block n is run from its kept input on: of seven states the first alone is run whole
    assert bench.saved == pytest.approx(20 * sum(sum(costs[:n]) for n in range(1, 7)) / sum(costs))
    assert 0 < bench.kept_bytes <= 1 << 28
    assert network.wiring.is_open


def test_blocks_of_equal_shape_change_places() -> None:
    bench, network = bench_of()
    assert bench.plan.alike == ((1, 2),)
    first, second = network.layer1[0], network.layer1[1]
    wiring = bench.state.wiring.with_branches([1], 0.5)
    assert found(bench, wiring).predicted.tolist() == plain(bench, network, wiring)
    swapped = found(bench, wiring, (2, 1, 3, 4, 5, 6))
    network.layer1[0], network.layer1[1] = second, first
    assert swapped.predicted.tolist() == plain(bench, network, bench.state.wiring.with_branches([2], 0.5)), (
        "a gate stays with its block"
    )
    network.layer1[0], network.layer1[1] = first, second
    assert found(bench, wiring, (1, 2, 3, 4, 5, 6)).predicted.tolist() == plain(bench, network, wiring)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ((1, 2, 3), "names each of the blocks 1 to 6 once"),
        ((1, 1, 3, 4, 5, 6), "names each of the blocks 1 to 6 once"),
        ((3, 2, 1, 4, 5, 6), "cannot stand in the place of block 1"),
    ],
)
def test_an_order_that_cannot_be_is_refused_and_leaves_no_trace(order: tuple[int, ...], words: str) -> None:
    bench, network = bench_of()
    with pytest.raises(UserError, match=words):
        found(bench, bench.state.wiring.with_shortcuts([2], 0.0), order)
    assert network.wiring.is_open


def test_without_labels_a_state_is_held_against_the_network_as_it_begins() -> None:
    bench, network = bench_of(is_labelled=False)
    assert bench.labels is None
    wiring = bench.state.wiring.with_shortcuts([1, 2], 0.0)
    side, base = found(bench, wiring), plain(bench, network, bench.state.wiring)
    assert side.truth is not None
    assert side.truth.tolist() == base
    other = plain(bench, network, wiring)
    assert side.error == pytest.approx(5 * sum(a != b for a, b in zip(other, base, strict=True)))
    assert found(bench, bench.state.wiring).error == 0.0
    assert bench._view is not None
    with wired(network, wiring), torch.no_grad():
        shares = network(scaled(bench._view.pixels, bench.state.preprocessing)).softmax(1)
    assert side.right == pytest.approx(shares[range(20), base].numpy(), abs=1e-6)
    intact = found(bench, bench.state.wiring)
    assert intact.right is not None
    assert intact.right.tolist() == intact.probability.tolist()
    swapped = found(bench, bench.state.wiring, (2, 1, 3, 4, 5, 6))
    assert swapped.truth is not None
    assert swapped.truth.tolist() == base


def test_a_state_that_is_given_up_counts_what_it_ran_and_puts_the_gates_back() -> None:
    bench, network = bench_of()
    work = bench.side(replace(bench.state.wiring, shortcuts=(0.0,) * 6))
    for _ in range(3):
        next(work)
        assert network.wiring.is_open
    work.close()
    assert 0 < bench.passes < 20


def test_a_picture_without_a_highest_class_is_right_with_nothing() -> None:
    bench, network = bench_of(is_labelled=False)
    with torch.no_grad():
        network.get_parameter("fc.weight")[0] = torch.nan
    side = found(bench, bench.state.wiring.with_shortcuts([1], 0.5))
    assert side.truth is not None
    assert side.truth.tolist() == [10] * 20
    assert side.right is not None
    assert side.right.tolist() == [0.0] * 20


@pytest.mark.parametrize(("free", "kept"), [(None, 2 << 30), (64 << 30, 2 << 30), (2 << 30, 1 << 29)])
def test_a_study_leaves_memory_to_others(
    free: int | None, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resnet_viewer.core.studies.bench.free_bytes", lambda: free)
    assert kept_bytes_now() == kept


def test_a_batch_that_had_to_wait_is_not_what_an_estimate_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, _ = bench_of()

    def seconds(slow: int) -> float:
        """Where each look at the clock comes a second after the last, but that one."""
        looks = iter(range(10_000))
        clock = 0.0

        def now() -> float:
            nonlocal clock
            clock += 500.0 if next(looks) == slow else 1.0
            return clock

        monkeypatch.setattr("resnet_viewer.core.studies.bench.time.perf_counter", now)
        return end_of(bench.seconds_a_pass())

    usual = seconds(-1)
    assert usual > 0
    count = round(usual * 20) * 2  # looks a batch: before and after each part
    assert [seconds(batch * count + 1) for batch in range(3)] == [usual] * 3

"""What "Paths" says of its numbers, and whether it agrees with the paper."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.paths import (
    INFO,
    PathsOptions,
    Ways,
    effective,
    product_shares,
    ways_of,
)
from resnet_viewer.records.study import Basis, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring


def state_of(name: str) -> NetworkState:
    described = spec(name)
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def result_of(state: NetworkState, decade: float, *, measured: int | None = None) -> StudyResult:
    """Paths whose gradient falls by `decade` decades with each branch."""
    order = StudyOrder("paths", state, PathsOptions(), TestSet("digits"), Path("somewhere"))
    empty = StudyResult(order, Basis(300, 300, True), points=0)
    lengths = ways_of(empty).lengths
    rows = [
        {
            "point": f"length {length}",
            "length": length,
            "paths": 24,
            "pictures": 16,
            "gradient": 10.0 ** (-2 - decade * length),
            "gradient_low": 10.0 ** (-3 - decade * length),
            "gradient_high": 10.0 ** (-1 - decade * length),
            "log10_gradient": -2 - decade * length,
        }
        for length in lengths
    ]
    return replace(empty, points=len(rows), rows=tuple(rows[:measured]))


def test_shares_are_those_of_a_direct_sum() -> None:
    result = result_of(state_of("cifar-resnet-56"), 0.4)
    products = [math.comb(27, length) * 10 ** (-2 - 0.4 * length) for length in range(28)]
    expected = {length: product / sum(products) for length, product in enumerate(products)}
    assert product_shares(result) == pytest.approx(expected)
    assert sum(ways_of(result).shares.values()) == pytest.approx(1)
    # a binomial of p = q / (1 + q), which the product is
    chance = 10**-0.4 / (1 + 10**-0.4)
    mean = sum(length * share for length, share in product_shares(result).items())
    assert mean == pytest.approx(27 * chance)


def test_a_network_of_hundreds_of_blocks_overflows_nothing() -> None:
    result = result_of(state_of("cifar-resnet-1202"), 0.4)
    shares = product_shares(result)
    assert sum(shares.values()) == pytest.approx(1)
    assert effective(shares)[0] < 300
    assert "2^600 paths" in INFO.conclusion(result)[0]


def test_effective_lengths_are_the_fewest_that_have_enough() -> None:
    assert effective({4: 0.01, 5: 0.6, 6: 0.38, 7: 0.01}) == (5, 6)
    assert effective({3: 1.0}) == (3, 3)
    assert effective(dict.fromkeys(range(4), 0.25)) == (0, 3)
    assert effective({0: 0.2, 1: 0.3, 2: 0.3, 3: 0.2}, 0.5) == (1, 2)


def test_it_agrees_where_short_paths_carry_the_gradient() -> None:
    said = INFO.conclusion(result_of(state_of("cifar-resnet-56"), 0.4))
    assert said[0] == (
        "27 of 27 blocks can be passed in two ways, which makes 134\u00a0217\u00a0728 paths; 95\u00a0% of them lead "
        "through 9 to 19 residual branches."
    )
    assert "0.01 at length 0 and 1.6e-13 at length 27: the mean of 64 paths" in said[1]
    assert said[2].startswith(
        "97\u00a0% of the product of count and gradient is at lengths 3 to 12 of 27, which "
    )
    assert said[3] == (
        "This agrees with Veit et al. (2016): the paths that carry the gradient are short, the product's mean length "
        "is 7.7, the paths' 13.5."
    )


@pytest.mark.parametrize(
    ("decade", "words"),
    [(0.0, "does not agree"), (-0.3, "does not agree"), (0.1, "hardly agrees"), (0.3, "This agrees")],
)
def test_where_it_does_not_agree_it_says_why(decade: float, words: str) -> None:
    said = INFO.conclusion(result_of(state_of("cifar-resnet-56"), decade))[-1]
    assert words in said
    assert "mean length is" in said


def test_before_all_is_measured_there_is_no_verdict() -> None:
    state = state_of("cifar-resnet-14")
    said = INFO.conclusion(result_of(state, 0.4, measured=3))
    assert said[-1] == "3 of 7 lengths are measured so far."
    assert not any("agree" in sentence for sentence in said)
    assert INFO.conclusion(result_of(state, 0.4, measured=0)) == ()


def test_paths_without_a_gradient_are_told() -> None:
    result = result_of(state_of("cifar-resnet-14"), 0.4)
    rows = tuple({**row, "gradient": 0.0, "log10_gradient": None} for row in result.rows)
    assert (
        INFO.conclusion(replace(result, rows=rows))[-1]
        == "No gradient came through any path that was followed."
    )


def test_what_has_no_paths_to_choose_among_is_refused_in_a_sentence() -> None:
    def refused(state: NetworkState) -> str:
        return INFO.refusal(state, blueprint(state.network), PathsOptions())

    state = state_of("cifar-resnet-14")
    assert refused(state) == ""
    assert "has no shortcuts" in refused(state_of("cifar-plain-20"))
    assert "has no shortcuts" in refused(state_of("vgg16"))
    closed = replace(state, wiring=state.wiring.with_shortcuts([2], 0.0).with_branches([2], 0.0))
    assert "Neither shortcut nor branch of block 2" in refused(closed)
    assert "No block of ResNet-14 has both" in refused(replace(state, wiring=Wiring.evenly(6, 0.0)))
    bare = replace(state, network=replace(state.network, classes=0))
    assert "has no classifier" in refused(bare)


def test_blocks_that_are_cut_lengthen_every_path() -> None:
    state = state_of("cifar-resnet-14")
    result = result_of(replace(state, wiring=state.wiring.with_shortcuts([2, 3], 0.0)), 0.4)
    found = ways_of(result)
    assert found == Ways((1, 4, 5, 6), (2, 3), ())
    assert list(found.lengths) == [2, 3, 4, 5, 6]
    assert found.mean_length == 4
    assert found.shares[4] == pytest.approx(6 / 16)

"""What is said of all sub-networks, from numbers that were made to say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.subnetworks import Found, SubnetworksOptions, conclusion, masks, refusal
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring


def state_of(name: str) -> NetworkState:
    described = spec(name)
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def refused(name: str, blocks: str = "all", drop: Sequence[int] = ()) -> str:
    state = state_of(name)
    state = replace(state, wiring=state.wiring.with_branches(drop, 0.0))
    return refusal(state, blueprint(state.network, state.preprocessing.crop), SubnetworksOptions(blocks))


def result_of(
    error: Callable[[str], float],
    name: str = "cifar-resnet-8",
    *,
    blocks: str = "all",
    most: int | None = None,
    has_labels: bool = True,
    noise: float = 0.0,
) -> StudyResult:
    state, options = state_of(name), SubnetworksOptions(blocks)
    plan = blueprint(state.network, state.preprocessing.crop)
    all_of_them = [*masks(state, plan, options)]
    generator = np.random.default_rng(0)
    rows: list[Row] = []
    for mask in all_of_them[:most]:
        off = noise * float(generator.normal())
        found = error(mask)
        rows.append(
            {
                "point": mask,
                "mask": mask,
                "error": found,
                "error_first": found + off,
                "error_second": found - off,
            }
        )
    order = StudyOrder("subnetworks", state, options, TestSet(), Path("out"))
    return StudyResult(order, Basis(300, 300, has_labels), len(all_of_them), tuple(rows))


def needing(mask: str) -> float:
    """Blocks 1 and 2 are worth nothing alone and 40 together, block 3 is worth 20."""
    both, third = mask[:2] == "11", mask[2] == "1"
    return 90.0 - 40 * both - 20 * third


def test_the_numbers_say_which_need_each_other_and_what_each_is_worth() -> None:
    said = " ".join(conclusion(result_of(needing)))
    assert (
        "error is 30.0\u00a0% with all of them, 90.0\u00a0% with none, and 70.0\u00a0% in the median" in said
    )
    assert "Blocks 1 and 2 need each other most: where one is kept the other adds 40.0 points more" in said
    assert "stand in" not in said
    assert "Of the 60.0 points" in said
    found = Found(result_of(needing))
    assert found.game is not None
    assert found.game.worth.tolist() == [20, 20, 20]
    assert "No sub-network is within 10 points" in said
    assert "50.0\u00a0% (without block 3), 70.0\u00a0% (without block" in said
    assert "each of the blocks is worth 20.0" in said


def test_blocks_that_stand_in_for_each_other_and_what_can_go_are_named() -> None:
    said = " ".join(conclusion(result_of(lambda mask: 90.0 - 70 * ("1" in mask[:2]) + 5 * (mask[2] == "1"))))
    assert (
        "Blocks 1 and 2 stand in for each other most: where one is kept the other adds 70.0 points less"
        in said
    )
    assert "need each other" not in said
    assert "Three of them do better than the whole network on these pictures, by 5.0 points at most" in said
    assert "With 1 of 3 it still is within 10 points of the whole network: block 1 kept, 20.0\u00a0%" in said


def test_what_the_choice_of_pictures_explains_is_no_need() -> None:
    said = " ".join(conclusion(result_of(lambda mask: 90.0 - 20 * mask.count("1"), noise=3.0)))
    assert "No two blocks need each other, or stand in for each other, by more than is known (to ±" in said
    assert "single blocks explain 100 %, pairs 0 %, more together 0 %" in said
    assert "the choice of the pictures alone makes about" in said
    noisy = " ".join(conclusion(result_of(lambda mask: 90.0 - 20 * mask.count("1"), noise=300.0)))
    assert "the choice of the pictures alone makes about as much" in noisy


def test_an_incomplete_result_says_how_far_it_is_and_no_more() -> None:
    assert conclusion(result_of(needing, most=0)) == ()
    (said,) = conclusion(result_of(needing, most=3, has_labels=False))
    assert said.startswith(
        "3 of 8 sub-networks of ResNet-8 are measured so far; the best (the whole network) has 30.0"
    )
    assert "disagreement with the intact network" in said


def test_rows_that_are_no_sub_networks_are_passed_over() -> None:
    result = result_of(needing)
    strange: tuple[Row, ...] = (
        {"point": "a"},
        {"point": "b", "mask": 7, "error": 1.0},
        {"point": "c", "mask": "11", "error": 1.0},
        {"point": "d", "mask": "1x1", "error": 1.0},
        {"point": "e", "mask": "110", "error": "none"},
        {"point": "f", "mask": "110", "error": float("nan")},
    )
    assert conclusion(replace(result, rows=(*strange, *result.rows))) == conclusion(result)


def test_a_few_blocks_alone_take_turns_where_they_are_named() -> None:
    result = result_of(lambda mask: 100.0 - 10 * mask.count("1"), "cifar-resnet-56", blocks="3,5-6")
    assert len(result.rows) == 8
    assert Found(result).players == (3, 5, 6)
    assert "8 sub-networks of its blocks 3, 5-6" in conclusion(result)[0]
    (one,) = conclusion(result_of(lambda mask: 50.0, blocks="2", most=1))
    assert one.startswith("1 of 2")
    assert "block 2 is worth 0.0" in conclusion(result_of(lambda mask: 50.0, blocks="2"))[-1]


def test_sub_networks_begin_as_the_one_before_and_all_are_there() -> None:
    state = state_of("cifar-resnet-20")
    found = [*masks(state, blueprint(state.network, state.preprocessing.crop), SubnetworksOptions())]
    assert (len(found), len(set(found))) == (512, 512)
    assert found == sorted(found, reverse=True)


def test_what_has_no_sub_networks_or_too_many_is_refused_in_a_sentence() -> None:
    assert refused("cifar-resnet-20") == ""
    assert refused("cifar-plain-20") == ""
    assert refused("cifar-resnet-56", "1-12") == ""
    assert refused("cifar-resnet-20", drop=range(1, 9)) == ""
    assert refused("cifar-resnet-56") == (
        "ResNet-56 has 27 blocks to choose from, which make 134\u00a0217\u00a0728 sub-networks: name at most 12 of "
        "them, such as blocks 1-12, or take a smaller network."
    )
    assert "13 blocks to choose from" in refused("cifar-resnet-56", "1-13")
    assert refused("cifar-resnet-20", "1-10") == "There is no block 1-10: this network has blocks 1 to 9."
    state = state_of("cifar-resnet-20")
    bare = replace(state, network=replace(state.network, classes=0))
    assert "has no classifier" in refusal(bare, blueprint(bare.network, 32), SubnetworksOptions())
    assert "is not a list of blocks" in refused("cifar-resnet-20", "first")
    assert refused("cifar-plain-20", "4").startswith("None of these blocks of Plain-20 can be dropped")
    assert refused("cifar-resnet-20", "none").startswith("None of these")
    with pytest.raises(ArgumentError, match="blocks"):
        SubnetworksOptions(3)  # type: ignore[arg-type]  # as a file may say


def test_what_two_halves_say_of_the_doubt_is_how_far_all_pictures_are_off() -> None:
    usual, generator = result_of(lambda mask: 50.0), np.random.default_rng(1)

    def drawn() -> Found:
        """Nothing but chance: each half of the pictures by itself."""
        halves = 50.0 + generator.normal(size=(len(usual.rows), 2))
        rows: list[Row] = [
            {
                **row,
                "error": float(both.mean()),
                "error_first": float(both[0]),
                "error_second": float(both[1]),
            }
            for row, both in zip(usual.rows, halves, strict=True)
        ]
        return Found(replace(usual, rows=tuple(rows)))

    doubts, chances, pairs, strengths = [], [], [], []
    for found in (drawn() for _ in range(400)):
        assert found.game is not None
        assert found.doubt is not None
        assert found.chance is not None
        doubts.append(found.doubt**2)
        chances.append(found.chance[1:])
        pairs.append(found.game.pairs[np.tril_indices(3, -1)])
        strengths.append(found.game.strength[1:])
    assert np.mean(doubts) == pytest.approx(float(np.mean(np.square(pairs))), rel=0.2)
    assert np.mean(chances, axis=0) == pytest.approx(np.mean(strengths, axis=0), rel=0.2)

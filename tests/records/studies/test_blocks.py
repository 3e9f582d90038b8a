"""What "Blocks, one at a time" says of its numbers, and whether it agrees with the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.blocks import (
    INFO,
    BlocksOptions,
    _smoothness,
    kendall_tau,
    levels,
    swap_levels,
    targets,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet, wilson
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef
from resnet_viewer.records.wiring import Wiring, number_ranges

STARTS = {1: 40.0, 10: 20.0, 19: 24.0}


def state_of(name: str) -> NetworkState:
    described = replace(spec(name), weights=WeightsRef("bundled", name))
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def row_of(kind: str, error: float, **facts: object) -> Row:
    """A row of 300 pictures."""
    wrong = round(3 * error)
    low, high = wilson(wrong, 300)
    return {"kind": kind, "error": error, "low": 100 * low, "high": 100 * high, "wrong": wrong, **facts}  # type: ignore[dict-item]


def result_of(
    name: str = "cifar-resnet-56",
    *,
    base: float = 13.3,
    single: Callable[[int], float] = lambda n: STARTS.get(n, 13.0 + n % 5),
    cut: Callable[[int], float] = lambda n: 82.0 + n % 9,
    several: Callable[[int], float] = lambda k: min(90.0, 13.3 + 6 * k),
    swapped: Callable[[int], float] = lambda k: min(90.0, 13.3 + 4 * k),
    labels: bool = True,
    measured: int | None = None,
    options: BlocksOptions | None = None,
) -> StudyResult:
    """Of every kind of point two draws."""
    state = state_of(name)
    plan = blueprint(state.network)
    can = targets(state, plan)
    order = StudyOrder(
        "blocks", state, options or BlocksOptions(draws=2), TestSet("digits"), Path("somewhere")
    )

    def rows() -> Iterator[Row]:
        yield row_of("base", base)
        for block in reversed(can.drop):
            yield row_of("drop", single(block), block=block)
        for block in reversed(can.leave_out):
            yield row_of("leave out", single(block), block=block)
        for block in reversed(can.cut):
            yield row_of("cut", cut(block), block=block)
        kind = "drops" if can.drop else "leave outs"
        for draw, count in _rounds(levels(len(can.several)), last=len(can.several)):
            blocks = number_ranges(can.several[:count])
            draws = 1 if count == len(can.several) else 2
            error = several(count) + draw - (draws + 1) / 2
            yield row_of(kind, error, count=count, draw=draw, draws=draws, blocks=blocks)
        for draw, count in _rounds(swap_levels(plan)):
            moved = [*range(1, len(plan.blocks) + 1)]
            moved[1 : 1 + count] = reversed(moved[1 : 1 + count])
            facts = {"order": ",".join(map(str, moved)), "tau": kendall_tau(moved)}
            yield row_of("swaps", swapped(count), count=count, draw=draw, draws=2, **facts)

    found = [*rows()]
    return StudyResult(order, Basis(300, 3000, labels), points=len(found), rows=tuple(found[:measured]))


def _rounds(counts: Iterable[int], last: int = 0) -> Iterator[tuple[int, int]]:
    return ((draw, count) for draw in (1, 2) for count in counts if draw == 1 or count != last)


def said(result: StudyResult) -> str:
    return " ".join(INFO.conclusion(result)).replace("\u00a0", " ")


def test_a_network_that_is_as_the_paper_says() -> None:
    assert said(result_of()).split(". ") == [
        "As it begins, ResNet-56 has an error of 13.3 % on 300 pictures (95 % interval 9.9 to 17.6 %)",
        "With one residual branch dropped (a lesion) the error is 13.0 to 40.0 %, in the median 15.0 %: least in block "
        "5, most in block 1",
        "24 of 27 branches can be dropped alone with an error in the interval of the whole network: of blocks 2 to 9, "
        "11 to 18, 20 to 27",
        "Where a stage begins (blocks 1, 10, 19) it is 40.0, 20.0 and 24.0 %, in the other blocks 15.0 % in the "
        "median",
        "That agrees with the paper (Figure 3): one branch within a stage is hardly missed, by 1.7 points in the "
        "median",
        "With one shortcut cut (an ablation) the error is 82.0 to 90.0 %, in the median 86.0 %: least in block 9, most "
        "in block 8; in 27 of 27 blocks a cut costs more than dropping the same block's branch",
        "With 1, 4, 8, 15 and 27 random branches dropped together it is 19.3, 37.3, 61.3, 90.0 and 90.0 % in the mean "
        "of up to two draws",
        "That agrees with the paper (Figure 5a): the error grows with the number of branches, no step of it a cliff; "
        "the steepest leads from 0 to 1, by 6.0 of 76.7 points",
        "After 1, 2, 4, 8 and 16 random swaps of blocks of equal shape it is 17.3, 21.3, 29.3, 45.3 and 77.3 % in the "
        "mean of two draws, at a Kendall's τ of 1.00, 0.99, 0.97, 0.84 and 0.32 to the order in which they were "
        "trained",
        "That agrees with the paper (Figure 5b): the error grows with the number of swaps, no step of it a cliff; the "
        "steepest leads from 0 to 1, by 4.0 of 64.0 points.",
    ]


def test_a_network_that_is_not_as_the_paper_says() -> None:
    words = said(result_of(single=lambda n: 50.0, several=lambda k: 80.0 + k / 10, swapped=lambda k: 14.0))
    assert "No branch can be dropped alone with an error in the interval of the whole network." in words
    assert (
        "That does not agree with the paper (Figure 3), because one branch within a stage already costs 36.7 points in "
        "the median, more than 5."
    ) in words
    assert (
        "That does not agree with the paper (Figure 5a), because most of it comes in one step, from 0 to 1, by 66.8 of "
        "69.4 points."
    ) in words
    assert "(Figure 5b), because the error hardly rises, by 0.7 points." in words
    assert "agrees" not in words


def test_a_step_that_is_higher_than_the_end_is_no_part_of_the_whole() -> None:
    words = said(result_of(swapped=lambda k: 90.0 if k == 1 else 43.3))
    assert (
        "That does not agree with the paper (Figure 5b), because it rises by 76.7 from 0 to 1, and by all steps "
        "together only by 30.0 points."
    ) in words


def test_blocks_without_a_shortcut_are_left_out_and_nothing_is_claimed_of_several() -> None:
    words = said(result_of("cifar-plain-20", base=9.0, single=lambda n: 83.0 + n))
    assert (
        "With one block left out, its input going on unchanged, the error is 84.0 to 92.0 %, in the median 88.0 %: "
        "least in block 1, most in block 9. Blocks 4, 7 change the shape of the maps and cannot be left out."
    ) in words
    assert (
        "That agrees with the paper (Figure 3, VGG): without shortcuts one missing block costs 79.0 points in the "
        "median, of 81.0 points up to guessing."
    ) in words
    assert "With 1, 3, 4, 5 and 7 random blocks left out together" in words
    assert "dropped" not in words
    assert "Figure 5" not in words
    spared = said(result_of("cifar-plain-20", base=9.0, single=lambda n: 10.0))
    assert "does not agree with the paper (Figure 3, VGG), because without shortcuts one missing" in spared


def test_without_labels_it_is_disagreement_and_is_called_so() -> None:
    words = said(result_of(labels=False, base=0.0))
    assert words.startswith("True classes are not known, so errors are disagreement with the intact network")
    assert "the disagreement is 13.0 to 40.0 %" in words
    assert "No branch can be dropped alone with a disagreement of at most 5 %." in words
    assert "interval" not in words


@pytest.mark.parametrize("measured", range(0, 109, 3))
def test_what_is_not_complete_claims_no_more_than_there_is(measured: int) -> None:
    words = said(result_of(measured=measured))
    assert words
    if measured == 0:
        assert words == "Nothing is measured yet."
    singles = min(max(measured - 1, 0), 27)
    assert (f"(so far, {singles} of 27 blocks)" in words) == (0 < singles < 27)
    assert ("Figure 3" in words) == (singles == 27)
    several = measured - 55
    assert ("dropped together" in words) == (several > 0)
    assert ("Figure 5a" in words) == (several >= 25)
    assert ("draws (so far)" in words) or not 0 < several < 25 or "one draw (so far)" in words
    assert ("Figure 5b" in words) == (measured >= 90)


def test_a_block_that_is_one_of_a_kind_is_not_called_least_and_most() -> None:
    words = said(result_of(measured=2))
    assert "the error is 15.0 % (block 27) (so far, 1 of 27 blocks)." in words
    assert "the error is 88.0 % in each of 27 blocks; in 27 of 27" in said(result_of(cut=lambda n: 88.0))


def test_untrained_weights_speak_for_no_paper() -> None:
    result = result_of()
    network = replace(result.order.state.network, weights=NO_WEIGHTS)
    order = replace(result.order, state=replace(result.order.state, network=network))
    words = said(replace(result, order=order))
    assert words.endswith("are untrained, so nothing of this speaks for the paper or against it.")
    assert "agree" not in words


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("cifar-resnet-20", {}, ""),
        ("cifar-plain-20", {}, ""),
        (
            "cifar-plain-20",
            {"lesions": False, "several": False, "swaps": False},
            "has no shortcut that is open",
        ),
        ("vgg16", {}, ""),
        (
            "cifar-resnet-20",
            dict.fromkeys(("lesions", "cuts", "several", "swaps"), False),
            "Nothing is to be done to the blocks",
        ),
        (
            "teaching-mnist",
            {"lesions": False, "cuts": False, "several": False},
            "has no two blocks of equal shape",
        ),
    ],
)
def test_what_does_not_apply_is_one_sentence(name: str, options: dict[str, bool], words: str) -> None:
    state = state_of(name)
    found = INFO.refusal(state, blueprint(state.network), BlocksOptions(**options))
    assert words in found if words else found == ""
    assert found.count(". ") == 0


def test_without_classes_there_is_no_error_to_measure() -> None:
    state = state_of("cifar-resnet-20")
    bare = replace(state, network=replace(state.network, classes=0))
    assert "has no classifier" in INFO.refusal(bare, blueprint(bare.network), BlocksOptions())


def test_a_network_in_which_nothing_can_be_done_is_refused() -> None:
    state = state_of("cifar-plain-8")
    closed = replace(state, wiring=state.wiring.with_left_out([1]))
    found = INFO.refusal(closed, blueprint(state.network), BlocksOptions(swaps=False))
    assert found.startswith(
        "None of the three blocks of Plain-8 has a branch to drop, and none can be left out"
    )


@pytest.mark.parametrize("most", range(1, 120))
def test_levels_rise_to_all_blocks(most: int) -> None:
    found = levels(most)
    assert [*found] == sorted(set(found))
    assert (found[0], found[-1]) == (1, most)
    assert len(found) <= 20


def test_a_wide_step_is_no_cliff_and_one_block_with_most_of_the_rise_is() -> None:
    assert _smoothness({0: 10.0, 1: 12.0, 27: 90.0}, "Figure 5a", "it").startswith("that agrees")
    assert "from 0 to 1, by 50.0 of 80.0 points" in _smoothness(
        {0: 10.0, 1: 60.0, 9: 90.0}, "Figure 5a", "it"
    )

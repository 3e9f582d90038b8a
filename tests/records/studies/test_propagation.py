"""What is said of signals before the first step, and which networks are drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.propagation import (
    QUANTITIES,
    PropagationOptions,
    cases,
    conclusion,
    drawn,
    growth,
    point_of,
    refusal,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring

ONE = PropagationOptions(normalisation="as it is", draws=2)


def state_of(name: str) -> NetworkState:
    described = spec(name)
    return NetworkState(
        described, usual_preprocessing(described), Wiring.all_open(len(blueprint(described).blocks))
    )


def result_of(
    state: NetworkState, options: PropagationOptions = ONE, *, rows: int | None = None, **values: list[float]
) -> StudyResult:
    """Every draw of every network finds these numbers, by quantity, and ones otherwise."""
    found: list[Row] = []
    every = cases(state, options)
    for case in every:
        count = len(blueprint(case.network).blocks)
        numbers = {name: tuple(values.get(name, [1.0] * count)) for name in QUANTITIES}
        found += [{"point": point_of(case, number), **numbers} for number in range(1, options.draws + 1)]
    points = len(found)
    return StudyResult(
        StudyOrder("propagation", state, options, None, Path("out")), Basis(), points, tuple(found[:rows])
    )


def staged(one: list[float]) -> list[float]:
    return one * 3


LINE, CURVE = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("cifar-resnet-32", LINE, "It agrees with De and Smith (2020): with batch normalisation"),
        ("cifar-resnet-32-preact", LINE, "It agrees"),
        (
            "cifar-resnet-32",
            CURVE,
            "It does not agree with De and Smith (2020), who find that with batch normalisation",
        ),
        ("cifar-resnet-32-nobn", CURVE, "It agrees with De and Smith (2020): with no normalisation"),
        ("cifar-resnet-32-nobn", LINE, "It does not agree"),
        ("cifar-resnet-32", LINE[::-1], "here it falls on a line with depth"),
        ("cifar-resnet-32-nobn", CURVE[::-1], "here it falls exponentially with depth"),
        ("cifar-resnet-32", [1.0] * 5, "here it grows hardly"),
        ("cifar-resnet-32", [1.0, 4.0, 4.0, 1.0, 4.0], "too short, or its draws too different"),
        ("cifar-resnet-32-nobn-xavier", CURVE, "The papers draw weights after He et al."),
        ("cifar-resnet-32-highway", [1.0] * 5, "The papers do not measure such blocks."),
        ("cifar-resnet-32-bnafter", [1.0] * 5, "The papers do not measure such blocks."),
    ],
)
def test_growth_is_held_against_the_papers(name: str, values: list[float], words: str) -> None:
    said = conclusion(result_of(state_of(name), shortcut_variance=staged(values)))
    assert words in said[-1]


def test_numbers_are_told() -> None:
    result = result_of(
        state_of("cifar-resnet-32"),
        shortcut_variance=staged(LINE),
        branch_variance=[0.5] * 14 + [0.85],
        change_variance=[0.2] * 15,
        gradient=[40.0, *[2.0] * 14],
    )
    signal, branch, gradient, _ = conclusion(result)
    assert signal == (
        "ResNet-32 with BN, two draws: the variance of what the shortcut carries is 1 in block 1 and 5 in block 15: it "
        "grows on a line, by 1 a block within a stage."
    )
    assert (
        "What a branch adds has a variance of 0.5 to 0.85; what follows the addition leaves 0.2 to 0.2"
        in branch
    )
    assert gradient == "The gradient at the output of block 1 is 20 times as large as at the last block's."


def test_a_plain_network_has_outputs_and_no_agreement() -> None:
    result = result_of(
        state_of("cifar-plain-32"),
        output_variance=staged([16.0, 8.0, 4.0, 2.0, 1.0]),
        shortcut_variance=[-1.0] * 15,
        branch_variance=[1.0] * 15,
    )
    signal, _, agreement = conclusion(result)
    assert "the variance of the block's output is 16 in block 1 and 1 in block 15" in signal
    assert "falls exponentially, to 0.5 of itself a block" in signal
    assert "lay the residual one over it" in agreement


def test_branches_of_zero_add_nothing_and_their_layers_follow_what_multiplies_them() -> None:
    result = result_of(
        state_of("cifar-resnet-32-skipinit"), branch_variance=[0.0] * 15, weight_gradient=[0.0] * 15
    )
    said = " ".join(conclusion(result))
    assert "Its branches add exactly nothing before the first step." in said
    assert "a gradient of exactly zero before the first step, because what multiplies them is zero" in said


def test_of_branches_that_gates_close_nothing_is_said() -> None:
    state = state_of("cifar-resnet-32")
    closed = replace(state, wiring=state.wiring.with_branches(range(1, 16), 0.0))
    said = conclusion(result_of(closed, branch_variance=[-1.0] * 15, weight_gradient=[0.0] * 15))
    assert not any("before the first step" in each for each in said)
    assert "the variance of what the shortcut carries is 1 in block 1" in said[0]
    assert said[-1].startswith("Some of its gates are not open")


def test_fixup_and_skipinit_are_held_against_their_own_papers() -> None:
    fixup = replace(ONE, gradient_of="loss")
    result = result_of(
        state_of("cifar-resnet-32-fixup"), fixup, branch_variance=[0.0] * 15, gradient=[0.0] * 15
    )
    *_, gradient, agreement = conclusion(result)
    assert "its classifier is zero before the first step" in gradient
    assert agreement.startswith("It agrees with Zhang, Dauphin and Ma (2019)")
    state = state_of("cifar-resnet-32-skipinit")
    assert (
        "agrees with De and Smith (2020): a block begins"
        in conclusion(result_of(state, branch_variance=[0.0] * 15))[-1]
    )
    assert "It does not agree with De and Smith (2020)" in conclusion(result_of(state))[-1]
    (case,) = cases(state, PropagationOptions())
    assert case.words == "ResNet-32 (SkipInit)", "there it is no choice"
    short = result_of(state_of("cifar-resnet-8-skipinit"), branch_variance=[0.0] * 3)
    assert conclusion(short)[-1].startswith("Its stages are too short"), "each has one block"


def test_what_no_double_holds_is_told_as_that_and_what_is_missing_is_passed_over() -> None:
    values = [1.0] * 14 + [1e300]
    result = result_of(state_of("cifar-resnet-32-nobn"), shortcut_variance=values)
    assert "more than a double holds in block 15" in conclusion(result)[0]
    assert np.isinf(drawn(result)[0].values("shortcut_variance")[:, -1]).all()
    odd = replace(result, rows=({**result.rows[0], "gradient": "strange"}, result.rows[1]))
    assert drawn(odd)[0].values("gradient").shape == (1, 15)
    assert conclusion(odd)
    assert conclusion(replace(result, rows=())) == ()
    assert "1 of 2 draws are measured so far." in conclusion(replace(result, rows=result.rows[:1]))


def test_growth_is_told_from_each_stage() -> None:
    assert growth([np.array(CURVE), np.array(CURVE) / 2]).number == pytest.approx(2.0)
    assert growth([np.array(LINE), np.array(LINE) + 3]).number == pytest.approx(1.0)
    walk = np.random.default_rng(0).normal(0.7, 0.3, 200).cumsum()
    assert growth([np.exp(walk)]).kind == "exponential", "also where its factors differ, in 200 blocks"
    assert growth([np.arange(1.0, 200.0)]).kind == "linear"
    assert growth([np.array([1.0, 9.0])]).kind == "unclear"
    assert growth([np.array([1.0]), np.array([9.0])]).kind == "unclear", "no stage has two blocks"
    assert growth([np.array([1.0, np.nan, 3.0])]).kind == "unclear"
    assert growth([np.array([2.0, 2.1, 2.2, 2.3])]).kind == "steady"


def test_whichever_weights_the_session_has_they_play_no_part() -> None:
    state = state_of("cifar-resnet-20")
    trained = replace(state.network, weights=WeightsRef("bundled", "cifar-resnet-20"), seed=3)
    result = result_of(replace(state, network=trained))
    assert result.order.state == state
    assert result.order == result_of(state).order, "one goes on with the other"


def test_depths_and_normalisation_are_chosen() -> None:
    state = state_of("cifar-resnet-20-c")
    every = cases(state, PropagationOptions(depths="110, 8"))
    assert [case.network.name for case in every] == [
        "cifar-resnet-8-c", "cifar-resnet-8-c", "cifar-resnet-110-c", "cifar-resnet-110-c",
    ]  # fmt: skip
    assert [case.words for case in every[:2]] == ["ResNet-8 (C) with BN", "ResNet-8 (C, no BN)"]
    assert every[0].network == replace(spec("cifar-resnet-8-c"), seed=0)
    assert every[2].network.stages == spec("cifar-resnet-110-c").stages
    (deep,) = cases(state_of("cifar-resnet-20-bottleneck"), replace(ONE, depths="164"))
    assert deep.network == spec("cifar-resnet-164-bottleneck")
    assert [case.words for case in cases(state_of("vgg16"), PropagationOptions())] == [
        "VGG-16 (BN)",
        "VGG-16",
    ]
    assert len(cases(state_of("alexnet"), PropagationOptions())) == 1, "there it is no choice"


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("cifar-resnet-20", PropagationOptions(depths="8;20"), "are no depths"),
        ("cifar-resnet-20", PropagationOptions(depths="8,9"), "6n + 2, from 8 to 1202, which 9 is not"),
        ("cifar-resnet-20", PropagationOptions(depths="9998"), "which 9998 is not"),
        (
            "resnet18",
            PropagationOptions(depths="20"),
            "Only CIFAR networks come in every depth: take ResNet-18",
        ),
        (
            "alexnet",
            PropagationOptions(normalisation="with"),
            "AlexNet is always without batch normalisation",
        ),
        ("resnet50v2", PropagationOptions(normalisation="without"), "always with batch normalisation"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(
    name: str, options: PropagationOptions, words: str
) -> None:
    state = state_of(name)
    assert words in refusal(state, blueprint(state.network), options)


def test_gates_are_those_of_one_depth_and_a_score_needs_a_classifier() -> None:
    state = state_of("cifar-resnet-20")
    cut = replace(state, wiring=state.wiring.with_shortcuts([2], 0.0))
    plan = blueprint(state.network)
    assert "open all gates" in refusal(cut, plan, PropagationOptions(depths="8"))
    assert refusal(cut, plan, PropagationOptions()) == ""
    assert "gates are not open" in conclusion(result_of(cut))[-1]
    headless = replace(state, network=replace(state.network, classes=0))
    assert "there is no loss" in refusal(headless, plan, PropagationOptions(gradient_of="loss"))
    assert refusal(headless, plan, PropagationOptions()) == ""

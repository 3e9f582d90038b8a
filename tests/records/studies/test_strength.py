"""What "Strength of the shortcuts" says of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.strength import (
    INFO,
    StrengthOptions,
    groups,
    needs,
    rows_by_group,
    strengths,
)
from resnet_viewer.records.study import Basis, StudyOrder, StudyResult
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring

ErrorAt = Callable[[str, float], float]


def state_of(name: str = "cifar-resnet-14") -> NetworkState:
    described = spec(name)
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def result_of(
    error: ErrorAt, *, measured: int | None = None, has_labels: bool = True, **options: object
) -> StudyResult:
    """Errors are invented; the first layer's gradient falls by ten decades."""
    state, chosen = state_of(), StrengthOptions(**{"steps": 10, **options})  # type: ignore[arg-type]
    order = StudyOrder("strength", state, chosen, TestSet("digits"), Path("somewhere"))
    rows = [
        {
            "point": f"{name}={strength:g}",
            "shortcuts": name,
            "strength": strength,
            "error": error(name, strength),
            "error_low": error(name, strength) - 2,
            "error_high": error(name, strength) + 2,
            "right": 1 - error(name, strength) / 100,
            "first_gradient": 10.0 ** (-10 * (1 - strength)),
            "last_gradient": 2.0,
            "gradient_pictures": 8,
        }
        for name in reversed(groups(blueprint(state.network), chosen))
        for strength in reversed(strengths(chosen))
    ]
    return StudyResult(order, Basis(300, 300, has_labels), len(rows), tuple(rows[:measured]))


def falling(name: str, strength: float) -> float:
    """90 % where cut; conv4_x needs little, conv3_x much."""
    until = {"conv4_x": 0.35, "conv3_x": 0.85}.get(name, 0.65)
    return 10.0 if strength > until else 90.0


def test_it_says_how_far_down_each_group_can_go_and_which_stage_needs_most() -> None:
    said = INFO.conclusion(result_of(falling))
    assert said[0] == (
        "With all shortcuts open the error is 10.0\u00a0%, cut 90.0\u00a0%; down to strength 0.7 it stays within 5 "
        "points, at 0.6 it is 90.0\u00a0%."
    )
    assert "the shortcuts of conv3_x" in said[2]
    assert "down to strength 0.9" in said[2]
    assert said[4] == "Of the stages conv3_x needs its shortcuts most."
    assert said[5] == (
        "With all shortcuts the gradient norm of the score, the mean over 8 pictures, is in the first layer 1 open and "
        "1e-10 cut (10.0 decades less) and in the last layer 2 open and 2 cut."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (lambda _, strength: 12.0, "no strength in between brings it more than 5 points higher"),
        (lambda _, strength: 10.0 if strength == 1 else 60.0, "already at strength 0.9 it is 60.0"),
    ],
)
def test_extremes_have_their_own_words(error: ErrorAt, words: str) -> None:
    assert words in INFO.conclusion(result_of(error, shortcuts="one block", block=3))[0]


def test_what_recovers_further_down_is_not_counted() -> None:
    result = result_of(lambda _, strength: 90.0 if strength == 0.5 else 10.0, shortcuts="all")
    assert needs(rows_by_group(result)["all"]) == 0.6


def test_an_incomplete_result_tells_of_complete_groups_alone() -> None:
    said = INFO.conclusion(result_of(falling, measured=15))
    assert "conv4_x" in said[0]
    assert said[1:] == ("15 of 44 strengths are measured so far.",)
    assert INFO.conclusion(result_of(falling, measured=0)) == ()
    assert INFO.conclusion(result_of(falling, measured=4)) == ("4 of 44 strengths are measured so far.",)


def test_without_labels_it_is_disagreement_and_gradients_that_are_none_or_zero_are_told() -> None:
    result = result_of(falling, has_labels=False, shortcuts="all")
    assert "the disagreement with the intact network is" in INFO.conclusion(result)[0]
    rows = tuple({**row, "first_gradient": None, "last_gradient": 0.0} for row in result.rows)
    said = INFO.conclusion(replace(result, rows=rows))[-1]
    assert "in the first layer not a finite number and in the last layer 0 open and zero cut" in said


def test_groups_are_all_stages_or_one_block_with_a_shortcut() -> None:
    plan = blueprint(spec("cifar-resnet-14"))
    assert groups(plan, StrengthOptions()) == {
        "all": (1, 2, 3, 4, 5, 6),
        "conv2_x": (1, 2),
        "conv3_x": (3, 4),
        "conv4_x": (5, 6),
    }
    assert groups(plan, StrengthOptions(shortcuts="one block", block=4)) == {"block 4": (4,)}
    assert strengths(StrengthOptions(steps=4)) == (0, 0.25, 0.5, 0.75, 1)
    assert strengths(StrengthOptions(steps=5, lowest=0.9)) == (0.9, 0.92, 0.94, 0.96, 0.98, 1)
    assert set(strengths(StrengthOptions())) == {step / 20 for step in range(21)}


def test_above_zero_nothing_is_called_cut() -> None:
    said = INFO.conclusion(result_of(falling, shortcuts="all", lowest=0.5))
    assert "at strength 0.5 90.0" in said[0]
    assert "1 open and 1e-05 at strength 0.5" in said[1]
    assert not any(" cut" in sentence for sentence in said)


def test_what_has_no_shortcut_to_weaken_is_refused_in_a_sentence() -> None:
    def refused(state: NetworkState, options: StrengthOptions | None = None) -> str:
        return INFO.refusal(state, blueprint(state.network), options or StrengthOptions())

    assert refused(state_of()) == ""
    assert "has no shortcuts to weaken" in refused(state_of("cifar-plain-20"))
    assert "There is no block 7" in refused(state_of(), StrengthOptions(shortcuts="one block", block=7))
    assert refused(state_of(), StrengthOptions(block=7)) == "", "the number counts for one block alone"
    bare = replace(state_of(), network=replace(state_of().network, classes=0))
    assert "has no classifier" in refused(bare)


@pytest.mark.parametrize(
    ("error", "lowest"), [(15.0, 0.5), (15.1, 1.0), (None, 1.0)], ids=["within", "above", "not known"]
)
def test_it_needs_what_lies_above_the_first_strength_that_is_not_within_five_points(
    error: float | None, lowest: float
) -> None:
    assert needs({1.0: {"error": 10.0}, 0.75: {"error": error}, 0.5: {"error": 10.0}}) == lowest

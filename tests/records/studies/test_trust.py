"""What is said of maps beside random ones, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.trust import (
    CURVES,
    INFO,
    TrustOptions,
    conclusion,
    map_passes,
    mean_interval,
    refusal,
    steps_of,
    t_quantile,
)
from resnet_viewer.records.study import Basis, Row, StudyOrder, StudyResult, option_words
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.weights import WeightsRef, WeightsSource
from resnet_viewer.records.wiring import Wiring

OPTIONS = TrustOptions(pictures=6, steps=4)
_NOISE = np.random.default_rng(0).normal(size=(6, 40)) * 0.02
_NOISE -= _NOISE.mean(0)


def state_of(name: str = "cifar-resnet-8", source: WeightsSource = "bundled") -> NetworkState:
    described = replace(spec(name), weights=WeightsRef(source, name))
    return NetworkState(described, usual_preprocessing(described), Wiring.all_open(described.block_count))


def rows_of(
    number: int, *, gain: float, kept: float, steps: int, blank_steps: Sequence[float] = ()
) -> list[Row]:
    """A picture whose areas are better than random by `gain`, and whose maps stay as alike as `kept` says."""
    noise = _NOISE[number % 6]
    begin = {"number": number, "picture": f"{number}.png", "class": 3, "is_blank": False}
    curves: dict[str, object] = {**begin, "point": f"picture {number}, curves", "measure": "curves"}
    for place, curve in enumerate(CURVES):
        better = gain if curve == "insertion" else -gain
        ours = 0.5 + better + noise[place]
        curves |= {
            curve: (0.2, ours, ours, ours, 0.9),
            f"{curve}_random": (0.2, 0.5, 0.5, 0.5, 0.9),
            f"{curve}_area": ours,
            f"{curve}_area_random": 0.5,
        }
    anew: dict[str, object] = {
        **begin, "point": f"picture {number}, weights drawn anew", "measure": "weights drawn anew",
        "blank_steps": tuple(blank_steps),
    }  # fmt: skip
    for kind in ("rank", "magnitude", "ssim"):
        anew[kind] = tuple(float(kept + noise[10 + step]) for step in range(steps))
        anew[f"{kind}_random"] = float(noise[9])
    changes = {
        **begin, "point": f"picture {number}, changes", "measure": "changes",
        "untold": 0.6 - gain + noise[30], "untold_random": 0.6,
        "sensitivity": 0.05 + noise[31], "sensitivity_random": 1.2,
    }  # fmt: skip
    return [curves, anew, changes]  # type: ignore[list-item]  # as files give them


def result_of(
    gain: float = 0.2,
    kept: float = 0.0,
    *,
    options: TrustOptions = OPTIONS,
    name: str = "cifar-resnet-8",
    count: int = 6,
    blank_steps: Sequence[float] = (),
) -> StudyResult:
    order = StudyOrder("trust", state_of(name), options, TestSet(), Path("out"))
    empty = StudyResult(order, Basis(300, 300), 18)
    steps = len(steps_of(empty))
    rows = [
        row
        for number in range(1, count + 1)
        for row in rows_of(number, gain=gain, kept=kept, steps=steps, blank_steps=blank_steps)
    ]
    return replace(empty, rows=tuple(rows))


def test_maps_that_are_better_than_random_ones_and_follow_the_weights_pass_every_check() -> None:
    begun, *said = conclusion(result_of(0.2, 0.0))
    assert begun.startswith("Grad-CAM of block 3 passes 6 of 6 checks on six pictures, five random maps")
    insertion, deletion, fading, weights, infidelity, sensitivity = said
    assert insertion.startswith("Passes insertion into the blurred picture: ")
    assert "the area under the probability of the class is 0.70 against 0.50 of random maps" in insertion
    assert deletion.startswith("Passes deletion to black: ")
    assert fading.startswith("Passes deletion to the blurred picture: ")
    assert weights.startswith("Passes weights drawn anew: with the classifier alone drawn anew the rank")
    assert weights.endswith(
        "; at most 0.3 more than random maps passes; so find Adebayo et al. of this method."
    )
    assert infidelity.startswith("Passes infidelity: ")
    assert "0.40 against 0.60" in infidelity
    assert sensitivity.startswith("Passes sensitivity: ")
    assert not any("trust" in sentence for sentence in said), "a check says how maps do beside random ones"


def test_maps_that_are_no_better_than_random_ones_and_stay_as_they_are_fail() -> None:
    result = result_of(0.0, 0.6, options=replace(OPTIONS, method="guided_backprop"))
    begun, *said = conclusion(result)
    assert begun.startswith("Guided backpropagation passes 1 of 6 checks on six pictures")
    assert [sentence.partition(" ")[0] for sentence in said] == [*["Fails"] * 5, "Passes"]
    assert sum("so it hardly differs" in sentence for sentence in said) == 3
    assert "that with everything drawn anew 0.6" in said[3]
    assert "that of magnitudes 0.6" in said[3]
    assert said[3].endswith("so find Adebayo et al. of this method.")
    assert "Adebayo et al. find that this method passes" in " ".join(conclusion(result_of(0.0, 0.6)))
    order = replace(result.order, state=state_of(source="none"))
    assert "Adebayo" not in " ".join(conclusion(replace(result, order=order))), "of no trained weights"
    assert conclusion(result_of(0.0, 0.3))[4].startswith("Leaves open weights drawn anew: ")


def test_one_picture_does_not_tell_and_an_incomplete_result_says_so() -> None:
    result = result_of(count=1)
    begun, *said = conclusion(result)
    assert begun.startswith("Grad-CAM of block 3 on one picture so far, of 6, five random maps")
    assert all(sentence.startswith("Leaves open ") for sentence in said)
    assert len(conclusion(replace(result, rows=result.rows[:1]))) == 4
    assert conclusion(replace(result, rows=())) == ()


def test_what_too_few_pictures_tell_is_left_open_by_every_check() -> None:
    """Their mean is better, but by chance it may be worse as well: no map fails because pictures are few."""
    spread = np.linspace(-0.3, 0.3, 6)
    result = result_of(0.05)
    names = [f"{curve}_area" for curve in CURVES] + ["untold", "sensitivity"]

    def spread_out(row: Row) -> Row:
        place = int(float(str(row["number"]))) - 1
        beside = {"sensitivity": "sensitivity_random", "untold": "untold_random"}
        changed = {
            name: float(str(row[beside.get(name, f"{name}_random")])) - 0.05 + float(spread[place])
            for name in names
            if name in row
        }
        return {**row, **changed}

    begun, *said = conclusion(replace(result, rows=tuple(map(spread_out, result.rows))))
    assert begun.startswith("Grad-CAM of block 3 passes 1 of 6 checks and leaves 5 open on six pictures")
    words = {sentence.partition(":")[0] for sentence in said}
    assert words == {
        "Leaves open insertion into the blurred picture",
        "Leaves open deletion to black",
        "Leaves open deletion to the blurred picture",
        "Passes weights drawn anew",
        "Leaves open infidelity",
        "Leaves open sensitivity",
    }


def test_blank_maps_are_counted_and_have_no_rank_correlation() -> None:
    result = result_of(blank_steps=(1.0, 4.0))
    said = " ".join(conclusion(result))
    assert "40 % of the maps drawn anew are blank" in said
    assert "with everything drawn anew" not in said, "the last step's are blank, all of them"
    row: Row = {"point": "a", "measure": "curves", "number": 7, "is_blank": True}
    assert "One map of 7 is blank" in conclusion(replace(result, rows=(*result.rows, row)))[1]


def test_rows_of_a_file_that_are_none_of_the_studys_are_passed_over() -> None:
    result = result_of()
    strange: tuple[Row, ...] = (
        {"point": "a"},
        {
            "point": "b",
            "insertion": (1.0,),
            "insertion_area": "much",
            "rank": 3.0,
            "blank_steps": (99.0, -1.0),
        },
        {"point": "c", "rank": (0.0,) * 5, "rank_random": 0.0, "blank_steps": (99.0,), "untold": None},
    )
    assert len(conclusion(replace(result, rows=strange))) >= 1
    assert conclusion(replace(result, rows=(*result.rows, *strange[:2])))[1:] == conclusion(result)[1:]


def test_what_cannot_be_measured_is_refused() -> None:
    state = state_of()
    plan = blueprint(state.network)
    assert refusal(state, plan, OPTIONS) == ""
    assert (
        refusal(state, plan, replace(OPTIONS, block=9)) == "ResNet-8 has three blocks: there is no block 9."
    )
    assert refusal(state, plan, replace(OPTIONS, method="saliency", block=9)) == ""
    gated = state_of("cifar-resnet-8-highway")
    words = refusal(gated, blueprint(gated.network), replace(OPTIONS, method="lrp"))
    assert "has no rule for the product in a gated block" in words
    bare = replace(state, network=replace(state.network, classes=0))
    assert "has no classifier" in refusal(bare, blueprint(bare.network), OPTIONS)
    with pytest.raises(ArgumentError):
        TrustOptions(method="magic")  # type: ignore[arg-type]


def test_options_are_said_by_the_titles_of_their_choices() -> None:
    from dataclasses import fields

    (method,) = (field for field in fields(TrustOptions) if field.name == "method")
    assert option_words(TrustOptions(method="lrp"), method) == "Method Layer-wise relevance"
    assert INFO.origin.startswith("Petsiuk, Das and Saenko 2018; Adebayo et al. 2018; Yeh et al. 2019")


def test_a_map_costs_its_passes_a_backward_one_as_much_as_two() -> None:
    state = state_of()
    assert map_passes(state, OPTIONS) == 3
    assert map_passes(state, replace(OPTIONS, method="integrated_gradients")) == 52 + 2 * 50


def test_an_interval_of_a_correlation_ends_where_correlations_do() -> None:
    for count in (2, 3):
        said = " ".join(conclusion(result_of(0.2, 0.9, count=count)))
        ends = [
            float(end.replace("−", "-"))
            for end in re.findall(r"rank correlation is [^(]*\((\S+) to (\S+)\)", said)[0]
        ]
        assert -1 <= ends[0] <= ends[1] <= 1


def test_intervals_are_students() -> None:
    # of t with 1, 4, 9, 10 and 30 degrees of freedom, from tables
    for freedom, wanted in ((1, 12.706), (4, 2.776), (9, 2.262), (10, 2.228), (30, 2.042), (10_000, 1.960)):
        assert t_quantile(freedom) == pytest.approx(wanted, abs=2e-3)
    mean, low, high = mean_interval(np.array([1.0]))
    assert (mean, low, high) == (1.0, -np.inf, np.inf)

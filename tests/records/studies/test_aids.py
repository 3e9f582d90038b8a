"""What "What helps depth" asks for, and says of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.studies.training import first_state, training_plan
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.studies.aids import AIDS, INFO, AidsOptions, found
from resnet_viewer.records.study import Basis, StudyOrder, StudyResult

AS_THE_PAPERS = {"plain": 8.0, "residual": 4.0, "highway": 4.1, "stochastic": 3.0, "weakened": 6.0}


def result_of(
    error: Callable[[str, int, int], float | None], *, measured: int | None = None, **options: object
) -> StudyResult:
    """Errors by aid, depth and seed are invented."""
    chosen = AidsOptions(**{"seeds": 3, **options})  # type: ignore[arg-type]
    rows = []
    for seed in range(chosen.seeds):
        for depth in chosen.each_depth:
            for aid in AIDS:
                value = error(aid.name, depth, seed)
                rows.append(
                    {
                        "point": f"{aid.name}-{depth}-{seed}",
                        "aid": aid.name,
                        "depth": depth,
                        "error": value,
                        "training_error": value,
                    }
                )
    order = StudyOrder("aids", first_state("aids", chosen), chosen, None, Path("somewhere"))
    return StudyResult(order, Basis(359, 359, True), len(rows), tuple(rows[:measured]))


def as_the_papers(aid: str, depth: int, seed: int) -> float:
    deeper = 20.0 if aid == "plain" else 1.0 if aid == "weakened" else -0.5
    return AS_THE_PAPERS[aid] + deeper * (depth > 20) + 0.01 * seed


def test_what_the_papers_found_agrees() -> None:
    said = " ".join(INFO.conclusion(result_of(as_the_papers)))
    assert "With 20 layers, after 24 epochs on Digits, errors are: plain 8.0 ± 0.0 % (3 seeds)" in said
    assert (
        "Better than the plain network of 56 layers by more than the seeds differ: residual, highway, "
        in said
    )
    assert "2.5 against 3.5 % on test pictures" in said
    assert "as Huang et al. found" in said
    assert "leave is better than one that was plain from the start" in said
    assert (
        "From 20 to 56 layers these get worse by more than the seeds differ: plain and weakened to plain."
        in said
    )
    assert "That agrees with He et al. (2015)" in said


def test_what_they_did_not_find_is_said_too() -> None:
    turned = result_of(lambda aid, depth, seed: {"plain": 1.0, "stochastic": 9.0}.get(aid, 2.0) + 0.01 * seed)
    said = " ".join(INFO.conclusion(turned))
    assert "None of them is better than the plain network of 20 layers" in said
    assert "found the contrary" in said
    assert "leave is worse than" in said
    assert "does not agree with He et al. (2015)" in said


def test_a_part_of_the_runs_or_one_seed_claims_no_difference() -> None:
    part = result_of(as_the_papers, measured=7)
    assert len(found(part)) == 7
    said = " ".join(INFO.conclusion(part))
    assert "7 of 30 runs have ended so far." in said
    assert "Better" not in said
    one = " ".join(INFO.conclusion(result_of(as_the_papers, seeds=1)))
    assert "(1 seed)" in one
    assert "Better" not in one
    assert "agree" not in one
    assert INFO.conclusion(result_of(as_the_papers, measured=0)) == ()


@pytest.mark.parametrize("measured", [11, 12, 14])
def test_nothing_is_held_against_another_while_a_second_seed_of_one_is_missing(measured: int) -> None:
    said = " ".join(INFO.conclusion(result_of(lambda aid, depth, seed: 5.0 + 0.01 * seed, measured=measured)))
    assert f"{measured} of 30 runs have ended so far." in said
    assert "errors are: plain 5.0 ± 0.0 % (2 seeds)" in said
    assert "the seeds differ" not in said
    assert "Huang" not in said


def test_what_diverged_with_every_seed_is_worse_than_what_did_not() -> None:
    said = " ".join(
        INFO.conclusion(
            result_of(lambda aid, d, s: None if aid == "plain" and d == 56 else as_the_papers(aid, 20, s))
        )
    )
    assert "plain nothing, as every run diverged" in said
    assert "these get worse by more than the seeds differ: plain." in said


def test_the_runs_differ_in_what_they_are_helped_by_alone() -> None:
    options = AidsOptions(depths="8, 14", epochs=8, seeds=2, bias=-2.0, survival=0.7)
    plan = training_plan("aids", options)
    assert len(plan.runs) == 2 * 2 * len(AIDS)
    assert [each.run.network.seed for each in plan.runs] == [0] * 10 + [1] * 10
    runs = {(each.facts["aid"], each.facts["depth"]): each.run for each in plan.runs[:10]}
    assert not runs["plain", 14].network.has_shortcuts
    assert (runs["highway", 14].network.merge, runs["highway", 14].network.gate_bias) == ("highway", -2)
    assert runs["stochastic", 14].recipe.survival == 0.7
    weakened = runs["weakened", 14]
    assert [weakened.strength_at(step, 10) for step in (0, 19, 39, 59, 79)] == [1, 1, 0.5, 0, 0]
    for (aid, depth), run in runs.items():
        assert run.network.depth == depth
        assert replace(run.recipe, name="quick", survival=1.0, shortcuts=None) == runs["plain", 8].recipe, aid


@pytest.mark.parametrize(
    ("depths", "words"), [("", "up to 3"), ("a", "up to 3"), ("8 14 20 26", "up to 3"), ("20, 57", "6n")]
)
def test_depths_that_are_none_are_refused(depths: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        AidsOptions(depths=depths)


@pytest.mark.parametrize(("bias", "words"), [(float("nan"), "a finite number"), (1e9, "from -10 to 10")])
def test_gates_begin_with_a_number_that_networks_can_have(bias: float, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        AidsOptions(bias=bias)

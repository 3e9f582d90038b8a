"""What "Shortcuts and orders" says of its numbers, beside the paper's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.preprocessing import usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.studies.merges import BY_NAME, INFO, KINDS, MergesOptions, found, kinds_of
from resnet_viewer.records.study import Basis, StudyOrder, StudyResult
from resnet_viewer.records.wiring import Wiring


def result_of(
    error: Callable[[str, int], float | None], *, measured: int | None = None, **options: object
) -> StudyResult:
    """Errors of each kind and seed are invented."""
    chosen = MergesOptions(**{"seeds": 3, **options})  # type: ignore[arg-type]
    described = spec("cifar-resnet-56")
    state = NetworkState(described, usual_preprocessing(described), Wiring.all_open(27))
    rows = [
        {
            "point": f"{kind.name}-{seed}",
            "kind": kind.name,
            "error": error(kind.name, seed),
            "training_error": 0.0,
        }
        for seed in range(chosen.seeds)
        for kind in kinds_of(chosen)
    ]
    order = StudyOrder("merges", state, chosen, None, Path("somewhere"))
    return StudyResult(order, Basis(359, 359, True), len(rows), tuple(rows[:measured]))


def as_the_paper(name: str, seed: int) -> float:
    return (BY_NAME[name].paper or 60.0) + 0.01 * seed


def test_the_paper_s_tables_are_there_with_their_failures() -> None:
    assert sum(kind.table == 1 for kind in KINDS) == 10
    assert sum(kind.table == 2 for kind in KINDS) == 4
    assert [kind.name for kind in KINDS if kind.paper is None] == [
        "no shortcut", "half shortcut", "exclusive 0", "dropout",
    ]  # fmt: skip
    assert {kind.name: kind.paper for kind in KINDS if kind.table == 2} == {
        "bn after": 8.17, "relu before": 7.84, "relu only": 6.71, "full": 6.37,
    }  # fmt: skip
    assert len(kinds_of(MergesOptions(tables="2"))) == 5, "the original is a row of both"


def test_the_paper_s_order_agrees() -> None:
    said = " ".join(INFO.conclusion(result_of(as_the_paper)))
    assert "The original ResNet-56 errs on 6.6 ± 0.0 % (3 seeds)" in said
    assert "Kendall's τ is 1.00" in said
    assert "order of the 14 agrees with the paper's" in said
    assert "Against the paper's order" not in said
    assert "better than the original: full pre-activation (6.4 %)." in said
    assert "no shortcut, plain, half shortcut, exclusive gate, 0 and dropout" in said


def test_the_order_turned_round_does_not_and_pairs_are_named() -> None:
    said = " ".join(INFO.conclusion(result_of(lambda name, seed: 70 - as_the_paper(name, seed))))
    assert "does not agree with the paper's" in said
    assert "Against the paper's order, and by more than the seeds differ: " in said
    assert "pairs more" in said


def test_what_the_seeds_differ_by_is_no_difference() -> None:
    said = " ".join(
        INFO.conclusion(result_of(lambda name, seed: 5.0 + 3 * seed + 0.1 * len(name), tables="2"))
    )
    assert "Not to be told from the original" in said
    assert "worse than" not in said
    assert "which is less than the seeds differ by" in said


def test_one_seed_tells_no_two_apart_and_a_part_of_the_runs_no_order() -> None:
    said = " ".join(INFO.conclusion(result_of(as_the_paper, seeds=1)))
    assert "standard error" not in said
    assert "The lowest mean is that of full pre-activation: 6.4 % (1 seed)." in said
    so_far = " ".join(INFO.conclusion(result_of(as_the_paper, measured=9)))
    assert "9 of 42 runs have ended so far." in so_far
    assert "Kendall" not in so_far
    assert INFO.conclusion(result_of(as_the_paper, measured=0)) == ()


def test_what_diverged_is_the_worst_and_no_number() -> None:
    result = result_of(lambda name, seed: None if name == "dropout" else as_the_paper(name, seed))
    assert found(result)["dropout"].mean is None
    assert "Kendall's τ is 0.9" in " ".join(INFO.conclusion(result))


def test_a_depth_without_a_network_is_refused() -> None:
    with pytest.raises(ArgumentError, match="6n"):
        MergesOptions(depth=57)

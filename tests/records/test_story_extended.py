"""What is said about depth where some runs were made longer than others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import EpochReport, Extension
from tests.records.story_runs import STEPS, four, text, told


def extended(run: StoryRun, step: int, *more: float, to: int = 0, final: float | None = None) -> StoryRun:
    """The run after it was made longer by more epochs with such errors, done where they are all there."""
    length = to or run.length + len(more)
    last = len(run.epochs)
    reports = tuple(EpochReport(last + i, 0.1, 1.0, error, 9.0, 2.0) for i, error in enumerate(more))
    is_done = last + len(more) == length
    return replace(
        run,
        run=replace(run.run, extensions=(*run.run.extensions, Extension(step, length))),
        epochs=(*run.epochs, *reports),
        state="done" if is_done else "running",
        final_train_error=more[-1] if is_done and final is None else final,
    )


def five() -> list[StoryRun]:
    return [told("cifar-plain-8", 60, 30, 1), *four(1, 1, 50, 1)]


@pytest.mark.parametrize("more", [(), (40.0,), (40.0, 30.0, 20.0)])
def test_a_run_that_was_extended_at_its_end_is_compared_over_what_it_shares(more: tuple[float, ...]) -> None:
    runs = five()
    runs[3] = extended(runs[3], 3 * STEPS, *more, to=6)
    said = text(runs)
    assert said.startswith("After 3 epochs, the deepest plain network errs far more than the shallowest")
    assert "Plain-56 errs on 50.0 % of them" in said
    assert "new pictures alone. Shortcuts turn it round" in said, "nothing of it is to come"
    assert "o degradation" not in said
    assert ("The training error after 6 epochs: Plain-56 20.0 %." in said) is (len(more) == 3)
    assert said.count("n the test set:") == 1
    assert "Plain-56 3.0 %" in said, "the test error of the third epoch"
    assert "not compared" not in said


@pytest.mark.parametrize("state", ["stopped", "failed", "diverged"])
def test_an_extended_run_that_ended_before_its_new_end_has_what_it_shares(state: Any) -> None:
    runs = five()
    runs[3] = replace(extended(runs[3], 3 * STEPS, 40, to=6), state=state)
    assert text(runs).startswith("After 3 epochs, the deepest plain network errs far more")


def test_runs_that_were_extended_to_several_lengths_are_compared_where_their_schedules_part() -> None:
    runs = [
        extended(told("cifar-plain-20", 30, 9, 1), 3 * STEPS, 1, 1),
        extended(extended(told("cifar-plain-56", 90, 80, 70), 3 * STEPS, 60, 60), 5 * STEPS, 1),
    ]
    assert text(runs).startswith("After 5 epochs, the deeper plain network errs far more")
    runs[1] = extended(told("cifar-plain-56", 90, 80, 70), 3 * STEPS, 60, 60, 1)
    assert text(runs).startswith("After 3 epochs, the deeper plain network errs far more")


def test_a_run_that_was_extended_on_the_way_is_apart_and_nothing_is_denied_without_it() -> None:
    runs = five()
    runs[3] = extended(runs[3], 3 * STEPS - 1, 40, 30, 20)
    said = text(runs)
    assert said.startswith(
        "Three epochs: on the training pictures Plain-20 errs on 1.0 % and Plain-8 on 1.0 %. With shortcuts:"
    )
    assert "o degradation" not in said
    assert (
        "Plain-56 was extended to 6 epochs on the way, which changed its learning rates: it is not compared with the "
        "others."
    ) in said
    assert said.count("n the test set:") == 1
    assert "(three epochs); Plain-56 9.0 % (six epochs)." in said


def test_a_run_that_ended_early_does_not_hold_back_those_that_were_extended() -> None:
    runs = [extended(run, 3 * STEPS, 1) for run in four(1, 1, 50, 1)[:2]]
    early = told("cifar-plain-56", 90, state="stopped")
    assert "After" not in text([*runs, early])
    assert "ended before their time: Plain-56" in text([*runs, early])


def test_at_a_constant_rate_nothing_changes_on_the_way() -> None:
    runs = [replace(told, run=replace(told.run, recipe=RECIPES["adam"])) for told in five()]
    runs[3] = extended(runs[3], 3 * STEPS - 1, 40, 30, 20)
    assert text(runs).startswith("After 3 epochs, the deepest plain network errs far more")


def test_runs_that_were_extended_in_turn_while_some_had_done_their_last_step_are_one_group() -> None:
    runs = [
        extended(told("cifar-plain-20", 30, 9, 1), 3 * STEPS - 1, 1),
        extended(told("cifar-plain-56", 90, 80, 70), 3 * STEPS, 60),
    ]
    assert text(runs).startswith("The deeper plain network errs far more than the shallower")

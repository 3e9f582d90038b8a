"""Undo and redo as plain values."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from resnet_viewer.ui.inspect.store import History, Step


def nothing(_value: str) -> Mapping[Hashable, int]:
    return {}


def ten_each(value: str) -> Mapping[Hashable, int]:
    return {value[0]: 10}


def test_undo_and_redo_walk_the_steps_and_name_them() -> None:
    history: History[str] = History(nothing)
    history.push(Step("cut", "a", "b"))
    history.push(Step("open", "b", "c"))
    assert history.undo_label == "open"
    assert (step := history.undo()) is not None
    assert step.before == "b"
    assert (history.undo_label, history.redo_label) == ("cut", "open")
    assert (step := history.redo()) is not None
    assert step.after == "c"
    assert history.redo() is None


def test_a_new_step_forgets_what_was_undone() -> None:
    history: History[str] = History(nothing)
    history.push(Step("one", "a", "b"))
    history.undo()
    history.push(Step("two", "a", "c"))
    assert history.redo_label is None


def test_a_drag_is_one_step_until_it_rests() -> None:
    history: History[str] = History(nothing)
    for before, after in ("ab", "bc", "cd"):
        history.push(Step("strength", before, after, ("strength", 4)))
    assert len(history) == 1
    history.seal()
    history.push(Step("strength", "d", "e", ("strength", 4)))
    assert len(history) == 2
    assert (step := history.undo()) is not None
    assert step.before == "d"
    assert (step := history.undo()) is not None
    assert step.before == "a"


def test_a_drag_that_comes_back_leaves_no_step() -> None:
    history: History[str] = History(nothing)
    history.push(Step("strength", "a", "b", 1))
    history.push(Step("strength", "b", "a", 1))
    assert len(history) == 0


def test_large_parts_are_counted_once_and_the_oldest_steps_go() -> None:
    history: History[str] = History(ten_each, max_bytes=30)
    for before, after in (("a1", "a2"), ("a2", "b1"), ("b1", "c1"), ("c1", "d1")):
        history.push(Step("open", before, after))
    assert history.nbytes == 30
    assert len(history) == 2  # b, c and d are alive; the steps that held a are gone


@given(st.lists(st.text("abc", min_size=1, max_size=2), max_size=30), st.integers(1, 5))
def test_undoing_everything_comes_back_to_the_oldest_state_kept(states: list[str], limit: int) -> None:
    history: History[str] = History(nothing, steps=limit)
    present = ""
    for state in states:
        history.push(Step("edit", present, state))
        present = state
    assert len(history) <= limit
    while step := history.undo():
        assert step.after == present
        present = step.before
    while step := history.redo():
        assert step.before == present
        present = step.after
    assert present == (states[-1] if states else "")

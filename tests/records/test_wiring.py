"""Wirings: what may be asked, what comes back, for any strengths that hypothesis invents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_viewer.records.wiring import Wiring

strength = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))


@st.composite
def wirings(draw: st.DrawFn, blocks: int | None = None) -> Wiring:
    count = draw(st.integers(1, 12)) if blocks is None else blocks
    some = st.lists(strength, min_size=count, max_size=count)
    gates = Wiring(tuple(draw(some)), tuple(draw(some)))
    return gates.with_left_out(draw(st.lists(st.integers(1, count), max_size=2)))


@st.composite
def wirings_and_blocks(draw: st.DrawFn) -> tuple[Wiring, list[int]]:
    wiring = draw(wirings())
    return wiring, draw(st.lists(st.integers(1, wiring.block_count)))


@given(wirings())
def test_every_shortcut_is_cut_weakened_or_open(wiring: Wiring) -> None:
    fully_open = [n for n, s in enumerate(wiring.shortcuts, 1) if s == 1.0]
    everything = [*wiring.cut, *wiring.weakened, *fully_open]
    assert sorted(everything) == list(range(1, wiring.block_count + 1))
    fully_open = [n for n, s in enumerate(wiring.branches, 1) if s == 1.0]
    everything = [*wiring.dropped, *wiring.weakened_branches, *fully_open]
    assert sorted(everything) == list(range(1, wiring.block_count + 1))


@given(wirings())
def test_open_means_that_nothing_is_cut_dropped_or_weakened(wiring: Wiring) -> None:
    touched = [*wiring.cut, *wiring.dropped, *wiring.weakened, *wiring.weakened_branches, *wiring.left_out]
    assert wiring.is_open == (not touched)
    assert (wiring.describe() == "all shortcuts open") == wiring.is_open


@given(wirings_and_blocks(), strength)
def test_only_the_named_blocks_change(chosen: tuple[Wiring, list[int]], value: float) -> None:
    wiring, blocks = chosen
    changed = wiring.with_shortcuts(blocks, value)
    assert changed.branches == wiring.branches
    for n in range(1, wiring.block_count + 1):
        assert changed.shortcuts[n - 1] == (value if n in blocks else wiring.shortcuts[n - 1])
    dropped = wiring.with_branches(blocks, value)
    assert dropped.shortcuts == wiring.shortcuts
    for n in range(1, wiring.block_count + 1):
        assert dropped.branches[n - 1] == (value if n in blocks else wiring.branches[n - 1])


@given(wirings_and_blocks())
def test_toggling_cuts_what_is_open_and_restores_what_is_cut(chosen: tuple[Wiring, list[int]]) -> None:
    wiring, blocks = chosen
    for block in blocks:
        once = wiring.toggled_shortcut(block)
        assert once.shortcuts[block - 1] == (0.0 if wiring.shortcuts[block - 1] else 1.0)
        assert once.toggled_shortcut(block).toggled_shortcut(block) == once
        once = wiring.toggled_branch(block)
        assert once.branches_run[block - 1] == (0.0 if wiring.branches_run[block - 1] else 1.0)
        assert once.toggled_branch(block).toggled_branch(block) == once


@given(wirings(), wirings())
def test_equal_wirings_have_equal_hashes(one: Wiring, other: Wiring) -> None:
    again = Wiring(tuple(one.shortcuts), tuple(one.branches), tuple(reversed(one.left_out)))
    assert one == again
    assert hash(one) == hash(again)
    ours, theirs = ((each.shortcuts, each.branches, each.left_out) for each in (one, other))
    assert (one == other) == (ours == theirs)


@given(wirings(), st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1.000001), st.just(float("nan"))))
def test_a_strength_outside_0_to_1_is_refused(wiring: Wiring, value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        wiring.with_shortcuts([1], value)
    with pytest.raises(ValueError, match="between 0 and 1"):
        wiring.with_branches([wiring.block_count], value)


@given(wirings(), st.integers(-(2**40), 2**40).filter(lambda n: n < 1 or n > 12))
def test_a_block_that_is_not_there_is_refused(wiring: Wiring, block: int) -> None:
    message = f"There is no block {block}: this network has blocks 1 to {wiring.block_count}"
    for change in (
        lambda: wiring.with_shortcuts([1, block], 0.0),
        lambda: wiring.with_branches([block], 0.0),
        lambda: wiring.toggled_shortcut(block),
        lambda: wiring.toggled_branch(block),
        lambda: wiring.with_left_out([1, block]),
        lambda: Wiring(wiring.shortcuts, (1.0,) * wiring.block_count, (block,)),
    ):
        with pytest.raises(ValueError, match=message):
            change()


@given(wirings_and_blocks())
def test_what_is_left_out_has_no_gate_and_setting_one_takes_it_in_again(
    chosen: tuple[Wiring, list[int]],
) -> None:
    wiring, blocks = chosen
    without = wiring.with_left_out(blocks)
    assert without.left_out == tuple(sorted({*blocks, *wiring.left_out}))
    assert without.shortcuts == wiring.shortcuts
    assert all(without.branches[n - 1] == 1.0 and without.branches_run[n - 1] == 0.0 for n in blocks)
    assert not set(without.with_branches(blocks, 0.5).left_out) & set(blocks)
    assert without.only_closed is None or not without.left_out


def test_a_block_is_not_both_left_out_and_dropped() -> None:
    with pytest.raises(ValueError, match="Block 2 is left out, with all that is in it"):
        Wiring((1.0, 1.0), (1.0, 0.0), (2,))


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="one shortcut and one branch strength for each block"):
        Wiring((1.0,), (1.0, 1.0))


@pytest.mark.parametrize(
    ("wiring", "words"),
    [
        (Wiring.all_open(9), "all shortcuts open"),
        (Wiring.all_open(27).with_shortcuts(range(1, 9), 0), "8 of 27 shortcuts cut"),
        (Wiring.all_open(9).with_shortcuts([2], 0.5), "1 shortcut weakened"),
        (
            Wiring.all_open(9).with_shortcuts([1], 0).with_shortcuts([2, 3], 0.5).with_branches([4], 0),
            "1 of 9 shortcuts cut, 2 shortcuts weakened, 1 of 9 residual branches dropped",
        ),
        (Wiring.all_open(9).with_branches([4], 0.5), "1 residual branch weakened"),
        (Wiring.all_open(9).with_branches([4, 5], 0.5), "2 residual branches weakened"),
        (Wiring.all_open(9).with_left_out([5, 2]), "2 of 9 blocks left out"),
    ],
)
def test_a_state_in_words(wiring: Wiring, words: str) -> None:
    assert wiring.describe() == words


@pytest.mark.parametrize(
    ("wiring", "words"),
    [
        (Wiring.all_open(9), "all shortcuts open"),
        (Wiring.all_open(27).with_shortcuts(range(20, 28), 0), "8 of 27 shortcuts cut (20-27)"),
        (Wiring.all_open(27).with_shortcuts([20], 0), "1 of 27 shortcuts cut (20)"),
        (Wiring.all_open(9).with_shortcuts(range(1, 10), 0), "9 of 9 shortcuts cut"),
        (
            Wiring.all_open(27).with_shortcuts(range(1, 28, 2), 0),
            "14 of 27 shortcuts cut (1,3,5,7,9,11,13,…)",
        ),
        (
            Wiring.all_open(9).with_shortcuts([4], 0.5).with_branches([2, 3], 0).with_branches([5], 0.25),
            "1 shortcut weakened (4=0.5), 2 of 9 residual branches dropped (2-3), "
            "1 residual branch weakened (5=0.25)",
        ),
        (Wiring.all_open(9).with_shortcuts([4], 1 / 3), "1 shortcut weakened"),
        (
            Wiring.all_open(9).with_branches([4], 0).with_left_out([7, 2, 3]),
            "1 of 9 residual branches dropped (4), 3 of 9 blocks left out (2-3,7)",
        ),
    ],
)
def test_a_state_in_words_that_name_the_blocks(wiring: Wiring, words: str) -> None:
    assert wiring.describe(longest=16) == words


@given(wirings(), wirings())
def test_two_states_never_share_their_whole_words(one: Wiring, other: Wiring) -> None:
    if one.block_count == other.block_count:
        assert (one.describe(longest=10_000) == other.describe(longest=10_000)) == (one == other)


def test_a_plain_networks_shortcuts_are_not_spoken_of() -> None:
    wiring = Wiring((0.0, 0.5), (1.0, 0.0))
    assert wiring.describe(has_shortcuts=False) == "1 of 2 residual branches dropped"
    assert Wiring.all_open(2).describe(has_shortcuts=False) == "no shortcuts"


def test_the_only_closed_gate_is_named_and_no_other() -> None:
    opened = Wiring.all_open(4)
    assert opened.with_shortcuts([3], 0.0).only_closed == (3, "cut")
    assert opened.with_branches([2], 0.0).only_closed == (2, "dropped")
    for other in (
        opened,
        opened.with_shortcuts([3], 0.5),
        opened.with_shortcuts([2, 3], 0.0),
        opened.with_shortcuts([3], 0.0).with_branches([3], 0.0),
        opened.with_shortcuts([3], 0.0).with_branches([2], 0.5),
    ):
        assert other.only_closed is None

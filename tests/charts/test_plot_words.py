"""Names stand near their lines' ends and on nothing else; what was done to the runs is told once."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from resnet_viewer.charts.chart import Flag, Rect, Room
from resnet_viewer.charts.plot_words import (
    Done,
    FreeSpace,
    Nearness,
    Told,
    interventions_in,
    lay_out,
    place_names,
    together,
)
from resnet_viewer.records.recipe import ShortcutSchedule
from resnet_viewer.records.run_log import RunLog
from tests.ui.train.invented import begun, run, trained, with_interventions

SIZE = (400.0, 200.0)


def meet(one: Rect, other: Rect) -> bool:
    """They have more than an edge in common."""
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def free_space(*lines: tuple[list[float], list[float]]) -> FreeSpace:
    made = FreeSpace(SIZE)
    made.cover_lines((np.array(x, float), np.array(y, float)) for x, y in lines)
    return made


def test_names_of_lines_that_end_together_do_not_touch_each_other_or_a_line() -> None:
    lines = [([0, 400], [10, 190]), ([0, 400], [100, 192]), ([0, 400], [190, 195])]
    found = place_names([(400, y[1], 70) for _, y in lines], 16, free_space(*lines))
    places = [place for place in found if place is not None]
    assert len(places) == 3
    assert not any(meet(one, other) for one, other in combinations(places, 2))
    for place in places:
        assert min(place) >= 0
        assert place.right <= SIZE[0]
        assert place.bottom <= SIZE[1]
        across = np.linspace(place.left, place.right, 20)
        for x, y in lines:
            heights = np.interp(across, x, y)
            assert not np.any((heights > place.top) & (heights < place.bottom))


def test_the_free_ground_right_of_a_growing_line_comes_first() -> None:
    (place,) = place_names([(100, 100, 80)], 16, free_space(([0, 100], [50, 100])))
    assert place is not None
    assert place.left >= 100
    assert abs(place.top + place.height / 2 - 100) < 20


def test_a_name_stays_while_its_place_is_free() -> None:
    first = place_names([(100, 100, 80)], 16, free_space(([0, 100], [50, 100])))
    again = place_names([(100, 102, 80)], 16, free_space(([0, 100], [50, 102])), first)
    assert again == first
    covered = place_names([(300, 101, 80)], 16, free_space(([0, 300], [50, 101])), first)
    assert covered != first


def test_a_copy_is_covered_alone() -> None:
    made = free_space()
    made.copy().cover(Rect(0, 0, *SIZE))
    assert made.is_free(Rect(0, 0, *SIZE))
    made.cover(Rect(0, 0, 20, 20))
    assert not made.copy().is_free(Rect(0, 0, 20, 20))


def test_where_there_is_no_room_there_is_no_name() -> None:
    lines = [([0, 400], [y, y]) for y in np.arange(0, 200, 8.0)]
    assert place_names([(400, 100, 80)], 16, free_space(*lines)) == [None]
    assert place_names([(400, 100, 4000)], 16, free_space()) == [None]


def test_lines_beside_the_plot_and_without_numbers_cover_nothing() -> None:
    made = free_space(([500, 600], [10, 10]), ([0, 400], [np.nan, np.nan]), ([-200, -100], [5, 5]))
    assert made.is_free(Rect(0, 0, *SIZE))


def test_a_place_nearer_to_another_ones_line_is_not_its_own() -> None:
    lines = [("a", [0, 400], [100, 100]), ("b", [0, 400], [150, 150]), ("a", [0, 400], [128, 128])]
    nearness = Nearness(400.0, [(owner, np.array(x, float), np.array(y, float)) for owner, x, y in lines])
    below_a, above_b = Rect(300, 104, 80, 16), Rect(300, 132, 80, 16)
    assert nearness.is_own("a", below_a, (400.0, 100.0))
    assert not nearness.is_own("a", above_b, (400.0, 100.0))
    assert not nearness.is_own("b", below_a, (400.0, 150.0))
    (place,) = place_names(
        [(400, 100, 80)], 16, free_space(*(line[1:] for line in lines)), (), lambda _, place: place.top > 100
    )
    assert place is not None
    assert place.top > 100


def test_a_legend_stands_at_the_right_edge_where_it_is_free() -> None:
    made = free_space(([0, 400], [10, 10]))
    frame = made.in_corner(100, 60)
    assert frame is not None
    assert frame.right > 390
    assert 10 < frame.top < 20
    assert made.in_corner(100, 260) is None


def room(width: float) -> Room:
    """Letters are 6 wide and 14 high."""
    return Room(width, 300.0, lambda text: 6.0 * len(text), 14.0)


def told(logs: list[RunLog]) -> list[tuple[float, str]]:
    return [
        (done.time, done.words)
        for done in interventions_in([Told(log.run, log.title, log.steps_per_epoch) for log in logs])
    ]


def seeds(name: str, count: int) -> list[RunLog]:
    found = [trained(name, seed=seed) for seed in range(count)]
    for log in found:
        log.has_siblings = True
    return found


def with_schedule(log: RunLog, text: str) -> RunLog:
    recipe = replace(log.run.recipe, shortcuts=ShortcutSchedule.written(text))
    log.run = replace(log.run, recipe=recipe)
    return log


def test_a_schedule_is_told_where_it_begins_and_where_it_ends() -> None:
    logs = [trained(), with_schedule(trained("cifar-resnet-20"), "1..3=1..0")]
    assert told(logs) == [(1.0, "shortcuts 1 → 0"), (3.0, "shortcuts cut")]
    assert logs[1].shortcut_times == (1.0, 3.0)
    logs.append(with_schedule(trained("cifar-resnet-8"), "1..3=1..0"))
    assert told(logs) == [(1.0, "shortcuts 1 → 0"), (3.0, "shortcuts cut")], "once for both"
    with_schedule(logs[2], "0.5..9=0.25..0.75")
    assert told(logs) == [
        (0.5, "shortcuts 0.25 → 0.75: ResNet-8"),
        (1.0, "shortcuts 1 → 0: ResNet-20"),
        (3.0, "shortcuts cut: ResNet-20"),
    ], "what ends after the run does is not told"
    whole = trained("cifar-resnet-20")
    logs[1].variant = "shortcuts 1 → 0"
    assert told([whole, logs[1]]) == [
        (1.0, "shortcuts 1 → 0: ResNet-20"),
        (3.0, "shortcuts cut: ResNet-20 shortcuts 1 → 0"),
    ], "which of them is said once"
    with_interventions(logs[1], (20, 1.0))
    assert told(logs[:2]) == [(1.0, "shortcuts 1 → 0"), (2.0, "shortcuts restored")], "it is ended before"
    with_interventions(logs[1], (5, 0.5))
    assert told(logs[:2]) == [(0.5, "shortcuts open by 0.5")], "it never begins"
    assert told([with_schedule(begun(run("cifar-resnet-8")), "4..5=1..0")]) == []


def test_one_intervention_on_all_runs_with_shortcuts_is_told_once() -> None:
    logs = [trained(), trained("cifar-resnet-20"), trained("cifar-resnet-8")]
    for log in logs[1:]:
        with_interventions(log, (10, 0.0), (15, 0.5))
    with_interventions(logs[2], (10, 0.0), (15, 0.5), (20, 1.0))
    assert told(logs) == [
        (1.0, "shortcuts cut"),
        (1.5, "shortcuts open by 0.5"),
        (2.0, "shortcuts restored: ResNet-8"),
    ]


def test_what_is_done_to_some_in_their_turns_is_told_once() -> None:
    logs = [trained("cifar-resnet-20"), trained("cifar-resnet-8"), trained("cifar-resnet-14")]
    with_interventions(logs[0], (16, 0.0), (18, 0.5))
    with_interventions(logs[1], (14, 0.0), (18, 0.5))
    assert told(logs) == [
        (1.4, "shortcuts cut: ResNet-20, ResNet-8"),
        (1.8, "shortcuts open by 0.5: ResNet-20, ResNet-8"),
    ]


def test_where_a_step_is_much_of_an_epoch_each_run_has_its_own_time() -> None:
    logs = [trained("cifar-resnet-8"), trained("cifar-resnet-20")]
    for log, step in zip(logs, (3, 2), strict=True):
        log.steps_per_epoch = 1
        with_interventions(log, (step, 0.0))
    assert told(logs) == [(2.0, "shortcuts cut: ResNet-20"), (3.0, "shortcuts cut: ResNet-8")]


def test_what_would_come_after_the_last_step_is_not_told() -> None:
    assert told([with_interventions(trained("cifar-resnet-8", epochs=4), (30, 0.0), (40, 1.0))]) == [
        (3.0, "shortcuts cut")
    ]


def test_a_word_at_the_plots_end_leaves_room_for_the_one_before_it() -> None:
    done = [(330.0, Done(11.0, (1.0,))), (360.0, Done(12.0, (0.5,)))]
    marks, _ = lay_out(done, room(360.0))
    assert [mark.word for mark in marks] == ["shortcuts restored", "shortcuts open by 0.5"]
    assert crossings(marks) == []


def test_words_turn_to_where_all_have_room() -> None:
    whom = ("ResNet-20", "ResNet-8", "ResNet-20", "ResNet-8")
    done = [(320.0 + 40 * place, Done(8.0 + place, (0.0,), one)) for place, one in enumerate(whom)]
    marks, _ = lay_out(done, room(480.0))
    assert all(mark.word for mark in marks)
    assert crossings(marks) == []


def test_many_runs_are_counted_and_all_seeds_of_a_network_are_the_network() -> None:
    logs = [*seeds("cifar-resnet-20", 6), *seeds("cifar-resnet-8", 6)]
    for log in logs[:6]:
        with_interventions(log, (10, 0.0))
    for log in logs[4:9]:
        with_interventions(
            log, *((change.step, change.strength) for change in log.run.interventions), (15, 0.0)
        )
    assert told(logs) == [(1.0, "shortcuts cut: ResNet-20"), (1.5, "shortcuts cut: 5 runs")]


def test_changes_of_the_same_runs_that_would_lie_on_each_other_are_one() -> None:
    made = [
        Done(1.0, (0.9,)),
        Done(1.01, (0.0,), "ResNet-8"),
        Done(1.05, (0.5,)),
        Done(1.1, (0.1,)),
        Done(3.0, (1.0,)),
    ]
    assert [one.words for one in together(made, 0.2)] == [
        "shortcuts open by 0.9 … 0.1 (3 changes)",
        "shortcuts cut: ResNet-8",
        "shortcuts restored",
    ]
    assert together(made, 0.0) == made


def crossings(marks: tuple[Flag, ...]) -> list[tuple[str, str]]:
    """Words through which another one's line goes, or that lie on each other."""
    written = [mark for mark in marks if mark.word]
    through = [
        (one.word, other.word)
        for one in written
        for other in marks
        if other is not one and one.rect.left < other.x < one.rect.right and other.top < one.rect.bottom
    ]
    return through + [(a.word, b.word) for a, b in combinations(written, 2) if meet(a.rect, b.rect)]


@pytest.mark.parametrize("width", [160.0, 260.0, 420.0, 900.0])
@pytest.mark.parametrize(
    "places", [(0.2, 0.22, 0.25, 0.6), (0.5,), (0.97, 0.98), (0.0, 1.0), tuple(i / 12 for i in range(13))]
)
def test_words_lie_on_no_line_and_on_no_other_word(width: float, places: tuple[float, ...]) -> None:
    done = [(share * width, Done(share, (0.5,), "ResNet-20")) for share in places]
    marks, band = lay_out(done, room(width))
    assert [mark.x for mark in marks] == [x for x, _ in done]
    assert any(mark.word for mark in marks)
    assert crossings(marks) == []
    assert 0 < band <= 0.3 * 300 + 4
    for mark in marks:
        assert mark.top <= band
        if mark.word:
            assert mark.rect.left >= 0
            assert mark.rect.right <= width
            assert mark.rect.bottom <= band


def test_where_more_of_them_have_room_so_words_are_short() -> None:
    wide = room(0.0).measure("shortcuts restored")
    marks, _ = lay_out([(wide, Done(1.0, (0.0,))), (1.5 * wide, Done(2.0, (1.0,)))], room(2.3 * wide))
    assert [mark.word for mark in marks] == ["cut", "restored"]


def test_in_a_narrow_plot_words_are_fewer() -> None:
    wide = room(0.0).measure("shortcuts restored")
    restored, opened = Done(1.0, (1.0,)), Done(1.0, (0.5, 1.0))
    ((mark,), _) = lay_out([(1.0, restored)], room(0.9 * wide))
    assert mark.word == "restored"
    ((mark,), _) = lay_out([(1.0, restored)], room(2 * wide))
    assert mark.word == "shortcuts restored"
    ((mark,), _) = lay_out([(1.0, opened)], room(1.2 * wide))
    assert (mark.word, opened.words) == ("open by 0.5 … 1", "shortcuts open by 0.5, then restored")


def test_without_an_intervention_there_is_no_band() -> None:
    assert lay_out([], room(400.0)) == ((), 0.0)


@pytest.mark.parametrize(
    ("strengths", "words", "brief"),
    [
        ((0.0,), "shortcuts cut", "cut"),
        ((0.0, 1.0), "shortcuts cut, then restored", "cut, then restored"),
        ((1.0, 0.5), "shortcuts restored, then open by 0.5", "open by 1 … 0.5"),
        ((0.9, 0.5, 0.0), "shortcuts open by 0.9 … 0 (3 changes)", "open by 0.9 … 0"),
    ],
)
def test_what_was_done_is_told_as_it_was_done(strengths: tuple[float, ...], words: str, brief: str) -> None:
    assert (Done(1.0, strengths).words, Done(1.0, strengths).brief) == (words, brief)
    assert (Done(1.0, strengths, "ResNet-8").words, Done(1.0, strengths, "ResNet-8").brief) == (
        f"{words}: ResNet-8",
        f"{brief}: ResNet-8",
    )

"""What was done to the runs: told once for many runs, in a band where words cover neither lines nor each other."""

from __future__ import annotations

from itertools import combinations

import pytest

from resnet_viewer.charts.chart import Flag, Room
from resnet_viewer.charts.interventions import Done, Told, interventions_in, lay_out, together
from resnet_viewer.records.run_log import RunLog
from tests.ui.train.invented import trained, with_interventions


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
    return through + [(a.word, b.word) for a, b in combinations(written, 2) if a.rect.meets(b.rect)]


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
    assert (mark.word, opened.words) == ("open by 0.5 … 1", "shortcuts open by 0.5 … 1 (2 changes)")


def test_without_an_intervention_there_is_no_band() -> None:
    assert lay_out([], room(400.0)) == ((), 0.0)

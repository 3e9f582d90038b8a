import pytest

from resnet_viewer.figures.intervention_flags import Mark, lay_out, marks_of
from resnet_viewer.records.training import Intervention
from tests.figures.runs import report

CUT = (Intervention(4, 0.0), Intervention(10, 0.5))


def test_what_was_done_to_all_residual_runs_names_none_of_them() -> None:
    runs = [report("cifar-plain-8"), report(interventions=CUT), report("cifar-resnet-20", interventions=CUT)]
    marks, times = marks_of(runs, (0, 3))
    assert [(mark.time, mark.words) for mark in marks] == [
        (1.0, "shortcuts cut"), (2.5, "shortcuts open by 0.5")
    ]  # fmt: skip
    assert times == [1.0, 2.5]
    marks, _ = marks_of([report(interventions=CUT), report("cifar-resnet-20")], (0, 3))
    assert marks[0].words == "ResNet-8: shortcuts cut"


def test_many_changes_in_a_row_share_their_words_and_keep_their_lines() -> None:
    dragged = tuple(Intervention(100 + n, 1 - n / 10) for n in range(1, 9))
    marks, times = marks_of([report(epochs=100, interventions=dragged)], (0, 100))
    assert [mark.words for mark in marks] == ["shortcuts open by 0.9 … 0.2 (8 changes)"]
    assert len(times) == 8


def test_words_that_would_collide_stand_in_rows_and_stay_on_the_axis() -> None:
    marks = [Mark(time, "shortcuts cut") for time in (0.0, 0.1, 0.2, 2.9)]
    flags = lay_out(marks, 4.0, (0, 3))
    assert len(flags) == 4
    assert sorted(flag.row for flag in flags) == [0, 0, 1, 2]
    assert all(flag.left >= 0 and flag.left + flag.width <= 4.0 + 1e-6 for flag in flags)
    for flag in flags:
        rivals = [o for o in flags if o is not flag and o.row == flag.row]
        assert not any(flag.left < o.left + o.width and o.left < flag.left + flag.width for o in rivals)


@pytest.mark.parametrize("width", [0.5, 8.0])
def test_no_words_are_wider_than_the_axis(width: float) -> None:
    (flag,) = lay_out([Mark(1.0, "ResNet-20 · seed 1: shortcuts open by 0.25")], width, (0, 3))
    assert flag.width <= width

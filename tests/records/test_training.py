"""What is written down of a run: only what makes a difference."""

from __future__ import annotations

from dataclasses import replace

from resnet_viewer.records.training import Intervention, in_force
from tests.core.lab.lab_apart import RUN


def test_what_changes_nothing_is_no_intervention() -> None:
    assert RUN.intervened(6, 1.0) == RUN, "a run that was never cut is not restored"
    toggled = RUN
    for _ in range(30):
        toggled = toggled.intervened(4, 0.0).intervened(4, 1.0)
    assert toggled == RUN
    cut = RUN.intervened(4, 0.0)
    assert cut.intervened(9, 0.0) == cut
    assert cut.intervened(9, 1.0).interventions == (Intervention(4, 0.0), Intervention(9, 1.0))
    assert cut.intervened(9, 1.0).intervened(4, 1.0) == RUN, "and so the later one changes nothing either"


def test_of_several_at_one_step_the_last_holds() -> None:
    made = (Intervention(7, 0.5), Intervention(2, 0.0), Intervention(7, 0.25))
    assert in_force(made) == (Intervention(2, 0.0), Intervention(7, 0.25))


def test_pictures_and_threads_make_no_other_run() -> None:
    assert replace(RUN, data_digest="x", threads=3) == RUN

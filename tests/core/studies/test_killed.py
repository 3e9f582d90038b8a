"""A study that is killed, twice and without warning, keeps every point that was measured, and ends with the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resnet_viewer.core.studies.files import POINTS, read_study
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.records.study import StudyResult
from tests.core.studies.study_apart import long_order

ROOT = Path(__file__).parents[3]


def killed_at(points: int, folder: Path) -> int:
    """Start the study, kill it when so many points are told, and say how many were told last."""
    command = [sys.executable, "-m", "tests.core.studies.study_apart", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            return next(told for line in process.stdout if (told := int(line)) >= points)
        finally:
            process.kill()  # SIGKILL: nothing is put in order


@pytest.mark.heavy
@pytest.mark.usefixtures("trial_study")
def test_killed_twice_it_loses_at_most_the_point_at_hand(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    told = killed_at(3, folder)
    first = read_study(folder)
    assert told <= len(first.rows) < first.points
    with (folder / POINTS).open("ab") as file:
        file.write(b'{"point": "block 1, 7", "bl')  # as a kill in the middle of a line leaves it
    told = killed_at(len(first.rows) + 3, folder)
    second = read_study(folder)
    assert told <= len(second.rows) < second.points
    assert second.rows[: len(first.rows)] == first.rows

    whole = Studies(told_every=0.0).answer(long_order(tmp_path / "whole"))
    for found in whole:
        if isinstance(found, StudyResult) and len(found.rows) == len(second.rows):
            assert found.rows == second.rows
            break
    whole.close()

"""A study in a process of its own: `python -m tests.core.studies.study_apart FOLDER` says how far it is."""

from __future__ import annotations

import sys
from pathlib import Path

from resnet_viewer.core.studies.running import Studies
from resnet_viewer.records.study import StudyOrder, StudyResult
from resnet_viewer.services.studies import StudyService
from tests.core.studies import trial


def long_order(folder: Path) -> StudyOrder:
    """Of 900 points: more than are measured before anybody can kill or stop it."""
    return trial.order_in(folder, repeats=100, is_resumed=True)


def service() -> StudyService:
    """That of a process which knows the small study for tests."""
    trial.register()
    return StudyService()


if __name__ == "__main__":
    trial.register()
    for found in Studies(told_every=0.0).answer(long_order(Path(sys.argv[1]))):
        if isinstance(found, StudyResult):
            print(len(found.rows), flush=True)

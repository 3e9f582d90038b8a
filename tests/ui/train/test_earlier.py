"""Earlier starts are listed by data, networks and date, the newest first, as long as their folders are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.run_folders import MOST, Earlier

RUNS = [run for _, run in runs_of(RunPlan())]


def words(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions()]


def test_starts_are_listed_newest_first_and_opened_by_a_click(qtbot: QtBot, tmp_path: Path) -> None:
    earlier = Earlier(Settings(tmp_path / "settings.ini"))
    first, second, gone = (
        tmp_path / name for name in ("2026-11-21-180932-digits", "mine", "2026-11-20-180932-digits")
    )
    for folder in (first, second):
        folder.mkdir()
    earlier.note(gone, "digits", RUNS)
    earlier.note(second, str(tmp_path / "birds & cats"), RUNS[:1])
    earlier.note(first, "digits", RUNS[:2])
    earlier.note(first, "digits", RUNS)
    menu, opened = QMenu(), []
    qtbot.addWidget(menu)
    earlier.fill(menu, opened.append, shown=None)
    assert words(menu) == [
        "Digits · Plain-20, ResNet-20, Plain-56 and 1 more · 21 Nov 2026, 18:09",
        "birds && cats · Plain-20 · mine",
    ]
    menu.actions()[1].trigger()
    assert opened == [second]
    menu.clear()
    earlier.fill(menu, opened.append, shown=first)
    assert words(menu) == ["birds && cats · Plain-20 · mine"]


def test_the_newest_are_kept_and_what_cannot_be_read_is_none(
    qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(tmp_path / "settings.ini")
    earlier, menu = Earlier(settings), QMenu()
    qtbot.addWidget(menu)
    for number in range(MOST + 3):
        (tmp_path / f"{number}").mkdir()
        earlier.note(tmp_path / f"{number}", "digits", RUNS)
    earlier.fill(menu, lambda _: None, shown=tmp_path / f"{MOST + 2}")
    assert len(words(menu)) == MOST
    settings.set_training("earlier", "[3]")
    menu.clear()
    earlier.fill(menu, lambda _: None, shown=None)
    assert words(menu) == ["None yet"]
    assert "training/earlier" in caplog.text

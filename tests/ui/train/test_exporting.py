"""Figures of training runs leave the window as files: asked for by menu or by a panel, refused in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.figures.run_files import NAMES
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.training import RunReport
from resnet_viewer.run_exports import all_run_figures, run_figure
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.requests import RUN_FIGURES, RunPictures, WriteAllRunFigures, WriteRunFigure
from tests.ui.train import invented
from tests.ui.windows import Desk


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    made.window.show()
    made.window.show_train()
    yield made
    made.close()


def train(desk: Desk) -> None:
    desk.window.training.start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs[:2]:
        desk.lab.train(key, run, 3)


def written(desk: Desk) -> WriteRunFigure:
    desk.qtbot.waitUntil(lambda: any(isinstance(r, WriteRunFigure) for r in desk.files.asked))
    return next(r for r in desk.files.asked if isinstance(r, WriteRunFigure))


def test_the_menu_offers_every_figure_in_every_format(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    menu = desk.window.training.bar.export_button.menu()
    parts = [part for part in menu.findChildren(QMenu) if part.title()]
    assert [part.title() for part in parts] == list(RUN_FIGURES.values())
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "errors")
    offered = parts[0].actions()
    assert [action.text() for action in offered] == [
        f"Errors as {kind}…" for kind in ("SVG", "PDF", "PNG", "CSV")
    ]
    offered[1].trigger()
    request = written(desk)
    assert (request.figure, request.path) == ("curves", tmp_path / "errors.pdf")
    assert set(request.pictures.reports) == {"cifar-plain-20", "cifar-resnet-20"}


def test_a_panels_wish_is_about_the_selected_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    desk.window.training.controller.select("cifar-plain-20")
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    desk.window.training.page.export_requested.emit("confusion")
    request = written(desk)
    assert request.path.name == "confusion-cifar-plain-20.svg"
    assert list(request.pictures.predicted) == ["cifar-plain-20"]


def test_what_is_not_there_yet_and_unknown_kinds_are_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporting = desk.window.training.exporting
    for figure, sentence in (
        ("curves", "nothing to draw yet"),
        ("gradients", "no gradient record yet"),
        ("pictures", "No test picture"),
    ):
        exporting.export(figure)
        assert sentence in desk.window.messages.sentence
    train(desk)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "errors.gif")
    exporting.export("curves")
    assert "errors.gif" in desk.window.messages.sentence
    assert not any(isinstance(request, WriteRunFigure) for request in desk.files.asked)


def test_all_files_go_into_a_folder(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(desk)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    desk.window.training.exporting.export_all()
    desk.qtbot.waitUntil(lambda: any(isinstance(r, WriteAllRunFigures) for r in desk.files.asked))


def test_the_files_are_whole(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(desk)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    desk.window.training.exporting.export("by-depth")
    pictures = written(desk).pictures
    assert run_figure(pictures, "by-depth", "svg", time=None).startswith(b"<?xml")
    assert b"cifar-plain-20" in run_figure(pictures, "curves", "csv", time=None)
    with pytest.raises(UserError, match="nothing to draw yet"):
        run_figure(RunPictures({}, None, {}), "confusion", "svg", time=None)


def test_all_figures_are_those_of_the_command_line_in_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which draws them all, in `tests/figures/test_run_files.py`."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        "resnet_viewer.figures.run_files.drawn",
        lambda reports, **options: asked.update(options, reports=reports) or [("curves.svg", b"drawn")],
    )
    found = list(
        all_run_figures(RunPictures({"a": invented.begun(invented.run()).reporting()}, None, {}), time=1.5)
    )
    assert found == [("curves.svg", b"drawn")]
    assert (asked["kinds"], asked["names"], asked["time"]) == (("svg", "pdf", "png"), NAMES, 1.5)
    assert [type(report) for report in asked["reports"].values()] == [RunReport]

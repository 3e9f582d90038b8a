"""Figures of training runs leave the window as files: asked for by menu or by a panel, refused in a sentence."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import FigureChoice, FigureName, figure_of, figures_of
from resnet_viewer.records.requests import (
    CopyFigure,
    Rendered,
    RunPictures,
    WriteAllRunFigures,
    WriteFigure,
)
from resnet_viewer.records.training import RunReport
from resnet_viewer.services.figures import all_run_figures, drawn
from resnet_viewer.services.files import FilesService
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.export_dialog import ExportDialog
from tests.ui.train import invented
from tests.ui.windows import Desk, train_page


def dialogs_answered(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[FigureChoice]:
    """What the export dialog was opened with; it is answered with these changes."""
    asked: list[FigureChoice] = []

    def ask(dialog: ExportDialog) -> FigureChoice:
        asked.append(dialog.answer)
        return replace(dialog.answer, **changes)

    monkeypatch.setattr(ExportDialog, "asked", ask)
    return asked


def train(desk: Desk) -> None:
    train_page(desk.window).start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs[:2]:
        desk.lab.train(key, run, 3)


def written(desk: Desk) -> WriteFigure:
    desk.qtbot.waitUntil(lambda: any(isinstance(r, WriteFigure) for r in desk.files.asked))
    return next(r for r in desk.files.asked if isinstance(r, WriteFigure))


def test_the_menu_offers_every_figure_in_every_format(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    menu = train_page(desk.window).bar.export_button.menu()
    parts = [part for part in menu.findChildren(QMenu) if part.title()]
    assert [part.title() for part in parts] == [figure.title for figure in figures_of("train")]
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "errors")
    offered = [action for action in parts[0].actions() if not action.isSeparator()]
    assert [action.text() for action in offered] == [
        *(f"Errors as {kind}…" for kind in ("SVG", "PDF", "PNG", "CSV")),
        "Size and resolution…",
    ]
    offered[1].trigger()
    request = written(desk)
    assert (request.choice.figure, request.choice.suffix) == ("curves", "pdf")
    assert request.path == tmp_path / "errors.pdf"
    assert set(request.source.reports) == {"cifar-plain-20", "cifar-resnet-20"}


def test_a_panels_wish_is_about_the_selected_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    train_page(desk.window).controller.select("cifar-plain-20")
    asked = dialogs_answered(monkeypatch, suffix="png", dpi=300)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    train_page(desk.window).panels.pictures.export_requested.emit("confusion")
    request = written(desk)
    assert request.path.name == "confusion-cifar-plain-20.png"
    assert list(request.source.predicted) == ["cifar-plain-20"]
    assert [choice.figure for choice in asked] == ["confusion"]
    assert (request.choice.suffix, request.choice.dpi) == ("png", 300)


def test_what_is_not_there_yet_and_unknown_kinds_are_refused(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = train_page(desk.window).exports
    for figure, sentence in (
        ("curves", "nothing to draw yet"),
        ("gradients", "no gradient record yet"),
        ("pictures", "No test picture"),
    ):
        exports.export(figure)
        assert sentence in desk.window.messages.sentence
    train(desk)
    dialogs_answered(monkeypatch)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "errors.gif")
    exports.export("curves")
    assert "errors.gif" in desk.window.messages.sentence
    assert not any(isinstance(request, WriteFigure) for request in desk.files.asked)


def test_size_and_resolution_are_asked_and_remembered(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    train(desk)
    asked = dialogs_answered(monkeypatch, suffix="pdf", width=5.0, dpi=400)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    desk.window.commands["export"].trigger()
    assert asked == [FigureChoice("curves", "svg", 7.6, 4.6, 200)]
    parts = [
        part for part in train_page(desk.window).bar.export_button.menu().findChildren(QMenu) if part.title()
    ]
    parts[3].actions()[-1].trigger()
    desk.window.commands["export"].trigger()
    assert asked[1] == asked[2] == FigureChoice("by-depth", "pdf", 5.0, 4.6, 400)
    assert desk.settings.export("train", FigureChoice()) == asked[2]
    assert desk.settings.export("inspect", FigureChoice()) == FigureChoice(), "each page has its own"
    desk.settings.set_export("inspect", asked[2])
    assert desk.settings.export("inspect", FigureChoice()) == FigureChoice(), "no figure of that page"
    assert "by-depth is no figure of this page" in caplog.text


def test_who_leaves_the_dialog_exports_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    train(desk)
    monkeypatch.setattr(ExportDialog, "asked", lambda *_: None)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: pytest.fail("nothing to save"))
    train_page(desk.window).exports.export("curves")
    assert not any(isinstance(request, WriteFigure) for request in desk.files.asked)


def test_copying_is_about_the_figure_that_has_the_focus(desk: Desk, qtbot: QtBot) -> None:
    window, page = desk.window, train_page(desk.window).panels
    copy = window.commands["copy_figure"]
    copy.trigger()
    assert "start a training first" in window.messages.sentence
    train(desk)
    for panel in (page.errors.canvas, page.by_depth.canvas, page.gradients.choice):
        panel.setFocus()
        assert window.focusWidget() is panel
        copy.trigger()
        qtbot.waitUntil(lambda: not desk.workers.files.is_busy)
    page.errors.show_quantity("loss")
    page.errors.menu_at(QPoint()).actions()[1].trigger()
    qtbot.waitUntil(lambda: not desk.workers.files.is_busy)
    copied = [request.choice.figure for request in desk.files.asked if isinstance(request, CopyFigure)]
    assert copied == ["curves", "by-depth", "gradients", "loss"]
    assert window.place == 1


def test_a_figure_is_copied_as_a_picture_and_as_svg(desk: Desk) -> None:
    train(desk)
    pictures = train_page(desk.window).exports.source("curves")
    (found,) = FilesService().answer(CopyFigure(pictures, FigureChoice("curves")))
    assert isinstance(found, Rendered)
    assert Image.open(io.BytesIO(found.png)).format == "PNG"
    assert b"<svg" in found.svg


def test_all_files_go_into_a_folder(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(desk)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    train_page(desk.window).exports.export_all()
    desk.qtbot.waitUntil(lambda: any(isinstance(r, WriteAllRunFigures) for r in desk.files.asked))


def test_the_files_are_whole(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(desk)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    train_page(desk.window).exports.export_as("by-depth", "svg")
    request = written(desk)
    pictures = request.source
    assert drawn(pictures, request.choice).content.startswith(b"<?xml")
    table = drawn(pictures, FigureChoice("curves", "csv")).content.decode()
    assert "cifar-plain-20" in table
    (told,) = [line for line in table.splitlines() if line.startswith("# what you see: ")]
    shown = train_page(desk.window).panels.story
    desk.qtbot.waitUntil(lambda: told.removeprefix("# what you see: ") == " ".join(shown.paragraphs))
    with pytest.raises(UserError, match="nothing to draw yet"):
        drawn(RunPictures({}, None, {}), FigureChoice("confusion"))


@pytest.mark.parametrize("figure", [figure.name for figure in figures_of("train")])
def test_every_figure_is_as_wide_and_as_fine_as_was_chosen(
    desk: Desk, figure: FigureName, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(desk)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: suggestion)
    train_page(desk.window).exports.export_as(figure, "png")
    pictures = written(desk).source
    choice = FigureChoice(figure, "png", width=9.0, height=12.0, dpi=80)
    image = Image.open(io.BytesIO(drawn(pictures, choice).content))
    assert image.width == 720
    if not figure_of(figure).no_height and figure != "pictures":  # these leave room that no picture fills
        assert image.height == 960


def test_all_figures_are_those_of_the_command_line_in_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which draws them all, in `tests/figures/test_run_files.py`."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        "resnet_viewer.figures.run_files.drawn",
        lambda reports, **options: asked.update(options, reports=reports) or [("curves.svg", b"drawn")],
    )
    found = list(
        all_run_figures(RunPictures({"a": invented.begun(invented.run()).reporting()}, None, {}, time=1.5))
    )
    assert found == [("curves.svg", b"drawn")]
    assert asked["time"] == 1.5
    assert "kinds" not in asked, "so every kind is drawn"
    assert [type(report) for report in asked["reports"].values()] == [RunReport]

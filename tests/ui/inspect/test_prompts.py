"""What the prompts start from: the architecture figure needs no reading and begins with the network on screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.requests import WriteFigure
from resnet_viewer.ui import dialogs, export_dialog
from tests.ui.windows import Desk


def test_the_architecture_figure_begins_with_the_network_on_the_screen(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[FigureChoice] = []
    suggested: list[str] = []
    columns = ["", "alexnet, vgg16", ""]

    def ask(dialog: export_dialog.ExportDialog) -> FigureChoice:
        begun.append(dialog.answer)
        return replace(dialog.answer, columns=columns.pop(0) or dialog.answer.columns)

    def save(_title: str, suggestion: Path, _parent: object) -> Path:
        suggested.append(suggestion.name)
        return tmp_path / "columns.svg"

    monkeypatch.setattr(export_dialog.ExportDialog, "asked", ask)
    monkeypatch.setattr(dialogs.SaveAs, "ask", save)
    store = desk.store
    store.edit(store.session.with_setup(replace(store.session.setup, picture=None)), "no picture")
    name = store.session.setup.state.network.name
    desk.window.commands["architecture"].trigger()
    assert begun[0].figure == "architecture"
    assert begun[0].columns == f"{name}, vgg19, plain34, resnet34"
    assert suggested == [f"{name}_vgg19_plain34_resnet34_architecture.svg"], "the networks that are drawn"
    desk.qtbot.waitUntil(lambda: any(isinstance(request, WriteFigure) for request in desk.files.asked))
    desk.window.commands["architecture"].trigger()
    assert begun[1].columns == begun[0].columns, "what was not changed follows the screen"
    desk.window.commands["architecture"].trigger()
    assert begun[2].columns == "alexnet, vgg16", "what was chosen is kept"


def test_another_figure_chosen_there_still_needs_a_reading(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        export_dialog.ExportDialog, "asked", lambda dialog: replace(dialog.answer, figure="gradcam")
    )
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: pytest.fail("nothing to save"))
    store = desk.store
    store.edit(store.session.with_setup(replace(store.session.setup, picture=None)), "no picture")
    desk.window.commands["architecture"].trigger()
    assert "no full reading" in desk.window.messages.sentence

"""The export dialog: what its fields say, and which name a file gets."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from resnet_viewer.ui.export_dialog import ExportDialog, suggested_name, with_suffix_of
from resnet_viewer.ui.requests import FigureChoice


def test_it_starts_from_the_last_choice_and_returns_what_was_changed(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("gradcam", "png", 6.0, 5.0, 300))
    qtbot.addWidget(dialog)
    assert dialog.choice == FigureChoice("gradcam", "png", 6.0, 5.0, 300)
    assert dialog._pixels.text() == "1800 pixels wide"
    dialog.dpi.setValue(100)
    assert dialog.choice.dpi == 100
    assert not dialog.height_field.isEnabled(), "only the plot has a free height"


def test_numbers_exist_for_the_gradient_norms_alone(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("gradcam", "png"))
    qtbot.addWidget(dialog)
    dialog.suffix.setCurrentIndex(dialog.suffix.findData("csv"))
    assert dialog.choice.figure == "gradient_norms"
    assert not dialog.dpi.isEnabled()


def test_a_typed_suffix_wins_and_a_missing_one_is_added() -> None:
    choice = FigureChoice("gradient_norms", "svg")
    assert with_suffix_of(choice, Path("a.PDF")) == (FigureChoice("gradient_norms", "pdf"), Path("a.PDF"))
    assert with_suffix_of(choice, Path("a.b"))[1] == Path("a.b.svg")
    picture = FigureChoice("gradcam", "png")
    assert with_suffix_of(picture, Path("a.csv")) == (picture, Path("a.csv.png"))


def test_the_suggested_name_says_what_it_is_of() -> None:
    assert suggested_name(FigureChoice(), "my cat/1.jpg") == "1_gradient_norms.svg"
    assert suggested_name(FigureChoice(), "Ä b?.png") == "Ä_b__gradient_norms.svg"
    assert suggested_name(FigureChoice(), "") == "picture_gradient_norms.svg"

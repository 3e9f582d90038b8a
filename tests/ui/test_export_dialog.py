"""The export dialog: what its fields say, and which name a file gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.records.figure_list import PRESETS, FigureChoice, FigureName, Suffix, figures_of
from resnet_viewer.ui.export_dialog import (
    GIVING_WAY,
    ExportDialog,
    SuffixError,
    with_suffix_of,
)


def test_it_starts_from_the_last_choice_and_returns_what_was_changed(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("gradcam", "png", 6.0, 5.0, 300), figures=figures_of("inspect"))
    qtbot.addWidget(dialog)
    assert dialog.answer == FigureChoice("gradcam", "png", 6.0, 5.0, 300)
    assert dialog._pixels.text() == "1800 pixels wide"
    dialog.dpi.setValue(100)
    assert dialog.answer.dpi == 100
    assert not dialog.height_field.isEnabled(), "the picture's shape fixes it"
    assert "shape of the picture" in dialog.height_field.toolTip()


@pytest.mark.parametrize("figure", [figure.name for figure in figures_of("inspect")])
def test_every_figure_has_numbers_and_a_table_has_no_size(qtbot: QtBot, figure: FigureName) -> None:
    dialog = ExportDialog(FigureChoice(figure, "png"), figures=figures_of("inspect"))
    qtbot.addWidget(dialog)
    dialog.suffix.setCurrentIndex(dialog.suffix.findData("csv"))
    assert (dialog.answer.figure, dialog.answer.suffix) == (figure, "csv")
    for field in (dialog.width_field, dialog.height_field, dialog.dpi):
        assert not field.isEnabled()
        assert "no size" in field.toolTip()


def test_the_height_is_a_choice_where_the_figure_takes_one_else_it_says_why(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("predictions", "png", 6.0, 5.0, 300), figures=figures_of("inspect"))
    qtbot.addWidget(dialog)
    assert dialog.height_field.isEnabled()
    assert dialog.height_field.toolTip() == ""
    assert dialog._pixels.text() == "1800 × 1500 pixels"
    dialog.figure.setCurrentIndex(dialog.figure.findData("feature_maps"))
    assert not dialog.height_field.isEnabled()
    assert "number of channels" in dialog.height_field.toolTip()


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
@pytest.mark.parametrize(("figure", "takes_resolution"), [("gradient_norms", False), ("gradcam", True)])
def test_a_resolution_is_a_choice_only_where_the_file_has_pixels(
    qtbot: QtBot, figure: FigureName, suffix: Suffix, takes_resolution: bool
) -> None:
    dialog = ExportDialog(FigureChoice(figure, suffix), figures=figures_of("inspect"))
    qtbot.addWidget(dialog)
    assert dialog.dpi.isEnabled() == takes_resolution
    assert ("no resolution in SVG and PDF" in dialog.dpi.toolTip()) != takes_resolution
    dialog.suffix.setCurrentIndex(dialog.suffix.findData("png"))
    assert dialog.dpi.isEnabled()


def test_networks_are_named_for_the_architecture_figure_alone(qtbot: QtBot) -> None:
    dialog = ExportDialog(
        FigureChoice("architecture", "png", columns="resnet18, vgg19"), figures=figures_of("inspect")
    )
    qtbot.addWidget(dialog)
    assert dialog.answer.columns == "resnet18, vgg19"
    assert dialog._pixels.text() == ""
    for field in (dialog.width_field, dialog.height_field):
        assert not field.isEnabled()
        assert "follows from the networks" in field.toolTip()
    dialog.columns.setText("alexnet")
    assert dialog.answer.columns == "alexnet"
    dialog.figure.setCurrentIndex(0)
    assert not dialog.columns.isEnabled()


def test_figures_of_runs_have_the_same_dialog_without_columns(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("loss", "pdf"), figures=figures_of("train"))
    qtbot.addWidget(dialog)
    dialog.show()
    assert [dialog.figure.itemText(i) for i in range(dialog.figure.count())] == [
        figure.title for figure in figures_of("train")
    ]
    assert not dialog.columns.isVisible()
    assert dialog.answer == FigureChoice("loss", "pdf")
    assert not dialog.dpi.isEnabled()
    dialog.figure.setCurrentIndex(dialog.figure.findData("confusion"))
    assert dialog.dpi.isEnabled()
    assert not dialog.height_field.isEnabled()
    assert "number of classes" in dialog.height_field.toolTip()


def test_a_typed_suffix_rules_and_a_missing_one_is_added() -> None:
    choice = FigureChoice("gradient_norms", "svg")
    assert with_suffix_of(choice, Path("a.PDF")) == (FigureChoice("gradient_norms", "pdf"), Path("a.PDF"))
    assert with_suffix_of(choice, Path("a"))[1] == Path("a.svg")
    assert with_suffix_of(choice, Path("a."))[1] == Path("a.svg")
    cam = FigureChoice("gradcam", "png")
    assert with_suffix_of(cam, Path("a.csv")) == (FigureChoice("gradcam", "csv"), Path("a.csv"))


@pytest.mark.parametrize("name", ["a.jpg", "a.csv.txt", "fig 1.5"])
def test_a_suffix_that_we_do_not_write_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(SuffixError, match=r"ends in \.svg, \.pdf, \.png or \.csv"):
        with_suffix_of(FigureChoice("gradcam", "png"), Path(name))


def test_presets_set_the_size_and_are_named_where_the_fields_say_theirs(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("gradient_norms", "pdf", 7.6, 5.0), figures=figures_of("inspect"))
    qtbot.addWidget(dialog)
    assert dialog.preset.currentText() == "own size"
    for index, preset in enumerate(PRESETS):
        dialog.preset.setCurrentIndex(index)
        dialog.preset.activated.emit(index)
        assert (dialog.answer.width, dialog.answer.height) == (preset.width, preset.height)
        assert dialog.preset.currentIndex() == index
    assert [(p.name, p.width) for p in PRESETS] == [
        ("single column", 3.3), ("double column", 7.0), ("slide, 16:9", 6.4)
    ]  # fmt: skip
    dialog.width_field.setValue(9.0)
    assert dialog.preset.currentText() == "own size"
    dialog.figure.setCurrentIndex(dialog.figure.findData("gradcam"))
    dialog.width_field.setValue(3.3)
    assert dialog.preset.currentText().startswith("single column"), "its height follows from the width"
    dialog.figure.setCurrentIndex(dialog.figure.findData("architecture"))
    assert not dialog.preset.isEnabled()


def test_title_and_caption_can_be_left_away_and_what_gives_way_is_said(qtbot: QtBot) -> None:
    dialog = ExportDialog(FigureChoice("loss", "pdf", has_title=False), figures=figures_of("train"))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.answer.without == ("title", "subtitle")
    dialog.has_title.setChecked(True)
    dialog.has_caption.setChecked(False)
    assert dialog.answer.without == ("caption",)
    assert dialog._gives_way.isVisible()
    assert GIVING_WAY.startswith("On a page that is too low, the caption goes first")
    dialog.suffix.setCurrentIndex(dialog.suffix.findData("csv"))
    assert not dialog.has_title.isEnabled()

"""Forms made of options: each field is asked for as its type and its `option` say, and gives back what it was shown."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.studies.trust import TrustOptions
from resnet_viewer.records.study import Options, option, option_words
from resnet_viewer.ui.widgets.form import FolderLine, Number
from resnet_viewer.ui.widgets.options_form import OptionsForm


@dataclass(frozen=True)
class Baking(Options):
    crust: Literal["thin", "very thick"] = option("thin", "Crust", "What it is bitten through first.")
    grams: int = option(750, "Weight in grams", least=1, most=2_000_000)
    salt: float = option(0.02, "Share of salt", "Of the flour.", least=0, most=0.1)
    is_sour: bool = option(True, "Sour")
    baker: str = option("", "Baker")
    heats: tuple[float, ...] = option((250.0, 210.5), "Degrees, in order")
    rest: int | None = option(None, "Minutes of rest", least=0)
    book: str = option("", "Recipes", "Where they are.", is_folder=True)


@dataclass(frozen=True)
class Rye(Options):
    grams: int = option(500, "Weight in grams", least=1, most=1000)


@pytest.fixture
def form(qtbot: QtBot) -> OptionsForm:
    made = OptionsForm()
    qtbot.addWidget(made)
    made.show_options(Baking())
    return made


def test_each_type_has_its_field(form: OptionsForm) -> None:
    kinds = [type(field) for field in form.fields.values()]
    assert kinds == [QComboBox, Number, Number, QCheckBox, QLineEdit, QLineEdit, QLineEdit, FolderLine]
    crust, grams = form.fields["crust"], form.fields["grams"]
    assert isinstance(crust, QComboBox)
    assert isinstance(grams, Number)
    assert [crust.itemText(place) for place in range(2)] == ["Thin", "Very thick"]
    assert (grams.minimum(), grams.maximum()) == (1, 2_000_000)


def test_fields_are_named_and_explained_to_those_who_do_not_see_them(form: OptionsForm) -> None:
    assert [field.accessibleName() for field in form.fields.values()][:2] == ["Crust", "Weight in grams"]
    assert "bitten through" in form.fields["crust"].accessibleDescription()
    assert "from 1 to 2000000" in form.fields["grams"].toolTip()


@pytest.mark.parametrize(
    "options",
    [Baking(), Baking("very thick", 1, 0.1, False, "Ann & Co", (), 0), Baking(heats=(1.0,), rest=45)],
)
def test_what_was_shown_is_given_back(form: OptionsForm, options: Baking) -> None:
    form.show_options(Baking("very thick", 3, 0.0, True, "x", (9.0,), 7))
    form.show_options(options)
    assert form.options == options


def test_another_kind_has_other_fields_and_reset_is_its_own_default(form: OptionsForm) -> None:
    form.show_options(Rye(7))
    assert list(form.fields) == ["grams"]
    assert form.options == Rye(7)
    assert not form.is_usual
    form.reset()
    assert form.options == Rye()
    assert form.is_usual


def test_a_number_out_of_its_range_is_a_sentence_until_the_writing_ends(
    form: OptionsForm, qtbot: QtBot
) -> None:
    grams = form.fields["grams"]
    assert isinstance(grams, Number)
    form.show()
    grams.setFocus()
    grams.lineEdit().selectAll()
    with qtbot.waitSignal(form.changed):
        QTest.keyClicks(grams.lineEdit(), "0")
    with pytest.raises(UserError, match="Weight in grams can be from 1 to 2000000"):
        _ = form.options
    assert not form.is_usual
    with qtbot.waitSignal(form.changed):
        QTest.keyClick(grams, Qt.Key.Key_Return)
    assert form.options == Baking()


@pytest.mark.parametrize(
    ("name", "text", "wanted"), [("heats", "warm", "numbers, with commas"), ("rest", "2.5", "whole number")]
)
def test_a_line_that_is_no_number_is_a_sentence(form: OptionsForm, name: str, text: str, wanted: str) -> None:
    field = form.fields[name]
    assert isinstance(field, QLineEdit)
    field.setText(text)
    with pytest.raises(UserError, match=wanted):
        _ = form.options
    assert field.text() == text


def test_every_change_is_told_once(form: OptionsForm) -> None:
    told: list[bool] = []
    form.changed.connect(lambda: told.append(form.is_usual))
    sour = form.fields["is_sour"]
    assert isinstance(sour, QCheckBox)
    sour.click()
    sour.click()
    form.show_options(Baking(grams=2))
    assert told == [False, True, False]


def test_a_folder_is_written_or_chosen_and_kept_by_its_whole_path(
    form: OptionsForm, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    field = form.fields["book"]
    assert isinstance(field, FolderLine)
    assert field.field.accessibleName() == "Folder: Recipes"
    asked: list[str] = []

    def choose(_parent: object, _title: str, start: str) -> str:
        asked.append(start)
        return str(tmp_path) if len(asked) == 1 else ""

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", choose)
    with qtbot.waitSignal(form.changed):
        field.choose.click()
    assert form.options == Baking(book=str(tmp_path))
    field.choose.click()  # and thought better of it
    assert asked == ["", str(tmp_path)]
    assert form.options == Baking(book=str(tmp_path))
    form.show_options(Baking())
    assert field.field.text() == ""
    form.show_options(Baking(book="kept"))
    assert field.field.text() == str(Path.cwd() / "kept")


def test_a_number_that_stands_for_something_is_shown_as_the_word_for_it(form: OptionsForm) -> None:
    form.show_options(TrustOptions())
    block = form.fields["block"]
    assert isinstance(block, Number)
    assert block.text() == "last"
    assert form.options == TrustOptions()
    block.setFocus()
    block.selectAll()
    QTest.keyClicks(block, "5")
    assert form.options == TrustOptions(block=5)
    form.reset()
    assert block.text() == "last"
    (field,) = (field for field in fields(TrustOptions) if field.name == "block")
    assert option_words(TrustOptions(), field) == "Block last"
    assert option_words(TrustOptions(block=5), field) == "Block 5"

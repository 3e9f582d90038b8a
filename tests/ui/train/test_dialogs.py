"""The forms of the Train tab: fields show what they were given and say what they hold, and refuse in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import RECIPES, Recipe, ShortcutSchedule
from resnet_viewer.records.run_plan import LONGEST_NAME, Course, PlanError, RunPlan, course_json
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.appearance import style_sheet
from resnet_viewer.ui.train.networks_dialog import NetworksDialog
from resnet_viewer.ui.train.recipe_dialog import RecipeDialog, read_course
from resnet_viewer.ui.widgets.form import Notation, Number, put
from resnet_viewer.ui.widgets.theme import DARK

MINE = Course(
    Recipe(
        "mine",
        "adam",
        "steps",
        0.003,
        64,
        0.5,
        False,
        0.001,
        True,
        0.25,
        0,
        0.75,
        ShortcutSchedule(1, 4, 0.5, 1),
    ),
    5,
    3,
    2,
    "cuda",
    7,
    "bfloat16",
    "crop",
)


def refusal(plan: RunPlan) -> str:
    try:
        runs_of(plan)
    except UserError as error:
        return str(error)
    return ""


def networks(qtbot: QtBot, plan: RunPlan) -> NetworksDialog:
    made = NetworksDialog(plan, refusal)
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    "plan",
    [
        RunPlan(),
        RunPlan("mnist", "20", True, False, ("-nobn", "-normal=0.1"), "cifar-resnet-44", MINE),
        RunPlan(depths="32", endings=("-c", "-xavier")),
        RunPlan(depths="32", endings=("-c", "-skipinit")),
    ],
)
def test_the_form_says_what_it_was_given(qtbot: QtBot, plan: RunPlan) -> None:
    assert networks(qtbot, plan).answer == plan


def test_what_has_multipliers_has_no_batch_normalisation_to_take_away(qtbot: QtBot) -> None:
    dialog = networks(qtbot, RunPlan(endings=("-nobn", "-fixup")))
    assert dialog.answer.endings == ("-fixup",)
    assert not dialog.unnormalised.isEnabled()
    put(dialog.initialisation, "")
    assert dialog.answer.endings == ("-nobn",)


def test_networks_that_cannot_be_built_cannot_be_taken(qtbot: QtBot) -> None:
    dialog = networks(qtbot, RunPlan())
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert ok.isEnabled()
    dialog.depths.setText("20, 21")
    assert "not 21" in dialog.sentence
    assert not ok.isEnabled()
    dialog.depths.setText("20")
    dialog.plain.setChecked(False)
    dialog.residual.setChecked(False)
    assert "No network is chosen" in dialog.sentence
    dialog.networks.setText("teaching-mnist")
    assert dialog.sentence == ""
    assert ok.isEnabled()


@pytest.mark.parametrize("course", [Course(), Course(RECIPES["paper"], 200), MINE])
def test_every_field_of_a_recipe_is_kept(qtbot: QtBot, course: Course) -> None:
    dialog = RecipeDialog(course)
    qtbot.addWidget(dialog)
    assert dialog.answer == course


def test_a_schedule_of_the_shortcuts_is_written_as_on_the_command_line(qtbot: QtBot) -> None:
    made = RecipeDialog(Course())
    qtbot.addWidget(made)
    field = made.fields["shortcuts"]
    assert isinstance(field, Notation)
    assert (field.text(), made.answer.recipe.shortcuts) == ("", None)
    QTest.keyClicks(field, "2..10=1..")
    assert made.sentence.startswith(
        "The shortcuts' schedule must be two epochs and the strengths at their ends"
    )
    made.accept()
    assert made.result() == 0, "it stays open"
    assert "as in 2..10=1..0, not '2..10=1..'" in made.sentence
    QTest.keyClicks(field, "0")
    assert made.sentence == ""
    answer = made.answer
    assert answer.recipe.shortcuts == ShortcutSchedule(2, 10)
    assert answer.recipe.name == "quick, changed"
    survival = made.fields["survival"]
    assert isinstance(survival, Number)
    survival.setValue(0.5)
    made.accept()
    assert made.sentence.startswith("The shortcuts' schedule cannot cut them")
    survival.setValue(1.0)
    field.setText("12..14=1..0")
    made.accept()
    assert made.sentence.startswith("The shortcuts are to change after epoch 12, and the last epoch is 12")
    assert made.result() == 0
    field.setText(" ")
    made.accept()
    assert made.result() == 1
    assert made.answer == Course()


def test_what_is_no_schedule_is_not_exported(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = RecipeDialog(Course())
    qtbot.addWidget(made)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "r.json"), ""))
    export = next(button for button in made.findChildren(QPushButton) if button.text() == "E&xport…")
    made.fields["shortcuts"].setText("2..=")  # type: ignore[attr-defined]
    export.click()
    assert "schedule must be" in made.sentence
    assert not [*tmp_path.iterdir()]
    made.fields["shortcuts"].setText("2..4=1..0")  # type: ignore[attr-defined]
    export.click()
    assert read_course(tmp_path / "r.json").recipe.shortcuts == ShortcutSchedule(2, 4)


def test_numbers_have_no_more_digits_than_needed(qtbot: QtBot) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    shown = [
        field.text().replace(",", ".") for field in (dialog.fields["rate"], dialog.fields["weight_decay"])
    ]
    assert shown == ["0.05", "0.0005"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1e-4", 1e-4), ("2E-2", 0.02), ("0,02", 0.02), ("0.02", 0.02), ("1e6", 0.05), ("nan", 0.05), ("-1", 0.05),
        ("1e", 0.05), ("1.2.3", 0.05), ("", 0.05),
    ],
)  # fmt: skip
def test_numbers_are_taken_as_they_are_written_or_not_at_all(qtbot: QtBot, typed: str, value: float) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    dialog.fields["rate"].lineEdit().clear()
    QTest.keyClicks(dialog.fields["rate"], typed)
    assert dialog.answer.recipe.rate == pytest.approx(value), "also while it is being written"
    QTest.keyClick(dialog.fields["rate"], Qt.Key.Key_Return)
    assert dialog.fields["rate"].value() == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("epochs", "0", "Epochs can be from 1 to 10000; 12 is kept."),
        ("batch", "0", "Batch size can be from 1 to 65536; 128 is kept."),
        ("batch", "99999", "Batch size can be from 1 to 65536; 128 is kept."),
        ("rate", "-1", "Learning rate can be from 1e-06 to 10; 0.05 is kept."),
        ("rate", "11", "Learning rate can be from 1e-06 to 10; 0.05 is kept."),
        ("seeds", "", "Seeds a network can be from 1 to 20; 1 is kept."),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_the_range(
    qtbot: QtBot, name: str, typed: str, words: str
) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    dialog.show()
    field = dialog.fields[name]
    field.setFocus()
    field.selectAll()
    if typed:
        QTest.keyClicks(field, typed)
    else:
        QTest.keyClick(field, Qt.Key.Key_Backspace)
    span = words.partition(";")[0]
    assert dialog.sentence == f"{span}."
    assert field.toolTip() == f"{span}."
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert dialog.result() == 0, "Enter takes no other number than the one that was written"
    assert dialog.isVisible()
    assert dialog.sentence.replace("0,05", "0.05") == words
    assert dialog.answer == Course()
    field.selectAll()
    QTest.keyClicks(field, "2")
    assert dialog.sentence == ""
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()
    assert dialog.result() == 1


def test_no_number_is_cut_at_its_lower_edge(qtbot: QtBot) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    dialog.setStyleSheet(style_sheet(DARK))
    dialog.show()
    for field in dialog.findChildren(Number):
        assert field.lineEdit().height() >= field.fontMetrics().height()


def test_only_devices_that_are_here_are_offered(qtbot: QtBot) -> None:
    dialog = RecipeDialog(Course(), ("cuda", "cpu"))
    qtbot.addWidget(dialog)
    offered = [dialog.fields["device"].itemText(place) for place in range(dialog.fields["device"].count())]
    assert offered == ["the best there is", "cuda", "cpu"]
    other = RecipeDialog(MINE, ("cpu",))
    qtbot.addWidget(other)
    assert other.fields["device"].currentText() == "cuda, which is not here"
    assert other.answer == MINE


def test_a_name_has_an_end_and_buttons_for_files_stand_apart(qtbot: QtBot) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    dialog.fields["name"].setText("x" * 5000)
    assert len(dialog.answer.recipe.name) == LONGEST_NAME
    dialog.show()
    ok, cancel = (
        dialog.buttons.button(which).mapTo(dialog, QPoint()).x()
        for which in (QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel)
    )
    assert all(
        button.x() + button.width() < min(ok, cancel)
        for button in dialog.findChildren(QPushButton)
        if button.text() in ("&Import…", "E&xport…")
    )


def test_a_changed_built_in_recipe_gets_another_name(qtbot: QtBot) -> None:
    dialog = RecipeDialog(Course())
    qtbot.addWidget(dialog)
    dialog.fields["rate"].setValue(0.1)
    assert dialog.answer.recipe.name == "quick, changed"
    dialog.fields["rate"].setValue(0.05)
    assert dialog.answer.recipe == RECIPES["quick"]


def test_recipes_travel_as_files(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.json"
    dialog = RecipeDialog(MINE)
    qtbot.addWidget(dialog)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    dialog._export()
    assert read_course(path) == MINE
    other = RecipeDialog(Course())
    qtbot.addWidget(other)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    other._import()
    assert other.answer == MINE
    path.write_text("{}")
    other._import()
    assert "no recipe" in other.sentence
    assert other.answer == MINE


def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path) -> None:
    for content in (b"\xff\xfe", course_json(MINE).encode() + b" " * 200_000):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(PlanError):
            read_course(tmp_path / "bad.json")
    with pytest.raises(PlanError, match="There is no file"):
        read_course(tmp_path / "missing.json")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_is_no_recipe_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(PlanError, match=r"pipe[.]json is not a regular file"):
        read_course(tmp_path / "pipe.json")

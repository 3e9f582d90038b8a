"""How networks are trained: every field of a recipe, and how long, how often and where it is followed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.media.files import write_whole
from resnet_viewer.media.reading import read_whole
from resnet_viewer.records.data import AUGMENTATION_WORDS, Augmentation
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.recipe import Optimizer, Recipe, Schedule
from resnet_viewer.records.run_plan import BOUNDS, LONGEST_NAME, Course, PlanError, course_json, course_of
from resnet_viewer.records.training import Precision
from resnet_viewer.ui.widgets.labels import plain_label

_OPTIMIZERS: dict[Optimizer, str] = {"sgd": "SGD", "adam": "Adam"}
_SCHEDULES: dict[Schedule, str] = {
    "one cycle": "one cycle: up, then down to zero",
    "steps": "steps: a tenth at 50 % and 75 %",
    "constant": "constant",
}
_PRECISIONS: dict[Precision, str] = {
    "float32": "float32",
    "bfloat16": "bfloat16 where it will do, else float32",
}
_JSON = "Recipes (*.json);;All files (*)"
LARGEST_RECIPE = 100_000
"""Bytes; a file that is larger is something else."""


class RecipeDialog(QDialog):
    """Export writes the fields as they are, import fills them."""

    def __init__(
        self, course: Course, devices: Sequence[str] = ("cpu",), parent: QWidget | None = None
    ) -> None:
        """`devices` are those that torch can use here."""
        super().__init__(parent)
        self.setWindowTitle("Recipe")
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.optimizer, self.schedule, self.device = QComboBox(), QComboBox(), QComboBox()
        for kind, title in _OPTIMIZERS.items():
            self.optimizer.addItem(title, kind)
        for how, title in _SCHEDULES.items():
            self.schedule.addItem(title, how)
        self.precision = QComboBox()
        for precision, title in _PRECISIONS.items():
            self.precision.addItem(title, precision)
        self.augment = QComboBox()
        self.augment.addItem("as is usual for the data", None)
        for augment, title in AUGMENTATION_WORDS.items():
            self.augment.addItem(title, augment)
        self.device.addItem("the best there is", "")
        for device in devices:
            self.device.addItem(device, device)
        self.epochs, self.batch, self.seed, self.seeds, self.record_every = (
            _whole(name) for name in ("epochs", "batch", "seed", "seeds", "record_every")
        )
        self.rate, self.momentum, self.weight_decay, self.warm_up = (
            _number(name) for name in ("rate", "momentum", "weight_decay", "warm_up")
        )
        self.nesterov = QCheckBox("Nesterov's momentum")
        self.decays_all = QCheckBox("also on biases and normalisations")
        self.record_every.setSpecialValueText("by the number of steps")
        self._sentence = plain_label()
        self._sentence.setWordWrap(True)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._files = QPushButton("&Import…"), QPushButton("E&xport…")
        for button, act in zip(self._files, (self._import, self._export), strict=True):
            button.setAutoDefault(False)
            button.clicked.connect(act)
        self._refused: dict[QWidget, str] = {}
        """What is written in a field and cannot be taken, in words."""
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self.show_course(course)
        self.name.textChanged.connect(self._follow)
        self.optimizer.currentIndexChanged.connect(self._follow)
        self._follow()

    def _lay_out(self) -> None:
        form = QFormLayout()
        for label, field in (
            ("&Name", self.name),
            ("&Epochs", self.epochs),
            ("&Batch size", self.batch),
            ("&Optimizer", self.optimizer),
            ("Learning &rate", self.rate),
            ("&Schedule", self.schedule),
            ("Warm-&up, share of all steps", self.warm_up),
            ("&Momentum", self.momentum),
            ("", self.nesterov),
            ("&Weight decay", self.weight_decay),
            ("", self.decays_all),
            ("&Training pictures", self.augment),
            ("First see&d", self.seed),
            ("Seeds a networ&k", self.seeds),
            ("De&vice", self.device),
            ("&Precision", self.precision),
            ("Steps between &gradient records", self.record_every),
        ):
            form.addRow(label, field)
        self._numbers: dict[str, QAbstractSpinBox] = {
            "epochs": self.epochs, "batch": self.batch, "rate": self.rate, "warm_up": self.warm_up,
            "momentum": self.momentum, "weight_decay": self.weight_decay, "seed": self.seed, "seeds": self.seeds,
            "record_every": self.record_every,
        }  # fmt: skip
        for name, number in self._numbers.items():
            buddy = form.labelForField(number)
            assert isinstance(buddy, QLabel)
            words = buddy.text().replace("&", "").partition(",")[0]
            least, most = BOUNDS[name]
            span = f"{words} can be from {_said(least)} to {_said(most)}"
            number.setToolTip(f"{span}.")
            number.lineEdit().textEdited.connect(partial(self._watch, number, span))
        row = QHBoxLayout()
        for button in self._files:
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._buttons)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._sentence)
        layout.addLayout(row)

    def _watch(self, field: QAbstractSpinBox, span: str, _text: str) -> None:
        """Say while it is written that a number cannot be taken."""
        self._refused.pop(field, None)
        if not field.hasAcceptableInput():
            self._refused[field] = span
        self._say(". ".join(self._refused.values()) + "." if self._refused else "")

    def accept(self) -> None:
        """Not with a number that is out of its range: the field has gone back to the last good one, which is said."""
        if self._refused:
            kept = [f"{span}; {_text_of(field)} is kept" for field, span in self._refused.items()]
            self._refused = {}
            self._say(". ".join(kept) + ".")
            return
        super().accept()

    def show_course(self, course: Course) -> None:
        """Fill the fields."""
        recipe = course.recipe
        self.name.setText(recipe.name)
        self.optimizer.setCurrentIndex(self.optimizer.findData(recipe.optimizer))
        self.schedule.setCurrentIndex(self.schedule.findData(recipe.schedule))
        if course.device and self.device.findData(course.device) < 0:
            self.device.addItem(f"{course.device}, which is not here", course.device)
        self.device.setCurrentIndex(self.device.findData(course.device))
        self.precision.setCurrentIndex(self.precision.findData(course.precision))
        self.augment.setCurrentIndex(self.augment.findData(course.augment))
        for field, value in (
            (self.rate, recipe.rate), (self.momentum, recipe.momentum), (self.warm_up, recipe.warm_up),
            (self.weight_decay, recipe.weight_decay),
        ):  # fmt: skip
            field.setValue(value)
        for count, number in (
            (self.epochs, course.epochs), (self.batch, recipe.batch), (self.seed, course.seed),
            (self.seeds, course.seeds), (self.record_every, course.record_every),
        ):  # fmt: skip
            count.setValue(number)
        self.nesterov.setChecked(recipe.nesterov)
        self.decays_all.setChecked(recipe.decays_all)

    @property
    def course(self) -> Course:
        """What the fields say; a changed recipe cannot keep a built-in one's name."""
        for field in self._numbers.values():
            field.interpretText()  # a click on a button does not end the writing everywhere
        recipe = Recipe(
            self.name.text().strip() or "own",
            cast(Optimizer, self.optimizer.currentData()),
            cast(Schedule, self.schedule.currentData()),
            self.rate.value(),
            self.batch.value(),
            self.momentum.value(),
            self.nesterov.isChecked(),
            self.weight_decay.value(),
            self.decays_all.isChecked(),
            self.warm_up.value(),
        )
        return Course(
            recipe.named,
            self.epochs.value(),
            self.seed.value(),
            self.seeds.value(),
            str(self.device.currentData()),
            self.record_every.value(),
            cast(Precision, self.precision.currentData()),
            cast(Augmentation | None, self.augment.currentData()),
        )

    @Slot()
    def _follow(self) -> None:
        is_sgd = self.optimizer.currentData() == "sgd"
        for field in (self.momentum, self.nesterov):
            field.setEnabled(is_sgd)
            field.setToolTip("" if is_sgd else "Adam has no such momentum.")

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self.adjustSize()  # a wrapped sentence would press the fields together

    @Slot()
    def _export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the recipe", f"{self.course.recipe.name}.json", _JSON
        )
        if name:
            try:
                write_whole(Path(name), course_json(self.course).encode())
            except (OSError, UserError) as error:
                self._say(str(error))
            else:
                self._say(f"Saved {name}.")

    @Slot()
    def _import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import a recipe", "", _JSON)
        if name:
            try:
                self.show_course(read_course(Path(name)))
            except UserError as refusal:
                self._say(str(refusal))
            else:
                self._say("")

    @classmethod
    def ask(cls, course: Course, devices: Sequence[str], parent: QWidget | None) -> Course | None:
        """The course, or None where the user leaves."""
        dialog = cls(course, devices, parent)
        is_taken = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.course if is_taken else None


def read_course(path: Path) -> Course:
    """An exported recipe.

    Raises:
        PlanError: the file cannot be read or holds none.
    """
    return course_of(recipe_text(path))


def recipe_text(path: Path) -> str:
    """What a file that may be a recipe says.

    Raises:
        PlanError: it cannot be read, or is too large to be one.
    """
    try:
        return read_whole(path, most_bytes=LARGEST_RECIPE, wanted="a recipe", refused=PlanError).decode()
    except UnicodeDecodeError as error:
        raise PlanError(
            f"{path.name} cannot be read as a recipe; choose a file that was exported here."
        ) from error


def _said(number: float) -> str:
    """A bound as people write it: 2147483647, 0.9999, 1e-06."""
    return str(int(number)) if number == int(number) else f"{number:g}"


def _text_of(field: QWidget) -> str:
    assert isinstance(field, QAbstractSpinBox)
    field.interpretText()
    return str(field.text())


class _Whole(QSpinBox):
    """Lets any number be written; one that is out of range is refused in words when the writing ends."""

    def validate(self, text: str, position: int) -> object:
        written = text.strip()
        if written == self.specialValueText() and written:
            return QValidator.State.Acceptable, text, position
        if not set(written) <= set("0123456789+-"):
            return QValidator.State.Invalid, text, position
        try:
            is_taken = self.minimum() <= int(written) <= self.maximum()
        except ValueError:
            is_taken = False
        return QValidator.State.Acceptable if is_taken else QValidator.State.Intermediate, text, position


def _whole(name: str) -> QSpinBox:
    field = _Whole()
    field.setRange(*map(int, BOUNDS[name]))
    field.setKeyboardTracking(False)  # what is written half is no number that could be left behind
    return field


class _Number(QDoubleSpinBox):
    """Shows no more digits than there are, and takes them as people write them: 0.05, 0,05, 5e-2."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 6)

    def valueFromText(self, text: str) -> float:
        number = _written(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> object:
        number = _written(text)
        if number is not None and self.minimum() <= number <= self.maximum():
            return QValidator.State.Acceptable, text, position
        is_begun = set(text.strip()) <= set("0123456789.,eE+-")
        return (QValidator.State.Intermediate if is_begun else QValidator.State.Invalid), text, position


def _written(text: str) -> float | None:
    """A number with a point or a comma; None where it is none."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _number(name: str) -> QDoubleSpinBox:
    field = _Number()
    field.setDecimals(6)
    field.setRange(*BOUNDS[name])
    field.setKeyboardTracking(False)
    field.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    return field

"""Dialogs that are forms: labelled fields, a sentence about what cannot be taken, and the buttons under them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QSize, Slot
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

from resnet_viewer.records.errors import UserError
from resnet_viewer.ui.widgets.labels import plain_label, tooltip_text

Answer = TypeVar("Answer")
Record = TypeVar("Record")
OK, CANCEL = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel


class Form(QDialog, Generic[Answer]):
    """What cannot be taken is said in a sentence, and the form stays."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.fields: dict[str, QWidget] = {}
        """By name; what reads or fills all fields at once takes these."""
        self.rows, self.foot = QFormLayout(), QHBoxLayout()
        self.sentence_label = plain_label()
        self.sentence_label.setWordWrap(True)
        self.buttons = QDialogButtonBox(OK | CANCEL)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.foot.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.addLayout(self.rows)
        layout.addWidget(self.sentence_label)
        layout.addStretch(1)
        layout.addLayout(self.foot)

    def add_fields(self, rows: Mapping[str, tuple[str, QWidget]]) -> None:
        """Fields by name, with their labels; a letter behind & leads there."""
        for name, (label, field) in rows.items():
            self.rows.addRow(label, field)
            self.fields[name] = field

    def words_of(self, field: QWidget) -> str:
        """The label of a field, as one reads it."""
        label = self.rows.labelForField(field)
        assert isinstance(label, QLabel)
        return label.text().replace("&", "")

    def fill(self, *records: object) -> None:
        """Have the fields say what the records' of their names say."""
        values = {name: value for record in records for name, value in vars(record).items()}
        for name, field in self.fields.items():
            put(field, values[name])

    @property
    def values(self) -> dict[str, Any]:
        """What the fields say, by name."""
        return {name: value_of(field) for name, field in self.fields.items()}

    def record(self, kind: type[Record], **others: Any) -> Record:
        """A dataclass of what the fields of its names say."""
        names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        return kind(**{name: value for name, value in self.values.items() if name in names}, **others)

    @property
    def answer(self) -> Answer:
        """What the fields say.

        Raises:
            UserError: it cannot be taken.
        """
        raise NotImplementedError

    @property
    def sentence(self) -> str:
        """What is said about the fields; "" for nothing."""
        return self.sentence_label.text()

    def say(self, sentence: str) -> None:
        """Say it, and have room for it: a wrapped sentence would press the fields together."""
        self.sentence_label.setText(sentence)
        if self.isVisible():
            self.resize(self.size().expandedTo(QSize(0, self.heightForWidth(self.width()))))

    def accept(self) -> None:
        try:
            _ = self.answer
        except UserError as refusal:
            self.say(str(refusal))
        else:
            super().accept()

    def asked(self) -> Answer | None:
        """Show it until it is closed: the answer, or None where the user leaves."""
        is_taken = self.exec() == QDialog.DialogCode.Accepted
        self.deleteLater()
        return self.answer if is_taken else None


class Notation(QLineEdit):
    """A value as people write it, or nothing: `read` takes the text, `write` gives it.

    What is written and means nothing makes `value_of` raise what `read` does.
    """

    def __init__(self, read: Callable[[str], Any], write: Callable[[Any], str], example: str) -> None:
        super().__init__(placeholderText=example)
        self.read, self.write = read, write


def value_of(field: QWidget) -> Any:
    """What a field says: the data of a choice, whether a box is checked, a number, a text without blanks around it, or
    what that means, None for nothing.
    """
    match field:
        case Notation():
            return field.read(text) if (text := field.text().strip()) else None
        case QComboBox():
            return field.currentData()
        case QCheckBox():
            return field.isChecked()
        case QSpinBox() | QDoubleSpinBox():
            field.interpretText()  # a click on a button does not end the writing everywhere
            is_whole = isinstance(field, QDoubleSpinBox) and not field.decimals()
            return round(field.value()) if is_whole else field.value()
        case QLineEdit():
            return field.text().strip()
        case FolderLine():
            return value_of(field.field)
    raise TypeError(f"a {type(field).__name__} is no field")


def put(field: QWidget, value: Any) -> None:
    """Have a field say that."""
    match field:
        case Notation():
            field.setText("" if value is None else field.write(value))
        case QComboBox():
            places = (place for place in range(field.count()) if field.itemData(place) == value)
            field.setCurrentIndex(next(places, -1))
        case QCheckBox():
            field.setChecked(value)
        case QSpinBox() | QDoubleSpinBox():
            field.setValue(value)
        case QLineEdit():
            field.setText(value)
        case FolderLine():
            field.field.setText(value)


def on_change(fields: Iterable[QWidget], slot: Callable[[], None]) -> None:
    """Call `slot`, a method of a widget, after every change of one of these."""
    for field in fields:
        match field:
            case QComboBox():
                field.currentIndexChanged.connect(slot)
            case QCheckBox():
                field.toggled.connect(slot)
            case QSpinBox() | QDoubleSpinBox():
                field.valueChanged.connect(slot)
            case QLineEdit():
                field.textChanged.connect(slot)
            case FolderLine():
                field.field.textChanged.connect(slot)


def allow(field: QWidget, refusal: str, tip: str = "") -> None:
    """Enable a field where there is no refusal; its tooltip says why it is disabled, else `tip`."""
    field.setEnabled(not refusal)
    field.setToolTip(tooltip_text(refusal or tip))


def choices(titles: Mapping[Any, str]) -> QComboBox:
    """A choice of values with their titles."""
    box = QComboBox()
    for value, title in titles.items():
        box.addItem(title, value)
    return box


class FolderLine(QWidget):
    """A folder's path, with a button to choose it."""

    def __init__(self, name: str, chosen: str = "") -> None:
        super().__init__()
        self.field, self.choose = QLineEdit(chosen), QPushButton("Choose…")
        self.field.setAccessibleName(name)
        self.choose.setAccessibleName(f"Choose the {name.lower()}")
        self.choose.clicked.connect(self._choose)
        self.setFocusProxy(self.field)
        self.parts = QHBoxLayout(self)
        self.parts.setContentsMargins(0, 0, 0, 0)
        self.parts.addWidget(self.field, 1)
        self.parts.addWidget(self.choose)

    @Slot()
    def _choose(self) -> None:
        if found := QFileDialog.getExistingDirectory(self, self.field.accessibleName(), self.field.text()):
            self.field.setText(found)


class Number(QDoubleSpinBox):
    """Shows no more digits than there are, and takes numbers as people write them: 0.05, 0,05, 5e-2.

    Any number can be written; whether it is in the range, `hasAcceptableInput` says. Without decimals it is whole.
    """

    def __init__(self, least: float, most: float, *, decimals: int) -> None:
        super().__init__(decimals=decimals, minimum=least, maximum=most)
        self.setKeyboardTracking(False)  # what is written half is no number that could be left behind
        if decimals:
            self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)

    @property
    def written(self) -> str:
        """What stands in it when the writing has ended."""
        self.interpretText()
        return self.text()

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 6) if self.decimals() else f"{value:.0f}"

    def valueFromText(self, text: str) -> float:
        number = self.minimum() if text == self.specialValueText() else _written(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> object:
        number, letters = _written(text), "0123456789+-" + (".,eE" if self.decimals() else "")
        if text and text == self.specialValueText():
            state = QValidator.State.Acceptable
        elif not set(text.strip()) <= set(letters):
            state = QValidator.State.Invalid
        elif number is None or not self.minimum() <= number <= self.maximum():
            state = QValidator.State.Intermediate
        else:
            state = QValidator.State.Acceptable
        return state, text, position


def _written(text: str) -> float | None:
    """A number with a point or a comma; None where it is none."""
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None

"""What a weight file does not tell: normalisation, size, resize and crop, and what the classes are called."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QSpinBox, QWidget

from resnet_viewer.media.reading import read_whole
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import (
    CIFAR10_MEAN,
    CIFAR10_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    Channels,
    Preprocessing,
)
from resnet_viewer.ui.widgets.form import Form, choices, on_change, put, value_of
from resnet_viewer.ui.widgets.labels import plain_label

NORMALISATIONS: dict[str, tuple[Channels, Channels] | None] = {
    "ImageNet": (IMAGENET_MEAN, IMAGENET_STD),
    "CIFAR-10": (CIFAR10_MEAN, CIFAR10_STD),
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "own": None,
}
MOST_BYTES = 2**20


class InputError(UserError):
    """A field or a class-name file says nothing usable."""


@dataclass(frozen=True)
class InputChoice:
    """How pictures are prepared, and the classes' names (empty where unknown)."""

    preprocessing: Preprocessing
    class_names: tuple[str, ...] = ()


class InputDialog(Form[InputChoice]):
    """Shows what is assumed and lets it be changed; "own" opens the fields of mean and deviation."""

    def __init__(self, choice: InputChoice, classes: int, parent: QWidget | None = None) -> None:
        super().__init__("Input of the network", parent)
        self._start = choice
        self._classes = classes
        self._names = choice.class_names
        preprocessing = choice.preprocessing
        self.normalisation = choices({name: name for name in NORMALISATIONS})
        self.mean, self.std = QLineEdit(_joined(preprocessing.mean)), QLineEdit(_joined(preprocessing.std))
        self.resize_field, self.crop = _pixels(preprocessing.resize), _pixels(preprocessing.crop)
        self._names_label = plain_label()
        names_button = QPushButton("Class names from a file…")
        names_button.clicked.connect(self._choose_names)
        row = QHBoxLayout()
        row.addWidget(self._names_label, 1)
        row.addWidget(names_button)
        self.rows.addRow("&Normalisation", self.normalisation)
        self.rows.addRow("&Mean (red, green, blue)", self.mean)
        self.rows.addRow("&Standard deviation", self.std)
        self.rows.addRow("&Resize the shorter side to", self.resize_field)
        self.rows.addRow("&Input size (centred crop)", self.crop)
        self.rows.addRow("Classes", row)
        put(self.normalisation, preprocessing.normalisation)
        on_change((self.normalisation,), self._follow)
        self._follow()
        self._show_names()

    @property
    def answer(self) -> InputChoice:
        """What the fields say.

        Raises:
            InputError: mean or deviation are not three numbers, a deviation is 0, or the crop is larger than
                the resized picture.
        """
        mean, std = _numbers(self.mean.text(), "mean"), _numbers(self.std.text(), "standard deviation")
        if not all(value > 0 for value in std):
            raise InputError("A standard deviation must be above 0; use 1 for no scaling.")
        if self.crop.value() > self.resize_field.value():
            raise InputError("The input size is larger than the resized picture; resize to at least as much.")
        interpolation = self._start.preprocessing.interpolation
        prepared = Preprocessing(self.resize_field.value(), self.crop.value(), mean, std, interpolation)
        return InputChoice(prepared, self._names)

    @Slot()
    def _follow(self) -> None:
        known = NORMALISATIONS[value_of(self.normalisation)]
        for field in (self.mean, self.std):
            field.setEnabled(known is None)
        if known is not None:
            self.mean.setText(_joined(known[0]))
            self.std.setText(_joined(known[1]))

    @Slot()
    def _choose_names(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            "Class names, one a line or a JSON list",
            "",
            "Class names (*.txt *.json *.csv);;All files (*)",
        )
        if path:
            try:
                self._names = read_class_names(Path(path), self._classes)
                self.say("")
            except InputError as error:
                self.say(str(error))
            self._show_names()

    def _show_names(self) -> None:
        words = f"{self._names[0]}, {self._names[1]} …" if len(self._names) > 1 else "names not known"
        self._names_label.setText(f"{self._classes} classes: {words}")


def read_class_names(path: Path, classes: int) -> tuple[str, ...]:
    """Names in the order of the classes: one a line, or a JSON list.

    Raises:
        InputError: the file cannot be read, is too large, or has another number of names.
    """
    try:
        wanted = "a file with the names of the classes"
        text = read_whole(path, most_bytes=MOST_BYTES, wanted=wanted, refused=InputError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} cannot be read as text; choose a text file in UTF-8.") from error
    names = _names_in(text)
    if len(names) != classes:
        raise InputError(f"{path.name} has {len(names)} names, but the network has {classes} classes.")
    return names


def _names_in(text: str) -> tuple[str, ...]:
    if text.lstrip().startswith("["):
        try:
            return tuple(str(name) for name in json.loads(text))
        except (ValueError, TypeError, RecursionError):
            return ()
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _joined(values: Channels) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _numbers(text: str, what: str) -> Channels:
    try:
        values = tuple(float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        values = ()
    if len(values) != 3 or not all(abs(value) < 1e6 for value in values):
        raise InputError(f"The {what} must be three numbers, such as 0.485, 0.456, 0.406.")
    return values


def _pixels(value: int) -> QSpinBox:
    return QSpinBox(minimum=8, maximum=1024, suffix=" pixels", value=value)

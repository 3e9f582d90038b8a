"""What to export, as which kind of file, how large, and where to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.ui.requests import FIGURES, FigureChoice, FigureKind, Suffix

SUFFIXES: dict[Suffix, str] = {
    "svg": "SVG (vector, for the web and editing)",
    "pdf": "PDF (vector, for papers)",
    "png": "PNG (pixels)",
    "csv": "CSV (the numbers)",
}


class ExportDialog(QDialog):
    """Figure, kind, size and resolution. Numbers exist for the gradient norms alone."""

    def __init__(self, choice: FigureChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.figure = QComboBox()
        for kind, title in FIGURES.items():
            self.figure.addItem(title, kind)
        self.suffix = QComboBox()
        for suffix, title in SUFFIXES.items():
            self.suffix.addItem(title, suffix)
        self.width_field = _inches(choice.width)
        self.height_field = _inches(choice.height)
        self.dpi = QSpinBox()
        self.dpi.setRange(72, 1200)
        self.dpi.setSuffix(" dpi")
        self.dpi.setValue(choice.dpi)
        self._pixels = QLabel()
        form = QFormLayout()
        for label, field in (
            ("&Figure", self.figure),
            ("File &type", self.suffix),
            ("&Width", self.width_field),
            ("&Height", self.height_field),
            ("&Resolution", self.dpi),
            ("", self._pixels),
        ):
            form.addRow(label, field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("Choose the file…", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.figure.setCurrentIndex(self.figure.findData(choice.figure))
        self.suffix.setCurrentIndex(self.suffix.findData(choice.suffix))
        for box in (self.figure, self.suffix):
            box.currentIndexChanged.connect(self._follow)
        for field in (self.width_field, self.height_field, self.dpi):
            field.valueChanged.connect(self._follow)
        self._follow()

    @property
    def choice(self) -> FigureChoice:
        """What the fields say."""
        figure: FigureKind = self.figure.currentData()
        suffix: Suffix = self.suffix.currentData()
        if suffix == "csv":
            figure = "gradient_norms"
        return FigureChoice(
            figure, suffix, self.width_field.value(), self.height_field.value(), self.dpi.value()
        )

    @classmethod
    def ask(cls, choice: FigureChoice, parent: QWidget | None) -> FigureChoice | None:
        """The choice, starting from `choice`; None where the user leaves."""
        dialog = cls(choice, parent)
        is_taken = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.choice if is_taken else None

    @Slot()
    def _follow(self) -> None:
        suffix = self.suffix.currentData()
        has_numbers = self.figure.currentData() == "gradient_norms"
        if suffix == "csv" and not has_numbers:
            self.figure.setCurrentIndex(self.figure.findData("gradient_norms"))
            has_numbers = True
        self.figure.setEnabled(suffix != "csv")
        self.width_field.setEnabled(suffix != "csv")
        self.height_field.setEnabled(suffix != "csv" and has_numbers)
        self.dpi.setEnabled(suffix != "csv")
        pixels = ""
        if suffix == "png":
            pixels = f"{round(self.width_field.value() * self.dpi.value())} pixels wide"
        self._pixels.setText(pixels)


def suggested_name(choice: FigureChoice, picture_name: str) -> str:
    """A file name that says what it is of: "cat_gradient_norms.svg"."""
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(picture_name).stem)[:40]
    return f"{kept or 'picture'}_{choice.figure}.{choice.suffix}"


def with_suffix_of(choice: FigureChoice, path: Path) -> tuple[FigureChoice, Path]:
    """A typed suffix that we write wins over the chosen one; any other name gets the chosen suffix."""
    typed = path.suffix.lower().removeprefix(".")
    for suffix in SUFFIXES:
        if suffix == typed and (suffix != "csv" or choice.figure == "gradient_norms"):
            return replace(choice, suffix=suffix), path
    return choice, path.with_name(f"{path.name}.{choice.suffix}")


def _inches(value: float) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(2.0, 40.0)
    field.setSingleStep(0.5)
    field.setDecimals(1)
    field.setSuffix(" in")
    field.setValue(value)
    return field

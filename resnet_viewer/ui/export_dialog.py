"""What to export, as which kind of file, how large, and where to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import (
    FIGURE_DPI,
    FIGURE_INCHES,
    PRESETS,
    SUFFIXES,
    Figure,
    FigureChoice,
    FigureName,
    Suffix,
    figure_of,
)
from resnet_viewer.ui import dialogs

TABLE_SIZE = "A table of numbers has no size."
NO_WORDS = "A table always says what it holds."
GIVING_WAY = (
    "On a page that is too low, the caption goes first, then the title, the words of signs, and the legend. The "
    "file's metadata keep their words."
)


class SuffixError(UserError):
    """A file's name asks for a kind of file that we do not write."""


class ExportDialog(QDialog):
    """Figure, kind, size and resolution. What the figure or the kind does not take is disabled and says why.

    `figures` are those to choose from.
    """

    def __init__(
        self,
        choice: FigureChoice,
        parent: QWidget | None = None,
        *,
        figures: tuple[Figure, ...],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.figure = QComboBox()
        for entry in figures:
            self.figure.addItem(entry.title, entry.name)
        self.suffix = QComboBox()
        for suffix, title in SUFFIXES.items():
            self.suffix.addItem(title, suffix)
        self.preset = QComboBox()
        for preset in PRESETS:
            self.preset.addItem(f"{preset.name} ({preset.width:g} × {preset.height:g} in)", preset)
        self.preset.addItem("own size", None)
        self.width_field = _inches(choice.width)
        self.height_field = _inches(choice.height)
        self.dpi = QSpinBox()
        self.dpi.setRange(*FIGURE_DPI)
        self.dpi.setSuffix(" dpi")
        self.dpi.setValue(choice.dpi)
        self.columns = QLineEdit(choice.columns)
        self.columns.setMinimumWidth(260)
        self._pixels = QLabel()
        self.has_title, self.has_caption = QCheckBox("Title"), QCheckBox("Caption")
        self.has_title.setChecked(choice.has_title)
        self.has_caption.setChecked(choice.has_caption)
        self._gives_way = QLabel(GIVING_WAY)
        self._gives_way.setWordWrap(True)
        form = QFormLayout()
        for label, field in (
            ("&Figure", self.figure),
            ("&Networks, with commas", self.columns),
            ("File &type", self.suffix),
            ("&Size", self.preset),
            ("&Width", self.width_field),
            ("&Height", self.height_field),
            ("&Resolution", self.dpi),
            ("", self._pixels),
            ("Wor&ds", self.has_title),
            ("", self.has_caption),
            ("", self._gives_way),
        ):
            form.addRow(label, field)
        form.setRowVisible(self.columns, any(entry.name == "architecture" for entry in figures))
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
        self.preset.activated.connect(self._take_preset)
        for field in (self.width_field, self.height_field, self.dpi):
            field.valueChanged.connect(self._follow)
        self._follow()

    @property
    def choice(self) -> FigureChoice:
        """What the fields say."""
        figure: FigureName = self.figure.currentData()
        suffix: Suffix = self.suffix.currentData()
        return FigureChoice(
            figure,
            suffix,
            self.width_field.value(),
            self.height_field.value(),
            self.dpi.value(),
            self.columns.text(),
            self.has_title.isChecked(),
            self.has_caption.isChecked(),
        )

    @classmethod
    def ask(
        cls,
        choice: FigureChoice,
        parent: QWidget | None,
        figures: tuple[Figure, ...],
    ) -> FigureChoice | None:
        """The choice, starting from `choice`; None where the user leaves."""
        dialog = cls(choice, parent, figures=figures)
        is_taken = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return dialog.choice if is_taken else None

    @Slot(int)
    def _take_preset(self, index: int) -> None:
        if index < len(PRESETS):
            self.width_field.setValue(PRESETS[index].width)
            self.height_field.setValue(PRESETS[index].height)

    @Slot()
    def _follow(self) -> None:
        name, suffix = self.figure.currentData(), self.suffix.currentData()
        figure = figure_of(name)
        no_size = TABLE_SIZE if suffix == "csv" else ""
        no_width = no_size or figure.no_width
        no_height = no_width or figure.no_height
        no_dpi = no_size or (figure.no_resolution if suffix in ("svg", "pdf") else "")
        no_columns = "" if name == "architecture" else "Only the architecture figure compares networks."
        for field, reason in (
            (self.columns, no_columns),
            (self.preset, no_width),
            (self.has_title, NO_WORDS if suffix == "csv" else ""),
            (self.has_caption, NO_WORDS if suffix == "csv" else ""),
            (self.width_field, no_width),
            (self.height_field, no_height),
            (self.dpi, no_dpi),
        ):
            field.setEnabled(not reason)
            field.setToolTip(reason)
        self._gives_way.setVisible(not no_height)
        size = self.width_field.value(), None if no_height else self.height_field.value()
        fitting = (n for n, p in enumerate(PRESETS) if size[0] == p.width and size[1] in (None, p.height))
        self.preset.setCurrentIndex(next(fitting, len(PRESETS)))
        pixels = ""
        if suffix == "png" and not no_width:
            width, height = (
                round(field.value() * self.dpi.value()) for field in (self.width_field, self.height_field)
            )
            pixels = f"{width} pixels wide" if no_height else f"{width} × {height} pixels"
        self._pixels.setText(pixels)


def suggested_name(choice: FigureChoice, picture_name: str) -> str:
    """A file name that says what it is of: "cat_gradient_norms.svg"."""
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(picture_name).stem)[:40]
    return f"{kept or 'picture'}_{choice.figure}.{choice.suffix}"


def ask_path(
    choice: FigureChoice, suggestion: Path, parent: QWidget | None
) -> tuple[FigureChoice, Path] | None:
    """Where to, and the choice as the typed name has it; None where the user leaves.

    Raises:
        SuffixError: the name asks for a kind of file that we do not write.
    """
    asked = dialogs.SaveAs.ask("Export", suggestion, parent)
    if asked is None:
        return None
    choice, path = with_suffix_of(choice, asked)
    if path != asked and path.exists() and not dialogs.ask_to_replace(path, parent):
        return None
    return choice, path


def with_suffix_of(choice: FigureChoice, path: Path) -> tuple[FigureChoice, Path]:
    """A typed suffix rules; a name without one gets the chosen suffix.

    Raises:
        SuffixError: the name asks for a kind of file that we do not write.
    """
    typed = path.suffix.lower().removeprefix(".")
    for suffix in SUFFIXES:
        if suffix == typed:
            return replace(choice, suffix=suffix), path
    if typed:
        raise SuffixError(
            f"A figure cannot be saved as {path.name}; choose a name that ends in .svg, .pdf, .png or .csv."
        )
    return choice, path.with_name(f"{path.name.rstrip('.')}.{choice.suffix}")


def _inches(value: float) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(*FIGURE_INCHES)
    field.setSingleStep(0.5)
    field.setDecimals(1)
    field.setSuffix(" in")
    field.setValue(value)
    return field

"""What to export, as which kind of file, how large, and where to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox, QWidget

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import (
    FIGURE_DPI,
    FIGURE_INCHES,
    PRESETS,
    SUFFIXES,
    Figure,
    FigureChoice,
    figure_of,
)
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.widgets.form import OK, Form, allow, choices, on_change

TABLE_SIZE = "A table of numbers has no size."
NO_WORDS = "A table always says what it holds."
GIVING_WAY = (
    "On a page that is too low, the caption goes first, then the title, the words of signs, and the legend. The "
    "file's metadata keep their words."
)


class SuffixError(UserError):
    """A file's name asks for a kind of file that we do not write."""


class ExportDialog(Form[FigureChoice]):
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
        super().__init__("Export", parent)
        self.figure = choices({entry.name: entry.title for entry in figures})
        self.suffix = choices(SUFFIXES)
        sizes = {preset: f"{preset.name} ({preset.width:g} × {preset.height:g} in)" for preset in PRESETS}
        self.preset = choices({**sizes, None: "own size"})
        self.width_field, self.height_field = inches(), inches()
        self.dpi = QSpinBox(minimum=FIGURE_DPI[0], maximum=FIGURE_DPI[1], suffix=" dpi")
        self.columns = QLineEdit()
        self.columns.setMinimumWidth(260)
        self._pixels, self._gives_way = QLabel(), QLabel(GIVING_WAY, wordWrap=True)
        self.has_title, self.has_caption = QCheckBox("Title"), QCheckBox("Caption")
        self.add_fields(
            {
                "figure": ("&Figure", self.figure),
                "columns": ("&Networks, with commas", self.columns),
                "suffix": ("File &type", self.suffix),
            }
        )
        self.rows.addRow("&Size", self.preset)
        self.add_fields(
            {
                "width": ("&Width", self.width_field),
                "height": ("&Height", self.height_field),
                "dpi": ("&Resolution", self.dpi),
            }
        )
        self.rows.addRow("", self._pixels)
        self.add_fields({"has_title": ("Wor&ds", self.has_title), "has_caption": ("", self.has_caption)})
        self.rows.addRow("", self._gives_way)
        self.rows.setRowVisible(self.columns, any(entry.name == "architecture" for entry in figures))
        self.buttons.button(OK).setText("Choose the file…")
        self.sentence_label.hide()
        self.fill(choice)
        self.preset.activated.connect(self._take_preset)
        on_change(self.fields.values(), self._follow)
        self._follow()

    @property
    def answer(self) -> FigureChoice:
        return self.record(FigureChoice)

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
            allow(field, reason)
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


def inches() -> QDoubleSpinBox:
    """A field for a figure's width or height."""
    least, most = FIGURE_INCHES
    return QDoubleSpinBox(decimals=1, minimum=least, maximum=most, singleStep=0.5, suffix=" in")

"""A form made of the fields of an `Options`: a list for choices, a number with its range, a box, a line, a folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QSizePolicy, QWidget

from resnet_viewer.records.checking import ArgumentError
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.study import Option, Options, option_of
from resnet_viewer.ui.widgets.form import FolderLine, Number, choices, on_change, put, value_of
from resnet_viewer.ui.widgets.labels import tooltip_text

_LEAST, _MOST = -2147483648.0, 2147483647.0
_LETTERS = 9
"""Of the narrowest field."""


class OptionsForm(QWidget):
    """What cannot be taken is a sentence, which `options` raises; the fields stay as they are."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, QWidget] = {}
        """By the options' names."""
        self._kind: type[Options] = Options
        self._written: dict[str, str] = {}
        """What is written and is no number that can be taken, in words, by field."""
        self.rows = QFormLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)

    @property
    def options(self) -> Options:
        """What the fields say.

        Raises:
            UserError: one of them cannot be taken.
        """
        if self._written:
            raise UserError(f"{'. '.join(self._written.values())}.")
        hints = get_type_hints(self._kind)
        return self._kind(**{name: _value(hints[name], name, field) for name, field in self.fields.items()})

    def show_options(self, options: Options) -> None:
        """Have the fields say these; those of another kind are other fields."""
        if type(options) is not self._kind:
            self._build(type(options))
        self._written.clear()
        blocked = self.blockSignals(True)
        for name, field in self.fields.items():
            put(field, _shown(field, getattr(options, name)))
        self.blockSignals(blocked)
        self.changed.emit()

    @Slot()
    def reset(self) -> None:
        """As they are by default."""
        self.show_options(self._kind())

    @property
    def is_usual(self) -> bool:
        """Whether they are as by default."""
        try:
            return self.options == self._kind()
        except UserError:
            return False

    def _build(self, kind: type[Options]) -> None:
        self._kind = kind
        while self.rows.rowCount():
            self.rows.removeRow(0)
        hints = get_type_hints(kind)
        self.fields = {field.name: _field(hints[field.name], option_of(field)) for field in fields(kind)}
        for described in fields(kind):
            asked, field = option_of(described), self.fields[described.name]
            field.setAccessibleName(asked.label)
            field.setAccessibleDescription(asked.tip)
            if isinstance(field, Number):
                span = _span(asked)
                field.lineEdit().textEdited.connect(partial(self._watch, described.name, span))
                field.editingFinished.connect(partial(self._end_writing, described.name))
            field.setToolTip(tooltip_text(_tip(asked)))
            if isinstance(field, QCheckBox):
                self.rows.addRow(field)
            else:
                self.rows.addRow(asked.label, field)
                label = self.rows.labelForField(field)
                assert label is not None
                label.setToolTip(field.toolTip())
        on_change(self.fields.values(), self._tell)

    @Slot()
    def _tell(self) -> None:
        self.changed.emit()

    def _watch(self, name: str, span: str, _text: str) -> None:
        """Say while it is written that a number cannot be taken."""
        field = self.fields[name]
        assert isinstance(field, Number)
        was = dict(self._written)
        self._written.pop(name, None)
        if not field.hasAcceptableInput():
            self._written[name] = span
        if was != self._written:
            self.changed.emit()

    def _end_writing(self, name: str) -> None:
        """What could not be taken has gone back to the last good number."""
        if self._written.pop(name, None) is not None:
            self.changed.emit()


def _field(kind: Any, asked: Option) -> QWidget:
    field = _plain_field(kind, asked)
    if not isinstance(field, QCheckBox):
        field.setMinimumWidth(_LETTERS * field.fontMetrics().averageCharWidth())
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return field


def _plain_field(kind: Any, asked: Option) -> QWidget:
    if get_origin(kind) is Literal:
        return choices({value: _title(asked.title(value)) for value in get_args(kind)})
    if kind is bool:
        return QCheckBox(asked.label)
    if asked.is_folder:
        return FolderLine(f"Folder: {asked.label}")
    if kind in (int, float):
        least = _LEAST if asked.least is None else asked.least
        most = _MOST if asked.most is None else asked.most
        number = Number(least, most, decimals=0 if kind is int else _decimals(least))
        number.setSpecialValueText(dict(asked.titles).get(str(asked.least), ""))
        return number
    line = QLineEdit()
    if kind is not str:
        line.setPlaceholderText("as is usual" if NoneType in get_args(kind) else "numbers, with commas")
    return line


def _decimals(least: float) -> int:
    """So many that the least number that can be taken has six digits, and zero six places."""
    return max(6, 5 - math.floor(math.log10(least))) if least > 0 else 6


def _value(kind: Any, name: str, field: QWidget) -> Any:
    """What a field says, as the type that is asked for; a line is text, a number, several, or nothing.

    Raises:
        ArgumentError: the line is no such number.
    """
    found = value_of(field)
    if not isinstance(field, QLineEdit) or kind is str:
        return found
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if not found and NoneType in parts:
        return None
    (wanted, *_) = (part for part in parts if part is not NoneType)
    if wanted is str:
        return found
    is_several = get_origin(wanted) is tuple
    number = get_args(wanted)[0] if is_several else wanted
    try:
        numbers = tuple(number(part) for part in found.replace(",", " ").split())
        return numbers if is_several else number(found)
    except ValueError as error:
        each = "whole numbers" if number is int else "numbers"
        words = f"{each}, with commas between them" if is_several else each.removesuffix("s")
        raise ArgumentError(name, words, found) from error


def _shown(field: QWidget, value: Any) -> Any:
    """A value as its field takes it."""
    if not isinstance(field, QLineEdit) or isinstance(value, str):
        return value
    if value is None:
        return ""
    return ", ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else f"{value:g}"


def _title(value: object) -> str:
    """ "Every block" of "every block"."""
    text = str(value).replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def _span(asked: Option) -> str:
    """ "Repeats can be from 1 to 100"."""
    bounds: Mapping[str, float | None] = {"from": asked.least, "to": asked.most}
    said = " ".join(f"{word} {_number(bound)}" for word, bound in bounds.items() if bound is not None)
    return f"{asked.label} can be {said}" if said else f"{asked.label} must be a number"


def _number(bound: float) -> str:
    """As people write it: 1000000, 0.25."""
    return str(int(bound)) if bound == int(bound) else f"{bound:g}"


def _tip(asked: Option) -> str:
    """What it is, and its range."""
    span = f"{_span(asked)}." if asked.least is not None or asked.most is not None else ""
    return " ".join(filter(None, (asked.tip, span)))

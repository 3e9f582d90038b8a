"""One of a few, all in view: buttons side by side, of which one is down."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from resnet_viewer.ui.widgets.labels import tool_button


class Segments(QWidget):
    """`chosen` (a value) is a wish; `show_value` sets the buttons and emits nothing.

    The arrow keys go from one to the next. `entries` gives each value its words, the same in short for where there is
    little room, and a tooltip.
    """

    chosen = Signal(str)

    def __init__(self, name: str, entries: Mapping[str, tuple[str, str, str]]) -> None:
        super().__init__()
        self._entries = entries
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for place, (value, (words, _, tip)) in enumerate(entries.items()):
            button = tool_button(words, f"{name}: {words}", tip)
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, place)
            self.buttons[value] = button
            row.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._group.idClicked.connect(lambda place: self.chosen.emit(tuple(self.buttons)[place]))

    @property
    def value(self) -> str:
        """What is down."""
        return next((value for value, button in self.buttons.items() if button.isChecked()), "")

    def show_value(self, value: str) -> None:
        """Press that one's button."""
        self.buttons[value].setChecked(True)

    @property
    def short_width(self) -> int:
        """Pixels that all words in short take."""
        return self._width(is_short=True)

    @property
    def full_width(self) -> int:
        """Pixels that all words in full take."""
        return self._width(is_short=False)

    def _width(self, *, is_short: bool) -> int:
        metrics, spare = self.fontMetrics(), 0
        for button in self.buttons.values():
            spare += button.sizeHint().width() - metrics.horizontalAdvance(button.text())
        words = sum(metrics.horizontalAdvance(entry[is_short]) for entry in self._entries.values())
        return words + spare + 2 * (len(self.buttons) - 1)

    def set_short(self, is_short: bool) -> None:
        """Say it in short, or in full."""
        for value, button in self.buttons.items():
            button.setText(self._entries[value][1 if is_short else 0])

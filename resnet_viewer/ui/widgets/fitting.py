"""Labels and choices that change their words before they would cut a number, and never cut one without "…"."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QWidget,
)
from superqt import QElidingLabel, QSearchableComboBox

from resnet_viewer.ui.widgets.labels import OneLineLabel, tooltip_text

_LEAST_LETTERS = 6
"""So many letters of a choice stay in view."""
_VALUES = "now ", "reference ", "now/reference ", "gate open "
"""How the parts of a readout begin that are numbers."""


def fitting(wordings: tuple[str, ...], width: float, widget: QWidget) -> str:
    """The first wording that `widget`'s font writes in `width` pixels, else the last."""
    metrics = widget.fontMetrics()
    return next((words for words in wordings if metrics.horizontalAdvance(words) <= width), wordings[-1])


def readout_wordings(text: str) -> tuple[str, ...]:
    """A readout in ever fewer words: its hints go first, then its name; the numbers stay whole.

    Example:
        >>> readout_wordings("block 5 · conv4_x 1 · conv1 · now 2 · reference 3 · 16×3×3×3")[-1]
        'now 2'
    """
    parts = text.split(" · ")
    places = [place for place, part in enumerate(parts) if part.startswith(_VALUES)]
    if not places:
        return (text,)
    name, values = parts[: places[0]], parts[places[0] : places[-1] + 1]
    brief = [*name[:1], *name[1:][-1:]]
    plain = [value for value in values if not value.startswith("now/")]
    forms = (name + values, brief + values, brief + plain, name[:1] + plain, plain, plain[:1])
    return tuple(dict.fromkeys((text, *(" · ".join(form) for form in forms))))


def part_wordings(text: str, separator: str = " · ") -> tuple[str, ...]:
    """Words in ever fewer parts: the last goes first, and nothing is left where not even the first has room.

    Example:
        >>> part_wordings("thin: training · bold: test")
        ('thin: training · bold: test', 'thin: training', '')
    """
    parts = text.split(separator)
    return tuple(dict.fromkeys(separator.join(parts[:count]) for count in range(len(parts), -1, -1)))


class ShorteningLabel(OneLineLabel):
    """A plain label on one line, as wide as its place allows, that says its words in the longest way that fits.

    `wordings` makes these ways of a text, the longest first. `text()` gives the whole text; where not even the last
    way fits, it ends with "…".
    """

    def __init__(self, wordings: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self._wordings = wordings
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def shown(self) -> str:
        """The wording that fits, before a last resort of "…"."""
        return fitting(self._wordings(self.text()), self.width(), self)


class FittingLabel(ShorteningLabel):
    """The same for a title over a picture, in the middle, in the wordings that it is given."""

    def __init__(self) -> None:
        super().__init__(lambda _text: self._given)
        self._given: tuple[str, ...] = ("",)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def set_wordings(self, *wordings: str, tip: str = "") -> None:
        """Say it in one of these ways, the longest first; `tip` is the tooltip."""
        self._given = wordings
        self.setText(wordings[0])
        self.setToolTip(tooltip_text(tip))
        self.setAccessibleName(wordings[0])
        self.update()


class FittingParagraph(QElidingLabel):
    """A plain label that is always `lines` lines high, or as high as its place where there are none.

    Of several wordings, the longest first, it shows the first one that fits, else the last, which then ends with "…".
    `text()` gives what is shown, `whole` the longest.
    """

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self._wordings: tuple[str, ...] = ("",)
        self.setTextFormat(Qt.TextFormat.PlainText)
        vertical = QSizePolicy.Policy.Fixed if lines else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Ignored, vertical)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWordWrap(True)
        self._measure()

    @property
    def whole(self) -> str:
        """The longest wording."""
        return self._wordings[0]

    def set_wordings(self, wordings: tuple[str, ...]) -> None:
        """Say it in one of these ways; the longest is the tooltip, too."""
        if wordings != self._wordings:
            self._wordings = wordings
            self.setToolTip(tooltip_text(wordings[0]))
            self.setAccessibleName(wordings[0])
            self._choose()

    def set_lines(self, lines: int) -> None:
        """Be higher or lower."""
        if lines != self._lines:
            self._lines = lines
            self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def _measure(self) -> None:
        if self._lines:
            self.setFixedHeight(self._lines * self.fontMetrics().height())
        else:
            self.setMinimumHeight(self.fontMetrics().height())
        self._choose()

    def _choose(self) -> None:
        room = self.height() // self.fontMetrics().height()
        wrapped = ((words, self.wrapText(words, self.width(), self.font())) for words in self._wordings)
        chosen = next((words for words, lines in wrapped if len(lines) <= room), self._wordings[-1])
        if chosen != self.text():
            self.setText(chosen)


def choice_box(name: str, entries: Iterable[tuple[str, str]], tip: str = "") -> ChoiceBox:
    """A choice with its name, of (value, words) each; `currentData` is the value, and Tab leads to it.

    `tip` is the tooltip; empty for the name.
    """
    box = ChoiceBox()
    box.setAccessibleName(name)
    box.setToolTip(tip or name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for value, words in entries:
        box.addItem(words, value)
    return box


class ChoiceBox(QComboBox):
    """A combo box whose choice ends with "…" where it does not fit: a style sheet would cut it without a sign."""

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        with QPainter(self) as painter:
            self.style().drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option, painter, self)
            option.currentText = self.elided()
            self.style().drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option, painter, self)

    def minimumSizeHint(self) -> QSize:
        """A few letters of the choice: the rest is elided where others need the room."""
        hint, metrics = super().minimumSizeHint(), self.fontMetrics()
        words = (metrics.horizontalAdvance(self.itemText(place)) for place in range(self.count()))
        cut = max(words, default=0) - _LEAST_LETTERS * metrics.averageCharWidth()
        return QSize(hint.width() - max(cut, 0), hint.height())

    def width_for(self, words: str) -> int:
        """The least width that shows these words whole."""
        metrics, hint = self.fontMetrics(), super().sizeHint()
        widest = max(
            (metrics.horizontalAdvance(self.itemText(place)) for place in range(self.count())), default=0
        )
        return hint.width() - widest + metrics.horizontalAdvance(words)

    def elided(self) -> str:
        """The choice as far as it fits."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        return self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, field.width())


class SearchBox(QSearchableComboBox):
    """A choice that is found by typing; at rest "…" ends what does not fit, and the tooltip has it whole."""

    def __init__(self, tip: str = "") -> None:
        super().__init__()
        self._tip = tip
        self.setLineEdit(_RestingLine())
        self.setCompleter(self.completer_object)
        self.currentTextChanged.connect(self._tell_whole)
        self._tell_whole()

    @property
    def shown(self) -> str:
        """The choice as far as it fits."""
        line = self.lineEdit()
        assert isinstance(line, _RestingLine)
        return line.shown

    @Slot()
    def _tell_whole(self) -> None:
        self.setToolTip(tooltip_text("\n".join(filter(None, (self.currentText(), self._tip)))))


class _RestingLine(QLineEdit):
    """Elides its text while nobody types into it: a line alone would cut a letter."""

    @property
    def shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self._room().width())

    def _option(self) -> QStyleOptionFrame:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        return option

    def _room(self) -> QRect:
        found = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, self._option(), self)
        return found.adjusted(2, 0, -2, 0)  # as far as Qt's own text stands from the edge

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus() or self.shown == self.text():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            panel = QStyle.PrimitiveElement.PE_PanelLineEdit
            self.style().drawPrimitive(panel, self._option(), painter, self)
            painter.setPen(self.palette().color(QPalette.ColorRole.Text))
            place = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(self._room(), place, self.shown)

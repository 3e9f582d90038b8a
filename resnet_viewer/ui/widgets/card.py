"""The rounded frame that every panel stands in: a title, a muted subtitle, and room for controls."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QLinearGradient,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)  # fmt: skip
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, part_wordings
from resnet_viewer.ui.widgets.labels import TitleLabel, muted, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

UPDATING = "updating…"
_FADE = 24
"""Pixels before that word in which the subtitle fades away."""


class Card(QFrame):
    """A titled frame. Put what it shows into `body`; controls go to the right end of the header.

    A subtitle that does not fit loses its parts, the last one first, and stands whole in its tooltip; the title is cut
    after everything else.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._title = TitleLabel(title)
        self._subtitle = muted(ShorteningLabel(part_wordings))
        self._mark = _Mark(self)
        self._is_updating = False
        self.header = QHBoxLayout()
        self.header.setSpacing(DARK.gap)
        self.header.addWidget(self._title)
        self.header.addWidget(self._subtitle, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        layout = QVBoxLayout(self)
        padding = DARK.padding
        layout.setContentsMargins(padding, padding - 4, padding, padding - 4)
        layout.setSpacing(6)
        layout.addLayout(self.header)
        layout.addLayout(self.body, 1)
        self.setAccessibleName(title)

    @property
    def title(self) -> str:
        """The title as shown."""
        return self._title.text()

    @property
    def subtitle(self) -> str:
        """The whole subtitle, however much of it fits."""
        return str(self._subtitle.text())

    @property
    def is_updating(self) -> bool:
        """Whether it says that what it shows is being replaced."""
        return self._is_updating

    def set_title(self, title: str) -> None:
        """Replace the title."""
        self._title.setText(title)
        self.setAccessibleName(title)

    def set_subtitle(self, text: str, *, whole: str = "") -> None:
        """Replace the subtitle; where `text` is a short form, the tooltip says the `whole`."""
        told = whole or text
        if text != self._subtitle.text() or told != self.accessibleDescription():
            self._subtitle.setText(text)
            self._subtitle.setToolTip(tooltip_text(told))
            self.setAccessibleDescription(told)

    @property
    def subtitle_room(self) -> int:
        """Pixels that the subtitle has beside the title alone, other controls not counted."""
        return self.width() - 2 * DARK.padding - self._title.sizeHint().width() - self.header.spacing()

    def set_updating(self, is_updating: bool) -> None:
        """Say, or no longer say, that what is shown belongs to an older wish.

        The mark covers the end of the subtitle: in the layout it would move everything, twice for each toggle.
        """
        if is_updating == self._is_updating:
            return
        self._is_updating = is_updating
        self._mark.raise_()  # the labels became children later
        self._place_mark()

    def _place_mark(self) -> None:
        """Over the end of the subtitle, or nowhere: showing and hiding it would lay out the whole window anew."""
        room = self._subtitle.geometry()
        width = min(self._mark.sizeHint().width(), room.width()) if self._is_updating else 0
        self._mark.setGeometry(room.right() + 1 - width, room.top(), width, room.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_mark()

    def minimumSizeHint(self) -> QSize:
        """The title gives way only where nothing else can."""
        hint, title = super().minimumSizeHint(), self._title
        cut = 0 if title.isHidden() else title.sizeHint().width() - title.least_width
        return QSize(hint.width() - cut, hint.height())

    def add_control(self, control: QWidget) -> None:
        """Put a control at the right end of the header."""
        self.header.addWidget(control)

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours where the palette does not reach."""

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1.0))
            painter.setBrush(QColor(theme.panel))
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, theme.radius, theme.radius)


class FigureCard(Card):
    """A card whose picture can be exported and copied: both signals carry the name of its figure."""

    hovered = Signal(str)
    export_requested = Signal(str)
    copy_requested = Signal(str)
    figure: FigureName
    figure_words = ""
    """Behind "Export": "the curves"."""
    has_figure = True

    def menu_at(self, where: QPoint) -> QMenu:
        """What can be done with what is shown there."""
        menu = QMenu(self)
        self.add_figure_actions(menu)
        return menu

    def add_figure_actions(self, menu: QMenu) -> None:
        """Export and copy."""
        export = menu.addAction(
            f"Export {self.figure_words}…", lambda: self.export_requested.emit(self.figure)
        )
        copy = menu.addAction("Copy", lambda: self.copy_requested.emit(self.figure))
        for action in (export, copy):
            action.setEnabled(self.has_figure)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(event.globalPos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


class _Mark(QWidget):
    """One word that covers what lies under it."""

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(UPDATING) + _FADE, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme, ground = theme_of(self), QLinearGradient(0, 0, 0.75 * _FADE, 0)
            clear = QColor(theme.panel)
            clear.setAlpha(0)
            ground.setColorAt(0, clear)
            ground.setColorAt(1, QColor(theme.panel))
            painter.fillRect(self.rect(), ground)
            painter.setPen(QColor(theme.changed))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, UPDATING
            )

"""The rounded frame that every panel stands in: a title, a muted subtitle, and room for controls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFontInfo,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, part_wordings
from resnet_viewer.ui.widgets.labels import TitleLabel, muted, tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, LARGE, Theme, theme_of

UPDATING = "updating…"
Size = Literal["usual", "large", "window"]
"""A card among others, alone on its page, and in a window of its own."""
_FADE = 24
"""Pixels before that word in which the subtitle fades away."""


class Card(QFrame):
    """A titled frame. Put what it shows into `body`; controls go to the right end of the header.

    A subtitle that does not fit loses its parts, the last one first or as `wordings` says, and stands whole in its
    tooltip; the title is cut after everything else. Its corner, and a double click where that means nothing else, wish
    for another size: its page gives it that.
    """

    grows_letters = False
    """Its letters are larger while it has the whole page: it shows little but words."""
    named = Signal(str)
    """Its title is another."""
    entered = Signal()
    """The pointer came over it."""
    large_wished = Signal()
    """It wants the whole page, or back."""
    window_wished = Signal()
    """It wants a window of its own, or back."""

    def __init__(
        self,
        title: str,
        parent: QWidget | None = None,
        *,
        wordings: Callable[[str], tuple[str, ...]] = part_wordings,
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._title = TitleLabel(title)
        self._subtitle = muted(ShorteningLabel(wordings))
        self._mark = _Mark(self)
        self._is_updating = False
        self._granted: Size | None = None
        self._has_grown = False
        self.window_corner, self.large_corner = CornerButton("window"), CornerButton("large")
        self.window_corner.clicked.connect(self.window_wished)
        self.large_corner.clicked.connect(self.large_wished)
        self.header = QHBoxLayout()
        self.header.setSpacing(DARK.gap)
        self.header.addWidget(self._title)
        self.header.addWidget(self._subtitle, 1)
        for corner in (self.window_corner, self.large_corner):
            self.header.addWidget(corner)
            corner.hide()
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
    def shown_subtitle(self) -> str:
        """As much of it as fits."""
        return str(self._subtitle.shown)

    @property
    def is_updating(self) -> bool:
        """Whether it says that what it shows is being replaced."""
        return self._is_updating

    def set_title(self, title: str) -> None:
        """Replace the title."""
        self._title.setText(title)
        self.setAccessibleName(title)
        self.named.emit(title)

    def set_subtitle(self, text: str, *, whole: str = "") -> None:
        """Replace the subtitle; where `text` is a short form, the tooltip says the `whole`."""
        told = whole or text
        if text != self._subtitle.text() or told != self.accessibleDescription():
            self._subtitle.setText(text)
            self._subtitle.setToolTip(tooltip_text(told))
            self.setAccessibleDescription(told)

    @property
    def subtitle_room(self) -> int:
        """Pixels that the subtitle has beside the title and the corner alone, other controls not counted."""
        title = self._title.sizeHint().width() + self.header.spacing()
        return self.width() - 2 * DARK.padding - title - self.corner_width

    @property
    def corner_width(self) -> int:
        """Pixels that its corner takes at the right end of the header, with the gap before it."""
        corners = (corner for corner in (self.window_corner, self.large_corner) if not corner.isHidden())
        return sum(corner.width() + self.header.spacing() for corner in corners)

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
        """Put a control at the right end of the header, before its corner."""
        self.header.insertWidget(self.header.indexOf(self.window_corner), control)

    def add_beside_title(self, control: QWidget) -> None:
        """Put a control right behind the title."""
        self.header.insertWidget(self.header.indexOf(self._title) + 1, control)

    # Its size

    def offer_sizes(self) -> None:
        """Whoever shows it grants other sizes: it has a corner from now on."""
        self.show_size("usual")

    def show_size(self, size: Size) -> None:
        """Say by its corner which size it has."""
        if size == self._granted:
            return
        self._granted = size
        self.large_corner.setVisible(size != "window")
        self.window_corner.setVisible(size != "usual")
        for corner, words, is_back in (
            (self.large_corner, "Enlarge to the whole page, or by a double click (F)", size == "large"),
            (self.window_corner, "Show in a window of its own (Shift+F)", size == "window"),
        ):
            key = "Esc" if corner is self.large_corner else "Shift+F"
            corner.show_way(f"Back among the other panels ({key})" if is_back else words, is_back=is_back)

        self.fit_letters()

    def fit_letters(self) -> None:
        """The window's font may be another."""
        is_large = self._granted == "large"
        if not self.grows_letters or not (is_large or self._has_grown):
            return
        self._has_grown = True  # from now on its parts have sizes of their own
        points = QFontInfo(QApplication.font()).pointSizeF() * (LARGE if is_large else 1)
        for part in (self, *self.findChildren(QWidget)):  # with a style sheet they do not inherit it
            font = part.font()
            font.setPointSizeF(points)
            part.setFont(font)

    def add_size_actions(self, menu: QMenu) -> None:
        """Enlarge, and a window of its own; or back."""
        if self._granted is None:
            return
        menu.addSeparator()
        if self._granted != "window":
            menu.addAction(
                "Enlarge" if self._granted == "usual" else "Back to all panels", self.large_wished.emit
            )
        words = "Put back into the page" if self._granted == "window" else "In a window of its own"
        menu.addAction(words, self.window_wished.emit)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.entered.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """What comes here no control wanted."""
        if event.button() == Qt.MouseButton.LeftButton and self._granted in ("usual", "large"):
            self.large_wished.emit()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        self.add_size_actions(menu)
        if menu.isEmpty():
            menu.deleteLater()
            event.ignore()
            return
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

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
        self.add_size_actions(menu)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(event.globalPos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


class CornerButton(QToolButton):
    """Two arrows that part for a card that grows, and meet for one that goes back; a frame for one that leaves."""

    def __init__(self, kind: Literal["large", "window"]) -> None:
        super().__init__()
        self._kind, self._is_back = kind, False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._fit()

    def show_way(self, words: str, *, is_back: bool) -> None:
        """What it does now."""
        self._is_back = is_back
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        side = self.fontMetrics().height()
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, side = theme_of(self), float(self.width())
        is_lit = self.underMouse() or self.hasFocus()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(side / 16, side / 16)
            painter.setPen(QPen(QColor(theme.text if is_lit else theme.muted), 1.4))
            if self._kind == "window":
                painter.drawRect(QRectF(2.5, 5.5, 8, 8))
            if self.hasFocus():
                painter.save()
                painter.setPen(QPen(QColor(theme.accent), 1.2))
                painter.drawRoundedRect(QRectF(0.6, 0.6, 14.8, 14.8), 3, 3)
                painter.restore()
            for arrow in _ARROWS[self._kind, self._is_back]:
                painter.drawPolyline(QPolygonF([QPointF(*point) for point in arrow]))


_ARROWS: dict[tuple[str, bool], tuple[tuple[tuple[float, float], ...], ...]] = {
    ("large", False): (
        ((9, 3), (13, 3), (13, 7)), ((13, 3), (9, 7)), ((3, 9), (3, 13), (7, 13)), ((3, 13), (7, 9)),
    ),
    ("large", True): (
        ((9, 3), (9, 7), (13, 7)), ((9, 7), (13.5, 2.5)), ((3, 9), (7, 9), (7, 13)), ((7, 9), (2.5, 13.5)),
    ),
    ("window", False): (((10, 2.5), (13.5, 2.5), (13.5, 6)), ((13.5, 2.5), (7, 9))),
    ("window", True): (((7, 5.5), (7, 9), (10.5, 9)), ((7, 9), (13.5, 2.5))),
}  # fmt: skip
"""Corners and shafts, on a square of 16."""


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

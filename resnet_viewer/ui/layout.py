"""Where the window stands and how its panels share the room: by default, remembered, and rescued."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QScrollArea, QSplitter, QTabBar, QVBoxLayout, QWidget

from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.theme import DARK

FIRST_SIZE = QSize(1440, 900)
SECOND_SIZE = QSize(960, 720)
"""Of a panel's own window."""
LEAST_SIZE = QSize(880, 600)
"""With a font whose lines are `_USUAL_LINE` pixels high."""
_USUAL_LINE = 16
_GROWTH = 0.6
"""Of the font's growth: words give way first."""
_COMFORTABLE_LINES = 31
"""A page that scrolls anyway is at least as high as so many lines of text, so that nothing in it is squeezed."""


class WindowLayout:
    """The splitters' names are the keys under which they are remembered: "inspect_rows", "train_columns" ….

    The window's place is kept as numbers: Qt's own `restoreGeometry` makes room for a title bar, which leaves a
    strip of nothing where no window manager draws one.
    """

    def __init__(self, window: QMainWindow, splitters: Mapping[str, Splitter], settings: Settings) -> None:
        self._window = window
        self._splitters = splitters
        self._settings = settings

    def restore(self) -> None:
        """As it was left, as far as that fits the screens there are now; else as at the first start."""
        home = QGuiApplication.primaryScreen().availableGeometry()
        self._window.resize(FIRST_SIZE.boundedTo(home.size()))
        self.share_room()
        self._put(self._window, "geometry")
        for name, splitter in self._splitters.items():
            if (sizes := self._settings.shape(name, splitter.count())) is not None and min(sizes) > 0:
                splitter.setSizes(sizes)

    def remember(self) -> None:
        """Keep it for the next start."""
        self.keep(self._window, "geometry")
        for name, splitter in self._splitters.items():
            if min(sizes := splitter.sizes()) > 0:  # else its page was not on screen: what is kept stays
                self._settings.set_shape(name, sizes)

    def place(self, window: QWidget, name: str) -> None:
        """Put another window where it was left; the first time on another screen, where there is one."""
        if self._put(window, name):
            return
        screens = [screen for screen in QGuiApplication.screens() if screen is not self._window.screen()]
        home = (screens or [self._window.screen()])[0].availableGeometry()
        place = QRect(home.topLeft(), SECOND_SIZE.boundedTo(home.size()))
        place.moveCenter(home.center())
        window.setGeometry(place)

    def keep(self, window: QWidget, name: str) -> None:
        """Remember where a window stands, until it is shown again."""
        is_normal = not (window.isMaximized() or window.isFullScreen())
        place = window.geometry() if is_normal else window.normalGeometry()
        numbers = (place.x(), place.y(), place.width(), place.height(), int(window.isMaximized()))
        self._settings.set_shape(name, numbers)

    def _put(self, window: QWidget, name: str) -> bool:
        """Where it was left, as far as that fits the screens there are now; False where that is unknown."""
        if (place := self._settings.shape(name, 5)) is None:
            return False
        window.setGeometry(rescued(QRect(*place[:4])))
        if place[4]:
            window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)
        return True

    def reset(self) -> None:
        """Shares as at the first start, now and next time."""
        self._settings.forget_layout()
        self.share_room()

    def share_room(self) -> None:
        """Give every panel its default share."""
        for splitter in self._splitters.values():
            splitter.share_room()


class Splitter(QSplitter):
    """Panels that share the room; none can be squeezed away."""

    def __init__(self, orientation: Qt.Orientation, *panels: QWidget, shares: Sequence[float]) -> None:
        """`shares` is what each panel has by default, of 1."""
        super().__init__(orientation)
        self._shares = tuple(round(share * 10_000) for share in shares)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(DARK.gap)
        for place, (panel, share) in enumerate(zip(panels, self._shares, strict=True)):
            self.addWidget(panel)
            self.setStretchFactor(place, share)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """Its panels, and the splitters in it, in order."""
        found = (self.widget(place) for place in range(self.count()))
        return tuple(part for part in found if part is not None)

    def share_room(self) -> None:
        """As at the first start."""
        self.setSizes(self._shares)


_BOTH_LINES = 26
"""Two panels one above the other need so many lines of text."""
_BELOW_TABS = 4


class SharedPlace(QWidget):
    """Two panels one above the other; where that is too low one of them, chosen by tabs."""

    def __init__(self, names: Sequence[str], *panels: QWidget, shares: Sequence[float]) -> None:
        super().__init__()
        self.splitter = Splitter(Qt.Orientation.Vertical, *panels, shares=shares)
        self._panels = self._offered = panels
        self.tabs = QTabBar()
        self.tabs.setObjectName("places")
        self.tabs.setAccessibleName("Panels of this place")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for name in names:
            self.tabs.addTab(name)
        self.tabs.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_BELOW_TABS)
        layout.addWidget(self.tabs)
        layout.addWidget(self.splitter, 1)
        self.tabs.currentChanged.connect(self._share)

    @property
    def shows_both(self) -> bool:
        """Whether there is room for both."""
        return self.tabs.isHidden()

    def offer(self, panels: Collection[QWidget]) -> None:
        """Show none but these of its panels: the others have no place on the page now."""
        self._offered = tuple(panel for panel in self._panels if panel in panels)
        self._share()
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """That of the larger panel alone."""
        hints = [panel.minimumSizeHint().expandedTo(panel.minimumSize()) for panel in self._offered]
        height = max((hint.height() for hint in hints), default=0)
        if len(hints) > 1:
            height += self.tabs.sizeHint().height() + _BELOW_TABS
        return QSize(max((hint.width() for hint in hints), default=0), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "tabs"):
            self._share()

    @Slot()
    def _share(self) -> None:
        least = self.splitter.handleWidth()
        least += sum(
            panel.minimumSizeHint().expandedTo(panel.minimumSize()).height() for panel in self._offered
        )
        has_room = self.height() >= max(least, _BOTH_LINES * self.fontMetrics().height())
        is_shared = len(self._offered) == len(self._panels) and not has_room
        self.tabs.setVisible(is_shared)
        for place, panel in enumerate(self._panels):
            if panel.parentWidget() is self.splitter:  # else it is in a window of its own
                is_chosen = not is_shared or place == self.tabs.currentIndex()
                panel.setVisible(panel in self._offered and is_chosen)


class PanelArea(QScrollArea):
    """Panels that fill their page where they fit.

    Where they do not they have the height that they read well in, and the page scrolls: none lies over another.
    """

    def __init__(self, panels: QSplitter) -> None:
        super().__init__()
        self._panels = panels
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.setWidget(panels)
        panels.setAutoFillBackground(False)  # a scroll area switches it on
        panels.installEventFilter(self)
        self.verticalScrollBar().rangeChanged.connect(self._leave_gap)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no panel wants are the window's commands; up and down choose layers, and do not scroll."""
        event.ignore()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The panels need more room, or less: another font, the first run, a channel in place of all."""
        if watched is self._panels and event.type() == QEvent.Type.LayoutRequest:
            self._share_height()
        return super().eventFilter(watched, event)

    @Slot(int, int)
    def _leave_gap(self, _least: int, most: int) -> None:
        """Between the panels and the bar, where there is one."""
        self.setViewportMargins(0, 0, DARK.gap if most else 0, 0)

    def _share_height(self) -> None:
        least = self._panels.minimumSizeHint().height()
        comfortable = max(least, _COMFORTABLE_LINES * self.fontMetrics().height())
        self._panels.setMinimumHeight(0 if least <= self.height() else comfortable)


def least_size(line: int, room: QSize) -> QSize:
    """The smallest window for text `line` pixels high, on a screen that has `room`.

    Example:
        >>> least_size(15, QSize(1440, 900))
        PySide6.QtCore.QSize(880, 600)
    """
    growth = 1 + _GROWTH * max(line / _USUAL_LINE - 1, 0)
    return QSize(round(LEAST_SIZE.width() * growth), round(LEAST_SIZE.height() * growth)).boundedTo(room)


def rescued(place: QRect) -> QRect:
    """A window's place on a screen that is there, no larger than it."""
    screens = QGuiApplication.screens()
    seen = [screen.availableGeometry().intersected(place) for screen in screens]
    moved = QRect(place)
    if any(part.width() >= 200 and part.height() >= 100 for part in seen):
        room = max(seen, key=lambda part: part.width() * part.height())
        home = screens[seen.index(room)].availableGeometry()
    else:
        home = QGuiApplication.primaryScreen().availableGeometry()
        moved.moveCenter(home.center())
    moved.setSize(moved.size().boundedTo(home.size()))
    moved.moveLeft(max(home.left(), min(moved.left(), home.right() - moved.width() + 1)))
    moved.moveTop(max(home.top(), min(moved.top(), home.bottom() - moved.height() + 1)))
    return moved

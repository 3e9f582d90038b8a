"""A page's panels: side by side, some of them alone over the whole page, and each in a window of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from resnet_viewer.records.figure_list import FigureName
from resnet_viewer.ui.appearance import no_collection
from resnet_viewer.ui.layout import PanelArea, SharedPlace, Splitter
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.labels import OneLineLabel, muted, plain_label
from resnet_viewer.ui.widgets.theme import DARK, Theme

LINES = 30
"""So many lines of text make a page high enough for all that is to be read with large letters."""
ALL_AWAY = "All panels are in windows of their own. Close such a window to have its panel here again."


class PanelWindow(QWidget):
    """One panel, for a second screen or a projector. Whoever opens it puts the panel back when it closes."""

    closing = Signal()

    def __init__(self, panel: QWidget, key: str) -> None:
        """`key` is the panel's name among those of its page."""
        super().__init__()
        self.panel, self.key = panel, key
        self.setObjectName("panel_window")
        self.setAcceptDrops(True)
        self._words = muted(OneLineLabel())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DARK.gap, DARK.gap, DARK.gap, DARK.gap // 2)
        layout.setSpacing(DARK.gap // 2)
        layout.addWidget(panel, 1)
        layout.addWidget(self._words)
        self.name(title_of(panel))
        for card in cards_of(panel):
            card.named.connect(self._name_anew)

    def name(self, title: str) -> None:
        """Say in the window's title what it shows."""
        self.setWindowTitle(f"{title} – ResNet Viewer")

    @Slot()
    def _name_anew(self) -> None:
        self.name(title_of(self.panel))

    @property
    def words(self) -> str:
        """What is under the pointer."""
        return self._words.text()

    @Slot(str)
    def say(self, words: str) -> None:
        """Show what is under the pointer: the status bar may be on another screen."""
        self._words.setText(words)

    def toggle_full_screen(self) -> None:
        """All of its screen, or as before."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        event.accept()


class PagePanels(QWidget):
    """What is seen of a page under the toolbar. Where the window is too small for the panels, it scrolls.

    Whatever stands in its splitters is a panel: it can be alone on the page, with others that are chosen, and in a
    window of its own. The others are hidden meanwhile and keep their shares.
    """

    hovered = Signal(str)
    """What is under the pointer, in words; "" for nothing."""
    window_opened = Signal(object)
    """PanelWindow, before it is seen."""
    alone_with_large_letters: tuple[str, ...] = ()
    """Names of the panels that are shown with large letters until others are chosen; none means all."""
    where_there_is_room: tuple[str, ...] = ()
    """Of those the ones that a page of fewer than `LINES` lines of text does without."""

    def __init__(self, **splitters: Splitter) -> None:
        """By the keys under which their sizes are remembered, which no other page has; the last one holds all."""
        super().__init__()
        self.splitters = splitters
        *_, outermost = splitters.values()
        self._outermost = outermost
        self.area = PanelArea(outermost)
        self._all_away = muted(plain_label(ALL_AWAY))
        self._all_away.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._all_away.setWordWrap(True)
        self._all_away.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area)
        layout.addWidget(self._all_away)
        self.all = tuple(_panels_in(outermost))
        self.windows: dict[QWidget, PanelWindow] = {}
        """Of the panels that have one."""
        self._places: dict[QWidget, tuple[Splitter, QWidget]] = {}
        """Where they belong, and what keeps their place there."""
        self._large: QWidget | None = None
        self._chosen: tuple[QWidget, ...] = ()
        self._touched = self.all[0]
        self._focus_before: QWidget | None = None
        for panel in self.all:
            for card in cards_of(panel):
                card.offer_sizes()
                card.entered.connect(partial(self._touch, panel))
                card.large_wished.connect(partial(self.toggle_large, panel))
                card.window_wished.connect(partial(self.toggle_window, panel))
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow_focus)

    # The panels

    @property
    def by_name(self) -> Mapping[str, QWidget]:
        """Every panel by the name that the page has for it, which stays the same from start to start."""
        known = {id(part): name for name, part in vars(self).items() if not name.startswith("_")}
        return {known.get(id(panel), f"panel_{place}"): panel for place, panel in enumerate(self.all, 1)}

    def figures(self) -> Mapping[QWidget, FigureName]:
        """The panels that show a figure, now."""
        return {}

    def figure_in_focus(self) -> FigureName | None:
        """The figure of the panel that has the focus, None where none has."""
        active = QApplication.activeWindow()
        window = active if isinstance(active, PanelWindow) else self.window()
        focused = window.focusWidget()
        for panel, figure in self.figures().items():
            if focused is not None and (focused is panel or panel.isAncestorOf(focused)):
                return figure
        return None

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours where the palette does not reach; the font may be another, too."""
        for panel in self.all:
            for card in cards_of(panel):
                card.fit_letters()
                card.apply_theme(theme)

    @property
    def is_seen(self) -> bool:
        """Whether anything of it is on a screen: its page, or a panel in a window of its own."""
        return self.isVisible() or bool(self.windows)

    def usual_with_large_letters(self) -> tuple[str, ...]:
        """Names of the panels that are shown with letters as large as now until others are chosen; none means all."""
        is_low = self.height() < LINES * self.fontMetrics().height()
        return tuple(
            name
            for name in self.alone_with_large_letters
            if not (is_low and name in self.where_there_is_room)
        )

    # One alone

    @property
    def large(self) -> QWidget | None:
        """The panel that has the whole page."""
        return self._large

    def toggle_large(self, panel: QWidget | None = None) -> None:
        """Give the page to one panel, or back to all. None means the one that the pointer or the focus was on last."""
        if self._large is not None:
            self.go_back()
            return
        panel = panel or self._touched
        if panel in self.windows:
            return
        self._large, self._focus_before = panel, self.window().focusWidget()
        self._arrange()
        self.keep_focus()

    def go_back(self) -> bool:
        """Give the page back to all panels; False where none has it alone."""
        if self._large is None:
            return False
        self._large = None
        self._arrange()
        if self._focus_before is not None and self._focus_before.isVisible():
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._focus_before = None
        return True

    def keep_focus(self) -> None:
        """Where one panel has the page, the keys are its."""
        if self._large is None:
            return
        focused = self.window().focusWidget()
        if focused is None or not (focused is self._large or self._large.isAncestorOf(focused)):
            _largest_field(self._large).setFocus(Qt.FocusReason.OtherFocusReason)

    def show_alone(self, names: Iterable[str]) -> None:
        """Show only these panels, as long as none has the page alone; all, where none of the names is known."""
        known = self.by_name
        chosen = tuple(known[name] for name in names if name in known)
        if chosen != self._chosen:
            self._chosen = chosen
            self._arrange()

    def _arrange(self) -> None:
        """Show who is to be seen. The splitters remember the shares of those that are hidden."""
        here = [panel for panel in self.all if panel not in self.windows]
        shown = [panel for panel in here if panel in self._chosen] or here
        if self._large is not None:
            shown = [self._large]
        self._show_those(self._outermost, shown)
        self.area.setVisible(bool(shown))
        self._all_away.setVisible(not shown)
        for splitter in reversed(self.splitters.values()):  # at once, not when the event loop comes round
            splitter.refresh()
        for panel in self.all:
            for card in cards_of(panel):
                card.show_size(
                    "window" if panel in self.windows else "large" if panel is self._large else "usual"
                )

    def _show_those(self, splitter: Splitter, shown: Collection[QWidget]) -> bool:
        """Whether any of them is in it."""
        found = []
        for part in splitter.parts:
            if isinstance(part, Splitter):
                is_shown = self._show_those(part, shown)
            elif isinstance(part, SharedPlace):
                part.offer(shown)
                is_shown = any(panel in shown for panel in part.splitter.parts)
            else:
                is_shown = part in shown
            part.setVisible(is_shown)
            found.append(is_shown)
        return any(found)

    # Windows of their own

    def toggle_window(self, panel: QWidget | None = None) -> None:
        """Give a panel a window of its own, or put it back; None means the one that was touched last."""
        panel = panel or self._touched
        if panel in self.windows:
            self.windows[panel].close()
        else:
            self._open_window(panel)

    def _open_window(self, panel: QWidget) -> None:
        self.go_back()
        (key,) = (name for name, known in self.by_name.items() if known is panel)
        splitter, keeper = panel.parentWidget(), QWidget()
        assert isinstance(splitter, Splitter)
        with no_collection():
            splitter.replaceWidget(splitter.indexOf(panel), keeper)
            keeper.hide()
            window = PanelWindow(panel, key)
        self._places[panel] = splitter, keeper
        self.windows[panel] = window
        window.closing.connect(partial(self._put_back, panel))
        self.hovered.connect(window.say)
        self._arrange()
        panel.show()
        self.window_opened.emit(window)
        window.show()
        _largest_field(panel).setFocus(Qt.FocusReason.OtherFocusReason)

    def _put_back(self, panel: QWidget) -> None:
        window, (splitter, keeper) = self.windows.pop(panel), self._places.pop(panel)
        self.hovered.disconnect(window.say)
        with no_collection():
            splitter.replaceWidget(splitter.indexOf(keeper), panel)
        keeper.deleteLater()
        window.deleteLater()
        self._arrange()

    def put_all_back(self) -> None:
        """Every panel in its place, none alone."""
        for window in tuple(self.windows.values()):
            window.close()
        self._large, self._chosen = None, ()
        self._arrange()

    # What was touched last

    def _touch(self, panel: QWidget) -> None:
        self._touched = panel

    @Slot(QWidget, QWidget)
    def _follow_focus(self, _before: QWidget | None, focused: QWidget | None) -> None:
        for panel in self.all:
            if focused is not None and (panel is focused or panel.isAncestorOf(focused)):
                self._touched = panel


def title_of(panel: QWidget) -> str:
    """What a panel is called on the screen, now."""
    names = (panel.accessibleName(), *(card.title for card in cards_of(panel)), "Panel")
    return next(filter(None, names))


def cards_of(panel: QWidget) -> list[Card]:
    """The frames that a panel is made of: itself, as a rule."""
    return [*((panel,) if isinstance(panel, Card) else ()), *panel.findChildren(Card)]


def _panels_in(splitter: Splitter) -> Iterator[QWidget]:
    for part in splitter.parts:
        if isinstance(part, Splitter):
            yield from _panels_in(part)
        elif isinstance(part, SharedPlace):
            yield from _panels_in(part.splitter)
        else:
            yield part


def _largest_field(panel: QWidget) -> QWidget:
    """What takes the keys in a panel: the largest part that takes the focus by Tab and by a click."""
    strong = Qt.FocusPolicy.StrongFocus
    fields = [
        part
        for part in panel.findChildren(QWidget)
        if part.focusPolicy() & strong == strong and part.isVisibleTo(panel) and part.isEnabled()
    ]
    return max(fields, key=lambda part: part.width() * part.height(), default=panel)

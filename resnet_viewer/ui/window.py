"""The window: toolbar, pages, status bar. It knows a list of pages, and of none what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.bars import Messages
from resnet_viewer.ui.commands import Command, Commands, Submenu
from resnet_viewer.ui.help import HELP_PAGES, Facts, Help
from resnet_viewer.ui.incoming import is_welcome
from resnet_viewer.ui.layout import Splitter, WindowLayout, least_size
from resnet_viewer.ui.menus import Menus, add_choice, add_entry
from resnet_viewer.ui.page import Page
from resnet_viewer.ui.panels import PanelWindow, title_of
from resnet_viewer.ui.settings import FONT_SIZES, Settings, ThemeChoice
from resnet_viewer.ui.toolbar import Toolbar
from resnet_viewer.ui.widgets.theme import DARK, Theme
from resnet_viewer.ui.work.worker import Workers

THEMES: dict[ThemeChoice, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}


class MainWindow(QMainWindow):
    """The tabs and everything around them."""

    painted = Signal()
    """Once, when the first frame is on screen."""

    def __init__(
        self,
        pages: Sequence[Page],
        workers: Workers,
        messages: Messages,
        appearance: Appearance,
        settings: Settings,
        facts: Facts,
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("ResNet Viewer")
        self.setAcceptDrops(True)
        self.pages = tuple(pages)
        self._workers, self._appearance, self._settings = workers, appearance, settings
        self._is_painted = False
        self._has_large_letters = self._was_full = False
        self.messages, self.progress, self.status = messages.bar, messages.progress, messages.status
        self.help = Help(self, facts, self.status.say)
        self.commands = Commands(self._offered(), self, pages=[page.commands for page in self.pages])
        self.addActions(list(self.commands.actions.values()))
        self.toolbar = Toolbar(self.pages, self)
        self.addToolBar(self.toolbar)
        self.setStatusBar(self.status)
        self._stack = QStackedWidget()
        splitters: dict[str, Splitter] = {}
        others: dict[str, QMenu] = {}
        for place, page in enumerate(self.pages):
            self._stack.addWidget(page.panels)
            splitters.update(page.panels.splitters)
            others.update(page.menus)
            page.commands.set_in_view(place == 0)
            page.hovered.connect(self.status.show_hover)
            page.facts_changed.connect(self._show_facts)
            page.wished.connect(partial(self.show_page, place))
            page.panels.window_opened.connect(partial(self._take_in, page))
        self._shape = WindowLayout(self, splitters, settings)
        self.setCentralWidget(self._central())
        self.menus = Menus(self.menuBar(), self.commands, others)
        for worker in workers.all:
            worker.busy_changed.connect(self._show_busy)
        self.toolbar.page_chosen.connect(self.show_page)
        appearance.theme_changed.connect(self.apply_theme)
        appearance.apply()
        self._show_facts()
        self._shape.restore()

    def _offered(self) -> tuple[Command | Submenu, ...]:
        return (
            Command("paste", "&Paste", "File", self.paste, "Ctrl+V", place=110),
            Command("export", "&Export…", "File", self.export, "Ctrl+E", "mdi6.export-variant", place=300),
            Command("copy_figure", "&Copy figure", "File", self.copy_figure, "Ctrl+Shift+C", place=300),
            Command("quit", "&Quit", "File", self.close, "Ctrl+Q", place=400),
            *(
                Command(
                    f"show_{page.key}",
                    f"&{page.title}",
                    "View",
                    partial(self.show_page, place),
                    f"Ctrl+{place + 1}",
                )
                for place, page in enumerate(self.pages)
            ),
            Command(
                "enlarge",
                "&Enlarge a panel, or all again",
                "View",
                self.toggle_large,
                "F",
                place=300,
                tip="Give the whole page to the panel that the pointer or the keys were in last",
            ),
            Command(
                "panel_window",
                "Panel in a &window of its own",
                "View",
                self.toggle_panel_window,
                "Shift+F",
                place=300,
                tip="For a second screen or a projector; closing the window puts the panel back",
            ),
            Command(
                "large_letters",
                "Lar&ge letters, full screen",
                "View",
                self.toggle_letters,
                "Shift+F11",
                place=300,
                tip="For a lecture: larger letters, and only the panels that are chosen for it",
            ),
            Submenu("Panels with la&rge letters", "View", self._fill_letters, 300),
            Command("full_screen", "F&ull screen", "View", self.toggle_full_screen, "F11", place=300),
            Command("reset_layout", "Reset the &layout", "View", self.reset_layout, place=300),
            Command(
                "escape",
                "&Cancel, release the time, go back to all panels, or leave full screen",
                "View",
                self.escape,
                "Esc",
                place=300,
            ),
            Submenu("&Appearance", "View", self._fill_themes, 400),
            Submenu("Font si&ze", "View", self._fill_sizes, 400),
            Command("shortcuts", "&Keyboard shortcuts", "Help", self.show_shortcuts, "F1"),
            Command("whats_this", "W&hat is this?", "Help", QWhatsThis.enterWhatsThisMode),
            Command("palette", "&Run a command…", "Help", self.show_palette, "Ctrl+Shift+P"),
            *(
                Command(
                    f"help_{name}",
                    title,
                    "Help",
                    partial(self.help.show_page, name),
                    "Shift+F1" if name == "window" else "",
                    place=200,
                )
                for name, title in HELP_PAGES.items()
            ),
            Command("log", "Open the &log file", "Help", self.help.show_log, place=300),
            Command(
                "report",
                "&Copy details for a report",
                "Help",
                self.help.copy_report,
                tip="Versions and the end of the log go to the clipboard; nothing is sent",
                place=300,
            ),
            Command("about", "&About ResNet Viewer", "Help", self.help.show_about, place=400),
        )

    def _fill_themes(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        for choice, title in THEMES.items():
            is_chosen = self._appearance.choice == choice
            add_choice(menu, group, title, is_chosen, partial(self._appearance.choose, choice))

    def _fill_sizes(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        for points in (0, *FONT_SIZES):
            title = f"{points} pt" if points else "As the system"
            is_chosen = self._settings.font_size() == points
            add_choice(menu, group, title, is_chosen, partial(self._appearance.set_font_size, points))

    def _central(self) -> QWidget:
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(DARK.padding, DARK.gap, DARK.padding, DARK.gap)
        layout.setSpacing(DARK.gap)
        layout.addWidget(self.messages)
        layout.addWidget(self.progress)
        layout.addWidget(self._stack, 1)
        # drops belong to the window, wherever they fall
        for area in central.findChildren(QAbstractScrollArea):
            area.setAcceptDrops(False)
            area.viewport().setAcceptDrops(False)
        return central

    @Slot(object)
    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours, everywhere."""
        self._limit_size()
        self.commands.apply_theme(theme)
        self.toolbar.apply_theme(theme)
        for page in self.pages:
            page.apply_theme(theme)

    def _limit_size(self) -> None:
        """The larger the font, the larger the smallest window."""
        self.ensurePolished()
        self.setMinimumSize(least_size(self.fontMetrics().height(), self.screen().availableSize()))

    @Slot(bool)
    def _show_busy(self, _is_busy: bool) -> None:
        self.status.show_busy(any(worker.is_busy for worker in self._workers.all))

    @property
    def place(self) -> int:
        """Of the page in view, among the tabs."""
        return self._stack.currentIndex()

    @property
    def page(self) -> Page:
        """The page in view."""
        return self.pages[self.place]

    @Slot()
    def _show_facts(self) -> None:
        self.status.show_facts(self.page.facts)

    @Slot(int)
    def show_page(self, place: int) -> None:
        """Bring a page into view, by its place among the tabs; the page in view keeps its focus."""
        if place == self.place:
            return
        self._stack.setCurrentIndex(place)
        self.toolbar.show_page(place)
        self.status.forget_words()
        self._show_facts()
        self._lead(self.page)
        self._show_letters()
        self.page.enter()
        self.page.panels.keep_focus()

    def _lead(self, page: Page) -> None:
        """The keys are this page's: the one in view, or that of a panel's window while that is the active one."""
        for other in self.pages:
            other.commands.set_in_view(other is page)

    @property
    def led(self) -> Page:
        """Whose the keys are."""
        active = self._active_panel_window()
        return (
            self.page if active is None else next(p for p in self.pages if active.panel in p.panels.windows)
        )

    def _active_panel_window(self) -> PanelWindow | None:
        active = QApplication.activeWindow()
        return active if isinstance(active, PanelWindow) else None

    def export(self) -> None:
        """A figure of the page that has the keys."""
        self.led.export()

    def copy_figure(self) -> None:
        """A figure of the page that has the keys."""
        self.led.copy_figure()

    def paste(self) -> None:
        """Whatever is on the clipboard, as if it were dropped on the page that has the keys."""
        self.led.take_mime(QGuiApplication.clipboard().mimeData())

    def toggle_full_screen(self) -> None:
        """All of the screen, or as before; of a panel's window where that is the active one."""
        if (window := self._active_panel_window()) is not None:
            window.toggle_full_screen()
        else:
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def escape(self) -> None:
        """End a download, else what the page that has the keys has to end, else go back to all panels, to usual
        letters, and leave full screen."""
        if not self.progress.isHidden():
            self.progress.cancelled.emit()
            return
        if self.led.escape():
            return
        if (window := self._active_panel_window()) is not None:
            if window.isFullScreen():
                window.toggle_full_screen()
        elif not self.page.panels.go_back():
            if self._has_large_letters:
                self.toggle_letters()
            elif self.isFullScreen():
                self.toggle_full_screen()

    # Panels

    def toggle_large(self) -> None:
        """Give the page to one of its panels, or back to all; a panel in a window of its own is alone as it is."""
        if self._active_panel_window() is None:
            self.page.panels.toggle_large()

    def toggle_panel_window(self) -> None:
        """Give a panel a window of its own; put back the one whose window is the active one."""
        if (window := self._active_panel_window()) is not None:
            window.close()
        else:
            self.page.panels.toggle_window(self.page.panels.large)

    def _take_in(self, page: Page, window: PanelWindow) -> None:
        """A panel's window has this one's keys, drops and theme, and stands where it stood last."""
        window.addActions(list(self.commands.actions.values()))
        window.installEventFilter(self)
        name = f"{page.key}_{window.key}"
        self._shape.place(window, name)
        window.closing.connect(partial(self._shape.keep, window, name))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What happens to panels' windows."""
        if isinstance(watched, PanelWindow):
            if event.type() == QEvent.Type.WindowActivate:
                self._lead(self.led)
            elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                return not _is_kept(event, watched.focusWidget()) and self.commands.take_key(event)
            elif isinstance(event, QDragEnterEvent):
                self._welcome(event, self.led)
                return True
            elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
                self._take_drop(event, next(p for p in self.pages if watched.panel in p.panels.windows))
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and hasattr(self, "menus"):
            self._lead(self.page)

    # Large letters

    def toggle_letters(self) -> None:
        """Full screen, large letters, and only the panels that were chosen for that; or as before."""
        self._has_large_letters = not self._has_large_letters
        if self._has_large_letters:
            self._was_full = self.isFullScreen()
        if self._has_large_letters != self.isFullScreen() and not self._was_full:
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._appearance.enlarge_letters(self._has_large_letters)
        self._show_letters()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._has_large_letters:  # full screen comes later than its wish
            self._show_letters()

    def _show_letters(self) -> None:
        """Only the page in view: no other has its sizes before it was seen."""
        for page in self.pages:
            page.panels.show_alone(
                self._chosen(page) if self._has_large_letters and page is self.page else ()
            )

    def _chosen(self, page: Page) -> tuple[str, ...]:
        chosen = self._settings.panels_with_large_letters(page.key)
        return page.panels.usual_with_large_letters() if chosen is None else chosen

    def _fill_letters(self, menu: QMenu) -> None:
        page = self.page
        panels, chosen = page.panels.by_name, self._chosen(page)
        menu.addAction(self.commands["large_letters"])
        menu.addSeparator()
        for name, panel in panels.items():
            action = add_entry(menu, title_of(panel), partial(self._choose_for_letters, page, name))
            action.setCheckable(True)
            action.setChecked(name in chosen or not chosen)

    def _choose_for_letters(self, page: Page, name: str) -> None:
        """Show it with large letters from now on, or no longer; the last one stays."""
        names = tuple(page.panels.by_name)
        chosen = set(self._chosen(page) or names) ^ {name}
        if chosen:
            self._settings.set_panels_with_large_letters(page.key, [n for n in names if n in chosen])
        self._show_letters()

    def show_shortcuts(self) -> None:
        """Every command with its keys."""
        self.help.show_shortcuts(self.commands)

    def show_palette(self) -> None:
        """Everything that the menus offer, found by typing."""
        palette = self.commands["palette"]
        self.help.run_command([entry for entry in self.menus.entries() if entry.action is not palette])

    def reset_layout(self) -> None:
        """Sizes as at the first start, every panel in its place."""
        for page in self.pages:
            page.panels.put_all_back()
        self._show_letters()
        self._shape.reset()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.page.enter()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self.painted.emit)  # after the panels, painted in this same pass

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_kept(event, self.focusWidget()) or not self.commands.take_key(event):
            super().keyPressEvent(event)

    def createPopupMenu(self) -> QMenu | None:  # type: ignore[override]
        return None  # there is one toolbar and it stays

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._welcome(event, self.page)

    def _welcome(self, event: QDragEnterEvent, page: Page) -> None:
        if is_welcome(event.mimeData()):
            event.acceptProposedAction()
            self.status.show_hover(f"Drop {page.welcome}.")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.status.show_hover("")

    def dropEvent(self, event: QDropEvent) -> None:
        self._take_drop(event, self.page)

    def _take_drop(self, event: QDropEvent, page: Page) -> None:
        event.acceptProposedAction()
        self.status.show_hover("")
        page.take_mime(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not all(page.may_close() for page in self.pages):
            event.ignore()
            return
        for page in self.pages:
            page.panels.put_all_back()
        self._shape.remember()
        self._settings.save()
        for page in self.pages:
            page.close()
        event.accept()


def _is_kept(event: QKeyEvent, focused: QWidget | None) -> bool:
    """Space belongs to the control that has the focus, also where that control does nothing with it: whoever
    presses it on a slider or a choice does not mean the whole network."""
    controls = QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar
    return event.key() == Qt.Key.Key_Space and isinstance(focused, controls)

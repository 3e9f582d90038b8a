"""The window: toolbar, pages, status bar. It knows a list of pages, and of none what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
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
from resnet_viewer.ui.menus import Menus, add_choice
from resnet_viewer.ui.page import Page
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
            Command("full_screen", "F&ull screen", "View", self.toggle_full_screen, "F11", place=300),
            Command("reset_layout", "Reset the &layout", "View", self.reset_layout, place=300),
            Command(
                "escape",
                "&Cancel, release the time, or leave full screen",
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
        for area in central.findChildren(
            QAbstractScrollArea
        ):  # drops belong to the window, wherever they fall
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
        self.page.commands.set_in_view(False)
        self._stack.setCurrentIndex(place)
        self.toolbar.show_page(place)
        self.status.forget_words()
        self._show_facts()
        self.page.commands.set_in_view(True)
        self.page.enter()

    def export(self) -> None:
        """A figure of the page in view."""
        self.page.export()

    def copy_figure(self) -> None:
        """A figure of the page in view."""
        self.page.copy_figure()

    def paste(self) -> None:
        """Whatever is on the clipboard, as if it were dropped on the page in view."""
        self.page.take_mime(QGuiApplication.clipboard().mimeData())

    def toggle_full_screen(self) -> None:
        """All of the screen, or as before."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def escape(self) -> None:
        """End a download, else what the page in view has to end, else leave full screen."""
        if not self.progress.isHidden():
            self.progress.cancelled.emit()
        elif not self.page.escape() and self.isFullScreen():
            self.toggle_full_screen()

    def show_shortcuts(self) -> None:
        """Every command with its keys."""
        self.help.show_shortcuts(self.commands)

    def show_palette(self) -> None:
        """Everything that the menus offer, found by typing."""
        palette = self.commands["palette"]
        self.help.run_command([entry for entry in self.menus.entries() if entry.action is not palette])

    def reset_layout(self) -> None:
        """Sizes as at the first start."""
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
        if is_welcome(event.mimeData()):
            event.acceptProposedAction()
            self.status.show_hover(f"Drop {self.page.welcome}.")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.status.show_hover("")

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.status.show_hover("")
        self.page.take_mime(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not all(page.may_close() for page in self.pages):
            event.ignore()
            return
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

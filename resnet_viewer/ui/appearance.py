"""Light, dark or as the system has it; the font's size."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from resnet_viewer import paths
from resnet_viewer.ui.settings import Settings, ThemeChoice
from resnet_viewer.ui.widgets.theme import DARK, LARGE, LIGHT, Theme


def palette(theme: Theme) -> QPalette:
    """Fusion's colours for this theme."""
    made = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for where, colour in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.changed,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.panel,
        role.Link: theme.accent,
        role.Accent: theme.accent,
        role.Light: theme.raised,
        role.Midlight: theme.border,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.window,
    }.items():
        made.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, where, QColor(theme.faint))
    return made


def style_sheet(theme: Theme) -> str:
    """What the palette cannot say: flat rounded controls, quiet splitters, the bars. Labels are left alone,
    so that a label may take its own colour."""
    t = theme
    chevron, tick = (
        paths.asset("icons", f"{name}-{theme.name}.svg").as_posix() for name in ("chevron", "tick")
    )
    return f"""
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 4px 6px; }}
QToolBar {{ background: {t.panel}; border: 0; border-bottom: 1px solid {t.border}; padding: 0; spacing: 0; }}
QMenuBar {{ background: {t.panel}; padding: 1px 8px; }}
QMenuBar::item {{ padding: 3px 8px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {t.raised}; }}
QMenu {{ background: {t.panel}; border: 1px solid {t.border}; padding: 4px; }}
QMenu[has_pictures="true"] {{ icon-size: 40px; }}
QMenu[has_pictures="true"]::item {{ padding: 3px 22px 3px 8px; }}
QMenu::item {{ padding: 5px 22px 5px 22px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.raised}; color: {t.text}; }}
QMenu::item:disabled {{ color: {t.faint}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: 4px 8px; }}
QPushButton, QToolButton {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px;
  padding: 4px 10px; color: {t.text}; }}
QPushButton:hover, QToolButton:hover {{ border-color: {t.muted}; }}
QPushButton:pressed, QToolButton:pressed, QToolButton:checked {{ background: {t.branch_fill}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {t.faint}; }}
CornerButton, #bare {{ padding: 0; border: 0; background: transparent; }}
Segments QToolButton {{ padding: 3px 7px; }}
#relief_buttons QToolButton {{ padding: 1px 7px; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}
QComboBox {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px; padding: 2px 5px 2px 7px;
  min-height: 18px; }}
QDialog QComboBox {{ min-height: 1.15em; }}
QComboBox::drop-down {{ border: 0; width: 15px; }}
QComboBox::down-arrow {{ image: url("{chevron}"); width: 12px; height: 12px; }}
QComboBox:hover {{ border-color: {t.muted}; }}
QCheckBox::indicator, QTableView::indicator {{ width: 12px; height: 12px; background: {t.raised};
  border: 1px solid {t.muted}; border-radius: 3px; }}
QCheckBox::indicator:checked, QTableView::indicator:checked {{ image: url("{tick}"); }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator:disabled {{ border-color: {t.border}; background: transparent; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QComboBox:focus, QLineEdit:focus {{ border-color: {t.accent}; }}
QLineEdit {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px;
  padding: 3px 6px; }}
QAbstractSpinBox {{ padding: 0; }}
QTabBar {{ background: transparent; }}
QTabBar::tab {{ background: transparent; padding: 10px 4px 9px 4px; margin-right: 6px; min-width: 0; border: 0;
  border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ border-bottom: 2px solid {t.accent}; color: {t.text}; }}
QTabBar#places::tab {{ padding: 1px 4px 3px 4px; }}
QTabBar::tab:focus {{ color: {t.accent}; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {t.border}; }}
QStatusBar {{ background: {t.panel}; border-top: 1px solid {t.border}; }}
QStatusBar::item {{ border: 0; }}
QListView, QTreeView, QTableView, QTextEdit, QPlainTextEdit {{ background: {t.panel}; border: 1px solid {t.border};
  border-radius: 5px; }}
QTextEdit#story {{ background: transparent; border: 0; }}
QListView::item:selected, QTableView::item:selected {{ background: {t.branch_fill}; color: {t.text}; }}
QTableView::item {{ padding: 0 5px; }}
QHeaderView::section {{ background: {t.panel}; color: {t.muted}; border: 0;
  border-bottom: 1px solid {t.border}; padding: 4px 6px; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
QScrollBar::handle:hover {{ background: {t.faint}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{ background: {t.raised}; border: 0; border-radius: 3px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
#meter {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 5px; }}
#meter:hover {{ border-color: {t.muted}; }}
#meter QToolButton {{ background: transparent; border: 0; padding: 4px 8px; }}
#meter QToolButton:focus {{ color: {t.accent}; }}
#runs, #plain_list {{ border: 0; border-radius: 0; }}
#primary {{ background: {t.branch_fill}; border-color: {t.accent}; }}
#separator {{ background: {t.border}; }}
#message_bar {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: {t.radius}px; }}
#message_bar[kind="error"] {{ border-color: {t.changed}; }}
#drop_hint {{ background: {t.branch_fill}; border: 2px dashed {t.accent}; border-radius: {t.radius}px; }}
"""


class Appearance(QObject):
    """Applies a theme to the application and tells the panels. Where the system does not say, dark is taken.

    The window has it applied first when all its widgets are in place: with a style sheet, a widget and all inside it
    are polished anew with each parent that they get, which took half the time that the window takes to build.
    """

    theme_changed = Signal(object)

    def __init__(self, application: QApplication, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._settings = settings
        self._system_font = application.font()
        self._theme: Theme | None = None
        self._points, self._growth = 0, 1.0
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.set_font_size(settings.font_size())

    @property
    def theme(self) -> Theme:
        """The one on screen."""
        return self._theme or DARK

    @property
    def choice(self) -> ThemeChoice:
        """What the user chose."""
        return self._settings.theme()

    def choose(self, choice: ThemeChoice) -> None:
        """Take and remember an appearance."""
        self._settings.set_theme(choice)
        self.apply()

    def set_font_size(self, points: int) -> None:
        """Take and remember a size in points; 0 is the system's."""
        self._settings.set_font_size(points)
        self._points = points
        self._take_font()

    def enlarge_letters(self, is_large: bool) -> None:
        """Letters `LARGE` times as large as usual, until this is called again; not remembered."""
        self._growth = LARGE if is_large else 1.0
        self._take_font()

    def _take_font(self) -> None:
        font = QFont(self._system_font)
        if self._points or self._growth != 1:
            usual = self._points or QFontInfo(self._system_font).pointSizeF()
            font.setPointSizeF(usual * self._growth)
        with no_collection():
            self._application.setFont(font)
            if self._theme is not None:  # a polished widget keeps its font until it is polished anew
                self._application.setStyleSheet(style_sheet(self._theme))
        if self._theme is not None:  # panels fit what they lay out by hand to the letters
            self.theme_changed.emit(self._theme)

    @Slot(Qt.ColorScheme)
    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        self.apply()

    def apply(self) -> None:
        """Put the theme that is chosen, by the user or the system, on the screen where it is not there."""
        choice = self.choice
        if choice == "system":
            is_light = self._application.styleHints().colorScheme() == Qt.ColorScheme.Light
            theme = LIGHT if is_light else DARK
        else:
            theme = LIGHT if choice == "light" else DARK
        if theme is self._theme:
            return
        self._theme = theme
        with no_collection():
            self._application.setPalette(palette(theme))
            self._application.setStyleSheet(style_sheet(theme))
        self.theme_changed.emit(theme)


@contextmanager
def no_collection() -> Iterator[None]:
    """Where Qt polishes many widgets it walks over a list of them and calls back into Python for each: one that
    Python's collector deletes meanwhile crashes it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

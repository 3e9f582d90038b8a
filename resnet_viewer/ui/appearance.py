"""Light, dark or as the system has it; the font's size."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from resnet_viewer.ui.settings import Settings, ThemeChoice
from resnet_viewer.ui.styles import palette, style_sheet
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme


class Appearance(QObject):
    """Applies a theme to the application and tells the panels. Where the system does not say, dark is taken."""

    theme_changed = Signal(object)

    def __init__(self, application: QApplication, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._application = application
        self._settings = settings
        self._system_font = application.font()
        self._theme: Theme | None = None
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.set_font_size(settings.font_size())
        self._apply()

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
        self._apply()

    def set_font_size(self, points: int) -> None:
        """Take and remember a size in points; 0 is the system's."""
        self._settings.set_font_size(points)
        font = self._system_font
        if points:
            font = type(font)(font)
            font.setPointSize(points)
        with _no_collection():
            self._application.setFont(font)
            if self._theme is not None:  # a polished widget keeps its font until it is polished anew
                self._application.setStyleSheet(style_sheet(self._theme))
        if self._theme is not None:  # polishing anew puts back the colours that labels had at first
            self.theme_changed.emit(self._theme)

    @Slot(Qt.ColorScheme)
    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        self._apply()

    def _apply(self) -> None:
        choice = self.choice
        if choice == "system":
            is_light = self._application.styleHints().colorScheme() == Qt.ColorScheme.Light
            theme = LIGHT if is_light else DARK
        else:
            theme = LIGHT if choice == "light" else DARK
        if theme is self._theme:
            return
        self._theme = theme
        with _no_collection():
            self._application.setPalette(palette(theme))
            self._application.setStyleSheet(style_sheet(theme))
        self.theme_changed.emit(theme)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Qt walks over a list of all widgets here and calls back into Python for each: a widget that Python's collector
    deletes meanwhile crashes it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

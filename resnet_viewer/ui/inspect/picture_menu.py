"""The menu of pictures: open a file, one of the samples, a recent one, or what was copied, each as it looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from resnet_viewer.records.captions import plain
from resnet_viewer.ui.commands import Commands, keys_text
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.thumbnails import Thumbnails
from resnet_viewer.ui.menus import add_entry, add_head, fill_on_open
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.labels import tooltip_text

SIDE = 40
"""Pixels of an entry's picture, as the style says."""
_RECENT = 6
"""Of the recent pictures; all are in the menu bar."""


class PictureMenu(QObject):
    """Fills the menu whenever it opens; its pictures come as they are made."""

    def __init__(
        self,
        menu: QMenu,
        commands: Commands,
        loader: Loader,
        settings: Settings,
        thumbnails: Thumbnails,
        samples: tuple[Path, ...],
    ) -> None:
        super().__init__(menu)
        self._menu, self._commands, self._loader = menu, commands, loader
        self._settings, self._thumbnails, self._samples = settings, thumbnails, samples
        self._entries: dict[Path, list[QAction]] = {}
        menu.setProperty("has_pictures", True)
        menu.setToolTipsVisible(True)
        fill_on_open(menu, self._fill)
        menu.aboutToShow.connect(self._want)
        menu.aboutToHide.connect(partial(thumbnails.want, "menu", ()))
        thumbnails.made.connect(self._show)

    def _fill(self, menu: QMenu) -> None:
        self._entries = {}
        menu.addAction(self._commands["open_picture"])
        add_entry(menu, f"Paste\t{keys_text('Ctrl+V')}", self._paste)
        menu.addSeparator()
        if self._samples:
            add_head(menu, "Bundled")
        for path in self._samples:
            self._add(menu, path.stem.capitalize(), path, partial(self._loader.open_paths, (path,)))
        recent = [path for path in self._settings.recent("pictures") if path not in self._samples]
        if recent:
            menu.addSeparator()
            add_head(menu, "Recent")
        for path in recent[:_RECENT]:
            self._add(menu, path.name, path, partial(self._loader.open_paths, (path,)))
        menu.addSeparator()
        menu.addAction(self._commands["folder_together"])
        menu.addAction(self._commands["folder_strip"])

    def _add(self, menu: QMenu, name: str, path: Path, act: Callable[[], object]) -> None:
        entry = add_entry(menu, plain(name), act)
        entry.setToolTip(tooltip_text(str(path)))
        self._entries.setdefault(path, []).append(entry)
        self._show(path)

    @Slot()
    def _want(self) -> None:
        self._thumbnails.want("menu", tuple(self._entries))

    @Slot(Path)
    def _show(self, path: Path) -> None:
        for entry in self._entries.get(path, ()):
            pixmap = QPixmap(SIDE, SIDE)
            if (image := self._thumbnails.image(path)) is not None:
                pixmap = QPixmap.fromImage(image)
            else:
                pixmap.fill(Qt.GlobalColor.transparent)  # its place, until it is made
            entry.setIcon(QIcon(pixmap))

    def _paste(self) -> None:
        self._loader.take_mime(QGuiApplication.clipboard().mimeData())

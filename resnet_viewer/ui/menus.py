"""The menu bar and the toolbar's menus. Menus that depend on the scene are filled when they open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from resnet_viewer.records.captions import plain
from resnet_viewer.records.figure_list import SUFFIXES, figures_of
from resnet_viewer.records.predictions import top_classes
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.target import BlockTarget, Target
from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.commands import MENUS, Commands, Entry, Menu
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editing import Editing
from resnet_viewer.ui.inspect.loading import Opening
from resnet_viewer.ui.inspect.prompts import Prompts
from resnet_viewer.ui.settings import FONT_SIZES, Settings, ThemeChoice
from resnet_viewer.ui.toolbar import Toolbar
from resnet_viewer.ui.train.training import Training
from resnet_viewer.ui.widgets.labels import tooltip_text

THEMES: dict[ThemeChoice, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}
MOST_CLASSES_LISTED = 20


class Menus(QObject):
    """Builds them once; the lists of recent files, networks and targets are made anew whenever they open."""

    def __init__(
        self,
        bar: QMenuBar,
        toolbar: Toolbar,
        commands: Commands,
        controller: Controller,
        editing: Editing,
        opening: Opening,
        prompts: Prompts,
        training: Training,
        appearance: Appearance,
        settings: Settings,
        catalog: tuple[CatalogEntry, ...],
    ) -> None:
        super().__init__(bar)
        self._commands = commands
        self._controller = controller
        self._editing = editing
        self._opening = opening
        self._prompts = prompts
        self._training = training
        self._appearance = appearance
        self._settings = settings
        self._catalog = catalog
        self._menus = {name: bar.addMenu(f"&{name}") for name in MENUS}
        for name, menu in self._menus.items():
            self._fill(name, menu)
        self._on_open(toolbar.network_button.menu(), self._fill_network)
        self._on_open(toolbar.target_button.menu(), self._fill_target)
        self._fill_export(toolbar.export_button.menu())
        self._export = toolbar.export_button.menu()
        self._export_runs = toolbar.train.export_button.menu()

    def entries(self) -> tuple[Entry, ...]:
        """Everything that the menus offer now; what several of them offer comes once."""
        found: dict[QAction, Entry] = {}
        exports = ("Export", self._export), ("Export runs", self._export_runs)
        for name, menu in (*self._menus.items(), *exports):
            for entry in _entries(menu, name):
                found.setdefault(entry.action, entry)
        return tuple(found.values())

    def _on_open(self, menu: QMenu, fill: Callable[[QMenu], None]) -> None:
        def refill() -> None:
            menu.clear()
            for part in menu.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
                part.deleteLater()
            fill(menu)

        menu.aboutToShow.connect(refill)
        refill()

    def _fill(self, name: Menu, menu: QMenu) -> None:
        for command in self._commands.of_menu(name):
            if command.starts_group:
                menu.addSeparator()
            menu.addAction(self._commands[command.id])
            if command.id in ("open_picture", "open_weights"):
                kind: Literal["pictures", "weights"] = (
                    "pictures" if command.id == "open_picture" else "weights"
                )
                recent = menu.addMenu("Recen&t pictures" if kind == "pictures" else "Recent wei&ghts")
                self._on_open(recent, partial(self._fill_recent, kind))
            elif command.id == "train_resume":
                self._on_open(menu.addMenu("Earl&ier runs"), self._training.fill_earlier)
        if name == "View":
            self._add_appearance(menu)
        elif name == "Network":
            menu.addSeparator()
            for title, fill in (("&Open network", self._fill_network), ("Tar&get", self._fill_target)):
                self._on_open(menu.addMenu(title), fill)
        elif name == "Train":
            menu.addSeparator()
            self._on_open(menu.addMenu("S&elected run"), self._training.run_menu.fill)

    def _add_appearance(self, menu: QMenu) -> None:
        menu.addSeparator()
        themes, group = menu.addMenu("&Appearance"), QActionGroup(menu)
        for choice, title in THEMES.items():
            is_chosen = self._appearance.choice == choice
            self._add_radio(themes, group, title, is_chosen, partial(self._appearance.choose, choice))
        sizes, group = menu.addMenu("Font si&ze"), QActionGroup(menu)
        for points in (0, *FONT_SIZES):
            title = f"{points} pt" if points else "As the system"
            is_chosen = self._settings.font_size() == points
            self._add_radio(sizes, group, title, is_chosen, partial(self._appearance.set_font_size, points))

    def _fill_recent(self, kind: Literal["pictures", "weights"], menu: QMenu) -> None:
        recent = self._settings.recent(kind)
        for path in recent:
            act = partial(self._opening.open_paths, (path,))
            if kind == "weights":
                act = partial(self._opening.open_weights, path)
            action = self._add(menu, _escaped(path.name), act)
            action.setToolTip(tooltip_text(str(path)))
        menu.setToolTipsVisible(True)
        if not recent:
            menu.addAction("None yet").setEnabled(False)
        menu.addSeparator()
        self._add(menu, "Clear the list", partial(self._settings.clear_recent, kind)).setEnabled(bool(recent))

    def _fill_network(self, menu: QMenu) -> None:
        bundled = [entry for entry in self._catalog if entry.is_bundled]
        if bundled:
            _head(menu, "Bundled, trained")
        for entry in bundled:
            self._add(menu, entry.title, partial(self._opening.choose_network, entry.name))
        _head(menu, "Other networks, untrained unless downloaded")
        for group in dict.fromkeys(entry.group for entry in self._catalog):
            part = menu.addMenu(group)
            for entry in self._catalog:
                if entry.group == group:
                    self._add(part, entry.title, partial(self._opening.choose_network, entry.name))
        downloads = menu.addMenu("Download torchvision's weights")
        for entry in self._catalog:
            if entry.download:
                title = f"{entry.title} ({entry.download})"
                self._add(downloads, title, partial(self._opening.download, entry.name))
        menu.addSeparator()
        menu.addAction(self._commands["choose_network"])
        menu.addAction(self._commands["open_weights"])
        menu.addAction(self._commands["change_input"])

    def _fill_target(self, menu: QMenu) -> None:
        scene = self._controller.scene
        setup = scene.session.setup
        group = QActionGroup(menu)
        top = partial(self._editing.set_target, None)
        network, classes = setup.state.network, setup.state.network.classes
        usual = "Top class of the reference" if network.has_classifier else "Mean of the last block"
        self._add_radio(menu, group, usual, setup.target is None, top)
        menu.addSeparator()
        listed: tuple[Target, ...] = tuple(range(classes))
        if classes > MOST_CLASSES_LISTED:
            found = top_classes(scene.now, scene.reference)
            chosen = () if setup.target is None or setup.target in found else (setup.target,)
            listed = (*found, *chosen)
        elif isinstance(setup.target, BlockTarget):
            listed = (*listed, setup.target)
        for index in listed:
            name = _escaped(plain(setup.target_name(index)))
            act = partial(self._editing.set_target, index)
            self._add_radio(menu, group, name, setup.target == index, act)
        if network.has_classifier:
            menu.addAction(self._commands["choose_target"])
        menu.addAction(self._commands["choose_block_target"])
        if not network.has_classifier or isinstance(setup.target, BlockTarget):
            return  # only a class has a loss
        menu.addSeparator()
        _head(menu, "Gradient norms of")
        sources = QActionGroup(menu)
        for source, title in (
            ("score", "the score (the target's logit)"),
            ("loss", "the loss (cross-entropy)"),
        ):
            is_chosen = setup.gradient_of == source
            self._add_radio(menu, sources, title, is_chosen, partial(self._editing.set_gradient_of, source))

    def _fill_export(self, menu: QMenu) -> None:
        for figure in figures_of("inspect"):
            part = menu.addMenu(figure.title)
            for suffix in SUFFIXES:
                act = partial(self._prompts.export_as, figure.name, suffix)
                self._add(part, f"{figure.title} as {suffix.upper()}…", act)
            part.addSeparator()
            self._add(part, "Size and resolution…", partial(self._prompts.export_figure, figure.name))
        menu.addSeparator()
        menu.addAction(self._commands["export"])
        menu.addAction(self._commands["copy_figure"])

    def _add(self, menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: act())
        return action

    def _add_radio(
        self, menu: QMenu, group: QActionGroup, text: str, is_chosen: bool, act: Callable[[], object]
    ) -> None:
        action = self._add(menu, text, act)
        action.setCheckable(True)
        action.setChecked(is_chosen)
        group.addAction(action)


def _entries(menu: QMenu, path: str) -> Iterator[Entry]:
    menu.aboutToShow.emit()  # the lists of recent files, networks and targets are filled then
    # WORKAROUND: QAction.menu() hands the menu's ownership to Python, which deletes it (seen with PySide6 6.10)
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    parts = {part.menuAction(): part for part in menu.findChildren(QMenu, options=direct)}
    for action in menu.actions():
        text, _, key = action.text().partition("\t")
        text = f"{path}: {_plain(text).rstrip('…')}"
        if action in parts:
            yield from _entries(parts[action], text)
        elif action.isEnabled() and not action.isSeparator():
            yield Entry(
                text, key or action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), action
            )


def _plain(text: str) -> str:
    """Without mnemonics: "&&" stands for "&"."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def _head(menu: QMenu, text: str) -> None:
    """A title in a menu; a style sheet hides the text of Qt's own sections."""
    menu.addAction(text).setEnabled(False)


def _escaped(text: str) -> str:
    return text.replace("&", "&&")

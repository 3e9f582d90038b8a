"""Inspect's row in the toolbar, with its menus: what is opened, the master switches, the target, the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import qtawesome
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from resnet_viewer.records.captions import plain, target_told, usual_target_words
from resnet_viewer.records.predictions import top_classes
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.target import BlockTarget, Target
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.meter import ErrorMeter, Measuring
from resnet_viewer.ui.menus import add_choice, add_entry, add_head, escaped
from resnet_viewer.ui.page import ICON, LETTERS, SHORT, WORDS_FROM, PageBar
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.labels import shortened, tooltip_text
from resnet_viewer.ui.widgets.switch import MasterSwitch, SwitchState
from resnet_viewer.ui.widgets.theme import Theme

MOST_CLASSES_LISTED = 20
_ICONS = ("target", "compare", "reference", "export", "picture")
"""The buttons that can be icons, in the order in which they become some. The target goes in place of that: it is chosen
beside the picture and the predictions, too."""
_LEAST_LETTERS = LETTERS[-1]
_METER_LETTERS = WORDS_FROM - 1, 29, _LEAST_LETTERS - 2, _LEAST_LETTERS - 3
"""Letters of a name from which down the error meter takes the next of its shapes."""
_NO_COMPARISON = _LEAST_LETTERS - 1
"""Letters of a name from which down that button goes: what it offers stands in a menu, too."""
_NO_REDO, _NO_UNDO = _LEAST_LETTERS - 5, _LEAST_LETTERS - 7
"""Letters of a name from which down these go, for the meter says what it counts in every shape: they have keys."""


def network_title(scene: Scene) -> str:
    """The network and what it was trained on, as far as that is known: "ResNet-56 · CIFAR-10".

    Bundled and torchvision's weights tell their data. A file is named instead; its classes are counted where they
    are not as many as usual.
    """
    spec = scene.session.setup.state.network
    parts = [spec.title]
    match spec.weights.source:
        case "bundled" | "torchvision":
            parts.append(spec.data)
        case "file":
            parts.append(shortened(plain(spec.weights.title), 24 if spec.weights.trained is None else 40))
        case "none":
            parts.append("starting…" if scene.is_starting else "untrained")
    if spec.has_classifier and not spec.has_usual_classes:  # else the title says so
        parts.append("1 class" if spec.classes == 1 else f"{spec.classes} classes")
    return " · ".join(parts)


def _weights_told(weights: WeightsRef) -> str:
    title = plain(weights.title)
    return (
        title if weights.trained is None else f"{title}, {weights.trained.words} ({plain(weights.file_name)})"
    )


def switch_state(strengths: Sequence[float]) -> SwitchState:
    """On where every gate is fully open, off where every gate is closed, else half."""
    if all(strength == 1 for strength in strengths):
        return "on"
    return "off" if all(strength == 0 for strength in strengths) else "half"


class InspectBar(PageBar):
    """Renders the scene and emits wishes; its buttons are the commands' own actions."""

    shortcuts_wished = Signal(bool)
    branches_wished = Signal(bool)
    shapes = (
        *(
            (icons, letters)
            for letters in LETTERS
            for icons in range(len(_ICONS) + 1)
            if icons == len(_ICONS) or letters >= (SHORT if icons else WORDS_FROM)
        ),
        *((len(_ICONS), letters) for letters in (_NO_COMPARISON, *_METER_LETTERS[-2:], _NO_REDO, _NO_UNDO)),
    )

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        self._target_text = self._target_told = "Target: the reference's highest"
        self._title = "Network"
        self.open_button = self.menu_button("Open picture")
        self.network_button = self.menu_button("Network")
        self.shortcuts = MasterSwitch("Shortcuts", "shortcut")
        self.branches = MasterSwitch("Residual branches", "branch")
        self.target_button = self.menu_button("Target")
        self.meter = ErrorMeter()
        self.undo_button, self.redo_button = _button(commands["undo"]), _button(commands["redo"])
        self.reference_button = _button(commands["set_reference"], "Set as reference")
        self.compare_button = self.menu_button("Compare")
        self.compare_button.setToolTip("Set another network, or other weights, beside this one")
        self.export_button = self.menu_button("Export")
        self.export_button.setToolTip("Export a figure or its numbers")
        self.shortcuts.wished.connect(self.shortcuts_wished)
        self.branches.wished.connect(self.branches_wished)
        self.lay_out(
            self.open_button, self.network_button, self.shortcuts, self.branches, self.meter,
            self.target_button, None, self.undo_button, self.redo_button, self.reference_button, self.compare_button,
            self.export_button,
        )  # fmt: skip

    def render_scene(self, scene: Scene) -> None:
        """Show the wish: what is open, and what the target is."""
        setup = scene.session.setup
        spec, wiring = setup.state.network, setup.wiring
        before = self._title, self._target_text, self._target_told
        self._title = network_title(scene)
        classes = f"{spec.classes} classes" if spec.has_classifier else "no classifier"
        self.network_button.setToolTip(
            tooltip_text(f"{self._title}\nweights: {_weights_told(spec.weights)}\n{classes}")
        )
        self.shortcuts.setEnabled(spec.has_shortcuts)
        if spec.has_shortcuts:
            self.shortcuts.show_state(switch_state(wiring.shortcuts), _open_words(wiring, "shortcuts"))
        else:
            self.shortcuts.show_state("off", "a plain network has no shortcuts")
        self.branches.show_state(switch_state(wiring.branches_run), _open_words(wiring, "branches"))
        self._target_text = f"Target: {usual_target_words(scene.session, scene.now)}"
        if setup.target is not None:
            self._target_text = f"Target: {plain(setup.target_name(setup.target))}, your choice"
        if self._target_text != before[1] or not scene.is_stale:
            told = "" if scene.is_stale else target_told(scene.session, scene.now, scene.reference)
            self._target_told = f"Target: {told}" if told else self._target_text
        self.reference_button.setProperty("is_pinned", scene.session.pinned is not None)
        if (self._title, self._target_text, self._target_told) != before:
            self.needs_room.emit()

    def show_meter(self, measuring: Measuring) -> None:
        """What is measured on the test set."""
        if self.meter.show_measured(measuring):
            self.needs_room.emit()

    def apply_theme(self, theme: Theme) -> None:
        self.target_button.setIcon(qtawesome.icon("mdi6.target", color=theme.text))
        self.open_button.setIcon(qtawesome.icon("mdi6.image-outline", color=theme.text))
        self.compare_button.setIcon(qtawesome.icon("mdi6.compare-horizontal", color=theme.text))
        self.export_button.setIcon(qtawesome.icon("mdi6.export-variant", color=theme.text))

    def label(self, *, icons: int, letters: int) -> None:
        style = Qt.ToolButtonStyle
        buttons = (
            self.target_button,
            self.compare_button,
            self.reference_button,
            self.export_button,
            self.open_button,
        )
        for number, button in enumerate(buttons):
            button.setToolButtonStyle(
                style.ToolButtonIconOnly if number < icons else style.ToolButtonTextOnly
            )
        self.network_button.setText(f"{escaped(shortened(self._title, letters))} ▾")
        self.target_button.setText(f"{escaped(shortened(self._target_text, 36))} ▾")
        self.target_button.setToolTip(tooltip_text(self._target_told))
        self.target_button.setAccessibleName(self._target_told)
        self.branches.set_label("Branches" if icons else "Residual branches")
        self.target_button.setVisible(not icons)
        self.compare_button.setVisible(letters > _NO_COMPARISON)
        self.redo_button.setVisible(letters > _NO_REDO)
        self.undo_button.setVisible(letters > _NO_UNDO)
        self.meter.set_shape(sum(letters <= most for most in _METER_LETTERS))


@dataclass(frozen=True)
class InspectMenus:
    """Menus that depend on the scene, each filled when it opens."""

    commands: Commands
    controller: Controller
    editor: Editor
    loader: Loader
    settings: Settings
    catalog: tuple[CatalogEntry, ...]

    def fill_recent(self, kind: Literal["pictures", "weights"], menu: QMenu) -> None:
        """The files that were opened last."""
        recent = self.settings.recent(kind)
        for path in recent:
            act = partial(self.loader.open_paths, (path,))
            if kind == "weights":
                act = partial(self.loader.open_weights, path)
            action = add_entry(menu, path.name, act)
            action.setToolTip(tooltip_text(str(path)))
        menu.setToolTipsVisible(True)
        if not recent:
            menu.addAction("None yet").setEnabled(False)
        menu.addSeparator()
        add_entry(menu, "Clear the list", partial(self.settings.clear_recent, kind)).setEnabled(bool(recent))

    def fill_network(self, menu: QMenu) -> None:
        """Every network."""
        bundled = [entry for entry in self.catalog if entry.is_bundled]
        if bundled:
            add_head(menu, "Bundled, trained")
        for entry in bundled:
            add_entry(menu, entry.title, partial(self.loader.choose_network, entry.name))
        add_head(menu, "Other networks, untrained unless downloaded")
        for group in dict.fromkeys(entry.group for entry in self.catalog):
            part = menu.addMenu(group)
            for entry in self.catalog:
                if entry.group == group:
                    add_entry(part, entry.title, partial(self.loader.choose_network, entry.name))
        downloads = menu.addMenu("Download torchvision's weights")
        for entry in self.catalog:
            if entry.download:
                title = f"{entry.title} ({entry.download})"
                add_entry(downloads, title, partial(self.loader.download, entry.name))
        menu.addSeparator()
        menu.addAction(self.commands["choose_network"])
        menu.addAction(self.commands["open_weights"])
        menu.addAction(self.commands["change_input"])

    def fill_compare(self, menu: QMenu) -> None:
        """What may be the reference."""
        session = self.controller.scene.session
        present, reference = session.setup.state.network, session.reference.network
        add_head(menu, "Compare with, bundled")
        group = QActionGroup(menu)
        for entry in self.catalog:
            if entry.is_bundled and entry.name != present.name:
                is_chosen = reference.name == entry.name and reference.weights.source == "bundled"
                add_choice(
                    menu, group, entry.title, is_chosen, partial(self.loader.compare_network, entry.name)
                )
        menu.addSeparator()
        for name in ("compare_network", "compare_weights"):
            menu.addAction(self.commands[name])
        menu.addSeparator()
        for name in ("swap_reference", "set_reference", "reset_reference"):
            menu.addAction(self.commands[name])

    def fill_target(self, menu: QMenu) -> None:
        """What the gradients and Grad-CAM are of."""
        scene = self.controller.scene
        setup = scene.session.setup
        group = QActionGroup(menu)
        top = partial(self.editor.set_target, None)
        network, classes = setup.state.network, setup.state.network.classes
        usual = usual_target_words(scene.session, scene.now)
        add_choice(menu, group, usual, setup.target is None, top)
        menu.addSeparator()
        listed: tuple[Target, ...] = tuple(range(classes))
        if classes > MOST_CLASSES_LISTED:
            found = top_classes(scene.now, scene.reference)
            chosen = () if setup.target is None or setup.target in found else (setup.target,)
            listed = (*found, *chosen)
        elif isinstance(setup.target, BlockTarget):
            listed = (*listed, setup.target)
        for index in listed:
            name = plain(setup.target_name(index))
            act = partial(self.editor.set_target, index)
            add_choice(menu, group, name, setup.target == index, act)
        if network.has_classifier:
            menu.addAction(self.commands["choose_target"])
        menu.addAction(self.commands["choose_block_target"])
        if not network.has_classifier or isinstance(setup.target, BlockTarget):
            return  # only a class has a loss
        menu.addSeparator()
        add_head(menu, "Gradient norms of")
        sources = QActionGroup(menu)
        for source, title in (
            ("score", "the score (the target's logit)"),
            ("loss", "the loss (cross-entropy)"),
        ):
            is_chosen = setup.gradient_of == source
            add_choice(menu, sources, title, is_chosen, partial(self.editor.set_gradient_of, source))


def _button(action: QAction, text: str = "") -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(ICON)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(text or action.text())
    if text:
        action.setIconText(text)
    else:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button


def _open_words(wiring: Wiring, what: str) -> str:
    strengths = wiring.shortcuts if what == "shortcuts" else wiring.branches_run
    count = sum(strength > 0 for strength in strengths)
    name = "shortcuts" if what == "shortcuts" else "residual branches"
    return f"{count} of {len(strengths)} {name} open"

"""The row at the top: the tabs, and the controls of the page in view.

For Inspect these are what is opened, the master switches, the target, undo, the reference, export.
"""

from __future__ import annotations

from collections.abc import Sequence

import qtawesome
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QTabBar, QToolBar, QToolButton, QWidget

from resnet_viewer.records.captions import plain
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.status import shortened
from resnet_viewer.ui.train.bar import TrainBar
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.switch import MasterSwitch, SwitchState
from resnet_viewer.ui.widgets.theme import DARK, Theme

PAGES = ("Inspect", "Train")
"""The tabs, in order."""
_LETTERS = (72, 60, 52, 44, 36, 30, 24, 19, 14)
"""Of names, the most first."""
_WORDS_FROM, _SHORT = 44, 36
"""Letters of a name under which some buttons are icons, and under which all that can be are."""
_ICONS = ("reference", "target", "export", "picture")
"""The buttons that can be icons, in the order in which they become some."""
_ICON = QSize(17, 17)


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


class Toolbar(QToolBar):
    """Renders the scene and emits wishes; the buttons are the commands' own actions."""

    shortcuts_wished = Signal(bool)
    branches_wished = Signal(bool)
    page_chosen = Signal(int)
    """By its place among the tabs."""

    def __init__(self, commands: Commands, train: TrainBar, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.toggleViewAction().setVisible(False)
        self._commands = commands
        self._theme = DARK
        self._target_text = "Target: top reference class"
        self._title = "Network"
        self._labelled: tuple[object, ...] = ()
        self.tabs = QTabBar()
        for title in PAGES:
            self.tabs.addTab(title)
        self.tabs.setAccessibleName("Pages")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.open_button = self._button(commands["open_picture"], "Open picture…")
        self.network_button = self._menu_button("Network")
        self.shortcuts = MasterSwitch("Shortcuts", "shortcut")
        self.branches = MasterSwitch("Residual branches", "branch")
        self.target_button = self._menu_button("Target")
        self.undo_button = self._button(commands["undo"])
        self.redo_button = self._button(commands["redo"])
        self.reference_button = self._button(commands["set_reference"], "Set as reference")
        self.export_button = self._menu_button("Export")
        self.shortcuts.wished.connect(self.shortcuts_wished)
        self.branches.wished.connect(self.branches_wished)
        self.train = train
        self.train.needs_room.connect(self._label)
        self._inspect = self._make_inspect_row()
        self._row = self._make_row()
        self.addWidget(self._row)
        self.train.hide()
        self.tabs.currentChanged.connect(self.page_chosen)
        self.apply_theme(DARK)

    def _make_row(self) -> QWidget:
        row = QWidget()
        row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(14, 0, 14, 0)
        layout.setSpacing(10)
        layout.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignBottom)
        line = QFrame()
        line.setObjectName("separator")
        line.setFixedSize(1, 26)
        layout.addWidget(line)
        layout.addWidget(self._inspect, 1)
        layout.addWidget(self.train, 1)
        return row

    def _make_inspect_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for part in (
            self.open_button, self.network_button, self.shortcuts, self.branches, self.target_button,
        ):  # fmt: skip
            layout.addWidget(part)
        layout.addStretch(1)
        for part in (self.undo_button, self.redo_button, self.reference_button, self.export_button):
            layout.addWidget(part)
        return row

    def show_page(self, place: int) -> None:
        """The tab of the page in view, and its controls."""
        self.tabs.setCurrentIndex(place)
        for index, controls in enumerate((self._inspect, self.train)):
            controls.setVisible(index == place)
        self._label()

    def render_scene(self, scene: Scene) -> None:
        """Show the wish: what is open, and what the target is."""
        setup = scene.session.setup
        spec, wiring = setup.state.network, setup.wiring
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
        self.branches.show_state(switch_state(wiring.branches), _open_words(wiring, "branches"))
        usual = "top reference class" if spec.has_classifier else "mean of the last block"
        self._target_text = f"Target: {usual}"
        if setup.target is not None:
            self._target_text = f"Target: {plain(setup.target_name(setup.target))}"
        self.reference_button.setProperty("is_pinned", scene.session.pinned is not None)
        self._label()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.train.apply_theme(theme)
        self.shortcuts.apply_theme(theme)
        self.branches.apply_theme(theme)
        self.target_button.setIcon(qtawesome.icon("mdi6.target", color=theme.text))
        self.export_button.setIcon(qtawesome.icon("mdi6.export-variant", color=theme.text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_row"):
            QTimer.singleShot(0, self, self._label)  # when the children have the font too

    @Slot()
    def _label(self) -> None:
        """Words on the buttons and whole names where there is room, else icons first, then shorter names."""
        if self._inspect.isHidden():
            ways = [(compact, letters) for compact in (0, len(_ICONS)) for letters in _LETTERS]
        else:
            known = (self._title, self._target_text, self.width(), self.font().key(), self.isVisible())
            if known == self._labelled:
                return
            self._labelled = known
            ways = [(icons, letters) for letters in _LETTERS for icons in range(len(_ICONS) + 1)]
        for icons, letters in ways:
            if letters < (_SHORT if icons else _WORDS_FROM) and icons < len(_ICONS):
                continue
            if self._inspect.isHidden():
                self.train.label(is_compact=icons > 0, letters=letters)
                self.train.updateGeometry()  # the row asks for its size at once, not when the event loop comes round
            else:
                self._label_as(icons=icons, letters=letters)
                self._inspect.updateGeometry()
            if self._row.sizeHint().width() <= self.width():
                return

    def _label_as(self, *, icons: int, letters: int) -> None:
        style = Qt.ToolButtonStyle
        buttons = (self.reference_button, self.target_button, self.export_button, self.open_button)
        for number, button in enumerate(buttons):
            button.setToolButtonStyle(
                style.ToolButtonIconOnly if number < icons else style.ToolButtonTextOnly
            )
        self.network_button.setText(f"{_escaped(shortened(self._title, letters))} ▾")
        self.target_button.setText(f"{_escaped(shortened(self._target_text, 36))} ▾")
        self.target_button.setToolTip(tooltip_text(self._target_text))
        self.target_button.setAccessibleName(self._target_text)
        self.export_button.setText("Export ▾")
        self.export_button.setToolTip("Export a figure or its numbers")
        self.branches.set_label("Branches" if icons else "Residual branches")

    def _button(self, action: QAction, text: str = "") -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(text or action.text())
        if text:
            action.setIconText(text)
        else:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return button

    def _menu_button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(QMenu(button))
        button.setText(name)
        button.setAccessibleName(name)
        button.setIconSize(_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        return button


def _open_words(wiring: Wiring, what: str) -> str:
    strengths = wiring.shortcuts if what == "shortcuts" else wiring.branches
    count = sum(strength > 0 for strength in strengths)
    name = "shortcuts" if what == "shortcuts" else "residual branches"
    return f"{count} of {len(strengths)} {name} open"


def _escaped(text: str) -> str:
    """A name in a button's text: "&" is no mnemonic there."""
    return text.replace("&", "&&")

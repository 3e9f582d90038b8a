"""The window: toolbar, panels, status bar. It renders scenes and passes wishes on; it computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
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
    QSplitter,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.captions import plain
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.bars import Choice, MessageBar, ProgressBar
from resnet_viewer.ui.command_table import command_table
from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.controller import Controller
from resnet_viewer.ui.describing import Describing
from resnet_viewer.ui.editing import Editing
from resnet_viewer.ui.exporting import Exporting
from resnet_viewer.ui.incoming import is_welcome
from resnet_viewer.ui.labels import tooltip_text
from resnet_viewer.ui.layout import WindowLayout, least_size
from resnet_viewer.ui.menus import Menus
from resnet_viewer.ui.network_entries import Networks
from resnet_viewer.ui.opening import Opening
from resnet_viewer.ui.panels.circuit import CircuitPanel
from resnet_viewer.ui.panels.feature_maps import FeatureMapsPanel
from resnet_viewer.ui.panels.predictions import PredictionsPanel
from resnet_viewer.ui.panels.saliency import SaliencyPanel
from resnet_viewer.ui.prompts import Facts, Prompts
from resnet_viewer.ui.requests import CatalogEntry, OpenedNetwork
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.status import StatusBar
from resnet_viewer.ui.store import Store
from resnet_viewer.ui.theme import DARK, Theme
from resnet_viewer.ui.toolbar import Toolbar
from resnet_viewer.ui.worker import Failure, Worker


@dataclass(frozen=True)
class Workers:
    """The threads behind the window; each answers its own kind of request."""

    probing: Worker
    files: Worker
    downloads: Worker

    def close(self) -> None:
        """End all three: first tell each to stop, then wait for each."""
        workers = (self.probing, self.files, self.downloads)
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.close()


class MainWindow(QMainWindow):
    """The Inspect tab and everything around it."""

    painted = Signal()
    """Once, when the first frame is on screen."""

    def __init__(
        self,
        store: Store,
        workers: Workers,
        appearance: Appearance,
        settings: Settings,
        *,
        catalog: tuple[CatalogEntry, ...],
        facts: Facts,
        tickets: Iterator[int],
        networks: Networks,
        threads: str = "",
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("ResNet Viewer")
        self.setAcceptDrops(True)
        self.store = store
        self._settings = settings
        self._is_painted = False
        self._downloads = {entry.name: entry.download for entry in catalog if entry.download}
        self.controller = Controller(store, workers.probing, parent=self)
        self.editing = Editing(store, self)
        self.opening = Opening(store, self.editing, workers.files, workers.downloads, settings, tickets, self)
        self.exporting = Exporting(workers.files, tickets, self)
        self.prompts = Prompts(
            self, self.controller, self.editing, self.opening, self.exporting, settings, facts
        )
        self.describing = Describing(
            self, self.controller, self.editing, self.opening, self.exporting, networks
        )
        self.commands = Commands(command_table(self), self)
        self.addActions(list(self.commands.actions.values()))
        self.toolbar = Toolbar(self.commands, self)
        self.addToolBar(self.toolbar)
        self.status = StatusBar(threads, self)
        self.setStatusBar(self.status)
        self.messages, self.progress = MessageBar(), ProgressBar()
        self.circuit, self.feature_maps = CircuitPanel(), FeatureMapsPanel()
        self.saliency, self.predictions = SaliencyPanel(), PredictionsPanel()
        self._right = _splitter(Qt.Orientation.Vertical, self.saliency, self.predictions)
        self._top = _splitter(Qt.Orientation.Horizontal, self.feature_maps, self._right)
        self._outer = _splitter(Qt.Orientation.Vertical, self._top, self.circuit)
        splitters = {"right": self._right, "top": self._top, "outer": self._outer}
        self._shape = WindowLayout(self, splitters, settings)
        self.setCentralWidget(self._central())
        self.menus = Menus(
            self.menuBar(), self.toolbar, self.commands, self.controller, self.editing,
            self.opening, self.prompts, appearance, settings, catalog,
        )  # fmt: skip
        self._connect(workers)
        appearance.theme_changed.connect(self.apply_theme)
        self.apply_theme(appearance.theme)
        self._show_history()
        self.render_scene(self.controller.scene)
        self._shape.restore()

    def _central(self) -> QWidget:
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(DARK.padding, DARK.gap, DARK.padding, DARK.gap)
        layout.setSpacing(DARK.gap)
        layout.addWidget(self.messages)
        layout.addWidget(self.progress)
        layout.addWidget(self._outer, 1)
        for area in central.findChildren(
            QAbstractScrollArea
        ):  # drops belong to the window, wherever they fall
            area.setAcceptDrops(False)
            area.viewport().setAcceptDrops(False)
        return central

    def _connect(self, workers: Workers) -> None:
        editing, circuit = self.editing, self.circuit
        self.controller.scene_changed.connect(self.render_scene)
        self.controller.failed.connect(self._show_failed_probe)
        self.store.history_changed.connect(self._show_history)
        self._workers = workers
        for worker in (workers.probing, workers.files, workers.downloads):
            worker.busy_changed.connect(self._show_busy)
        self.toolbar.shortcuts_wished.connect(editing.open_all_shortcuts)
        self.toolbar.branches_wished.connect(editing.open_all_branches)
        circuit.shortcut_clicked.connect(editing.toggle_shortcut)
        circuit.shortcuts_swept.connect(editing.set_shortcuts)
        circuit.branch_clicked.connect(editing.toggle_branch)
        circuit.strength_chosen.connect(editing.set_shortcut_strength)
        circuit.branch_strength_chosen.connect(editing.set_branch_strength)
        circuit.layer_selected.connect(editing.select_layer)
        circuit.quantity_chosen.connect(editing.select_quantity)
        circuit.gradient_of_chosen.connect(editing.set_gradient_of)
        circuit.export_requested.connect(self.prompts.export)
        self.feature_maps.view_changed.connect(editing.look)
        self.feature_maps.channel_chosen.connect(editing.select_channel)
        self.feature_maps.channel_view.target_wished.connect(editing.set_target)
        self.saliency.view_changed.connect(editing.look)
        self.saliency.target_chosen.connect(editing.set_target)
        self.saliency.block_chosen.connect(editing.select_cam_block)
        for panel in (circuit, self.feature_maps, self.saliency):
            panel.hovered.connect(self.status.show_hover)
        opening = self.opening
        opening.failed.connect(self._show_failed_opening)
        opening.opened.connect(self._end_failed_opening)
        opening.begun.connect(self.controller.end_start)
        opening.network_opened.connect(self._remark_network)
        opening.download_began.connect(self.progress.begin)
        opening.progressed.connect(self.progress.show_progress)
        opening.download_ended.connect(self.progress.hide)
        self.exporting.failed.connect(self._show_failed_export)
        self.exporting.said.connect(self._say_exported)
        self.prompts.said.connect(self.say)
        self.progress.cancelled.connect(opening.cancel_download)

    @Slot(object)
    def render_scene(self, scene: Scene) -> None:
        """Show a scene everywhere; each panel touches only what differs."""
        self.circuit.render_scene(scene)
        self.predictions.render_scene(scene)
        self.feature_maps.render_scene(scene)
        self.saliency.render_scene(scene)
        self.toolbar.render_scene(scene)
        self.status.render_scene(scene)
        state = scene.session.setup.state
        self.messages.end_unless_about(state.network, state.preprocessing)
        if scene.now is not None and scene.now.is_complete and not scene.is_stale:
            self.messages.end("probing")
        self.commands["reset_reference"].setEnabled(scene.session.pinned is not None)
        network = scene.session.setup.state.network
        self.commands["all_shortcuts"].setEnabled(network.has_shortcuts)
        self.commands["choose_target"].setEnabled(network.has_classifier)
        picture = scene.session.setup.picture
        self.setWindowTitle(f"{picture.name} – ResNet Viewer" if picture else "ResNet Viewer")

    @Slot(object)
    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours, everywhere."""
        self._limit_size()
        self.prompts.theme = theme
        self.commands.apply_theme(theme)
        for part in (
            self.toolbar, self.status, self.circuit, self.feature_maps, self.saliency, self.predictions,
        ):  # fmt: skip
            part.apply_theme(theme)

    def _limit_size(self) -> None:
        """The larger the font, the larger the smallest window."""
        self.ensurePolished()
        self.setMinimumSize(least_size(self.fontMetrics().height(), self.screen().availableSize()))

    @Slot(object)
    def show_failure(self, failure: Failure) -> None:
        """One sentence, details on demand; what is on screen stays."""
        self.messages.show_failure(failure)

    @Slot(object)
    def _show_failed_probe(self, failure: Failure) -> None:
        self.messages.show_failure(failure, "probing")

    @Slot(object)
    def _show_failed_opening(self, failure: Failure) -> None:
        self.messages.show_failure(failure, "opening")

    @Slot()
    def _end_failed_opening(self) -> None:
        self.messages.end("opening")

    @Slot(object)
    def _show_failed_export(self, failure: Failure) -> None:
        self.messages.show_failure(failure, "exporting")

    @Slot(str)
    def _say_exported(self, sentence: str) -> None:
        self.messages.end("exporting")
        self.say(sentence)

    @Slot(bool)
    def _show_busy(self, _is_busy: bool) -> None:
        workers = self._workers
        self.status.show_busy(
            any(worker.is_busy for worker in (workers.probing, workers.files, workers.downloads))
        )

    @Slot(str)
    def say(self, sentence: str) -> None:
        """A short word in the status bar."""
        self.status.say(sentence)

    @Slot(object)
    def _remark_network(self, opened: OpenedNetwork) -> None:
        about = opened.spec
        if not opened.sentence:
            self.messages.end("network")
        elif opened.others:
            choices: list[Choice] = [
                (f"Read it as {other.title}", partial(self.opening.choose_spec, other))
                for other in opened.others
            ]
            choices.append(("Change the input…", self.prompts.change_input))
            self.messages.show_remark(opened.sentence, "Change ▾", choices, about)
        elif opened.is_assumed:
            change = ("Input…", self.prompts.change_input)
            self.messages.show_remark(opened.sentence, "Input…", [change], about)
        elif opened.spec.weights.source == "none" and opened.spec.name in self._downloads:
            title = f"Download weights ({self._downloads[opened.spec.name]})"
            download = partial(self.opening.download, opened.spec.name)
            self.messages.show_remark(opened.sentence, title, [(title, download)], about)
        else:
            self.messages.show_remark(opened.sentence, network=about)

    @Slot()
    def _show_history(self) -> None:
        for name, label in (("undo", self.store.undo_label), ("redo", self.store.redo_label)):
            action = self.commands[name]
            action.setEnabled(label is not None)
            words = f"{name.capitalize()}: {plain(label)}" if label else name.capitalize()
            action.setText("&" + words.replace("&", "&&"))
            action.setToolTip(tooltip_text(words))

    def fit(self) -> None:
        """The whole strip in view."""
        self.circuit.view.fit()

    def toggle_selected_branch(self) -> None:
        """D: drop or restore the residual branch of the block whose layer is selected."""
        if (block := self.circuit.selected_block()) is not None:
            self.editing.toggle_branch(block)
        else:
            self.say("No block is selected; click a box of a block first.")

    def toggle_full_screen(self) -> None:
        """F11."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def escape(self) -> None:
        """Esc: end a download, else leave full screen."""
        if not self.progress.isHidden():
            self.opening.cancel_download()
        elif self.isFullScreen():
            self.toggle_full_screen()

    def show_shortcuts(self) -> None:
        """F1."""
        self.prompts.show_shortcuts(self.commands)

    def show_palette(self) -> None:
        """Ctrl+Shift+P."""
        palette = self.commands["palette"]
        self.prompts.run_command([entry for entry in self.menus.entries() if entry.action is not palette])

    def reset_layout(self) -> None:
        """Sizes as at the first start."""
        self._shape.reset()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.circuit.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)  # after the panels, which are painted in this same pass

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_kept(event, self.focusWidget()) or not self.commands.take_key(event):
            super().keyPressEvent(event)

    def createPopupMenu(self) -> QMenu | None:  # type: ignore[override]
        return None  # there is one toolbar and it stays

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_welcome(event.mimeData()):
            event.acceptProposedAction()
            self.status.show_hover("Drop pictures, a folder, or a weight file.")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.status.show_hover("")

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.status.show_hover("")
        self.opening.take_mime(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        self._shape.remember()
        self._settings.save()
        self.store.close()
        event.accept()


def _is_kept(event: QKeyEvent, focused: QWidget | None) -> bool:
    """Space belongs to the control that has the focus, also where that control does nothing with it: whoever
    presses it on a slider or a choice does not mean the whole network."""
    controls = QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar
    return event.key() == Qt.Key.Key_Space and isinstance(focused, controls)


def _splitter(orientation: Qt.Orientation, first: QWidget, second: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(DARK.gap)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setStretchFactor(0, 3)
    splitter.setStretchFactor(1, 2)
    return splitter

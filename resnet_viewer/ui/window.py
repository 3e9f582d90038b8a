"""The window: toolbar, panels, status bar. It renders scenes and passes wishes on; it computes nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
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
    QWidget,
)

from resnet_viewer.records.captions import plain
from resnet_viewer.records.network_entries import Networks
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.bars import MessageBar, ProgressBar
from resnet_viewer.ui.command_table import command_table
from resnet_viewer.ui.commands import Commands
from resnet_viewer.ui.incoming import is_welcome
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.editing import Editing
from resnet_viewer.ui.inspect.exporting import Exporting
from resnet_viewer.ui.inspect.loading import Opening
from resnet_viewer.ui.inspect.messages import Saying
from resnet_viewer.ui.inspect.network_dialog import Describing
from resnet_viewer.ui.inspect.page import InspectPage
from resnet_viewer.ui.inspect.prompts import Facts, Prompts
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.layout import WindowLayout, least_size
from resnet_viewer.ui.menus import Menus
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.status import StatusBar
from resnet_viewer.ui.toolbar import Toolbar, network_title
from resnet_viewer.ui.train.controller import Ways
from resnet_viewer.ui.train.drops import WELCOME
from resnet_viewer.ui.train.training import Training
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, Theme
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure
from resnet_viewer.ui.work.workers import Workers

INSPECT, TRAIN = range(2)
"""The pages' places among the tabs."""


class MainWindow(QMainWindow):
    """The tabs and everything around them."""

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
        networks: Networks,
        ways: Ways,
        threads: str = "",
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("ResNet Viewer")
        self.setAcceptDrops(True)
        self.store = store
        self._settings = settings
        self._is_painted = False
        self.controller = Controller(store, workers.probing, parent=self)
        self.editing = Editing(store, self)
        files, downloads = Askers(workers.files, self), Askers(workers.downloads, self)
        self.opening = Opening(store, self.editing, files, downloads, settings, self)
        self.exporting = Exporting(files, self)
        self.prompts = Prompts(
            self, self.controller, self.editing, self.opening, self.exporting, settings, facts
        )
        self.describing = Describing(
            self, self.controller, self.editing, self.opening, self.exporting, networks
        )
        self.training = Training(
            self, workers.lab, files, self.opening, self.editing, self.exporting, settings, ways
        )
        self.commands = Commands(command_table(self), self)
        self.addActions(list(self.commands.actions.values()))
        self.toolbar = Toolbar(self.commands, self.training.bar, self)
        self.addToolBar(self.toolbar)
        self.status = StatusBar(threads, self)
        self.setStatusBar(self.status)
        self.messages, self.progress = MessageBar(), ProgressBar()
        self.inspect = InspectPage(self.editing)
        self.wiring, self.feature_maps = self.inspect.wiring, self.inspect.feature_maps
        self.gradcam, self.predictions = self.inspect.gradcam, self.inspect.predictions
        self.pages = QStackedWidget()
        for page in (self.inspect, self.training.page):
            self.pages.addWidget(page)
        splitters = self.inspect.splitters | self.training.page.splitters
        self._shape = WindowLayout(self, splitters, settings)
        self.setCentralWidget(self._central())
        self.menus = Menus(
            self.menuBar(), self.toolbar, self.commands, self.controller, self.editing,
            self.opening, self.prompts, self.training, appearance, settings, catalog,
        )  # fmt: skip
        self.saying = Saying(self, {entry.name: entry.download for entry in catalog if entry.download})
        self._connect(workers)
        appearance.theme_changed.connect(self.apply_theme)
        appearance.apply()
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
        layout.addWidget(self.pages, 1)
        for area in central.findChildren(
            QAbstractScrollArea
        ):  # drops belong to the window, wherever they fall
            area.setAcceptDrops(False)
            area.viewport().setAcceptDrops(False)
        return central

    def _connect(self, workers: Workers) -> None:
        editing = self.editing
        self.controller.scene_changed.connect(self.render_scene)
        self.store.history_changed.connect(self._show_history)
        self._workers = workers
        for worker in workers.all:
            worker.busy_changed.connect(self._show_busy)
        self.toolbar.shortcuts_wished.connect(editing.open_all_shortcuts)
        self.toolbar.branches_wished.connect(editing.open_all_branches)
        self.toolbar.page_chosen.connect(self.show_page)
        self.inspect.export_requested.connect(self.prompts.export)
        for page in (self.inspect, self.training.page):
            page.hovered.connect(self.status.show_hover)
        self.training.inspect_wished.connect(self.show_inspect)
        self.training.controller.scene_changed.connect(self.status.render_lab)
        self.training.device_chosen.connect(self.status.show_training_device)
        opening = self.opening
        opening.begun.connect(self.controller.end_start)

    @Slot(object)
    def render_scene(self, scene: Scene) -> None:
        """Show a scene everywhere; each panel touches only what differs."""
        self.inspect.render_scene(scene)
        self.toolbar.render_scene(scene)
        self.status.render_scene(scene)
        state = scene.session.setup.state
        self.messages.end_unless_about(state.network, state.preprocessing)
        if scene.now is not None and scene.now.is_complete and not scene.is_stale:
            self.messages.end("probing")
        self.commands.set_possible("reset_reference", scene.session.pinned is not None)
        network = scene.session.setup.state.network
        self.commands.set_possible("all_shortcuts", network.has_shortcuts)
        self.commands.set_possible("choose_target", network.has_classifier)
        picture = scene.session.setup.picture
        told = (network_title(scene), plain(picture.name) if picture else "", "ResNet Viewer")
        self.setWindowTitle(" – ".join(filter(None, told)))

    @Slot(object)
    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours, everywhere."""
        self._limit_size()
        self.prompts.theme = theme
        self.commands.apply_theme(theme)
        for part in (self.toolbar, self.status, self.inspect, self.training.page):
            part.apply_theme(theme)

    def _limit_size(self) -> None:
        """The larger the font, the larger the smallest window."""
        self.ensurePolished()
        self.setMinimumSize(least_size(self.fontMetrics().height(), self.screen().availableSize()))

    @Slot(object)
    def show_failure(self, failure: Failure) -> None:
        """One sentence, details on demand; what is on screen stays."""
        self.messages.show_failure(failure)

    @Slot(bool)
    def _show_busy(self, _is_busy: bool) -> None:
        self.status.show_busy(any(worker.is_busy for worker in self._workers.all))

    @Slot(str)
    def say(self, sentence: str) -> None:
        """A short word in the status bar."""
        self.status.say(sentence)

    @Slot()
    def _show_history(self) -> None:
        for name, label in (("undo", self.store.undo_label), ("redo", self.store.redo_label)):
            action = self.commands[name]
            self.commands.set_possible(name, label is not None)
            words = f"{name.capitalize()}: {plain(label)}" if label else name.capitalize()
            action.setText("&" + words.replace("&", "&&"))
            action.setToolTip(tooltip_text(words))

    @Slot(int)
    def show_page(self, place: int) -> None:
        """Inspect or Train, by its place among the tabs; the page in view keeps its focus."""
        if place == self.pages.currentIndex():
            return
        self.pages.setCurrentIndex(place)
        self.toolbar.show_page(place)
        self.status.show_page(place)
        self.commands.show_page("inspect" if place == INSPECT else "train")
        if place == INSPECT:
            self.inspect.take_focus()
        else:
            self.training.page.take_focus()
            self.training.get_ready()

    @Slot()
    def show_inspect(self) -> None:
        """Ctrl+1."""
        self.show_page(INSPECT)

    def show_train(self) -> None:
        """Ctrl+2."""
        self.show_page(TRAIN)

    def in_train(self, act: Callable[[], object]) -> Callable[[], None]:
        """What is about the Train page, done where it is seen."""

        def shown() -> None:
            self.show_train()
            act()

        return shown

    def export(self) -> None:
        """Ctrl+E: a figure of the page in view."""
        if self.pages.currentIndex() == INSPECT:
            self.prompts.export()
        else:
            self.training.exporting.ask()

    def copy_figure(self) -> None:
        """Ctrl+Shift+C: the figure that has the focus, else the one that was exported last."""
        if self.pages.currentIndex() == INSPECT:
            self.prompts.copy_figure(self.inspect.figure_in_focus())
        else:
            self.training.copy_figure()

    def paste(self) -> None:
        """Ctrl+V: whatever is on the clipboard, as if it were dropped on the page in view."""
        self._take_mime(QGuiApplication.clipboard().mimeData())

    def _take_mime(self, mime: QMimeData) -> None:
        if self.pages.currentIndex() == INSPECT:
            self.opening.take_mime(mime)
        else:
            self.training.drops.take_mime(mime)

    def in_inspect(self, act: Callable[[], object]) -> Callable[[], None]:
        """What is about the Inspect page, done where it is seen."""

        def shown() -> None:
            self.show_inspect()
            act()

        return shown

    def fit(self) -> None:
        """The whole strip in view."""
        self.wiring.view.fit()

    def toggle_selected_branch(self) -> None:
        """D: drop or restore the residual branch of the block whose layer is selected."""
        if (block := self.wiring.selected_block()) is not None:
            self.editing.toggle_branch(block)
        else:
            self.say("No block is selected; click a box of a block first.")

    def toggle_full_screen(self) -> None:
        """F11."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def escape(self) -> None:
        """Esc: end a download, else release the pinned time, else leave full screen."""
        if not self.progress.isHidden():
            self.progress.cancelled.emit()
        elif self.pages.currentIndex() == TRAIN and self.training.page.errors.release():
            pass
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
        if self.pages.currentIndex() == INSPECT:
            self.inspect.take_focus()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self.painted.emit)  # after the panels, painted in this same pass

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_inspected = self.pages.currentIndex() == INSPECT or event.key() == Qt.Key.Key_Escape
        if _is_kept(event, self.focusWidget()) or not is_inspected or not self.commands.take_key(event):
            super().keyPressEvent(event)

    def createPopupMenu(self) -> QMenu | None:  # type: ignore[override]
        return None  # there is one toolbar and it stays

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_welcome(event.mimeData()):
            event.acceptProposedAction()
            is_inspected = self.pages.currentIndex() == INSPECT
            self.status.show_hover(
                "Drop pictures, a folder, or a weight file." if is_inspected else f"Drop {WELCOME}."
            )

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.status.show_hover("")

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.status.show_hover("")
        self._take_mime(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.training.may_close():
            event.ignore()
            return
        self._shape.remember()
        self._settings.save()
        self.store.close()
        event.accept()


def _is_kept(event: QKeyEvent, focused: QWidget | None) -> bool:
    """Space belongs to the control that has the focus, also where that control does nothing with it: whoever
    presses it on a slider or a choice does not mean the whole network."""
    controls = QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabBar
    return event.key() == Qt.Key.Key_Space and isinstance(focused, controls)

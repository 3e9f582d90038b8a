"""What can be done with the selected run, as a menu that is filled when it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.run_plan import MOST_EPOCHS
from resnet_viewer.ui.menus import add_entry, escaped
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.open_in_inspect import OpenInInspect, WeightsExport, twin_of
from resnet_viewer.ui.train.pictures import run_of
from resnet_viewer.ui.work.worker import Failure

MOST_EPOCHS_LISTED = 24
"""Kept epochs in the menu, beside the state before training; of more, evenly chosen ones and always the last."""


class RunMenu(QObject):
    """Asks the controller, and who opens or exports weights."""

    failed = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        window: QWidget,
        controller: TrainController,
        opened: OpenInInspect,
        weights: WeightsExport,
        picture: Callable[[], int],
    ) -> None:
        """`picture` tells which test picture a run is opened on."""
        super().__init__(window)
        self._window, self._controller = window, controller
        self._opened, self._weights, self._picture = opened, weights, picture

    def fill(self, menu: QMenu) -> None:
        """For the run that is selected now."""
        controller = self._controller
        log = controller.scene.chosen
        if log is None:
            menu.addAction("Select a run in the table first").setEnabled(False)
            return
        key, is_busy = log.key, controller.is_busy
        is_under_way = is_busy and log.state in ("waiting", "running", "paused")
        if log.state in ("paused", "stopped", "failed"):
            add_entry(menu, "Continue", partial(controller.go_on, key))
        else:
            add_entry(menu, "Pause", partial(controller.pause, key)).setEnabled(
                is_under_way and log.state != "paused"
            )
        add_entry(menu, "Stop", partial(controller.stop, key)).setEnabled(is_under_way)
        add_entry(menu, "Extend…", self.extend).setEnabled(log.state not in ("diverged", "failed"))
        menu.addSeparator()
        self._add_ways_to_inspect(menu, log)
        menu.addSeparator()
        add_entry(menu, "Export weights…", self.export_weights).setEnabled(self._weights.can_export(log))
        add_entry(menu, "Show the folder", self.show_folder)
        add_entry(menu, "Remove from the list", partial(controller.remove, key))

    def _add_ways_to_inspect(self, menu: QMenu, log: RunLog) -> None:
        hand = self._opened
        opened = partial(hand.open, picture=self._picture())
        is_live = self._controller.is_busy and log.state in ("running", "paused")
        title = "Open in Inspect, as it is now" if is_live else "Open in Inspect"
        can_open = hand.can_open(log)
        add_entry(menu, title, partial(opened, log)).setEnabled(can_open)
        twin = twin_of(self._controller.scene, log)
        words = (
            f"Open in Inspect, with {twin.title} as reference" if twin else "Open in Inspect, with its twin"
        )
        add_entry(menu, words, partial(opened, log, with_twin=True)).setEnabled(
            can_open and twin is not None and hand.can_open(twin)
        )
        epochs = menu.addMenu("Open in Inspect, after epoch")
        epochs.setEnabled(bool(log.states))
        for epoch in _chosen(log.states):
            add_entry(epochs, _epoch_words(epoch), partial(opened, log, epoch))
        if twin is not None:
            both = menu.addMenu(escaped(f"{words}, after epoch"))
            shared = log.states.keys() & twin.states.keys()
            both.setEnabled(bool(shared))
            for epoch in _chosen(shared):
                add_entry(both, _epoch_words(epoch), partial(opened, log, epoch, with_twin=True))

    def extend(self) -> None:
        """Ask by how many epochs."""
        log = self._controller.scene.chosen
        if log is None:
            return
        epochs, is_taken = QInputDialog.getInt(
            self._window, f"Extend {log.title}", "More epochs", min(log.length, 12), 1, MOST_EPOCHS
        )
        if is_taken:
            self._controller.extend(epochs, log.key)

    def export_weights(self) -> None:
        """As a file of their own."""
        self._weights.export(self._controller.scene.chosen)

    def show_folder(self) -> None:
        """In whatever shows folders here."""
        log, order = self._controller.scene.chosen, self._controller.order
        if log is None or order is None:
            return
        path = order.folder / log.key
        if not path.is_dir():
            self.failed.emit(Failure(f"{log.title} has no folder yet; wait until it has begun."))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            QGuiApplication.clipboard().setText(str(path))
            self.said.emit(f"The run is in {path}; the path was copied.")

    @Slot(int)
    def open_picture(self, index: int) -> None:
        """A test picture in the run whose pictures are shown."""
        if (log := run_of(self._controller.scene)) is not None:
            self._opened.open_picture(log, index)


def _chosen(epochs: Iterable[int]) -> list[int]:
    """Those that are listed, the first first; 0 is before training."""
    trained = sorted(epoch for epoch in epochs if epoch)
    step = -(-len(trained) // MOST_EPOCHS_LISTED)
    return [*(epoch for epoch in epochs if not epoch), *reversed(trained[::-1][:: step or 1])]


def _epoch_words(epoch: int) -> str:
    return str(epoch) if epoch else "0, before training"

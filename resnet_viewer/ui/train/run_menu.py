"""What can be done with the selected run, as a menu that is filled when it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui.train.open_in_inspect import twin_of

if TYPE_CHECKING:
    from resnet_viewer.ui.train.training import Training

MOST_EPOCHS_LISTED = 24
"""Kept epochs in the menu, beside the state before training; of more, evenly chosen ones and always the last."""


def fill_run_menu(menu: QMenu, training: Training) -> None:
    """For the run that is selected now."""
    menu.clear()
    for part in menu.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
        part.deleteLater()
    scene, controller = training.controller.scene, training.controller
    log = scene.chosen
    if log is None:
        menu.addAction("Select a run in the table first").setEnabled(False)
        return
    key, is_busy = log.key, controller.is_busy
    is_under_way = is_busy and log.state in ("waiting", "running", "paused")
    if log.state in ("paused", "stopped", "failed"):
        _add(menu, "Continue", partial(controller.go_on, key))
    else:
        _add(menu, "Pause", partial(controller.pause, key)).setEnabled(is_under_way and log.state != "paused")
    _add(menu, "Stop", partial(controller.stop, key)).setEnabled(is_under_way)
    _add(menu, "Extend…", training.extend_selected).setEnabled(log.state not in ("diverged", "failed"))
    menu.addSeparator()
    _add_opening(menu, training, log)
    menu.addSeparator()
    _add(menu, "Export weights…", training.export_weights).setEnabled(training.giving.can_give(log))
    _add(menu, "Show the folder", training.show_folder)
    _add(menu, "Remove from the list", partial(controller.remove, key))


def _add_opening(menu: QMenu, training: Training, log: RunLog) -> None:
    hand = training.handing_over
    opened = partial(hand.open, picture=training.page.pictures.grid.chosen)
    is_live = training.controller.is_busy and log.state in ("running", "paused")
    title = "Open in Inspect, as it is now" if is_live else "Open in Inspect"
    can_open = hand.can_open(log)
    _add(menu, title, partial(opened, log)).setEnabled(can_open)
    twin = twin_of(training.controller.scene, log)
    words = f"Open in Inspect, with {twin.title} as reference" if twin else "Open in Inspect, with its twin"
    _add(menu, words, partial(opened, log, with_twin=True)).setEnabled(
        can_open and twin is not None and hand.can_open(twin)
    )
    epochs = menu.addMenu("Open in Inspect, after epoch")
    epochs.setEnabled(bool(log.states))
    for epoch in _chosen(log.states):
        _add(epochs, _epoch_words(epoch), partial(opened, log, epoch))
    if twin is not None:
        both = menu.addMenu(f"{words}, after epoch".replace("&", "&&"))
        shared = log.states.keys() & twin.states.keys()
        both.setEnabled(bool(shared))
        for epoch in _chosen(shared):
            _add(both, _epoch_words(epoch), partial(opened, log, epoch, with_twin=True))


def _chosen(epochs: Iterable[int]) -> list[int]:
    """Those that are listed, the first first; 0 is before training."""
    trained = sorted(epoch for epoch in epochs if epoch)
    step = -(-len(trained) // MOST_EPOCHS_LISTED)
    return [*(epoch for epoch in epochs if not epoch), *reversed(trained[::-1][:: step or 1])]


def _epoch_words(epoch: int) -> str:
    return str(epoch) if epoch else "0, before training"


def _add(menu: QMenu, text: str, act: Callable[[], object]) -> QAction:
    action = menu.addAction(text.replace("&", "&&"))
    action.triggered.connect(lambda _checked=False: act())
    return action

"""Runs of a lab with few invented test pictures, for the panels of the Train tab."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.lab import Advanced, DataRead, EpochEnded
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import EpochReport, GradientRecord, RunSpec, StepReport

STEPS = 4
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
PREDICTED = np.array([0, 2, 2, 0, 1, 0, 0, 2, 2, 0])
"""Numbers 1 and 7 are true 1, predicted 2; number 5 is true 2, predicted 0."""
NAMES = ("cat & dog", "<b>bird</b>", "frog")


def data_of(side: int = 8, channels: int = 1, *, names: tuple[str, ...] = NAMES) -> DataRead:
    """Each picture has its number as value, and a white pixel at the top right."""
    pictures = np.zeros((len(LABELS), channels, side, side), np.uint8)
    pictures += np.arange(len(LABELS), dtype=np.uint8)[:, None, None, None] * 10
    pictures[:, :, 0, -1] = 255
    return DataRead(40, pictures, LABELS, names)


def log_of(
    name: str, *train_errors: float, predicted: np.ndarray | None = PREDICTED, test: float = 30.0
) -> RunLog:
    """A run with these epochs behind it, and one gradient record in each."""
    network = replace(spec(name), classes=3, channels=1, input_size=8)
    log = RunLog(name, RunSpec(network, "digits", 3), STEPS)
    for epoch, error in enumerate(train_errors):
        steps = tuple(StepReport(epoch, i, STEPS, 1.0, error, None, 1.0, error, 0.1) for i in range(STEPS))
        record = GradientRecord(epoch * STEPS, (0.01, 0.1, 1.0), (0.1, 0.1, 0.1))
        log.take(Advanced(name, steps, (record,), 100.0))
        assert predicted is not None
        log.take(EpochEnded(name, EpochReport(epoch, 0.1, 1.0, error, test, 1.0), predicted, None))
    log.state = "done" if len(train_errors) == 3 else "running"
    return log


def lab_scene(*logs: RunLog, data: DataRead | None = None, selected: str = "", version: int = 1) -> LabScene:
    """What the panels get."""
    return LabScene(logs, version, data or data_of(), "digits", selected)


def move_pointer(widget: QWidget, position: QPoint) -> None:
    """As a mouse does that is moved there with no button down."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(position),
        QPointF(widget.mapToGlobal(position)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)

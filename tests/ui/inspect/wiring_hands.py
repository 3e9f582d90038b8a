"""Hands for the wiring panel: what a pointer does to it, and scenes to show in it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.wiring_layout import Part
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel

LEFT = Qt.MouseButton.LeftButton


def selecting(scene: Scene, layer: str) -> Scene:
    return replace(scene, session=scene.session.with_view(replace(scene.session.view, layer=layer)))


def wired(scene: Scene, wiring: Wiring) -> Scene:
    return replace(scene, session=scene.session.with_setup(scene.session.setup.with_wiring(wiring)))


def arc(block: int, name: str) -> Part:
    return Part("arc", name, block)


def send(panel: WiringPanel, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: bool) -> None:
    viewport = panel.view.viewport()
    buttons = button if held else Qt.MouseButton.NoButton
    event = QMouseEvent(
        kind,
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        button if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)


def drag(panel: WiringPanel, path: list[QPoint], button: Qt.MouseButton = LEFT) -> None:
    send(panel, QEvent.Type.MouseButtonPress, path[0], button, True)
    for at in path[1:]:
        send(panel, QEvent.Type.MouseMove, at, button, True)


def release(panel: WiringPanel, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
    send(panel, QEvent.Type.MouseButtonRelease, at, button, False)


def click(qtbot: QtBot, panel: WiringPanel, part: Part) -> None:
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=panel.view.view_point(part))


def wheel(panel: WiringPanel, at: QPoint, delta: int) -> None:
    viewport = panel.view.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def ranges(panel: WiringPanel) -> tuple[list[float], list[float]]:
    return panel.view.strip_box.viewRange()[0], panel.view.plot_box.viewRange()[0]

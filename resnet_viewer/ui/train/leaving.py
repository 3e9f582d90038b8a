"""The question at closing, while runs train."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from resnet_viewer.ui import dialogs
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.controller import TrainController


def may_close(controller: TrainController, settings: Settings, window: QWidget) -> bool:
    """Nothing trains, or the user wants to close all the same; who does not want to be asked again is not."""
    logs = controller.scene.logs
    count = sum(log.state == "running" and not log.awaits_errors for log in logs) if controller.is_busy else 0
    if not count or not settings.asks_to_close():
        return True
    is_taken, is_asked_again = dialogs.MayClose.ask(leaving_words(count), window)
    if is_taken and not is_asked_again:
        settings.set_asks_to_close(False)
    return is_taken


def leaving_words(count: int) -> str:
    """What closing does to runs at work."""
    if count == 1:
        return "1 run is training. It is saved where it is, and Resume goes on with it."
    return f"{count} runs are training. They are saved where they are, and Resume goes on with them."

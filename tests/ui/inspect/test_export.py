from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.inspect.export import SceneExport
from resnet_viewer.ui.settings import Settings


@pytest.mark.parametrize(
    ("picture", "stem"),
    [
        ("my cat/1.jpg", "1_gradient_norms"),
        ("Ä b?.png", "Ä_b_gradient_norms"),
        ("one two-three four " * 4 + ".png", "_".join(["one_two-three_four"] * 3) + "_one_gradient_norms"),
        ("x" * 99 + ".png", "x" * 60 + "_gradient_norms"),
        ("", "picture_gradient_norms"),
    ],
)
def test_the_suggested_name_says_what_it_is_of(qtbot: QtBot, picture: str, stem: str) -> None:
    now = SimpleNamespace(picture=SimpleNamespace(name=picture))
    controller: Any = SimpleNamespace(scene=SimpleNamespace(now=now))
    window = QWidget()
    qtbot.addWidget(window)
    files: Any = None
    exports = SceneExport(controller, Outbox(files), Settings(None), window)
    assert exports.stem(FigureChoice()) == stem

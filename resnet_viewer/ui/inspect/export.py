"""The export of Inspect's figures: what the scene shows, and networks as columns."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QWidget

from resnet_viewer.records.figure_list import ARCHITECTURE_COLUMNS, FigureChoice, FigureName, figure_of
from resnet_viewer.records.filters import weights_question
from resnet_viewer.records.requests import NO_CHANNEL, NO_FILTERS, NOT_MEASURED
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.figure_export import FigureExport, Outbox
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.settings import Settings

NOT_YET = "There is no full reading to export yet; open a picture and wait until it is computed."


_LETTERS = 60
"""Of a suggested name, at most."""


def _file_name(text: str) -> str:
    """With letters and digits alone; what is too long ends behind a whole word, where there are words."""
    words = re.split(r"[^\w-]+", text)
    name = "_".join(filter(None, words))
    if len(name) <= _LETTERS:
        return name
    return re.sub(r"(?<=\w)[_-][^_-]*$", "", name[: _LETTERS + 1])[:_LETTERS]


class SceneExport(FigureExport):
    """Unless others were named, the network on the screen is the first column."""

    def __init__(self, controller: Controller, outbox: Outbox, settings: Settings, window: QWidget) -> None:
        super().__init__(FigureChoice(), outbox, settings, window)
        self._controller = controller

    def refusal(self, figure: FigureName) -> str:
        scene = self._controller.scene
        needs = figure_of(figure).needs
        if needs == "measured":
            return "" if scene.measured is not None else NOT_MEASURED
        has_reading = scene.now is not None and scene.now.is_complete
        if needs != "nothing" and not has_reading:
            return NOT_YET
        if (
            figure == "filters"
            and weights_question(scene.blueprint, scene.session.view.layer) not in scene.findings
        ):
            return NO_FILTERS
        return NO_CHANNEL if figure == "channel" and scene.session.view.channel is None else ""

    def source(self, figure: FigureName) -> Scene:
        return self._controller.scene

    def stem(self, choice: FigureChoice) -> str:
        """It says what it is of: "cat_gradient_norms"."""
        now = self._controller.scene.now
        about = choice.columns if now is None or choice.figure == "architecture" else now.picture.name
        if figure_of(choice.figure).needs == "measured":
            setup = self._controller.scene.session.setup
            about = setup.state.network.name
        return f"{_file_name(Path(about).stem) or 'picture'}_{choice.figure}"

    def starting_from(self, figure: FigureName) -> FigureChoice:
        start = super().starting_from(figure)
        return replace(start, columns=start.columns or self._usual_columns())

    def kept(self, choice: FigureChoice) -> FigureChoice:
        return replace(choice, columns="" if choice.columns == self._usual_columns() else choice.columns)

    def _usual_columns(self) -> str:
        network = self._controller.scene.session.setup.state.network.name
        others = [name for name in ARCHITECTURE_COLUMNS.split(", ") if name != network]
        return ", ".join((network, *others))

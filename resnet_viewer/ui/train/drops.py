"""What is dropped or pasted on the Train tab: data for the next start, earlier runs, or a recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Signal

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.run_plan import plan_with
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.train.bar import data_words
from resnet_viewer.ui.train.recipe_dialog import recipe_text
from resnet_viewer.ui.work.worker import Failure

if TYPE_CHECKING:
    from resnet_viewer.ui.train.training import Training

WELCOME = "a folder of pictures by class, a folder of runs, or a recipe"


class Arriving(QObject):
    """Looks at names and small files only; whatever is none of these is one sentence."""

    failed = Signal(object)
    said = Signal(str)

    def __init__(self, training: Training) -> None:
        super().__init__(training)
        self._training = training

    def take_mime(self, mime: QMimeData) -> None:
        """Whatever was dropped or pasted; of several things the first."""
        found = sort_incoming(mime)
        paths = [*found.pictures, *([found.weights] if found.weights is not None else [])]
        if not paths:
            self._refuse(f"That cannot be trained on; drop or paste {WELCOME}.")
            return
        self.take(paths[0])

    def take(self, path: Path) -> None:
        """A folder or a file."""
        try:
            if path.is_dir():
                self._take_folder(path)
            elif path.suffix.lower() == ".json":
                self._take_recipe(path)
            else:
                self._refuse(
                    f"{path.name} is nothing to train with: give {WELCOME}; pictures and weights are opened in Inspect."
                )
        except UserError as refusal:
            self._refuse(str(refusal))

    def take_data(self, folder: Path) -> None:
        """Train on the pictures of a folder from the next start on, unless they cannot be trained on."""
        training = self._training
        plan = replace(training.plan, data=str(folder))
        if sentence := training.refusal(plan):
            self._refuse(sentence)
            return
        training.set_plan(plan)
        self.said.emit(f"The next start trains on {data_words(plan.data)}.")

    def _take_folder(self, folder: Path) -> None:
        if self._training.ways.has_runs(folder):
            self._training.open_runs(folder)
        else:
            self.take_data(folder)

    def _take_recipe(self, path: Path) -> None:
        training = self._training
        plan = plan_with(training.plan, recipe_text(path))
        if sentence := training.refusal(plan):
            self._refuse(sentence)
            return
        training.set_plan(plan)
        training.saved.save(plan.course)
        self.said.emit(f"The next start follows {path.name}.")

    def _refuse(self, sentence: str) -> None:
        self.failed.emit(Failure(sentence))

"""What is dropped or pasted on the Train tab: data for the next start, earlier runs, or a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.run_plan import RunPlan, plan_with
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.train.bar import data_words
from resnet_viewer.ui.train.plan import Plan
from resnet_viewer.ui.train.recipe_dialog import recipe_text
from resnet_viewer.ui.work.worker import Failure

WELCOME = "a folder of pictures by class, a folder of runs, or a recipe"


class Drops(QObject):
    """Looks at names and small files only; whatever is none of these is one sentence."""

    failed = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        plan: Plan,
        has_runs: Callable[[Path], bool],
        open_runs: Callable[[Path], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._plan, self._has_runs, self._open_runs = plan, has_runs, open_runs

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
            if path.is_dir() and self._has_runs(path):
                self._open_runs(path)
            elif path.is_dir():
                self.take_data(path)
            elif path.suffix.lower() == ".json":
                plan = plan_with(self._plan.present, recipe_text(path))
                if self._takes(plan, f"The next start follows {path.name}."):
                    self._plan.saved.save(plan.course)
            else:
                self._refuse(
                    f"{path.name} is nothing to train with: give {WELCOME}; pictures and weights are opened in Inspect."
                )
        except UserError as refusal:
            self._refuse(str(refusal))

    def take_data(self, folder: Path) -> None:
        """Train on the pictures of a folder from the next start on, unless they cannot be trained on."""
        plan = replace(self._plan.present, data=str(folder))
        self._takes(plan, f"The next start trains on {data_words(plan.data)}.")

    def _takes(self, plan: RunPlan, sentence: str) -> bool:
        if refusal := self._plan.refusal(plan):
            self._refuse(refusal)
            return False
        self._plan.choose(plan)
        self.said.emit(sentence)
        return True

    def _refuse(self, sentence: str) -> None:
        self.failed.emit(Failure(sentence))

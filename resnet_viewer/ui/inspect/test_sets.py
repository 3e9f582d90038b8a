"""Which pictures the error is measured on: what the menu offers, what is remembered, and fetching CIFAR-10's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viewer.charts.error_meter import set_name
from resnet_viewer.records.requests import FetchData
from resnet_viewer.records.session import Session
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.menus import add_choice, add_entry, add_head
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.work.asking import Askers

SAMPLES: tuple[int | None, ...] = (100, 300, 1000, None)
_RUN_FILE = "run.json"
"""In the folder of every training run."""
_CIFAR10 = "cifar10"


class TestSets(QObject):
    """Every choice is an edit of the session; the last one is remembered for the next start."""

    __test__ = False  # no test
    failed = Signal(object)
    fetch_began = Signal(str)
    """What is fetched, in words."""
    progressed = Signal(object)

    def __init__(
        self,
        store: Store,
        editor: Editor,
        downloads: Askers,
        settings: Settings,
        window: QWidget,
        cost: Callable[[str], str],
        parent: QObject | None = None,
    ) -> None:
        """`cost` says what it costs to have a named data set: "download 170 MB", "" where it is here."""
        super().__init__(parent)
        self._store, self._editor, self._downloads = store, editor, downloads
        self._settings, self._window, self._cost = settings, window, cost
        self._last = store.session.test_set or TestSet()
        """The one that was chosen last; how many pictures and which draw are kept for the next."""
        store.changed.connect(self._remember)

    @property
    def present(self) -> TestSet | None:
        """The one that is measured on."""
        return self._store.session.test_set

    def choose(self, test_set: TestSet | None) -> None:
        """Measure on this one, or on none."""
        self._editor.set_test_set(test_set)

    def take_folder(self, folder: Path) -> None:
        """Measure on a folder of pictures, by class or not."""
        self.choose(replace(self._last, kind="folder", folder=folder))

    def ask_folder(self) -> None:
        """Ask which folder."""
        start = str(self._last.folder or "") if self._last.kind == "folder" else ""
        found = QFileDialog.getExistingDirectory(
            self._window, "Test set: a folder of pictures, or of one subfolder for each class", start
        )
        if found:
            self.take_folder(Path(found))

    def draw_again(self) -> None:
        """As many other pictures."""
        if (present := self.present) is not None:
            self.choose(replace(present, seed=present.seed + 1))

    def fetch(self) -> None:
        """CIFAR-10's pictures, which are measured on once they are here."""
        self._downloads.ask(FetchData(_CIFAR10), self._take_fetched, self.failed, progressed=self.progressed)
        self.fetch_began.emit("Downloading CIFAR-10")

    @Slot(object)
    def _take_fetched(self, _request: FetchData) -> None:
        self.choose(replace(self._last, kind="cifar10", folder=None))

    @property
    def run_folder(self) -> Path | None:
        """Of the training run whose weights are on the screen."""
        weights = self._store.session.setup.state.network.weights
        if weights.source != "file":
            return None
        path = Path(weights.name)
        found = (folder for folder in (path.parent, path.parent.parent) if (folder / _RUN_FILE).is_file())
        return next(found, None)

    def fill(self, menu: QMenu) -> None:
        """Everything that there is to choose."""
        menu.setToolTipsVisible(True)
        add_head(menu, "Measure the error on")
        group, present = QActionGroup(menu), self.present
        for wished in self._offered():
            is_chosen = present is not None and (present.kind, present.folder) == (wished.kind, wished.folder)
            title = set_name(wished)
            action = add_choice(
                menu, group, f"{title[:1].upper()}{title[1:]}", is_chosen, partial(self.choose, wished)
            )
            if wished.folder is not None:
                action.setToolTip(tooltip_text(str(wished.folder)))
            elif wished.kind == "crops":
                action.setToolTip("No true classes: how many get another class than in the reference")
        if cost := self._cost(_CIFAR10):
            size = cost.removeprefix("download ")
            add_entry(menu, f"Get CIFAR-10's test pictures ({size})", self.fetch)
        add_entry(menu, "A folder of pictures…", self.ask_folder)
        menu.addSeparator()
        samples = QActionGroup(menu)
        for sample in SAMPLES:
            words = "All pictures" if sample is None else f"{thousands(sample)} pictures, drawn at random"
            is_chosen = present is not None and present.sample == sample
            wanted = replace(present or self._last, sample=sample)
            add_choice(menu, samples, words, is_chosen, partial(self.choose, wanted))
        if present is not None and present.sample is not None:
            add_entry(menu, f"Draw again (seed {present.seed + 1})", self.draw_again)
        menu.addSeparator()
        off = add_choice(menu, group, "No test set", present is None, partial(self.choose, None))
        off.setToolTip("Nothing is measured beside the picture")

    def _offered(self) -> list[TestSet]:
        """What is here: of folders the one that was chosen last."""
        last = self._last
        offered = [replace(last, kind="crops", folder=None), replace(last, kind="digits", folder=None)]
        if not self._cost(_CIFAR10):
            offered.append(replace(last, kind="cifar10", folder=None))
        if (run := self.run_folder) is not None:
            offered.append(replace(last, kind="run", folder=run))
        if last.folder is not None and (last.kind, last.folder) != ("run", run):
            offered.append(last)
        return offered

    @Slot(object, object)
    def _remember(self, old: Session, new: Session) -> None:
        if old.test_set == new.test_set:
            return
        self._settings.set_test_set(new.test_set)
        if new.test_set is not None:
            self._last = new.test_set

"""What is on the Inspect page, in sentences made from its numbers, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from resnet_viewer.records.insight import insights
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.readings import last_full, placeholder
from resnet_viewer.ui.widgets.story import Paragraph, StoryCard

_FIRST = {
    "open a picture": "Open a picture: what the network sees in it is said here in words.",
    "computing…": "What the numbers of the first reading show is said here in a moment.",
    "starting…": "What the numbers of the first reading show is said here in a moment.",
}


class InsightPanel(StoryCard):
    """The text beside the predictions. While a newer reading is on its way, what was said of the last one stays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._catalog: tuple[CatalogEntry, ...] = ()
        self._scene: Scene | None = None
        """Of which it tells."""

    def offer(self, catalog: Sequence[CatalogEntry]) -> None:
        """What can be opened and fetched."""
        self._catalog = tuple(catalog)

    def render_scene(self, scene: Scene) -> None:
        """Say what the scene shows, once its reading is full."""
        shown = None if self._scene is None else self._scene.now
        is_whole = scene.now is not None and scene.now.is_complete and not scene.is_stale
        if is_whole:
            if self._scene is None or not _tells_the_same(self._scene, scene):
                self.tell(
                    [
                        Paragraph(
                            told.words,
                            told.strong,
                            tuple((step.words, step.act) for step in told.steps),
                            tuple(step.brief for step in told.steps),
                        )
                        for told in insights(scene, self._catalog)
                    ]
                )
            if scene.now is not shown:  # what happened stands first
                self.text.verticalScrollBar().setValue(0)
            self._scene = scene
        elif last_full(shown, None, scene) is None:
            self._scene = None
            self.tell([Paragraph(_FIRST[placeholder(scene)])])
        self.set_updating(not is_whole and self._scene is not None)


def _tells_the_same(old: Scene, new: Scene) -> bool:
    """Whether two scenes have the same numbers; how they are looked at matters for the Grad-CAM alone."""
    question = new.session.measure_question()
    return (
        old.now is new.now
        and old.reference is new.reference
        and old.seen is new.seen
        and old.session.view.cam_block == new.session.view.cam_block
        and old.session.measure_question() == question
        and old.findings.get(question) is new.findings.get(question)
    )

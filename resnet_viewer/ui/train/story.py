"""What the runs show, in sentences made from their numbers."""

from __future__ import annotations

from math import isnan

from PySide6.QtWidgets import QWidget

from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story import READING, story
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.ui.widgets.story import Paragraph, StoryCard


def story_run(log: RunLog) -> StoryRun:
    """What a story takes from a run as it is now."""
    return StoryRun(
        log.title,
        log.run,
        log.state,
        max(1, log.steps_per_epoch),
        epochs=tuple(log.epochs),
        sentence=log.sentence,
        final_train_error=None
        if log.ended is None or isnan(log.ended.train_error)
        else log.ended.train_error,
        errors=log.errors,
        record_times=log.record_times,
        norms=log.norms,
        is_read=log.is_read,
    )


def story_of(scene: LabScene) -> tuple[str, ...]:
    """The paragraphs about a scene's runs."""
    pictures = 0 if scene.data is None else scene.data.count
    runs = [story_run(log) for log in scene.logs]
    return (READING,) if scene.is_being_read else story(runs, scene.time, pictures=pictures)


class StoryPanel(StoryCard):
    """The text beside the plots of training."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.render_lab(LabScene())

    def render_lab(self, scene: LabScene) -> None:
        """Say what the scene's runs show."""
        self.tell([Paragraph(words) for words in story_of(scene)])

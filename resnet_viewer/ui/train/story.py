"""What the runs show, in sentences made from their numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan

from PySide6.QtWidgets import QWidget

from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story import READING, story
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.ui.train.open_in_inspect import twin_of
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


@dataclass(frozen=True)
class StartTraining:
    """Press Start."""


@dataclass(frozen=True)
class OpenRun:
    """Open the run of that key in Inspect, its twin as the reference where it has one."""

    key: str
    with_twin: bool = False


Step = StartTraining | OpenRun


def next_step(scene: LabScene) -> tuple[str, Step] | None:
    """What can be done next, in words; None while runs are at work or being read."""
    if scene.is_being_read:
        return None
    if not scene.logs:
        return "Start training", StartTraining()
    log = scene.chosen
    if log is None or any(one.state != "done" for one in scene.logs):
        return None
    twin = twin_of(scene, log)
    beside = "" if twin is None else f", with {twin.title} as the reference"
    return f"Open {log.title} in Inspect{beside}", OpenRun(log.key, twin is not None)


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
        """Say what the scene's runs show, and after what it means for depth what can be done next."""
        told = [Paragraph(words) for words in story_of(scene)]
        if (step := next_step(scene)) is not None:
            place = min(1, len(told) - 1)
            told[place] = replace(told[place], links=(step,), briefs=(step[0].partition(",")[0],))
        self.tell(told)

"""What the runs show, in sentences made from their numbers: a text that is read, copied and never edited."""

from __future__ import annotations

from html import escape
from math import isnan

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story import READING, story
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.ui.widgets.card import Card


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


class StoryPanel(Card):
    """The text in a card; it stays where it was scrolled to, and changes only when its words do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What you see", parent)
        self._paragraphs: tuple[str, ...] = ()
        self._text = QTextBrowser()
        self._text.setObjectName("story")  # the style sheet knows it
        self._text.setOpenLinks(False)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.document().setDocumentMargin(0)
        self._text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text.setAccessibleName("What you see")
        self.body.addWidget(self._text, 1)
        self.render_lab(LabScene())

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What is said."""
        return self._paragraphs

    @property
    def view(self) -> QTextBrowser:
        """What shows the text."""
        return self._text

    def render_lab(self, scene: LabScene) -> None:
        """Say what the scene's runs show; nothing is touched while that is the same."""
        pictures = 0 if scene.data is None else scene.data.count
        runs = [story_run(log) for log in scene.logs]
        paragraphs = (READING,) if scene.is_being_read else story(runs, scene.time, pictures=pictures)
        if paragraphs == self._paragraphs:
            return
        self._paragraphs = paragraphs
        bar = self._text.verticalScrollBar()
        place = bar.value()
        body = "".join(f'<p style="margin: 0 0 10px 0">{escape(words)}</p>' for words in paragraphs)
        self._text.setHtml(body)
        bar.setValue(min(place, bar.maximum()))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

"""What is said over the pages: failures, remarks about a network, progress; each ends when what it is about is over."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from resnet_viewer.records.picture import Picture
from resnet_viewer.records.requests import OpenedNetwork
from resnet_viewer.ui.bars import Choice
from resnet_viewer.ui.work.worker import Failure

if TYPE_CHECKING:
    from resnet_viewer.ui.window import MainWindow


class Saying(QObject):
    """Leads what the parts of the window report to its message bar, its progress bar and its status bar."""

    def __init__(self, window: MainWindow, downloads: Mapping[str, str]) -> None:
        """`downloads` says for the name of a network how large its weights are, "45 MB"."""
        super().__init__(window)
        self._messages, self._progress, self._status = window.messages, window.progress, window.status
        self._opening, self._prompts = window.opening, window.prompts
        self._downloads = downloads
        window.controller.failed.connect(self._show_failed_probe)
        opening, exporting, training = window.opening, window.exporting, window.training
        opening.failed.connect(self._show_failed_opening)
        opening.opened.connect(self._end_failed_opening)
        opening.network_opened.connect(self.remark_network)
        opening.picture_opened.connect(self._remark_picture)
        opening.download_began.connect(self._progress.begin)
        opening.progressed.connect(self._progress.show_progress)
        opening.download_ended.connect(self._progress.hide)
        self._progress.cancelled.connect(opening.cancel_download)
        exporting.failed.connect(self._show_failed_export)
        exporting.began.connect(self._end_failed_export)
        exporting.said.connect(self._status.say)
        window.prompts.said.connect(self._status.say)
        training.failed.connect(self._show_failed_training)
        training.began.connect(self._end_failed_training)
        training.said.connect(self._status.say)
        training.remarked.connect(self._remark_data)
        training.reading_began.connect(self._progress.begin)
        training.counting_began.connect(self._progress.begin_counting)
        training.progressed.connect(self._progress.show_progress)
        training.reading_ended.connect(self._progress.hide)
        self._progress.cancelled.connect(training.cancel_reading)

    @Slot(object)
    def _show_failed_probe(self, failure: Failure) -> None:
        self._messages.show_failure(failure, "probing")

    @Slot(object)
    def _show_failed_opening(self, failure: Failure) -> None:
        self._messages.show_failure(failure, "opening")

    @Slot()
    def _end_failed_opening(self) -> None:
        self._messages.end("opening")

    @Slot(object)
    def _remark_picture(self, picture: Picture) -> None:
        if picture.remark:
            title = "Read it as 12 bits"
            act: Choice = (title, self._opening.read_with_twelve_bits)
            self._messages.show_remark(picture.remark, title, [act], topic="picture")
        else:
            self._messages.end("picture")

    @Slot(object)
    def _show_failed_export(self, failure: Failure) -> None:
        self._messages.show_failure(failure, "exporting")

    @Slot()
    def _end_failed_export(self) -> None:
        self._messages.end("exporting")

    @Slot(object)
    def _show_failed_training(self, failure: Failure) -> None:
        self._messages.show_failure(failure, "training")

    @Slot(str)
    def _remark_data(self, sentence: str) -> None:
        self._messages.show_remark(sentence, topic="data")

    @Slot()
    def _end_failed_training(self) -> None:
        self._messages.end("training")
        self._messages.end("data")

    @Slot(object)
    def remark_network(self, opened: OpenedNetwork) -> None:
        """What is worth saying about a network that has been opened, with what can be done about it."""
        about = opened.spec
        if not opened.sentence:
            self._messages.end("network")
        elif opened.others:
            choices: list[Choice] = [
                (f"Read it as {other.title}", partial(self._opening.choose_spec, other))
                for other in opened.others
            ]
            choices.append(("Change the input…", self._prompts.change_input))
            self._messages.show_remark(opened.sentence, "Change ▾", choices, about)
        elif opened.is_assumed:
            change = ("Input…", self._prompts.change_input)
            self._messages.show_remark(opened.sentence, "Input…", [change], about)
        elif opened.spec.weights.source == "none" and opened.spec.name in self._downloads:
            title = f"Download weights ({self._downloads[opened.spec.name]})"
            download = partial(self._opening.download, opened.spec.name)
            self._messages.show_remark(opened.sentence, title, [(title, download)], about)
        else:
            self._messages.show_remark(opened.sentence, network=about)

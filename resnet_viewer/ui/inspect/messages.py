"""What Inspect says over the pages: failures and remarks about networks and pictures; each ends when that is over."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Slot

from resnet_viewer.records.album import Album
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.requests import OpenedNetwork
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.bars import Choice, Messages
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.meter import Measuring
from resnet_viewer.ui.inspect.prompts import Prompts
from resnet_viewer.ui.inspect.test_sets import TestSets


class InspectMessages(QObject):
    """Leads what the parts of the page report to the message bar, the progress bar and the status bar."""

    def __init__(
        self,
        messages: Messages,
        controller: Controller,
        loader: Loader,
        outbox: Outbox,
        prompts: Prompts,
        downloads: Mapping[str, str],
        parent: QObject | None = None,
    ) -> None:
        """`downloads` says for the name of a network how large its weights are, "45 MB"."""
        super().__init__(parent)
        self._messages, status, progress = messages.bar, messages.status, messages.progress
        self._controller = controller
        self._progress = progress
        self._loader, self._prompts, self._downloads = loader, prompts, downloads
        fail = self._messages.show_failure
        controller.failed.connect(partial(fail, topic="probing"))
        loader.failed.connect(partial(fail, topic="loading"))
        loader.opened.connect(partial(self._messages.end, "loading"))
        loader.network_opened.connect(self.remark_network)
        loader.picture_opened.connect(self._remark_picture)
        loader.several_opened.connect(self._offer_together)
        loader.download_began.connect(progress.begin)
        loader.progressed.connect(progress.show_progress)
        loader.download_ended.connect(progress.hide)
        progress.cancelled.connect(loader.cancel_download)
        outbox.failed.connect(partial(fail, topic="exporting"))
        outbox.mended.connect(partial(self._messages.end, "exporting"))
        outbox.kept_open.connect(self._say_kept_open)
        self._outbox = outbox
        self._messages.dismissed.connect(self._forget)
        outbox.said.connect(status.say)
        loader.compared.connect(status.say)
        loader.said.connect(status.say)

    def follow_measuring(self, measuring: Measuring, test_sets: TestSets) -> None:
        """What is said about test sets, and how far the download of one is."""
        fail, progress = self._messages.show_failure, self._progress
        measuring.failed.connect(partial(fail, topic="measuring"))
        measuring.measured.connect(partial(self._messages.end, "measuring"))
        test_sets.failed.connect(partial(fail, topic="measuring"))
        test_sets.fetch_began.connect(progress.begin)
        test_sets.progressed.connect(progress.show_progress)

    def render_scene(self, scene: Scene) -> None:
        """What was said about another network, or about a reading that is there now, is over."""
        state = scene.session.setup.state
        self._messages.end_unless_about(state.network, state.preprocessing)
        if scene.now is not None and scene.now.is_complete and not scene.is_stale:
            self._messages.end("probing")

    @Slot(str)
    def _say_kept_open(self, sentence: str) -> None:
        act: Choice = ("Stay open", self._outbox.stay_open)
        words = f"{sentence} The window closes when that is done; close it again to give it up."
        self._messages.show_remark(words, act[0], [act], topic="exporting")

    @Slot(str)
    def _forget(self, topic: str) -> None:
        if topic == "exporting":
            self._outbox.forget_lost()

    @Slot(object)
    def _remark_picture(self, picture: Picture) -> None:
        if picture.remark and not self._controller.scene.session.setup.others:
            title = "Read it as 12 bits"
            act: Choice = (title, self._loader.read_with_twelve_bits)
            self._messages.show_remark(picture.remark, title, [act], topic="picture")
        else:
            self._messages.end("picture")

    @Slot(object)
    def _offer_together(self, album: Album) -> None:
        title = f"Look at all {len(album.paths)} together"
        act: Choice = (title, partial(self._loader.open_together, album.paths))
        words = f"{len(album.paths)} pictures were opened. This is the first; Page Down shows the next."
        self._messages.show_remark(words, title, [act], topic="picture")

    @Slot(object)
    def remark_network(self, opened: OpenedNetwork) -> None:
        """What is worth saying about a network that has been opened, with what can be done about it."""
        about = opened.spec
        if not opened.sentence:
            self._messages.end("network")
        elif opened.others:
            choices: list[Choice] = [
                (f"Read it as {other.title}", partial(self._loader.choose_spec, other))
                for other in opened.others
            ]
            choices.append(("Change the input…", self._prompts.change_input))
            self._messages.show_remark(opened.sentence, "Change ▾", choices, about)
        elif opened.is_assumed:
            change = ("Input…", self._prompts.change_input)
            self._messages.show_remark(opened.sentence, "Input…", [change], about)
        elif opened.spec.weights.source == "none" and opened.spec.name in self._downloads:
            title = f"Download weights ({self._downloads[opened.spec.name]})"
            download = partial(self._loader.download, opened.spec.name)
            self._messages.show_remark(opened.sentence, title, [(title, download)], about)
        else:
            self._messages.show_remark(opened.sentence, network=about)

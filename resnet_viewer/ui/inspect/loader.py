"""Loads pictures, networks and weight files: asks the files worker, edits the session with what it answers.

Whatever cannot be opened is one sentence, and what is on screen stays.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal, Slot

from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    ChooseNetwork,
    DownloadWeights,
    KeepChoices,
    OpenedNetwork,
    OpenedPicture,
    OpenNetwork,
    ReadPicture,
    StepPicture,
    TakePixels,
)
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure


class Loader(QObject):
    """Owns the album: the pictures that previous and next walk through."""

    failed = Signal(object)
    network_opened = Signal(object)
    """An OpenedNetwork is in the session; its sentence and its doubts are worth a remark."""
    picture_opened = Signal(object)
    """A Picture is in the session; how it was read may be worth a remark."""
    download_began = Signal(str)
    """What is fetched, in words."""
    progressed = Signal(object)
    download_ended = Signal()
    begun = Signal()
    """What the window starts with is there, or will not come."""
    compared = Signal(str)
    """A network is the reference now; what is to be said about that, in one sentence."""
    said = Signal(str)
    """Something to be said in passing."""
    opened = Signal()
    """A picture or a network is in the session: what was said about one that is not is over."""

    def __init__(
        self,
        store: Store,
        editor: Editor,
        files: Askers,
        downloads: Askers,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._editor = editor
        self._files = files
        self._downloads = downloads
        self._settings = settings
        self._album: tuple[Path, ...] = ()
        self._shown_path: Path | None = None
        self._first: Session | None = None
        """While the first network and picture are on their way, what is on the screen in their place."""
        self._wished_steps = 0
        """Through the folder of the first picture, taken as soon as that is there."""
        downloads.busy_changed.connect(self._note_download)

    def begin(self, request: Begin) -> None:
        """Ask for the first network and picture; what is done until they are there is done to them."""
        self._first = self._store.session
        self._files.ask(request, self._begin_with, self._begin_without)

    def open_paths(self, paths: tuple[Path, ...]) -> None:
        """Pictures or folders of pictures; the first is shown."""
        if paths:
            self._files.ask(ReadPicture(paths), self._show_picture, self.failed)

    def read_with_twelve_bits(self) -> None:
        """The picture on the screen once more, white at 4095."""
        if self._shown_path is not None:
            self._files.ask(
                ReadPicture((self._shown_path,), wants_twelve_bits=True, album=self._album),
                self._show_picture,
                self.failed,
            )

    def step_picture(self, step: int) -> None:
        """The next or previous picture of the album or the folder."""
        if self._shown_path is None:
            if self._first is not None:
                self._wished_steps += step
            elif self._store.session.setup.picture is None:
                self.failed.emit(Failure("There is no picture to go on from; open one first."))
            else:
                self.failed.emit(
                    Failure("A pasted picture has no folder to walk through; open a file first.")
                )
        else:
            self._files.ask(StepPicture(self._shown_path, step, self._album), self._show_picture, self.failed)

    def take_mime(self, mime: QMimeData) -> None:
        """Whatever was dropped or pasted."""
        found = sort_incoming(mime)
        if found.weights is not None:
            self.open_weights(found.weights)
        if found.pictures:
            self.open_paths(found.pictures)
        elif found.pixels is not None:
            self._files.ask(TakePixels(found.pixels), self._show_picture, self.failed)
        elif found.is_remote:
            self.failed.emit(
                Failure("That is only an address; copy or save the picture itself, then paste or open it.")
            )
        elif found.weights is None:
            self.failed.emit(Failure("There is no picture in that; copy a picture or its file."))

    def show_picture(self, picture: Picture) -> None:
        """A picture that is at hand."""
        self._show_picture(OpenedPicture(picture))

    @property
    def weights_path(self) -> Path | None:
        """The weight file of the network on the screen."""
        weights = self._store.session.setup.state.network.weights
        return Path(weights.name) if weights.source == "file" else None

    @property
    def reference_title(self) -> str:
        """The reference's network and weights."""
        network = self._store.session.reference.network
        return f"{network.title}, {network.weights.title}"

    def open_weights(self, path: Path) -> None:
        """A weight file, whichever network it is."""
        self._files.ask(OpenNetwork(path), self.show_network, self.failed)

    def compare(self, wished: Path | NetworkSpec) -> None:
        """A weight file, whichever network it is, or another network, or this one with other weights: the reference."""
        self._files.ask(OpenNetwork(wished), self._compare_with, self.failed)

    def choose_network(self, name: str) -> None:
        """A network of the catalog, with the best weights at hand."""
        self._files.ask(ChooseNetwork(name), self.show_network, self.failed)

    def choose_spec(self, spec: NetworkSpec) -> None:
        """Read the present weight file as another network, now and from now on."""
        self._files.ask(OpenNetwork(spec), self.show_network, self.failed)
        if spec.weights.digest:
            self._files.ask(KeepChoices(spec.weights.digest, network=spec.name), None, self.failed)

    def change_input(self, preprocessing: Preprocessing, class_names: tuple[str, ...]) -> None:
        """Prepare pictures in another way, and keep that for the weight file from now on."""
        self._editor.set_input(preprocessing, class_names)
        network = self._store.session.setup.state.network
        if network.weights.digest:
            self._files.ask(
                KeepChoices(network.weights.digest, preprocessing, class_names), None, self.failed
            )

    def download(self, name: str, spec: NetworkSpec | None = None, *, as_reference: bool = False) -> None:
        """torchvision's weights for that network, or those that `spec` names."""
        then = self._compare_with if as_reference else self.show_network
        self._downloads.ask(DownloadWeights(name, spec), then, self.failed, progressed=self.progressed)
        self.download_began.emit(f"Downloading weights for {name}")

    def cancel_download(self) -> None:
        """End it; nothing half-fetched is kept as whole."""
        self._downloads.stop()
        self.download_ended.emit()

    @Slot(bool)
    def _note_download(self, is_busy: bool) -> None:
        if not is_busy:
            self.download_ended.emit()

    @Slot(object)
    def _show_picture(self, opened: OpenedPicture) -> None:
        self.opened.emit()
        self._remember_picture(opened)
        self._editor.set_picture(opened.picture)
        self.picture_opened.emit(opened.picture)

    def _remember_picture(self, opened: OpenedPicture) -> None:
        self._album, self._shown_path = opened.album, opened.picture.path
        if opened.picture.path is not None:
            self._settings.add_recent("pictures", opened.picture.path)

    @Slot(object)
    def show_network(self, opened: OpenedNetwork) -> None:
        """A network that is at hand."""
        self.opened.emit()
        self._remember_weights(opened)
        self._editor.set_network(opened.state, opened.class_names)
        self.network_opened.emit(opened)

    @Slot(object)
    def _compare_with(self, opened: OpenedNetwork) -> None:
        self.opened.emit()
        self._remember_weights(opened)
        self._editor.compare_with(opened.state)
        self.compared.emit(f"{opened.spec.title} is the reference now. {opened.sentence}".strip())

    def _remember_weights(self, opened: OpenedNetwork) -> None:
        weights = opened.spec.weights
        if weights.source == "file":
            self._settings.add_recent("weights", Path(weights.name))

    @Slot(object)
    def _begin_without(self, failure: Failure) -> None:
        self._first, self._wished_steps = None, 0
        self.failed.emit(failure)
        self.begun.emit()

    @Slot(object)
    def _begin_with(self, begun: Begun) -> None:
        opened = begun.network
        picture = None
        if begun.picture is not None:
            picture = begun.picture.picture
            self._album, self._shown_path = begun.picture.album, picture.path
        session = Session.begun(Setup(opened.state, picture, class_names=opened.class_names))
        first, steps = self._first or self._store.session, self._wished_steps
        self._first, self._wished_steps = None, 0
        if not self._store.begin(first, session):
            lost = f"{opened.spec.title} has come in place of {first.setup.state.network.title}"
            self.said.emit(f"{lost}: what was cut or chosen meanwhile does not fit it.")
        self.network_opened.emit(opened)
        if picture is not None:
            self.picture_opened.emit(picture)
        if begun.refusals:
            self.failed.emit(Failure(" ".join(begun.refusals)))
        self.begun.emit()
        if steps and picture is not None:
            self.step_picture(steps)

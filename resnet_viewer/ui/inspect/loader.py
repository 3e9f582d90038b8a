"""Loads pictures, networks and weight files: asks the files worker, edits the session with what it answers.

Whatever cannot be opened is one sentence, and what is on screen stays.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal, Slot

from resnet_viewer.records.album import NO_ALBUM, Album
from resnet_viewer.records.batch import batch_problem, most_pictures
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    ChooseNetwork,
    DownloadWeights,
    FolderRead,
    KeepChoices,
    OpenedNetwork,
    OpenedPicture,
    OpenNetwork,
    OpenSetPicture,
    ReadBatch,
    ReadFolder,
    ReadPicture,
    StepPicture,
    TakePixels,
)
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.ui.incoming import sort_incoming
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure

log = logging.getLogger(__name__)


class Loader(QObject):
    """Owns the album: the pictures that previous and next walk through."""

    failed = Signal(object)
    network_opened = Signal(object)
    """An OpenedNetwork is in the session; its sentence and its doubts are worth a remark."""
    picture_opened = Signal(object)
    """A Picture is in the session; how it was read may be worth a remark."""
    several_opened = Signal(object)
    """The first picture of this Album is in the session; they might be looked at together."""
    album_changed = Signal()
    """`album` or the place of the picture on the screen in it is another."""
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
        *,
        in_passing: Askers,
    ) -> None:
        """`in_passing` are files of low priority."""
        super().__init__(parent)
        self._store = store
        self._editor = editor
        self._files = files
        self._downloads = downloads
        self._settings = settings
        self._in_passing = in_passing
        self._opened = NO_ALBUM
        """What was opened together; else the folder of the picture on the screen counts."""
        self._folder: FolderRead | None = None
        self._paths: dict[tuple[str, str], Path | None] = {}
        self._told: tuple[Album, tuple[Path | None, ...]] = NO_ALBUM, ()
        self._first: Session | None = None
        """While the first network and picture are on their way, what is on the screen in their place."""
        self._wished_steps = 0
        """Through the folder of the first picture, taken as soon as that is there."""
        downloads.busy_changed.connect(self._note_download)
        store.changed.connect(self._follow)

    @property
    def shown_path(self) -> Path | None:
        """Where the picture on the screen lies; None where it is pasted, or there is none."""
        picture = self._store.session.picture
        return None if picture is None else self._path_of(picture)

    @property
    def shown_paths(self) -> tuple[Path | None, ...]:
        """The same of every picture of a batch, the chosen one first."""
        paths = [self._path_of(picture) for picture in self._store.session.setup.batch]
        return (self.shown_path, *(path for path in paths if path != self.shown_path)) if paths else ()

    def _path_of(self, picture: Picture) -> Path | None:
        """Where it was opened last: two files of one name and one content are one picture."""
        return self._paths.get((picture.digest, picture.name), picture.path)

    @property
    def album(self) -> Album:
        """What previous and next walk through; empty where that is not known, or for a pasted picture."""
        path = self.shown_path
        if path is None:
            return NO_ALBUM
        if path in self._opened.places:
            return self._opened
        is_here = self._folder is not None and self._folder.folder == path.parent
        return self._folder.album if self._folder is not None and is_here else NO_ALBUM

    @property
    def place_words(self) -> str:
        """Of the picture on the screen: "3 of 12"; of a batch "picture 2 of 4"."""
        session = self._store.session
        if (count := len(session.setup.batch)) > 1:
            return f"picture {min(session.view.of_batch, count - 1) + 1} of {count}"
        return self.album.words_of(self.shown_path)

    def begin(self, request: Begin) -> None:
        """Ask for the first network and picture; what is done until they are there is done to them."""
        self._first = self._store.session
        self._files.ask(request, self._begin_with, self._begin_without)

    def open_paths(self, paths: tuple[Path, ...]) -> None:
        """Pictures or folders of pictures; the first is shown."""
        if paths:
            then = self._show_picture if len(paths) == 1 else self._show_first
            self._files.ask(ReadPicture(paths), then, self.failed)

    def read_with_twelve_bits(self) -> None:
        """The picture on the screen once more, white at 4095."""
        if (path := self.shown_path) is not None:
            request = ReadPicture((path,), wants_twelve_bits=True, album=self._opened)
            self._files.ask(request, self._show_picture, self.failed)

    def open_together(self, paths: tuple[Path, ...]) -> None:
        """Several pictures as a batch; a single one is opened alone."""
        session = self._store.session
        if len(paths) < 2:
            self.show_path(*paths[:1])
        elif problem := batch_problem(len(paths), self._blueprint):
            self.failed.emit(Failure(problem))
        else:
            at_hand = tuple(picture for picture in session.setup.batch if picture.path is not None)
            request = ReadBatch(paths, at_hand, self._opened)
            self._files.ask(request, self._show_picture, self.failed)

    @Slot(int)
    def refuse_together(self, count: int) -> None:
        """So many were chosen, which are too many."""
        self.failed.emit(Failure(batch_problem(count, self._blueprint)))

    def show_path(self, *paths: Path) -> None:
        """A picture of the album, which stays as it is."""
        if paths:
            self._files.ask(ReadPicture(paths, album=self._opened), self._show_picture, self.failed)

    @property
    def most_together(self) -> int:
        """So many pictures may be a batch for the network on the screen."""
        return most_pictures(self._blueprint)

    @property
    def _blueprint(self) -> Blueprint:
        state = self._store.session.setup.state
        return blueprint(state.network, state.preprocessing.crop)

    def step_picture(self, step: int) -> None:
        """The next or previous picture of the batch, the album or the folder."""
        session, path = self._store.session, self.shown_path
        if session.setup.others:
            self._editor.select_of_batch(min(session.view.of_batch, len(session.setup.others)) + step)
        elif path is None:
            if self._first is not None:
                self._wished_steps += step
            elif session.picture is None:
                self.failed.emit(Failure("There is no picture to go on from; open one first."))
            else:
                self.failed.emit(
                    Failure("A pasted picture has no folder to walk through; open a file first.")
                )
        else:
            self._files.ask(StepPicture(path, step, self._opened), self._show_picture, self.failed)

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

    def open_set_picture(self, test_set: TestSet, name: str) -> None:
        """A picture of a test set that has no file of its own."""
        self._files.ask(OpenSetPicture(test_set, name), self._show_picture, self.failed)

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

    def compare_network(self, name: str) -> None:
        """A network of the catalog, with the best weights at hand: the reference."""
        self._files.ask(ChooseNetwork(name), self._compare_with, self.failed)

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
        self._opened = opened.album
        for picture in (*opened.others[::-1], opened.picture):
            self._paths[picture.digest, picture.name] = picture.path
            if picture.path is not None:
                self._settings.add_recent("pictures", picture.path)
        self._editor.set_pictures(opened.picture, *opened.others)
        self._tell_album()
        self.picture_opened.emit(opened.picture)
        if opened.refusals:
            self.failed.emit(Failure(" ".join(opened.refusals)))

    @Slot(object)
    def _show_first(self, opened: OpenedPicture) -> None:
        self._show_picture(opened)
        if 1 < len(opened.album.paths) <= self.most_together:
            self.several_opened.emit(opened.album)

    @Slot(object, object)
    def _follow(self, old: Session, new: Session) -> None:
        if old.picture is not new.picture or old.setup.others != new.setup.others:
            self._tell_album()

    def _tell_album(self) -> None:
        """Look into the folder of the picture on the screen, where nothing else is walked through."""
        path = self.shown_path
        if path is not None and path not in self._opened.places:
            self._in_passing.ask(ReadFolder(path.parent), self._take_folder, self._lose_folder)
        self._tell_place()

    def _tell_place(self) -> None:
        before, self._told = self._told, (self.album, self.shown_paths)
        if before[0] is not self._told[0] or before[1] != self._told[1]:
            self.album_changed.emit()

    @Slot(object)
    def _take_folder(self, read: FolderRead) -> None:
        self._folder = read
        self._tell_place()

    @Slot(object)
    def _lose_folder(self, failure: Failure) -> None:
        """It cannot be read any more, as the next step through it says in a sentence."""
        log.info("no strip of pictures: %s", failure.sentence)

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
            self._opened = begun.picture.album
        begun_with = Session.begun(Setup(opened.state, picture, class_names=opened.class_names))
        session = replace(begun_with, test_set=self._store.session.test_set)
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

"""What is done before the first network and picture are there, and what walking through a folder asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.album import Album
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    FolderRead,
    OpenedNetwork,
    OpenedPicture,
    ReadFolder,
    StepPicture,
)
from resnet_viewer.records.session import Session
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.ui.inspect.editor import Editor
from resnet_viewer.ui.inspect.loader import Loader
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.work.asking import Askers
from resnet_viewer.ui.work.worker import Failure, Worker
from tests import fabricated

PLACED = replace(fabricated.picture(name="first.png"), path=Path("/p/first.png"))


class Held(Askers):
    """A worker that answers when the test says so."""

    def __init__(self) -> None:
        super().__init__(Worker(lambda: pytest.fail("nobody works here"), name="held"))
        self.asked: list[tuple[Any, Any, Any]] = []

    def ask(self, request: Any, then: Any, failed: Any, *, progressed: Any = None) -> int:
        self.asked.append((request, then, failed))
        return len(self.asked)

    def reply(self, answer: object) -> None:
        """To what was asked first."""
        then = self.asked.pop(0)[1]
        (then if callable(then) else then.emit)(answer)

    def refuse(self, sentence: str) -> None:
        """The same."""
        failed = self.asked.pop(0)[2]
        (failed if callable(failed) else failed.emit)(Failure(sentence))


class Starting:
    """A session before its first network and picture are there."""

    def __init__(self, folder: Path) -> None:
        self.files = Held()
        bundled = replace(spec("cifar-resnet-20"), weights=WeightsRef("bundled", "cifar-resnet-20"))
        self.store = Store(Session.begun(replace(fabricated.setup(bundled), picture=None, class_names=())))
        self.editor = Editor(self.store)
        self.in_passing = Held()
        self.loader = Loader(
            self.store, self.editor, self.files, Held(), Settings(folder), in_passing=self.in_passing
        )
        self.failures: list[Failure] = []
        self.said: list[str] = []
        self.loader.failed.connect(self.failures.append)
        self.loader.said.connect(self.said.append)
        self.loader.begin(Begin())

    def come(
        self, name: str = "cifar-resnet-20", strength: float = 1.0, picture: Picture | None = PLACED
    ) -> None:
        """The first network, of a file, and picture."""
        network: NetworkSpec = replace(spec(name), weights=WeightsRef("file", "/w/mine.pt", "ab" * 32))
        state = fabricated.setup(network).state
        opened = OpenedNetwork(network, state.preprocessing, ("cat", "dog"), shortcut_strength=strength)
        self.files.reply(Begun(opened, None if picture is None else OpenedPicture(picture)))


@pytest.fixture
def starting(qapp: QApplication, tmp_path: Path) -> Starting:
    return Starting(tmp_path)


def test_what_is_cut_while_it_starts_stays_cut_and_can_be_undone(starting: Starting) -> None:
    store, editor = starting.store, starting.editor
    editor.toggle_shortcut(5)
    editor.set_target(3)
    editor.set_reference()
    editor.previous_layer()
    layer = store.session.view.layer
    starting.come()
    session = store.session
    assert session.setup.state.network.weights.source == "file"
    assert session.setup.class_names == ("cat", "dog")
    assert (session.setup.wiring.cut, session.setup.target, session.view.layer) == ((5,), 3, layer)
    assert session.pinned == session.setup.state
    assert store.undo_label == "set as reference"
    for _ in range(3):
        store.undo()
    assert store.undo_label is None
    assert store.session.setup == replace(session.setup, state=session.reference, target=None).with_wiring(
        store.session.setup.wiring
    )
    assert store.session.setup.wiring.is_open
    store.redo()
    assert store.session.setup.wiring.cut == (5,)


def test_what_is_done_meanwhile_comes_on_top_of_what_the_weights_were_trained_with(
    starting: Starting,
) -> None:
    starting.editor.toggle_shortcut(5)
    starting.come(strength=0.5)
    assert starting.store.session.setup.wiring.shortcuts == tuple(
        0.0 if n == 5 else 0.5 for n in range(1, 10)
    )
    starting.store.undo()
    assert set(starting.store.session.setup.wiring.shortcuts) == {0.5}


def test_a_start_without_edits_leaves_nothing_to_undo(starting: Starting) -> None:
    starting.come()
    assert starting.store.undo_label is None
    assert starting.store.session.view.layer == "layer3.2"
    assert not starting.said


def test_edits_of_another_network_than_has_come_are_said_to_be_lost(starting: Starting) -> None:
    starting.editor.toggle_shortcut(5)
    starting.come("cifar-resnet-56")
    assert starting.store.session.setup.wiring.is_open
    assert starting.store.undo_label is None
    assert starting.said == [
        "ResNet-56 has come in place of ResNet-20: what was cut or chosen meanwhile does not fit it."
    ]


def test_pages_turned_while_it_starts_are_turned_when_the_picture_is_there(starting: Starting) -> None:
    starting.loader.step_picture(1)
    starting.loader.step_picture(1)
    assert not starting.failures
    starting.come()
    assert starting.files.asked[0][0] == StepPicture(Path("/p/first.png"), 2)


def test_without_a_picture_it_is_not_called_a_pasted_one(starting: Starting) -> None:
    starting.files.refuse("There is no network.")
    starting.loader.step_picture(1)
    assert starting.failures[-1].sentence == "There is no picture to go on from; open one first."


def test_a_pasted_picture_has_no_folder(starting: Starting) -> None:
    starting.come(picture=fabricated.picture())
    starting.loader.step_picture(1)
    assert "pasted picture has no folder" in starting.failures[-1].sentence


def folder_read(*names: str) -> FolderRead:
    return FolderRead(Path("/p"), Album(tuple(Path("/p") / name for name in names)))


def at(name: str) -> Picture:
    return replace(fabricated.picture(name=name), path=Path("/p") / name)


def test_a_picture_is_told_where_in_its_folder_it_is(starting: Starting) -> None:
    loader, changed = starting.loader, []
    loader.album_changed.connect(lambda: changed.append(loader.place_words))
    starting.come()
    assert starting.in_passing.asked[-1][0] == ReadFolder(Path("/p"))
    starting.in_passing.reply(folder_read("a.png", "first.png", "z.png"))
    assert changed == ["", "2 of 3"]
    loader.show_picture(at("z.png"))
    assert changed[-1] == "3 of 3"
    starting.store.undo()
    assert (changed[-1], loader.shown_path) == ("2 of 3", Path("/p/first.png"))
    loader.step_picture(1)
    assert starting.files.asked[-1][0] == StepPicture(Path("/p/first.png"), 1)
    loader.show_picture(fabricated.picture(name="pasted picture"))
    assert changed[-1] == ""


def test_pictures_that_were_opened_together_are_walked_through(starting: Starting) -> None:
    offered: list[Album] = []
    starting.loader.several_opened.connect(offered.append)
    starting.come()
    paths = Path("/p/x.png"), Path("/q/y.png")
    starting.loader.open_paths(paths)
    starting.files.reply(OpenedPicture(at("x.png"), Album(paths)))
    assert (starting.loader.place_words, offered) == ("1 of 2", [Album(paths)])
    starting.loader.step_picture(1)
    assert starting.files.asked[-1][0] == StepPicture(Path("/p/x.png"), 1, Album(paths))


def test_two_files_of_one_name_and_content_lie_where_they_were_opened_last(starting: Starting) -> None:
    starting.come()
    starting.loader.show_picture(replace(PLACED, path=Path("/q/first.png")))
    assert starting.loader.shown_path == Path("/q/first.png")


def test_a_batch_is_one_step_with_a_name_and_is_walked_through(starting: Starting) -> None:
    loader, store = starting.loader, starting.store
    starting.come()
    paths = tuple(Path("/p") / name for name in ("first.png", "b.png", "c.png"))
    loader.open_together(paths)
    asked = starting.files.asked[-1][0]
    assert (asked.paths, asked.at_hand) == (paths, (PLACED,))
    starting.files.reply(OpenedPicture(PLACED, others=(at("b.png"), at("c.png")), refusals=("d is none.",)))
    assert [picture.name for picture in store.session.setup.batch] == ["first.png", "b.png", "c.png"]
    assert (store.undo_label, loader.place_words) == ("open 3 pictures", "picture 1 of 3")
    assert starting.failures[-1].sentence == "d is none."
    loader.step_picture(-1)
    assert (store.session.view.of_batch, loader.place_words) == (2, "picture 3 of 3")
    assert loader.shown_path == Path("/p/c.png")
    loader.step_picture(1)
    assert store.session.view.of_batch == 0
    store.undo()
    assert store.session.setup.batch == (PLACED,)


def test_too_many_at_once_are_refused_before_anything_is_read(starting: Starting) -> None:
    starting.come()
    asked = len(starting.files.asked)
    starting.loader.open_together(tuple(Path(f"/p/{n}.png") for n in range(17)))
    assert len(starting.files.asked) == asked
    assert "at most 16" in starting.failures[-1].sentence

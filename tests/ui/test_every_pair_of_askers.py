"""Every feature beside every other one on the files worker: each gets its own answer or its own sentence.

A feature is asked as the window asks it. What becomes of it is written down as facts that only this feature brings
about. A request that the window learns to ask needs a row here.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QMimeData, QObject, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records import distribution, filters, requests, test_set
from resnet_viewer.records.distribution import MeasureActivations
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import FigureChoice
from resnet_viewer.records.filters import WeightsOf
from resnet_viewer.records.lab import Order
from resnet_viewer.records.question import Request
from resnet_viewer.records.requests import (
    Begin,
    Begun,
    ChooseNetwork,
    CopyFigure,
    DownloadWeights,
    FetchData,
    FindDevices,
    KeepChoices,
    KeepOrder,
    MakeThumbnails,
    OpenedNetwork,
    OpenedPicture,
    OpenNetwork,
    OpenSetPicture,
    PackReadings,
    Pair,
    ReadAlong,
    ReadBatch,
    ReadFolder,
    ReadOrder,
    ReadPicture,
    Rendered,
    StepPicture,
    StudyPictures,
    TakePixels,
    WriteAllRunFigures,
    WriteAnimation,
    WriteFigure,
    WriteLayers,
    WriteStudyFiles,
    WriteWeights,
    Written,
)
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session
from resnet_viewer.records.test_set import MeasureSet, TestSet
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.work.worker import Failure
from tests import fabricated
from tests.ui.windows import Desk, Files, inspect_page, train_page

RUNS = dict(runs_of(RunPlan(depths="20")))
KEY = "cifar-plain-20"
OTHER_WORKERS = {
    Pair,
    PackReadings,
    MeasureSet,
    MeasureActivations,
    WeightsOf,
    ReadAlong,
    WriteAnimation,
    DownloadWeights,
    FetchData,
}
"""What is asked of others than the files worker."""
IN_PASSING = {ReadFolder, MakeThumbnails}
"""What the files worker is asked with low priority: there a newer one takes the place of any older one of its kind."""


class Hold(Request):
    """Answered when the test lets it, so that what is asked meanwhile waits."""


class Scripted(Files):
    """Answers everything that is asked of files, or refuses where the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[int, str] = {}
        """Sentences by the identity of requests."""
        self.allowed = threading.Semaphore(0)

    def answer(self, request: object) -> Iterator[object]:
        if id(request) in self.refused:
            raise UserError(self.refused[id(request)])
        match request:
            case Hold():
                assert self.allowed.acquire(timeout=10)
            case Begin():
                network = OpenedNetwork(spec("cifar-resnet-32"), fabricated.setup().state.preprocessing, ())
                yield Begun(network, OpenedPicture(fabricated.picture(name="first.png")))
            case WriteFigure(path=path) | WriteLayers(path=path) | WriteWeights(path=path):
                yield Written(path)
            case WriteAllRunFigures(folder=folder) | WriteStudyFiles(folder=folder):
                yield Written(folder)
            case CopyFigure(source=source):
                yield Rendered(b"", b"", "The page." if isinstance(source, Scene) else "The runs.")
            case FindDevices():
                yield ("cuda:7", "cpu")
            case _:
                yield from super().answer(request)


class Facts(QObject):
    """Writes down what the window tells: answers by what only they bring, failures by where they are said."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.told: list[str] = []
        inspect, train = inspect_page(desk.window), train_page(desk.window)
        self._train = train
        inspect.loader.picture_opened.connect(self.note_picture)
        inspect.loader.network_opened.connect(self.note_network)
        inspect.loader.compared.connect(self.note_compared)
        inspect.loader.begun.connect(self.note_begun)
        inspect.outbox.said.connect(self.note_said)
        train.open_in_inspect.opened.connect(self.note_run)
        train.facts_changed.connect(self.note_device)
        inspect.loader.failed.connect(self.note_loader)
        inspect.outbox.failed.connect(self.note_export)
        train.failed.connect(self.note_training)

    @Slot(object)
    def note_picture(self, picture: object) -> None:
        if not str(picture.name).startswith("Digits"):  # type: ignore[attr-defined]
            self.told.append(f"picture {picture.name}")  # type: ignore[attr-defined]

    @Slot(object)
    def note_network(self, opened: OpenedNetwork) -> None:
        weights = opened.spec.weights
        self.told.append(f"network {weights.file_name if weights.source == 'file' else opened.spec.name}")

    @Slot(str)
    def note_compared(self, sentence: str) -> None:
        self.told.append(f"compared {sentence.split()[0]}")

    @Slot()
    def note_begun(self) -> None:
        self.told.append("begun")

    @Slot(str)
    def note_said(self, sentence: str) -> None:
        if not sentence.endswith("…"):
            self.told.append(sentence)

    @Slot()
    def note_run(self) -> None:
        self.told.append("run in Inspect")

    @Slot()
    def note_device(self) -> None:
        told = f"device {self._train._device}"
        if self._train._device and told not in self.told:
            self.told.append(told)

    @Slot(object)
    def note_loader(self, failure: Failure) -> None:
        self.told.append(f"loader: {failure.sentence}")

    @Slot(object)
    def note_export(self, failure: Failure) -> None:
        self.told.append(f"exporting: {failure.sentence}")

    @Slot(object)
    def note_training(self, failure: Failure) -> None:
        self.told.append(f"training: {failure.sentence}")


class Room:
    """A window that paints nothing and probes nothing, with runs that have ended."""

    def __init__(self, desk: Desk, files: Scripted, folder: Path) -> None:
        self.desk, self.files, self.folder = desk, files, folder
        inspect, self.training = inspect_page(desk.window), train_page(desk.window)
        self.loader, self.outbox, self.controller = inspect.loader, inspect.outbox, inspect.controller
        desk.settings.save = lambda: None  # type: ignore[method-assign]
        self.desk.store.changed.disconnect(self.controller._follow)
        self.controller.scene_changed.disconnect(inspect.render_scene)
        self.training.controller.scene_changed.disconnect(self.training._render)
        self.training.folders.new_folder = lambda _name: folder  # type: ignore[method-assign]
        self.facts = Facts(self.desk)
        self._asked: list[Request] = []  # kept, so that each has an identity of its own
        self._ask, self._order = self.desk.workers.files.ask, self.desk.lab.ask
        self.desk.workers.files.ask = self._note_asked  # type: ignore[method-assign]
        self.desk.lab.ask = self._note_order  # type: ignore[method-assign]
        (folder / KEY).mkdir()
        (folder / KEY / "weights.safetensors").touch()
        self._hold = Hold()
        self.show_runs()

    def _note_asked(self, ticket: int, request: object) -> None:
        assert isinstance(request, Request)
        self._asked.append(request)
        self._ask(ticket, request)

    def _note_order(self, ticket: int, order: object) -> None:
        assert isinstance(order, Order)
        self._order(ticket, order)
        self.desk.lab.is_busy = False  # it trains nothing
        if order.is_resumed:
            self.facts.told.append(f"order {order.folder.name}")

    def show_runs(self) -> None:
        """Runs that were trained for three epochs and stopped."""
        lab = self.desk.lab
        self._shown = Order(tuple(RUNS.items()), "digits", self.folder)
        self.training.controller.begin(self._shown, "Digits")
        lab.begin()
        lab.train(KEY, RUNS[KEY], 2, folder=self.folder)
        lab.end()

    @property
    def run(self) -> RunLog:
        """One of them."""
        return next(log for log in self.training.controller.scene.logs if log.key == KEY)

    def told(self, *wishes: tuple[Feature, bool]) -> Counter[str]:
        """What is told when these are asked while none is answered, each granted or refused."""
        placed = replace(fabricated.picture(name="placed.png"), path=Path("/pictures/placed.png"))
        setup = fabricated.setup(shown=placed)
        network = replace(setup.state.network, weights=WeightsRef("file", "/w/mine.pt", "ab" * 32))
        state = replace(setup.state, network=network)
        self.desk.store.begin(self.desk.store.session, Session(replace(setup, state=state)))
        self.training._knows_devices, self.training._device = False, ""
        if self.training.controller.order is not self._shown:
            self.show_runs()
        self.files.refused.clear()
        self.outbox.forget_lost()
        self._asked.clear()
        self._ask(10**9, self._hold)
        self.facts.told.clear()
        for number, (feature, is_granted) in enumerate(wishes):
            feature.ask(self)
            assert type(self._asked[-1]) is feature.request
            if not is_granted:
                self.files.refused[id(self._asked[-1])] = f"No {number}."
        self._settle()
        return Counter(self.facts.told)

    def _settle(self) -> None:
        loop = QEventLoop()
        self.desk.workers.files.busy_changed.connect(loop.quit)
        self.files.allowed.release()
        while self.desk.workers.files.is_busy:
            loop.exec()
        self.desk.workers.files.busy_changed.disconnect(loop.quit)


@dataclass(frozen=True)
class Feature:
    """One that asks the files worker. `answer` is told where it is granted; `place` says its failure."""

    name: str
    request: type[Request]
    ask: Callable[[Room], object]
    place: str
    answer: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    """What is told beside the sentence."""
    is_one_wish: bool = False
    """A newer one of this feature takes the place of an older one, also at work."""

    def told(self, number: int, *, is_granted: bool) -> Counter[str]:
        """What becomes of it."""
        return Counter(self.answer if is_granted else (f"{self.place}: No {number}.", *self.failure))

    def is_replaced_by(self, newer: Feature) -> bool:
        """Nobody waits for it any more."""
        return (self.request is newer.request and self.request.newest_only) or (
            self is newer and self.is_one_wish
        )


def paste(room: Room) -> None:
    mime = QMimeData()
    image = QImage(4, 3, QImage.Format.Format_RGB32)
    image.fill(0)
    mime.setImageData(image)
    room.loader.take_mime(mime)


def change_input(room: Room) -> None:
    state = room.desk.store.session.setup.state
    room.loader.change_input(replace(state.preprocessing, resize=40), ())


def start(room: Room) -> None:
    room.training.start()
    room.show_runs()


def figure(room: Room) -> None:
    room.outbox.save(WriteFigure(room.controller.scene, FigureChoice(), Path("/out/figure.svg")))


FEATURES = (
    Feature("open a picture", ReadPicture, lambda room: room.loader.open_paths((Path("read.png"),)), "loader",
            ("picture read.png",)),
    Feature("read it with twelve bits", ReadPicture, lambda room: room.loader.read_with_twelve_bits(), "loader",
            ("picture placed.png",)),
    Feature("open pictures together", ReadBatch,
            lambda room: room.loader.open_together((Path("one.png"), Path("two.png"))), "loader",
            ("picture one.png",)),
    Feature("next picture", StepPicture, lambda room: room.loader.step_picture(1), "loader",
            ("picture step+1.png",)),
    Feature("a picture of the test set", OpenSetPicture,
            lambda room: room.loader.open_set_picture(TestSet("digits"), "test picture 7"), "loader",
            ("picture test picture 7",)),
    Feature("paste", TakePixels, paste, "loader", ("picture pasted picture",)),
    Feature("choose a network", ChooseNetwork, lambda room: room.loader.choose_network("resnet18"), "loader",
            ("network resnet18",)),
    Feature("open weights", OpenNetwork, lambda room: room.loader.open_weights(Path("/w/opened.pt")), "loader",
            ("network opened.pt",)),
    Feature("compare weights", OpenNetwork,
            lambda room: room.loader.compare(Path("/w/cifar-resnet-20.pt")), "loader",
            ("compared ResNet-20",)),
    Feature("open a described network", OpenNetwork,
            lambda room: room.loader.choose_spec(spec("cifar-resnet-44")), "loader",
            ("network cifar-resnet-44",)),
    Feature("compare a described network", OpenNetwork,
            lambda room: room.loader.compare(spec("cifar-resnet-56")), "loader", ("compared ResNet-56",)),
    Feature("change the input", KeepChoices, change_input, "loader"),
    Feature("begin", Begin, lambda room: room.loader.begin(Begin()), "loader",
            ("network cifar-resnet-32", "picture first.png", "begun"), ("begun",)),
    Feature("export a figure", WriteFigure, figure, "exporting", ("Saved /out/figure.svg.",)),
    Feature("copy a figure", CopyFigure,
            lambda room: room.outbox.copy(room.controller.scene, FigureChoice()), "exporting",
            ("Copied the figure, as a picture and as SVG. The page.",)),
    Feature("export the table of layers", WriteLayers,
            lambda room: room.outbox.save(WriteLayers(room.controller.scene.blueprint, Path("/out/layers.csv"))),
            "exporting", ("Saved /out/layers.csv.",)),
    Feature("export a figure of runs", WriteFigure, lambda room: room.training.exports.export_as("curves", "svg"),
            "exporting", ("Saved /out/curves.svg.",)),
    Feature("copy a figure of runs", CopyFigure, lambda room: room.training.exports.copy("curves"), "exporting",
            ("Copied the figure, as a picture and as SVG. The runs.",)),
    Feature("export all figures of runs", WriteAllRunFigures, lambda room: room.training.exports.export_all(),
            "exporting", ("Saved /out/all.",)),
    Feature("export all files of a study", WriteStudyFiles,
            lambda room: room.outbox.save(WriteStudyFiles(StudyPictures(()), Path("/out/study"))), "exporting",
            ("Saved /out/study.",)),
    Feature("export weights of a run", WriteWeights, lambda room: room.training.weights.export(room.run), "exporting",
            (f"Saved /out/{KEY}-epoch-2.safetensors.",)),
    Feature("find devices", FindDevices, lambda room: room.training.enter(), "training", ("device cuda:7",)),
    Feature("start a training", KeepOrder, start, "training"),
    Feature("open runs", ReadOrder, lambda room: room.training.open_runs(Path("/r/runs-1")), "training",
            ("order runs-1",), is_one_wish=True),
    Feature("open a run in Inspect", OpenNetwork, lambda room: room.training.open_in_inspect.open(room.run),
            "loader", ("network epoch-2.safetensors", "run in Inspect"), is_one_wish=True),
)  # fmt: skip


@pytest.fixture
def room(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(
        dialogs.SaveAs, "ask", lambda _title, suggestion, _parent: Path("/out") / suggestion.name
    )
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "/out/all")
    desk = Desk(qtbot, qapp, tmp_path)
    files = desk.files = Scripted()
    try:
        yield Room(desk, files, tmp_path)
    finally:
        files.allowed.release(10)
        desk.close()


def test_every_request_of_the_files_worker_has_a_feature_here() -> None:
    asked = {
        found
        for module in (requests, test_set, filters, distribution)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Request)
    }
    assert asked - OTHER_WORKERS - IN_PASSING - {Request} == {feature.request for feature in FEATURES}


def test_each_feature_beside_each_gets_its_own_answer_or_its_own_sentence(room: Room) -> None:
    wrong = []
    for first, second in itertools.product(FEATURES, repeat=2):
        for granted in ((True, False), (False, True)):
            told = room.told((first, granted[0]), (second, granted[1]))
            wished = second.told(1, is_granted=granted[1])
            if not first.is_replaced_by(second):
                wished += first.told(0, is_granted=granted[0])
            if told != wished:
                wrong.append(f"{first.name} {granted[0]}, {second.name} {granted[1]}: {dict(told)}")
    assert not wrong, f"{len(wrong)} pairs were told otherwise:\n" + "\n".join(wrong[:40])


def test_downloads_that_wait_for_another_are_each_opened_or_compared(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, allowed = threading.Semaphore(0), threading.Semaphore(0)

    def answer(request: DownloadWeights) -> Iterator[OpenedNetwork]:
        begun.release()
        assert allowed.acquire(timeout=10)
        if request.name == "vgg16":
            raise UserError("No connection.")
        yield OpenedNetwork(spec(request.name), fabricated.setup().state.preprocessing, ())

    monkeypatch.setattr(room.desk.downloads, "answer", answer)
    room.loader.download("resnet18")
    assert begun.acquire(timeout=10)
    room.loader.download("resnet34", as_reference=True)
    room.loader.download("vgg16")
    room.loader.download("resnet50")
    allowed.release(4)
    room.desk.qtbot.waitUntil(lambda: not room.desk.workers.downloads.is_busy)
    told = ["network resnet18", "compared ResNet-34", "loader: No connection.", "network resnet50"]
    assert room.facts.told == told

"""A whole window for tests, around invented readings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.app import viewer_of
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.album import Album
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.lab import Order
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, CIFAR10_PREPROCESSING
from resnet_viewer.records.requests import (
    CatalogEntry,
    ChooseNetwork,
    DownloadWeights,
    FetchData,
    FolderRead,
    MakeThumbnails,
    OpenedNetwork,
    OpenedPicture,
    OpenNetwork,
    OpenSetPicture,
    ReadBatch,
    ReadFolder,
    ReadOrder,
    ReadPicture,
    StepPicture,
    TakePixels,
    Thumbnail,
)
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.session import Session
from resnet_viewer.records.study import KeptStudies, RemoveStudy, StudyResult
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.services.network_entries import entry_of, networks
from resnet_viewer.services.order_files import has_runs
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.appearance import Appearance
from resnet_viewer.ui.help import Facts
from resnet_viewer.ui.inspect.page import InspectPage
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.studies.page import StudiesPage
from resnet_viewer.ui.train.controller import Ways
from resnet_viewer.ui.train.page import TrainPage
from resnet_viewer.ui.window import MainWindow
from resnet_viewer.ui.work.worker import Worker, Workers
from tests import fabricated
from tests.ui.probing import Prober
from tests.ui.studies import workshop
from tests.ui.studies.workshop import Workshop
from tests.ui.train.laboratory import Laboratory

PAGES = "inspect", "train", "studies"
INSPECT, TRAIN, STUDIES = map(PAGES.index, PAGES)
"""The pages' places among the tabs."""
CATALOG = (
    CatalogEntry("cifar-resnet-20", "ResNet-20 · CIFAR-10", "CIFAR-10", is_bundled=True),
    CatalogEntry("resnet18", "ResNet-18 · ImageNet", "ImageNet", download="45 MB"),
)


SAMPLES = (Path("/samples/cat.jpg"), Path("/samples/horse.jpg"))
NETWORKS = replace(
    networks(),
    entries=lambda: tuple(
        entry_of(name)
        for name in ("cifar-resnet-20", "cifar-resnet-20-highway", "cifar-plain-20", "resnet18", "vgg16")
    ),
)


class Files:
    """Invents a picture for every name except those that begin with "bad"."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.in_folders: tuple[str, ...] = ()
        """Names of the pictures in every folder."""
        self.studies: dict[Path, StudyResult] = {}
        """What is kept, by its folder."""
        self.shortcut_strength = 1.0
        """What weight files tell."""

    def answer(self, request: object) -> Iterator[object]:
        self.asked.append(request)
        match request:
            case ReadPicture(paths=(path, *_)):
                if path.name.startswith("bad"):
                    raise UserError(f"{path.name} is no picture; open another file.")
                album = Album(request.paths) if len(request.paths) > 1 else request.album
                yield OpenedPicture(replace(fabricated.picture(name=path.name), path=path), album)
            case ReadBatch(paths=paths, album=album):
                first, *others = (replace(fabricated.picture(name=p.name), path=p) for p in paths)
                yield OpenedPicture(first, album, tuple(others))
            case ReadFolder(folder=folder):
                yield FolderRead(folder, Album(tuple(folder / name for name in self.in_folders)))
            case MakeThumbnails(paths=paths):
                for path in paths:
                    is_bad = path.name.startswith("bad")
                    pixels = None if is_bad else np.full((32, 48, 3), 200, np.uint8)
                    yield Thumbnail(path, pixels, f"{path.name} is no picture." if is_bad else "")
            case StepPicture(step=step):
                yield OpenedPicture(fabricated.picture(name=f"step{step:+d}.png"))
            case OpenSetPicture(name=name):
                yield OpenedPicture(fabricated.picture(name=name))
            case TakePixels(pixels=pixels, name=name):
                colours = pixels[..., :3] if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
                yield OpenedPicture(Picture.of(colours.copy(), name=name))
            case KeptStudies(folder=folder):
                if folder in self.studies:
                    yield self.studies[folder]
                else:
                    yield from (kept for known, kept in self.studies.items() if known.parent == folder)
            case RemoveStudy(folder=folder):
                del self.studies[folder]
                yield request
            case ReadOrder(folder=folder):
                if not folder.name.startswith("runs"):
                    raise UserError(f"{folder} holds no training runs; choose another.")
                yield Order(runs_of(RunPlan(depths="20")), "digits", folder, is_resumed=True)
            case ChooseNetwork(name=name):
                yield OpenedNetwork(
                    spec(name), CIFAR10_PREPROCESSING, CIFAR10_CLASSES, notes=(f"{name} is untrained.",)
                )
            case OpenNetwork(wished=NetworkSpec() as found):
                yield OpenedNetwork(found, CIFAR10_PREPROCESSING, (), notes=(f"{found.title} is untrained.",))
            case OpenNetwork(wished=Path() as path):
                ref = WeightsRef("file", str(path), "ab" * 32)
                name = "cifar-resnet-20" if "cifar-resnet-20" in str(path) else "cifar-plain-20"
                found = replace(spec(name), weights=ref)
                strength = self.shortcut_strength if found.has_shortcuts else 1.0
                yield OpenedNetwork(found, CIFAR10_PREPROCESSING, CIFAR10_CLASSES, shortcut_strength=strength)


class Downloads:
    """A download that ends only when it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def answer(self, request: object) -> Iterator[object]:
        assert isinstance(request, DownloadWeights | FetchData)
        try:
            for done in itertools.count(1):
                yield Progress(done, 10**9)
        finally:
            self.closed += 1


def inspect_page(window: MainWindow) -> InspectPage:
    """The window's first page."""
    page = window.pages[INSPECT]
    assert isinstance(page, InspectPage)
    return page


def train_page(window: MainWindow) -> TrainPage:
    """The window's second page."""
    page = window.pages[TRAIN]
    assert isinstance(page, TrainPage)
    return page


def studies_page(window: MainWindow) -> StudiesPage:
    """The window's third page."""
    page = window.pages[STUDIES]
    assert isinstance(page, StudiesPage)
    return page


class Desk:
    """The window with everything behind it; close it at the end of the test."""

    def __init__(self, qtbot: QtBot, application: QApplication, folder: Path) -> None:
        self.qtbot = qtbot
        self.prober, self.files, self.downloads = Prober(), Files(), Downloads()
        self.lab, self.workshop = Laboratory(), Workshop()
        self.settings = Settings(folder / "settings")
        self.settings.set_theme("dark")
        self.settings.set_asks_to_close(False)
        self.store = Store(Session(replace(fabricated.setup(), picture=None)))
        self.workers = Workers(
            Worker(lambda: self.prober, name="test-probing"),
            Worker(lambda: self.files, name="test-files"),
            Worker(lambda: self.downloads, name="test-downloads"),
            self.lab,
            self.workshop,
        )
        self.appearance = Appearance(application, self.settings)
        viewer = viewer_of(
            self.store,
            self.workers,
            self.appearance,
            self.settings,
            catalog=CATALOG,
            samples=SAMPLES,
            facts=Facts(lambda: "versions", folder / "log.txt"),
            networks=NETWORKS,
            ways=Ways(runs_of, lambda: folder / "runs", lambda name: "", has_runs, threads=1),
            studies=workshop.STUDIES,
        )
        self.window = viewer.window
        assert tuple(page.key for page in self.window.pages) == PAGES
        qtbot.addWidget(self.window)
        self.store.begin(self.store.session, Session(fabricated.setup()))
        self.wait_fresh()

    def wait_fresh(self) -> None:
        controller = inspect_page(self.window).controller
        self.qtbot.waitUntil(lambda: controller.scene.now is not None and not controller.scene.is_stale)
        self.qtbot.waitUntil(lambda: not self.workers.probing.is_busy)
        self.qtbot.waitUntil(lambda: inspect_page(self.window).turns.is_at_rest)

    def close(self) -> None:
        self.window.close()
        self.workers.close()


def rendered(desk: Desk) -> None:
    """Wait until the Train tab shows what its runs have reported."""
    controller = train_page(desk.window).controller
    desk.qtbot.waitUntil(lambda: not controller._timer.isActive())

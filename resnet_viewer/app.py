"""The composition root: builds store, workers and window, and ends them in order.

The order of events: arguments; the checks that would otherwise end in an abort (Qt's version, a display, the
system's libraries); the log; the window, from a network described without building it; the workers, which import torch
on their threads; the first network and picture, which come as one undoable-from-nothing start; `exec`; then edits are
refused, workers stop and are waited for, the processes that train and study with them, and the widgets go last.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resnet_viewer import paths
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import USUAL, BuildOptions
from resnet_viewer.standard_output import delivered
from resnet_viewer.system_libraries import libraries_problem
from resnet_viewer.verbs.arguments import (
    STATUSES,
    Parser,
    add_build_flags,
    add_network,
    build_options,
    own_input,
    path,
)

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from resnet_viewer.diagnostics import Diagnostics
    from resnet_viewer.records.network_entries import Networks
    from resnet_viewer.records.requests import CatalogEntry
    from resnet_viewer.records.session import Session
    from resnet_viewer.records.study import StudyInfo
    from resnet_viewer.ui.appearance import Appearance
    from resnet_viewer.ui.help import Facts
    from resnet_viewer.ui.inspect.page import InspectPage
    from resnet_viewer.ui.inspect.store import Store
    from resnet_viewer.ui.settings import Settings
    from resnet_viewer.ui.studies.page import StudiesPage
    from resnet_viewer.ui.train.controller import Ways
    from resnet_viewer.ui.train.page import TrainPage
    from resnet_viewer.ui.window import MainWindow
    from resnet_viewer.ui.work.worker import Workers

SUPPORTED_PYSIDE = ((6, 8, 3), (6, 11, 0))
"""From, and up to but not including: 6.11 breaks pyqtgraph's SVG export, 6.12 aborts on Python 3.10 and 3.11."""


def parser() -> argparse.ArgumentParser:
    """The window's arguments. A picture is a picture, whatever its name."""
    made = Parser(
        prog="resnet-viewer",
        description="See what residual connections do: open a picture, cut shortcuts, watch the gradients.",
        epilog="What --mean and --std, --resize, --crop and --classes say is kept for the weight file from then on. "
        "Without a window: resnet-viewer probe | evaluate | train | networks (each has --help). "
        f"{STATUSES}",
    )
    made.add_argument(
        "pictures", nargs="*", type=path, metavar="PICTURE", help="pictures or folders of pictures"
    )
    add_network(made)
    add_build_flags(made)
    made.add_argument("--version", action="store_true", help="print the version and leave")
    made.add_argument("--info", action="store_true", help="print versions, devices and folders and leave")
    made.add_argument(
        "--safe",
        action="store_true",
        help="start with default settings, once; what is remembered stays as it is",
    )
    made.add_argument("--reset", action="store_true", help="forget the window's settings and leave")
    made.add_argument(
        "--screenshot", type=path, metavar="FILE.png", help="save the window with its first reading and leave"
    )
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and run until it is closed; returns the exit status, 2 for bad input."""
    words = sys.argv[1:] if argv is None else list(argv)
    return delivered(lambda: _main(words))


def _main(words: Sequence[str]) -> int:
    arguments = parser().parse_args(words)
    if arguments.version or arguments.info or arguments.reset:
        return _answer_and_leave(arguments)
    if (
        problem := version_problem()
        or network_problem(arguments)
        or display_problem(os.environ)
        or libraries_problem(os.environ)
    ) is not None:
        return _refuse(problem)
    # a burst of Python on a worker holds the window up for a millisecond at a time, not for five
    sys.setswitchinterval(0.001)
    from PySide6.QtWidgets import QApplication

    from resnet_viewer.diagnostics import Diagnostics, refusing_to_abort

    found = QApplication.instance()
    if isinstance(found, QApplication):
        application = found
    else:
        with refusing_to_abort():
            application = QApplication(sys.argv[:1])
    application.setApplicationName("ResNet Viewer")
    diagnostics = Diagnostics(paths.log_dir())
    diagnostics.start()
    try:
        return _run(application, arguments, diagnostics)
    finally:
        diagnostics.close()


def _run(application: QApplication, arguments: argparse.Namespace, diagnostics: Diagnostics) -> int:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtGui import QIcon

    from resnet_viewer.records.requests import Begin
    from resnet_viewer.screenshot import Screenshot

    application.setWindowIcon(QIcon(str(paths.asset("icons", "resnet-viewer.png"))))
    viewer = build(application, arguments, diagnostics)
    window, workers = viewer.window, viewer.workers
    screenshot = Screenshot(window, viewer.inspect, arguments.screenshot) if arguments.screenshot else None
    pictures, options = tuple(arguments.pictures), build_options(arguments)
    own = own_input(arguments)
    first = Begin(arguments.network or "", arguments.weights, pictures, arguments.seed, own, options)

    def begin() -> None:
        workers.probing.start()
        viewer.inspect.loader.begin(first)

    window.painted.connect(begin)  # not before: importing torch would hold the first frame up
    window.show()
    if diagnostics.has_crashed:
        window.messages.show_remark(
            "The last run ended in a crash; its details are in the log.",
            "Open the log",
            [("Open the log", window.help.show_log)],
        )
    status = application.exec()
    viewer.inspect.close()
    workers.close()
    window.hide()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    # a second wish to quit must not end the event loops of whoever runs main() inside a larger program
    QCoreApplication.removePostedEvents(application, QEvent.Type.Quit.value)
    if screenshot is not None and screenshot.problem:
        return _refuse(screenshot.problem)
    return status


@dataclass(frozen=True)
class Viewer:
    """The window, its pages, and the workers behind them."""

    window: MainWindow
    inspect: InspectPage
    train: TrainPage
    studies: StudiesPage
    workers: Workers


def build(application: QApplication, arguments: argparse.Namespace, diagnostics: Diagnostics) -> Viewer:
    """Everything, wired, not yet shown. Nothing here imports torch on this thread."""
    from functools import partial

    from resnet_viewer.services import files, lab, network_entries, order_files, probing, run_plans, studies
    from resnet_viewer.ui.appearance import Appearance
    from resnet_viewer.ui.help import Facts
    from resnet_viewer.ui.inspect.store import Store
    from resnet_viewer.ui.settings import Settings
    from resnet_viewer.ui.train.controller import Ways
    from resnet_viewer.ui.work.process_worker import ProcessWorker
    from resnet_viewer.ui.work.worker import Worker, Workers
    from resnet_viewer.versions import info

    settings = Settings(None if arguments.safe else paths.settings_dir())
    first = first_session(arguments.network, arguments.weights, build_options(arguments))
    viewer = viewer_of(
        Store(replace(first, test_set=settings.test_set())),
        Workers(
            Worker(partial(probing.ProbeService, arguments.device), name="probing"),
            Worker(files.FilesService, name="files"),
            Worker(files.DownloadService, name="downloads"),
            ProcessWorker(lab.LabService, name="training", grace=lab.SAVING_SECONDS),
            ProcessWorker(
                studies.StudyService,
                name="studies",
                grace=0.8,  # a cancel is to be answered within a second, and no point that was measured is lost
                advice="press Resume to measure what is missing, or Start again",
            ),
        ),
        Appearance(application, settings),
        settings,
        catalog=files.catalog_entries(),
        samples=files.sample_pictures(),
        facts=Facts(info, diagnostics.log_file),
        networks=network_entries.networks(),
        ways=Ways(
            run_plans.runs_of,
            paths.runs_dir,
            run_plans.remark,
            order_files.has_runs,
            probing.computing_threads(),
            "" if arguments.device == "auto" else arguments.device,
        ),
    )
    diagnostics.happened.connect(viewer.window.messages.show_failure)
    return viewer


def viewer_of(
    store: Store,
    workers: Workers,
    appearance: Appearance,
    settings: Settings,
    *,
    catalog: tuple[CatalogEntry, ...],
    samples: tuple[Path, ...],
    facts: Facts,
    networks: Networks,
    ways: Ways,
    studies: Sequence[StudyInfo] | None = None,
) -> Viewer:
    """The pages, in the order of their tabs, and the window around them; without `studies` those that there are."""
    from resnet_viewer.media.moving import kinds
    from resnet_viewer.records.study_list import STUDIES
    from resnet_viewer.ui.bars import Messages
    from resnet_viewer.ui.inspect.page import InspectPage
    from resnet_viewer.ui.studies.page import StudiesPage, StudyWays
    from resnet_viewer.ui.train.page import TrainPage
    from resnet_viewer.ui.window import MainWindow
    from resnet_viewer.ui.work.asking import Askers

    messages = Messages()
    files, downloads = Askers(workers.files), Askers(workers.downloads)
    inspect = InspectPage(
        store, workers.probing, files, downloads, workers.files.low, settings, messages, catalog=catalog,
        networks=networks, samples=samples, threads=ways.threads_words, moving_kinds=kinds(),
        data_cost=ways.remark,
    )  # fmt: skip
    train = TrainPage(
        workers.lab, files, inspect.loader, inspect.editor, inspect.outbox, settings, ways, messages
    )
    study = StudiesPage(
        workers.studies, files, store, inspect.editor, inspect.outbox, settings,
        StudyWays(paths.studies_dir, ways.threads, ways.device), messages,
        fill_test_sets=inspect.test_sets.fill, studies=STUDIES if studies is None else studies,
    )  # fmt: skip
    pages = inspect, train, study
    window = MainWindow(pages, workers, messages, appearance, settings, facts)
    for part in (*pages, files, downloads, appearance):
        part.setParent(window)
    train.open_in_inspect.opened.connect(inspect.wished)
    inspect.train_wished.connect(train.wished)
    inspect.explaining.study_wished.connect(study.ask_for)
    for leads_there in (study.open_point.opened, study.inspect_wished):
        leads_there.connect(inspect.wished)
    study.runs_wished.connect(train.show_runs)
    inspect.headed.connect(window.setWindowTitle)
    window.setWindowTitle(inspect.heading)
    return Viewer(window, inspect, train, study, workers)


def first_session(network: str | None, weights: str | None, options: BuildOptions = USUAL) -> Session:
    """The network described, so that its strip is on screen at once; no picture, so nothing is asked yet.

    Bundled weights are named where none were asked for, because those are the ones on their way.
    """
    from resnet_viewer.core.weights import catalog
    from resnet_viewer.core.weights.build_options import with_options
    from resnet_viewer.records.preprocessing import usual_preprocessing
    from resnet_viewer.records.probe import NetworkState
    from resnet_viewer.records.session import Session, Setup
    from resnet_viewer.records.weights import WeightsRef
    from resnet_viewer.records.wiring import Wiring

    spec = with_options(catalog.spec(network or catalog.FIRST_NETWORK), options)
    if weights is None and catalog.has_bundled(spec):
        spec = replace(spec, weights=WeightsRef("bundled", spec.name))
    return Session.begun(
        Setup(NetworkState(spec, usual_preprocessing(spec), Wiring.all_open(spec.block_count)), None)
    )


def network_problem(arguments: argparse.Namespace) -> str | None:
    """One sentence where there is no such network, or its input cannot be as the arguments say.

    What a weight file decides (channels, sizes, number of classes) is found out later, and said in the window.
    A picture that is not there is refused here: without a screen nobody would read that in the window, nor close it.
    """
    from resnet_viewer.core.weights import class_names

    if missing := next((path for path in arguments.pictures if not os.path.lexists(path)), None):
        return f"There is no file {missing}: it may have been moved, renamed or deleted."
    try:
        own = own_input(arguments)
        state = first_session(arguments.network, arguments.weights, build_options(arguments)).setup.state
        is_known = arguments.weights in (None, "none")
        if is_known:
            own.applied(state.preprocessing, state.network)
        if own.classes is not None:
            class_names.read(own.classes, state.network.classes if is_known else None)
    except UserError as error:
        return str(error)
    return None


def version_problem() -> str | None:
    """One sentence where PySide6 is missing, or another one was forced on us."""
    try:
        import PySide6
    except ImportError:
        return (
            "The window needs PySide6, which is not installed; install PySide6-Essentials, or use "
            "`resnet-viewer probe` without a window."
        )

    version = PySide6.__version__
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    lowest, beyond = SUPPORTED_PYSIDE
    if lowest <= numbers < beyond:
        return None
    return (
        f"PySide6 {version} does not work here; install PySide6-Essentials of at least "
        f"{'.'.join(map(str, lowest))} and below {'.'.join(map(str, beyond[:2]))}."
    )


def display_problem(environment: os._Environ[str] | dict[str, str]) -> str | None:
    """One sentence where Qt would abort because there is nothing to show a window on."""
    if not sys.platform.startswith("linux"):
        return None
    platform = environment.get("QT_QPA_PLATFORM", "")
    if platform and not platform.startswith(("xcb", "wayland")):
        return None
    if environment.get("WAYLAND_DISPLAY") or _x_server_answers(environment.get("DISPLAY", "")):
        return None
    return (
        "There is no display to open a window on; use `resnet-viewer probe PICTURE --out FOLDER`, or set "
        "QT_QPA_PLATFORM=offscreen to run without one."
    )


def _x_server_answers(display: str) -> bool:
    """A display on this machine is tried; one on another machine is believed."""
    host, colon, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    if host not in ("", "unix"):
        return True
    for address in (f"/tmp/.X11-unix/X{number}", f"\0/tmp/.X11-unix/X{number}"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(2)
            try:
                connection.connect(address)
            except OSError:
                continue
            return True
    return False


def _answer_and_leave(arguments: argparse.Namespace) -> int:
    from resnet_viewer.versions import info, version_of

    if arguments.version:
        print(f"resnet-viewer {version_of('resnet-viewer')}")
    if arguments.info:
        from resnet_viewer.core.lab.device_habits import available_devices

        print(info())
        print(f"devices: {', '.join(available_devices())}")
    if arguments.reset:
        settings = paths.settings_dir() / "settings.ini"
        try:
            settings.unlink(missing_ok=True)
        except OSError as error:
            return _refuse(
                f"The settings in {settings} cannot be removed ({error.strerror}); remove the file."
            )
        print(f"Forgot the settings in {settings}.")
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2

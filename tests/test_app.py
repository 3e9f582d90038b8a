"""The real main(): from a click on an arc to pixels and back, an exported plot, and the ways it can refuse."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer import app, paths
from resnet_viewer.core.weights.cards import Card, remembered
from resnet_viewer.records.album import Album
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.figure_list import FigureChoice, FigureName, Suffix
from resnet_viewer.records.insight import words_of
from resnet_viewer.records.preprocessing import IMAGENET_PREPROCESSING
from resnet_viewer.records.requests import KeepChoices, OpenedPicture, ReadPicture, StepPicture
from resnet_viewer.services.figures import drawn
from resnet_viewer.services.files import FilesService
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.incoming import pixels_of
from resnet_viewer.ui.window import MainWindow
from tests import fabricated
from tests.started import Session
from tests.ui.windows import inspect_page

SMALL = ["--network", "cifar-resnet-20", "--weights", "none", "--device", "cpu"]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication) -> Session:
    return Session(qtbot, qapp)


def plot(window: MainWindow) -> QImage:
    return inspect_page(window).panels.wiring.view.grab().toImage()


def arc(window: MainWindow, block: int) -> QPoint:
    """Where a user clicks on that block's arc, in the view's viewport."""
    view = inspect_page(window).panels.wiring.view
    assert view.strip.state is not None
    part = next(p for p in view.strip.state.layout.parts if p.kind == "arc" and p.block == block)
    return view.mapFromScene(view.strip.mapToScene(view.strip.centre_of(part)))


def test_a_click_on_an_arc_reaches_the_pixels_and_comes_back_and_the_plot_is_drawn(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "norms.csv"
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: target)

    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        assert inspect_page(window).controller.scene.now is not None
        intact, norms = plot(window), first_norm(window)
        session.qtbot.mouseClick(
            inspect_page(window).panels.wiring.view.viewport(), Qt.MouseButton.LeftButton, pos=arc(window, 5)
        )
        assert inspect_page(window).store.session.setup.wiring.cut == (5,)
        session.wait_fresh(window)
        assert inspect_page(window).controller.scene.now.request.state.wiring.cut == (5,)
        assert first_norm(window) != norms
        cut = plot(window)
        assert cut != intact
        inspect_page(window).exports.export_as("gradient_norms", "csv")
        session.qtbot.waitUntil(target.exists)
        session.qtbot.mouseClick(
            inspect_page(window).panels.wiring.view.viewport(), Qt.MouseButton.LeftButton, pos=arc(window, 5)
        )
        assert not inspect_page(window).controller.scene.is_stale, "a state seen before is there at once"
        session.wait_fresh(window)
        inspect_page(window).panels.wiring.view.setFocus()
        assert first_norm(window) == norms
        back = plot(window)
        middle = slice(None), slice(back.width() // 5, back.width() // 2)
        assert (
            np.abs(difference(back, intact)[middle]).mean()
            < np.abs(difference(cut, intact)[middle]).mean() / 4
        )

    assert session.run(SMALL, deeds) == 0
    lines = [line for line in target.read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [row["layer"] for row in rows][:2] == ["conv1", "layer1.0.conv1"]
    assert all(float(row["now"]) >= 0 and float(row["reference"]) > 0 for row in rows)
    assert "shortcuts cut: 5" in target.read_text()


def test_a_figure_is_copied_as_picture_and_svg_and_a_missing_folder_is_one_sentence(
    session: Session, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "missing" / "cam.png")

    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        qapp.clipboard().clear()
        window.commands["copy_figure"].trigger()
        session.qtbot.waitUntil(lambda: (data := qapp.clipboard().mimeData()) is not None and data.hasImage())
        svg = bytes(qapp.clipboard().mimeData().data("image/svg+xml").data())
        assert b"cifar-resnet-20" in svg
        inspect_page(window).exports.export_as("gradcam", "png")
        session.qtbot.waitUntil(lambda: "does not exist" in window.messages.sentence)

    assert session.run(SMALL, deeds) == 0


@pytest.mark.parametrize("figure", ["gradient_norms", "gradcam", "feature_maps", "predictions"])
def test_every_figure_of_a_scene_can_be_drawn(figure: FigureName) -> None:
    scene = fabricated.scene(cut=(2,))
    data = drawn(scene, FigureChoice(figure, "svg")).content
    assert data.startswith(b"<?xml")
    assert b"shortcuts cut: 2" in data
    assert f"what you see: {words_of(scene)}".encode() in data.replace(b"&gt;", b">").replace(b"&lt;", b"<")


@pytest.mark.parametrize(
    ("figure", "header", "said"),
    [
        ("gradient_norms", "layer,kind,shape,now,reference", "# caption: L2 norm"),
        ("gradcam", "block,row,column,now,reference", "before any scaling"),
        ("feature_maps", "channel,now mean,", "too large for a table"),
        ("predictions", "index,class,now,reference", "# caption: Softmax probabilities of all classes"),
    ],
)
def test_every_figures_numbers_can_be_drawn(figure: FigureName, header: str, said: str) -> None:
    scene = fabricated.scene(cut=(2,))
    text = drawn(scene, FigureChoice(figure, "csv")).content.decode()
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any(said in line for line in head)
    assert "# shortcuts cut: 2" in head
    assert text.splitlines()[len(head)].startswith(header)
    assert len(text.splitlines()) > len(head) + 1


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_networks_are_exported_as_columns_without_a_reading(suffix: Suffix, start: bytes) -> None:
    scene = replace(fabricated.scene(), now=None, reference=None)
    name = scene.blueprint.spec.name
    choice = FigureChoice("architecture", suffix, columns=f"{name}, alexnet")
    assert drawn(scene, choice).content.startswith(start)
    text = drawn(scene, replace(choice, suffix="csv")).content.decode()
    assert f"# networks: {name}, alexnet" in text
    with pytest.raises(UserError, match="no network called nothing"):
        drawn(scene, replace(choice, columns="nothing"))
    assert "vgg19, plain34, resnet34" in drawn(scene, FigureChoice("architecture", "csv")).content.decode()


def test_what_a_small_page_left_out_is_said_and_what_was_not_wished_for_is_not() -> None:
    scene = fabricated.scene(cut=(2,))
    small = drawn(scene, FigureChoice("gradient_norms", "svg", 3.3, 3.0))
    assert small.remark.startswith("Too small for the caption, ")
    assert b"left out: caption" in small.content
    wished = drawn(scene, FigureChoice("gradient_norms", "svg", has_title=False, has_caption=False))
    assert wished.remark == ""
    assert b"Gradient norm per layer" not in wished.content.split(b"</metadata>")[1]
    assert drawn(scene, FigureChoice("gradcam", "svg", 3.3)).remark == ""


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_the_channel_that_is_shown_large_is_exported_with_its_state(suffix: Suffix, start: bytes) -> None:
    scene = fabricated.scene(cut=(2,))
    with pytest.raises(UserError, match="No channel is shown large"):
        drawn(scene, FigureChoice("channel", suffix))
    view = replace(scene.session.view, layer="layer1.0", channel=5)
    scene = replace(scene, session=scene.session.with_view(view))
    assert drawn(scene, FigureChoice("channel", suffix)).content.startswith(start)
    svg = drawn(scene, FigureChoice("channel", "svg")).content.decode()
    assert "shortcuts cut: 2" in svg
    assert "channel: 5" in svg
    head = [
        line
        for line in drawn(scene, FigureChoice("channel", "csv")).content.decode().splitlines()
        if line[0] == "#"
    ]
    assert {"# layer: layer1.0", "# channel: 5", "# shortcuts cut: 2"} <= set(head)
    assert any(line.startswith("# caption: Channel 5 of block 1") for line in head)


def test_an_early_reading_is_not_drawn() -> None:
    with pytest.raises(UserError, match="no full reading"):
        drawn(replace(fabricated.scene(), now=None), FigureChoice())


def test_what_is_said_about_a_weight_file_is_kept_for_it(tmp_path: Path) -> None:
    digest = "0" * 64
    files = FilesService()
    assert list(files.answer(KeepChoices(digest, IMAGENET_PREPROCESSING, ("a", "b")))) == []
    assert list(files.answer(KeepChoices(digest, network="cifar-plain-20"))) == []
    assert remembered(digest) == Card("cifar-plain-20", IMAGENET_PREPROCESSING, ("a", "b"))


def test_stepping_goes_round_and_over_what_cannot_be_read(tmp_path: Path) -> None:
    cat = paths.asset("pictures", "cat.jpg").read_bytes()
    for name, data in (("1.jpg", cat), ("2.jpg", b"damaged"), ("10.jpg", cat)):
        (tmp_path / name).write_bytes(data)
    [folder] = FilesService().answer(ReadPicture((tmp_path,)))
    assert isinstance(folder, OpenedPicture)
    assert folder.picture.name == "1.jpg"
    [forward] = FilesService().answer(StepPicture(tmp_path / "1.jpg", 1, folder.album))
    [backward] = FilesService().answer(StepPicture(tmp_path / "1.jpg", -1))
    assert isinstance(forward, OpenedPicture)
    assert isinstance(backward, OpenedPicture)
    assert forward.picture.name == backward.picture.name == "10.jpg"


def test_a_picture_is_read_once_more_with_twelve_bits_and_stays_in_its_album(tmp_path: Path) -> None:
    scan, other = tmp_path / "scan.png", tmp_path / "other.png"
    Image.fromarray(np.full((8, 8), 4095, np.uint16)).save(scan)
    [read] = FilesService().answer(ReadPicture((scan,), album=Album((other, scan))))
    [again] = FilesService().answer(ReadPicture((scan,), wants_twelve_bits=True, album=Album((other, scan))))
    assert isinstance(read, OpenedPicture)
    assert isinstance(again, OpenedPicture)
    assert (read.picture.pixels.max(), bool(read.picture.remark)) == (16, True)
    assert (again.picture.pixels.min(), again.picture.remark) == (255, "")
    assert again.album == Album((other, scan))


def first_norm(window: MainWindow) -> float:
    now = inspect_page(window).controller.scene.now
    assert now is not None
    return now.layers[0].gradient_norm


def difference(one: QImage, other: QImage) -> np.ndarray:
    return pixels_of(one).astype(int)[..., :3].sum(2) - pixels_of(other).astype(int)[..., :3].sum(2)


def test_without_arguments_it_starts_with_a_bundled_picture_and_everything_open(session: Session) -> None:
    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        setup = inspect_page(window).store.session.setup
        assert setup.picture is not None
        assert setup.picture.name == "cat.jpg"
        assert setup.state.network.name == "cifar-resnet-56"
        assert setup.wiring.is_open
        assert inspect_page(window).store.undo_label is None

    assert session.run([], deeds) == 0


def test_the_first_frame_names_the_bundled_weights_that_are_on_their_way() -> None:
    weights = app.first_session(None, None).setup.state.network.weights
    assert (weights.source, weights.name) == ("bundled", "cifar-resnet-56")
    assert app.first_session(None, "none").setup.state.network.weights.source == "none"
    assert app.first_session("resnet18", None).setup.state.network.weights.source == "none"


def test_a_picture_called_like_a_verb_is_a_picture(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "train"
    path.write_bytes(paths.asset("pictures", "cat.jpg").read_bytes())

    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        assert inspect_page(window).store.session.setup.picture is not None
        assert inspect_page(window).store.session.setup.picture.name == "train"

    assert session.run([str(path), *SMALL], deeds) == 0


def test_an_unreadable_picture_is_a_sentence_and_the_bundled_one_is_shown(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")

    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        assert "bad.png" in window.messages.sentence
        assert inspect_page(window).store.session.setup.picture is not None
        assert inspect_page(window).store.session.setup.picture.name == "cat.jpg"

    assert session.run([str(tmp_path / "bad.png"), *SMALL], deeds) == 0


def test_a_screenshot_is_a_png_of_the_window_with_its_reading(qapp: QApplication, tmp_path: Path) -> None:
    target = tmp_path / "window.png"
    assert app.main([*SMALL, "--screenshot", str(target)]) == 0
    image = QImage(str(target))
    assert image.width() >= 880
    assert len({image.pixel(x, image.height() // 3) for x in range(0, image.width(), 3)}) > 20


def test_a_screenshot_that_cannot_be_written_is_one_sentence(
    qapp: QApplication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main([*SMALL, "--screenshot", str(tmp_path / "missing" / "a.png")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_without_a_display_the_sentence_names_probe_and_offscreen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    sentence = app.display_problem({})
    assert sentence is not None
    assert "probe" in sentence
    assert "QT_QPA_PLATFORM=offscreen" in sentence
    assert app.display_problem({"DISPLAY": ":9871"}) is not None, "nobody answers there"
    assert app.display_problem({"QT_QPA_PLATFORM": "offscreen"}) is None
    assert app.display_problem({"WAYLAND_DISPLAY": "wayland-0"}) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries of Linux")
@pytest.mark.parametrize("start", ["app.main([])", "cli.main([])"])
def test_a_missing_library_is_one_sentence_before_qt_is_imported(start: str) -> None:
    watched = f"""
import sys
from resnet_viewer import app, cli, system_libraries
missing = {{"libresnet-viewer-nowhere.so.7": "libnowhere7"}}
app.display_problem = lambda environment: None
app.libraries_problem = lambda environment: system_libraries.libraries_problem(environment, qt=missing, x11={{}})
status = {start}
assert "PySide6.QtGui" not in sys.modules, "its import fails where the library is missing"
sys.exit(status)
"""
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "Qt cannot open a window without the system's libresnet-viewer-nowhere.so.7;"
    )
    assert "apt-get install libnowhere7" in done.stderr
    assert done.stderr.count("\n") == 1


def test_where_qt_would_abort_a_sentence_says_why() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "nowhere"}
    start = [sys.executable, "-c", "import sys; from resnet_viewer import app; sys.exit(app.main([]))"]
    done = subprocess.run(start, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert 'Could not find the Qt platform plugin "nowhere"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_version_info_and_reset_leave_without_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    settings = paths.settings_dir() / "settings.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[window]\n")
    assert app.main(["--version", "--reset"]) == 0
    assert not settings.exists()
    assert "resnet-viewer" in capsys.readouterr().out


def test_a_forced_qt_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    import PySide6

    assert app.version_problem() is None
    monkeypatch.setattr(PySide6, "__version__", "6.12.0")
    assert "6.12.0" in (app.version_problem() or "")


WATCHED_START = """
import sys
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
paint = WiringPanel.paintEvent
def watch(self, event):
    paint(self, event)
    print("torch at a paint:", "torch" in sys.modules, flush=True)
WiringPanel.paintEvent = watch
from resnet_viewer import app
sys.exit(app.main(sys.argv[1:]))
"""


@pytest.mark.heavy
def test_the_window_is_painted_before_torch_is_imported(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED_START, *SMALL, "--screenshot", str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == "torch at a paint: False"

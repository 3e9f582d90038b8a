"""The window's command line: the input of a weight file, what is refused before there is a window, a safe start."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer import app, cli, paths
from resnet_viewer.core.weights.cards import Card, remembered
from resnet_viewer.records.preprocessing import CIFAR10_MEAN, OwnInput, Preprocessing
from resnet_viewer.records.requests import Begin, Begun
from resnet_viewer.services.files import FilesService
from resnet_viewer.ui.window import MainWindow
from tests.started import Session
from tests.ui.windows import inspect_page

CAT = paths.asset("pictures", "cat.jpg")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication) -> Session:
    return Session(qtbot, qapp)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--network resnet19", "There is no network called resnet19"),
        ("--mean 0,0,0", "A normalisation is a mean and a standard deviation; give both --mean and --std"),
        ("--mean 0,0 --std 1,1", "'0,0' is not one or three numbers"),
        ("--mean 0 --std 1", "ResNet-56 takes 3 channels"),
        ("--mean 0,0,0 --std 1,0,1 --weights any.th", "'1,0,1' is not one or three positive numbers"),
        ("--crop 40", "A crop of 40 pixels is larger than the picture resized to 32"),
        ("--classes missing.txt --weights any.th", "There is no file missing.txt"),
        ("--classes names.txt", "names.txt has 2 names, and the network has 10 classes"),
    ],
)
def test_a_wrong_network_or_input_is_refused_before_a_window_in_the_sentence_of_probe(
    words: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    if "any.th" in words:
        (tmp_path / "any.th").write_bytes(weight_file().read_bytes())
    assert app.main(words.split()) == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith(said)
    assert sentence.count("\n") == 1
    assert cli.main(["probe", str(CAT), "--out", "out", *words.split()]) == 2
    assert capsys.readouterr().err.splitlines(keepends=True)[-1] == sentence


def weight_file() -> Path:
    """A bundled file, which as a user's own has a digest."""
    return paths.asset("weights", "cifar-resnet-20.safetensors")


def test_the_inputs_arguments_change_what_is_shown_and_are_kept_for_the_file(
    session: Session, tmp_path: Path
) -> None:
    names = tuple(f"class {number}" for number in range(10))
    (tmp_path / "names.txt").write_text("\n".join(names))
    own = ["--mean", "0,0,0", "--std", "1,1,1", "--resize", "40", "--crop", "36", "--device", "cpu"]
    words = [str(CAT), "--weights", str(weight_file())]
    shown = []

    def note(window: MainWindow) -> None:
        session.wait_fresh(window)
        now, setup = inspect_page(window).controller.scene.now, inspect_page(window).store.session.setup
        assert now is not None
        shown.append((setup.state.preprocessing, setup.class_names, now.probabilities.tolist()))

    assert session.run(words, note) == 0
    assert session.run([*words, *own, "--classes", str(tmp_path / "names.txt")], note) == 0
    assert session.run(words, note) == 0
    usual, told, later = shown
    assert told[0] == Preprocessing(40, 36, (0.0,) * 3, (1.0,) * 3)
    assert told[1] == names
    assert told[2] != usual[2], "another normalisation is another reading"
    assert later == told


def test_an_input_that_does_not_fit_the_file_is_one_sentence_and_the_file_is_shown_as_it_is(
    tmp_path: Path,
) -> None:
    own = OwnInput((0.0,), (1.0,), classes=None)
    [begun] = FilesService().answer(Begin("", str(weight_file()), (CAT,), own=own))
    assert isinstance(begun, Begun)
    assert begun.refusals == ("ResNet-20 takes 3 channels; give --mean and --std that many numbers.",)
    assert begun.network.preprocessing.mean == CIFAR10_MEAN
    assert remembered(begun.network.spec.weights.digest) == Card()


def test_a_missing_picture_or_weight_file_is_the_sentence_of_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for picture, weights in (("missing.png", "none"), (str(CAT), "missing.th")):
        [begun] = FilesService().answer(Begin("", weights, (Path(picture),)))
        assert isinstance(begun, Begun)
        assert cli.main(["probe", picture, "--weights", weights, "--out", "out"]) == 2
        assert begun.refusals == (capsys.readouterr().err.strip(),)


def test_only_what_is_said_is_kept_for_the_file_and_a_seed_is_taken(tmp_path: Path) -> None:
    [begun] = FilesService().answer(Begin("", str(weight_file()), (CAT,), own=OwnInput(resize=40)))
    assert isinstance(begun, Begun)
    kept = remembered(begun.network.spec.weights.digest)
    assert kept.preprocessing is not None
    assert kept.preprocessing.resize == 40
    assert kept.class_names == ()
    [untrained] = FilesService().answer(Begin("cifar-resnet-8", "none", (CAT,), seed=5))
    assert isinstance(untrained, Begun)
    assert untrained.network.spec.seed == 5


def test_a_safe_start_reads_no_settings_and_leaves_them_as_they_are(session: Session) -> None:
    settings = paths.settings_dir() / "settings.ini"
    settings.parent.mkdir(parents=True)
    content = b"[appearance]\nfont_size=16\ntheme=light\n"
    settings.write_bytes(content)

    def deeds(window: MainWindow) -> None:
        assert window._settings.font_size() == 0
        assert window._settings.theme() == "system"
        session.wait_fresh(window)

    assert session.run(["--network", "cifar-resnet-20", "--weights", "none", "--safe"], deeds) == 0
    assert settings.read_bytes() == content

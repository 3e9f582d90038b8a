"""What cannot be written, because the disk is full or nobody reads it, is a sentence and a status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_viewer import paths

CAT = str(paths.asset("pictures", "cat.jpg"))
FULL = Path("/dev/full")
COMMANDS = {
    "networks": ["networks", "cifar-resnet-20"],
    "layers": ["networks", "cifar-resnet-20", "--layers", "--json"],
    "evaluate": ["evaluate", "pictures", "--network", "cifar-resnet-8", "--weights", "none", "--json"],
    "probe's help": ["probe", "--help"],
    "train's help": ["train", "--help"],
    "help": ["--help"],
    "version": ["--version"],
}

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cat", "dog"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        (tmp_path / "pictures" / name / "cat.jpg").write_bytes(Path(CAT).read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_behind_stdout_is_one_sentence(name: str, folder: Path) -> None:
    command = [sys.executable, "-m", "resnet_viewer", *COMMANDS[name]]
    with FULL.open("w") as full:
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, check=False, cwd=folder, text=True
        )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("The output cannot be written; the system says: no space left")
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_a_full_disk_behind_stderr_is_a_status() -> None:
    command = [sys.executable, "-m", "resnet_viewer", "networks", "resnet19"]
    with FULL.open("w") as full:
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")


@pytest.mark.parametrize("name", ["layers", "probe's help", "version"])
def test_a_closed_pipe_is_a_status(name: str, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "resnet_viewer", *COMMANDS[name]]
    try:
        ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=folder)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_program_without_stdout_does_its_work(folder: Path) -> None:
    start = "import sys; sys.stdout = None; from resnet_viewer.cli import main"
    inner = f"{start}; sys.exit(main({COMMANDS['networks']!r}))"
    assert subprocess.run([sys.executable, "-c", inner], check=False, cwd=folder).returncode == 0


@pytest.mark.parametrize("word", ["proeb", "Probe", "evalaute", "trian", "netwroks"])
def test_a_misspelt_verb_is_named_and_nothing_is_opened(word: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "resnet_viewer", word, "x.png"]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "RESNET_VIEWER_HOME": str(tmp_path)}
    ended = subprocess.run(
        command, capture_output=True, check=False, env=environment, cwd=tmp_path, text=True
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert line.startswith(f"There is no verb or picture {word}: did you mean `resnet-viewer ")
    assert not list(tmp_path.iterdir()), "no window, no settings, no log"


def test_a_picture_that_is_not_there_is_refused_before_a_window(tmp_path: Path) -> None:
    for home in ("resnet_viewer", str(paths.asset().parent / "main.py")):
        start = ["-m", home] if home == "resnet_viewer" else [home]
        command = [sys.executable, *start, CAT, "missing.png"]
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "RESNET_VIEWER_HOME": str(tmp_path)}
        ended = subprocess.run(
            command, capture_output=True, check=False, env=environment, cwd=tmp_path, text=True
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == "There is no file missing.png: it may have been moved, renamed or deleted.\n"


def test_a_picture_that_is_called_nearly_as_a_verb_is_a_picture(tmp_path: Path) -> None:
    from resnet_viewer.cli import misspelt

    (tmp_path / "proeb").write_bytes(b"")
    assert misspelt(str(tmp_path / "proeb")) == ""
    assert misspelt("horse.png") == ""
    assert misspelt("--probe") == ""

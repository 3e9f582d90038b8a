"""The command line: how it ends when a pipe closes, a character is missing, or somebody presses Ctrl+C."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.weights import catalog


def test_a_reader_that_has_enough_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "resnet_viewer", "networks"]
    try:
        ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_terminal_without_our_characters_shows_the_rest() -> None:
    command = [sys.executable, "-m", "resnet_viewer", "networks"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"cifar-resnet-56" in ended.stdout


def test_a_lack_of_memory_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def starve(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("resnet_viewer.core.data.sources.name_in", starve)
    assert main(["evaluate", str(tmp_path), "--network", "cifar-resnet-8"]) == 2
    assert "not enough memory" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "spec", interrupted)
    words = [
        "train",
        "--data",
        str(tmp_path),
        "--network",
        "resnet18",
        "--epochs",
        "1",
        "--out",
        str(tmp_path),
    ]
    assert main(words) == 130
    assert capsys.readouterr().err == "Stopped.\n"

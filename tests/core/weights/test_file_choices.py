"""What was chosen for a weight file comes back for that file, and for no other."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viewer.core.weights.cards import Card, remember, remembered
from resnet_viewer.media.files import WriteError
from resnet_viewer.records.preprocessing import Preprocessing

DIGEST, OTHER = "0123456789abcdef" * 4, "f" * 64
CHOICES = Card("plain18", Preprocessing(40, 32, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "bicubic"), ("Käse", "b"))


def test_choices_come_back_exactly(tmp_path: Path) -> None:
    assert remembered(DIGEST, tmp_path) == Card()
    remember(DIGEST, CHOICES, tmp_path)
    assert remembered(DIGEST, tmp_path) == CHOICES
    assert remembered(OTHER, tmp_path) == Card()
    later = replace(CHOICES, preprocessing=None, network="")
    remember(DIGEST, later, tmp_path)
    assert remembered(DIGEST, tmp_path) == later


def test_they_lie_in_the_users_settings_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path))
    remember(DIGEST, CHOICES)
    assert remembered(DIGEST) == CHOICES
    assert [path.stem for path in tmp_path.rglob("*.json")] == [DIGEST]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"network": None},
        {"class_names": "ab"},
        {"preprocessing": {}},
        {"preprocessing": {"resize": 0, "crop": 32, "mean": [0], "std": [1], "interpolation": "bilinear"}},
        {"preprocessing": {"resize": 32, "crop": 32, "mean": [0], "std": [0], "interpolation": "bilinear"}},
        {"preprocessing": {"resize": 32, "crop": 32, "mean": [0], "std": [1], "interpolation": "lanczos"}},
    ],
)
def test_a_damaged_record_counts_as_none(tmp_path: Path, change: dict[str, object]) -> None:
    remember(DIGEST, CHOICES, tmp_path)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert remembered(DIGEST, tmp_path) == Card()


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "[" * 100_000])
def test_a_file_that_is_no_record_counts_as_none(tmp_path: Path, text: str) -> None:
    remember(DIGEST, CHOICES, tmp_path)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(text)
    assert remembered(DIGEST, tmp_path) == Card()


def test_a_digest_cannot_name_another_file(tmp_path: Path) -> None:
    for digest in ("../../etc/passwd", "", DIGEST[:-1], DIGEST.upper()):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            remember(digest, CHOICES, tmp_path)
        assert remembered(digest, tmp_path) == Card()


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="is not a folder"):
        remember(DIGEST, CHOICES, tmp_path / "file")


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_pipe_in_the_records_place_is_not_waited_for(tmp_path: Path) -> None:
    remember(DIGEST, CHOICES, tmp_path)
    (path,) = tmp_path.rglob("*.json")
    path.unlink()
    os.mkfifo(path)
    assert remembered(DIGEST, tmp_path) == Card()

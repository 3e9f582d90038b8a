"""The input dialog: what is assumed can be seen and changed, and nonsense is refused in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.records.preprocessing import CIFAR10_PREPROCESSING, IMAGENET_MEAN
from resnet_viewer.ui.inspect.input_dialog import InputChoice, InputDialog, InputError, read_class_names


@pytest.fixture
def dialog(qtbot: QtBot) -> InputDialog:
    made = InputDialog(InputChoice(CIFAR10_PREPROCESSING, ("cat", "dog")), 2)
    qtbot.addWidget(made)
    return made


def test_left_alone_it_returns_what_it_was_given(dialog: InputDialog) -> None:
    assert dialog.answer == InputChoice(CIFAR10_PREPROCESSING, ("cat", "dog"))


def test_a_known_normalisation_fills_the_fields(dialog: InputDialog) -> None:
    dialog.normalisation.setCurrentText("ImageNet")
    assert dialog.answer.preprocessing.mean == IMAGENET_MEAN
    assert not dialog.mean.isEnabled()
    dialog.normalisation.setCurrentText("none")
    assert dialog.answer.preprocessing.normalisation == "none"


def test_an_own_normalisation_is_typed(dialog: InputDialog) -> None:
    dialog.normalisation.setCurrentText("own")
    dialog.mean.setText("0.5; 0.4; 0.3")
    assert dialog.answer.preprocessing.mean == (0.5, 0.4, 0.3)


@pytest.mark.parametrize(
    ("mean", "std"), [("1, 2", "1,1,1"), ("a,b,c", "1,1,1"), ("0,0,0", "1,0,1"), ("nan,0,0", "1,1,1")]
)
def test_nonsense_is_refused_and_the_dialog_stays(dialog: InputDialog, mean: str, std: str) -> None:
    dialog.normalisation.setCurrentText("own")
    dialog.mean.setText(mean)
    dialog.std.setText(std)
    dialog.accept()
    assert dialog.sentence.endswith(".")
    assert dialog.result() == 0


def test_a_crop_larger_than_the_picture_is_refused(dialog: InputDialog) -> None:
    dialog.crop.setValue(64)
    with pytest.raises(InputError, match="larger than the resized"):
        _ = dialog.answer


def test_class_names_come_one_a_line_or_as_a_list(tmp_path: Path) -> None:
    lines, listed = tmp_path / "a.txt", tmp_path / "b.json"
    lines.write_text("cat\n\ndog\n")
    listed.write_text('["cat", "dog"]')
    assert read_class_names(lines, 2) == read_class_names(listed, 2) == ("cat", "dog")
    with pytest.raises(InputError, match="has 2 names, but the network has 3"):
        read_class_names(lines, 3)
    (tmp_path / "c.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_class_names(tmp_path / "c.txt", 2)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_holds_no_class_names_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(InputError, match=r"pipe[.]txt is not a regular file"):
        read_class_names(tmp_path / "pipe.txt", 2)

"""Names of classes: the usual ones, and a user's own list."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viewer.core.weights import class_names
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.class_names import ClassNamesError
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES


def test_the_usual_names_go_by_family_and_count() -> None:
    assert class_names.usual(spec("cifar-resnet-20")) == CIFAR10_CLASSES
    assert class_names.usual(spec("resnet18"))[999] == "toilet tissue"
    assert class_names.usual(spec("resnet18", classes=10)) == ()
    assert class_names.usual(spec("cifar-resnet-20", classes=100)) == ()


@pytest.mark.parametrize(
    "data",
    [
        "crème\ntwo words\nlast\n\n",
        "\ufeffcrème\r\n two words \r\nlast",
        '["crème", "two words", "last"]',
        ' [\n"cr\\u00e8me", "two words",\n "last"]',
    ],
)
def test_lines_and_json_are_read(tmp_path: Path, data: str) -> None:
    (path := tmp_path / "names").write_bytes(data.encode())
    assert class_names.read(path, 3) == ("crème", "two words", "last")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a\nb\n", "has 2 names, and the network has 3 classes"),
        (b"", "holds no names"),
        (b"\n \n", "holds no names"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b'["a", "b"', "begins as a JSON list but is not one"),
        (b'["a", 2, "c"]', "JSON list of texts"),
        (b"[" * 100_000, "begins as a JSON list but is not one"),
    ],
)
def test_what_is_not_a_list_of_names_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (path := tmp_path / "names.txt").write_bytes(data)
    with pytest.raises(ClassNamesError, match=rf"^names\.txt .*{reason}"):
        class_names.read(path, 3)


def test_a_missing_file_a_folder_and_a_giant_are_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "is a folder"), (tmp_path / "gone.txt", "There is no file")):
        with pytest.raises(ClassNamesError, match=said):
            class_names.read(path)
    with (tmp_path / "giant.txt").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ClassNamesError, match="the most that can be opened"):
        class_names.read(tmp_path / "giant.txt")

"""`evaluate` counts errors as torch does, matches folders to classes, and prints JSON alone on stdout."""

import json
from pathlib import Path

import pytest

from resnet_viewer.cli import main
from resnet_viewer.core.picture_folders import DatasetError
from resnet_viewer.figures import run_files
from resnet_viewer.verbs.evaluate import class_indices, spread

NETWORK = ("--network", "cifar-resnet-8", "--weights", "none", "--device", "cpu")


def test_folders_are_matched_by_name_else_in_order() -> None:
    names = ("cat", "dog", "ant")
    assert class_indices(("ant", "cat"), names, 3) == [2, 0]
    assert class_indices(("n01", "n02", "n03"), names, 3) == [0, 1, 2]
    with pytest.raises(DatasetError, match="cow"):
        class_indices(("ant", "cow"), names, 3)
    assert class_indices(("n01", "n02"), names, 3) == [0, 1]
    with pytest.raises(DatasetError, match="2 subfolders, the network only 1"):
        class_indices(("n01", "n02"), (), 1)


def test_a_limit_takes_pictures_of_every_class() -> None:
    files = [(Path(str(n)), n // 10) for n in range(40)]
    assert [label for _, label in spread(files, 4)] == [0, 1, 2, 3]
    assert spread(files, 99) == files
    with pytest.raises(DatasetError):
        spread(files, 0)


def test_json_stands_alone_on_stdout(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    classes = data / "classes.txt"
    classes.write_text("\n".join(["bright", *(f"other {n}" for n in range(8)), "dark"]))
    assert main(["evaluate", str(data / "test"), *NETWORK, "--classes", str(classes), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pictures"] == 16
    assert 0 <= found["error"] <= 100


def test_a_picture_that_cannot_be_read_is_named_and_left_out(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = data / "classes.txt"
    classes.write_text("\n".join(["bright", *(f"other {n}" for n in range(8)), "dark"]))
    (data / "test" / "dark" / "0.png").write_bytes(b"broken")
    assert main(["evaluate", str(data / "test"), *NETWORK, "--classes", str(classes), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["pictures"] == 15
    assert "0.png" in captured.err


def test_a_folder_without_classes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "missing", tmp_path / ("long" * 100)):
        assert main(["evaluate", str(folder), *NETWORK]) == 2
        assert "subfolder" in capsys.readouterr().err


def test_folders_taken_in_order_are_said_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(data / "test"), *NETWORK, "--json", "--limit", "4"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["pictures"] == 4
    assert "in sorted order they are taken for classes 0 to 1" in captured.err


def test_the_weights_of_a_run_have_the_error_on_its_card_also_with_shortcuts_cut(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_files, "drawn", lambda *_, **__: iter(()))
    recipe = [
        "--epochs",
        "3",
        "--batch",
        "16",
        "--rate",
        "0.02",
        "--shortcuts",
        "7=0",
        "--device",
        "cpu",
        "--threads",
        "1",
    ]
    network = ["--network", "cifar-resnet-8", "--out", str(tmp_path / "runs")]
    assert main(["train", "--data", str(data), *network, *recipe]) == 0
    folder = tmp_path / "runs" / "cifar-resnet-8"
    card = json.loads((folder / "card.json").read_text())
    evaluate = ["evaluate", str(data / "test"), "--device", "cpu"]
    evaluate += ["--weights", str(folder / "weights.safetensors")]
    capsys.readouterr()
    assert main([*evaluate, "--json"]) == 0
    said = capsys.readouterr()
    assert round(json.loads(said.out)["error"], 3) == card["test_error_percent"]
    assert "weights.safetensors comes from training with all shortcuts cut, so they are here." in said.err
    for flags, words in (
        ((), "3 of 3 shortcuts cut"),
        (("--cut", "none"), "all shortcuts open"),
        (("--strength", "2=0.5"), "1 shortcut weakened (2=0.5)"),
        (("--drop", "3"), "3 of 3 shortcuts cut, 1 of 3 residual branches dropped (3)"),
    ):
        assert main([*evaluate, *flags]) == 0
        said = capsys.readouterr()
        assert f"ResNet-8, {words}: " in said.out
        assert ("comes from training" in said.err) is ("3 of 3" in words)

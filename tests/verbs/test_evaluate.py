"""`evaluate` counts errors as torch does, matches folders to classes, and prints JSON alone on stdout."""

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from resnet_viewer.cli import main
from resnet_viewer.core.network import build
from resnet_viewer.figures import run_files
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.test_set import wilson
from resnet_viewer.verbs import evaluate

NETWORK = ("--network", "cifar-resnet-8", "--weights", "none", "--device", "cpu")


def test_a_sample_is_drawn_by_its_seed_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ten_folders(tmp_path / "ten")
    drawn = {}
    for seed in ("0", "0", "1"):
        table = tmp_path / f"{len(drawn)}.csv"
        command = ["evaluate", str(folder), *NETWORK, "--sample", "4", "--sample-seed", seed]
        assert main([*command, "--table", str(table)]) == 0
        assert f"A sample of 10, drawn with seed {seed}" in capsys.readouterr().out
        drawn.setdefault(seed, []).append(table.read_text())
    assert drawn["0"][0] == drawn["0"][1] != drawn["1"][0]
    assert drawn["0"][0].count("\n") == 5
    assert main(["evaluate", str(folder), *NETWORK, "--sample", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pictures"], found["of"], found["sample_seed"]) == (4, 10, 0)
    assert main(["evaluate", str(folder), *NETWORK, "--sample", "10", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sample_seed"] is None


@pytest.mark.parametrize("sample", ["0", "-1", "10000001", "few"])
def test_a_sample_of_no_size_is_refused_by_its_flag(
    sample: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", str(tmp_path), *NETWORK, "--sample", sample])
    assert capsys.readouterr().err.startswith("Argument --sample: must ")


def test_a_table_has_a_row_for_each_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ten_folders(tmp_path / "ten")
    table = tmp_path / "table.csv"
    assert main(["evaluate", str(folder), *NETWORK, "--cut", "2", "--table", str(table), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    header, *rows = csv.reader(table.read_text().splitlines())
    assert header == ["picture", "path", "true", "predicted", "probability", "probability_of_true"]
    assert [row[0] for row in rows] == [f"kind {n}/0.png" for n in range(10)]
    assert [row[1] for row in rows] == [str(folder / f"kind {n}" / "0.png") for n in range(10)]
    assert [row[2] for row in rows] == list(CIFAR10_CLASSES)
    assert found["error"] == 100 * sum(row[2] != row[3] for row in rows) / 10
    assert found["interval"] == [100 * bound for bound in wilson(round(found["error"] / 10), 10)]
    right = [float(row[5]) for row in rows]
    assert found["mean_probability_of_true"] == pytest.approx(sum(right) / 10)
    for row in rows:
        assert (row[4] == row[5]) is (row[2] == row[3])


def test_the_error_is_said_with_its_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(ten_folders(tmp_path / "ten")), *NETWORK]) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"ResNet-8, untrained, all shortcuts open: \d+\.00 % of 10 pictures wrong \(95 % interval ", out
    )


@pytest.mark.parametrize("name", ["no folder/table.csv", "."])
def test_a_table_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(evaluate, "evaluated", None)
    folder = ten_folders(tmp_path / "ten")
    assert main(["evaluate", str(folder), *NETWORK, "--table", str(tmp_path / name)]) == 2
    assert "Cannot write" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["ten"]


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


def ten_folders(folder: Path) -> Path:
    for number in range(10):
        (folder / f"kind {number}").mkdir(parents=True)
        Image.new("RGB", (32, 32), (20 * number, 0, 0)).save(folder / f"kind {number}" / "0.png")
    return folder


def test_folders_taken_in_order_are_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ten_folders(tmp_path / "ten")
    assert main(["evaluate", str(folder), *NETWORK, "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["pictures"], found["left_out"], found["classes_by"]) == (10, 0, "order")
    assert found["classes"] == {f"kind {number}": number for number in range(10)}
    assert "in sorted order" in captured.err
    assert main(["evaluate", str(folder), *NETWORK]) == 0
    assert "in sorted order" in capsys.readouterr().out


def test_folders_of_other_classes_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(data / "test"), *NETWORK, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "airplane, automobile, bird and 7 more" in captured.err
    assert "bright and dark" in captured.err


def test_more_than_one_in_ten_that_cannot_be_read_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ten_folders(tmp_path / "ten")
    damaged = bytearray((folder / "kind 3" / "0.png").read_bytes())
    damaged[damaged.index(b"IDAT") + 8] ^= 1
    (folder / "kind 3" / "0.png").write_bytes(damaged)
    assert main(["evaluate", str(folder), *NETWORK, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["left_out"] == 1
    assert "left out: kind 3/0.png" in captured.err
    (folder / "kind 4" / "0.png").write_bytes(damaged)
    assert main(["evaluate", str(folder), *NETWORK]) == 2
    assert "one in ten" in capsys.readouterr().err


def test_pictures_that_may_have_twelve_bits_are_counted_and_can_be_read_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ten_folders(tmp_path / "ten")
    for path in folder.rglob("*.png"):
        Image.fromarray(np.full((32, 32), 4000, np.uint16)).save(path)
    assert main(["evaluate", str(folder), *NETWORK]) == 0
    assert "16 bits" in capsys.readouterr().err
    assert main(["evaluate", str(folder), *NETWORK, "--twelve-bits"]) == 0
    assert "bits" not in capsys.readouterr().err


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
    command = ["evaluate", str(data / "test"), "--device", "cpu"]
    command += ["--weights", str(folder / "weights.safetensors")]
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    assert round(json.loads(said.out)["error"], 3) == card["test_error_percent"]
    assert "all shortcuts cut" in said.err
    for flags, words in (
        ((), "3 of 3 shortcuts cut"),
        (("--cut", "none"), "all shortcuts open"),
        (("--strength", "2=0.5"), "1 shortcut weakened (2=0.5)"),
        (("--drop", "3"), "3 of 3 shortcuts cut, 1 of 3 residual branches dropped (3)"),
    ):
        assert main([*command, *flags]) == 0
        said = capsys.readouterr()
        assert f"ResNet-8, {words}: " in said.out
        assert ("comes from training" in said.err) is ("3 of 3" in words)


def test_pictures_without_a_highest_class_are_counted_as_wrong_and_said(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are of the first class, which the highest of many NaN would be taken for."""

    def spoiled(spec: NetworkSpec) -> Mapping[str, Tensor]:
        state = build(spec).state_dict()
        state["bn1.running_var"].fill_(-1.0)
        return state

    monkeypatch.setattr(evaluate, "resolve", spoiled)
    for picture in (data / "test" / "dark").iterdir():
        picture.unlink()
    (data / "test" / "dark").rmdir()
    classes = data / "classes.txt"
    classes.write_text("\n".join(["bright", *(f"other {n}" for n in range(8)), "dark"]))
    assert main(["evaluate", str(data / "test"), *NETWORK, "--classes", str(classes), "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (found["error"], found["pictures"], found["not_finite"]) == (100.0, 8, 8)
    assert "not finite" in captured.err

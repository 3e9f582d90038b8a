"""`train` leaves a run that the other verbs can use, refuses to overwrite one, and continues it."""

import json
import re
from pathlib import Path

import pytest
from safetensors import safe_open

from resnet_viewer.cli import main


def words(data: Path, out: Path, *more: str) -> list[str]:
    base = ["train", "--data", str(data), "--network", "cifar-resnet-8", "--epochs", "4", "--out", str(out)]
    return [*base, "--batch", "16", "--rate", "0.02", "--device", "cpu", "--threads", "1", *more]


def test_a_run_is_trained_written_and_evaluated(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert main(words(data, out)) == 0
    folder = out / "cifar-resnet-8"
    assert {path.name for path in folder.iterdir()} == {
        "checkpoint.pt", "log.csv", "gradients.csv", "weights.safetensors", "card.json",
    }  # fmt: skip
    card = json.loads((folder / "card.json").read_text())
    assert card["class_names"] == ["bright", "dark"]
    assert card["epochs"] == 4
    assert str(tmp_path) not in json.dumps(card)
    assert len((folder / "log.csv").read_text().splitlines()) == 5
    with safe_open(folder / "weights.safetensors", "pt") as file:
        assert json.loads(file.metadata()["classes"]) == ["bright", "dark"]
    capsys.readouterr()

    weights = str(folder / "weights.safetensors")
    assert main(["evaluate", str(data / "test"), "--weights", weights, "--json", "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == pytest.approx(card["test_error_percent"], abs=0.01)
    assert "assumed" not in captured.err  # the card tells the normalisation and the classes

    assert main(words(data, out)) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(words(data, out, "--resume")) == 0
    assert json.loads((folder / "card.json").read_text())["test_error_percent"] == card["test_error_percent"]
    monkeypatch.setattr(
        "resnet_viewer.core.datasets.load", lambda *_: pytest.fail("pictures were read first")
    )
    assert main([*words(data, out, "--resume"), "--seed", "1"]) == 2
    assert "other settings (network)" in capsys.readouterr().err
    (folder / "checkpoint.pt").write_bytes(b"damaged")
    assert main(words(data, out, "--resume")) == 2
    assert "cannot be read as a checkpoint" in capsys.readouterr().err


def test_a_missing_data_set_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(tmp_path / "nowhere", tmp_path / "out")) == 2
    assert "train/<class>/" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "fast"])
def test_a_rate_must_be_a_positive_number(
    rate: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words(data, tmp_path / "out", f"--rate={rate}"))
    assert ended.value.code == 2
    assert "--rate" in capsys.readouterr().err


def test_networks_for_pictures_of_different_sizes_are_trained_apart(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(data, tmp_path / "out", "--network", "cifar-resnet-8", "resnet18")) == 2
    assert "different sizes" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_depths_kinds_and_seeds_make_a_folder_each_and_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--depth",
        "8",
        "--kind",
        "plain,residual",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--device",
        "cpu",
    ]
    assert main(["train", "--data", "digits", "--out", str(tmp_path), "--recipe", "adam", *arguments]) == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        f"cifar-{kind}-8-seed-{seed}" for kind in ("plain", "resnet") for seed in (0, 1)
    ]
    card = json.loads((tmp_path / "cifar-plain-8-seed-1" / "card.json").read_text(encoding="utf-8"))
    assert (card["seed"], card["recipe"]["optimizer"], card["recipe"]["augmentation"]) == (1, "adam", "none")
    drawn = {
        "curves.svg",
        "curves.pdf",
        "curves.png",
        "curves.csv",
        "gradients.svg",
        "gradients.pdf",
        "gradients.png",
    }
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == drawn
    table = capsys.readouterr().out.splitlines()[-3:]
    assert table[0].split()[:2] == ["network", "seeds"]
    assert [line.split()[:2] for line in table[1:]] == [["cifar-plain-8", "2"], ["cifar-resnet-8", "2"]]
    assert table[1].count("±") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Say which networks"),
        (["--depth", "20;56"], "is not a list of depths"),
        (["--depth", "20", "--kind", "plane"], "no kind 'plane'"),
        (["--depth", "21"], "6n . 2"),
    ],
)
def test_what_names_no_network_is_refused(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", "digits", "--epochs", "1", "--out", str(tmp_path), *arguments]) == 2
    assert re.search(sentence, capsys.readouterr().err)

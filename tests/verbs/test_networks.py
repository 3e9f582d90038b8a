"""`networks` lists what the catalog builds, with the numbers that other programs read."""

import json
from pathlib import Path

import pytest

from resnet_viewer.cli import main


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json"]) == 0
    found = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert all(
        set(entry) == {"name", "family", "depth", "parameters", "macs", "weights"} for entry in found.values()
    )
    assert found["cifar-resnet-56"]["parameters"] == 853_018
    assert found["resnet50"]["parameters"] == 25_557_032
    assert "IMAGENET1K_V2" in found["resnet50"]["weights"]
    assert main(["networks"]) == 0
    assert "cifar-plain-1202" in capsys.readouterr().out


def test_one_network_and_its_layers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "resnext50_32x4d", "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert main(["networks", "resnext50_32x4d", "--layers", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert sum(layer["macs"] for layer in layers) == entry["macs"]
    norms = sum(2 * layer["weight_shape"][0] for layer in layers if layer["kind"] != "linear")
    assert sum(layer["parameters"] for layer in layers) + norms == entry["parameters"]
    grouped = next(layer for layer in layers if layer["name"] == "layer2.0.conv2")
    assert grouped == {
        "name": "layer2.0.conv2",
        "kind": "conv",
        "block": 4,
        "weight_shape": [256, 8, 3, 3],
        "output_shape": [256, 28, 28],
        "stride": 2,
        "groups": 32,
        "parameters": 256 * 8 * 9,
        "macs": 256 * 8 * 9 * 28 * 28,
    }
    assert main(["networks", "cifar-resnet-20", "--layers"]) == 0
    printed = capsys.readouterr().out
    assert "269\u00a0722 parameters" in printed
    assert "layer3.0.conv1" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["networks", "resnet19"], "no network called resnet19"),
        (["networks", "--layers"], "say which"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["networks", "resnet18", "foo"], "foo"),
        (["probe"], "PICTURE"),
        (["train", "--data", "x", "--network", "y", "--out", "z", "--epochs", "0"], "--epochs"),
        (["evaluate", "x", "--device", "abacus"], "abacus"),
        (["evaluate", "x", "--device", "cuda:"], "cuda:N"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    said_so = capsys.readouterr().err.strip()
    assert said in said_so
    assert len(said_so.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ([], ("VGG-19", "Plain-34", "ResNet-34")),
        (["cifar-resnet-20"], ("ResNet-20",)),
        (["--columns", "alexnet, cifar-plain-8"], ("AlexNet", "Plain-8")),
    ],
)
def test_networks_as_columns(words: list[str], titles: tuple[str, ...], tmp_path: Path) -> None:
    assert main(["networks", *words, "--figure", str(tmp_path / "a.svg")]) == 0
    drawn = (tmp_path / "a.svg").read_text()
    assert all(f">{title}</text>" in drawn for title in titles)
    assert drawn.count("GMACs</text>") + drawn.count("MMACs</text>") == len(titles)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--figure", "a.jpg"], ".svg, .pdf or .png"),
        (["--figure", "a.svg", "--columns", "vgg19,plane34"], "no network called plane34"),
        (["--figure", "a.svg", "--columns", ","], "Name 1 to 8"),
        (["--figure", "a.svg", "--layers"], "second command"),
        (["resnet18", "--figure", "a.svg", "--columns", "vgg19"], "Name resnet18 among"),
        (["--columns", "vgg19"], "--figure"),
    ],
)
def test_a_figure_that_cannot_be_drawn_is_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["networks", *words]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1
    assert not Path("a.svg").exists()

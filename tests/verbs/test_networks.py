"""`networks` lists what the catalog builds, with the numbers that other programs read."""

import json

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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["networks", "foo"], "foo"),
        (["probe"], "PICTURE"),
        (["train", "--data", "x", "--network", "y", "--out", "z", "--epochs", "0"], "--epochs"),
        (["evaluate", "x", "--device", "abacus"], "abacus"),
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

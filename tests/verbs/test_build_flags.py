"""Flags that build a network otherwise than usual, for `probe` and for the window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viewer.app import first_session, network_problem
from resnet_viewer.app import parser as window_parser
from resnet_viewer.cli import main
from resnet_viewer.records.network import USUAL, BuildOptions
from resnet_viewer.verbs.arguments import build_options

NETWORK = ("--network", "cifar-resnet-8", "--weights", "none", "--device", "cpu")


def test_probe_reads_a_network_that_is_built_otherwise(photo: Path, tmp_path: Path) -> None:
    flags = ("--class-count", "4", "--input-side", "48", "--input-channels", "1")
    assert main(["probe", str(photo), "--out", str(tmp_path / "out"), *NETWORK, *flags]) == 0
    state = json.loads((tmp_path / "out" / "probe.json").read_text())["state"]
    assert (state["network"]["classes"], state["network"]["channels"]) == (4, 1)
    assert state["preprocessing"]["crop"] == 48


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--pooling", "maximum"], "classifier"),
        (["--weights", "bundled", "--network", "cifar-resnet-56", "--class-count", "5"], "weights “none”"),
        (["--network", "resnet50", "--input-side", "20"], "32 to 4096"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    flags: list[str], said: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", str(photo), "--out", str(tmp_path / "out"), *NETWORK, *flags]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert said in error
    assert not (tmp_path / "out").exists()


def test_the_window_takes_the_same_flags() -> None:
    words = "--no-classifier --pooling none --input-side 64 --input-channels 3"
    options = build_options(window_parser().parse_args(words.split()))
    assert options == BuildOptions(None, 64, 3, has_classifier=False, pooling="none")
    assert build_options(window_parser().parse_args([])) == USUAL


def test_the_windows_first_network_is_built_with_them() -> None:
    usual = first_session("cifar-resnet-56", None).setup.state.network
    assert usual.weights.source == "bundled"
    other = first_session("cifar-resnet-56", None, BuildOptions(classes=3)).setup.state.network
    assert (other.weights.source, other.classes) == ("none", 3)
    asked = ["--network", "cifar-resnet-56"]
    assert network_problem(window_parser().parse_args([*asked, "--class-count", "3"])) is None
    assert "not of 3" in str(network_problem(window_parser().parse_args([*asked, "--input-side", "3"])))

"""`probe --method` writes a figure and a table of each method, and refuses what does not fit before it computes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer import notebook
from resnet_viewer.cli import main
from resnet_viewer.records.method import METHODS

NETWORK = ("--network", "cifar-resnet-8", "--weights", "none", "--seed", "3", "--device", "cpu")


def values(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_every_method_has_its_files_and_python_finds_the_same(photo: Path, tmp_path: Path) -> None:
    wished = ["integrated-gradients", "hires_cam", "noise_tunnel"]
    options = ["n_steps=6", "over=input_x_gradient", "noise_tunnel.nt_samples=2"]
    words = ["probe", str(photo), "--out", str(tmp_path), *NETWORK, "--cut", "2", "--method-block", "2"]
    for option in options:
        words += ["--method-option", option]
    assert main([*words, "--method", *wished]) == 0
    names = [name.replace("-", "_") for name in wished]
    written = {path.name for path in (tmp_path / "methods").iterdir()}
    assert written == {f"{name}.{kind}" for name in names for kind in ("csv", "svg", "pdf", "png")}
    told = json.loads((tmp_path / "probe.json").read_text())["methods"]
    assert [each["method"] for each in told] == names
    assert [each["block"] for each in told] == [None, 2, None]
    assert told[0]["options"]["n_steps"] == 6
    assert told[0]["now"]["forward_passes"] == 8
    assert told[2]["now"]["backward_passes"] == 2
    assert told[1]["now"]["convergence_delta"] is None

    network = notebook.build("cifar-resnet-8", seed=3)
    usual = notebook.load("cifar-resnet-8", "none")
    model = notebook.Model(network, usual.preprocessing, usual.class_names)
    before = network.wiring
    target = notebook.probe(photo, model).target
    now = notebook.explain(model, photo, n_steps=6, cut="2", target=target)
    reference = notebook.explain(model, photo, n_steps=6, target=target)
    assert network.wiring == before
    assert told[0]["now"]["convergence_delta"] == now.delta
    for column, found in (("now", now), ("reference", reference)):
        read = [float(row[column]) for row in values(tmp_path / "methods" / "integrated_gradients.csv")]
        np.testing.assert_array_equal(np.float32(read), found.map.ravel())
    assert not np.array_equal(now.map, reference.map)
    assert now.table()[33] == {"row": 1, "column": 1, "value": float(now.map[1, 1]), "y": 1.0, "x": 1.0}
    assert repr(now) == (
        f"<ResNet-8, 1 of 3 shortcuts cut (2): Integrated gradients of {photo.name}, 32 × 32>"
    )


def test_pictures_of_a_batch_have_a_folder_each(photo: Path, tmp_path: Path) -> None:
    words = ["probe", str(photo), str(photo), "--out", str(tmp_path), *NETWORK, "--method", "saliency"]
    assert main(words) == 0
    for place in (1, 2):
        assert (tmp_path / "methods" / f"picture_{place}" / "saliency.csv").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "integrated_gradient"], "integrated_gradients (the nearest)"),
        (["--method", "saliency", "--method-option", "n_steps=3"], "--method-option must be one of abs"),
        (["--method", "saliency", "--method-option", "abs"], "takes KEY=VALUE"),
        (["--method", "saliency", "--method-option", "abs=3"], "abs must be True or False, not 3"),
        (
            ["--method", "saliency", "--method-option", "occlusion.strides=3"],
            "a method that --method does not name",
        ),
        (["--method", "integrated_gradients", "--method-option", "n_steps=1"], "from 2 to 1000, not 1"),
        (["--method", "layer_cam", "--method-block", "9"], "block must be one from 1 to 3, not 9"),
        (["--method", "deep_lift", "--network", "cifar-resnet-8-highway"], "no rule for the product"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    words: list[str], said: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["probe", str(photo), "--out", str(out), *NETWORK, *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not out.exists()


def test_the_list_names_every_method_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["probe", "--list-methods"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for method in METHODS:
        assert f"{method.name}: {method.title}" in told
    assert "n_steps=50" in told

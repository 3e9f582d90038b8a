"""`probe` keeps its contract: files, columns, keys, exit status, one sentence for bad input."""

import csv
import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viewer.cli import main
from resnet_viewer.core.network import build, wired
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.weights import published
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.weight_files import save_safetensors
from resnet_viewer.media.pictures import read
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import CIFAR10_PREPROCESSING
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.session import Setup
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.verbs import probe

NETWORK = ("--network", "cifar-resnet-14", "--weights", "none", "--seed", "3", "--device", "cpu")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "gradient_norms.csv").open(newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_every_file_is_written_and_agrees_with_autograd(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "deeper"
    words = [
        "probe",
        str(photo),
        "--out",
        str(out),
        *NETWORK,
        "--cut",
        "2,4-5",
        "--drop",
        "3",
        "--strength",
        "6=0.5",
    ]
    assert main([*words, "--layer", "stem", "--layer", "layer2.0", "layer1.0.conv2"]) == 0
    written = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert written == {
        "gradient_norms.csv", "gradient_norms.svg", "gradient_norms.pdf", "gradient_norms.png", "predictions.json",
        "gradcam.png", "gradcam.npz", "probe.json", "feature_maps/stem.png", "feature_maps/layer2.0.png",
        "feature_maps/layer1.0.conv2.png", "activations.csv", "activations.png",
    }  # fmt: skip

    network = build(replace(spec("cifar-resnet-14"), seed=3))
    images = prepare(read(photo), CIFAR10_PREPROCESSING)
    target = int(network(images)[0].argmax())
    gates = Wiring.all_open(6).with_shortcuts([2, 4, 5], 0.0).with_shortcuts([6], 0.5).with_branches([3], 0.0)
    with wired(network, gates):
        logits = network(images)
    logits[0, target].backward()
    found = rows(out)
    layers = blueprint(network.spec).layers
    assert [row["layer"] for row in found] == [layer.name for layer in layers]
    assert [row["kind"] for row in found] == [layer.kind for layer in layers]
    for row in found:
        gradient = network.get_parameter(f"{row['layer']}.weight").grad
        expected = 0.0 if gradient is None else float(gradient.double().norm())
        assert float(row["now"]) == pytest.approx(expected, rel=1e-5)
    assert float(found[5]["now"]) == 0.0  # block 3's branch is dropped
    predictions = json.loads((out / "predictions.json").read_text())
    assert predictions["target"] == target
    assert predictions["probabilities"] == pytest.approx(logits.detach().softmax(1)[0].tolist(), rel=1e-5)
    assert len(predictions["classes"]) == 10
    cams = np.load(out / "gradcam.npz")
    assert list(cams) == [*(f"block_{n:03d}" for n in range(1, 7)), "strides", "offsets"]
    assert cams["block_001"].shape == (32, 32)
    assert cams["block_006"].shape == (8, 8)


@pytest.mark.usefixtures("blank_figures")
def test_a_picture_that_may_have_twelve_bits_is_said_so_and_can_be_read_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = tmp_path / "scan.png"
    Image.fromarray(np.full((32, 32), 4095, np.uint16)).save(scan)
    seen = []
    readings = probe.readings

    def watched(setup: Setup, *rest: NetworkState | None, device: str) -> tuple[ProbeResult, ProbeResult]:
        assert setup.picture is not None
        seen.append(int(setup.picture.pixels.max()))
        return readings(setup, *rest, device=device)

    monkeypatch.setattr(probe, "readings", watched)
    assert main(["probe", str(scan), "--out", str(tmp_path / "a"), *NETWORK]) == 0
    assert "16 bits" in capsys.readouterr().err
    assert main(["probe", str(scan), "--out", str(tmp_path / "b"), *NETWORK, "--twelve-bits"]) == 0
    assert "twelve-bits" not in capsys.readouterr().err
    assert seen == [16, 255]


@pytest.mark.usefixtures("blank_figures")
@pytest.mark.filterwarnings("ignore::UserWarning:captum")
def test_captum_gives_its_opinion_where_it_is_asked(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["probe", str(photo), "--out", str(tmp_path), *NETWORK, "--cut", "2", "--second-opinion"]
    assert main(words) == 0
    told = json.loads((tmp_path / "probe.json").read_text())["second_opinion"]
    assert told["by"].startswith("captum ")
    assert 0 < len(told["grad_cam"]) <= 3
    assert max(told["grad_cam"].values()) < 1e-5
    assert "captum's Grad-CAM of block" in capsys.readouterr().err


@pytest.mark.usefixtures("blank_figures")
def test_the_reference_is_the_network_with_everything_open(photo: Path, tmp_path: Path) -> None:
    assert main(["probe", str(photo), "--out", str(tmp_path / "cut"), *NETWORK, "--cut", "all"]) == 0
    assert main(["probe", str(photo), "--out", str(tmp_path / "open"), *NETWORK, "--cut", "none"]) == 0
    cut, intact = rows(tmp_path / "cut"), rows(tmp_path / "open")
    assert [row["reference"] for row in cut] == [row["now"] for row in intact]
    assert cut[0]["now"] != cut[0]["reference"]


@pytest.mark.usefixtures("blank_figures")
def test_the_loss_and_a_named_target_can_be_asked_for(photo: Path, tmp_path: Path) -> None:
    words = [
        "probe",
        str(photo),
        "--out",
        str(tmp_path / "out"),
        *NETWORK,
        "--target",
        "horse",
        "--gradient",
        "loss",
    ]
    assert main(words) == 0
    document = json.loads((tmp_path / "out" / "probe.json").read_text())
    assert document["target"] == {"index": 7, "name": "horse"}
    assert document["gradient_of"] == "loss"
    assert document["versions"]["torch"] == torch.__version__


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--network", "resnet7"], "no network called resnet7"),
        (["--network", "cifar-resnet-21"], "6n"),
        (["--cut", "99"], "no block 99"),
        (["--cut", "x"], "list of blocks"),
        (["--network", "cifar-plain-14", "--cut", "3"], "plain network"),
        (["--strength", "1=7"], "between 0 and 1"),
        (["--target", "unicorn"], "unicorn"),
        (["--layer", "layer9"], "layer9"),
        (["--weights", "missing.pth"], "missing.pth"),
        (["--mean", "1,2,3"], "--std"),
        (["--mean", "1,2,3", "--std", "0,1,1"], "positive"),
        (["--mean", "nan,0,0", "--std", "1,1,1"], "R,G,B"),
        (["--crop", "40"], "--resize"),
        (["--classes", "missing.txt"], "missing.txt"),
        (["--classes", "."], "names of the classes"),
        (["--cut", "9" * 5000], "list of blocks"),
        (["--target", "9" * 5000], "index from 0 to 9"),
        (["--network", "resnet" + "9" * 5000], "no network called"),
        (["--weights", "w" * 5000], "no such file"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(
    words: list[str], said: str, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    base = [] if "--network" in words else list(NETWORK)
    assert main(["probe", str(photo), "--out", str(out), *base, *words]) == 2
    captured = capsys.readouterr()
    last = captured.err.strip().splitlines()[-1]
    assert said in last
    assert "Traceback" not in captured.err
    assert not out.exists()


def test_a_folder_or_a_broken_picture_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for path in (tmp_path, broken, tmp_path / "missing.png"):
        assert main(["probe", str(path), "--out", str(tmp_path / "out"), *NETWORK]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_an_output_folder_that_cannot_be_made_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    is_file = f"{file} is a file, not a folder"
    for out, words in (
        (file, is_file),
        (file / "out", is_file),
        (tmp_path / ("long" * 100), "Cannot write in the folder"),
    ):
        assert main(["probe", str(photo), "--out", str(out), *NETWORK]) == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert said.startswith(words)
        assert said.endswith("choose another one.")


def test_weights_that_cannot_be_downloaded_are_refused(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:  # bound, but nobody listens: whoever connects is refused
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/resnet18-01234567.pth"
        theirs = replace(published.look_up("resnet18", "IMAGENET1K_V1"), url=url)
        monkeypatch.setattr(published, "look_up", lambda *_: theirs)
        monkeypatch.setattr(published, "cache", lambda: tmp_path / "cache")
        words = ["--network", "resnet18", "--weights", "IMAGENET1K_V1"]
        assert main(["probe", str(photo), "--out", str(tmp_path / "out"), *words]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "cannot be reached" in said
    assert not (tmp_path / "out").exists()


def test_no_file_tells_in_which_folders_it_was_made(photo: Path, tmp_path: Path) -> None:
    weights = tmp_path / "own.pth"
    torch.save(build(spec("cifar-resnet-8")).state_dict(), weights)
    out = tmp_path / "out"
    assert main(["probe", str(photo), f"--out={out}", "--weights", str(weights), "--device", "cpu"]) == 0
    document = json.loads((out / "probe.json").read_text())
    assert document["command"] == "resnet-viewer probe photo.png --out=out --weights own.pth --device cpu"
    assert document["state"]["network"]["weights"]["name"] == "own.pth"
    assert any("assumed" in note for note in document["notes"])
    for path in out.rglob("*.*"):
        assert str(tmp_path).encode() not in path.read_bytes(), path.name


@pytest.mark.usefixtures("blank_figures")
def test_another_network_is_the_reference(photo: Path, tmp_path: Path) -> None:
    assert (
        main(["probe", str(photo), "--out", str(tmp_path), *NETWORK, "--reference-network", "cifar-plain-8"])
        == 0
    )
    described = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    assert described["reference"]["network"]["name"] == "cifar-plain-8"
    assert "reference: Plain-8, untrained (seed 3)" in described["caption"]
    found = rows(tmp_path)
    assert [bool(row["now"]) for row in found] == [True] * 14 + [False] * 8
    assert [bool(row["reference"]) for row in found] == [False] * 14 + [True] * 8


@pytest.mark.usefixtures("blank_figures")
def test_reference_weights_without_a_file_are_of_the_same_network(photo: Path, tmp_path: Path) -> None:
    flags = ["--network", "cifar-resnet-20", "--reference-weights"]
    assert main(["probe", str(photo), "--out", str(tmp_path), *flags, "none"]) == 0
    described = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    reference = described["reference"]["network"]
    assert (reference["name"], reference["weights"]["source"]) == ("cifar-resnet-20", "none")
    assert all(row["now"] and row["reference"] for row in rows(tmp_path))
    flags = ["--network", "cifar-resnet-8", "--weights", "none", "--class-count", "7", "--reference-weights"]
    assert main(["probe", str(photo), "--out", str(tmp_path), *flags, "none"]) == 0
    described = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    assert described["reference"]["network"]["classes"] == 7


@pytest.mark.usefixtures("blank_figures")
def test_reference_weights_have_their_shortcuts_as_in_training(photo: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    told = {"network": "cifar-resnet-8", "shortcut_strength": "0.0"}
    save_safetensors(path, build(spec("cifar-resnet-8")).state_dict(), metadata=told)
    flags = ["--out", str(tmp_path / "out"), *NETWORK, "--reference-weights", str(path)]
    assert main(["probe", str(photo), *flags]) == 0
    described = json.loads((tmp_path / "out" / "probe.json").read_text(encoding="utf-8"))
    assert set(described["reference"]["wiring"]["shortcuts"]) == {0.0}
    assert set(described["state"]["wiring"]["shortcuts"]) == {1.0}


@pytest.mark.usefixtures("blank_figures")
def test_a_blocks_channel_is_the_target(photo: Path, tmp_path: Path) -> None:
    assert main(["probe", str(photo), "--out", str(tmp_path), *NETWORK, "--target", "block:4:7"]) == 0
    described = json.loads((tmp_path / "probe.json").read_text(encoding="utf-8"))
    assert described["target"] == {"index": "block:4:7", "name": "block 4, channel 7"}
    assert "gradient of the mean of channel 7 of block 4" in described["caption"]


def test_several_pictures_are_probed_together(photo: Path, tmp_path: Path) -> None:
    """Gradients are those of the summed score; every other file has what belongs to each picture."""
    other, out = tmp_path / "other.png", tmp_path / "out"
    Image.fromarray(np.full((40, 40, 3), (250, 20, 20), np.uint8)).save(other)
    words = ["probe", str(photo), str(other), "--out", str(out), *NETWORK, "--cut", "2", "--target", "cat"]
    assert main([*words, "--layer", "stem"]) == 0
    network = build(replace(spec("cifar-resnet-14"), seed=3))
    network.set_wiring(Wiring.all_open(6).with_shortcuts([2], 0.0))
    images = torch.cat([prepare(read(path), CIFAR10_PREPROCESSING) for path in (photo, other)])
    logits = network.eval()(images)
    logits[:, 3].sum().backward()
    for row in rows(out):
        gradient = network.get_parameter(f"{row['layer']}.weight").grad
        assert gradient is not None
        assert float(row["now"]) == pytest.approx(float(gradient.double().norm()), rel=1e-5)
    predictions = json.loads((out / "predictions.json").read_text())
    assert [told["name"] for told in predictions["pictures"]] == ["photo.png", "other.png"]
    for told, given in zip(predictions["pictures"], logits.softmax(1).tolist(), strict=True):
        assert told["target"] == 3
        assert told["probabilities"] == pytest.approx(given, abs=1e-5)
    described = json.loads((out / "probe.json").read_text())
    assert [told["picture"]["name"] for told in described["pictures"]] == ["photo.png", "other.png"]
    assert "the summed score of cat over 2 pictures" in described["caption"]
    with np.load(out / "gradcam.npz") as cams:
        assert cams["block_006"].shape == (2, 8, 8)
    for name in ("gradcam.png", "feature_maps/picture_1/stem.png", "feature_maps/picture_2/stem.png"):
        assert (out / name).is_file()


def test_too_many_pictures_at_once_are_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", *[str(photo)] * 17, "--out", str(tmp_path / "out"), *NETWORK]) == 2
    assert "17 pictures are too many to be probed together: give at most 16" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

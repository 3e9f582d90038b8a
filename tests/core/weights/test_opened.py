"""What is assumed of a weight file is said until it is told."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_viewer.core.lab.run_files import write_state
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import adjusted, described, open_network
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, IMAGENET_MEAN, IMAGENET_STD, OwnInput
from resnet_viewer.records.requests import OpenedNetwork
from resnet_viewer.records.training import RunSpec
from resnet_viewer.records.wiring import Wiring


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenedNetwork:
    """A file that tells nothing but its tensors, opened without a network's name."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))
    torch.save(build(spec("cifar-resnet-8")).state_dict(), tmp_path / "w.th")
    return open_network(None, str(tmp_path / "w.th"))


def test_what_a_file_does_not_tell_is_said(opened: OpenedNetwork) -> None:
    chosen, assumed = opened.sentences
    assert chosen.startswith("w.th fits ResNet-8 and Plain-8 alike")
    assert assumed == (
        "w.th does not tell its preprocessing and class names: normalisation CIFAR-10, resize 32 and crop 32, "
        "and CIFAR-10's names are assumed."
    )


def test_what_the_window_says_of_a_file_is_one_sentence_that_names_it_once(opened: OpenedNetwork) -> None:
    chosen, assumed = opened.sentences
    assert opened.sentence == f"{chosen[:-1]}, and it {assumed.removeprefix('w.th ')}"
    assert replace(opened, notes=()).sentence == assumed
    assert replace(opened, notes=("ResNet-8 is new.",)).sentence == f"ResNet-8 is new. {assumed}"
    assert replace(opened, notes=(), is_assumed=False, names_are_assumed=False).sentence == ""


def test_what_is_told_is_assumed_no_longer(opened: OpenedNetwork, tmp_path: Path) -> None:
    told = adjusted(opened, OwnInput(IMAGENET_MEAN, IMAGENET_STD, resize=40, crop=36))
    wanted = replace(opened.preprocessing, mean=IMAGENET_MEAN, std=IMAGENET_STD, resize=40, crop=36)
    assert told.preprocessing == wanted
    assert told.sentences == (
        opened.notes[0],
        "w.th does not tell its class names: CIFAR-10's names are assumed.",
    )
    (tmp_path / "names.txt").write_text("\n".join("abcdefghij"))
    named = adjusted(told, OwnInput(classes=tmp_path / "names.txt"))
    assert named.class_names == tuple("abcdefghij")
    assert named.sentences == opened.notes


@pytest.mark.parametrize(("strength", "words"), [(0.0, "cut"), (0.5, "open by 0.5")])
def test_shortcuts_are_as_training_left_them_and_that_is_said(
    strength: float, words: str, tmp_path: Path
) -> None:
    network = spec("cifar-resnet-8")
    run = RunSpec(network, "digits", 1).intervened(0, strength)
    path = tmp_path / "w.safetensors"
    write_state(path, run, build(network).state_dict(), CIFAR10_CLASSES, 1, steps_per_epoch=1)
    opened = open_network(None, str(path))
    assert opened.state.wiring == Wiring.evenly(3, strength)
    assert (
        opened.sentence == f"w.safetensors comes from training with all shortcuts {words}, so they are here."
    )
    plain = described(replace(spec("cifar-plain-8"), weights=opened.spec.weights))
    assert plain.state.wiring.is_open
    assert not plain.sentence


def test_untrained_weights_are_said_whatever_the_normalisation() -> None:
    opened = adjusted(open_network("cifar-resnet-8", "none", seed=3), OwnInput((0.0,) * 3, (1.0,) * 3))
    assert opened.sentences == (
        "ResNet-8 is untrained: its weights are drawn from seed 3, and its answers mean nothing.",
    )


def test_a_crop_must_fit_into_the_resized_picture(opened: OpenedNetwork) -> None:
    with pytest.raises(UserError, match="crop of 64 pixels is larger than the picture resized to 32"):
        adjusted(opened, OwnInput(crop=64))


def test_what_begins_as_zero_is_said_where_it_is_opened() -> None:
    _, begins = open_network("cifar-resnet-8-skipinit").notes
    assert "only what multiplies a branch has one" in begins
    assert len(open_network("cifar-resnet-8-nobn").notes) == 1

"""A folder of awkward files, as people have them: each is the right network, or is refused in the right sentence."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from resnet_viewer.core import preprocessing
from resnet_viewer.core.network import build
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.opened import described
from resnet_viewer.core.weights.unwrapping import unwrapped
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec

State = Mapping[str, Tensor]
SMALL = spec("cifar-resnet-8-b", classes=4)
NAMES = ["crow", "duck", "gull", "swan"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of their own."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


def _state(network: NetworkSpec) -> dict[str, Tensor]:
    return dict(build(network).state_dict())


def _prefixed(prefix: str, state: State) -> dict[str, Tensor]:
    return {prefix + key: tensor for key, tensor in state.items()}


def _lightning(state: State) -> object:
    inside = _prefixed("model.", state)
    return {
        "state_dict": inside,
        "pytorch-lightning_version": "2.4.0",
        "epoch": 9,
        "loops": {},
        "callbacks": {},
    }


def _resumable(state: State) -> object:
    return {
        "net": state,
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]},
        "acc": 91.2,
        "best": None,
    }


WRITTEN: dict[str, Callable[[State], object]] = {
    "bare": dict,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model": lambda state: {"model": state},
    "net": _resumable,
    "ema": lambda state: {"ema": {"state_dict": state}},
    "averaged": lambda state: {"n_averaged": torch.tensor(5), **_prefixed("module.", state)},
    "Lightning": _lightning,
    "compiled": lambda state: _prefixed("_orig_mod.", state),
    "parallel and compiled": lambda state: _prefixed("module._orig_mod.", state),
    "backbone and fc": lambda state: {
        key if key.startswith("fc.") else f"backbone.{key}": tensor for key, tensor in state.items()
    },
    "linear and shortcut": lambda state: {
        key.replace("fc.", "linear.").replace("downsample", "shortcut"): tensor
        for key, tensor in state.items()
    },
    "without counters": lambda state: {
        key: tensor for key, tensor in state.items() if not key.endswith("num_batches_tracked")
    },
}


@pytest.mark.parametrize("form", ["zip", "legacy"])
@pytest.mark.parametrize("way", WRITTEN)
def test_however_it_is_wrapped_it_is_the_same_network(tmp_path: Path, way: str, form: str) -> None:
    state = _state(SMALL)
    path = tmp_path / "own.ckpt"
    torch.save(WRITTEN[way](state), path, _use_new_zipfile_serialization=form == "zip")
    told, report = weights.parse(str(path), None)
    assert report is not None
    assert (replace(told, weights=SMALL.weights), report.others, report.sentence) == (SMALL, (), "")
    found = weights.resolve(told)
    assert all(torch.equal(found[key], tensor) for key, tensor in state.items() if "num_batches" not in key)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read(tmp_path: Path, dtype: torch.dtype) -> None:
    state = {
        key: tensor.to(dtype) if tensor.is_floating_point() else tensor
        for key, tensor in _state(SMALL).items()
    }
    save_file(state, tmp_path / "own.safetensors")
    found = weights.resolve(weights.identify(tmp_path / "own.safetensors").spec)
    assert torch.equal(found["fc.weight"], state["fc.weight"].float())


def test_class_names_come_from_the_checkpoint(tmp_path: Path) -> None:
    for is_zip in (True, False):
        content = {"state_dict": _state(SMALL), "class_to_idx": {name: n for n, name in enumerate(NAMES)}}
        torch.save(content, path := tmp_path / f"{is_zip}.pth", _use_new_zipfile_serialization=is_zip)
        report = weights.identify(path)
        assert report.class_names == tuple(NAMES)
        assert preprocessing.default_for(report.spec)[1] == tuple(NAMES)
        assert not described(report.spec).names_are_assumed
        torch.save(content | {"class_to_idx": {"crow": 0}}, path)
        assert weights.identify(path).class_names == ()


def test_a_detector_gives_its_backbone_and_says_so(tmp_path: Path) -> None:
    body = {
        k: v
        for k, v in _state(spec("resnet18")).items()
        if not k.startswith("fc.") and "num_batches" not in k
    }
    rest = {"backbone.fpn.inner_blocks.0.0.weight": torch.ones(2), "rpn.head.conv.0.0.weight": torch.ones(2)}
    torch.save({"model": _prefixed("backbone.body.", body) | rest}, path := tmp_path / "detector.pth")
    report = weights.identify(path)
    assert (report.spec.name, report.spec.classes, report.spec.top_pooling) == ("resnet18", 0, "average")
    assert report.sentence == (
        "detector.pth is a detector, of which only the backbone is opened, as ResNet-18 (no classifier): "
        "backbone.fpn and rpn are left out."
    )
    network = build(report.spec, weights.resolve(report.spec))
    assert torch.equal(network.state_dict()["layer1.0.conv1.weight"], body["layer1.0.conv1.weight"])
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 512)


@pytest.mark.parametrize(
    "name", ["fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn_v2", "maskrcnn_resnet50_fpn"]
)
def test_torchvisions_detectors_are_known_by_their_names(name: str) -> None:
    from torchvision.models import detection

    from resnet_viewer.core.weights.fitting import matches

    with torch.device("meta"):
        theirs = getattr(detection, name)(weights=None, weights_backbone=None).state_dict()
    found = unwrapped(theirs, name)
    assert "backbone.fpn" in found.left_out
    assert [match.spec for match in matches(found.shapes) if not match.differences] == [
        spec("resnet50", classes=0)
    ]


def test_a_backbone_without_a_classifier_opens_as_one(tmp_path: Path) -> None:
    state = {
        key: tensor for key, tensor in _state(spec("cifar-resnet-8")).items() if not key.startswith("fc.")
    }
    torch.save(state, path := tmp_path / "moco.pth")
    report = weights.identify(path)
    assert (report.spec.name, report.spec.has_classifier) == ("cifar-resnet-8", False)
    assert [(other.name, other.classes) for other in report.others] == [("cifar-plain-8", 0)]
    assert report.sentence == (
        "moco.pth holds no classifier; it fits ResNet-8 (no classifier) and Plain-8 (no classifier) alike, because "
        "option A shortcuts have no weights; it is taken for ResNet-8 (no classifier), the residual one of the "
        "paper's own form."
    )


def test_timms_stem_and_projections_are_told_by_a_file_and_a_missing_blur_is_said(tmp_path: Path) -> None:
    small = replace(spec("resnet18d", classes=4), widths=(8, 8, 16, 16), stages=(1, 1, 1, 1))
    state = _state(small)
    torch.save(_prefixed("module.", state), path := tmp_path / "resnetblur18.pth")
    report = weights.identify(path)
    assert report.spec.name == "resnet10d_channels8-8-16-16"
    assert (report.spec.stem_widths, report.spec.pools_projections) == ((32, 32, 64), True)
    assert all(torch.equal(tensor, state[key]) for key, tensor in weights.resolve(report.spec).items())
    assert report.sentence == (
        "resnetblur18.pth is taken for ResNet-10-D with 1-1-1-1 blocks of 8-8-16-16 channels; it is named "
        "resnetblur18, but anti-aliasing leaves no weights: it is opened as ResNet-10-D without it, and "
        "puts out something else."
    )


def test_a_network_that_leaves_no_trace_can_be_named(tmp_path: Path) -> None:
    torch.save(_state(spec("cifar-resnet-8", classes=3)), path := tmp_path / "w.pth")
    told, report = weights.parse(str(path), spec("cifar-resnet-8-bnafter"))
    assert report is not None
    assert (told.name, told.classes, report.sentence) == ("cifar-resnet-8-bnafter", 3, "")
    assert [other.name for other in report.others] == ["cifar-resnet-8", "cifar-plain-8"]
    torch.save(_state(replace(spec("resnet18"), classes=3)), path)
    with pytest.raises(UserError, match=r"w\.pth holds resnet18, not resnet34: choose that network"):
        weights.parse(str(path), spec("resnet34"))


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch owned",)


def _truncated(path: Path) -> None:
    torch.save(_state(SMALL), path)
    path.write_bytes(path.read_bytes()[:-1000])


def _shared(state: State) -> dict[str, Tensor]:
    """Every tensor begins where one storage does."""
    most = torch.ones(max(tensor.numel() for tensor in state.values()))
    return {key: most[: tensor.numel()].view(tensor.shape) for key, tensor in state.items()}


def _deep(layers: int) -> list[str]:
    blocks = [f"layer1.{index}.conv{part}.weight" for index in range(layers // 2) for part in (1, 2)]
    return ["conv1.weight", *blocks, "fc.weight"]


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated": (_truncated, "cannot be opened: it is damaged: its end is missing."),
    "code": (
        lambda path: torch.save(_state(SMALL) | {"x": _Runs()}, path), "it holds more than weights (posix.system)",
    ),
    "old code": (
        lambda path: torch.save({"x": _Runs()}, path, _use_new_zipfile_serialization=False),
        "it holds more than weights (posix.system)",
    ),
    "a transformer": (
        lambda path: torch.save({f"encoder.{n}.weight": torch.ones(2) for n in range(5)}, path),
        "none of its 5 tensors is named as a ResNet's are (conv1.weight, layer1.0.conv1.weight …), but "
        "encoder.0.weight, encoder.1.weight, encoder.2.weight and 2 more.",
    ),
    "squeeze and excitation": (
        lambda path: torch.save(_state(SMALL) | {"layer1.0.se.fc1.weight": torch.ones(4, 4, 1, 1)}, path),
        "the nearest is cifar-resnet-8-b, which has no layer1.0.se.fc1.weight, and the file holds it.",
    ),
    "half a network": (
        lambda path: torch.save({k: v for k, v in _state(SMALL).items() if "layer3.0.bn2" not in k}, path),
        "the nearest is cifar-resnet-8-b, which needs layer3.0.bn2.weight, and the file lacks it (also different: "
        "layer3.0.bn2.bias, layer3.0.bn2.running_mean, layer3.0.bn2.running_var).",
    ),
    "not finite": (
        lambda path: torch.save(_state(SMALL) | {"fc.bias": torch.full((4,), torch.nan)}, path),
        "holds values in fc.bias that are not finite numbers",
    ),
    "negative variances": (
        lambda path: torch.save(_state(SMALL) | {"bn1.running_var": torch.full((16,), -0.5)}, path),
        "holds negative numbers in bn1.running_var, and a variance has none",
    ),
    "tensors that share their numbers": (
        lambda path: torch.save(_shared(_state(SMALL)), path), "holds tensors that share their numbers",
    ),
    "one tensor under many names": (
        lambda path: torch.save(dict.fromkeys(_deep(300), torch.ones(1, 1, 3, 3)), path), "that share their numbers",
    ),
    "too deep": (
        lambda path: torch.save({key: torch.ones(1, 1, 3, 3) for key in _deep(2000)}, path),
        "w.pth would be a network of 2002 layers, and 2000 are the most that are opened: choose another file.",
    ),
    "integers": (
        lambda path: torch.save(_state(SMALL) | {"fc.bias": torch.ones(4, dtype=torch.int8)}, path),
        "holds fc.bias as torch.int8, and weights must be floating point.",
    ),
    "text": (lambda path: path.write_text("weights"), "it is text, not a file of weights: choose one (.pth"),
    "a lying header": (
        lambda path: path.write_bytes(struct.pack("<Q", 10**12) + b"{}"), "its header claims more than the file holds",
    ),
    "nothing": (lambda path: path.touch(), "is empty: choose a file of weights, or get this one again."),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_opened_whole_is_refused_in_a_sentence(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, said = REFUSED[kind]
    write(path := tmp_path / "w.pth")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        weights.identify(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("w.pth ")
    assert str(caught.value).endswith(".")
    assert not (tmp_path / "owned").exists()

"""A checkpoint is held against its run before anything begins: whatever was changed in it is refused in a sentence."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_viewer.core.lab import checkpoints, run_checks
from resnet_viewer.core.lab.checkpoints import ResumeError, read
from resnet_viewer.core.lab.optimizers import memory_shapes, optimizer_for
from resnet_viewer.core.lab.run_checks import NetworkError, require_buildable
from resnet_viewer.core.lab.training import train
from resnet_viewer.core.network import build
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import RECIPES, Recipe
from tests.core.lab.small_training import DATA, RUN, finished

ADAM = replace(RUN, recipe=replace(RECIPES["adam"], batch=8), epochs=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A checkpoint after two epochs by Adam, which remembers most."""
    path = tmp_path_factory.mktemp("run") / "checkpoint.pt"
    finished(ADAM, checkpoint=path)
    return path.read_bytes()


def _written(path: Path, whole: bytes, change: Callable[[dict[str, Any]], object]) -> Path:
    content = torch.load(io.BytesIO(whole), weights_only=True)
    change(content)
    torch.save(content, path)
    return path


def test_one_that_nobody_changed_is_read(tmp_path: Path, whole: bytes) -> None:
    """Else those below would be refused for the wrong reason."""
    found = read(_written(tmp_path / "checkpoint.pt", whole, lambda content: content.pop("kept_at")))
    assert (found.at, len(found.epochs), found.kept_at) == (8, 2, None)
    assert len(found.gradients) == 1
    assert found.run == ADAM


def _run(content: dict[str, Any], **changed: object) -> None:
    run = json.loads(content["run"])
    content["run"] = json.dumps(run | changed)


def _network(content: dict[str, Any], **changed: object) -> None:
    run = json.loads(content["run"])
    content["run"] = json.dumps(run | {"network": run["network"] | changed})


def _epochs(content: dict[str, Any], **changed: object) -> None:
    content["epochs"] = json.dumps([epoch | changed for epoch in json.loads(content["epochs"])])


def _number(value: float, key: str = "conv1.weight") -> Callable[[dict[str, Any]], object]:
    return lambda content: content["network"][key].fill_(value)


def _part(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content.__setitem__(name, value)


CHANGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a step before the first": _part("at", -5),
    "a step after the last": _part("at", 9),
    "a step between epochs": _part("at", 3),
    "a step in text": _part("at", "8"),
    "a step that is no whole number": _part("at", 8.0),
    "a step that is true": _part("at", True),
    "a step without end": _part("at", 2**31 - 1),
    "no step": lambda content: content.pop("at"),
    "epochs of no steps": _part("length", 0),
    "epochs of fewer than none": _part("length", -4),
    "epochs in text": _part("length", "4"),
    "time that runs back": _part("seconds", -1.0),
    "no time": _part("seconds", math.nan),
    "time in text": _part("seconds", "1"),
    "another dictionary as weights": _part("network", {"conv1.weight": torch.ones(2)}),
    "a list as weights": _part("network", [torch.ones(2)]),
    "weights of numbers alone": _part("network", {"conv1.weight": 5}),
    "a weight less": lambda content: content["network"].pop("fc.bias"),
    "a weight more": lambda content: content["network"].__setitem__("more", torch.ones(2)),
    "a weight of another shape": lambda content: content["network"].__setitem__("fc.bias", torch.ones(3)),
    "a weight of another type": lambda content: content["network"].__setitem__("fc.bias", torch.ones(2).double()),
    "weights that are no numbers": _number(math.nan),
    "weights without end": _number(math.inf),
    "a negative variance": _number(-0.5, "bn1.running_var"),
    "a negative count": _number(-1, "bn1.num_batches_tracked"),
    "another optimizer's memories": _part("optimizer", {"0": [], "1": []}),
    "memories of one name more": lambda content: content["optimizer"].__setitem__("2", []),
    "memories of another shape": lambda content: content["optimizer"]["0"].__setitem__(0, torch.ones(1)),
    "memories in text": lambda content: content["optimizer"]["0"].__setitem__(0, "none"),
    "Adam's count of steps": lambda content: content["optimizer"]["1"][-1].fill_(1e9),
    "no Adam's count of steps": lambda content: content["optimizer"]["1"][-1].fill_(math.nan),
    "a step less": lambda content: content.__setitem__("steps", content["steps"][:-1].clone()),
    "steps of other numbers": lambda content: content.__setitem__("steps", content["steps"][:, :4].clone()),
    "steps in float32": lambda content: content.__setitem__("steps", content["steps"].float()),
    "a loss that is no number": lambda content: content["steps"].__setitem__((2, 0), math.nan),
    "steps in a list": _part("steps", [1.0] * 40),
    "records of other layers": lambda content: content["gradients"].__setitem__(0, torch.ones(1, 2).double()),
    "records of one kind": _part("gradients", []),
    "records at no step": _part("recorded", [-1]),
    "records after the last step": _part("recorded", [8]),
    "records at two steps": _part("recorded", [0, 4]),
    "records in text": _part("recorded", ["0"]),
    "classes that there are not": lambda content: content["predicted"].fill_(2),
    "classes below none": lambda content: content["predicted"].fill_(-1),
    "classes in fractions": lambda content: content.__setitem__("predicted", content["predicted"].float()),
    "classes in a list": _part("predicted", [0, 1]),
    "no truth value": _part("has_diverged", "no"),
    "last finite weights to come": _part("kept_at", 9),
    "no JSON": _part("run", "{"),
    "no text": _part("run", {}),
    "nested JSON": _part("run", "[" * 100_000),
    "a run without batches": lambda content: _run(content, recipe=json.loads(content["run"])["recipe"] | {"batch": 0}),
    "a run of other words": lambda content: _run(content, augment="everything"),
    "a network without end": lambda content: _network(content, stages=[10**9] * 3),
    "a network of fewer blocks than none": lambda content: _network(content, stages=[1, -1, 1]),
    "a network that does not fit together": lambda content: _network(content, widths=[16]),
    "a network of wide layers": lambda content: _network(content, widths=[10**6] * 3),
    "an epoch less": lambda content: content.__setitem__("epochs", json.dumps(json.loads(content["epochs"])[:-1][:0])),
    "epochs twice": lambda content: content.__setitem__("epochs", json.dumps(json.loads(content["epochs"]) * 2)),
    "epochs of another number": lambda content: _epochs(content, epoch=0),
    "errors that are no numbers": lambda content: _epochs(content, test_error=math.nan),
    "errors in text": lambda content: _epochs(content, test_error="none"),
    "nothing": lambda content: content.clear(),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGED)
def test_what_was_changed_is_refused_before_anything_begins(kind: str, tmp_path: Path, whole: bytes) -> None:
    path = _written(tmp_path / "checkpoint.pt", whole, CHANGED[kind])
    before = path.read_bytes()
    with pytest.raises(
        ResumeError, match=r"checkpoint\.pt cannot be read as a checkpoint.*; remove it"
    ) as caught:
        next(train(ADAM, DATA, checkpoint=path))
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def _deflated(whole: bytes) -> bytes:
    """The same members, packed, and one that unpacks to a gigabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) if name.endswith(".pkl") else bytes(1 << 20))
    return buffer.getvalue()


def test_neither_packed_files_nor_more_than_tensors_are_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    pickled = b"\x80\x02c__builtin__\nbytearray\n\x8a\x06" + (2**45).to_bytes(6, "little") + b"\x85R."
    with zipfile.ZipFile(bomb := io.BytesIO(), "w") as archive:
        archive.writestr("checkpoint/data.pkl", pickled)
    for data, why in ((_deflated(whole), "compressed archive"), (bomb.getvalue(), "bytearray")):
        path.write_bytes(data)
        with pytest.raises(ResumeError, match="cannot be read as a checkpoint") as caught:
            read(path)
        assert why in str(caught.value.__cause__)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "checkpoint.pt")
    with pytest.raises(ResumeError, match="cannot be read as a checkpoint"):
        next(train(ADAM, DATA, checkpoint=path))


def test_a_file_of_more_bytes_than_any_is_refused(tmp_path: Path) -> None:
    with (path := tmp_path / "checkpoint.pt").open("wb") as file:
        file.truncate(checkpoints.LARGEST_FILE + 1)  # sparse: takes no room
    with pytest.raises(ResumeError, match="cannot be read as a checkpoint"):
        read(path)


@pytest.mark.parametrize(
    "name",
    [
        "cifar-resnet-8",
        "cifar-resnet-8-nobn",
        "cifar-plain-8",
        "cifar-resnet-8-highway",
        "cifar-resnet-8-fixup",
    ],
)
@pytest.mark.parametrize(
    "recipe",
    [*RECIPES.values(), Recipe("none", momentum=0.0), Recipe("all", decays_all=True)],
    ids=lambda it: it.name,
)
def test_an_optimizers_memories_are_told_without_building_it(name: str, recipe: Recipe) -> None:
    optimizer = optimizer_for(build(spec(name)), recipe)
    found = {part: [tuple(tensor.shape) for tensor in own] for part, own in optimizer.state_dict().items()}
    assert memory_shapes(blueprint(spec(name)).state_shapes, recipe) == found


def test_what_a_checkpoint_could_not_hold_is_not_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    deepest = replace(RUN, network=spec("cifar-resnet-1202"), recipe=RECIPES["adam"])
    require_buildable(deepest)
    with pytest.raises(
        NetworkError, match=r"cifar-resnet-4802 is too deep to be trained: .* a checkpoint can have"
    ):
        require_buildable(replace(RUN, network=spec("cifar-resnet-4802")))
    monkeypatch.setattr(run_checks, "MOST_TENSORS", 60)
    with pytest.raises(NetworkError, match="too deep to be trained"):
        next(train(RUN, DATA))

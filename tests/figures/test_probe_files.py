import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resnet_viewer.figures import probe_files
from resnet_viewer.figures.export import json_bytes
from resnet_viewer.figures.probe_files import UnknownLayerError, files
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import NotFinite, ProbeResult
from resnet_viewer.records.target import BlockTarget
from tests.figures.readings import as_trained, pair, partial

ENVIRONMENT = {"versions": {"torch": "2.15.0", "python": "3.11"}, "timings": {"probe": 0.5}}


def written(**changes: object) -> dict[str, bytes]:
    now, reference = pair(cut=(3, 5, 6))
    options: dict[str, object] = {
        "class_names": CIFAR10_CLASSES, "layers": ("stem", "layer2.0.conv1"), "environment": ENVIRONMENT, **changes
    }  # fmt: skip
    return dict(files(now, reference, **options))  # type: ignore[arg-type]


def described(now: ProbeResult, reference: ProbeResult) -> bytes:
    """`probe.json` alone: nothing is drawn."""
    return probe_files.probe_json(now, reference, class_names=CIFAR10_CLASSES, environment=ENVIRONMENT)


def strict(data: bytes) -> dict[str, object]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    loaded = json.loads(data, parse_constant=refuse)
    assert isinstance(loaded, dict)
    return loaded


def test_every_file_of_the_contract_is_there_and_holds_what_it_says() -> None:
    now, reference = pair(cut=(3, 5, 6))
    found = written()
    assert list(found) == [
        "gradient_norms.csv", "gradient_norms.svg", "gradient_norms.pdf", "gradient_norms.png",
        "predictions.json", "gradcam.png", "gradcam.npz", "activations.csv", "activations.png",
        "feature_maps/stem.png", "feature_maps/layer2.0.conv1.png", "probe.json",
    ]  # fmt: skip

    lines = [line for line in found["gradient_norms.csv"].decode().splitlines() if line[0] != "#"]
    rows = list(csv.DictReader(lines))
    assert tuple(rows[0]) == ("layer", "kind", "shape", "now", "reference")
    assert [float(row["now"]) for row in rows] == [layer.gradient_norm for layer in now.layers]
    assert [float(row["reference"]) for row in rows] == [layer.gradient_norm for layer in reference.layers]

    predicted = strict(found["predictions.json"])
    np.testing.assert_array_equal(np.float32(predicted["probabilities"]), now.probabilities[0])
    np.testing.assert_array_equal(
        np.float32(predicted["reference_probabilities"]), reference.probabilities[0]
    )
    assert predicted["classes"] == list(CIFAR10_CLASSES)
    assert predicted["target"] == 3

    with np.load(io.BytesIO(found["gradcam.npz"]), allow_pickle=False) as archive:
        assert archive.files == [*(f"block_{n:03d}" for n in range(1, 10)), "strides", "offsets"]
        assert archive["strides"].tolist() == [1, 1, 1, 2, 2, 2, 4, 4, 4]
        assert archive["offsets"].tolist() == [0.0] * 9
        for block in now.blocks:
            np.testing.assert_array_equal(archive[f"block_{block.number:03d}"], block.cam[0])

    assert found["gradient_norms.pdf"].startswith(b"%PDF")
    for name in (name for name in found if name.endswith(".png")):
        with Image.open(io.BytesIO(found[name])) as image:
            assert image.format == "PNG"
            assert min(image.size) > 500
            said = image.text["Description"]  # type: ignore[attr-defined]
        subject = {
            "gradient_norms": "L2 norm",
            "gradcam": "Grad-CAM",
            "feature_maps": "Feature maps",
            "activations": "Activations",
        }
        assert said.startswith(subject[re.split("[./]", name)[0]])


def test_what_untrained_weights_say_is_called_so() -> None:
    now, reference = pair()
    for ours, theirs in ((now, as_trained(reference)), (as_trained(now), reference), (now, None)):
        predicted = strict(probe_files.predictions_json(ours, theirs, class_names=()))
        assert predicted["is_untrained"] is ours.is_untrained
        assert predicted["reference_is_untrained"] is (None if theirs is None else theirs.is_untrained)
        state: Any = strict(probe_files.probe_json(ours, theirs, class_names=(), environment={}))["state"]
        assert state["is_untrained"] is ours.is_untrained
        assert state["training"].startswith("untrained") is ours.is_untrained


def test_probe_json_defines_the_state() -> None:
    now, reference = pair(cut=(3, 5, 6))
    found = strict(described(now, reference))
    state = found["state"]
    assert isinstance(state, dict)
    assert state["network"]["name"] == "cifar-resnet-20"
    assert state["network"]["seed"] == 0
    assert state["wiring"]["cut"] == "3,5-6"
    assert state["wiring"]["shortcuts"] == [1, 1, 0, 1, 0, 0, 1, 1, 1]
    assert state["preprocessing"]["normalisation"] == "CIFAR-10"
    assert found["target"] == {"index": 3, "name": "cat"}
    assert found["versions"] == ENVIRONMENT["versions"]
    assert found["timings"] == ENVIRONMENT["timings"]
    assert found["gradient_of"] == "score"


def test_without_names_and_reference_everything_is_still_written() -> None:
    now, _ = pair()
    found = dict(files(now, None, class_names=(), environment={}))
    predicted = strict(found["predictions.json"])
    assert predicted["classes"] == [f"class {n}" for n in range(10)]
    assert predicted["reference_probabilities"] is None
    assert b"layer1.0.conv1" in found["gradient_norms.csv"]


def test_json_has_null_and_a_note_where_there_is_no_number() -> None:
    now, _ = pair()
    values = np.array([[0.5, np.nan, np.inf, 0, 0, 0, 0, 0, 0, 0]], np.float32)
    predicted = strict(probe_files.predictions_json(replace(now, probabilities=values), None, class_names=()))
    assert predicted["probabilities"] == [0.5, None, None, 0, 0, 0, 0, 0, 0, 0]
    assert predicted["notes"] == [
        "probabilities[1] is null because it was nan",
        "probabilities[2] is null because it was inf",
    ]


def test_notes_that_are_there_already_are_kept() -> None:
    assert strict(json_bytes({"notes": ["mean assumed"], "x": float("nan")}))["notes"] == [
        "mean assumed",
        "x is null because it was nan",
    ]


def test_json_takes_what_a_file_name_can_hold_and_refuses_what_it_cannot_say() -> None:
    assert strict(json_bytes({"name": "a\udcffb\x00 猫"})) == {"name": "a�b� 猫"}
    with pytest.raises(TypeError, match="thing is of object"):
        json_bytes({"thing": object()})


@pytest.mark.parametrize("layer", ["layer9.0", "fc", "../escape", ""])
def test_an_unknown_layer_is_refused_before_anything_is_made(layer: str) -> None:
    with pytest.raises(UnknownLayerError, match="ResNet-20 has no layer"):
        written(layers=("stem", layer))


def test_an_incomplete_reading_is_refused() -> None:
    now, reference = pair()
    with pytest.raises(ValueError, match="not there yet"):
        list(files(partial(now), reference, class_names=(), environment={}))


def test_values_that_are_not_finite_are_said_in_every_file() -> None:
    now, reference = pair()
    origin = NotFinite("layer2.0.bn1", "negative variance", "layer2.0.bn1.running_var", -0.5, 3)
    lost = replace(
        now,
        logits=np.full_like(now.logits, np.nan),
        probabilities=np.full_like(now.probabilities, np.nan),
        target=BlockTarget(9),
        not_finite=origin,
    )
    found = dict(files(lost, reference, class_names=CIFAR10_CLASSES, environment=ENVIRONMENT))
    said = "its running_var is -0.5 in channel 3, and a variance is never negative."
    told = strict(found["probe.json"])["not_finite"]
    assert isinstance(told, dict)
    assert (told["layer"], told["misfit"], told["channel"]) == ("layer2.0.bn1", "negative variance", 3)
    assert str(told["words"]).endswith(said)
    assert f"{said}\n" in found["gradient_norms.csv"].decode(), "in the state at the head of a table"
    for name in ("gradient_norms.png", "gradcam.png"):
        with Image.open(io.BytesIO(found[name])) as image:
            assert image.info["not finite"].endswith(said)
    assert strict(described(now, reference))["not_finite"] is None

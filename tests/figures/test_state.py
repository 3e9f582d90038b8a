import hashlib
import subprocess
import sys
from dataclasses import replace

from resnet_viewer import paths
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures.state import application_version, describe, weights_digest
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring
from tests.figures.readings import as_trained, pair


def test_everything_that_defines_the_state_is_named() -> None:
    now, reference = pair(cut=(3, 5, 6, 7))
    state = now.request.state
    network = replace(spec("cifar-resnet-20"), weights=WeightsRef("file", "/x/w.th", "ab" * 32), seed=4)
    wiring = state.wiring.with_shortcuts([1], 0.25).with_branches([8], 0.0).with_branches([2], 0.5)
    request = replace(now.request, state=replace(state, network=network, wiring=wiring), gradient_of="loss")
    found = describe(
        replace(now, request=request), reference, class_names=CIFAR10_CLASSES, torch_version="2.15.0"
    )
    expected = {
        "application": application_version(),
        "network": "cifar-resnet-20",
        "title": "ResNet-20",
        "classes": "10",
        "input channels": "3",
        "reference network": "cifar-resnet-20",
        "weights": "weights from w.th",
        "weights sha256": "ab" * 32,
        "seed": "4",
        "shortcuts cut": "3,5-7",
        "shortcut strengths": "1=0.25",
        "branches dropped": "8",
        "branch strengths": "2=0.5",
        "picture": "invented.png",
        "picture sha256": now.request.picture.digest,
        "target index": "3",
        "target": "cat",
        "gradient of": "loss",
        "reference shortcuts cut": "none",
        "torch": "2.15.0",
    }
    assert {key: found[key] for key in expected} == expected
    assert "mean 0.4914,0.4822,0.4465" in found["preprocessing"]


def test_a_plain_network_has_no_shortcuts_to_name_and_the_quantity_is_told() -> None:
    now, _ = pair("cifar-plain-20")
    found = describe(now, None, class_names=(), quantity="output")
    assert (found["shortcuts cut"], found["blocks left out"]) == ("has no shortcuts", "none")
    assert " at every block's output · Plain-" in found["caption"]
    assert found["reference"] == "none"
    assert "torch" not in found
    assert not any(key.startswith("reference ") for key in found)


def test_blocks_that_are_left_out_are_told_everywhere() -> None:
    now, reference = map(as_trained, pair("cifar-plain-20"))
    state = replace(now.request.state, wiring=Wiring.all_open(9).with_left_out([2, 3]))
    found = describe(replace(now, request=replace(now.request, state=state)), reference, class_names=())
    assert (found["blocks left out"], found["branches dropped"]) == ("2-3", "none")
    assert found["reference blocks left out"] == "none"
    assert "2 of 9 blocks left out" in found["caption"]
    assert "blocks 2 to 3 are left out: their input goes on unchanged" in found["what you see"].casefold()


def test_a_network_without_a_classifier_names_no_number_of_classes() -> None:
    now, _ = pair("cifar-plain-20")
    state = replace(now.request.state, network=replace(now.request.state.network, classes=0, channels=1))
    changed = replace(now, request=replace(now.request, state=state), target=BlockTarget(9))
    found = describe(changed, None, class_names=())
    assert (found["classes"], found["input channels"]) == ("none: no classifier", "1")


def test_what_the_window_shares_does_not_load_matplotlib() -> None:
    """The window imports these before it is on screen."""
    program = (
        "import sys; import resnet_viewer.charts.gradcam, resnet_viewer.charts.feature_maps, "
        "resnet_viewer.charts.palette, resnet_viewer.figures.state, resnet_viewer.charts.gradient_values; "
        "print([m for m in ('matplotlib', 'torch', 'PySide6', 'importlib.metadata') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "matplotlib" not in done.stdout
    assert "torch" not in done.stdout
    assert "PySide6" not in done.stdout


def test_figures_load_neither_torch_nor_qt() -> None:
    program = (
        "import sys; import resnet_viewer.figures.probe_files, resnet_viewer.figures.predictions; "
        "print([m for m in ('torch', 'PySide6', 'matplotlib.pyplot') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_bundled_weights_are_told_by_their_digest_too() -> None:
    weights = WeightsRef("bundled", "cifar-plain-20")
    file = paths.asset("weights", "cifar-plain-20.safetensors").read_bytes()
    assert weights_digest(weights) == hashlib.sha256(file).hexdigest()
    assert weights_digest(WeightsRef("torchvision", "IMAGENET1K_V1")) == ""


def test_what_can_be_said_of_the_readings_is_in_the_file() -> None:
    now, reference = pair(cut=(3,))
    found = describe(as_trained(now), as_trained(reference), class_names=CIFAR10_CLASSES)
    assert found["what you see"].startswith("One of 9 shortcuts is cut, in block 3.")
    assert (
        describe(now, reference, class_names=(), words="Said elsewhere.")["what you see"] == "Said elsewhere."
    )
    assert "what you see" not in describe(now, reference, class_names=(), words="")

"""The state behind a figure as words, for the metadata and headers of exported files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache

from resnet_viewer import paths
from resnet_viewer.records import captions
from resnet_viewer.records.insight import Case, all_words, of_case
from resnet_viewer.records.predictions import not_finite_words
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.study import StudyResult
from resnet_viewer.records.study_command import command_of
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.test_set import MeasureSet, SetReading
from resnet_viewer.records.weights import WeightsRef


@cache
def application_version() -> str:
    """Name and version of this application; "from a checkout" where it is not installed."""
    # imported here: importlib.metadata costs more than the rest of this module, and only exports need it
    from importlib import metadata

    try:
        return f"ResNet Viewer {metadata.version('resnet-viewer')}"
    except metadata.PackageNotFoundError:
        return "ResNet Viewer, from a checkout"


def describe(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    class_names: tuple[str, ...],
    quantity: GradientQuantity = "weight",
    torch_version: str = "",
    words: str | None = None,
) -> dict[str, str]:
    """Everything that defines the state, by name, each on one line, in a fixed order.

    "caption" is the sentence for the gradient norms, by `quantity`; another figure carries its own. Block
    numbers are written as the command line takes them ("3,5-9"); "none" where there are none. `words` is what the
    window says of it; by default what can be said of these two readings alone.
    """
    state = now.request.state
    picture = now.picture
    described = {
        "application": application_version(),
        "caption": captions.caption(now, reference, class_names, quantity=quantity),
        **_state(state),
        **_pictures(now),
        "picture": captions.plain(picture.name),
        "picture size": f"{picture.width} x {picture.height}",
        "picture sha256": picture.digest,
        "target index": now.target.notation if isinstance(now.target, BlockTarget) else str(now.target),
        "target": captions.target_name(now.target, class_names),
        "gradient of": "mean" if isinstance(now.target, BlockTarget) else now.request.gradient_of,
        "reference": captions.reference_words(now, reference),
        "device": now.device,
    }
    for key, reading in (("not finite", now), ("reference not finite", reference)):
        if said := not_finite_words(reading):
            described[key] = said
    if reference is not None:
        described |= {f"reference {key}": value for key, value in _state(reference.request.state).items()}
    if torch_version:
        described["torch"] = torch_version
    if words is None:
        words = all_words(of_case(Case(now, reference, class_names)))
    if words:
        described["what you see"] = words
    return described


def describe_measured(reading: SetReading) -> dict[str, str]:
    """The same of what was measured on a test set: both states, and which pictures."""
    question = reading.request
    assert isinstance(question, MeasureSet)
    test_set, pictures = question.test_set, reading.pictures
    described = {
        "application": application_version(),
        **_state(question.now),
        "test set": captions.plain(test_set.title),
        "test set kind": test_set.kind,
        "test set folder": captions.plain(str(test_set.folder or "none")),
        "test pictures": f"{len(pictures)} of {pictures.total}, seed {test_set.seed}",
        "true classes": "known" if reading.has_labels else "not known",
        "left out": captions.plain(", ".join(pictures.left_out)) or "none",
    }
    return described | {f"reference {key}": value for key, value in _state(question.reference).items()}


def describe_studies(results: Sequence[StudyResult]) -> dict[str, str]:
    """Everything that repeats studies, and what was found; of several results the later ones' keys say which."""
    described = {"application": application_version()}
    for number, result in enumerate(results, 1):
        info, order, basis = study_of(result.order.study), result.order, result.basis
        options = {f"option {name}": str(value) for name, value in asdict(order.options).items()}
        own = {
            "study": order.study,
            "question": info.question,
            **_state(order.state),
            **options,
            "measure": basis.measure,
            "points": f"{len(result.rows)} of {result.points}",
            "seconds": f"{result.seconds:.1f}",
            "passes": f"{result.passes:.1f}",
            "passes saved": f"{result.saved:.1f}",
            "device": basis.device or "not known",
            "conclusion": " ".join(info.conclusion(result)) or "none yet",
            "command": command_of(order) or "none that says it",
        }
        if (test_set := order.test_set) is not None:
            own |= {
                "test set": captions.plain(test_set.title),
                "test set kind": test_set.kind,
                "test set folder": captions.plain(str(test_set.folder or "none")),
                "test pictures": f"{basis.pictures} of {basis.total}, seed {test_set.seed}",
                "true classes": "known" if basis.has_labels else "not known",
            }
        if info.papers:
            own["paper"] = "; ".join(paper.cited for paper in info.papers)
        described |= own if number == 1 else {f"result {number} {key}": value for key, value in own.items()}
    return described


def _pictures(now: ProbeResult) -> dict[str, str]:
    """Of a batch all of them; the one that is shown follows."""
    if now.batch_size == 1:
        return {}
    return {
        "pictures": ", ".join(captions.plain(picture.name) for picture in now.request.batch),
        "pictures sha256": ", ".join(picture.digest for picture in now.request.batch),
    }


def _state(state: NetworkState) -> dict[str, str]:
    network, wiring, preprocessing = state.network, state.wiring, state.preprocessing
    cut = "has no shortcuts"
    if network.has_shortcuts:
        cut = captions.number_ranges(wiring.cut) or "none"
    described = {
        "network": network.name,
        "title": network.title,
        "classes": str(network.classes) if network.has_classifier else "none: no classifier",
        "input channels": str(network.channels),
        "weights": captions.weights_words(network),
        "training": captions.training_words(network) or "untrained",
        "seed": str(network.seed),
        "preprocessing": (
            f"resize {preprocessing.resize} ({preprocessing.interpolation}), crop {preprocessing.crop}, "
            f"normalisation {preprocessing.normalisation}, mean {_listed(preprocessing.mean)}, "
            f"std {_listed(preprocessing.std)}"
        ),
        "shortcuts cut": cut,
        "shortcut strengths": captions.strengths(wiring.weakened) or "none between 0 and 1",
        "branches dropped": captions.number_ranges(wiring.dropped) or "none",
        "branch strengths": captions.strengths(wiring.weakened_branches) or "none between 0 and 1",
        "blocks left out": captions.number_ranges(wiring.left_out) or "none",
    }
    if digest := weights_digest(network.weights):
        described["weights sha256"] = digest
    return described


def weights_digest(weights: WeightsRef) -> str:
    """SHA-256 of a weight file or of bundled weights; empty for torchvision's, whose names tell, and for none."""
    return _bundled_digest(weights.name) if weights.source == "bundled" else weights.digest


@cache
def _bundled_digest(name: str) -> str:
    with paths.bundled_weights(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(numbers: tuple[float, ...]) -> str:
    return ",".join(repr(number) for number in numbers)

"""Every file that `resnet-viewer probe` writes, with its bytes; names, columns and keys are a contract."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import numpy as np

from resnet_viewer.figures import activations, batch, feature_maps, gradcam, gradient_norms
from resnet_viewer.figures.export import KINDS, csv_bytes, json_bytes, render, require_complete
from resnet_viewer.figures.state import application_version, describe, weights_digest
from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.predictions import not_finite_words
from resnet_viewer.records.probe import Array, NetworkState, ProbeResult
from resnet_viewer.records.receptive_field import samplings
from resnet_viewer.records.session import View
from resnet_viewer.records.target import BlockTarget, Target


class UnknownLayerError(UserError):
    """Feature maps were asked of a layer that the network lacks."""


def require_layers(plan: Blueprint, layers: tuple[str, ...]) -> None:
    """Refuse a name that `plan.map_names()` does not list, before anything is computed or written.

    Raises:
        UnknownLayerError: there is such a name.
    """
    names = plan.map_names()
    if unknown := [layer for layer in layers if layer not in names]:
        blocks = f"{plan.blocks[0].name} … {plan.blocks[-1].name}"
        raise UnknownLayerError(
            f"{plan.spec.title} has no layer {captions.plain(unknown[0])!r} with feature maps; "
            f"name conv1, stem, a block ({blocks}) or a layer inside one ({plan.blocks[0].layers[0].name})."
        )


def files(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    class_names: tuple[str, ...],
    layers: tuple[str, ...] = (),
    environment: Mapping[str, object],
) -> Iterator[tuple[str, bytes]]:
    """Yield (path below the output folder with "/", content) for a full reading, one file at a time.

    `environment` (versions, timings and whatever else defines the run) goes into `probe.json` as it is; a
    "versions" mapping in it may name torch. Feature maps are drawn for `layers`.

    Raises:
        IncompleteReadingError: `now` holds the logits alone.
        UnknownLayerError: there is no such layer; nothing was yielded.
    """
    require_complete(now)
    state = now.request.state
    require_layers(blueprint(state.network, state.preprocessing.crop), layers)
    versions = environment.get("versions")
    torch_version = str(versions.get("torch", "")) if isinstance(versions, Mapping) else ""
    metadata = describe(now, reference, class_names=class_names, torch_version=torch_version)
    header, rows = gradient_norms.table(now, reference)
    yield "gradient_norms.csv", csv_bytes(header, rows, metadata=metadata)
    norms = gradient_norms.figure(now, reference, class_names=class_names)
    for kind in KINDS:
        yield f"gradient_norms.{kind}", render(norms, kind, metadata=metadata)
    yield "predictions.json", predictions_json(now, reference, class_names=class_names)
    draw = gradcam.figure if now.batch_size == 1 else batch.grid
    cams = draw(now, reference, class_names=class_names)
    yield "gradcam.png", render(cams, "png", metadata=metadata)
    yield "gradcam.npz", cam_archive(now)
    first = next(batch.pairs(now, reference))
    header, rows = activations.table(*first)
    own = {"caption": activations.caption(*first), "values": activations.VALUES}
    yield "activations.csv", csv_bytes(header, rows, metadata=dict(metadata) | own)
    yield "activations.png", render(activations.figure(*first), "png", metadata=metadata)
    for shown, beside in batch.pairs(now, reference):
        folder = "feature_maps" if now.batch_size == 1 else f"feature_maps/picture_{shown.place + 1}"
        told = describe(shown, beside, class_names=class_names, torch_version=torch_version)
        for layer in dict.fromkeys(layers):
            maps = feature_maps.figure(shown, beside, View(layer=layer))
            yield f"{folder}/{layer}.png", render(maps, "png", metadata=told)
    yield "probe.json", probe_json(now, reference, class_names=class_names, environment=environment)


def predictions_json(
    now: ProbeResult, reference: ProbeResult | None, *, class_names: tuple[str, ...]
) -> bytes:
    """`probabilities` of now in class order, `classes` ("class 7" where unnamed), `target` (an index); of several
    pictures these stand in `pictures`, with each one's name.

    `is_untrained` says that the weights are drawn at random, so that the probabilities mean nothing.
    """
    told = [_predicted(*pair) for pair in batch.pairs(now, reference)]
    each = told[0]
    if now.batch_size > 1:
        names = [picture.name for picture in now.request.batch]
        each = {"pictures": [{"name": name, **one} for name, one in zip(names, told, strict=True)]}
    return json_bytes(
        {
            **each,
            "classes": [
                captions.class_name(index, class_names) for index in range(now.probabilities.shape[1])
            ],
            "is_untrained": now.is_untrained,
            "reference_is_untrained": None if reference is None else reference.is_untrained,
        }
    )


def _predicted(now: ProbeResult, reference: ProbeResult | None) -> dict[str, object]:
    """Of one picture."""
    return {
        "probabilities": now.probabilities[0],
        "reference_probabilities": None if reference is None else reference.probabilities[0],
        "target": _index(now.target),
    }


def _index(target: Target) -> int | str:
    """A class's index, or a mean as the command line writes it."""
    return target.notation if isinstance(target, BlockTarget) else target


def cam_archive(result: ProbeResult) -> bytes:
    """An `.npz` with `block_001`, `block_002` …: (H, W) float32, after the ReLU, before any scaling; of N pictures
    (N, H, W).

    `strides` and `offsets` hold a number for each block: cell (i, j) of its map looks at row `stride · i + offset` and
    column `stride · j + offset` of the network's input, counted from 0 at the pixels' centres.
    """
    buffer = io.BytesIO()
    cams = {
        f"block_{block.number:03d}": np.asarray(block.cam[0] if len(block.cam) == 1 else block.cam)
        for block in result.blocks
    }
    state = result.request.state
    found = samplings(state.network, result.network_input.shape[-1], state.wiring)
    where = [found[block.name] for block in result.blocks]
    strides, offsets = np.array([each.stride for each in where]), np.array([each.offset for each in where])
    np.savez_compressed(buffer, allow_pickle=False, **cams, strides=strides, offsets=offsets)
    return buffer.getvalue()


def _of_one(maps: Array) -> Array:
    """Without the first axis where there is but one picture."""
    return np.asarray(maps[0] if len(maps) == 1 else maps)


def probe_json(
    now: ProbeResult,
    reference: ProbeResult | None,
    *,
    class_names: tuple[str, ...],
    environment: Mapping[str, object],
) -> bytes:
    """Everything that defines the state, for programs; `caption` says it in words."""
    told = [_picture_told(shown, class_names) for shown in now.each()]
    return json_bytes(
        {
            "application": application_version(),
            "caption": captions.caption(now, reference, class_names),
            "state": _state(now.request.state),
            "reference": None if reference is None else _state(reference.request.state),
            **(told[0] if len(told) == 1 else {"pictures": told}),
            "gradient_of": now.request.gradient_of,
            "device": now.device,
            "seconds": {"now": now.seconds, "reference": None if reference is None else reference.seconds},
            "not_finite": None
            if now.not_finite is None
            else {**asdict(now.not_finite), "words": not_finite_words(now)},
            "gate_openings": {b.name: b.opening for b in now.blocks if b.opening is not None},
            **environment,
        }
    )


def _picture_told(now: ProbeResult, class_names: tuple[str, ...]) -> dict[str, object]:
    """What is told of a picture, and of what was asked about it."""
    picture = now.picture
    return {
        "picture": {
            "name": picture.name,
            "sha256": picture.digest,
            "width": picture.width,
            "height": picture.height,
        },
        "target": {"index": _index(now.target), "name": captions.target_name(now.target, class_names)},
        "grad_cam": {block.name: block.cam_states[0] for block in now.blocks},
    }


def _state(state: NetworkState) -> dict[str, object]:
    wiring = state.wiring
    network = asdict(state.network)
    if state.network.weights.source == "file":
        network["weights"]["name"] = state.network.weights.file_name  # not the folder it lies in
    network["weights"]["digest"] = weights_digest(state.network.weights)
    return {
        "network": network,
        "weights": captions.weights_words(state.network),
        "training": captions.training_words(state.network) or "untrained",
        "is_untrained": state.network.weights.is_untrained,
        "preprocessing": {**asdict(state.preprocessing), "normalisation": state.preprocessing.normalisation},
        "wiring": {
            "words": captions.wiring_words(state.network, wiring) or "all residual branches open",
            "cut": captions.number_ranges(wiring.cut) or "none",
            "dropped": captions.number_ranges(wiring.dropped) or "none",
            "left_out": captions.number_ranges(wiring.left_out) or "none",
            "shortcuts": wiring.shortcuts if state.network.has_shortcuts else None,
            "branches": wiring.branches,
        },
    }

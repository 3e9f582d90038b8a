"""Readings invented with numpy, for tests of what is shown: no network, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.filters import LayerWeights, WeightsOf
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.method import ExplainRequest, Explanation, passes_of
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, CIFAR10_PREPROCESSING, IMAGENET_PREPROCESSING
from resnet_viewer.records.probe import BlockReading, LayerReading, NetworkState, ProbeRequest, ProbeResult
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.target import BlockTarget, default_target
from resnet_viewer.records.test_set import (
    NOT_SEEN,
    THUMBNAIL,
    MeasureSet,
    SetPictures,
    SetReading,
    SetSide,
    TestSet,
)
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.records.wiring import Wiring


def picture(width: int = 48, height: int = 32, *, seed: int = 0, name: str = "invented.png") -> Picture:
    """An asymmetric picture: a gradient to the right, a bright corner at the top left."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width, 3))
    ramp = np.linspace(0, 180, width)[None, :, None]
    pixels = (ramp + noise).astype(np.uint8)
    pixels[: height // 4, : width // 4] = 255
    return Picture.of(pixels, name=name, facts="PNG · RGB")


def trained(name: str = "cifar-resnet-20") -> NetworkSpec:
    """A network with weights from a file that nobody reads."""
    return replace(spec(name), weights=WeightsRef("file", "invented.pth", "ab" * 32))


def setup(network: NetworkSpec | None = None, shown: Picture | None = None) -> Setup:
    """A setup with everything open."""
    network = network or spec("cifar-resnet-20")
    preprocessing = CIFAR10_PREPROCESSING if network.family == "cifar" else IMAGENET_PREPROCESSING
    names = CIFAR10_CLASSES if network.classes == 10 else ()
    state = NetworkState(network, preprocessing, Wiring.all_open(network.block_count))
    return Setup(state, shown or picture(), class_names=names)


def result(request: ProbeRequest, *, seed: int = 0, decades: float = 0.0) -> ProbeResult:
    """A full reading of all pictures; the first layer's gradient norm lies `decades` below the last one's."""
    random, count = np.random.default_rng(seed), len(request.batch)
    plan = blueprint(request.state.network, request.state.preprocessing.crop)
    logits = random.normal(0, 3, (count, plan.spec.classes)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    falls = 10.0 ** np.linspace(-decades, 0, len(plan.layers))
    layers = tuple(
        LayerReading(
            layer.name,
            layer.kind,
            layer.weight_shape,
            float(fall * random.uniform(0.5, 2)),
            random.uniform(1, 9),
        )
        for layer, fall in zip(plan.layers, falls, strict=True)
    )
    activations = {}
    for name in plan.map_names():
        maps = random.normal(0, 1, (count, *plan.shape_of(name))).astype(np.float32)
        activations[name] = maps if "." in name and name.count(".") > 1 else np.maximum(maps, 0)
        activations[name].flags.writeable = False
    blocks = tuple(
        BlockReading(
            block.number,
            block.name,
            float(10.0 ** (-decades * (1 - block.number / len(plan.blocks)))),
            random.random((count, *block.output_shape[1:])).astype(np.float32),
            ("shown",) * count,
        )
        for block in plan.blocks
    )
    usual = default_target(plan.spec)
    chosen = request.target if isinstance(request.target, int | BlockTarget) else usual
    target, *others = (chosen if chosen is not None else int(row.argmax()) for row in logits)
    seen = random.normal(0, 1, (count, *plan.input_shape)).astype(np.float32)
    return ProbeResult(
        request, logits, probabilities, target, seen, layers, blocks, activations,
        seconds=0.014, device="cpu", other_targets=tuple(others),
    )  # fmt: skip


def batch_scene(count: int, *, cut: tuple[int, ...] = ()) -> Scene:
    """The same of a batch of so many pictures, "0.png", "1.png" …, of other shapes."""
    first, *others = (picture(40 + 10 * n, 60 - 2 * n, seed=n, name=f"{n}.png") for n in range(count))
    base = replace(setup(trained(), first), others=tuple(others))
    session = Session(base.with_wiring(base.wiring.with_shortcuts(cut, 0.0)))
    now, reference = session.now_question(), session.reference_question()
    assert now is not None
    assert reference is not None
    return Scene(session, result(now, seed=1).alone(0), result(reference, seed=2).alone(0))


def scene(network: NetworkSpec | None = None, *, cut: tuple[int, ...] = (), decades: float = 12.0) -> Scene:
    """A session with these shortcuts cut, and invented readings of it and of its reference."""
    base = setup(network)
    session = Session(replace(base, state=base.state).with_wiring(base.wiring.with_shortcuts(cut, 0.0)))
    now, reference = session.now_question(), session.reference_question()
    assert now is not None
    assert reference is not None
    return Scene(session, result(now, seed=1, decades=decades if cut else 0.0), result(reference, seed=2))


def set_reading(
    labels: Sequence[int] | None,
    now: Sequence[int],
    reference: Sequence[int] | None = None,
    *,
    seen: int | None = None,
    cut: tuple[int, ...] = (3,),
    class_names: tuple[str, ...] = CIFAR10_CLASSES,
    left_out: tuple[str, ...] = (),
    question: MeasureSet | None = None,
) -> SetReading:
    """What a test set is taken for with these shortcuts cut, and in the reference (None: the same, nothing is cut), of
    which so many pictures were `seen`. Probabilities fall from picture to picture; thumbnails have its number as value.
    A `question` says itself of which set and which states it is.
    """
    base = setup()
    if question is None:
        changed = base if reference is None else base.with_wiring(base.wiring.with_shortcuts(cut, 0.0))
        question = MeasureSet(TestSet("folder", Path("/invented")), changed.state, base.state)
    count = len(now)
    is_seen = np.arange(count) < (count if seen is None else seen)
    truth = None if labels is None else np.array(labels)

    def side(given: Sequence[int], against: np.ndarray | None) -> SetSide:
        predicted = np.where(is_seen, given, NOT_SEEN)
        probability = np.where(is_seen, np.linspace(0.9, 0.2, count), 0).astype(np.float32)
        right = None
        if truth is not None:
            right = np.where(predicted == truth, probability, 0.05).astype(np.float32)
        return SetSide(predicted, probability, right, against, 0.5)

    theirs = now if reference is None else reference
    before = side(theirs, truth)
    after = side(now, before.predicted if truth is None else truth)
    thumbnails = np.zeros((count, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    thumbnails += (np.arange(count) % 250).astype(np.uint8)[:, None, None, None]
    names = tuple(f"{n:04}.png" for n in range(count))
    paths: tuple[Path | None, ...] = tuple(Path("/invented") / name for name in names)
    pictures = SetPictures(names, paths, truth, class_names, thumbnails, 10 * count, left_out)
    return SetReading(question, pictures, after, before, bool(is_seen.all()), 300 * 2**20, 9)


def explanation(question: ExplainRequest, *, done: int | None = None, seed: int = 0) -> Explanation:
    """Invented values, of both signs where the method has both; nothing yet before the first pass."""
    side = 8 if question.info.place == "block" else question.state.preprocessing.crop
    passes = passes_of(question)
    done = passes if done is None else done
    drawn = np.random.default_rng(seed + len(question.state.wiring.cut))
    values = drawn.normal(0, 1, (side, side)).astype(np.float32) if done else np.zeros((0, 0), np.float32)
    found = Explanation(question, values, 3, passes, done, done >= passes)
    if not found.is_signed:
        found = replace(found, map=np.abs(values))
    found.map.flags.writeable = False
    return found


def weights(question: WeightsOf, *, seed: int = 0) -> LayerWeights:
    """Those of a layer, drawn anew."""
    layer = blueprint(question.network).layer(question.layer)
    assert layer is not None
    values = np.random.default_rng(seed).normal(0, 0.2, layer.weight_shape).astype(np.float32)
    values.flags.writeable = False
    return LayerWeights(question, values)

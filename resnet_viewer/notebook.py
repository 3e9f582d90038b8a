"""The Python face, for notebooks and scripts: `build`, `load`, `probe`, `explain`, `evaluate`, `study`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from resnet_viewer.core import network as networks
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.lab.device_habits import choose_device
from resnet_viewer.core.meter import Evaluation as Evaluation  # by this name for who annotates
from resnet_viewer.core.meter import evaluated
from resnet_viewer.core.methods.explained import explanation
from resnet_viewer.core.network import Network, spec_now, wired
from resnet_viewer.core.probing import require_readable
from resnet_viewer.core.studies.running import Studies
from resnet_viewer.core.studies.training import first_state
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.core.weights.opened import adjusted, open_network
from resnet_viewer.core.weights.sources import available, resolve
from resnet_viewer.media import pictures
from resnet_viewer.records import notation
from resnet_viewer.records.checking import (
    ArgumentError,
    listed,
    numbers,
    path,
    require_choice,
    require_types,
    text,
    whole,
)
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.method import ExplainRequest, method_of
from resnet_viewer.records.method import Explanation as Explanation
from resnet_viewer.records.method import options_of as method_options
from resnet_viewer.records.network import LARGEST_SEED, MOST_CLASSES, BuildOptions, NetworkSpec, TopPooling
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import LARGEST_SIDE, Channels, OwnInput, Preprocessing
from resnet_viewer.records.probe import GradientOf, NetworkState, ProbeResult
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.study import Row, StudyOrder, StudyResult
from resnet_viewer.records.study_list import study_of
from resnet_viewer.records.target import BlockTarget, Target
from resnet_viewer.records.test_set import LARGEST_SAMPLE, USUAL_SAMPLE, TestSet


class UntrainedWarning(UserWarning):
    """A network was loaded without weights, though nobody said that it shall have none."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with what its pictures go through and the names of its classes.

    `network` is a live `torch.nn.Module` in evaluation mode; `notes` say what was chosen or assumed.

    Raises:
        UserError: a part is of another type, or they do not fit each other.
    """

    network: Network
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_types(self)
        spec, channels = self.network.spec, len(self.preprocessing.mean)
        Preprocessing.checked(**vars(self.preprocessing))
        if spec.channels != channels:
            raise UserError(
                f"{spec.title} takes pictures of {spec.channels} channels; the preprocessing is for {channels}."
            )
        if self.class_names and len(self.class_names) != spec.classes:
            raise UserError(
                f"{spec.title} has {spec.classes} classes; class_names has {len(self.class_names)} names."
            )


def build(
    name: str,
    *,
    seed: int = 0,
    classes: int | None = None,
    input_size: int | None = None,
    channels: int | None = None,
    include_top: bool = True,
    pooling: TopPooling | None = None,
) -> Network:
    """An untrained network by name, a `torch.nn.Module` with torchvision's parameter names.

    `input_size` is the side of its pictures in pixels; where `include_top` is False it ends without a classifier,
    with its last maps pooled as `pooling` says ("none", "average" as is usual, "maximum").

    Raises:
        UserError: there is no network of that name, or it cannot be built like that.

    Example:
        >>> network = build("cifar-resnet-20")
        >>> network.set_wiring(network.wiring.with_shortcuts([4], 0.0))
    """
    options = BuildOptions(
        _whole("classes", classes, 1, MOST_CLASSES),
        _whole("input_size", input_size, 1, LARGEST_SIDE),
        _whole("channels", channels, 1, 3),
        include_top,
        pooling,
    )
    name = text("name", name, _NETWORK)
    return networks.build(built(name, options, seed=whole("seed", seed, 0, LARGEST_SEED)))


def load(
    network: str | None = None,
    weights: str | Path | None = None,
    *,
    mean: Channels | None = None,
    std: Channels | None = None,
    resize: int | None = None,
    crop: int | None = None,
    classes: str | Path | None = None,
) -> Model:
    """A trained network: a bundled one by name, torchvision's, or whatever a weight file holds.

    `weights` is a file, torchvision's name for weights that are on the disk already, or "none". Shortcuts that were
    cut or weakened in the training that left a file are so in `network.wiring`, which `notes` say. Where the weights
    do not tell it, `mean` and `std` are the normalisation, `resize` and `crop` the sizes in pixels, and `classes` a
    file of class names.

    Warns:
        UntrainedWarning: no weights were named and none are here, so that the network's answers mean nothing.

    Raises:
        UserError: a name is unknown, or a file cannot be read or does not fit.

    Example:
        >>> load(weights="resnet56-4bfd9763.th", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    """
    own = OwnInput(
        None if mean is None else numbers("mean", mean),
        None if std is None else numbers("std", std),
        _whole("resize", resize, 1, LARGEST_SIDE),
        _whole("crop", crop, 1, LARGEST_SIDE),
        None if classes is None else path("classes", classes, "the name of a file with class names"),
    )
    opened = adjusted(
        open_network(
            None if network is None else text("network", network, _NETWORK),
            None if weights is None else str(path("weights", weights, _WEIGHTS)),
        ),
        own,
    )
    if weights is None and opened.spec.weights.is_untrained:
        warnings.warn(_untrained(opened.spec), UntrainedWarning, stacklevel=2)
    live = networks.build(opened.spec, resolve(opened.spec))
    live.set_wiring(opened.state.wiring)
    return Model(live, opened.preprocessing, opened.class_names, opened.sentences)


OnePicture = str | Path | Picture | NDArray[np.uint8]


def probe(
    picture: OnePicture | Sequence[OnePicture],
    model: Model | str = "cifar-resnet-56",
    *,
    cut: str | None = None,
    drop: str | None = None,
    strength: str = "",
    leave_out: str | None = None,
    target: Target | str | None = None,
    gradient_of: GradientOf = "score",
    device: str = "cpu",
) -> ProbeResult:
    """One reading of one picture: a file, (H, W, 3) bytes or a `Picture`; or of a list of several together.

    Of several the gradients are those of their summed score, or of their mean loss, and each has its own highest class;
    `result.each()` gives what was read of each, maps and probabilities among it.

    `cut`, `drop`, `strength` and `leave_out` are written as on the command line ("3,5-9", "all", "none", "4=0.5");
    shortcuts and branches of which they say nothing are as open as the model's (`model.network.wiring`), and so are
    the blocks that are left out. `target` is a class, by index or name, or `BlockTarget(5, 12)`, the mean of a block's
    channel (`"block:5:12"`); by default the highest class with everything open, and without a classifier the mean of
    the last block. The model is left as it was.

    Modules of the network may have been replaced, pruned or parametrized: every number is of the network as it is, a
    weight's of the one that it computes with, a map what its module's forward hooks put out. It computes in float32,
    also under `torch.autocast` or `torch.inference_mode`. Class names count where there are as many as classes.

    Raises:
        UserError: a file cannot be read, a block or class is not there, or what was put into the network leaves maps
            of other shapes, layers without a weight, or values that are not in float32.
    """
    require_choice("gradient_of", gradient_of, GradientOf)
    _require_gates(cut, drop, strength, leave_out)
    engine = ProbeEngine(device=device)
    shown, *others = _batch(picture)
    model = _model(model)
    state = _state(model, cut, drop, strength, leave_out)
    chosen = _target(target, state.class_names, state.network)
    setup = Setup(replace(state, class_names=()), shown, chosen, gradient_of, others=tuple(others))
    question = Session(setup).now_question()
    assert question is not None
    with _adopted(engine, model.network):
        *_, result = engine.answer(question)
    return result


def explain(
    model: Model | str,
    picture: OnePicture,
    method: str = "integrated_gradients",
    *,
    block: int | None = None,
    cut: str | None = None,
    drop: str | None = None,
    strength: str = "",
    leave_out: str | None = None,
    target: Target | str | None = None,
    device: str = "cpu",
    **options: object,
) -> Explanation:
    """What an attribution method makes of one picture: "saliency", "occlusion", "layer_cam", … as `resnet-viewer probe
    --list-methods` lists them.

    `cut`, `drop`, `strength`, `leave_out` and `target` are as in `probe`. `block` is the one whose output a method
    looks at, from 1, the last by default. `options` are the method's own, by captum's names; a noise tunnel takes those
    of the method that it goes over, too. The result has `map`, (H, W) at the network's input or at the block's output,
    `delta` (captum's convergence delta, None where there is none), `passes`, `note`, and `table()`, a dictionary for
    each cell. The model is left as it was.

    Raises:
        UserError: there is no such method, option, block or class, the method does not apply to the network or needs
            what is not installed, or as in `probe`.

    Example:
        >>> severed = explain("cifar-resnet-20", asset("pictures/horse.jpg"), "occlusion", cut="all", strides=8)
        >>> severed.map.shape
        (32, 32)
    """
    info = method_of(text("method", method, "a method's name, such as 'integrated_gradients'"))
    chosen_options, over = method_options(info.name, options)
    _require_gates(cut, drop, strength, leave_out)
    engine = ProbeEngine(device=device)
    shown = _picture(picture)
    model = _model(model)
    state = _state(model, cut, drop, strength, leave_out)
    chosen = _target(target, state.class_names, state.network)
    question = Session(Setup(replace(state, class_names=()), shown, chosen)).now_question()
    assert question is not None
    request = ExplainRequest.of(question, info.name, chosen_options, block=block, over=over)
    with _adopted(engine, model.network):
        return explanation(engine, request)


def evaluate(
    model: Model | str,
    folder: str | Path,
    *,
    cut: str | None = None,
    drop: str | None = None,
    strength: str = "",
    leave_out: str | None = None,
    sample: int | None = None,
    sample_seed: int = 0,
    device: str = "cpu",
) -> Evaluation:
    """The error of a network over a folder that holds a subfolder of pictures for each class.

    `cut`, `drop`, `strength` and `leave_out` are as in `probe`. All pictures are taken, or `sample` of them, which
    `sample_seed` draws at random. Folders named after classes are these; else, of as many as there are classes, they
    are taken in sorted order (`taken` says so). The result has `error` and `interval` (percent, 95 %), `mean_right`,
    and `table()`, a dictionary for each picture. The model is left as it was.

    Raises:
        UserError: there is no such folder, its folders fit no classes, more than one in ten of its pictures cannot be
            read, or an argument does not fit the network.

    Example:
        >>> evaluate("cifar-resnet-56", "cifar10/test", cut="7", sample=300).interval
    """
    _require_gates(cut, drop, strength, leave_out)
    place = path("folder", folder, _FOLDER)
    test_set = TestSet(
        "folder",
        place,
        _whole("sample", sample, 1, LARGEST_SAMPLE),
        whole("sample_seed", sample_seed, 0, LARGEST_SEED),
    )
    engine = ProbeEngine(device=device)
    model = _model(model)
    state = _state(model, cut, drop, strength, leave_out)
    with _adopted(engine, model.network):
        work = evaluated(engine.live, state, test_set, device=engine.device)
        while True:
            try:
                next(work)
            except StopIteration as end:
                found: Evaluation = end.value
                return found


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """What a study found: `rows` are dictionaries, one a point; `conclusion` says in sentences what they say."""

    result: StudyResult

    @property
    def rows(self) -> tuple[Row, ...]:
        """What was measured at each point, in the order of the study's plan; errors are percent."""
        return self.result.rows

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What the numbers say, and whether they agree with the paper."""
        return tuple(study_of(self.result.order.study).conclusion(self.result))

    def table(self) -> list[dict[str, Any]]:
        """For each point a dictionary with the same columns, None where a point has no such number."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        return [{name: row.get(name) for name in columns} for row in self.rows]

    def __repr__(self) -> str:
        info, basis = study_of(self.result.order.study), self.result.basis
        pictures = f" on {basis.pictures} pictures" if basis.pictures else ""
        about = f"{info.title}, {self.result.order.state.network.title}: {len(self.rows)} points{pictures}"
        return f"<{about}. {' '.join(self.conclusion)}>"


def study(
    name: str,
    model: Model | str = "cifar-resnet-56",
    data: str | Path = "crops",
    *,
    sample: int | None = USUAL_SAMPLE,
    sample_seed: int = 0,
    folder: str | Path | None = None,
    resume: bool = False,
    device: str = "cpu",
    **options: object,
) -> Study:
    """Answer one question about a network by measuring many states of it: "blocks", "paths", … as `resnet-viewer study
    --list` lists them.

    `data` are pictures: a folder of them, or with a subfolder for each class, "crops" (of the bundled pictures, without
    labels), "digits" or "cifar10"; of these `sample` are drawn at random by `sample_seed`, or all where it is None.
    Where their classes are not the network's, errors (in percent) are disagreement with the network as it begins, which
    is the model with its shortcuts and branches as they are. `options` are the study's own, by the names that
    `resnet-viewer study NAME --help` lists, with underscores. With a `folder` every point is kept there as soon as it
    is measured, and `resume` goes on with what it holds. The model is left as it was. A study that trains its own
    networks takes no model, and `data` is what it trains on: "digits", where nothing else is said.

    Raises:
        UserError: there is no such study or option, the network cannot be studied so, pictures cannot be read, or the
            folder holds something else.

    Example:
        >>> found = study("paths", "cifar-resnet-20", sample=4, samples=2, pictures=2)
        >>> found  # doctest: +ELLIPSIS
        <Paths, ResNet-20: ... points on 4 pictures. ...>
        >>> len(found.table()) == len(found.rows)
        True
    """
    info = study_of(text("name", name, "a study's name, such as 'blocks'"))
    known = [field.name for field in fields(info.options)]
    if unknown := next((option for option in options if option not in known), None):
        raise ArgumentError("an option", listed(known), unknown)
    kept = None if folder is None else path("folder", folder, "the name of a folder for what is found")
    if info.trains:
        chosen = info.options(**({} if data == "crops" else {"data": data}) | options)
        state = first_state(info.name, chosen)
        order = StudyOrder(
            info.name, state, chosen, None, kept or Path(), choose_device(device), is_resumed=resume
        )
        return _studied(Studies(), order, is_kept=kept is not None)
    model = _model(model)
    state = _state(model, None, None, "", None)
    test_set = None
    if info.needs == "test set":
        path("data", data, _DATA)
        test_set = TestSet.named(
            str(data),
            _whole("sample", sample, 1, LARGEST_SAMPLE),
            whole("sample_seed", sample_seed, 0, LARGEST_SEED),
        )
    order = StudyOrder(
        info.name, state, info.options(**options), test_set, kept or Path(), device=device, is_resumed=resume
    )
    require_readable(model.network)
    studies = Studies(model.network)
    with _as_it_is(model.network, choose_device(device)):
        training = [module for module in model.network.modules() if module.training]
        model.network.eval()
        try:
            return _studied(studies, order, is_kept=kept is not None)
        finally:
            for module in training:
                module.training = True


def _studied(studies: Studies, order: StudyOrder, *, is_kept: bool) -> Study:
    *_, found = studies.answer(order) if is_kept else studies.alone(order)
    assert isinstance(found, StudyResult)
    return Study(found)


@contextmanager
def _adopted(engine: ProbeEngine, network: Network) -> Iterator[None]:
    """An engine that computes with this very network inside the with-block; the network is given back as it was."""
    with _as_it_is(network, engine.device):
        try:
            engine.adopt(network)
            yield
        finally:
            engine.close()


@contextmanager
def _as_it_is(network: Network, device: str) -> Iterator[None]:
    """In float32, whatever the caller's modes are; gates and device are given back as they were."""
    home = next(network.parameters()).device
    with (
        torch.inference_mode(mode=False),
        torch.autocast(torch.device(device).type, enabled=False),
        wired(network, network.wiring),
    ):
        try:
            yield
        finally:
            network.to(home)


def _require_gates(cut: object, drop: object, strength: object, leave_out: object) -> None:
    for name, blocks in (("cut", cut), ("drop", drop), ("leave_out", leave_out)):
        if blocks is not None:
            text(name, blocks, _BLOCKS)
    if not isinstance(strength, str) or strength:
        text("strength", strength, "text such as '4=0.5,7=0.25'")


def _model(model: Model | str) -> Model:
    found = load(text("model", model, _NETWORK)) if isinstance(model, str) else model
    if not isinstance(found, Model):
        raise ArgumentError("model", "a network's name, or what load() gives", model)
    return found


def _state(
    model: Model, cut: str | None, drop: str | None, strength: str, leave_out: str | None
) -> NetworkState:
    """The model with these gates; what is not said of them is as the model has it."""
    spec = spec_now(model.network)
    class_names = model.class_names if len(model.class_names) == spec.classes else ()
    own = model.network.wiring
    gates = notation.wiring(
        spec, cut=cut or "none", drop=drop or "none", strength=strength, leave_out=leave_out or "none"
    )
    if cut is None and not strength:
        gates = replace(gates, shortcuts=own.shortcuts)
    branches = own.branches if drop is None else gates.branches
    gates = replace(gates, branches=branches, left_out=own.left_out if leave_out is None else gates.left_out)
    return NetworkState(spec, model.preprocessing, gates, class_names)


_NETWORK = "a network's name, such as 'resnet50' or 'cifar-resnet-56'"
_WEIGHTS = "a weight file, torchvision's name for weights, or 'none'"
_BLOCKS = "text such as '3,5-9', 'all' or 'none'"
_TARGET = "a class's index or name, 'block:5:12', 'block:5', or a BlockTarget"
_DATA = "the name of a folder of pictures, 'crops', 'digits' or 'cifar10'"
_FOLDER = "the name of a folder with a subfolder of pictures for each class"
_PICTURE = "a file's name, (H, W, 3) bytes or a Picture"
_SEVERAL = "a picture or a list of pictures, at least one"


def _untrained(spec: NetworkSpec) -> str:
    names = [ref.name for ref in available(spec) if ref.source == "torchvision"]
    published = ""
    if names:
        published = (
            f" torchvision has {' and '.join(names)}, which `resnet-viewer probe … --network {spec.name} --weights "
            f"{names[0]}` or the window download."
        )
    return (
        f"{spec.title} is untrained, because no weights were named and none are on this computer: its answers mean "
        f'nothing. Pass weights= with a file or a name, or weights="none" to have it so without a warning.{published}'
    )


def _whole(name: str, value: int | None, least: int, most: int) -> int | None:
    return None if value is None else whole(name, value, least, most)


def _target(target: Target | str | None, class_names: tuple[str, ...], spec: NetworkSpec) -> Target | None:
    if isinstance(target, str):
        return notation.target(text("target", target, _TARGET), class_names, spec)
    if target is None or isinstance(target, BlockTarget):
        return target
    if not spec.has_classifier:
        raise ArgumentError("target", "a BlockTarget of a network without a classifier", target)
    return whole("target", target, 0, spec.classes - 1)


def _batch(picture: OnePicture | Sequence[OnePicture]) -> list[Picture]:
    if not isinstance(picture, list | tuple):
        return [_picture(picture)]  # type: ignore[arg-type]  # what else it may be is refused there
    if not picture:
        raise ArgumentError("picture", _SEVERAL, picture)
    return [_picture(each) for each in picture]


def _picture(picture: str | Path | Picture | NDArray[np.uint8]) -> Picture:
    if isinstance(picture, np.ndarray):
        return Picture.of(picture.copy(), name="array")
    if not isinstance(picture, Picture):
        return pictures.read(path("picture", picture, _PICTURE))
    if not isinstance(picture.pixels, np.ndarray):
        raise ArgumentError("picture", _PICTURE, picture)
    Picture.of(picture.pixels, name=picture.name)  # one that was not made by `of` may hold anything
    return picture

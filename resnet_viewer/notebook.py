"""The Python face, for notebooks and scripts: `build`, `load`, `probe`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.core import network as networks
from resnet_viewer.core.build_options import built
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.network import Network, wired
from resnet_viewer.core.opening import adjusted, open_network
from resnet_viewer.core.weights import resolve
from resnet_viewer.media import pictures
from resnet_viewer.records import notation
from resnet_viewer.records.build_options import BuildOptions
from resnet_viewer.records.network import TopPooling
from resnet_viewer.records.own_input import OwnInput
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Channels, Preprocessing
from resnet_viewer.records.probe import GradientOf, NetworkState, ProbeResult
from resnet_viewer.records.session import Session, Setup
from resnet_viewer.records.target import Target


@dataclass(frozen=True, eq=False)
class Model:
    """A network with what its pictures go through and the names of its classes.

    `network` is a live `torch.nn.Module` in evaluation mode; `notes` say what was chosen or assumed.
    """

    network: Network
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()


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
    options = BuildOptions(classes, input_size, channels, include_top, pooling)
    return networks.build(built(name, options, seed=seed))


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

    Raises:
        UserError: a name is unknown, or a file cannot be read or does not fit.

    Example:
        >>> load(weights="resnet56-4bfd9763.th", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    """
    opening = open_network(network, None if weights is None else str(weights))
    names = None if classes is None else Path(classes)
    opening = adjusted(opening, OwnInput(mean, std, resize, crop, names))
    live = networks.build(opening.spec, resolve(opening.spec))
    live.set_wiring(opening.wiring)
    return Model(live, opening.preprocessing, opening.class_names, opening.sentences)


def probe(
    picture: str | Path | Picture | NDArray[np.uint8],
    model: Model | str = "cifar-resnet-56",
    *,
    cut: str | None = None,
    drop: str | None = None,
    strength: str = "",
    target: Target | str | None = None,
    gradient_of: GradientOf = "score",
    device: str = "cpu",
) -> ProbeResult:
    """One reading of one picture: a file, (H, W, 3) bytes or a `Picture`.

    `cut`, `drop` and `strength` are written as on the command line ("3,5-9", "all", "none", "4=0.5"); shortcuts and
    branches of which they say nothing are as open as the model's (`model.network.wiring`). `target` is a class,
    by index or name, or `BlockTarget(5, 12)`, the mean of a block's channel (`"block:5:12"`); by default the highest
    class with everything open, and without a classifier the mean of the last block. The model is left as it was.

    Raises:
        UserError: a file cannot be read, or a block or class is not there.
    """
    model = load(model) if isinstance(model, str) else model
    spec = model.network.spec
    own = model.network.wiring
    gates = notation.wiring(spec, cut=cut or "none", drop=drop or "none", strength=strength)
    if cut is None and not strength:
        gates = replace(gates, shortcuts=own.shortcuts)
    if drop is None:
        gates = replace(gates, branches=own.branches)
    shown = _picture(picture)
    chosen = notation.target(target, model.class_names, spec) if isinstance(target, str) else target
    setup = Setup(NetworkState(spec, model.preprocessing, gates), shown, chosen, gradient_of)
    question = Session(setup).now_question()
    assert question is not None
    home = next(model.network.parameters()).device
    engine = ProbeEngine(device=device)
    with wired(model.network, model.network.wiring):
        try:
            engine.adopt(model.network)
            *_, result = engine.answer(question)
        finally:
            engine.close()
            model.network.to(home)
    return result


def _picture(picture: str | Path | Picture | NDArray[np.uint8]) -> Picture:
    if isinstance(picture, Picture):
        return picture
    if isinstance(picture, np.ndarray):
        return Picture.of(picture.copy(), name="array")
    return pictures.read(Path(picture))

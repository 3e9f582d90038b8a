"""Where a network's weights come from: bundled, torchvision's, a file, or none; and which network a file is."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from resnet_viewer import paths
from resnet_viewer.core.weights import catalog, fitting, published, weight_files
from resnet_viewer.core.weights.cards import card_of, remembered
from resnet_viewer.core.weights.fitting import Finding, sentence
from resnet_viewer.core.weights.unwrapping import unwrapped
from resnet_viewer.media import downloads
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef

SUFFIXES = (".pth", ".th", ".pt", ".ckpt", ".tar", ".safetensors", ".h5")
"""Endings of weight files, for dialogs and the command line; what a file is, its bytes tell."""


@dataclass(frozen=True)
class WeightsReport:
    """What a weight file is: the network it was taken for, the others that fit, and what it says about itself.

    `spec` and `others` carry this file as their `weights`. `sentence` says what was chosen and why, whenever there
    was a choice, else it is empty. `preprocessing` and `class_names` are None or empty where the file does not
    tell; then they must be shown as assumed, and can be changed.
    """

    spec: NetworkSpec
    others: tuple[NetworkSpec, ...] = ()
    sentence: str = ""
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()


def identify(path: Path, wanted: str = "") -> WeightsReport:
    """Read a file safely and say which network it is, by the names and shapes of all its tensors.

    Where several networks fit, the `wanted` one is taken, else what was chosen for this file before, else the one that
    its own card names, else the residual one of the paper's own form; the report's sentence says so.

    Raises:
        WeightFileError: it cannot be read safely.
        UserError: it fits no network that is known here, or holds numbers that are not finite.
    """
    file = weight_files.read(path)
    found = unwrapped(file.content, file.name)
    shapes = found.shapes
    fitting.require_reasonable(found.tensors, file.name)
    card, choices = card_of(file.metadata), remembered(file.digest)
    if file.network:
        matches = fitting.matches_one(shapes, file.network)
    else:
        matches = fitting.matches(shapes, *filter(None, (wanted, choices.network, card.network)))
    fits = tuple(match.spec for match in matches if not match.differences)
    if not fits:
        raise fitting.refusal(matches, shapes, file.name)
    if fits[0].channels not in (1, 3):
        raise UserError(
            f"{file.name} is a {fits[0].name} for inputs of {fits[0].channels} channels, and pictures have 1 or 3: "
            "choose another file."
        )
    fitting.fitted(found.tensors, fits[0], file.name)
    finding = Finding(file.name, fits, wanted, choices.network, card.network, found.left_out)
    ref = WeightsRef("file", str(path.absolute()), file.digest, card.trained)
    chosen = finding.chosen
    told = card.with_choices(choices)
    preprocessing = told.preprocessing
    if preprocessing is not None and len(preprocessing.mean) != chosen.channels:
        preprocessing = None
    return WeightsReport(
        spec=replace(chosen, weights=ref),
        others=tuple(replace(spec, weights=ref) for spec in fits if spec != chosen),
        sentence=sentence(finding),
        preprocessing=preprocessing,
        class_names=told.class_names if len(told.class_names) == chosen.classes else (),
    )


def resolve(spec: NetworkSpec) -> dict[str, Tensor]:
    """The complete float32 state dict of a spec's weights, in torchvision's names; empty for "none".

    A spec without a classifier leaves out what a file holds of one.

    Raises:
        WeightFileError: the file cannot be read safely.
        UserError: there are no such weights, they are not on this computer, they do not fit, or the file is
            no longer the one with the ref's digest.
    """
    ref = spec.weights
    if ref.source == "none":
        return {}
    file = weight_files.read(_path(ref, spec))
    if ref.source == "file" and ref.digest and file.digest != ref.digest:
        raise UserError(f"{file.name} has changed since it was opened: open it again.")
    if ref.source == "torchvision":
        prefix = published.look_up(spec.name, ref.name).sha256_prefix
        if not file.digest.startswith(prefix):
            raise UserError(
                f"{file.name} in torch's cache is damaged: delete it from {published.cache()} and download it again."
            )
    tensors = unwrapped(file.content, file.name).tensors
    fitting.require_reasonable(tensors, file.name)
    if not spec.has_classifier:
        head = fitting.expected(replace(spec, classes=1)).keys() - fitting.expected(spec).keys()
        tensors = {name: tensor for name, tensor in tensors.items() if name not in head}
    return fitting.fitted(tensors, spec, file.name)


def available(spec: NetworkSpec) -> tuple[WeightsRef, ...]:
    """The named weights that exist for a network, whether here or to be downloaded: bundled, torchvision's."""
    bundled = (WeightsRef("bundled", spec.name),) if catalog.has_bundled(spec) else ()
    return (*bundled, *(WeightsRef("torchvision", name) for name in published.names(spec)))


def default_for(spec: NetworkSpec) -> WeightsRef:
    """Bundled weights if there are some, else torchvision's if they were downloaded before, else none."""
    if catalog.has_bundled(spec):
        return WeightsRef("bundled", spec.name)
    return next((WeightsRef("torchvision", name) for name in published.cached(spec)), NO_WEIGHTS)


def is_cached(ref: WeightsRef, spec: NetworkSpec) -> bool:
    """Whether the weights can be loaded without a download."""
    match ref.source:
        case "torchvision":
            return ref.name in published.cached(spec)
        case "file":
            return Path(ref.name).is_file()
        case "bundled":
            return paths.bundled_weights(ref.name).is_file()
        case "none":
            return True


def download(ref: WeightsRef, spec: NetworkSpec) -> Generator[Progress, None, None]:
    """Fetch torchvision's weights into torch's usual cache, checked by their hash; closing cancels.

    Ends at once where they are there already, and for weights that need no download.

    Raises:
        DownloadError: they did not arrive whole.
        UserError: torchvision has no such weights.
    """
    if ref.source != "torchvision" or is_cached(ref, spec):
        return
    if ref.name not in published.names(spec):
        raise _no_such_weights(ref.name, spec)
    wanted = published.look_up(spec.name, ref.name)
    yield from downloads.download(wanted.url, wanted.path, sha256_prefix=wanted.sha256_prefix or None)


def parse(
    text: str, spec: NetworkSpec | None, *, progress: Callable[[Progress], None] | None = None
) -> tuple[NetworkSpec, WeightsReport | None]:
    """What `--weights FILE|NAME|none` means for the network that `--network` names (None: the file tells it).

    A name is `bundled`, or torchvision's (`IMAGENET1K_V2`, `DEFAULT`, or `ResNet50_Weights.IMAGENET1K_V2`, which
    names its network too). Weights that are not here yet are downloaded when `progress` is given. The spec that
    comes back carries its weights; the report is there for files.

    Raises:
        UserError: one sentence says what is wrong and what to do.
    """
    if is_file_name(text):
        return _from_file(Path(text), spec)
    family, dot, member = text.rpartition(".")
    if dot and (named := _named_by(family)) is not None:
        if spec is not None and spec.name != named.name:
            raise UserError(f"{text} are weights of {named.name}, not of {spec.name}: choose one of the two.")
        spec, text = named, member
    if spec is None:
        raise UserError(
            f"{text} is not a file, and weights by name need a network: say which with --network NAME."
        )
    if text.lower() == "none":
        return replace(spec, weights=NO_WEIGHTS), None
    names = {ref.name if ref.source == "torchvision" else "bundled": ref for ref in available(spec)}
    wanted = next(iter(published.names(spec)), "") if text.upper() == "DEFAULT" else text
    ref = next((ref for name, ref in names.items() if name.lower() == wanted.lower()), None)
    if ref is None:
        raise _no_such_weights(text, spec)
    if not is_cached(ref, spec):
        if progress is None:
            raise _not_here(ref, spec)
        for news in download(ref, spec):
            progress(news)
    return replace(spec, weights=ref), None


def is_file_name(text: str) -> bool:
    """Whether `--weights` means a file."""
    return Path(text).suffix.lower() in SUFFIXES or os.path.isfile(text)  # noqa: PTH113 - it never raises


def _from_file(path: Path, spec: NetworkSpec | None) -> tuple[NetworkSpec, WeightsReport]:
    report = identify(path, "" if spec is None else spec.name)
    if spec is not None and spec.name != report.spec.name:
        fits = " or ".join(other.name for other in (report.spec, *report.others))
        raise UserError(f"{path.name} holds {fits}, not {spec.name}: choose that network, or another file.")
    return report.spec, report


def _named_by(family: str) -> NetworkSpec | None:
    """The network of torchvision's `ResNet50_Weights`."""
    name = family.removesuffix("_Weights").lower()
    return catalog.spec(name) if family.endswith("_Weights") and name in catalog.names() else None


def _path(ref: WeightsRef, spec: NetworkSpec) -> Path:
    if ref.source == "file":
        return Path(ref.name)
    if ref not in available(spec):
        raise _no_such_weights(ref.name, spec)
    if not is_cached(ref, spec):
        raise _not_here(ref, spec)
    return (
        paths.bundled_weights(ref.name)
        if ref.source == "bundled"
        else published.look_up(spec.name, ref.name).path
    )


def _no_such_weights(text: str, spec: NetworkSpec) -> UserError:
    refs = available(spec)
    names = ", ".join(ref.name if ref.source == "torchvision" else "bundled" for ref in refs)
    return UserError(
        f"{spec.name} has no weights called {text}, and there is no such file: it has "
        f"{names + ' and none' if names else 'only none'}, or takes a file ({', '.join(SUFFIXES)})."
    )


def _not_here(ref: WeightsRef, spec: NetworkSpec) -> UserError:
    return UserError(
        f"torchvision's weights {ref.name} for {spec.name} are not on this computer yet: download them with "
        f"--weights {ref.name} or from the window's list of weights, or choose a file instead."
    )

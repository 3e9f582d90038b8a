"""From the words "network" and "weights" to a network that is ready to look into: spec, preprocessing, class names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from resnet_viewer.core.preprocessing import default_for, told_of
from resnet_viewer.core.weights import catalog, class_names
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.build_options import with_options, with_trained
from resnet_viewer.core.weights.catalog import FIRST_NETWORK
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.network import USUAL, BuildOptions, NetworkSpec, beginning
from resnet_viewer.records.preprocessing import OwnInput
from resnet_viewer.records.requests import OpenedNetwork


def open_network(
    network: str | None = None,
    weights_name: str | None = None,
    *,
    seed: int = 0,
    options: BuildOptions = USUAL,
    progress: Callable[[Progress], None] | None = None,
) -> OpenedNetwork:
    """Resolve `--network NAME` and `--weights FILE|NAME|none`; without a network the file tells it.

    Without weights the bundled ones are taken, or torchvision's where they are on the disk already, else the
    network is untrained, which a sentence says. Named weights that are not here are downloaded where `progress`
    is given, and refused where it is not. With `options` that trained weights do not allow it is untrained.

    Raises:
        UserError: a name is unknown, a file cannot be read, or network, weights and options do not fit each other.
    """
    named = None if network is None else replace(catalog.spec(network), seed=seed)
    if weights_name is None:
        spec = with_options(named or replace(catalog.spec(FIRST_NETWORK), seed=seed), options)
        return described(replace(spec, weights=weights.default_for(spec)))
    if named is None and weights_name == "none":
        named = replace(catalog.spec(FIRST_NETWORK), seed=seed)
    if named is not None and weights_name.lower() != "none" and not weights.is_file_name(weights_name):
        with_trained(named, options)  # before anything is downloaded
    spec, report = weights.parse(weights_name, named, progress=progress)
    if report is None:
        spec = replace(spec, seed=seed)
        is_trained = spec.weights.source != "none"
        return described(with_trained(spec, options) if is_trained else with_options(spec, options))
    others = tuple(with_trained(other, options) for other in report.others)
    opened = described(with_trained(spec, options), others=others)
    if not report.sentence:
        return opened
    return replace(opened, notes=(report.sentence, *opened.notes))


def described(spec: NetworkSpec, *, others: tuple[NetworkSpec, ...] = ()) -> OpenedNetwork:
    """The network of a spec whose weights are named already."""
    source, told = spec.weights.source, told_of(spec)
    preprocessing, names = default_for(spec)
    notes: tuple[str, ...] = ()
    if source == "none":
        notes = (
            f"{spec.title} is untrained: its weights are drawn from seed {spec.seed}, and its answers mean nothing.",
            *filter(None, [beginning(spec)]),
        )
    is_assumed = source != "none" and told.preprocessing is None
    has_names = source != "file" or len(told.class_names) == spec.classes or not class_names.usual(spec)
    strength = told.shortcut_strength if spec.has_shortcuts else 1.0
    return OpenedNetwork(spec, preprocessing, names, others, notes, is_assumed, not has_names, strength)


def adjusted(opened: OpenedNetwork, own: OwnInput) -> OpenedNetwork:
    """The network with the user's own normalisation, sizes and class names.

    Raises:
        UserError: they do not fit the network, or the class names cannot be read.
    """
    prepared = own.applied(opened.preprocessing, opened.spec)
    is_assumed = opened.is_assumed and not own.has_preprocessing
    opened = replace(opened, preprocessing=prepared, is_assumed=is_assumed)
    if own.classes is not None:
        names = class_names.read(own.classes, opened.spec.classes)
        opened = replace(opened, class_names=names, names_are_assumed=False)
    return opened

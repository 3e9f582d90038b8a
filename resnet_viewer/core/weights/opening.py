"""From the words "network" and "weights" to a network that is ready to look into: spec, preprocessing, class names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from resnet_viewer.core.preprocessing import default_for, is_assumed, names_are_assumed, shortcut_strength
from resnet_viewer.core.weights import catalog, class_names
from resnet_viewer.core.weights import sources as weights
from resnet_viewer.core.weights.build_options import with_options, with_trained
from resnet_viewer.core.weights.catalog import FIRST_NETWORK
from resnet_viewer.records.errors import Progress
from resnet_viewer.records.network import USUAL, BuildOptions, NetworkSpec
from resnet_viewer.records.own_input import OwnInput
from resnet_viewer.records.preprocessing import Preprocessing
from resnet_viewer.records.wiring import Wiring


@dataclass(frozen=True)
class Opening:
    """A network with its weights named (not yet read), what its pictures go through, and its classes' names.

    `others` fit the same weight file. `notes` say what was chosen. `is_assumed` says that the preprocessing is the
    family's usual one, because the weights do not tell theirs; `names_are_assumed` the same of the class names.
    `shortcut_strength` is how far all shortcuts were open in the training that left the weights.
    """

    spec: NetworkSpec
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    others: tuple[NetworkSpec, ...] = ()
    notes: tuple[str, ...] = ()
    is_assumed: bool = False
    names_are_assumed: bool = False
    shortcut_strength: float = 1.0

    @property
    def wiring(self) -> Wiring:
        """The shortcuts as they were in training, so that the network is the one that was trained."""
        return Wiring.evenly(self.spec.block_count, self.shortcut_strength)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was chosen, how far shortcuts are open where they are not wholly, and what is still assumed."""
        notes = self.notes
        if (strength := self.shortcut_strength) < 1:
            how = "cut" if strength == 0 else f"open by {strength:.3g}"
            notes += (f"{self._source} comes from training with all shortcuts {how}, so they are here.",)
        assumed: dict[str, str] = {}
        if self.is_assumed:
            used = self.preprocessing
            assumed["preprocessing"] = (
                f"normalisation {used.normalisation}, resize {used.resize} and crop {used.crop}"
            )
        if self.names_are_assumed:
            assumed["class names"] = f"{self.spec.data}'s names"
        if not assumed:
            return notes
        return (
            *notes,
            f"{self._source} does not tell its {' and '.join(assumed)}: "
            f"{', and '.join(assumed.values())} are assumed.",
        )

    @property
    def _source(self) -> str:
        weights = self.spec.weights
        return weights.file_name if weights.source == "file" else weights.title

    @property
    def sentence(self) -> str:
        """The same in one sentence where all are about the weights, with their name once."""
        title = f"{self._source} "
        first, *more = self.sentences or ("",)
        for other in more:
            if first.startswith(title) and other.startswith(title):
                first = f"{first.removesuffix('.')}, and it {other.removeprefix(title)}"
            else:
                first = f"{first} {other}"
        return first


def open_network(
    network: str | None = None,
    weights_name: str | None = None,
    *,
    seed: int = 0,
    options: BuildOptions = USUAL,
    progress: Callable[[Progress], None] | None = None,
) -> Opening:
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
    opening = described(with_trained(spec, options), others=others)
    if not report.sentence:
        return opening
    return replace(opening, notes=(report.sentence, *opening.notes))


def described(spec: NetworkSpec, *, others: tuple[NetworkSpec, ...] = ()) -> Opening:
    """The opening of a spec whose weights are named already."""
    preprocessing, names = default_for(spec)
    notes: tuple[str, ...] = ()
    if spec.weights.source == "none":
        notes = (
            f"{spec.title} is untrained: its weights are drawn from seed {spec.seed}, and what it finds means nothing.",
        )
    assumed = is_assumed(spec), names_are_assumed(spec)
    return Opening(spec, preprocessing, names, others, notes, *assumed, shortcut_strength(spec))


def adjusted(opening: Opening, own: OwnInput) -> Opening:
    """The opening with the user's own normalisation, sizes and class names.

    Raises:
        UserError: they do not fit the network, or the class names cannot be read.
    """
    prepared = own.applied(opening.preprocessing, opening.spec)
    is_assumed = opening.is_assumed and not own.has_preprocessing
    opening = replace(opening, preprocessing=prepared, is_assumed=is_assumed)
    if own.classes is not None:
        names = class_names.read(own.classes, opening.spec.classes)
        opening = replace(opening, class_names=names, names_are_assumed=False)
    return opening

"""The study "Layer responses": how far what each convolution puts out spreads."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from resnet_viewer.records.blueprint import BlockSpec, Blueprint
from resnet_viewer.records.layers import LayerSpec, Normalisation, Steps
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.papers import HE_2015
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import joined
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option

_CLEARLY = 0.05
"""Of a mean response: one that is so much smaller is called smaller."""


@dataclass(frozen=True)
class ResponsesOptions(Options):
    """Which layers are listened to, and over how many pictures."""

    layers: Literal["3×3", "all"] = option(
        "3×3",
        "Convolutions",
        "Those with kernels of 3×3, as in the paper, or all but projections and gate layers.",
    )
    pictures: int = option(300, "Pictures", "The first so many of the test set.", least=1)


class Place(NamedTuple):
    """Where a layer's response is read."""

    layer: LayerSpec
    module: str
    """The normalisation that follows the layer before anything else does, or the layer itself."""
    block: BlockSpec | None
    """None in the stem."""

    @property
    def is_last(self) -> bool:
        """Whether it is the last of its branch: what it puts out is added to the shortcut."""
        return self.block is not None and self.block.branch_layers[-1] is self.layer


def places(plan: Blueprint, options: ResponsesOptions) -> tuple[Place, ...]:
    """All, in the order of the forward pass. A layer whose branch is dropped, or left out, is among them."""
    found = [*_places(plan.stem_steps, None)]
    for block in plan.blocks:
        found += _places((*block.before, *block.branch), block)
    return tuple(place for place in found if options.layers == "all" or _is_three_wide(place.layer))


def _places(steps: Steps, block: BlockSpec | None) -> Iterator[Place]:
    for step, following in zip(steps, (*steps[1:], None), strict=True):
        if isinstance(step, LayerSpec) and step.kind == "conv":
            normalised = following if isinstance(following, Normalisation) else step
            yield Place(step, normalised.name, block)


def _is_three_wide(layer: LayerSpec) -> bool:
    return layer.weight_shape[2:] == (3, 3)


def is_run(place: Place, state: NetworkState) -> bool:
    """Whether anything comes out of that layer: its branch is neither dropped nor left out."""
    return place.block is None or state.wiring.branches_run[place.block.number - 1] > 0


def places_of(result: StudyResult) -> tuple[Place, ...]:
    """The layers that a result is about."""
    state, options = result.order.state, result.order.options
    assert isinstance(options, ResponsesOptions)
    plan = blueprint(state.network, state.preprocessing.crop)
    return tuple(place for place in places(plan, options) if is_run(place, state))


def deviations(result: StudyResult) -> dict[str, float]:
    """What was measured, by the layers' names, in the order of the forward pass; without those that are not finite."""
    rows: dict[str, Row] = {str(row["layer"]): row for row in result.rows}
    found = {}
    for place in places_of(result):
        row = rows.get(place.layer.name)
        if row is not None and isinstance(value := row["deviation"], float):
            found[place.layer.name] = value
    return found


def refusal(state: NetworkState, plan: Blueprint, options: ResponsesOptions) -> str:
    """Why there is no layer to listen to."""
    if not any(is_run(place, state) for place in places(plan, options)):
        which = "3×3 convolution" if options.layers == "3×3" else "convolution"
        return f"{state.network.title} has no {which} that is run: take all convolutions, or restore its branches."
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """How far they spread together, and those that are added to a shortcut beside the others."""
    found = deviations(result)
    if not found:
        return ()
    title = result.order.state.network.title
    options = result.order.options
    assert isinstance(options, ResponsesOptions)
    kind = "3×3 layers" if options.layers == "3×3" else "layers"
    lowest, highest = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    plan = blueprint(result.order.state.network, result.order.state.preprocessing.crop)
    said = [
        f"The responses of the {len(found)} {kind} of {title} deviate by {_mean(found.values()):.2f} in the mean, from "
        f"{found[lowest]:.2f} ({plan.describe(lowest)}) to {found[highest]:.2f} ({plan.describe(highest)})."
    ]
    if not result.is_complete:
        return (*said, f"{len(result.rows)} of {result.points} layers are measured so far.")
    last = {place.layer.name for place in places_of(result) if place.is_last}
    ends = [value for name, value in found.items() if name in last]
    others = [value for name, value in found.items() if name not in last]
    if ends and others:
        where = (
            "added to the shortcuts" if result.order.state.network.has_shortcuts else "at the ends of blocks"
        )
        said.append(f"Those {where} deviate by {_mean(ends):.2f}, the others by {_mean(others):.2f}.")
    said.append(
        "He et al. (2015) found that residual networks respond less than plain ones, and the less the deeper they are: "
        "one network alone neither agrees nor disagrees; lay the results of others over it."
    )
    return tuple(said)


def comparison(results: Sequence[StudyResult]) -> Sequence[str]:
    """Whether residual networks respond less than plain ones (of the same depth, where there are such), and deeper ones
    less than others, of complete results.
    """
    found: dict[bool, list[tuple[int, str, float]]] = {}
    for result in results:
        values, network = deviations(result), result.order.state.network
        if result.is_complete and values:
            mean = _mean(values.values())
            found.setdefault(network.has_shortcuts, []).append((network.block_count, network.title, mean))
    residual, plain = (sorted(found.get(has_shortcuts, ())) for has_shortcuts in (True, False))
    said = []
    if residual and plain:
        pairs = [(ours, theirs) for ours in residual for theirs in plain]
        twins = [(ours, theirs) for ours, theirs in pairs if ours[0] == theirs[0]]
        agrees = all(ours[-1] < theirs[-1] for ours, theirs in twins or pairs)
        verdict = "as" if agrees else "not as"
        said.append(
            f"Residual networks respond {'less' if agrees else 'no less'} than plain ones here, {verdict} in He et al. "
            f"(2015): {_listed(residual)} in the mean, against {_listed(plain)}."
        )
    if len({blocks for blocks, *_ in residual}) > 1:
        means = [mean for *_, mean in residual]
        falls = all(later <= (1 - _CLEARLY) * earlier for earlier, later in pairwise(means))
        verdict = (
            "less the deeper they are, as" if falls else "not clearly less the deeper they are, other than"
        )
        said.append(f"Residual networks respond {verdict} in He et al. (2015): {_listed(residual)}.")
    return tuple(said)


def _listed(found: Sequence[tuple[int, str, float]]) -> str:
    """ "ResNet-20 0.68 and ResNet-56 0.42"."""
    return joined([f"{title} {mean:.2f}" for _, title, mean in found])


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


INFO = StudyInfo(
    name="responses",
    title="Layer responses",
    question="How strongly does each layer respond?",
    papers=(HE_2015.at("Figure 7"),),
    options=ResponsesOptions,
    refusal=refusal,
    conclusion=conclusion,
    comparison=comparison,
    explains=(
        "The standard deviation of what each convolution puts out, over all pictures, channels and places: after the "
        "normalisation that follows it, where one does, and before any ReLU or addition."
    ),
)

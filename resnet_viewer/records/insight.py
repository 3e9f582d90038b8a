"""What the Inspect tab shows, in sentences made from its numbers: what happened, how surely, and what to do next.

Each kind of sentence is a function of a case: a reading, its reference, and what was seen in this session. It gives an
insight, or None where the numbers do not bear it out. None is said without a number, and each knows its state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite, log10
from typing import Literal, get_args

import numpy as np

from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.captions import class_name, plain
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.layers import ReLU
from resnet_viewer.records.network import NetworkSpec, beginning
from resnet_viewer.records.predictions import has_highest_class, not_finite_words
from resnet_viewer.records.predictions import percent as probability_words
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.seen import Seen, SeenReading
from resnet_viewer.records.story_words import counted, joined, number_word, percent, sentence, thousands
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.test_set import NOT_SEEN, SetReading
from resnet_viewer.records.wiring import Closed, Wiring, number_ranges

Kind = Literal[
    "not finite", "untrained", "start", "features", "plain", "turned", "held", "networks", "wrong", "differ",
    "at rest", "severed", "fell", "rose", "hardly", "arrives", "saturated", "carries", "cheaper", "no cheaper",
    "alike", "same answer", "lesion", "strength", "blank", "ablation", "photograph",
]  # fmt: skip
_LARGEST_INPUT = 64
"""Side in pixels up to which a network's input is called small."""
_PIXELS_LOST = 16
"""A picture with so many times the pixels of a small input is a photograph that loses most of itself."""
FOR_PHOTOGRAPHS = ("resnet18", "resnet50")
"""What is offered where a picture is too much for the network."""
_SURE = 0.99
"""A probability from which on the loss is called saturated."""
_HARDLY, _SAME = 1.5, 0.01
"""Norms are called hardly changed within this factor; probabilities the same within this difference."""
_COST = 0.05
"""Of a probability, or of a test set: less is no cost to speak of."""
_TRAIN_BRIEFLY = "Train both kinds"
_LEAST_ALIKE = 20
"""Pictures of a set before they are called alike."""


@dataclass(frozen=True)
class Rewire:
    """Set the gates so: an edit, to be undone by this label."""

    wiring: Wiring
    label: str


@dataclass(frozen=True)
class GetWeights:
    """Download torchvision's weights for the network of that name, and open it."""

    name: str


@dataclass(frozen=True)
class CompareWith:
    """Take the bundled network of that name as the reference."""

    name: str


@dataclass(frozen=True)
class LookAt:
    """Show the Grad-CAM of that block."""

    block: int


@dataclass(frozen=True)
class TakeScore:
    """Take the gradients of the score, not of the loss."""


@dataclass(frozen=True)
class ShowTrain:
    """Bring the Train tab into view."""


Act = Rewire | GetWeights | CompareWith | LookAt | TakeScore | ShowTrain


@dataclass(frozen=True)
class Step:
    """What can be done next: its words are a link."""

    words: str
    act: Act
    brief: str = ""
    """Fewer words, for where those have no room."""


@dataclass(frozen=True)
class Insight:
    """Sentences that belong together, about one state, and what to do next."""

    kind: Kind
    words: str
    state: NetworkState
    strong: tuple[str, ...] = ()
    """Names in the words that weigh most, such as those of classes."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, eq=False)
class Case:
    """What sentences are made of. `reference` is one of the same picture, or None."""

    now: ProbeResult
    reference: ProbeResult | None
    names: tuple[str, ...]
    seen: Seen = field(default_factory=Seen)
    test: SetReading | None = None
    cam_block: int | None = None
    catalog: Mapping[str, CatalogEntry] = field(default_factory=dict)

    @property
    def state(self) -> NetworkState:
        """Of now."""
        return self.now.request.state

    @property
    def network(self) -> NetworkSpec:
        """Of now."""
        return self.state.network

    @property
    def wiring(self) -> Wiring:
        """Of now."""
        return self.state.wiring

    @cached_property
    def plan(self) -> Blueprint:
        """Of now's network."""
        return plan_of(self.now)

    @property
    def is_at_rest(self) -> bool:
        """Now is the reference."""
        return self.reference is not None and captions.is_same(self.now, self.reference)

    @cached_property
    def twin(self) -> ProbeResult | None:
        """The reference, where it is the same network with other gates."""
        reference = self.reference
        is_twin = (
            reference is not None
            and not self.is_at_rest
            and reference.request.state.network == self.network
            and reference.request.state.preprocessing == self.state.preprocessing
            and reference.request.state.wiring != self.wiring
        )
        return reference if is_twin else None

    @cached_property
    def other(self) -> ProbeResult | None:
        """The reference, where it is another network."""
        reference = self.reference
        return (
            reference if reference is not None and reference.request.state.network != self.network else None
        )

    @cached_property
    def changed(self) -> tuple[int, ...]:
        """Numbers of the blocks whose gates differ from the reference's."""
        if self.twin is None:
            return ()
        theirs = self.twin.request.state.wiring
        before, now = (
            zip(theirs.shortcuts, theirs.branches_run, strict=True),
            zip(self.wiring.shortcuts, self.wiring.branches_run, strict=True),
        )
        return tuple(
            number for number, (old, new) in enumerate(zip(before, now, strict=True), 1) if old != new
        )

    @property
    def means_something(self) -> bool:
        """One class is the highest, and the weights are not known to be untrained."""
        return has_highest_class(self.now) and not self.now.is_untrained

    @property
    def single(self) -> tuple[int, Closed] | None:
        """The one gate that is closed while all others are open."""
        return self.wiring.only_closed

    @cached_property
    def costs(self) -> _Costs | None:
        """Of a cut shortcut and a dropped branch, once both were seen."""
        return _costs(self)

    def top(self, reading: ProbeResult, place: int = 0) -> tuple[str, float]:
        """Name and probability of a class, by its place among the highest."""
        values = reading.probabilities[0]
        index = int(np.argsort(-values, kind="stable")[place])
        names = self.names if reading.request.state.has_classes_of(self.state) else ()
        return class_name(index, names or reading.request.state.class_names), float(values[index])

    def probability_of(self, reading: ProbeResult, other: ProbeResult) -> float:
        """That `reading` gives to the highest class of `other`."""
        return float(reading.probabilities[0][int(other.probabilities[0].argmax())])

    def insight(
        self, kind: Kind, *sentences: str, strong: Sequence[str] = (), steps: Sequence[Step] = ()
    ) -> Insight:
        """About now's state."""
        words = " ".join(sentence(part) for part in sentences if part)
        return Insight(kind, words, self.state, tuple(strong), tuple(steps))


def insights(scene: Scene, catalog: Sequence[CatalogEntry] = ()) -> tuple[Insight, ...]:
    """All that the scene's numbers bear out, what weighs most first; none before the first full reading.

    `catalog` is what can be opened and fetched.
    """
    now, reference = scene.now, scene.reference
    if now is None or not now.is_complete:
        return ()
    if reference is not None and (not reference.is_complete or reference.picture != now.picture):
        reference = None
    question = scene.session.measure_question()
    found = None if question is None else scene.findings.get(question)
    is_of_now = question is not None and question.now == now.request.state
    return of_case(
        Case(
            now,
            reference,
            scene.class_names,
            scene.seen,
            found if isinstance(found, SetReading) and is_of_now else None,
            scene.session.view.cam_block,
            {entry.name: entry for entry in catalog},
        )
    )


def of_case(case: Case) -> tuple[Insight, ...]:
    """Every kind that holds, in the order of `KINDS`."""
    return tuple(found for make in _MAKERS if (found := make(case)) is not None)


def words_of(scene: Scene) -> str:
    """All sentences in one line, for the files of figures; empty for none."""
    return all_words(insights(scene))


def all_words(found: Sequence[Insight]) -> str:
    """Insights in one line."""
    return " ".join(one.words for one in found)


# What the network says of the picture


def _not_finite(case: Case) -> Insight | None:
    if not (words := not_finite_words(case.now)):
        return None
    values = case.now.logits[0] if case.now.logits.size else np.zeros(0)
    count = int((~np.isfinite(values)).sum())
    how_many = f"{count} of {thousands(len(values))} scores are no finite numbers now" if count else ""
    is_open = case.wiring.is_open
    steps = () if is_open else (_open_everything(case),)
    return case.insight("not finite", how_many, words, steps=steps)


def _untrained(case: Case) -> Insight | None:
    if not case.now.is_untrained:
        return None
    title, weights = case.network.title, case.network.weights
    seed = case.network.seed if weights.trained is None else weights.trained.seed
    found = [f"The weights of {title} are untrained: drawn at random from seed {seed}"]
    if has_highest_class(case.now):
        name, value = case.top(case.now)
        found.append(
            f"its highest class, {name} with {_share(value)}, means nothing; its gradient norms are real"
        )
    if begins := beginning(case.network):
        found.append(begins)
    return case.insight("untrained", *found, steps=_downloads(case, (case.network.name,)))


def _start(case: Case) -> Insight | None:
    """What is on the screen before anything is changed, and what to do first."""
    if not case.is_at_rest or not case.means_something:
        return None
    name, value = case.top(case.now)
    more = [case.top(case.now, place) for place in range(1, min(3, case.network.classes))]
    then = joined([f"{other} ({_share(share)})" for other, share in more if share >= _SAME])
    words = f"{case.network.title} calls this picture {name} ({_share(value)})"
    if then:
        words += f", then {then}"
    gates = _gates_sentence(case.state)
    if not case.network.has_shortcuts:
        return case.insight("start", words, strong=[name])
    if not case.wiring.is_open:
        return case.insight("start", gates, f"now is the reference: {words}", strong=[name])
    number = _first_to_cut(case.plan)
    step = Step(
        f"Cut the shortcut of block {number}, or click any arc",
        Rewire(case.wiring.with_shortcuts([number], 0.0), f"cut the shortcut of block {number}"),
        f"Cut shortcut {number}",
    )
    return case.insight("start", f"{words}. {gates}", _shortcut_words(case.plan), strong=[name], steps=[step])


def _shortcut_words(plan: Blueprint) -> str:
    """What this network's shortcuts do; empty where they do something else than to add."""
    if any(block.merge != "addition" for block in plan.blocks):
        return ""
    layers = {len(block.branch_layers) for block in plan.blocks}
    passed = f"the {counted(layers.pop(), 'layer')} of the" if len(layers) == 1 else "its"
    changed = sum(block.shortcut != "identity" for block in plan.blocks)
    changing = f"; {changed} of {len(plan.blocks)} change it on the way" if changed else ""
    is_rectified = all(
        isinstance(step, ReLU) for block in plan.blocks for step in (block.after or (None,))[-1:]
    )
    total = "ReLU(input + branch)" if is_rectified else "input + branch"
    return (
        f"each carries its block's input past {passed} residual branch and adds it to what that makes of it: "
        f"output = {total}{changing}"
    )


def _features(case: Case) -> Insight | None:
    if case.network.has_classifier or not isinstance(case.now.target, BlockTarget):
        return None
    channels = case.plan.blocks[-1].output_shape[0]
    return case.insight(
        "features",
        f"{case.network.title} has no classifier: it ends with {thousands(channels)} features, and names no class",
        f"its gradients are those of {case.now.target.words}",
    )


def _plain(case: Case) -> Insight | None:
    if case.network.has_shortcuts or not case.is_at_rest:
        return None
    twin = case.network.name.replace("plain", "resnet")
    entry = case.catalog.get(twin)
    is_offered = twin != case.network.name and entry is not None and entry.is_bundled
    title = "" if entry is None else entry.title.partition(" · ")[0]
    steps = (
        [
            Step(
                f"Compare with {title}, which has the same layers and shortcuts",
                CompareWith(twin),
                f"Compare with {title}",
            )
        ]
        if is_offered
        else []
    )
    blocks = case.network.block_count
    words = f"{case.network.title} is a plain network: none of its {blocks} blocks has a shortcut that could be cut"
    return case.insight("plain", words, steps=steps)


def _turned(case: Case) -> Insight | None:
    """Closing or weakening gates gave the picture another class."""
    reference = case.twin
    if reference is None or not case.means_something or not has_highest_class(reference):
        return None
    (name, value), (old, share) = case.top(case.now), case.top(reference)
    if name == old:
        return None
    kept = case.probability_of(case.now, reference)
    enough = "that was enough: " if case.single and reference.request.state.wiring.is_open else ""
    steps = []
    if len(case.wiring.cut) > 1 and not case.wiring.dropped and not case.wiring.weakened:
        number = case.wiring.cut[len(case.wiring.cut) // 2]
        alone = Wiring.all_open(case.wiring.block_count).with_shortcuts([number], 0.0)
        steps.append(
            _step(
                f"Is one enough? Cut the shortcut of block {number} alone",
                alone,
                f"Cut shortcut {number} alone",
            )
        )
    return case.insight(
        "turned",
        _gates_sentence(case.state),
        _reference_sentence(reference),
        f"{enough}the picture is now called {name} ({_share(value)}), in the reference {old} ({_share(share)}, now "
        f"{_share(kept)})",
        strong=[name, old],
        steps=steps,
    )


def _held(case: Case) -> Insight | None:
    reference = case.twin
    if reference is None or not case.means_something or not has_highest_class(reference):
        return None
    (name, value), (old, share) = case.top(case.now), case.top(reference)
    if name != old:
        return None
    cut, blocks = case.wiring.cut, case.wiring.block_count
    steps = []
    if case.network.has_shortcuts and 0 < len(cut) < blocks:
        every = Wiring.evenly(blocks, 0.0)
        steps.append(_step(f"Cut the shortcuts of all {blocks} blocks", every, f"Cut all {blocks}"))
    return case.insight(
        "held",
        _gates_sentence(case.state),
        _reference_sentence(reference),
        f"the answer holds: the picture is still called {name}, {_share(value)} now and {_share(share)} in the "
        "reference",
        strong=[name],
        steps=steps,
    )


def _networks(case: Case) -> Insight | None:
    """Two networks beside each other."""
    theirs = case.other
    if theirs is None:
        return None
    ours_name, their_name = captions.short_names(case.state, theirs.request.state)
    found, strong = [], []
    steps: list[Step] = []
    if has_highest_class(case.now) and has_highest_class(theirs):
        (name, value), (other, share) = case.top(case.now), case.top(theirs)
        found.append(
            f"{ours_name} (now) calls this picture {name} ({_share(value)}), {their_name} (the reference) calls it "
            f"{other} ({_share(share)})"
        )
        strong = [name, other]
    mine, yours = case.now.layers[0].gradient_norm, theirs.layers[0].gradient_norm
    if isfinite(mine) and isfinite(yours) and case.now.request.gradient_of == theirs.request.gradient_of:
        found.append(
            f"at the first layer the gradient norm is {_number(mine)} now and {_number(yours)} in the reference"
        )
    ours, other_network = case.network, theirs.request.state.network
    if ours.has_shortcuts != other_network.has_shortcuts and ours.depth == other_network.depth:
        residual = ours if ours.has_shortcuts else other_network
        found.append(
            f"what differs: {residual.title} was built with {residual.block_count} shortcuts, the other with none"
        )
        found.append(_against_ablation(case, *((case.now, theirs)[:: 1 if ours.has_shortcuts else -1])))
        steps = [Step("Train such networks side by side", ShowTrain(), _TRAIN_BRIEFLY)]
    return case.insight("networks", *found, strong=strong, steps=steps) if found else None


def _against_ablation(case: Case, residual: ProbeResult, plain_one: ProbeResult) -> str:
    """Beside a trained plain network: why the residual one with all its shortcuts cut is another thing; empty where
    that was not seen."""
    state, other, norm = (
        residual.request.state,
        plain_one.request.state.network,
        plain_one.layers[0].gradient_norm,
    )
    every = replace(state, wiring=Wiring.evenly(state.network.block_count, 0.0))
    if not (_was_trained(other) and _was_trained(state.network) and isfinite(norm)):
        return ""
    if plain_one.request.gradient_of != case.now.request.gradient_of:
        return ""
    seen = next((one for one in _seen_here(case) if one.state == every), None)
    if seen is None:
        return ""
    return (
        f"to be trained without shortcuts is one thing, to lose them afterwards another: at the first layer "
        f"{other.title}, trained without them, has a norm of {_number(norm)}; {state.network.title}, trained with all "
        f"{state.network.block_count} and not retrained, had {_number(seen.first_norm)} with all of them cut"
    )


# Many pictures


def _alike(case: Case) -> Insight | None:
    """All pictures of the test set get one answer."""
    test = case.test
    if test is None or not test.is_complete or len(test.pictures) < _LEAST_ALIKE:
        return None
    if not test.now.is_alike or test.reference.is_alike:
        return None
    given = test.now.predicted[test.now.predicted != NOT_SEEN]
    all_of = f"all {thousands(len(given))} test pictures"
    if (given == given[0]).all():
        name = test.class_name(int(given[0]))
        classes = len(set(test.reference.predicted[test.reference.predicted != NOT_SEEN].tolist()))
        words = f"now {all_of} look alike to the network: each is called {name}; the reference finds "
        return case.insight("alike", f"{words}{_classes(classes)} in them", strong=[name])
    spread = f"no probability differs by more than {_share(test.now.spread or 0.0)} between two of them"
    return case.insight("alike", f"now {all_of} look alike to the network: {spread}")


def _wrong(case: Case) -> Insight | None:
    """How many pictures with known classes are wrong."""
    test = case.test
    if test is None or not test.has_labels or case.is_at_rest:
        return None
    ours, theirs = (test.now.error, test.now.interval), (test.reference.error, test.reference.interval)
    if ours[0] is None or ours[1] is None or theirs[0] is None or theirs[1] is None:
        return None
    is_unsure = _overlap(ours[1], theirs[1])
    words = f"of {_seen_words(test)} {percent(ours[0])} are wrong now, {percent(theirs[0])} in the reference"
    chance = (
        f"the 95 % intervals overlap ({_interval(ours[1])} and {_interval(theirs[1])}), so the difference could be "
        "chance"
        if is_unsure
        else ""
    )
    lead = "" if is_unsure or ours[0] < theirs[0] else _accident(case)
    return case.insight("wrong", f"{lead}{words}", chance)


def _differ(case: Case) -> Insight | None:
    """How many pictures without known classes get another class than in the reference."""
    test = case.test
    if test is None or test.has_labels or case.is_at_rest:
        return None
    error, interval = test.now.error, test.now.interval
    if error is None or interval is None:
        return None
    words = f"of {_seen_words(test)} {percent(error)} get another class than in the reference"
    return case.insight("differ", f"{_accident(case) if error > 50 else ''}{words} ({_interval(interval)})")


def _at_rest(case: Case) -> Insight | None:
    test = case.test
    if test is None or not test.has_labels or not case.is_at_rest:
        return None
    error, interval = test.now.error, test.now.interval
    if error is None or interval is None:
        return None
    words = f"of {_seen_words(test)} {percent(error)} are called wrongly ({_interval(interval)})"
    return case.insight("at rest", f"{words}: that is what every change is held against")


def _same_answer(case: Case) -> Insight | None:
    """Another picture, seen in this very state, got the same probabilities."""
    if not case.means_something or case.twin is None or case.now.batch_size > 1:
        return None
    values = case.now.probabilities[0]
    for seen in reversed(case.seen.readings):
        is_another = seen.state == case.state and seen.pictures != (case.now.picture.digest,)
        if is_another and seen.top and all(abs(float(values[i]) - share) < _SAME for i, share in seen.top):
            name, value = case.top(case.now)
            return case.insight(
                "same answer",
                f"{plain(seen.picture_name)} got the same answer in this state: {name}, {_share(seen.top[0][1])} there "
                f"and {_share(value)} here, and none of the {number_word(len(seen.top))} highest classes differs by a "
                "hundredth",
                strong=[name],
            )
    return None


# Gradients


def _ratio(case: Case) -> float | None:
    """The first layer's gradient norm now, divided by the reference's; None where that says nothing."""
    reference = case.twin
    if reference is None or reference.target != case.now.target:
        return None
    if reference.request.gradient_of != case.now.request.gradient_of:
        return None
    ours, theirs = case.now.layers[0].gradient_norm, reference.layers[0].gradient_norm
    return ours / theirs if isfinite(ours) and isfinite(theirs) and theirs > 0 else None


def _severed(case: Case) -> Insight | None:
    if _ratio(case) != 0.0:
        return None
    assert case.twin is not None
    closed = sorted(set(case.wiring.dropped) & _without_shortcut(case))
    was = _number(case.twin.layers[0].gradient_norm)
    where = ""
    steps = []
    if closed:
        blocks = f"block {closed[0]}" if len(closed) == 1 else f"blocks {number_ranges(closed)}"
        paths = "both paths are" if case.network.has_shortcuts else "the only path is"
        where = f"in {blocks} {paths} closed, so nothing passes"
        if case.network.has_shortcuts and len(closed) == 1:
            wiring = case.wiring.with_shortcuts(closed, 1.0)
            steps = [
                _step(f"Restore the shortcut of block {closed[0]}", wiring, f"Restore shortcut {closed[0]}")
            ]
    words = f"no gradient reaches the first layer: it is 0 now, {was} in the reference"
    return case.insight("severed", words, where, steps=steps)


def _fell(case: Case) -> Insight | None:
    ratio = _ratio(case)
    return _moved(case, ratio) if ratio is not None and 0 < ratio <= 1 / _HARDLY else None


def _rose(case: Case) -> Insight | None:
    ratio = _ratio(case)
    return _moved(case, ratio) if ratio is not None and ratio >= _HARDLY else None


def _moved(case: Case, ratio: float) -> Insight:
    """By how much the first layer's gradient changed, and where along the depth."""
    assert case.twin is not None
    ours, theirs = case.now.layers[0].gradient_norm, case.twin.layers[0].gradient_norm
    kind = _verb(ratio)
    words = (
        f"the first layer's gradient{_of_what(case)} {kind} {_fold(ratio)}, from {_number(theirs)} in the reference to "
        f"{_number(ours)} now"
    )
    return case.insight(kind, words + _where(case, ratio))


def _where(case: Case, ratio: float) -> str:
    """Where along the depth that happened, as the end of the sentence: how the norms changed between the last changed
    block and the output, and by how much a block."""
    first, last = case.changed[0], case.changed[-1]
    before = _median_ratio(case, lambda block: block is not None and block < first)
    behind = _median_ratio(case, lambda block: block is None or block > last)
    words = ""
    if behind is not None and last < case.wiring.block_count:
        there = f"between block {last} and the output"
        times = f"the median is {_number(behind)} times the reference's"
        is_same_way, share = (behind > 1) == (ratio > 1), abs(log10(behind)) / abs(log10(ratio))
        if 1 / _HARDLY < behind < _HARDLY:
            words = f"; the norms {there} hardly changed ({times})"
        elif is_same_way and share >= 0.5:
            words = f"; the norms {there} {_verb(behind)} much like it ({times})"
        else:
            words = f"; the norms {there} {_verb(behind)}{' less' if is_same_way else ''} ({times})"
    elif before is not None and first == last and 1 / _HARDLY < before / ratio < _HARDLY:
        words = f"; so did the norms in the blocks before block {first} (the median is {_number(before)} times the "
        words += "reference's)"
    cut = [number for number in case.changed if number in case.wiring.cut]
    if cut == list(case.changed) and abs(log10(ratio)) > 0.05 * len(cut) > 0.05:
        each = _fold(ratio ** (1 / len(cut)))
        words = f": {each} for each of the {len(cut)} cut blocks on average{words}"
    return words


def _verb(ratio: float) -> Literal["rose", "fell"]:
    return "rose" if ratio > 1 else "fell"


def _hardly(case: Case) -> Insight | None:
    ratio = _ratio(case)
    if ratio is None or not 1 / _HARDLY < ratio < _HARDLY:
        return None
    assert case.twin is not None
    ours, theirs = case.now.layers[0].gradient_norm, case.twin.layers[0].gradient_norm
    return case.insight(
        "hardly",
        f"the first layer's gradient{_of_what(case)} hardly changed: {_number(ours)} now, {_number(theirs)} in the "
        "reference",
    )


def _arrives(case: Case) -> Insight | None:
    """At rest: how much of the gradient arrives at the first layer."""
    if not case.is_at_rest or case.plan.blocks[-1].branch_layers == ():
        return None
    norms = {layer.name: layer.gradient_norm for layer in case.now.layers}
    first, last = case.now.layers[0].gradient_norm, norms[case.plan.blocks[-1].branch_layers[-1].name]
    if not (isfinite(first) and isfinite(last) and first > 0 and last > 0):
        return None
    ratio = first / last
    how = "hardly changed" if 1 / _HARDLY < ratio < _HARDLY else f"{_fold(ratio)} {_size(ratio)}"
    open_shortcuts = sum(strength == 1.0 for strength in case.wiring.shortcuts)
    has_open = case.network.has_shortcuts and open_shortcuts > 0
    through = f"through {open_shortcuts} open shortcuts " if has_open else ""
    return case.insight(
        "arrives",
        f"{through}the gradient{_of_what(case)} reaches the first layer {how}: its norm is {_number(last)} at the last "
        f"block and {_number(first)} there",
    )


def _saturated(case: Case) -> Insight | None:
    target = case.now.target
    if case.now.request.gradient_of != "loss" or isinstance(target, BlockTarget):
        return None
    if not has_highest_class(case.now):
        return None
    sure = [
        (which, float(reading.probabilities[0][target]), reading)
        for which, reading in (("now", case.now), ("in the reference", case.twin))
        if reading is not None and has_highest_class(reading)
    ]
    which, value, reading = max(sure, key=lambda one: one[1])
    if value < _SURE:
        return None
    norm = reading.layers[0].gradient_norm
    name = class_name(target, case.names)
    return case.insight(
        "saturated",
        f"the loss of {name} has next to no gradient {which} ({_number(norm)} at the first layer), because the network "
        f"is sure ({_share(value)}): cross-entropy saturates",
        steps=[Step("Compare scores instead", TakeScore())],
    )


# Cuts, drops and strengths


@dataclass(frozen=True)
class _Costs:
    """What cutting block `cut`'s shortcut and dropping block `drop`'s branch cost: of the class of the intact network,
    or of the test set; each a number from 0 to 1, with its words."""

    cut_block: int
    drop_block: int
    cut: float
    drop: float
    words: str


def _cheaper(case: Case) -> Insight | None:
    costs = case.costs
    if costs is None or costs.cut < 2 * _COST or costs.drop > costs.cut / 2:
        return None
    lead = f"{_both_blocks(costs)} dropping the residual branch costs far less than cutting the shortcut"
    return case.insight("cheaper", lead, costs.words)


def _no_cheaper(case: Case) -> Insight | None:
    costs = case.costs
    if costs is None or costs.drop < _COST or costs.drop < costs.cut:
        return None
    lead = f"{_both_blocks(costs)} dropping the residual branch costs no less than cutting the shortcut"
    return case.insight("no cheaper", lead, costs.words)


def _both_blocks(costs: _Costs) -> str:
    if costs.cut_block == costs.drop_block:
        return f"in block {costs.cut_block}"
    return f"in blocks {costs.cut_block} and {costs.drop_block}, which are alike,"


def _costs(case: Case) -> _Costs | None:
    """Both costs, once both were seen: of the same block, or else of the nearest of the same stage and form; of the
    test set rather than of one picture."""
    if case.single is None or case.twin is None or not case.twin.request.state.wiring.is_open:
        return None
    if not case.means_something or not has_highest_class(case.twin):
        return None
    number, what = case.single
    other: Closed = "dropped" if what == "cut" else "cut"
    ranks: dict[tuple[int, Closed] | None, int] = {
        (block, other): rank for rank, block in enumerate((number, *_like(case.plan, number)))
    }
    found = [*_set_costs(case, ranks), *_class_costs(case, ranks)]
    return min(found, key=lambda one: one[0])[1] if found else None


def _set_costs(case: Case, ranks: Mapping[tuple[int, Closed] | None, int]) -> list[tuple[int, _Costs]]:
    """Of the present test set, for what was seen of it with one of these gates closed, each with its rank."""
    test = case.test
    if test is None or not test.is_complete or test.now.error is None:
        return []
    base = test.reference.error if test.has_labels else 0.0
    how = "are wrong" if test.has_labels else "get another class"
    costs = []
    for seen in case.seen.sets:
        there = seen.request.now.wiring
        rank = ranks.get(there.only_closed)
        wanted = replace(test.request, now=replace(test.request.now, wiring=there))
        if rank is None or base is None or seen.request != wanted or seen.has_labels != test.has_labels:
            continue
        blocks, (cut, drop) = _in_order(case, there, (test.now.error, seen.error))
        intact = f", and {percent(base)} with both open" if test.has_labels else ""
        words = (
            f"of {thousands(seen.count)} test pictures {percent(drop)} {how} with the branch of block {blocks[1]} "
            f"dropped, {percent(cut)} with the shortcut of block {blocks[0]} cut{intact}"
        )
        costs.append((rank, _Costs(*blocks, max(cut - base, 0.0) / 100, max(drop - base, 0.0) / 100, words)))
    return costs


def _class_costs(case: Case, ranks: Mapping[tuple[int, Closed] | None, int]) -> list[tuple[int, _Costs]]:
    """The same of the class that the intact network gives to this picture."""
    assert case.twin is not None
    intact = int(case.twin.probabilities[0].argmax())
    here, before = float(case.now.probabilities[0][intact]), float(case.twin.probabilities[0][intact])
    costs = []
    for seen in reversed(case.seen.readings):
        rank = ranks.get(seen.state.wiring.only_closed)
        if rank is None or (there := _seen_probability(case, seen, intact)) is None:
            continue
        blocks, (cut, drop) = _in_order(case, seen.state.wiring, (here, there))
        words = (
            f"the class {class_name(intact, case.names)} has {_share(before)} with both open, {_share(drop)} with the "
            f"branch of block {blocks[1]} dropped, {_share(cut)} with the shortcut of block {blocks[0]} cut"
        )
        costs.append((rank, _Costs(*blocks, max(before - cut, 0.0), max(before - drop, 0.0), words)))
    return costs


def _in_order(
    case: Case, other: Wiring, values: tuple[float, float]
) -> tuple[tuple[int, int], tuple[float, float]]:
    """Blocks and values of now and of another wiring, each with one gate closed: that of the cut first."""
    assert case.single is not None
    assert other.only_closed is not None
    blocks = case.single[0], other.only_closed[0]
    return (blocks, values) if case.single[1] == "cut" else (blocks[::-1], values[::-1])


def _carries(case: Case) -> Insight | None:
    """One shortcut is cut, and what dropping its branch costs was not seen: that is the next step."""
    if case.single is None or case.single[1] != "cut" or case.twin is None or case.costs is not None:
        return None
    number = case.single[0]
    before = f"the {counted(number - 1, 'block')} before it" if number > 1 else "the stem"
    if number == 2:
        before = "the one block before it"
    wiring = Wiring.all_open(case.wiring.block_count).with_branches([number], 0.0)
    return case.insight(
        "carries",
        f"the shortcut of block {number} carried on what {before} had made; its residual branch adds one block's part",
        steps=[_step(f"Drop the branch of block {number} instead", wiring, f"Drop branch {number} instead")],
    )


def _lesion(case: Case) -> Insight | None:
    """Branches are dropped, and every shortcut is open."""
    wiring, blocks = case.wiring, case.wiring.block_count
    dropped = wiring.dropped
    if case.twin is None or not dropped or not case.network.has_shortcuts:
        return None
    if set(wiring.shortcuts) != {1.0} or wiring.weakened_branches:
        return None
    steps = []
    if len(dropped) == 1:
        block, first = case.plan.blocks[dropped[0] - 1], _first_of_stage(case.plan, dropped[0])
        if case.costs is None:
            cut = Wiring.all_open(blocks).with_shortcuts(dropped, 0.0)
            brief = f"Cut shortcut {block.number} instead"
            steps.append(_step(f"Cut the shortcut of block {block.number} instead", cut, brief))
        elif block.number != first:
            there = Wiring.all_open(blocks).with_branches([first], 0.0)
            words = f"Drop the branch of block {first} instead, where the stage begins"
            steps.append(_step(words, there, f"Drop branch {first} instead"))
    what = "is" if len(dropped) == 1 else "are"
    return case.insight(
        "lesion",
        f"this is a lesion (Veit et al. 2016): {len(dropped)} of {blocks} residual branches {what} dropped, and "
        f"all {blocks} shortcuts still carry their input on",
        steps=steps,
    )


def _strength(case: Case) -> Insight | None:
    """One shortcut is open in part."""
    weak = case.wiring.weakened
    if len(weak) != 1 or case.twin is None or not case.means_something or not has_highest_class(case.twin):
        return None
    (number, strength), blocks = next(iter(weak.items())), case.wiring.block_count
    if case.wiring.with_shortcuts([number], 1.0) != Wiring.all_open(blocks):
        return None
    if not case.twin.request.state.wiring.is_open:
        return None
    intact = int(case.twin.probabilities[0].argmax())
    name = class_name(intact, case.names)
    here, before = float(case.now.probabilities[0][intact]), float(case.twin.probabilities[0][intact])
    cut = case.wiring.with_shortcuts([number], 0.0)
    tried = [seen for seen in case.seen.readings if seen.state.wiring.only_closed == (number, "cut")]
    found = [value for seen in tried if (value := _seen_probability(case, seen, intact)) is not None]
    there = found[-1] if found else None
    words = (
        f"the class {name} has {_share(before)} with the shortcut of block {number} open, {_share(here)} now, at "
        f"strength {strength:.2g}"
    )
    if there is not None:
        return case.insight("strength", f"{words}, and {_share(there)} with it cut", strong=[name])
    step = _step(f"Cut the shortcut of block {number} wholly", cut, f"Cut shortcut {number} wholly")
    return case.insight("strength", words, strong=[name], steps=[step])


def _blank(case: Case) -> Insight | None:
    blocks = case.now.blocks
    shown = min(case.cam_block or len(blocks), len(blocks))
    block = blocks[shown - 1]
    state = block.cam_states[0]
    if state == "shown":
        return None
    reason = captions.cam_reason(case.now, block)
    cells = int(block.cam[0].size)
    near = min(
        (other.number for other in blocks if other.cam_states[0] == "shown"),
        key=lambda number: abs(number - shown),
        default=None,
    )
    steps = (
        []
        if near is None
        else [Step(f"Show the Grad-CAM of block {near}", LookAt(near), f"Grad-CAM of {near}")]
    )
    return case.insight(
        "blank",
        f"the Grad-CAM of block {shown} is blank now, in all of its {thousands(cells)} cells: {reason}",
        steps=steps,
    )


def _ablation(case: Case) -> Insight | None:
    """A cut is no plain network: which one shows degradation, and where."""
    cut, blocks = case.wiring.cut, case.wiring.block_count
    if not cut or not case.network.has_shortcuts or captions.unchanged_words(case.state) != "not retrained":
        return None
    trained = case.network.weights.trained
    if trained is not None and trained.strength != 1.0:
        return None
    which = "all of which" if len(cut) == blocks else f"of which {len(cut)}"
    plain_one = next(
        (
            one
            for one in _seen_here(case)
            if not one.state.network.has_shortcuts
            and one.state.wiring.is_open
            and one.state.network.depth == case.network.depth
            and _was_trained(one.state.network)
        ),
        None,
    )
    ours = case.now.layers[0].gradient_norm
    beside = ""
    if plain_one is not None and isfinite(ours):
        beside = (
            f"{plain_one.state.network.title}, trained without shortcuts, had a gradient norm of "
            f"{_number(plain_one.first_norm)} at the first layer; here, cut afterwards, it is {_number(ours)}"
        )
    return case.insight(
        "ablation",
        f"this is an ablation: the weights were trained with all {blocks} shortcuts, {which} "
        f"{'is' if len(cut) == 1 else 'are'} cut now, and not retrained",
        beside,
        "what depth does to a network that is trained without them is shown in Train",
        steps=[Step("Train plain and residual networks side by side", ShowTrain(), _TRAIN_BRIEFLY)],
    )


def _photograph(case: Case) -> Insight | None:
    """A small network is asked about a large picture."""
    side, picture = case.state.preprocessing.crop, case.now.picture
    pixels = picture.width * picture.height
    if not case.is_at_rest or not case.means_something or side > _LARGEST_INPUT:
        return None
    if pixels < _PIXELS_LOST * side * side or case.network.classes >= 1000:
        return None
    name, value = case.top(case.now)
    names = [plain(one) for one in case.names]
    which = f" ({names[0]} … {names[-1]})" if len(names) > 2 else ""
    unsure = f"; it is unsure ({name} has {_share(value)})" if value < 0.5 else ""
    steps = _downloads(case, FOR_PHOTOGRAPHS, "for photographs")
    return case.insight(
        "photograph",
        f"{case.network.title} sees this picture of {picture.width}×{picture.height} pixels as {side}×{side}, and "
        f"knows {_classes(case.network.classes)}{which}{unsure}",
        "if the picture shows something else, no answer can be right",
        steps=steps,
    )


KINDS: dict[Kind, Callable[[Case], Insight | None]] = {
    "not finite": _not_finite,
    "untrained": _untrained,
    "start": _start,
    "features": _features,
    "plain": _plain,
    "turned": _turned,
    "held": _held,
    "networks": _networks,
    "wrong": _wrong,
    "differ": _differ,
    "at rest": _at_rest,
    "severed": _severed,
    "fell": _fell,
    "rose": _rose,
    "hardly": _hardly,
    "arrives": _arrives,
    "saturated": _saturated,
    "carries": _carries,
    "cheaper": _cheaper,
    "no cheaper": _no_cheaper,
    "alike": _alike,
    "same answer": _same_answer,
    "lesion": _lesion,
    "strength": _strength,
    "blank": _blank,
    "ablation": _ablation,
    "photograph": _photograph,
}
"""Every kind by what makes it, what weighs most first."""
assert tuple(KINDS) == get_args(Kind)
_MAKERS = tuple(KINDS.values())


# Words


def _share(value: float) -> str:
    """A probability, with a space that does not break."""
    return probability_words(value).replace(" ", "\u00a0")


def _number(value: float) -> str:
    """With two digits at least: "7.2", "0.19", "853", "4.8e-16"."""
    if value == 0 or not 0.01 <= value < 1e6:
        return f"{value:.1e}" if value else "0"
    decimals = 0 if value >= 9.95 else 1 if value >= 0.995 else 2 if value >= 0.0995 else 3
    return thousands(value, decimals)


def _fold(ratio: float) -> str:
    """By how much: "2.4-fold", "38-fold", "by 16 orders of magnitude"; above or below 1 alike."""
    ratio = max(ratio, 1 / ratio)
    if ratio < 1000:
        return f"{ratio:.1f}-fold" if ratio < 9.95 else f"{ratio:.0f}-fold"
    return f"by {log10(ratio):.2g} orders of magnitude"


def _classes(count: int) -> str:
    """ "one class", "ten classes"."""
    return "one class" if count == 1 else f"{number_word(count)} classes"


def _size(ratio: float) -> str:
    return "larger" if ratio > 1 else "smaller"


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.0f} to {interval[1]:.0f}\u00a0%"


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _of_what(case: Case) -> str:
    """Whose gradient, where that is not the score of the highest class: " of the loss of cat"; of a batch all's."""
    size = case.now.batch_size
    if size > 1:
        what = "the summed score" if case.now.request.gradient_of == "score" else "the mean loss"
        return f" of {what} of {size} pictures"
    if isinstance(case.now.target, BlockTarget):
        return f" of {case.now.target.words}"
    shown = case.reference if case.reference is not None and case.other is None else case.now
    is_usual = has_highest_class(shown) and int(shown.probabilities[0].argmax()) == case.now.target
    if is_usual and case.now.request.gradient_of == "score":
        return ""
    return f" of the {case.now.request.gradient_of} of {class_name(case.now.target, case.names)}"


def _gates_sentence(state: NetworkState) -> str:
    """What is closed, as a sentence: "One of 27 shortcuts is cut, in block 15.", "All 27 shortcuts are open: nothing is
    cut."."""
    wiring, blocks = state.wiring, state.wiring.block_count
    kinds = [("residual branch", "residual branches", "dropped", wiring.dropped, wiring.weakened_branches)]
    if state.network.has_shortcuts:
        kinds.insert(0, ("shortcut", "shortcuts", "cut", wiring.cut, wiring.weakened))
    said = []
    for one, many, verb, closed, weak in kinds:
        if len(closed) == blocks:
            said.append(f"all {blocks} {many} are {verb}")
        elif closed:
            count, are = ("one", "is") if len(closed) == 1 else (str(len(closed)), "are")
            said.append(f"{count} of {blocks} {many} {are} {verb}, in {_in_blocks(closed)}")
        if len(weak) == 1:
            number, strength = next(iter(weak.items()))
            said.append(f"the {one} of block {number} is open by {strength:.2g}")
        elif weak:
            low, high = min(weak.values()), max(weak.values())
            by = f"{low:.2g}" if low == high else f"{low:.2g} to {high:.2g}"
            said.append(f"{len(weak)} of {blocks} {many} are open by {by}, in {_in_blocks(tuple(weak))}")
    if len(wiring.left_out) == 1:
        said.append(f"block {wiring.left_out[0]} is left out: its input goes on unchanged")
    elif wiring.left_out:
        said.append(f"{_in_blocks(wiring.left_out)} are left out: their input goes on unchanged")
    if not said:
        what, done = ("shortcuts", "cut") if state.network.has_shortcuts else ("residual branches", "dropped")
        said = [f"all {blocks} {what} are open: nothing is {done}"]
    return sentence("; ".join(said))


def _in_blocks(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"block {numbers[0]}"
    ranges = number_ranges(numbers).replace(",", ", ").replace("-", " to ")
    return f"blocks {ranges}" if len(ranges) <= 40 else f"blocks from {numbers[0]} to {numbers[-1]}"


def _reference_sentence(reference: ProbeResult) -> str:
    """The reference's gates, where they are not all open."""
    state = reference.request.state
    words = captions.wiring_words(state.network, state.wiring)
    return "" if state.wiring.is_open else f"In the reference: {words}."


def _accident(case: Case) -> str:
    """Before an error: the answer to this picture turned, too."""
    return "it is no accident of this picture: " if _turned(case) is not None else ""


def _seen_words(test: SetReading) -> str:
    """ "300 test pictures (digits)", "the first 120 of 300 test pictures"."""
    seen, total = test.now.compared, len(test.pictures)
    chosen = test.request.test_set
    title = plain(chosen.title)
    count = thousands(total) if seen == total else f"the first {thousands(seen)} of {thousands(total)}"
    return f"{count} {title}" if chosen.kind == "crops" else f"{count} test pictures ({title})"


# What is looked up


def _without_shortcut(case: Case) -> set[int]:
    if not case.network.has_shortcuts:
        return set(range(1, case.wiring.block_count + 1))
    return set(case.wiring.cut)


def _median_ratio(case: Case, lies: Callable[[int | None], bool]) -> float | None:
    """The median of now's norms over the reference's in the layers of the blocks that `lies` takes, which is given None
    for the head; None without two layers whose norms are numbers above 0."""
    assert case.twin is not None
    theirs = {layer.name: layer.gradient_norm for layer in case.twin.layers}
    stem = {layer.name for layer in case.plan.stem_layers}
    found = []
    for layer in case.now.layers:
        spec = case.plan.layer(layer.name)
        if spec is None or layer.kind in ("projection", "gate") or layer.name in stem or not lies(spec.block):
            continue
        ours, other = layer.gradient_norm, theirs[layer.name]
        if isfinite(ours) and isfinite(other) and ours > 0 and other > 0:
            found.append(ours / other)
    return float(np.exp(np.median(np.log(found)))) if len(found) > 1 else None


def _like(plan: Blueprint, number: int) -> list[int]:
    """Blocks of the same stage and form, the nearest first."""
    block = plan.blocks[number - 1]
    found = [
        other.number
        for other in plan.blocks
        if other.number != number
        and (other.stage, other.shortcut, other.input_shape)
        == (block.stage, block.shortcut, block.input_shape)
    ]
    return sorted(found, key=lambda other: abs(other - number))


def _seen_probability(case: Case, seen: SeenReading, index: int) -> float | None:
    """Of a class in an earlier reading of now's picture by the same network; None where that was not seen."""
    if seen.pictures != tuple(picture.digest for picture in case.now.request.batch):
        return None
    if seen.state != replace(case.state, wiring=seen.state.wiring):
        return None
    return seen.target_probability if seen.target == index else dict(seen.top).get(index)


def _seen_here(case: Case) -> list[SeenReading]:
    """Earlier readings of now's pictures and of the same kind of gradient, with finite norms; the newest first."""
    here = tuple(picture.digest for picture in case.now.request.batch)
    return [
        seen
        for seen in reversed(case.seen.readings)
        if seen.pictures == here
        and seen.gradient_of == case.now.request.gradient_of
        and isfinite(seen.first_norm)
    ]


def _was_trained(network: NetworkSpec) -> bool:
    """That is known of its weights, with every gate open; of a file from elsewhere it is not."""
    weights = network.weights
    if weights.trained is not None:
        return weights.trained.strength == 1.0 and weights.trained.done > 0
    return weights.source in ("bundled", "torchvision")


def _first_of_stage(plan: Blueprint, number: int) -> int:
    """The block that the stage of block `number` begins with."""
    return number - plan.blocks[number - 1].index + 1


def _first_to_cut(plan: Blueprint) -> int:
    """The block nearest to the middle whose shortcut is the identity; the middle one where none is."""
    middle = (len(plan.blocks) + 1) // 2
    identical = [block.number for block in plan.blocks if block.shortcut == "identity"]
    return min(identical or [middle], key=lambda number: abs(number - middle))


def _downloads(case: Case, names: Sequence[str], what: str = "") -> tuple[Step, ...]:
    """A step for each of these networks whose weights can be fetched."""
    entries = [case.catalog[name] for name in names if name in case.catalog and case.catalog[name].download]
    return tuple(
        Step(
            f"Get {entry.title.partition(' · ')[0]}{f' {what}' if what else chr(39) + 's trained weights'} "
            f"({entry.download})",
            GetWeights(entry.name),
            f"Get {entry.title.partition(' · ')[0]}",
        )
        for entry in entries
    )


def _open_everything(case: Case) -> Step:
    return _step("Open everything", Wiring.all_open(case.wiring.block_count))


def _step(words: str, wiring: Wiring, brief: str = "") -> Step:
    """An edit of the gates, undone by its own words."""
    return Step(words, Rewire(wiring, words[:1].lower() + words[1:]), brief)

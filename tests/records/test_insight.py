"""Every kind of sentence in a session in which it is true, and in one in which it is almost true and must not be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.insight import KINDS, Insight, Kind, Rewire, insights, words_of
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import CamState, GradientOf, NetworkState, ProbeResult
from resnet_viewer.records.question import Finding
from resnet_viewer.records.requests import CatalogEntry
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.seen import Seen
from resnet_viewer.records.session import Session, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.test_set import CROPS, MeasureSet, TestSet
from resnet_viewer.records.weights import NO_WEIGHTS, TrainedHere, WeightsRef
from resnet_viewer.records.wiring import Wiring
from tests import fabricated

CATALOG = (
    CatalogEntry("cifar-resnet-20", "ResNet-20 · CIFAR-10", "CIFAR-10", is_bundled=True),
    CatalogEntry("resnet18", "ResNet-18 · ImageNet", "ImageNet", download="45 MB"),
    CatalogEntry("resnet50", "ResNet-50 · ImageNet", "ImageNet", download="98 MB"),
)
CAT, DEER, DOG = 3, 4, 5
Norms = Callable[[int | None], float]
"""A layer's gradient norm by its block, which is None for the stem and the head."""
FILE = TestSet("cifar10", sample=None)


def bundled(name: str = "cifar-resnet-20") -> NetworkSpec:
    return replace(spec(name), weights=WeightsRef("bundled", name))


def picture(width: int = 40, height: int = 32, name: str = "tabby.png", seed: int = 0) -> Picture:
    return fabricated.picture(width, height, name=name, seed=seed)


@dataclass(frozen=True)
class State:
    """A network with its gates, and what it is made to find in a picture."""

    cut: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()
    weak: Mapping[int, float] = field(default_factory=dict)
    top: Mapping[int, float] = field(default_factory=lambda: {CAT: 0.56, DOG: 0.42})
    norm: float | Norms = 8.0
    network: NetworkSpec = field(default_factory=bundled)
    cams: Mapping[int, CamState] = field(default_factory=dict)
    target: int | BlockTarget = CAT

    @property
    def state(self) -> NetworkState:
        base = fabricated.setup(self.network).state
        wiring = base.wiring.with_shortcuts(self.cut, 0.0).with_branches(self.drop, 0.0)
        for block, strength in self.weak.items():
            wiring = wiring.with_shortcuts([block], strength)
        return replace(base, wiring=wiring)


def reading(given: State, shown: Picture, gradient_of: GradientOf = "score") -> ProbeResult:
    """What it finds in that picture."""
    setup = replace(fabricated.setup(given.network, shown), state=given.state, target=given.target)
    question = replace(setup, gradient_of=gradient_of).question(given.state)
    assert question is not None
    made = fabricated.result(question)
    plan: Blueprint = blueprint(given.network, given.state.preprocessing.crop)
    norm: Norms = given.norm if callable(given.norm) else lambda _block: float(given.norm)  # type: ignore[arg-type]
    layers = tuple(
        replace(layer, gradient_norm=norm(found.block if (found := plan.layer(layer.name)) else None))
        for layer in made.layers
    )
    layers = (replace(layers[0], gradient_norm=norm(0)), *layers[1:])
    blocks = tuple(
        replace(block, cam_states=(given.cams.get(block.number, "shown"),)) for block in made.blocks
    )
    values = made.probabilities.copy()
    if given.network.classes:
        rest = (1 - sum(given.top.values())) / (given.network.classes - len(given.top))
        values[:] = rest
        for index, share in given.top.items():
            values[0, index] = share
    return replace(made, target=given.target, layers=layers, blocks=blocks, probabilities=values)


def session(
    now: State,
    reference: State | None = None,
    *,
    shown: Picture | None = None,
    gradient_of: GradientOf = "score",
    before: tuple[tuple[State, Picture | None], ...] = (),
    test: Finding | None = None,
    sets: tuple[Any, ...] = (),
    view: View | None = None,
    reference_picture: Picture | None = None,
) -> Scene:
    """A session that shows `now` beside the reference (None: now itself), and saw other states `before`."""
    shown = shown or picture()
    theirs = now if reference is None else reference
    setup = replace(fabricated.setup(now.network, shown), state=now.state, gradient_of=gradient_of)
    made = Session(setup, theirs.state, view or View(), FILE)
    seen = Seen()
    for state, other in before:
        seen = seen.with_reading(reading(state, other or shown, gradient_of))
    for one in sets:
        seen = seen.with_set(one)
    ours = reading(now, shown, gradient_of)
    seen = seen.with_reading(ours)
    question = made.measure_question()
    findings = {} if test is None else {question: replace(test, request=question)}  # type: ignore[type-var]
    beside = reading(theirs, reference_picture or shown, gradient_of)
    return Scene(made, ours, beside, findings=findings, seen=seen)


def measured(
    now_wrong: int,
    reference_wrong: int = 11,
    *,
    count: int = 100,
    labels: bool = True,
    cut: tuple[int, ...] = (5,),
    drop: tuple[int, ...] = (),
    one_class: int | None = None,
    varied: bool = True,
) -> Any:
    """A complete reading of a test set of `count` pictures of ten classes, in which so many are wrong, or differ."""
    truth = [n % 10 if varied else 0 for n in range(count)]
    now = [(n + 1) % 10 if place < now_wrong else n for place, n in enumerate(truth)]
    reference = [(n + 1) % 10 if place < reference_wrong else n for place, n in enumerate(truth)]
    if one_class is not None:
        now = [one_class] * count
    if not labels:
        reference = truth
    base = State().state
    wiring = base.wiring.with_shortcuts(cut, 0.0).with_branches(drop, 0.0)
    question = MeasureSet(FILE, replace(base, wiring=wiring), base)
    return fabricated.set_reading(truth if labels else None, now, reference, question=question)


OPEN = State()
CUT = State(cut=(5,), top={DEER: 0.57, DOG: 0.42, CAT: 0.005})
STILL = State(cut=(5,), top={CAT: 0.6, DOG: 0.3})
DROPPED = State(drop=(5,), top={CAT: 0.55, DOG: 0.42})
UNTRAINED = replace(bundled(), weights=NO_WEIGHTS, seed=7)
PLAIN = bundled("cifar-plain-20")
HEADLESS = replace(spec("resnet18"), classes=0, weights=WeightsRef("torchvision", "IMAGENET1K_V1"))
MEAN = BlockTarget(8)


def of_run(strength: float) -> NetworkSpec:
    """Weights of a run, whose shortcuts were open by that much at its end."""
    here = TrainedHere("Digits", "quick", 12, 12.0, strength=strength)
    return replace(spec("cifar-resnet-20"), weights=WeightsRef("file", "run.safetensors", "ab" * 32, here))


def below(block: int, low: float) -> Norms:
    """8 behind that block, and so much less in it and before it."""
    return lambda number: 8.0 if number is None or number > block else low


def beyond(block: int, high: float) -> Norms:
    """1 up to a block, `high` between it and the output."""
    return lambda number: 1.0 if number is not None and number <= block else high


def broken(scene: Scene) -> Scene:
    """Now's logits are no numbers."""
    assert scene.now is not None
    nothing = np.full_like(scene.now.logits, np.nan)
    return replace(scene, now=replace(scene.now, logits=nothing, probabilities=nothing))


SESSIONS: dict[Kind, tuple[str, Scene, str, Scene]] = {
    "not finite": (
        "10 of 10 scores are no finite numbers now", broken(session(CUT, OPEN)),
        "all of them are numbers", session(CUT, OPEN),
    ),
    "untrained": (
        "drawn at random from seed 7. Its highest class, cat with 56 %, means nothing",
        session(State(network=UNTRAINED)),
        "a file does not tell whether it is trained", session(State(network=fabricated.trained())),
    ),
    "start": (
        "ResNet-20 calls this picture cat (56 %), then dog (42 %). All 9 shortcuts are open: nothing is cut. Each "
        "carries its block's input past the two layers of the residual branch and adds it to what that makes of it: "
        "output = ReLU(input + branch); 2 of 9 change it on the way.",
        session(OPEN),
        "the reference is another state", session(STILL, OPEN),
    ),
    "features": (
        "ends with 512 features, and names no class. Its gradients are those of the mean of block 8.",
        session(State(network=HEADLESS, target=MEAN, top={})),
        "it has classes, and is asked about a block", session(State(target=BlockTarget(9))),
    ),
    "plain": (
        "Plain-20 is a plain network: none of its 9 blocks has a shortcut", session(State(network=PLAIN)),
        "every shortcut is cut, and there are some",
        session(State(cut=tuple(range(1, 10))), State(cut=tuple(range(1, 10)))),
    ),
    "turned": (
        "One of 9 shortcuts is cut, in block 5. That was enough: the picture is now called deer (57 %), in the "
        "reference cat (56 %, now 0.5 %).", session(CUT, OPEN),
        "the class is the same, by a hair", session(replace(CUT, top={CAT: 0.41, DEER: 0.4}), OPEN),
    ),
    "held": (
        "The answer holds: the picture is still called cat, 60 % now and 56 % in the reference.",
        session(STILL, OPEN),
        "it turned, by a hair", session(replace(CUT, top={CAT: 0.4, DEER: 0.41}), OPEN),
    ),
    "networks": (
        "ResNet-20 (now) calls this picture cat (56 %), Plain-20 (the reference) calls it deer (70 %). At the "
        "first layer "
        "the gradient norm is 8.0 now and 0.020 in the reference. What differs: ResNet-20 was built with 9 "
        "shortcuts, the "
        "other with none.",
        session(OPEN, State(network=PLAIN, top={DEER: 0.7}, norm=0.02)),
        "it is the same network, cut", session(OPEN, replace(CUT, cut=tuple(range(1, 10)))),
    ),
    "alike": (
        "Now all 100 test pictures look alike to the network: each is called deer; the reference finds ten classes in "
        "them.", session(CUT, OPEN, test=measured(90, one_class=DEER)),
        "the reference finds one class, too",
        session(CUT, OPEN, test=measured(0, 0, one_class=0, varied=False)),
    ),
    "wrong": (
        "It is no accident of this picture: of 100 test pictures (CIFAR-10's test pictures) 91.0 % are wrong "
        "now, 11.0 % "
        "in the reference.", session(CUT, OPEN, test=measured(91)),
        "their classes are not known", session(CUT, OPEN, test=measured(91, labels=False)),
    ),
    "differ": (
        "85.0 % get another class than in the reference (77 to 91 %).",
        session(CUT, OPEN, test=measured(85, labels=False)),
        "nothing is changed", session(OPEN, test=measured(0, labels=False, cut=())),
    ),
    "at rest": (
        "Of 100 test pictures (CIFAR-10's test pictures) 11.0 % are called wrongly (6 to 19 %)",
        session(OPEN, test=measured(11, cut=())),
        "their classes are not known", session(OPEN, test=measured(0, labels=False, cut=())),
    ),
    "same answer": (
        "Coffee.png got the same answer in this state: deer, 57 % there and 57 % here",
        session(CUT, OPEN, before=((CUT, picture(name="coffee.png", seed=3)),)),
        "one class differs by two hundredths",
        session(
            CUT, OPEN,
            before=((replace(CUT, top={DEER: 0.55, DOG: 0.44, CAT: 0.005}), picture(name="coffee.png", seed=3)),),
        ),
    ),
    "severed": (
        "No gradient reaches the first layer: it is 0 now, 8.0 in the reference. In block 5 both paths are closed, so "
        "nothing passes.", session(State(cut=(5,), drop=(5,), norm=below(5, 0.0)), OPEN),
        "next to none does", session(State(cut=(5,), drop=(4,), norm=below(5, 1e-300)), OPEN),
    ),
    "fell": (
        "The first layer's gradient fell 38-fold, from 8.0 in the reference to 0.21 now; the norms between "
        "block 5 and the output hardly changed (the median is 1.0 times the reference's).",
        session(replace(CUT, norm=below(5, 8 / 38)), OPEN),
        "by less than a half", session(replace(CUT, norm=below(5, 5.5)), OPEN),
    ),
    "rose": (
        "The first layer's gradient rose 3.0-fold, from 8.0 in the reference to 24 now",
        session(replace(CUT, norm=below(5, 24.0)), OPEN),
        "by less than a half", session(replace(CUT, norm=below(5, 11.0)), OPEN),
    ),
    "hardly": (
        "The first layer's gradient hardly changed: 7.0 now, 8.0 in the reference.",
        session(replace(DROPPED, norm=7.0), OPEN),
        "by a little more than a half", session(replace(DROPPED, norm=5.0), OPEN),
    ),
    "arrives": (
        "Through 9 open shortcuts the gradient reaches the first layer hardly changed: its norm is 8.0 at the "
        "last block "
        "and 8.0 there.", session(OPEN),
        "the reference is another state", session(DROPPED, OPEN),
    ),
    "saturated": (
        "The loss of cat has next to no gradient now (1.0e-04 at the first layer), because the network is sure "
        "(99.5 %)",
        session(State(top={CAT: 0.995}, norm=1e-4), gradient_of="loss"),
        "it is nearly sure", session(State(top={CAT: 0.98}, norm=1e-4), gradient_of="loss"),
    ),
    "cheaper": (
        "In block 5 dropping the residual branch costs far less than cutting the shortcut. The class cat has 56 % with "
        "both open, 55 % with the branch of block 5 dropped, 0.5 % with the shortcut of block 5 cut.",
        session(CUT, OPEN, before=((DROPPED, None),)),
        "that was on another picture", session(CUT, OPEN, before=((DROPPED, picture(seed=9)),)),
    ),
    "no cheaper": (
        "In block 5 dropping the residual branch costs no less than cutting the shortcut.",
        session(CUT, OPEN, before=((replace(DROPPED, top={DEER: 0.9, CAT: 0.004}), None),)),
        "a little less", session(CUT, OPEN, before=((replace(DROPPED, top={DEER: 0.9, CAT: 0.006}), None),)),
    ),
    "carries": (
        "The shortcut of block 5 carried on what the four blocks before it had made", session(CUT, OPEN),
        "its branch was dropped already", session(CUT, OPEN, before=((DROPPED, None),)),
    ),
    "lesion": (
        "This is a lesion (Veit et al. 2016): 1 of 9 residual branches is dropped, and all 9 shortcuts still "
        "carry their "
        "input on.", session(DROPPED, OPEN),
        "a shortcut is cut, too", session(replace(DROPPED, cut=(6,)), OPEN),
    ),
    "strength": (
        "The class cat has 56 % with the shortcut of block 5 open, 40 % now, at strength 0.5.",
        session(State(weak={5: 0.5}, top={DEER: 0.5, CAT: 0.4}), OPEN),
        "another is cut", session(State(weak={5: 0.5}, cut=(6,), top={DEER: 0.5, CAT: 0.4}), OPEN),
    ),
    "blank": (
        "The Grad-CAM of block 9 is blank now, in all of its 64 cells: all contributions are negative.",
        session(replace(CUT, cams={9: "all negative"}), OPEN),
        "another block's is", session(replace(CUT, cams={8: "all negative"}), OPEN),
    ),
    "ablation": (
        "This is an ablation: the weights were trained with all 9 shortcuts, of which 1 is cut now, and not retrained.",
        session(CUT, OPEN),
        "a run that was trained with its shortcuts cut",
        session(
            State(cut=tuple(range(1, 10)), network=of_run(0.0)), State(network=of_run(0.0)),
        ),
    ),
    "photograph": (
        "ResNet-20 sees this picture of 451×300 pixels as 32×32, and knows ten classes (airplane … truck). If "
        "the picture "
        "shows something else, no answer can be right.", session(OPEN, shown=picture(451, 300)),
        "it is hardly larger than what the network sees", session(OPEN, shown=picture(96, 128)),
    ),
}  # fmt: skip


def told(scene: Scene) -> dict[Kind, Insight]:
    return {found.kind: found for found in insights(scene, CATALOG)}


def shown(found: Insight) -> str:
    return found.words.replace("\u00a0", " ")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_it_is_said_where_it_is_true(kind: Kind) -> None:
    words, scene, _, _ = SESSIONS[kind]
    found = told(scene)
    assert kind in found, f"none of that kind among {list(found)}"
    assert words in shown(found[kind])
    assert scene.now is not None
    assert found[kind].state == scene.now.request.state


@pytest.mark.parametrize("kind", get_args(Kind))
def test_it_is_not_said_where_it_is_almost_true(kind: Kind) -> None:
    _, _, why, scene = SESSIONS[kind]
    assert insights(scene), "a session of which nothing is said proves nothing"
    assert kind not in told(scene), f"{why}, and still: {told(scene)[kind].words}"


def test_every_kind_has_both_sessions() -> None:
    assert SESSIONS.keys() == KINDS.keys() == set(get_args(Kind))


def test_no_sentence_is_without_a_number_and_none_is_said_twice() -> None:
    for _, true, _, almost in SESSIONS.values():
        for scene in (true, almost):
            found = insights(scene, CATALOG)
            assert len({one.kind for one in found}) == len(found)
            for one in found:
                assert re.search(r"\d", one.words), one.words
                assert not one.words[0].islower(), one.words
                assert one.words.endswith("."), one.words
                assert "  " not in one.words, one.words
                assert "None" not in one.words, one.words
                assert "nan" not in one.words, one.words


def test_a_partial_reading_says_nothing_yet() -> None:
    scene = session(CUT, OPEN)
    assert scene.now is not None
    assert insights(replace(scene, now=replace(scene.now, layers=()))) == ()
    assert words_of(replace(scene, now=None)) == ""


def test_a_reference_of_another_picture_is_compared_with_nothing() -> None:
    scene = session(CUT, OPEN, reference_picture=picture(seed=4))
    assert not told(scene).keys() & {"turned", "held", "fell", "hardly"}


def test_errors_that_may_differ_by_chance_are_said_to() -> None:
    words = shown(told(session(STILL, OPEN, test=measured(14)))["wrong"])
    assert words == (
        "Of 100 test pictures (CIFAR-10's test pictures) 14.0 % are wrong now, 11.0 % in the reference. The 95 % "
        "intervals "
        "overlap (9 to 22 % and 6 to 19 %), so the difference could be chance."
    )
    assert "chance" not in shown(told(session(STILL, OPEN, test=measured(60)))["wrong"])
    assert "accident" not in shown(told(session(STILL, OPEN, test=measured(60)))["wrong"]), (
        "this picture held"
    )


def test_of_a_set_that_is_still_measured_the_pictures_seen_are_counted() -> None:
    partial = fabricated.set_reading([1] * 90, [2] * 90, [1] * 90, seen=40)
    words = shown(told(session(CUT, OPEN, test=partial))["wrong"])
    assert "of the first 40 of 90 test pictures (CIFAR-10's test pictures) 100.0 % are wrong now" in words
    assert "alike" not in told(session(CUT, OPEN, test=partial)), "the others may look different"


def test_the_crops_are_called_what_they_are() -> None:
    scene = session(CUT, OPEN)
    scene = replace(scene, session=replace(scene.session, test_set=CROPS))
    found = measured(85, labels=False)
    question = scene.session.measure_question()
    told_of = replace(scene, findings={question: replace(found, request=question)})
    assert "of 100 crops of the bundled pictures 85.0 % get another class" in shown(told(told_of)["differ"])


def test_a_finding_about_another_state_is_not_told() -> None:
    scene = session(CUT, OPEN, test=measured(91))
    changed = replace(scene, session=scene.session.with_setup(replace(scene.session.setup, state=OPEN.state)))
    assert "wrong" not in told(changed)


def test_a_test_set_decides_before_one_picture_does() -> None:
    scene = session(
        CUT,
        OPEN,
        test=measured(91),
        sets=(measured(14, cut=(), drop=(5,)),),
        before=((replace(DROPPED, top={DEER: 0.9}), None),),
    )
    found = told(scene)
    assert "no cheaper" not in found
    assert shown(found["cheaper"]).endswith(
        "Of 100 test pictures 14.0 % are wrong with the branch of block 5 dropped, 91.0 % with the shortcut of "
        "block 5 cut, "
        "and 11.0 % with both open."
    )


def test_a_like_block_stands_in_for_one_that_was_not_tried() -> None:
    like, other_stage = replace(DROPPED, drop=(6,)), replace(DROPPED, drop=(8,))
    words = shown(told(session(CUT, OPEN, before=((like, None),)))["cheaper"])
    assert words.startswith("In blocks 5 and 6, which are alike, dropping the residual branch costs far less")
    assert "cheaper" not in told(session(CUT, OPEN, before=((other_stage, None),)))


def test_from_the_dropped_branch_the_cut_is_remembered() -> None:
    found = told(session(DROPPED, OPEN, before=((CUT, None),)))
    assert shown(found["cheaper"]).endswith(
        "The class cat has 56 % with both open, 55 % with the branch of block 5 dropped, 0.5 % with the shortcut "
        "of block 5 "
        "cut."
    )
    (step,) = found["lesion"].steps
    assert step.words == "Drop the branch of block 4 instead, where the stage begins"
    first = replace(DROPPED, drop=(4,))
    assert told(session(first, OPEN, before=((replace(CUT, cut=(4,)), None),)))["lesion"].steps == ()


def test_where_the_gradient_fell_is_told_block_by_block() -> None:
    every = tuple(range(1, 10))
    fallen = State(cut=every, top={DEER: 0.6}, norm=lambda block: 8.0 * 10.0 ** (-9 + (block or 0)))
    words = shown(told(session(fallen, OPEN))["fell"])
    assert words == (
        "The first layer's gradient fell by 9 orders of magnitude, from 8.0 in the reference to 8.0e-09 now: "
        "10-fold for "
        "each of the 9 cut blocks on average."
    )
    last = State(cut=(9,), top={CAT: 0.3, DOG: 0.2}, norm=2.0)
    assert shown(told(session(last, OPEN))["fell"]).endswith(
        "to 2.0 now; so did the norms in the blocks before block 9 (the median is 0.25 times the reference's)."
    )
    for behind, told_of in (
        (2.0, "fell much like it (the median is 0.25"),
        (5.0, "fell less (the median is 0.62"),
        (24.0, "rose (the median is 3.0"),
    ):
        case = State(cut=(5,), top={CAT: 0.3}, norm=beyond(5, behind))
        words = shown(told(session(case, OPEN))["fell"])
        assert f"; the norms between block 5 and the output {told_of} times the reference's)." in words


def test_a_plain_network_is_severed_by_one_dropped_branch() -> None:
    dropped = State(drop=(4,), network=PLAIN, norm=below(4, 0.0))
    words = shown(told(session(dropped, State(network=PLAIN)))["severed"])
    assert words.endswith("In block 4 the only path is closed, so nothing passes.")


def test_the_target_is_named_where_it_is_no_usual_one() -> None:
    deer = replace(CUT, target=DEER, norm=1.0)
    words = shown(told(session(deer, replace(OPEN, target=DEER)))["fell"])
    assert words.startswith("The first layer's gradient of the score of deer fell 8.0-fold")
    loss = session(replace(CUT, norm=1.0), OPEN, gradient_of="loss")
    assert "gradient of the loss of cat fell" in shown(told(loss)["fell"])
    assert "fell" not in told(session(replace(CUT, norm=1.0, target=DEER), OPEN)), "of two targets"


def test_what_means_nothing_is_not_concluded_from() -> None:
    untrained, other = State(network=UNTRAINED), State(network=UNTRAINED, cut=(5,), top={DEER: 0.9})
    assert not told(session(other, untrained)).keys() & {"turned", "held", "ablation", "cheaper", "start"}


def test_what_begins_as_zero_is_no_fault() -> None:
    for kind, words in (
        ("fixup", "only the classifier has one"),
        ("skipinit", "only what multiplies a branch has one"),
    ):
        network = replace(UNTRAINED, initialisation=kind, is_normalised=False)
        said = shown(told(session(State(network=network)))["untrained"])
        assert "its branches add exactly nothing" in said
        assert words in said
    assert "its branches" not in shown(told(session(State(network=UNTRAINED)))["untrained"])


def test_the_seed_of_weights_that_a_run_drew_is_that_of_the_run() -> None:
    drawn = TrainedHere("Digits", "quick", 12, 0.0, seed=5)
    network = replace(of_run(1.0), weights=replace(of_run(1.0).weights, trained=drawn))
    assert "from seed 5" in shown(told(session(State(network=network)))["untrained"])


def test_a_weakened_shortcut_is_held_against_the_cut_one_that_was_seen() -> None:
    weak = State(weak={5: 0.5}, top={DEER: 0.5, CAT: 0.4})
    found = told(session(weak, OPEN, before=((CUT, None),)))["strength"]
    assert shown(found).endswith("40 % now, at strength 0.5, and 0.5 % with it cut.")
    assert found.steps == ()


def test_a_network_cut_afterwards_is_told_from_one_trained_without_shortcuts() -> None:
    every = State(cut=tuple(range(1, 10)), top={DEER: 0.6}, norm=4.8e-16)
    plain_one = State(network=PLAIN, top={DEER: 0.7}, norm=0.02)
    beside = (
        "to lose them afterwards another: at the first layer Plain-20, trained without them, has a norm of 0.020; "
        "ResNet-20, trained with all 9 and not retrained, had 4.8e-16 with all of them cut."
    )
    for now, reference in ((OPEN, plain_one), (plain_one, OPEN)):
        assert shown(told(session(now, reference, before=((every, None),)))["networks"]).endswith(beside)
        other = session(now, reference, before=((every, picture(seed=9)),))
        assert "afterwards" not in shown(told(other)["networks"]), "seen of another picture"
    cut = told(session(every, OPEN, before=((plain_one, None),)))["ablation"]
    assert "Plain-20, trained without shortcuts, had a gradient norm of 0.020 at the first layer" in shown(
        cut
    )
    assert "here, cut afterwards, it is 4.8e-16." in shown(cut)
    untrained = replace(plain_one, network=replace(PLAIN, weights=NO_WEIGHTS))
    assert "Plain" not in shown(told(session(every, OPEN, before=((untrained, None),)))["ablation"])


def test_what_was_trained_with_weak_shortcuts_was_not_trained_with_all_of_them() -> None:
    for strength, is_said in ((1.0, True), (0.5, False)):
        network = of_run(strength)
        scene = session(replace(CUT, network=network), State(network=network))
        assert ("ablation" in told(scene)) is is_said


def steps(kind: Kind, scene: Scene) -> list[str]:
    return [step.words for step in told(scene)[kind].steps]


def test_what_can_be_done_next_is_offered_where_it_can_be_done() -> None:
    assert steps("photograph", SESSIONS["photograph"][1]) == [
        "Get ResNet-18 for photographs (45 MB)",
        "Get ResNet-50 for photographs (98 MB)",
    ]
    assert [found.steps for found in insights(SESSIONS["photograph"][1]) if found.kind == "photograph"] == [
        ()
    ]
    assert steps("plain", SESSIONS["plain"][1]) == [
        "Compare with ResNet-20, which has the same layers and shortcuts"
    ]
    assert steps("plain", session(State(network=bundled("cifar-plain-32")))) == [], "no such weights"
    assert steps("blank", SESSIONS["blank"][1]) == ["Show the Grad-CAM of block 8"]
    assert steps("saturated", SESSIONS["saturated"][1]) == ["Compare scores instead"]
    assert steps("ablation", SESSIONS["ablation"][1]) == ["Train plain and residual networks side by side"]


def test_a_step_rewires_from_the_state_that_is_told_of() -> None:
    (step,) = told(session(CUT, OPEN))["carries"].steps
    assert step.words == "Drop the branch of block 5 instead"
    opened = Wiring.all_open(9)
    assert step.act == Rewire(opened.with_branches([5], 0.0), "drop the branch of block 5 instead")
    (step,) = told(session(OPEN))["start"].steps
    assert step.act == Rewire(opened.with_shortcuts([5], 0.0), "cut the shortcut of block 5")


def test_names_that_weigh_most_stand_in_the_words() -> None:
    for _, scene, _, _ in SESSIONS.values():
        for found in insights(scene, CATALOG):
            assert all(name in found.words for name in found.strong)


def test_the_words_for_a_file_are_those_of_the_screen() -> None:
    scene = session(CUT, OPEN)
    assert words_of(scene) == " ".join(found.words for found in insights(scene))

"""Sessions: which question a setup asks, and what a change lets go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.session import Session, Setup, View
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.wiring import Wiring
from tests.fabricated import picture, setup

CUT = Wiring.all_open(9).with_shortcuts([4], 0.0)


@pytest.fixture
def session() -> Session:
    return Session(setup().with_wiring(CUT))


def test_the_reference_is_everything_open_until_one_is_pinned(session: Session) -> None:
    assert session.reference == replace(session.setup.state, wiring=Wiring.all_open(9))
    pinned = session.with_reference()
    assert pinned.reference.wiring == CUT
    moved = pinned.with_setup(pinned.setup.with_wiring(Wiring.all_open(9)))
    assert moved.reference.wiring == CUT, "a pinned reference stays while the wiring moves"
    assert moved.without_reference().reference.wiring.is_open


def test_now_and_reference_are_asked_about_the_same_class(session: Session) -> None:
    now, reference = session.now_question(), session.reference_question()
    assert now is not None
    assert reference is not None
    assert now.state.wiring == CUT
    assert reference.state.wiring.is_open
    assert now.target == reference.target == session.reference
    chosen = session.with_setup(replace(session.setup, target=7))
    for question in (chosen.now_question(), chosen.reference_question()):
        assert question is not None
        assert question.target == 7


def test_without_a_picture_nothing_is_asked(session: Session) -> None:
    empty = session.with_setup(replace(session.setup, picture=None))
    assert empty.now_question() is None
    assert empty.reference_question() is None


def test_all_open_now_and_reference_are_one_question(session: Session) -> None:
    intact = session.with_setup(session.setup.with_wiring(Wiring.all_open(9)))
    assert intact.now_question() == intact.reference_question()
    assert hash(intact.now_question()) == hash(intact.reference_question())


def test_equal_questions_meet_in_a_cache_and_different_ones_do_not(session: Session) -> None:
    again = Session(setup(shown=picture()).with_wiring(CUT))
    assert {session.now_question(): "known"}[again.now_question()] == "known"
    others = [
        replace(session.setup, target=3),
        replace(session.setup, gradient_of="loss"),
        replace(session.setup, picture=picture(seed=1)),
        session.setup.with_wiring(CUT.toggled_shortcut(1)),
        replace(session.setup, state=replace(session.setup.state, network=spec("cifar-plain-20"))),
    ]
    questions = {session.with_setup(other).now_question() for other in others}
    assert len(questions) == len(others)
    assert session.now_question() not in questions


def test_class_names_and_the_view_do_not_change_the_question(session: Session) -> None:
    renamed = session.with_setup(replace(session.setup, class_names=("other",) * 10))
    assert renamed.now_question() == session.now_question()
    viewed = session.with_view(View(layer="layer1.0", channel=3))
    assert viewed.now_question() == session.now_question()
    assert viewed.setup is session.setup


def test_another_network_keeps_a_pinned_reference_and_lets_the_selection_go(session: Session) -> None:
    looking = session.with_reference().with_view(View("layer1.0", 3, 2, map_colours="cividis"))
    same_network = looking.with_setup(replace(looking.setup, picture=picture(seed=2)))
    assert same_network.pinned == looking.pinned
    assert same_network.view == looking.view
    network = spec("resnet18")
    state = NetworkState(network, looking.setup.state.preprocessing, Wiring.all_open(8))
    other = looking.with_setup(Setup(state, looking.setup.picture))
    assert other.pinned == looking.pinned
    assert looking.without_reference().with_setup(other.setup).pinned is None
    assert other.view == View("layer4.1", map_colours="cividis"), "how things are looked at stays"


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("resnet50", "layer4.2"),
        ("cifar-resnet-56", "layer3.8"),
        ("vgg16", "features.29"),
        ("teaching-mnist", "layer3.0"),
    ],
)
def test_a_session_begins_at_the_last_block(name: str, last: str) -> None:
    """What is cut lies before it, whatever it is; Grad-CAM's usual block is the last one too."""
    begun = Session.begun(setup(spec(name)))
    assert begun.view == View(last)
    other = Session.begun(setup(spec("cifar-resnet-8"))).with_setup(begun.setup)
    assert other.view == begun.view


def test_a_reference_without_the_target_is_asked_about_its_own(session: Session) -> None:
    plain = NetworkState(spec("cifar-plain-20"), session.setup.state.preprocessing, Wiring.all_open(9))
    large = NetworkState(spec("resnet18"), session.setup.state.preprocessing, Wiring.all_open(8))
    bare = NetworkState(
        spec("cifar-resnet-8", classes=0), session.setup.state.preprocessing, Wiring.all_open(3)
    )
    for state, target, asked in (
        (plain, 3, 3),
        (large, 3, large),
        (plain, BlockTarget(9), BlockTarget(9)),
        (large, BlockTarget(9), large),
        (bare, 3, bare),
    ):
        wished = replace(
            session, setup=replace(session.setup, target=target, gradient_of="loss"), pinned=state
        )
        question = wished.reference_question()
        assert question is not None
        assert question.target == asked
        assert question.gradient_of == ("loss" if state.network.has_classifier else "score")


def test_class_names_in_words() -> None:
    named = setup()
    assert named.target_name(3) == "cat"
    assert replace(named, class_names=()).target_name(3) == "class 3"
    assert named.target_name(10) == "class 10"


def test_a_reference_whose_classes_have_other_names_is_asked_about_its_own(session: Session) -> None:
    """Ten digits and ten kinds of pictures: a class's number says nothing about the other network."""
    state = session.setup.state
    digits = replace(state, network=spec("teaching-mnist"), class_names=tuple("0123456789"))
    photos = replace(state, class_names=CIFAR10_CLASSES)
    unknown = replace(state, class_names=())
    capitals = replace(state, class_names=tuple(name.upper() for name in CIFAR10_CLASSES))
    assert not photos.has_classes_of(digits)
    assert not digits.has_classes_of(photos)
    assert photos.has_classes_of(capitals)
    assert photos.has_classes_of(unknown)
    assert unknown.has_classes_of(digits)
    assert not photos.has_classes_of(replace(unknown, network=spec("resnet18")))
    asked = (
        Session(replace(session.setup, state=photos, target=3)).with_reference(digits).reference_question()
    )
    assert asked is not None
    assert asked.target == digits
    same = (
        Session(replace(session.setup, state=photos, target=3)).with_reference(capitals).reference_question()
    )
    assert same is not None
    assert same.target == 3

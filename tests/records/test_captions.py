from dataclasses import replace

import numpy as np
import pytest

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records import captions
from resnet_viewer.records.captions import target_told, usual_target_words
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import GradientOf, ProbeResult
from resnet_viewer.records.session import Session
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.records.weights import TrainedHere, WeightsRef
from resnet_viewer.records.wiring import Wiring
from tests import fabricated
from tests.fabricated import scene

BUNDLED = WeightsRef("bundled", "cifar-resnet-56")


def readings(network: NetworkSpec, *, cut: tuple[int, ...] = ()) -> tuple[ProbeResult, ProbeResult]:
    invented = scene(network, cut=cut)
    assert invented.now is not None
    assert invented.reference is not None
    picture = replace(invented.now.request.picture, name="cat.jpg")
    now, reference = (
        replace(reading, target=7, request=replace(reading.request, picture=picture))
        for reading in (invented.now, invented.reference)
    )
    return now, reference


def test_one_sentence_says_what_was_measured_and_in_which_state() -> None:
    network = replace(spec("cifar-resnet-56"), weights=BUNDLED)
    now, reference = readings(network, cut=tuple(range(20, 28)))
    assert captions.caption(now, reference, CIFAR10_CLASSES) == (
        "L2 norm of the gradient of the score of horse for every layer's weight · ResNet-56, bundled weights, "
        "trained with shortcuts; 8 of 27 shortcuts cut (20-27); not retrained · picture cat.jpg · "
        "reference: all shortcuts open."
    )


def test_an_intact_network_is_not_called_unretrained() -> None:
    now, _ = readings(replace(spec("cifar-resnet-20"), weights=BUNDLED))
    words = captions.caption(now, None, ())
    assert "not retrained" not in words
    assert "all shortcuts open" in words
    assert words.endswith("no reference.")


@pytest.mark.parametrize(
    ("name", "weights", "said"),
    [
        ("cifar-resnet-20", WeightsRef("none"), "ResNet-20, untrained (seed 0); 1 of 9 shortcuts cut (3)"),
        ("cifar-plain-20", BUNDLED, "Plain-20, bundled weights, trained without shortcuts"),
        (
            "resnet50",
            WeightsRef("torchvision", "IMAGENET1K_V2"),
            "ResNet-50, torchvision's IMAGENET1K_V2, trained with shortcuts; 1 of 16 shortcuts cut (3); not retrained",
        ),
        (
            "cifar-resnet-20",
            WeightsRef("file", "/a/b/c.th"),
            "ResNet-20, weights from c.th, read as a network with shortcuts; 1 of 9 shortcuts cut (3); "
            "weights as in the file",
        ),
        (
            "resnet50",
            WeightsRef("file", "/a/b/random.safetensors"),
            "ResNet-50, weights from random.safetensors, read as a network with shortcuts; "
            "1 of 16 shortcuts cut (3); weights as in the file",
        ),
    ],
)
def test_states_claim_no_more_than_is_known(name: str, weights: WeightsRef, said: str) -> None:
    now, _ = readings(replace(spec(name), weights=weights), cut=(3,))
    assert captions.state_words(now.request.state) == said


@pytest.mark.parametrize(
    ("strength", "cut", "said"),
    [
        (1.0, (), "trained in this lab: quick, 12 epochs, seed 0; all shortcuts open"),
        (1.0, (3,), "trained in this lab: quick, 12 epochs, seed 0; 1 of 9 shortcuts cut (3); not retrained"),
        (
            0.0,
            tuple(range(1, 10)),
            "trained in this lab: quick, 12 epochs, seed 0, shortcuts open by 0; 9 of 9 shortcuts cut",
        ),
    ],
)
def test_weights_of_the_lab_tell_how_they_were_trained(
    strength: float, cut: tuple[int, ...], said: str
) -> None:
    trained = TrainedHere("Digits", "quick", 12, 12, strength=strength)
    weights = WeightsRef("file", "/a/epoch-0012.safetensors", trained=trained)
    now, _ = readings(replace(spec("cifar-resnet-20"), weights=weights), cut=cut)
    assert captions.state_words(now.request.state) == f"ResNet-20, Digits, epoch 12 of 12, {said}"


@pytest.mark.parametrize(
    ("trained", "moment"),
    [
        (TrainedHere("Digits", "quick", 12, 6.545), "Digits, epoch 6.5 of 12"),
        (TrainedHere("Digits", "quick", 12, 0.0), "Digits, before training"),
        (TrainedHere("birds", "adam", 12, 2.0, seed=3), "birds, adam, epoch 2 of 12, seed 3"),
    ],
)
def test_weights_of_the_lab_are_named_by_data_and_epoch(trained: TrainedHere, moment: str) -> None:
    assert WeightsRef("file", "/a/step-0000072.safetensors", trained=trained).title == moment


def test_a_dropped_branch_of_a_plain_network_is_told() -> None:
    now, reference = readings(replace(spec("cifar-plain-20"), weights=BUNDLED))
    state = replace(now.request.state, wiring=Wiring.all_open(9).with_branches([2], 0.0))
    assert captions.state_words(state) == (
        "Plain-20, bundled weights, trained without shortcuts; 1 of 9 residual branches dropped (2); not retrained"
    )
    assert captions.reference_words(now, reference) == "all residual branches open"


def test_a_block_that_is_left_out_is_told_and_what_is_missing_for_it() -> None:
    now, _ = readings(replace(spec("cifar-plain-20"), weights=BUNDLED))
    wiring = Wiring.all_open(9).with_left_out([2])
    state = replace(now.request.state, wiring=wiring)
    assert captions.state_words(state) == (
        "Plain-20, bundled weights, trained without shortcuts; 1 of 9 blocks left out (2); not retrained"
    )
    missing = captions.missing_maps_words(blueprint(state.network), wiring, "layer1.1.conv1")
    assert missing == "not computed: block 2 is left out"


def with_wiring(reading: ProbeResult, wiring: Wiring) -> ProbeResult:
    state = replace(reading.request.state, wiring=wiring)
    return replace(reading, request=replace(reading.request, state=state))


def test_one_state_has_one_wording_and_two_states_have_two() -> None:
    now, reference = readings(spec("cifar-resnet-56"))
    whole = Wiring.all_open(27)
    odd = with_wiring(now, whole.with_shortcuts(range(1, 28, 2), 0.0))
    other = with_wiring(now, whole.with_shortcuts([*range(1, 22, 2), 22, 24, 26], 0.0))
    for ours, theirs in ((with_wiring(now, whole.with_shortcuts([3], 0.0)), reference), (odd, other)):
        words = captions.wiring_words(ours.request.state.network, ours.request.state.wiring)
        assert captions.reference_words(ours, theirs) != words
        assert captions.reference_words(ours, ours) == words
        assert captions.is_same(ours, ours)
        assert not captions.is_same(ours, theirs)
    assert not captions.is_same(now, replace(reference, target=now.target + 1))


def test_an_open_plain_network_has_one_wording() -> None:
    now, reference = readings(spec("cifar-plain-20"))
    state = now.request.state
    assert captions.wiring_words(state.network, state.wiring) == captions.reference_words(now, reference)


def test_the_loss_and_the_other_quantities_are_named() -> None:
    now, _ = readings(spec("cifar-resnet-20"))
    loss = replace(now, request=replace(now.request, gradient_of="loss"))
    assert captions.quantity_words("relative", loss, CIFAR10_CLASSES) == (
        "L2 norm of the gradient of the loss (cross-entropy) of horse for every layer's weight, "
        "divided by the weight's own L2 norm"
    )
    assert captions.quantity_words("output", now, ()).endswith("score of class 7 at every block's output")


def test_a_reference_that_differs_in_more_than_wiring_says_so() -> None:
    now, reference = readings(spec("cifar-resnet-20"))
    other = replace(
        reference, target=1, request=replace(reference.request, state=replace(
            reference.request.state, network=spec("cifar-plain-20")))
    )  # fmt: skip
    assert captions.reference_words(now, other) == "Plain-20, untrained (seed 0), another target"


def test_one_number_is_another_target_where_classes_have_other_names() -> None:
    now, reference = readings(spec("cifar-resnet-20"))

    def of(reading: ProbeResult, network: str, names: tuple[str, ...]) -> ProbeResult:
        state = replace(reading.request.state, network=spec(network), class_names=names)
        return replace(reading, target=3, request=replace(reading.request, state=state))

    ours, theirs = (
        of(now, "cifar-resnet-20", CIFAR10_CLASSES),
        of(reference, "cifar-plain-20", tuple("0123456789")),
    )
    assert captions.reference_words(ours, theirs) == "Plain-20, untrained (seed 0), another target"
    same = of(reference, "cifar-plain-20", CIFAR10_CLASSES)
    assert captions.reference_words(ours, same) == "Plain-20, untrained (seed 0)"


def test_missing_maps_are_blamed_on_the_gate_that_is_closed() -> None:
    now, _ = readings(spec("resnet18"))
    wiring = Wiring.all_open(8).with_shortcuts([3], 0.0).with_branches([4], 0.0)
    state = replace(now.request.state, wiring=wiring)
    expected = {
        "layer2.0.downsample.0": "not computed: the shortcut of block 3 is cut",
        "layer2.1.conv1": "not computed: the residual branch of block 4 is dropped",
        "layer1.0.conv1": "not computed",
        "conv1": "not computed",
        "fc": "the classifier has no maps: it gives one number for each class",
    }
    plan = blueprint(state.network)
    assert {name: captions.missing_maps_words(plan, wiring, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((3,), "3"), ((9, 3, 5, 6, 7, 8), "3,5-9"), ((1, 2), "1-2")]
)
def test_block_numbers_are_written_as_the_command_line_takes_them(
    numbers: tuple[int, ...], text: str
) -> None:
    assert captions.number_ranges(numbers) == text


def test_hostile_names_become_one_harmless_line() -> None:
    assert captions.plain("a\nb\x00c\udcffd") == "a�b�c�d"
    assert captions.plain("grüße 猫 😀 $x$.png") == "grüße 猫 😀 $x$.png"


def asked(session: Session) -> tuple[ProbeResult, ProbeResult]:
    """Readings of what a session asks."""
    questions = session.now_question(), session.reference_question()
    assert questions[0] is not None
    assert questions[1] is not None
    now, reference = (fabricated.result(question) for question in questions)
    return replace(now, target=3 if not isinstance(now.target, BlockTarget) else now.target), reference


def test_the_target_says_by_whose_choice_it_is() -> None:
    base = fabricated.setup(spec("cifar-resnet-20"))
    cut = Session(base.with_wiring(base.wiring.toggled_shortcut(2)))
    now, reference = asked(cut)
    reference = replace(reference, target=3)
    assert target_told(cut, now, reference) == "cat, the reference's highest"
    assert usual_target_words(cut, now) == "cat, reference's highest"
    assert usual_target_words(cut, None) == "reference's highest"
    chosen = cut.with_setup(replace(cut.setup, target=3))
    assert target_told(chosen, *(replace(each, target=3) for each in asked(chosen))) == "cat, your choice"
    assert usual_target_words(chosen, asked(chosen)[0]) == "reference's highest", (
        "which class that is nobody asked"
    )
    channel = cut.with_setup(replace(cut.setup, target=BlockTarget(4, 7)))
    readings = [replace(each, target=BlockTarget(4, 7)) for each in asked(channel)]
    assert target_told(channel, *readings) == "block 4, channel 7, your choice"


def test_networks_of_other_classes_each_have_their_own_target() -> None:
    base = fabricated.setup(spec("cifar-resnet-20"))
    other = fabricated.setup(spec("resnet18")).state
    session = Session(base, pinned=replace(other, class_names=tuple(f"thing {n}" for n in range(1000))))
    now, reference = asked(session)
    told = target_told(session, now, replace(reference, target=42))
    assert told == "cat, its own highest · reference: thing 42, its own highest"
    assert usual_target_words(session, now) == "cat, its own highest"


def test_without_classes_the_usual_target_is_the_last_blocks_mean() -> None:
    base = fabricated.setup(replace(spec("cifar-resnet-20"), classes=0))
    session = Session(base)
    question = session.now_question()
    assert question is not None
    reading = replace(fabricated.scene(spec("cifar-resnet-20")).now, request=question, target=BlockTarget(9))  # type: ignore[type-var]
    assert target_told(session, reading, None) == "block 9, mean, there are no classes"
    assert usual_target_words(session, reading) == "mean of the last block"


def together(*names: str, targets: tuple[int, ...], gradient_of: GradientOf = "score") -> ProbeResult:
    """A reading of so many pictures, of which only words are asked."""
    now, _ = readings(replace(spec("cifar-resnet-20"), weights=BUNDLED))
    others = tuple(replace(now.request.picture, name=name) for name in names[1:])
    picture = replace(now.request.picture, name=names[0])
    request = replace(now.request, picture=picture, others=others, gradient_of=gradient_of)
    one = (now.logits, now.probabilities, now.network_input)
    logits, probabilities, seen = (np.repeat(array, len(names), axis=0) for array in one)
    return replace(
        now,
        request=request,
        logits=logits,
        probabilities=probabilities,
        network_input=seen,
        blocks=(),
        activations={},
        target=targets[0],
        other_targets=targets[1:],
    )


def test_a_batchs_caption_says_how_many_pictures_and_how_their_scores_are_taken_together() -> None:
    four = together("a.png", "b.png", "c.png", "d.png", targets=(3, 7, 7, 1)).alone(2)
    words = captions.caption(four, None, CIFAR10_CLASSES)
    assert words.startswith(
        "L2 norm of the gradient of the summed score of 4 pictures, each of its own class for"
    )
    assert " · 4 pictures (a.png, b.png, c.png, …) · " in words
    said = captions.cam_caption(four, None, CIFAR10_CLASSES, block=9)
    assert said.startswith("Grad-CAM of the score of horse at the output of block 9")
    assert " · picture c.png (3 of 4) · " in said
    assert captions.batch_cam_caption(four, None, CIFAR10_CLASSES, block=9).startswith(
        "Grad-CAM of the score of each picture's own class at the output of block 9"
    )


@pytest.mark.parametrize(
    ("gradient_of", "said"),
    [("score", "the summed score of horse over 2 pictures"),
     ("loss", "the mean loss (cross-entropy) of horse over 2 pictures")],
)  # fmt: skip
def test_a_batch_of_one_class_names_it(gradient_of: GradientOf, said: str) -> None:
    two = together("a.png", "b.png", targets=(7, 7), gradient_of=gradient_of)
    assert captions.gradient_words(two, CIFAR10_CLASSES) == said

"""The engine's order of answers, its memory, and that one request never leaks into the next."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from resnet_viewer.core import engine as engine_module
from resnet_viewer.core.engine import INPUTS_KEPT, NETWORKS_KEPT, ProbeEngine, exact, softmax
from resnet_viewer.core.network import build
from resnet_viewer.core.preprocessing import prepare
from resnet_viewer.core.probing import Probe
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.probe import GradientOf, ProbeRequest, ProbeResult
from resnet_viewer.records.wiring import Wiring
from tests.core.invented import tiny
from tests.fabricated import picture, setup

NETWORK = tiny("cifar-resnet-8").spec


def drawn(spec: NetworkSpec) -> Mapping[str, Tensor]:
    return tiny(spec.name, seed=spec.seed).state_dict()


@pytest.fixture
def engine() -> ProbeEngine:
    return ProbeEngine(device="cpu", weights=drawn)


def request(
    wiring: Wiring | None = None, *, target: int | None = None, seed: int = 0, network: NetworkSpec = NETWORK
) -> ProbeRequest:
    base = setup(network, picture(seed=seed))
    question = replace(base.with_wiring(wiring) if wiring else base, target=target).question(base.state)
    assert question is not None
    return question


def full(engine: ProbeEngine, asked: ProbeRequest) -> ProbeResult:
    *_, last = engine.answer(asked)
    return last


CUT = Wiring((0.0, 0.0, 1.0), (1.0, 1.0, 1.0))


def test_logits_come_first_and_the_full_reading_after_them(engine: ProbeEngine) -> None:
    asked = request()
    early, whole = engine.answer(asked)
    assert (early.is_complete, whole.is_complete) == (False, True)
    assert early.layers == early.blocks == ()
    assert early.activations == {}
    assert early.logits is whole.logits
    assert early.request is whole.request is asked
    assert early.target == whole.target
    assert whole.seconds >= early.seconds > 0
    assert (len(whole.layers), len(whole.blocks)) == (8, 3)
    assert whole.device == "cpu"


def test_an_answer_is_what_a_bare_probe_finds(engine: ProbeEngine) -> None:
    asked = request(CUT, target=6)
    found = full(engine, asked)
    network = build(NETWORK, drawn(NETWORK))
    network.set_wiring(CUT)
    images = prepare(asked.picture, asked.state.preprocessing)
    with Probe(network) as probe:
        seen = probe.look(images)
        reading = probe.read(seen, [6])
    assert np.array_equal(found.network_input, images.numpy())
    assert np.array_equal(found.logits, seen.logits.detach().numpy())
    assert [layer.gradient_norm for layer in found.layers] == [la.gradient_norm for la in reading.layers]
    for ours, theirs in zip(found.blocks, reading.blocks, strict=True):
        assert np.array_equal(ours.cam, theirs.cam)
    torch.testing.assert_close(torch.from_numpy(found.probabilities.copy()), seen.logits.softmax(1).detach())


def test_the_target_is_the_highest_class_of_the_state_that_the_request_names(engine: ProbeEngine) -> None:
    wirings = [CUT, Wiring((0.0,) * 3, (1.0, 0.0, 1.0)), Wiring((1.0, 1.0, 0.0), (1.0, 1.0, 0.0))]
    seeds = range(2)
    differing = 0
    for seed in seeds:
        reference = full(engine, request(seed=seed))
        for wiring in wirings:
            now = full(ProbeEngine(device="cpu", weights=drawn), request(wiring, seed=seed))
            assert now.target == int(reference.logits[0].argmax())
            differing += int(now.logits[0].argmax()) != now.target
    assert differing, "no wiring changed the highest class: this compared nothing"


def test_the_highest_class_of_a_network_with_other_class_names_is_not_asked_about(
    engine: ProbeEngine,
) -> None:
    names = tuple(f"digit {n}" for n in range(10)), tuple(f"animal {n}" for n in range(10))
    differing = 0
    for seed in range(4):
        asked = request(CUT, seed=seed)
        assert asked.state.network.classes == 10
        digits, animals = (
            replace(asked.state, class_names=names[0]),
            replace(asked.state, class_names=names[1]),
        )
        open_digits = replace(digits, network=replace(NETWORK, seed=1))
        own = full(engine, replace(asked, state=animals, target=animals))
        beside = full(engine, replace(asked, state=animals, target=open_digits))
        assert beside.target == int(own.logits[0].argmax())
        named_alike = full(engine, replace(asked, state=digits, target=open_digits))
        differing += named_alike.target != beside.target
    assert differing, "both networks have one highest class: this compared nothing"


def test_the_reference_is_run_once_for_its_highest_class(
    engine: ProbeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[Wiring] = []
    full(engine, request())
    network = next(iter(engine._probes.values())).network
    network.register_forward_pre_hook(lambda module, _inputs: runs.append(module.wiring))
    full(engine, request(CUT))
    assert runs == [CUT]
    full(engine, request(CUT, seed=1))
    full(engine, request(CUT.toggled_shortcut(3), seed=1))
    assert runs[1:] == [Wiring.all_open(3), CUT, CUT.toggled_shortcut(3)]


def test_the_wiring_of_one_request_does_not_leak_into_the_next(engine: ProbeEngine) -> None:
    before = full(engine, request(target=1))
    cut = full(engine, request(CUT, target=1))
    after = full(engine, request(target=1))
    assert not np.array_equal(before.logits, cut.logits)
    assert np.array_equal(before.logits, after.logits)
    assert [a.gradient_norm for a in before.layers] == [b.gradient_norm for b in after.layers]


def test_two_answers_can_be_read_in_turns(engine: ProbeEngine) -> None:
    expected = [full(engine, request(CUT, target=1)), full(engine, request(target=1))]
    one, other = engine.answer(request(CUT, target=1)), engine.answer(request(target=1))
    next(one)
    next(other)
    for found, wanted in zip((next(one), next(other)), expected, strict=True):
        assert np.array_equal(found.logits, wanted.logits)
        assert [a.gradient_norm for a in found.layers] == [b.gradient_norm for b in wanted.layers]


def test_an_abandoned_answer_leaves_nothing_behind(engine: ProbeEngine) -> None:
    expected = full(engine, request())
    begun = engine.answer(request(CUT))
    next(begun)
    begun.close()
    assert np.array_equal(full(engine, request()).logits, expected.logits)


def arrays_of(result: ProbeResult) -> dict[str, np.ndarray]:
    return {
        "logits": result.logits,
        "probabilities": result.probabilities,
        "input": result.network_input,
        **result.activations,
        **{f"cam of {block.name}": block.cam for block in result.blocks},
    }


def test_results_are_read_only_and_unchanged_by_later_probes(engine: ProbeEngine) -> None:
    found = arrays_of(full(engine, request()))
    copies = {name: array.copy() for name, array in found.items()}
    for seed in range(3):
        full(engine, request(CUT, seed=seed))
    engine.close()
    for name, array in found.items():
        assert np.array_equal(array, copies[name]), name
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_only_the_last_networks_are_kept_and_the_others_die() -> None:
    made: list[weakref.ref[object]] = []
    engine = ProbeEngine(device="cpu", weights=drawn)
    specs = [replace(NETWORK, seed=seed) for seed in range(NETWORKS_KEPT + 2)]
    for spec in specs:
        full(engine, request(network=spec))
        made.append(weakref.ref(engine._probes[spec].network))
    assert list(engine._probes) == specs[2:]
    full(engine, request(network=specs[2]))
    full(engine, request(network=specs[0]))
    assert list(engine._probes) == [specs[4], specs[2], specs[0]], "the least recently used goes first"
    assert made[1]() is None, "a forgotten network is still alive"
    assert made[3]() is None


def test_inputs_and_targets_are_bounded(engine: ProbeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "TARGETS_KEPT", 5)
    for seed in range(INPUTS_KEPT + 3):
        next(engine.answer(request(seed=seed)))
    assert len(engine._inputs) == INPUTS_KEPT
    assert len(engine._targets) == 5


class NoSuchWeightsError(UserError):
    """Raised on purpose."""


def test_weights_that_cannot_be_read_are_said_and_the_engine_goes_on() -> None:
    def weights(spec: NetworkSpec) -> Mapping[str, Tensor]:
        if spec.seed:
            raise NoSuchWeightsError("There are no such weights.")
        return drawn(spec)

    engine = ProbeEngine(device="cpu", weights=weights)
    with pytest.raises(UserError, match=r"^There are no such weights\.$"):
        next(engine.answer(request(network=replace(NETWORK, seed=1))))
    assert full(engine, request()).is_complete


def test_weights_of_another_network_are_refused_in_a_sentence() -> None:
    engine = ProbeEngine(device="cpu", weights=lambda _: drawn(tiny("cifar-resnet-14").spec))
    with pytest.raises(UserError, match=r"do not fit ResNet-8"):
        next(engine.answer(request()))
    assert not engine._probes


def test_a_class_that_is_not_there_is_refused_before_anything_runs(engine: ProbeEngine) -> None:
    for target in (10, -1):
        with pytest.raises(UserError, match=f"no class {target}.*0 to 9"):
            next(engine.answer(request(target=target)))


def test_an_adopted_network_is_given_back_as_it_was(engine: ProbeEngine) -> None:
    network = tiny(seed=5).train()
    network.set_wiring(CUT)
    engine.adopt(network)
    engine.adopt(network)
    found = full(engine, request(target=1))
    assert not np.array_equal(found.logits, full(ProbeEngine(device="cpu", weights=drawn), request()).logits)
    engine.close()
    assert network.wiring == CUT
    assert all(module.training for module in network.modules())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_closed_engine_lets_its_networks_go_and_can_begin_again(engine: ProbeEngine) -> None:
    expected = full(engine, request())
    network = weakref.ref(engine._probes[NETWORK].network)
    engine.close()
    assert network() is None
    engine.close()
    assert np.array_equal(full(engine, request()).logits, expected.logits)


def test_probes_are_exact_and_the_setting_is_put_back() -> None:
    before = torch.backends.cudnn.allow_tf32
    with exact():
        assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.deterministic
    assert torch.backends.cudnn.allow_tf32 == before


def test_softmax_by_hand_and_at_the_limits() -> None:
    found = softmax(torch.tensor([[0.0, np.log(3.0)], [1e30, 0.0], [-1e30, -1e30]]))
    np.testing.assert_allclose(found, [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]], rtol=1e-6)
    assert not found.flags.writeable
    assert np.isnan(softmax(torch.tensor([[np.nan, 1.0]]))).all()
    assert np.isnan(softmax(torch.tensor([[np.inf, 1.0]]))[0, 0])


def other_picture(seed: int) -> Picture:
    """Of one colour, which for 6 is another class than for others."""
    colour = np.random.default_rng(seed).integers(0, 255, 3).astype(np.uint8)
    return Picture.of(np.tile(colour, (40, 40, 1)), name=f"{seed}.png")


def batch(*seeds: int, wiring: Wiring | None = None, target: int | None = None) -> ProbeRequest:
    first, *others = (other_picture(seed) for seed in seeds)
    return replace(request(wiring, target=target), picture=first, others=tuple(others))


@pytest.mark.parametrize("gradient_of", ["score", "loss"])
def test_gradients_of_a_batch_are_those_of_a_pass_made_by_hand(
    engine: ProbeEngine, gradient_of: GradientOf
) -> None:
    """The summed score of each picture's own highest class, or the mean cross-entropy of these."""
    asked = replace(batch(0, 6, 2, wiring=CUT), gradient_of=gradient_of)
    found = full(engine, asked)
    network = build(NETWORK, drawn(NETWORK)).eval()
    images = torch.cat([prepare(each, asked.state.preprocessing) for each in asked.batch])
    with torch.no_grad():
        tops = network(images).argmax(1)  # of the reference, which has everything open
    assert found.targets == tuple(tops.tolist())
    network.set_wiring(CUT)
    network.requires_grad_(True)
    logits = network(images)
    score = logits[torch.arange(3), tops].sum()
    (score if gradient_of == "score" else torch.nn.functional.cross_entropy(logits, tops)).backward()
    for layer in found.layers:
        gradient = network.get_parameter(f"{layer.name}.weight").grad
        wished = 0.0 if gradient is None else float(gradient.double().norm())
        assert layer.gradient_norm == pytest.approx(wished, rel=1e-6), layer.name
    assert np.allclose(found.logits, logits.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_each_picture_of_a_batch_has_the_maps_that_it_has_alone(engine: ProbeEngine) -> None:
    found = full(engine, batch(0, 6, 2, wiring=CUT))
    assert (found.batch_size, len(found.each())) == (3, 3)
    assert len({shown.target for shown in found.each()}) > 1, (
        "the pictures must differ in their highest class"
    )
    for place, (seed, shown) in enumerate(zip((0, 6, 2), found.each(), strict=True)):
        alone = full(engine, replace(request(CUT), picture=other_picture(seed)))
        assert shown.picture.digest == alone.picture.digest
        assert (shown.target, shown.whole, shown.alone(place)) == (alone.target, found, shown)
        assert np.allclose(shown.logits, alone.logits, rtol=1e-5, atol=1e-5)
        for ours, theirs in zip(shown.blocks, alone.blocks, strict=True):
            assert ours.cam_states == theirs.cam_states
            assert np.allclose(ours.cam, theirs.cam, rtol=1e-4, atol=1e-6)
        for name, maps in alone.activations.items():
            assert np.allclose(shown.activations[name], maps, rtol=1e-4, atol=1e-5)
            assert np.shares_memory(shown.activations[name], found.activations[name])
        assert shown.nbytes == found.nbytes
        assert [layer.gradient_norm for layer in shown.layers] == [
            layer.gradient_norm for layer in found.layers
        ]


def test_a_chosen_class_is_that_of_every_picture(engine: ProbeEngine) -> None:
    assert full(engine, batch(0, 1, target=6)).targets == (6, 6)


def test_the_memory_of_a_batch_counts_all_its_pictures(engine: ProbeEngine) -> None:
    one, three = full(engine, batch(0)), full(engine, batch(0, 1, 2))
    assert three.nbytes == 3 * one.nbytes
    assert three.packed().nbytes == three.nbytes


def test_captum_is_asked_about_the_picture_that_is_shown(engine: ProbeEngine) -> None:
    found = full(engine, batch(0, 6))
    for shown in found.each():
        assert max(engine.second_opinion(shown).values()) < 1e-4


def test_too_many_pictures_are_refused_in_a_sentence(engine: ProbeEngine) -> None:
    with pytest.raises(UserError, match=r"^17 pictures .* a batch has at most 16\."):
        full(engine, batch(*range(17)))


def test_weights_are_copies_of_what_the_live_network_computes_with(engine: ProbeEngine) -> None:
    found = engine.weights_of(NETWORK, "layer2.0.conv1")
    assert not found.flags.writeable
    assert np.array_equal(found, drawn(NETWORK)["layer2.0.conv1.weight"].numpy())
    before = full(engine, request())
    with torch.no_grad():
        engine.live(NETWORK).get_submodule("layer2.0.conv1").weight.zero_()  # type: ignore[union-attr, operator]
    assert found.any(), "what was given away stays"
    assert not engine.weights_of(NETWORK, "layer2.0.conv1").any()
    assert before.is_complete
    with pytest.raises(UserError):
        engine.weights_of(NETWORK, "layer9.0.conv1")

"""The error meter: what it counts is what plain passes count, bit for bit, and it leaves no trace."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from resnet_viewer.core import meter as meters
from resnet_viewer.core.data.picture_folders import DatasetError
from resnet_viewer.core.engine import ProbeEngine
from resnet_viewer.core.meter import Meter, batch_size, evaluated, kept_places
from resnet_viewer.core.network import Network, ReplacedError
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.errors import Progress, UserError
from resnet_viewer.records.preprocessing import DIGITS, usual_preprocessing
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.test_set import NOT_SEEN, MeasureSet, SetReading, SetSide, TestSet
from resnet_viewer.records.wiring import Wiring
from tests.core.data.test_test_sets import drawn, end_of, read
from tests.core.invented import tiny

CROPS = TestSet(sample=20)
DIGIT_SET = TestSet("digits", sample=40)


def state_of(name: str = "cifar-resnet-14", *, class_names: tuple[str, ...] = ()) -> NetworkState:
    described = spec(name)
    wiring = Wiring.all_open(described.block_count)
    return NetworkState(described, usual_preprocessing(described), wiring, class_names)


class Room:
    """A meter over one network, whose parts are counted as they run."""

    def __init__(self, network: Network | None = None, **options: float) -> None:
        self.network = network if network is not None else tiny("cifar-resnet-14")
        self.state = state_of(self.network.spec.name)
        self.meter = Meter(lambda asked: self.network, device="cpu", told_every=0.0, **options)  # type: ignore[arg-type]
        self.ran = 0

    def with_gates(self, wiring: Wiring) -> NetworkState:
        return replace(self.state, wiring=wiring)

    def cut(self, *blocks: int, strength: float = 0.0) -> NetworkState:
        return self.with_gates(self.state.wiring.with_shortcuts(blocks, strength))

    def ask(
        self, now: NetworkState, test_set: TestSet = CROPS, reference: NetworkState | None = None
    ) -> SetReading:
        self.ran = 0
        *_, found = self.steps(now, test_set, reference)
        assert isinstance(found, SetReading)
        assert found.is_complete
        return found

    def steps(
        self, now: NetworkState, test_set: TestSet = CROPS, reference: NetworkState | None = None
    ) -> Iterator[SetReading | Progress | None]:
        for found in self.meter.answer(MeasureSet(test_set, now, reference or self.state)):
            self.ran += 1
            yield found


def plain_logits(network: Network, state: NetworkState, test_set: TestSet) -> Tensor:
    """The same batches in whole passes, computed by nothing of the meter's."""
    size = batch_size(state, "cpu")
    pixels = torch.from_numpy(read(test_set, state.preprocessing).pixels.copy()).permute(0, 3, 1, 2)
    mean, std = (
        torch.tensor(each)[:, None, None] for each in (state.preprocessing.mean, state.preprocessing.std)
    )
    pictures = (pixels.contiguous().float().div(255) - mean) / std
    before = network.wiring
    network.set_wiring(state.wiring)
    with torch.no_grad():
        found = torch.cat([network(batch) for batch in pictures.split(size)])
    network.set_wiring(before)
    return found


def assert_is(side: SetSide, logits: Tensor) -> None:
    predicted = logits.argmax(1)
    assert side.predicted.tolist() == predicted.tolist()
    wanted = logits.double().softmax(1)[torch.arange(len(logits)), predicted].float().numpy()
    assert np.array_equal(side.probability, wanted), "not bit for bit"


def test_both_sides_are_those_of_plain_passes_and_the_error_is_the_disagreement() -> None:
    room = Room()
    now = room.cut(3, 5)
    found = room.ask(now)
    logits = {state: plain_logits(room.network, state, CROPS) for state in (now, room.state)}
    assert_is(found.now, logits[now])
    assert_is(found.reference, logits[room.state])
    differ = (logits[now].argmax(1) != logits[room.state].argmax(1)).float().mean()
    assert found.now.error == pytest.approx(100 * float(differ))
    assert (found.reference.error, found.has_labels, found.now.right) == (None, False, None)
    shares = logits[now].double().softmax(1)
    assert found.now.spread == pytest.approx(float((shares.amax(0) - shares.amin(0)).max()))


def test_errors_are_counted_against_labels_where_the_classes_are_the_networks() -> None:
    room = Room()
    state = replace(room.state, class_names=DIGITS)
    now = replace(room.cut(2), class_names=DIGITS)
    found = room.ask(now, DIGIT_SET, state)
    kinds = read(DIGIT_SET, state.preprocessing).kinds
    assert kinds is not None
    assert found.pictures.labels is not None
    assert found.pictures.labels.tolist() == kinds.tolist()
    for side, asked in ((found.now, now), (found.reference, state)):
        logits = plain_logits(room.network, asked, DIGIT_SET)
        assert_is(side, logits)
        assert side.error == 100 * float((logits.argmax(1).numpy() != kinds).mean())
        right = logits.double().softmax(1)[torch.arange(len(kinds)), torch.from_numpy(kinds)].float().numpy()
        assert side.right is not None
        assert np.array_equal(side.right, right)


def test_classes_that_are_not_the_networks_are_taken_as_none_and_that_is_said() -> None:
    room = Room()
    state = replace(room.state, class_names=tuple("abcdefghij"))
    found = room.ask(state, DIGIT_SET, state)
    assert not found.has_labels
    assert found.pictures.class_names == tuple("abcdefghij")
    assert "its pictures are taken as unlabelled" in found.pictures.remark


def test_folders_that_fit_no_classes_are_unlabelled_here_and_those_that_do_are_not(tmp_path: Path) -> None:
    for name in ("dog", "cat"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (32, 32), "red").save(tmp_path / name / "1.png")
    room = Room()
    names = ("cat", *(f"other {n}" for n in range(8)), "dog")
    fitting = replace(room.state, class_names=names)
    found = room.ask(fitting, TestSet("folder", tmp_path), fitting)
    assert found.pictures.labels is not None
    by_name = dict(zip(found.pictures.names, found.pictures.labels.tolist(), strict=True))
    assert by_name == {"cat/1.png": 0, "dog/1.png": 9}
    other = replace(room.state, class_names=tuple("abcdefghij"))
    assert (
        "(cat and dog) are not all among the 10 of ResNet-14"
        in room.ask(other, TestSet("folder", tmp_path), other).pictures.remark
    )


def random_gates(seed: int, blocks: int) -> Iterator[Wiring]:
    """From one to the next a few gates change, as under somebody's hand."""
    draw = random.Random(seed)
    shortcuts, branches = [1.0] * blocks, [1.0] * blocks
    while True:
        for _ in range(draw.randint(1, 2)):
            gates = draw.choice((shortcuts, branches))
            gates[draw.randrange(blocks)] = draw.choice((0.0, 0.25, 0.5, 1.0))
        yield Wiring(tuple(shortcuts), tuple(branches))


@pytest.mark.parametrize("kept_bytes", [0, 600_000, meters.KEPT_BYTES])
def test_wherever_it_starts_the_numbers_are_those_of_whole_passes(kept_bytes: int) -> None:
    room = Room(kept_bytes=kept_bytes)
    for wiring in itertools.islice(random_gates(3, 6), 12):
        now = room.with_gates(wiring)
        found = room.ask(now)
        assert_is(found.now, plain_logits(room.network, now, CROPS))
        assert found.kept_bytes <= kept_bytes
    assert bool(room.meter._kept.places) is (kept_bytes > 0)


@pytest.mark.parametrize("name", ["cifar-resnet-8-highway", "cifar-resnet-8-preact", "cifar-resnet-8-concat"])
def test_other_merges_and_orders_start_in_the_middle_too(name: str) -> None:
    room = Room(tiny(name))
    for wiring in itertools.islice(random_gates(5, 3), 6):
        now = room.with_gates(wiring)
        assert_is(room.ask(now).now, plain_logits(room.network, now, CROPS))


def test_a_change_costs_only_what_lies_behind_it() -> None:
    room = Room()
    batches = -(-20 // batch_size(room.state, "cpu"))
    room.ask(room.state)
    for block in (6, 4, 1):
        room.ask(room.cut(block))
        blocks = 6 - block + 1
        parts = blocks + 1  # and the head
        assert room.ran == batches * parts + 1 + (batches - 1), "steps, the answer, and partial answers"
        room.ask(room.state)


def test_a_known_state_costs_nothing_and_the_reference_is_not_run_again() -> None:
    room = Room()
    first = room.ask(room.cut(4))
    again = room.ask(room.cut(4))
    assert room.ran == 1
    assert np.array_equal(first.now.probability, again.now.probability)
    room.network.forward = None  # type: ignore[assignment, method-assign]  # nothing may run
    assert room.ask(room.state).now.seen == 20
    assert room.ran == 1


def test_a_pass_that_was_given_up_leaves_nothing_wrong_behind() -> None:
    room = Room()
    room.ask(room.state)
    for cut, steps in ((2, 9), (5, 3), (3, 13)):
        given_up = room.steps(room.cut(cut))
        for _ in range(steps):
            next(given_up)
        given_up.close()  # type: ignore[attr-defined]
    for cut in (5, 2, 3):
        assert_is(room.ask(room.cut(cut)).now, plain_logits(room.network, room.cut(cut), CROPS))


def test_partial_readings_are_true_of_what_was_seen_and_the_last_one_is_complete() -> None:
    room = Room()
    partial = [found for found in room.steps(room.cut(2)) if isinstance(found, SetReading)]
    assert [found.is_complete for found in partial] == [False] * (len(partial) - 1) + [True]
    assert len(partial) > 2
    whole = partial[-1].now
    for found in partial:
        seen = found.now.predicted != NOT_SEEN
        assert found.now.predicted[seen].tolist() == whole.predicted[seen].tolist()
        assert found.now.seen == int(seen.sum())
        assert len(found.pictures) == 20
    seen_counts = [found.now.seen for found in partial]
    assert seen_counts == sorted(seen_counts)
    assert seen_counts[-1] == 20


def test_no_more_than_some_readings_a_second_are_told() -> None:
    room = Room()
    room.meter = Meter(lambda asked: room.network, device="cpu", told_every=1e9)
    told = [found for found in room.steps(room.cut(2)) if found is not None]
    assert len(told) == 1


def test_progress_is_told_while_pictures_are_read() -> None:
    room = Room()
    told = list(room.steps(room.state))
    assert any(isinstance(found, Progress) and found.total == 20 for found in told) or len(told) < 25
    first = next(i for i, found in enumerate(told) if isinstance(found, SetReading))
    assert not any(isinstance(found, Progress) for found in told[first:])


def test_every_yield_leaves_the_network_and_the_modes_as_they_were() -> None:
    room = Room()
    gates = Wiring((0.5,) * 6, (1.0,) * 6)
    room.network.set_wiring(gates)
    attributes = {name: set(vars(module)) for name, module in room.network.named_modules()}
    for _ in room.steps(room.cut(3)):
        assert room.network.wiring == gates
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not any(module._forward_hooks for module in room.network.modules())
    assert attributes == {name: set(vars(module)) for name, module in room.network.named_modules()}


def test_somebody_elses_probe_between_two_steps_changes_nothing() -> None:
    from tests import fabricated

    engine = ProbeEngine(device="cpu", weights=lambda asked: tiny("cifar-resnet-14").state_dict())
    state = state_of()
    now = replace(state, wiring=state.wiring.with_shortcuts([3], 0.0))
    question = fabricated.setup().question(state)
    assert question is not None
    question = replace(question, state=replace(state, wiring=Wiring.evenly(6, 0.5)), target=0)
    meter = Meter(engine.live, device="cpu", told_every=0.0)
    told = []
    for number, each in enumerate(meter.answer(MeasureSet(CROPS, now, state))):
        told.append(each)
        if number % 7 == 0:
            *_, reading = engine.answer(question)
            assert reading.request == question
    found = told[-1]
    assert isinstance(found, SetReading)
    assert_is(found.now, plain_logits(engine.live(state.network), now, CROPS))
    engine.close()


def test_a_network_that_was_let_go_on_the_way_is_made_anew() -> None:
    made = [tiny("cifar-resnet-14") for _ in range(2)]
    count = itertools.count()
    room = Room(made[0])
    room.meter = Meter(lambda asked: made[next(count) // 11 % 2], device="cpu", told_every=0.0)
    now = room.cut(2)
    assert_is(room.ask(now).now, plain_logits(made[0], now, CROPS))


def test_a_replaced_block_is_measured_as_it_is_and_cannot_be_cut() -> None:
    room = Room()
    room.network.get_submodule("layer1").add_module("1", nn.Identity())
    now = room.cut(4)
    assert_is(room.ask(now).now, plain_logits(room.network, now, CROPS))
    with pytest.raises(ReplacedError, match="Identity"):
        room.ask(room.cut(2))


def test_logits_of_another_number_are_refused() -> None:
    room = Room()
    room.network.fc = nn.Linear(64, 7)
    with pytest.raises(ReplacedError, match="ends with 7 numbers"):
        room.ask(room.state)


def test_two_networks_are_compared_over_the_same_pictures() -> None:
    networks = {name: tiny(name) for name in ("cifar-resnet-14", "cifar-plain-8")}
    meter = Meter(lambda asked: networks[asked.name], device="cpu", told_every=0.0)
    now, reference = (state_of(name) for name in networks)
    reference = replace(reference, preprocessing=replace(reference.preprocessing, resize=40))
    *_, found = meter.answer(MeasureSet(CROPS, now, reference))
    assert isinstance(found, SetReading)
    assert_is(found.now, plain_logits(networks["cifar-resnet-14"], now, CROPS))
    assert_is(found.reference, plain_logits(networks["cifar-plain-8"], reference, CROPS))
    assert found.now.error is not None


def test_networks_of_other_classes_have_no_agreement() -> None:
    room = Room()
    other = replace(room.state, class_names=tuple("abcdefghij"))
    found = room.ask(replace(room.state, class_names=DIGITS), CROPS, other)
    assert (found.now.error, found.now.seen) == (None, 20)


def test_logits_that_are_not_finite_are_no_class() -> None:
    room = Room()
    with torch.no_grad():
        room.network.fc.bias[3] = torch.nan
    found = room.ask(room.state)
    assert set(found.now.predicted.tolist()) == {10}
    assert found.now.probability.tolist() == [0.0] * 20
    assert found.table()[0]["predicted"] == "none"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("cifar-resnet-8", "takes pictures of 3 channels"), ("cifar-resnet-8-top", "has no classifier")],
)
def test_a_network_that_cannot_be_measured_is_refused(name: str, sentence: str) -> None:
    state = state_of("cifar-resnet-8")
    if name.endswith("top"):
        state = replace(state, network=replace(state.network, classes=0))
    else:
        state = replace(state, preprocessing=replace(state.preprocessing, mean=(0.5,), std=(0.5,)))
    meter = Meter(lambda asked: tiny(), device="cpu")
    with pytest.raises(UserError, match=sentence):
        list(meter.answer(MeasureSet(CROPS, state, state)))


def test_more_pictures_than_are_kept_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "PIXELS_BYTES", 10 * (32 * 32 + 48 * 48) * 3)
    with pytest.raises(UserError, match=r"take a sample of 10 at most.*evaluate"):
        Room().ask(Room().state)


def test_pictures_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room()
    room.ask(room.state)
    monkeypatch.setattr(meters, "draw", None)
    assert room.ask(room.cut(1)).now.seen == 20


def test_pictures_that_are_read_anew_may_be_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        Image.new("RGB", (32, 32), (10 * number, 0, 0)).save(tmp_path / f"{number}.png")
    test_set = TestSet("folder", tmp_path)
    monkeypatch.setattr(meters, "PIXELS_BYTES", 20 * (32 * 32 + 48 * 48) * 3)
    room = Room()
    room.ask(room.cut(3), test_set)
    room.ask(room.state, CROPS)  # for which there is no room beside the first
    (tmp_path / "3.png").unlink()
    Image.new("RGB", (32, 32), (0, 0, 255)).save(tmp_path / "4.png")
    for now in (room.cut(3), room.cut(5)):
        found = room.ask(now, test_set)
        assert len(found.pictures) == 19
        assert_is(found.now, plain_logits(room.network, now, test_set))


def test_memory_is_flat_over_many_changes() -> None:
    room = Room(kept_bytes=600_000)
    sizes = []
    for wiring in itertools.islice(random_gates(7, 6), 200):
        found = room.ask(room.with_gates(wiring), TestSet(sample=4))
        kept = room.meter._kept
        assert kept.nbytes == sum(tensor.nbytes for _, tensor in kept._found.values())
        sizes.append(found.kept_bytes)
    assert max(sizes) == sizes[-1] == sizes[10] <= 600_000
    assert len(room.meter._prepared) == 1
    assert len(room.meter._sides) <= meters.SIDES_KEPT


def expected_cost(costs: list[float], places: tuple[int, ...], stem: float) -> float:
    """The mean cost of a change of any one block, by walking through them."""
    total = 0.0
    for block in range(len(costs)):
        start = max((place for place in places if place <= block), default=None)
        total += sum(costs) + stem if start is None else sum(costs[start:])
    return total / len(costs)


@pytest.mark.parametrize("seed", range(12))
def test_the_blocks_that_are_kept_make_the_expected_cost_least(seed: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(1, 8)
    costs = [draw.uniform(1, 5) for _ in range(count)]
    sizes = [draw.randint(1, 20) for _ in range(count)]
    room, stem = draw.randint(0, sum(sizes)), draw.uniform(0, 3)
    choices = [
        places
        for length in range(count + 1)
        for places in itertools.combinations(range(count), length)
        if sum(sizes[place] for place in places) <= room
    ]
    found = kept_places(costs, sizes, room, stem)
    assert found in choices
    least = min(expected_cost(costs, places, stem) for places in choices)
    assert expected_cost(costs, found, stem) == pytest.approx(least)


def test_all_of_a_resnet_56_is_kept_for_300_pictures_and_some_of_a_resnet_50() -> None:
    for name, blocks, most in (("cifar-resnet-56", 27, 27), ("resnet50", 16, 15)):
        room = Room(tiny("cifar-resnet-8"))
        state = state_of(name)
        room.meter._kept.begin((TestSet(), state.network, state.preprocessing), 300)
        assert 2 <= len(room.meter._kept.places) <= most <= blocks


def test_batches_keep_a_block_short_on_a_processor_and_a_gpu_busy() -> None:
    assert batch_size(state_of("cifar-resnet-56"), "cpu") == 8
    assert batch_size(state_of("resnet50"), "cpu") == 1
    assert batch_size(state_of("cifar-resnet-56"), "cuda") == 256
    assert batch_size(state_of("resnet50"), "cuda") > 16


@pytest.fixture
def shades(tmp_path: Path) -> Path:
    for kind in range(10):
        (tmp_path / "set" / f"kind {kind}").mkdir(parents=True)
        for number in range(6):
            noise = np.random.default_rng(10 * kind + number).integers(0, 256, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(noise).save(tmp_path / "set" / f"kind {kind}" / f"{number}.png")
    return tmp_path / "set"


@pytest.mark.parametrize("chunk", [7, 1024])
def test_an_evaluation_finds_what_the_meter_finds(
    shades: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(meters, "_CHUNK", chunk)
    room = Room()
    now = room.cut(2, 5, strength=0.5)
    test_set = TestSet("folder", shades, None)
    found = end_of(evaluated(lambda asked: room.network, now, test_set, device="cpu"))
    measured = room.ask(now, test_set)
    side = found.reading.now
    assert found.reading.pictures.names == tuple(sorted(measured.pictures.names))
    assert side.error == measured.now.error
    by_name = dict(zip(measured.pictures.names, measured.now.predicted.tolist(), strict=True))
    assert side.predicted.tolist() == [by_name[name] for name in found.reading.pictures.names]
    order = [measured.pictures.names.index(name) for name in found.reading.pictures.names]
    assert np.array_equal(side.probability, measured.now.probability[order]), "the same batches, bit for bit"
    assert found.reading.now.spread == measured.now.spread
    assert found.taken.taken_by == "order"


def test_an_evaluation_refuses_what_the_meter_takes_as_unlabelled(shades: Path) -> None:
    room = Room()
    with pytest.raises(DatasetError, match="no pictures in subfolders"):
        end_of(
            evaluated(lambda _: room.network, room.state, TestSet("folder", shades / "kind 1"), device="cpu")
        )
    (shades / "kind 10").mkdir()
    with pytest.raises(DatasetError, match="Which of the network's 10 classes"):
        end_of(evaluated(lambda _: room.network, room.state, TestSet("folder", shades), device="cpu"))


def test_one_in_ten_is_counted_over_all_that_is_evaluated(
    shades: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meters, "_CHUNK", 4)
    room = Room()
    for kind in range(6):
        (shades / f"kind {kind}" / "0.png").write_bytes(b"broken")
    test_set = TestSet("folder", shades, None)
    found = end_of(evaluated(lambda _: room.network, room.state, test_set, device="cpu"))
    assert (len(found.reading.pictures), len(found.reading.pictures.left_out)) == (54, 6)
    assert "6 of 60 pictures cannot be read" in found.left_out
    (shades / "kind 6" / "0.png").write_bytes(b"broken")
    with pytest.raises(DatasetError, match="one in ten"):
        end_of(evaluated(lambda _: room.network, room.state, test_set, device="cpu"))
    assert len(drawn(test_set)) == 60

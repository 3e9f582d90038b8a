"""Training with stochastic depth and with a schedule of the shortcuts, against loops written out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viewer.core.data.datasets import Data
from resnet_viewer.core.lab import checkpoints, training
from resnet_viewer.core.lab.checkpoints import ResumeError
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_checks import ShortcutError
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.core.lab.stochastic_depth import in_evaluation
from resnet_viewer.core.lab.training import Report, Trained, Training, train
from resnet_viewer.core.network import Network, build, wired
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.core.weights.sources import identify
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import Advanced, Intervened, OpenShortcuts, Order, StateChanged
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.recipe import Recipe, ShortcutSchedule
from resnet_viewer.records.stochastic_depth import chances, not_computed, survivors
from resnet_viewer.records.training import NOT_COMPUTED, Intervention, RunSpec, StepReport
from tests.core.lab.small_training import DATA, RUN, finished, same

DEEP = replace(RUN, recipe=replace(RUN.recipe, survival=0.4), record_every=1)
WEAKENED = replace(RUN, recipe=replace(RUN.recipe, shortcuts=ShortcutSchedule(0.5, 2.25, 1.0, 0.0)))


def by_hand(network: Network, x: Tensor, drawn: np.ndarray, strength: float = 1.0) -> Tensor:
    """A CIFAR network's pass with shortcuts of option A, layer by layer; a branch that is not drawn is not run."""
    parts = dict(network.named_modules())

    def normalised(name: str, y: Tensor) -> Tensor:
        bn = parts[name]
        assert isinstance(bn, nn.BatchNorm2d)
        bn.num_batches_tracked.add_(1)
        return functional.batch_norm(y, bn.running_mean, bn.running_var, bn.weight, bn.bias, training=True)

    def weight(name: str) -> Tensor:
        return network.get_parameter(f"{name}.weight")

    y = functional.relu(normalised("bn1", functional.conv2d(x, weight("conv1"), padding=1)))
    for block, is_drawn in zip(blueprint(network.spec).blocks, drawn, strict=True):
        name, stride = block.name, block.layers[0].stride
        carried = y
        if stride == 2:
            more = block.output_shape[0] - block.input_shape[0]
            carried = functional.pad(y[:, :, ::2, ::2], (0, 0, 0, 0, more // 2, more // 2))
        if is_drawn:
            inner = normalised(
                f"{name}.bn1", functional.conv2d(y, weight(f"{name}.conv1"), stride=stride, padding=1)
            )
            residual = normalised(
                f"{name}.bn2", functional.conv2d(functional.relu(inner), weight(f"{name}.conv2"), padding=1)
            )
            carried = torch.add(residual, carried, alpha=strength) if strength else residual
        y = functional.relu(carried)
    return functional.linear(y.mean((2, 3)), weight("fc"), network.get_parameter("fc.bias"))


def steps_by_hand(run: RunSpec, count: int) -> Network:
    """The first steps of a run, with torch's own optimizer."""
    network = build(run.network).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim == 1]
    recipe = run.recipe
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9, nesterov=True)
    feed = training.augmented_batches(DATA.train, recipe.batch, mean=run.mean, std=run.std, seed=0)
    for at, (images, labels) in zip(range(count), feed, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate_at(at, run.epochs * 4)
        optimizer.zero_grad(set_to_none=True)
        strength = 1.0
        if (fading := recipe.shortcuts) is not None:
            share = ((at + 1) / 4 - fading.begin) / (fading.end - fading.begin)
            strength = float(np.interp(share, [0, 1], [fading.first, fading.last]))
        logits = by_hand(network, images, survivors(run, at), strength)
        functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    return network


def after(run: RunSpec, steps: int) -> Training:
    made = Training(run, DATA)
    for _ in zip(range(steps), made.work(), strict=False):
        pass
    return made


@pytest.mark.parametrize("run", [DEEP, WEAKENED], ids=["survival", "schedule"])
@pytest.mark.parametrize("count", [1, 4])
def test_steps_are_those_of_a_loop_by_hand_bit_for_bit(run: RunSpec, count: int) -> None:
    if run is DEEP:
        assert not all(survivors(run, at).all() for at in range(count)), (
            "every branch is drawn: nothing is tested"
        )
    mine, theirs = after(run, count)._network.state_dict(), steps_by_hand(run, count).state_dict()
    assert not same(mine, build(run.network).state_dict())
    assert [name for name, value in mine.items() if not torch.equal(value, theirs[name])] == []


def test_a_branch_that_is_not_drawn_stays_as_it_is_and_has_no_gradient() -> None:
    report = next(train(DEEP, DATA))
    assert isinstance(report, StepReport)
    assert report.gradients is not None
    missing = not_computed(DEEP, 0)
    assert 0 < missing.sum() < len(missing)
    assert [norm == NOT_COMPUTED for norm in report.gradients.norms] == list(missing)
    assert all(norm > 0 for norm in np.array(report.gradients.norms)[~missing])
    assert set(np.array(report.gradients.updates)[missing]) == {0.0}, "it did not move, which is a number"
    assert len(report.gradients.dead) == 3


NAMES = [
    "cifar-resnet-8", "cifar-resnet-8-nobn", "cifar-resnet-8-b", "cifar-resnet-11-bottleneck", "cifar-resnet-8-preact",
    "cifar-resnet-8-relupre", "cifar-resnet-8-bnafter", "cifar-resnet-8-relubefore", "cifar-resnet-8-highway",
    "cifar-resnet-8-gated", "cifar-resnet-8-scaled", "cifar-resnet-8-concat", "cifar-resnet-8-skipinit",
    "cifar-resnet-8-fixup", "cifar-resnet-8-b-fixup", "cifar-resnet-8-preact-fixup",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_kept_weights_answer_as_the_papers_network_in_evaluation(name: str) -> None:
    run = replace(DEEP, network=replace(spec(name, classes=2), input_size=8))
    network = build(run.network)
    generator = torch.Generator().manual_seed(5)
    state = {
        part: torch.rand(value.shape, generator=generator) + 0.5
        if value.ndim == 1
        else torch.randn(value.shape, generator=generator) * 0.2
        if value.ndim
        else value
        for part, value in network.state_dict().items()
    }
    network.load_state_dict(state)
    pictures = torch.randn(6, 3, 8, 8, generator=generator)
    wiring = replace(network.wiring, branches=chances(0.4, len(network.blocks)))
    with torch.no_grad(), wired(network, wiring):
        wanted = network(pictures)
    with torch.no_grad():
        found = build(run.network, in_evaluation(state, run))(pictures)
        whole = network(pictures)
    torch.testing.assert_close(found, wanted, rtol=2e-4, atol=2e-4)
    assert not torch.allclose(whole, wanted, rtol=0.02, atol=0.02), "the factors change nothing here"


def test_errors_are_those_of_the_weights_that_are_kept() -> None:
    *_, last = train(DEEP, DATA)
    assert isinstance(last, Trained)
    network = build(DEEP.network, last.state)
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in (RUN.mean, RUN.std))
    with torch.no_grad():
        given = network((DATA.test.images / 255.0 - mean) / std).argmax(1)
    assert 100.0 * int((given != DATA.test.labels).sum()) / 16 == last.report.test_error
    assert last.report.test_error == last.report.epochs[-1].test_error


def test_checkpoints_hold_what_is_trained_not_what_is_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    kept = finished(DEEP, checkpoint=path).state
    trained = checkpoints.read(path).network
    assert not same(trained, kept)
    assert same(in_evaluation(trained, DEEP), kept)
    scaled = chances(0.4, 3)[-1] * trained["layer3.0.bn2.weight"]
    assert torch.equal(kept["layer3.0.bn2.weight"], scaled)


@pytest.mark.parametrize("run", [DEEP, WEAKENED], ids=["survival", "schedule"])
def test_a_checkpoint_is_not_taken_for_the_network_in_evaluation(run: RunSpec, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    finished(run, checkpoint=path)
    with pytest.raises(
        UserError, match=r"checkpoint\.pt is what a run goes on from.*open weights\.safetensors"
    ):
        identify(path)
    usual = tmp_path / "usual.pt"
    finished(RUN, checkpoint=usual)
    assert identify(usual).spec.name == "cifar-resnet-8"


def stopped(work: Iterator[Report], at: int) -> None:
    """Close it after so many steps."""
    with closing(work) as reports:  # type: ignore[type-var]
        for report in reports:
            if isinstance(report, StepReport) and report.at == at:
                return


@pytest.mark.parametrize("run", [DEEP, WEAKENED], ids=["survival", "schedule"])
@pytest.mark.parametrize("at", [1, 3, 6])
def test_what_is_resumed_is_what_was_never_stopped(run: RunSpec, at: int, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    stopped(train(run, DATA, checkpoint=path), at)
    assert checkpoints.read(path).at == at + 1
    resumed, whole = finished(run, checkpoint=path), finished(run)
    assert same(resumed.state, whole.state)
    told, wanted = ([repr(r) for r in found.report.gradients] for found in (resumed, whole))
    assert told == wanted
    assert [e.test_error for e in resumed.report.epochs] == [e.test_error for e in whole.report.epochs]
    others = [
        replace(run.recipe, shortcuts=ShortcutSchedule(1.0, 2.0, 1.0, 0.5)),
        Recipe("invented", batch=8, rate=0.05),
    ]
    for other in others:
        with pytest.raises(
            ResumeError, match="survival" if run is DEEP and other is others[1] else "shortcuts"
        ):
            list(train(replace(run, recipe=other), DATA, checkpoint=path))


def test_shortcuts_are_as_far_open_as_planned_and_evaluation_is_of_the_last_step() -> None:
    made = Training(WEAKENED, DATA)
    seen, strengths = 0, []
    for _ in made.work():
        if made.at > seen:
            seen = made.at
            strengths.append(made._network.wiring.shortcuts[0])
    planned = [min(1.0, max(0.0, 1 - (step / 4 - 0.5) / 1.75)) for step in range(1, 13)]
    assert strengths == pytest.approx(planned)
    assert strengths[1] == 1.0
    assert strengths[8:] == [0.0] * 4
    state = made.weights()
    plain = build(replace(spec("cifar-plain-8", classes=2), input_size=8), state)
    network = build(WEAKENED.network, state)
    pictures = torch.randn(4, 3, 8, 8)
    with torch.no_grad(), wired(network, made._network.wiring):
        assert torch.equal(network(pictures), plain(pictures)), "what is left is the plain network"


def test_an_intervention_ends_the_schedule() -> None:
    run = replace(WEAKENED, interventions=(Intervention(5, 1.0),))
    made = Training(run, DATA)
    strengths = {}
    for _ in made.work():
        strengths[made.at] = made._network.wiring.shortcuts[0]
    assert strengths[5] == pytest.approx(1 - 0.75 / 1.75)
    assert [strengths[at] for at in range(6, 13)] == [1.0] * 7
    assert run.intervened(8, 1.0) == run, "it is so already"
    assert WEAKENED.intervened(5, 1.0).interventions == (Intervention(5, 1.0),), "it changes what was to come"


REFUSED = {
    "no shortcuts to open": replace(WEAKENED, network=spec("cifar-plain-8", classes=2)),
    "no shortcuts that carry on": replace(DEEP, network=spec("cifar-plain-8", classes=2)),
    "would put out nothing. Weaken": replace(DEEP, interventions=(Intervention(2, 0.0),)),
    "after epoch 3, and its last epoch is 3": replace(
        RUN, recipe=replace(RUN.recipe, shortcuts=ShortcutSchedule(3, 5))
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(words: str) -> None:
    with pytest.raises(ShortcutError, match=words):
        Training(REFUSED[words], DATA)


def test_it_learns_with_both(tmp_path: Path) -> None:
    fading = ShortcutSchedule(1, 4, 1.0, 0.5)
    run = replace(RUN, epochs=6, recipe=replace(RUN.recipe, survival=0.6, shortcuts=fading))
    data: Data = DATA
    *_, last = train(run, data)
    assert isinstance(last, Trained)
    assert last.report.test_error < 25
    assert math.isfinite(last.report.train_error)


def test_a_user_cannot_cut_what_stochastic_depth_needs_and_is_told_so(tmp_path: Path) -> None:
    lab, said, steps = Lab(), [], 0
    lab._data = ("digits", DEEP.network.input_size, 3), DATA
    order = Order((("deep", DEEP), ("usual", RUN)), "digits", tmp_path, "cpu", threads=1)
    for report in lab.answer(order):
        if isinstance(report, Advanced) and not steps:
            lab.tell(OpenShortcuts(0.0))
        steps += isinstance(report, Advanced)
        if isinstance(report, StateChanged) and report.sentence:
            said.append((report.key, report.state, report.sentence))
        if isinstance(report, Intervened):
            said.append((report.key, "", ""))
    (deep,) = (found for found in said if found[0] == "deep")
    assert deep[1] == "running"
    assert deep[2].startswith("The shortcuts of ResNet-8 cannot be cut: with stochastic depth")
    assert ("usual", "", "") in said, "the other run's are cut"
    assert read_run(tmp_path / "deep").interventions == ()

"""Records of training steps against direct counts, and the hooks that they leave: none."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from resnet_viewer.core.lab.recording import Recorder, dead_share, with_interval
from resnet_viewer.core.lab.training import Trained, train
from resnet_viewer.core.network import Network, build
from resnet_viewer.records.training import Intervention, StepReport
from tests.core.lab.small_training import DATA, RUN


def counted(maps: Tensor) -> float:
    """Channel by channel, picture by picture."""
    channels = maps.shape[1]
    dead = 0
    for channel in range(channels):
        dead += all(float(value) == 0.0 for picture in maps for value in picture[channel].detach().flatten())
    return dead / channels


@pytest.mark.parametrize("late", [0, 5], ids=["in the first picture", "in a later one"])
def test_dead_channels_are_those_that_are_zero_in_every_picture(late: int) -> None:
    maps = torch.zeros(6, 4, 3, 3)
    maps[late, 1, 2, 2] = -1e-30
    maps[late, 2, 0, 0] = math.nan
    assert float(dead_share(maps)) == counted(maps) == 0.5
    assert float(dead_share(maps.to(memory_format=torch.channels_last))) == 0.5
    assert float(dead_share(torch.ones(1, 2, 1, 1))) == 0.0


def hooks(network: Network) -> int:
    return sum(len(module._forward_hooks) for module in network.modules())


def test_every_block_is_counted_and_no_hook_stays() -> None:
    network = build(RUN.network).train()
    kept: dict[str, Tensor] = {}
    with torch.no_grad():
        network.get_parameter("layer2.0.bn2.weight")[:8] = 0.0
        network.get_parameter("layer2.0.bn2.bias")[:8] = 0.0
    for block in network.blocks:
        block.register_forward_hook(lambda module, _, output: kept.update({module.spec.name: output}))
    mine = hooks(network)
    recorder = Recorder(network)
    with recorder.watching():
        assert hooks(network) == mine + 3
        network(torch.randn(4, 3, 8, 8)).sum().backward()
    assert hooks(network) == mine
    record = recorder.step(lambda: None, 7)
    assert record.step == 7
    assert record.dead == pytest.approx([counted(kept[block.spec.name]) for block in network.blocks])
    assert record.dead[1] > 0, "channels that were silenced are counted"
    assert set(record.updates) == {0.0}
    with pytest.raises(RuntimeError, match="went wrong"), recorder.watching():
        raise RuntimeError("went wrong")
    assert hooks(network) == mine


def test_norms_are_those_of_autograd_with_shortcuts_cut_too() -> None:
    run = replace(RUN, epochs=1, record_every=1, interventions=(Intervention(0, 0.0),))
    first = next(train(run, DATA))
    assert isinstance(first, StepReport)
    assert first.gradients is not None
    network = build(run.network).train()
    for block in network.blocks:
        block.shortcut_strength = 0.0
    from resnet_viewer.core.data.datasets import augmented_batches
    from resnet_viewer.records.laying_out import blueprint

    images, labels = next(augmented_batches(DATA.train, 8, mean=run.mean, std=run.std, seed=0))
    loss = torch.nn.functional.cross_entropy(network(images), labels)
    weights = [network.get_parameter(f"{layer.name}.weight") for layer in blueprint(run.network).layers]
    expected = [float(found.double().norm()) for found in torch.autograd.grad(loss, weights)]
    assert first.gradients.norms == pytest.approx(expected, rel=1e-4)
    assert first.batch_loss == pytest.approx(float(loss.detach()), rel=1e-5)
    assert len(first.gradients.dead) == 3


def test_gradients_with_cut_shortcuts_are_those_of_finite_differences() -> None:
    network = build(RUN.network).double().train()
    for block in network.blocks:
        block.shortcut_strength = 0.0
    x, labels = torch.randn(4, 3, 8, 8, dtype=torch.float64), torch.tensor([0, 1, 0, 1])

    def loss() -> Tensor:
        return torch.nn.functional.cross_entropy(network(x), labels)

    weight = network.get_parameter("layer1.0.conv2.weight")
    (gradient,) = torch.autograd.grad(loss(), [weight])
    step = 1e-6
    for index in ((0, 0, 0, 0), (3, 5, 1, 2), (15, 15, 2, 2)):
        with torch.no_grad():
            weight[index] += step
            above = float(loss().detach())
            weight[index] -= 2 * step
            below = float(loss().detach())
            weight[index] += step
        assert float(gradient[index]) == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-8)


def test_a_run_that_leaves_it_open_is_recorded_by_its_number_of_steps() -> None:
    """At least a hundred records, or every step, and never further apart than ten steps."""
    steps = {1: 1, 99: 1, 132: 1, 199: 1, 200: 2, 350: 3, 1000: 10, 64_000: 10}
    open_run = replace(RUN, record_every=0)
    assert {n: with_interval(replace(open_run, epochs=n), 1).record_every for n in steps} == steps
    assert with_interval(replace(open_run, epochs=10), 35).record_every == 3, "the steps of all epochs count"
    assert with_interval(replace(RUN, record_every=7), 1000).record_every == 7
    longer = replace(open_run, epochs=10).extended(5, 90)
    assert with_interval(longer, 30).record_every == 3, "what it was before it was made longer"


def test_what_was_chosen_is_in_the_report_and_every_step_of_a_short_run_is_recorded() -> None:
    *_, last = train(replace(RUN, epochs=2, record_every=0), DATA)
    assert isinstance(last, Trained)
    assert last.report.spec.record_every == 1
    assert [record.step for record in last.report.gradients] == list(range(len(last.report.steps)))

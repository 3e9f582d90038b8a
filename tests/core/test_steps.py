"""Steps and shortcuts by hand numbers."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from resnet_viewer.core.blocks import merge
from resnet_viewer.core.network import build
from resnet_viewer.core.steps import function
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.layers import ChannelPadding
from resnet_viewer.records.laying_out import blueprint


def test_option_a_keeps_every_second_row_and_column_and_pads_half_before_and_half_after() -> None:
    x = torch.arange(24.0).reshape(1, 2, 3, 4)  # channel 0 holds 0…11, channel 1 holds 12…23
    output = function(ChannelPadding(3, 2))(x)
    nothing = torch.zeros(2, 2)
    expected = torch.stack(
        [
            nothing,
            torch.tensor([[0.0, 2.0], [8.0, 10.0]]),
            torch.tensor([[12.0, 14.0], [20.0, 22.0]]),
            nothing,
            nothing,
        ]
    )[None]
    assert torch.equal(output, expected), "3 added channels: one before, two after"


def test_option_a_of_the_paper_widens_16_channels_to_32() -> None:
    block = build(spec("cifar-resnet-8")).blocks[1]
    x = torch.randn(1, 16, 32, 32, generator=torch.Generator().manual_seed(0))
    output = block.carried(x)
    assert output.shape == (1, 32, 16, 16)
    assert torch.equal(output[:, 8:24], x[:, :, ::2, ::2])
    assert not output[:, :8].any()
    assert not output[:, 24:].any()


def test_option_b_projects_with_a_strided_one_by_one_convolution() -> None:
    block = build(spec("resnet18")).blocks[2]
    x = torch.randn(1, 64, 4, 4, generator=torch.Generator().manual_seed(0))
    weight = block.get_parameter("downsample.0.weight")
    assert weight.shape == (128, 64, 1, 1)
    by_hand = torch.einsum("oi,nihw->nohw", weight[:, :, 0, 0], x[:, :, ::2, ::2]) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(block.carried(x), by_hand)


def test_a_pooled_projection_averages_two_by_two_and_what_is_left_over() -> None:
    block = build(spec("resnet18d")).blocks[2]
    x = torch.arange(64 * 9.0).reshape(1, 64, 3, 3)
    weight = block.get_parameter("downsample.1.weight")
    assert weight.shape == (128, 64, 1, 1)
    means = torch.stack(
        [x[..., :2, :2].mean((2, 3)), x[..., :2, 2].mean(2), x[..., 2, :2].mean(2), x[..., 2, 2]], dim=-1
    ).reshape(1, 64, 2, 2)
    by_hand = torch.einsum("oi,nihw->nohw", weight[:, :, 0, 0], means) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(block.carried(x), by_hand)
    assert block(x).shape == by_hand.shape


def test_a_projection_without_a_stride_does_not_pool() -> None:
    first, *_, second = build(spec("resnet26d")).blocks[:3]
    assert [list(block.downsample._modules) for block in (first, second)] == [["1", "2"], ["0", "1", "2"]]
    assert first.spec.projection is not None
    assert first.spec.projection.name == "layer1.0.downsample.1"


def test_a_deep_stem_is_three_small_convolutions() -> None:
    network = build(spec("resnet26t"))
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    by_hand = x
    for place, stride in ((0, 2), (3, 1), (6, 1)):
        weight = network.get_parameter(f"conv1.{place}.weight")
        by_hand = functional.relu(
            functional.conv2d(by_hand, weight, stride=stride, padding=1) / (1 + 1e-5) ** 0.5
        )
    stem = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    torch.testing.assert_close(stem, functional.max_pool2d(by_hand, 3, 2, 1))
    assert stem.shape == (1, 64, 4, 4)


def test_the_kind_of_each_shortcut_follows_the_spec() -> None:
    kinds = {
        name: [block.shortcut for block in blueprint(spec(name)).blocks]
        for name in ("cifar-resnet-14", "cifar-plain-14", "resnet18", "resnet50")
    }
    assert kinds["cifar-resnet-14"] == ["identity", "identity", "padding", "identity", "padding", "identity"]
    assert set(kinds["cifar-plain-14"]) == {"none"}
    assert kinds["resnet18"] == ["identity", "identity", *["projection", "identity"] * 3]
    assert kinds["resnet50"][:4] == ["projection", "identity", "identity", "projection"]


@pytest.mark.parametrize("s", [0.25, 1.0])
@pytest.mark.parametrize("r", [0.5, 1.0])
def test_merge_by_hand_numbers(s: float, r: float) -> None:
    shortcut, residual = torch.tensor([8.0, -4.0]), torch.tensor([2.0, 6.0])
    both = merge(shortcut, residual, shortcut_strength=s, branch_strength=r)
    assert both.tolist() == [8 * s + 2 * r, -4 * s + 6 * r]
    assert merge(shortcut, None, shortcut_strength=s, branch_strength=r).tolist() == [8 * s, -4 * s]
    assert merge(None, residual, shortcut_strength=s, branch_strength=r).tolist() == [2 * r, 6 * r]
    assert shortcut.tolist() == [8.0, -4.0], "nothing may work in place"
    assert residual.tolist() == [2.0, 6.0]


def test_merge_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="its shortcut or its residual branch"):
        merge(None, None, shortcut_strength=0.0, branch_strength=0.0)

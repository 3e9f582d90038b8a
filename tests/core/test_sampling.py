"""Where a cell looks: by autograd for every map of every family, and on the picture by a linear network's Grad-CAM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_viewer import Model, probe
from resnet_viewer.charts.gradcam import cam_tiles, overlay, tiles_over
from resnet_viewer.core.network import Network, build
from resnet_viewer.core.probing import Probe
from resnet_viewer.core.weights.build_options import built
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.layers import GlobalPooling, Sampling, sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Preprocessing, visible_box
from resnet_viewer.records.wiring import Wiring


def narrow(name: str, options: BuildOptions) -> NetworkSpec:
    """With few channels: where a cell looks is a matter of kernels, strides and paddings."""
    whole = built(name, options)
    return replace(whole, widths=tuple(4 * 2**n for n in range(len(whole.widths))))


def additive(network: Network) -> Network:
    """Every weight positive, every pooling a mean: each value depends on all that its cell sees."""
    for name, module in list(network.named_modules()):
        match module:
            case nn.Conv2d():
                nn.init.constant_(module.weight, 1 / module.weight[0].numel())
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            case nn.MaxPool2d():
                mean = nn.AvgPool2d(module.kernel_size, module.stride, module.padding)
                network.set_submodule(name, mean)
            case nn.ConstantPad2d():
                module.value = 0.0
    return network.double()


def seen(gradient: Tensor) -> list[tuple[int, int]]:
    """First and last row and column, (1, C, H, W) -> two pairs."""
    found = gradient[0].abs().sum(0) > 0
    return [(int(line.nonzero()[0]), int(line.nonzero()[-1])) for line in (found.any(1), found.any(0))]


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("cifar-resnet-8", 32), ("cifar-resnet-20-preact", 48), ("cifar-resnet-8-highway", 32),
        ("cifar-resnet-8-concat", 32), ("resnet18", 96), ("resnet10t", 64), ("resnet14t", 96), ("resnet50v2", 64),
        ("vgg16", 96), ("alexnet", 160), ("teaching-keras", 32), ("teaching-mnist", 28),
    ],
)  # fmt: skip
def test_a_cell_looks_where_its_gradient_is(name: str, side: int) -> None:
    network = additive(build(narrow(name, BuildOptions(has_classifier=False, pooling="none"))))
    plan = blueprint(network.spec)
    x = torch.ones(1, network.spec.channels, side, side, dtype=torch.double, requires_grad=True)
    with Probe(network) as opened:
        kept = opened.look(x).kept
    assert list(kept) == list(plan.map_names())
    if len(kept) > 20:  # every block, and every layer of a block that changes the shape
        wanted = {block.name for block in plan.blocks}
        wanted |= {layer.name for block in plan.blocks[2:4] for layer in block.layers}
        kept = {name: maps for name, maps in kept.items() if name in wanted or name == "stem"}
    for layer, maps in kept.items():
        where = plan.sampling(layer)
        row, column = maps.shape[2] // 2, maps.shape[3] // 2 - (maps.shape[3] > 2)
        (gradient,) = torch.autograd.grad(maps[0, :, row, column].sum(), x, retain_graph=True)
        expected = []
        for cell in (row, column):
            middle, reach = where.stride * cell + where.offset, (where.field - 1) / 2
            expected.append((max(middle - reach, 0), min(middle + reach, side - 1)))
        assert seen(gradient) == expected, layer


def gated(blocks: int, *, dropped: Iterable[int] = (), cut: Iterable[int] = ()) -> Wiring:
    return Wiring.all_open(blocks).with_branches(dropped, 0.0).with_shortcuts(cut, 0.0)


@pytest.mark.parametrize(
    ("name", "side", "dropped", "cut"),
    [
        ("cifar-resnet-20", 32, (2, 4, 5), (1, 3)), ("cifar-resnet-20", 32, range(1, 10), ()),
        ("cifar-resnet-20-preact", 32, (4, 7, 9), ()), ("cifar-resnet-8-highway", 32, (2,), ()),
        ("cifar-resnet-8-concat", 32, (1, 3), (2,)), ("resnet18", 96, (3, 5, 7), ()), ("resnet10t", 96, (2, 3, 4), ()),
        ("resnet50v2", 64, (4, 8), (1,)), ("resnet18", 96, (6,), (6,)),
    ],
)  # fmt: skip
def test_a_cell_looks_through_open_paths_alone(
    name: str, side: int, dropped: Iterable[int], cut: Iterable[int]
) -> None:
    network = additive(build(narrow(name, BuildOptions(has_classifier=False, pooling="none"))))
    wiring = gated(network.spec.block_count, dropped=dropped, cut=cut)
    network.set_wiring(wiring)
    plan = blueprint(network.spec, side)
    found = plan.samplings(wiring)
    x = torch.ones(1, network.spec.channels, side, side, dtype=torch.double, requires_grad=True)
    with Probe(network) as opened:
        kept = opened.look(x).kept
    for block in plan.blocks:
        maps, where = kept[block.name], found[block.name]
        row, column = maps.shape[2] // 2, maps.shape[3] // 2 - (maps.shape[3] > 2)
        (gradient,) = torch.autograd.grad(
            maps[0, :, row, column].sum(), x, retain_graph=True, allow_unused=True
        )
        if not where.field:
            assert gradient is None or not gradient.any(), f"{block.name} sees something"
            continue
        reach = (where.field - 1) / 2
        middles = [where.stride * cell + where.offset for cell in (row, column)]
        expected = [(max(middle - reach, 0), min(middle + reach, side - 1)) for middle in middles]
        assert seen(gradient) == expected, block.name


def test_the_formula_by_hand() -> None:
    plan = blueprint(spec("resnet18"))
    assert plan.sampling("conv1") == Sampling(2, 0.0, 7)
    assert plan.sampling("stem") == Sampling(4, 0.0, 11)
    assert plan.sampling("layer4.1") == Sampling(32, 0.0, 435)
    before_pooling = blueprint(spec("vgg16")).sampling("features.29")
    assert before_pooling == Sampling(16, 7.5, 196)
    assert before_pooling.through(2, 2).field == 212, "Araujo et al. 2019, table of VGG-16"
    assert blueprint(spec("resnet50-paper")).sampling("layer4.2").field == 483, "and of ResNet-50"
    assert tiles_over(Sampling(2, 0.5, 2), (4, 4), 8, visible_box(8, 8, _plain(8, 8))) == visible_box(
        8, 8, _plain(8, 8)
    ), "even tiles fill the picture"
    with pytest.raises(ValueError, match="avgpool looks at the whole map"):
        sampling([GlobalPooling("avgpool", "average")])
    with pytest.raises(KeyError):
        plan.sampling("fc")


def _plain(resize: int, crop: int) -> Preprocessing:
    return Preprocessing(resize, crop, (0.0,) * 3, (1.0,) * 3)


_TENT = torch.tensor([0.25, 0.5, 0.25])
"""A window that moves by one or two pixels and keeps the middle of whatever it weighs."""


def linear(name: str) -> Network:
    """One channel of one colour goes through; every step keeps the middle of what it sees. No shortcut projects."""
    network = build(narrow(name, BuildOptions(has_classifier=False)))
    for path, module in list(network.named_modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
            kernel = module.kernel_size[0]
            if "downsample" in path:
                continue
            with torch.no_grad():
                if kernel == 11:  # AlexNet's, by 4
                    long = torch.ones(4) / 4
                    window = torch.nn.functional.pad(
                        torch.conv1d(long[None, None], long.flip(0)[None, None], padding=3)[0, 0], (2, 2)
                    )
                    module.weight[0, 0] = window[:, None] * window
                elif kernel > 1 and module.stride[0] == 1:
                    module.weight[0, 0, kernel // 2, kernel // 2] = 1.0
                elif kernel > 1:
                    middle = kernel // 2
                    module.weight[0, 0, middle - 1 : middle + 2, middle - 1 : middle + 2] = (
                        _TENT[:, None] * _TENT
                    )
                else:
                    module.weight[0, 0] = 1.0
        elif isinstance(module, nn.MaxPool2d):
            tent = nn.Conv2d(1, 1, module.kernel_size, module.stride, module.padding, bias=False)
            window = _TENT if module.kernel_size == 3 else torch.ones(2) / 2
            tent.weight = nn.Parameter((window[:, None] * window)[None, None], requires_grad=False)
            network.set_submodule(path, _EachChannel(tent))
    return network


class _EachChannel(nn.Module):
    def __init__(self, window: nn.Conv2d) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W')"""
        count, channels, height, width = x.shape
        y: Tensor = self.window(x.reshape(count * channels, 1, height, width))
        return y.reshape(count, channels, *y.shape[2:])


SHAPES = [(224, 224), (300, 448), (500, 260)]
"""Heights and widths of pictures."""


def _pictures() -> Iterator[tuple[int, int, float, float]]:
    for (high, wide), (down, across) in zip(
        SHAPES, ((-0.09, 0.13), (0.12, -0.06), (-0.1, -0.1)), strict=True
    ):
        short = min(high, wide)
        yield high, wide, high / 2 + down * short, wide / 2 + across * short


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet10t", "vgg16_bn", "alexnet"])
def test_a_bright_square_lies_under_its_map(name: str) -> None:
    network = linear(name)
    worst: dict[str, float] = {}
    for high, wide, middle, centre in _pictures():
        short = min(high, wide)
        half = short // 16
        y, x = round(middle), round(centre)
        pixels = np.zeros((high, wide, 3), np.uint8)
        pixels[y - half : y + half, x - half : x + half] = 255
        model = Model(network, _plain(256, 224), ())
        result = probe(Picture.of(pixels, name="square"), model)
        box = visible_box(wide, high, model.preprocessing)
        for block in result.blocks:
            laid = overlay(
                np.zeros_like(pixels), block.cam[0], box, laid=cam_tiles(result, block, box), colours="gray",
                opacity=1.0,
            )  # fmt: skip
            shares = (laid[..., 0] / 255.0) ** (2 / 3)  # a colour of v is mixed in with weight √v
            assert block.cam_states[0] == "shown", block.name
            found = [
                float((shares.sum(axis) * (np.arange(shares.shape[1 - axis]) + 0.5)).sum() / shares.sum())
                for axis in (1, 0)
            ]
            scale = box.width / 224
            off = max(abs(found[0] - y), abs(found[1] - x)) / scale
            worst[block.name] = max(worst.get(block.name, 0.0), off)
    assert len(worst) == network.spec.block_count
    plan = blueprint(network.spec)
    assert all(off < 0.06 * plan.sampling(name).stride + 0.1 for name, off in worst.items()), worst

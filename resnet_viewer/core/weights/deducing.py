"""Which networks a file's tensors could be, read off their names and shapes.

Only networks of the file's own size are laid out, a handful at most, so that a file with hundreds of layers is told
as quickly as one with twenty. What leaves no tensor behind (option A, where a stride stands, dropout, scaling, most
orders) cannot be read off: the usual form comes first, and the plain network where there is room for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from resnet_viewer.core.weights import catalog
from resnet_viewer.records.layouts.residual import EXPANSION, GROWTH
from resnet_viewer.records.network import (
    OPTIONS,
    BlockKind,
    Family,
    Initialisation,
    Merge,
    NetworkSpec,
    ShortcutKind,
)

Shapes = Mapping[str, tuple[int, ...]]

DEEPEST = 2_000
"""Weighted layers of a network that a file may be. He et al.'s deepest has 1202; ten times as many take a minute."""

_BLOCK = re.compile(r"layer([1-9])\.(\d{1,5})\.(.+)")
_CHAINS = ("vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "alexnet")
_SECOND = ("resnet50v2", "resnet101v2", "resnet152v2")
_TEACHING = ("teaching-keras", "teaching-mnist", "teaching-mnist-concat")
_WIDTHS: dict[Family, tuple[int, ...]] = {"imagenet": (64, 128, 256, 512), "cifar": (16, 32, 64)}
_MERGE_ENDINGS: dict[Merge, str] = {
    "highway": "highway",
    "shortcut gating": "gated",
    "concatenation": "concat",
}


def deduced(shapes: Shapes) -> Iterator[NetworkSpec]:
    """The networks that these tensors could be, the likeliest first, with the file's classes and input channels.

    A file without any classifier is a network of 0 classes.

    Example:
        >>> from resnet_viewer.records.laying_out import blueprint
        >>> [spec.name for spec in deduced(blueprint(catalog.spec("cifar-resnet-20")).state_shapes)]
        ['cifar-resnet-20', 'cifar-plain-20']
    """
    if "features.0.weight" in shapes:
        yield from (sized(catalog.spec(name), shapes) for name in _CHAINS)
    elif "bn.weight" in shapes and "layer1.0.bn3.weight" in shapes and "conv1.bias" in shapes:
        yield from (sized(catalog.spec(name), shapes) for name in _SECOND)
    elif "layer1.0.downsample.0.bias" in shapes and "layer1.1.conv1.weight" not in shapes:
        yield from (sized(catalog.spec(name), shapes) for name in _TEACHING)
    yield from _residual(shapes)


def depth_of(shapes: Shapes) -> int:
    """How many weighted layers a network in stages of blocks would have with these tensors; 0: they are of no such.

    Counted, and nothing laid out.
    """
    seen = _Seen.of(shapes)
    return 0 if seen is None else seen.depth


def nearby(shapes: Shapes) -> Iterator[NetworkSpec]:
    """What to hold a file against that is none of the deduced: the listed residual and plain ImageNet networks whose
    stem has as many layers.
    """
    is_deep = len(_stem(shapes)) > 1
    for name in (*catalog.names(), *catalog.variants()):
        spec = catalog.spec(name)
        if spec.family == "imagenet" and not spec.strides_first and bool(spec.stem_widths) == is_deep:
            yield sized(spec, shapes)


def named(name: str, shapes: Shapes) -> NetworkSpec | None:
    """The network of that name with the file's classes and input channels; None where there is no such name."""
    try:
        return sized(catalog.spec(name), shapes)
    except catalog.UnknownNetworkError:
        return None


def sized(spec: NetworkSpec, shapes: Shapes) -> NetworkSpec:
    """The same network with the file's classes and input channels."""
    is_chain = spec.family in ("vgg", "alexnet")
    classifier = "classifier.6" if is_chain else "fc"
    weight = shapes.get(f"{classifier}.weight", ())
    if len(weight) == 2 and weight[0]:
        spec = replace(spec, classes=weight[0])
    elif not any(key.startswith("classifier." if is_chain else "fc.") for key in shapes):
        spec = replace(spec, classes=0)
    stem = (_convolution(shapes, "features.0"),) if is_chain else _stem(shapes)
    return replace(spec, channels=stem[0][1]) if stem and stem[0] is not None else spec


def _residual(shapes: Shapes) -> Iterator[NetworkSpec]:
    seen = _Seen.of(shapes)
    if seen is None:
        return
    merges = seen.merges
    shortcuts = seen.shortcuts if merges == ("addition",) else seen.shortcuts[:1]
    for shortcut in shortcuts:
        for merge in merges:
            yield sized(_called(seen.spec(shortcut, merge)), shapes)


@dataclass(frozen=True)
class _Seen:
    """What names and shapes tell of a residual or plain network in stages of blocks."""

    shapes: Shapes
    family: Family
    parts: Mapping[tuple[int, int], set[str]]
    """What each block holds, by stage and index."""
    stages: tuple[int, ...]
    block: BlockKind
    widths: tuple[int, ...]
    widening: int
    groups: int
    stem_widths: tuple[int, ...]
    """Of a deep stem."""

    @classmethod
    def of(cls, shapes: Shapes) -> _Seen | None:
        """None where there are no such blocks, or no spec can say how wide they are."""
        parts: dict[tuple[int, int], set[str]] = {}
        for key in shapes:
            if found := _BLOCK.fullmatch(key):
                parts.setdefault((int(found[1]), int(found[2])), set()).add(found[3])
        stages = tuple(
            sum(at == stage for at, _ in parts)
            for stage in range(1, max((at for at, _ in parts), default=0) + 1)
        )
        stem = _stem(shapes)
        if not stem or not stages or not all(stages) or (1, 0) not in parts:
            return None
        is_bottleneck = "conv3.weight" in parts[1, 0]
        firsts = [_convolution(shapes, f"layer{stage}.0.conv1") for stage in range(1, len(stages) + 1)]
        lasts = [_convolution(shapes, f"layer{stage}.0.conv3") for stage in range(1, len(stages) + 1)]
        ends = [shape[0] // EXPANSION if shape else 0 for shape in lasts] if is_bottleneck else []
        inner = [shape[0] if shape else 0 for shape in firsts]
        widths = ends if is_bottleneck else inner
        second = _convolution(shapes, "layer1.0.conv2")
        if not all(widths) or second is None or inner[0] % widths[0] or inner[0] % second[1]:
            return None
        widening, groups = inner[0] // widths[0], inner[0] // second[1] if is_bottleneck else 1
        if any(width * widening % groups for width in widths):
            return None
        return cls(
            shapes,
            "imagenet" if len(stem) > 1 or stem[0][-1] == 7 else "cifar",
            parts,
            stages,
            "bottleneck" if is_bottleneck else "basic",
            tuple(widths),
            widening,
            groups,
            tuple(shape[0] for shape in stem) if len(stem) > 1 else (),
        )

    @property
    def depth(self) -> int:
        return sum(self.stages) * (3 if self.block == "bottleneck" else 2) + 2

    @property
    def pools_projections(self) -> bool:
        """Pooling has no weights, but moves the projection to the second place."""
        return any(_convolution(self.shapes, f"layer{at}.{index}.downsample.1") for at, index in self.parts)

    @property
    def shortcuts(self) -> tuple[ShortcutKind, ...]:
        projection = f"downsample.{int(self.pools_projections)}"
        projected = {at for at, parts in self.parts.items() if f"{projection}.weight" in parts}
        if not projected and self.initialisation != "he":  # a multiplier stands at the end of a branch
            return ("padding",)
        if not projected:
            return ("padding", "none") if self._only_grows else ("none",)
        first = _convolution(self.shapes, f"layer1.0.{projection}")
        is_square = first is not None and first[0] == first[1]
        return (
            "projection everywhere" if is_square or any(index for _, index in projected) else "projection",
        )

    @property
    def _only_grows(self) -> bool:
        """Whether zero channels alone bring every shortcut to the width of its branch."""
        stem = _stem(self.shapes)
        times = EXPANSION if self.block == "bottleneck" else 1
        channels = (stem[-1][0] if stem else 0, *(width * times for width in self.widths))
        return "concatenation" in self.merges or list(channels) == sorted(channels)

    @property
    def merges(self) -> tuple[Merge, ...]:
        if "gate.weight" in self.parts[1, 0]:
            return "highway", "shortcut gating"
        second = _convolution(self.shapes, "layer1.0.conv2")
        grows = self.block == "basic" and second is not None and second[0] == GROWTH != self.widths[0]
        return ("concatenation",) if grows else ("addition",)

    @property
    def initialisation(self) -> Initialisation:
        """What leaves scalars behind."""
        if "scale.weight" not in self.parts[1, 0]:
            return "he"
        return "fixup" if "bias1.bias" in self.shapes else "skipinit"

    def spec(self, shortcut: ShortcutKind, merge: Merge) -> NetworkSpec:
        """One network that would have these tensors, not yet called by its name."""
        return NetworkSpec(
            name="",
            family=self.family,
            depth=self.depth,
            block=self.block,
            shortcut=shortcut,
            stages=self.stages,
            widths=self.widths,
            classes=10 if self.family == "cifar" else 1000,
            input_size=32 if self.family == "cifar" else 224,
            widening=self.widening,
            groups=self.groups,
            stem_widths=self.stem_widths,
            pools_projections=self.pools_projections,
            order="full pre-activation" if {"bn.weight", "last_bias.bias"} & set(self.shapes) else "original",
            merge=merge,
            is_normalised="bn1.weight" in self.shapes,
            initialisation=self.initialisation,
        )


def _called(spec: NetworkSpec) -> NetworkSpec:
    """With the catalog's name, or, where it has no such network, with one that says how it differs."""
    name = _base(spec) + "".join(f"-{ending}" for ending in _endings(spec))
    try:
        listed = catalog.spec(name)
    except catalog.UnknownNetworkError:
        listed = None
    if listed is not None and replace(spec, name=listed.name) == listed:
        return listed
    usual = named(_base(replace(spec, widening=1, groups=1, stem_widths=(), pools_projections=False)), {})
    if not spec.form:
        name += f"_stem{'-'.join(map(str, spec.stem_widths))}" if spec.stem_widths else ""
        name += "_pooled" if spec.pools_projections else ""
    for word, ours, theirs in (
        ("blocks", spec.stages, usual.stages if usual else ()),
        ("channels", spec.widths, _WIDTHS[spec.family]),
    ):
        if ours != theirs:
            name = f"{name}_{word}{'-'.join(map(str, ours))}"
    return replace(spec, name=name)


def is_listed(spec: NetworkSpec) -> bool:
    """Whether the catalog knows a network of that name."""
    return named(spec.name, {}) is not None


def _base(spec: NetworkSpec) -> str:
    kind = "resnet" if spec.has_shortcuts else "plain"
    if spec.family == "cifar":
        return f"cifar-{kind}-{spec.depth}" + ("-bottleneck" if spec.block == "bottleneck" else "")
    depth = f"{spec.depth}{spec.form}"
    if spec.groups > 1:
        return f"resnext{depth}_{spec.groups}x{spec.widths[0] * spec.widening // spec.groups}d"
    return f"wide_resnet{depth}_{spec.widening}" if spec.widening > 1 else f"{kind}{depth}"


def _endings(spec: NetworkSpec) -> Iterator[str]:
    usual = "padding" if spec.family == "cifar" and spec.block == "basic" else "projection"
    if spec.shortcut not in (usual, "none"):
        yield OPTIONS[spec.shortcut].lower()
    if spec.merge in _MERGE_ENDINGS:
        yield _MERGE_ENDINGS[spec.merge]
    if spec.order == "full pre-activation":
        yield "preact"
    if spec.has_multipliers:
        yield spec.initialisation
    elif not spec.is_normalised:
        yield "nobn"


def _stem(shapes: Shapes) -> tuple[tuple[int, ...], ...]:
    """The shapes of the stem's weights: one convolution's, or those of timm's `conv1.0`, `conv1.3` …"""
    single = _convolution(shapes, "conv1")
    if single is not None:
        return (single,)
    deep = takewhile(bool, (_convolution(shapes, f"conv1.{place}") for place in range(0, 30, 3)))
    return tuple(shape for shape in deep if shape is not None)


def _convolution(shapes: Shapes, layer: str) -> tuple[int, ...] | None:
    """The shape of a convolution's weight; None where it is missing or none."""
    shape = shapes.get(f"{layer}.weight", ())
    return shape if len(shape) == 4 and all(shape) else None

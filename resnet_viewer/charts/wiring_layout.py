"""Where everything on the wiring strip sits along the x axis that the strip and the gradient plot share.

One unit is one weighted layer in the order of the forward pass, counted from 1 as the depth in a network's
name counts them: the stem's first is 1, the classifier of a ResNet-56 is 56 (of a deep stem each layer is counted,
though not in the name). A projection or a gate layer does not count (it lies beside its branch, not after it), so it
has the x of its arc's top: the middle of its block. A block's output lies half a unit after its last layer, which is
where its arc ends and the next one begins.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.layers import LayerSpec
from resnet_viewer.records.probe import ProbeResult

PartKind = Literal["box", "projection", "gate", "arc", "block"]
MARGIN = 1.0
"""Units in view before the stem and after the classifier when everything fits."""


@dataclass(frozen=True)
class Part:
    """Something on the strip that can be pointed at, focused or clicked.

    `name` is the layer's name for a box, a projection or a gate, the block's for an arc or a block's ground. `block`
    is None for the stem and the classifier.
    """

    kind: PartKind
    name: str
    block: int | None


def layer_part(layer: LayerSpec) -> Part:
    """A weighted layer's part."""
    kind: PartKind = "box"
    if layer.kind in ("projection", "gate"):
        kind = layer.kind
    return Part(kind, layer.name, layer.block)


@dataclass(frozen=True)
class Node:
    """A weighted layer at its place."""

    layer: LayerSpec
    x: float

    @property
    def part(self) -> Part:
        """What a click on it means."""
        return layer_part(self.layer)


@dataclass(frozen=True)
class Span:
    """A block from its input to its output."""

    number: int
    name: str
    left: float
    right: float
    has_shortcut: bool
    boxes: tuple[Node, ...]
    projection: Node | None
    gate: Node | None = None
    """The gate layer, where the block has one."""

    @property
    def centre(self) -> float:
        """Under the top of its arc."""
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Band:
    """A stage from the input of its first block to the output of its last."""

    left: float
    right: float
    wordings: tuple[str, ...]
    """Its name, the longest first: "conv2_x · 16 ch · 32×32", "conv2_x", "2"."""


@dataclass(frozen=True, eq=False)
class StripLayout:
    """The strip of one network, in units of the shared axis."""

    blueprint: Blueprint
    stem: tuple[Node, ...]
    """The layers before the blocks."""
    head: tuple[Node, ...]
    """The layers after the blocks, the classifier last; empty where the network has none."""
    end: float
    """Where the last of everything stands."""
    spans: tuple[Span, ...]
    """`spans[n - 1]` is block n."""
    bands: tuple[Band, ...]
    parts: tuple[Part, ...] = field(repr=False)
    """Boxes, arcs, projections and gates in the order in which the keyboard visits them."""
    x_by_name: dict[str, float] = field(repr=False)
    """Layers at their own place, blocks at their output, `stem` at the stem's last box."""
    lefts: tuple[float, ...] = field(repr=False)

    @property
    def limits(self) -> tuple[float, float]:
        """The range of x that shows everything."""
        return self.start - MARGIN, self.end + MARGIN

    @property
    def start(self) -> float:
        """Where the first of everything stands."""
        return self.stem[0].x

    @property
    def depth(self) -> int:
        """How many layers stand in a row."""
        return round((self.head or self.spans[-1].boxes)[-1].x)

    def span_at(self, x: float) -> Span | None:
        """The block that lies over x, or None beside the blocks."""
        index = bisect_right(self.lefts, x) - 1
        if index < 0 or x > self.spans[index].right:
            return None
        return self.spans[index]

    def visible(self, left: float, right: float) -> tuple[Span, ...]:
        """The blocks that touch the range."""
        first = max(0, bisect_right(self.lefts, left) - 1)
        return self.spans[first : bisect_right(self.lefts, right)]

    def beside(self, other: StripLayout) -> tuple[float, float]:
        """Factor and shift from another layout's x to this one's, by relative depth: both begin and end together."""
        factor = (self.end - self.start) / (other.end - other.start)
        return factor, self.start - factor * other.start

    def spot(self, part: Part) -> float:
        """Where the keyboard's focus on that part lies."""
        if part.kind in ("arc", "block") and part.block is not None:
            return self.spans[part.block - 1].centre
        return self.x_by_name[part.name]


def lay_out(blueprint: Blueprint) -> StripLayout:
    """Place every layer, block and stage of a network.

    Example:
        >>> lay_out(blueprint(spec("cifar-resnet-56"))).end
        56.0
    """
    stem = tuple(Node(layer, 1.0 + i) for i, layer in enumerate(blueprint.stem_layers))
    x = 1.0 + len(stem)
    spans: list[Span] = []
    bands: list[Band] = []
    for stage in blueprint.stages:
        start = x - 0.5
        for block in stage.blocks:
            left = x - 0.5
            boxes = tuple(Node(layer, x + i) for i, layer in enumerate(block.branch_layers))
            x += len(boxes)
            right = x - 0.5
            on_arc = (
                Node(layer, (left + right) / 2) if layer else None for layer in (block.projection, block.gate)
            )
            spans.append(
                Span(block.number, block.name, left, right, block.shortcut != "none", boxes, *on_arc)
            )
        bands.append(Band(start, x - 0.5, (stage.label, f"conv{stage.number}_x", str(stage.number))))
    head = tuple(Node(layer, x + i) for i, layer in enumerate(blueprint.head))
    end = head[-1].x if head else x
    places = {"stem": stem[-1].x} | {node.layer.name: node.x for node in (*stem, *head)}
    parts: list[Part] = [node.part for node in stem]
    for span in spans:
        places[span.name] = span.right
        places.update((layer.name, span.centre) for layer in blueprint.blocks[span.number - 1].layers)
        places.update((node.layer.name, node.x) for node in span.boxes)
        parts.extend(node.part for node in span.boxes)
        if span.has_shortcut:
            parts.append(Part("arc", span.name, span.number))
        parts.extend(node.part for node in (span.projection, span.gate) if node)
    parts.extend(node.part for node in head)
    lefts = tuple(span.left for span in spans)
    return StripLayout(blueprint, stem, head, end, tuple(spans), tuple(bands), tuple(parts), places, lefts)


@dataclass(frozen=True)
class Openings:
    """One opening a block, from 0 to 1; None where there is no gate layer or it was not computed.

    `reference` is empty where its network has other blocks. `is_stale` says that now's belong to an older wish.
    """

    now: tuple[float | None, ...] = ()
    reference: tuple[float | None, ...] = ()
    is_stale: bool = False

    def of(self, block: int) -> float | None:
        """Now's opening of block `block`, from 1."""
        return self.now[block - 1] if block <= len(self.now) else None

    def words(self, block: int) -> tuple[str, ...]:
        """ "gate open 12.3 %" and "reference 45.6 %", as far as they are known."""
        theirs = self.reference[block - 1] if block <= len(self.reference) else None
        ours = self.of(block)
        if ours is None and theirs is None:
            return ()
        first = "gate not computed" if ours is None else f"gate open {opening_text(ours)}"
        return (first,) if theirs is None else (first, f"reference {opening_text(theirs)}")


UNKNOWN = Openings()


def opening_text(opening: float) -> str:
    """ "12.3 %", "0.00456 %", "> 99.9 %" """
    return "> 99.9 %" if 0.999 < opening < 1 else f"{100 * opening:.3g} %"


def openings(now: ProbeResult | None, reference: ProbeResult | None, *, is_stale: bool) -> Openings:
    """The openings of two readings; `UNKNOWN` where no block has a gate layer, so that nothing is painted for it."""
    ours, theirs = _of(now), _of(reference)
    if now is not None and reference is not None:
        is_alike = [block.name for block in now.blocks] == [block.name for block in reference.blocks]
        theirs = theirs if is_alike else ()
    return Openings(ours, theirs, is_stale) if ours or theirs else UNKNOWN


def _of(result: ProbeResult | None) -> tuple[float | None, ...]:
    found = () if result is None else tuple(block.opening for block in result.blocks)
    return found if any(opening is not None for opening in found) else ()

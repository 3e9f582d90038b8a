"""Networks side by side as columns of boxes, in the manner of Figure 3 of He et al. 2015.

Columns are aligned by the side of the maps that their layers put out. Every number comes from a blueprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from resnet_viewer.charts import palette
from resnet_viewer.figures.page import MARGIN, Paper, Without, page, text_width, wrapped, write
from resnet_viewer.figures.state import application_version
from resnet_viewer.records.blueprint import BlockSpec, Blueprint, ShortcutForm
from resnet_viewer.records.csv_text import Table
from resnet_viewer.records.layers import ChannelPadding, GlobalPooling, LayerSpec, Pooling, Step

MOST_BOXES = 48
"""A column of more boxes draws blocks that repeat once, with their number: else it is longer than a page."""
OUTSIDE = 0
"""The stage of what lies outside the stages."""


@dataclass(frozen=True)
class Box:
    """One layer or pooling. `side` is that of its output, in pixels; `stage` as its network numbers it."""

    words: str
    side: int
    stage: int = OUTSIDE
    has_weights: bool = True


@dataclass(frozen=True)
class Bypass:
    """The shortcut of a block that is drawn: past the boxes `first` to `last`."""

    first: int
    last: int
    form: ShortcutForm
    changes_shape: bool
    has_gate: bool


@dataclass(frozen=True)
class Repeat:
    """The boxes `first` to `last` stand for `count` blocks in a row."""

    first: int
    last: int
    count: int


@dataclass(frozen=True)
class Column:
    """A network as a column of boxes, from its picture to its last layer."""

    plan: Blueprint
    boxes: tuple[Box, ...]
    bypasses: tuple[Bypass, ...]
    repeats: tuple[Repeat, ...]


def column(plan: Blueprint) -> Column:
    """The column of a network; blocks that repeat stand once where all of them would make it too long."""
    full = _column(plan, is_short=False)
    return full if len(full.boxes) <= MOST_BOXES else _column(plan, is_short=True)


def _column(plan: Blueprint, *, is_short: bool) -> Column:
    boxes = list(_boxes(plan.stem_steps, plan.input_shape[1]))
    bypasses: list[Bypass] = []
    repeats: list[Repeat] = []
    for stage in plan.stages:
        for _, run in groupby(stage.blocks, _signature):
            alike = tuple(run)
            for block in alike[:1] if is_short else alike:
                first = len(boxes)
                boxes += _boxes(
                    (*block.before, *block.branch, *block.after), block.input_shape[1], stage.number
                )
                last = len(boxes) - 1
                if block.shortcut != "none":
                    changes = block.shortcut != "identity" and block.input_shape != block.output_shape
                    bypasses.append(Bypass(first, last, block.shortcut, changes, block.gate is not None))
                if is_short and len(alike) > 1:
                    repeats.append(Repeat(first, last, len(alike)))
    boxes += _boxes(plan.head_steps, plan.stages[-1].output_shape[1])
    return Column(plan, tuple(boxes), tuple(bypasses), tuple(repeats))


def _signature(block: BlockSpec) -> tuple[object, ...]:
    """Equal for blocks whose drawings are."""
    boxes = tuple(_boxes(block.branch, block.input_shape[1]))
    return boxes, block.shortcut, block.input_shape == block.output_shape


def _boxes(steps: Iterable[Step], side: int, stage: int = OUTSIDE) -> Iterator[Box]:
    for step in steps:
        before = side
        match step:
            case LayerSpec(kind="linear"):
                side = 1
                yield Box(f"fc {step.weight_shape[0]}", side)
            case LayerSpec():
                side = step.output_side(side)
                yield Box(_conv_words(step), side, stage)
            case Pooling():
                side = step.output_side(side)
                stride = f", /{step.stride}" if step.stride > 1 else ""
                yield Box(f"{_POOLS[step.kind]}{stride}", side, has_weights=False)
            case GlobalPooling():
                side = step.output_side(side)
                if (
                    side != before
                ):  # one that enlarges, as VGG's for small pictures, stays in the row before it
                    window = f", {side}×{side}" if side > 1 else ""
                    yield Box(f"{_POOLS[step.kind]}{window}", min(side, before), has_weights=False)
            case ChannelPadding():
                side = step.output_side(side)
            case _:
                pass


_POOLS = {"maximum": "max pool", "average": "avg pool"}


def _conv_words(layer: LayerSpec) -> str:
    """ "3×3 conv, 128, /2", with its groups as "C=32"."""
    outputs, _, kernel, _ = layer.weight_shape
    groups = f", C={layer.groups}" if layer.groups > 1 else ""
    stride = f", /{layer.stride}" if layer.stride > 1 else ""
    return f"{kernel}×{kernel} conv, {outputs}{groups}{stride}"


DEFAULT_COLUMNS = ("vgg19", "plain34", "resnet34")
"""The networks of the paper's figure."""
MOST_COLUMNS = 8
STAGES = ("#f1f2f5", "#fbe8c8", "#e3dcf4", "#d5ecd6", "#f9dad7", "#d5e5f8")
"""Fills of what lies outside the stages, then of conv1_x to conv5_x; further stages begin again with the second."""
EDGES = ("#a4aab8", "#c99a3d", "#8d78c4", "#63a867", "#cf7b74", "#5f92cf")

_SMALL = 6.6
_BOX, _PITCH, _GROUP_GAP = 0.138, 0.202, 0.07
"""Inches: a box's height, from one box to the next, and what is added where the output size changes."""
_SIZES, _BRACKET, _BULGE = 0.62, 0.34, 0.26
"""Inches: the column of output sizes, room for "× 36" before the boxes, and for the arcs behind them."""
_LINE = 0.145
_LEAVES, _JOINS = 0.044, 0.02
"""Inches above a block's first box at which its shortcut leaves, and below its last one at which it comes back."""
_NARROWEST = 3.9
_LEGEND = 0.27
_DASHES = (0, (3.2, 1.8))
_write = partial(write, va="center_baseline", zorder=5)


@dataclass(frozen=True)
class _Place:
    """Where a column's boxes are, in inches: `tops[i]` is the upper edge of box i."""

    left: float
    width: float
    tops: tuple[float, ...]

    @property
    def middle(self) -> float:
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        return self.left + self.width


def figure(plans: Sequence[Blueprint], *, without: Without = ()) -> Figure:
    """One column a network, in the order given. The page is as large as they need."""
    columns = [column(plan) for plan in plans]
    box = max(text_width(b.words, _SMALL) for c in columns for b in c.boxes) + 0.16
    bracket = _BRACKET if any(c.repeats for c in columns) else 0.1
    heads = [_head(plan) for plan in plans]
    widest = max(text_width(line, palette.FONT) for head in heads for line in head[1:])
    pitch = max(bracket + box + _BULGE, widest + 0.16, 1.35)
    legend = _legend(columns)
    x, _, words = legend[-1]
    needed = x + 0.26 + text_width(words, _SMALL + 0.4)
    width = 2 * MARGIN + max(_SIZES + len(columns) * pitch, needed, _NARROWEST)
    pitch = (width - 2 * MARGIN - _SIZES) / len(columns)
    titles = [wrapped(head[0], pitch - 0.1, palette.FONT + 0.5, bold=True) for head in heads]
    rows, height = _rows(columns)
    above = (max(map(len, titles)) + 2) * _LINE + 0.28
    sheet = page(
        Paper(width, without=without),
        _listed([plan.spec.title for plan in plans]),
        "",
        _caption(columns),
        content=_LEGEND + above + height + 0.12,
        is_as_high_as_needed=True,
    )
    axes = sheet.bare_axes(0, 0, sheet.width, sheet.height)
    _draw_legend(axes, sheet.top - 0.1, legend)
    base = sheet.top - _LEGEND - above
    _draw_sizes(axes, rows, base, height, width)
    for index, (drawn, head, title) in enumerate(zip(columns, heads, titles, strict=True)):
        middle = MARGIN + _SIZES + (index + 0.5) * pitch + (bracket - _BULGE) / 2
        place = _Place(middle - box / 2, box, _tops(drawn, rows, base))
        y = sheet.top - _LEGEND - 0.06
        for number, line in enumerate((*title, *head[1:])):
            is_name = number < len(title)
            _write(
                axes, middle, y - _LINE * (number + 0.5), line,
                size=palette.FONT + 0.5 if is_name else palette.FONT - 0.6,
                colour=palette.TEXT if is_name else palette.MUTED, bold=is_name,
            )  # fmt: skip
        _draw_column(axes, drawn, place, base)
    return sheet.figure


def described(plans: Sequence[Blueprint]) -> dict[str, str]:
    """The networks as words, for the metadata of the file."""
    return {
        "application": application_version(),
        "title": _listed([plan.spec.title for plan in plans]),
        "caption": _caption([column(plan) for plan in plans]),
        "networks": ", ".join(plan.spec.name for plan in plans),
        **{
            f"network {number}": (
                f"{plan.spec.name}: input {'×'.join(map(str, plan.input_shape))}, "
                f"{plan.spec.classes or 'no'} classes, {plan.parameters} parameters, {plan.macs} MACs"
            )
            for number, plan in enumerate(plans, 1)
        },
    }


def table(plans: Sequence[Blueprint]) -> Table:
    """Header and rows for `export.csv_bytes`: every weighted layer of every network, shapes as "64×56×56"."""
    header = ("network", "layer", "kind", "block", "weight", "output", "stride", "parameters", "macs")
    rows = [
        (
            *(plan.spec.name, layer.name, layer.kind, layer.block or ""),
            *("×".join(map(str, shape)) for shape in (layer.weight_shape, layer.output_shape)),
            *(layer.stride, layer.parameters, layer.macs),
        )
        for plan in plans
        for layer in plan.layers
    ]
    return header, rows


def _head(plan: Blueprint) -> tuple[str, str, str]:
    return plan.spec.title, macs_words(plan.macs), parameters_words(plan.parameters)


def macs_words(macs: int) -> str:
    """ "19.6 GMACs" or "41 MMACs"."""
    return f"{macs / 1e9:.1f} GMACs" if macs >= 1e9 else f"{macs / 1e6:.{1 if macs < 1e8 else 0}f} MMACs"


def parameters_words(parameters: int) -> str:
    """ "143.7 M parameters" or "270 k parameters"."""
    return (
        f"{parameters / 1e6:.1f} M parameters"
        if parameters >= 1e6
        else f"{parameters / 1e3:.0f} k parameters"
    )


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _caption(columns: Sequence[Column]) -> str:
    sentences = [
        "One box a layer or pooling, with its output's side in pixels at the left; “/2” is its stride."
    ]
    bypasses = [bypass for drawn in columns for bypass in drawn.bypasses]
    if bypasses:
        said = "Arcs are shortcuts"
        if any(bypass.changes_shape for bypass in bypasses):
            said += ", dashed where the shape changes"
        if any(bypass.form == "projection" for bypass in bypasses):
            said += ", with a diamond a projection"
        if pooled := [drawn.plan.spec.title for drawn in columns if drawn.plan.spec.pools_projections]:
            said += f" (in {', '.join(pooled)} after average pooling)"
        if any(bypass.has_gate for bypass in bypasses):
            said += ", with a circle a gate layer"
        sentences.append(f"{said}.")
    if any("C=" in box.words for drawn in columns for box in drawn.boxes):
        sentences.append("C is the number of groups.")
    if any(drawn.repeats for drawn in columns):
        sentences.append("A bracket counts blocks in a row that are alike.")
    rule = "MACs are multiply-accumulates for one picture: convolutions and linear layers, nothing else."
    return " ".join([*sentences, rule, "After Figure 3 of He et al. 2015."])


def _rows(columns: Sequence[Column]) -> tuple[dict[int, float], float]:
    """How far below the first box each output size begins, and the height of it all, in inches."""
    sides = sorted({box.side for drawn in columns for box in drawn.boxes}, reverse=True)
    rows: dict[int, float] = {}
    y = 0.0
    for side in sides:
        rows[side] = y
        y += max(sum(box.side == side for box in drawn.boxes) for drawn in columns) * _PITCH + _GROUP_GAP
    return rows, y


def _tops(drawn: Column, rows: dict[int, float], base: float) -> tuple[float, ...]:
    tops: list[float] = []
    counted = dict.fromkeys(rows, 0)
    for box in drawn.boxes:
        tops.append(base - rows[box.side] - counted[box.side] * _PITCH)
        counted[box.side] += 1
    return tuple(tops)


def _draw_sizes(axes: Axes, rows: dict[int, float], base: float, height: float, width: float) -> None:
    _write(axes, MARGIN, base + 0.2, "output", size=_SMALL, colour=palette.MUTED, ha="left")
    _write(axes, MARGIN, base + 0.1, "side", size=_SMALL, colour=palette.MUTED, ha="left")
    ends = [*rows.values(), height]
    for index, (side, (start, end)) in enumerate(zip(rows, pairwise(ends), strict=True)):
        top, bottom = base - start + _GROUP_GAP / 2, base - end + _GROUP_GAP / 2
        if index % 2 == 0:
            axes.fill_between(
                [MARGIN - 0.06, width - MARGIN + 0.06], bottom, top, color=palette.BAND, linewidth=0, zorder=0
            )
        _write(axes, MARGIN, base - start - _BOX / 2, str(side), size=palette.FONT, bold=True, ha="left")


def _draw_column(axes: Axes, drawn: Column, place: _Place, base: float) -> None:
    shape = "×".join(map(str, drawn.plan.input_shape))
    _write(axes, place.middle, base + 0.135, f"picture, {shape}", size=_SMALL, colour=palette.MUTED)
    _arrow(axes, place.middle, base + 0.085, place.tops[0])
    for above, below in pairwise(place.tops):
        _arrow(axes, place.middle, above - _BOX, below)
    for box, top in zip(drawn.boxes, place.tops, strict=True):
        _draw_box(axes, box, place, top)
    for bypass in drawn.bypasses:
        _draw_bypass(axes, bypass, place)
    for repeat in drawn.repeats:
        _draw_repeat(axes, repeat, place)


def _draw_box(axes: Axes, box: Box, place: _Place, top: float) -> None:
    number = _colour_of(box.stage)
    axes.add_patch(
        FancyBboxPatch(
            (place.left, top - _BOX), place.width, _BOX,
            boxstyle="round,pad=0,rounding_size=0.03", facecolor=STAGES[number] if box.has_weights else "white",
            edgecolor=EDGES[number], linewidth=0.6, zorder=3,
        )
    )  # fmt: skip
    _write(axes, place.middle, top - _BOX / 2, box.words, size=_SMALL)


def _arrow(axes: Axes, x: float, start: float, end: float) -> None:
    tip = end + 0.026
    axes.plot([x, x], [start, tip], color=palette.MUTED, linewidth=0.6, solid_capstyle="butt", zorder=2)
    axes.fill([x - 0.014, x + 0.014, x], [tip, tip, end], color=palette.MUTED, linewidth=0, zorder=2)


def _draw_bypass(axes: Axes, bypass: Bypass, place: _Place) -> None:
    start = place.tops[bypass.first] + _LEAVES
    end = place.tops[bypass.last] - _BOX - _JOINS
    bulge = place.right + _BULGE
    middle, right = place.middle, place.right + 0.02
    path = Path(
        [(middle, start), (right, start), (bulge, start), (bulge, end), (right, end), (middle + 0.03, end)],
        [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO],
    )
    style = _DASHES if bypass.changes_shape else "solid"
    axes.add_patch(
        PathPatch(
            path, facecolor="none", edgecolor=palette.SHORTCUT, linewidth=0.9, linestyle=style, zorder=2.5
        )
    )
    axes.fill(
        [middle + 0.034, middle + 0.034, middle], [end + 0.015, end - 0.015, end],
        color=palette.SHORTCUT, linewidth=0, zorder=2.6,
    )  # fmt: skip
    outermost = place.right + 0.02 + 0.75 * (_BULGE - 0.02)
    if bypass.form == "projection":
        _mark(axes, outermost, (start + end) / 2, "D", palette.SHORTCUT)
    if bypass.has_gate:
        _mark(axes, outermost - 0.012, start * 0.7 + end * 0.3, "o", "white")


def _mark(axes: Axes, x: float, y: float, marker: str, fill: str) -> None:
    axes.plot(
        [x], [y], marker=marker, markersize=3.6, color=fill, markeredgecolor=palette.SHORTCUT,
        markeredgewidth=0.8, zorder=4,
    )  # fmt: skip


def _draw_repeat(axes: Axes, repeat: Repeat, place: _Place) -> None:
    top, bottom = place.tops[repeat.first] + 0.01, place.tops[repeat.last] - _BOX - 0.01
    x = place.left - 0.05
    axes.plot(
        [x, x - 0.035, x - 0.035, x], [top, top, bottom, bottom], color=palette.MUTED, linewidth=0.7, zorder=2
    )
    _write(axes, x - 0.06, (top + bottom) / 2, f"× {repeat.count}", size=_SMALL + 0.4, bold=True, ha="right")


def _legend(columns: Sequence[Column]) -> list[tuple[float, int, str]]:
    """The colours that are used: distance from the left, place in `STAGES`, words."""
    stages = sorted({box.stage for drawn in columns for box in drawn.boxes if box.stage != OUTSIDE})
    entries = []
    x = 0.0
    for stage, words in ((OUTSIDE, "stem and head"), *((stage, f"conv{stage}_x") for stage in stages)):
        entries.append((x, _colour_of(stage), words))
        x += 0.26 + text_width(words, _SMALL + 0.4) + 0.16
    return entries


def _draw_legend(axes: Axes, y: float, entries: Sequence[tuple[float, int, str]]) -> None:
    for x, number, words in entries:
        axes.add_patch(
            FancyBboxPatch(
                (MARGIN + x, y - 0.045), 0.2, 0.09, boxstyle="round,pad=0,rounding_size=0.02",
                facecolor=STAGES[number], edgecolor=EDGES[number], linewidth=0.6,
            )
        )  # fmt: skip
        _write(axes, MARGIN + x + 0.26, y, words, size=_SMALL + 0.4, colour=palette.MUTED, ha="left")


def _colour_of(stage: int) -> int:
    return stage if stage < len(STAGES) else 1 + (stage - 1) % (len(STAGES) - 1)

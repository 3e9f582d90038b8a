"""What the strip and the plot say about a layer, a block or a shortcut: tooltips, readouts, spoken names."""

from __future__ import annotations

from html import escape
from typing import get_args

from resnet_viewer.charts.log_axis import Series, norm_text, ratio_text
from resnet_viewer.charts.wiring_layout import UNKNOWN, Openings, Part
from resnet_viewer.records import captions
from resnet_viewer.records.blueprint import Blueprint, ShortcutForm
from resnet_viewer.records.layers import LayerKind, LayerSpec, Pooling
from resnet_viewer.records.probe import NetworkState, ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.wiring import Wiring

_MEASURED: dict[GradientQuantity, str] = {
    "weight": "gradient norm",
    "relative": "relative gradient norm",
    "output": "gradient norm of outputs",
}


def caption_wordings(
    now: ProbeResult,
    reference: ProbeResult | None,
    class_names: tuple[str, ...],
    quantity: GradientQuantity,
) -> tuple[str, ...]:
    """The caption whole, then in ever fewer words; the gates' state stays to the last."""
    what = f"{_MEASURED[quantity]} of {captions.gradient_words(now, class_names)}"
    state = now.request.state
    gates = _gates_words(state)
    other = "no reference" if reference is None else f"reference: {captions.reference_words(now, reference)}"
    return (
        captions.caption(now, reference, class_names, quantity=quantity),
        f"{what} · {captions.state_words(state)} · {other}.",
        f"{state.network.title}: {gates} · {what} · {other}",
        f"{gates} · {what} · {other}",
        f"{gates} · {what}",
        gates,
    )


def _gates_words(state: NetworkState) -> str:
    """ "8 of 27 shortcuts cut (20-27); not retrained" """
    words = captions.wiring_words(state.network, state.wiring)
    is_all_open = state.wiring.describe(has_shortcuts=state.network.has_shortcuts) in (
        "no shortcuts",
        "all shortcuts open",
    )
    unchanged = captions.unchanged_words(state)
    return words if is_all_open or not unchanged else f"{words}; {unchanged}"


BOX_HINT = "click a box for its maps"
DISC_HINT = "a disc is filled as far as its gate layer is open"


def hint(blueprint: Blueprint, wiring: Wiring) -> str:
    """What a click on the strip does as it is wired now, and what its discs are."""
    blocks = [block for block in blueprint.blocks if block.shortcut != "none"]
    other = DISC_HINT if any(block.gate for block in blocks) else BOX_HINT
    if not blocks:
        return other
    cut = sum(wiring.shortcuts[block.number - 1] == 0.0 for block in blocks)
    verb = {0: "cut", len(blocks): "restore"}.get(cut, "cut or restore")
    return f"click an arc to {verb} its shortcut · {other}"


def shape_text(shape: tuple[int, ...]) -> str:
    """ "64×3×3×3" """
    return "×".join(str(side) for side in shape)


_FORMS: dict[ShortcutForm, str] = {
    "none": "none",
    "identity": "identity",
    "padding": "zero padding",
    "projection": "projection",
    "pooling": "every second row and column",
}
_KINDS: dict[LayerKind, str] = {
    "conv": "convolution",
    "projection": "projection",
    "gate": "gate layer",
    "linear": "linear layer",
}
assert _FORMS.keys() == set(get_args(ShortcutForm))
assert _KINDS.keys() == set(get_args(LayerKind))


def gate_text(kind: str, strength: float) -> str:
    """A gate's state in words: "shortcut cut", "residual branch at 0.35"."""
    if strength == 1.0:
        return f"{kind} open"
    if strength == 0.0:
        return f"{kind} {'cut' if kind == 'shortcut' else 'dropped'}"
    return f"{kind} at {strength:.2g}"


def gates_text(blueprint: Blueprint, wiring: Wiring, block: int) -> str:
    """Both gates of a block, or that it is left out."""
    if block in wiring.left_out:
        return "left out: its input goes on unchanged"
    branch = gate_text("residual branch", wiring.branches[block - 1])
    spec = blueprint.blocks[block - 1]
    if spec.shortcut == "none":
        return f"no shortcut · {branch}"
    pools = spec.projection is not None and any(isinstance(step, Pooling) for step in spec.carry)
    form = "average pooling and projection" if pools else _FORMS[spec.shortcut]
    return f"{gate_text('shortcut', wiring.shortcuts[block - 1])} ({form}) · {branch}"


def title_of(blueprint: Blueprint, part: Part) -> str:
    """Its name on the screen: "shortcut of block 21 · conv4_x 3"."""
    name = blueprint.describe(part.name)
    return f"shortcut of {name}" if part.kind == "arc" else name


def spoken(blueprint: Blueprint, wiring: Wiring, part: Part, openings: Openings = UNKNOWN) -> str:
    """One line for the status bar and for screen readers."""
    title = title_of(blueprint, part)
    if part.block is None:
        return title
    if part.kind == "arc":
        words = [gate_text("shortcut", wiring.shortcuts[part.block - 1])]
    elif part.kind == "gate":
        words = []
    else:
        words = [gates_text(blueprint, wiring, part.block)]
    if part.kind in ("arc", "gate"):
        words += openings.words(part.block)
    return " · ".join((title, *words))


def tooltip(
    blueprint: Blueprint,
    wiring: Wiring,
    part: Part,
    now: Series | None,
    reference: Series | None,
    openings: Openings = UNKNOWN,
) -> str:
    """Everything known about a part, as rich text."""
    lines = [f"<b>{escape(title_of(blueprint, part))}</b>", *_part_lines(blueprint, wiring, part, openings)]
    if norms := norms_text(part.name, now, reference):
        lines.append(f"gradient norm: {norms}")
    if part.kind == "arc" and part.block is not None:
        is_cut = wiring.shortcuts[part.block - 1] == 0.0
        lines.append(f"<i>click to {'restore' if is_cut else 'cut'}; drag to take several</i>")
    return "<br>".join(lines)


def reference_tooltip(
    blueprint: Blueprint, wiring: Wiring, part: Part, reference: Series | None, openings: Openings = UNKNOWN
) -> str:
    """The same about a part of the reference's own strip, and what a click there does."""
    title = escape(f"{blueprint.spec.title}, {title_of(blueprint, part)}")
    lines = [f"<b>reference: {title}</b>", *_part_lines(blueprint, wiring, part, openings)]
    told = f"{blueprint.spec.title}, {blueprint.describe(part.name)}"
    for name in (told, part.name):
        if reference is not None and (value := reference.value_of(name)) is not None:
            lines.append(f"gradient norm: {norm_text(value)}")
            break
    if part.kind == "arc" and part.block is not None:
        is_cut = wiring.shortcuts[part.block - 1] == 0.0
        lines.append(f"<i>click to {'restore' if is_cut else 'cut'} it in the reference</i>")
    else:
        lines.append("<i>Edit > Swap now and reference makes it the network that is acted on</i>")
    return "<br>".join(lines)


def _part_lines(blueprint: Blueprint, wiring: Wiring, part: Part, openings: Openings) -> list[str]:
    """A layer's kind and shapes, a block's shapes, its gates."""
    lines = []
    layer = blueprint.layer(part.name)
    if layer is not None:
        lines += _layer_lines(layer)
    elif part.block is not None:
        block = blueprint.blocks[part.block - 1]
        lines.append(f"input {shape_text(block.input_shape)} · output {shape_text(block.output_shape)}")
    if part.block is not None:
        lines.append(gates_text(blueprint, wiring, part.block))
        if words := openings.words(part.block):
            lines.append(" · ".join(words))
    return lines


def _layer_lines(layer: LayerSpec) -> list[str]:
    size = f" {shape_text(layer.weight_shape[2:])}" if len(layer.weight_shape) == 4 else ""
    stride = f", stride {layer.stride}" if layer.stride > 1 else ""
    parameters = thousands(layer.parameters)
    return [
        f"{layer.name} · {_KINDS[layer.kind]}{size}{stride} · {parameters} parameters",
        f"weight {shape_text(layer.weight_shape)} · output {shape_text(layer.output_shape)}",
    ]


def norms_text(name: str, now: Series | None, reference: Series | None) -> str:
    """Now, reference and their ratio; empty where neither curve has that point."""
    ours = None if now is None else now.value_of(name)
    theirs = None if reference is None else reference.value_of(name)
    parts = []
    if ours is not None:
        parts.append(f"now {norm_text(ours)}")
    if theirs is not None:
        parts.append(f"reference {norm_text(theirs)}")
    if ours is not None and theirs is not None:
        parts.append(f"now/reference {ratio_text(ours, theirs)}")
    return " · ".join(parts)


def readout(blueprint: Blueprint, name: str, now: Series | None, reference: Series | None) -> str:
    """A point of the plot in one line: its layer, exact values, and the weight's or output's shape."""
    curve = now if now is not None and name in now.names else reference
    if curve is None or name not in curve.names:
        return ""
    shape = shape_text(curve.shapes[curve.names.index(name)])
    title = blueprint.describe(name) if blueprint.layer(name) or blueprint.block_named(name) else name
    return f"{title} · {norms_text(name, now, reference)} · {shape}"

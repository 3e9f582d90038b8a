"""The study "Strength of the shortcuts": what becomes of a network as its shortcuts are weakened step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.probe import GradientOf, NetworkState
from resnet_viewer.records.story_words import joined, percent
from resnet_viewer.records.study import (
    Options,
    Row,
    StudyInfo,
    StudyResult,
    number,
    option,
    require_numbers,
    without_error,
)
from resnet_viewer.records.wiring import Wiring

_NEAR = 5.0
"""So many points more error than the network as it begins are told as close to it."""

Which = Literal["all and each stage", "all", "each stage", "one block"]


@dataclass(frozen=True)
class StrengthOptions(Options):
    """Whose shortcuts are weakened, and in how many steps."""

    shortcuts: Which = option("all and each stage", "Shortcuts", "Those that are weakened together.")
    block: int = option(1, "Block", "Its number, where the shortcut of one block is weakened.", least=1)
    steps: int = option(
        20, "Steps", "From the lowest strength to 1, open: of 0.05 each from 0.", least=1, most=1000
    )
    lowest: float = option(
        0.0,
        "Lowest strength",
        "0 is cut. A deep network fails just below 1: there 0.9 shows more.",
        least=0.0,
        most=0.99,
    )
    gradient_of: GradientOf = option(
        "score",
        "Gradient of",
        "The score of the true class, or its loss, whose gradient is tiny where the network is sure.",
    )
    pictures: int = option(
        8, "Pictures for gradients", "The first so many of the test set; errors are those of all.", least=1
    )


def groups(plan: Blueprint, options: StrengthOptions) -> dict[str, tuple[int, ...]]:
    """Whose shortcuts are weakened together, by the name of these: block numbers. Blocks without one are left as they
    are.
    """
    with_shortcut = {block.number for block in plan.blocks if block.shortcut != "none"}
    every = {"all": tuple(sorted(with_shortcut))}
    stages = {
        f"conv{stage.number}_x": tuple(
            block.number for block in stage.blocks if block.number in with_shortcut
        )
        for stage in plan.stages
    }
    match options.shortcuts:
        case "all":
            found = every
        case "each stage":
            found = stages
        case "one block":
            found = {f"block {options.block}": (options.block,)}
        case "all and each stage":
            found = every | stages
    return {name: blocks for name, blocks in found.items() if blocks}


def strengths(options: StrengthOptions) -> tuple[float, ...]:
    """From the lowest to 1."""
    span = 1 - options.lowest
    return tuple(round(1 - span * step / options.steps, 9) for step in range(options.steps, -1, -1))


def wiring_of(state: NetworkState, blocks: Sequence[int], strength: float) -> Wiring:
    """The state's gates with these shortcuts as far open."""
    return state.wiring.with_shortcuts(blocks, strength)


def rows_by_group(result: StudyResult) -> Mapping[str, Mapping[float, Row]]:
    """What was measured, by whose shortcuts they are and by strength, weakest first; the groups in their order."""
    state, options = result.order.state, result.order.options
    assert isinstance(options, StrengthOptions)
    plan = blueprint(state.network, state.preprocessing.crop)
    found: dict[str, dict[float, Row]] = {name: {} for name in groups(plan, options)}
    for row in result.rows:
        require_numbers(
            row,
            "error",
            "error_low",
            "error_high",
            "right",
            "first_gradient",
            "last_gradient",
            "gradient_pictures",
        )
        if not 0 <= number(row, "strength") <= 1:
            raise ValueError(f"{row.get('point')}: there is no such strength")
        found[str(row["shortcuts"])][number(row, "strength")] = row
    return {name: dict(sorted(rows.items())) for name, rows in found.items()}


def refusal(state: NetworkState, plan: Blueprint, options: StrengthOptions) -> str:
    """Why there are no shortcuts to weaken."""
    title, network = state.network.title, state.network
    if not network.has_shortcuts:
        return f"{title} has no shortcuts to weaken: choose a residual network."
    if reason := without_error(network):
        return reason
    if options.shortcuts == "one block":
        if options.block > len(plan.blocks):
            return f"There is no block {options.block}: {title} has blocks 1 to {len(plan.blocks)}."
        if plan.blocks[options.block - 1].shortcut == "none":
            return f"Block {options.block} of {title} has no shortcut to weaken: choose another block."
    return ""


def conclusion(result: StudyResult) -> Sequence[str]:
    """How far down the shortcuts can go, whose are minded most, and what the gradients do; of an incomplete result of
    the groups that are complete.
    """
    options = result.order.options
    assert isinstance(options, StrengthOptions)
    if not result.rows:
        return ()
    groups = {name: rows for name, rows in rows_by_group(result).items() if len(rows) > options.steps}
    said = [_error_words(result, name, rows) for name, rows in groups.items()]
    needed = {name: needs(rows) for name, rows in groups.items() if name.startswith("conv")}
    if len(needed) > 1 and len(set(needed.values())) > 1:
        most = [name for name, strength in needed.items() if strength == max(needed.values())]
        need = "needs its shortcuts" if len(most) == 1 else "need their shortcuts"
        said.append(f"Of the stages {joined(most)} {need} most.")
    said += [
        _gradient_words(options, name, rows) for name, rows in groups.items() if not name.startswith("conv")
    ]
    if not result.is_complete:
        said.append(f"{len(result.rows)} of {result.points} strengths are measured so far.")
    return tuple(said)


def needs(rows: Mapping[float, Row]) -> float:
    """The lowest strength from which on, up to 1, the error stays within 5 points of that with open shortcuts."""
    opened = number(rows[1.0], "error")
    lowest = 1.0
    for strength in sorted(rows, reverse=True):
        if not number(rows[strength], "error") <= opened + _NEAR:
            break
        lowest = strength
    return lowest


def _error_words(result: StudyResult, name: str, rows: Mapping[float, Row]) -> str:
    weakest = min(rows)
    opened, weak = number(rows[1.0], "error"), number(rows[weakest], "error")
    lowest, measure = needs(rows), result.basis.measure
    whose = _whose(name)
    said = f"With {whose} open the {measure} is {percent(opened)}, {_state(weakest)} {percent(weak)}"
    if lowest == weakest:
        return f"{said}: no strength in between brings it more than {_NEAR:.0f} points higher."
    if lowest == 1.0:
        nearest = max(strength for strength in rows if strength < 1)
        above = number(rows[nearest], "error")
        return f"{said}; already at strength {nearest:g} it is {percent(above)}."
    below = max(strength for strength in rows if strength < lowest)
    return (
        f"{said}; down to strength {lowest:g} it stays within {_NEAR:.0f} points, at {below:g} it is "
        f"{percent(number(rows[below], 'error'))}."
    )


def _whose(name: str) -> str:
    """ "all shortcuts", "the shortcuts of conv3_x", "the shortcut of block 12"."""
    if name == "all":
        return "all shortcuts"
    return f"the shortcut of {name}" if _is_one(name) else f"the shortcuts of {name}"


def _is_one(name: str) -> bool:
    return name.startswith("block")


def _gradient_words(options: StrengthOptions, name: str, rows: Mapping[float, Row]) -> str:
    told = []
    for key, layer in (("first_gradient", "first"), ("last_gradient", "last")):
        opened, weak = (number(rows[strength], key) for strength in (1.0, min(rows)))
        told.append(f"in the {layer} layer {_change(opened, weak, _state(min(rows)))}")
    return (
        f"With {_whose(name)} the gradient norm of the {options.gradient_of}, the mean over "
        f"{rows[1.0]['gradient_pictures']} pictures, is {joined(told)}."
    )


def _state(strength: float) -> str:
    """ "cut", "at strength 0.9"."""
    return "cut" if strength == 0 else f"at strength {strength:g}"


def _change(opened: float, weak: float, state: str) -> str:
    """ "0.12 open and 3.4e-15 cut (13.5 decades less)"."""
    if math.isnan(opened) or math.isnan(weak):
        return "not a finite number"
    said = f"{opened:.2g} open and {f'{weak:.2g}' if weak else 'zero'} {state}"
    if opened > 0 and weak > 0 and abs(decades := math.log10(weak / opened)) >= 1:
        said += f" ({abs(decades):.1f} decades {'less' if decades < 0 else 'more'})"
    return said


INFO = StudyInfo(
    name="strength",
    title="Strength of the shortcuts",
    question="How much shortcut does it need?",
    papers=(),
    options=StrengthOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "All shortcuts, those of each stage, or that of one block are set to strengths from 0 to 1; every other gate "
        "stays as it is, and nothing is retrained. At each strength the error and the mean probability of the right "
        "class are measured, and the gradient norms of the first and the last layer: the L2 norm for each picture, its "
        "mean over some pictures."
    ),
)

"""Block lists, strengths and colour triples as the command line writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from resnet_viewer.records.checking import shown
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Channels
from resnet_viewer.records.target import BlockTarget, Target, target_problem
from resnet_viewer.records.wiring import Wiring


def blocks(text: str, count: int) -> tuple[int, ...]:
    """The block numbers of "3,5-9", "all" or "none" in a network of `count` blocks, in order.

    Raises:
        UserError: it is written otherwise, or names a block that is not there.

    Example:
        >>> blocks("3,5-7", 9)
        (3, 5, 6, 7)
    """
    if text == "all":
        return tuple(range(1, count + 1))
    if text in ("none", ""):
        return ()
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            raise UserError(
                f"{shown(text)} is not a list of blocks; write numbers and ranges such as 3,5-9, or all, or none."
            )
        start, end = int(first), int(last) if dash else int(first)
        if not 1 <= start <= end <= count:
            raise UserError(f"There is no block {part.strip()}: this network has blocks 1 to {count}.")
        found.update(range(start, end + 1))
    return tuple(sorted(found))


def strengths(text: str, count: int) -> dict[int, float]:
    """The shortcut strengths of "4=0.5,7=0.25".

    Raises:
        UserError: it is written otherwise, a block is not there, or a strength lies outside 0 to 1.
    """
    found: dict[int, float] = {}
    for part in filter(None, text.split(",")):
        number, _, strength = part.partition("=")
        try:
            value = float(strength)
        except ValueError:
            value = math.nan
        if not _is_number(number.strip()) or math.isnan(value):
            raise UserError(f"{shown(part)} is not a strength; write block=strength, such as 4=0.5.")
        block = int(number)
        if block in found:
            raise UserError(f"{shown(text)} names block {block} twice; give it one strength.")
        if not 1 <= block <= count:
            raise UserError(f"There is no block {block}: this network has blocks 1 to {count}.")
        if not 0.0 <= value <= 1.0:
            raise UserError(f"The strength of block {block} must lie between 0 and 1, not {strength}.")
        found[block] = value
    return found


def wiring(
    spec: NetworkSpec, *, cut: str = "", drop: str = "", strength: str = "", leave_out: str = ""
) -> Wiring:
    """The wiring that the command line's four arguments describe; what they do not name is open.

    Raises:
        UserError: one is badly written, a plain network's shortcuts are to be cut, or a block cannot be left out, or is
            to be dropped as well.
    """
    count = spec.block_count
    cut_blocks, weakened = blocks(cut, count), strengths(strength, count)
    if (cut_blocks or weakened) and not spec.has_shortcuts:
        raise UserError(
            f"{spec.name} is a plain network: it has no shortcuts to cut; leave out --cut and --strength."
        )
    gates = Wiring.all_open(count).with_shortcuts(cut_blocks, 0.0)
    for block, value in weakened.items():
        gates = gates.with_shortcuts([block], value)
    left_out = blocks(leave_out, count)
    if reason := next(filter(None, (blueprint(spec).blocks[number - 1].stays for number in left_out)), ""):
        raise UserError(reason)
    return replace(gates.with_branches(blocks(drop, count), 0.0), left_out=left_out)


def channels(text: str, *, positive: bool = False) -> Channels:
    """The numbers of "0.485,0.456,0.406", or of one number for a network of grey pictures.

    Raises:
        UserError: they are not one or three finite numbers, or, where they must be positive, one is not.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) not in (1, 3) or not all(map(math.isfinite, found)) or (positive and min(found) <= 0):
        wanted = "positive numbers" if positive else "numbers"
        raise UserError(
            f"{shown(text)} is not one or three {wanted}; write them as R,G,B, such as 0.485,0.456,0.406."
        )
    return found


def target(text: str, class_names: Iterable[str], spec: NetworkSpec) -> Target:
    """The class of an index or a name; or of "block:5:12" channel 12 of block 5, of "block:5" its mean.

    Raises:
        UserError: there is no such class or block.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> target("block:5:12", (), spec("resnet18"))
        BlockTarget(block=5, channel=12)
    """
    names, classes = tuple(class_names), spec.classes
    if not text.strip():
        raise UserError(
            f"target must be a class's index or name, or a block such as block:5:12, not {text!r}."
        )
    if text.startswith("block:"):
        return _block_target(text, spec)
    if not spec.has_classifier:
        raise UserError(
            f"{spec.title} has no classes; write a block's channel or its mean, such as block:{spec.block_count}:0 "
            f"or block:{spec.block_count}."
        )
    if text in names:
        return names.index(text)
    if _is_number(text) and int(text) < classes:
        return int(text)
    alike = [name for name in names if text.lower() in name.lower()]
    if len(alike) == 1:
        return names.index(alike[0])
    known = f" or a name such as {', '.join((alike or list(names))[:5])}" if names else ""
    raise UserError(f"There is no class {shown(text)}; give an index from 0 to {classes - 1}{known}.")


def _block_target(text: str, spec: NetworkSpec) -> BlockTarget:
    _, *numbers = text.split(":")
    if len(numbers) not in (1, 2) or not all(map(_is_number, numbers)):
        raise UserError(
            f"{shown(text)} is no target; write block:BLOCK:CHANNEL or block:BLOCK, such as block:5:12."
        )
    found = BlockTarget(*map(int, numbers))
    if problem := target_problem(found, spec):
        raise UserError(problem)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10

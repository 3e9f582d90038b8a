"""What is said of one Grad-CAM on screen: its highest value, why it is blank, its value at a point."""

from __future__ import annotations

from math import floor
from typing import get_args

from PySide6.QtCore import QPointF

from resnet_viewer.charts.gradcam import cam_maximum, is_faint
from resnet_viewer.figures.overlay import is_hairline
from resnet_viewer.records.captions import CAM_REASONS
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import BlockReading, CamState, ProbeResult
from resnet_viewer.records.registering import cam_tiles

_BRIEF_REASONS: dict[CamState, str] = {
    "shown": "",
    "zero gradient": "gradients 0",
    "zero activation": "activations 0",
    "all negative": "all negative",
    "underflow": "underflow",
    "not finite": "not finite",
}
assert _BRIEF_REASONS.keys() == set(get_args(CamState))


def wordings(name: str, block: BlockReading | None, *, is_untrained: bool = False) -> tuple[str, ...]:
    """A map's name and highest value, in ever fewer words: the value tells a faint map from none.

    That of untrained weights is called so for as long as there is room for more than the value.
    """
    if block is None:
        return (name,)
    short = name.replace("reference", "ref.").replace(", block", "")
    if block.cam_states[0] != "shown":
        return f"{name} · blank", f"{short} · blank", short
    value = f"≤ {cam_maximum(block):.2g}"
    if is_untrained:
        return f"{name}, untrained {value}", f"{short}, untrained {value}", f"untrained {value}", value
    return f"{name} {value}", f"{short} {value}", value


def tip(block: BlockReading | None, highest: float) -> str:
    """The map's and the scale's highest value; empty for a blank map."""
    if block is None or block.cam_states[0] != "shown":
        return ""
    return (
        f"The map's highest value is {cam_maximum(block):.4g}; now and reference share one scale, "
        f"0 to {highest:.4g}"
    )


def note(block: BlockReading | None, highest: float) -> tuple[str, ...]:
    """Why a map is blank, or looks so, in ever fewer words; empty where it does not."""
    if block is None:
        return ()
    state = block.cam_states[0]
    if state != "shown":
        return f"blank: {CAM_REASONS[state]}", f"blank: {_BRIEF_REASONS[state]}", _BRIEF_REASONS[state]
    reached = cam_maximum(block)
    if not is_faint(reached, highest):
        return ()
    share = 100 * reached / highest
    value = f"≤ {share:.2g} %" if share >= 0.001 else "< 0.001 %"
    return f"{value} of the scale", f"{value} of scale", value


def stands_in(picture: Picture, *, has_reading: bool) -> str:
    """That a hairline of a picture is not what is shown, in words; empty for any other picture."""
    size = f"{picture.width} × {picture.height} pixels"
    if not is_hairline(picture.width, picture.height):
        return ""
    return f"{size}: what the network sees" if has_reading else size


def stand_in_wordings(picture: Picture, *, has_reading: bool) -> tuple[str, ...]:
    """`stands_in` in ever fewer words."""
    said = stands_in(picture, has_reading=has_reading)
    if not said or not has_reading:
        return (said,)
    return said, f"{picture.width} × {picture.height}: network's input", "network's input", "input"


def value_at(result: ProbeResult, block: BlockReading, box: Box, point: QPointF) -> float | None:
    """The map's value in the cell that looks nearest to a point of the ground; None outside of what the network saw."""
    if not (box.left <= point.x() < box.right and box.top <= point.y() < box.bottom):
        return None
    tiles = cam_tiles(result, block, box)
    height, width = block.cam.shape[1:]
    row = floor((point.y() - tiles.top) / tiles.height * height)
    column = floor((point.x() - tiles.left) / tiles.width * width)
    return float(block.cam[0, min(max(row, 0), height - 1), min(max(column, 0), width - 1)])

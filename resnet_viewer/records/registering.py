"""Where a map of the network lies on the picture that it saw."""

from __future__ import annotations

from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import BlockReading, ProbeResult


def tiles(sampling: Sampling, cells: tuple[int, int], side: int, box: Box) -> Box:
    """The rectangle whose even tiles, `cells` = (rows, columns) of them, have their middles where the cells look.

    `box` is the rectangle of the network's input of `side` pixels, in any units; the result has the same. A pixel's
    middle is half a pixel from its edge: tile i, `stride` wide, begins at pixel `stride · (i − ½) + offset + ½`.
    The rectangle need not have the edges of `box`: cells of a ResNet look at every 32nd pixel from 0 on, so that their
    tiles begin 15.5 pixels before the first.

    Example:
        >>> tiles(Sampling(32, 0.0), (7, 7), 224, Box(0, 0, 224, 224))
        Box(left=-15.5, top=-15.5, right=208.5, bottom=208.5)
    """
    rows, columns = cells
    x, y = box.width / side, box.height / side
    start = sampling.offset + 0.5 - sampling.stride / 2
    left, top = box.left + start * x, box.top + start * y
    return Box(left, top, left + columns * sampling.stride * x, top + rows * sampling.stride * y)


def cam_tiles(result: ProbeResult, block: BlockReading, box: Box) -> Box:
    """The rectangle of a block's Grad-CAM where what the network saw fills `box`, in its units, as `tiles` says."""
    rows, columns = block.cam.shape[-2:]
    where = blueprint(result.request.state.network).sampling(block.name)
    return tiles(where, (rows, columns), result.network_input.shape[-1], box)

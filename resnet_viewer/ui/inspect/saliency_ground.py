"""What lies under a Grad-CAM on screen: the picture, or what the network saw of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.figures.overlay import is_hairline, shrunk
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import Box, denormalised, visible_box
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Scene

QUICK = 192
"""Pixels a side of an overlay that is made at every toggle."""
FINEST = 768
"""Pixels a side of the finest overlay, made once the view is at rest: a pair of them takes some 20 ms."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The picture under the maps, at the size of the screen, and the part of it that the network saw."""

    pixels: NDArray[np.uint8]
    box: Box


def picture_ground(picture: Picture, box: Box, longest: int) -> Ground:
    """A picture near `longest` pixels a side: large ones averaged, tiny ones with their pixels repeated."""
    pixels = picture.pixels
    step = max(max(pixels.shape[:2]) // 1024, 1)  # averaging 50 megapixels would hold the window up
    small = shrunk(pixels[::step, ::step], longest)
    times = max(longest // max(small.shape[:2]), 1)
    if times > 1:
        small = small.repeat(times, axis=0).repeat(times, axis=1)
    across, down = small.shape[1] / picture.width, small.shape[0] / picture.height
    return Ground(small, Box(box.left * across, box.top * down, box.right * across, box.bottom * down))


def input_ground(result: ProbeResult, longest: int) -> Ground:
    """What the network saw, its normalisation taken back."""
    seen = denormalised(result.network_input[0], result.request.state.preprocessing)
    times = max(longest // max(seen.shape[:2]), 1)
    pixels = seen.repeat(times, axis=0).repeat(times, axis=1)
    return Ground(pixels, Box(0, 0, pixels.shape[1], pixels.shape[0]))


class Grounds:
    """Makes grounds and keeps the quick and the fine one of what was last asked for."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._made: dict[int, Ground] = {}

    def find(self, scene: Scene, reading: ProbeResult | None, longest: int) -> Ground | None:
        """The ground for a reading (None before there is one), near `longest` pixels a side; None without a
        picture, and for the network's input before there is a reading. A hairline of a picture gives way to the
        network's input as soon as there is a reading."""
        picture = scene.session.setup.picture if reading is None else reading.request.picture
        asked = scene.session.setup.state if reading is None else reading.request.state
        sees_input = scene.session.view.sees_network_input
        if picture is None or (sees_input and reading is None):
            return None
        sees_input = sees_input or (reading is not None and is_hairline(picture.width, picture.height))
        key = sees_input, picture, asked.preprocessing
        if key != self._key:
            self._key, self._made = key, {}
        if longest not in self._made:
            self._made = {size: made for size, made in self._made.items() if size == QUICK}
            if sees_input:
                assert reading is not None
                made = input_ground(reading, longest)
            else:
                box = visible_box(picture.width, picture.height, asked.preprocessing)
                made = picture_ground(picture, box, longest)
            self._made[longest] = made
        return self._made[longest]

"""The words beside a strip of colours."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from resnet_viewer.charts.palette import PAPER, scale_to
from resnet_viewer.ui.widgets.theme import DARK


def test_the_scale_says_its_ends_and_where_zero_lies() -> None:
    assert scale_to(1.23456, "gray").ticks == ((0.0, "0"), (1.0, "1.235"))
    assert scale_to(4.0, "gray", is_signed=True).ticks == ((0.0, "−4"), (0.5, "0"), (1.0, "4"))
    assert scale_to(None, "gray", meaning="each on its own").words == (
        "gray from 0 to own max.; each on its own"
    )
    nothing = scale_to(0.0, "gray", is_signed=True)
    assert (nothing.ticks, nothing.words) == (((0.5, "0"),), ""), "there is no largest value"


_VISIONS = {
    "usual": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
"""What linear colours become, as Machado, Oliveira and Fernandes (2009) compute it."""
_SERIES = ("first", "second", "third", "fourth", "shortcut", "branch", "text")


def _seen(colour: str, vision: str) -> NDArray[np.float64]:
    """In CIELAB."""
    share = np.array([*bytes.fromhex(colour[1:])]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    rgb = np.clip(np.array(_VISIONS[vision]) @ linear, 0.0, 1.0)
    to_xyz = np.array([(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)])
    xyz = to_xyz @ rgb / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", _VISIONS)
@pytest.mark.parametrize("theme", ["paper", "dark"])
def test_the_colours_of_a_study_are_told_apart_by_every_eye(theme: str, vision: str) -> None:
    colours = PAPER if theme == "paper" else vars(DARK)
    seen = {role: _seen(colours[role], vision) for role in _SERIES}
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(_SERIES, 2)}
    closest = min(distances, key=lambda pair: distances[pair])
    assert distances[closest] >= 12, f"{closest} look alike"

"""What a relief of 65 × 65 numbers costs: its lines and their names, and the surface that is turned.

Needs a display: `xvfb-run -a python -m benchmarks.relief`. Prints milliseconds of the process's processor time, all
threads together, as medians: software that stands in for a graphics card uses several.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QApplication

from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import Floats, MatrixPanel, Scale
from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.ui.widgets.surface import NoSurfaceError, Surface

SIDE = 65
ROOM = Room(900.0, 700.0, lambda text: 7.0 * len(text), 15.0)


def invented(kind: str) -> Floats:
    """A bowl over six powers of ten, the same with waves, or noise."""
    at = np.linspace(-1.0, 1.0, SIDE)
    x, y = np.meshgrid(at, at)
    if kind == "noise":
        return np.asarray(10.0 ** np.random.default_rng(0).normal(0, 2, (SIDE, SIDE)))
    waves = np.sin(9 * x + 2 * y) * np.cos(7 * y - 3 * x) * (kind == "rough")
    return np.asarray(0.05 * 10.0 ** ((5.5 + 0.6 * waves) * np.hypot(x, y)))


def chart_of(kind: str) -> ReliefChart:
    """Not yet laid out."""
    scales = (Scale(name, least=-1.0, most=1.0) for name in "xy")
    return ReliefChart(
        MatrixChart(
            MatrixPanel(kind, *scales, invented(kind), is_log=True, has_contours=True, is_relief=True)
        )
    )


def median(act: Callable[[], object], count: int = 15) -> float:
    """Milliseconds."""
    found = []
    for _ in range(count):
        started = time.process_time()
        act()
        found.append(1000 * (time.process_time() - started))
    return statistics.median(found)


def main() -> int:
    """Measure and print."""
    application = QApplication(sys.argv)
    assert application is not None
    for kind in ("bowl", "rough", "noise"):
        lines = median(lambda kind=kind: chart_of(kind).contours)  # type: ignore[misc]
        chart = chart_of(kind)
        names = median(lambda chart=chart: chart.laid_out(ROOM))  # type: ignore[misc]
        print(f"{kind}: lines of one value {lines:.1f} ms, their names in 900 × 700 pixels {names:.1f} ms")
        try:
            surface = Surface(chart)
        except NoSurfaceError as error:
            print(error)
            continue
        surface.resize(700, 520)
        surface.turn(3.0, 0.0)
        surface.image()

        def turn(surface: Surface = surface) -> None:
            surface.turn(3.0, 0.0)
            surface.image()

        print(
            f"{kind}: a picture of 700 × 520 pixels of its surface while it is turned {median(turn):.1f} ms"
        )
        surface.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())

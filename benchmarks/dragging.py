"""What a step of a drag over the picture costs in the real window, from the wish to the end of the painting.

Needs a display: `xvfb-run -a -s "-screen 0 1440x900x24" python -m benchmarks.dragging`. With a shortcut cut, so that
now and reference differ, it drags the wiper, the opacity and the zoomed picture, over heat and over contours, and
prints the medians and the slowest of each; a frame of 60 a second has 16.7 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from tempfile import TemporaryDirectory

from PySide6.QtCore import QEventLoop, QPointF, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.toggling import opened_window, rested, settled
from resnet_viewer import app

LIMIT_MS = 16.7
STEPS = 60


def painted(step: Callable[[], object]) -> float:
    """Milliseconds of a step and of the painting that it posted."""
    loop = QEventLoop()
    started = time.perf_counter()
    step()
    QTimer.singleShot(0, lambda: QTimer.singleShot(0, loop.quit))
    loop.exec()
    return 1000 * (time.perf_counter() - started)


def measured(viewer: app.Viewer) -> dict[str, tuple[float, float]]:
    """Median and slowest of the steps of each drag."""
    store, pane = viewer.inspect.store, viewer.inspect.panels.picture.now_pane

    def look(**changes: object) -> None:
        store.look(replace(store.session.view, **changes))  # type: ignore[arg-type]

    def share(step: int) -> float:
        return 0.2 + 0.6 * (step % 30) / 30

    drags: dict[str, Callable[[int], object]] = {
        "wiper": lambda step: pane.set_wiper(share(step)),
        "opacity": lambda step: look(cam_opacity=round(share(step), 3)),
        "zoomed": lambda step: pane.look(3.0, QPointF(share(step), 0.5)),
    }
    found = {}
    for style in ("heat", "contours"):
        look(cam_style=style, cam_opacity=0.6)
        for name, drag in drags.items():
            pane.look_at_all()
            rested()
            times = [painted(lambda drag=drag, step=step: drag(step)) for step in range(STEPS)]  # type: ignore[misc]
            found[f"{style}: {name}"] = statistics.median(times), max(times)
    return found


def main() -> int:
    """Measure, print, and say whether a step of each drag fits into a frame."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--network", default="cifar-resnet-56")
    arguments.add_argument("--weights")
    arguments.add_argument("--json", action="store_true", help="print JSON alone")
    chosen = arguments.parse_args()
    application = QApplication(sys.argv[:1])
    with TemporaryDirectory() as home:
        os.environ["RESNET_VIEWER_HOME"] = home
        viewer = opened_window(application, chosen.network, chosen.weights)
        viewer.window.resize(1440, 900)
        blocks = viewer.inspect.store.session.setup.wiring.block_count
        viewer.inspect.editor.set_shortcuts((max(blocks // 2, 1),), 0.0)
        settled(viewer)
        rested()
        found = measured(viewer)
        viewer.inspect.store.close()
        viewer.workers.close()
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, (median, slowest) in found.items():
            print(
                f"{name:20} {median:6.1f} ms, slowest {slowest:6.1f} ms (limit of the median {LIMIT_MS} ms)"
            )
    return int(any(median > LIMIT_MS for median, _ in found.values()))


if __name__ == "__main__":
    sys.exit(main())

"""What a toggle costs in the real window beyond its probe, and whether the window stays smooth under a burst.

Needs a display: `xvfb-run -a -s "-screen 0 1440x900x24" python -m benchmarks.toggling`. Prints, for single toggles,
the time from the click to the painted full reading, beside the probe's own time in the same toggle, with a rest as
between the clicks of a hand; for a burst
of 60 toggles in one second, how many readings were painted on the way, how late the last one was, whether it was
the right one, and the longest gap between two turns of the event loop. With `--meter` the error meter works between the
toggles, and toggles without it are timed in turns with those, to say what it adds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import replace
from tempfile import TemporaryDirectory

from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication

from resnet_viewer import app, paths
from resnet_viewer.diagnostics import Diagnostics
from resnet_viewer.records.requests import Begin
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.test_set import CROPS
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.work.worker import REST_MS

LIMIT_MS = 25.0
LIMIT_GAP_MS = 100.0
LIMIT_METER_MS = 5.0
ROUNDS = 4
"""Of toggles with and without the meter, in turns."""
BETWEEN_MS = 2 * REST_MS
"""From one toggle's reading to the next toggle: what the worker does at rest is done by then."""


class Watch(QObject):
    """Notes every scene on screen and every turn of the event loop."""

    def __init__(self, viewer: app.Viewer) -> None:
        super().__init__(viewer.window)
        self.scenes: list[tuple[float, Scene]] = []
        self.turns: list[float] = []
        viewer.inspect.controller.scene_changed.connect(self.note_scene)
        self._pulse = QTimer(self)
        self._pulse.setInterval(2)
        self._pulse.timeout.connect(self.note_turn)
        self._pulse.start()

    def note_scene(self, scene: Scene) -> None:
        """Called after the wiring has rendered it, the other panels follow: the window connected first."""
        self.scenes.append((time.perf_counter(), scene))

    def note_turn(self) -> None:
        """The event loop is alive."""
        self.turns.append(time.perf_counter())


def opened_window(application: QApplication, network: str, weights: str | None) -> app.Viewer:
    """The real window with its first full reading."""
    sys.setswitchinterval(0.001)
    arguments = app.parser().parse_args(["--network", network])
    viewer = app.build(application, arguments, Diagnostics(paths.log_dir()))
    viewer.workers.probing.start()
    viewer.window.show()
    viewer.inspect.loader.begin(Begin(network, weights, ()))
    settled(viewer)
    return viewer


def settled(viewer: app.Viewer, seconds: float = 60.0) -> None:
    """Run the event loop until the wished reading is on screen, complete and painted."""
    if _is_whole(viewer):
        return
    loop = QEventLoop()

    def after_painting() -> None:
        QTimer.singleShot(0, loop.quit)

    def look() -> None:
        if _is_whole(viewer):
            QTimer.singleShot(0, after_painting)  # update() has posted the painting before this

    viewer.inspect.controller.scene_changed.connect(look)
    viewer.inspect.turns.rested.connect(look)
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    viewer.inspect.controller.scene_changed.disconnect(look)
    viewer.inspect.turns.rested.disconnect(look)


def _is_whole(viewer: app.Viewer) -> bool:
    """Every panel has drawn the wished reading."""
    if not viewer.inspect.turns.is_at_rest:
        return False
    scene = viewer.inspect.controller.scene
    is_whole = scene.now is not None and scene.now.is_complete and scene.reference is not None
    return is_whole and not scene.is_stale


def put_meter(viewer: app.Viewer, *, is_on: bool) -> None:
    """Measure on the test set that the window begins with, or on none."""
    session = viewer.inspect.store.session
    wanted = replace(session, test_set=CROPS if is_on else None)
    if wanted != session:
        viewer.inspect.store.edit(wanted, "another test set")
    rested()
    question = wanted.measure_question()
    if question is not None and question not in viewer.inspect.controller.scene.findings:
        rested()  # its pictures are read before the first finding
        while question not in viewer.inspect.controller.scene.findings:
            rested()


def rested() -> None:
    """Let the event loop turn for a while."""
    loop = QEventLoop()
    QTimer.singleShot(BETWEEN_MS, loop.quit)
    loop.exec()


def single(viewer: app.Viewer, numbers: range) -> list[tuple[float, float]]:
    """(milliseconds from click to painted, milliseconds of its probe) for toggles never seen before."""
    found = []
    blocks = viewer.inspect.store.session.setup.wiring.block_count
    for number in numbers:
        pattern = format(number * 40_503 % 2**16, "016b")  # another set of cut shortcuts each time
        cut = [block for block, bit in enumerate(pattern[:blocks], 1) if bit == "1"]
        setup = viewer.inspect.store.session.setup.with_wiring(
            Wiring.all_open(blocks).with_shortcuts(cut, 0.0)
        )
        rested()
        started = time.perf_counter()
        viewer.inspect.store.edit(viewer.inspect.store.session.with_setup(setup), "another pattern")
        settled(viewer)
        ended = time.perf_counter()
        now = viewer.inspect.controller.scene.now
        assert now is not None
        found.append((1000 * (ended - started), 1000 * now.seconds))
    return found


def burst(viewer: app.Viewer, watch: Watch, count: int = 60) -> dict[str, object]:
    """`count` toggles in one second."""
    watch.scenes.clear()
    watch.turns.clear()
    blocks = viewer.inspect.store.session.setup.wiring.block_count
    loop = QEventLoop()
    done = 0
    timer = QTimer()
    timer.setInterval(round(1000 / count))

    def toggle() -> None:
        nonlocal done
        viewer.inspect.editor.toggle_shortcut(1 + done % blocks)
        done += 1
        if done == count:
            timer.stop()
            loop.quit()

    timer.timeout.connect(toggle)
    started = time.perf_counter()
    timer.start()
    loop.exec()
    ended = time.perf_counter()
    settled(viewer)
    settled_at = time.perf_counter()
    scene = viewer.inspect.controller.scene
    gaps = [1000 * (b - a) for a, b in zip(watch.turns, watch.turns[1:], strict=False)]
    shown = {id(s.now) for moment, s in watch.scenes if s.now is not None and moment <= ended}
    assert scene.now is not None
    return {
        "seconds": ended - started,
        "readings shown on the way": len(shown),
        "last is right": scene.now.request.state.wiring == viewer.inspect.store.session.setup.wiring,
        "last came after ms": 1000 * (settled_at - ended),
        "longest gap ms": max(gaps),
        "99th percentile gap ms": statistics.quantiles(gaps, n=100)[98],
    }


def main() -> int:
    """Run both and print; the exit status is 1 where a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", default="cifar-resnet-56")
    parser.add_argument("--weights")
    parser.add_argument("--toggles", type=int, default=40)
    parser.add_argument("--meter", action="store_true", help="with the error meter at work, and what it adds")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as home:
        os.environ["RESNET_VIEWER_HOME"] = home
        found = measure(chosen)
    if chosen.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")
    return 0 if found["within limits"] else 1


def measure(chosen: argparse.Namespace) -> dict[str, object]:
    """Both measurements in one window."""
    application = QApplication(sys.argv[:1])
    viewer = opened_window(application, chosen.network, chosen.weights)
    put_meter(viewer, is_on=False)
    single(viewer, range(5))
    toggles = [] if chosen.meter else single(viewer, range(5, 5 + chosen.toggles))
    without: list[tuple[float, float]] = []
    for turn in range(ROUNDS if chosen.meter else 0):
        share = chosen.toggles // ROUNDS
        for place, found in enumerate((without, toggles)):
            put_meter(viewer, is_on=bool(place))
            start = 5 + (2 * turn + place) * share
            found += single(viewer, range(start, start + share))
    watch = Watch(viewer)  # not before: its pulse would be measured too
    surplus = [total - probe for total, probe in toggles]
    bursts = [burst(viewer, watch) for _ in range(3)]
    longest = statistics.median(float(str(found["longest gap ms"])) for found in bursts)
    viewer.inspect.store.close()
    viewer.workers.close()
    median_surplus = statistics.median(surplus)
    added = {}
    if chosen.meter:
        with_it, without_it = (statistics.median(total for total, _ in found) for found in (toggles, without))
        added = {
            "without the meter, click to paint, median ms": round(without_it, 2),
            "the meter adds, median ms": round(with_it - without_it, 2),
            "limit of that, ms": LIMIT_METER_MS,
        }
    return {
        "network": chosen.network,
        "click to paint, median ms": round(statistics.median(total for total, _ in toggles), 2),
        "probe in it, median ms": round(statistics.median(probe for _, probe in toggles), 2),
        "beyond the probe, median ms": round(median_surplus, 2),
        "limit ms": LIMIT_MS,
        **added,
        "bursts of 60": bursts,
        "within limits": median_surplus <= LIMIT_MS
        and longest < LIMIT_GAP_MS
        and (not added or with_it - without_it <= LIMIT_METER_MS)
        and all(bool(found["last is right"]) for found in bursts),
    }


if __name__ == "__main__":
    raise SystemExit(main())

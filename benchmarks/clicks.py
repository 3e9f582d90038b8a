"""How soon the window answers a click while the default runs train beside it, and how soon those runs are done.

Needs a display: `xvfb-run -a -s "-screen 0 1440x900x24" python -m benchmarks.clicks`. Presses Start as it stands in a
fresh window (digits, plain and residual, depths 20 and 56, 12 epochs), then clicks every now and then until the runs
are done: on an arc of the Inspect tab, which must break, and on a row of the Train tab's table, which must be selected.
A click's answer is the painted window: from the mouse event to the end of the painting that it caused. The clicks go
through Qt's own event queue behind whatever is in it, as a hand's do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from itertools import cycle
from tempfile import TemporaryDirectory

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from benchmarks.toggling import opened_window
from resnet_viewer import app
from resnet_viewer.charts.wiring_layout import Part

LIMIT_MS = 100.0
LIMIT_STORY_S = 60.0
PAUSE_MS = 170
"""Between two clicks; not a multiple of the Train tab's own beat."""


def waited(milliseconds: int) -> None:
    """Let the event loop turn for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def clicked(widget: QWidget, place: QPoint) -> float:
    """Milliseconds from a posted click to the end of the painting that it caused."""
    at, globally = QPointF(place), QPointF(widget.mapToGlobal(place))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    plain = Qt.KeyboardModifier.NoModifier
    press = QMouseEvent(QEvent.Type.MouseButtonPress, at, globally, left, left, plain)
    release = QMouseEvent(QEvent.Type.MouseButtonRelease, at, globally, left, none, plain)
    loop = QEventLoop()
    started = time.perf_counter()
    QApplication.postEvent(widget, press)
    QApplication.postEvent(widget, release)
    QTimer.singleShot(0, lambda: QTimer.singleShot(0, loop.quit))  # the painting was posted by the release
    loop.exec()
    return 1000 * (time.perf_counter() - started)


def arc_click(viewer: app.Viewer, block: int) -> float:
    """Cut or restore a block's shortcut on the strip."""
    view = viewer.inspect.panels.wiring.view
    span = view.strip.state.layout.spans[block - 1]
    before = viewer.inspect.store.session.setup.wiring
    taken = clicked(view.viewport(), view.view_point(Part("arc", span.name, block)))
    if viewer.inspect.store.session.setup.wiring == before:
        raise RuntimeError(f"the click on block {block}'s arc did nothing")
    return taken


def row_click(viewer: app.Viewer, row: int) -> float:
    """Select a run in the table."""
    table = viewer.train.panels.findChild(QTableView)
    index = table.model().index(row, 0)
    taken = clicked(table.viewport(), table.visualRect(index).center())
    if not table.selectionModel().isRowSelected(row):
        raise RuntimeError(f"the click on row {row} did nothing")
    return taken


def measure() -> dict[str, object]:
    """Start the default runs, click until they are done."""
    application = QApplication(sys.argv[:1])
    viewer = opened_window(application, "cifar-resnet-56", None)
    viewer.window.commands["show_train"].trigger()
    waited(500)
    controller = viewer.train.controller
    started = time.perf_counter()
    viewer.window.commands["train_start"].trigger()
    while not controller.is_busy:
        waited(20)
    inspect: list[float] = []
    train: list[float] = []
    blocks = cycle(range(1, 28))
    turns = 0
    while controller.is_busy:
        for _ in range(6):
            waited(PAUSE_MS)
            if turns % 2 and len(controller.scene.logs) == 4:
                train.append(row_click(viewer, len(train) % 4))
            elif not turns % 2:
                inspect.append(arc_click(viewer, next(blocks)))
        turns += 1
        viewer.window.commands["show_train" if turns % 2 else "show_inspect"].trigger()
    seconds = time.perf_counter() - started
    errors = {log.title: log.train_error for log in controller.scene.logs}
    viewer.inspect.store.close()
    viewer.workers.close()
    worst = {name: statistics.quantiles(found, n=100)[98] for name, found in _named(inspect, train).items()}
    return {
        "seconds until the runs were done": round(seconds, 1),
        "training errors": errors,
        "clicks": {name: len(found) for name, found in _named(inspect, train).items()},
        "median ms": {n: round(statistics.median(found), 1) for n, found in _named(inspect, train).items()},
        "99th percentile ms": {name: round(found, 1) for name, found in worst.items()},
        "limit ms": LIMIT_MS,
        "within limits": max(worst.values()) <= LIMIT_MS and seconds <= LIMIT_STORY_S,
    }


def _named(inspect: list[float], train: list[float]) -> dict[str, list[float]]:
    return {"an arc in Inspect": inspect, "a run in Train": train}


def main() -> int:
    """Measure and print; the exit status is 1 where a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as home:
        os.environ["RESNET_VIEWER_HOME"] = home
        found = measure()
    print(json.dumps(found, indent=1) if chosen.json else "\n".join(f"{k}: {v}" for k, v in found.items()))
    return 0 if found["within limits"] else 1


if __name__ == "__main__":
    raise SystemExit(main())

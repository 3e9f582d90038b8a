"""Whether memory stays flat in the real window: 500 pictures opened, then 500 toggles.

Needs a display: `xvfb-run -a -s "-screen 0 1440x900x24" python -m benchmarks.window_memory`. The caches of answers and
of undo steps have their usual sizes and fill first, so the growth that counts is that from step 250 to step 500.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.memory import LIMIT_MIB, resident_mib
from benchmarks.toggling import opened_window, settled
from resnet_viewer.records.picture import Picture


def main() -> int:
    """Print the table; the exit status is 1 where memory grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", default="cifar-resnet-56")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--side", type=int, default=256, help="of the pictures in pixels")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with TemporaryDirectory() as home:
        os.environ["RESNET_VIEWER_HOME"] = home
        found = measured(chosen)
    if chosen.json:
        print(json.dumps(found, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:<26}{value:>9.1f} MiB")
    growth = max(value for name, value in found.items() if name.startswith("growth"))
    print(f"growth {'within' if growth <= LIMIT_MIB else 'OVER'} {LIMIT_MIB:.0f} MiB", file=sys.stderr)
    return 0 if growth <= LIMIT_MIB else 1


def measured(chosen: argparse.Namespace) -> dict[str, float]:
    """Resident memory at the start, half-way and at the end of both series, and the growth between the last two."""
    application = QApplication(sys.argv[:1])
    viewer = opened_window(application, chosen.network, None)
    random = np.random.default_rng(0)
    found = {"start": resident_mib()}

    def note(kind: str, step: int) -> None:
        if step in (chosen.steps // 2, chosen.steps):
            gc.collect()
            found[f"after {step} {kind}"] = resident_mib()
        if step == chosen.steps:
            found[f"growth over {kind}"] = resident_mib() - found[f"after {chosen.steps // 2} {kind}"]

    for step in range(1, chosen.steps + 1):
        pixels = random.integers(0, 256, (chosen.side, chosen.side, 3), dtype=np.uint8)
        viewer.inspect.editor.set_pictures(Picture.of(pixels, name=f"picture {step}"))
        settled(viewer)
        note("pictures", step)
    blocks = viewer.inspect.store.session.setup.wiring.block_count
    for step in range(1, chosen.steps + 1):
        viewer.inspect.editor.toggle_shortcut(int(random.integers(1, blocks + 1)))
        settled(viewer)
        note("toggles", step)
    viewer.inspect.store.close()
    viewer.workers.close()
    return found


if __name__ == "__main__":
    raise SystemExit(main())

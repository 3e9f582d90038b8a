"""What Qt needs of a Linux system, found out by loading it: Qt itself ends the process where something is missing.

Without one of the first libraries not even `PySide6.QtGui` can be imported, so nothing here imports PySide6. The page
`docs/installation.md` and `.ci/run` name the same packages.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping

from resnet_viewer.records.story_words import joined

QT = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
"""Needed by Qt whatever it draws on: the library, and Debian's package that holds it."""
X11 = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libX11-xcb.so.1": "libx11-xcb1",
}
"""Needed besides for a window on an X server."""


def libraries_problem(
    environment: Mapping[str, str], *, qt: Mapping[str, str] = QT, x11: Mapping[str, str] = X11
) -> str | None:
    """One sentence about the libraries that cannot be loaded, and how to have them; None where all can."""
    if not sys.platform.startswith("linux"):
        return None
    needed = {**qt, **x11} if _takes_x11(environment) else dict(qt)
    missing = [name for name in needed if not _can_be_loaded(name)]
    if not missing:
        return None
    return (
        f"Qt cannot open a window without the system's {joined(missing)}; on Debian or Ubuntu install what it needs "
        f"(apt-get install {' '.join(needed.values())}), or use `resnet-viewer probe` without a window."
    )


def _takes_x11(environment: Mapping[str, str]) -> bool:
    """Whether Qt will draw on an X server: where it is told nothing else, and finds no Wayland session."""
    if platform := environment.get("QT_QPA_PLATFORM", ""):
        return platform.startswith("xcb")
    return not environment.get("WAYLAND_DISPLAY") and environment.get("XDG_SESSION_TYPE") != "wayland"


def _can_be_loaded(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True

"""Names for every colour, spacing and font size of the window, in a dark and a light palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from resnet_viewer.charts.palette import BRANCH, DEPTHS, PAPER, colour_of

LARGE = 1.6
"""How many times as large letters are that are read from afar."""


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb"; distances in device-independent pixels.

    Orange is the shortcut, blue the residual branch, red what changed, grey the reference; states differ by
    shape or dash too, never by colour alone.
    """

    name: str
    window: str
    panel: str
    raised: str
    """Buttons, fields."""
    border: str
    grid: str
    text: str
    muted: str
    """Secondary text; at least 4.5 : 1 against `panel`."""
    faint: str
    """Lines of what is cut or disabled."""
    shortcut: str
    branch: str
    branch_fill: str
    changed: str
    reference: str
    first: str
    second: str
    third: str
    fourth: str
    """Series of a study that are neither shortcut nor branch, by their order."""
    accent: str
    """Focus, selection, the active tab."""
    depths: tuple[str, ...]
    """Trained networks by depth, as they came; plain ones are dashed too, so it is never colour alone."""
    gap: ClassVar[int] = 10
    padding: ClassVar[int] = 14
    radius: ClassVar[int] = 8

    def colour(self, role: str) -> str:
        """Of a chart's role."""
        return colour_of(role, vars(self), self.depths)


DARK = Theme(
    name="dark", window="#0f1014", panel="#191b22", raised="#242832", border="#2c313c", grid="#262a34",
    text="#e8eaf0", muted="#9aa1b2", faint="#596073", shortcut="#f0a63c", branch="#4ea3ff",
    branch_fill="#22354d", changed="#ff6b5e", reference="#8d94a5",
    first="#ac6fd0", second="#58f199", third="#ff618e", fourth="#ae7c51", accent="#4ea3ff",
    depths=("#56b4f0", "#f0a63c", "#c08bf0", "#4fc38a", "#ff6b5e", "#9aa1b2"),
)  # fmt: skip

LIGHT = Theme(
    name="light", border="#d3d8e2", accent=BRANCH, depths=DEPTHS,
    **PAPER | {"grid": "#e6e9f0", "changed": "#d0342c"},
)  # fmt: skip
"""As on paper, but for two colours."""


def theme_of(widget: QWidget) -> Theme:
    """The theme whose palette a widget has: Qt hands that down, and paints anew when it is another."""
    return LIGHT if widget.palette().color(QPalette.ColorRole.Link) == QColor(LIGHT.accent) else DARK

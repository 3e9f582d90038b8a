"""One pixel of an image."""

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from resnet_viewer.ui.appearance import palette
from resnet_viewer.ui.widgets.theme import Theme


def pixel(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    """Red, green and blue of one pixel."""
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


def wear(widget: QWidget, theme: Theme) -> None:
    """Give it a theme's colours, as the window does."""
    widget.setPalette(palette(theme))
    if hasattr(widget, "apply_theme"):
        widget.apply_theme(theme)

"""One pixel of an image."""

from PySide6.QtGui import QImage


def pixel(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    """Red, green and blue of one pixel."""
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()

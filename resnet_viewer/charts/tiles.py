"""Maps as coloured tiles: which colour a value takes, and how many maps lie beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.charts.palette import lookup

_MANY = 100


@dataclass(frozen=True, eq=False)
class Coloured:
    """Maps of one size as places in a table of 256 colours, so that every drawer gives a value the same colour."""

    places: NDArray[np.uint8]
    """(N, H, W)"""
    is_missing: NDArray[np.bool_] | None
    """(N, H, W): not finite, and without a colour; None where every value has one."""
    colours: str

    @property
    def from_below(self) -> Coloured:
        """The same with the last row first."""
        missing = None if self.is_missing is None else self.is_missing[:, ::-1]
        return Coloured(self.places[:, ::-1], missing, self.colours)

    def rgb(self, place: int = 0) -> NDArray[np.uint8]:
        """(H, W, 3) bytes of the map at that place; what has no colour is white."""
        pixels: NDArray[np.uint8] = lookup(self.colours)[self.places[place]]
        if self.is_missing is not None:
            pixels[self.is_missing[place]] = 255
        return pixels


def coloured(
    maps: NDArray[Any], colours: str, low: NDArray[Any] | float, high: NDArray[Any] | float
) -> Coloured:
    """Colour (N, H, W) maps, each between its own limits or all between the same.

    `low` takes the first colour, `high` the last, and what lies outside is clipped; equal limits (a map of one value)
    take the first.
    """
    count = (len(maps),)
    low, high = (np.broadcast_to(np.asarray(limit, maps.dtype), count) for limit in (low, high))
    is_missing = None
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = _scaled(maps, low, high)
        if not np.isfinite(scaled.sum()):
            is_missing = ~np.isfinite(maps)
            # 1e38 + 3e38 is too much for float32
            scaled = _scaled(np.where(is_missing, 0.0, maps).astype(np.float64), low, high)
    np.clip(scaled, 0.0, 255.0, out=scaled)
    return Coloured(scaled.astype(np.uint8), is_missing, colours)


def _scaled(maps: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[Any]:
    """From 0 at `low` to 255.999 at `high`, in the type of `maps`; 0 where the two are one."""
    span = high.astype(maps.dtype) - low
    gain = np.divide(255.999, span, out=np.zeros_like(span), where=span > 0)
    scaled: NDArray[Any] = np.subtract(maps, low[:, None, None], dtype=maps.dtype)
    scaled *= gain[:, None, None]
    return scaled


@dataclass(frozen=True)
class Grid:
    """How the tiles of a mosaic lie, in whole units of the drawer, so that equal map pixels look equal."""

    columns: int
    rows: int
    width: int
    height: int
    gap: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all tiles with the gaps between them."""
        across, down = self.corner(self.rows * self.columns - 1)
        return across + self.width, down + self.height

    def corner(self, place: int) -> tuple[int, int]:
        """Left and top of the tile at that place, from 0."""
        row, column = divmod(place, self.columns)
        return column * (self.width + self.gap), row * (self.height + self.gap)


def fitted_grid(count: int, map_width: int, map_height: int, width: float, height: float) -> Grid:
    """The grid with the largest tiles that shows `count` maps in `width` × `height`; tiles are at least one unit.

    Up to a hundred maps, full rows are preferred where that costs at most a fifth of the tiles' size.
    """
    columns = np.arange(1, count + 1)
    rows = -(-count // columns)
    aspect = map_width / map_height
    pitch = np.minimum(width / columns, height / rows * aspect)
    is_full = (count % columns == 0) | (count > _MANY)
    best = int(np.where(is_full, pitch, 0.8 * pitch).argmax())
    gap = min(max(round(float(pitch[best]) * 0.12), 1), 6)
    across, down = int(columns[best]), int(rows[best])
    tile = min((width + gap) / across - gap, ((height + gap) / down - gap) * aspect)
    return Grid(across, down, max(int(tile), 1), max(int(tile / aspect), 1), gap)


def even_grid(columns: int, rows: int, map_width: int, map_height: int, width: float, height: float) -> Grid:
    """So many columns and rows of tiles, as large as `width` × `height` allows; at least one unit."""
    aspect = map_width / map_height
    pitch = min(width / columns, height / rows * aspect)
    gap = min(round(pitch * 0.12), 6)
    tile = max(int(min((width + gap) / columns - gap, ((height + gap) / rows - gap) * aspect)), 1)
    return Grid(columns, rows, tile, max(int(tile / aspect), 1), gap)


def sheet(maps: Coloured, grid: Grid) -> Coloured:
    """All maps as one, each enlarged by repeating pixels to the grid's tiles; gaps, and places without a map, have no
    colour.
    """
    count, height, width = maps.places.shape

    def laid_out(cells: NDArray[Any], gap: Any) -> NDArray[Any]:
        if (height, width) != (grid.height, grid.width):
            down, across = np.arange(grid.height) * height, np.arange(grid.width) * width
            cells = cells[:, down // grid.height][:, :, across // grid.width]
        whole = np.full(
            (grid.rows, grid.height + grid.gap, grid.columns, grid.width + grid.gap), gap, cells.dtype
        )
        row, column = np.divmod(np.arange(count), grid.columns)
        whole.swapaxes(1, 2)[row, column, : grid.height, : grid.width] = cells
        flat = whole.reshape(whole.shape[0] * whole.shape[1], -1)
        return flat[None, : grid.size[1], : grid.size[0]]

    missing = maps.is_missing
    if missing is None and (grid.gap or count < grid.rows * grid.columns):
        missing = np.broadcast_to(np.False_, maps.places.shape)
    is_missing = None if missing is None else laid_out(missing, True)
    return Coloured(laid_out(maps.places, 0), is_missing, maps.colours)

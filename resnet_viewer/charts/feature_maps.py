"""All feature maps of a layer as one image: arrays in, arrays out, for the window and for figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.session import MapOrder, MapScale

Maps = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Tiles in rows, with gaps between them.

    `image` is float32; 0 to 1 for maps that are nowhere negative, else -1 to 1 with 0 in the middle; NaN in
    the gaps and where a value is not finite. `channels` (rows, columns) holds the channel of each tile, -1
    where there is none. `limits` holds, by channel, the value that 1 stands for (0 for a channel without
    any). `dead` says, by channel, whether it tells nothing: see `dead_channels`; `not_finite`, whether some
    value is not finite.
    """

    image: NDArray[np.float32]
    channels: NDArray[np.int64]
    limits: NDArray[np.float32]
    dead: NDArray[np.bool_]
    not_finite: NDArray[np.bool_]
    tile: tuple[int, int]
    """Height and width."""
    gap: int
    signed: bool

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """Top and left of a tile in `image`."""
        return row * (self.tile[0] + self.gap), column * (self.tile[1] + self.gap)


def is_signed(*maps: Maps | None) -> bool:
    """Some value is negative: then a diverging colour map with symmetric limits is due."""
    return any(bool((group < 0).any()) for group in maps if group is not None)


def dead_channels(maps: Maps) -> NDArray[np.bool_]:
    """Channels (C,) that are the same everywhere, all zeros included. Of a single value only zero counts, and of
    infinities none: those tell that values are not finite."""
    flat = maps.reshape(len(maps), -1)
    if flat.shape[1] == 1:
        return np.asarray(flat[:, 0] == 0)
    return np.asarray((flat == flat[:, :1]).all(axis=1) & np.isfinite(flat[:, 0]))


def not_finite_channels(maps: Maps) -> NDArray[np.bool_]:
    """Which channels (C,) of maps (C, H, W) hold some value that is not a finite number."""
    flat = maps.reshape(len(maps), -1)
    with np.errstate(over="ignore", invalid="ignore"):
        suspected = ~np.isfinite(flat.sum(axis=1))  # an order of magnitude faster than to look at every value
    suspected[suspected] = ~np.isfinite(flat[suspected]).all(axis=1)
    return np.asarray(suspected)


def channel_limits(maps: Maps) -> NDArray[np.float32]:
    """The largest finite |value| of each channel (C,) of maps (C, H, W); 0 where there is none."""
    flat = maps.reshape(len(maps), -1)
    highest = np.maximum(flat.max(axis=1), -flat.min(axis=1))
    if not np.isfinite(highest).all():
        highest = np.where(np.isfinite(flat), np.abs(flat), 0).max(axis=1)
    return np.asarray(highest, dtype=np.float32)


def layer_limit(*maps: Maps | None) -> float:
    """The largest finite |value| of all maps given: the shared scale of a layer; 0 where there is none."""
    return max(
        (float(channel_limits(group).max(initial=0.0)) for group in maps if group is not None), default=0.0
    )


def channel_order(maps: Maps, order: MapOrder, reference: Maps | None = None) -> NDArray[np.int64]:
    """The channels (C,) in the order wanted, highest first; of equal ones the lower index first.

    "change" is the mean of |maps - reference|; without a reference of that shape it is by index.
    Channels whose value is not finite come last.
    """
    flat = maps.reshape(len(maps), -1)
    match order:
        case "mean":
            value = flat.mean(axis=1, dtype=np.float64)
        case "maximum":
            value = flat.max(axis=1).astype(np.float64)
        case "change" if reference is not None and reference.shape == maps.shape:
            with np.errstate(invalid="ignore"):  # infinity less infinity
                value = np.abs(flat - reference.reshape(flat.shape)).mean(axis=1, dtype=np.float64)
        case _:
            return np.arange(len(maps))
    return np.argsort(-np.where(np.isfinite(value), value, -np.inf), kind="stable")


def mosaic(
    maps: Maps,
    *,
    scale: MapScale = "channel",
    order: MapOrder = "index",
    reference: Maps | None = None,
    channels: NDArray[np.int64] | None = None,
    limit: float | None = None,
    signed: bool | None = None,
    aspect: float = 1.0,
    gap: int | None = None,
) -> Mosaic:
    """Put maps (C, H, W) side by side, each scaled by its largest |value|, or all by the layer's.

    To show two readings beside each other, give both the same `channels` (from `channel_order`), `limit`
    (from `layer_limit`) and `signed`. `aspect` is the width of the wanted image over its height.

    Example:
        >>> mosaic(np.ones((4, 2, 2), np.float32), gap=1).image.shape
        (5, 5)
    """
    count, height, width = maps.shape
    gap = max(1, round(min(height, width) / 14)) if gap is None else gap
    chosen = channel_order(maps, order, reference) if channels is None else channels
    signed = is_signed(maps) if signed is None else signed
    columns = min(max(round(math.sqrt(count * aspect * (height + gap) / (width + gap))), 1), count)
    rows = math.ceil(count / columns)
    own = channel_limits(maps)
    if scale == "layer":
        shared = float(own.max(initial=0.0)) if limit is None else limit
        limits = np.full(count, shared, np.float32)
    else:
        limits = own
    odd = not_finite_channels(maps)
    tiles = np.full((rows * columns, height + gap, width + gap), np.nan, np.float32)
    divisors = np.where(limits > 0, limits, 1)[:, None, None]
    finite = np.where(np.isfinite(maps), maps, np.nan) if odd.any() else maps
    with np.errstate(invalid="ignore", over="ignore"):
        tiles[:count, :height, :width] = np.clip(
            (finite / divisors)[chosen], -1.0 if signed else 0.0, 1.0, dtype=np.float32
        )
    grid = tiles.reshape(rows, columns, height + gap, width + gap).transpose(0, 2, 1, 3)
    image = grid.reshape(rows * (height + gap), columns * (width + gap))
    places = np.full(rows * columns, -1, np.int64)
    places[:count] = chosen
    return Mosaic(
        image[: image.shape[0] - gap, : image.shape[1] - gap],
        places.reshape(rows, columns),
        limits,
        dead_channels(maps),
        odd,
        (height, width),
        gap,
        signed,
    )

"""The receptive field of a cell of a map: the rectangle of the network's input that it can see, whatever the weights.

It is the theoretical one (Araujo et al. 2019), through the longest path whose gates are not closed; a trained network
makes much of its middle, and little of its edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor

from resnet_viewer.records.layers import Sampling
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Box
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.wiring import Wiring

Mark = tuple[float, float]
"""A point of the network's input, x and y from 0 to 1."""


@dataclass(frozen=True)
class ReceptiveField:
    """Of one cell, in an input of `side` × `side` pixels.

    Example:
        >>> field = ReceptiveField(Sampling(4, 0.0, 11), row=0, column=7, side=32)
        >>> field.mark, field.words
        ((0.890625, 0.015625), '11 × 11 of 32 × 32 pixels')
    """

    sampling: Sampling
    row: int
    column: int
    side: int

    @property
    def mark(self) -> Mark:
        """The point that the cell stands for, within the input."""
        x, y = (self.sampling.stride * cell + self.sampling.offset + 0.5 for cell in (self.column, self.row))
        return min(max(x / self.side, 0.0), 1.0), min(max(y / self.side, 0.0), 1.0)

    @property
    def box(self) -> Box | None:
        """What it sees of the input, in fractions of that; None for nothing."""
        if not self.sampling.field:
            return None
        (left, right), (top, bottom) = self._reach(self.column), self._reach(self.row)
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    @property
    def is_everything(self) -> bool:
        """It sees the whole input."""
        return self.box == Box(0.0, 0.0, 1.0, 1.0)

    @property
    def words(self) -> str:
        """Its size beside the input's, and whether it sees all of that or nothing."""
        field, side = self.sampling.field, self.side
        if not field:
            return "nothing: no open path leads here from the picture"
        size = f"{field} × {field} of {side} × {side} pixels"
        return f"{size}: all of it" if self.is_everything else size

    def _reach(self, cell: int) -> tuple[float, float]:
        """First and last edge along one axis, clipped."""
        middle = self.sampling.stride * cell + self.sampling.offset + 0.5
        half = self.sampling.field / 2
        return max((middle - half) / self.side, 0.0), min((middle + half) / self.side, 1.0)


@lru_cache(maxsize=64)
def samplings(network: NetworkSpec, side: int, wiring: Wiring) -> Mapping[str, Sampling]:
    """Where the cells of every map of `Blueprint.map_names` look, under these gates."""
    return blueprint(network, side).samplings(wiring)


def cell_field(state: NetworkState, name: str, row: int, column: int) -> ReceptiveField:
    """Of the cell of a map that `Blueprint.map_names` lists, under the state's gates.

    Raises:
        KeyError: it has no feature maps.
    """
    side = state.preprocessing.crop
    return ReceptiveField(samplings(state.network, side, state.wiring)[name], row, column, side)


def marked_field(state: NetworkState, name: str, mark: Mark) -> ReceptiveField:
    """Of the cell that looks nearest to a marked point; raises as `cell_field`."""
    side = state.preprocessing.crop
    sampling = samplings(state.network, side, state.wiring)[name]
    _, rows, columns = blueprint(state.network, side).shape_of(name)
    return ReceptiveField(sampling, *nearest_cell(sampling, (rows, columns), side, mark), side)


def nearest_cell(sampling: Sampling, cells: tuple[int, int], side: int, mark: Mark) -> tuple[int, int]:
    """Row and column of the cell, of so many rows and columns, that looks nearest to a point of an input of `side`
    pixels.
    """
    x, y = mark
    row, column = (floor((along * side - 0.5 - sampling.offset) / sampling.stride + 0.5) for along in (y, x))
    return min(max(row, 0), cells[0] - 1), min(max(column, 0), cells[1] - 1)

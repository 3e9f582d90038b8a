"""The study "Loss landscape": the loss where the weights are moved away from those of the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.network import LARGEST_SEED
from resnet_viewer.records.papers import LI_2018
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted, number_word, percent, thousands
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option, without_error

Floats = NDArray[np.float64]
FINER_LINE = 4
"""A line has so many times as many steps as a side of a plane."""
_FLAT = 2.0
"""Up to so many times the centre's loss is told as near to it."""
_COMPARABLE = 17
"""Places on a side of a plane from which on it is held against the paper's, which have 51."""
_SHALLOW, _DEEP = 20, 56
"""Layers up to which the paper's networks without shortcuts stand on even ground, and from which on they do not."""
_HIGHEST = 300.0
"""The logarithm that stands for all losses beyond."""
_DEEP_ENOUGH = 1.1
"""A hollow's lowest way out has a loss at least so many times that of its lowest place."""
_ROUGH = 0.1
"""Of a plane: with more than this where the loss falls on the way outwards, the ground is called rough."""
_LOW_DIMENSIONAL = 0.4
"""Of a path's variation, what the paper's planes hold at least."""


@dataclass(frozen=True)
class LandscapeOptions(Options):
    """Where the loss is measured."""

    shape: Literal["plane", "line"] = option(
        "plane", "Shape", "Along two directions, or along the first of them alone."
    )
    places: Literal["5", "9", "17", "33", "65"] = option(
        "17",
        "Places",
        f"On each side of a plane, evenly spaced; a line has {FINER_LINE} times as many steps. A coarse picture is "
        "there first and becomes finer.",
    )
    reach: float = option(
        1.0,
        "Reach",
        "How far it goes from the network to each side: at 1 every filter is moved by a vector as long as itself. With "
        "a run the plane goes as far as its path.",
        least=1e-3,
        most=1e3,
    )
    seed: int = option(
        0,
        "Seed",
        "Of the two directions: with one seed, layers of the same name and shape get the same random numbers.",
        least=0,
        most=LARGEST_SEED,
    )
    has_normalisation: bool = option(
        False,
        "Move normalisation",
        "Scales and shifts of normalisations, and biases, are moved, too, each layer's by a vector as long as itself. "
        "The paper leaves them: in a deep network what they do is multiplied.",
    )
    run: str = option(
        "",
        "Run",
        "A folder of a training run with its states, one of which is this network: the two directions in which its "
        "weights varied most take the place of random ones, and its path is drawn.",
        is_folder=True,
    )

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the finest grid; a line has one row."""
        side = int(self.places)
        return (side, side) if self.shape == "plane" else (1, FINER_LINE * (side - 1) + 1)


class Grid(NamedTuple):
    """Every so many rows and columns of the finest grid: evenly spaced, both ends of each side among them."""

    row_step: int
    column_step: int


def grids(options: LandscapeOptions) -> list[Grid]:
    """From the coarsest grid, 3 × 3 places, to the finest, each with about twice as many places as the one before."""
    rows, columns = options.size
    grid = Grid((columns - 1) // 2 if rows > 1 else 1, (columns - 1) // 2)
    found = [grid]
    while grid != (1, 1):
        is_wide = grid.row_step > grid.column_step
        grid = (
            Grid(grid.column_step, grid.column_step)
            if is_wide
            else grid._replace(column_step=grid.column_step // 2)
        )
        found.append(grid)
    return found


def places_in_order(options: LandscapeOptions) -> list[tuple[int, int]]:
    """Row and column of every place as they are measured: the middle first, then the coarsest grid, then what each
    finer one has beside it.
    """
    rows, columns = options.size
    found = {(rows // 2, columns // 2): None}
    for grid in grids(options):
        for row in range(0, rows, grid.row_step):
            found |= dict.fromkeys((row, column) for column in range(0, columns, grid.column_step))
    return list(found)


@dataclass(frozen=True, eq=False)
class Path:
    """The states of a run in the plane: where each lies, and after how many epochs it was kept."""

    epochs: Floats
    x: Floats
    y: Floats
    shares: tuple[float, float]
    """Of the states' variation, from 0 to 1: that along each of the two directions."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """What is measured so far: the finest grid of which every place is there."""

    x: Floats
    """(columns,), evenly spaced."""
    y: Floats
    """(rows,)."""
    losses: Floats = field(repr=False)
    """(rows, columns), infinite or nan where they are no finite numbers."""
    errors: Floats = field(repr=False)
    """(rows, columns), in percent."""
    centre: tuple[float, float]
    """Loss and error of the network itself."""
    path: Path | None = None
    is_finest: bool = True


def landscape(result: StudyResult) -> Landscape | None:
    """What a result has of it; None before the coarsest grid is there."""
    options = options_of(result)
    places: dict[tuple[int, int], Row] = {}
    centre, path = None, None
    for row in result.rows:
        match row.get("kind"), row.get("row"), row.get("column"):
            case "place", int(at), int(column):
                places[at, column] = row
            case "centre", _, _:
                centre = row
            case "path", _, _:
                path = _path(row)
    rows, columns = options.size
    centre = centre or places.get((rows // 2, columns // 2))
    if centre is None:
        return None
    for grid in reversed(grids(options)):
        wanted = [
            [places.get((row, column)) for column in range(0, columns, grid.column_step)]
            for row in range(0, rows, grid.row_step)
        ]
        if not all(map(all, wanted)):
            continue

        def numbers(name: str, wanted: list[list[Row | None]] = wanted) -> Floats:
            return np.array([[number(row or {}, name) for row in line] for line in wanted])

        x, y = numbers("x")[0], numbers("y")[:, 0]
        if not (_is_rising(x) and (rows == 1 or _is_rising(y))):
            return None
        return Landscape(
            x,
            y,
            numbers("loss"),
            numbers("error"),
            (number(centre, "loss"), number(centre, "error")),
            path,
            grid == (1, 1),
        )
    return None


def _is_rising(places: Floats) -> bool:
    return bool(np.isfinite(places).all() and (np.diff(places) > 0).all())


def number(row: Row, name: str) -> float:
    """A number of a row, those among them that are written "inf" and "nan"; nan where there is none."""
    value = row.get(name)
    if isinstance(value, float | int):
        return float(value)
    return math.inf if value == "inf" else math.nan


def _path(row: Row) -> Path | None:
    found = [row.get(name) for name in ("epochs", "path_x", "path_y", "shares")]
    lines = [np.array(value, np.float64) for value in found if isinstance(value, tuple)]
    if [line.shape for line in lines] != [lines[0].shape] * 3 + [(2,)] or not all(
        map(np.isfinite, map(sum, lines))
    ):
        return None
    first, second = map(float, lines[3])
    return Path(lines[0], lines[1], lines[2], (first, second))


def options_of(result: StudyResult) -> LandscapeOptions:
    """The result's options."""
    options = result.order.options
    assert isinstance(options, LandscapeOptions)
    return options


def refusal(state: NetworkState, plan: Blueprint, options: LandscapeOptions) -> str:
    """A loss needs classes, and a path a plane."""
    if options.run and options.shape == "line":
        return "The path of a run needs a plane: choose the plane, or leave the run out."
    return without_error(state.network)


def conclusion(result: StudyResult) -> Sequence[str]:
    """How the ground lies around the network, and whether the paper says so; of an incomplete result what its finest
    whole grid says.
    """
    if not result.rows:
        return ()
    found = landscape(result)
    if found is None:
        return (f"The coarsest picture is not complete yet: {len(result.rows)} of {result.points} points.",)
    said = [_centre_words(result, found), _ground_words(result, found)]
    if found.is_finest:
        said.append(_hollow_words(found))
    if found.path is not None:
        said.append(_path_words(found.path))
    if count := int((~np.isfinite(found.losses)).sum()):
        said.append(f"At {counted(count, 'place')} the loss is beyond every finite number.")
    if not found.is_finest:
        rows, columns = found.losses.shape
        size = f"{rows} × {columns} places" if rows > 1 else f"{columns} places"
        said.append(
            f"So far the picture has {size}; {len(result.rows)} of {result.points} points are measured."
        )
        return tuple(said)
    return (*said, _agreement(result, found))


def hollows(losses: Floats, own: tuple[int, int]) -> list[tuple[int, int]]:
    """The lowest places, by row and column, of hollows besides that of the place `own`: every way out of one, from
    place to neighbouring place, leads over a loss at least a tenth higher. What lies lowest at the rim is none: it may
    go on falling.

    Places are flooded from the lowest up; where two lakes meet, the shallower one ends.

    Example:
        >>> hollows(np.array([[3.0, 1.0, 2.0, 0.5, 3.0]]), (0, 3))
        [(0, 1)]
    """
    heights = np.where(np.isnan(losses), np.inf, losses)
    rows, columns = heights.shape
    lakes: dict[tuple[int, int], tuple[int, int]] = {}
    """By place, its lake: the lowest place of it."""
    found, is_own_over = [], False

    def is_inside(place: tuple[int, int]) -> bool:
        row, column = place
        return bool(0 < column < columns - 1 and (rows == 1 or 0 < row < rows - 1))

    for index in np.argsort(heights, axis=None, kind="stable"):
        here = int(index) // columns, int(index) % columns
        beside = ((here[0] + down, here[1] + right) for down in (-1, 0, 1) for right in (-1, 0, 1))
        met = sorted({lakes[place] for place in beside if place in lakes}, key=lambda at: heights[at])
        lakes[here] = met[0] if met else here
        for lake in met[1:]:
            if heights[here] >= _DEEP_ENOUGH * heights[lake] and is_inside(lake):
                if not is_own_over and lakes.get(own) == lake:
                    is_own_over = True
                else:
                    found.append(lake)
            lakes |= {place: met[0] for place, its in lakes.items() if its == lake}
    last = lakes[0, 0]
    return [*found, last] if is_own_over and is_inside(last) else found


def rim(losses: Floats) -> Floats:
    """The losses at the outermost places."""
    if losses.shape[0] == 1:
        return losses[0, [0, -1]]
    return np.concatenate([losses[0], losses[-1], losses[1:-1, 0], losses[1:-1, -1]])


def _centre_words(result: StudyResult, found: Landscape) -> str:
    loss, error = found.centre
    pictures = thousands(result.basis.pictures)
    said = (
        f"At the network itself the loss is {value_words(loss)}, and the {result.basis.measure} "
        f"{percent(error) if math.isfinite(error) else 'no number'} of {pictures} pictures"
    )
    if result.basis.has_labels:
        return f"{said}."
    return f"{said}: true classes are not known, so the loss is that of the classes which it gives itself."


def _ground_words(result: StudyResult, found: Landscape) -> str:
    loss, losses = found.centre[0], found.losses
    classes = result.order.state.network.classes
    where = "plane" if losses.shape[0] > 1 else "line"
    flat, guessed = (float((losses <= level).mean()) for level in (_FLAT * loss, math.log(classes)))
    said = f"On {_share(flat)} of the {where} it is at most twice as high"
    if loss < math.log(classes):
        said += f", on {_share(guessed)} at most that of guessing ({math.log(classes):.2f})"
    edge = np.where(np.isnan(rim(losses)), np.inf, rim(losses))
    middle = value_words(float(np.median(edge)))
    return f"{said}; at its rim it is {middle} in the median, {value_words(edge.min())} to {value_words(edge.max())}."


def _share(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def value_words(value: float) -> str:
    """A loss as it is written: "0.312", "1 240", "5.1e+12", "∞"."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "no number"
    return thousands(value) if 1000 <= value < 1e6 else f"{value:.3g}"


def others(found: Landscape) -> int:
    """Hollows besides the network's own."""
    own = int(np.abs(found.y).argmin()), int(np.abs(found.x).argmin())
    return len(hollows(found.losses, own))


def falling(found: Landscape) -> float:
    """The share of places from which the loss falls on the way straight away from the network, by central differences
    of its logarithm.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = np.clip(np.nan_to_num(np.log10(found.losses), nan=_HIGHEST), -_HIGHEST, _HIGHEST)
    slopes = [np.gradient(heights, found.x, axis=1)]
    ways = [np.broadcast_to(found.x, heights.shape)]
    if len(found.y) > 1:
        slopes.append(np.gradient(heights, found.y, axis=0))
        ways.append(np.broadcast_to(found.y[:, None], heights.shape))
    outwards = sum(slope * way for slope, way in zip(slopes, ways, strict=True))
    return float((outwards < 0).mean())


def _hollow_words(found: Landscape) -> str:
    count = others(found)
    rows, columns = found.losses.shape
    where = f"{rows} × {columns}" if rows > 1 else f"{columns}"
    kinds, verb = ("hollow", "is") if count == 1 else ("hollows", "are")
    return (
        f"Among the {where} places {verb} {number_word(count)} {kinds} besides its own; from "
        f"{_share(falling(found))} of them the loss falls on the way outwards."
    )


def _path_words(path: Path) -> str:
    first, second = path.shares
    return (
        f"The plane holds {percent(100 * (first + second))} of the variation of the run's {len(path.epochs)} states "
        f"({percent(100 * first)} and {percent(100 * second)} along its directions). What is not moved is everywhere "
        "that of this network, so the loss under the path is not the run's loss at that time."
    )


def _agreement(result: StudyResult, found: Landscape) -> str:
    """Whether the ground is as the paper draws it: only where the paper has drawn such a network so."""
    network = result.order.state.network
    if found.path is not None:
        is_low = sum(found.path.shares) >= _LOW_DIMENSIONAL
        said = "agrees" if is_low else "does not agree"
        return (
            f"It {said} with the paper, where two directions hold 40 to 90\u00a0% of the variation: paths of training "
            "lie in few dimensions."
        )
    if reason := _not_comparable(result):
        return reason
    is_rough = others(found) > 0 or falling(found) > _ROUGH
    if network.has_shortcuts or network.depth <= _SHALLOW:
        kind = "with shortcuts" if network.has_shortcuts else "in shallow networks"
        if not is_rough:
            return f"It agrees with the paper: {kind} the ground rises evenly around the network."
        return f"It does not agree with the paper, where {kind} the ground rises evenly around the network."
    if network.depth < _DEEP:
        return "Of a plain network of this depth the paper says nothing."
    if is_rough:
        return "It agrees with the paper: a deep network without shortcuts stands on rough ground."
    return (
        "It does not agree with the paper, whose deep networks without shortcuts, trained for 300 epochs, stand on "
        "rough ground: here it rises evenly around the network."
    )


def _not_comparable(result: StudyResult) -> str:
    state, options = result.order.state, options_of(result)
    network = state.network
    if network.weights.is_untrained:
        return "The paper draws trained networks, so it does not say what this untrained one should show."
    if network.family != "cifar" or not network.is_normalised:
        return "The paper draws networks for CIFAR-10 with batch normalisation, so this one is not held against it."
    if not state.wiring.is_open:
        return "Some of its gates are not open, which the paper does not draw."
    if not result.basis.has_labels:
        return "Without true classes it is not held against the paper."
    if options.has_normalisation:
        return "The paper does not move normalisation."
    if options.shape != "plane" or options.reach != 1.0 or int(options.places) < _COMPARABLE:
        return f"The paper draws planes from −1 to 1, which takes at least {_COMPARABLE} places a side to compare."
    return ""


INFO = StudyInfo(
    name="landscape",
    title="Loss landscape",
    question="How rough is the ground that it stands on?",
    papers=(LI_2018.at("Figures 1, 5, 6 and 9"),),
    options=LandscapeOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "The weights of convolutions and linear layers are moved away from those of the network: along random "
        "directions in which each filter is as long as the one that it moves, or along those in which the states of a "
        "training run vary most. Biases, normalisations and their running statistics stay. At each place the loss and "
        "the error are measured."
    ),
    is_long=True,
)

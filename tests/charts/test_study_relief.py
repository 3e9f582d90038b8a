"""Numbers over two axes: lines of one value lie where the value is, are named where there is room, and mean the same in
every panel that shares the scale.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from resnet_viewer.charts.chart import Floats, Room
from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import MatrixPanel, Scale
from resnet_viewer.charts.study_relief import ReliefChart, Word, levels_of, scale_ticks
from tests import panels

ROOMS = [
    Room(width, height, lambda text: 7.0 * len(text), 15.0)
    for width, height in ((160, 120), (420, 420), (900, 700))
]


def chart(panel: MatrixPanel) -> ReliefChart:
    return ReliefChart(MatrixChart(panel))


def cone(size: int, most: float = 2.0) -> MatrixPanel:
    """The decimal logarithm is the distance from the middle."""
    at = np.linspace(-most, most, size)
    x, y = np.meshgrid(at, at)
    scales = Scale("x", least=-most, most=most), Scale("y", least=-most, most=most)
    return MatrixPanel("cone", *scales, 10.0 ** np.hypot(x, y), is_log=True, has_contours=True)


def test_a_line_of_one_value_lies_where_the_numbers_have_it() -> None:
    found = dict(chart(cone(65)).contours)
    for level in (5.0, 10.0, 20.0):
        (line,) = found[level]
        radii = np.hypot(*(4.0 * (line - 0.5)).T)
        assert radii == pytest.approx(math.log10(level), abs=0.01)


def test_the_first_row_is_the_lowest() -> None:
    panel = MatrixPanel(
        "a", Scale("x", least=0.0, most=1.0), Scale("y", least=0.0, most=1.0),
        np.array([[0.0, 0.0], [10.0, 10.0]]), has_contours=True,
    )  # fmt: skip
    made = chart(panel)
    (line,) = dict(made.contours)[2.0]
    assert line[:, 1] == pytest.approx(0.2)
    room = ROOMS[1]
    drawn = next(line for line in made.laid_out(room).lines if line.value == 2.0)
    assert np.concatenate(drawn.pieces)[:, 1] == pytest.approx(0.8 * room.height)
    assert made.cell_at(0.1, 0.1) == (0, 0)
    assert made.matrix.words(1, 0) == "x: 0 · y: 1 · 10"


@pytest.mark.parametrize(
    ("low", "high", "levels"),
    [
        (0.05, 4e5, (0.1, 1, 10, 100, 1e3, 1e4, 1e5)),
        (0.5, 40.0, (1, 2, 5, 10, 20)),
        (1e-30, 1e30, (1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1, 1e5, 1e10, 1e15, 1e20, 1e25)),
        (2.01, 2.09, (2.02, 2.03, 2.04, 2.05, 2.06, 2.07, 2.08)),
    ],
)
def test_levels_of_a_logarithm_are_round_and_not_too_many(
    low: float, high: float, levels: tuple[float, ...]
) -> None:
    panel = replace(panels.landscape(3), values=np.array([[low, high], [low, low]]))
    found = levels_of(MatrixChart(panel))
    assert found == pytest.approx(levels)


def test_levels_without_a_logarithm_are_round() -> None:
    panel = replace(panels.landscape(3), values=np.array([[1.0, 9.6], [1.0, 1.0]]), is_log=False)
    assert levels_of(MatrixChart(panel)) == pytest.approx((2, 3, 4, 5, 6, 7, 8, 9))


def test_panels_that_share_a_scale_share_their_levels_and_colours_of_lines() -> None:
    shared = {"limits": (0.05, 1e4), "clip": (0.0, 1e4)}
    bowl, rough = (chart(panels.landscape(33, kind, **shared)) for kind in ("bowl", "rough"))
    assert bowl.levels == rough.levels[:-1], "the rough one's last line is around what lies beyond"
    assert rough.levels[-1] == 1e4
    assert [bowl.ink(level) for level in bowl.levels] == [rough.ink(level) for level in rough.levels[:-1]]


def test_the_clip_is_a_plateau_with_a_line_around_it() -> None:
    made = chart(cone(65, 2.0))
    clipped = chart(replace(cone(65, 2.0), clip=(0.0, 60.0)))
    assert 60.0 not in made.levels
    lines = dict(clipped.contours)[60.0]
    radii = np.hypot(*(4.0 * (np.concatenate(lines) - 0.5)).T)
    assert radii == pytest.approx(math.log10(60.0), abs=0.07), "within a cell"
    assert clipped.surface.vertices[:, 2].max() == pytest.approx(made.surface.vertices[:, 2].max())
    assert clipped.matrix.beyond_words.startswith("1672 of 4225 above 60 (up to 674) drawn as 60")


@pytest.mark.parametrize("size", [2, 3, 5, 65])
def test_a_coarse_picture_has_the_axes_of_a_fine_one(size: int) -> None:
    made = chart(panels.landscape(size))
    assert made.ends == ((-1.0, 1.0), (-1.0, 1.0))
    half = 1.0 / (size - 1)
    assert made.around == pytest.approx((-1 - half, 1 + half, -1 - half, 1 + half))
    assert made.cell_at(0.0, 0.0) == (0, 0)
    assert made.cell_at(1.0, 1.0) == (size - 1, size - 1)
    assert made.cell_at(0.49 / (size - 1), 0.0) == (0, 0)
    assert made.cell_at(0.51 / (size - 1), 0.0) == (0, 1)
    assert made.matrix.words(size - 1, 0).startswith("first direction: −1 · second direction: 1 · ")


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_one_row_or_column_has_no_lines(shape: tuple[int, int]) -> None:
    values = np.linspace(1.0, 50.0, 5)[: shape[0] * shape[1]].reshape(shape)
    made = chart(replace(panels.landscape(3), values=values, path=panels.walk()))
    assert made.contours == ()
    assert made.laid_out(ROOMS[1]).lines == ()
    assert np.isfinite(made.surface.vertices).all()
    assert "nats" in made.matrix.words(0, 0)


def test_nothing_is_drawn_through_what_is_not_measured_yet() -> None:
    panel = cone(33)
    values = panel.values.copy()
    values[:, 17:] = np.nan
    made = chart(replace(panel, values=values))
    assert max(line[:, 0].max() for _, lines in made.contours for line in lines) <= 16 / 32 + 1e-9
    corners = made.surface.vertices[made.surface.faces.ravel()]
    assert corners[:, 0].max() <= 1e-9
    assert len(made.surface.faces) == pytest.approx(len(chart(panel).surface.faces) / 2, rel=0.05)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.size))
@pytest.mark.parametrize("kind", ["bowl", "rough"])
@pytest.mark.parametrize("size", [3, 9, 65])
def test_names_stand_on_gaps_of_their_lines_apart_and_inside(size: int, kind: str, room: Room) -> None:
    made = chart(panels.landscape(size, kind, clip=(0.0, 1e4), path=panels.walk()))
    relief = made.laid_out(room)
    names = [word for word in relief.words if not word.has_halo]
    assert names or room is ROOMS[0]
    by_text = {made.matrix.written(line.value): line for line in relief.lines}
    for word in names:
        assert all(0 <= x <= room.width and 0 <= y <= room.height for x, y in corners(word, room))
        assert -90 <= word.turned <= 90
        pieces = np.concatenate(by_text[word.text].pieces)
        away = np.hypot(*(pieces - (word.x, word.y)).T)
        half = room.measure(word.text) / 2
        assert half * 0.9 <= away.min() <= half + 6, "its line ends beside it"
    for one, other in combinations(relief.words, 2):
        assert math.hypot(one.x - other.x, one.y - other.y) > room.line - 1


def corners(word: Word, room: Room) -> Floats:
    half, turned = room.measure(word.text) / 2, math.radians(word.turned)
    along = np.array([math.cos(turned), math.sin(turned)])
    return np.array([word.x, word.y]) + np.array([[-half], [half]]) * along


def test_the_path_lies_in_the_axes_units_and_says_its_points() -> None:
    path = panels.walk(5)
    made = chart(panels.landscape(9, path=path))
    relief = made.laid_out(ROOMS[1])
    width, height = ROOMS[1].size
    assert relief.path[:, 0] == pytest.approx((path.x + 1) / 2 * width)
    assert relief.path[:, 1] == pytest.approx((1 - path.y) / 2 * height)
    assert made.path_words(2) == "ResNet-20 · epoch 2"
    assert {"start", "end"} <= {word.text for word in relief.words}
    bare = chart(panels.landscape(9, path=replace(path, words=(), name="")))
    assert bare.path_words(0) == "path, point 1 of 5 · first direction: −0.8 · second direction: 0.68"


def test_points_of_a_path_may_have_no_number_or_lie_outside() -> None:
    path = panels.walk(4)
    odd = replace(path, x=np.array([math.nan, 5.0, 0.2, 0.1]))
    made = chart(panels.landscape(9, path=odd))
    relief = made.laid_out(ROOMS[1])
    assert np.isnan(relief.path[0]).all()
    assert "start" not in {word.text for word in relief.words}, "it is not in the plot"
    assert np.isfinite(made.surface.path).all()


def test_the_surface_has_the_matrixs_heights_and_colours() -> None:
    made = chart(panels.landscape(5, "bowl"))
    surface = made.surface
    side = math.isqrt(len(surface.vertices))
    fine = surface.vertices.reshape(side, side, 3)
    step = (side - 1) // 4
    assert side >= 65
    high = fine[::step, ::step, 2] / (2 * fine[..., 2].max()) + 0.5
    assert high == pytest.approx(made.matrix.heights)
    rgb = surface.colours.reshape(side, side, 4)[::step, ::step, :3] * 255
    assert rgb.round().astype(int).tolist() == made.matrix.cells.rgb().astype(int).tolist()
    assert len(surface.lines) == len(surface.line_colours)
    assert len(surface.lines) % 2 == 0


def test_numbers_beside_the_colours_are_the_levels_and_the_ends_apart() -> None:
    matrix = MatrixChart(panels.landscape(33, "rough", clip=(0.0, 1e4)))
    for room in (30.0, 100.0, 400.0):
        ticks = scale_ticks(matrix, room, 16.0)
        places = [tick.place * room for tick in ticks]
        assert ticks[0].place == 0.0
        assert ticks[-1] == (1.0, "≥ 1e4")
        assert all(b - a >= 15.9 for a, b in pairwise(places)) or len(ticks) == 2
    assert {"0.1", "1", "100"} <= {tick.text for tick in scale_ticks(matrix, 900.0, 16.0)}


def test_no_numbers_are_too_odd_to_be_drawn() -> None:
    random = np.random.default_rng(3)
    odd = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        1e-300,
        1e300,
        -1e300,
        5e-324,
        1.7e308,
        math.inf,
        -math.inf,
        math.nan,
        3.0,
        7e-4,
    ]
    limits = (None, None, (0.0, 100.0), (1e-3, 1e6), (-5.0, 5.0), (1.0, 1.0), (-1.0, 0.0))
    clips = (None, None, (1e-3, 1e6), (0.0, 1e4), (-math.inf, 10.0), (0.5, math.inf))
    for number in range(250):
        shape = tuple(random.integers(1, 5, 2))
        values = random.choice(odd, shape) if number % 5 else np.full(shape, odd[number // 5 % len(odd)])
        panel = replace(
            panels.landscape(3), values=values, is_log=bool(number % 2), is_signed=bool(number % 3 == 0),
            limits=limits[number % len(limits)], clip=clips[number % len(clips)], path=panels.walk(2),
        )  # fmt: skip
        made = chart(panel)
        matrix = made.matrix
        assert matrix.cells.rgb().shape == (*shape, 3)
        assert matrix.scale.words
        assert all(matrix.words(row, column) for row in range(shape[0]) for column in range(shape[1]))
        if not matrix.message:
            assert len(made.laid_out(ROOMS[0]).lines) == len(made.contours) <= 24
            assert np.isfinite(made.surface.vertices).all()
            assert np.isfinite(made.surface.lines).all()
            assert scale_ticks(matrix, 100.0, 15.0)

"""Lines made ready one by one: dashes for plain networks, gaps where there is no number, no line lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import BOLD, MIDDLE, THIN, Stroke
from resnet_viewer.charts.run_names import VARIANT_MARKERS
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.training import Intervention
from resnet_viewer.ui.widgets.plot_items import Line, Lines, strokes_of
from resnet_viewer.ui.widgets.theme import DARK
from tests.ui.train.invented import begun, run

SOLID, DASHED = Stroke("#ff0000", False), Stroke("#ff0000", True)


def painted(*lines: Line) -> np.ndarray:
    """How opaque each pixel is, (40, 120)."""
    box = pg.ViewBox()
    item = Lines(box)
    item.set_size((120.0, 40.0))
    for key, line in enumerate(lines):
        item.set_line(key, line)
    item.set_order(range(len(lines)))
    image = QImage(120, 40, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    with QPainter(image) as painter:
        item.paint(painter, QStyleOptionGraphicsItem())
    return np.frombuffer(image.constBits(), np.uint8).reshape(40, 120, 4)[..., 3].copy()


def flat(stroke: Stroke, width: float, count: int = 20) -> Line:
    return Line(np.linspace(0, 119, count), np.full(count, 20.0), stroke, width)


def test_one_colour_a_depth_and_dashes_for_plain_networks() -> None:
    scene = LabScene(
        (begun(run("cifar-plain-56")), begun(run("cifar-resnet-20")), begun(run("cifar-plain-20")))
    )
    assert strokes_of(scene, DARK) == {
        "cifar-plain-56-0": Stroke(DARK.depths[0], True),
        "cifar-resnet-20-0": Stroke(DARK.depths[1], False),
        "cifar-plain-20-0": Stroke(DARK.depths[1], True),
    }


def test_a_run_that_is_added_changes_no_other_ones_colour() -> None:
    first = (begun(run("cifar-plain-20")), begun(run("cifar-plain-56")))
    before = strokes_of(LabScene(first), DARK)
    after = strokes_of(LabScene((*first, begun(run("cifar-plain-8")))), DARK)
    assert {key: after[key] for key in before} == before
    assert after["cifar-plain-8-0"].colour == DARK.depths[2]


def test_from_the_seventh_depth_on_the_colours_begin_again() -> None:
    depths = (8, 14, 20, 26, 32, 44, 56)
    strokes = strokes_of(LabScene(tuple(begun(run(f"cifar-resnet-{d}")) for d in depths)), DARK)
    assert strokes["cifar-resnet-56-0"].colour == strokes["cifar-resnet-8-0"].colour


def test_a_solid_line_has_no_gap_and_a_dashed_one_has_as_many_at_every_width(qtbot: QtBot) -> None:
    for width in (THIN, MIDDLE, BOLD):
        solid, dashed = (painted(flat(stroke, width)).max(axis=0) > 60 for stroke in (SOLID, DASHED))
        assert solid[1:118].all()
        gaps = int(np.count_nonzero(np.diff(dashed.astype(int)) == -1))
        assert 13 <= gaps <= 16, f"dashes of another length at width {width}"


def test_dashes_do_not_depend_on_how_many_points_a_line_has(qtbot: QtBot) -> None:
    few, many = (painted(flat(DASHED, BOLD, count)).max(axis=0) > 128 for count in (2, 100))
    assert np.count_nonzero(few != many) <= 4


def test_a_line_is_broken_where_it_has_no_number_and_a_lonely_point_is_a_dot(qtbot: QtBot) -> None:
    line = flat(SOLID, BOLD)
    y = line.y.copy()
    y[8:10] = y[11:13] = np.nan
    found = painted(Line(line.x, y, SOLID, BOLD)).max(axis=0) > 60
    assert not found[52:60].any()
    assert found[int(line.x[10])], "the point between two gaps is not seen"
    assert painted(Line(line.x, np.full(20, np.nan), SOLID, THIN)).max() == 0


def test_setting_a_line_prepares_that_one_alone_and_what_is_not_ordered_is_forgotten(qtbot: QtBot) -> None:
    box = pg.ViewBox()
    item = Lines(box)
    for key in range(3):
        item.set_line(key, flat(SOLID, THIN))
    item.set_line(1, flat(DASHED, THIN))
    assert item.prepared == 4
    item.set_order([1])
    assert list(item.lines) == [1]


def test_what_differs_beside_depth_and_kind_marks_the_line() -> None:
    """Normalisation, initialisation and recipe, as in the figures; not the seed, nor what is done to a run."""
    usual = run("cifar-resnet-20")
    network = usual.network
    runs = [
        usual,
        replace(usual, network=replace(network, is_normalised=False)),
        replace(
            usual, network=replace(network, seed=1), interventions=(Intervention(3, 0.0),), record_every=2
        ),
        replace(usual, network=replace(network, initialisation="normal")),
        replace(usual, recipe=RECIPES["adam"]),
        replace(usual, network=replace(network, shortcut="none")),
    ]
    logs = tuple(RunLog(str(number), one) for number, one in enumerate(runs))
    strokes = strokes_of(LabScene(logs), DARK)
    assert [strokes[log.key].mark for log in logs] == ["", "o", "", "s", "D", ""]


def test_marks_stand_on_their_line_only(qtbot: QtBot) -> None:
    for mark in VARIANT_MARKERS[1:]:
        with_marks = painted(flat(replace(SOLID, mark=mark), MIDDLE))
        without = painted(flat(SOLID, MIDDLE))
        differ = np.flatnonzero((with_marks != without).any(axis=0))
        assert len(differ), mark
        assert (np.abs((differ - 24) % 48) <= 6).any()
        rows = np.flatnonzero((with_marks != without).any(axis=1))
        assert np.abs(rows - 20).max() <= 5
    short = Line(np.array([0.0, 5.0]), np.array([20.0, 20.0]), replace(SOLID, mark="o"), MIDDLE)
    assert painted(short).any(axis=1).sum() > painted(replace(short, stroke=SOLID)).any(axis=1).sum()

import math
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.path import Path
from PySide6.QtGui import QFont
from pytestqt.qtbot import QtBot

from resnet_viewer.charts import palette
from resnet_viewer.charts.wiring_layout import lay_out, openings
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import gradient_norms
from resnet_viewer.figures.export import IncompleteReadingError
from resnet_viewer.figures.page import Paper
from resnet_viewer.records.comparing import plan_of
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from resnet_viewer.ui.inspect.wiring_strip import StripItem, StripState
from resnet_viewer.ui.widgets.theme import LIGHT
from tests import fabricated
from tests.figures.layout import as_text, overlapping
from tests.figures.readings import pair, partial, with_norms

NAN, INF = float("nan"), float("inf")


def plot_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_xlabel())


def rows_of(axes: Axes) -> dict[str, float]:
    return {
        label.get_text(): place
        for label, place in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    }


def markers(axes: Axes, colour: str) -> list[tuple[float, float]]:
    """Places of everything drawn with a marker in that colour, from left to right."""
    return sorted(
        (float(x), float(y))
        for line in axes.lines
        if line.get_color() == colour and line.get_marker() not in (None, "None", "")
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
        if math.isfinite(float(y))
    )


def strip_of(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_label() == "strip")


def shapes_of(strip: Axes, role: str) -> int:
    """Separate pieces of paths with an edge of that role's colour."""
    paths = [
        patch.get_path()
        for patch in strip.patches
        if to_hex(patch.get_edgecolor()) == palette.PAPER[role] and patch.get_linewidth()
    ]
    return sum(int(np.count_nonzero(np.asarray(path.codes) == Path.MOVETO)) for path in paths)


def assert_all_inside(figure: Figure) -> None:
    axes = plot_of(figure)
    low, high = axes.get_ylim()
    places = markers(axes, palette.NOW) + markers(axes, palette.REFERENCE)
    assert places
    assert all(low < place < high for _, place in places), "a value lies outside of the automatic range"


def test_values_stand_at_their_decade_in_layer_order() -> None:
    now, reference = pair(cut=(3, 4))
    axes = plot_of(gradient_norms.figure(now, reference))
    expected = {n: math.log10(layer.gradient_norm) for n, layer in enumerate(now.layers, 1)}
    assert dict(markers(axes, palette.NOW)) == pytest.approx(expected)
    dashed = next(
        line for line in axes.lines if len(line.get_xdata()) == 20 and line.get_color() == palette.REFERENCE
    )
    theirs = [math.log10(layer.gradient_norm) for layer in reference.layers]
    assert np.asarray(dashed.get_ydata()).tolist() == pytest.approx(theirs)
    assert rows_of(axes)["10⁰"] == 0


def test_zeros_and_non_finite_values_stand_on_rows_of_their_own() -> None:
    now, reference = pair()
    now = with_norms(now, {2: 0.0, 5: NAN, 6: INF})
    figure = gradient_norms.figure(now, with_norms(reference, {3: 0.0, 7: NAN}))
    axes = plot_of(figure)
    rows, ours, theirs = (
        rows_of(axes),
        dict(markers(axes, palette.NOW)),
        dict(markers(axes, palette.REFERENCE)),
    )
    assert ours[3] == rows["0"] == theirs[4]
    assert ours[6] == ours[7] == rows["∞ nan"] == theirs[8]
    finite = [math.log10(layer.gradient_norm) for layer in now.layers if 0 < layer.gradient_norm < INF]
    assert rows["0"] < min(finite)
    assert rows["∞ nan"] > max(finite)
    assert len(ours) == 20, "a value was dropped"
    said = [text.get_text() for text in axes.texts]
    assert "now: 1 infinite (▲), 1 NaN (✖) · reference: 1 NaN (✖)" in said


def test_the_line_breaks_where_there_is_no_value_on_the_axis() -> None:
    now, _ = pair()
    axes = plot_of(gradient_norms.figure(with_norms(now, {2: 0.0}), None))
    line = next(
        line for line in axes.lines if line.get_color() == palette.NOW and line.get_linestyle() == "-"
    )
    assert np.flatnonzero(np.isnan(np.asarray(line.get_ydata(), float))).tolist() == [2]


@pytest.mark.parametrize(
    "norms",
    [
        {0: 5e-324, 1: 1e-320, 19: 1e300},
        dict.fromkeys(range(20), 0.0),
        dict.fromkeys(range(20), NAN),
        dict.fromkeys(range(20), 1.0),
        {0: 0.0, 1: INF, 2: 1e-320, 3: 1.7e308},
    ],
    ids=["extremes", "only zeros", "only nan", "all equal", "everything"],
)
def test_the_range_hides_nothing(norms: dict[int, float]) -> None:
    now, reference = pair()
    figure = gradient_norms.figure(with_norms(now, norms), reference)
    assert_all_inside(figure)
    axes = plot_of(figure)
    assert len(markers(axes, palette.NOW)) == 20
    figure.savefig("/dev/null", format="svg")


@pytest.mark.parametrize("height", [2.2, 5.0, 12.0])
def test_tick_labels_are_few_enough_to_read(height: float) -> None:
    now, reference = pair("cifar-resnet-56", cut=tuple(range(20, 28)), decades=14)
    axes = plot_of(gradient_norms.figure(now, reference, paper=Paper(7.6, height)))
    inches = axes.get_position().height * height
    assert 2 <= len(axes.get_yticks()) <= inches / 0.17


@pytest.mark.parametrize(("quantity", "count"), [("weight", 54), ("relative", 54), ("output", 16)])
def test_every_quantity_has_its_own_axis(quantity: GradientQuantity, count: int) -> None:
    now, reference = pair("resnet50", cut=(3,))
    axes = plot_of(gradient_norms.figure(now, reference, quantity=quantity))
    assert len(markers(axes, palette.NOW)) == count


def test_arcs_say_which_shortcuts_are_open_weakened_and_cut() -> None:
    now, reference = pair(cut=(2, 3))
    state = now.request.state
    weakened = replace(state, wiring=state.wiring.with_shortcuts([5], 0.5).with_branches([7], 0.0))
    now = replace(now, request=replace(now.request, state=weakened))
    figure = gradient_norms.figure(now, reference)
    strip = strip_of(figure)
    assert shapes_of(strip, "shortcut") == 7
    assert shapes_of(strip, "reference") == 2, "stem and classifier"
    assert shapes_of(strip, "changed") == 2 * 4, "two halves and the two strokes of a cross, of two arcs"
    assert shapes_of(strip, "faint") == 2 + 2, "a dropped branch's boxes and the ends of its line"
    assert "0.5" in [text.get_text() for text in strip.texts]


@pytest.mark.parametrize("name", ["resnet50", "cifar-resnet-110-highway", "cifar-resnet-1202"])
def test_paper_and_screen_draw_the_same_shapes(name: str, qtbot: QtBot) -> None:
    now, _ = pair(name, cut=(2, 3))
    layout = lay_out(plan_of(now))
    strip = strip_of(gradient_norms.figure(now, None))
    item = StripItem(None, LIGHT, QFont())
    item.set_state(StripState(layout, now.request.state.wiring, openings=openings(now, None, is_stale=False)))
    item.set_frame(*layout.limits, strip.get_xlim()[1], strip.get_ylim()[0])
    paper, screen = strip.patches[1:], item.drawing.inked()
    assert len(paper) == len(screen)
    for patch, (ink, shapes) in zip(paper, screen, strict=True):
        assert (
            to_hex(patch.get_edgecolor()) == palette.PAPER[ink.edge]
            if ink.edge
            else not patch.get_linewidth()
        )
        assert np.count_nonzero(np.asarray(patch.get_path().codes) == Path.MOVETO) == len(shapes)


def test_paper_and_screen_draw_the_same_values(qtbot: QtBot) -> None:
    now, reference = pair("resnet50", cut=(3,))
    now = with_norms(now, {2: 0.0, 5: NAN, 6: INF})
    panel = WiringPanel()
    qtbot.addWidget(panel)
    invented = fabricated.scene(spec("resnet50"), cut=(3,))
    panel.render_scene(replace(invented, now=now, reference=reference))
    axes = plot_of(gradient_norms.figure(now, reference))
    assert axes.get_xlim() == tuple(panel.view.strip_box.viewRange()[0])
    for shown, colour in (
        (panel.view.plot.shown.now, palette.NOW),
        (panel.view.plot.shown.reference, palette.REFERENCE),
    ):
        assert shown is not None
        line = next(line for line in axes.lines if len(line.get_xdata()) == 50 and line.get_color() == colour)
        np.testing.assert_array_equal(line.get_xdata(), shown.x[shown.is_joined])
        np.testing.assert_array_equal(line.get_ydata(), shown.logs[shown.is_joined])


def test_the_legend_names_every_shape_of_marker() -> None:
    now, reference = pair("resnet18")
    figure = gradient_norms.figure(now, reference)
    said = [text.get_text() for text in figure.texts]
    assert {"projection", "classifier"} <= set(said)
    legend = figure.axes[0]
    curve = max(figure.axes, key=lambda axes: axes.get_position().height)
    shapes = {line.get_marker() for line in curve.lines} & {"o", "D", "s"}
    assert shapes == {"o", "D", "s"}
    assert shapes <= {line.get_marker() for line in legend.lines}
    blocks = gradient_norms.figure(now, reference, quantity="output")
    assert "classifier" not in [text.get_text() for text in blocks.texts]


def test_a_plain_network_has_no_arcs() -> None:
    now, reference = pair("cifar-plain-20")
    figure = gradient_norms.figure(now, reference)
    assert shapes_of(strip_of(figure), "shortcut") == 0
    assert not any("shortcut" in text.get_text() for text in figure.texts if text.get_text() != "")


def test_the_table_reads_back_exactly() -> None:
    now, reference = pair()
    now = with_norms(now, {0: 5e-324, 1: 0.1 + 0.2, 2: 0.0, 3: NAN, 4: INF})
    header, rows = as_text(gradient_norms.table(now, reference))
    assert header == ("layer", "kind", "shape", "now", "reference")
    assert [row[0] for row in rows] == [layer.name for layer in now.layers]
    assert rows[0][1:3] == ("conv", "16x3x3x3")
    assert rows[-1][:3] == ("fc", "linear", "10x64")
    read = np.array([[float(row[3]), float(row[4])] for row in rows])
    expected = [[a.gradient_norm, b.gradient_norm] for a, b in zip(now.layers, reference.layers, strict=True)]
    np.testing.assert_array_equal(read, expected)


def test_the_table_without_a_reference_leaves_it_empty() -> None:
    now, _ = pair()
    assert {row[4] for row in as_text(gradient_norms.table(now, None))[1]} == {""}
    other, _ = pair("resnet18")
    mixed = as_text(gradient_norms.table(now, other))[1]
    assert mixed[0][4] == "", "a layer of another shape is another layer"


def test_the_table_of_blocks_holds_the_outputs() -> None:
    now, reference = pair()
    header, rows = as_text(gradient_norms.table(now, reference, quantity="output"))
    assert header[0] == "block"
    assert rows[3][:3] == ("layer2.0", "block", "32x16x16")
    assert float(rows[3][3]) == now.blocks[3].gradient_norm


def test_an_incomplete_reading_is_refused_in_a_sentence() -> None:
    now, reference = pair()
    with pytest.raises(IncompleteReadingError, match="not there yet"):
        gradient_norms.figure(partial(now), reference)
    figure = gradient_norms.figure(now, partial(reference))
    assert not markers(plot_of(figure), palette.REFERENCE)


def test_settings_of_matplotlib_stay_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    now, reference = pair()
    gradient_norms.figure(now, reference)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("name", "cut", "size"),
    [
        ("cifar-resnet-20", (), (7.6, 5.0)),
        ("cifar-resnet-56", tuple(range(20, 28)), (7.6, 5.0)),
        ("cifar-resnet-110", tuple(range(1, 55)), (4.0, 4.0)),
        ("resnet50", (3, 9), (7.6, 5.0)),
        ("resnet152", (3, 9), (12.0, 6.0)),
    ],
)
def test_no_words_overlap_or_leave_the_page(
    name: str, cut: tuple[int, ...], size: tuple[float, float]
) -> None:
    now, reference = pair(name, cut=cut, decades=14)
    odd = with_norms(now, {3: 0.0, 5: NAN, 6: INF})
    for shown in (now, odd):
        assert overlapping(gradient_norms.figure(shown, reference, paper=Paper(*size))) == []


def test_a_reference_of_other_layers_lies_over_the_whole_width_with_rows_of_its_own() -> None:
    now = fabricated.scene(spec("cifar-resnet-20")).now
    reference = fabricated.scene(spec("cifar-plain-8")).now
    assert now is not None
    assert reference is not None
    axes = plot_of(gradient_norms.figure(now, reference))
    dashed = next(line for line in axes.lines if len(line.get_xdata()) == 8)
    assert (dashed.get_xdata()[0], dashed.get_xdata()[-1]) == (1, 20)
    expected = [np.log10(layer.gradient_norm) for layer in reference.layers]
    np.testing.assert_allclose(dashed.get_ydata(), expected)
    _, lines = as_text(gradient_norms.table(now, reference))
    assert len(lines) == 28
    assert {line[4] for line in lines[:20]} == {line[3] for line in lines[20:]} == {""}
    assert [float(line[4]) for line in lines[20:]] == [layer.gradient_norm for layer in reference.layers]


def test_a_plain_twin_has_its_values_beside_each_layer() -> None:
    now = fabricated.scene(spec("cifar-resnet-20")).now
    reference = fabricated.scene(spec("cifar-plain-20")).now
    assert now is not None
    assert reference is not None
    _, lines = as_text(gradient_norms.table(now, reference))
    assert len(lines) == 20
    assert all(line[3] and line[4] for line in lines)


def test_the_strip_shows_how_far_gate_layers_are_open() -> None:
    scene = fabricated.scene(spec("cifar-resnet-20-highway"))
    assert scene.now is not None
    blocks = tuple(replace(block, opening=block.number / 10) for block in scene.now.blocks)
    drawn = gradient_norms.figure(replace(scene.now, blocks=blocks), None)
    levels = [
        patch.get_path().vertices
        for patch in strip_of(drawn).patches
        if to_hex(patch.get_facecolor()) == palette.SHORTCUT and not patch.get_linewidth()
    ]
    found = levels[0].reshape(9, -1, 2)
    heights = np.ptp(found[:, :, 1], axis=1)
    assert heights / heights[8] == pytest.approx(np.arange(1, 10) / 9)


def test_the_axis_has_room_for_readings_that_are_not_drawn() -> None:
    now, reference = pair(decades=2.0)
    other = with_norms(now, {0: 1e-15, 1: 0.0})
    alone, beside = (
        plot_of(gradient_norms.figure(now, reference, others=others)) for others in ((), (other,))
    )
    assert "0" not in rows_of(alone)
    assert {"0", "10⁻¹⁴"} <= rows_of(beside).keys()
    assert len(markers(alone, palette.NOW)) == len(markers(beside, palette.NOW)) > 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("cifar-resnet-56", "cifar-resnet-20"), ("cifar-plain-20", "cifar-resnet-56"), ("vgg19", "resnet34")],
)
@pytest.mark.parametrize("size", [(7.6, 5.0), (3.3, 3.0)])
def test_both_wirings_of_a_comparison_are_printed_over_one_depth(
    ours: str, theirs: str, size: tuple[float, float]
) -> None:
    now, reference = pair(ours)[0], pair(theirs)[1]
    figure = gradient_norms.figure(now, reference, paper=Paper(*size))
    strips = [axes for axes in figure.axes if axes.get_label() == "strip"]
    assert len(strips) == 2
    ends = []
    for strip, reading in zip(strips, (now, reference), strict=True):
        boxes = [patch.get_path() for patch in strip.patches if patch.get_linewidth()]
        across = np.concatenate([path.vertices[:, 0] for path in boxes])
        ends.append((across.min(), across.max()))
        assert shapes_of(strip, "branch") >= len(plan_of(reading).blocks)
    width = strips[0].get_xlim()[1]
    assert np.abs(np.diff(ends, axis=0)).max() < 0.06 * width, (
        "both begin and end together, boxes may be wider"
    )
    assert not overlapping(figure)


def test_one_network_in_two_states_has_one_strip() -> None:
    figure = gradient_norms.figure(*pair(cut=(3,)))
    assert [axes.get_label() for axes in figure.axes].count("strip") == 1


@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-resnet-56", "resnet50"])
def test_the_stem_is_named_on_paper_as_on_the_screen(name: str) -> None:
    assert "stem" in [text.get_text() for text in strip_of(gradient_norms.figure(*pair(name))).texts]

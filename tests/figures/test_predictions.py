from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.palette import NOW, REFERENCE
from resnet_viewer.charts.predictions import prediction_chart
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import predictions
from resnet_viewer.figures.page import CaptionedFigure, Paper, left_out_words
from resnet_viewer.records.predictions import NO_CLASSIFIER
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import NotFinite, ProbeResult
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.predictions import PredictionsPanel
from tests import fabricated
from tests.figures.layout import as_text, overlapping
from tests.figures.readings import as_trained, pair


def with_probabilities(result: ProbeResult, values: list[float]) -> ProbeResult:
    return replace(result, probabilities=np.array([values], np.float32))


OURS = [0.02, 0.9, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]
THEIRS = [0.0, 0.0, 0.0, 0.5, 0.3, 0.1, 0.06, 0.04, 0.0, 0.0]


def test_bars_are_the_probabilities_in_the_references_order() -> None:
    now, reference = map(as_trained, pair())
    figure = predictions.figure(
        with_probabilities(now, OURS), with_probabilities(reference, THEIRS), class_names=CIFAR10_CLASSES
    )
    axes = next(axes for axes in figure.axes if axes.patches)
    widths = {
        colour: [p.get_width() for p in axes.patches if _hex(p.get_facecolor()) == colour]
        for colour in (NOW, REFERENCE)
    }
    np.testing.assert_allclose(widths[REFERENCE], [50, 30, 10, 6, 4, 0], atol=1e-4)
    np.testing.assert_allclose(widths[NOW], [1, 1, 1, 1, 1, 90], atol=1e-4)
    said = [text.get_text() for text in figure.texts]
    names = [word for word in said if word.split(" · ")[0] in CIFAR10_CLASSES]
    assert names == ["cat · target", "deer", "dog", "frog", "horse", "automobile"]
    assert {"90 %", "50 %", "6.0 %"} <= set(said)


def test_paper_has_the_rows_of_the_window(qtbot: QtBot) -> None:
    scene = fabricated.scene(cut=(3,))
    assert scene.now is not None
    panel = PredictionsPanel()
    qtbot.addWidget(panel)
    panel.render_scene(scene)
    figure = predictions.figure(scene.now, scene.reference, class_names=scene.session.setup.class_names)
    axes = next(axes for axes in figure.axes if axes.patches)
    drawn = [patch.get_width() / 100 for patch in axes.patches]
    assert drawn == pytest.approx([row.now for row in panel.rows] + [row.reference for row in panel.rows])
    said = [text.get_text().removesuffix(" · target") for text in figure.texts]
    names = [row.name for row in panel.rows]
    assert [text for text in said if text in names] == names


def test_small_probabilities_fill_the_axis_whose_end_is_written() -> None:
    now, reference = pair()
    values = [0.007, 0.004, *[0.0] * 8]
    figure = predictions.figure(with_probabilities(now, values), with_probabilities(reference, values))
    axes = next(axes for axes in figure.axes if axes.patches)
    np.testing.assert_allclose(axes.get_xlim(), (0, 0.7), rtol=1e-6)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0 %", "0.7 %"]


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def test_what_is_no_number_is_said() -> None:
    now, _ = pair()
    lost = with_probabilities(now, [float("nan")] * 10)
    origin = NotFinite("layer1.0.bn1", "negative variance", "layer1.0.bn1.running_var", -2.0, 5)
    for width in (3.0, 6.4):
        figure = predictions.figure(replace(lost, not_finite=origin), None, paper=Paper(width))
        words = " ".join(text.get_text() for text in figure.texts)
        assert "not finite from layer1.0.bn1" in words
        assert "no class is the highest" in words
        assert "%" not in words, "no class has a bar"
        assert "highest classes" not in words
        assert overlapping(figure) == []


def test_long_names_are_shortened_not_overlapped() -> None:
    now, reference = pair()
    names = tuple(f"a very long name of a class, number {n}, with a $ in it" for n in range(10))
    figure = predictions.figure(now, reference, class_names=names)
    assert overlapping(figure) == []
    assert overlapping(predictions.figure(now, None)) == []
    assert any(text.get_text().endswith("…") for text in figure.texts)


def test_the_table_holds_every_class_exactly() -> None:
    now, reference = pair()
    header, rows = as_text(predictions.table(now, reference, class_names=CIFAR10_CLASSES))
    assert header == ("index", "class", "now", "reference")
    assert [row[:2] for row in rows][:3] == [("0", "airplane"), ("1", "automobile"), ("2", "bird")]
    assert [float(row[2]) for row in rows] == now.probabilities[0].tolist()
    assert [float(row[3]) for row in rows] == reference.probabilities[0].tolist()
    assert {row[3] for row in as_text(predictions.table(now, None))[1]} == {""}
    other = replace(reference, probabilities=np.ones((1, 7), np.float32))
    assert {row[3] for row in as_text(predictions.table(now, other))[1]} == {""}, (
        "of other classes: no reference"
    )


def test_a_reference_whose_classes_have_other_names_has_no_numbers_beside_nows() -> None:
    now, reference = pair()

    def named(reading: ProbeResult, names: tuple[str, ...]) -> ProbeResult:
        state = replace(reading.request.state, class_names=names)
        return replace(reading, request=replace(reading.request, state=state))

    digits = named(reference, tuple("0123456789"))
    rows = as_text(predictions.table(named(now, CIFAR10_CLASSES), digits, class_names=CIFAR10_CLASSES))[1]
    assert {row[3] for row in rows} == {""}
    alike = as_text(predictions.table(named(now, CIFAR10_CLASSES), named(reference, CIFAR10_CLASSES)))[1]
    assert all(float(row[3]) >= 0 for row in alike)


@pytest.mark.parametrize("size", [(3.3, 4.5), (4.4, 4.5), (7.6, 5.0), (12.0, 9.0)])
def test_a_chosen_size_is_the_figures_size_and_nothing_overlaps(size: tuple[float, float]) -> None:
    now, reference = pair()
    figure = predictions.figure(now, reference, class_names=CIFAR10_CLASSES, paper=Paper(*size))
    assert figure.get_size_inches().tolist() == list(size)
    assert overlapping(figure) == []


def test_a_height_that_is_too_small_for_the_bars_is_not_taken_and_said() -> None:
    now, reference = pair()
    figure = predictions.figure(now, reference, paper=Paper(6.4, 1.0))
    assert overlapping(figure) == []
    assert 1.5 < figure.get_figheight() < predictions.figure(now, reference).get_figheight()
    size = f"It is 6.4 × {figure.get_figheight():.1f} inches large, for less is too small for it."
    assert left_out_words(figure).endswith(size)


def test_without_a_classifier_there_is_a_sentence_in_place_of_bars() -> None:
    network = replace(spec("cifar-resnet-20"), classes=0)
    now, _ = pair()
    state = replace(now.request.state, network=network)
    empty = np.zeros((1, 0), np.float32)
    now = replace(
        now,
        request=replace(now.request, state=state),
        logits=empty,
        probabilities=empty,
        target=BlockTarget(9),
    )
    figure = predictions.figure(now, now)
    assert NO_CLASSIFIER in [text.get_text() for text in figure.texts]
    assert "Softmax" not in " ".join(text.get_text() for text in figure.texts)
    assert as_text(predictions.table(now, now))[1] == []


@pytest.mark.parametrize("size", [(6.4, 3.6), (4.0, 4.0), (10.0, 2.4), (3.3, 3.0)])
def test_numbers_of_untrained_weights_are_called_so(size: tuple[float, float]) -> None:
    now, reference = pair()
    for ours, theirs, count in (
        (now, reference, 2),
        (now, as_trained(reference), 1),
        (as_trained(now), None, 0),
    ):
        figure = predictions.figure(ours, theirs, paper=Paper(*size))
        said = [text.get_text() for text in figure.texts]
        assert said.count("untrained") == count
        title = str(figure.get_label())
        assert title.endswith(", untrained") == ours.is_untrained
        assert isinstance(figure, CaptionedFigure)
        assert (title in said) == ("title" not in figure.left_out), "the metadata have it"
        assert not overlapping(figure)
        axes = next(axes for axes in figure.axes if axes.patches)
        hollow = [patch for patch in axes.patches if patch.get_facecolor()[3] == 0]
        assert len(hollow) == count * len(axes.patches) // (1 if theirs is None else 2)


def test_the_winner_is_told_of_both_sides() -> None:
    now, reference = pair()
    shares = np.zeros_like(now.probabilities)
    shares[0, 4], shares[0, 2] = 0.6, 0.4
    was = np.zeros_like(shares)
    was[0, 2], was[0, 4] = 0.7, 0.3
    chart = prediction_chart(
        replace(now, probabilities=shares, logits=shares), replace(reference, probabilities=was, logits=was)
    )
    told = {row.index: row.is_highest for row in chart.rows}
    assert (told[4], told[2]) == ((True, False), (False, True))
    assert not any(any(told[index]) for index in told.keys() - {2, 4})
    words = {row.index: row.words for row in chart.rows}
    assert "now's highest class" in words[4]
    assert "the reference's highest class" in words[2]

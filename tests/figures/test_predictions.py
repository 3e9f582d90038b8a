from dataclasses import replace

import numpy as np

from resnet_viewer.figures import predictions
from resnet_viewer.figures.palette import NOW, REFERENCE
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.probe import ProbeResult
from tests.figures.layout import overlapping
from tests.figures.readings import pair


def with_probabilities(result: ProbeResult, values: list[float]) -> ProbeResult:
    return replace(result, probabilities=np.array([values], np.float32))


OURS = [0.02, 0.9, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01]
THEIRS = [0.0, 0.0, 0.0, 0.5, 0.3, 0.1, 0.06, 0.04, 0.0, 0.0]


def test_bars_are_the_probabilities_in_the_references_order() -> None:
    now, reference = pair()
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


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])


def test_what_is_no_number_is_said() -> None:
    now, _ = pair()
    figure = predictions.figure(with_probabilities(now, [float("nan")] * 10), None)
    assert [text.get_text() for text in figure.texts].count("NaN") == 5


def test_long_names_are_shortened_not_overlapped() -> None:
    now, reference = pair()
    names = tuple(f"a very long name of a class, number {n}, with a $ in it" for n in range(10))
    figure = predictions.figure(now, reference, class_names=names)
    assert overlapping(figure) == []
    assert overlapping(predictions.figure(now, None)) == []
    assert any(text.get_text().endswith("…") for text in figure.texts)

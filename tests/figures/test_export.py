import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from resnet_viewer.figures import feature_maps, gradcam, gradient_norms, predictions
from resnet_viewer.figures.export import KINDS, FigureKind, FigureKindError, csv_bytes, kind_of, render
from resnet_viewer.figures.state import describe
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.picture import Picture
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES
from resnet_viewer.records.session import View
from tests.figures.readings import pair, with_picture

SVG = "{http://www.w3.org/2000/svg}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


def drawn(name: str = "cat.jpg") -> tuple[Figure, dict[str, str]]:
    now, reference = pair(cut=(2, 3, 7))
    now = with_picture(now, replace(now.request.picture, name=name))
    state = describe(now, reference, class_names=CIFAR10_CLASSES, torch_version="2.15.0")
    return gradient_norms.figure(now, reference, class_names=CIFAR10_CLASSES), state


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_figure_gives_the_same_bytes(kind: FigureKind) -> None:
    figure, state = drawn()
    again, _ = drawn()
    first = render(figure, kind, metadata=state)
    assert first == render(again, kind, metadata=state), "a rebuilt figure differs"
    assert first == render(figure, kind, metadata=state), "a figure rendered twice differs"


def test_every_figures_metadata_carries_its_own_sentence() -> None:
    now, reference = pair(cut=(2,))
    state = describe(now, reference, class_names=())
    figures = {
        "L2 norm of the gradient of the score of class 3 at every block's output": gradient_norms.figure(
            now, reference, quantity="output"
        ),
        "Grad-CAM of the score of class 3": gradcam.figure(now, reference),
        "Feature maps of stem": feature_maps.figure(now, reference, View(layer="stem")),
        "Softmax probabilities": predictions.figure(now, reference),
    }
    for words, figure in figures.items():
        with Image.open(io.BytesIO(render(figure, "png", metadata=state, dpi=40))) as image:
            assert image.text["Description"].startswith(words)  # type: ignore[attr-defined]


def test_text_stays_text_in_svg() -> None:
    figure, state = drawn("a $x$ & <b> 猫.jpg")
    root = ElementTree.fromstring(render(figure, "svg", metadata=state))
    words = ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")]
    assert "Gradient norm per layer · ResNet-20" in words
    assert "layer, in the order of the forward pass" in words
    assert "‖∂score/∂W‖₂" in words
    assert "now: 3 of 9 shortcuts cut (2-3,7)" in words
    assert {"10⁰", "1", "19"} <= set(words)
    assert "picture a $x$ & <b> 猫.jpg" in " ".join(words)


def test_the_state_is_in_the_svgs_metadata() -> None:
    figure, state = drawn()
    root = ElementTree.fromstring(render(figure, "svg", metadata=state))
    keywords = [item.text for item in root.iter() if item.tag.endswith("}li")]
    assert "shortcuts cut: 2-3,7" in keywords
    assert "picture: cat.jpg" in keywords
    assert "target: cat" in keywords
    description = root.find(f".//{DUBLIN_CORE}description")
    assert description is not None
    assert description.text is not None
    assert description.text.startswith(state["caption"])
    assert root.find(f".//{DUBLIN_CORE}date") is None


def test_the_state_is_in_the_pngs_text_chunks_and_its_size_follows_the_resolution() -> None:
    figure, state = drawn("grüße 猫.png")
    with Image.open(io.BytesIO(render(figure, "png", metadata=state, dpi=100))) as image:
        assert image.size == (760, 500)
        assert image.text["picture"] == "grüße 猫.png"  # type: ignore[attr-defined]
        assert image.text["Description"] == state["caption"]  # type: ignore[attr-defined]
        assert image.text["shortcuts cut"] == "2-3,7"  # type: ignore[attr-defined]
    with Image.open(io.BytesIO(render(figure, "png", metadata=state, dpi=50))) as image:
        assert image.size == (380, 250)


def test_the_state_is_in_the_pdfs_information() -> None:
    figure, state = drawn()
    data = render(figure, "pdf", metadata=state)
    assert data.startswith(b"%PDF")
    found = re.search(rb"/Keywords \((.*?)\)\s*(?:/|>>)", data, re.DOTALL)
    assert found, "the PDF has no keywords"
    # PDF text strings outside of Latin-1 are UTF-16
    raw = found[1]
    text = raw.decode("utf-16-be", "replace") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
    assert "shortcuts cut: 2-3,7" in text.replace("\\", "")
    assert b"CreationDate" not in data


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_no_font_or_format_knows_are_no_obstacle(kind: FigureKind) -> None:
    figure, state = drawn("\udcff\x01\n$\\frac{😀猫 " + "w" * 300 + ".jpg")
    assert render(figure, kind, metadata=state)


def test_rendering_puts_matplotlibs_settings_back() -> None:
    before = dict(matplotlib.rcParams)
    figure, state = drawn()
    render(figure, "svg", metadata=state)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("name", "kind"), [("a.svg", "svg"), ("b.PDF", "pdf"), ("c.d.png", "png")])
def test_the_suffix_names_the_kind(name: str, kind: str) -> None:
    assert kind_of(Path(name)) == kind


@pytest.mark.parametrize("name", ["a.jpg", "svg", "a.svg.gz", ".png"])
def test_another_suffix_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(FigureKindError, match=r"ends in \.svg, \.pdf or \.png\.") as refusal:
        kind_of(Path(name))
    assert isinstance(refusal.value, UserError)


def test_a_table_starts_with_the_state_and_reads_back() -> None:
    now, reference = pair(cut=(1,))
    pixels = np.zeros((4, 5, 3), np.uint8)
    now = with_picture(now, Picture.of(pixels, name='odd "name", with\nall.png'))
    header, rows = gradient_norms.table(now, reference)
    lines = csv_bytes(header, rows, metadata=describe(now, reference, class_names=())).decode().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert lines[: len(comments)] == comments
    assert '# picture: odd "name", with�all.png' in comments
    assert "# shortcuts cut: 1" in comments
    read = list(csv.DictReader(lines[len(comments) :]))
    assert [float(row["now"]) for row in read] == [layer.gradient_norm for layer in now.layers]
    assert tuple(read[0]) == ("layer", "kind", "shape", "now", "reference")

"""The architecture figure: what a column holds, where it stands, and that its words can be read."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.figure import Figure

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.figures import architecture, export
from resnet_viewer.figures.architecture import MOST_BOXES, column
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from tests.figures.layout import as_text, overlapping


def plans(names: str) -> list[Blueprint]:
    return [blueprint(spec(name)) for name in names.split(",")]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_column_is_the_papers() -> None:
    drawn = column(blueprint(spec("resnet34")))
    assert [box.words for box in drawn.boxes[:4]] == [
        "7×7 conv, 64, /2", "max pool, /2", "3×3 conv, 64", "3×3 conv, 64",
    ]  # fmt: skip
    assert [box.words for box in drawn.boxes[-2:]] == ["avg pool", "fc 1000"]
    assert sum(box.has_weights for box in drawn.boxes) == 34
    sides = [side for side, _ in itertools.groupby(drawn.boxes, lambda box: box.side)]
    assert sides == [112, 56, 28, 14, 7, 1]
    assert [b.changes_shape for b in drawn.bypasses].count(True) == 3
    assert len(drawn.bypasses) == 16
    assert drawn.repeats == ()
    chain = column(blueprint(spec("vgg19")))
    assert sum(box.has_weights for box in chain.boxes) == 19
    assert chain.bypasses == ()
    assert [box.words for box in chain.boxes[-4:]] == ["max pool, /2", "fc 4096", "fc 4096", "fc 1000"]


@pytest.mark.parametrize("name", ["resnet152", "cifar-resnet-110", "cifar-plain-1202", "resnet101v2"])
def test_a_deep_network_is_folded_and_loses_no_block(name: str) -> None:
    plan = blueprint(spec(name))
    drawn = column(plan)
    assert len(drawn.boxes) <= MOST_BOXES
    weighted = sum(box.has_weights for box in drawn.boxes)
    per_block = len(plan.blocks[1].branch_layers)
    folded = sum((repeat.count - 1) * per_block for repeat in drawn.repeats)
    assert weighted + folded == plan.spec.depth


def test_no_box_stands_above_the_one_before_it() -> None:
    for name, side in (("vgg16", 32), ("vgg16", 256), ("alexnet", 63), ("resnet18", 48), ("resnet18", 33)):
        sides = [box.side for box in column(blueprint(spec(name), side)).boxes]
        assert sides == sorted(sides, reverse=True)
    words = [box.words for box in column(blueprint(spec("vgg16"), 32)).boxes]
    assert "avg pool, 7×7" in words
    assert overlapping(architecture.figure([blueprint(spec("vgg16"), 32)])) == []


def test_shapes_that_change_are_told_from_projections() -> None:
    option_c = column(blueprint(spec("cifar-resnet-20-c"))).bypasses
    assert {b.form for b in option_c} == {"projection"}
    assert [b.changes_shape for b in option_c].count(True) == 2
    assert all(b.has_gate for b in column(blueprint(spec("cifar-resnet-20-highway"))).bypasses)


def test_the_heads_tell_names_macs_and_parameters_of_the_blueprints() -> None:
    figure = architecture.figure(plans("vgg19,plain34,resnet34"))
    said = words(figure)
    for expected in (
        "VGG-19",
        "19.6 GMACs",
        "143.7 M parameters",
        "ResNet-34",
        "3.7 GMACs",
        "21.8 M parameters",
    ):
        assert expected in said
    assert said.count("picture, 3×224×224") == 3
    assert {"224", "112", "56", "28", "14", "7", "1"} <= set(said)
    small = blueprint(spec("cifar-resnet-20"))
    assert architecture.macs_words(small.macs) == f"{small.macs / 1e6:.1f} MMACs" == "40.6 MMACs"
    assert architecture.parameters_words(small.parameters) == "270 k parameters"


def test_columns_are_aligned_by_the_side_of_their_maps() -> None:
    figure = architecture.figure(plans("vgg19,plain34"))
    heights = {
        text.get_text(): text.get_position()[1]
        for text in figure.axes[0].texts
        if text.get_text() in ("3×3 conv, 512, /2", "7")
    }
    assert heights["3×3 conv, 512, /2"] == pytest.approx(heights["7"])


@pytest.mark.parametrize(
    "names",
    [
        "vgg19,plain34,resnet34", "resnet50", "cifar-resnet-56,cifar-plain-56", "resnet152", "resnet50v2",
        "teaching-keras", "alexnet", "cifar-resnet-20-highway", "teaching-mnist-concat,resnext101_64x4d",
        "cifar-resnet-20-nobn-xavier,cifar-resnet-164-bottleneck-preact",
    ],
)  # fmt: skip
def test_nothing_overlaps(names: str) -> None:
    assert overlapping(architecture.figure(plans(names))) == []


def test_text_stays_text_and_the_file_tells_what_it_shows() -> None:
    made = plans("cifar-plain-20")
    svg = export.render(architecture.figure(made), "svg", metadata=architecture.described(made)).decode()
    assert ">3×3 conv, 16</text>" in svg
    assert "cifar-plain-20: input 3×32×32, 10 classes, 269722 parameters" in svg
    again = export.render(architecture.figure(made), "svg", metadata=architecture.described(made)).decode()
    assert again == svg


def test_the_table_holds_every_layer_of_every_network() -> None:
    made = plans("cifar-resnet-20,alexnet")
    header, rows = as_text(architecture.table(made))
    assert sum(int(row[header.index("macs")]) for row in rows) == sum(plan.macs for plan in made)
    assert rows[0][:2] == ("cifar-resnet-20", "conv1")
    assert rows[-1][:2] == ("alexnet", "classifier.6")


def test_the_caption_tells_where_pooling_comes_before_a_projection() -> None:
    usual, both = (
        " ".join(text.get_text() for text in architecture.figure(plans(names)).texts)
        for names in ("resnet50", "resnet50,resnet50d")
    )
    assert "with a diamond a projection." in " ".join(usual.split())
    assert "with a diamond a projection (in ResNet-50-D after average pooling)." in " ".join(both.split())

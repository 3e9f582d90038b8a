"""Panels of studies invented with numpy, and a study of them, for tests of what is shown."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from resnet_viewer.charts.study_panel import (
    Guide,
    LinesPanel,
    MatrixPanel,
    Panel,
    PictureRow,
    PicturesPanel,
    Scale,
    Series,
)
from resnet_viewer.charts.study_rows import Rows
from resnet_viewer.charts.study_rows import dots as study_rows
from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records import study_list
from resnet_viewer.records.papers import Paper
from resnet_viewer.records.preprocessing import CIFAR10_CLASSES, CIFAR10_PREPROCESSING
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import Basis, Options, StudyInfo, StudyOrder, StudyResult, option
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.trained_rows import Group
from resnet_viewer.records.wiring import Wiring

_RANDOM = np.random.default_rng(14)
OPEN = Wiring.all_open(9)
LONG = "ResNet-56, weights from a-file-with-quite-a-long-name-resnet56-4bfd9763.th, shortcuts cut (20-27)"


def bars(blocks: int = 27, *, message: str = "") -> LinesPanel:
    """Errors by block, two bars each, with a guide."""
    x = np.arange(1.0, blocks + 1)
    drops = 13.0 + 6.0 * _RANDOM.random(blocks)
    cuts = 80.0 + 12.0 * _RANDOM.random(blocks)
    states = tuple(Wiring.all_open(blocks).with_branches((n,), 0.0) for n in range(1, blocks + 1))
    return LinesPanel(
        "Every block, one at a time",
        Scale("block"),
        Scale("error (%)", least=0.0),
        (
            Series("branch dropped", x, drops, looks="bars", colour="branch", states=states),
            Series("shortcut cut", x, cuts, looks="bars", colour="shortcut"),
        ),
        (Guide("intact: 13.3 %", 13.3),),
        is_by_block=True,
        message=message,
    )


def many_drops() -> LinesPanel:
    """A line with a band."""
    x = np.arange(1.0, 15.0)
    y = 90.0 / (1.0 + np.exp(-(x - 6.0) / 1.8))
    return LinesPanel(
        "Several random branches dropped",
        Scale("branches dropped", is_whole=True),
        Scale("error (%)", least=0.0),
        (Series("mean of 10", x, y, y - 6.0 - x / 3, y + 5.0 + x / 3, colour="branch"),),
    )


def decades() -> LinesPanel:
    """A logarithm with zeros, gaps, one infinity, and a guide."""
    x = np.arange(0.0, 28.0)
    first = 10.0 ** (-2 - 0.45 * x)
    first[[4, 21]] = math.nan
    first[[26, 27]] = 0.0
    second = 10.0 ** (-1.5 - 0.1 * x + 0.2 * _RANDOM.normal(size=28))
    second[12] = math.inf
    return LinesPanel(
        "Gradient at the input",
        Scale("path length (blocks whose branch is passed)", is_whole=True),
        Scale("mean gradient norm", is_log=True),
        (
            Series("ResNet-56", x, first, first / 3, first * 3, colour="first"),
            Series("ResNet-56, untrained", x, second, colour="second"),
            Series("the same, cut", x, second / 100, colour="second", is_dashed=True),
        ),
        (Guide("float32's least", 1.2e-38 * 1e25), Guide("half of the blocks", 13.5, is_upright=True)),
    )


def dots() -> LinesPanel:
    """A thousand points, and their mean."""
    x = _RANDOM.uniform(-1, 1, 1000)
    x.sort()
    y = 40 - 30 * x + 9 * _RANDOM.normal(size=1000)
    return LinesPanel(
        "Blocks reordered",
        Scale("Kendall's tau", least=-1.0, most=1.0),
        Scale("error (%)"),
        (
            Series("one order", x, y, looks="dots", colour="third"),
            Series(
                "mean", np.linspace(-1, 1, 9), 40 - 30 * np.linspace(-1, 1, 9), looks="steps", colour="text"
            ),
        ),
    )


def spread_dots() -> LinesPanel:
    """A few dots with their spread on two logarithms, zero among both."""
    x = np.array([0.0, 1.0, 3.0, 10.0, 100.0, 1000.0])
    y = np.array([0.0, 2e-3, 5e-2, 0.4, 3.0, 80.0])
    return LinesPanel(
        "Two logarithms",
        Scale("pictures", is_log=True),
        Scale("seconds", is_log=True),
        (
            Series("a", x, y, y / 2, y * 2, looks="dots", colour="fourth"),
            Series("b", x, y * 7, colour="first"),
        ),
    )


def one_point() -> LinesPanel:
    """A study that has just begun."""
    return LinesPanel(
        "One point",
        Scale("strength", least=0.0, most=1.0),
        Scale("error (%)", least=0.0, most=100.0),
        (Series("all shortcuts", np.array([1.0]), np.array([13.3]), colour="shortcut"),),
    )


def long_names(count: int = 5) -> LinesPanel:
    """Names that stand beside no line."""
    x = np.linspace(0, 1, 11)
    colours = ("first", "second", "third", "fourth", "text")
    return LinesPanel(
        f"Error over the strength of all shortcuts of {LONG}",
        Scale("strength of the shortcuts of all blocks at once, from cut to open", least=0.0, most=1.0),
        Scale("disagreement with the intact network (%)", least=0.0),
        tuple(
            Series(f"{LONG}, {number}", x, 90 - 70 * x + 3 * number, colour=colours[number % 5])
            for number in range(count)
        ),
    )


def nothing() -> LinesPanel:
    """Points without a number."""
    return LinesPanel(
        "Nothing yet", Scale("block"), Scale("error (%)"), (Series("a", np.arange(3.0), np.full(3, np.nan)),)
    )


def matrix(size: int = 9) -> MatrixPanel:
    """Signed interactions of blocks, a gap among them."""
    values = _RANDOM.normal(0, 4, (size, size))
    values = values + values.T
    np.fill_diagonal(values, np.nan)
    names = tuple(str(number) for number in range(1, size + 1))
    opened = Wiring.all_open(size)
    states = tuple(
        tuple(opened.with_branches((row + 1, column + 1), 0.0) for column in range(size))
        for row in range(size)
    )
    x = y = Scale("block")
    return MatrixPanel(
        "Which pairs need each other", x, y, values, names, names, "points", is_signed=True, states=states
    )


def wide_matrix() -> MatrixPanel:
    """A few long rows with long names."""
    values = np.abs(_RANDOM.normal(40, 20, (3, 40)))
    names = ("shortcut cut, all others open", "residual branch dropped", "both")
    return MatrixPanel("Errors by class", Scale("class of the picture"), Scale(""), values, names, unit="%")


def pictures(count: int = 9, *, has_slider: bool = False, x: str = "strength") -> PicturesPanel:
    """Two rows of squares whose colour says their place, one of them not made."""
    made = [np.full((8, 8, 3), 20 * place % 256, np.uint8) for place in range(count)]
    for place, pixels in enumerate(made):
        pixels[:4, :4] = (255, 0, place % 256)  # a corner, so that flips show
    return PicturesPanel(
        "Maps of a picture",
        Scale(x, least=0.0, most=1.0),
        np.linspace(0, 1, count),
        (PictureRow("picture", tuple(made)), PictureRow("map at the last block", (None, *made[1:]))),
        ("", "conv3_x"),
        has_slider=has_slider,
    )


def wide_pictures() -> PicturesPanel:
    """One row without a name, of pictures that are wider than high."""
    made = tuple(np.full((6, 12, 3), 10 * place, np.uint8) for place in range(21))
    return PicturesPanel("Deletion", Scale("pixels deleted (%)"), np.arange(21.0), (PictureRow("", made),))


def landscape(size: int = 33, kind: str = "bowl", **how: Any) -> MatrixPanel:
    """Losses around a minimum over two directions: a bowl, or one whose rim is a thousand times as high and rough; the
    rough one has a number that is infinite and one that is none.
    """
    at = np.linspace(-1.0, 1.0, size)
    x, y = np.meshgrid(at, at)
    values = 0.05 * 10.0 ** (2.2 * np.hypot(x, 0.8 * y))
    if kind == "rough":
        waves = np.sin(9 * x + 2 * y) * np.cos(7 * y - 3 * x) + 0.4 * np.sin(23 * x * y)
        values = 0.05 * 10.0 ** (np.minimum(5.5 * np.hypot(x, y), 5.6) + 0.6 * waves * np.hypot(x, y))
        values[-1, -1], values[0, size // 3] = math.inf, math.nan
    first, second = (
        Scale("first direction", least=-1.0, most=1.0),
        Scale("second direction", least=-1.0, most=1.0),
    )
    looks: dict[str, Any] = {"unit": "nats", "is_log": True, "has_contours": True, "is_relief": True}
    return MatrixPanel(f"Loss, {kind}", first, second, values, **looks | how)


def walk(points: int = 12) -> Series:
    """A path from the rim towards the minimum."""
    t = np.linspace(0.0, 1.0, points)
    x, y = -0.8 * (1 - t) ** 2 + 0.15 * np.sin(6 * t) * (1 - t), 0.7 * (1 - t) - 0.02
    words = tuple(f"epoch {n}" for n in range(points))
    return Series("ResNet-20", x, y, colour="changed", words=words)


def rows(count: int = 14) -> LinesPanel:
    """Kinds with several seeds, a row each; one has no error."""
    groups = [Group(tuple(_RANDOM.uniform(1, 60, 4).tolist()), (0.0,) * 4) for _ in range(count - 1)]
    names = [f"a kind of network, number {number}" for number in range(1, count)]
    of_one = Rows("", "branch", (*groups, Group(diverged=4)))
    return study_rows("Test error by kind", Scale("test error (%)", is_log=True), (*names, "none"), (of_one,))


def every() -> tuple[Panel, ...]:
    """One of each kind."""
    return (
        bars(), many_drops(), decades(), dots(), spread_dots(), one_point(), long_names(), nothing(),
        bars(message="This network has no shortcuts."), matrix(), wide_matrix(),
        pictures(), pictures(has_slider=True), wide_pictures(),
        rows(), rows(3), landscape(9, path=walk()), landscape(33, "rough", clip=(0.01, 1e4)),
    )  # fmt: skip


@dataclass(frozen=True)
class InventedOptions(Options):
    """What the invented study asks."""

    repeats: int = option(10, "Repeats", least=1)
    kind: str = option("drop", "Kind")


INFO = StudyInfo(
    "invented",
    "An invented study",
    "Which block can it live without?",
    (
        Paper(
            "Veit, Wilber and Belongie",
            2016,
            "Residual networks behave like ensembles",
            "NeurIPS",
            "Figure 3",
        ),
    ),
    InventedOptions,
    lambda state, blueprint, options: "",
    lambda result: (
        (f"The highest error is {max(float(row['error']) for row in result.rows):.1f} %",)
        if result.rows
        else ()
    ),  # type: ignore[arg-type]
    explains="The error of the network with each residual branch dropped",
)


def result(points: int = 9, *, seed: int = 0, name: str = "cifar-resnet-20") -> StudyResult:
    """Of the invented study."""
    state = NetworkState(spec(name), CIFAR10_PREPROCESSING, OPEN, CIFAR10_CLASSES)
    order = StudyOrder(
        "invented", state, InventedOptions(repeats=4), TestSet("digits", None, 200, 3), Path("out/invented")
    )
    errors = np.random.default_rng(seed).uniform(10, 40, points).tolist()
    rows = tuple(
        {"point": f"drop {n}", "block": n, "error": e, "note": None} for n, e in enumerate(errors, 1)
    )
    return StudyResult(order, Basis(200, 360, has_labels=True, device="cpu"), 9, rows, 4.2, 812.0, 390.0)


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Of the invented study: a line each."""
    colours = ("first", "second", "third", "fourth")
    series = tuple(
        Series(
            one.order.state.network.title,
            np.array([float(row["block"]) for row in one.rows]),  # type: ignore[arg-type]
            np.array([float(row["error"]) for row in one.rows]),  # type: ignore[arg-type]
            colour=colours[number % 4],  # type: ignore[arg-type]
        )
        for number, one in enumerate(results)
    )
    return (
        LinesPanel("Lesions", Scale("block"), Scale("error (%)", least=0.0), series, is_by_block=True),
        matrix(),
    )


def install(patch: pytest.MonkeyPatch) -> None:
    """Have the invented study among those there are, until the test is over."""
    patch.setitem(study_list._BY_NAME, "invented", INFO)
    module = ModuleType("resnet_viewer.charts.studies.invented")
    module.panels = panels  # type: ignore[attr-defined]
    patch.setitem(sys.modules, module.__name__, module)

"""The error plot of the papers: training error thin, test error bold, one colour a depth, plain networks dashed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from resnet_viewer.figures import palette
from resnet_viewer.figures.page import MARGIN, Page, page, text_width
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.training import RunReport

DEPTH_COLOURS = ("#1667c7", "#c46f00", "#7a3fb3", "#1d8a5a", "#b3261e", "#5a6172")
"""From the shallowest network to the deepest; from the seventh depth on they begin again."""
_LEFT, _ROW, _SIGN = 0.62, 0.2, 0.34


def figure(runs: Sequence[RunReport], *, size: tuple[float, float] = (7.6, 4.6)) -> Figure:
    """Errors of every epoch, in percent: of the training while the weights moved, and of the test set after it.

    `size` is in inches.

    Raises:
        ValueError: there is no run.
    """
    if not runs:
        raise ValueError("no run to draw")
    sheet = page(
        title="Training and test error",
        subtitle=f"{', '.join(dict.fromkeys(run.spec.data for run in runs))} · thin: training, bold: test",
        caption=caption(runs),
        width=size[0],
        height=size[1],
    )
    colours = depth_colours([run.spec.network for run in runs])
    top = _legend(sheet, runs, colours)
    bottom = sheet.bottom + 0.52
    axes = sheet.axes(
        MARGIN + _LEFT, bottom, sheet.width - 2 * MARGIN - _LEFT - 0.1, max(top - bottom - 0.08, 0.8)
    )
    for run in runs:
        network = run.spec.network
        epochs = [epoch.epoch + 1 for epoch in run.epochs]
        dash = line_style(network)
        colour = colours[network.depth]
        axes.plot(
            epochs,
            [e.train_error for e in run.epochs],
            color=colour,
            linewidth=0.9,
            linestyle=dash,
            alpha=0.8,
        )
        axes.plot(epochs, [e.test_error for e in run.epochs], color=colour, linewidth=2.0, linestyle=dash)
    _prepare(axes, runs)
    return sheet.figure


def caption(runs: Sequence[RunReport]) -> str:
    """What was trained, how, and what is measured, as one sentence."""
    names = ", ".join(dict.fromkeys(run.spec.network.title for run in runs))
    recipes = "; ".join(dict.fromkeys(f"{run.spec.recipe.name}: {run.spec.recipe.words}" for run in runs))
    seeds = sorted({run.spec.network.seed for run in runs})
    return (
        f"Errors in percent after every epoch · {names} · recipe {recipes} · seed{'s' if len(seeds) > 1 else ''} "
        f"{', '.join(map(str, seeds))} · training error over the epoch while the weights moved, test error after it."
    )


def depth_colours(networks: Sequence[NetworkSpec]) -> dict[int, str]:
    """A colour for each depth, the shallowest first."""
    depths = sorted({network.depth for network in networks})
    return {depth: DEPTH_COLOURS[index % len(DEPTH_COLOURS)] for index, depth in enumerate(depths)}


def line_style(network: NetworkSpec) -> str | tuple[int, tuple[float, ...]]:
    """Solid with shortcuts, dashed without."""
    return "-" if network.has_shortcuts else (0, (4, 2))


def table(runs: Sequence[RunReport]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows for `export.csv_bytes`: one row a run and epoch, errors in percent."""
    header = ("network", "seed", "epoch", "rate", "training loss", "training error", "test error")
    rows = [
        (
            run.spec.network.name,
            str(run.spec.network.seed),
            str(epoch.epoch + 1),
            *(repr(float(v)) for v in (epoch.rate, epoch.train_loss, epoch.train_error, epoch.test_error)),
        )
        for run in runs
        for epoch in run.epochs
    ]
    return header, rows


def _legend(sheet: Page, runs: Sequence[RunReport], colours: dict[int, str]) -> float:
    """A line and a name for each network, wrapped to the page; gives the height left beneath, in inches."""
    inner = sheet.width - 2 * MARGIN
    networks = {run.spec.network.title: run.spec.network for run in runs}
    x, row = 0.0, 0
    places: list[tuple[float, int, NetworkSpec]] = []
    for title, network in networks.items():
        width = _SIGN + text_width(title, palette.FONT) + 0.22
        if x and x + width > inner:
            x, row = 0.0, row + 1
        places.append((x, row, network))
        x += width
    height = _ROW * (row + 1)
    axes = sheet.bare_axes(MARGIN, sheet.top - height, inner, height)
    for left, line, network in places:
        y = height - (line + 0.5) * _ROW
        axes.plot(
            [left, left + 0.26],
            [y, y],
            color=colours[network.depth],
            linewidth=2.0,
            linestyle=line_style(network),
        )
        sheet.write(MARGIN + left + _SIGN, sheet.top - height + y - 0.035, network.title)
    return sheet.top - height


def _prepare(axes: Axes, runs: Sequence[RunReport]) -> None:
    epochs = max(len(run.epochs) for run in runs)
    highest = max(max(e.train_error, e.test_error) for run in runs for e in run.epochs)
    axes.set_xlim(1, max(epochs, 2))
    axes.set_ylim(0, max(1.04 * highest, 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(6, prune="upper"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=palette.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(
        colors=palette.TEXT, width=0.7, length=3, labelsize=palette.FONT, labelfontfamily="DejaVu Sans"
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(palette.REFERENCE)
        axes.spines[side].set_linewidth(0.8)
    words: dict[str, Any] = {"fontsize": palette.FONT, "color": palette.TEXT, "fontfamily": "DejaVu Sans"}
    axes.set_xlabel("epoch", **words)
    axes.set_ylabel("error (%)", **words)

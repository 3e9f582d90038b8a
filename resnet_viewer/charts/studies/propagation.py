"""What is drawn of "Signal propagation at initialisation": variances, squared means and gradients, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from resnet_viewer.charts.study_panel import HUES, Colour, Floats, LinesPanel, Panel, Scale, Series, names
from resnet_viewer.records.story_words import counted
from resnet_viewer.records.studies.propagation import Drawn, cases, drawn, options_of
from resnet_viewer.records.study import StudyResult

_SPAN = 60.0
"""A panel whose numbers span more than this has a logarithmic axis."""
_WORDS = {
    "shortcut": "what the shortcut carries",
    "branch": "what the branch adds",
    "output": "the block's output",
}
_GRADIENTS = {"noise": "1 at the end", "score": "of the score", "loss": "of the loss"}


class _Line(NamedTuple):
    """The draws of one network among those of all results."""

    drawn: Drawn
    name: str
    """What sets it apart from the others; "" where nothing does."""
    hue: Colour | None
    """Of its result and depth; None where all are of one."""

    @property
    def is_dashed(self) -> bool:
        return not self.drawn.case.network.is_normalised


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Shortcut and branch in one panel, in their colours; of several networks in two, where networks have the colours.
    Without batch normalisation lines are dashed.
    """
    lines = _lines(results)
    gradients = " or ".join(dict.fromkeys(_GRADIENTS[options_of(result).gradient_of] for result in results))
    is_one = all(line.hue is None for line in lines)
    kinds = {"shortcut" if line.drawn.case.network.has_shortcuts else "output" for line in lines}
    passed = tuple(whose for whose in ("shortcut", "output") if whose in kinds or not kinds)
    groups = ((*passed, "branch"),) if is_one else (passed, ("branch",))
    variances = [
        _panel(
            "Variance" if is_one else f"Variance of {_together(group)}",
            "mean variance of a channel",
            lines,
            [(whose, f"{whose}_variance") for whose in group],
        )
        for group in groups
    ]
    means = _panel(
        "Mean square by channel" if is_one else f"Mean square by channel of {_together(passed)}",
        "mean squared mean of a channel",
        lines,
        [(whose, f"{whose}_mean") for whose in groups[0]],
    )
    return (
        *variances,
        means,
        _panel("Gradient at the block's output", f"gradient norm ({gradients})", lines, [("", "gradient")]),
        _panel(
            "Gradient of the branch's weights",
            f"gradient norm ({gradients})",
            lines,
            [("", "weight_gradient")],
        ),
    )


def _together(group: Sequence[str]) -> str:
    """ "what the shortcut carries or the block's output"."""
    return " or ".join(_WORDS[whose] for whose in group)


def _lines(results: Sequence[StudyResult]) -> tuple[_Line, ...]:
    several = len(results) > 1
    found: list[_Line] = []
    hues: dict[tuple[int, int], Colour] = {}
    for place, (result, name) in enumerate(zip(results, names(results), strict=True)):
        every = cases(result.order.state, options_of(result))
        depths = {case.network.depth for case in every}
        has_both = len({case.network.is_normalised for case in every}) > 1
        for each in drawn(result):
            network = each.case.network
            hue = hues.setdefault((place, network.depth), HUES[len(hues) % len(HUES)])
            parts = [name]
            parts += [f"{network.depth} layers"] if len(depths) > 1 else []
            parts += ["with BN" if network.is_normalised else "without BN"] if has_both else []
            is_alone = not several and len(depths) == 1
            found.append(_Line(each, ", ".join(filter(None, parts)), None if is_alone else hue))
    return tuple(found)


def _panel(
    title: str, measured: str, lines: Sequence[_Line], wanted: Sequence[tuple[str, str]]
) -> LinesPanel:
    series = [
        made for line in lines for whose, key in wanted if (made := _series(line, whose, key)) is not None
    ]
    every = np.concatenate([np.zeros(0), *(one.y for one in series)])
    known = every[np.isfinite(every) & (every > 0)]
    is_log = bool(known.size) and bool(known.max() > _SPAN * known.min() or np.isinf(every).any())
    y = Scale(measured, is_log=True) if is_log else Scale(measured, least=0.0)
    message = "" if lines else "No draw is measured yet."
    return LinesPanel(
        title, Scale("block", is_whole=True), y, tuple(series), is_by_block=True, message=message
    )


def _series(line: _Line, whose: str, key: str) -> Series | None:
    """The geometric mean over the draws, and from the lowest to the highest of them; None where there is nothing."""
    network = line.drawn.case.network
    if whose == "output" and network.has_shortcuts:
        return None
    values, middle = line.drawn.values(key), line.drawn.middle(key)
    if not len(values) or np.isnan(middle).all():
        return None
    low, high = (values.min(0), values.max(0)) if len(values) > 1 else (None, None)
    own: dict[str, Colour] = {"shortcut": "shortcut", "branch": "branch", "output": "text"}
    apart = whose if line.hue is None else ""
    name = ", ".join(filter(None, (apart, line.name)))
    return Series(
        name,
        np.arange(1, len(middle) + 1, dtype=np.float64),
        middle,
        low,
        high,
        colour=line.hue or own.get(whose, "first"),
        is_dashed=line.is_dashed,
        words=tuple(_point(line, whose, name, place, middle, values) for place in range(len(middle))),
    )


def _point(line: _Line, whose: str, name: str, place: int, middle: Floats, values: Floats) -> str:
    """ "shortcut, with BN · block 21 · conv4_x 3: 3.41 (3.2 to 3.6, 5 draws)"."""
    label = line.drawn.plan.blocks[place].label
    spread = values[:, place]
    text = f"{label}: {middle[place]:.3g}"
    if len(spread) > 1:
        text += f" ({spread.min():.3g} to {spread.max():.3g}, {counted(len(spread), 'draw')})"
    return " · ".join(filter(None, (name or line.drawn.case.words, text)))

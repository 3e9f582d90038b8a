"""The study "Shattered gradients": how alike the gradient is at neighbouring points of the input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.papers import BALDUZZI_2017
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.story_words import counted, signed
from resnet_viewer.records.study import Options, Row, StudyInfo, StudyResult, option

Floats = NDArray[np.float64]
_DEEP, _SHALLOW = 24, 10
"""Layers from which on the paper's networks without shortcuts are close to white noise, and up to which to brown."""
_NEAR_WHITE = 0.25
"""Of the way from white to brown noise: up to here it is called close to white."""
NOISES = ("white", "brown")
Statistics = Literal["usual", "the line's", "training's"]


@dataclass(frozen=True)
class ShatteringOptions(Options):
    """The lines along which gradients are taken, and how far apart they are compared."""

    ends: Literal["pictures", "noise"] = option(
        "pictures", "Ends", "what lines are drawn between: two pictures, or two of normally distributed noise"
    )
    lines: int = option(8, "Lines", "how many", least=1, most=1000)
    points: int = option(112, "Points", "on each line, evenly spaced", least=16, most=1024)
    lags: int = option(15, "Lags", "how many points apart gradients are compared at most", least=1, most=200)
    statistics: Statistics = option(
        "usual",
        "BN statistics",
        "those of a line's own points together, as in training, or those that training left; usual: the line's for "
        "untrained weights, training's for trained ones",
    )
    seed: int = option(0, "Seed", "of the choice of lines", least=0, most=2**31 - 1)

    @property
    def farthest(self) -> int:
        """The largest lag: at most half of a line."""
        return min(self.lags, self.points // 2)


def autocorrelation(products: Floats, farthest: int) -> Floats | None:
    """How alike vectors are that stand 0 … `farthest` places apart in a row, from 1 to −1; None where all are the same.

    ρ(k) = Σ over t of ⟨g(t) − ḡ, g(t + k) − ḡ⟩ / Σ over t of |g(t) − ḡ|², with ḡ the mean of all, from the `products`
    ⟨g(s), g(t)⟩, (N, N).

    Example:
        >>> autocorrelation(np.eye(4), 1).round(3).tolist()
        [1.0, -0.25]
    """
    centred = products - products.mean(0) - products.mean(1)[:, None] + products.mean()
    total = float(np.trace(centred))
    if not np.isfinite(total) or total <= 1e-12 * abs(float(np.trace(products))):
        return None
    return np.array([float(np.trace(centred, lag)) / total for lag in range(farthest + 1)])


def noise(kind: str, points: int, farthest: int) -> Floats:
    """The same of noise, by its mean products: of white noise every point is drawn anew, brown noise is its sum."""
    steps = np.arange(1.0, points + 1)
    products: Floats = np.eye(points) if kind == "white" else np.minimum.outer(steps, steps)
    found = autocorrelation(products, farthest)
    assert found is not None, "a line has several points"
    return found


def measured(result: StudyResult) -> Floats:
    """(lines, lags + 1), the autocorrelations of the lines so far; what is none is passed over."""
    options = options_of(result)
    found = [row.get("autocorrelation") for row in result.rows]
    kept = [line for line in found if isinstance(line, tuple) and len(line) == options.farthest + 1]
    lines = np.array(kept, np.float64).reshape(len(kept), options.farthest + 1)
    finite: Floats = lines[np.isfinite(lines).all(1)]
    return finite


def options_of(result: StudyResult) -> ShatteringOptions:
    """The result's options."""
    options = result.order.options
    assert isinstance(options, ShatteringOptions)
    return options


def takes_line(state: NetworkState, options: ShatteringOptions) -> bool:
    """Whether batch normalisation takes the statistics of all points of a line together."""
    if not state.network.is_normalised:
        return False
    is_untrained = state.network.weights.is_untrained
    return options.statistics == "the line's" or (options.statistics == "usual" and is_untrained)


@dataclass(frozen=True, eq=False)
class Sights:
    """What a line looks like at some of its places."""

    ends: tuple[str, str]
    """Names of the pictures."""
    shares: Floats
    """(P,), how far from the first end to the second each place is, rising."""
    start: Floats
    """(C, S, S), the first picture, as a screen shows it from 0 to 1, but not cut off there."""
    end: Floats
    gradients: Floats
    """(P, C, S', S'), from −1 to 1 in steps of 1/127: at each place 1 is what 99 of 100 values do not exceed."""
    largest: Floats
    """(P,), what that is."""

    def picture(self, place: int) -> Floats:
        """(C, S, S), what the network sees there, from 0 to 1."""
        share = self.shares[place]
        found: Floats = np.clip((1 - share) * self.start + share * self.end, 0, 1)
        return found


LEVELS = 127
"""Of a gradient's values above zero, and below."""


def sights(result: StudyResult) -> Sights | None:
    """Those of the first line; None where they are not there, or not whole."""
    channels = len(result.order.state.preprocessing.mean)
    for row in result.rows:
        shares, largest = (_numbers(row, name) for name in ("shares", "largest"))
        start, end = (_planes(row, name, channels) for name in ("start", "end"))
        values = _numbers(row, "gradients")
        if not len(shares) or start is None or end is None or start.shape != end.shape:
            continue
        if not all(np.isfinite(part).all() for part in (shares, start, end, values)):
            continue
        side = math.isqrt(len(values) // (channels * len(shares)))
        if side and len(values) == len(shares) * channels * side**2 and len(largest) == len(shares):
            gradients = values.reshape(len(shares), channels, side, side) / LEVELS
            ends = str(row.get("from")), str(row.get("to"))
            return Sights(ends, shares, start, end, gradients, largest)
    return None


def pairs(result: StudyResult) -> Floats | None:
    """(P, P), how alike the gradients at any two of some places of the first line are, from −1 to 1; None where there
    is nothing of it.
    """
    for row in result.rows:
        values = _numbers(row, "pairs")
        side = math.isqrt(len(values))
        if side and len(values) == side**2:
            return values.reshape(side, side)
    return None


def _planes(row: Row, name: str, channels: int) -> Floats | None:
    values = _numbers(row, name)
    side = math.isqrt(len(values) // channels)
    return values.reshape(channels, side, side) if side and len(values) == channels * side**2 else None


def _numbers(row: Row, name: str) -> Floats:
    value = row.get(name)
    return np.array(value if isinstance(value, tuple | list) else (), np.float64)


def refusal(state: NetworkState, plan: Blueprint, options: ShatteringOptions) -> str:
    """A gradient needs a score."""
    if state.network.has_classifier:
        return ""
    return f"{state.network.title} has no classifier, so there is no score to take gradients of."


def conclusion(result: StudyResult) -> Sequence[str]:
    """How alike neighbouring gradients are, between white and brown noise, and whether the paper says so."""
    lines, options, state = measured(result), options_of(result), result.order.state
    if not result.rows:
        return ()
    if not len(lines):
        return ("No gradient that changes arrives at the input on any line: there is nothing to compare.",)
    nearest = lines[:, 1]
    mean = float(nearest.mean())
    white, brown = (float(noise(kind, options.points, 1)[1]) for kind in NOISES)
    way = (mean - white) / (brown - white)
    spread = f" ({signed(nearest.min())} to {signed(nearest.max())})" if len(lines) > 1 else ""
    so_far = "" if result.is_complete else f" so far, of {result.points},"
    return (
        f"On {counted(len(lines), 'line')}{so_far} between {_ends(options)} with {options.points} points each, "
        f"{_normalised(state, options)}gradients of the score one point apart have an autocorrelation of "
        f"{signed(mean)}{spread}: white noise would have {signed(white)}, brown noise {signed(brown)}, so it is "
        f"{signed(100 * way, 0)} % of the way from white to brown.",
        _agreement(state, options, way),
    )


def _ends(options: ShatteringOptions) -> str:
    return "pictures" if options.ends == "pictures" else "points of noise"


def _normalised(state: NetworkState, options: ShatteringOptions) -> str:
    if not state.network.is_normalised:
        return ""
    whose = "the line's own points" if takes_line(state, options) else "training"
    return f"normalised by the statistics of {whose}, "


def _agreement(state: NetworkState, options: ShatteringOptions, way: float) -> str:
    network, wiring = state.network, state.wiring
    if not network.weights.is_untrained:
        return (
            "The paper measures networks before training, so it does not say what these trained weights should show; "
            "lay the untrained network and its twin over this."
        )
    if network.is_normalised and not takes_line(state, options):
        return (
            "The paper normalises by the statistics of a batch; without training there are none of it, and what is "
            "normalised is as it was: take those of the line to compare."
        )
    has_shortcuts = network.has_shortcuts and any(strength > 0 for strength in wiring.shortcuts)
    layers = len(blueprint(network, state.preprocessing.crop).layers)
    if has_shortcuts and not wiring.is_open:
        return "Some of its gates are not open, which the paper does not measure."
    is_white = way < _NEAR_WHITE
    if has_shortcuts:
        if is_white:
            return (
                "It does not agree with the paper, because with shortcuts gradients are close to white noise where "
                "points are this far apart; more points stand closer together."
            )
        return "It agrees with the paper: with shortcuts gradients do not become white noise."
    if layers >= _DEEP:
        if is_white:
            return f"It agrees with the paper: in {layers} layers without shortcuts gradients are close to white noise."
        return (
            f"It does not agree with the paper, because in {layers} layers without shortcuts gradients are not close "
            "to white noise where points are this close together; its residual twin, laid over it, tells more."
        )
    if layers > _SHALLOW:
        return "The paper says of such a depth only that it lies between a shallow and a deep network."
    if way > 0.5:
        return f"It agrees with the paper: in {layers} layers without shortcuts gradients are closer to brown noise."
    return f"It does not agree with the paper, because even in {layers} layers gradients are closer to white noise."


INFO = StudyInfo(
    name="shattering",
    title="Shattered gradients",
    question="Does its gradient turn into noise?",
    papers=(BALDUZZI_2017.at("Figures 1 and 2"),),
    options=ShatteringOptions,
    refusal=refusal,
    conclusion=conclusion,
    explains=(
        "Along straight lines through the input the gradient of one score is taken at many points, and held against "
        "itself some points further on. Of untrained weights batch normalisation takes the statistics of all points "
        "of the line together, as the paper does, and their share in the gradient counts; of trained ones those of "
        "training."
    ),
)

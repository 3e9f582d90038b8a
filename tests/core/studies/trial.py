"""A small study for tests, with everything that a study has: which branch weakens the network most."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np

from resnet_viewer.charts.study_panel import LinesPanel, Panel, Scale, Series
from resnet_viewer.core.studies.bench import Bench, Point, StudyPlan, Work
from resnet_viewer.core.weights.opened import open_network
from resnet_viewer.records import study_list
from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.papers import Paper
from resnet_viewer.records.probe import NetworkState
from resnet_viewer.records.study import (
    Options,
    StudyInfo,
    StudyOrder,
    StudyResult,
    option,
)
from resnet_viewer.records.test_set import TestSet
from resnet_viewer.records.wiring import Wiring

NAME = "trial"
CROPS = TestSet("crops", sample=10)


@dataclass(frozen=True)
class TrialOptions(Options):
    """Options of every kind that there is."""

    strength: float = option(0.0, "Strength", "of the branch", least=0.0, most=1.0)
    repeats: int = option(1, "Repeats", "of each block", least=1, most=1000)
    which: Literal["all", "every second"] = option("all", "Blocks", "which are weakened")
    is_reversed: bool = option(True, "Last first", "as is quickest")


def refusal(state: NetworkState, plan: Blueprint, options: TrialOptions) -> str:
    """For networks of at most 50 blocks."""
    return "" if len(plan.blocks) <= 50 else f"{state.network.title} has more than 50 blocks."


def conclusion(result: StudyResult) -> Sequence[str]:
    """Which block is needed most, so far."""
    if not result.rows:
        return ["No block is measured yet."]
    worst = max(result.rows, key=lambda row: row["error"])  # type: ignore[arg-type,return-value]
    return [f"Block {worst['block']} is needed most: {worst['error']:.1f} % {result.basis.measure}."]


INFO = StudyInfo(
    NAME,
    "Trial",
    "Which block does it need most?",
    (Paper("Nobody", 2016, "Nothing", figures="Figure 0"),),
    TrialOptions,
    refusal,
    conclusion,
    explains="Each residual branch is weakened alone.",
)
IDLE = replace(INFO, name="idle", needs="nothing")
"""The same without pictures: each point says the number of its block."""


def plan(bench: Bench, options: TrialOptions) -> StudyPlan:
    """A point for each block and repeat; the last block first."""

    def weakened(block: int) -> Work:
        if not len(bench):
            yield
            return {"block": block, "error": float(block)}
        wiring = bench.state.wiring.with_branches([block], options.strength)
        side = yield from bench.side(wiring)
        return {"block": block, "error": side.error, "wrong": side.wrong.sum(), "not finite": float("inf")}

    step = 1 if options.which == "all" else 2
    blocks = range(1, len(bench.plan.blocks) + 1, step)
    return StudyPlan(
        [
            Point(f"block {block}, {repeat}", len(bench), lambda block=block: weakened(block))  # type: ignore[misc]
            for repeat in range(options.repeats)
            for block in (reversed(blocks) if options.is_reversed else blocks)
        ]
    )


def panels(results: Sequence[StudyResult]) -> tuple[Panel, ...]:
    """Errors by block."""
    series = []
    for result in results:
        rows = sorted(result.rows, key=lambda row: float(row["block"]))  # type: ignore[arg-type]
        x, y = (np.array([row[name] for row in rows], np.float64) for name in ("block", "error"))
        series.append(Series("", x, y, looks="dots"))
    return (LinesPanel("Errors", Scale("block"), Scale("error (%)"), tuple(series), is_by_block=True),)


def register() -> None:
    """In this process the study is one of the list's."""
    for info in (INFO, IDLE):
        for room, name, made in (("core", "plan", plan), ("charts", "panels", panels)):
            module = ModuleType(f"resnet_viewer.{room}.studies.{info.name}")
            setattr(module, name, made)
            sys.modules[module.__name__] = module
        study_list._BY_NAME[info.name] = info
    study_list.STUDIES = (*study_list.STUDIES, INFO, IDLE)


def unregister() -> None:
    """As before."""
    for info in (INFO, IDLE):
        for room in ("core", "charts"):
            sys.modules.pop(f"resnet_viewer.{room}.studies.{info.name}", None)
        study_list._BY_NAME.pop(info.name, None)
    study_list.STUDIES = study_list.STUDIES[:-2]


def order_in(
    folder: Path,
    *,
    study: str = NAME,
    network: str = "cifar-resnet-20",
    test_set: TestSet | None = CROPS,
    is_resumed: bool = False,
    **options: object,
) -> StudyOrder:
    """Of a bundled network and a few crops, unlabelled."""
    state = open_network(network).state
    assert state.wiring == Wiring.all_open(state.network.block_count)
    return StudyOrder(
        study,
        state,
        TrialOptions(**options),
        test_set,
        folder,
        device="cpu",
        threads=1,
        is_resumed=is_resumed,  # type: ignore[arg-type]
    )

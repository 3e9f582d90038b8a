"""Runs for the story's tests, and the story as one text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.story import story
from resnet_viewer.records.story_groups import StoryRun
from resnet_viewer.records.training import EpochReport, RunSpec

STEPS = 40
"""In an epoch: three of them are enough to tell."""
NAMES = ("cifar-plain-20", "cifar-resnet-20", "cifar-plain-56", "cifar-resnet-56")


def told(
    name: str,
    *train_errors: float,
    test: float = 3.0,
    epochs: int = 3,
    seed: int = 0,
    final: float | None = None,
    steps: int = STEPS,
    **more: Any,
) -> StoryRun:
    """A run whose epochs ended with these training errors; done where there are as many as `epochs`."""
    network = replace(spec(name), seed=seed, channels=1, input_size=8)
    run = replace(RunSpec(network, "digits", epochs), **more.pop("run", {}))
    is_done = len(train_errors) == epochs
    given: dict[str, Any] = {
        "state": "done" if is_done else "running",
        "final_train_error": train_errors[-1] if is_done and final is None else final,
        "errors": np.repeat(np.array(train_errors), steps),
    } | more
    reports = tuple(EpochReport(i, 0.1, 1.0, error, test, 2.0) for i, error in enumerate(train_errors))
    return StoryRun(network.title, run, steps_per_epoch=steps, epochs=reports, **given)


def four(
    plain_20: float, resnet_20: float, plain_56: float, resnet_56: float, *, seed: int = 0, **more: Any
) -> list[StoryRun]:
    """Plain and residual at depths 20 and 56, by their training errors at the end."""
    errors = (plain_20, resnet_20, plain_56, resnet_56)
    return [told(name, 80, 50, error, seed=seed, **more) for name, error in zip(NAMES, errors, strict=True)]


def question(runs: list[StoryRun], pictures: int = 0) -> str:
    """The first paragraph, with usual spaces: what is asked, what is trained, how far it has come."""
    return story(runs, pictures=pictures)[0].replace("\u00a0", " ")


def text(runs: list[StoryRun], time: float | None = None, pictures: int = 0) -> str:
    """What is answered: a paragraph a line, with usual spaces."""
    return "\n".join(story(runs, time, pictures=pictures)[1:]).replace("\u00a0", " ")

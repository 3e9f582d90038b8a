"""Which of a plan's runs are new beside those that are there, and by which keys: a run is known by its settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.run_plan import MOST_RUNS, PlanError
from resnet_viewer.records.training import RunSpec
from resnet_viewer.ui.train.bar import data_words

Runs = tuple[tuple[str, RunSpec], ...]
_LONGEST = 30
"""Letters of a recipe's name in a key."""


def settings_of(run: RunSpec) -> RunSpec:
    """What fixes a run before anything is done to it; how often its gradients are noted changes nothing.

    Nor do mean and deviation, which the data decide when they are read.
    """
    return replace(run, mean=(), std=(), interventions=(), extensions=(), record_every=0)


def require_data(theirs: str, wished: str, *, is_busy: bool) -> None:
    """Runs that stand together are trained on the same data.

    Raises:
        PlanError: these are not.
    """
    if theirs != wished:
        whose = "at work" if is_busy else "on the screen"
        way = "stop them before you start" if is_busy else "press Start again for"
        raise PlanError(
            f"The runs {whose} are trained on {data_words(theirs)}; {way} others on {data_words(wished)}."
        )


def remark_on(new: Runs, scene: LabScene) -> str:
    """What one should know about runs that are added; "" for nothing."""
    known = [log for log in scene.logs if log.run.network.has_shortcuts]
    is_cut = bool(known) and all(log.strength < 1 for log in known)
    if is_cut and any(run.network.has_shortcuts for _, run in new):
        return "The added runs begin with their shortcuts whole; those of the others stay as they are."
    return ""


def to_add(runs: Runs, known: Mapping[str, RunSpec], shown: Collection[str]) -> Runs:
    """Those of `runs` that are not shown yet, whatever their keys are.

    `known` are the runs of the folder by key, also those that were taken out of the list; such a one comes back under
    its own key. A run whose key is another's gets one that says what differs.

    Raises:
        PlanError: there are none, or too many.
    """
    keys = {settings_of(run): key for key, run in known.items()}
    taken, new = dict(known), []
    for key, run in runs:
        same = keys.get(settings_of(run))
        if same is None:
            free = _free(key, run, taken)
            taken[free] = run
            new.append((free, run))
        elif same not in shown:
            new.append((same, run))
    if not new:
        raise PlanError(
            "All these runs are there already; choose other depths, kinds, seeds, or another recipe."
        )
    if (total := len(shown) + len(new)) > MOST_RUNS:
        raise PlanError(
            f"That would be {total} runs; train at most {MOST_RUNS} side by side: remove some from the list, or "
            "choose fewer."
        )
    return tuple(new)


def _free(key: str, run: RunSpec, taken: Mapping[str, RunSpec]) -> str:
    if key not in taken:
        return key
    other = taken[key]
    parts = [key]
    if run.recipe.name != other.recipe.name:
        parts.append(
            "-".join("".join(c if c.isalnum() else " " for c in run.recipe.name.lower()).split())[:_LONGEST]
        )
    if run.epochs != other.epochs:
        parts.append(f"{run.epochs}-epochs")
    if run.precision != other.precision:
        parts.append(run.precision)
    name = "-".join(parts)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found

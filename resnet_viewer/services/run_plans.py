"""Turns a plan of the Train tab into training runs. Imports no torch, so it may be called on the window's thread."""

from __future__ import annotations

from dataclasses import replace

from resnet_viewer import paths
from resnet_viewer.core.lab.planned import planned
from resnet_viewer.core.weights import catalog
from resnet_viewer.records.lab import Runs, key_of
from resnet_viewer.records.run_plan import MOST_RUNS, PlanError, RunPlan
from resnet_viewer.records.training import shortcut_refusal

_DOWNLOADS = {
    "mnist": ("MNIST", 12),
    "fashion-mnist": ("FashionMNIST", 31),
    "cifar10": ("cifar-10-batches-py", 170),
    "cifar100": ("cifar-100-python", 169),
}
"""The folder in which torchvision keeps it, and megabytes."""
_DEEPEST = 1202
"""The deepest of He et al. 2015."""


def runs_of(plan: RunPlan) -> Runs:
    """Every run with its key, by depth, plain before residual.

    Raises:
        UserError: a depth, a name or a folder does not fit; one sentence says which and what would.

    Example:
        >>> [key for key, _ in runs_of(RunPlan(depths="20"))]
        ['cifar-plain-20', 'cifar-resnet-20']
    """
    course = plan.course
    specs = [catalog.spec(name) for name in _names(plan)]
    if len(specs) * course.seeds > MOST_RUNS:
        raise PlanError(f"That is {len(specs) * course.seeds} runs; train at most {MOST_RUNS} side by side.")
    wished = course.recipe
    if wished != wished.for_plain and not any(spec.has_shortcuts for spec in specs):
        raise PlanError(shortcut_refusal(planned(specs[0], plan.data, course)))
    plain = replace(course, recipe=wished.for_plain)
    runs = []
    for spec in sorted(specs, key=lambda spec: (spec.depth, spec.has_shortcuts, spec.name)):
        for seed in range(course.seed, course.seed + course.seeds):
            seeded = replace(spec, seed=seed)
            run = planned(seeded, plan.data, course if spec.has_shortcuts else plain)
            if why := shortcut_refusal(run):
                raise PlanError(why)
            runs.append((key_of(seeded), run))
    return tuple(runs)


def remark(name: str) -> str:
    """What it costs to have a named data set: "download 170 MB"; "" where it is on this computer."""
    found = _DOWNLOADS.get(name)
    if found is None or (paths.cache_dir() / "datasets" / found[0]).is_dir():
        return ""
    return f"download {found[1]} MB"


def _names(plan: RunPlan) -> tuple[str, ...]:
    names = plan.networks.replace(",", " ").split()
    depths = plan.depths.replace(",", " ").split()
    if wrong := next((depth for depth in depths if not (depth.isascii() and depth.isdecimal())), None):
        raise PlanError(f"{wrong[:20]!r} is no depth; write numbers with commas, as in 20, 56.")
    if deep := next((depth for depth in depths if len(depth) > 9 or int(depth) > _DEEPEST), None):
        raise PlanError(f"A network of {deep[:20]} layers is too deep; take depths up to {_DEEPEST}.")
    kinds = [kind for kind, is_on in (("plain", plan.is_plain), ("resnet", plan.is_residual)) if is_on]
    for depth in depths:
        for kind in kinds:
            endings = plan.endings if kind == "resnet" else catalog.of_plain(plan.endings)
            names.append(f"cifar-{kind}-{int(depth)}{''.join(endings)}")
    if not names:
        raise PlanError("No network is chosen; give a depth such as 20, and plain, residual or both.")
    return tuple(dict.fromkeys(names))

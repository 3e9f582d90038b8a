"""What tells runs of the same network apart, beside their seeds."""

from __future__ import annotations

from collections.abc import Iterable

from resnet_viewer.records.training import RunSpec


def variants(runs: Iterable[RunSpec]) -> tuple[str, ...]:
    """What tells each from other runs of the same network, in words, but for seeds; "" where nothing does."""
    runs = tuple(runs)
    return tuple(
        _variant(run, [other for other in runs if other.network.title == run.network.title]) for run in runs
    )


def _variant(run: RunSpec, alike: list[RunSpec]) -> str:
    def differs(values: Iterable[object]) -> bool:
        return len(set(values)) > 1

    parts = []
    name, rivals = run.recipe.name, [other for other in alike if other.recipe.name == run.recipe.name]
    if len(rivals) < len(alike):
        parts.append(name)
    if differs(other.recipe.rate for other in rivals):
        parts.append(f"rate {run.recipe.rate:g}")
    if differs(other.recipe.batch for other in rivals):
        parts.append(f"batch {run.recipe.batch}")
    if differs(other.epochs for other in alike):
        parts.append(f"{run.epochs} epochs")
    if differs(other.precision for other in alike):
        parts.append(run.precision)
    return ", ".join(parts)

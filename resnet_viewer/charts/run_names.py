"""What the runs of a figure are called, which of them are seeds of one network, and how each is drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from resnet_viewer.charts.chart import Stroke
from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.run_log import LabScene, run_title
from resnet_viewer.records.story_words import strength_words
from resnet_viewer.records.training import RunReport, RunSpec


def variants(runs: Sequence[RunSpec]) -> list[tuple[str, bool]]:
    """What tells each from other runs of the same network, in words, "" where nothing does; and whether runs that are
    told alike by that have several seeds.
    """
    words = [
        _variant(run, [other for other in runs if other.network.title == run.network.title]) for run in runs
    ]
    told = [(run.network.title, variant) for run, variant in zip(runs, words, strict=True)]
    seeds: dict[tuple[str, str], set[int]] = {}
    for run, key in zip(runs, told, strict=True):
        seeds.setdefault(key, set()).add(run.network.seed)
    return [(key[1], len(seeds[key]) > 1) for key in told]


def _variant(run: RunSpec, alike: list[RunSpec]) -> str:
    def differs(values: Iterable[object]) -> bool:
        return len(set(values)) > 1

    parts = []
    name = run.recipe.for_plain.name
    rivals = [other for other in alike if other.recipe.for_plain.name == name]
    if len(rivals) < len(alike):
        parts.append(plain(name))
    if run.recipe.survival < 1 and differs(other.recipe.survival for other in alike):
        parts.append(f"survival {run.recipe.survival:g}")
    schedule = run.recipe.shortcuts
    if schedule and differs(other.recipe.shortcuts for other in alike):
        several = len({other.recipe.shortcuts for other in alike} - {None}) > 1
        strengths = f"{schedule.first:g} → {schedule.last:g}"
        parts.append(f"shortcuts {schedule.notation if several else strengths}")
    if differs(other.recipe.rate for other in rivals):
        parts.append(f"rate {run.recipe.rate:g}")
    if differs(other.recipe.batch for other in rivals):
        parts.append(f"batch {run.recipe.batch}")
    if differs(other.data for other in alike):
        parts.append(_data_title(run))
    if differs(other.epochs for other in alike):
        parts.append(f"{run.epochs} epochs")
    if differs(other.precision for other in alike):
        parts.append(run.precision)
    return ", ".join(parts)


VARIANT_MARKERS = ("", "o", "s", "D", "^", "v", "P")
"""What tells networks apart that have one depth and kind: the first has no markers."""


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that differ in their seeds alone."""

    name: str
    runs: tuple[RunReport, ...]
    stroke: Stroke

    @property
    def network(self) -> NetworkSpec:
        """The first seed's."""
        return self.runs[0].spec.network

    @property
    def label(self) -> str:
        """The name with how many seeds there are, and where a run ended before its time."""
        end = end_words(self.runs[0])
        seeds = f"{len(self.runs)} seeds" if len(self.runs) > 1 else ""
        return dotted(self.name, seeds, "" if end in self.name else end)


def run_strokes(
    runs: Sequence[RunSpec], depths: Sequence[int] = (), numbers: Sequence[int] = ()
) -> list[Stroke]:
    """How each run is drawn: one colour a depth, in the order of `depths`, by default that in which they come; dashed
    without shortcuts; with marks where something else differs (normalisation, recipe, …), as `numbers` count it.
    """
    depths = depths or list(dict.fromkeys(run.network.depth for run in runs))
    numbers = numbers or variant_numbers(runs)
    return [
        Stroke(
            f"depth {depths.index(run.network.depth)}",
            not run.network.has_shortcuts,
            VARIANT_MARKERS[number % len(VARIANT_MARKERS)],
        )
        for run, number in zip(runs, numbers, strict=True)
    ]


def scene_strokes(scene: LabScene) -> dict[str, Stroke]:
    """Those of a scene's runs, by their keys."""
    strokes = run_strokes([log.run for log in scene.logs], scene.depths)
    return {log.key: stroke for log, stroke in zip(scene.logs, strokes, strict=True)}


def variant_numbers(runs: Sequence[RunSpec]) -> list[int]:
    """Counts, from 0, what differs among runs of one depth and kind beside their seeds: normalisation, recipe, ….

    What is done to a run while it trains makes no other of it.
    """
    known: dict[tuple[int, bool], list[object]] = {}
    numbers = []
    for run in runs:
        variant = (replace(run.network, seed=0), run.data, run.recipe, run.epochs, run.precision)
        alike = known.setdefault((run.network.depth, run.network.has_shortcuts), [])
        if variant not in alike:
            alike.append(variant)
        numbers.append(alike.index(variant))
    return numbers


def plain_names(runs: Sequence[RunReport]) -> list[str]:
    """What runs are called everywhere: "Plain-56", "Plain-56 seed 1", "ResNet-20 adam"."""
    told = variants([run.spec for run in runs])
    return [
        run_title(run.spec, variant, has_seed=has_seeds)
        for run, (variant, has_seeds) in zip(runs, told, strict=True)
    ]


def run_names(runs: Sequence[RunReport]) -> list[str]:
    """The same, each of which no other has: "ResNet-20 · shortcuts cut at epoch 1.5"."""
    return _apart(plain_names(runs), runs)


def groups(runs: Sequence[RunReport]) -> list[Group]:
    """The runs, those of one network that differ in their seeds alone together, in the order of their first ones.

    A run that ended before its time stands alone, so that no mean hides it.
    """
    found: dict[object, list[RunReport]] = {}
    for index, run in enumerate(runs):
        seedless = replace(run.spec, network=replace(run.spec.network, seed=0))
        key = seedless if run.state == "done" else (seedless, index)
        alike = found.setdefault(key, [])
        if any(other.spec.network.seed == run.spec.network.seed for other in alike):
            found[(seedless, index)] = [run]  # one run given twice, such as one resumed
        else:
            alike.append(run)
    together = list(found.values())
    told = iter(variants([run.spec for alike in together for run in alike]))
    names = []
    for alike in together:
        (variant, has_seeds), *_ = [next(told) for _ in alike]
        names.append(run_title(alike[0].spec, variant, has_seed=has_seeds and len(alike) == 1))
    names = _apart(names, [alike[0] for alike in together])
    specs = [alike[0].spec for alike in together]
    numbers = variant_numbers(specs)
    taken: set[tuple[int, bool, int]] = set()
    for place, spec in enumerate(specs):
        kind = spec.network.depth, spec.network.has_shortcuts
        if (*kind, numbers[place]) in taken:  # a seed that stands alone has a line of its own
            numbers[place] = max(numbers) + 1
        taken.add((*kind, numbers[place]))
    strokes = run_strokes(specs, numbers=numbers)
    return [Group(*one) for one in zip(names, map(tuple, together), strokes, strict=True)]


def steps_per_epoch(run: RunReport) -> int | None:
    """How many steps make an epoch; None where the report has none to tell."""
    return run.steps[-1].steps if run.steps else None


def epochs_done(run: RunReport) -> float:
    """How far it came, in epochs, by its last step; by its last whole epoch where it has no steps."""
    whole = float(run.epochs[-1].epoch + 1) if run.epochs else 0.0
    if not run.steps:
        return whole
    last = run.steps[-1]
    return max(whole, (last.at + 1) / last.steps)


def is_going(run: RunReport) -> bool:
    """Whether the report is of a run that has not ended: its last errors are not measured yet."""
    return run.state == "done" and math.isnan(run.test_error)


def end_words(run: RunReport) -> str:
    """Where it ended before its time: "diverged after 3.2 epochs"; empty for a run that did not."""
    if run.state == "done":
        return ""
    return f"{run.state} after {duration_words(epochs_done(run))}"


def so_far_words(runs: Sequence[RunReport]) -> str:
    """Which runs are still going, and how far they are; empty where all have ended."""
    going = [(n, run) for n, run in zip(run_names(runs), runs, strict=True) if is_going(run)]
    if not going:
        return ""
    parts = (f"{name} {epoch_words(epochs_done(run))} of {run.spec.length} epochs" for name, run in going)
    return f"so far: {', '.join(parts)}"


def dotted(*parts: str) -> str:
    """What is said of a figure, its parts apart; empty ones are none."""
    return " · ".join(part for part in parts if part)


def subtitle(runs: Sequence[RunReport], *parts: str) -> str:
    """Under the title of a figure of runs: their data, these parts, and whether some are still going."""
    return dotted(data_words(runs), *parts, "so far" if so_far_words(runs) else "")


def dashes_words(runs: Sequence[RunReport]) -> str:
    """What dashes mean, where plain and residual networks are drawn."""
    kinds = {run.spec.network.has_shortcuts for run in runs}
    return "dashed: plain, solid: residual" if len(kinds) == 2 else ""


def epoch_words(epochs: float) -> str:
    """ "3.2", and "3" for a whole number."""
    return f"{epochs:.1f}".removesuffix(".0")


def duration_words(epochs: float) -> str:
    """ "3.2 epochs", "1 epoch"."""
    words = epoch_words(epochs)
    return f"{words} epoch" if words == "1" else f"{words} epochs"


def data_words(runs: Sequence[RunReport]) -> str:
    """What they were trained on, called as in the window: "Digits", "CIFAR-10"."""
    return ", ".join(dict.fromkeys(_data_title(run.spec) for run in runs))


def _data_title(run: RunSpec) -> str:
    return NAMED[run.data].title if run.data in NAMED else plain(run.data)


def recipe_words(runs: Sequence[RunReport]) -> str:
    """Data, recipe in full and seeds: "trained on Digits by recipe quick: SGD … · seed 0"."""
    recipes = "; ".join(
        dict.fromkeys(f"{plain(run.spec.recipe.name)}: {run.spec.recipe.words}" for run in runs)
    )
    seeds = sorted({run.spec.network.seed for run in runs})
    which = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    return f"trained on {data_words(runs)} by recipe {recipes} · {which}"


def _changes(run: RunReport) -> str:
    made = run.spec.interventions
    steps = steps_per_epoch(run)
    if not made:
        return ""
    where = f"step {made[0].step}" if steps is None else f"epoch {epoch_words(made[0].step / steps)}"
    return f"{strength_words(made[0].strength)} at {where}{' …' if len(made) > 1 else ''}"


def _apart(names: Sequence[str], runs: Sequence[RunReport]) -> list[str]:
    """Names, with what was done to runs and where they ended where ones of one name differ in that; else a number."""
    said = [(_changes(run), end_words(run)) for run in runs]
    found = list(names)
    for name in dict.fromkeys(names):
        rivals = [place for place, other in enumerate(names) if other == name]
        differing = [len({said[place][part] for place in rivals}) > 1 for part in (0, 1)]
        seen: Counter[str] = Counter()
        for place in rivals:
            kept = [words for words, differs in zip(said[place], differing, strict=True) if differs and words]
            told = " · ".join((name, *kept))
            seen[told] += 1
            found[place] = told if seen[told] == 1 else f"{told} ({seen[told]})"
    return found

"""What a set of training runs shows, in sentences: only what was measured in them, with its numbers.

Paragraphs: what is trained; whether depth costs training error, without shortcuts and with them (`story_depth`); how
far the layers' gradients lie apart; what was done to the runs, and which of them ended before their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.story_depth import depth_sentences
from resnet_viewer.records.story_run import Floats, StoryRun
from resnet_viewer.records.story_words import counted, epochs_span, joined, percent, sentence, thousands
from resnet_viewer.records.training import Intervention

EMPTY = "No run yet. Once there are some, this says in words what their curves and gradients show."
_STRENGTHS = {0.0: "cut", 1.0: "restored"}
_WHO = "\0"
"""Stands for a run's title in why it failed."""
_TOLD_INTERVENTIONS = 3
"""So many of a run's interventions are told, the newest; a slider makes dozens."""


def story(runs: Sequence[StoryRun], time: float | None = None, *, pictures: int = 0) -> tuple[str, ...]:
    """The paragraphs for these runs; `time` is the pointer in epochs, None for the newest gradients.

    `pictures` is how many there are to train on, 0 where that is not known.
    """
    if not runs:
        return (EMPTY,)
    runs = _told_apart(runs)
    paragraphs = (
        _setting(runs, pictures),
        depth_sentences(runs),
        _gradients(runs, time),
        [*_interventions(runs), *_endings(runs)],
    )
    return tuple(" ".join(map(sentence, told)) for told in paragraphs if told)


def _told_apart(runs: Sequence[StoryRun]) -> list[StoryRun]:
    """With the recipe in the titles of those that have the same one."""
    titles = [told.title for told in runs]
    return [
        replace(told, title=f"{told.title} ({plain(told.run.recipe.name)})")
        if titles.count(told.title) > 1
        else told
        for told in runs
    ]


def _setting(runs: Sequence[StoryRun], pictures: int) -> list[str]:
    seeds = sorted({told.run.network.seed for told in runs})
    networks = {replace(told.run.network, seed=0) for told in runs}
    what = counted(len(networks), "network")
    if len(networks) != len(runs):
        what = f"{counted(len(runs), 'run')} of {what}"
    parts = [
        what,
        _recipe_words(runs),
        f"seed{'s' if len(seeds) > 1 else ''} {joined([str(seed) for seed in seeds])}",
        f"{epochs_span([told.length for told in runs])} "
        f"epoch{'s' if max(told.length for told in runs) > 1 else ''} on {_data_words(runs, pictures)}",
    ]
    said = [", ".join(parts)]
    if not all(told.has_ended for told in runs):
        done = [len(told.epochs) for told in runs]
        if max(done) == 0:
            said.append("no epoch is finished yet")
        else:
            said.append(f"so far {epochs_span(done)} of them {'are' if max(done) > 1 else 'is'} done")
    return said


def _recipe_words(runs: Sequence[StoryRun]) -> str:
    recipes = {
        replace(told.run.recipe, warm_up=0.0, warm_up_steps=0) for told in runs
    }  # the paper's depends on the depth
    names = list(dict.fromkeys(told.run.recipe.name for told in runs))
    if len(recipes) == 1:
        return f"one recipe ({plain(names[0])})"
    if len(names) == 1:
        return f"{counted(len(recipes), 'recipe')} by the name of {plain(names[0])}"
    return f"{counted(len(recipes), 'recipe')} ({joined([plain(name) for name in names])})"


def _data_words(runs: Sequence[StoryRun], pictures: int) -> str:
    names = dict.fromkeys(told.run.data for told in runs)
    titles = joined([NAMED[name].title if name in NAMED else plain(name) for name in names])
    if len(names) > 1 or not pictures:
        return titles
    return f"{thousands(pictures)} training picture{'s' if pictures > 1 else ''} of {titles}"


def _gradients(runs: Sequence[StoryRun], time: float | None) -> list[str]:
    """How many decades lie between a network's smallest and largest gradient norm at the pointer."""
    found = [(told, row) for told in _deepest(runs) if (row := _row_at(told, time)) is not None]
    if not found:
        return []
    when = "in the newest record" if time is None else f"at the pointer (epoch {time:.1f})"
    spans = [f"{_titled(told, row)} {_span_words(told.norms[row])}" for told, row in found]
    said = [f"{when} the gradient norms over the layers of {', those of '.join(spans)}"]
    for told, _ in found:
        if not told.run.network.has_shortcuts and told.run.network.is_normalised:
            said.append(
                "He et al. (2015) hold it unlikely that vanishing gradients degrade their plain networks, which are "
                f"batch-normalised, as {told.title} is"
            )
    return said


def _titled(told: StoryRun, row: int) -> str:
    """The run's title, and how its shortcuts stood at a record where that was not whole."""
    step = round(told.record_times[row] * told.steps_per_epoch) - 1
    strengths = [made.strength for made in told.interventions if made.step <= step]
    if not strengths or strengths[-1] == 1:
        return told.title
    return f"{told.title} (shortcuts {_STRENGTHS.get(strengths[-1], f'at strength {strengths[-1]:.2g}')})"


def _span_words(norms: Floats) -> str:
    """ "span 2.6 decades (smallest 3.1e-03, in layer 1 of 56)"; layers at zero or not finite are told beside it."""
    usable = np.isfinite(norms) & (norms > 0)
    parts = []
    if usable.any():
        lowest = int(np.where(usable, norms, np.inf).argmin())
        decades = np.log10(norms[usable].max()) - np.log10(norms[lowest])
        parts.append(
            f"span {decades:.1f} decades (smallest {norms[lowest]:.1e}, in layer {lowest + 1} of {norms.size})"
        )
    zeros, others = int((norms == 0).sum()), int((~np.isfinite(norms)).sum())
    if zeros:
        parts.append(f"are zero in {counted(zeros, 'layer')}")
    if others:
        parts.append(f"are not finite in {counted(others, 'layer')}")
    return joined(parts)


def _deepest(runs: Sequence[StoryRun]) -> list[StoryRun]:
    """The deepest plain run and the deepest residual one; of equal ones the first."""
    chosen = []
    for has_shortcuts in (False, True):
        alike = [told for told in runs if told.run.network.has_shortcuts is has_shortcuts and len(told.norms)]
        if alike:
            chosen.append(max(alike, key=lambda told: told.run.network.depth))
    return chosen


def _row_at(told: StoryRun, time: float | None) -> int | None:
    """The record at or last before `time`; None where the run has not come that far."""
    times = told.record_times
    if time is None:
        return len(times) - 1
    row = int(np.searchsorted(times, time, side="right")) - 1
    reached = len(told.errors) / told.steps_per_epoch
    return row if row >= 0 and time <= max(reached, times[-1]) else None


@dataclass(frozen=True)
class _Event:
    """An intervention in one run: when and what, and the training errors around it."""

    epoch: float
    title: str
    what: str
    """ "cut", "restored", "set to strength 0.5" """
    before: Floats
    """Of the batches of the epoch before it, since the intervention before it."""
    after: Floats
    """Of the batches of the epoch after it, until the next one."""
    width: int
    """Steps of an epoch."""

    @property
    def when(self) -> str:
        """A part of a sentence, which those that are told together share."""
        return f"{self.epoch:.1f}" if self.epoch else ""


def _interventions(runs: Sequence[StoryRun]) -> list[str]:
    """What was done when, oldest first; what was done to several runs at once is told once."""
    said = []
    alike: dict[tuple[object, ...], list[_Event]] = {}
    for told in runs:
        made = [one for one in told.interventions if one.step < len(told.errors)]
        if len(made) > _TOLD_INTERVENTIONS:
            said.append(
                f"The shortcuts of {told.title} were set {counted(len(made), 'time')}; the last "
                f"{counted(_TOLD_INTERVENTIONS, 'time')} are told here"
            )
        for event in _events(told, made)[-_TOLD_INTERVENTIONS:]:
            around = (len(event.before), len(event.after), event.width)
            alike.setdefault((event.when, event.what, around), []).append(event)
    return said + [_intervention(found) for found in sorted(alike.values(), key=lambda found: found[0].epoch)]


def _events(told: StoryRun, made: Sequence[Intervention]) -> list[_Event]:
    width, errors = told.steps_per_epoch, told.errors
    steps = [0, *(one.step for one in made), len(errors)]
    return [
        _Event(
            one.step / width,
            told.title,
            _STRENGTHS.get(one.strength, f"set to strength {one.strength:.2g}"),
            errors[max(last, one.step - width) : one.step],
            errors[one.step : min(one.step + width, following)],
            width,
        )
        for last, one, following in zip(steps, made, steps[2:], strict=False)
    ]


def _intervention(events: Sequence[_Event]) -> str:
    """One that was made in several runs at once, with the mean training errors around it."""
    first, titles = events[0], joined([event.title for event in events])
    if not first.when:
        return f"The shortcuts of {titles} were {first.what} from the first step on"
    what = f"At epoch {first.when} the shortcuts of {titles} were {first.what}"
    if not len(first.before) or not len(first.after):
        return what
    before = joined([percent(float(event.before.mean())) for event in events])
    after = joined([percent(float(event.after.mean())) for event in events])
    theirs = "its training error was" if len(events) == 1 else "their training errors were"
    return (
        f"{what}; {theirs} {before} over {_stretch(len(first.before), first.width)} before, and {after} over "
        f"{_stretch(len(first.after), first.width)} after"
    )


def _stretch(steps: int, width: int) -> str:
    return "the epoch" if steps == width else f"the {counted(steps, 'step')}"


def _endings(runs: Sequence[StoryRun]) -> list[str]:
    """The runs that were stopped, diverged or failed, those together that ended alike."""
    ended = [told for told in runs if not told.is_whole]
    stopped = [told for told in ended if told.state == "stopped"]
    diverged = [told for told in ended if told.state == "diverged"]
    said = []
    if stopped:
        verb = "was" if len(_at_places(stopped)[0][1]) == 1 else "were"
        said.append(_places(stopped, f"{verb} stopped"))
    if diverged:
        why = (
            "its loss is not a finite number" if len(diverged) == 1 else "their losses are not finite numbers"
        )
        said.append(f"{_places(diverged, 'diverged')}: {why}")
    failed: dict[str, list[StoryRun]] = {}
    for told in ended:
        if told.state == "failed":
            failed.setdefault(_reason(told), []).append(told)
    for why, alike in failed.items():
        if not why.startswith(_WHO):  # else it says all of this itself
            said.append(_places(alike, "failed"))
        said.append(why.replace(_WHO, joined([told.title for told in alike])))
    return [words for words in said if words]


def _reason(told: StoryRun) -> str:
    """Why it failed, as far as that is not about this run alone: its title is left open, its folder is the runs'."""
    network, why = told.run.network, plain(told.sentence)
    for key in (f"{network.name}-seed-{network.seed}", network.name):
        why = why.replace(f"/{key}", "").replace(f"\\{key}", "")
    return why.replace(network.title, _WHO)


def _at_places(runs: Sequence[StoryRun]) -> list[tuple[str, list[str]]]:
    """Where runs ended, and the titles of those that ended there."""
    places: dict[str, list[str]] = {}
    for told in runs:
        reached = len(told.errors) / told.steps_per_epoch or len(told.epochs)
        where = f"at epoch {reached:.1f} of {told.length}" if reached else "before the first step"
        places.setdefault(where, []).append(told.title)
    return list(places.items())


def _places(runs: Sequence[StoryRun], verb: str) -> str:
    """ "Plain-20 and Plain-56 diverged at epoch 1.2 of 3, ResNet-56 before the first step"."""
    (where, titles), *others = _at_places(runs)
    return ", ".join(
        [f"{joined(titles)} {verb} {where}", *(f"{joined(names)} {place}" for place, names in others)]
    )

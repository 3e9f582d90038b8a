"""What a set of training runs shows, in sentences: only what was measured in them, with its numbers.

Paragraphs: the question, what is trained to answer it, and how far that has come; whether depth costs training error,
without shortcuts and with them (`story_depth`); which runs lost what they had learned (`story_collapse`); what was done
to the shortcuts (`story_interventions`); what the layers' gradients do (`story_gradients`); which runs ended before
their time; the test set. What weighs most stands first, where it is seen without scrolling.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations

from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_depth import collapse_sentences, depth_sentences
from resnet_viewer.records.story_gradients import gradient_sentences
from resnet_viewer.records.story_groups import StoryRun, are_twins, kind_of
from resnet_viewer.records.story_interventions import intervention_sentences
from resnet_viewer.records.story_words import (
    counted,
    epochs_span,
    joined,
    number_word,
    sentence,
    some_of,
    thousands,
)

EMPTY = "Press Start: what the curves and gradients of the runs show is said here in words."
READING = "The runs are being read: what they show is said here as soon as all of it is known."
_WHO = "\0"
"""Stands for a run's title in why it failed."""


def story(runs: Sequence[StoryRun], time: float | None = None, *, pictures: int = 0) -> tuple[str, ...]:
    """The paragraphs for these runs; `time` is the pointer in epochs, None for the newest gradients.

    `pictures` is how many there are to train on, 0 where that is not known.
    """
    if not runs:
        return (EMPTY,)
    runs = _told_apart(runs)
    is_one_set = len({told.run.data for told in runs}) == 1
    depth, beside = depth_sentences(runs, pictures if is_one_set else 0)
    paragraphs = (
        _question(runs, pictures),
        depth,
        collapse_sentences(runs),
        intervention_sentences(runs),
        gradient_sentences(runs, time),
        _endings(runs),
        beside,
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


def _question(runs: Sequence[StoryRun], pictures: int) -> list[str]:
    """What the runs are to show, what they are, and how far they have come."""
    seeds = sorted({told.run.network.seed for told in runs})
    networks = {replace(told.run.network, seed=0) for told in runs}
    what = counted(len(networks), "network")
    if len(networks) != len(runs):
        what = f"{counted(len(runs), 'run')} of {what}"
    lengths = [told.length for told in runs]
    parts = [
        what,
        _data_words(runs, pictures),
        _recipe_words(runs),
        f"seed{'s' if len(seeds) > 1 else ''} {joined([str(seed) for seed in seeds])}",
        f"{epochs_span(lengths)} epoch{'s' if max(lengths) > 1 else ''}",
    ]
    said = [_asked(networks), ", ".join(parts)]
    if not all(told.has_ended for told in runs):
        said.append(_progress(runs))
    return said


def _asked(networks: Collection[NetworkSpec]) -> str:
    """The question that such networks answer."""
    pairs = list(combinations(networks, 2))
    has_depths = any(kind_of(one) == kind_of(other) for one, other in pairs)
    has_twins = any(are_twins(one, other) for one, other in pairs)
    if has_depths:
        return "does depth help, with shortcuts and without?" if has_twins else "does depth help?"
    if has_twins:
        return "what do shortcuts change?"
    return "how do the networks compare?" if pairs else f"how well does {next(iter(networks)).title} learn?"


def _progress(runs: Sequence[StoryRun]) -> str:
    """How many epochs are behind the runs."""
    done, lengths = [len(told.epochs) for told in runs], [told.length for told in runs]
    if max(done) == 0:
        return "no epoch is finished yet"
    who = "it has" if len(runs) == 1 else "each has" if len(set(done)) == 1 else "they have"
    if len(set(lengths)) > 1:
        return f"so far {who} done {epochs_span(done)} epoch{'s' if max(done) > 1 else ''}"
    whose = "their" if who == "they have" else "its"
    return f"so far {who} done {epochs_span(done)} of {whose} {lengths[0]} epoch{'s' * (lengths[0] > 1)}"


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
    same = "the same " if len(runs) > 1 else ""
    if len(names) > 1 or not pictures:
        return f"on {titles}"
    return f"{same}{thousands(pictures)} training picture{'s' if pictures > 1 else ''} of {titles}"


def _endings(runs: Sequence[StoryRun]) -> list[str]:
    """The runs that were stopped, diverged or failed, those together that ended alike."""
    ended = [told for told in runs if not told.is_whole]
    stopped = [told for told in ended if told.state == "stopped"]
    diverged = [told for told in ended if told.state == "diverged"]
    said = []
    if stopped:
        verb = "was" if len(_at_places(stopped)[0][1]) == 1 else "were"
        said.append(_places(stopped, f"{verb} stopped", len(runs)))
    if diverged:
        why = (
            "its loss is not a finite number" if len(diverged) == 1 else "their losses are not finite numbers"
        )
        said.append(f"{_places(diverged, 'diverged', len(runs))}: {why}")
    failed: dict[str, list[StoryRun]] = {}
    for told in ended:
        if told.state == "failed":
            failed.setdefault(_reason(told), []).append(told)
    for why, alike in failed.items():
        if not why.startswith(_WHO):  # else it says all of this itself
            said.append(_places(alike, "failed", len(runs)))
        said.append(why.replace(_WHO, some_of([told.title for told in alike], len(runs))))
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
        where = where if told.is_read else "before it was known how far it had come"
        places.setdefault(where, []).append(told.title)
    return list(places.items())


def _places(runs: Sequence[StoryRun], verb: str, count: int) -> str:
    """ "Plain-20 and Plain-56 diverged at epoch 1.2 of 3, ResNet-56 before the first step", of `count` runs.

    Many are counted: "all twelve runs were stopped, eight at epoch 1.2 of 3, four at epoch 1.3 of 3".
    """
    (where, titles), *others = places = _at_places(runs)
    whole = [title for _, names in places for title in names]
    if others and some_of(whole, count) != joined(whole):
        parts = [f"{number_word(len(names))} {place}" for place, names in places]
        return ", ".join([f"{some_of(whole, count)} {verb}", *parts])
    return ", ".join(
        [f"{some_of(titles, count)} {verb} {where}", *(f"{joined(names)} {place}" for place, names in others)]
    )

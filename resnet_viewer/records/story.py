"""What a set of training runs shows, in sentences: only what was measured in them, with its numbers.

Paragraphs: the question, what is trained to answer it, and how far that has come; whether depth costs training error,
without shortcuts and with them, and which runs lost what they had learned (`story_depth`); what recipes and users did
to shortcuts and branches; what the layers' gradients do; which runs ended before their time; the test set. What weighs
most stands first, where it is seen without scrolling.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import isfinite, log10

import numpy as np

from resnet_viewer.records.captions import plain
from resnet_viewer.records.data import NAMED
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.recipe import ShortcutSchedule
from resnet_viewer.records.story_depth import collapse_sentences, depth_sentences
from resnet_viewer.records.story_groups import Floats, StoryRun, are_twins, kind_of
from resnet_viewer.records.story_words import (
    counted,
    epochs_span,
    joined,
    number_word,
    percent,
    sentence,
    some_of,
    thousands,
)
from resnet_viewer.records.training import NOT_COMPUTED, Intervention

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
        [*recipe_sentences(runs), *intervention_sentences(runs)],
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
        verb = "was" if len(_by_where(stopped)[0][1]) == 1 else "were"
        said.append(_where_words(stopped, f"{verb} stopped", len(runs)))
    if diverged:
        why = (
            "its loss is not a finite number" if len(diverged) == 1 else "their losses are not finite numbers"
        )
        said.append(f"{_where_words(diverged, 'diverged', len(runs))}: {why}")
    failed: dict[str, list[StoryRun]] = {}
    for told in ended:
        if told.state == "failed":
            failed.setdefault(_reason(told), []).append(told)
    for why, alike in failed.items():
        if not why.startswith(_WHO):  # else it says all of this itself
            said.append(_where_words(alike, "failed", len(runs)))
        said.append(why.replace(_WHO, some_of([told.title for told in alike], len(runs))))
    return [words for words in said if words]


def _reason(told: StoryRun) -> str:
    """Why it failed, as far as that is not about this run alone: its title is left open, its folder is the runs'."""
    network, why = told.run.network, plain(told.sentence)
    for key in (f"{network.name}-seed-{network.seed}", network.name):
        why = why.replace(f"/{key}", "").replace(f"\\{key}", "")
    return why.replace(network.title, _WHO)


def _by_where(runs: Sequence[StoryRun]) -> list[tuple[str, list[str]]]:
    """Where runs ended, and the titles of those that ended there."""
    places: dict[str, list[str]] = {}
    for told in runs:
        reached = len(told.errors) / told.steps_per_epoch or len(told.epochs)
        where = f"at epoch {reached:.1f} of {told.length}" if reached else "before the first step"
        where = where if told.is_read else "before it was known how far it had come"
        places.setdefault(where, []).append(told.title)
    return list(places.items())


def _where_words(runs: Sequence[StoryRun], verb: str, count: int) -> str:
    """ "Plain-20 and Plain-56 diverged at epoch 1.2 of 3, ResNet-56 before the first step", of `count` runs.

    Many are counted: "all twelve runs were stopped, eight at epoch 1.2 of 3, four at epoch 1.3 of 3".
    """
    (where, titles), *others = places = _by_where(runs)
    whole = [title for _, names in places for title in names]
    if others and some_of(whole, count) != joined(whole):
        parts = [f"{number_word(len(names))} {place}" for place, names in places]
        return ", ".join([f"{some_of(whole, count)} {verb}", *parts])
    return ", ".join(
        [f"{some_of(titles, count)} {verb} {where}", *(f"{joined(names)} {place}" for place, names in others)]
    )


STRENGTHS = {0.0: "cut", 1.0: "restored"}
"""What was done to shortcuts that are open by so much now."""
_TOLD = 3
"""So many of a run's interventions are told, the newest; a slider makes dozens."""
_LEAST = 5
"""Errors around an intervention are told only where so many steps, and half an epoch, stand on either side of it."""
_APART, _PART = 3, 0.25
"""Steps by which runs that take turns may differ when something is done to all of them, and the part of an epoch."""


@dataclass(frozen=True)
class _Event:
    """An intervention in one run, and the training errors around it."""

    told: StoryRun
    epoch: float
    what: str
    """ "cut", "restored", "set to strength 0.5" """
    before: Floats
    """Of the batches of the epoch before it, since the intervention before it."""
    after: Floats
    """Of the batches of the epoch after it, until the next one."""

    def belongs_to(self, first: _Event) -> bool:
        """Whether it was one act with another: the same, within a few steps."""
        apart = abs(self.epoch - first.epoch) * self.told.steps_per_epoch
        is_same = (self.what, self.epoch > 0) == (first.what, first.epoch > 0)
        return is_same and is_one_turn(apart, self.told.steps_per_epoch)


def is_one_turn(steps: float, steps_per_epoch: int) -> bool:
    """Whether what was done so many steps apart to runs that take turns was one act, at one time to be read."""
    return round(steps, 6) <= min(_APART, _PART * steps_per_epoch)


def intervention_sentences(runs: Sequence[StoryRun]) -> list[str]:
    """What was done when, oldest first; what was done to several runs at once is told once."""
    many: dict[int, list[StoryRun]] = {}
    events: list[_Event] = []
    for told in runs:
        made = [one for one in told.interventions if one.step < len(told.errors)]
        if len(made) > _TOLD:
            many.setdefault(len(made), []).append(told)
        events += _events(told, made)[-_TOLD:]
    said = [
        f"The shortcuts of {joined(_names(alike))} were set {counted(count, 'time')}; the last "
        f"{counted(_TOLD, 'time')} are told here"
        for count, alike in many.items()
    ]
    together: list[list[_Event]] = []
    for event in sorted(events, key=lambda event: event.epoch):
        known = next((found for found in together if event.belongs_to(found[0])), None)
        if known is None or any(event.told is other.told for other in known):
            together.append([event])
        else:
            known.append(event)
    return said + [_sentence(found) for found in together]


def _events(told: StoryRun, made: Sequence[Intervention]) -> list[_Event]:
    errors, window = told.errors, max(told.steps_per_epoch, _LEAST)
    steps = [0, *(one.step for one in made), len(errors)]
    return [
        _Event(
            told,
            one.step / told.steps_per_epoch,
            STRENGTHS.get(one.strength, f"set to strength {one.strength:.2g}"),
            errors[max(last, one.step - window) : one.step],
            errors[one.step : min(one.step + window, following)],
        )
        for last, one, following in zip(steps, made, steps[2:], strict=False)
    ]


def _sentence(events: Sequence[_Event]) -> str:
    """One that was made in several runs at once, with the mean training errors around it."""
    first = events[0]
    names = joined(_names([event.told for event in events]))
    if not first.epoch:
        return f"The shortcuts of {names} were {first.what} from the first step on"
    return f"At epoch {first.epoch:.1f} the shortcuts of {names} were {first.what}{_errors_around(events)}"


def _errors_around(events: Sequence[_Event]) -> str:
    """The mean training errors before and after, as the end of a sentence; "" where too little was measured."""
    width = max(event.told.steps_per_epoch for event in events)
    before, after = (
        min(map(len, parts)) for parts in zip(*((e.before, e.after) for e in events), strict=True)
    )
    if min(before, after) < max(_LEAST, width / 2):
        return ""
    told = []
    for title in dict.fromkeys(event.told.run.network.title for event in events):
        own = [event for event in events if event.told.run.network.title == title]
        was = percent(*(float(event.before[len(event.before) - before :].mean()) for event in own))
        became = percent(*(float(event.after[:after].mean()) for event in own))
        told.append((title, was, became))
    when = (f"over {_stretch(before, width)} before", f"over {_stretch(after, width)} after")
    (title, was, became), *others = told
    if not others:
        return f"; the training error was {was} {when[0]}, and {became} {when[1]}"
    errors = [
        f"{title} erred on {was} {when[0]} and on {became} {when[1]}",
        *(f"{name} on {was} and on {became}" for name, was, became in others),
    ]
    return f"; on the training pictures {', '.join(errors)}"


def recipe_sentences(runs: Sequence[StoryRun]) -> list[str]:
    """What recipes do to branches and shortcuts: stochastic depth, and how far a schedule of the shortcuts has come."""
    drawn: dict[float, list[StoryRun]] = {}
    planned: dict[tuple[ShortcutSchedule, str], list[StoryRun]] = {}
    for told in runs:
        recipe = told.run.recipe
        if recipe.survival < 1:
            drawn.setdefault(recipe.survival, []).append(told)
        if recipe.shortcuts is not None:
            planned.setdefault((recipe.shortcuts, _stand(told, recipe.shortcuts)), []).append(told)
    said = [
        f"in a step of {joined(_names(alike))} each residual branch is computed by chance, the last one with "
        f"probability {survival:g}: running training errors are of the networks that were drawn, test errors of the "
        "whole one"
        for survival, alike in drawn.items()
    ]
    for (schedule, stand), alike in planned.items():
        verb = "weakens" if schedule.last < schedule.first else "opens"
        what = (
            f"the recipe {verb} the shortcuts of {joined(_names(alike))} from strength {schedule.first:g} to "
            f"{schedule.last:g} between epochs {schedule.begin:g} and {schedule.end:g}"
        )
        around = _errors_around([_around(told, schedule) for told in alike]) if stand == _OVER else stand
        left = (
            ". What is left since then are plain networks"
            if len(alike) > 1
            else ". What is left since then is a plain network"
        )
        is_left = stand == _OVER and not schedule.last and not any(told.interventions for told in alike)
        said.append(what + around + (left if is_left else ""))
    return said


_OVER = "over"


def _stand(told: StoryRun, schedule: ShortcutSchedule) -> str:
    """How far a run has come with it: the end of a sentence, or `_OVER`."""
    steps, width = len(told.errors), told.steps_per_epoch
    ending = next((made for made in told.interventions if made.step < schedule.end * width), None)
    if ending is not None and ending.step < steps:
        return f"; what was done to them at epoch {ending.step / width:.1f} ended that"
    if steps >= schedule.end * width:
        return _OVER
    return f"; it is {told.strength_at(steps - 1):.2g} now" if steps > schedule.begin * width else ""


def _around(told: StoryRun, schedule: ShortcutSchedule) -> _Event:
    """The errors before it begins and after it ends, until an intervention."""
    width = told.steps_per_epoch
    begin, end = round(schedule.begin * width), round(schedule.end * width)
    window, until = (
        max(width, _LEAST),
        min([made.step for made in told.interventions], default=len(told.errors)),
    )
    return _Event(
        told,
        schedule.begin,
        "",
        told.errors[max(0, begin - window) : begin],
        told.errors[end : min(end + window, until)],
    )


def _names(runs: Sequence[StoryRun]) -> list[str]:
    """Their titles; several seeds of one network are one: "ResNet-56 (three seeds)"."""
    alike: dict[str, list[StoryRun]] = {}
    for told in runs:
        alike.setdefault(told.run.network.title, []).append(told)
    return [
        members[0].title if len(members) == 1 else f"{title} ({counted(len(members), 'run')})"
        for title, members in alike.items()
    ]


def _stretch(steps: int, width: int) -> str:
    return "the epoch" if steps == width else f"the {counted(steps, 'step')}"


FAR = 3.0
"""Decades between the first and the last layer from which on a gradient vanishes or explodes."""
FAINT, LARGE = 1e-5, 10.0
_WHAT = "a layer learns from its gradient, which comes back to it from the last layer; a decade is a factor of ten"


def gradient_sentences(runs: Sequence[StoryRun], time: float | None) -> list[str]:
    """What the records show of the deepest run of each kind, at the pointer and at the start.

    A gradient *vanishes* on its way back where the first layer's norm is three decades or more below the last layer's.
    It *explodes* where the first is as far above the last, or where the largest norm is three decades or more above the
    largest at the start, and 10 or more. Without batch normalisation the signal may be lost on the way forward: a
    gradient is *faint* where no layer's norm reaches 1e-5 in the run's first record, and *large* where none is below
    10. He et al. (2015, section 4.1) argue vanishing unlikely to cause degradation, because their plain networks are
    batch-normalised; of those that are not nothing of the kind is said, but what their records show.
    """
    found = [(told, row) for told in _deepest(runs) if (row := _row_at(told, time)) is not None]
    spread = [(told, row) for told, row in found if _way_back(told, row) == ""]
    said = [_way_back(told, row) for told, row in found if (told, row) not in spread]
    when = "in the newest record" if time is None else f"at the pointer (epoch {time:.1f})"
    if said:
        said[0] = f"{when}, {said[0]}"
    if spread:
        spans = [f"{_titled(told, row)} {_span_words(told, row)}" for told, row in spread]
        said.append(f"{when} the gradient norms over the layers of {', those of '.join(spans)}")
    for told, row in spread:
        if not told.run.network.has_shortcuts and told.run.network.is_normalised and told.norms[row].any():
            said.append(
                f"those of {told.title} do not vanish: after every convolution batch normalisation gives each channel "
                "a spread again, so that no signal dies out on its way"
            )
            said.append(
                "He et al. (2015) argue it unlikely that plain networks with batch normalisation owe their degradation "
                "to vanishing gradients"
            )
    if said:
        said.insert(0, _WHAT)
    return said


def decades_back(norms: Floats) -> float:
    """How many decades the first layer's norm is below the last layer's; negative above, infinite for a zero.

    Not a number where one of them is not finite, or the last is zero.
    """
    first, last = float(norms[0]), float(norms[-1])
    if not isfinite(first) or not isfinite(last) or last == 0:
        return float("nan")
    return log10(last / first) if first else float("inf")


def _way_back(told: StoryRun, row: int) -> str:
    """That the gradient vanishes or explodes, with its numbers; empty where it does neither."""
    norms, start = told.norms[row], told.norms[0]
    far, title, were = decades_back(norms), _titled(told, row), "it was"
    ends = f"{norms[-1]:.1e} in the last layer, {_ends_words(norms)} in the first"
    most, most_then = (float(np.max(some, where=np.isfinite(some), initial=0.0)) for some in (norms, start))
    if most >= max(LARGE, 10**FAR * most_then) and row:
        then = "" if told.run.network.is_normalised else _start_words(start)
        then = f"it was {then or f'{most_then:.1e} at most'}"
        return f"the gradient of {title} explodes: {most:.1e} in its largest layer; at the start {then}"
    if far >= FAR:
        less = f", {far:.1f} decades less" if isfinite(far) else ""
        words = f"the gradient of {title} vanishes on its way back: {ends}{less}"
    elif far <= -FAR:
        words = f"the gradient of {title} explodes on its way back: {ends}, {-far:.1f} decades more"
    elif told.run.network.is_normalised or not _start_words(start):
        return ""
    else:
        words = f"the gradient norms over the layers of {title} {_span_words(told, row, has_start=False)}"
        were = "they were"
    if row and isfinite(start[0]) and isfinite(start[-1]):
        at_start = "" if told.run.network.is_normalised else _start_words(start)
        then = f"{were} {at_start}" if at_start else f"they were {start[-1]:.1e} and {start[0]:.1e}"
        words += f"; at the start {then}"
    return words


def _ends_words(norms: Floats) -> str:
    return f"{norms[0]:.1e}" if norms[0] else "zero"


def _start_words(start: Floats) -> str:
    """Where the very first gradient is faint, or large, in all layers."""
    if start.max() < FAINT:
        return f"faint in every layer, {start.max():.1e} at most"
    if start.min() >= LARGE:
        return f"large in every layer, {start.min():.1e} at least"
    return ""


def _titled(told: StoryRun, row: int) -> str:
    """The run's title, and how its shortcuts stood at a record where that was not whole."""
    step = round(told.record_times[row] * told.steps_per_epoch)
    strength = told.strength_at(step)
    if strength == 1:
        return told.title
    return f"{told.title} (shortcuts {STRENGTHS.get(strength, f'at strength {strength:.2g}')})"


def _span_words(told: StoryRun, row: int, *, has_start: bool = True) -> str:
    """ "span 2.6 decades (smallest 3.1e-03, in layer 1 of 56; at the start 3.1)"; zeros and no numbers beside it."""
    norms = told.norms[row]
    usable = np.isfinite(norms) & (norms > 0)
    parts = []
    if usable.any():
        lowest = int(np.where(usable, norms, np.inf).argmin())
        start = _span(told.norms[0])
        then = f"; at the start {start:.1f} decades" if has_start and row and isfinite(start) else ""
        parts.append(
            f"span {_span(norms):.1f} decades (smallest {norms[lowest]:.1e}, in layer {lowest + 1} of "
            f"{norms.size}{then})"
        )
    zeros, gaps = int((norms == 0).sum()), int((norms == NOT_COMPUTED).sum())
    others = int((~np.isfinite(norms)).sum()) - gaps
    if zeros:
        parts.append(f"are zero in {counted(zeros, 'layer')}")
    if others:
        parts.append(f"are not finite in {counted(others, 'layer')}")
    if gaps:
        parts.append(
            f"are missing in {counted(gaps, 'layer')} that were not computed in that step (stochastic depth)"
        )
    return joined(parts)


def _span(norms: Floats) -> float:
    """Decades from the smallest to the largest; not a number where there is none."""
    usable = norms[np.isfinite(norms) & (norms > 0)]
    return float(np.log10(usable.max()) - np.log10(usable.min())) if len(usable) else float("nan")


def _deepest(runs: Sequence[StoryRun]) -> list[StoryRun]:
    """The deepest of each kind: plain and residual, with and without batch normalisation; of equal ones the first."""
    chosen: dict[tuple[bool, bool], StoryRun] = {}
    for told in sorted(runs, key=lambda told: -told.run.network.depth):
        if len(told.norms):
            network = told.run.network
            chosen.setdefault((not network.is_normalised, network.has_shortcuts), told)
    return [told for _, told in sorted(chosen.items(), key=lambda one: one[0])]


def _row_at(told: StoryRun, time: float | None) -> int | None:
    """The record at or last before `time`; None where the run has not come that far."""
    times = told.record_times
    if time is None:
        return len(times) - 1
    row = int(np.searchsorted(times, time, side="right")) - 1
    reached = len(told.errors) / told.steps_per_epoch
    return row if row >= 0 and time <= max(reached, times[-1]) else None

"""What was done to the shortcuts of training runs, and the training errors around it, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_viewer.records.story_groups import Floats, StoryRun
from resnet_viewer.records.story_words import counted, joined, percent
from resnet_viewer.records.training import Intervention

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
    what = f"At epoch {first.epoch:.1f} the shortcuts of {names} were {first.what}"
    width = max(event.told.steps_per_epoch for event in events)
    before, after = (
        min(map(len, parts)) for parts in zip(*((e.before, e.after) for e in events), strict=True)
    )
    if min(before, after) < max(_LEAST, width / 2):
        return what
    told = []
    for title in dict.fromkeys(event.told.run.network.title for event in events):
        own = [event for event in events if event.told.run.network.title == title]
        was = percent(*(float(event.before[len(event.before) - before :].mean()) for event in own))
        became = percent(*(float(event.after[:after].mean()) for event in own))
        told.append((title, was, became))
    when = (f"over {_stretch(before, width)} before", f"over {_stretch(after, width)} after")
    (title, was, became), *others = told
    if not others:
        return f"{what}; the training error was {was} {when[0]}, and {became} {when[1]}"
    errors = [
        f"{title} erred on {was} {when[0]} and on {became} {when[1]}",
        *(f"{name} on {was} and on {became}" for name, was, became in others),
    ]
    return f"{what}; on the training pictures {', '.join(errors)}"


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

"""Which of the networks that fit a file is taken, and the one sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from resnet_viewer.core.weights.deducing import is_listed
from resnet_viewer.records.network import NetworkSpec

_ANTI_ALIASED = re.compile(r"resne(?:t|xt)(?:aa|blur)\d+[a-z]?")
"""timm's names of networks that blur before they take every second row and column (Zhang 2019)."""


@dataclass(frozen=True)
class Finding:
    """The networks that fit a file, the likeliest first, and who names one of them.

    `wanted` was asked for by name, `remembered` was chosen for this file before, `card` is what the file says of
    itself; each may be empty, or name what does not fit. `left_out` are the parts of a detector.
    """

    file: str
    fits: tuple[NetworkSpec, ...]
    wanted: str = ""
    remembered: str = ""
    card: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def chosen(self) -> NetworkSpec:
        """The one that is taken."""
        by_name = {spec.name: spec for spec in self.fits}
        names = (name for name in (self.wanted, self.remembered, self.card) if name in by_name)
        return by_name[next(names, self.fits[0].name)]


def sentence(finding: Finding) -> str:
    """What was chosen or left out, and why; empty where there was nothing to choose and nothing is missing.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> sentence(Finding("w.pth", (spec("resnet50", classes=0),)))
        'w.pth holds no classifier, so it is opened as ResNet-50 (no classifier).'
    """
    choice = (*_choice(finding), *_unseen(finding))
    told = (*_missing(finding, is_last=not choice), *choice)
    return f"{finding.file} {'; it '.join(told)}." if told else ""


def _missing(finding: Finding, *, is_last: bool) -> Iterator[str]:
    """`is_last`: nothing else will say as what it is opened."""
    title = finding.chosen.title
    if finding.left_out:
        *first, last = finding.left_out
        parts = f"{', '.join(first)} and {last} are" if first else f"{last} is"
        opened = f"opened, as {title}" if is_last else "opened"
        yield f"is a detector, of which only the backbone is {opened}: {parts} left out"
    elif not finding.chosen.has_classifier:
        yield f"holds no classifier, so it is opened as {title}" if is_last else "holds no classifier"


def _choice(finding: Finding) -> Iterator[str]:
    chosen, fits = finding.chosen, finding.fits
    if finding.wanted == chosen.name:
        return
    if finding.remembered == chosen.name:
        if len(fits) > 1:
            yield f"is taken for {chosen.title}, as you chose before"
        return
    if finding.card == chosen.name:
        return
    if finding.card:
        yield f"says that it is {finding.card}, which its weights do not fit"
    if len(fits) > 1:
        yield f"fits {chosen.title} and {fits[1].title} alike, because {_why(chosen, fits[1])}"
        form = "" if fits[1].has_shortcuts else ", the residual one of the paper's own form"
        yield f"is taken for {chosen.title}{form}"
    elif not is_listed(chosen):
        blocks, channels = ("-".join(map(str, numbers)) for numbers in (chosen.stages, chosen.widths))
        yield f"is taken for {chosen.title} with {blocks} blocks of {channels} channels"
    elif finding.card:
        yield f"is taken for {chosen.title}"


def _unseen(finding: Finding) -> Iterator[str]:
    if found := _ANTI_ALIASED.search(finding.file.lower()):
        yield (
            f"is named {found[0]}, but anti-aliasing leaves no weights: it is opened as {finding.chosen.title} without "
            "it, and puts out something else"
        )


def _why(first: NetworkSpec, second: NetworkSpec) -> str:
    if not second.has_shortcuts:
        return "option A shortcuts have no weights"
    return "both have the same gate layers" if first.merge != second.merge else "both have the same weights"

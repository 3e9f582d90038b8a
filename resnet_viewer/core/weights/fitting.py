"""Which network a file's tensors belong to: by names and shapes, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from resnet_viewer.core.weights import deducing
from resnet_viewer.core.weights.deducing import Shapes, is_listed
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.story_words import joined

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
        parts = f"{joined(finding.left_out)} {'are' if len(finding.left_out) > 1 else 'is'}"
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


_COUNTER = ".num_batches_tracked"
_VARIANCE = ".running_var"
_KEYS_SAID = 3


class Difference(NamedTuple):
    """One tensor that keeps a file from fitting a network; `says` is the end of a sentence."""

    key: str
    says: str


def expected(spec: NetworkSpec) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's whole state dict, in the order of torchvision's, without building it.

    Example:
        >>> from resnet_viewer.core.weights.catalog import spec
        >>> expected(spec("resnet18"))["fc.weight"]
        (1000, 512)
    """
    return blueprint(spec).state_shapes


@dataclass(frozen=True)
class Match:
    """A network beside a file: what keeps it from fitting, in order; empty: it fits."""

    spec: NetworkSpec
    differences: tuple[Difference, ...]


def require_reasonable(tensors: Mapping[str, Tensor], name: str) -> None:
    """Nothing where the network that these tensors are could be built; `name` is the file's, for the messages.

    Raises:
        UserError: it would be deeper than any, or larger than its file, because tensors share their numbers.
    """
    depth = deducing.depth_of({key: tuple(tensor.shape) for key, tensor in tensors.items()})
    if depth > deducing.DEEPEST:
        raise UserError(
            f"{name} would be a network of {depth} layers, and {deducing.DEEPEST} are the most that are opened: choose "
            "another file."
        )
    held = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors.values()
    }
    if sum(tensor.nbytes for tensor in tensors.values()) > sum(held.values()):
        raise UserError(
            f"{name} holds tensors that share their numbers, which those of no network here do: save each by itself, "
            "with .clone()."
        )


def matches(shapes: Shapes, *names: str) -> tuple[Match, ...]:
    """The networks that these tensors could be, the best fitting first, residual before plain.

    `names` are of networks that may be tried besides those that the shapes tell. Class count and input channels are
    the file's. `require_reasonable` holds for the shapes.
    """
    named = (deducing.named(name, shapes) for name in names)
    tried = [spec for spec in named if spec is not None and spec.depth <= deducing.DEEPEST]
    known = _beside(shapes, (*deducing.deduced(shapes), *tried))
    if not any(not match.differences for match in known):
        known += _beside(shapes, deducing.nearby(shapes))
    return tuple(sorted(known, key=lambda match: (len(match.differences), not match.spec.has_shortcuts)))


def matches_one(shapes: Shapes, name: str) -> tuple[Match, ...]:
    """The tensors beside one network of the catalog, for files whose format allows no other."""
    spec = deducing.named(name, shapes)
    return tuple(_beside(shapes, () if spec is None else (spec,)))


def fitted(tensors: Mapping[str, Tensor], spec: NetworkSpec, name: str) -> dict[str, Tensor]:
    """The complete state dict of `spec`, float32, in order; `name` is the file's, for the messages.

    Counters of batches, which older files lack, are 0.

    Raises:
        UserError: names, shapes or number types differ, a number is not finite, or a variance negative. Nothing is
            loaded by halves.
    """
    wanted = expected(spec)
    shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    if difference := next(_differences(shapes, wanted), None):
        raise UserError(f"{name} does not fit {spec.name}, which {difference.says}.")
    state: dict[str, Tensor] = {}
    for key, shape in wanted.items():
        if key.endswith(_COUNTER):
            counter = tensors.get(key)
            state[key] = torch.zeros(shape, dtype=torch.int64) if counter is None else counter.to(torch.int64)
            continue
        tensor = tensors[key]
        if not tensor.is_floating_point():
            raise UserError(f"{name} holds {key} as {tensor.dtype}, and weights must be floating point.")
        state[key] = tensor.detach().to(torch.float32).contiguous()
        if not np.isfinite(state[key].numpy()).all():  # on a busy machine far faster than torch's own
            raise UserError(
                f"{name} holds values in {key} that are not finite numbers: its training went wrong, "
                "choose an earlier checkpoint."
            )
        if key.endswith(_VARIANCE) and (state[key].numpy() < 0).any():
            raise UserError(
                f"{name} holds negative numbers in {key}, and a variance has none: the file is damaged or was changed, "
                "choose another one."
            )
    return state


def refusal(matches: Sequence[Match], shapes: Shapes, name: str) -> UserError:
    """Why a file fits nothing, against the network that comes nearest: the first of the matches."""
    best = matches[0]
    if not set(shapes) & set(expected(best.spec)):
        return UserError(
            f"{name} holds no network that is known here: none of its {len(shapes)} tensors is named as a "
            f"ResNet's are (conv1.weight, layer1.0.conv1.weight …), but {_first(shapes)}."
        )
    first, *others = best.differences
    more = f" (also different: {_first(difference.key for difference in others)})" if others else ""
    return UserError(
        f"{name} fits no network that is known here; the nearest is {best.spec.name}, which {first.says}{more}."
    )


def _first(keys: Iterable[str]) -> str:
    """The first keys, and how many more there are."""
    every = tuple(keys)
    more = len(every) - _KEYS_SAID
    return ", ".join(every[:_KEYS_SAID]) + (f" and {more} more" if more > 0 else "")


def _beside(shapes: Shapes, specs: Iterable[NetworkSpec]) -> list[Match]:
    return [Match(spec, tuple(_differences(shapes, expected(spec)))) for spec in dict.fromkeys(specs)]


def _differences(found: Shapes, wanted: Shapes) -> Iterator[Difference]:
    for key, shape in wanted.items():
        if key not in found:
            if not key.endswith(_COUNTER):
                yield Difference(key, f"needs {key}, and the file lacks it")
        elif found[key] != shape:
            says = f"needs {key} of {_sized(shape)}, and the file has {_sized(found[key])}"
            yield Difference(key, says)
    for key in found:
        if key not in wanted:
            yield Difference(key, f"has no {key}, and the file holds it")


def _sized(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"

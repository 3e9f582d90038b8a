"""What the network dialog knows about the networks: plain data, and a function that builds a spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from resnet_viewer.records.network import BuildOptions, NetworkSpec
from resnet_viewer.records.weights import NO_WEIGHTS, WeightsRef


@dataclass(frozen=True)
class WeightsChoice:
    """Weights that a network can have, where they are, and whether that is on this computer."""

    ref: WeightsRef
    where: str
    is_here: bool = True

    @property
    def words(self) -> str:
        """Their name, where it says more, and where they are."""
        return f"{self.ref.name} ({self.where})" if self.ref.source == "torchvision" else self.where


UNTRAINED = WeightsChoice(NO_WEIGHTS, "none (untrained)")


@dataclass(frozen=True)
class EndingChoice:
    """An ending of a network's name; `number` says what a value behind it means, None where it takes none."""

    ending: str
    words: str
    number: str = ""
    usual: float = 0.0


@dataclass(frozen=True)
class EndingGroup:
    """Endings of which a network has at most one."""

    title: str
    choices: tuple[EndingChoice, ...]


@dataclass(frozen=True)
class NetworkEntry:
    """A network of the list. Its name is `base` with the endings in `preset`, such as "-highway"."""

    spec: NetworkSpec
    base: str
    preset: tuple[str, ...] = ()
    weights: tuple[WeightsChoice, ...] = ()
    """The best first; without "none"."""
    groups: tuple[EndingGroup, ...] = ()

    @property
    def weights_words(self) -> str:
        """For the list: what there is."""
        here = (choice.where for choice in self.weights if choice.is_here)
        return next(here, self.weights[0].where if self.weights else "none")


@dataclass(frozen=True)
class Networks:
    """All of them, looked up when asked, and how one is built: from a name, options, weights and a seed.

    `build` raises UserError with one sentence where that does not go together.
    """

    entries: Callable[[], tuple[NetworkEntry, ...]]
    build: Callable[[str, BuildOptions, WeightsRef, int], NetworkSpec]


@dataclass(frozen=True)
class NetworkChoice:
    """What the dialog ends with: a spec that is complete, and whether its weights must be downloaded first."""

    spec: NetworkSpec
    needs_download: bool = False

"""Where a network's weights come from, and what reading a weight file told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from resnet_viewer.records.network import NetworkSpec
    from resnet_viewer.records.preprocessing import Preprocessing

WeightsSource = Literal["none", "bundled", "torchvision", "file"]


@dataclass(frozen=True)
class WeightsRef:
    """Points at weights without holding them.

    `name` is the bundled network's name, torchvision's enum member (`IMAGENET1K_V2`) or a file's path as text;
    empty for "none", which means freshly initialised weights from the spec's seed. `digest` is the SHA-256 of
    the file, so that a file that changed on disk is another network.
    """

    source: WeightsSource
    name: str = ""
    digest: str = ""

    @property
    def title(self) -> str:
        """How the screen and the exports name them."""
        match self.source:
            case "none":
                return "untrained"
            case "bundled":
                return "bundled"
            case "torchvision":
                return self.name
            case "file":
                return self.name.replace("\\", "/").rsplit("/", 1)[-1]


NO_WEIGHTS = WeightsRef("none")


@dataclass(frozen=True)
class WeightsReport:
    """What a weight file is: the network it was taken for, the others that fit, and what it says about itself.

    `spec` and `others` carry this file as their `weights`. `sentence` says what was chosen and why, whenever there
    was a choice, else it is empty. `preprocessing` and `class_names` are None or empty where the file does not
    tell; then they must be shown as assumed, and can be changed.
    """

    spec: NetworkSpec
    others: tuple[NetworkSpec, ...] = ()
    sentence: str = ""
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] = ()

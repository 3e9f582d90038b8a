"""How a network is to differ from the usual one of its name."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viewer.records.checking import require_types
from resnet_viewer.records.network import TopPooling


@dataclass(frozen=True)
class BuildOptions:
    """None keeps what is usual. `pooling` is what a network without a classifier ends with.

    Raises:
        ArgumentError: one is of another type, or no such pooling.
    """

    classes: int | None = None
    input_size: int | None = None
    """Side of the square picture, in pixels."""
    channels: int | None = None
    has_classifier: bool = True
    pooling: TopPooling | None = None

    def __post_init__(self) -> None:
        require_types(self, has_classifier="include_top")


USUAL = BuildOptions()

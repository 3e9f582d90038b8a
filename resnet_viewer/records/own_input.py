"""What the user says about a network's input because its weights do not, or tell it wrongly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from resnet_viewer.records.errors import UserError
from resnet_viewer.records.network import NetworkSpec
from resnet_viewer.records.preprocessing import Channels, Preprocessing


@dataclass(frozen=True)
class OwnInput:
    """Normalisation, sizes in pixels, and a file of class names; None keeps what the weights tell or is usual.

    Raises:
        UserError: only one of mean and std is given.
    """

    mean: Channels | None = None
    std: Channels | None = None
    resize: int | None = None
    crop: int | None = None
    classes: Path | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            raise UserError("A normalisation is a mean and a standard deviation; give both --mean and --std.")

    @property
    def has_preprocessing(self) -> bool:
        """Something is said about how pictures are prepared."""
        return any(value is not None for value in (self.mean, self.resize, self.crop))

    def applied(self, usual: Preprocessing, network: NetworkSpec) -> Preprocessing:
        """`usual` with what is said in its place.

        Raises:
            UserError: mean and std are not one number a channel, or the crop is larger than the resized picture.
        """
        used = usual
        if self.mean is not None and self.std is not None:
            channels = network.channels
            if len(self.mean) != channels or len(self.std) != channels:
                raise UserError(
                    f"{network.title} takes {channels} channels; give --mean and --std that many numbers."
                )
            used = replace(used, mean=self.mean, std=self.std)
        used = replace(used, resize=self.resize or used.resize, crop=self.crop or used.crop)
        if used.crop > used.resize:
            raise UserError(
                f"A crop of {used.crop} pixels is larger than the picture resized to {used.resize}; "
                "give --resize too."
            )
        return used

"""Which device a network runs on."""

from __future__ import annotations

from typing import Literal

import torch

from resnet_viewer.records.errors import UserError

DeviceName = Literal["cpu", "cuda", "mps"]


class DeviceError(UserError):
    """The device that was asked for is not there."""


def available_devices() -> tuple[DeviceName, ...]:
    """What this machine can compute on, the best first; "cpu" is always last."""
    found: list[DeviceName] = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose_device(wanted: str = "auto") -> DeviceName:
    """The device of that name; "auto" takes the best one.

    Raises:
        DeviceError: it is not there.
    """
    devices = available_devices()
    if wanted == "auto":
        return devices[0]
    if wanted not in devices:
        raise DeviceError(
            f"This machine has no {wanted} device that torch can use; choose {' or '.join(devices)}, or "
            "the best there is."
        )
    return wanted

"""Which devices a network runs on."""

from __future__ import annotations

import torch

from resnet_viewer.records.checking import ArgumentError, listed
from resnet_viewer.records.errors import UserError


class DeviceError(UserError):
    """The device that was asked for is not there."""


def available_devices() -> tuple[str, ...]:
    """What this machine can compute on, the best first; "cpu" is always last."""
    found = []
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def choose_device(wanted: str | torch.device = "auto") -> str:
    """The device of that name, or torch's; "auto" takes the best one, "cuda" the first GPU, "cuda:1" the second.

    Raises:
        DeviceError: it is not there.
    """
    devices = available_devices()
    wanted = str(wanted) if isinstance(wanted, torch.device) else wanted
    if not isinstance(wanted, str) or not wanted:
        raise ArgumentError("device", listed(("auto", *devices, *_numbered(devices))), wanted)
    if wanted == "auto":
        return devices[0]
    if wanted not in devices and wanted not in _numbered(devices):
        choices = (*devices, *_numbered(devices))
        raise DeviceError(
            f"This machine has no {wanted} device that torch can use; choose {' or '.join(choices)}, or the best "
            "there is."
        )
    return wanted


def devices_for(wanted: str) -> tuple[str, ...]:
    """Where the runs of a lab train: on every GPU there is, unless one device is named.

    Raises:
        DeviceError: it is not there.
    """
    device = choose_device(wanted or "auto")
    return _numbered((device,)) or (device,)


def _numbered(devices: tuple[str, ...]) -> tuple[str, ...]:
    """The GPUs of this machine one by one, where several are among the devices."""
    count = torch.cuda.device_count() if "cuda" in devices else 0
    return tuple(f"cuda:{number}" for number in range(count)) if count > 1 else ()

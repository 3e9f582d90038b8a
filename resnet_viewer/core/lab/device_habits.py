"""What one kind of device does otherwise than another, each in one place: nobody else asks for a device's type."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

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


_OUT_OF_MEMORY = ("out of memory", "alloc_failed", "can't allocate memory", "not enough memory")
"""What torch says on MPS, in cuDNN and cuBLAS, and on the processor, where the error's class does not."""


def layout(device: torch.device) -> torch.memory_format:
    """The memory format that a network trains in.

    WORKAROUND: on MPS the backward pass of a batch normalisation is wrong where its input is channels-last
    (pytorch/pytorch#175189).
    """
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device, waiting for it as little as is safe; on MPS in the memory format of `layout`.

    WORKAROUND: MPS may read what it is given without waiting after that was freed (pytorch/pytorch#189690).
    """
    if device.type == "cuda":
        return tensor.to(device, non_blocking=True)
    found = tensor.to(device)
    if (
        device.type == "mps"
    ):  # pictures of one channel are contiguous, and channels-last for torch all the same
        return found.clone(memory_format=torch.contiguous_format)
    return found


def entered(device: torch.device) -> None:
    """Make it the one that this thread means when it names none."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def is_fused(device: torch.device) -> bool:
    """Whether torch updates all weights in one go there."""
    return device.type in ("cpu", "cuda")


def is_awaited(device: torch.device) -> bool:
    """Whether reading a number waits until everything before it is done."""
    return device.type != "cpu"


@contextmanager
def drawing(device: torch.device, seed: int) -> Iterator[None]:
    """What a network draws on the device inside comes from `seed`; its generator is as before after it.

    No other device's generator is touched: others may be drawing from theirs.
    """
    generator = _generator(device)
    state = generator.get_state()
    try:
        generator.manual_seed(seed)
        yield
    finally:
        generator.set_state(state)


def room(device: torch.device) -> int | None:
    """Bytes that are free on a GPU now; None where that is not to be asked."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether that is what an error says, whichever device it comes from."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _OUT_OF_MEMORY)


def give_memory_back(device: torch.device) -> None:
    """What nobody uses any more is free for others, also for those outside this process."""
    if device.type == "cpu":
        return
    gc.collect()
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return torch.cuda.default_generators[index]
    return torch.mps._get_default_mps_generator() if device.type == "mps" else torch.default_generator

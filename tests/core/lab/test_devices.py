"""Which device is taken, on machines that are imagined."""

from __future__ import annotations

import pytest
import torch

from resnet_viewer.core.lab.device_habits import DeviceError, available_devices, choose_device, devices_for


@pytest.fixture(params=[(False, False), (True, False), (False, True), (True, True)])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, bool]:
    cuda, mps = request.param
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    return cuda, mps


def test_auto_takes_the_best_and_the_processor_is_always_there(machine: tuple[bool, bool]) -> None:
    cuda, mps = machine
    expected = [name for name, there in (("cuda", cuda), ("mps", mps), ("cpu", True)) if there]
    assert list(available_devices()) == expected
    assert choose_device() == choose_device("auto") == expected[0]
    assert choose_device("cpu") == "cpu"
    for name, there in (("cuda", cuda), ("mps", mps)):
        if there:
            assert choose_device(name) == name
        else:
            with pytest.raises(
                DeviceError, match=f"no {name} device.*choose {' or '.join(expected)}, or the best"
            ):
                choose_device(name)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(DeviceError, match="no tpu device"):
        choose_device("tpu")


def test_a_lab_trains_on_all_gpus_or_on_the_one_that_is_named(
    machine: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda, mps = machine
    best = "cuda" if cuda else "mps" if mps else "cpu"
    assert devices_for("") == devices_for(best) == (best,)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    if not cuda:
        assert devices_for("") == (best,)
        with pytest.raises(DeviceError, match="no cuda:1 device"):
            devices_for("cuda:1")
        return
    assert devices_for("") == devices_for("cuda") == ("cuda:0", "cuda:1")
    assert devices_for("cuda:1") == ("cuda:1",)
    assert devices_for("cpu") == ("cpu",)
    with pytest.raises(
        DeviceError, match=r"no cuda:2 device.*choose .*cuda:0 or cuda:1, or the best there is\."
    ):
        devices_for("cuda:2")

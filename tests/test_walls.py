"""What each side of the program pulls in when it is imported, detours through libraries included.

import-linter reads our own imports only, so a fresh interpreter imports every module of a side here.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
    importlib.import_module(module.name)
print("\\n".join(sys.modules))
"""
_IMPORT_ONE = "import importlib, sys; importlib.import_module(sys.argv[1]); print('\\n'.join(sys.modules))"
_QT = {"PySide6", "shiboken6", "pyqtgraph", "superqt", "qtawesome"}
_TORCH = {"torch", "torchvision", "captum"}


def imported(program: str, name: str) -> set[str]:
    """Names of all modules, and so of all packages, that importing `name` loads."""
    run = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True)
    assert run.returncode == 0, f"{name} cannot be imported alone:\n{run.stderr}"
    return set(run.stdout.split())


@pytest.mark.parametrize(
    ("side", "refused"),
    [
        ("records", _QT | _TORCH | {"matplotlib", "PIL"}),
        ("charts", _QT | _TORCH | {"matplotlib", "PIL", "resnet_viewer.core", "resnet_viewer.media"}),
        ("core", _QT | {"torchvision", "captum"}),  # these two cost seconds: imported where they are used
        ("media", _QT | _TORCH | {"resnet_viewer.core", "matplotlib"}),
        ("figures", _QT | _TORCH | {"resnet_viewer.core", "matplotlib.pyplot"}),
        ("ui", _TORCH | {"resnet_viewer.core", "resnet_viewer.services", "matplotlib.pyplot"}),
        (
            "services",
            _QT | _TORCH | {"resnet_viewer.ui", "matplotlib.pyplot"},
        ),  # torch comes with the first request
        ("verbs", _QT | {"resnet_viewer.ui", "matplotlib.pyplot"}),
    ],
)
def test_a_side_stays_behind_its_walls(side: str, refused: set[str]) -> None:
    if side == "ui" and importlib.util.find_spec("PySide6") is None:
        pytest.skip("the window needs PySide6")
    loaded = imported(_IMPORT_ALL, f"resnet_viewer.{side}")
    assert f"resnet_viewer.{side}" in loaded
    assert not loaded & refused, f"resnet_viewer.{side} must not import these, by no detour either"


@pytest.mark.parametrize("name", ["resnet_viewer", "resnet_viewer.cli"])
def test_importing_the_package_costs_nothing(name: str) -> None:
    assert not imported(_IMPORT_ONE, name) & (_QT | _TORCH | {"numpy", "PIL", "matplotlib"})


def test_plans_are_looked_at_on_the_windows_thread_without_torch() -> None:
    assert not imported(_IMPORT_ONE, "resnet_viewer.services.run_plans") & _TORCH


def test_the_process_that_trains_knows_no_window_and_begins_without_torch() -> None:
    assert not imported(_IMPORT_ONE, "resnet_viewer.lab_process") & (_QT | _TORCH)


@pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="the window needs PySide6")
def test_the_window_is_there_before_torch() -> None:
    assert not imported(_IMPORT_ONE, "resnet_viewer.app") & _TORCH

"""What each side of the program pulls in when it is imported, detours through libraries included.

import-linter reads our own imports only, so a fresh interpreter imports every module of a side here.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import resnet_viewer

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


def imports_within(package: Path) -> dict[str, set[str]]:
    """Every module with the modules of the package that it names, wherever that stands in it."""
    names = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in package.rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        wanted: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                inner = {f"{node.module}.{one.name}" for one in node.names}
                wanted |= inner if inner <= names.keys() else {node.module, *inner}
            elif isinstance(node, ast.Import):
                wanted |= {one.name for one in node.names}
        found[name] = (wanted & names.keys()) - {name}
    return found


def test_no_module_imports_itself_by_a_detour() -> None:
    """Imports for types alone and inside functions count: they hide that two modules are one idea."""
    imports = imports_within(Path(resnet_viewer.__file__).parent)
    assert "resnet_viewer.ui.window" in imports["resnet_viewer.app"], "imports inside functions are seen"
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as circle:
        pytest.fail(f"an import circle: {' <- '.join(circle.args[1])}; hand in the part that is needed")

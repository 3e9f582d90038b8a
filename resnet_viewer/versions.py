"""Versions, system and folders in words; needs neither Qt nor torch."""

from __future__ import annotations

import platform
from importlib import metadata

from resnet_viewer import paths

_PACKAGES = (
    "PySide6-Essentials", "torch", "torchvision", "numpy", "pyqtgraph", "matplotlib", "pillow", "captum",
)  # fmt: skip


def version_of(package: str) -> str:
    """An installed package's version, without importing it; "not installed" where it is not."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def info() -> str:
    """What a report of a fault needs, one fact a line."""
    lines = [
        f"ResNet Viewer {version_of('resnet-viewer')}",
        f"Python {platform.python_version()} on {platform.platform()}",
        *(f"{package} {version_of(package)}" for package in _PACKAGES),
        f"settings: {paths.settings_dir()}",
        f"cache: {paths.cache_dir()}",
        f"log: {paths.log_dir()}",
    ]
    return "\n".join(lines)

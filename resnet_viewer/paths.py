"""Where things are: assets that travel with the program, and this user's folders for settings, cache and log.

Every folder of the user moves below one other folder when the environment variable `RESNET_VIEWER_HOME` names
it (a portable installation, a test). Nothing here creates a folder or looks whether one is there.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "RESNET_VIEWER_HOME"
_PACKAGE = Path(__file__).resolve().parent
_NAME = "resnet-viewer"


def asset(*parts: str, package: Path = _PACKAGE) -> Path:
    """The path of an asset, such as `asset("pictures", "cat.jpg")`; without parts, the folder of all assets.

    An installed wheel holds them inside the package, a checkout beside it.
    """
    return _beside(package, "assets").joinpath(*parts)


def bundled_weights(network: str) -> Path:
    """Where the weights of a network lie that travel with the program, if it has any."""
    return asset("weights", f"{network}.safetensors")


def document(*parts: str, package: Path = _PACKAGE) -> Path:
    """The path of a page about the program, such as `document("networks.md")`: as assets are."""
    return _beside(package, "docs").joinpath(*parts)


def _beside(package: Path, folder: str) -> Path:
    installed = package / folder
    return installed if installed.is_dir() else package.parent / folder


def settings_dir() -> Path:
    """What the user chose, kept from start to start."""
    return _own_home("settings") or platformdirs.user_config_path(_NAME, appauthor=False)


def cache_dir() -> Path:
    """What can be fetched or computed again, and may be deleted at any time."""
    return _own_home("cache") or platformdirs.user_cache_path(_NAME, appauthor=False)


def runs_dir() -> Path:
    """Training runs: logs, curves and weights, a folder for each order of the Train tab."""
    return _own_home("runs") or platformdirs.user_data_path(_NAME, appauthor=False) / "runs"


def studies_dir() -> Path:
    """Studies: what was asked and what was found, a folder for each order of the Studies tab."""
    return _own_home("studies") or platformdirs.user_data_path(_NAME, appauthor=False) / "studies"


def log_dir() -> Path:
    """The logs."""
    return _own_home("logs") or platformdirs.user_log_path(_NAME, appauthor=False)


def _own_home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE, "").strip()
    return Path(home).expanduser().absolute() / name if home else None

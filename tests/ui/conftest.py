"""Folders of their own for the tests of the window."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and caches of a test go to its own folder."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))

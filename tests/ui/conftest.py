"""Threads, Qt messages and settings that a test must not leave behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and caches of a test go to its own folder."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.fixture
def no_stray_threads() -> Iterator[None]:
    """Fails when the test leaves a Python-visible thread running."""
    before = set(threading.enumerate())
    yield
    stray = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    assert not stray, f"close these workers before the test ends: {stray}"

"""How much memory is free, as Linux and its containers say it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from resnet_viewer.core.data import folder_data as memory

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows says it in another way")


def test_what_this_system_says_is_believable() -> None:
    free = memory.free_bytes()
    assert free is None or 1 << 20 < free < 1 << 50


def test_the_least_of_what_the_system_and_the_container_have_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    5000 kB\n")
    assert memory.free_bytes() == 5000 * 1024
    (tmp_path / "memory.max").write_text("4096000\n")
    (tmp_path / "memory.current").write_text("2000000\n")
    (tmp_path / "memory.stat").write_text("anon 1500000\nfile 500000\nshmem 100000\n")
    assert memory.free_bytes() == 4096000 - 2000000 + 400000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free_bytes() == 5000 * 1024

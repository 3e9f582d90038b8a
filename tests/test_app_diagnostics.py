"""The log is written where it can be; what stands in its place holds nothing up."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_viewer.diagnostics import Diagnostics


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
@pytest.mark.parametrize("name", ["resnet-viewer.log", "crash.txt"])
@pytest.mark.parametrize("stands", [os.mkfifo, Path.mkdir])
def test_what_stands_in_the_logs_place_means_no_log(
    name: str, stands: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stands(tmp_path / name)
    diagnostics = Diagnostics(tmp_path)
    diagnostics.start()
    diagnostics.close()
    assert f"{name} is not a regular file" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_log_tells_the_beginning_of_the_last_crash(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "crash.txt").write_text("Fatal Python error\n" * 1_000_000)
    diagnostics = Diagnostics(tmp_path)
    diagnostics.start()
    diagnostics.close()
    assert diagnostics.has_crashed
    assert "Fatal Python error" in (tmp_path / "resnet-viewer.log").read_text()
    assert len(caplog.text) < 200_000

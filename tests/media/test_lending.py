"""Pictures lent through a file: whole, without a copy, and nothing is left of it."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from resnet_viewer.media.files import WriteError
from resnet_viewer.media.lending import lent, taken
from resnet_viewer.records.errors import UserError
from resnet_viewer.records.lab import DataRead

PICTURES = np.arange(5 * 3 * 4 * 4, dtype=np.uint8).reshape(5, 3, 4, 4)
READ = DataRead(7, PICTURES, np.arange(5), ("a", "b"), "A remark.")
on_posix = pytest.mark.skipif(os.name != "posix", reason="Windows removes a file with its last handle")


def test_what_is_taken_is_what_was_lent_mapped_from_a_file(tmp_path: Path) -> None:
    with lent(READ, tmp_path / "cache") as data:
        assert data.path.parent == tmp_path / "cache"
        assert data.path.stat().st_size == PICTURES.nbytes
        assert len(data.read.test_pictures) == 0, "nothing of it goes through a pipe"
        found = taken(data)
    assert isinstance(found.test_pictures, np.memmap)
    assert np.array_equal(found.test_pictures, PICTURES)
    assert not found.test_pictures.flags.writeable
    assert (found.count, found.class_names, found.remark) == (7, ("a", "b"), "A remark.")


@on_posix
def test_the_file_has_no_name_once_it_is_taken(tmp_path: Path) -> None:
    with lent(READ, tmp_path) as data:
        found = taken(data)
        assert list(tmp_path.iterdir()) == []
    assert int(found.test_pictures.sum()) == int(PICTURES.sum())


def test_work_that_ends_before_anybody_comes_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(GeneratorExit), lent(READ, tmp_path):
        raise GeneratorExit
    assert list(tmp_path.iterdir()) == []
    with ExitStack() as stack:
        data = stack.enter_context(lent(READ, tmp_path))
    assert np.array_equal(taken(data).test_pictures, PICTURES), "work that goes on leaves it to whoever comes"


def test_what_the_killed_have_left_is_removed_and_what_is_new_is_not(tmp_path: Path) -> None:
    for name in ("old.pictures", "new.pictures", "other"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("old.pictures", "other"):
        os.utime(tmp_path / name, (0, 0))
    with lent(READ, tmp_path) as data:
        assert {path.name for path in tmp_path.iterdir()} == {"new.pictures", "other", data.path.name}


def test_a_file_that_is_gone_or_cut_is_said(tmp_path: Path) -> None:
    with lent(READ, tmp_path) as data:
        data.path.write_bytes(b"short")
        with pytest.raises(UserError, match="cannot be shown: start the runs again"):
            taken(data)
        data.path.unlink(missing_ok=True)
        with pytest.raises(UserError, match=r"are not in .* any more"):
            taken(data)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(WriteError, match="the disk is full"), lent(READ, tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []

"""A file is written whole, or the old one stays whole and nothing lies beside it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_viewer.media.files import WriteError, make_folder, refusal, require_writable, write_whole
from resnet_viewer.records.errors import UserError

Fails = Callable[..., None]


def failing(number: int) -> Fails:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_writes_a_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "plot.svg", b"new")
    assert contents(tmp_path) == {"plot.svg": b"new"}


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_whole(tmp_path / "plot.svg", b"new")
    assert (tmp_path / "plot.svg").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_replaces_an_old_file_and_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "plot.svg"
    target.write_bytes(b"old, and longer than the new one")
    target.chmod(0o640)
    write_whole(target, b"new")
    assert contents(tmp_path) == {"plot.svg": b"new"}
    assert target.stat().st_mode & 0o777 == 0o640


def test_writes_everything_where_the_system_takes_little_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:3]))
    write_whole(tmp_path / "plot.svg", b"0123456789")
    assert contents(tmp_path) == {"plot.svg": b"0123456789"}


def test_writes_an_empty_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "empty.csv", b"")
    assert contents(tmp_path) == {"empty.csv": b""}


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.svg").write_bytes(b"old")
    (tmp_path / "link.svg").symlink_to("real.svg")
    write_whole(tmp_path / "link.svg", b"new")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_bytes() == b"new"


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "is read-only"),
        (errno.EIO, "the system says"),
    ],
)
def test_when_writing_fails_the_old_file_stays_whole(
    call: str, number: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "plot.svg"
    target.write_bytes(b"old")
    # Path.replace calls os.replace
    monkeypatch.setattr(os, call, failing(number))
    with pytest.raises(WriteError, match=sentence) as caught:
        write_whole(target, b"new")
    monkeypatch.undo()
    assert contents(tmp_path) == {"plot.svg": b"old"}
    assert str(caught.value).startswith("Cannot write plot.svg: ")
    assert isinstance(caught.value, UserError)


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    taken = iter([4])

    def fills_up(descriptor: int, data: memoryview) -> int:
        for count in taken:
            return write(descriptor, data[:count])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", fills_up)
    with pytest.raises(WriteError, match="the disk is full"):
        write_whole(tmp_path / "plot.svg", b"0123456789")
    monkeypatch.undo()
    assert contents(tmp_path) == {}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_disk_that_is_really_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "plot.svg"
    target.write_bytes(b"old")
    real_open = os.open

    def open_on_a_full_disk(path: Path, flags: int, mode: int = 0o777) -> int:
        os.close(real_open(path, flags, mode))
        return real_open("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(os, "open", open_on_a_full_disk)
    with pytest.raises(WriteError, match="the disk is full"):
        write_whole(target, b"new")
    monkeypatch.undo()
    assert contents(tmp_path) == {"plot.svg": b"old"}


def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write everywhere, so the system's refusal is played.
    monkeypatch.setattr(os, "open", failing(errno.EACCES))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(WriteError, match="read-only: choose another folder") as caught:
        write_whole(tmp_path / "plot.svg", b"new")
    assert str(tmp_path) in str(caught.value)


def test_a_protected_file_in_a_writable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", failing(errno.EACCES))
    with pytest.raises(WriteError, match="protected or in use"):
        write_whole(tmp_path / "plot.svg", b"new")
    monkeypatch.undo()
    assert contents(tmp_path) == {}


def test_a_missing_folder_is_refused_or_made(tmp_path: Path) -> None:
    target = tmp_path / "missing" / "deeper" / "plot.svg"
    with pytest.raises(WriteError, match="does not exist: create it"):
        write_whole(target, b"new")
    assert contents(tmp_path) == {}
    write_whole(target, b"new", makes_folder=True)
    assert target.read_bytes() == b"new"


def test_the_target_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "plot.svg").mkdir()
    with pytest.raises(WriteError, match="that is a folder"):
        write_whole(tmp_path / "plot.svg", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["plot.svg"]


@pytest.mark.parametrize("makes_folder", [False, True])
def test_the_folder_is_a_file(makes_folder: bool, tmp_path: Path) -> None:
    (tmp_path / "notes").write_bytes(b"mine")
    with pytest.raises(WriteError, match="is not a folder"):
        write_whole(tmp_path / "notes" / "plot.svg", b"new", makes_folder=makes_folder)
    assert contents(tmp_path) == {"notes": b"mine"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_the_target_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WriteError, match="not a regular file"):
        write_whole(tmp_path / "pipe", b"new")


@pytest.mark.parametrize(("name", "sentence"), [("x" * 300, "too long"), ("a\0b", "cannot be the name")])
def test_an_impossible_name(name: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=sentence):
        write_whole(tmp_path / name, b"new")
    assert contents(tmp_path) == {}


def test_whether_a_file_can_be_written_is_known_before(tmp_path: Path) -> None:
    require_writable(tmp_path / "new.csv")
    (tmp_path / "old.csv").write_text("old")
    require_writable(tmp_path / "old.csv")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old.csv": "old"}
    for path, sentence in (
        (tmp_path, "that is a folder"),
        (tmp_path / "missing" / "new.csv", "does not exist"),
        (tmp_path / "old.csv" / "new.csv", "is not a folder"),
    ):
        with pytest.raises(WriteError, match=sentence):
            require_writable(path)


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_in_which_nothing_can_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "a" / "b"):
        with pytest.raises(WriteError, match="file is a file, not a folder: choose another one"):
            make_folder(folder)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(WriteError, match="permission denied"):
        make_folder(tmp_path)


def test_a_folder_that_is_there_and_takes_no_file_is_not_called_missing(tmp_path: Path) -> None:
    """As /proc, whose files the system alone makes."""
    said = str(refusal(tmp_path / "x.csv", OSError(errno.ENOENT, os.strerror(errno.ENOENT))))
    assert "does not exist" not in said
    assert said.startswith("Cannot write x.csv: the system says: no such file or directory.")

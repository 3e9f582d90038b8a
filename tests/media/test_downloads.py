"""Downloads from a server on this machine: whole, damaged, cut short, silent, cancelled."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from pathlib import Path

import pytest

from resnet_viewer.media import downloads
from resnet_viewer.media.downloads import DownloadError, download
from resnet_viewer.records.errors import Progress

BODY = bytes(range(256)) * 2000
DIGEST = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers well at `/whole`, `/unannounced` and `/moved`, badly elsewhere; `release` ends what never ends."""

    daemon_threads = True

    def __init__(self) -> None:
        self.release = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        match self.path.strip("/"):
            case "whole":
                self.begin(len(BODY))
                self.wfile.write(BODY)
            case "unannounced":
                self.begin(None)
                self.wfile.write(BODY)
            case "cut":
                self.begin(len(BODY))
                self.wfile.write(BODY[:300_000])
            case "silent":
                self.begin(len(BODY))
                self.wfile.write(BODY[:1000])
                self.wfile.flush()
                self.server.release.wait(60)
            case "mute":
                self.server.release.wait(60)
            case "moved":
                self.redirect("/whole")
            case "busy":
                self.send_error(503)
            case "huge":
                self.begin(10**15)
                self.wfile.write(BODY)
            case "endless":
                self.begin(None)
                with suppress(OSError):
                    while not self.server.release.is_set():
                        self.wfile.write(BODY)
            case "trickle":
                self.begin(len(BODY))
                with suppress(OSError):
                    while not self.server.release.wait(0.02):
                        self.wfile.write(b"x")
            case "torn":
                self.begin(None, "chunked")
                self.wfile.write(b"400\r\n" + BODY[:700])
            case "reset":
                self.begin(len(BODY))
                self.wfile.write(BODY[:1000])
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "babble":
                self.wfile.write(b"\x00\xff no words of HTTP\r\n\r\n")
            case "round":
                self.redirect("/round")
            case "inside":
                self.redirect("file:///etc/hostname")
            case "portal":
                self.redirect("/login")
            case "login":
                self.begin(20)
                self.wfile.write(b"<html>log in</html>\n")
            case _:
                self.send_error(404)

    def redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def begin(self, length: int | None, encoding: str = "") -> None:
        self.protocol_version = "HTTP/1.1" if encoding else "HTTP/1.0"
        self.send_response(200)
        if encoding:
            self.send_header("Transfer-Encoding", encoding)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), name="server")
    thread.start()
    yield running
    running.release.set()
    running.shutdown()
    thread.join()
    running.server_close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("path", ["whole", "unannounced", "moved"])
def test_a_file_arrives_whole(path: str, server: Server, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "net.pth"
    steps = list(download(server.address(path), target, sha256_prefix=DIGEST[:8].upper(), size=len(BODY)))
    assert target.read_bytes() == BODY
    assert names(target.parent) == ["net.pth"]
    assert steps[-1] == Progress(len(BODY), len(BODY))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert len(steps) > 2


def test_what_to_do_instead_is_the_callers_to_say(server: Server, tmp_path: Path) -> None:
    for path in ("cut", "gone", "busy"):
        with pytest.raises(DownloadError, match=r"give a folder\.$"):
            list(download(server.address(path), tmp_path / "net", instead="give a folder"))


def test_without_a_size_the_announced_one_is_shown(server: Server, tmp_path: Path) -> None:
    assert list(download(server.address("whole"), tmp_path / "net"))[-1] == Progress(len(BODY), len(BODY))
    assert list(download(server.address("unannounced"), tmp_path / "net"))[-1] == Progress(len(BODY), None)


def test_an_old_file_is_replaced_only_by_a_whole_one(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "net.pth"
    target.write_bytes(b"old")
    with pytest.raises(DownloadError):
        list(download(server.address("cut"), target))
    assert target.read_bytes() == b"old"
    list(download(server.address("whole"), target))
    assert target.read_bytes() == BODY
    assert names(tmp_path) == ["net.pth"]


@pytest.mark.parametrize(
    ("path", "expected", "sentence"),
    [
        ("whole", {"sha256_prefix": "00000000"}, f"begins with {DIGEST[:8]} and not with 00000000"),
        ("whole", {"size": 7}, "it has 512000 bytes and not 7"),
        ("unannounced", {"size": 7}, "it has more than 7 bytes"),
        ("unannounced", {"size": len(BODY) + 1}, "broke off after 0.5 MB"),
        ("cut", {}, "broke off after 0.3 MB"),
        ("whole", {"md5": "00"}, f"its MD5 is {hashlib.md5(BODY).hexdigest()} and not 00"),
        ("gone", {}, "127.0.0.1 does not have net.pth .error 404.: choose a file instead"),
        ("busy", {}, "refuses to send net.pth .error 503.: try again later"),
        ("silent", {"timeout": 0.05}, "was silent for 0.05 seconds"),
        ("mute", {"timeout": 0.05}, "was silent for 0.05 seconds"),
        ("huge", {}, "it has 1000000000000000 bytes"),
        ("endless", {"size": len(BODY)}, "it has more than 512000 bytes"),
        ("torn", {}, "broke off after 0.0 MB"),
        ("reset", {}, "broke off after 0.0 MB|cannot be reached"),
        ("babble", {}, "cannot be reached"),
        ("round", {}, "refuses to send net.pth .error 302."),
        ("inside", {}, "refuses to send net.pth .error 302."),
        ("portal", {"size": len(BODY)}, "it has 20 bytes and not 512000"),
        ("portal", {"sha256_prefix": "00000000"}, "and not with 00000000"),
    ],
)
def test_what_goes_wrong_is_said_and_leaves_nothing(
    path: str, expected: dict[str, object], sentence: str, server: Server, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match=sentence) as caught:
        list(download(server.address(path), tmp_path / "net.pth", **expected))
    assert str(caught.value).endswith("choose a file instead.")
    assert names(tmp_path) == []


def test_closing_cancels_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    steps = download(server.address("whole"), tmp_path / "net.pth")
    while next(steps).done == 0:
        assert names(tmp_path)[0].endswith(".part")
    steps.close()
    assert names(tmp_path) == []


def test_a_silent_server_does_not_hold_up_a_cancel(server: Server, tmp_path: Path) -> None:
    steps = download(server.address("silent"), tmp_path / "net.pth", timeout=60)
    while next(steps).done < 1000:
        pass
    assert next(steps) == Progress(1000, len(BODY))  # a sign of life, although nothing came
    readers = [thread for thread in threading.enumerate() if thread.name.startswith("download of")]
    steps.close()
    assert names(tmp_path) == []
    assert not server.release.is_set()
    server.release.set()
    for reader in readers:
        reader.join(30)
        assert not reader.is_alive(), "the reading thread must end when the server does"


def test_cancelling_before_the_server_answers(server: Server, tmp_path: Path) -> None:
    steps = download(server.address("mute"), tmp_path / "net.pth", timeout=60)
    assert next(steps) == Progress(0, None)
    steps.close()
    assert names(tmp_path) == []


@pytest.mark.parametrize("path", ["trickle", "endless"])
def test_a_cancel_takes_less_than_a_second_whatever_comes(path: str, server: Server, tmp_path: Path) -> None:
    steps = download(server.address(path), tmp_path / "net.pth", timeout=60)
    while next(steps).done == 0:
        pass
    started = time.monotonic()
    next(steps)
    steps.close()
    assert time.monotonic() - started < 1
    assert names(tmp_path) == []


def test_what_never_ends_is_ended_before_the_disk_is_full(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "_MOST", 1_000_000)
    with pytest.raises(DownloadError, match="it has more than 1000000 bytes"):
        list(download(server.address("endless"), tmp_path / "net.pth"))
    assert names(tmp_path) == []


def test_a_download_that_the_disk_has_no_room_for_is_refused_before_it_is_written(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=len(BODY) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    steps = download(server.address("whole"), tmp_path / "net.pth")
    with pytest.raises(DownloadError, match=r"Cannot write net\.pth: the disk is full"):
        list(takewhile(lambda step: step.done == 0, steps))
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_disk_that_takes_no_more_in_the_middle(server: Server, tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(
            DownloadError, match=r"Cannot write net\.pth: the file is too large for that disk"
        ):
            list(download(server.address("whole"), tmp_path / "net.pth"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(tmp_path) == []


def test_a_download_that_was_never_started_does_nothing(tmp_path: Path) -> None:
    download("http://127.0.0.1/x", tmp_path / "deep" / "net.pth").close()
    assert names(tmp_path) == []


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(
        DownloadError, match=r"downloading net\.pth needs a network: connect .* choose a file"
    ):
        list(download(f"http://127.0.0.1:{port}/", tmp_path / "net.pth"))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
            "example.org cannot be reached",
        ),
        (urllib.error.URLError(ssl.SSLCertVerificationError(1, "bad")), "check this computer's clock"),
        (urllib.error.URLError(TimeoutError()), "was silent for 3 seconds"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "example.org cannot be reached"),
    ],
)
def test_errors_of_the_network(
    error: Exception, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(DownloadError, match=sentence):
        list(download("https://example.org/net.pth", tmp_path / "net.pth", timeout=3))


@pytest.mark.parametrize("url", ["file:///etc/hostname", "nonsense", "ftp://example.org/x", "http://"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="choose a file instead"):
        list(download(url, tmp_path / "net.pth"))
    assert names(tmp_path) == []


def test_a_full_disk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DownloadError, match=r"Cannot write net\.pth: the disk is full"):
        list(download(server.address("whole"), tmp_path / "net.pth"))
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file")
    with pytest.raises(DownloadError, match="is not a folder"):
        list(download("http://127.0.0.1/x", tmp_path / "cache" / "net.pth"))

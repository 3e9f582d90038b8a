"""Downloads that show their progress, can be cancelled at any moment, and arrive whole or not at all.

The network is read on a thread of its own, because a read that waits for a silent server cannot be interrupted:
the generator goes on yielding meanwhile, and closing it returns at once. That thread ends by itself as soon as
the server says something or the timeout is over.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import queue
import secrets
import shutil
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from resnet_viewer.media.files import refusal
from resnet_viewer.records.errors import Progress, UserError

_PIECE = 1 << 17
"""Bytes read at a time."""
_MOST = 4 << 30
"""Bytes: nothing that is downloaded here has as many, so a server that sends more sends something else."""
_PULSE = 0.2
"""Seconds between two signs of life while the server is silent."""


class DownloadError(UserError):
    """A download failed and left nothing behind; the message says why and what to do instead."""


def download(
    url: str,
    target: Path,
    *,
    sha256_prefix: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    timeout: float = 20.0,
    instead: str = "choose a file instead",
) -> Generator[Progress, None, None]:
    """Fetch `url` into the file `target`, yielding `Progress` in bytes at least five times a second.

    The bytes go to a `.part` file beside the target, which takes the target's name only when the length (`size`,
    or what the server announced), the beginning of the SHA-256 and the MD5 (hexadecimal) are right. Closing the
    generator cancels. Missing folders are made. `timeout` is the longest silence of the server, in seconds; `instead`
    is what the user is advised to do when it fails.

    Raises:
        DownloadError: no network, no answer, another file than expected, or it cannot be written.
    """
    what = _Download(url, target.name, urlsplit(url).hostname or url, instead)
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    stopped = threading.Event()
    done, total, digest = 0, size, hashlib.sha256()
    older = hashlib.md5(usedforsecurity=False)  # all that some publishers give
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            for news in _news(url, timeout, stopped):
                match news:
                    case Exception():
                        raise what.failed(news, done, timeout) from news
                    case int() if size is not None and news != size:
                        raise what.is_another(f"it has {news} bytes and not {size}")
                    case int():
                        total = news
                        if total > _MOST:
                            raise what.is_another(f"it has {total} bytes")
                        _require_room(target.parent, total)
                    case bytes():
                        done += len(news)
                        if done > (most := _MOST if total is None else total):
                            raise what.is_another(f"it has more than {most} bytes")
                        file.write(news)
                        digest.update(news)
                        older.update(news)
                    case None:
                        pass
                yield Progress(done, total)
            if total is not None and done < total:
                raise what.broke_off(done)
            if sha256_prefix and not digest.hexdigest().startswith(sha256_prefix.lower()):
                found = digest.hexdigest()[: len(sha256_prefix)]
                raise what.is_another(f"its SHA-256 begins with {found} and not with {sha256_prefix}")
            if md5 and older.hexdigest() != md5.lower():
                raise what.is_another(f"its MD5 is {older.hexdigest()} and not {md5}")
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:  # the network's errors have become news: this is the disk's
        raise DownloadError(str(refusal(target, error))) from error
    finally:
        stopped.set()
        with suppress(OSError):
            part.unlink()


def _require_room(folder: Path, size: int) -> None:
    """Nothing where so many bytes can be written.

    Raises:
        OSError: the disk would be full; better said before it is.
    """
    if size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass(frozen=True)
class _Download:
    """What is being fetched, and the sentences for what can go wrong with it."""

    url: str
    name: str
    host: str
    instead: str

    def failed(self, error: Exception, done: int, timeout: float) -> DownloadError:
        """Words for an error of the network."""
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(error, urllib.error.HTTPError):
            if error.code in (404, 410):
                return DownloadError(
                    f"{self.host} does not have {self.name} (error {error.code}): {self.instead}."
                )
            return DownloadError(
                f"{self.host} refuses to send {self.name} (error {error.code}): "
                f"try again later, or {self.instead}."
            )
        if isinstance(cause, TimeoutError):
            return DownloadError(
                f"{self.host} was silent for {timeout:g} seconds while {self.name} was downloaded: "
                f"try again later, or {self.instead}."
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            return DownloadError(
                f"{self.host} cannot prove that it is {self.host}: check this computer's clock and network, "
                f"or, for {self.name}, {self.instead}."
            )
        if isinstance(error, ValueError):
            return DownloadError(f"{self.url} is not an address to download from: {self.instead}.")
        if isinstance(error, urllib.error.URLError) or done == 0:
            return DownloadError(
                f"{self.host} cannot be reached, and downloading {self.name} needs a network: "
                f"connect this computer and try again, or {self.instead}."
            )
        return self.broke_off(done)

    def broke_off(self, done: int) -> DownloadError:
        """Words for a connection that ended too early."""
        return DownloadError(
            f"The download of {self.name} broke off after {done / 1e6:.1f} MB: try again, or {self.instead}."
        )

    def is_another(self, reason: str) -> DownloadError:
        """Words for a file that is not the wanted one."""
        return DownloadError(
            f"{self.host} sent a damaged {self.name}, or another file under that name ({reason}): "
            f"try again later, or {self.instead}."
        )


_News = int | bytes | Exception | None
"""The announced length, a piece of the file, what went wrong, or nothing for a while."""


def _news(url: str, timeout: float, stopped: threading.Event) -> Iterator[_News]:
    """What the reading thread finds, as it comes; ends with the file or after an error."""
    pieces: queue.Queue[_News] = queue.Queue(maxsize=8)

    def tell(news: _News) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                pieces.put(news, timeout=_PULSE)
                return

    def read() -> None:
        try:
            if urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(url)
            request = urllib.request.Request(url, headers={"User-Agent": "resnet-viewer"})
            with urllib.request.urlopen(request, timeout=timeout) as response:
                announced = response.headers.get("Content-Length", "")
                if announced.isdecimal():
                    tell(int(announced))
                while not stopped.is_set():
                    piece = response.read1(_PIECE)
                    tell(piece)
                    if not piece:
                        return
        except urllib.error.HTTPError as error:
            error.close()
            tell(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            tell(error)

    threading.Thread(target=read, name=f"download of {url}", daemon=True).start()
    while True:
        try:
            news = pieces.get(timeout=_PULSE)
        except queue.Empty:
            yield None
            continue
        if news == b"":
            return
        yield news

"""Fetches one file that a person asked for: over http or https, resumable, bounded, checked.

TLS certificates and host names are always verified against the system's certificates; ``https_proxy`` and the like are
obeyed. A file that was begun stays as ``NAME.part`` and is continued when the server still has the same one.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import http.client
import json
import queue
import shutil
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from filelock import FileLock, Timeout

from imaging.errors import UserError
from imaging.json_text import read_json
from inference.packages.contents import Cancelled, Report, Stopped, hash_of_file

CHUNK = 256 << 10
MAX_BYTES = 20 << 30
TIMEOUT_S = 30.0
LOOK_EVERY_S = 0.1
KEPT_FREE = 100 << 20
_AGAIN = "Try again: what was fetched is kept and continued."
_REACH = "Check the address and the network; behind a proxy, set https_proxy. Or bring the file by hand."
_CERTIFICATE = "Where a firewall looks into connections, this computer needs the certificate of the hospital."
_FULL = "Free some space and try again: what was fetched is kept and continued."


def file_name(url: str) -> str:
    """The name of the file at an address.

    Raises:
        UserError: it is no http or https address, or names no file.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise UserError("Models can be fetched from http and https addresses only.")
    name = unquote(parts.path).replace("\\", "/").rsplit("/", 1)[-1]
    if not name or name in (".", "..") or not name.isprintable():
        raise UserError("The address names no file.", "It must end in the name of a zip, .ts or .onnx file.")
    return name


def download(
    url: str,
    target: Path,
    checksum: str = "",
    report: Report | None = None,
    cancelled: Cancelled | None = None,
    limit: int = MAX_BYTES,
) -> None:
    """Fetch a file; ``target`` appears only when it is whole and its checksum is right.

    Args:
        url: http or https; a name and a password before the host are told to that host alone.
        target: where it goes; ``target.part`` and ``target.part.json`` lie beside it until then.
        checksum: ``sha256:…``, ``sha1:…`` or ``md5:…``; empty when nobody stated one.
        report: told the finished share (0 when the server does not say how much there is) and the megabytes.
        cancelled: asked every 0.1 s.
        limit: most bytes.

    Raises:
        UserError: it cannot be fetched, is too large, or is another file than was stated.
        Stopped: ``cancelled()`` was true.
    """
    file_name(url)
    part = target.with_name(target.name + ".part")
    try:
        with FileLock(part.with_name(part.name + ".lock"), timeout=0):
            _transfer(_Transfer(url, part, limit), target.name, report, cancelled)
            _check(part, checksum, target.name)
            part.replace(target)
    except Timeout as error:
        raise UserError(f"{target.name} is being fetched by another program.") from error
    part.with_name(part.name + ".json").unlink(missing_ok=True)


def _transfer(transfer: _Transfer, name: str, report: Report | None, cancelled: Cancelled | None) -> None:
    """Let the transfer's thread work, and pass on what it says."""
    thread = threading.Thread(target=transfer.run, name="download", daemon=True)
    thread.start()
    while True:  # the network may hang for as long as the timeout; whoever waits here must not
        try:
            event = transfer.events.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            event = None
        if cancelled is not None and cancelled():
            transfer.is_stopped.set()
            thread.join(1.0)
            raise Stopped
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, tuple) and report is not None:
            done, total = event
            report(done / total if total else 0.0, f"Fetching {name}: {done / 2**20:.0f} MB")
        if event == "done":
            return
        if event == "ended":
            raise RuntimeError("the download's thread ended without a word")


def _check(part: Path, checksum: str, name: str) -> None:
    if not checksum:
        return
    kind, _, wanted = checksum.partition(":")
    found = hash_of_file(part, kind=kind)
    if found != wanted.lower():
        part.unlink()
        raise UserError(
            f"{name} is not the file that was stated: its {kind} is {found[:12]}…, not {wanted[:12]}….",
            "The address may hold another version by now. Nothing was kept.",
        )


def _in_words(error: Exception, host: str) -> tuple[str, str]:
    """Why a transfer failed, and what to do."""
    cause = getattr(error, "reason", None) or error  # URLError wraps what happened
    if isinstance(cause, socket.gaierror):
        return f"no server “{host}” is known here", _REACH
    if isinstance(cause, ConnectionRefusedError):
        return f"{host} refuses the connection", _REACH
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted here", _CERTIFICATE
    if isinstance(cause, TimeoutError):
        return f"{host} does not answer", _AGAIN
    is_full = isinstance(cause, OSError) and cause.errno == errno.ENOSPC
    return str(getattr(cause, "strerror", None) or cause), _FULL if is_full else _AGAIN


class _Transfer:
    """One transfer, on a thread of its own; it says what happens through ``events``."""

    def __init__(self, url: str, part: Path, limit: int) -> None:
        self.part = part
        self.notes = part.with_name(part.name + ".json")
        self.events: queue.Queue[tuple[int, int] | BaseException | str] = queue.Queue()
        self.is_stopped = threading.Event()
        self._url, self._login = _without_login(url)
        self._address = hashlib.sha256(url.encode()).hexdigest()  # the address itself may hold a password or a token
        self._limit = limit

    def run(self) -> None:
        """The thread's work; whatever goes wrong is passed on as an event."""
        try:
            self._fetch()
            self.events.put("done")
        except urllib.error.HTTPError as error:
            where = self._url.partition("?")[0]
            self.events.put(UserError(f"The server answered {error.code} ({error.reason}).", where))
        except (OSError, http.client.HTTPException) as error:  # URLError, TLS and time-outs are OSErrors
            reason, hint = _in_words(error, urlsplit(self._url).hostname or "the server")
            self.events.put(UserError(f"The file could not be fetched: {reason}.", hint))
        except UserError as error:
            self.events.put(error)
        finally:
            self.events.put("ended")

    def _fetch(self) -> None:
        begun, headers = self._resume()
        request = urllib.request.Request(self._url, headers=headers)
        if self._login:
            request.add_unredirected_header("Authorization", self._login)
        try:
            answer = _opener().open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not begun:
                raise
            self.part.unlink()
            return self._fetch()
        with answer:
            if answer.status != http.HTTPStatus.PARTIAL_CONTENT or not _continues(answer.headers, begun):
                begun = 0
            self._remember(answer.headers)
            self._write(answer, begun, _total(answer.headers, begun))
        return None

    def _resume(self) -> tuple[int, dict[str, str]]:
        """Bytes that are already here, and the headers that ask for the rest of the very same file."""
        headers = {"User-Agent": "limner", "Accept-Encoding": "identity"}
        try:
            notes = read_json(self.notes.read_text("utf-8"))
            begun = self.part.stat().st_size
        except (OSError, ValueError):
            return 0, headers
        tag = notes.get("tag") if isinstance(notes, dict) and notes.get("address") == self._address else None
        if not isinstance(tag, str) or not tag or not begun:
            return 0, headers
        return begun, headers | {"Range": f"bytes={begun}-", "If-Range": tag}

    def _remember(self, headers: Mapping[str, Any]) -> None:
        tag = headers.get("ETag") or headers.get("Last-Modified") or ""
        notes = {"address": self._address, "tag": "" if tag.startswith("W/") else tag}
        self.notes.write_text(json.dumps(notes), "utf-8")

    def _write(self, answer: IO[bytes], begun: int, total: int) -> None:
        if total > self._limit:
            raise UserError(f"The file has {total / 2**30:.1f} GB; at most {self._limit / 2**30:.1f} GB are fetched.")
        if total - begun > shutil.disk_usage(self.part.parent).free - KEPT_FREE:
            raise UserError(f"The disk is too full for the {total / 2**30:.1f} GB of this file.")
        done = begun
        with self.part.open("r+b" if begun else "wb") as stream:
            stream.seek(begun)
            while chunk := answer.read(CHUNK):
                if self.is_stopped.is_set():  # whoever waited is gone, and may have begun anew
                    return
                done += len(chunk)
                if done > self._limit:
                    raise UserError(f"The file has more than {self._limit / 2**30:.1f} GB.", "It was not fetched.")
                stream.write(chunk)
                self.events.put((done, total))
        if total and done < total:
            raise UserError(f"The connection ended after {done / 2**20:.0f} of {total / 2**20:.0f} MB.", _AGAIN)


def _without_login(url: str) -> tuple[str, str]:
    """The address without name and password, which urllib takes for a part of the host's name, and their header."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, ""
    return urlunsplit(parts._replace(netloc=host)), f"Basic {base64.b64encode(unquote(login).encode()).decode()}"


def _opener() -> urllib.request.OpenerDirector:
    """Follows redirects, but never from https to http; no ftp, file or data addresses anywhere on the way."""
    opener = urllib.request.OpenerDirector()
    context = ssl.create_default_context()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects to less than what the person asked for."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Called for each redirect."""
        scheme = urlsplit(newurl).scheme.lower()
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise UserError("The server sends on to an address that is not protected.", "It was not followed.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _continues(headers: Mapping[str, Any], begun: int) -> bool:
    return str(headers.get("Content-Range", "")).startswith(f"bytes {begun}-")


def _total(headers: Mapping[str, Any], begun: int) -> int:
    """Bytes of the whole file; 0 when the server does not say."""
    length = str(headers.get("Content-Length", ""))
    return begun + int(length) if length.isdecimal() else 0

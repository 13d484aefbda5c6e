"""The files of a stored model: their hashes, and whether they are still what was added."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from inference.packages.code_listing import all_files

CHUNK = 1 << 20
Report = Callable[[float, str], None]
Cancelled = Callable[[], bool]


class Stopped(Exception):
    """Somebody cancelled adding, fetching or testing a model."""


@dataclass(frozen=True)
class FileStamp:
    """One file as it was when it was added.

    Attributes:
        name: relative, with forward slashes.
        size: bytes.
        mtime_ns: time of its last change; only a hint where to look closer.
        sha256: hexadecimal.
    """

    name: str
    size: int
    mtime_ns: int
    sha256: str


def stamps_of(folder: Path, report: Report | None = None, cancelled: Cancelled | None = None) -> tuple[FileStamp, ...]:
    """All files of a folder, sorted by name.

    Raises:
        UserError: a file cannot be read.
        Stopped: ``cancelled()`` was true.
    """
    names = all_files(folder)
    total = max(1, sum((folder / name).stat().st_size for name in names))
    done = 0
    stamps = []
    for name in names:
        if report is not None:
            report(done / total, f"Hashing {name}")
        stamps.append(stamp_of(folder, name, cancelled))
        done += stamps[-1].size
    return tuple(stamps)


def stamp_of(folder: Path, name: str, cancelled: Cancelled | None = None) -> FileStamp:
    """One file; see ``stamps_of``."""
    try:
        state = (folder / name).stat()
        return FileStamp(name, state.st_size, state.st_mtime_ns, hash_of_file(folder / name, cancelled))
    except OSError as error:
        raise UserError(f"The model's file {name} cannot be read.", str(error)) from error


def hash_of_file(path: Path, cancelled: Cancelled | None = None, kind: str = "sha256") -> str:
    """Hexadecimal hash of a file's bytes; OSError when it cannot be read, Stopped when cancelled."""
    digest = hashlib.new(kind, usedforsecurity=kind == "sha256")
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if cancelled is not None and cancelled():
                raise Stopped
            digest.update(chunk)
    return digest.hexdigest()


def hash_of_all(stamps: Sequence[FileStamp]) -> str:
    """The model's hash: SHA-256 over each file's name, a zero byte and the SHA-256 of its bytes, sorted by name."""
    digest = hashlib.sha256()
    for stamp in sorted(stamps, key=lambda stamp: stamp.name):
        digest.update(stamp.name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(stamp.sha256))
    return digest.hexdigest()


def changed_files(folder: Path, stamps: Sequence[FileStamp], *, thorough: bool) -> list[str]:
    """Names of files that are missing, were added, or are not what they were.

    Args:
        folder: of the model's files.
        stamps: as they were when the model was added.
        thorough: read all bytes. Otherwise only those of files whose time of change is another; sizes always count.
    """
    known = {stamp.name: stamp for stamp in stamps}
    present = set(all_files(folder))
    changed = set(known) ^ present
    for name in set(known) & present:
        stamp, path = known[name], folder / name
        try:
            state = path.stat()
            is_same = state.st_size == stamp.size
            if is_same and (thorough or state.st_mtime_ns != stamp.mtime_ns):
                is_same = hash_of_file(path) == stamp.sha256
        except OSError:
            is_same = False  # a file that cannot be read is not what was added
        if not is_same:
            changed.add(name)
    return sorted(changed)


def looks_changed(folder: Path, stamps: Sequence[FileStamp]) -> bool:
    """A quick look without reading any bytes: missing, further or resized files."""
    try:
        sizes = {name: (folder / name).stat().st_size for name in all_files(folder)}
    except (OSError, UserError):
        return True
    return sizes != {stamp.name: stamp.size for stamp in stamps}

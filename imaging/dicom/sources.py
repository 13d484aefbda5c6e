"""Where the bytes of one DICOM object come from: a file, a member of a zip archive, or a deflated data set."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from imaging.errors import UserError

INFLATED_LIMIT = 256 << 20  # bytes that one deflated object or one member of an archive may unfold to


class Reader(Protocol):
    """An open source: random access to its bytes."""

    size: int

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes at ``offset``; fewer only at the end."""

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` (bytes) from ``offset``; returns how many bytes there were."""

    def __enter__(self) -> Reader: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Source(Protocol):
    """Names the bytes of one object without holding them."""

    @property
    def name(self) -> str:
        """File name for messages."""

    def open(self) -> Reader:
        """Start reading."""

    def as_json(self) -> dict[str, Any]:
        """What `source_from_json` needs in another process."""


class FileReader:
    """Unbuffered random access to a file."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed in __exit__
        self.size = self._file.seek(0, 2)

    def __enter__(self) -> FileReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes at ``offset``."""
        self._file.seek(offset)
        return self._file.read(max(0, min(count, self.size - offset)))

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` from ``offset``; returns how many bytes there were."""
        self._file.seek(offset)
        done = 0
        while done < len(target):
            got = self._file.readinto(target[done:])
            if not got:
                break
            done += got
        return done


class BytesReader:
    """Random access to bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self.size = len(data)

    def __enter__(self) -> BytesReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes at ``offset``."""
        return bytes(self._data[offset : offset + count])

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` from ``offset``; returns how many bytes there were."""
        part = self._data[offset : offset + len(target)]
        target[: len(part)] = part
        return len(part)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of its own."""

    path: str

    @property
    def name(self) -> str:
        """File name for messages."""
        return Path(self.path).name

    def open(self) -> Reader:
        """Start reading."""
        return FileReader(self.path)

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return {"path": self.path}


@dataclass(frozen=True, slots=True)
class ZipSource:
    """A member of a zip archive; it is read in memory, never extracted."""

    archive: str
    member: str

    @property
    def name(self) -> str:
        """File name for messages."""
        return self.member.rsplit("/", 1)[-1]

    def open(self) -> Reader:
        """Start reading: the first 64 kB are unfolded at once, the rest when it is asked for."""
        return ZipReader(self.archive, self.member)

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return {"archive": self.archive, "member": self.member}


class ZipReader:
    """Random access to one member; whatever lies beyond its first bytes unfolds the whole member."""

    def __init__(self, archive: str, member: str) -> None:
        self._zip = open_archive(archive)
        self._info = self._zip.getinfo(member)
        self.size = self._info.file_size
        self._data = self._unfold(64 << 10)

    def __enter__(self) -> ZipReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._data = b""

    def _unfold(self, count: int) -> bytes:
        if self._info.file_size > INFLATED_LIMIT:
            raise UserError("An entry of the archive is too large to be read from it.", "Unpack the archive first.")
        try:
            with self._zip.open(self._info) as stream:
                return stream.read(count)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise UserError("An entry of the archive is damaged or encrypted.") from error

    def _reach(self, end: int) -> None:
        if end > len(self._data) < self.size:
            self._data = self._unfold(self.size)

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes at ``offset``."""
        self._reach(min(offset + count, self.size) if offset + count > 64 << 10 else 0)
        return self._data[offset : offset + count]

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target`` from ``offset``; returns how many bytes there were."""
        self._reach(min(offset + len(target), self.size))
        part = self._data[offset : offset + len(target)]
        target[: len(part)] = part
        return len(part)


def open_archive(path: str) -> zipfile.ZipFile:
    """The archive at ``path``; zipfile locks its file, so threads may share it."""
    try:
        state = Path(path).stat()
        return _archive(path, state.st_mtime_ns, state.st_size)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise UserError("The archive cannot be opened: it is damaged or not a zip file.") from error


@lru_cache(maxsize=2)
def _archive(path: str, changed_ns: int, size: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@dataclass(frozen=True, slots=True)
class InflatedSource:
    """A deflated data set (Deflated Explicit VR Little Endian), unfolded in memory up to a limit."""

    inner: FileSource | ZipSource
    start: int

    @property
    def name(self) -> str:
        """File name for messages."""
        return self.inner.name

    def open(self) -> Reader:
        """Unfold the data set; offsets count from its first byte."""
        return BytesReader(_inflated(self))

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return {"inner": self.inner.as_json(), "start": self.start}


@lru_cache(maxsize=1)
def _inflated(source: InflatedSource) -> bytes:
    with source.inner.open() as reader:
        packed = reader.read(source.start, reader.size)
    unfold = zlib.decompressobj(wbits=-zlib.MAX_WBITS)  # raw deflate: PS3.5 annex A.5
    try:
        data = unfold.decompress(packed, INFLATED_LIMIT)
    except zlib.error as error:
        raise UserError("The deflated file is damaged.") from error
    if unfold.unconsumed_tail:
        raise UserError(f"The deflated file unfolds to more than {INFLATED_LIMIT >> 20} MB.")
    return data


def source_from_json(fields: dict[str, Any]) -> Source:
    """The source that `as_json` described."""
    if "inner" in fields:
        inner = source_from_json(fields["inner"])
        assert isinstance(inner, FileSource | ZipSource)
        return InflatedSource(inner, int(fields["start"]))
    if "archive" in fields:
        return ZipSource(str(fields["archive"]), str(fields["member"]))
    return FileSource(str(fields["path"]))

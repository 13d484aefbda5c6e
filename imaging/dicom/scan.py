"""Find the DICOM objects of a file, a folder or an archive and read their headers."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import Any

from imaging.dicom.foreign import warm_up
from imaging.dicom.header import Header
from imaging.dicom.instance import Frame, Instance, frames_of, instance_of
from imaging.dicom.sources import Source, ZipSource, open_archive
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError
from imaging.sandbox import Sandbox

MAX_FILES = 200_000
MAX_UNPACKED = 64 << 30  # bytes that all entries of an archive may unfold to
MAX_RATIO = 200  # of an archive beyond a gigabyte
_THREADS = 4
_BATCH = 50
_SLOW_S = 0.002  # per file: then it is not the walking that takes the time
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{n}{d}" for n in ("COM", "LPT") for d in range(1, 10))})


@dataclass
class Scan:
    """What a place holds.

    Attributes:
        frames: of all objects with an image.
        without_voxels: objects that describe images: structure sets, segmentations, reports.
        unreadable: (file name, reason) of DICOM files that cannot be read.
        others: paths of files that are not DICOM.
    """

    frames: list[Frame] = field(default_factory=list)
    without_voxels: list[Instance] = field(default_factory=list)
    unreadable: list[tuple[str, UserError]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def take(self, other: Scan) -> None:
        """Put what another scan found behind what is here."""
        self.frames += other.frames
        self.without_voxels += other.without_voxels
        self.unreadable += other.unreadable
        self.others += other.others


def files_below(folder: Path) -> list[str]:
    """All regular files in a folder and its folders, sorted; links to folders are not followed."""
    found: list[str] = []
    waiting = [str(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue  # a folder that this user may not read
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.is_file():
                found.append(entry.path)
        if len(found) > MAX_FILES:
            raise UserError(f"The folder holds more than {MAX_FILES} files.", "Choose a folder further down.")
    return sorted(found)


def archive_sources(path: Path) -> list[Source]:
    """The entries of a zip archive, after a look at what it would do to a disk.

    Raises:
        UserError: it is damaged or encrypted, unfolds to too much, or has names that lead out of a folder.
    """
    entries = [entry for entry in open_archive(str(path)).infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise UserError(f"The archive holds more than {MAX_FILES} files.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED or total > max(1 << 30, MAX_RATIO * path.stat().st_size):
        raise UserError(f"The archive would unfold to {total / 2**30:.0f} GB, far more than its size allows.")
    for entry in entries:
        if _is_unsafe(entry.filename) or stat.S_ISLNK(entry.external_attr >> 16):
            raise UserError("The archive has entries that lead out of its folder; it was not made to carry images.")
        if entry.flag_bits & 1:
            raise UserError("The archive is encrypted.", "Unpack it with its password first.")
    return [ZipSource(str(path), entry.filename) for entry in sorted(entries, key=lambda e: e.filename)]


def _is_unsafe(name: str) -> bool:
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    is_device = any(part.split(".")[0].upper() in _DEVICES for part in parts)
    return plain.startswith("/") or ".." in parts or ":" in plain or "\0" in plain or is_device


def scan(sources: Iterable[Source]) -> Scan:
    """Read all headers; files that are not DICOM are passed over."""
    found = Scan()
    odd: list[tuple[Source, Header | None]] = []
    for source, result in _looked(sources):
        if isinstance(result, NotDicom):
            found.others.append(getattr(source, "path", source.name))
        elif isinstance(result, UserError):
            found.unreadable.append((source.name, result))
        elif isinstance(result, Odd):
            odd.append((source, None))
        else:
            header, place = result
            if header.is_encapsulated:
                warm_up()  # whoever looks at images is about to read them
            if header.has_frame_groups and not instance_of(header, place).kind_without_voxels:
                odd.append((place, header))
            else:
                _add(found, header, place, None)
    if odd:
        _scan_odd(odd, found)
    return found


_Look = tuple[Source, tuple[Header, Source] | NotDicom | Odd | UserError]


def _looked(sources: Iterable[Source]) -> Iterator[_Look]:
    """Look at each source; by threads only where the disk or the network is what one waits for.

    Walking a header that is in the page cache holds the interpreter's lock most of its time: threads double it.
    """
    waiting = iter(sources)
    began = time.perf_counter()
    first = list(islice(waiting, _BATCH))
    yield from map(_look, first)
    if time.perf_counter() - began < _SLOW_S * len(first):
        yield from map(_look, waiting)
        return
    batches = iter(lambda: list(islice(waiting, _BATCH)), [])
    with ThreadPoolExecutor(_THREADS) as pool:
        yield from chain.from_iterable(pool.map(lambda batch: [_look(source) for source in batch], batches))


def _look(source: Source) -> _Look:
    try:
        return source, walk(source)
    except (NotDicom, Odd, UserError) as outcome:
        return source, outcome
    except OSError:
        return source, UserError("The file cannot be read.", "Check that it still exists and may be read.")


def _add(found: Scan, header: Header, source: Source, groups: list[dict[str, Any]] | None) -> None:
    instance = instance_of(header, source)
    if instance.kind_without_voxels:
        found.without_voxels.append(instance)
    elif instance.frame_count > 1000 and instance.frame_count > _size_of(source):
        claim = f"The file claims {instance.frame_count} frames, more than it has bytes."
        found.unreadable.append((source.name, UserError(claim)))
    else:
        found.frames.extend(frames_of(instance, groups))


def _size_of(source: Source) -> int:
    with source.open() as reader:
        return reader.size


def _scan_odd(odd: list[tuple[Source, Header | None]], found: Scan) -> None:
    """What needs pydicom: headers that the walker cannot follow, and functional groups."""
    with Sandbox() as sandbox:
        for source, header in odd:
            try:
                known = header or describe_odd(sandbox, source)
                groups = None
                if known.has_frame_groups:
                    argument = {"source": source.as_json()}
                    groups = sandbox.call("imaging.dicom.odd:functional_groups", argument, seconds=20)["groups"]
                _add(found, known, source, groups)
            except UserError as error:
                found.unreadable.append((source.name, error))


def describe_odd(sandbox: Sandbox, source: Source) -> Header:
    """The header of a file that our walker cannot follow, by pydicom in a child process.

    Raises:
        UserError: pydicom cannot read it either.
    """
    fields = sandbox.call("imaging.dicom.odd:describe", {"source": source.as_json()}, seconds=4)
    header = Header(is_odd=bool(fields["has_pixels"]), transfer_syntax=str(fields["transfer_syntax"]))
    header.values = {int(tag): str(raw).encode("latin-1") for tag, raw in fields["values"].items()}
    header.has_frame_groups = bool(fields["has_frame_groups"])
    return header

"""Brings a model's files into a folder: from a zip or another folder, both of which may be hostile."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from imaging.errors import UserError
from inference.packages.code_listing import MAX_FILES
from inference.packages.contents import CHUNK, Cancelled, Report, Stopped

MAX_TOTAL = 50 << 30
BOMB_TOTAL = 200 << 20
BOMB_RATIO = 100  # weights hardly shrink
MAX_NAME = 200
_LEFT_OUT = ("__MACOSX", "__pycache__", ".git", ".DS_Store")
_UNTOUCHED = "Nothing was taken from it."


def unpack_zip(path: Path, target: Path, report: Report, cancelled: Cancelled) -> None:
    """Unpack a zip into an empty folder.

    Raises:
        UserError: it is broken, or holds what no model holds: paths outside itself, links, far too much.
        Stopped: ``cancelled()`` was true.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            wanted = _checked(path, entries)
            total = sum(entry.file_size for entry, _ in wanted)
            must_fit(total, target)
            done = 0
            for entry, name in wanted:
                report(done / max(1, total), f"Unpacking {name}")
                _unpack(archive, entry, target / name, cancelled)
                done += entry.file_size
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise UserError(f"The zip {path.name} is broken or uses what is not supported.", str(error)) from error
    except OSError as error:
        raise UserError(f"The zip {path.name} cannot be unpacked.", str(error)) from error


def copy_folder(source: Path, target: Path, report: Report, cancelled: Cancelled) -> None:
    """Copy a model's folder into an empty one; links inside it are followed as long as they stay inside.

    Raises:
        UserError: it holds links to elsewhere, devices, far too much, or cannot be read.
        Stopped: ``cancelled()`` was true.
    """
    try:
        files = _files_to_copy(source)
        total = sum(size for _, size in files)
        must_fit(total, target)
        done = 0
        for name, size in files:
            report(done / max(1, total), f"Copying {name}")
            copy_file(source / name, target / name, cancelled)
            done += size
    except OSError as error:
        raise UserError(f"The folder “{source.name}” cannot be copied.", str(error)) from error


def copy_file(source: Path, target: Path, cancelled: Cancelled) -> None:
    """Copy the bytes of one file and its time of change, no rights; Stopped when cancelled."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK):
            if cancelled():
                raise Stopped
            writer.write(chunk)


def must_fit(size: int, target: Path) -> None:
    """Raise UserError when so many bytes are more than a model has, or than the disk can take."""
    if size > MAX_TOTAL:
        raise UserError(f"It holds {size / 2**30:.0f} GB, more than any model.", _UNTOUCHED)
    free = shutil.disk_usage(target).free
    if size > free:
        raise UserError(f"The disk is too full: {size / 2**30:.1f} GB are needed, {free / 2**30:.1f} GB are free.")


def _checked(path: Path, entries: list[zipfile.ZipInfo]) -> list[tuple[zipfile.ZipInfo, str]]:
    """Entries and the relative names that they get."""
    if len(entries) > MAX_FILES:
        raise UserError(f"The zip {path.name} holds {len(entries)} files, more than any model.", _UNTOUCHED)
    size, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if size > BOMB_TOTAL and size > BOMB_RATIO * max(1, packed):
        raise UserError(
            f"The zip {path.name} would grow from {packed / 2**20:.0f} MB to {size / 2**30:.1f} GB: no model does.",
            _UNTOUCHED,
        )
    wanted: dict[str, tuple[zipfile.ZipInfo, str]] = {}
    for entry in entries:
        name = _safe_name(path, entry)
        if any(part in _LEFT_OUT for part in name.split("/")):
            continue
        if name.casefold() in wanted:
            raise UserError(f"The zip {path.name} holds two files of the name {name}.", _UNTOUCHED)
        wanted[name.casefold()] = entry, name
    return list(wanted.values())


def _safe_name(path: Path, entry: zipfile.ZipInfo) -> str:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise UserError(f"The zip {path.name} holds a link or a device, which no model needs.", _UNTOUCHED)
    if entry.flag_bits & 1:
        raise UserError(f"The zip {path.name} is encrypted.", "Unpack it with its password and add the folder.")
    name = entry.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    is_outside = name.startswith("/") or ".." in parts or ":" in name
    if is_outside or not parts or not name.isprintable() or any(len(part) > MAX_NAME for part in parts):
        raise UserError(f"The zip {path.name} holds a file that would lie outside of its folder.", _UNTOUCHED)
    return PurePosixPath(*parts).as_posix()


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, cancelled: Cancelled) -> None:
    """One file; never more bytes than the zip's list says, whatever its data would unpack to."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK):
            if cancelled():
                raise Stopped
            writer.write(chunk)


def _files_to_copy(source: Path) -> list[tuple[str, int]]:
    """Relative names and sizes."""
    inside = source.resolve()
    files: list[tuple[str, int]] = []
    for where, folders, names in os.walk(source):
        folders[:] = sorted(folder for folder in folders if folder not in _LEFT_OUT)
        for name in sorted(folders + names):
            path = Path(where) / name
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise UserError(f"The folder “{source.name}” holds a link to elsewhere: {name}.", _UNTOUCHED)
        for name in (name for name in names if name not in _LEFT_OUT):
            state = (Path(where) / name).stat()
            if not stat.S_ISREG(state.st_mode):
                raise UserError(f"The folder “{source.name}” holds what is no file: {name}.", _UNTOUCHED)
            files.append(((Path(where) / name).relative_to(source).as_posix(), state.st_size))
        if len(files) > MAX_FILES:
            raise UserError(f"The folder “{source.name}” holds more files than any model.", _UNTOUCHED)
    return files

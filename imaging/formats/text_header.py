"""What NRRD and MetaImage headers share: text at the start of a file, and voxels in a second file beside it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from imaging.errors import UserError

HEADER_LIMIT = 1 << 21  # 2 MiB: a .seg.nrrd with hundreds of segments has 200 kB


def read_beginning(path: Path) -> bytes:
    """The first 2 MiB of a file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(HEADER_LIMIT)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from error


def beside(path: Path, name: str) -> Path:
    """The file that a header names, which must lie in the header's own folder or below it.

    Raises:
        UserError: an absolute path, a path with ``..``, a link out of the folder, or no such file.
    """
    parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or PureWindowsPath(name).root
    if absolute or ".." in parts or "\0" in name:
        raise UserError(f"{path.name} names a file outside its own folder; it is not opened.")
    target = path.parent / name
    if not target.is_file():
        raise UserError(f"{path.name} needs a second file that is missing: {name[:100]}.")
    if not target.resolve().is_relative_to(path.parent.resolve()):
        raise UserError(f"{path.name} names a file outside its own folder; it is not opened.")
    return target

"""Which format, which file names, and whole files or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from render.surface_export.gltf import glb, gltf
from render.surface_export.parts import Part
from render.surface_export.stl_ply import ply, stl
from render.surface_export.threemf import threemf
from render.surface_export.wavefront import mtl, obj

SURFACE_SUFFIXES = (".stl", ".obj", ".ply", ".3mf", ".glb", ".gltf")
_WRITERS: dict[str, Callable[[Sequence[Part]], bytes]] = {
    ".stl": stl, ".ply": ply, ".3mf": threemf, ".glb": glb, ".gltf": gltf
}  # fmt: skip


def check_surface_name(path: Path) -> None:
    """Make sure, before any work is done, that surfaces can be written under this name.

    Raises:
        UserError: no format for this ending, or no such folder.
    """
    if path.suffix.lower() not in SURFACE_SUFFIXES:
        raise UserError(f"Surfaces are not written as “{path.suffix}”.", f"One of {', '.join(SURFACE_SUFFIXES)}.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {path.parent}.")


def splits(path: Path, per_segment: bool | None = None) -> bool:
    """True when each segment gets a file of its own: as asked, else where the format knows no names (STL)."""
    return path.suffix.lower() == ".stl" if per_segment is None else per_segment


def write_surfaces(parts: Sequence[Part], path: Path, *, per_segment: bool | None = None) -> list[Path]:
    """Write surfaces in the format that the path's ending names; files that were there are replaced.

    Args:
        parts: what to write.
        path: the file; with several files, ``NAME_SEGMENT.ENDING`` stand beside where it would be.
        per_segment: a file for each segment or one for all; None leaves it to the format.

    Returns:
        The files written, an OBJ's materials after it.

    Raises:
        UserError: a file cannot be written.
    """
    check_surface_name(path)
    if not (splits(path, per_segment) and len(parts) > 1):
        return _write(parts, path)
    written: list[Path] = []
    for part, file in zip(parts, _split_names([part.name for part in parts], path), strict=True):
        written += _write([part], file)
    return written


def planned_files(names: Sequence[str], path: Path, *, per_segment: bool | None = None) -> list[Path]:
    """What ``write_surfaces`` would write for segments of these names, should none of them be empty."""
    files = _split_names(names, path) if splits(path, per_segment) and len(names) > 1 else [path]
    return [file for made in files for file in ([made, _materials(made)] if made.suffix.lower() == ".obj" else [made])]


def _split_names(names: Sequence[str], path: Path) -> list[Path]:
    return [path.with_name(f"{path.stem}_{word}{path.suffix}") for word in file_words(names)]


def _materials(path: Path) -> Path:
    return path.with_name(f"{'_'.join(path.stem.split())}.mtl")  # readers stop at a space


def file_words(names: Sequence[str]) -> list[str]:
    """Segment names that every file system takes, no two of them the same."""
    words: list[str] = []
    taken: set[str] = set()
    for name in names:
        word = base = re.sub(r"[^\w-]+", "_", name).strip("_")[:60] or "segment"
        count = 1
        while word.casefold() in taken:
            count += 1
            word = f"{base}_{count}"
        taken.add(word.casefold())
        words.append(word)
    return words


def _write(parts: Sequence[Part], path: Path) -> list[Path]:
    if path.suffix.lower() != ".obj":
        _replace(path, _WRITERS[path.suffix.lower()](parts))
        return [path]
    materials = _materials(path)
    _replace(materials, mtl(parts))
    _replace(path, obj(parts, materials.name))
    return [path, materials]


def _replace(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)

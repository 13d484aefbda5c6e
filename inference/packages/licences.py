"""Finds the licence in a model's folder."""

from __future__ import annotations

from pathlib import Path

from inference.packages.config_files import read_text

_NAMES = ("license", "licence", "license.txt", "licence.txt", "license.md", "licence.md", "copying", "copying.txt")
_DATA_NAMES = ("data_license.txt", "data_licence.txt", "data_license", "data-license.txt")


def licence_text(folder: Path) -> str:
    """The text of the model's licence; empty when there is none.

    Raises:
        UserError: it cannot be read.
    """
    found = _first(folder, _NAMES)
    return read_text(found) if found is not None else ""


def licence_notes(folder: Path) -> list[str]:
    """What a person should know beside the licence."""
    found = _first(folder, _DATA_NAMES)
    return [f"The data that it learnt from has terms of its own: {found.name}."] if found is not None else []


def _first(folder: Path, names: tuple[str, ...]) -> Path | None:
    for where in (folder, folder / "docs"):
        files = {path.name.lower(): path for path in sorted(where.glob("*")) if path.is_file()}
        for name in names:
            if name in files:
                return files[name]
    return None

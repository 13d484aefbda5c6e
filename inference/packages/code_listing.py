"""Lists what of Python a model would make run, so that a person can look before it does. Nothing is run here."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.packages.config_files import MAX_TEXT_BYTES, read_bytes, text_of, walk
from inference.packages.description import CodeUse
from inference.packages.weights_files import SUFFIXES, WeightsKind, kind_of

MAX_FILES = 20_000
CODE_SUFFIXES = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib")  # what an import can load
_NOT_OURS = ("__pycache__", ".git")


def code_use(folder: Path, configs: Iterable[Any] = ()) -> CodeUse:
    """What the configurations name, and the Python and pickle files of the folder.

    Args:
        folder: of the model.
        configs: MONAI configurations as plain data.
    """
    targets, imports, expressions = set[str](), set[str](), set[str]()
    for config in configs:
        for key, value in walk(config):
            if not isinstance(value, str):
                continue
            if key == "_target_":
                targets.add(text_of(value))
            elif value.startswith("$"):
                modules = imported(value[1:])
                imports |= modules
                if not modules:
                    expressions.add(text_of(value))
    names = all_files(folder, _NOT_OURS)
    files = [name for name in names if name.lower().endswith(CODE_SUFFIXES)]
    for name in files:
        imports |= _imports_of_file(folder / name)
    pickles = [name for name in names if _is_pickle(folder / name)]
    return CodeUse(*(tuple(sorted(part)) for part in (targets, imports, expressions, files, pickles)))


def pickles_only(folder: Path) -> CodeUse:
    """For formats of which no Python is ever run: only the pickles count."""
    return CodeUse(pickles=code_use(folder).pickles)


def not_run_notes(folder: Path) -> tuple[str, ...]:
    """What to say of Python files that lie about in a folder of such a format."""
    files = [name for name in all_files(folder, _NOT_OURS) if name.lower().endswith(CODE_SUFFIXES)]
    some = ", ".join(files[:3]) + (" …" if files[3:] else "")
    return (f"The code in it is not run ({some}).",) if files else ()


def imported(source: str) -> set[str]:
    """Modules that Python source imports, by their dotted names; none when it is no Python."""
    try:
        tree = ast.parse(source.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()  # what does not parse cannot run either, and is listed as it stands
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def all_files(folder: Path, leaving_out: tuple[str, ...] = ()) -> list[str]:
    """Relative names of all files of a model's folder, with forward slashes, sorted; links to folders not followed.

    Args:
        folder: of the model.
        leaving_out: names of folders that do not count.

    Raises:
        UserError: there are more than any model has.
    """
    names: list[str] = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in leaving_out)
        relative = Path(where).relative_to(folder)
        names += [(relative / name).as_posix() for name in files]
        if len(names) > MAX_FILES:
            raise UserError(f"The folder “{folder.name}” holds more files than any model has.")
    return sorted(names)


def _imports_of_file(path: Path) -> set[str]:
    if path.suffix.lower() != ".py":
        return set()  # compiled: the file itself stands in the listing
    try:
        source = read_bytes(path, MAX_TEXT_BYTES).decode("utf-8", "replace")
    except UserError:
        return set()  # too large to look into; the file itself stands in the listing
    return imported(source)


def _is_pickle(path: Path) -> bool:
    if not path.name.lower().endswith((*SUFFIXES, ".pkl", ".pickle")) or not path.is_file():
        return False
    try:
        return kind_of(path) is WeightsKind.PICKLE
    except UserError:
        return False  # broken files are a matter of what reads them
